//! One needle with a reservoir: what its turns must not do, and what must not be taken for a fault in them.

use leuka_blood::quantity::{FlowRate, Mass, Volume};
use leuka_device::{Cause, Clamp, DrawFrom, ReturnTo, Verdict};
use leuka_guard::{Entered, Guard, LimitTable};

use crate::support::{World, safe};

/// Weight of the empty bag, as the world weighs it.
const TARE_G: f64 = 30.0;

/// An adult of 70 kg with ACD-A and a reservoir of 180 mL.
fn by_needle() -> World {
    let table = LimitTable::embedded().unwrap();
    let limits = table.for_donor(&Entered {
        weight: Mass::from_kg(70.0),
        tbv: Volume::from_litres(5.0),
        deficit: table.donor.most_deficit,
        surplus: table.donor.most_surplus,
        citrate_mmol_kg_min: table.absolute.citrate_mmol_kg_min,
        citrate_mmol_ml: table.donor.citrate_mmol_ml,
        density: table.anticoagulant.density,
        starch: None,
        extracorporeal: Volume::from_ml(350.0),
        most_extracorporeal: table.donor.most_extracorporeal,
        reservoir: Some((Volume::from_ml(180.0), Mass::from_grams(TARE_G))),
    });
    let mut world = World::collecting(1);
    world.guard = Guard::new(limits).unwrap();
    draw(&mut world);
    world
}

fn draw(world: &mut World) {
    let commands = &mut world.commands;
    (commands.draw_from, commands.draw_clamp) = (DrawFrom::Donor, Clamp::Open);
    (commands.return_to, commands.return_clamp) = (ReturnTo::Reservoir, Clamp::Closed);
    commands.pumps.anticoagulant = commands.pumps.inlet / 12.0;
}

fn give(world: &mut World) {
    let commands = &mut world.commands;
    (commands.draw_from, commands.draw_clamp) = (DrawFrom::Reservoir, Clamp::Closed);
    (commands.return_to, commands.return_clamp) = (ReturnTo::Donor, Clamp::Open);
    commands.pumps.anticoagulant = FlowRate::ZERO;
}

#[test]
fn ten_turns_pass() {
    let mut world = by_needle();
    for _ in 0..10 {
        draw(&mut world);
        world.pass_for(165.0);
        give(&mut world);
        world.pass_for(163.0);
    }
}

#[test]
fn hazard_1_a_reservoir_that_runs_empty_holds_the_pumps_before_air_comes() {
    let mut world = by_needle();
    world.pass_for(60.0);
    give(&mut world);
    let after_s = world.run_until(80.0, Verdict::Hold(Cause::ReservoirEmpty), |_, _| ());
    assert!(after_s.is_some() && world.reservoir_g > 0.0, "{after_s:?} s, {} g left", world.reservoir_g);
    draw(&mut world);
    assert_eq!(world.reset_with(|_, _| ()), Verdict::Pass);
}

#[test]
fn hazard_13_a_reservoir_that_runs_over_holds_the_pumps() {
    let mut world = by_needle();
    let after_s = world.run_until(260.0, Verdict::Hold(Cause::ExtracorporealVolume), |_, _| ());
    assert!(after_s.is_some() && world.reservoir_g < 220.0, "{after_s:?} s, {} g", world.reservoir_g);
}

#[test]
fn hazard_9_citrate_may_come_at_twice_its_limit_for_a_turn_and_no_longer() {
    // 0.0115 mmol/kg/min at 70 kg are 7.1 mL/min of ACD-A; 12 come.
    let mut world = by_needle();
    world.commands.pumps.inlet = FlowRate::from_ml_min(90.0);
    let draw_richly = |world: &mut World| {
        draw(world);
        world.commands.pumps.anticoagulant = FlowRate::from_ml_min(12.0);
    };
    for _ in 0..6 {
        draw_richly(&mut world);
        world.pass_for(105.0);
        give(&mut world);
        world.pass_for(103.0);
    }
    draw_richly(&mut world);
    // What a longer turn brings too much of, whatever the reservoir takes.
    let after_s = world.run_until(300.0, Verdict::Hold(Cause::CitrateRate), |telemetry, _| {
        telemetry.weights.reservoir.value = telemetry.weights.reservoir.value.map(|weight| weight * 0.2);
    });
    assert!(after_s.is_some_and(|after_s| after_s > 100.0), "{after_s:?}");
}

#[test]
fn hazard_12_saline_that_runs_in_while_the_reservoir_is_returned_is_uncommanded() {
    let mut world = by_needle();
    world.pass_for(120.0);
    give(&mut world);
    let mut lost_g = 0.0;
    let after_s = world.run_until(60.0, safe(Cause::FluidSurplus), |telemetry, _| {
        lost_g += 30.0 / 60.0 * 0.05;
        telemetry.weights.saline.value = telemetry.weights.saline.value.map(|weight| weight - Mass::from_grams(lost_g));
    });
    assert!(after_s.is_some(), "{lost_g} g");
}

#[test]
fn hazard_22_blood_from_the_reservoir_flushes_no_set() {
    let mut world = by_needle();
    world.pass_for(160.0);
    give(&mut world);
    world.pass_for(130.0);
    world.stop_pumps();
    world.pass_for(301.0);
    world.commands.pumps.inlet = FlowRate::from_ml_min(30.0);
    let stale = Verdict::Hold(Cause::Clotting);
    assert!(world.run_until(1.0, stale, |_, _| ()).is_some());
}

#[test]
fn hazard_25_one_needle_draws_or_gives_and_no_other_set_has_a_reservoir() {
    let range = safe(Cause::CommandRange);
    let mut both = by_needle();
    both.pass_for(10.0);
    (both.commands.return_to, both.commands.return_clamp) = (ReturnTo::Donor, Clamp::Open);
    assert_eq!(both.beat().verdict, range);
    for turn in [draw, give] {
        let mut world = World::collecting(2);
        world.pass_for(10.0);
        turn(&mut world);
        assert_eq!(world.beat().verdict, range);
    }
}
