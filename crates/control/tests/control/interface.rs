//! The interface loop on an integrator with delay and noise.

use leuka_blood::quantity::{Fraction, TimeSpan};
use leuka_control::*;
use leuka_device::AlarmCode;
use leuka_dose::Target;

use crate::rig::*;

fn two_hours() -> Rig {
    let mut prescription = prescription();
    prescription.goal.target = Target::Time(TimeSpan::from_minutes(120.0));
    Rig::new(prescription)
}

/// Minute of the rig's clock at which the phase began.
fn began(rig: &Rig, phase: PhaseName) -> f64 {
    let is_begin = |event: &&Event| matches!(event.kind, EventKind::PhaseChanged { to, .. } if to == phase);
    rig.events.iter().find(is_begin).expect("the phase began").at.micros() as f64 / 60e6
}

#[test]
fn the_interface_stands_within_fifteen_minutes_and_holds_the_collect_hematocrit_within_one_point() {
    let mut rig = two_hours();
    assert!(rig.run_to(PhaseName::Summary, 240.0));
    let begin = began(&rig, PhaseName::EstablishInterface);
    assert!(began(&rig, PhaseName::Collect) - begin < 15.0, "{:#?}", rig.told());
    for (minute, mm, collect, phase) in &rig.trace {
        if *minute > begin + 15.0 && *phase == PhaseName::Collect {
            assert!((mm - 2.0).abs() < 0.15, "the interface is at {mm:.2} mm after {minute} min");
            assert!((collect - 0.03).abs() < 0.01, "the collect line has {:.1} % after {minute} min", collect * 100.0);
        }
    }
}

#[test]
fn a_hematocrit_entered_wrongly_is_noticed_said_and_replaced() {
    for truth in [0.32, 0.48] {
        let mut rig = two_hours();
        rig.plant.hematocrit = truth;
        assert!(rig.run_to(PhaseName::Summary, 240.0), "stuck at {}", rig.phase());
        let alarm = rig.alarm(AlarmCode::HematocritMismatch).expect("said");
        let EventKind::Alarm { evidence: Evidence::Hematocrit { entered, estimated }, .. } = alarm.kind else {
            panic!("without both values: {alarm:?}")
        };
        assert_eq!(entered, Fraction::from_pct(40.0));
        assert!((estimated.fraction() - truth).abs() < 0.02, "{estimated:?} against {truth}");
        let begin = began(&rig, PhaseName::EstablishInterface);
        for (minute, _, collect, phase) in &rig.trace {
            if *minute > begin + 40.0 && *phase == PhaseName::Collect {
                let pct = collect * 100.0;
                assert!((pct - 3.0).abs() < 1.0, "the collect line has {pct:.1} % after {minute} min with {truth}");
            }
        }
    }
}

#[test]
fn a_right_entry_raises_no_mismatch() {
    let mut rig = two_hours();
    rig.run_to(PhaseName::Summary, 240.0);
    assert!(rig.alarm(AlarmCode::HematocritMismatch).is_none());
}

#[test]
fn another_depth_of_the_layer_is_found_by_the_collect_line() {
    for depth_mm in [1.85, 2.15] {
        let mut rig = two_hours();
        rig.plant.collect_depth_mm = depth_mm;
        assert!(rig.run_to(PhaseName::Summary, 240.0));
        let last = rig.trace.iter().rev().find(|(.., phase)| *phase == PhaseName::Collect).expect("collected");
        assert!((last.2 - 0.03).abs() < 0.01, "{:.1} % at a depth of {depth_mm} mm", last.2 * 100.0);
    }
}

/// Establishes against a broken camera or channel and gives the alarm and what came of it.
fn failing(tamper: Tamper) -> Rig {
    let mut rig = two_hours();
    assert!(rig.run_to(PhaseName::EstablishInterface, 20.0));
    rig.tamper = Some(tamper);
    rig.run_for(45.0 * 60.0);
    rig
}

#[test]
fn the_three_failures_of_the_interface_are_told_apart() {
    let check = |tamper: Tamper, expected: AlarmCode| {
        let rig = failing(tamper);
        for code in
            [AlarmCode::InterfaceNotMeasured, AlarmCode::InterfaceNotDetected, AlarmCode::InterfaceNotResponding]
        {
            assert_eq!(rig.alarm(code).is_some(), code == expected, "{expected:?}: {:#?}", rig.told());
        }
        let Phase::Paused(paused) = rig.controller.phase() else { panic!("at {}", rig.phase()) };
        assert_eq!(paused.reason, PauseReason::Interface(expected));
    };
    check(
        Box::new(|telemetry| {
            if let Some(image) = &mut telemetry.camera.value {
                image.confidence = Fraction::from_fraction(0.1);
            }
        }),
        AlarmCode::InterfaceNotMeasured,
    );
    check(
        Box::new(|telemetry| {
            if let Some(image) = &mut telemetry.camera.value {
                image.interface = None;
            }
        }),
        AlarmCode::InterfaceNotDetected,
    );
    check(
        Box::new(|telemetry| {
            if let Some(image) = &mut telemetry.camera.value {
                image.interface = Some(leuka_blood::quantity::Length::from_mm(3.5));
            }
        }),
        AlarmCode::InterfaceNotResponding,
    );
}

#[test]
fn a_lost_interface_stops_the_collect_pump_but_not_the_circulation() {
    let mut rig = two_hours();
    assert!(rig.run_to(PhaseName::Collect, 40.0));
    rig.run_for(120.0);
    assert!(rig.commands.pumps.collect.ml_min() > 0.0);
    rig.tamper = Some(Box::new(|telemetry| telemetry.camera = Default::default()));
    rig.run_for(30.0);
    assert_eq!(rig.phase(), PhaseName::Collect);
    assert_eq!(rig.commands.pumps.collect.ml_min(), 0.0);
    assert!(rig.commands.pumps.inlet.ml_min() > 50.0 && rig.commands.pumps.plasma.ml_min() > 10.0);
    rig.tamper = None;
    rig.run_for(180.0);
    assert!(rig.commands.pumps.collect.ml_min() > 0.0, "collects again: {:#?}", rig.told());
}

#[test]
fn without_a_camera_the_operator_sets_the_plasma_flow() {
    let mut rig = two_hours();
    assert!(rig.run_to(PhaseName::Collect, 40.0));
    rig.tamper = Some(Box::new(|telemetry| telemetry.camera = Default::default()));
    let flow = leuka_blood::quantity::FlowRate::from_ml_min(31.0);
    rig.act(OperatorAction::SetPlasmaFlow { flow: Some(flow) });
    rig.run_for(900.0);
    assert_eq!(rig.phase(), PhaseName::Collect);
    assert_eq!(rig.commands.pumps.plasma, flow);
    assert!(rig.commands.pumps.collect.ml_min() > 0.0);
}

#[test]
fn a_red_collect_line_stops_the_collect_pump_within_two_seconds() {
    let mut rig = two_hours();
    assert!(rig.run_to(PhaseName::Collect, 40.0));
    rig.run_for(600.0);
    assert!(rig.commands.pumps.collect.ml_min() > 0.0);
    rig.tamper = Some(Box::new(|telemetry| {
        if let Some(optics) = &mut telemetry.collect_optics.value {
            optics.hematocrit = Fraction::from_pct(9.5);
        }
    }));
    rig.run_for(2.0);
    assert_eq!(rig.commands.pumps.collect.ml_min(), 0.0);
    assert!(rig.alarm(AlarmCode::CollectLineRed).is_some());
}
