//! Donors and simple procedures that the behaviour tests share.

use leuka_blood::Sex;
use leuka_blood::quantity::{CellConcentration, Length, Mass, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Mixture, Population};
pub(crate) use leuka_donor::scenario::{CITRATE_MG_PER_MMOL, Collection, Exchanged, beats};
use leuka_donor::{Description, Donor, Parameters};

/// Beat of most tests, s.
pub(crate) const BEAT_S: f64 = 0.1;

/// The man of 75 kg that the published rows are held against.
pub(crate) fn man() -> Description {
    typical(Sex::Male, 35.0, 178.0, 75.0, 5250.0)
}

/// The man after mobilisation with G-CSF: 60 CD34 positive cells per microlitre.
pub(crate) fn mobilised_man() -> Description {
    let mut description = man();
    description.cells[Population::Cd34] = CellConcentration::from_per_ul(60.0);
    description.cells[Population::Neutrophil] = CellConcentration::from_per_ul(35e3);
    description.cells[Population::Monocyte] = CellConcentration::from_per_ul(2e3);
    description
}

/// A child of two years and 12 kg.
pub(crate) fn child() -> Description {
    typical(Sex::Male, 2.0, 87.0, 12.0, 900.0)
}

pub(crate) fn typical(sex: Sex, age_years: f64, height_cm: f64, weight_kg: f64, blood_ml: f64) -> Description {
    Description::typical(
        sex,
        age_years,
        Length::from_cm(height_cm),
        Mass::from_kg(weight_kg),
        Volume::from_ml(blood_ml),
        &Parameters::embedded().unwrap(),
    )
}

pub(crate) fn donor(description: &Description) -> Donor {
    let blood = leuka_blood::Parameters::embedded().unwrap();
    Donor::new(description, &Parameters::embedded().unwrap(), &blood, Seed::run(7)).unwrap()
}

/// A donor who never faints, whatever is drawn.
pub(crate) fn steadfast(description: &Description) -> Donor {
    let blood = leuka_blood::Parameters::embedded().unwrap();
    Donor::new(description, &Parameters::embedded().unwrap().without_fainting(), &blood, Seed::run(7)).unwrap()
}

pub(crate) fn rest(donor: &mut Donor, minutes: f64) {
    donor.advance(TimeSpan::from_minutes(minutes));
}

/// Draws `volume_ml` evenly over `minutes` and gives nothing back.
pub(crate) fn bleed(donor: &mut Donor, volume_ml: f64, minutes: f64) {
    leuka_donor::scenario::bleed(donor, volume_ml, minutes, BEAT_S);
}

/// ACD-A with `mg_kg_min` of citrate into a vein.
pub(crate) fn infuse_citrate(donor: &mut Donor, weight_kg: f64, mg_kg_min: f64, minutes: f64) {
    let mmol_min = mg_kg_min * weight_kg / CITRATE_MG_PER_MMOL;
    leuka_donor::scenario::infuse_citrate(donor, &acd_a(1.0), mmol_min, minutes, BEAT_S);
}

pub(crate) fn acd_a(volume_ml: f64) -> Mixture {
    leuka_blood::Parameters::embedded().unwrap().fluids.anticoagulant(Anticoagulant::AcdA, volume_ml)
}

/// The collection of row B3.
pub(crate) fn usual_collection() -> Collection {
    Collection::usual(acd_a(1.0))
}
