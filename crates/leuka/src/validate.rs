//! `leuka validate`.

mod dossier;
mod held;
mod library;
mod separator;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use leuka_blood::validation::{Band, Row};
use leuka_donor::validation::{Curves, Incidence, Kind, curves, incidence, rows};
use leuka_procedure::Centrifuge;
use leuka_report::{NOT_A_DEVICE, Panel, Picture, Series, table};

use crate::{Failure, files};

/// Holds the models against published results, row by row: published, simulated with its interval, inside or outside the
/// published spread, and whether fitted, assumed or predicted.
///
/// Without a model: every row, whole procedures as studies in cohorts of virtual donors. Green is within 10 %, amber within
/// 30 %, red beyond; the spread is the published one.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One model alone.
    #[arg(value_enum)]
    model: Option<Model>,
    /// Prints every row as JSON (schema leuka.validation/1) and nothing else on standard output.
    #[arg(long, conflicts_with = "model")]
    json: bool,
    /// Writes the dossier: question, context of use, model risk, verification, validation, applicability, limits.
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    html: Option<PathBuf>,
    /// Donors of each study in place of those of its file.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(4..=100_000), conflicts_with = "model")]
    donors: Option<u64>,
    /// Writes the table as Markdown in place of printing it.
    #[arg(long, value_name = "FILE", requires = "model")]
    doc: Option<PathBuf>,
    /// Draws what the rows are taken from over time: MODEL-citrate.svg and others.
    #[arg(long, value_name = "DIR", requires = "model")]
    pictures: Option<PathBuf>,
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
    match arguments.model {
        None => return dossier::run(arguments),
        Some(Model::Separator) => return separator::run(arguments),
        Some(Model::Donor) => {}
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
        None => {
            let (rows, counts) = (table(&HEADER, &cells(&rows)), table(&COUNTED, &counts(&rows)));
            print!("{rows}\n{counts}\n{}\n{NOT_A_DEVICE}\n", reactions(&seen));
        }
    }
    if let Some(folder) = &arguments.pictures {
        for curves in curves(&parameters, &blood).map_err(|error| work(&error))? {
            let path = folder.join(format!("donor-{}.svg", curves.name));
            files::write(&path, &picture(&curves).svg())?;
            println!("{}", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn picture(curves: &Curves) -> Picture {
    let panel = |panel: &leuka_donor::validation::Panel| Panel {
        label: panel.label.to_owned(),
        series: panel
            .curves
            .iter()
            .map(|(label, points)| Series { label: (*label).to_owned(), points: points.clone() })
            .collect(),
        limits: Vec::new(),
    };
    Picture {
        title: curves.title.to_owned(),
        x_label: curves.x_label.to_owned(),
        panels: curves.panels.iter().map(panel).collect(),
        stages: Vec::new(),
    }
}

const HEADER: [&str; 10] =
    ["Row", "What", "Unit", "Published", "Spread", "Simulated", "Difference", "Band", "Basis", "Assumed input"];

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
                row.difference().map_or_else(String::new, |difference| format!("{difference:+.2}")),
                format!("{}{inside}", row.band().name()),
                row.basis().to_owned(),
                row.assumed.to_owned(),
            ]
        })
        .collect()
}

const COUNTED: [&str; 4] = ["Rows", "green", "amber", "red"];

/// How many rows of each basis are in each band.
fn counts(rows: &[Row]) -> Vec<Vec<String>> {
    let count = |basis: &str, band: Band| rows.iter().filter(|row| row.basis() == basis && row.band() == band).count();
    ["predicted", "assumed", "fitted"]
        .map(|basis| {
            let counts = [Band::Green, Band::Amber, Band::Red].map(|band| count(basis, band).to_string());
            [&[basis.to_owned()], &counts[..]].concat()
        })
        .to_vec()
}

fn markdown_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", header.join(" | "), "---|".repeat(header.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
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
    let (counts, rows) = (markdown_table(&COUNTED, &counts(rows)), markdown_table(&HEADER, &cells(rows)));
    let _ = writeln!(text, "{counts}\n{rows}\n```\n{}```", reactions(seen));
    text
}
