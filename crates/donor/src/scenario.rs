//! Simple procedures without a machine: what verification, validation and tests do with a donor.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{Component, Mixture, Population};

use crate::Donor;

/// Molar mass of the citrate ion, mg/mmol.
pub const CITRATE_MG_PER_MMOL: f64 = 189.1;

/// A continuous collection with given efficiencies: each is the part of the cells drawn that is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Collection {
    /// Blood drawn, mL/min.
    pub blood_ml_min: f64,
    /// One millilitre of the anticoagulant.
    pub anticoagulant: Mixture,
    /// Blood per anticoagulant.
    pub anticoagulant_ratio: f64,
    /// Product, mL/min.
    pub collect_ml_min: f64,
    /// Haematocrit of the product, fraction.
    pub product_hematocrit: f64,
    /// Efficiency for mononuclear cells.
    pub mononuclear: f64,
    /// Efficiency for granulocytes.
    pub granulocyte: f64,
    /// Efficiency for platelets.
    pub platelet: f64,
}

/// What went in and out of a donor.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Exchanged {
    /// Drawn from the vein.
    pub drawn: Mixture,
    /// Given back.
    pub received: Mixture,
    /// Kept.
    pub product: Mixture,
}

impl Collection {
    /// 60.9 mL/min of blood with ACD-A one to twelve (66 mL/min inlet), 3 mL/min collected at a haematocrit of 4 %,
    /// mononuclear cells at 0.6: row B3 of the published results.
    #[must_use]
    pub const fn usual(acd_a: Mixture) -> Self {
        Self {
            blood_ml_min: 60.9,
            anticoagulant: acd_a,
            anticoagulant_ratio: 12.0,
            collect_ml_min: 3.0,
            product_hematocrit: 0.04,
            mononuclear: 0.6,
            granulocyte: 0.1,
            platelet: 0.25,
        }
    }

    /// What becomes of drawn blood. Twice the blood gives twice of everything, so this holds for rates as well.
    #[must_use]
    pub fn separate(&self, drawn: &Mixture) -> Exchanged {
        let blood_ml = drawn.volume_ml();
        let mixed = *drawn + self.anticoagulant * (blood_ml / self.anticoagulant_ratio);
        let collect_ml = blood_ml * self.collect_ml_min / self.blood_ml_min;
        let liquid_ml = mixed.liquid_ml();
        let part = if liquid_ml > 0.0 { (1.0 - self.product_hematocrit) * collect_ml / liquid_ml } else { 0.0 };
        let mut product = mixed * part;
        for (populations, kept) in
            [(&Population::WHITE[..], self.mononuclear), (&Population::GRANULOCYTES[..], self.granulocyte)]
        {
            for &population in populations {
                product.set(population.into(), mixed.cell_ml(population) * kept);
            }
        }
        product.set(Component::Platelet, mixed.get(Component::Platelet) * self.platelet);
        product.set(Component::Erythrocyte, self.product_hematocrit * collect_ml);
        Exchanged { drawn: *drawn, received: mixed - product, product }
    }

    /// Collects for `minutes` in beats of `beat_s`; `watch` sees the donor after each beat with the minutes done.
    pub fn run(&self, donor: &mut Donor, minutes: f64, beat_s: f64, mut watch: impl FnMut(f64, &Donor)) -> Exchanged {
        let mut sum = Exchanged::default();
        let mut done = 0.0;
        beats(minutes, beat_s, |beat| {
            let exchanged = self.separate(&donor.draw(self.blood_ml_min * beat));
            donor.receive(&exchanged.received);
            donor.advance(TimeSpan::from_minutes(beat));
            done += beat;
            sum.drawn += exchanged.drawn;
            sum.received += exchanged.received;
            sum.product += exchanged.product;
            watch(done, donor);
        });
        sum
    }
}

/// Calls `beat` with its length in minutes until `minutes` have passed.
pub fn beats(minutes: f64, beat_s: f64, mut beat: impl FnMut(f64)) {
    let count = leuka_blood::math::round(minutes * 60.0 / beat_s);
    let mut done = 0.0;
    while done < count {
        beat(beat_s / 60.0);
        done += 1.0;
    }
}

/// Draws `volume_ml` evenly over `minutes` and gives nothing back.
pub fn bleed(donor: &mut Donor, volume_ml: f64, minutes: f64, beat_s: f64) {
    beats(minutes, beat_s, |beat| {
        donor.draw(volume_ml / minutes * beat);
        donor.advance(TimeSpan::from_minutes(beat));
    });
}

/// An anticoagulant, of which one millilitre is given, into a vein with `mmol_min` of citrate.
pub fn infuse_citrate(donor: &mut Donor, anticoagulant: &Mixture, mmol_min: f64, minutes: f64, beat_s: f64) {
    let per_min = *anticoagulant * (mmol_min / anticoagulant.get(Component::Citrate));
    beats(minutes, beat_s, |beat| {
        donor.receive(&(per_min * beat));
        donor.advance(TimeSpan::from_minutes(beat));
    });
}
