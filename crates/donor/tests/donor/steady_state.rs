//! Without input nothing happens.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{Component, Population};
use leuka_donor::Donor;

use crate::common::*;

/// Everything that a monitor or a laboratory reports, as plain numbers.
pub(crate) fn readings(donor: &Donor) -> Vec<f64> {
    let (vitals, blood) = (donor.vitals(), donor.blood());
    let mut readings = vec![
        vitals.heart_rate.per_min(),
        vitals.systolic.mmhg(),
        vitals.diastolic.mmhg(),
        vitals.mean.mmhg(),
        vitals.central_venous.mmhg(),
        vitals.stroke_volume.ml(),
        vitals.spo2.fraction(),
        blood.hematocrit.fraction(),
        blood.hemoglobin.g_l(),
        blood.ionised_calcium.mmol_l(),
        blood.ionised_magnesium.mmol_l(),
        blood.total_calcium.mmol_l(),
        blood.total_magnesium.mmol_l(),
        blood.citrate.mmol_l(),
        blood.bicarbonate.mmol_l(),
        blood.ph,
        blood.protein.g_l(),
    ];
    readings.extend(Population::ALL.map(|population| blood.cells[population].per_ul()));
    readings.extend(Component::ALL.map(|component| donor.contents().get(component)));
    readings
}

pub(crate) fn largest_relative_difference(one: &[f64], other: &[f64]) -> f64 {
    let relative = |(a, b): (&f64, &f64)| if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) };
    one.iter().zip(other).map(relative).fold(0.0, f64::max)
}

#[test]
fn rest_holds_for_a_day() {
    for description in [man(), mobilised_man(), child()] {
        let mut donor = donor(&description);
        let before = readings(&donor);
        rest(&mut donor, 24.0 * 60.0);
        let drift = largest_relative_difference(&before, &readings(&donor));
        assert!(drift < 1e-6, "drift of {drift:e} in a day");
    }
}

#[test]
fn the_donor_rests_at_the_values_of_the_description() {
    let description = man();
    let donor = donor(&description);
    let (vitals, blood) = (donor.vitals(), donor.blood());
    let close = |ours: f64, given: f64| assert!((ours / given - 1.0).abs() < 1e-9, "{ours} instead of {given}");
    close(vitals.heart_rate.per_min(), description.heart_rate.per_min());
    close(vitals.systolic.mmhg(), description.systolic.mmhg());
    close(vitals.diastolic.mmhg(), description.diastolic.mmhg());
    close(blood.hematocrit.fraction(), description.hematocrit.fraction());
    close(blood.hemoglobin.g_l(), description.hemoglobin.g_l());
    close(blood.ionised_calcium.mmol_l(), description.ionised_calcium.mmol_l());
    close(donor.circulating().fluid_ml(), description.total_blood_volume.ml());
    for population in Population::ALL.into_iter().skip(1) {
        let (ours, given) = (blood.cells[population].per_ul(), description.cells[population].per_ul());
        assert!((ours - given).abs() <= 1e-9 * given, "{}: {ours} instead of {given}", population.name());
    }
    // Haematocrit 44 % in cells of 90 fL are 4.9 million per microlitre.
    assert!((blood.cells[Population::Erythrocyte].per_ul() / 0.44e-3 * 90e-12 - 1.0).abs() < 1e-3);
}

#[test]
fn time_that_is_no_time_changes_nothing() {
    let mut donor = donor(&man());
    let before = readings(&donor);
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        donor.advance(TimeSpan::from_seconds(seconds));
    }
    assert_eq!(before, readings(&donor));
}

#[test]
fn halving_the_beat_changes_no_reading_by_more_than_one_in_ten_thousand() {
    let run = |beat_s: f64| {
        let mut donor = steadfast(&mobilised_man());
        usual_collection().run(&mut donor, 60.0, beat_s, |_, _| {});
        readings(&donor)
    };
    let runs = [1.0, 0.5, 0.2, 0.1, 0.05].map(run);
    for (long, short) in runs.iter().zip(&runs[1..]) {
        let difference = largest_relative_difference(long, short);
        assert!(difference < 1e-4, "{difference:e}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let run = || {
        let mut donor = donor(&mobilised_man());
        usual_collection().run(&mut donor, 20.0, 0.05, |_, _| {});
        readings(&donor).iter().map(|reading| reading.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
