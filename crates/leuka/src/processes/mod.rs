//! Machine, control and guard as three processes: `leuka machine`, `leuka control`, `leuka guard`.
//!
//! The machine holds donor, separator, plant, the simulated operator and the run folder. Control and guard hold nothing
//! but themselves, see nothing but frames, and work by the same inputs, which the greeting compares. The wire protocol's
//! document tells what travels; the machine's own interlocks, not this shell, make it safe when nothing travels.

mod link;
mod peer;
mod remote;
mod seats;

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use leuka_device::Instant;
use leuka_procedure::Run;

use crate::Failure;
use crate::beside::Beside;
use crate::files::Files;
use crate::run::{Kept, carry_out, watch_for_interrupt};
use remote::Remote;

pub(crate) use link::now;
pub(crate) use peer::{control, guard};

/// Serves the virtual machine, with donor and operator, to a control and a guard in processes of their own.
///
/// Waits until both have taken their seats, then runs the procedure and writes its folder like `leuka run`. Give all
/// three the same files, seed and --set. Who can reach the address can take a seat: listen on a local address.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, in three shells:
  leuka machine --listen 127.0.0.1:4780 --seed 7
  leuka guard   --machine 127.0.0.1:4780 --seed 7
  leuka control --machine 127.0.0.1:4780 --seed 7

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct MachineArguments {
    /// Address to listen on; port 0 takes a free one and says which.
    #[arg(long, value_name = "ADDR")]
    listen: String,
    /// lockstep: the machine waits for every reply, bytes equal `leuka run`. real: a second is a second, watchdogs act.
    #[arg(long, value_enum, default_value_t = Pace::Lockstep)]
    pace: Pace,
    /// With --pace real: the clock runs from this second of the procedure on, and what comes before is in lockstep.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    real_from: u64,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    kept: Kept,
}

/// Runs control or guard against a machine in another process.
#[derive(Debug, clap::Args)]
#[command(after_help = "See `leuka machine --help` for an example.")]
pub(crate) struct PeerArguments {
    /// Address of the machine.
    #[arg(long, value_name = "ADDR")]
    machine: String,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    files: Files,
}

/// How time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Pace {
    Lockstep,
    Real,
}

/// How long a side waits for another that is silent.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Patience {
    /// Seconds after which a silent or lost link ends the process. The machine is in its safe state long before.
    #[arg(long = "patience", value_name = "SECONDS", default_value_t = 60)]
    seconds: u64,
}

impl Patience {
    const fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// `leuka machine`.
pub(crate) fn machine(arguments: &MachineArguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.files.inputs()?;
    let interrupted = watch_for_interrupt()?;
    let failed = |error| Failure::Work(format!("cannot listen on {}: {error}", arguments.listen));
    let listener = TcpListener::bind(&arguments.listen).map_err(failed)?;
    eprintln!("listening on {}", listener.local_addr().map_err(failed)?);
    let real_from = match arguments.pace {
        Pace::Lockstep => Instant::END,
        Pace::Real => Instant::from_micros(arguments.real_from.saturating_mul(1_000_000)),
    };
    let seats = seats::fill(&listener, inputs.sha256(), real_from, &interrupted).map_err(failed)?;
    drop(listener);
    let Some(seats) = seats else { return Ok(ExitCode::from(130)) };
    let run = Run::with(&inputs, |_| Remote::new(seats, real_from, arguments.patience.time()))?;
    let recording = arguments.kept.recording(&inputs)?;
    carry_out(run, &inputs, arguments.files.seed, &arguments.kept, &interrupted, recording, Beside::default())
}
