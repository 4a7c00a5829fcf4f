//! Hours of ordinary work, with noise, touched bags and a pump at the end of its calibration, give no protective stop.

use crate::support::World;
use leuka_blood::quantity::FlowRate;
use leuka_device::{Clamp, Commands, DrawFrom, Verdict};

#[test]
fn six_hours_of_a_noisy_collection_pass() {
    for (seed, delivery) in [(1, 1.0), (2, 0.95), (3, 1.05), (4, 0.92)] {
        let mut world = World::collecting(seed);
        (world.delivery, world.touched) = (delivery, true);
        world.pass_for(6.0 * 3600.0);
    }
}

#[test]
fn a_small_childs_slow_drops_pass() {
    let mut world = World::collecting(5);
    world.commands.pumps.inlet = FlowRate::from_ml_min(9.0);
    world.commands.pumps.anticoagulant = FlowRate::from_ml_min(0.6);
    world.commands.pumps.plasma = FlowRate::from_ml_min(4.0);
    world.commands.pumps.collect = FlowRate::from_ml_min(0.5);
    world.pass_for(2.0 * 3600.0);
}

#[test]
fn pauses_and_changes_of_flow_pass() {
    let mut world = World::collecting(6);
    let pumps = world.commands.pumps;
    for round in 0..60 {
        world.commands.pumps = pumps;
        world.commands.pumps.inlet = FlowRate::from_ml_min(40.0 + f64::from(round % 5) * 8.0);
        world.commands.pumps.anticoagulant = world.commands.pumps.inlet / 12.0;
        world.pass_for(50.0);
        world.stop_pumps();
        world.pass_for(7.0);
    }
}

#[test]
fn a_machine_at_rest_before_the_set_is_loaded_passes() {
    let mut world = World::collecting(7);
    world.commands = Commands { return_clamp: Clamp::Closed, draw_from: DrawFrom::Saline, ..Commands::default() };
    for _ in 0..20 * 600 {
        let permit = world.beat_with(|telemetry, _| {
            telemetry.weights.anticoagulant.value = Some(leuka_blood::quantity::Mass::ZERO);
        });
        assert_eq!(permit.verdict, Verdict::Pass, "at {}", permit.at);
    }
}

#[test]
fn another_bag_hung_in_a_pause_passes() {
    let mut world = World::collecting(8);
    world.pass_for(300.0);
    let pumps = world.commands.pumps;
    world.stop_pumps();
    world.pass_for(20.0);
    let add = |grams: f64| {
        move |telemetry: &mut leuka_device::GuardTelemetry, _: &mut Commands| {
            let weight = &mut telemetry.weights.anticoagulant.value;
            *weight = weight.map(|weight| weight + leuka_blood::quantity::Mass::from_grams(grams));
        }
    };
    // The empty bag is off the hook for ten seconds, then the new one hangs.
    for (seconds, grams) in [(10, -400.0), (30, 350.0)] {
        for _ in 0..20 * seconds {
            assert_eq!(world.beat_with(add(grams)).verdict, Verdict::Pass);
        }
    }
    world.commands.pumps = pumps;
    for _ in 0..20 * 600 {
        let permit = world.beat_with(add(350.0));
        assert_eq!(permit.verdict, Verdict::Pass, "at {}", permit.at);
    }
}
