//! Every sensor and actuator can be given a fault by name, and the fault shows where it should.

use leuka_device::{Clamp, CollectTo, GuardTelemetry, Telemetry};
use leuka_machine::{Fault, FaultKind, Handling, Measured, SensorFault, Side};

use crate::rig::{Bench, Rig};

fn running() -> Rig {
    let mut rig = Bench::default().connected();
    rig.spin(800.0);
    rig.pumps([60.0, 5.0, 30.0, 1.0]);
    rig.run(30.0);
    rig
}

/// What the two sides see in four seconds, with a measurement by cuff, after a fault.
fn seen(fault: Option<(FaultKind, f64)>) -> (Vec<Telemetry>, Vec<GuardTelemetry>) {
    let mut rig = running();
    if let Some((kind, magnitude)) = fault {
        rig.machine.inject(Fault { kind, starts_at: rig.machine.now(), ends_at: None, magnitude });
    }
    rig.handle(Handling::MeasureBloodPressure);
    let mut frames = (Vec::new(), Vec::new());
    for _ in 0..80 {
        rig.beat();
        frames.0.push(rig.telemetry);
        frames.1.push(rig.guard_telemetry);
    }
    frames
}

const SWITCHES: [Measured; 7] = [
    Measured::ReturnAir,
    Measured::DrawClamp,
    Measured::ReturnClamp,
    Measured::Door,
    Measured::Leak,
    Measured::Mains,
    Measured::DonorButton,
];

#[test]
fn each_sensor_fault_shows_in_the_telemetry_of_its_side_only() {
    let sound = seen(None);
    let show = |frames: &(Vec<Telemetry>, Vec<GuardTelemetry>)| (format!("{:?}", frames.0), format!("{:?}", frames.1));
    let (sound_control, sound_guard) = show(&sound);
    for kind in FaultKind::all() {
        let FaultKind::Sensor(side, measured, how) = kind else { continue };
        if how == SensorFault::Stuck && SWITCHES.contains(&measured) {
            continue; // Nothing moves that such a switch would miss; the clamp test below sees one.
        }
        // A switch that is on shows an error downwards only, one that is off only upwards.
        let (mut shows, mut other_is_quiet) = (false, true);
        for magnitude in [1e4, -1e4] {
            let (control, guard) = show(&seen(Some((kind, magnitude))));
            let (own, other) = if side == Side::Control {
                (control != sound_control, guard != sound_guard)
            } else {
                (guard != sound_guard, control != sound_control)
            };
            shows |= own;
            other_is_quiet &= !other;
            if shows {
                break;
            }
        }
        assert!(shows, "{kind} does not show");
        assert!(other_is_quiet, "{kind} shows on the other side as well");
    }
}

#[test]
fn a_stuck_clamp_switch_hides_that_the_clamp_closed() {
    let mut rig = running();
    rig.inject("sensor.control.return_clamp.stuck", 0.0, 0);
    rig.run(0.2);
    rig.commands.return_clamp = Clamp::Closed;
    rig.run(0.2);
    assert_eq!(rig.telemetry.return_clamp.value, Some(Clamp::Open));
    assert_eq!(rig.guard_telemetry.return_clamp.value, Some(Clamp::Closed));
}

#[test]
fn missing_and_nan_are_told_apart() {
    let mut rig = running();
    rig.inject("sensor.control.access_pressure.dropout", 0.0, 0);
    rig.inject("sensor.guard.access_pressure.nan", 0.0, 0);
    rig.run(0.2);
    assert_eq!(rig.telemetry.access_pressure.value, None);
    assert!(rig.guard_telemetry.access_pressure.value.is_some_and(|pressure| pressure.mmhg().is_nan()));
}

#[test]
fn a_dark_camera_and_a_channel_without_blood_look_different() {
    let mut rig = Bench::default().connected();
    rig.spin(800.0);
    rig.run(60.0);
    let empty = rig.telemetry.camera.value.unwrap();
    assert!(empty.interface.is_none() && empty.confidence.fraction() == 1.0);
    rig.pumps([60.0, 5.0, 0.0, 0.0]);
    rig.run(60.0);
    let image = rig.telemetry.camera.value.unwrap();
    assert!((image.interface.unwrap().mm() - 3.0).abs() < 0.5);
    rig.inject("camera_dark", 0.0, 0);
    rig.run(2.0);
    let dark = rig.telemetry.camera.value.unwrap();
    assert!(dark.interface.is_none() && dark.confidence.fraction() == 0.0);
}

#[test]
fn the_air_test_trips_both_detectors_but_not_a_stuck_one() {
    let mut rig = running();
    rig.inject("sensor.guard.return_air.stuck", 0.0, 0);
    rig.run(0.2);
    rig.commands.air_test = true;
    rig.run(0.2);
    assert!(rig.guard_telemetry.air_test);
    assert_eq!(rig.telemetry.return_air.value, Some(true));
    assert_eq!(rig.guard_telemetry.return_air.value, Some(false));
}

#[test]
fn pumps_and_drive_fail_in_their_three_ways() {
    let flow = |fault, magnitude| {
        let mut rig = running();
        rig.inject(fault, magnitude, 0);
        rig.run(30.0);
        (rig.telemetry.pump_flows.inlet.value.unwrap().ml_min(), rig.telemetry.centrifuge_speed.value.unwrap().rpm())
    };
    assert!(flow("pump.inlet.stuck", 0.0).0 < 0.5);
    assert!((flow("pump.inlet.runaway", 110.0).0 - 110.0).abs() < 0.5);
    assert!((flow("pump.inlet.slip", 0.5).0 - 60.0).abs() < 0.5);
    let sound = flow("sensor.guard.leak.offset", 0.0).1;
    assert!(flow("centrifuge.stuck", 0.0).1 < 0.7 * sound);
    assert!(flow("centrifuge.slip", 0.5).1 < 0.8 * sound);
    assert!(flow("centrifuge.runaway", 2500.0).1 > 1.2 * sound);
}

#[test]
fn a_stuck_valve_stays_where_it_is() {
    let mut rig = running();
    rig.inject("collect_valve_stuck", 0.0, 0);
    rig.run(0.2);
    rig.commands.collect_to = CollectTo::Product;
    rig.run(300.0);
    assert_eq!(rig.machine.product().volume_ml(), 0.0);
}

#[test]
fn a_runaway_warmer_heats_and_a_leaking_clamp_leaks() {
    let mut rig = running();
    rig.inject("warmer.runaway", 45.0, 0);
    rig.inject("return_clamp.slip", 0.3, 0);
    rig.run(300.0);
    assert!(rig.telemetry.return_temperature.value.unwrap().celsius() > 41.0);
    rig.commands.return_clamp = Clamp::Closed;
    rig.run(30.0);
    assert!(rig.return_mmhg() < 500.0, "a leaking clamp lets pressure off: {}", rig.return_mmhg());
}
