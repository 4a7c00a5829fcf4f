//! How the donor stands against published results: one set of parameters, every row simulated as it was measured.

mod circulation;
mod citrate;
mod cells;
mod curves;
mod incidence;

use leuka_blood::quantity::{Length, Mass, Volume};
use leuka_blood::random::Seed;
use leuka_blood::validation::Row;
use leuka_blood::{Anticoagulant, Mixture, Sex};

pub use curves::{Curves, Panel, curves};
pub use incidence::{Incidence, Kind, incidence};

use crate::scenario::{CITRATE_MG_PER_MMOL, infuse_citrate};
use crate::{Description, Donor, Error, Parameters};

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

impl<'a> Bench<'a> {
    fn new(parameters: &Parameters, blood: &'a leuka_blood::Parameters) -> Self {
        let acd_a = blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0);
        Self { parameters: parameters.without_fainting(), blood, acd_a }
    }

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
    let bench = Bench::new(parameters, blood);
    let mut rows = citrate::rows(&bench)?;
    rows.extend(circulation::rows(&bench)?);
    rows.extend(cells::rows(&bench)?);
    Ok(rows)
}
