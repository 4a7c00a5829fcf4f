//! Hazards of the set and what is in it: leak (18), haemolysis (20), heat (21), and blood that stood for too long (22).

use leuka_device::{Cause, Commands, GuardTelemetry, Instant};

use crate::facts::{Facts, Lag};
use crate::limits::SetLimits;

/// Lags of the two means of the temperature, s.
const QUICK_S: f64 = 1.0;
const SLOW_S: f64 = 5.0;
/// Red plasma in so many readings in a row.
const READINGS: u8 = 2;

/// The evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Set {
    red_readings: u8,
    red_at: Option<Instant>,
    warmth: Option<(f64, f64)>,
    quick: Lag,
    slow: Lag,
    /// Blood that came into the set since it was last flushed, mL.
    blood_ml: f64,
    stood_s: f64,
    /// It stood for too long and nobody has flushed it.
    stale: bool,
}

impl Default for Set {
    fn default() -> Self {
        Self {
            red_readings: 0,
            red_at: None,
            warmth: None,
            quick: Lag::new(QUICK_S),
            slow: Lag::new(SLOW_S),
            blood_ml: 0.0,
            stood_s: 0.0,
            stale: false,
        }
    }
}

impl Set {
    /// What is in it must stop everything.
    pub(crate) fn judge(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &SetLimits) -> Option<Cause> {
        let is_red = self.is_red(telemetry, limits);
        let is_hot = self.is_hot(telemetry, facts, limits);
        if is_red { Some(Cause::Hemolysis) } else { is_hot.then_some(Cause::Overheating) }
    }

    fn is_red(&mut self, telemetry: &GuardTelemetry, limits: &SetLimits) -> bool {
        let reading = telemetry.plasma_hemoglobin;
        let Some(hemoglobin) = reading.value else { return false };
        if self.red_at != Some(reading.taken_at) {
            self.red_at = Some(reading.taken_at);
            let is_red = hemoglobin > limits.hemoglobin;
            self.red_readings = if is_red { self.red_readings.saturating_add(1) } else { 0 };
        }
        self.red_readings >= READINGS
    }

    /// The temperature a little ahead: a sensor in the line lags behind a heater that runs away.
    fn is_hot(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &SetLimits) -> bool {
        let Some(temperature) = telemetry.return_temperature.value else { return false };
        let celsius = temperature.celsius();
        let (quick, slow) = self.warmth.unwrap_or((celsius, celsius));
        let quick = self.quick.follow(quick, celsius, facts.dt_s);
        let slow = self.slow.follow(slow, celsius, facts.dt_s);
        self.warmth = Some((quick, slow));
        let slope = (quick - slow) * const { 1.0 / (SLOW_S - QUICK_S) };
        quick + slope * limits.look_ahead.seconds() > limits.temperature.celsius()
    }

    /// True when blood that stood for too long is to be moved although nobody has said that the set was flushed. A
    /// reset while nothing moves says so.
    pub(crate) fn is_stale(&mut self, facts: &Facts, commands: &Commands, reset: bool, limits: &SetLimits) -> bool {
        if facts.moves {
            self.stood_s = 0.0;
            let moved_ml = facts.inlet * facts.dt_s / 60.0;
            self.blood_ml = if facts.moves_blood {
                (self.blood_ml + moved_ml).min(limits.flush.ml())
            } else {
                (self.blood_ml - moved_ml).max(0.0)
            };
        } else if self.blood_ml > 0.0 {
            self.stood_s += facts.dt_s;
        }
        let asks = commands.pumps.inlet.ml_min() > 0.0;
        self.stale |= self.stood_s > limits.standing.seconds();
        if reset && !asks {
            (self.stale, self.stood_s) = (false, 0.0);
        }
        self.stale && asks
    }
}
