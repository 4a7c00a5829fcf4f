//! `leuka faults`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use leuka_guard::HAZARDS;
use leuka_procedure::campaign::{self, Clean, Harm, Judgement, Score};
use leuka_procedure::file::Problems;
use leuka_report::table;
use serde::Serialize;

use crate::Failure;
use crate::progress::Work;

/// Makes every hazard happen many times and times what control, guard and machine do about it.
///
/// Each injection is a function of hazard and seed; those whose condition the plant never reaches do not count and are
/// replaced by the next seed. Then whole procedures in which nothing goes wrong must pass without a protective stop.
/// Exit code 0 when nothing is missed, late or stopped for nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka faults                          all 28 hazards, 200 injections each, 50 clean procedures
  leuka faults --hazard 4 --seeds 20    one hazard
  leuka faults --hazard 4 --seed 17     one injection again, by itself
  leuka faults --json                   {missed, late, false_stops, rows, clean}

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// Injections for each hazard.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Only this hazard, by its number in docs/safety.md.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=28))]
    hazard: Option<u8>,
    /// Only this seed: one injection.
    #[arg(long, value_name = "S", requires = "hazard")]
    seed: Option<u64>,
    /// Procedures in which nothing goes wrong. [default: 50, none with --hazard]
    #[arg(long, value_name = "N")]
    clean: Option<u64>,
    /// Takes the guard's word away, to see what it is for.
    #[arg(long)]
    without_guard: bool,
    /// Prints one JSON object and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

/// One hazard's injections together.
#[derive(Debug, Serialize)]
struct Row {
    hazard: u8,
    name: &'static str,
    injections: usize,
    not_reached: usize,
    missed: usize,
    late: usize,
    /// Wrong steps that were refused.
    refused: usize,
    /// The reaction nearest to its limit, and that limit.
    worst_ms: Option<f64>,
    limit_ms: Option<f64>,
    worst_mode: Option<String>,
    worst_detection_ms: Option<f64>,
    harm: Harm,
    /// Seeds of what was missed or late.
    failing_seeds: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct Report {
    missed: usize,
    late: usize,
    false_stops: usize,
    rows: Vec<Row>,
    clean: Vec<Clean>,
}

pub(crate) fn faults(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let (Some(hazard), Some(seed)) = (arguments.hazard, arguments.seed) {
        return one(arguments, hazard, seed);
    }
    let hazards: Vec<_> = HAZARDS.iter().filter(|hazard| arguments.hazard.is_none_or(|k| k == hazard.number)).collect();
    let mut rows = Vec::new();
    for hazard in &hazards {
        let what = format!("{:2} {}", hazard.number, hazard.name);
        let mut work = Work::new(&what, arguments.json);
        let scores = row(hazard.number, arguments, &mut work)?;
        work.finish();
        rows.push(Row::of(hazard.number, hazard.name, &scores));
    }
    let wanted = arguments.clean.unwrap_or(if arguments.hazard.is_some() { 0 } else { 50 });
    let mut work = Work::new("procedures in which nothing goes wrong", arguments.json);
    let clean = in_parallel(1..wanted + 1, &mut work, campaign::clean)?;
    work.finish();
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum();
    let report = Report {
        missed: sum(|row| row.missed),
        late: sum(|row| row.late),
        false_stops: clean.iter().map(|clean| clean.stops.len()).sum(),
        rows,
        clean,
    };
    if arguments.json {
        print!("{}", leuka_procedure::pretty(&report));
    } else {
        print!("{}", text(&report));
    }
    let is_good = report.missed + report.late + report.false_stops == 0 && report.clean.iter().all(|run| run.completed);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn one(arguments: &Arguments, hazard: u8, seed: u64) -> Result<ExitCode, Failure> {
    let score = campaign::inject(hazard, seed, !arguments.without_guard)?;
    print!("{}", leuka_procedure::pretty(&score));
    Ok(match score.judgement {
        Judgement::Met | Judgement::NotReached => ExitCode::SUCCESS,
        Judgement::Late | Judgement::Missed => ExitCode::from(1),
    })
}

/// Injections of one hazard until enough of them count, or five times as many were tried.
fn row(hazard: u8, arguments: &Arguments, work: &mut Work) -> Result<Vec<Score>, Failure> {
    let guarded = !arguments.without_guard;
    let mut scores: Vec<Score> = Vec::new();
    let mut next = 1;
    while next <= 5 * arguments.seeds {
        let counted = scores.iter().filter(|score| score.judgement != Judgement::NotReached).count() as u64;
        if counted >= arguments.seeds {
            break;
        }
        let end = next + (arguments.seeds - counted);
        scores.extend(in_parallel(next..end, work, |seed| campaign::inject(hazard, seed, guarded))?);
        next = end;
    }
    Ok(scores)
}

/// Does the work of each seed on all cores; the results are in the order of the seeds.
fn in_parallel<T: Send>(
    seeds: std::ops::Range<u64>,
    work: &mut Work,
    job: impl Fn(u64) -> Result<T, Problems> + Sync,
) -> Result<Vec<T>, Failure> {
    let count = seeds.end.saturating_sub(seeds.start);
    let next = AtomicU64::new(seeds.start);
    let done: Mutex<Vec<(u64, Result<T, Problems>)>> = Mutex::new(Vec::new());
    let shown = Mutex::new(work);
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let result = job(seed);
                    if let (Ok(mut done), Ok(mut shown)) = (done.lock(), shown.lock()) {
                        done.push((seed, result));
                        #[expect(clippy::cast_precision_loss, reason = "a share of the work")]
                        shown.tell(done.len() as f64 / count.max(1) as f64);
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(seed, _)| *seed);
    Ok(done.into_iter().map(|(_, result)| result).collect::<Result<_, _>>()?)
}

impl Row {
    fn of(hazard: u8, name: &'static str, scores: &[Score]) -> Self {
        let count = |judgement| scores.iter().filter(|score| score.judgement == judgement).count();
        let counted = || scores.iter().filter(|score| score.judgement != Judgement::NotReached);
        let share = |score: &&Score| score.reaction_ms.zip(score.limit_ms).map(|(reaction, limit)| reaction / limit);
        let worst = counted()
            .filter(|score| share(score).is_some())
            .max_by(|a, b| share(a).unwrap_or(0.0).total_cmp(&share(b).unwrap_or(0.0)));
        let most = |value: fn(&Harm) -> f64| counted().map(|score| value(&score.harm)).fold(0.0, f64::max);
        let is_failing = |score: &&Score| matches!(score.judgement, Judgement::Late | Judgement::Missed);
        Self {
            hazard,
            name,
            injections: counted().count(),
            not_reached: count(Judgement::NotReached),
            missed: count(Judgement::Missed),
            late: count(Judgement::Late),
            refused: counted().filter(|score| score.limit_ms.is_none() && score.judgement == Judgement::Met).count(),
            worst_ms: worst.and_then(|score| score.reaction_ms),
            limit_ms: worst.and_then(|score| score.limit_ms),
            worst_mode: worst.map(|score| score.mode.clone()),
            worst_detection_ms: counted().filter_map(|score| score.detection_ms).reduce(f64::max),
            harm: Harm {
                air_ml: most(|harm| harm.air_ml),
                lost_ml: most(|harm| harm.lost_ml),
                ionised_calcium_mmol_l: counted()
                    .map(|score| score.harm.ionised_calcium_mmol_l)
                    .fold(f64::INFINITY, f64::min),
                peak_mmhg: most(|harm| harm.peak_mmhg),
                overload_ml: most(|harm| harm.overload_ml),
            },
            failing_seeds: counted().filter(is_failing).map(|score| score.seed).collect(),
        }
    }
}

fn text(report: &Report) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
    let rows: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| {
            let harm = &row.harm;
            vec![
                row.hazard.to_string(),
                row.name.chars().take(34).collect(),
                row.injections.to_string(),
                row.refused.to_string(),
                number(row.worst_ms),
                number(row.limit_ms),
                number(row.worst_detection_ms),
                row.missed.to_string(),
                row.late.to_string(),
                format!("{:.2}", harm.air_ml),
                format!("{:.1}", harm.lost_ml),
                format!("{:.2}", harm.ionised_calcium_mmol_l),
                format!("{:.0}", harm.peak_mmhg),
                format!("{:.0}", harm.overload_ml),
            ]
        })
        .collect();
    let heads = [
        "#", "hazard", "n", "refused", "worst ms", "limit ms", "seen ms", "missed", "late", "air mL", "lost mL", "iCa",
        "mmHg", "over mL",
    ];
    let mut text = table(&heads, &rows);
    for row in report.rows.iter().filter(|row| !row.failing_seeds.is_empty()) {
        let seeds: Vec<_> = row.failing_seeds.iter().take(10).map(ToString::to_string).collect();
        text +=
            &format!("hazard {}: run again with --hazard {} --seed {}\n", row.hazard, row.hazard, seeds.join(" | "));
    }
    for clean in report.clean.iter().filter(|clean| !clean.stops.is_empty() || !clean.completed) {
        text +=
            &format!("clean {} ({}): {}; {}\n", clean.seed, clean.setting, clean.end_reason, clean.stops.join("; "));
    }
    text += &format!(
        "{} missed, {} late; {} protective stops in {} procedures in which nothing goes wrong, {} of which reached their \
         target\n",
        report.missed,
        report.late,
        report.false_stops,
        report.clean.len(),
        report.clean.iter().filter(|run| run.completed).count()
    );
    text += leuka_report::NOT_A_DEVICE;
    text += "\n";
    text
}
