//! The machine stops by itself, in time, and stays stopped until a reset finds the cause gone.

use leuka_blood::quantity::{FlowRate, RotationalSpeed};
use leuka_device::{Cause, Clamp, Instant, Verdict};
use leuka_machine::{Mark, MarkKind};

use crate::rig::{Bench, Rig};

fn running() -> Rig {
    let mut rig = Bench::default().connected();
    rig.spin(800.0);
    rig.pumps([60.0, 5.0, 30.0, 1.0]);
    rig.run(30.0);
    rig.marks.clear();
    rig
}

fn moment(rig: &Rig, is: impl Fn(MarkKind) -> bool) -> Instant {
    let found: Option<&Mark> = rig.marks.iter().find(|mark| is(mark.kind));
    found.unwrap_or_else(|| panic!("no such mark among {:?}", rig.marks)).at
}

fn stops(rig: &Rig) -> (Instant, Instant, Instant) {
    (
        moment(rig, |kind| kind == MarkKind::PumpsStopped),
        moment(rig, |kind| kind == MarkKind::ReturnClampClosed),
        moment(rig, |kind| kind == MarkKind::DriveOff),
    )
}

fn assert_safe(rig: &Rig, cause: Cause) {
    assert_eq!(rig.telemetry.safe_state.map(|safe| safe.cause), Some(cause));
    assert_eq!(rig.telemetry.return_clamp.value, Some(Clamp::Closed));
    assert_eq!(rig.telemetry.draw_clamp.value, Some(Clamp::Closed));
    assert!(rig.telemetry.pump_flows.inlet.value.unwrap().ml_min() < 1.0);
}

#[test]
fn without_permits_the_machine_is_safe_100_ms_after_the_last_one() {
    let mut rig = running();
    let last = rig.machine.now();
    rig.sends_permits = false;
    rig.run(1.0);
    assert_safe(&rig, Cause::PermitLost);
    let entered = moment(&rig, |kind| kind == MarkKind::SafeStateEntered(Cause::PermitLost));
    assert_eq!(entered.micros_since(last), 100_000);
    let (pumps, clamp, drive) = stops(&rig);
    assert_eq!(pumps.micros_since(last), 120_000);
    assert_eq!(clamp.micros_since(last), 140_000);
    assert_eq!(drive.micros_since(last), 100_000);
}

#[test]
fn without_commands_the_machine_is_safe_200_ms_after_the_last_one() {
    let mut rig = running();
    let last = rig.machine.now();
    rig.sends_commands = false;
    rig.run(1.0);
    assert_safe(&rig, Cause::CommandLost);
    let entered = moment(&rig, |kind| kind == MarkKind::SafeStateEntered(Cause::CommandLost));
    assert_eq!(entered.micros_since(last), 200_000);
}

#[test]
fn one_missed_permit_and_two_missed_commands_are_borne() {
    let mut rig = running();
    rig.sends_permits = false;
    rig.beat();
    rig.sends_permits = true;
    rig.beat();
    rig.sends_commands = false;
    rig.run(0.1);
    rig.sends_commands = true;
    rig.run(1.0);
    assert_eq!(rig.telemetry.safe_state, None);
}

#[test]
fn a_command_that_is_nan_or_beyond_its_range_is_never_carried_out() {
    let spoilt: [fn(&mut Rig); 4] = [
        |rig| rig.commands.pumps.collect = FlowRate::from_ml_min(f64::NAN),
        |rig| rig.commands.pumps.inlet = FlowRate::from_ml_min(-1.0),
        |rig| rig.commands.pumps.anticoagulant = FlowRate::from_ml_min(31.0),
        |rig| rig.commands.centrifuge_speed = RotationalSpeed::from_rpm(f64::INFINITY),
    ];
    for spoil in spoilt {
        let mut rig = running();
        spoil(&mut rig);
        let sent = rig.machine.now();
        rig.run(0.5);
        assert_safe(&rig, Cause::CommandRange);
        let entered = moment(&rig, |kind| kind == MarkKind::SafeStateEntered(Cause::CommandRange));
        assert!(entered.micros_since(sent) <= 250_000);
    }
}

#[test]
fn faults_of_links_clock_and_guard_end_in_the_safe_state_within_250_ms() {
    for (fault, magnitude, cause) in [
        ("command_loss", 0.0, Cause::CommandLost),
        ("command_noise", 1.0, Cause::CommandLost),
        ("command_nan", 0.0, Cause::CommandRange),
        ("command_time_jump", 10.0, Cause::TimeJump),
        ("command_time_jump", -10.0, Cause::CommandLost),
        ("permit_loss", 0.0, Cause::PermitLost),
        ("permit_noise", 1.0, Cause::PermitLost),
        ("clock_jump", 3.0, Cause::TimeJump),
        ("clock_jump", -3.0, Cause::TimeJump),
    ] {
        let mut rig = running();
        let since = rig.inject(fault, magnitude, 33_337);
        rig.run(1.0);
        assert_safe(&rig, cause);
        let entered = moment(&rig, |kind| kind == MarkKind::SafeStateEntered(cause));
        assert!(entered.micros_since(since) <= 250_000, "{fault}: {} us", entered.micros_since(since));
        if fault.ends_with("noise") {
            assert!(rig.machine.refused_frames() > 0);
        }
    }
}

#[test]
fn the_guards_verdict_stops_or_holds() {
    let mut rig = running();
    rig.verdict = Verdict::Hold(Cause::ReturnOcclusion);
    rig.run(1.0);
    assert_eq!(rig.telemetry.safe_state, None);
    assert_eq!(rig.telemetry.return_clamp.value, Some(Clamp::Open));
    assert!(rig.telemetry.pump_flows.inlet.value.unwrap().ml_min() < 1.0);
    assert!(rig.telemetry.centrifuge_speed.value.unwrap().rpm() > 500.0);
    rig.verdict = Verdict::Safe(Cause::ReturnAir);
    rig.run(1.0);
    assert_safe(&rig, Cause::ReturnAir);
}

#[test]
fn the_safe_state_lasts_until_a_reset_finds_the_cause_gone() {
    let mut rig = running();
    rig.verdict = Verdict::Safe(Cause::ReturnAir);
    rig.run(1.0);
    rig.commands.reset = true;
    rig.run(1.0);
    assert_safe(&rig, Cause::ReturnAir);
    rig.commands.reset = false;
    rig.verdict = Verdict::Pass;
    rig.run(1.0);
    assert_safe(&rig, Cause::ReturnAir);
    rig.commands.reset = true;
    rig.run(1.0);
    assert_eq!(rig.telemetry.safe_state, None);
    assert!(rig.telemetry.pump_flows.inlet.value.unwrap().ml_min() > 50.0);
    assert!(rig.marks.iter().any(|mark| mark.kind == MarkKind::SafeStateLeft));
}

#[test]
fn on_battery_the_run_goes_on_and_without_it_the_springs_close_within_100_ms() {
    let mut rig = running();
    rig.inject("mains_loss", 0.0, 7);
    rig.run(60.0);
    assert_eq!((rig.telemetry.mains.value, rig.telemetry.safe_state), (Some(false), None));
    let left = rig.telemetry.battery.value.unwrap().minutes();
    assert!((38.0..47.0).contains(&left), "{left} min");
    let since = rig.inject("battery_dead", 0.0, 20_011);
    rig.run(1.0);
    assert_safe(&rig, Cause::PowerLost);
    let (pumps, clamp, drive) = stops(&rig);
    assert_eq!(drive, since);
    assert_eq!(pumps.micros_since(since), 20_000);
    assert_eq!(clamp.micros_since(since), 40_000);
}

#[test]
fn the_battery_is_empty_after_its_45_minutes() {
    let mut rig = running();
    let since = rig.inject("mains_loss", 0.0, 0);
    rig.run(46.0 * 60.0);
    assert_safe(&rig, Cause::PowerLost);
    let entered = moment(&rig, |kind| kind == MarkKind::SafeStateEntered(Cause::PowerLost));
    assert!((entered.since(since).minutes() - 45.0).abs() < 1e-3);
}

#[test]
fn stale_and_repeated_frames_are_dropped_and_counted() {
    let mut rig = running();
    let before = rig.machine.refused_frames();
    let mut old = rig.commands;
    rig.run(1.0);
    rig.machine.actuate(Some(&old), None);
    old.sequence = rig.commands.sequence + 1;
    rig.machine.actuate(Some(&old), None);
    assert_eq!(rig.machine.refused_frames(), before + 2);
    rig.run(1.0);
    assert_eq!(rig.telemetry.safe_state, None);
}
