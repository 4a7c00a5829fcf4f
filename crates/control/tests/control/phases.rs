//! A whole procedure, and for every phase what makes it refuse.

use leuka_blood::Anticoagulant;
use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_device::*;

use crate::rig::*;

#[test]
fn a_whole_procedure_runs_to_its_target() {
    let mut rig = Rig::new(prescription());
    assert!(rig.run_to(PhaseName::Summary, 240.0), "stuck at {}: {:#?}", rig.phase(), rig.told());
    assert_eq!(rig.controller.outcome(), Some(EndReason::TargetReached), "{:#?}", rig.told());
    assert_eq!(rig.refusals(), Vec::<String>::new());
    let phases: Vec<_> = rig
        .events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::PhaseChanged { to, .. } => Some(to),
            _ => None,
        })
        .collect();
    let ordinary = PhaseName::ALL.into_iter().filter(|name| {
        let special = [
            PhaseName::SelfTest,
            PhaseName::RedCells,
            PhaseName::Elute,
            PhaseName::Paused,
            PhaseName::Stopped,
            PhaseName::Refused,
        ];
        !special.contains(name)
    });
    assert_eq!(phases, ordinary.collect::<Vec<_>>());
}

/// Runs to `phase` with a good operator and machine, then lets `fail` spoil it.
fn at(phase: PhaseName) -> Rig {
    let mut rig = Rig::new(prescription());
    assert!(rig.run_to(phase, 120.0), "stuck at {}: {:#?}", rig.phase(), rig.told());
    rig
}

/// Spoils the sensors during self-test and gives the refusal.
fn self_test_refusal(tamper: impl FnMut(&mut Telemetry) + 'static) -> String {
    let mut rig = Rig::new(prescription());
    rig.tamper = Some(Box::new(tamper));
    assert!(rig.run_to(PhaseName::Refused, 10.0), "passed: {:#?}", rig.told());
    assert_eq!(rig.commands.pumps.inlet, FlowRate::ZERO);
    rig.controller.outcome().expect("over").to_string()
}

#[track_caller]
fn check(refusal: &str, says: &str) {
    assert!(refusal.contains(says), "`{refusal}` does not say `{says}`");
}

#[test]
fn the_self_test_refuses_each_part_that_does_not_work() {
    check(&self_test_refusal(|telemetry| telemetry.guard = Reading::default()), "guard does not let commands pass");
    check(
        &self_test_refusal(|telemetry| telemetry.return_pressure.value = Some(Pressure::from_mmhg(f64::NAN))),
        "return pressure sensor",
    );
    check(
        &self_test_refusal(|telemetry| telemetry.access_pressure.value = Some(Pressure::from_mmhg(-80.0))),
        "access pressure sensor",
    );
    check(
        &self_test_refusal(|telemetry| telemetry.pump_flows.plasma.value = Some(FlowRate::from_ml_min(0.1))),
        "plasma pump did not reach",
    );
    let mut turned = false;
    let stuck = move |telemetry: &mut Telemetry| {
        turned |= telemetry.pump_flows.inlet.value.is_some_and(|flow| flow.ml_min() > 4.0);
        if turned {
            telemetry.pump_flows.inlet.value = Some(FlowRate::from_ml_min(5.0));
        }
    };
    check(&self_test_refusal(stuck), "pump did not stop");
    check(
        &self_test_refusal(|telemetry| telemetry.centrifuge_speed.value = Some(RotationalSpeed::ZERO)),
        "centrifuge did not reach 400",
    );
    let mut turned = false;
    let runs_on = move |telemetry: &mut Telemetry| {
        turned |= telemetry.centrifuge_speed.value.is_some_and(|speed| speed.rpm() > 380.0);
        if turned {
            telemetry.centrifuge_speed.value = Some(RotationalSpeed::from_rpm(400.0));
        }
    };
    check(&self_test_refusal(runs_on), "centrifuge did not stop");
    check(&self_test_refusal(|telemetry| telemetry.return_clamp.value = Some(Clamp::Closed)), "clamp did not open");
    check(&self_test_refusal(|telemetry| telemetry.return_air.value = Some(false)), "did not see the test air");
    check(&self_test_refusal(|telemetry| telemetry.leak.value = Some(true)), "leak sensor");
}

#[test]
fn air_that_does_not_close_the_clamp_refuses_the_machine() {
    let mut rig = Rig::new(prescription());
    rig.plant.air_test_closes = false;
    assert!(rig.run_to(PhaseName::Refused, 10.0));
    check(&rig.controller.outcome().expect("over").to_string(), "did not close the return clamp within 1.0 s");
}

#[test]
fn a_machine_that_stays_in_its_safe_state_after_the_air_test_is_refused() {
    let mut tested = false;
    let latched = move |telemetry: &mut Telemetry| {
        tested |= telemetry.return_air.value == Some(true);
        if tested {
            telemetry.guard.value = Some(VerdictKind::Safe);
        }
    };
    check(&self_test_refusal(latched), "did not recover");
}

#[test]
fn identities_must_agree() {
    let scan = |action: OperatorAction, before: Option<OperatorAction>| {
        let mut rig = at(PhaseName::Admission);
        if let Some(before) = before {
            rig.act(before);
        }
        rig.act(action);
        assert_eq!(rig.phase(), PhaseName::Refused);
        rig.controller.outcome().expect("over").to_string()
    };
    let order = || answer(Request::ScanOrder);
    check(&scan(OperatorAction::ScanOrder { order: id("ORDER-9"), donor: id("DONOR-1") }, None), "order ORDER-9");
    check(&scan(OperatorAction::ScanOrder { order: id("ORDER-1"), donor: id("DONOR-9") }, None), "donor DONOR-9");
    let other = OperatorAction::ScanDonor { id: id("DONOR-9"), second: id("1970-01-01") };
    check(&scan(other, order()), "donor DONOR-9 was scanned but DONOR-1 is prescribed");
    let namesake = OperatorAction::ScanDonor { id: id("DONOR-1"), second: id("1980-01-01") };
    check(&scan(namesake, order()), "donor 1980-01-01");
}

#[test]
fn an_unfit_donor_is_refused_with_the_reason() {
    let confirm = |stated: Eligibility, change: fn(&mut Prescription)| {
        let mut prescription = prescription();
        change(&mut prescription);
        let mut rig = Rig::new(prescription);
        rig.run_to(PhaseName::Admission, 5.0);
        rig.act(answer(Request::ScanOrder).unwrap());
        rig.act(answer(Request::ScanDonor).unwrap());
        rig.act(OperatorAction::ConfirmEligibility(stated));
        assert_eq!(rig.phase(), PhaseName::Refused);
        rig.controller.outcome().expect("over").to_string()
    };
    let fit = eligible();
    check(&confirm(Eligibility { consent: false, ..fit }, |_| {}), "consent");
    check(&confirm(Eligibility { infection_markers_negative: false, ..fit }, |_| {}), "infection");
    check(&confirm(Eligibility { pregnant: true, ..fit }, |_| {}), "pregnancy");
    check(&confirm(Eligibility { count_age: TimeSpan::from_hours(40.0), ..fit }, |_| {}), "40 h old");
    let strict = |p: &mut Prescription| p.limits.eligibility.refuse_ace_inhibitor = true;
    check(&confirm(Eligibility { ace_inhibitor: true, ..fit }, strict), "ACE inhibitor");
    let strict = |p: &mut Prescription| p.limits.eligibility.refuse_anticoagulant_drug = true;
    check(&confirm(Eligibility { anticoagulant_drug: true, ..fit }, strict), "anticoagulant drug");
    check(&confirm(fit, |p| p.donor.hemoglobin = MassConcentration::from_g_dl(7.5)), "haemoglobin is 75.0 g/L");
    check(&confirm(fit, |p| p.donor.platelets = CellConcentration::from_1e9_l(25.0)), "platelets are 25");
    check(&confirm(fit, |p| p.donor.ionised_calcium = Concentration::from_mmol_l(0.9)), "ionised calcium is 0.90");
    let low_after = |p: &mut Prescription| {
        p.donor.platelets = CellConcentration::from_1e9_l(31.0);
        p.goal.target = leuka_dose::Target::TbvMultiple(4.0);
    };
    check(&confirm(fit, low_after), "platelets are predicted");
    let low_after = |p: &mut Prescription| {
        p.limits.eligibility.hemoglobin_after = p.donor.hemoglobin;
    };
    check(&confirm(fit, low_after), "haemoglobin is predicted");
    let small = |p: &mut Prescription| {
        p.donor.tbv = Volume::from_litres(1.0);
        p.settings.inlet_flow = FlowRate::from_ml_min(12.0);
    };
    check(&confirm(fit, small), "holds 18.5 % of the blood volume");
}

#[test]
fn red_cell_prime_lets_a_small_donor_pass_the_volume_limit() {
    let mut prescription = prescription();
    prescription.donor.tbv = Volume::from_litres(1.0);
    prescription.goal.target = leuka_dose::Target::Volume(Volume::from_litres(1.0));
    prescription.set.red_cell_prime = true;
    let mut rig = Rig::new(prescription);
    assert!(rig.run_to(PhaseName::LoadSet, 5.0), "{:?}", rig.refusals());
}

#[test]
fn a_missing_or_bad_baseline_refuses() {
    let mut rig = Rig::new(prescription());
    rig.tamper = Some(Box::new(|telemetry| telemetry.monitor.systolic = Reading::default()));
    assert!(rig.run_to(PhaseName::Refused, 20.0));
    check(&rig.controller.outcome().expect("over").to_string(), "hypotension");
    let mut rig = Rig::new(prescription());
    rig.tamper = Some(Box::new(|telemetry| telemetry.monitor.heart_rate.value = Some(Frequency::from_per_min(170.0))));
    assert!(rig.run_to(PhaseName::Refused, 20.0));
    check(&rig.controller.outcome().expect("over").to_string(), "heart_rate");
}

/// What the operator does wrongly at a step is refused, and the step stays.
fn refused_step(phase: PhaseName, before: &[Request], action: OperatorAction) -> String {
    let mut rig = at(phase);
    for request in before {
        rig.act(answer(*request).expect("something to do"));
    }
    rig.act(action);
    assert_eq!(rig.phase(), phase);
    rig.refusals().pop().expect("a refusal")
}

#[test]
fn wrong_materials_and_labels_are_refused() {
    check(
        &refused_step(PhaseName::LoadSet, &[], OperatorAction::LoadSet { code: id("SET-X") }),
        "set SET-X was loaded but SET-C",
    );
    let acd = Solution::Anticoagulant(Anticoagulant::AcdA);
    check(
        &refused_step(PhaseName::LoadSet, &[Request::LoadSet], OperatorAction::HangSaline { solution: acd }),
        "saline belongs on this line",
    );
    let saline = OperatorAction::SpikeAnticoagulant { solution: Solution::Saline };
    check(&refused_step(PhaseName::ConnectAnticoagulant, &[], saline), "saline was scanned");
    let acd_b = OperatorAction::SpikeAnticoagulant { solution: Solution::Anticoagulant(Anticoagulant::AcdB) };
    check(&refused_step(PhaseName::ConnectAnticoagulant, &[], acd_b), "ACD-B");
    let label = ProductLabel { product: id("PRODUCT-1"), donor: id("DONOR-9"), order: id("ORDER-1") };
    check(
        &refused_step(
            PhaseName::Product,
            &[Request::MixProduct, Request::SampleProduct],
            OperatorAction::SealProduct { label },
        ),
        "label names another",
    );
    check(
        &refused_step(PhaseName::RemoveLine, &[], OperatorAction::RemoveLine { hemostasis: false }),
        "bleeding does not yet stand",
    );
}

#[test]
fn a_set_that_leaks_or_holds_no_pressure_is_refused() {
    let mut rig = at(PhaseName::PressureTest);
    rig.plant.leak_when_tested = true;
    assert!(rig.run_to(PhaseName::Refused, 5.0), "at {}", rig.phase());
    check(&rig.controller.outcome().expect("over").to_string(), "instead of 150 mmHg");
    let mut rig = at(PhaseName::PressureTest);
    while rig.plant.return_mmhg < 150.0 {
        rig.beat(None);
    }
    rig.plant.leak_when_tested = true;
    assert!(rig.run_to(PhaseName::Refused, 5.0), "at {}", rig.phase());
    check(&rig.controller.outcome().expect("over").to_string(), "in the pressure test");
}

#[test]
fn prime_refuses_an_empty_bag_air_that_stays_and_too_slow_a_flow() {
    let refusal = |spoil: fn(&mut Rig)| {
        let mut rig = at(PhaseName::Prime);
        spoil(&mut rig);
        assert!(rig.run_to(PhaseName::Refused, 30.0), "at {}", rig.phase());
        rig.controller.outcome().expect("over").to_string()
    };
    let stuck_scale: fn(&mut Rig) = |rig| {
        rig.tamper = Some(Box::new(|telemetry| telemetry.weights.saline.value = Some(Mass::from_grams(1040.0))));
    };
    check(&refusal(stuck_scale), "but the bag lost 0 mL");
    check(
        &refusal(|rig| rig.tamper = Some(Box::new(|telemetry| telemetry.return_air.value = Some(true)))),
        "air is left in the return line",
    );
    check(
        &refusal(|rig| {
            rig.tamper = Some(Box::new(|telemetry| telemetry.pump_flows.inlet.value = Some(FlowRate::ZERO)));
        }),
        "prime took longer than 15 min",
    );
}

#[test]
fn a_catheter_lock_must_be_aspirated() {
    let mut prescription = prescription();
    prescription.settings.access = Access::Catheter;
    let mut rig = Rig::new(prescription);
    assert!(rig.run_to(PhaseName::VeinAccess, 20.0));
    rig.act(OperatorAction::InsertAccess { lock_aspirated: false });
    check(&rig.refusals().pop().expect("a refusal"), "lock must be aspirated");
    assert_eq!(rig.phase(), PhaseName::VeinAccess);
}

#[test]
fn an_access_that_is_not_free_is_placed_anew_and_given_up_after_three_attempts() {
    let mut rig = at(PhaseName::VeinAccess);
    for attempt in 1..=3 {
        rig.act(answer(Request::InsertAccess).unwrap());
        if attempt == 2 {
            rig.act(OperatorAction::TestDraw { free: true });
            rig.act(OperatorAction::TestReturn { free: false });
        } else {
            rig.act(OperatorAction::TestDraw { free: false });
        }
    }
    assert_eq!(rig.controller.outcome(), Some(EndReason::Refused(Refusal::NoAccess { attempts: 3 })));
}

#[test]
fn lines_are_not_connected_with_air_or_a_blind_sensor() {
    let mut rig = at(PhaseName::Connect);
    rig.tamper = Some(Box::new(|telemetry| telemetry.return_air.value = Some(true)));
    rig.act(OperatorAction::Connect);
    check(&rig.refusals().pop().expect("a refusal"), "air is in the return line");
    rig.tamper = Some(Box::new(|telemetry| telemetry.access_pressure = Reading::default()));
    rig.run_for(1.0);
    rig.act(OperatorAction::Connect);
    check(&rig.refusals().pop().expect("a refusal"), "access pressure sensor");
    assert_eq!(rig.phase(), PhaseName::Connect);
}

#[test]
fn divert_that_does_not_come_forward_times_out_into_a_pause() {
    let mut rig = at(PhaseName::Divert);
    rig.tamper = Some(Box::new(|telemetry| telemetry.pump_flows.inlet.value = Some(FlowRate::ZERO)));
    rig.run_for(11.0 * 60.0);
    let Phase::Paused(paused) = rig.controller.phase() else { panic!("at {}", rig.phase()) };
    assert!(matches!(paused.reason, PauseReason::TimeOut { phase: PhaseName::Divert, .. }), "{paused:?}");
    assert_eq!(rig.commands.pumps.anticoagulant, FlowRate::ZERO);
}

#[test]
fn rinse_back_that_does_not_end_is_cut_short() {
    let mut rig = at(PhaseName::RinseBack);
    rig.tamper = Some(Box::new(|telemetry| telemetry.pump_flows.inlet.value = Some(FlowRate::ZERO)));
    assert!(rig.run_to(PhaseName::Disconnect, 21.0));
    assert!(rig.alarm(AlarmCode::StepTimeOut).is_some());
}

#[test]
fn a_fall_on_standing_prolongs_the_observation() {
    let mut rig = at(PhaseName::Observation);
    rig.act(OperatorAction::MeasureLying { systolic: Pressure::from_mmhg(120.0) });
    rig.act(OperatorAction::MeasureStanding { systolic: Pressure::from_mmhg(90.0) });
    check(&rig.refusals().pop().expect("a refusal"), "fell by 30 mmHg on standing");
    assert_eq!(rig.controller.request(), Some(Request::MeasureLying));
}

#[test]
fn impossible_counts_are_refused() {
    let counts = PostCounts {
        hematocrit: Fraction::from_pct(370.0),
        platelets: CellConcentration::from_1e9_l(130.0),
        white_cells: CellConcentration::from_1e9_l(25.0),
        dose_cells: CellConcentration::from_per_ul(40.0),
    };
    check(&refused_step(PhaseName::Counts, &[], OperatorAction::EnterCounts(counts)), "no possible value");
}

#[test]
fn a_step_that_waits_long_is_said() {
    let mut rig = at(PhaseName::LoadSet);
    rig.run_for(11.0 * 60.0);
    assert!(rig.alarm(AlarmCode::StepTimeOut).is_some());
    assert_eq!(rig.phase(), PhaseName::LoadSet);
}

#[test]
fn an_action_out_of_turn_is_refused() {
    let mut rig = at(PhaseName::Admission);
    rig.act(OperatorAction::Connect);
    check(&rig.refusals().pop().expect("a refusal"), "the procedure is at admission");
}

#[test]
fn rinse_back_can_be_omitted_and_a_run_ended_early() {
    let mut prescription = prescription();
    prescription.settings.rinse_back_volume = Volume::ZERO;
    let mut rig = Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(600.0);
    rig.act(OperatorAction::EndEarly);
    assert_eq!(rig.phase(), PhaseName::Disconnect);
    assert!(rig.run_to(PhaseName::Summary, 30.0));
    assert_eq!(rig.controller.outcome(), Some(EndReason::EndedEarly));
}

#[test]
fn ended_before_the_donor_is_connected_it_is_a_refusal_or_the_line_comes_out() {
    let mut rig = at(PhaseName::LoadSet);
    rig.act(OperatorAction::EndEarly);
    assert_eq!(rig.controller.outcome(), Some(EndReason::Refused(Refusal::Cancelled)));
    let mut rig = at(PhaseName::Connect);
    rig.act(OperatorAction::EndEarly);
    assert_eq!(rig.phase(), PhaseName::RemoveLine);
}

#[test]
fn a_pause_keeps_its_place_and_a_long_one_asks_for_a_flush() {
    let mut rig = at(PhaseName::Collect);
    rig.run_for(60.0);
    rig.act(OperatorAction::Pause);
    assert_eq!(rig.commands.pumps, PumpFlows::default());
    assert_eq!((rig.commands.draw_clamp, rig.commands.return_clamp), (Clamp::Closed, Clamp::Closed));
    rig.run_for(60.0);
    rig.act(OperatorAction::Resume);
    assert_eq!(rig.phase(), PhaseName::Collect);
    rig.act(OperatorAction::Pause);
    rig.run_for(310.0);
    assert!(rig.alarm(AlarmCode::LongPause).is_some());
    assert_eq!(rig.controller.request(), Some(Request::FlushSet));
    rig.act(OperatorAction::Resume);
    check(&rig.refusals().pop().expect("a refusal"), "flush and inspect");
    rig.act(OperatorAction::FlushSet);
    rig.act(OperatorAction::Resume);
    assert_eq!(rig.phase(), PhaseName::Collect);
}
