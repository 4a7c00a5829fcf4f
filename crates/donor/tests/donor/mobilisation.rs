//! Drugs fill the blood with cells, and the days after a collection refill the rest.

use leuka_blood::Population;
use leuka_blood::quantity::{CellConcentration, Fraction, TimeSpan};
use leuka_donor::{Course, Description, Donor, Mobilisation, Treatment};

use crate::common::*;

fn count(donor: &Donor, population: Population) -> f64 {
    donor.blood().cells[population].per_ul()
}

/// CD34 per microlitre at these hours from the first of five daily doses of 10 ug/kg.
fn course(description: &Description, at_h: &[f64]) -> Vec<f64> {
    let mut donor = steadfast(description);
    let mut counts = Vec::new();
    for hour in 0..=240 {
        let hour = f64::from(hour);
        if hour <= 96.0 && hour % 24.0 == 0.0 {
            donor.treat(Treatment::GCsf(10.0));
        }
        if at_h.contains(&hour) {
            counts.push(count(&donor, Population::Cd34));
        }
        donor.advance(TimeSpan::from_hours(1.0));
    }
    counts
}

#[test]
fn cd34_rises_from_the_third_day_and_is_gone_a_week_after_the_last_dose() {
    let counts = course(&man(), &[24.0, 48.0, 96.0, 120.0, 240.0]);
    assert!(counts[0] < 0.3 * counts[2] && counts[1] < 0.6 * counts[2], "{counts:?}");
    assert!(counts[3] > 60.0 && counts[4] < 0.3 * counts[3], "{counts:?}");
}

#[test]
fn a_poor_mobiliser_gets_a_fifth() {
    let mut poor = man();
    poor.mobilisation.response = 0.2;
    let ratio = course(&poor, &[96.0])[0] / course(&man(), &[96.0])[0];
    assert!((0.18..0.28).contains(&ratio), "{ratio}");
}

#[test]
fn plerixafor_after_g_csf_triples_cd34() {
    let mut donor = steadfast(&man());
    for _ in 0..4 {
        donor.treat(Treatment::GCsf(10.0));
        rest(&mut donor, 24.0 * 60.0);
    }
    let evening = count(&donor, Population::Cd34);
    donor.treat(Treatment::Plerixafor(240.0));
    rest(&mut donor, 10.0 * 60.0);
    let fold = count(&donor, Population::Cd34) / evening;
    assert!((2.5..3.5).contains(&fold), "{fold}");
}

#[test]
fn a_donor_in_the_middle_of_a_course_has_the_counts_given_and_loses_them_when_it_ends() {
    let mut description = mobilised_man();
    description.cells[Population::Platelet] = CellConcentration::from_per_ul(200e3);
    description.mobilisation = Mobilisation {
        response: 1.0,
        course: Some(Course { ug_per_kg: 10.0, doses: 5, since_last_dose: TimeSpan::from_hours(12.0) }),
    };
    let mut donor = steadfast(&description);
    assert!((count(&donor, Population::Cd34) - 60.0).abs() < 1e-9);
    rest(&mut donor, 4.0 * 60.0);
    assert!((count(&donor, Population::Cd34) / 60.0 - 1.0).abs() < 0.05, "four hours change little");
    rest(&mut donor, 14.0 * 24.0 * 60.0);
    let (cd34, neutrophils) = (count(&donor, Population::Cd34), count(&donor, Population::Neutrophil));
    assert!(cd34 < 4.0 && neutrophils < 4500.0, "{cd34} {neutrophils}");
    assert!(count(&donor, Population::Platelet) > 200e3, "G-CSF held platelets down");
}

#[test]
fn a_hurt_marrow_brings_platelets_back_later() {
    let after_eight_days = |marrow: f64| {
        let mut description = man();
        description.marrow_factor = Fraction::from_fraction(marrow);
        let mut donor = steadfast(&description);
        Collection { platelet: 0.4, ..usual_collection() }.run(&mut donor, 180.0, 1.0, |_, _| {});
        rest(&mut donor, 8.0 * 24.0 * 60.0);
        count(&donor, Population::Platelet)
    };
    assert!(after_eight_days(0.3) < after_eight_days(1.0) - 20e3);
}

#[test]
fn a_donor_who_begins_below_the_usual_counts_returns_to_them() {
    let mut description = man();
    description.cells[Population::Platelet] = CellConcentration::from_per_ul(150e3);
    description.usual_platelets = Some(CellConcentration::from_per_ul(250e3));
    description.hematocrit = Fraction::from_pct(40.0);
    description.usual_hematocrit = Some(Fraction::from_pct(44.0));
    let mut donor = steadfast(&description);
    assert!(
        (donor.usual_platelets().per_ul() - 250e3).abs() < 1.0 && (donor.usual_hematocrit().pct() - 44.0).abs() < 1e-9
    );
    assert!((count(&donor, Population::Platelet) - 150e3).abs() < 1.0);
    rest(&mut donor, 21.0 * 24.0 * 60.0);
    assert!((count(&donor, Population::Platelet) / 250e3 - 1.0).abs() < 0.1);
    let hematocrit = donor.blood().hematocrit.pct();
    assert!((41.0..43.0).contains(&hematocrit), "half in four weeks: {hematocrit}");
}
