//! A protective stop stays until it is reset, and is not reset while its condition holds.

use leuka_blood::quantity::{FlowRate, Pressure};
use leuka_device::{Cause, Commands, DrawFrom, GuardTelemetry, Verdict};

use crate::support::{World, safe};

/// Runs into a stop by `disturb`, sees it latched without the disturbance, refused under it, and released without.
fn latches(wanted: Verdict, mut disturb: impl FnMut(&mut GuardTelemetry, &mut Commands)) {
    let mut world = World::collecting(9);
    world.pass_for(30.0);
    world.run_until(70.0, wanted, &mut disturb).unwrap();
    for _ in 0..100 {
        assert_eq!(world.beat().verdict, wanted, "it must stay without its condition");
    }
    for _ in 0..60 {
        world.beat_with(&mut disturb);
    }
    assert_eq!(world.reset_with(&mut disturb), wanted, "a reset under the condition must be refused");
    for _ in 0..100 {
        world.beat();
    }
    assert_eq!(world.reset_with(|_, _| ()), Verdict::Pass, "a reset without the condition must be granted");
    world.pass_for(10.0);
}

#[test]
fn air_latches() {
    latches(safe(Cause::ReturnAir), |telemetry, _| telemetry.return_air.value = Some(true));
}

#[test]
fn occlusion_latches() {
    latches(safe(Cause::ReturnOcclusion), |telemetry, _| {
        telemetry.return_pressure.value = Some(Pressure::from_mmhg(450.0 + (telemetry.sequence % 7) as f64));
    });
}

#[test]
fn a_sensor_fault_latches() {
    latches(safe(Cause::GuardSensor), |telemetry, _| telemetry.leak.value = None);
}

#[test]
fn a_command_out_of_range_latches() {
    latches(safe(Cause::CommandRange), |_, commands| commands.pumps.plasma = FlowRate::from_ml_min(f64::NAN));
}

#[test]
fn a_pump_that_turns_by_itself_latches() {
    latches(safe(Cause::ChannelsDisagree), |telemetry, _| {
        telemetry.pump_flows.collect.value = Some(FlowRate::from_ml_min(8.0));
    });
}

#[test]
fn a_stuck_sequence_latches_and_its_reset_counts_for_nothing() {
    latches(safe(Cause::CommandLost), |_, commands| commands.sequence = 77);
}

#[test]
fn a_time_jump_latches() {
    let mut world = World::collecting(9);
    world.pass_for(30.0);
    world.clock_us += 2_000_000;
    assert_eq!(world.beat().verdict, safe(Cause::TimeJump));
    for _ in 0..100 {
        assert_eq!(world.beat().verdict, safe(Cause::TimeJump));
    }
    let jumping = |telemetry: &mut GuardTelemetry, _: &mut Commands| {
        telemetry.at = telemetry.at.plus_micros(u64::from(telemetry.sequence % 2) * 600_000);
    };
    assert_eq!(world.reset_with(jumping), safe(Cause::TimeJump));
    for _ in 0..20 {
        world.beat();
    }
    assert_eq!(world.reset_with(|_, _| ()), Verdict::Pass);
}

#[test]
fn missing_anticoagulant_is_not_reset_while_blood_is_asked_for() {
    let dry = Verdict::Hold(Cause::AnticoagulantNotDelivered);
    let mut world = World::collecting(9);
    world.pass_for(60.0);
    world.drop_counting = 0.0;
    world.run_until(12.0, dry, |_, _| ()).unwrap();
    for _ in 0..100 {
        assert_eq!(world.beat().verdict, dry);
    }
    let asking = |_: &mut GuardTelemetry, commands: &mut Commands| commands.pumps.inlet = FlowRate::from_ml_min(60.0);
    assert_eq!(world.reset_with(asking), dry);
    let rinsing = |_: &mut GuardTelemetry, commands: &mut Commands| {
        commands.pumps.inlet = FlowRate::from_ml_min(30.0);
        commands.draw_from = DrawFrom::Saline;
    };
    assert_eq!(world.clone().reset_with(rinsing), Verdict::Pass, "saline needs no anticoagulant");
    assert_eq!(world.reset_with(|_, _| ()), Verdict::Pass);
    // Nothing was put right: it is found again.
    assert!(world.run_until(12.0, dry, |_, _| ()).is_some());
}

#[test]
fn a_reset_that_is_stuck_resets_nothing() {
    let mut world = World::collecting(9);
    world.commands.reset = true;
    world.pass_for(10.0);
    world.beat_with(|telemetry, _| telemetry.return_air.value = Some(true));
    for _ in 0..100 {
        assert_eq!(world.beat().verdict, safe(Cause::ReturnAir));
    }
}

#[test]
fn a_hold_becomes_safe_but_safe_never_becomes_a_hold() {
    let dry = Verdict::Hold(Cause::AnticoagulantNotDelivered);
    let mut world = World::collecting(9);
    world.pass_for(60.0);
    world.drop_counting = 0.0;
    world.run_until(12.0, dry, |_, _| ()).unwrap();
    world.beat_with(|telemetry, _| telemetry.return_air.value = Some(true));
    for _ in 0..400 {
        assert_eq!(world.beat().verdict, safe(Cause::ReturnAir));
    }
}

#[test]
fn the_first_cause_of_the_safe_state_stays() {
    let mut world = World::collecting(9);
    world.pass_for(1.0);
    world.beat_with(|telemetry, _| telemetry.return_air.value = Some(true));
    world.beat_with(|_, commands| commands.pumps.inlet = FlowRate::from_ml_min(f64::NAN));
    assert_eq!(world.beat().verdict, safe(Cause::ReturnAir));
}
