//! Rows of every kind in one form: from the benches of donor and separator, and from studies.

use leuka_blood::random::Seed;
use leuka_blood::validation::{Band, Row};
use leuka_dose::{DoseCell, EfficiencyPrior};
use leuka_procedure::validation::SEPARATION;
use leuka_separator::filter::bench::Bench;
use leuka_trial::memory::Whole;
use leuka_trial::validation::PublishedRow;
use serde_json::{Value, json};

use super::library;
use crate::{Failure, prior};

/// Collections of the fast model that the planners' rows are taken from.
const PLANNED: u64 = 5000;

/// A published row and what is simulated.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) part: &'static str,
    pub(super) id: String,
    pub(super) what: String,
    pub(super) unit: String,
    pub(super) published: Option<f64>,
    pub(super) spread: Option<(f64, f64)>,
    pub(super) simulated: f64,
    /// 95 % interval by the number of virtual donors; none of a bench, which has no chance in it.
    pub(super) interval: Option<(f64, f64)>,
    pub(super) basis: String,
    pub(super) assumed: String,
    /// The publication, of rows of studies.
    pub(super) source: String,
}

impl Held {
    fn of_bench(part: &'static str, row: &Row) -> Self {
        Self {
            part,
            id: row.id.to_owned(),
            what: row.what.to_owned(),
            unit: row.unit.to_owned(),
            published: row.published,
            spread: row.spread,
            simulated: row.simulated,
            interval: None,
            basis: row.basis().to_owned(),
            assumed: row.assumed.to_owned(),
            source: String::new(),
        }
    }

    fn of_study(row: &PublishedRow, whole: &Whole) -> Self {
        let answer = row.answer(&whole.summary);
        Self {
            part: "procedure",
            id: row.id.clone(),
            what: row.what.clone(),
            unit: row.unit.clone(),
            published: Some(row.published),
            spread: row.spread,
            simulated: answer.map_or(f64::NAN, |answer| answer.simulated),
            interval: answer.map(|answer| answer.interval),
            basis: row.basis.clone(),
            assumed: row.assumed.clone(),
            source: row.source.clone(),
        }
    }

    pub(super) fn inside(&self) -> Option<bool> {
        self.spread.map(|(low, high)| (low..=high).contains(&self.simulated))
    }

    pub(super) fn band(&self) -> Band {
        Row { published: self.published, spread: self.spread, ..Row::value("", "", "", 1.0, self.simulated) }.band()
    }

    /// Simulated over published; none where the two have no ratio.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.published.filter(|published| *published != 0.0).map(|published| self.simulated / published)
    }

    /// How far it is off, to put the misses first: the band, then the ratio.
    pub(super) fn miss(&self) -> f64 {
        let band = match self.band() {
            Band::Green => 0.0,
            Band::Amber => 10.0,
            Band::Red => 20.0,
        };
        let ratio = self.ratio().map_or(1.0, |ratio| (ratio - 1.0).abs().min(9.0));
        if ratio.is_nan() { 30.0 } else { band + ratio }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "part": self.part, "id": self.id, "what": self.what, "unit": self.unit,
            "published": self.published,
            "published_low": self.spread.map(|(low, _)| low),
            "published_high": self.spread.map(|(_, high)| if high.is_finite() { Some(high) } else { None }),
            "simulated": self.simulated,
            "low": self.interval.map(|(low, _)| low), "high": self.interval.map(|(_, high)| high),
            "inside": self.inside(), "band": self.band().name(),
            "fitted": self.basis == "fitted", "basis": self.basis, "assumed": self.assumed, "source": self.source,
        })
    }
}

/// The rows of the body alone.
pub(super) fn donor() -> Result<Vec<Held>, Failure> {
    let work = |error: &dyn std::error::Error| Failure::Work(error.to_string());
    let parameters = leuka_donor::Parameters::embedded().map_err(|error| work(&error))?;
    let blood = leuka_blood::Parameters::embedded().map_err(|error| work(&error))?;
    let rows = leuka_donor::validation::rows(&parameters, &blood).map_err(|error| work(&error))?;
    Ok(rows.iter().map(|row| Held::of_bench("donor", row)).collect())
}

/// The rows of the planners, on collections of the fast model.
pub(super) fn planner() -> Result<Vec<Held>, Failure> {
    let prior = EfficiencyPrior::from_file(&prior::embedded()?, DoseCell::Cd34)
        .map_err(|error| Failure::Work(error.to_string()))?;
    let rows = leuka_plan::validation::rows(&prior, PLANNED, Seed { seed: 1, study: 9, subject: 0 });
    Ok(rows.iter().map(|row| Held::of_bench("planner", row)).collect())
}

/// The rows of filters on the bench.
pub(super) fn filters() -> Result<Vec<Held>, Failure> {
    let rows = Bench::embedded().and_then(|bench| bench.rows()).map_err(|error| Failure::Work(error.to_string()))?;
    Ok(rows.iter().map(|row| Held::of_bench("filter", row)).collect())
}

/// The benches of the separator that no study stands for: steady separations, and granulocytes with starch.
pub(super) const BENCHES: [&str; 3] = ["A1.4", "A2.8, A2.9", "F1, F4, F10"];

/// The rows of one bench of the separator.
pub(super) fn separator(name: &str) -> Result<Vec<Held>, Failure> {
    let Some(study) = SEPARATION.iter().find(|study| study.name == name) else { return Ok(Vec::new()) };
    let rows = study.run(None).map_err(|error| Failure::Work(format!("rows {name}: {error}")))?;
    Ok(rows.iter().map(|row| Held::of_bench("separator", row)).collect())
}

/// The names of the studies that rows need, each once.
pub(super) fn studies() -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = Vec::new();
    for row in library::published()?.rows {
        if !names.contains(&row.study) {
            names.push(row.study);
        }
    }
    Ok(names)
}

/// The rows of one study.
pub(super) fn study(name: &str, whole: &Whole) -> Result<Vec<Held>, Failure> {
    let rows = library::published()?.rows;
    Ok(rows.iter().filter(|row| row.study == name).map(|row| Held::of_study(row, whole)).collect())
}
