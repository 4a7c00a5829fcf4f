//! `leuka run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leuka_procedure::{
    Channels, Inputs, Outcome, Run, RunFolder, Sample, days_csv, picture, pretty, recover, recovery_picture,
};

use crate::beside::{Beside, ClockAndMonitor};
use crate::files::Files;
use crate::progress::{Lines, Progress, Silent, bar};
use crate::record::Recording;
use crate::units::Quantity;
use crate::{Failure, summary};

/// Runs one whole procedure, from self-test to the end of observation.
///
/// Without arguments: the built-in autologous CD34 collection. Writes a run folder with inputs, events, samples,
/// outcome and a picture. Exit code 0 when the procedure was completed, 1 when it ended early, 2 for bad input, 130
/// when it was interrupted with Ctrl-C (what was done until then is kept).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka run --seed 7
  leuka run --protocol protocols/cd3-car-t.toml --donor donors/car-t-82kg.toml
  leuka run --set protocol.target.tbv_multiple=3.6 --set donor.hematocrit_pct=32
  leuka run --set order.entered_hematocrit_pct=50      (a wrong entry: the machine notices)
  leuka run --scenario scenarios/air.toml
  leuka run --record                                   (into a record: leuka record --help)
  leuka run --recovery 14d                             (and the two weeks after)
  leuka run --pace real --vitals-from 127.0.0.1:2575   (with a patient monitor: docs/interop.md)
  leuka schema protocol                                (every field, its unit, range and default)

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    beside: ClockAndMonitor,
}

/// What is kept of a run and how it is shown.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Kept {
    /// Prints the outcome as one JSON object (schema leuka.outcome/1) and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Follows the donor for so long after the run (14d, 36h): counts, calcium and platelets by the hour with a picture,
    /// and the donor file of the next day for a second collection.
    #[arg(long, value_name = "TIME", value_parser = Quantity::hours)]
    recovery: Option<u32>,
    /// Folder for the run; must be new. [default: ./leuka-runs/PROTOCOL-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Streams the run into a record as well (a build with --features record): sqlite:FILE or postgres://USER@HOST/DATABASE.
    /// [default: LEUKA_RECORD, else leuka-record.sqlite in the current folder]
    #[arg(long, value_name = "STORE", num_args = 0..=1, default_missing_value = "")]
    record: Option<String>,
}

impl Kept {
    /// The record that the run streams into, if it is asked for.
    pub(crate) fn recording(&self, inputs: &Inputs) -> Result<Option<Recording>, Failure> {
        self.record.as_deref().map(|store| Recording::open(store, inputs)).transpose()
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.files.inputs()?;
    let run = Run::new(&inputs)?;
    let beside = arguments.beside.open(&inputs)?;
    let recording = arguments.kept.recording(&inputs)?;
    let interrupted = watch_for_interrupt()?;
    carry_out(run, &inputs, arguments.files.seed, &arguments.kept, &interrupted, recording, beside)
}

/// Carries a run out to its end, with its folder, and shows what came of it.
pub(crate) fn carry_out<C: Channels>(
    mut run: Run<C>,
    inputs: &Inputs,
    seed: u64,
    kept: &Kept,
    interrupted: &AtomicBool,
    mut recording: Option<Recording>,
    mut beside: Beside,
) -> Result<ExitCode, Failure> {
    let path = kept.out.clone().unwrap_or_else(|| {
        RunFolder::free_path(&Path::new("leuka-runs").join(format!("{}-{}", inputs.protocol_name(), seed)))
    });
    let mut folder = RunFolder::create(&path, &inputs.record())?;
    let mut progress: Box<dyn Progress> = match (std::io::stderr().is_terminal(), kept.json) {
        (true, _) => bar(),
        (false, true) => Box::new(Silent),
        (false, false) => Box::new(Lines),
    };
    let mut samples: Vec<Sample> = Vec::new();
    while run.is_running() {
        if interrupted.load(Ordering::Relaxed) {
            run.interrupt();
        }
        beside.before_second(&mut run);
        let sample = run.second();
        folder.sample(&sample)?;
        samples.push(sample);
        let events = run.take_events();
        for event in &events {
            folder.event(event)?;
            progress.event(event);
        }
        if let Some(recording) = &mut recording {
            recording.second(&sample, &events)?;
        }
        progress.update(&run.status());
    }
    progress.finish();
    let outcome = run.outcome();
    folder.alarms(run.alarm_log())?;
    let recorded = recording.map(|recording| recording.finish(&outcome, run.alarm_log())).transpose()?;
    let recovery = kept.recovery.map(|hours| recover(&run, hours));
    if let Some(recovery) = &recovery {
        folder.write("recovery.csv", &days_csv(&recovery.samples))?;
        let title = format!("After {}, seed {}", inputs.protocol_title(), outcome.seed);
        folder.write("recovery.svg", &recovery_picture(&title, recovery).svg())?;
        folder.write("donor-next-day.toml", &recovery.next_day.donor_file)?;
    }
    folder.finish(&outcome, &picture(inputs, &outcome, &samples, run.stages()).svg())?;

    if kept.json {
        print!("{}", pretty(&outcome));
    } else {
        print!("{}", summary::text(inputs, &outcome, &path, recovery.as_ref()));
    }
    if let Some(recorded) = recorded {
        eprintln!("{recorded}");
    }
    Ok(exit_code(&outcome))
}

/// A flag that Ctrl-C sets.
pub(crate) fn watch_for_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    ctrlc::set_handler(move || seen.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::Work(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(flag)
}

fn exit_code(outcome: &Outcome) -> ExitCode {
    match (outcome.completed, outcome.end_reason.as_str()) {
        (true, _) => ExitCode::SUCCESS,
        (false, "interrupted") => ExitCode::from(130),
        (false, _) => ExitCode::from(1),
    }
}
