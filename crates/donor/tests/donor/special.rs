//! Children by weight, the obese, the old, liver disease, leukaemia, anaemia: each plausible by itself.

use leuka_blood::quantity::{CellConcentration, Fraction, MassConcentration, TimeSpan};
use leuka_blood::{Component, Mixture, Population, Sex};
use leuka_donor::{Description, Donor};

use crate::common::*;

/// Weight, age, height and blood volume of children from 5 to 20 kg.
const CHILDREN: [(f64, f64, f64, f64); 4] =
    [(5.0, 0.2, 57.0, 420.0), (7.7, 0.5, 66.0, 620.0), (12.0, 2.0, 87.0, 900.0), (20.0, 5.5, 113.0, 1500.0)];
/// What a set holds, mL.
const SET_ML: f64 = 190.0;

fn child_of((kg, age, height_cm, blood_ml): (f64, f64, f64, f64)) -> Description {
    typical(Sex::Male, age, height_cm, kg, blood_ml)
}

/// The donor after the set was filled from the vein while the same volume of `prime`, per mL, was given.
fn primed(description: &Description, prime: &Mixture) -> Donor {
    let mut donor = steadfast(description);
    beats(10.0, 1.0, |beat| {
        donor.draw(0.1 * SET_ML * beat);
        donor.receive(&(*prime * (0.1 * SET_ML * beat)));
        donor.advance(TimeSpan::from_minutes(beat));
    });
    donor
}

fn red_cells(hematocrit: f64) -> Mixture {
    Mixture::of(Component::Erythrocyte, hematocrit) + Mixture::saline(1.0 - hematocrit)
}

fn albumin() -> Mixture {
    Mixture::saline(1.0) + Mixture::of(Component::Protein, 0.05)
}

#[test]
fn the_smaller_the_child_the_larger_the_part_of_its_blood_outside_and_the_deeper_haemoglobin_falls() {
    let falls = CHILDREN.map(|child| {
        let description = child_of(child);
        let donor = primed(&description, &Mixture::saline(1.0));
        let outside = SET_ML / description.total_blood_volume.ml();
        let fall = 1.0 - donor.blood().hemoglobin / description.hemoglobin;
        // What is outside is diluted in the rest; tissue takes up part of the saline.
        assert!(fall < 1.0 - leuka_blood::math::exp(-outside) + 0.01 && fall > 0.3 * outside, "{outside} {fall}");
        fall
    });
    assert!(falls.is_sorted_by(|one, next| one > next), "{falls:?}");
    assert!(falls[0] > 0.2 && falls[3] < 0.12, "{falls:?}");
}

#[test]
fn a_prime_of_red_cells_keeps_a_child_s_haemoglobin_and_albumin_keeps_its_volume() {
    for child in CHILDREN {
        let description = child_of(child);
        let hemoglobin = |donor: &Donor| donor.blood().hemoglobin / description.hemoglobin;
        let volume = |donor: &Donor| donor.circulating().fluid_ml() / description.total_blood_volume.ml();
        let saline = primed(&description, &Mixture::saline(1.0));
        let cells = primed(&description, &red_cells(description.hematocrit.fraction()));
        let albumin = primed(&description, &albumin());
        assert!((hemoglobin(&cells) - 1.0).abs() < 0.1, "{child:?}: {}", hemoglobin(&cells));
        assert!(hemoglobin(&saline) < hemoglobin(&cells) - 0.04);
        assert!(volume(&albumin) > volume(&saline) + 0.005, "{child:?}");
        assert!(hemoglobin(&albumin) < hemoglobin(&saline) + 1e-9, "albumin stays and dilutes");
    }
}

#[test]
fn every_child_s_heart_beats_for_its_size() {
    let mut last = (f64::INFINITY, 0.0);
    for child in CHILDREN {
        let vitals = donor(&child_of(child)).vitals();
        let output_ml_kg = vitals.heart_rate.per_min() * vitals.stroke_volume.ml() / child.0;
        let (rate, systolic) = (vitals.heart_rate.per_min(), vitals.systolic.mmhg());
        assert!((85.0..150.0).contains(&rate) && rate < last.0, "{child:?}: {rate}");
        assert!((88.0..110.0).contains(&systolic) && systolic > last.1, "{child:?}: {systolic}");
        assert!((90.0..200.0).contains(&output_ml_kg), "{child:?}: {output_ml_kg}");
        last = (rate, systolic);
    }
}

#[test]
fn an_obese_donor_falls_further_at_the_same_citrate_per_kilogram() {
    let calcium = |description: &Description| {
        let mut donor = steadfast(description);
        infuse_citrate(&mut donor, description.weight.kg(), 1.2, 90.0);
        donor.blood().ionised_calcium.mmol_l()
    };
    let obese = typical(Sex::Male, 45.0, 175.0, 160.0, 7300.0);
    let lean = typical(Sex::Male, 45.0, 175.0, 72.0, 5000.0);
    assert!(calcium(&obese) < calcium(&lean) - 0.02 && calcium(&obese) > 0.75);
}

#[test]
fn the_old_lose_more_pressure_with_the_same_blood_and_answer_with_fewer_beats() {
    let change = |age| {
        let mut description = man();
        description.age_years = age;
        let mut donor = steadfast(&description);
        let before = donor.vitals();
        bleed(&mut donor, 700.0, 15.0);
        let after = donor.vitals();
        ((after.mean - before.mean).mmhg(), (after.heart_rate - before.heart_rate).per_min())
    };
    let (young, old) = (change(25.0), change(80.0));
    assert!(old.0 < young.0 - 0.3 && old.1 < young.1, "{young:?} {old:?}");
}

#[test]
fn cirrhosis_doubles_citrate_in_a_long_run_and_calcium_falls_further() {
    let run = |liver: f64| {
        let mut description = man();
        description.liver_factor = Fraction::from_fraction(liver);
        description.albumin = MassConcentration::from_g_l(if liver < 1.0 { 28.0 } else { 43.0 });
        let mut donor = steadfast(&description);
        infuse_citrate(&mut donor, 75.0, 1.2, 180.0);
        donor.blood()
    };
    let (healthy, cirrhosis) = (run(1.0), run(0.5));
    assert!(cirrhosis.citrate > healthy.citrate * 1.6 && cirrhosis.citrate < healthy.citrate * 3.5);
    assert!(cirrhosis.ionised_calcium.mmol_l() < healthy.ionised_calcium.mmol_l() - 0.1);
    assert!(cirrhosis.bicarbonate < healthy.bicarbonate, "less citrate is burnt, less base is left");
}

#[test]
fn leukapheresis_of_leukaemia_lowers_blasts_by_a_third_to_two_thirds_and_they_come_back() {
    let mut description = typical(Sex::Female, 50.0, 165.0, 65.0, 4100.0);
    description.cells[Population::Blast] = CellConcentration::from_1e9_l(300.0);
    description.hematocrit = Fraction::from_pct(24.0);
    description.hemoglobin = MassConcentration::from_g_l(80.0);
    let mut donor = steadfast(&description);
    let blasts = |donor: &Donor| donor.blood().cells[Population::Blast].count_1e9_l();
    let exchanged = Collection { blood_ml_min: 50.0, mononuclear: 0.7, ..usual_collection() }.run(
        &mut donor,
        160.0,
        1.0,
        |_, _| {},
    );
    let left = blasts(&donor) / 300.0;
    assert!((0.3..0.7).contains(&left), "{left}");
    // 300e9/L of 350 fL fill a tenth of the blood: the product is thick with them.
    assert!(exchanged.product.get(Component::Blast) > 100.0, "{}", exchanged.product.get(Component::Blast));
    rest(&mut donor, 24.0 * 60.0);
    assert!(blasts(&donor) / 300.0 > left + 0.05);
    assert!((0.8..1.3).contains(&(donor.blood().hematocrit / description.hematocrit)));
}

#[test]
fn an_anaemic_donor_reaches_the_transfusion_limit_that_another_does_not() {
    let hemoglobin = |pct: f64| {
        let mut description = man();
        description.hematocrit = Fraction::from_pct(pct);
        description.hemoglobin = MassConcentration::from_g_l(pct * 3.33);
        let mut donor = primed(&description, &Mixture::saline(1.0));
        usual_collection().run(&mut donor, 180.0, 1.0, |_, _| {});
        donor.blood().hemoglobin.g_l()
    };
    let (anaemic, usual) = (hemoglobin(24.0), hemoglobin(44.0));
    assert!((65.0..78.0).contains(&anaemic), "{anaemic}");
    assert!(usual > 125.0, "{usual}");
}
