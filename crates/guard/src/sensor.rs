//! Plausibility of the guard's own sensors (hazard 25): a sensor that says nothing, NaN, too much, the same for too
//! long, or something from the future, is a fault.
//!
//! What a sensor has said is judged once. After that it can only grow old, and that is looked at for all of them when the
//! first may have: [`Sensors::good_until`] is never later than that moment.

use leuka_blood::quantity::{
    FlowRate, Length, Mass, MassConcentration, Pressure, RotationalSpeed, Temperature, TimeSpan,
};
use leuka_device::{GuardTelemetry, Instant, PumpFlows, Reading};

use crate::limits::{SensorLimits, SensorWindow};

/// One sensor: what a sound one can say, and what is remembered of this one.
#[derive(Debug, Clone, Copy)]
struct Watch<T> {
    low: T,
    high: T,
    oldest_us: u64,
    stuck_us: u64,
    /// What it last said, and when; and since when it has said that.
    last: T,
    taken_at: Instant,
    moved_at: Instant,
}

impl<T: Copy + PartialOrd> Watch<T> {
    fn starting(now: Instant, window: &SensorWindow<T>) -> Self {
        Self {
            low: window.low,
            high: window.high,
            oldest_us: micros(window.oldest),
            stuck_us: window.stuck.map_or(u64::MAX, micros),
            last: window.low,
            taken_at: now,
            moved_at: now,
        }
    }

    /// Judges what the sensor says, if that is new. A missing value is a fault once the last good one is too old.
    #[inline]
    fn look(&mut self, reading: &Reading<T>, now: Instant, seen: &mut Seen) {
        let taken_at = reading.taken_at;
        let Some(value) = reading.value else { return seen.faulty |= taken_at > now };
        let is_same = value == self.last;
        if is_same & (taken_at == self.taken_at) {
            return;
        }
        let is_sound = (value >= self.low) & (value <= self.high) & (taken_at <= now);
        if !is_sound {
            return seen.faulty = true;
        }
        seen.older |= taken_at < self.taken_at;
        self.taken_at = taken_at;
        self.last = value;
        if !is_same {
            self.moved_at = taken_at;
        }
    }

    /// The last moment at which what it said is neither too old nor stuck.
    const fn good_until(&self) -> Instant {
        let fresh_until = self.taken_at.plus_micros(self.oldest_us);
        let alive_until = self.moved_at.plus_micros(self.stuck_us);
        if fresh_until.micros() < alive_until.micros() { fresh_until } else { alive_until }
    }
}

/// A sensor that says yes or no: any word is plausible, and it may say the same for ever.
#[derive(Debug, Clone, Copy)]
struct Switch {
    oldest_us: u64,
    taken_at: Instant,
}

impl Switch {
    fn starting(now: Instant, oldest: TimeSpan) -> Self {
        Self { oldest_us: micros(oldest), taken_at: now }
    }

    #[inline]
    fn look<T>(&mut self, reading: &Reading<T>, now: Instant, seen: &mut Seen) {
        let taken_at = reading.taken_at;
        if reading.value.is_none() | (taken_at > now) {
            return seen.faulty |= taken_at > now;
        }
        seen.older |= taken_at < self.taken_at;
        self.taken_at = taken_at;
    }

    const fn good_until(&self) -> Instant {
        self.taken_at.plus_micros(self.oldest_us)
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
    /// No sensor is too old or stuck before this.
    good_until: Instant,
    access_pressure: Watch<Pressure>,
    return_pressure: Watch<Pressure>,
    pump_flows: PumpFlows<Watch<FlowRate>>,
    centrifuge_speed: Watch<RotationalSpeed>,
    return_air: Switch,
    weights: [Watch<Mass>; 5],
    anticoagulant_drops: Switch,
    return_clamp: Switch,
    leak: Switch,
    door_locked: Switch,
    donor_button: Switch,
    vibration: Watch<Length>,
    plasma_hemoglobin: Watch<MassConcentration>,
    return_temperature: Watch<Temperature>,
}

impl Sensors {
    pub(crate) fn starting(now: Instant, limits: &SensorLimits) -> Self {
        let switch = Switch::starting(now, limits.switch_oldest);
        Self {
            good_until: Instant::START,
            access_pressure: Watch::starting(now, &limits.access_pressure),
            return_pressure: Watch::starting(now, &limits.return_pressure),
            pump_flows: PumpFlows::from_fn(|_| Watch::starting(now, &limits.pump_flow)),
            centrifuge_speed: Watch::starting(now, &limits.centrifuge_speed),
            return_air: Switch::starting(now, limits.return_air_oldest),
            weights: [Watch::starting(now, &limits.bag_weight); 5],
            anticoagulant_drops: switch,
            return_clamp: switch,
            leak: switch,
            door_locked: switch,
            donor_button: switch,
            vibration: Watch::starting(now, &limits.vibration),
            plasma_hemoglobin: Watch::starting(now, &limits.plasma_hemoglobin),
            return_temperature: Watch::starting(now, &limits.return_temperature),
        }
    }

    /// True when a sensor that speaks ten times a second or more is at fault, or any has become too old.
    pub(crate) fn any_faulty(&mut self, telemetry: &GuardTelemetry) -> bool {
        let (now, flows, mut seen) = (telemetry.at, &telemetry.pump_flows, Seen::default());
        self.access_pressure.look(&telemetry.access_pressure, now, &mut seen);
        self.return_pressure.look(&telemetry.return_pressure, now, &mut seen);
        self.return_air.look(&telemetry.return_air, now, &mut seen);
        self.return_clamp.look(&telemetry.return_clamp, now, &mut seen);
        self.leak.look(&telemetry.leak, now, &mut seen);
        self.door_locked.look(&telemetry.door_locked, now, &mut seen);
        self.donor_button.look(&telemetry.donor_button, now, &mut seen);
        self.pump_flows.inlet.look(&flows.inlet, now, &mut seen);
        self.pump_flows.anticoagulant.look(&flows.anticoagulant, now, &mut seen);
        self.pump_flows.plasma.look(&flows.plasma, now, &mut seen);
        self.pump_flows.collect.look(&flows.collect, now, &mut seen);
        self.centrifuge_speed.look(&telemetry.centrifuge_speed, now, &mut seen);
        self.anticoagulant_drops.look(&telemetry.anticoagulant_drops, now, &mut seen);
        self.vibration.look(&telemetry.vibration, now, &mut seen);
        // These two must not be as old as the others may.
        let late = now > self.return_air.good_until() || now > self.return_pressure.good_until();
        seen.faulty | late | self.is_too_old(now, seen.older)
    }

    /// True when a sensor that speaks at most twice a second is at fault.
    pub(crate) fn slow_faulty(&mut self, telemetry: &GuardTelemetry) -> bool {
        let (now, weights, mut seen) = (telemetry.at, &telemetry.weights, Seen::default());
        let readings = [&weights.anticoagulant, &weights.saline, &weights.product, &weights.waste, &weights.reservoir];
        for (scale, reading) in self.weights.iter_mut().zip(readings) {
            scale.look(reading, now, &mut seen);
            // A scale without a bag may stand at zero for ever and is not stuck.
            if scale.last <= Mass::ZERO {
                scale.moved_at = scale.taken_at;
            }
        }
        self.plasma_hemoglobin.look(&telemetry.plasma_hemoglobin, now, &mut seen);
        self.return_temperature.look(&telemetry.return_temperature, now, &mut seen);
        seen.faulty | self.is_too_old(now, seen.older)
    }

    fn is_too_old(&mut self, now: Instant, must_look: bool) -> bool {
        if !must_look && now <= self.good_until {
            return false;
        }
        self.good_until = self.first_too_old();
        now > self.good_until
    }

    #[inline(never)]
    fn first_too_old(&self) -> Instant {
        let mut first = Instant::END;
        let mut limit = |until: Instant| first = first.min(until);
        limit(self.access_pressure.good_until());
        limit(self.pump_flows.inlet.good_until());
        limit(self.pump_flows.anticoagulant.good_until());
        limit(self.pump_flows.plasma.good_until());
        limit(self.pump_flows.collect.good_until());
        limit(self.centrifuge_speed.good_until());
        self.weights.iter().for_each(|scale| limit(scale.good_until()));
        limit(self.anticoagulant_drops.good_until());
        limit(self.return_clamp.good_until());
        limit(self.leak.good_until());
        limit(self.door_locked.good_until());
        limit(self.donor_button.good_until());
        limit(self.vibration.good_until());
        limit(self.plasma_hemoglobin.good_until());
        limit(self.return_temperature.good_until());
        first
    }
}

/// What looks at several sensors show.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    faulty: bool,
    older: bool,
}
