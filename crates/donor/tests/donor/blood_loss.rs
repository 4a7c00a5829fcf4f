//! Heart and vessels answer a loss of blood, a faint, and raised legs.

use leuka_blood::quantity::Fraction;
use leuka_donor::{Cause, Donor, Treatment, Vitals};

use crate::common::*;

/// Vital signs at rest and at the end of a loss.
fn loss(volume_ml: f64, minutes: f64) -> (Vitals, Vitals) {
    let mut donor = steadfast(&man());
    let before = donor.vitals();
    bleed(&mut donor, volume_ml, minutes);
    (before, donor.vitals())
}

fn faint(donor: &mut Donor) {
    donor.cause(Cause::VasovagalReaction(Fraction::from_fraction(1.0)));
}

#[test]
fn half_a_litre_is_answered_as_in_blood_donors() {
    // Published: heart rate +2 to +3, systolic -4; a loss of 375 mL lowers stroke volume by 14 %.
    let (before, after) = loss(500.0, 10.0);
    let heart_rate = (after.heart_rate - before.heart_rate).per_min();
    let systolic = (after.systolic - before.systolic).mmhg();
    assert!((2.0..6.0).contains(&heart_rate), "{heart_rate}");
    assert!((-6.0..-2.0).contains(&systolic), "{systolic}");
    let stroke = after.stroke_volume / before.stroke_volume - 1.0;
    assert!((-0.14..-0.05).contains(&stroke), "{stroke}");
}

#[test]
fn a_litre_is_answered_as_published() {
    // Published: heart rate +7 to +8, mean pressure -7 to -9, stroke volume -11 %, central venous pressure -4.5 (fitted).
    let (before, after) = loss(1000.0, 25.0);
    let heart_rate = (after.heart_rate - before.heart_rate).per_min();
    let mean = (after.mean - before.mean).mmhg();
    let stroke = after.stroke_volume / before.stroke_volume - 1.0;
    let venous = (after.central_venous - before.central_venous).mmhg();
    assert!((6.5..8.8).contains(&heart_rate), "{heart_rate}");
    assert!((-9.0..-7.0).contains(&mean), "{mean}");
    assert!((-0.121..-0.099).contains(&stroke), "{stroke}");
    assert!((-4.95..-4.05).contains(&venous), "{venous}");
}

#[test]
fn losing_more_never_raises_the_pressure_and_never_breaks_the_numbers() {
    let mut donor = steadfast(&man());
    let mut last_mmhg = donor.vitals().mean.mmhg();
    for _ in 0..10 {
        bleed(&mut donor, 500.0, 10.0);
        let now = donor.vitals();
        assert!(now.mean.mmhg() < last_mmhg && now.heart_rate.is_finite() && now.systolic.is_finite());
        last_mmhg = now.mean.mmhg();
    }
    assert!(donor.symptoms().hypotension);
}

#[test]
fn in_a_faint_heart_rate_and_pressure_fall_together_and_recover_within_five_minutes_of_the_stop() {
    let mut donor = steadfast(&man());
    let before = donor.vitals();
    faint(&mut donor);
    bleed(&mut donor, 60.0, 1.0);
    let during = donor.vitals();
    assert!(during.heart_rate.per_min() < before.heart_rate.per_min() - 10.0);
    assert!(during.systolic.mmhg() < before.systolic.mmhg() - 20.0);
    assert!(donor.symptoms().vasovagal.fraction() > 0.9 && donor.symptoms().hypotension);
    rest(&mut donor, 5.0);
    let after = donor.vitals();
    assert!((after.heart_rate - before.heart_rate).abs().per_min() < 5.0);
    assert!((after.systolic - before.systolic).abs().mmhg() < 5.0);
}

#[test]
fn raised_legs_end_a_faint_while_drawing_goes_on() {
    let after_two_minutes = |raise: bool| {
        let mut donor = steadfast(&man());
        faint(&mut donor);
        bleed(&mut donor, 60.0, 1.0);
        donor.treat(Treatment::LegsRaised(raise));
        bleed(&mut donor, 120.0, 2.0);
        donor.vitals().systolic.mmhg()
    };
    assert!(after_two_minutes(true) > after_two_minutes(false) + 20.0);
}

#[test]
fn raised_legs_fill_the_heart_after_a_loss() {
    let mut donor = steadfast(&man());
    bleed(&mut donor, 500.0, 10.0);
    let before = donor.vitals();
    donor.treat(Treatment::LegsRaised(true));
    rest(&mut donor, 2.0);
    assert!(donor.vitals().stroke_volume.ml() > before.stroke_volume.ml() + 1.0);
}

#[test]
fn citrate_lowers_pressure_a_little_and_the_heart_answers() {
    let mut donor = steadfast(&man());
    let before = donor.vitals();
    infuse_citrate(&mut donor, 75.0, 1.6, 90.0);
    let after = donor.vitals();
    let systolic = (after.systolic - before.systolic).mmhg();
    assert!((-8.0..-0.5).contains(&systolic), "{systolic}");
    assert!(after.heart_rate.per_min() > before.heart_rate.per_min() + 0.5);
}
