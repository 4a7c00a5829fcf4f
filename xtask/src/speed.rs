//! How fast whole procedures run, and where the time goes, beside the budget of each part.
//!
//! Times are those of `crates/procedure/examples/speed.rs` on one and on two threads. Instructions of a run, by
//! valgrind's callgrind, part the time of a control beat; without valgrind that table is left out.

use std::collections::BTreeMap;

use xshell::{Shell, cmd};

use crate::Outcome;

/// Control beats (100 ms) of a procedure of four hours.
const BEATS_OF_FOUR_HOURS: f64 = 144_000.0;
/// Four-hour procedures in a second on two threads, and how much more two threads do than one.
const GOAL_PER_SECOND: f64 = 25.0;
const GOAL_SCALING: f64 = 1.9;
const FEW: u64 = 8;
const MANY: u64 = 128;

/// The parts of a control beat with their budgets, ns, and the functions that each begins with. What a part calls of
/// another part is the other's.
const PARTS: [(&str, f64, &[&str]); 5] = [
    ("stage", 100.0, &["as leuka_separator::Separator>::advance"]),
    (
        "donor",
        100.0,
        &["donor::Donor::advance", "donor::Donor::draw", "donor::Donor::receive_at", "donor::Donor::vitals"],
    ),
    ("machine and sensors", 180.0, &["VirtualMachine::advance", "VirtualMachine::sense", "VirtualMachine::actuate"]),
    ("control", 90.0, &["controller::Controller::step_into"]),
    ("guard, both beats", 60.0, &["guard::Guard::step"]),
];
/// The rest of a run's seconds: operator, events, samples.
const SINKS: (&str, f64) = ("loop and sinks", 20.0);
const WHOLE: &str = "run::Run<C>::pass_second";
const TABLE: &str = "stage::table::Table::line";

/// What the example told of its runs.
struct Told {
    seconds: f64,
    beats: f64,
    peak_kib: f64,
}

pub(crate) fn show(shell: &Shell) -> Outcome {
    cmd!(shell, "cargo build --release --quiet --package leuka-procedure --example speed").run()?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    let program = format!("{target}/release/examples/speed");
    let few = run(shell, &program, FEW, 1)?;
    let one = run(shell, &program, MANY, 1)?;
    let two = run(shell, &program, MANY, 2)?;
    let per_second = |told: &Told| told.beats / BEATS_OF_FOUR_HOURS / told.seconds;
    println!(
        "four-hour procedures a second: {:.2} on one thread, {:.2} on two (goal {GOAL_PER_SECOND})",
        per_second(&one),
        per_second(&two)
    );
    println!("two threads do {:.2} times as much as one (goal {GOAL_SCALING})", per_second(&two) / per_second(&one));
    println!("peak memory: {:.0} KiB after {FEW} procedures, {:.0} KiB after {MANY}", few.peak_kib, one.peak_kib);
    let beat_ns = 1e9 * one.seconds / one.beats;
    println!("a control beat of 100 ms takes {beat_ns:.0} ns and core (budget 555)");
    if cmd!(shell, "valgrind --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        println!("its parts: valgrind is not here (apt-get install valgrind)");
        return Ok(());
    }
    parts(shell, &program, beat_ns)
}

fn run(shell: &Shell, program: &str, runs: u64, threads: u64) -> Result<Told, Box<dyn std::error::Error>> {
    let (runs, threads) = (runs.to_string(), threads.to_string());
    told(&cmd!(shell, "{program} {runs} {threads}").quiet().read()?)
}

fn told(line: &str) -> Result<Told, Box<dyn std::error::Error>> {
    let numbers = line.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
    let [seconds, beats, peak_kib] = numbers.try_into().map_err(|_| format!("the example says `{line}`"))?;
    Ok(Told { seconds, beats, peak_kib })
}

/// Prints what each part takes of a control beat.
fn parts(shell: &Shell, program: &str, beat_ns: f64) -> Outcome {
    let folder = shell.create_temp_dir()?;
    let profile = folder.path().join("profile");
    let callgrind = ["--tool=callgrind".to_owned(), format!("--callgrind-out-file={}", profile.display())];
    let line = cmd!(shell, "valgrind {callgrind...} {program} 2 1").quiet().ignore_stderr().read()?;
    let beats = told(&line)?.beats;
    let list = cmd!(shell, "callgrind_annotate --inclusive=yes --threshold=100 --auto=no {profile}").quiet().read()?;
    let counts = by_function(&list);
    let of = |names: &[&str]| -> f64 {
        let is_named = |function: &str| names.iter().any(|name| function.contains(name));
        counts.iter().filter(|(function, _)| is_named(function)).map(|(_, count)| count).sum()
    };
    let mut costs = PARTS.map(|(_, _, names)| of(names));
    // The machine calls stage and donor.
    costs[2] -= costs[0] + costs[1];
    // The table is read once in a process, so it is no part of a beat.
    let table = of(&[TABLE]);
    costs[0] -= table;
    let whole = of(&[WHOLE]) - table;
    let sinks = whole - costs.iter().sum::<f64>();
    let rows = PARTS.iter().map(|(name, budget, _)| (*name, *budget)).zip(costs).chain([(SINKS, sinks)]);
    println!("\n{:<24}{:>14}{:>10}{:>10}", "of 100 ms", "instructions", "ns", "budget");
    for ((name, budget), cost) in rows {
        println!("{name:<24}{:>14.0}{:>10.0}{budget:>10.0}", cost / beats, beat_ns * cost / whole);
    }
    println!("{:<24}{:>14.0}{beat_ns:>10.0}{:>10}", "together", whole / beats, 555);
    println!("reading the stage's table at the corners that came up: {:.0} million instructions, once", table / 1e6);
    Ok(())
}

/// Inclusive instructions by function, from a list of callgrind's.
fn by_function(list: &str) -> BTreeMap<&str, f64> {
    let mut counts = BTreeMap::new();
    for line in list.lines() {
        // `1,234 (5.6%)  file:function [program]`, the program not always; smaller counts are of parts that were inlined.
        let Some((count, rest)) = line.trim_start().split_once(" (") else { continue };
        let Some((_, rest)) = rest.split_once(")  ") else { continue };
        let place = rest.rsplit_once(" [").map_or(rest, |(place, _)| place);
        let Some((_, function)) = place.split_once(".rs:") else { continue };
        if let Ok(count) = count.replace(',', "").parse::<f64>() {
            let known = counts.entry(function).or_insert(0.0_f64);
            *known = known.max(count);
        }
    }
    counts
}
