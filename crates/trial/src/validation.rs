//! Published rows that a study is held against: a data file of rows, and the number that a study's summary has for each.
//!
//! ```toml
//! schema = "leuka.validation/1"
//!
//! [[row]]
//! id = "A1.5"
//! what = "CD34+ CE2, collect 1 mL/min"
//! unit = "%"
//! published = 53
//! source = "Transfusion 2023;63:1926"
//! study = "a1-5-collect-flow"
//! arm = "1 mL/min"
//! outcome = "cd34_ce2_pct"
//! statistic = "median"
//! ```

use leuka_procedure::file::{Field, NamedText, Preset, Problems};

use crate::file::{Checker, Values, choice, number, text};
use crate::measure;
use crate::summary::Summary;

const FIELDS: &[Field] = &[choice("schema", &["leuka.validation/1"], Preset::Required, "Version of this file's form")];

const ROW: &[Field] = &[
    text("id", Preset::Required, "Id in the table of published results"),
    text("what", Preset::Required, "What was measured, in whom"),
    text("unit", Preset::Required, "Unit of the values"),
    number("published", "", -1e12, 1e12, Preset::Required, "The published value"),
    number("low", "", -1e12, 1e12, Preset::Optional("no spread was published"), "Lower end of the published spread"),
    number("high", "", -1e12, 1e12, Preset::Optional("no spread was published"), "Upper end of the published spread"),
    text("source", Preset::Required, "The publication"),
    choice(
        "basis",
        &["predicted", "assumed", "fitted"],
        Preset::Required,
        "What agreement is worth: fitted with the row in sight, an input assumed with its result known, or neither",
    ),
    text("assumed", Preset::Text(""), "The input that was assumed"),
    text("study", Preset::Required, "The study that reproduces it"),
    text("arm", Preset::Optional("the arm of reference"), "The arm of the study"),
    text("outcome", Preset::Required, "The outcome of the study"),
    choice(
        "statistic",
        &["median", "mean", "difference", "rate", "share-at-least", "correlation"],
        Preset::Required,
        "Which number of the outcome: difference is the median of the paired ones, rate and share in %",
    ),
    number("at", "", -1e12, 1e12, Preset::Optional("the statistic needs none"), "The value that a share reaches"),
];

const LEFT_OUT: &[Field] = &[
    text("id", Preset::Required, "Id in the table of published results"),
    text("reason", Preset::Required, "Why no study is held against it"),
];

/// A published row and how a study answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedRow {
    /// Id in the table of published results.
    pub id: String,
    /// What was measured.
    pub what: String,
    /// Unit.
    pub unit: String,
    /// The published value.
    pub published: f64,
    /// The published spread.
    pub spread: Option<(f64, f64)>,
    /// The publication.
    pub source: String,
    /// `predicted`, `assumed` or `fitted`.
    pub basis: String,
    /// The input that was assumed; empty for none.
    pub assumed: String,
    /// The study that reproduces it.
    pub study: String,
    /// The outcome of the study.
    pub outcome: String,
    /// The arm of the study; that of reference where it is left out.
    pub arm: Option<String>,
    statistic: Statistic,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Statistic {
    Median,
    Mean,
    Difference,
    Rate,
    ShareAtLeast(f64),
    Correlation,
}

/// What a study makes of a row, with the 95 % interval that comes from its number of donors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The number.
    pub simulated: f64,
    /// Its interval.
    pub interval: (f64, f64),
}

/// The rows of a file, and what it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Rows that studies answer.
    pub rows: Vec<PublishedRow>,
    /// Ids without a study, and why.
    pub left_out: Vec<(String, String)>,
}

impl Published {
    /// Reads and checks a file of rows.
    ///
    /// # Errors
    /// Every problem, with line and field.
    pub fn read(file: &NamedText) -> Result<Self, Problems> {
        let (mut checker, table) = Checker::open(file, "validation")?;
        let table = table.get_ref();
        checker.table("", table, FIELDS, &["row", "left_out"]);
        let mut rows = Vec::new();
        for (offset, inner) in checker.list(table, "row") {
            let values = checker.table("row", inner, ROW, &[]);
            match row(&values) {
                Some(row) if measure::find(&row.outcome).is_some() => rows.push(row),
                Some(row) => checker.found(Some(offset), "row.outcome", format!("`{}` is no outcome", row.outcome)),
                None => checker.found(Some(offset), "row", "is not whole: give every field, and `at` to a share"),
            }
        }
        let mut left_out = Vec::new();
        for (_, inner) in checker.list(table, "left_out") {
            let values = checker.table("left_out", inner, LEFT_OUT, &[]);
            left_out.extend(values.text("id").zip(values.text("reason")));
        }
        checker.finish(Some(Self { rows, left_out }))
    }
}

fn row(values: &Values) -> Option<PublishedRow> {
    Some(PublishedRow {
        id: values.text("id")?,
        what: values.text("what")?,
        unit: values.text("unit")?,
        published: values.number("published")?,
        spread: values.number("low").zip(values.number("high")),
        source: values.text("source")?,
        basis: values.text("basis")?,
        assumed: values.text("assumed")?,
        study: values.text("study")?,
        outcome: values.text("outcome")?,
        arm: values.text("arm"),
        statistic: match values.text("statistic")?.as_str() {
            "mean" => Statistic::Mean,
            "difference" => Statistic::Difference,
            "rate" => Statistic::Rate,
            "correlation" => Statistic::Correlation,
            "share-at-least" => Statistic::ShareAtLeast(values.number("at")?),
            _ => Statistic::Median,
        },
    })
}

impl PublishedRow {
    /// The number that a study's summary has for this row; `None` when it has none, such as when no run ended.
    #[must_use]
    pub fn answer(&self, summary: &Summary) -> Option<Answer> {
        let outcome = summary.outcome(&self.outcome)?;
        let arm = match &self.arm {
            Some(name) => summary.arms.iter().position(|known| known == name)?,
            None => summary.reference,
        };
        let answer = |simulated, interval| Some(Answer { simulated, interval });
        match self.statistic {
            Statistic::Median => {
                let spread = outcome.spreads.get(arm)?;
                answer(spread.median, spread.median_interval)
            }
            Statistic::Mean => {
                let spread = outcome.spreads.get(arm)?;
                answer(spread.mean, spread.mean_interval)
            }
            Statistic::Difference => {
                let (_, spread) = outcome.differences.iter().find(|(known, _)| *known == arm)?;
                answer(spread.median, spread.median_interval)
            }
            Statistic::Rate => {
                let rate = outcome.rates.get(arm)?;
                answer(rate.pct(), rate.interval_pct())
            }
            Statistic::ShareAtLeast(at) => {
                let rate = outcome.spreads.get(arm)?.at_least(at);
                answer(rate.pct(), rate.interval_pct())
            }
            Statistic::Correlation => {
                let (r, interval) = summary.correlation(&self.outcome)?;
                answer(r, interval)
            }
        }
        .filter(|answer| answer.simulated.is_finite())
    }
}
