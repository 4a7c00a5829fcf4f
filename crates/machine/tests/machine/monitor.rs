//! What the donor's monitor makes of vital signs: noise, cuff or line, poor signal apart from desaturation.

use leuka_blood::quantity::Fraction;
use leuka_donor::{Cause, Desaturation};

use crate::rig::*;

fn line() -> Bench {
    let mut bench = Bench::default();
    bench.replaced.push(("monitor.arterial_line", 1.0));
    bench
}

#[test]
fn a_cuff_measures_every_few_minutes_and_a_line_all_the_time() {
    let changes = |bench: Bench| {
        let mut rig = bench.connected();
        let mut readings = Vec::new();
        for _ in 0..120 {
            rig.run(1.0);
            readings.push(rig.telemetry.monitor.systolic.value.unwrap().mmhg().to_bits());
        }
        readings.dedup();
        readings.len()
    };
    assert!(changes(Bench::default()) <= 2);
    assert!(changes(line()) > 100);
}

#[test]
fn every_vital_sign_is_near_the_truth_and_not_the_truth() {
    let mut rig = Bench::default().connected();
    rig.run(120.0);
    let (seen, truth) = (rig.telemetry.monitor, rig.machine.donor().vitals());
    let near = |seen: f64, truth: f64, by: f64| assert!((seen - truth).abs() < by && seen != truth, "{seen} {truth}");
    near(seen.heart_rate.value.unwrap().per_min(), truth.heart_rate.per_min(), 5.0);
    near(seen.systolic.value.unwrap().mmhg(), truth.systolic.mmhg(), 20.0);
    near(seen.spo2.value.unwrap().pct(), truth.spo2.pct(), 3.0);
    near(seen.respiration.value.unwrap().per_min(), truth.respiration.per_min(), 4.0);
    near(seen.temperature.value.unwrap().celsius(), truth.temperature.celsius(), 0.5);
}

#[test]
fn a_moving_hand_takes_the_signal_and_a_lung_full_of_air_lowers_it() {
    let spo2 = |disturb: &dyn Fn(&mut Rig)| {
        let mut rig = Bench::default().connected();
        disturb(&mut rig);
        rig.run(90.0);
        rig.telemetry.monitor.spo2.value
    };
    let full = Fraction::from_fraction(1.0);
    let moving = spo2(&|rig| {
        rig.inject("donor_moves", 20.0, 0);
    });
    assert_eq!(moving, None);
    let low = spo2(&|rig| rig.machine.donor_mut().cause(Cause::Desaturation(Desaturation::AirEmbolism, full)));
    assert!(low.unwrap().pct() < 96.0, "{low:?}");
}

#[test]
fn a_moving_arm_gives_no_cuff_pressure_but_a_line_still_does() {
    let systolic = |bench: Bench| {
        let mut rig = bench.connected();
        rig.inject("donor_moves", 20.0, 0);
        rig.run(400.0);
        rig.telemetry.monitor.systolic.value
    };
    assert!(systolic(Bench::default()).is_none() && systolic(line()).is_some());
}
