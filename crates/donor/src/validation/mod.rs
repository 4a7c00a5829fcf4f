//! How the donor stands against published results: one set of parameters, every row simulated as it was measured.
//!
//! Rows carry the ids of the project's table of published results. A row is fitted when one of the parameters was set
//! with it in sight, whether or not it was met. Where a row does not state an input that the simulation needs (a
//! duration, an efficiency, the volume of a set), the row says what was assumed: such an input was chosen with the
//! published value known, so agreement is weaker evidence than a prediction. All other rows are predictions.

mod circulation;
mod citrate;
mod cells;
mod incidence;

use leuka_blood::quantity::{Length, Mass, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Mixture, Sex};

pub use incidence::{Incidence, Kind, incidence};

use crate::scenario::{CITRATE_MG_PER_MMOL, infuse_citrate};
use crate::{Description, Donor, Error, Parameters};

/// How far a simulated value is from the published one, in the convention of the open physiology engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Within 10 %, or inside a range that was published without a centre.
    Green,
    /// Within 30 %.
    Amber,
    /// Further away.
    Red,
}

impl Band {
    /// The name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// A published value and what the model makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Id in the table of published results, or a short name where the row is not in it.
    pub id: &'static str,
    /// What was measured, in whom.
    pub what: &'static str,
    /// Unit of the values.
    pub unit: &'static str,
    /// The published value; none where only a range was published.
    pub published: Option<f64>,
    /// The published range or spread (mean and one standard deviation each way), where there is one.
    pub spread: Option<(f64, f64)>,
    /// The simulated value.
    pub simulated: f64,
    /// True when parameters were set with this row in sight.
    pub fitted: bool,
    /// An input that the row does not state and that was chosen with its result known; empty for none.
    pub assumed: &'static str,
}

impl Row {
    fn value(id: &'static str, what: &'static str, unit: &'static str, published: f64, simulated: f64) -> Self {
        Self { id, what, unit, published: Some(published), spread: None, simulated, fitted: false, assumed: "" }
    }

    fn range(id: &'static str, what: &'static str, unit: &'static str, range: (f64, f64), simulated: f64) -> Self {
        Self { id, what, unit, published: None, spread: Some(range), simulated, fitted: false, assumed: "" }
    }

    fn with_sd(mut self, sd: f64) -> Self {
        self.spread = self.published.map(|mean| (mean - sd, mean + sd));
        self
    }

    fn fitted(mut self) -> Self {
        self.fitted = true;
        self
    }

    fn assuming(mut self, input: &'static str) -> Self {
        self.assumed = input;
        self
    }

    /// What the agreement is worth: `fitted`, `assumed` or `predicted`.
    #[must_use]
    pub const fn basis(&self) -> &'static str {
        match (self.fitted, self.assumed.is_empty()) {
            (true, _) => "fitted",
            (false, false) => "assumed",
            (false, true) => "predicted",
        }
    }

    /// True when the simulated value is inside the published spread; none where no spread was published.
    #[must_use]
    pub fn inside(&self) -> Option<bool> {
        self.spread.map(|(low, high)| (low..=high).contains(&self.simulated))
    }

    /// How far away the simulated value is.
    #[must_use]
    pub fn band(&self) -> Band {
        let Some(published) = self.published else {
            return if self.inside() == Some(true) { Band::Green } else { Band::Red };
        };
        match (self.simulated / published - 1.0).abs() {
            away if away <= 0.1 => Band::Green,
            away if away <= 0.3 => Band::Amber,
            _ => Band::Red,
        }
    }
}

/// What the rows are simulated with.
#[derive(Debug, Clone, Copy)]
struct Bench<'a> {
    parameters: Parameters,
    blood: &'a leuka_blood::Parameters,
    acd_a: Mixture,
}

/// Beat of the simulated procedures, s.
const BEAT_S: f64 = 1.0;
const MAN_KG: f64 = 75.0;

impl Bench<'_> {
    /// The man of 75 kg that rows are held against where they do not say in whom.
    fn man(&self) -> Description {
        self.person(Sex::Male, 35.0, 178.0, MAN_KG, 5250.0)
    }

    fn person(&self, sex: Sex, age: f64, height_cm: f64, weight_kg: f64, blood_ml: f64) -> Description {
        let (height, weight) = (Length::from_cm(height_cm), Mass::from_kg(weight_kg));
        Description::typical(sex, age, height, weight, Volume::from_ml(blood_ml), &self.parameters)
    }

    fn donor(&self, description: &Description) -> Result<Donor, Error> {
        Donor::new(description, &self.parameters, self.blood, Seed::run(1))
    }

    /// Citrate of ACD-A into the man of 75 kg, mg/kg/min.
    fn infuse(&self, donor: &mut Donor, mg_kg_min: f64, minutes: f64) {
        infuse_citrate(donor, &self.acd_a, mg_kg_min * MAN_KG / CITRATE_MG_PER_MMOL, minutes, BEAT_S);
    }
}

/// All rows.
///
/// # Errors
/// What [`Donor::new`] refuses, with other parameters than the published ones.
pub fn rows(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<Vec<Row>, Error> {
    let acd_a = blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0);
    let bench = Bench { parameters: parameters.without_fainting(), blood, acd_a };
    let mut rows = citrate::rows(&bench)?;
    rows.extend(circulation::rows(&bench)?);
    rows.extend(cells::rows(&bench)?);
    Ok(rows)
}
