//! Whatever comes in, the guard neither panics nor lets a faulty sensor of its own pass.

use leuka_blood::quantity::{
    FlowRate, Fraction, Length, Mass, MassConcentration, Pressure, RotationalSpeed, Temperature,
};
use leuka_device::{Cause, Clamp, Commands, GuardTelemetry, Instant, PumpFlows, Reading, Verdict};
use proptest::prelude::*;

use crate::support::{World, guard};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -500.0..500.0f64,
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(-0.0)],
        1 => any::<f64>(),
    ]
}

fn moment() -> impl Strategy<Value = Instant> {
    prop_oneof![4 => 0..3_000_000u64, 1 => any::<u64>()].prop_map(Instant::from_micros)
}

fn reading<T: Copy + core::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<T>> {
    (proptest::option::weighted(0.9, value), moment()).prop_map(|(value, taken_at)| Reading { value, taken_at })
}

fn telemetry() -> impl Strategy<Value = GuardTelemetry> {
    let flow = || reading(number().prop_map(FlowRate::from_ml_min));
    let weight = || reading(number().prop_map(Mass::from_grams));
    (
        (
            any::<u32>(),
            moment(),
            reading(number().prop_map(Pressure::from_mmhg)),
            reading(number().prop_map(Pressure::from_mmhg)),
        ),
        (flow(), flow(), flow(), flow()),
        (weight(), weight(), reading(number().prop_map(RotationalSpeed::from_rpm))),
        (reading(any::<bool>()), any::<bool>(), reading(any::<u32>()), reading(any::<bool>())),
        (
            reading(number().prop_map(Fraction::from_fraction)),
            reading(number().prop_map(Length::from_mm)),
            reading(number().prop_map(MassConcentration::from_g_l)),
            reading(number().prop_map(Temperature::from_celsius)),
            reading(any::<bool>()),
        ),
    )
        .prop_map(
            |(
                (sequence, at, access, back),
                flows,
                (anticoagulant, waste, speed),
                (air, test, drops, switch),
                others,
            )| {
                let mut telemetry = GuardTelemetry { sequence, at, ..GuardTelemetry::default() };
                (telemetry.access_pressure, telemetry.return_pressure, telemetry.centrifuge_speed) =
                    (access, back, speed);
                let (inlet, pump, plasma, collect) = flows;
                telemetry.pump_flows = PumpFlows { inlet, anticoagulant: pump, plasma, collect };
                (telemetry.weights.anticoagulant, telemetry.weights.waste) = (anticoagulant, waste);
                (telemetry.return_air, telemetry.air_test, telemetry.anticoagulant_drops) = (air, test, drops);
                telemetry.leak = switch;
                let (signal, vibration, hemoglobin, warmth, button) = others;
                (telemetry.return_air_signal, telemetry.vibration) = (signal, vibration);
                (telemetry.plasma_hemoglobin, telemetry.return_temperature) = (hemoglobin, warmth);
                (telemetry.donor_button, telemetry.door_locked) = (button, button);
                let clamp = switch.value.map(|open| if open { Clamp::Open } else { Clamp::Closed });
                telemetry.return_clamp = Reading { value: clamp, taken_at: switch.taken_at };
                telemetry
            },
        )
}

fn commands() -> impl Strategy<Value = Commands> {
    (any::<u32>(), moment(), [number(), number(), number(), number(), number()], any::<[bool; 6]>()).prop_map(
        |(sequence, at, [inlet, anticoagulant, plasma, collect, speed], flags)| {
            let flow = FlowRate::from_ml_min;
            let mut commands = Commands { sequence, at, ..Commands::default() };
            commands.pumps = PumpFlows {
                inlet: flow(inlet),
                anticoagulant: flow(anticoagulant),
                plasma: flow(plasma),
                collect: flow(collect),
            };
            commands.centrifuge_speed = RotationalSpeed::from_rpm(speed);
            let [donor, open, product, warm, test, reset] = flags;
            commands.draw_from = if donor { leuka_device::DrawFrom::Donor } else { leuka_device::DrawFrom::Saline };
            commands.return_clamp = if open { Clamp::Open } else { Clamp::Closed };
            commands.collect_to =
                if product { leuka_device::CollectTo::Product } else { leuka_device::CollectTo::Return };
            commands.warmer = warm.then(|| Temperature::from_celsius(speed));
            (commands.air_test, commands.reset) = (test, reset);
            commands
        },
    )
}

/// What may be wrong with a sensor that says a number or yes and no.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    Missing,
    Nan,
    Beyond,
    /// It says nothing new.
    Late,
    /// It says what it will only see later.
    Early,
}

const WRONG: [Wrong; 5] = [Wrong::Missing, Wrong::Nan, Wrong::Beyond, Wrong::Late, Wrong::Early];

fn spoil_one<T: Copy>(reading: &mut Reading<T>, before: Reading<T>, wrong: Wrong, number: fn(f64) -> Option<T>) {
    match wrong {
        Wrong::Missing => reading.value = None,
        Wrong::Nan => reading.value = number(f64::NAN),
        Wrong::Beyond => reading.value = number(1e9),
        Wrong::Late => *reading = before,
        Wrong::Early => reading.taken_at = reading.taken_at.plus_micros(1_000_000),
    }
}

/// How many sensors the guard has.
const SENSORS: usize = 22;

/// Spoils one sensor; a switch that says NaN or too much says nothing.
fn spoil(telemetry: &mut GuardTelemetry, before: &GuardTelemetry, sensor: usize, wrong: Wrong) {
    macro_rules! one {
        ($($field:ident).+, $number:expr) => {
            spoil_one(&mut telemetry.$($field).+, before.$($field).+, wrong, $number)
        };
    }
    let pressure: fn(f64) -> _ = |value| Some(Pressure::from_mmhg(value));
    let flow: fn(f64) -> _ = |value| Some(FlowRate::from_ml_min(value));
    let weight: fn(f64) -> _ = |value| Some(Mass::from_grams(value));
    match sensor {
        0 => one!(access_pressure, pressure),
        1 => one!(return_pressure, pressure),
        2 => one!(pump_flows.inlet, flow),
        3 => one!(pump_flows.anticoagulant, flow),
        4 => one!(pump_flows.plasma, flow),
        5 => one!(pump_flows.collect, flow),
        6 => one!(centrifuge_speed, |value| Some(RotationalSpeed::from_rpm(value))),
        7 => one!(weights.anticoagulant, weight),
        8 => one!(weights.saline, weight),
        9 => one!(weights.product, weight),
        10 => one!(weights.waste, weight),
        11 => one!(weights.reservoir, weight),
        12 => one!(vibration, |value| Some(Length::from_mm(value))),
        13 => one!(plasma_hemoglobin, |value| Some(MassConcentration::from_g_l(value))),
        14 => one!(return_temperature, |value| Some(Temperature::from_celsius(value))),
        15 => one!(return_air_signal, |value| Some(Fraction::from_fraction(value))),
        16 => one!(return_air, |_| None),
        17 => one!(anticoagulant_drops, |_| None),
        18 => one!(return_clamp, |_| None),
        19 => one!(donor_button, |_| None),
        20 => one!(door_locked, |_| None),
        _ => one!(leak, |_| None),
    }
}

/// No fault of one sensor alone leaves the machine running: the longest window is the scales', 5 s.
#[test]
fn every_fault_of_every_sensor_of_the_guard_alone_ends_safe() {
    for sensor in 0..SENSORS {
        for wrong in WRONG {
            let mut world = World::collecting(1);
            world.pass_for(3.0);
            let before = world.telemetry;
            for _ in 0..20 * 6 {
                world.beat_with(|telemetry, _| spoil(telemetry, &before, sensor, wrong));
            }
            // The signal of the air detector has no age of its own: one from later is as good as one from now.
            if (sensor, wrong) != (15, Wrong::Early) {
                assert!(matches!(world.verdict, Verdict::Safe(_)), "sensor {sensor}, {wrong:?}: {:?}", world.verdict);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic_and_permits_count_on(
        frames in proptest::collection::vec((telemetry(), commands()), 1..60),
    ) {
        let mut guard = guard();
        for ((telemetry, commands), sequence) in frames.iter().zip(1..) {
            let permit = guard.step(telemetry, commands);
            prop_assert_eq!(permit.sequence, sequence);
            prop_assert_eq!(permit.at, telemetry.at);
        }
    }

    #[test]
    fn garbage_leaves_no_trace_that_hides_a_hazard(
        frames in proptest::collection::vec((telemetry(), commands()), 1..20), seed: u64,
    ) {
        let mut world = World::collecting(seed);
        for (telemetry, commands) in &frames {
            world.guard.step(telemetry, commands);
        }
        world.reset_with(|_, _| ());
        for _ in 0..40 {
            world.beat();
        }
        world.reset_with(|_, _| ());
        // Garbage may have been a leak or a blind detector, which end the use of the set.
        if world.verdict.cause().is_some_and(Cause::ends_the_set) {
            return Ok(());
        }
        prop_assert_eq!(world.verdict, Verdict::Pass);
        world.drop_counting = 0.0;
        let dry = Verdict::Hold(leuka_device::Cause::AnticoagulantNotDelivered);
        prop_assert!(world.run_until(12.0, dry, |_, _| ()).is_some());
    }

    #[test]
    fn a_sensor_that_fails_never_passes_beyond_its_window(
        sensor in 0..SENSORS, wrong in proptest::sample::select(&WRONG), seed: u64, start in 1u32..200,
    ) {
        let mut world = World::collecting(seed);
        for _ in 0..start {
            world.beat();
        }
        let before = world.telemetry;
        // The longest window is the scales', 5 s.
        for _ in 0..20 * 6 {
            world.beat_with(|telemetry, _| spoil(telemetry, &before, sensor, wrong));
        }
        let is_judged = (sensor, wrong) != (15, Wrong::Early);
        prop_assert!(!is_judged || matches!(world.verdict, Verdict::Safe(_) | Verdict::Hold(_)));
    }

    #[test]
    fn whatever_came_before_a_hazard_is_answered_by_its_stop(
        frames in proptest::collection::vec((telemetry(), commands()), 0..20), hazard in 0usize..7, seed: u64,
    ) {
        let mut world = World::collecting(seed);
        for (telemetry, commands) in &frames {
            world.guard.step(telemetry, commands);
        }
        for _ in 0..40 {
            world.beat();
        }
        world.reset_with(|_, _| ());
        // Air, occlusion, overspeed, vibration, leak, open door, heat: each is over within a second.
        for _ in 0..20 {
            world.beat_with(|telemetry, _| strike(telemetry, hazard));
        }
        prop_assert!(matches!(world.verdict, Verdict::Safe(_)), "{:?}", world.verdict);
    }
}

/// A hazard as the guard's sensors show it.
fn strike(telemetry: &mut GuardTelemetry, hazard: usize) {
    match hazard {
        0 => telemetry.return_air.value = Some(true),
        1 => telemetry.return_pressure.value = Some(Pressure::from_mmhg(450.0)),
        2 => telemetry.centrifuge_speed.value = Some(RotationalSpeed::from_rpm(1500.0)),
        3 => telemetry.vibration.value = Some(Length::from_mm(2.0)),
        4 => telemetry.leak.value = Some(true),
        5 => telemetry.door_locked.value = Some(false),
        _ => telemetry.return_temperature.value = Some(Temperature::from_celsius(43.0)),
    }
}
