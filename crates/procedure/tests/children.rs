//! Children from 5 to 20 kg as files: blood volume by the formula, part of it outside, haemoglobin after a prime.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{Component, Mixture};
use leuka_donor::scenario::beats;
use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{Inputs, Run, Sources};

const CHILD: &str = include_str!("../../../donors/child-12kg.toml");

/// Weight, age and height near the medians, the smallest first.
const CHILDREN: [(f64, f64, f64); 4] = [(5.0, 0.2, 57.0), (7.7, 0.6, 68.0), (12.0, 2.5, 88.0), (20.0, 5.5, 113.0)];

fn run((weight_kg, age_years, height_cm): (f64, f64, f64)) -> Run {
    let set = [("weight_kg", weight_kg), ("age_years", age_years), ("height_cm", height_cm)];
    let overrides =
        set.iter().map(|(field, value)| Override::parse(&format!("donor.{field}={value}")).unwrap()).collect();
    let donor = Some(NamedText { name: "child.toml".into(), text: CHILD.to_owned() });
    Run::new(&Inputs::read(&Sources { donor, overrides, ..Sources::default() }).unwrap()).unwrap()
}

/// Part of the child's blood that is outside when the usual set is full.
fn outside(run: &Run) -> f64 {
    run.machine().extracorporeal_volume().ml() / run.outcome().tbv_ml
}

/// Haemoglobin against the start after the set was filled from the vein while the same volume of `prime` was given.
fn hemoglobin_after(run: &Run, prime: impl Fn(f64) -> Mixture) -> f64 {
    let mut donor = run.machine().donor().clone();
    let (set_ml, before) = (run.machine().extracorporeal_volume().ml(), donor.blood());
    let prime = prime(before.hematocrit.fraction());
    beats(10.0, 1.0, |beat| {
        donor.draw(0.1 * set_ml * beat);
        donor.receive(&(prime * (0.1 * set_ml * beat)));
        donor.advance(TimeSpan::from_minutes(beat));
    });
    donor.blood().hemoglobin / before.hemoglobin
}

#[test]
fn blood_volume_is_65_to_90_ml_per_kg_and_the_body_has_it() {
    for child in CHILDREN {
        let run = run(child);
        let ml_kg = run.outcome().tbv_ml / child.0;
        assert!((65.0..90.0).contains(&ml_kg), "{child:?}: {ml_kg} mL/kg");
        assert!((run.machine().donor().circulating().fluid_ml() / child.0 - ml_kg).abs() < 1e-6);
    }
}

#[test]
fn the_usual_set_holds_a_third_of_the_smallest_and_a_tenth_of_the_largest_child() {
    let parts = CHILDREN.map(|child| outside(&run(child)));
    assert!(parts.is_sorted_by(|one, next| one > next), "{parts:?}");
    assert!(parts[0] > 0.3 && parts[3] < 0.15, "{parts:?}");
    // More than 15 % outside asks for a prime of red cells: all but the largest.
    assert!(parts[..3].iter().all(|&part| part > 0.15), "{parts:?}");
}

#[test]
fn saline_and_albumin_dilute_by_what_is_outside_and_red_cells_do_not() {
    for child in CHILDREN {
        let run = run(child);
        let outside = outside(&run);
        let saline = hemoglobin_after(&run, |_| Mixture::saline(1.0));
        let albumin = hemoglobin_after(&run, |_| Mixture::saline(1.0) + Mixture::of(Component::Protein, 0.05));
        let red =
            hemoglobin_after(&run, |part| Mixture::of(Component::Erythrocyte, part) + Mixture::saline(1.0 - part));
        // Were nothing to leave the vessels, exp(-outside) of the haemoglobin would be left.
        let diluted = leuka_blood::math::exp(-outside);
        assert!((diluted - 0.01..1.0 - 0.3 * outside).contains(&saline), "{child:?}: {saline} {diluted}");
        assert!(albumin <= saline && (red - 1.0).abs() < 0.1, "{child:?}: {saline} {albumin} {red}");
    }
}
