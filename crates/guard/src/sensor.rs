//! Plausibility of the guard's own sensors (hazard 25): a sensor that says nothing, NaN, too much, the same for too
//! long, or something from the future, is a fault.

use leuka_blood::quantity::{
    FlowRate, Length, Mass, MassConcentration, Pressure, RotationalSpeed, Temperature, TimeSpan,
};
use leuka_device::{Clamp, GuardTelemetry, Instant, PumpFlows, Reading};

use crate::limits::{SensorLimits, SensorWindow};

/// One sensor: what a sound one can say, and what is remembered of this one.
#[derive(Debug, Clone, Copy)]
struct Watch<T> {
    low: T,
    high: T,
    oldest_us: u64,
    stuck_us: u64,
    last: Option<T>,
    fresh_until: Instant,
    alive_until: Instant,
}

impl<T: Copy + PartialOrd> Watch<T> {
    fn starting(now: Instant, window: &SensorWindow<T>) -> Self {
        let (oldest_us, stuck_us) = (micros(window.oldest), window.stuck.map_or(u64::MAX, micros));
        Self {
            low: window.low,
            high: window.high,
            oldest_us,
            stuck_us,
            last: None,
            fresh_until: now.plus_micros(oldest_us),
            alive_until: now.plus_micros(stuck_us),
        }
    }

    /// True when the sensor is at fault. A missing value is a fault once the last good one is too old.
    fn is_faulty(&mut self, reading: Reading<T>, now: Instant) -> bool {
        if reading.taken_at > now {
            return true;
        }
        if let Some(value) = reading.value {
            let plausible = value >= self.low && value <= self.high;
            if !plausible {
                return true;
            }
            self.fresh_until = reading.taken_at.plus_micros(self.oldest_us);
            if self.last != Some(value) {
                self.last = Some(value);
                self.alive_until = reading.taken_at.plus_micros(self.stuck_us);
            }
        }
        (now > self.fresh_until) | (now > self.alive_until)
    }
}

/// Whole microseconds of a time span.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a checked limit of seconds")]
fn micros(span: TimeSpan) -> u64 {
    (span.seconds() * 1e6) as u64
}

/// What is remembered of all of the guard's sensors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensors {
    access_pressure: Watch<Pressure>,
    return_pressure: Watch<Pressure>,
    pump_flows: PumpFlows<Watch<FlowRate>>,
    centrifuge_speed: Watch<RotationalSpeed>,
    return_air: Watch<bool>,
    weights: [Watch<Mass>; 5],
    anticoagulant_drops: Watch<u32>,
    return_clamp: Watch<bool>,
    leak: Watch<bool>,
    door_locked: Watch<bool>,
    donor_button: Watch<bool>,
    vibration: Watch<Length>,
    plasma_hemoglobin: Watch<MassConcentration>,
    return_temperature: Watch<Temperature>,
}

impl Sensors {
    pub(crate) fn starting(now: Instant, limits: &SensorLimits) -> Self {
        let switch = yes_or_no(limits.switch_oldest);
        let drops = SensorWindow { low: 0, high: u32::MAX, oldest: limits.switch_oldest, stuck: None };
        Self {
            access_pressure: Watch::starting(now, &limits.access_pressure),
            return_pressure: Watch::starting(now, &limits.return_pressure),
            pump_flows: PumpFlows::from_fn(|_| Watch::starting(now, &limits.pump_flow)),
            centrifuge_speed: Watch::starting(now, &limits.centrifuge_speed),
            return_air: Watch::starting(now, &yes_or_no(limits.return_air_oldest)),
            weights: [Watch::starting(now, &limits.bag_weight); 5],
            anticoagulant_drops: Watch::starting(now, &drops),
            return_clamp: Watch::starting(now, &switch),
            leak: Watch::starting(now, &switch),
            door_locked: Watch::starting(now, &switch),
            donor_button: Watch::starting(now, &switch),
            vibration: Watch::starting(now, &limits.vibration),
            plasma_hemoglobin: Watch::starting(now, &limits.plasma_hemoglobin),
            return_temperature: Watch::starting(now, &limits.return_temperature),
        }
    }

    /// True when any sensor is at fault. Each is looked at on every step.
    pub(crate) fn any_faulty(&mut self, telemetry: &GuardTelemetry) -> bool {
        let now = telemetry.at;
        let clamp = telemetry.return_clamp;
        let clamp = Reading { value: clamp.value.map(|at| at == Clamp::Open), taken_at: clamp.taken_at };
        self.access_pressure.is_faulty(telemetry.access_pressure, now)
            | self.return_pressure.is_faulty(telemetry.return_pressure, now)
            | self.centrifuge_speed.is_faulty(telemetry.centrifuge_speed, now)
            | self.return_air.is_faulty(telemetry.return_air, now)
            | self.anticoagulant_drops.is_faulty(telemetry.anticoagulant_drops, now)
            | self.return_clamp.is_faulty(clamp, now)
            | self.leak.is_faulty(telemetry.leak, now)
            | self.door_locked.is_faulty(telemetry.door_locked, now)
            | self.donor_button.is_faulty(telemetry.donor_button, now)
            | self.vibration.is_faulty(telemetry.vibration, now)
            | self.plasma_hemoglobin.is_faulty(telemetry.plasma_hemoglobin, now)
            | self.return_temperature.is_faulty(telemetry.return_temperature, now)
            | self.pumps_faulty(telemetry)
            | self.scales_faulty(telemetry)
    }

    fn pumps_faulty(&mut self, telemetry: &GuardTelemetry) -> bool {
        let (now, flows) = (telemetry.at, &telemetry.pump_flows);
        self.pump_flows.inlet.is_faulty(flows.inlet, now)
            | self.pump_flows.anticoagulant.is_faulty(flows.anticoagulant, now)
            | self.pump_flows.plasma.is_faulty(flows.plasma, now)
            | self.pump_flows.collect.is_faulty(flows.collect, now)
    }

    fn scales_faulty(&mut self, telemetry: &GuardTelemetry) -> bool {
        let weights = &telemetry.weights;
        let readings = [weights.anticoagulant, weights.saline, weights.product, weights.waste, weights.reservoir];
        let mut faulty = false;
        for (scale, reading) in self.weights.iter_mut().zip(readings) {
            // A scale without a bag may stand at zero for ever and is not stuck.
            scale.last = scale.last.filter(|weight| *weight > Mass::ZERO);
            faulty |= scale.is_faulty(reading, telemetry.at);
        }
        faulty
    }
}

/// The window of a sensor that says yes or no.
const fn yes_or_no(oldest: TimeSpan) -> SensorWindow<bool> {
    SensorWindow { low: false, high: true, oldest, stuck: None }
}
