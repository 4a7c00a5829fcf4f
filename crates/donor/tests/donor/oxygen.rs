//! Saturation is steady unless something lowers it.

use leuka_blood::Mixture;
use leuka_blood::quantity::Fraction;
use leuka_donor::{Cause, Desaturation};

use crate::common::*;

#[test]
fn an_ordinary_collection_leaves_saturation_within_one_point() {
    let mut donor = steadfast(&mobilised_man());
    let start = donor.vitals().spo2.pct();
    assert!((96.0..99.0).contains(&start), "{start}");
    usual_collection().run(&mut donor, 240.0, 0.5, |minutes, donor| {
        let now = donor.vitals().spo2.pct();
        assert!((now - start).abs() < 1.0, "{now} after {minutes} min");
    });
}

#[test]
fn every_cause_lowers_saturation_with_its_severity_and_lets_go() {
    for reason in Desaturation::ALL {
        let mut donor = donor(&man());
        let start = donor.vitals().spo2.pct();
        let mut cause = |severity| {
            donor.cause(Cause::Desaturation(reason, Fraction::from_fraction(severity)));
            rest(&mut donor, 10.0);
            donor.vitals().spo2.pct()
        };
        let (half, full, over) = (cause(0.5), cause(1.0), cause(0.0));
        assert!(half < start - 0.4 && full < half - 0.5, "{reason:?}: {start} {half} {full}");
        assert!((over - start).abs() < 0.1, "{reason:?}: {over} after the end");
    }
}

#[test]
fn air_in_the_return_lowers_saturation_by_its_volume() {
    let saturation_after = |air_ml: f64| {
        let mut donor = donor(&man());
        donor.receive(&Mixture::air(air_ml));
        rest(&mut donor, 2.0);
        donor.vitals().spo2.pct()
    };
    let none = saturation_after(0.0);
    assert!((saturation_after(0.05) - none).abs() < 0.05, "a bubble does nothing");
    assert!(saturation_after(30.0) < none - 0.5);
    assert!(saturation_after(150.0) < saturation_after(30.0) - 1.0);
}

#[test]
fn the_old_have_a_lower_saturation() {
    let saturation = |age| {
        let mut description = man();
        description.age_years = age;
        donor(&description).vitals().spo2.pct()
    };
    assert!(saturation(80.0) < saturation(20.0) - 1.0 && saturation(80.0) > 94.0);
}
