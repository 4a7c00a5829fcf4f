//! Hazards 16, 17 and 19: the rotor is too fast, vibrates, or turns behind an open door. By the second tachometer, a
//! vibration sensor and a door switch of the guard's own.

use leuka_device::{Cause, Commands, GuardTelemetry, VerdictKind};

use crate::facts::{Facts, Held, Lag};
use crate::limits::RotorLimits;

/// The evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotor {
    /// The speed that a sound rotor may have, rpm: as commanded, and more while it slows down, but no more than it had. A
    /// guard that starts takes the rotor as it finds it.
    allowed_rpm: Option<f64>,
    coast: Lag,
    fast: Held,
    shaken: Held,
}

impl Rotor {
    pub(crate) const fn new(limits: &RotorLimits) -> Self {
        let coast = Lag::new(limits.coast.seconds());
        Self { allowed_rpm: None, coast, fast: Held::NOT, shaken: Held::NOT }
    }

    pub(crate) fn judge(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        facts: &Facts,
        permitted: VerdictKind,
        limits: &RotorLimits,
    ) -> Option<Cause> {
        let speed = telemetry.centrifuge_speed.value.map_or(0.0, |speed| speed.rpm());
        let asked = if permitted == VerdictKind::Safe { 0.0 } else { commands.centrifuge_speed.rpm() };
        let before = self.allowed_rpm.map_or(speed, |allowed| allowed.min(speed));
        let coasting_rpm = self.coast.follow(before, asked, facts.dt_s);
        self.allowed_rpm = Some(asked.max(coasting_rpm));
        // A rotor that slows down does not overshoot: nothing but noise is added to what it had.
        let floor_rpm = limits.floor.rpm();
        let most_rpm = (asked * (1.0 + limits.overspeed.fraction()) + floor_rpm).max(coasting_rpm + 2.0 * floor_rpm);
        let is_fast = self.fast.lasts(speed > most_rpm, facts.dt_s, limits.overspeed_lasts.seconds());
        let amplitude = telemetry.vibration.value.map_or(0.0, |amplitude| amplitude.mm());
        let shaken = amplitude > limits.vibration.mm();
        let is_shaken = self.shaken.lasts(shaken, facts.dt_s, limits.vibration_lasts.seconds());
        let is_open = telemetry.door_locked.value == Some(false) && speed > limits.stands.rpm();
        if is_open {
            Some(Cause::DoorOpen)
        } else if is_fast {
            Some(Cause::Overspeed)
        } else {
            is_shaken.then_some(Cause::Imbalance)
        }
    }
}
