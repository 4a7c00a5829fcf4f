//! What an operator does has its effect in the body.

use leuka_blood::quantity::{Amount, Fraction, Temperature, TimeSpan, Volume};
use leuka_blood::{Component, Mixture};
use leuka_donor::{Cause, Donor, Treatment};

use crate::common::*;

/// The man after an hour at 1.6 mg/kg/min, and what is then done for half an hour.
fn after(minutes: f64, act: impl FnOnce(&mut Donor)) -> Donor {
    let mut donor = steadfast(&man());
    infuse_citrate(&mut donor, 75.0, 1.6, minutes);
    act(&mut donor);
    donor
}

fn calcium(donor: &Donor) -> f64 {
    donor.blood().ionised_calcium.mmol_l()
}

#[test]
fn a_lower_rate_and_a_pause_bring_calcium_back_and_the_pause_more() {
    let go_on = calcium(&after(90.0, |_| {}));
    let lower = calcium(&after(60.0, |donor| infuse_citrate(donor, 75.0, 0.8, 30.0)));
    let pause = calcium(&after(60.0, |donor| rest(donor, 30.0)));
    assert!(lower > go_on + 0.08, "{lower} against {go_on}");
    assert!(pause > lower + 0.05, "{pause} against {lower}");
}

#[test]
fn calcium_by_vein_works_at_once_and_by_mouth_less_and_later() {
    let treated = |treatment, minutes| {
        calcium(&after(60.0, |donor| {
            donor.treat(treatment);
            infuse_citrate(donor, 75.0, 1.6, minutes);
        }))
    };
    let nothing = Treatment::CalciumInfusion(Amount::ZERO);
    let vein = Treatment::IntravenousCalcium(Amount::from_mmol(2.25));
    let mouth = Treatment::OralCalcium(Amount::from_mmol(25.0));
    let gain = |treatment, minutes| treated(treatment, minutes) - treated(nothing, minutes);
    assert!(gain(vein, 5.0) > 0.1 && gain(mouth, 5.0) < 0.05, "{} {}", gain(vein, 5.0), gain(mouth, 5.0));
    assert!(
        gain(mouth, 40.0) > 0.03 && gain(mouth, 40.0) < 0.12 && gain(mouth, 40.0) > 1.5 * gain(mouth, 5.0),
        "{}",
        gain(mouth, 40.0)
    );
}

#[test]
fn a_calcium_infusion_lowers_the_chance_of_symptoms_as_long_as_it_runs() {
    let mut with = steadfast(&man());
    with.treat(Treatment::CalciumInfusion(Amount::from_mmol(3.0)));
    infuse_citrate(&mut with, 75.0, 1.6, 90.0);
    let without = after(90.0, |_| {});
    let probability = |donor: &Donor| donor.symptoms().citrate_probability.fraction();
    assert!(probability(&with) < 0.75 * probability(&without));
    let given = with.ledger().gained.get(leuka_blood::Component::Calcium);
    assert!(given > 4.5, "3 mmol/h for 90 min and bone: {given}");
}

#[test]
fn a_dose_that_is_no_dose_is_not_given() {
    let mut donor = steadfast(&man());
    for dose in [-1.0, f64::NAN, f64::INFINITY] {
        donor.treat(Treatment::GCsf(dose));
        donor.treat(Treatment::Plerixafor(dose));
        donor.treat(Treatment::OralCalcium(Amount::from_mmol(dose)));
        donor.treat(Treatment::Saline(Volume::from_ml(dose)));
        donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(dose)));
        donor.treat(Treatment::IntravenousCalcium(Amount::from_mmol(dose)));
    }
    rest(&mut donor, 600.0);
    let blood = donor.blood();
    assert!((blood.ionised_calcium.mmol_l() - 1.25).abs() < 1e-6, "{blood:?}");
    assert!((blood.cells[leuka_blood::Population::Cd34].per_ul() - 3.0).abs() < 1e-6, "{blood:?}");
}

#[test]
fn saline_raises_the_pressure_after_a_loss_and_too_much_of_it_is_seen() {
    let after_20_min = |saline_ml: f64| {
        let mut donor = steadfast(&man());
        bleed(&mut donor, 800.0, 15.0);
        donor.treat(Treatment::Saline(Volume::from_ml(saline_ml)));
        rest(&mut donor, 10.0);
        let half_ml = donor.ledger().gained.get(Component::Saline);
        assert!((half_ml - 0.5 * saline_ml).abs() < 1.0, "a bag takes its time: {half_ml} mL");
        rest(&mut donor, 10.0);
        assert!((donor.ledger().gained.get(Component::Saline) - saline_ml).abs() < 1.0, "and is then empty");
        donor
    };
    let (without, with) = (after_20_min(0.0), after_20_min(500.0));
    let gain = (with.vitals().mean - without.vitals().mean).mmhg();
    assert!((0.5..4.0).contains(&gain), "{gain}");
    assert!(with.blood().hematocrit < without.blood().hematocrit);
    let mut full = steadfast(&man());
    let venous = full.vitals().central_venous.mmhg();
    beats(20.0, BEAT_S, |beat| {
        full.receive(&Mixture::saline(150.0 * beat));
        full.advance(TimeSpan::from_minutes(beat));
    });
    assert!(full.vitals().central_venous.mmhg() > venous + 2.0);
}

#[test]
fn cold_blood_cools_and_is_felt_and_warm_blood_does_not() {
    let after_two_hours = |celsius: f64| {
        let mut donor = steadfast(&man());
        beats(120.0, 1.0, |beat| {
            let drawn = donor.draw(70.0 * beat);
            donor.receive_at(&drawn, Temperature::from_celsius(celsius));
            donor.advance(TimeSpan::from_minutes(beat));
        });
        donor
    };
    let (cold, warm) = (after_two_hours(23.0), after_two_hours(36.0));
    assert!(cold.symptoms().cold && !warm.symptoms().cold);
    let fall = 36.8 - cold.vitals().temperature.celsius();
    assert!((0.5..0.9).contains(&fall), "{fall}");
}

#[test]
fn a_full_faint_takes_consciousness_and_the_finger_s_pulse_but_not_the_saturation() {
    let mut donor = steadfast(&man());
    let before = donor.vitals();
    donor.cause(Cause::VasovagalReaction(Fraction::from_fraction(1.0)));
    bleed(&mut donor, 90.0, 1.5);
    let during = donor.vitals();
    assert!(donor.symptoms().unconscious, "{during:?}");
    assert!((during.spo2 - before.spo2).abs().pct() < 0.1);
    let mut mild = steadfast(&man());
    mild.cause(Cause::VasovagalReaction(Fraction::from_fraction(0.4)));
    bleed(&mut mild, 90.0, 1.5);
    assert!(!mild.symptoms().unconscious);
}

#[test]
fn breathing_answers_oxygen_sedation_and_alkalosis() {
    use leuka_donor::Desaturation;
    let breaths = |cause: Option<Desaturation>| {
        let mut donor = steadfast(&man());
        if let Some(cause) = cause {
            donor.cause(Cause::Desaturation(cause, Fraction::from_fraction(1.0)));
        }
        rest(&mut donor, 10.0);
        donor.vitals().respiration.per_min()
    };
    let usual = breaths(None);
    assert!(breaths(Some(Desaturation::AirEmbolism)) > 1.3 * usual);
    assert!(breaths(Some(Desaturation::Sedation)) < 0.8 * usual);
    let alkalotic = after(90.0, |_| {}).vitals().respiration.per_min();
    assert!(alkalotic < usual && alkalotic > 0.9 * usual);
}
