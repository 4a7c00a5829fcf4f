//! `leuka validate`.

mod separator;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use leuka_donor::validation::{Incidence, Kind, Row, incidence, rows};
use leuka_procedure::Centrifuge;
use leuka_report::{NOT_A_DEVICE, table};

use crate::{Failure, files};

/// Holds a model against published results, row by row: published, simulated, band, and whether fitted, assumed or predicted.
///
/// Green is within 10 %, amber within 30 %, red beyond; the spread is the published one.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which model.
    #[arg(value_enum)]
    model: Model,
    /// Writes the table as Markdown in place of printing it.
    #[arg(long, value_name = "FILE")]
    doc: Option<PathBuf>,
    /// Model of the centrifuge in whole procedures, for `separator`: `channel` (default) or `stage`.
    #[arg(long, value_name = "MODEL", value_parser = crate::files::centrifuge)]
    separator: Option<Centrifuge>,
    /// Virtual procedures of each kind for the incidence of reactions.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    procedures: u32,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Model {
    /// Circulation, citrate and calcium, cells, drugs.
    Donor,
    /// Captures of the centrifuge, steady and in whole procedures: some minutes.
    Separator,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if let Model::Separator = arguments.model {
        return separator::run(arguments);
    }
    let work = |error: &dyn std::error::Error| Failure::Work(error.to_string());
    let parameters = leuka_donor::Parameters::embedded().map_err(|error| work(&error))?;
    let blood = leuka_blood::Parameters::embedded().map_err(|error| work(&error))?;
    let rows = rows(&parameters, &blood).map_err(|error| work(&error))?;
    let seen = |kind| incidence(kind, arguments.procedures, &parameters, &blood).map_err(|error| work(&error));
    let seen = [(Kind::Standard, seen(Kind::Standard)?), (Kind::LargeVolume, seen(Kind::LargeVolume)?)];
    match &arguments.doc {
        Some(path) => {
            files::write(path, &markdown(&rows, &seen))?;
            println!("{}", path.display());
        }
        None => print!("{}\n{}\n{NOT_A_DEVICE}\n", table(&HEADER, &cells(&rows)), reactions(&seen)),
    }
    Ok(ExitCode::SUCCESS)
}

const HEADER: [&str; 9] = ["Row", "What", "Unit", "Published", "Spread", "Simulated", "Band", "Basis", "Assumed input"];

fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    rows.iter()
        .map(|row| {
            let inside = match row.inside() {
                Some(true) => ", inside",
                Some(false) => ", outside",
                None => "",
            };
            vec![
                row.id.to_owned(),
                row.what.to_owned(),
                row.unit.to_owned(),
                row.published.map_or_else(String::new, |value| format!("{value}")),
                row.spread.map_or_else(String::new, spread),
                format!("{:.2}", row.simulated),
                format!("{}{inside}", row.band().name()),
                row.basis().to_owned(),
                row.assumed.to_owned(),
            ]
        })
        .collect()
}

fn spread((low, high): (f64, f64)) -> String {
    if high.is_finite() { format!("{low:.2} to {high:.2}") } else { format!("above {low}") }
}

fn reactions(seen: &[(Kind, Incidence)]) -> String {
    let header =
        ["Reactions, % of procedures", "citrate", "cramps or worse", "vasovagal", "hypotension", "unconscious"];
    let rows: Vec<_> = seen
        .iter()
        .map(|(kind, seen)| {
            let name = match kind {
                Kind::Standard => "2.5 h at 1.1 mg/kg/min",
                Kind::LargeVolume => "4 h at 1.5 mg/kg/min, no calcium",
            };
            let parts = [seen.citrate, seen.citrate_moderate, seen.vasovagal, seen.hypotension, seen.unconscious];
            let mut row = vec![format!("{name} ({})", seen.procedures)];
            row.extend(parts.map(|part| format!("{:.2}", part.pct())));
            row
        })
        .collect();
    table(&header, &rows)
}

fn markdown(rows: &[Row], seen: &[(Kind, Incidence)]) -> String {
    let mut text = String::from("# Validation of the donor\n\n");
    let _ = writeln!(
        text,
        "{NOT_A_DEVICE}\n\nMade by `leuka validate donor --doc FILE`. Green: within 10 % of the published value; amber: within 30 %; red: beyond. Row ids are those of the table of published results. Fitted: parameters were set with the row in sight. Assumed: the row does not state an input, which was chosen with its result known. Predicted: neither.\n"
    );
    let _ = writeln!(text, "| {} |\n|{}", HEADER.join(" | "), "---|".repeat(HEADER.len()));
    for row in cells(rows) {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    let _ = writeln!(text, "\n```\n{}```", reactions(seen));
    text
}
