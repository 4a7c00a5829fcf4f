//! `leuka record` in a program that was built without it: says how to build it.

use std::collections::VecDeque;
use std::process::ExitCode;

use leuka_procedure::{Event, Inputs, LoggedAlarm, Outcome, Sample, Word};

use crate::Failure;

/// Records of procedures: list, search, show, verify, enter, sign, close. This program was built without them.
///
/// For research, engineering and training. Not a medical device; not for treating people.
#[derive(Debug, clap::Args)]
#[command(after_help = "To have it: cargo run --release --features record -- record --help")]
pub(crate) struct Arguments {
    /// What is to be done.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    Err(left_out(&format!("record {}", arguments.command.join(" "))))
}

fn left_out(command: &str) -> Failure {
    Failure::Input(format!(
        "this program was built without the record, which brings two databases: cargo run --release --features record -- {}",
        command.trim_end()
    ))
}

/// The record of a run, which there is none of.
#[derive(Debug)]
pub(crate) enum Recording {}

impl Recording {
    pub(crate) fn open(_: &str, _: &Inputs) -> Result<Self, Failure> {
        Err(left_out("run --record"))
    }

    pub(crate) fn second(&mut self, _: &Sample, _: &[Event]) -> Result<(), Failure> {
        match *self {}
    }

    pub(crate) fn finish(self, _: &Outcome, _: &VecDeque<LoggedAlarm>) -> Result<String, Failure> {
        match self {}
    }
}

/// The monitor at the bedside, which there is none of.
#[derive(Debug)]
pub(crate) enum Listening {}

impl Listening {
    pub(crate) fn open(_: &str, _: &Inputs) -> Result<Self, Failure> {
        Err(left_out("run --pace real --vitals-from ADDR"))
    }

    pub(crate) fn address(&self) -> String {
        match *self {}
    }

    pub(crate) fn words(&self, _: u64) -> Vec<Word> {
        match *self {}
    }
}
