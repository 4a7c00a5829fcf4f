//! `leuka run`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{
    Centrifuge, Inputs, Outcome, Run, RunFolder, Sample, Sources, days_csv, picture, pretty, recover, recovery_picture,
};

use crate::progress::{Lines, Progress, Silent, bar};
use crate::units::Quantity;
use crate::{Failure, files, summary};

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
  leuka run --recovery 14d                             (and the two weeks after)
  leuka schema protocol                                (every field, its unit, range and default)

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// Protocol file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Donor file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    donor: Option<PathBuf>,
    /// Scenario file (TOML): what goes wrong, when, and how strongly.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Seed of all chance; the same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Replaces a value: donor.*, protocol.*, order.* or model.CRATE.*; may be given many times.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Folder with model parameter files (blood.toml, separator.toml, ...) in place of the embedded ones.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Model of the centrifuge: `stage` is fast, `channel` follows every layer. [default: stage where its table fits, else channel]
    #[arg(long, value_name = "MODEL", value_parser = centrifuge)]
    separator: Option<Centrifuge>,
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
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let inputs = Inputs::read(&sources(arguments)?)?;
    let path = arguments.out.clone().unwrap_or_else(|| {
        RunFolder::free_path(&Path::new("leuka-runs").join(format!("{}-{}", inputs.protocol_name(), arguments.seed)))
    });
    let mut run = Run::new(&inputs)?;
    let mut folder = RunFolder::create(&path, &inputs.record())?;
    let mut progress: Box<dyn Progress> = match (std::io::stderr().is_terminal(), arguments.json) {
        (true, _) => bar(),
        (false, true) => Box::new(Silent),
        (false, false) => Box::new(Lines),
    };

    let interrupted = watch_for_interrupt()?;
    let mut samples: Vec<Sample> = Vec::new();
    while run.is_running() {
        if interrupted.load(Ordering::Relaxed) {
            run.interrupt();
        }
        let sample = run.second();
        folder.sample(&sample)?;
        samples.push(sample);
        for event in run.take_events() {
            folder.event(&event)?;
            progress.event(&event);
        }
        progress.update(&run);
    }
    progress.finish();
    let outcome = run.outcome();
    folder.alarms(run.alarm_log())?;
    let recovery = arguments.recovery.map(|hours| recover(&run, hours));
    if let Some(recovery) = &recovery {
        folder.write("recovery.csv", &days_csv(&recovery.samples))?;
        let title = format!("After {}, seed {}", inputs.protocol_title(), outcome.seed);
        folder.write("recovery.svg", &recovery_picture(&title, recovery).svg())?;
        folder.write("donor-next-day.toml", &recovery.next_day.donor_file)?;
    }
    folder.finish(&outcome, &picture(&inputs, &outcome, &samples, run.stages()).svg())?;

    if arguments.json {
        print!("{}", pretty(&outcome));
    } else {
        print!("{}", summary::text(&inputs, &outcome, &path, recovery.as_ref()));
    }
    Ok(exit_code(&outcome))
}

/// Reads a model of the centrifuge.
pub(crate) fn centrifuge(word: &str) -> Result<Centrifuge, String> {
    let known = Centrifuge::ALL.into_iter().find(|model| model.name() == word);
    known.ok_or_else(|| "allowed are stage and channel".to_owned())
}

fn sources(arguments: &Arguments) -> Result<Sources, Failure> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(files::read).transpose();
    let overrides = arguments.set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>()?;
    Ok(Sources {
        protocol: read(&arguments.protocol)?,
        donor: read(&arguments.donor)?,
        scenario: read(&arguments.scenario)?,
        parameters: arguments.parameters.as_deref().map_or(Ok(Vec::new()), parameter_files)?,
        overrides,
        seed: arguments.seed,
        separator: arguments.separator,
    })
}

/// The parameter files in a folder, in order of name.
pub(crate) fn parameter_files(folder: &Path) -> Result<Vec<NamedText>, Failure> {
    let failed = |error| Failure::Input(format!("{}: cannot be read: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>().map_err(failed)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().map(|path| files::read(path)).collect()
}

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
