//! Donors and simple procedures that the behaviour tests share.

use leuka_blood::Sex;
use leuka_blood::quantity::{CellConcentration, Length, Mass, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Component, Mixture, Population};
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
    let mut file = Parameters::embedded_file().unwrap();
    file.set("vasovagal.hazard", 0.0).unwrap();
    let blood = leuka_blood::Parameters::embedded().unwrap();
    Donor::new(description, &Parameters::from_file(&file).unwrap(), &blood, Seed::run(7)).unwrap()
}

pub(crate) fn rest(donor: &mut Donor, minutes: f64) {
    donor.advance(TimeSpan::from_minutes(minutes));
}

/// Calls `beat` with its length in minutes until `minutes` have passed.
pub(crate) fn beats(minutes: f64, beat_s: f64, mut beat: impl FnMut(f64)) {
    let count = (minutes * 60.0 / beat_s).round();
    let mut done = 0.0;
    while done < count {
        beat(beat_s / 60.0);
        done += 1.0;
    }
}

/// Draws `volume_ml` evenly over `minutes` and gives nothing back.
pub(crate) fn bleed(donor: &mut Donor, volume_ml: f64, minutes: f64) {
    beats(minutes, BEAT_S, |beat| {
        donor.draw(volume_ml / minutes * beat);
        donor.advance(TimeSpan::from_minutes(beat));
    });
}

/// ACD-A with `mg_kg_min` of citrate into a vein.
pub(crate) fn infuse_citrate(donor: &mut Donor, weight_kg: f64, mg_kg_min: f64, minutes: f64) {
    let anticoagulant = acd_a(1.0);
    let ml_min = mg_kg_min * weight_kg / CITRATE_MG_MMOL / anticoagulant.get(Component::Citrate);
    beats(minutes, BEAT_S, |beat| {
        donor.receive(&(anticoagulant * (ml_min * beat)));
        donor.advance(TimeSpan::from_minutes(beat));
    });
}

/// Molar mass of the citrate ion, mg/mmol.
pub(crate) const CITRATE_MG_MMOL: f64 = 189.1;

pub(crate) fn acd_a(volume_ml: f64) -> Mixture {
    leuka_blood::Parameters::embedded().unwrap().fluids.anticoagulant(Anticoagulant::AcdA, volume_ml)
}

/// A continuous collection with given efficiencies.
#[derive(Clone, Copy)]
pub(crate) struct Collection {
    pub(crate) blood_ml_min: f64,
    pub(crate) anticoagulant_ratio: f64,
    pub(crate) collect_ml_min: f64,
    pub(crate) mononuclear: f64,
    pub(crate) granulocyte: f64,
    pub(crate) platelet: f64,
}

/// What went in and out of a donor.
#[derive(Default, Clone, Copy)]
pub(crate) struct Exchanged {
    pub(crate) drawn: Mixture,
    pub(crate) received: Mixture,
    pub(crate) product: Mixture,
}

impl Collection {
    /// 66 mL/min inlet, of which one part in 13 is ACD-A, 3 mL/min collected (row B3).
    pub(crate) fn usual() -> Self {
        Self {
            blood_ml_min: 60.9,
            anticoagulant_ratio: 12.0,
            collect_ml_min: 3.0,
            mononuclear: 0.6,
            granulocyte: 0.1,
            platelet: 0.25,
        }
    }

    /// Runs it for `minutes`; `watch` sees the donor after each beat with the minutes done.
    pub(crate) fn run(
        &self,
        donor: &mut Donor,
        minutes: f64,
        beat_s: f64,
        mut watch: impl FnMut(f64, &Donor),
    ) -> Exchanged {
        let anticoagulant = acd_a(1.0);
        let mut sum = Exchanged::default();
        let mut done = 0.0;
        beats(minutes, beat_s, |beat| {
            let drawn = donor.draw(self.blood_ml_min * beat);
            let mut mixed = drawn + anticoagulant * (self.blood_ml_min * beat / self.anticoagulant_ratio);
            let product = self.product(&mixed, beat);
            mixed -= product;
            donor.receive(&mixed);
            donor.advance(TimeSpan::from_minutes(beat));
            done += beat;
            sum.drawn += drawn;
            sum.received += mixed;
            sum.product += product;
            watch(done, donor);
        });
        sum
    }

    fn product(&self, mixed: &Mixture, beat: f64) -> Mixture {
        let liquid_part = 0.95 * self.collect_ml_min * beat / mixed.liquid_ml();
        let mut product = *mixed * liquid_part;
        for population in Population::WHITE {
            product.set(population.into(), mixed.cell_ml(population) * self.mononuclear);
        }
        for population in Population::GRANULOCYTES {
            product.set(population.into(), mixed.cell_ml(population) * self.granulocyte);
        }
        product.set(Component::Platelet, mixed.get(Component::Platelet) * self.platelet);
        product.set(Component::Erythrocyte, 0.04 * self.collect_ml_min * beat);
        product
    }
}
