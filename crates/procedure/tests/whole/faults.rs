//! Faults in the middle of a run: from the condition in the plant to the effect at the actuator, by the hazard table.

use leuka_control::{OperatorAction, PhaseName};
use leuka_machine::MarkKind;
use leuka_procedure::{Event, Source};

use crate::watched::{Watched, coarse, collecting, first, moment, worst_balance};

const STOPPED: [MarkKind; 2] = [MarkKind::ReturnClampClosed, MarkKind::PumpsStopped];

/// The moment of the first such event in the plant from `after_s` on.
fn plant(events: &[Event], after_s: f64, kind: MarkKind) -> f64 {
    moment(events, Source::Machine, &kind.to_string(), after_s)
}

fn assert_within(events: &[Event], condition_s: f64, effects: &[MarkKind], limit_s: f64) {
    for effect in effects {
        let took_s = plant(events, condition_s, *effect) - condition_s;
        assert!(took_s <= limit_s, "{effect} after {took_s:.3} s, at most {limit_s}");
    }
}

fn assert_said(watched: &Watched, code: &str) {
    let alarms = watched.run.outcome().alarms;
    assert!(alarms.iter().any(|alarm| alarm.code == code), "no {code} among {alarms:?}");
}

/// After a stop nothing opens before the operator has asked for it, and no safe state is left without a reset.
fn assert_only_the_operator_resumes(events: &[Event], stopped_s: f64) {
    let acted_by = |action: OperatorAction, before_s: f64| {
        let acted_s = first(events, Source::Operator, &action.to_string(), stopped_s);
        acted_s.is_some_and(|acted_s| acted_s <= before_s)
    };
    let happened = |kind: MarkKind| first(events, Source::Machine, &kind.to_string(), stopped_s);
    if let Some(left_s) = happened(MarkKind::SafeStateLeft) {
        assert!(acted_by(OperatorAction::Reset, left_s), "the safe state was left by itself at {left_s} s");
    }
    if let Some(opened_s) = happened(MarkKind::ReturnClampOpened) {
        let acted = acted_by(OperatorAction::Resume, opened_s) || acted_by(OperatorAction::EndEarly, opened_s);
        assert!(acted, "the return clamp opened by itself at {opened_s} s");
    }
}

#[test]
fn an_air_bolus_is_stopped_within_200_ms_and_no_air_reaches_the_donor() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("air_bolus", 2.0, None);
    watched.minutes(10.0);
    let air_s = plant(&watched.events, fault_s, MarkKind::AirAtDetectors);
    assert_within(&watched.events, air_s, &STOPPED, 0.2);
    assert_eq!(watched.run.machine().donor().air_received().ml().to_bits(), 0.0_f64.to_bits());
    assert_said(&watched, "return_air");
    assert_only_the_operator_resumes(&watched.events, air_s);
}

#[test]
fn foam_is_stopped_within_200_ms_and_at_most_400_ul_of_air_reach_the_donor() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("air_foam", 0.3, None);
    watched.minutes(10.0);
    let air_s = plant(&watched.events, fault_s, MarkKind::AirAtDetectors);
    assert_within(&watched.events, air_s, &STOPPED, 0.2);
    let air_ml = watched.run.machine().donor().air_received().ml();
    assert!(air_ml <= 0.4, "{air_ml} mL");
    assert_only_the_operator_resumes(&watched.events, air_s);
}

/// The guard looks ahead and may stop the pumps before the limit is passed; with `set` it need not.
fn is_stopped_when_occluded(set: &[&str]) -> Option<f64> {
    let mut watched = collecting(set);
    let fault_s = watched.inject("return_occlusion", 1.0, None);
    watched.minutes(1.0);
    let stopped_s = plant(&watched.events, fault_s, MarkKind::PumpsStopped);
    assert!(stopped_s - fault_s < 10.0);
    assert_said(&watched, "return_occlusion");
    assert_only_the_operator_resumes(&watched.events, stopped_s);
    let high = MarkKind::ReturnPressureHigh.to_string();
    first(&watched.events, Source::Machine, &high, fault_s).map(|high_s| stopped_s - high_s)
}

#[test]
fn an_occluded_return_line_stops_the_pumps_within_500_ms_of_400_mmhg() {
    let took_s = is_stopped_when_occluded(&[]);
    assert!(took_s.is_none_or(|took_s| took_s <= 0.5), "{took_s:?} s");
}

#[test]
fn even_a_guard_that_does_not_look_ahead_stops_the_pumps_within_500_ms_of_400_mmhg() {
    let took_s = is_stopped_when_occluded(&["model.guard.return_pressure.watch=399"]).unwrap();
    assert!(took_s <= 0.5, "{took_s} s");
}

/// Hazard 7: no drop for 10 s, in which more than four are due, and the inlet stops.
fn assert_inlet_stops_without_anticoagulant(watched: &Watched, fault_s: f64) {
    let dry_s = plant(&watched.events, fault_s, MarkKind::AnticoagulantStopped);
    assert_within(&watched.events, dry_s, &[MarkKind::PumpsStopped], 10.0);
    let said = watched.events.iter().filter(|event| event.source == Source::Guard && event.at_s >= dry_s);
    assert!(said.clone().any(|event| event.text.ends_with("hazard 7")), "{:?}", said.collect::<Vec<_>>());
    assert_only_the_operator_resumes(&watched.events, dry_s);
}

#[test]
fn an_emptied_anticoagulant_bag_stops_the_inlet_within_10_s() {
    let mut watched = coarse(&[]);
    // While cells are collected the operator would see to the bag at once.
    watched.until_phase(PhaseName::EstablishInterface);
    watched.minutes(2.0);
    let fault_s = watched.inject("anticoagulant_emptied", 0.0, None);
    watched.minutes(10.0);
    assert_inlet_stops_without_anticoagulant(&watched, fault_s);
}

#[test]
fn a_closed_anticoagulant_line_stops_the_inlet_within_10_s() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("anticoagulant_line_closed", 0.0, None);
    watched.minutes(10.0);
    assert_inlet_stops_without_anticoagulant(&watched, fault_s);
}

fn is_safe_within_250_ms(fault: &str) {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject(fault, 0.0, None);
    watched.minutes(10.0);
    let safe_s = moment(&watched.events, Source::Machine, "safe state: ", fault_s);
    assert!(safe_s - fault_s <= 0.25, "{fault}: {:.3} s", safe_s - fault_s);
    assert_within(&watched.events, fault_s, &STOPPED, 0.25);
    assert_only_the_operator_resumes(&watched.events, safe_s);
}

#[test]
fn a_lost_permit_makes_the_machine_safe_within_250_ms() {
    is_safe_within_250_ms("permit_loss");
}

#[test]
fn lost_commands_make_the_machine_safe_within_250_ms() {
    is_safe_within_250_ms("command_loss");
}

#[test]
fn a_command_that_is_nan_makes_the_machine_safe_within_250_ms() {
    is_safe_within_250_ms("command_nan");
}

#[test]
fn a_guard_sensor_that_is_nan_makes_the_machine_safe_within_250_ms() {
    is_safe_within_250_ms("sensor.guard.return_pressure.nan");
    is_safe_within_250_ms("sensor.guard.return_air.nan");
}

fn goes_on(fault: &str, magnitude: f64) {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject(fault, magnitude, Some(20));
    watched.minutes(1.0);
    assert!(watched.run.controller().phase().name() != PhaseName::Collect, "{fault} stopped nothing");
    watched.until_phase(PhaseName::Collect);
    assert_only_the_operator_resumes(&watched.events, fault_s);
    watched.minutes(5.0);
    assert_eq!(watched.run.controller().phase().name(), PhaseName::Collect, "{fault}");
}

#[test]
fn when_permits_come_again_the_run_can_go_on() {
    goes_on("permit_loss", 0.0);
}

#[test]
fn when_commands_are_sound_again_the_run_can_go_on() {
    goes_on("command_nan", 0.0);
}

#[test]
fn when_the_return_line_is_free_again_the_run_can_go_on() {
    goes_on("return_occlusion", 1.0);
}

#[test]
fn when_anticoagulant_flows_again_the_run_can_go_on() {
    goes_on("anticoagulant_line_closed", 0.0);
}

fn ends(fault: &str, magnitude: f64) {
    let mut watched = collecting(&[]);
    watched.inject(fault, magnitude, None);
    watched.run_out();
    let outcome = watched.run.outcome();
    assert!(!outcome.completed);
    assert_eq!(outcome.end_reason, "ended early by the operator");
    assert!(worst_balance(&outcome) < 1e-9, "{:?}", outcome.balance);
}

#[test]
fn with_air_that_stays_in_the_line_the_run_ends() {
    ends("air_bolus", 2.0);
}

#[test]
fn with_a_return_line_that_stays_occluded_the_run_ends() {
    ends("return_occlusion", 1.0);
}

#[test]
fn without_anticoagulant_the_run_ends() {
    ends("anticoagulant_line_closed", 0.0);
}

#[test]
fn with_a_guard_that_stays_silent_the_run_ends() {
    ends("permit_loss", 0.0);
}

#[test]
fn a_stop_whose_cause_is_gone_lasts_until_somebody_resets_it() {
    let mut watched = collecting(&["model.operator.delay.reset=7200"]);
    watched.inject("permit_loss", 0.0, Some(1));
    let stopped = watched.samples.len() + 5;
    watched.minutes(30.0);
    assert_eq!(watched.run.controller().phase().name(), PhaseName::Stopped);
    assert!(watched.samples[stopped..].iter().all(|sample| sample.inlet_flow_ml_min.abs() < 1.0));
}

#[test]
fn nothing_is_lost_in_a_run_with_many_faults_that_ends_early() {
    let mut watched = collecting(&[]);
    for (fault, magnitude, lasts_s) in [
        ("vein_collapse", 0.6, Some(60)),
        ("return_line_off", 0.0, Some(10)),
        ("air_foam", 0.05, Some(10)),
        ("draw_valve_stuck", 0.0, Some(200)),
        ("leak", 20.0, None),
    ] {
        watched.inject(fault, magnitude, lasts_s);
        watched.minutes(5.0);
    }
    watched.run_out();
    let outcome = watched.run.outcome();
    assert!(!outcome.completed, "{}", outcome.end_reason);
    assert!(worst_balance(&outcome) < 1e-9, "{:?}", outcome.balance);
}
