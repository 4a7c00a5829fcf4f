//! `leuka validate separator`.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use leuka_blood::validation::Row;
use leuka_procedure::Centrifuge;
use leuka_procedure::validation::{SEPARATION, Study};
use leuka_report::{NOT_A_DEVICE, table};

use super::Arguments;
use crate::{Failure, files};

const HEADER: [&str; 9] = ["Row", "What", "Unit", "Published", "Spread", "Simulated", "Difference", "Inside", "Basis"];

/// Runs every study, as many at a time as there are cores.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let centrifuge = arguments.separator.unwrap_or(Centrifuge::Channel);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((place, study)) = take(&next) {
                    let rows = study.run(Some(centrifuge)).map_err(|error| format!("rows {}: {error}", study.name));
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((place, rows));
                    eprintln!("{} of {} studies: {}", done.len(), SEPARATION.len(), study.name);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    let mut rows = Vec::new();
    for (_, study) in done {
        rows.extend(study.map_err(Failure::Work)?);
    }
    match &arguments.doc {
        Some(path) => {
            files::write(path, &markdown(&rows, centrifuge))?;
            println!("{}", path.display());
        }
        None => {
            let assumed = assumptions(&rows).join("\n  ");
            print!("{}\nAssumed:\n  {assumed}\n\n{NOT_A_DEVICE}\n", table(&HEADER, &cells(&rows)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn take(next: &AtomicUsize) -> Option<(usize, &'static Study)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    SEPARATION.get(place).map(|study| (place, study))
}

fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    rows.iter()
        .map(|row| {
            vec![
                row.id.to_owned(),
                row.what.to_owned(),
                row.unit.to_owned(),
                row.published.map_or_else(String::new, |value| format!("{value}")),
                row.spread.map_or_else(String::new, |(low, high)| format!("{low:.1} to {high:.1}")),
                format!("{:.1}", row.simulated),
                row.published.map_or_else(String::new, |value| format!("{:+.1}", row.simulated - value)),
                row.inside().map_or("", |inside| if inside { "yes" } else { "no" }).to_owned(),
                row.basis().to_owned(),
            ]
        })
        .collect()
}

/// What was assumed, once each.
fn assumptions(rows: &[Row]) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| !row.assumed.is_empty()) {
        let line = format!("{}: {}", row.id, row.assumed);
        if !list.contains(&line) {
            list.push(line);
        }
    }
    list
}

fn markdown(rows: &[Row], centrifuge: Centrifuge) -> String {
    let mut text = String::from("# Validation of the separator\n\n");
    let _ = writeln!(
        text,
        "{NOT_A_DEVICE}\n\nMade by `leuka validate separator --separator {} --doc FILE`. Steady rows (A1.4, A2.2, A2.8, A2.9) are fractions of the inlet in the channel at 60 mL/min, collect 1 mL/min at 3 %; all others are whole procedures on the ready protocols. Each says whether the speed was fixed or followed the flow (packing factor). Fitted: the mixing length was set with the row in sight. Assumed: the row does not state an input. Predicted: neither.\n",
        centrifuge.name()
    );
    let _ = writeln!(text, "| {} |\n|{}", HEADER.join(" | "), "---|".repeat(HEADER.len()));
    for row in cells(rows) {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let _ = writeln!(text, "\nNo entry under Inside: no spread was published. Assumed:\n");
    for line in assumptions(rows) {
        let _ = writeln!(text, "- {line}");
    }
    text
}
