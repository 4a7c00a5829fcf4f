//! Broken sensors, protective stops, and arbitrary input.

use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_device::*;
use proptest::prelude::*;

use crate::methods::{METHODS, by};
use crate::rig::*;

fn collecting() -> Rig {
    let mut rig = Rig::new(prescription());
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(120.0);
    rig
}

fn assert_stands(rig: &Rig) {
    assert_eq!(rig.commands.pumps, PumpFlows::default());
    assert_eq!((rig.commands.draw_clamp, rig.commands.return_clamp), (Clamp::Closed, Clamp::Closed));
}

#[test]
fn a_vital_sensor_that_is_nan_old_or_missing_stops_within_its_age() {
    let check = |tamper: Tamper, sensor: Sensor| {
        let mut rig = collecting();
        rig.tamper = Some(tamper);
        rig.run_for(0.3);
        assert_eq!(rig.phase(), PhaseName::Collect, "a moment's silence of {sensor} stops nothing");
        rig.run_for(6.0);
        let Phase::Stopped(stopped) = rig.controller.phase() else { panic!("{sensor}: at {}", rig.phase()) };
        assert_eq!(stopped.cause, StopCause::Sensor(sensor));
        assert_stands(&rig);
        assert!(rig.alarm(AlarmCode::SensorFault).is_some());
    };
    let nan = Pressure::from_mmhg(f64::NAN);
    check(Box::new(move |t| t.access_pressure.value = Some(nan)), Sensor::AccessPressure);
    check(Box::new(|t| t.return_pressure.value = None), Sensor::ReturnPressure);
    check(Box::new(|t| t.return_pressure.value = Some(Pressure::from_mmhg(1e9))), Sensor::ReturnPressure);
    check(Box::new(|t| t.return_air = Reading::default()), Sensor::ReturnAir);
    check(Box::new(|t| t.leak.value = None), Sensor::Leak);
    check(
        Box::new(|t| t.pump_flows.inlet.value = Some(FlowRate::from_ml_min(f64::INFINITY))),
        Sensor::PumpFlow(Pump::Inlet),
    );
    check(Box::new(|t| t.return_temperature.value = None), Sensor::ReturnTemperature);
    let mut frozen = None;
    let freeze = move |telemetry: &mut Telemetry| {
        telemetry.access_pressure = *frozen.get_or_insert(telemetry.access_pressure);
    };
    check(Box::new(freeze), Sensor::AccessPressure);
}

/// Every sensor that control cannot do without, each way of failing, alone.
#[test]
fn every_fault_of_every_vital_sensor_of_control_alone_ends_safe() {
    macro_rules! check {
        ($($($field:ident).+ = $sensor:expr, $wrong:expr;)+) => {$(
            for way in 0..WAYS {
                let (mut rig, mut kept) = (collecting(), None);
                rig.tamper = Some(Box::new(move |told| fail(&mut told.$($field).+, &mut kept, way, $wrong)));
                rig.run_for(6.3);
                let Phase::Stopped(stopped) = rig.controller.phase() else {
                    panic!("{}, way {way}: at {}", $sensor, rig.phase())
                };
                assert_eq!(stopped.cause, StopCause::Sensor($sensor), "way {way}");
                assert_stands(&rig);
            }
        )+};
    }
    let pressure: fn(f64) -> _ = |value| Some(Pressure::from_mmhg(value));
    let flow: fn(f64) -> _ = |value| Some(FlowRate::from_ml_min(value));
    check! {
        access_pressure = Sensor::AccessPressure, pressure;
        return_pressure = Sensor::ReturnPressure, pressure;
        centrifuge_pressure = Sensor::CentrifugePressure, pressure;
        pump_flows.inlet = Sensor::PumpFlow(Pump::Inlet), flow;
        pump_flows.anticoagulant = Sensor::PumpFlow(Pump::Anticoagulant), flow;
        pump_flows.plasma = Sensor::PumpFlow(Pump::Plasma), flow;
        pump_flows.collect = Sensor::PumpFlow(Pump::Collect), flow;
        centrifuge_speed = Sensor::CentrifugeSpeed, |value| Some(RotationalSpeed::from_rpm(value));
        return_temperature = Sensor::ReturnTemperature, |value| Some(Temperature::from_celsius(value));
        return_air = Sensor::ReturnAir, |_| None;
        draw_clamp = Sensor::DrawClamp, |_| None;
        return_clamp = Sensor::ReturnClamp, |_| None;
        door_locked = Sensor::Door, |_| None;
        leak = Sensor::Leak, |_| None;
    }
}

#[test]
fn a_lesser_sensor_is_only_said() {
    let mut rig = collecting();
    rig.tamper = Some(Box::new(|telemetry| telemetry.weights.saline.value = None));
    rig.run_for(20.0);
    assert_eq!(rig.phase(), PhaseName::Collect);
    assert!(rig.alarm(AlarmCode::SensorFault).is_some());
}

/// The ways in which one reading fails: missing, NaN, impossible, or the same for ever.
const WAYS: usize = 4;

fn fail<T: Copy>(reading: &mut Reading<T>, kept: &mut Option<Reading<T>>, way: usize, wrong: fn(f64) -> Option<T>) {
    let kept = *kept.get_or_insert(*reading);
    match way {
        0 => reading.value = None,
        1 => reading.value = wrong(f64::NAN),
        2 => reading.value = wrong(1e9),
        _ => *reading = kept,
    }
}

/// Every sensor that control can do without for a while, each way of failing, alone: the loss is said, and either the run
/// goes on within its limits or it rests.
#[test]
fn every_fault_of_every_lesser_sensor_of_control_alone_is_said() {
    macro_rules! check {
        ($($($field:ident).+ = $alarm:pat, $phase:pat, $wrong:expr;)+) => {$(
            for way in 0..WAYS {
                let (mut rig, mut kept) = (collecting(), None);
                rig.tamper = Some(Box::new(move |told| fail(&mut told.$($field).+, &mut kept, way, $wrong)));
                let before = rig.events.len();
                rig.run_for(900.0);
                let name = stringify!($($field).+);
                let said = rig.events[before..].iter().any(|event| {
                    matches!(event.kind, EventKind::Alarm { code: $alarm, active: true, .. })
                });
                assert!(said, "{name}, way {way}: {:#?}", rig.told());
                assert!(matches!(rig.phase(), $phase), "{name}, way {way}: at {}", rig.phase());
                if rig.phase() != PhaseName::Collect {
                    assert_eq!(rig.commands.pumps, PumpFlows::default(), "{name}, way {way}");
                }
            }
        )+};
    }
    let mass: fn(f64) -> _ = |value| Some(Mass::from_grams(value));
    let part: fn(f64) -> _ = |value| Some(Fraction::from_fraction(value));
    let picture: fn(f64) -> _ = |value| {
        let confidence = Fraction::from_fraction(1.0);
        Some(CameraImage { interface: Some(Length::from_mm(value)), buffy_coat: None, confidence })
    };
    let optics: fn(f64) -> _ = |value| {
        let nucleated_cells = CellConcentration::from_per_ul(value);
        Some(CollectOptics { hematocrit: Fraction::from_fraction(value), nucleated_cells })
    };
    check! {
        camera = AlarmCode::InterfaceNotMeasured, PhaseName::Paused, picture;
        collect_optics = AlarmCode::SensorFault, PhaseName::Collect, optics;
        plasma_line_hematocrit = AlarmCode::SensorFault, PhaseName::Collect, part;
        return_air_signal = AlarmCode::AirDetectorFailed, PhaseName::Stopped, part;
        anticoagulant_drops = AlarmCode::SensorFault, PhaseName::Paused, |_| None;
        weights.anticoagulant = AlarmCode::SensorFault, PhaseName::Collect, mass;
        weights.saline = AlarmCode::SensorFault, PhaseName::Collect, mass;
        mains = AlarmCode::SensorFault, PhaseName::Collect, |_| None;
        monitor.heart_rate = AlarmCode::SensorFault, PhaseName::Collect, |value| Some(Frequency::from_per_min(value));
        monitor.systolic = AlarmCode::SensorFault, PhaseName::Collect, |value| Some(Pressure::from_mmhg(value));
        monitor.spo2 = AlarmCode::SensorFault, PhaseName::Collect, part;
        guard = AlarmCode::ProtectiveStop, PhaseName::Stopped, |_| None;
    }
}

/// What control shows and does not use, since the guard judges it by sensors of its own: no command changes by a bit.
#[test]
fn a_sensor_that_control_only_shows_changes_no_command() {
    let sound = {
        let mut rig = collecting();
        (0..600)
            .map(|_| {
                rig.beat(None);
                rig.commands
            })
            .collect::<Vec<_>>()
    };
    macro_rules! check {
        ($($($field:ident).+, $wrong:expr;)+) => {$(
            for way in 0..WAYS {
                let (mut rig, mut kept) = (collecting(), None);
                rig.tamper = Some(Box::new(move |told| fail(&mut told.$($field).+, &mut kept, way, $wrong)));
                for commands in &sound {
                    rig.beat(None);
                    assert_eq!(rig.commands, *commands, "{}, way {way}", stringify!($($field).+));
                }
            }
        )+};
    }
    let mass: fn(f64) -> _ = |value| Some(Mass::from_grams(value));
    check! {
        weights.product, mass;
        weights.waste, mass;
        vibration, |value| Some(Length::from_mm(value));
        plasma_hemoglobin, |value| Some(MassConcentration::from_g_dl(value));
        donor_button, |_| None;
        battery, |value| Some(TimeSpan::from_minutes(value));
        monitor.diastolic, |value| Some(Pressure::from_mmhg(value));
        monitor.respiration, |value| Some(Frequency::from_per_min(value));
        monitor.temperature, |value| Some(Temperature::from_celsius(value));
    }
}

#[test]
fn a_chamber_that_nothing_is_seen_of_is_said() {
    let mut rig = Rig::new(by(METHODS[1]));
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(60.0);
    let said = rig.alarm(AlarmCode::SensorFault).expect("an alarm");
    let of_chamber = Evidence::Sensor(Sensor::ChamberPicture);
    assert!(matches!(said.kind, EventKind::Alarm { evidence, .. } if evidence == of_chamber), "{}", said.kind);
}

#[test]
fn on_a_battery_that_does_not_say_what_it_holds_the_collection_ends() {
    let mut rig = collecting();
    rig.tamper = Some(Box::new(|told| {
        told.mains.value = Some(false);
        told.battery.value = None;
    }));
    rig.run_for(60.0);
    assert_ne!(rig.phase(), PhaseName::Collect);
    assert!(rig.alarm(AlarmCode::MainsLost).is_some());
}

#[test]
fn a_clock_that_jumps_stops() {
    let mut rig = collecting();
    rig.beats += 20;
    rig.beat(None);
    assert!(matches!(rig.controller.phase(), Phase::Stopped(Stopped { cause: StopCause::Sensor(Sensor::Clock), .. })));
}

/// The protective stop that the controller is in.
#[track_caller]
fn stopped(rig: &Rig) -> Stopped {
    match rig.controller.phase() {
        Phase::Stopped(stopped) => Some(*stopped),
        _ => None,
    }
    .expect("a protective stop")
}

/// Spoils one beat's telemetry until the stop, repairs it, resets and resumes.
fn stop_reset_resume(tamper: Tamper, cause: StopCause) {
    let mut rig = collecting();
    rig.tamper = Some(tamper);
    rig.run_for(0.6);
    assert_eq!(stopped(&rig).cause, cause);
    assert_stands(&rig);
    rig.run_for(60.0);
    assert_eq!(rig.phase(), PhaseName::Stopped, "it does not leave by itself");
    rig.act(OperatorAction::Reset);
    rig.run_for(3.0);
    assert_eq!(rig.phase(), PhaseName::Stopped, "{cause} still holds");
    assert!(rig.refusals().last().expect("a refusal").contains("still holds"));
    rig.tamper = None;
    rig.run_for(1.0);
    assert_eq!(rig.phase(), PhaseName::Stopped);
    rig.act(OperatorAction::Reset);
    rig.run_for(1.0);
    assert_eq!(rig.phase(), PhaseName::Paused, "{cause}: a reset does not resume");
    rig.act(OperatorAction::Resume);
    if cause == StopCause::Leak {
        assert_eq!(rig.phase(), PhaseName::Paused, "a set that leaked is not used again");
        rig.act(OperatorAction::EndEarly);
        assert_eq!(rig.phase(), PhaseName::Disconnect, "and not rinsed back");
    } else {
        assert_eq!(rig.phase(), PhaseName::Collect);
    }
}

#[test]
fn protective_stops_wait_for_their_cause_to_go_and_for_the_operator() {
    stop_reset_resume(Box::new(|t| t.leak.value = Some(true)), StopCause::Leak);
    stop_reset_resume(Box::new(|t| t.return_air.value = Some(true)), StopCause::Air);
    stop_reset_resume(Box::new(|t| t.door_locked.value = Some(false)), StopCause::DoorOpen);
    stop_reset_resume(Box::new(|t| t.guard = Reading::default()), StopCause::GuardSilent);
    let safe = SafeState { cause: Cause::ReturnOcclusion, since: Instant::START };
    stop_reset_resume(Box::new(move |t| t.safe_state = Some(safe)), StopCause::Machine(Cause::ReturnOcclusion));
}

#[test]
fn a_guard_that_holds_pauses_the_run() {
    let mut rig = collecting();
    rig.tamper = Some(Box::new(|telemetry| telemetry.guard.value = Some(VerdictKind::Hold)));
    rig.beat(None);
    assert!(matches!(rig.controller.phase(), Phase::Paused(Paused { reason: PauseReason::GuardHold, .. })));
}

#[test]
fn vital_signs_are_told_and_then_pause() {
    let mut rig = collecting();
    rig.tamper = Some(Box::new(|telemetry| telemetry.monitor.systolic.value = Some(Pressure::from_mmhg(84.0))));
    rig.run_for(2.0);
    assert_eq!(rig.phase(), PhaseName::Collect);
    assert!(rig.alarm(AlarmCode::Hypotension).is_some());
    rig.tamper = Some(Box::new(|telemetry| telemetry.monitor.spo2.value = Some(Fraction::from_pct(82.0))));
    rig.run_for(2.0);
    assert_eq!(rig.phase(), PhaseName::Paused);
}

#[test]
fn an_empty_battery_ends_the_collection() {
    let mut rig = collecting();
    rig.tamper = Some(Box::new(|telemetry| {
        telemetry.mains.value = Some(false);
        telemetry.battery.value = Some(TimeSpan::from_minutes(8.0));
    }));
    rig.run_for(2.0);
    assert_eq!(rig.phase(), PhaseName::Disconnect);
    assert!(rig.alarm(AlarmCode::MainsLost).is_some());
}

#[test]
fn a_stop_in_preparation_returns_to_its_step() {
    let mut rig = Rig::new(prescription());
    assert!(rig.run_to(PhaseName::LoadSet, 10.0));
    let safe = SafeState { cause: Cause::GuardSensor, since: Instant::START };
    rig.tamper = Some(Box::new(move |telemetry| telemetry.safe_state = Some(safe)));
    rig.beat(None);
    assert_eq!(rig.phase(), PhaseName::Stopped);
    rig.tamper = None;
    rig.act(OperatorAction::Reset);
    rig.beat(None);
    assert_eq!(rig.phase(), PhaseName::LoadSet);
}

#[test]
fn an_impossible_prescription_is_refused_with_its_value() {
    let message = |change: fn(&mut Prescription)| {
        let mut prescription = prescription();
        change(&mut prescription);
        Controller::new(prescription).expect_err("impossible").to_string()
    };
    assert!(message(|p| p.settings.inlet_flow = FlowRate::from_ml_min(200.0)).contains("inlet flow is 200"));
    assert!(message(|p| p.donor.hematocrit = Fraction::from_fraction(f64::NAN)).contains("haematocrit is NaN"));
    assert!(message(|p| p.identity.order.clear()).contains("order identifier is empty"));
    assert!(message(|p| p.limits.spo2_low.warning = Fraction::ZERO).contains("saturation"));
    assert!(message(|p| p.goal.target = leuka_dose::Target::TbvMultiple(9.0)).contains("9 blood volumes"));
    let message = message(|p| {
        p.anticoagulant.infusion.warning = InfusionRate::from_ml_min_l(0.04);
        p.anticoagulant.infusion.automatic = InfusionRate::from_ml_min_l(0.05);
    });
    assert!(message.contains("anticoagulant and citrate limits allow is 3"), "{message}");
}

fn any_f64() -> impl Strategy<Value = f64> {
    prop_oneof![
        -500.0..1500.0f64,
        Just(0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        any::<f64>(),
    ]
}

/// A change to telemetry: which reading, what value, how old.
type Spoil = (u8, Option<f64>, u64);

fn spoil(telemetry: &mut Telemetry, (which, value, age): Spoil) {
    let at = Instant::from_micros(telemetry.at.micros().saturating_sub(age));
    macro_rules! quantity {
        ($from:path, $($field:tt)+) => {
            telemetry.$($field)+ = Reading { value: value.map($from), taken_at: at }
        };
    }
    let truth = value.map(|value| value > 0.0);
    match which % 25 {
        0 => quantity!(Pressure::from_mmhg, access_pressure),
        1 => quantity!(Pressure::from_mmhg, return_pressure),
        2 => quantity!(Pressure::from_mmhg, centrifuge_pressure),
        3 => quantity!(FlowRate::from_ml_min, pump_flows.inlet),
        4 => quantity!(FlowRate::from_ml_min, pump_flows.anticoagulant),
        5 => quantity!(FlowRate::from_ml_min, pump_flows.plasma),
        6 => quantity!(FlowRate::from_ml_min, pump_flows.collect),
        7 => quantity!(RotationalSpeed::from_rpm, centrifuge_speed),
        8 => {
            let image = value.map(|value| CameraImage {
                interface: Some(Length::from_mm(value)),
                buffy_coat: None,
                confidence: Fraction::from_fraction(1.0),
            });
            telemetry.camera = Reading { value: image, taken_at: at };
        }
        9 => {
            let optics = value.map(|value| CollectOptics {
                hematocrit: Fraction::from_fraction(value),
                nucleated_cells: CellConcentration::ZERO,
            });
            telemetry.collect_optics = Reading { value: optics, taken_at: at };
        }
        10 => quantity!(Fraction::from_fraction, plasma_line_hematocrit),
        11 => telemetry.return_air = Reading { value: truth, taken_at: at },
        12 => quantity!(Mass::from_grams, weights.anticoagulant),
        13 => quantity!(Mass::from_grams, weights.saline),
        14 => quantity!(Temperature::from_celsius, return_temperature),
        15 => telemetry.leak = Reading { value: truth, taken_at: at },
        16 => telemetry.door_locked = Reading { value: truth, taken_at: at },
        17 => quantity!(Frequency::from_per_min, monitor.heart_rate),
        18 => quantity!(Pressure::from_mmhg, monitor.systolic),
        19 => quantity!(Fraction::from_fraction, monitor.spo2),
        20 => telemetry.at = at,
        21 => {
            telemetry.safe_state =
                truth.unwrap_or(false).then_some(SafeState { cause: Cause::PowerLost, since: Instant::START });
        }
        22 => quantity!(TimeSpan::from_minutes, battery),
        23 => quantity!(Fraction::from_fraction, chamber_load),
        _ => telemetry.mains = Reading { value: truth, taken_at: at },
    }
}

fn any_action() -> impl Strategy<Value = OperatorAction> {
    prop_oneof![
        any_f64().prop_map(|value| OperatorAction::SetInletFlow { flow: FlowRate::from_ml_min(value) }),
        any_f64().prop_map(|value| OperatorAction::SetPlasmaFlow { flow: Some(FlowRate::from_ml_min(value)) }),
        any_f64().prop_map(|value| OperatorAction::MeasureLying { systolic: Pressure::from_mmhg(value) }),
        Just(OperatorAction::Pause),
        Just(OperatorAction::Resume),
        Just(OperatorAction::Reset),
        Just(OperatorAction::Connect),
        Just(OperatorAction::FlushSet),
        Just(OperatorAction::EndEarly),
        Just(OperatorAction::Disconnect),
        Just(OperatorAction::TestDraw { free: false }),
        Just(OperatorAction::ReportSymptom(Symptom::Tingling)),
    ]
}

/// Some beats with the same spoilt readings, and perhaps an action at their begin.
fn any_episode() -> impl Strategy<Value = (u64, Vec<Spoil>, Option<OperatorAction>)> {
    let spoils = proptest::collection::vec((any::<u8>(), proptest::option::of(any_f64()), 0..3_000_000u64), 0..4);
    (1..100u64, spoils, proptest::option::of(any_action()))
}

fn assert_safe(commands: &Commands, most: &PumpFlows<FlowRate>, connected: bool) {
    for pump in Pump::ALL {
        let flow = commands.pumps.get(pump).ml_min();
        assert!((0.0..=most.get(pump).ml_min()).contains(&flow), "{pump:?} at {flow}");
    }
    assert!((0.0..=3000.0).contains(&commands.centrifuge_speed.rpm()));
    if commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open {
        assert!(connected, "the return is open to a donor who is not connected");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn whatever_comes_in_commands_stay_inside_absolute_limits(
        start in prop_oneof![
            Just(PhaseName::SelfTest),
            Just(PhaseName::Connect),
            Just(PhaseName::EstablishInterface),
            Just(PhaseName::Collect),
        ],
        method in proptest::sample::select(&METHODS),
        episodes in proptest::collection::vec(any_episode(), 1..30),
    ) {
        let prescription = by(method);
        let most = prescription.limits.pump_range;
        let mut rig = Rig::new(prescription);
        let spins = method.spins() || start != PhaseName::EstablishInterface;
        rig.run_to(if spins { start } else { PhaseName::Elute }, 60.0);
        let mut self_tested = start != PhaseName::SelfTest;
        for (beats, spoils, action) in episodes {
            rig.tamper = Some(Box::new(move |telemetry| {
                for change in &spoils {
                    spoil(telemetry, *change);
                }
            }));
            let mut action = action;
            for _ in 0..beats {
                let usual = rig.controller.request().and_then(answer);
                rig.beat(action.take().or(usual));
                self_tested |= rig.phase() == PhaseName::Admission;
                let connected = rig.controller.phase().is_connected();
                assert_safe(&rig.commands, &most, connected && self_tested);
            }
        }
    }
}
