//! A patient monitor at the bedside of a run: a socket that speaks HL7 over MLLP.

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use leuka_record::Clock;
use leuka_record::mllp::{Splitter, framed};
use serde_json::Value;

use super::record::{Ward, short_run};
use super::text;

/// So many of the run's last seconds are real ones.
const REAL_S: u64 = 12;

/// The second of the procedure from which on the clock runs.
fn real_from(ward: &Ward) -> String {
    let whole = ward.leuka(&short_run(&["--out", "free"]));
    let outcome: Value = serde_json::from_str(&text(&whole.stdout)).unwrap();
    let seconds = (outcome["duration_min"].as_f64().unwrap() * 60.0) as u64;
    (seconds - REAL_S).to_string()
}

/// A run that listens, once its clock runs; and where it listens.
fn listening(ward: &Ward, arguments: &[&str], folder: &str) -> (Child, String) {
    let mut child = ward.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said =
        lines.find_map(|line| Some(line.unwrap().strip_prefix("listening for the monitor of PT-0074 on ")?.to_owned()));
    std::thread::spawn(move || lines.count());
    if !folder.is_empty() {
        wait_for(ward, folder, "vital signs come from the monitor");
    }
    (child, said.unwrap())
}

fn events(ward: &Ward, folder: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(ward.0.join(folder).join("events.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn wait_for(ward: &Ward, folder: &str, words: &str) {
    for _ in 0..1200 {
        if events(ward, folder).iter().any(|event| event["text"].as_str().is_some_and(|text| text.starts_with(words))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no `{words}`; last: {:?}", events(ward, folder).last());
}

/// A message of a monitor: the saturation of now, the heart rate of 55 seconds ago.
fn message(id: &str, patient: &str) -> String {
    let now_ms = Clock::start().now().utc_ms;
    let stamp = |ms| {
        let utc = leuka_record::entry::utc_text(ms);
        utc.chars().filter(|c| !"-:TZ".contains(*c)).collect::<String>() + "+0000"
    };
    let (now, before) = (stamp(now_ms), stamp(now_ms - 55_000));
    [
        &format!("MSH|^~\\&|MONITOR^00122100^EUI-64|WARD|LEUKA||{now}||ORU^R01^ORU_R01|{id}|P|2.6"),
        &format!("PID|||{patient}^^^SITE^PI"),
        &format!("OBR|1|A|B|182777000^monitoring of patient^SCT|||{now}"),
        &format!("OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1|72.5|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F|||{before}"),
        "OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|2|96.25|262688^MDC_DIM_PERCENT^MDC|||||F",
        "OBX|3|NM|150021^MDC_PRESS_BLD_NONINV_SYS^MDC|3|16.0|265987^MDC_DIM_KILO_PASCAL^MDC|||||F",
        "",
    ]
    .join("\r")
}

/// Sends a message and gives the answer.
fn answer(address: &str, message: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(&framed(message)).unwrap();
    let (mut splitter, mut bytes) = (Splitter::default(), [0; 1024]);
    loop {
        let count = stream.read(&mut bytes).unwrap();
        splitter.push(&bytes[..count]).unwrap();
        if let Some(answer) = splitter.next_message().unwrap() {
            return answer;
        }
    }
}

#[test]
fn a_monitor_takes_the_virtual_ones_place_and_what_it_does_not_repeat_is_lost() {
    let ward = Ward::new("monitor");
    let from = real_from(&ward);
    let clock = ["--pace", "real", "--real-from", &from, "--vitals-from", "127.0.0.1:0", "--out", "heard"];
    let (mut child, address) = listening(&ward, &short_run(&clock), "heard");
    assert!(answer(&address, &message("M-1", "PT-0099")).contains("MSA|AE|M-1"), "another patient's");
    assert!(answer(&address, &message("M-2", "PT-0074")).contains("MSA|AA|M-2"));
    assert!(child.wait().unwrap().success());

    let events = events(&ward, "heard");
    let told: Vec<&Value> = events.iter().filter(|event| event["source"] == "monitor").collect();
    let kinds: Vec<&str> = told.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["monitor", "vitals", "back", "back", "back", "lost"], "{told:?}");
    assert_eq!(
        told[1]["text"],
        "heart rate 72.5 /min, oxygen saturation 96.2 %, systolic pressure 120.0 mmHg (MONITOR WARD, message M-2)"
    );
    assert_eq!(told[5]["text"], "heart rate is lost: the monitor's last value is older than 60 s");

    let samples = std::fs::read_to_string(ward.0.join("heard/samples.csv")).unwrap();
    let rows: Vec<Vec<&str>> = samples.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).unwrap();
    let shown = |name: &str| -> Vec<&str> {
        let real = rows[1..].iter().filter(|row| row[0].parse::<f64>().unwrap() > from.parse().unwrap());
        let mut all: Vec<&str> = real.map(|row| row[column(name)]).collect();
        all.dedup();
        all
    };
    assert_eq!(shown("heart_rate_per_min"), ["", "72.5", ""]);
    assert_eq!(shown("spo2_pct"), ["", "96.25"]);
    assert_eq!(shown("systolic_mmhg"), ["", "120.01"]);
    assert_eq!(shown("temperature_c"), [""], "nothing of the virtual monitor is left");

    let replayed = ward.done(&["replay", "heard"]);
    assert_eq!(replayed.matches("the same").count(), 5, "{replayed}");
}

#[test]
fn a_recorded_run_that_listened_goes_on_with_what_it_heard() {
    let ward = Ward::new("monitor-resume");
    let from = real_from(&ward);
    let clock = ["--pace", "real", "--real-from", &from, "--vitals-from", "127.0.0.1:0", "--out", "heard", "--record"];
    let (mut child, address) = listening(&ward, &short_run(&clock), "heard");
    assert!(answer(&address, &message("M-1", "PT-0074")).contains("MSA|AA|M-1"));
    wait_for(&ward, "heard", "oxygen saturation comes from the monitor");
    std::thread::sleep(Duration::from_secs(2));
    child.kill().unwrap();
    child.wait().unwrap();
    let id = ward.only_record();
    ward.users();
    let refused = ward.refused(&["record", "resume", &id, "--login", "nora"]);
    assert!(refused.contains("say with --vitals-from ADDR"), "{refused}");
    ward.done(&["record", "resume", &id, "--login", "nora", "--vitals-from", "127.0.0.1:0"]);
    let shown: Value = serde_json::from_str(&ward.done(&["record", "show", &id, "--json"])).unwrap();
    assert_eq!(shown["state"], "ended");
    let of_kind = |kind: &str| shown["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind).count();
    assert_eq!((of_kind("vitals"), of_kind("monitor")), (1, 2), "one message, and listening begun twice");
    ward.done(&["record", "verify", &id]);
}

#[test]
fn a_monitor_needs_seconds_that_are_seconds_and_an_address_that_is_free() {
    let ward = Ward::new("monitor-refused");
    let refused = ward.leuka(&["run", "--vitals-from", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--vitals-from needs --pace real"), "{}", text(&refused.stderr));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = ward.refused(&["run", "--pace", "real", "--vitals-from", &address]);
    assert!(refused.contains(&format!("cannot listen for vital signs on {address}")), "{refused}");
}
