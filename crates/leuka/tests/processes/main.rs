//! Machine, control and guard as processes of their own: in lockstep they do what one process does, and in real pace
//! whatever happens to any of them or to a link stops the machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "these tests are about the clock")]

mod proxy;
mod trio;

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use proxy::Garble;
use trio::{Stop, Trio, leuka, new_folder};

/// The longest from the last valid permit to the safe state, and to pumps and clamps at rest.
const LIMIT_MS: f64 = 250.0;

fn signal(process: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &process.id().to_string()]).status().unwrap().success());
}

/// Does something to a trio through which blood flows; the machine must stop in time by its own time.
fn stops_by_its_own_time(name: &str, harm: impl FnOnce(&mut Trio)) -> Stop {
    after(name, Trio::flowing(name, false), harm)
}

/// The same, with the time also taken by the clock.
fn stops(name: &str, harm: impl FnOnce(&mut Trio)) {
    let stop = stops_by_its_own_time(name, harm);
    assert!(stop.by_clock_ms <= LIMIT_MS, "{name}: {stop:?}");
}

/// The same, over links that can be garbled.
fn garbled_stops(name: &str, garble: impl FnOnce(&mut Trio)) {
    let stop = after(name, Trio::flowing(name, true), garble);
    assert!(stop.by_clock_ms <= LIMIT_MS, "{name}: {stop:?}");
}

fn after(name: &str, mut trio: Trio, harm: impl FnOnce(&mut Trio)) -> Stop {
    harm(&mut trio);
    let stop = trio.stopped();
    eprintln!("{name}: {stop:?}");
    assert!(stop.after_permit_ms <= LIMIT_MS && stop.at_rest_ms <= LIMIT_MS, "{name}: {stop:?}");
    stop
}

#[test]
fn in_lockstep_three_processes_leave_the_bytes_of_one() {
    let alone = new_folder("alone");
    assert!(leuka(&["run", "--out", alone.to_str().unwrap()]).status().unwrap().success());
    let mut trio = Trio::lockstep("lockstep");
    assert!(trio.machine.wait().unwrap().success());
    assert!(trio.control.wait().unwrap().success() && trio.guard.wait().unwrap().success());
    for file in ["inputs.json", "events.jsonl", "samples.csv", "outcome.json", "run.svg"] {
        let [one, three] = [&alone, &trio.folder].map(|folder| std::fs::read(folder.join(file)).unwrap());
        assert!(!one.is_empty() && one == three, "{file} differs");
    }
}

#[test]
fn a_channel_with_other_inputs_gets_no_seat() {
    let mut machine = leuka(&["machine", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(machine.stderr.take().unwrap()));
    let first = lines.next().unwrap().unwrap();
    let address = first.strip_prefix("listening on ").unwrap();
    let other = leuka(&["guard", "--machine", address, "--seed", "9"]).stderr(Stdio::piped()).output().unwrap();
    machine.kill().unwrap();
    machine.wait().unwrap();
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(said.contains("differ from the machine's"), "{said}");
}

#[test]
fn killing_control_stops_the_machine_and_keeps_the_data() {
    let mut trio = Trio::flowing("kill-control", false);
    trio.control.kill().unwrap();
    let stop = trio.stopped();
    eprintln!("kill-control: {stop:?}");
    assert!(stop.by_clock_ms <= LIMIT_MS && stop.at_rest_ms <= LIMIT_MS, "{stop:?}");
    assert_eq!(trio.machine.wait().unwrap().code(), Some(1));
    let outcome: serde_json::Value =
        serde_json::from_slice(&std::fs::read(trio.folder.join("outcome.json")).unwrap()).unwrap();
    assert_eq!(outcome["end_reason"], "the link to control is lost");
}

#[test]
fn killing_the_guard_stops_the_machine() {
    stops("kill-guard", |trio| trio.guard.kill().unwrap());
}

#[test]
fn freezing_control_stops_the_machine() {
    stops("freeze-control", |trio| signal(&trio.control, "-STOP"));
}

#[test]
fn freezing_the_guard_stops_the_machine() {
    stops("freeze-guard", |trio| signal(&trio.guard, "-STOP"));
}

/// The plant stands in the machine's process, so it freezes too; what it catches up on waking includes its watchdogs.
#[test]
fn a_machine_that_was_frozen_stops_by_its_own_time() {
    stops_by_its_own_time("freeze-machine", |trio| {
        signal(&trio.machine, "-STOP");
        thread::sleep(Duration::from_secs(1));
        signal(&trio.machine, "-CONT");
    });
}

#[test]
fn killing_the_machine_ends_control_and_guard() {
    let mut trio = Trio::flowing("kill-machine", false);
    trio.machine.kill().unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    while trio.control.try_wait().unwrap().is_none() || trio.guard.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "they go on without a machine");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(trio.control.wait().unwrap().code(), Some(1));
    assert_eq!(trio.guard.wait().unwrap().code(), Some(1));
}

#[test]
fn a_link_that_is_cut_stops_the_machine() {
    garbled_stops("cut-guard", |trio| trio.garble_guard(Garble::Cut));
    garbled_stops("cut-control", |trio| trio.garble_control(Garble::Cut));
}

#[test]
fn a_guards_link_that_loses_or_damages_frames_stops_the_machine() {
    garbled_stops("drop-guard", |trio| trio.garble_guard(Garble::Drop));
    garbled_stops("flip-guard", |trio| trio.garble_guard(Garble::Flip));
}

#[test]
fn a_guards_link_that_replays_or_reorders_frames_stops_the_machine() {
    garbled_stops("replay-guard", |trio| trio.garble_guard(Garble::Replay));
    garbled_stops("reorder-guard", |trio| trio.garble_guard(Garble::Reorder));
}

#[test]
fn a_link_that_delays_frames_stops_the_machine() {
    garbled_stops("delay-guard", |trio| trio.garble_guard(Garble::Delay));
    garbled_stops("delay-control", |trio| trio.garble_control(Garble::Delay));
}

#[test]
fn a_controls_link_that_loses_damages_or_replays_frames_stops_the_machine() {
    for garble in [Garble::Drop, Garble::Flip, Garble::Replay] {
        garbled_stops(&format!("{garble:?}-control"), |trio| trio.garble_control(garble));
    }
}

#[test]
fn frames_that_come_twice_stop_nothing() {
    let trio = Trio::flowing("twice", true);
    trio.garble_control(Garble::Twice);
    trio.garble_guard(Garble::Twice);
    thread::sleep(Duration::from_secs(2));
    assert!(!trio.events().iter().any(|event| event["data"]["cause"].is_string()), "{:?}", trio.events().last());
}
