//! Faults in the middle of a run: from the condition in the plant to the effect at the actuator, by the hazard table.

use leuka_control::PhaseName;
use leuka_procedure::{Event, Source};

use crate::watched::{Watched, coarse, collecting, first, moment, worst_balance};

/// Seconds from `condition` in the plant, after the fault, to each of `effects`; the pumps must not wait for control.
fn assert_within(events: &[Event], after_s: f64, condition: &str, effects: &[&str], limit_s: f64) {
    let condition_s = moment(events, Source::Machine, condition, after_s);
    for effect in effects {
        let effect_s = moment(events, Source::Machine, effect, after_s);
        let took_s = effect_s - condition_s;
        assert!(took_s <= limit_s, "{condition} to {effect}: {took_s:.3} s, at most {limit_s}");
    }
}

fn assert_said(watched: &Watched, code: &str) {
    let alarms = watched.run.outcome().alarms;
    assert!(alarms.iter().any(|alarm| alarm.code == code), "no {code} among {alarms:?}");
}

const STOPPED: [&str; 2] = ["ReturnClampClosed", "PumpsStopped"];

/// Nothing moves and nothing opens after the stop before the operator has acted.
fn assert_only_the_operator_resumes(events: &[Event], stopped_s: f64) {
    let opened_s = first(events, Source::Machine, "ReturnClampOpened", stopped_s);
    let Some(opened_s) = opened_s else { return };
    let acted = |action: &str| first(events, Source::Operator, action, stopped_s).is_some_and(|at_s| at_s <= opened_s);
    assert!(acted("Resume") || acted("EndEarly"), "the return clamp opened by itself at {opened_s} s");
    let reset = first(events, Source::Machine, "SafeStateLeft", stopped_s);
    assert!(reset.is_none_or(|_| acted("Reset")), "the safe state was left by itself");
}

#[test]
fn an_air_bolus_is_stopped_within_200_ms_and_no_air_reaches_the_donor() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("air_bolus", 2.0, None);
    watched.to_the_end();
    assert_within(&watched.events, fault_s, "AirAtDetectors", &STOPPED, 0.2);
    assert_eq!(watched.run.machine().donor().air_received().ml().to_bits(), 0.0_f64.to_bits());
    assert_said(&watched, "return_air");
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

#[test]
fn foam_is_stopped_within_200_ms_and_at_most_400_ul_of_air_reach_the_donor() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("air_foam", 0.3, None);
    watched.to_the_end();
    assert_within(&watched.events, fault_s, "AirAtDetectors", &STOPPED, 0.2);
    let air_ml = watched.run.machine().donor().air_received().ml();
    assert!(air_ml <= 0.4, "{air_ml} mL");
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

#[test]
fn an_occluded_return_line_stops_the_pumps_within_500_ms() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("return_occlusion", 1.0, None);
    watched.to_the_end();
    assert_within(&watched.events, fault_s, "ReturnPressureHigh", &["PumpsStopped"], 0.5);
    assert_said(&watched, "return_occlusion");
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

/// Hazard 7: no drop for 10 s (in which more than four are due), and then the inlet stops.
const SILENCE_S: f64 = 10.0;

#[test]
fn an_anticoagulant_bag_that_runs_empty_stops_the_inlet_within_the_time_of_the_drop_detector() {
    let mut watched = coarse(&[]);
    watched.until_phase(PhaseName::EstablishInterface);
    watched.minutes(2.0);
    let fault_s = watched.inject("anticoagulant_emptied", 0.0, None);
    watched.minutes(1.0);
    assert_within(&watched.events, fault_s, "AnticoagulantStopped", &["PumpsStopped"], SILENCE_S);
    assert_said(&watched, "anticoagulant_not_delivered");
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

#[test]
fn a_closed_anticoagulant_line_stops_the_inlet_within_the_time_of_the_drop_detector() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("anticoagulant_line_closed", 0.0, None);
    watched.to_the_end();
    assert_within(&watched.events, fault_s, "AnticoagulantStopped", &["PumpsStopped"], SILENCE_S);
    assert_said(&watched, "anticoagulant_not_delivered");
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

fn is_safe_within_250_ms(fault: &str) {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject(fault, 0.0, None);
    watched.to_the_end();
    assert_within(&watched.events, fault_s, "FaultStarted", &["safe state: "], 0.25);
    assert_within(&watched.events, fault_s, "safe state: ", &STOPPED, 0.05);
    assert_only_the_operator_resumes(&watched.events, fault_s);
    assert!(!watched.run.outcome().completed);
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
    for sensor in ["return_pressure", "return_air"] {
        is_safe_within_250_ms(&format!("sensor.guard.{sensor}.nan"));
    }
}

#[test]
fn after_the_cause_is_gone_and_the_operator_has_reset_and_resumed_the_run_goes_on() {
    for fault in ["return_occlusion", "permit_loss", "command_nan"] {
        let mut watched = collecting(&[]);
        let fault_s = watched.inject(fault, 1.0, Some(20));
        watched.minutes(1.0);
        assert!(watched.run.controller().phase().name() != PhaseName::Collect, "{fault} stopped nothing");
        watched.until_phase(PhaseName::Collect);
        let resumed_s = moment(&watched.events, Source::Operator, "Resume", fault_s);
        assert!(moment(&watched.events, Source::Operator, "Reset", fault_s) < resumed_s, "{fault}");
        assert!(moment(&watched.events, Source::Control, "collect begins", fault_s) >= resumed_s, "{fault}");
        watched.minutes(5.0);
        assert_eq!(watched.run.controller().phase().name(), PhaseName::Collect, "{fault}");
    }
}

#[test]
fn when_anticoagulant_flows_again_the_run_can_go_on() {
    let mut watched = collecting(&[]);
    let fault_s = watched.inject("anticoagulant_line_closed", 0.0, Some(20));
    watched.minutes(1.0);
    assert!(watched.run.controller().phase().name() != PhaseName::Collect);
    watched.until_phase(PhaseName::Collect);
    assert_only_the_operator_resumes(&watched.events, fault_s);
}

#[test]
fn a_stop_whose_cause_is_gone_lasts_until_somebody_resets_it() {
    let mut watched = collecting(&["model.operator.delay.reset=7200"]);
    watched.inject("permit_loss", 0.0, Some(1));
    let stopped = watched.samples.len() + 5;
    watched.minutes(30.0);
    assert_eq!(watched.run.controller().phase().name(), PhaseName::Stopped);
    let moves = |flow_ml_min: f64| flow_ml_min.abs() > 1.0;
    assert!(watched.samples[stopped..].iter().all(|sample| !moves(sample.inlet_flow_ml_min)));
}

#[test]
fn nothing_is_lost_in_a_run_with_faults_that_ends_early() {
    let mut watched = collecting(&[]);
    for (fault, magnitude, lasts_s) in [
        ("vein_collapse", 0.6, Some(60)),
        ("air_bolus", 2.0, None),
        ("return_occlusion", 1.0, Some(30)),
        ("return_line_off", 0.0, Some(10)),
        ("leak", 20.0, None),
    ] {
        watched.inject(fault, magnitude, lasts_s);
        watched.minutes(5.0);
    }
    let outcome = watched.finish().outcome;
    assert!(!outcome.completed, "{}", outcome.end_reason);
    assert!(worst_balance(&outcome) < 1e-9, "{:?}", outcome.balance);
}
