//! What a step of control and guard, and a beat of the machine, cost in instructions, against committed ceilings.
//!
//! Counts with valgrind's callgrind, in two runs of different length; their difference has neither start-up nor
//! preparation in it. Instructions do not depend on what else the computer does, as times would.

use xshell::{Shell, cmd};

use crate::Outcome;

/// Instructions at most: a tenth above what was measured when the ceiling was set.
const CEILINGS: [(&str, f64); 3] = [("leuka-control", 2_060.0), ("leuka-guard", 1_430.0), ("leuka-machine", 3_410.0)];
const SHORT: u32 = 2_000;
const LONG: u32 = 12_000;
/// Steps of which the mean and the worst are timed.
const TIMED: u32 = 1_000_000;

pub(crate) fn check(shell: &Shell) -> Outcome {
    let mut dear = Vec::new();
    for (package, ceiling) in CEILINGS {
        cmd!(shell, "cargo build --release --quiet --package {package} --example steps").run()?;
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
        let program = format!("{target}/release/examples/steps");
        let each = (count(shell, &program, LONG)? - count(shell, &program, SHORT)?) / f64::from(LONG - SHORT);
        let steps = TIMED.to_string();
        let times = cmd!(shell, "{program} {steps} timed").quiet().read()?;
        println!("{package}: {each:.0} instructions a step (ceiling {ceiling:.0}), {times}");
        if each > ceiling {
            dear.push(package);
        }
    }
    if dear.is_empty() { Ok(()) } else { Err(format!("a step costs too much: {}", dear.join(", ")).into()) }
}

/// Instructions of a run.
fn count(shell: &Shell, program: &str, steps: u32) -> Result<f64, Box<dyn std::error::Error>> {
    let steps = steps.to_string();
    let callgrind = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let told = cmd!(shell, "valgrind {callgrind...} {program} {steps}").quiet().ignore_stdout().read_stderr()?;
    let count = told.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim().parse());
    Ok(count.ok_or(format!("valgrind gave no count: {told}"))??)
}
