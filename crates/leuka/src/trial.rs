//! `leuka trial`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use leuka_procedure::file::{NamedText, Problem};
use leuka_report::NOT_A_DEVICE;
use leuka_trial::{Ended, Folder, Progress, Shard, Study, Summary};

use crate::{Failure, files};

/// Sends a cohort of virtual donors through the arms of a study, and summarises what came of it.
///
/// Every run is a function of (study, donor, arm) alone. The study can be killed at any time; with --resume it goes on and
/// ends in the same bytes. Exit code 0 when done, 1 when it could not be done, 2 for bad input, 130 when interrupted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka trial validation/studies/a1-5-collect-flow.toml --out collect-flow
  leuka trial STUDY.toml --out DIR --resume
  leuka trial STUDY.toml --out DIR --shard 3/40        (one of 40 processes that share DIR; Slurm: $SLURM_ARRAY_TASK_ID/40)
  leuka trial STUDY.toml --show 17                     (donor 17 as a file, and how to repeat its runs)
  leuka schema study                                   (every field of a study file)
  leuka schema cohort                                  (every field of a cohort file)

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// Study file (TOML).
    #[arg(value_name = "STUDY.toml")]
    study: PathBuf,
    /// Folder for chunks, tables, summary and pictures; must be new unless --resume or --shard.
    #[arg(long, value_name = "DIR", required_unless_present = "show")]
    out: Option<PathBuf>,
    /// Runs only part I of N, counted from 1; the last part that ends makes the tables.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Threads. [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Goes on with the study in the folder.
    #[arg(long)]
    resume: bool,
    /// Donors in place of those of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    donors: Option<u64>,
    /// Seed in place of that of the file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..9_000_000_000_000_000))]
    seed: Option<u64>,
    /// Prints the summary as JSON (schema leuka.trial-summary/1) and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Prints one donor as a donor file, with the commands that repeat its runs, in place of running the study.
    #[arg(long, value_name = "DONOR", conflicts_with_all = ["out", "shard", "resume", "json"])]
    show: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let study = read(&arguments.study)?.with(arguments.donors, arguments.seed);
    if let Some(donor) = arguments.show {
        print!("{}", shown(&study, donor));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(path) = &arguments.out else { return Err(Failure::Input("--out is missing: name a folder".into())) };
    let folder = Folder::open(path, &study, arguments.resume || arguments.shard.is_some()).map_err(failure)?;
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let threads = arguments.threads.map_or_else(cores, usize::from);
    let interrupted = crate::run::watch_for_interrupt()?;
    let ended = execute(&folder, &study, shard, threads, &interrupted, arguments.json)?;
    match ended {
        Ended::Finished(summary) if arguments.json => print!("{}", leuka_procedure::pretty(&summary.json())),
        Ended::Finished(summary) => print!("{}", told(&summary, path)),
        Ended::Waiting { missing } => eprintln!(
            "this part is done; {missing} chunks are left to others. Whoever ends last makes the tables, or: leuka trial {} --out {} --resume",
            arguments.study.display(),
            path.display()
        ),
        Ended::Interrupted => {
            eprintln!(
                "interrupted; go on with: leuka trial {} --out {} --resume",
                arguments.study.display(),
                path.display()
            );
            return Ok(ExitCode::from(130));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a study and the files that it names, which stand beside it.
pub(crate) fn read(path: &Path) -> Result<Study, Failure> {
    let file = files::read(path)?;
    let beside = path.parent().unwrap_or_else(|| Path::new(""));
    let load = |name: &str| {
        files::read(&beside.join(name)).map_err(|error| Problem {
            file: path.display().to_string(),
            line: None,
            field: "study".into(),
            message: format!("names a file that cannot be read: {error}"),
        })
    };
    Ok(Study::read(&file, &load)?)
}

/// Runs a study with a bar on a terminal, or a line for each tenth elsewhere.
pub(crate) fn execute(
    folder: &Folder,
    study: &Study,
    shard: Shard,
    threads: usize,
    interrupted: &Arc<AtomicBool>,
    is_quiet: bool,
) -> Result<Ended, Failure> {
    let bar = std::io::stderr().is_terminal().then(progress_bar);
    let tenths = Mutex::new(0);
    let tell = |progress: Progress| match &bar {
        Some(bar) => {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
        }
        None if is_quiet => {}
        None => {
            let mut told = tenths.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = 10 * progress.done / progress.of.max(1);
            if now > *told {
                *told = now;
                eprintln!("{} of {} runs", progress.done, progress.of);
            }
        }
    };
    let ended = folder.run(study, shard, threads, interrupted, &tell).map_err(failure);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    ended
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {per_sec}, {eta} left") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn failure(error: leuka_trial::Error) -> Failure {
    match error {
        leuka_trial::Error::Taken(_) | leuka_trial::Error::Other { .. } => Failure::Input(error.to_string()),
        other => Failure::Work(other.to_string()),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(which, of)| Some((which.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((which, of)) if 1 <= which && which <= of && of <= 1_000_000 => Ok(Shard { which, of }),
        _ => Err("allowed is I/N with I from 1 to N, such as 3/40".to_owned()),
    }
}

fn told(summary: &Summary, path: &Path) -> String {
    let columns = if cfg!(feature = "columns") {
        "and outcomes.parquet".to_owned()
    } else {
        format!("(Parquet is left out of this build: {})", leuka_trial::WITH_COLUMNS)
    };
    format!(
        "{}\nTables   {}/outcomes.csv {columns}, columns.json\nSummary  {}/summary.md, summary.json, pictures/\n\n{NOT_A_DEVICE}\n",
        summary.text(),
        path.display(),
        path.display()
    )
}

/// One donor, and how to repeat its runs.
fn shown(study: &Study, donor: u64) -> String {
    let drawn = study.donor(donor);
    let mut text = format!("# Donor {donor} of study {}, seed {}.\n", study.name, study.seed);
    for arm in study.arms_of(donor) {
        let sources = study.sources(&drawn, donor, arm);
        let name = |file: &Option<NamedText>| file.as_ref().map(|file| file.name.clone());
        let mut command = format!("leuka run --seed {}", sources.seed);
        if let Some(protocol) = name(&sources.protocol) {
            command += &format!(" --protocol {protocol}");
        }
        if drawn.is_some() || sources.donor.is_some() {
            command += " --donor THIS-FILE";
        }
        for over in &sources.overrides {
            command += &format!(" --set {}={}", over.path, over.value);
        }
        if let Some(model) = sources.separator {
            command += &format!(" --separator {}", model.name());
        }
        text += &format!("# {}: {command}\n", study.arms.get(arm).map_or("", |arm| arm.name.as_str()));
    }
    let same = study.sources(&drawn, donor, 0).donor.map_or_else(String::new, |file| file.text);
    text + &same
}
