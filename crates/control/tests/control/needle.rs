//! One needle with a reservoir on the toy machine: turns, limits, ends, and a scale that fails.

use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_device::*;
use leuka_dose::Target;

use crate::rig::*;

const FULL_ML: f64 = 150.0;

/// The prescription of the toy machine by one needle.
pub(crate) fn by_needle() -> Prescription {
    let mut prescription = prescription();
    prescription.set.reservoir = Some(Volume::from_ml(FULL_ML));
    prescription.settings.rinse_back_volume = Volume::from_ml(100.0);
    prescription.goal.target = Target::Volume(Volume::from_litres(1.5));
    prescription
}

fn collecting(change: impl FnOnce(&mut Prescription)) -> Rig {
    let mut prescription = by_needle();
    change(&mut prescription);
    let mut rig = Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 90.0), "at {}: {:#?}", rig.phase(), rig.told());
    rig
}

/// Runs until the turn has just begun.
fn to_turn(rig: &mut Rig, turn: Turn) {
    for from in [rig.controller.turn() == Some(turn), false] {
        let mut beats = 0;
        while (rig.controller.turn() == Some(turn)) == from && beats < 6000 {
            rig.beat(None);
            beats += 1;
        }
    }
    assert_eq!(rig.controller.turn(), Some(turn), "{:#?}", rig.told());
}

fn told(rig: &Rig, words: &str) -> usize {
    rig.told().iter().filter(|line| line.contains(words)).count()
}

#[test]
fn the_needle_draws_and_returns_in_turns_while_the_separator_is_fed_steadily() {
    let mut rig = collecting(|_| {});
    let (mut drawn_s, mut all_s) = (0.0, 0.0);
    while rig.phase() == PhaseName::Collect {
        rig.beat(None);
        let commands = rig.commands;
        if rig.phase() != PhaseName::Collect {
            break;
        }
        let draws = commands.draw_from == DrawFrom::Donor && commands.draw_clamp == Clamp::Open;
        let gives = commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open;
        assert!(draws != gives, "one at a time: {commands:?}");
        assert_eq!(commands.pumps.inlet, FlowRate::from_ml_min(60.0));
        assert_eq!(commands.pumps.anticoagulant > FlowRate::ZERO, draws, "anticoagulant only for what is drawn");
        assert_eq!(commands.return_to == ReturnTo::Reservoir, draws);
        assert_eq!(commands.draw_from == DrawFrom::Reservoir, gives);
        assert!((10.0..FULL_ML + 3.0).contains(&rig.plant.reservoir_ml), "{}", rig.plant.reservoir_ml);
        drawn_s += if draws { 0.1 } else { 0.0 };
        all_s += 0.1;
    }
    assert!((0.45..0.6).contains(&(drawn_s / all_s)), "{drawn_s} of {all_s} s");
    assert!(told(&rig, "the needle returns: the reservoir holds 150 mL after ") >= 3, "{:#?}", rig.told());
    assert!(rig.run_to(PhaseName::Summary, 60.0), "at {}: {:#?}", rig.phase(), rig.told());
    assert_eq!(rig.controller.outcome(), Some(EndReason::TargetReached));
    assert!(rig.plant.reservoir_ml < 20.0, "{} mL are left", rig.plant.reservoir_ml);
    assert!(rig.controller.progress().now.volume < Volume::from_ml(1510.0), "what returns is not processed anew");
    assert!(rig.alarm(AlarmCode::InterfaceNotResponding).is_none());
}

#[test]
fn an_early_end_returns_the_reservoir_before_the_saline() {
    let mut rig = collecting(|_| {});
    to_turn(&mut rig, Turn::Draw);
    rig.run_for(60.0);
    let (held_ml, saline_ml) = (rig.plant.reservoir_ml, rig.plant.saline_ml);
    assert!(held_ml > 60.0, "{held_ml}");
    rig.act(OperatorAction::EndEarly);
    assert_eq!(rig.phase(), PhaseName::RinseBack);
    rig.run_for(20.0);
    assert_eq!((rig.commands.draw_from, rig.commands.return_to), (DrawFrom::Reservoir, ReturnTo::Donor));
    assert!((rig.plant.saline_ml - saline_ml).abs() < 1e-9);
    assert!(rig.run_to(PhaseName::Disconnect, 20.0), "at {}", rig.phase());
    assert!((0.0..20.0).contains(&rig.plant.reservoir_ml), "{}", rig.plant.reservoir_ml);
    assert!((saline_ml - rig.plant.saline_ml - 100.0).abs() < 2.0);
}

#[test]
fn too_much_fluid_returns_the_reservoir_without_saline() {
    let mut rig = collecting(|p| {
        let most = Volume::from_ml(20.0);
        p.limits.fluid_surplus = leuka_blood::ThreeTier { warning: most, automatic: most, absolute: most };
    });
    let saline_ml = rig.plant.saline_ml;
    assert!(rig.run_to(PhaseName::Disconnect, 120.0), "at {}: {:#?}", rig.phase(), rig.told());
    assert!(told(&rig, "the fluid balance reached") == 1, "{:#?}", rig.told());
    assert!((rig.plant.saline_ml - saline_ml).abs() < 1e-9, "{} mL", saline_ml - rig.plant.saline_ml);
    assert!(rig.plant.reservoir_ml < 20.0);
}

#[test]
fn a_scale_that_stands_still_lets_no_turn_run_over_or_empty() {
    for (turn, grams) in [(Turn::Draw, 60.0), (Turn::Return, 150.0)] {
        let mut rig = collecting(|_| {});
        to_turn(&mut rig, turn);
        rig.tamper = Some(Box::new(move |telemetry| {
            telemetry.weights.reservoir.value = Some(Mass::from_grams(grams));
        }));
        while rig.controller.turn() == Some(turn) {
            rig.beat(None);
            let level_ml = rig.plant.reservoir_ml;
            assert!((-1.0..1.25 * FULL_ML).contains(&level_ml), "{turn} to {level_ml}");
        }
    }
}

#[test]
fn a_scale_that_says_nothing_stops() {
    let mut rig = collecting(|_| {});
    rig.tamper = Some(Box::new(|telemetry| telemetry.weights.reservoir.value = None));
    rig.run_for(8.0);
    let Phase::Stopped(stopped) = rig.controller.phase() else { panic!("at {}: {:#?}", rig.phase(), rig.told()) };
    assert_eq!(stopped.cause, StopCause::Sensor(Sensor::ReservoirWeight));
}

#[test]
fn limits_of_anticoagulant_hold_over_whole_turns() {
    // 1.2 mL/min/L x 2 L x 12 = 28.8 mL/min from the donor without a pause; 56.6 in turns, with 1 mL/min collected.
    let rig = collecting(|p| {
        p.donor.tbv = Volume::from_litres(2.0);
        p.settings.divert_flow = FlowRate::from_ml_min(20.0);
        p.limits.eligibility.extracorporeal.automatic = Fraction::from_pct(50.0);
        p.limits.eligibility.extracorporeal.absolute = Fraction::from_pct(50.0);
        let most = Volume::from_ml(500.0);
        p.limits.fluid_deficit = leuka_blood::ThreeTier { warning: most, automatic: most, absolute: most };
        p.anticoagulant.citrate.automatic = DoseRate::from_mg_kg_min(3.0);
        p.anticoagulant.citrate.absolute = DoseRate::from_mg_kg_min(3.0);
    });
    assert!((rig.commands.pumps.inlet.ml_min() - 56.6).abs() < 0.51, "{}", rig.commands.pumps.inlet);
    assert!(rig.alarm(AlarmCode::InletLowered).is_some());
}

#[test]
fn a_vein_that_gives_less_gets_its_flow_back_only_while_it_is_drawn_from() {
    let mut rig = collecting(|p| p.tuning.inlet.recovery = TimeSpan::from_seconds(100.0));
    to_turn(&mut rig, Turn::Draw);
    rig.plant.access = 5.2;
    rig.run_for(30.0);
    let lowered = rig.commands.pumps.inlet;
    assert!(lowered < FlowRate::from_ml_min(55.0));
    rig.plant.access = 2.0;
    to_turn(&mut rig, Turn::Return);
    let before = rig.commands.pumps.inlet;
    while rig.controller.turn() == Some(Turn::Return) {
        assert_eq!(rig.commands.pumps.inlet, before, "a line from the reservoir says nothing about the vein");
        rig.beat(None);
    }
    rig.run_for(120.0);
    assert!(rig.commands.pumps.inlet > before, "{:#?}", rig.told());
}

#[test]
fn a_reservoir_goes_with_neither_red_cells_nor_a_filter() {
    let mut red = by_needle();
    red.set.red_cell_prime = true;
    let mut column = crate::methods::by(Method::AdsorptionColumn);
    column.set.reservoir = Some(Volume::from_ml(FULL_ML));
    for wrong in [red, column] {
        assert_eq!(Controller::new(wrong).err(), Some(PrescriptionError::Reservoir));
    }
    let mut small = by_needle();
    small.donor.tbv = Volume::from_litres(2.0);
    let mut rig = Rig::new(small);
    rig.run_to(PhaseName::Refused, 30.0);
    assert!(rig.refusals()[0].contains("the set holds 16.8 % of the blood volume"), "{:?}", rig.refusals());
}
