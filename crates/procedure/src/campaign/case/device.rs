//! Hazards 16 to 21, 24 and 25: rotor, set, heat, power, links and sensors.

use super::{ALL_STOPPED, Case, DRIVE_OFF, Draw, Effect, PUMPS_STAND, RETURN_STOPPED, Target};
use crate::campaign::seen::Seen;

pub(super) fn overspeed(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let speed = draw.within(1700.0, 3500.0);
    Case {
        condition: Target::Plant(|seen| seen.view.speed_rpm > 1.1 * seen.commands.centrifuge_speed.rpm()),
        effect: DRIVE_OFF,
        limit_ms: Some(500.0),
        ..draw.fault("centrifuge.runaway", speed, phase)
    }
}

pub(super) fn imbalance(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let amplitude = draw.within(0.7, 4.0);
    Case {
        condition: Target::Plant(|seen| seen.view.vibration_mm > 0.7),
        effect: DRIVE_OFF,
        limit_ms: Some(1000.0),
        ..draw.fault("imbalance", amplitude, phase)
    }
}

pub(super) fn leak(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let flow = draw.within(2.0, 60.0);
    Case {
        effect: ALL_STOPPED,
        limit_ms: Some(1000.0),
        watch_s: 420.0,
        then_s: 400.0,
        // No rinse-back, no resuming.
        forbidden: |seen| !seen.pumps_stand(),
        ..draw.fault("leak", flow, phase)
    }
}

pub(super) fn door(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    Case { effect: DRIVE_OFF, limit_ms: Some(300.0), ..draw.fault("door_open", 0.0, phase) }
}

pub(super) fn hemolysis(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let hemoglobin = draw.within(1.8, 10.0);
    Case { limit_ms: Some(2000.0), ..draw.fault("hemolysis", hemoglobin, phase) }
}

fn is_cold_and_stopped(seen: &Seen) -> bool {
    !seen.view.warmer_on && seen.return_stopped()
}

pub(super) fn overheating(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let warmth = draw.within(45.0, 60.0);
    Case {
        onset: |seen| seen.view.return_celsius > 38.0,
        condition: Target::Plant(|seen| seen.view.return_celsius > 41.0),
        effect: Effect::Plant(is_cold_and_stopped, &["all pumps stand", "the return clamp is closed"]),
        limit_ms: Some(1000.0),
        watch_s: 400.0,
        ..draw.fault("warmer.runaway", warmth, phase)
    }
}

pub(super) fn power(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let lasts_s = draw.within(0.5, 30.0);
    let mut case = draw.faults(&[("mains_loss", 0.0), ("battery_dead", 0.0)], Some(lasts_s), phase);
    // Nobody resets: whatever moves then has resumed by itself.
    case.setting = case.setting.with("model.operator.delay.reset", 7200);
    Case {
        effect: ALL_STOPPED,
        limit_ms: Some(100.0),
        watch_s: 120.0,
        then_s: 100.0,
        forbidden: |seen| !seen.all_stopped(),
        ..case
    }
}

/// A fault of hardware or software that one channel shows, its strengths, and the time that its plausibility window and
/// the machine's reaction take, ms.
type Broken = (&'static str, &'static [f64], f64);

/// Links, commands and time: 250 ms by the machine itself. Sensors: the window of each, 250 ms, and a sample.
const BROKEN: [Broken; 38] = [
    ("permit_loss", &[0.0], 250.0),
    ("command_loss", &[0.0], 250.0),
    ("command_nan", &[0.0], 250.0),
    ("permit_noise", &[1.0], 250.0),
    ("command_noise", &[1.0], 250.0),
    ("clock_jump", &[-5.0, -0.3, 0.3, 5.0], 250.0),
    ("command_time_jump", &[-5.0, 0.3, 5.0], 250.0),
    ("sensor.guard.access_pressure.nan", &[0.0], 250.0),
    ("sensor.guard.return_pressure.nan", &[0.0], 250.0),
    ("sensor.guard.inlet_flow.nan", &[0.0], 350.0),
    ("sensor.guard.anticoagulant_flow.nan", &[0.0], 350.0),
    ("sensor.guard.plasma_flow.nan", &[0.0], 350.0),
    ("sensor.guard.collect_flow.nan", &[0.0], 350.0),
    ("sensor.guard.centrifuge_speed.nan", &[0.0], 350.0),
    ("sensor.guard.vibration.nan", &[0.0], 350.0),
    ("sensor.guard.plasma_hemoglobin.nan", &[0.0], 750.0),
    ("sensor.guard.return_temperature.nan", &[0.0], 1250.0),
    ("sensor.guard.anticoagulant_weight.nan", &[0.0], 1250.0),
    ("sensor.guard.saline_weight.nan", &[0.0], 1250.0),
    ("sensor.guard.product_weight.nan", &[0.0], 1250.0),
    ("sensor.guard.waste_weight.nan", &[0.0], 1250.0),
    ("sensor.guard.return_clamp.dropout", &[0.0], 750.0),
    ("sensor.guard.leak.dropout", &[0.0], 750.0),
    ("sensor.guard.door.dropout", &[0.0], 750.0),
    ("sensor.guard.donor_button.dropout", &[0.0], 750.0),
    ("sensor.guard.anticoagulant_drops.dropout", &[0.0], 850.0),
    ("sensor.guard.return_pressure.dropout", &[0.0], 500.0),
    ("sensor.guard.access_pressure.dropout", &[0.0], 750.0),
    ("sensor.guard.saline_weight.dropout", &[0.0], 6250.0),
    ("sensor.guard.return_pressure.stuck", &[0.0], 10_250.0),
    ("sensor.guard.access_pressure.stuck", &[0.0], 10_250.0),
    ("sensor.guard.anticoagulant_weight.stuck", &[0.0], 62_250.0),
    ("sensor.guard.return_temperature.stuck", &[0.0], 31_250.0),
    ("sensor.control.return_pressure.nan", &[0.0], 850.0),
    ("sensor.control.access_pressure.dropout", &[0.0], 850.0),
    ("sensor.control.inlet_flow.nan", &[0.0], 850.0),
    ("pump.plasma.stuck", &[0.0], 3500.0),
    ("pump.plasma.runaway", &[120.0], 3500.0),
];

pub(super) fn channel(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let (name, strengths, limit_ms) = draw.one(&BROKEN);
    let magnitude = draw.one(strengths);
    let by_control = name.starts_with("sensor.control");
    Case {
        effect: if by_control { PUMPS_STAND } else { RETURN_STOPPED },
        limit_ms: Some(limit_ms),
        watch_s: 90.0,
        ..draw.fault(name, magnitude, phase)
    }
}
