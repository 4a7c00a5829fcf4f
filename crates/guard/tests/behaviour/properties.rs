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

/// A sensor and what may be wrong with it.
fn spoil(telemetry: &mut GuardTelemetry, sensor: usize, nan: bool) {
    let wrong = nan.then_some(f64::NAN);
    match sensor {
        0 => telemetry.access_pressure.value = wrong.map(Pressure::from_mmhg),
        1 => telemetry.return_pressure.value = wrong.map(Pressure::from_mmhg),
        2 => telemetry.pump_flows.inlet.value = wrong.map(FlowRate::from_ml_min),
        3 => telemetry.pump_flows.anticoagulant.value = wrong.map(FlowRate::from_ml_min),
        4 => telemetry.pump_flows.plasma.value = wrong.map(FlowRate::from_ml_min),
        5 => telemetry.pump_flows.collect.value = wrong.map(FlowRate::from_ml_min),
        6 => telemetry.centrifuge_speed.value = wrong.map(RotationalSpeed::from_rpm),
        7 => telemetry.weights.anticoagulant.value = wrong.map(Mass::from_grams),
        8 => telemetry.weights.saline.value = wrong.map(Mass::from_grams),
        9 => telemetry.weights.product.value = wrong.map(Mass::from_grams),
        10 => telemetry.weights.waste.value = wrong.map(Mass::from_grams),
        11 => telemetry.return_air.value = None,
        12 => telemetry.anticoagulant_drops.value = None,
        13 => telemetry.return_clamp.value = None,
        14 => telemetry.return_air_signal.value = wrong.map(Fraction::from_fraction),
        15 => telemetry.vibration.value = wrong.map(Length::from_mm),
        16 => telemetry.plasma_hemoglobin.value = wrong.map(MassConcentration::from_g_l),
        17 => telemetry.return_temperature.value = wrong.map(Temperature::from_celsius),
        18 => telemetry.donor_button.value = None,
        19 => telemetry.door_locked.value = None,
        _ => telemetry.leak.value = None,
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
    fn a_sensor_that_fails_never_passes_beyond_its_window(sensor in 0usize..21, nan: bool, seed: u64, start in 1u32..200) {
        let mut world = World::collecting(seed);
        for _ in 0..start {
            world.beat();
        }
        // The longest window is the scales', 5 s.
        for _ in 0..20 * 6 {
            world.beat_with(|telemetry, _| spoil(telemetry, sensor, nan));
        }
        prop_assert!(matches!(world.verdict, Verdict::Safe(_) | Verdict::Hold(_)));
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
