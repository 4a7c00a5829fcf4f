//! `leuka`: leukapheresis in software, from the command line.
//!
//! Exit codes: 0 completed, 1 ended early or could not be done, 2 bad input, 130 interrupted.

mod beside;
mod calibrate;
mod check;
mod faults;
mod files;
mod learn;
mod mobilise;
mod plan;
mod prior;
mod processes;
mod progress;
mod reconcile;
#[cfg_attr(not(feature = "record"), path = "record_left_out.rs")]
mod record;
mod replay;
mod run;
mod schema;
mod separate;
mod serve;
mod summary;
mod trial;
mod units;
mod validate;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A whole leukapheresis in software: donor, machine, separator, controller and safety guard.
///
/// For research, engineering and training. Not a medical device; not for treating people.
#[derive(Debug, Parser)]
#[command(name = "leuka", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Machine(processes::MachineArguments),
    /// Runs the controller against a machine in another process
    Control(processes::PeerArguments),
    /// Runs the guard against a machine in another process
    Guard(processes::PeerArguments),
    Plan(plan::Arguments),
    Learn(learn::Arguments),
    Calibrate(calibrate::Arguments),
    Reconcile(reconcile::Arguments),
    Record(record::Arguments),
    Replay(replay::Arguments),
    Mobilise(mobilise::Arguments),
    Check(check::Arguments),
    Separate(separate::Arguments),
    Serve(serve::Arguments),
    Verify(verify::Arguments),
    Faults(faults::Arguments),
    Schema(schema::Arguments),
    Trial(trial::Arguments),
    Validate(validate::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Machine(arguments) => processes::machine(&arguments),
        Command::Control(arguments) => processes::control(&arguments),
        Command::Guard(arguments) => processes::guard(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Learn(arguments) => learn::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Reconcile(arguments) => reconcile::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Mobilise(arguments) => mobilise::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Separate(arguments) => separate::separate(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::Faults(arguments) => faults::faults(&arguments),
        Command::Schema(arguments) => schema::print(&arguments),
        Command::Trial(arguments) => trial::run(&arguments),
        Command::Validate(arguments) => validate::run(&arguments),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        failure.exit_code()
    })
}

/// Why a command could not be done.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The user's files or arguments.
    #[error("{0}")]
    Input(String),
    /// The file system, or the run itself.
    #[error("{0}")]
    Work(String),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Work(_) => ExitCode::from(1),
        }
    }
}

impl From<leuka_procedure::file::Problems> for Failure {
    fn from(problems: leuka_procedure::file::Problems) -> Self {
        Self::Input(problems.to_string())
    }
}

impl From<leuka_procedure::file::Problem> for Failure {
    fn from(problem: leuka_procedure::file::Problem) -> Self {
        Self::Input(problem.to_string())
    }
}

impl From<leuka_procedure::FolderError> for Failure {
    fn from(error: leuka_procedure::FolderError) -> Self {
        Self::Work(error.to_string())
    }
}
