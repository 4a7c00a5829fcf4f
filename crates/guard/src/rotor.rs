//! Hazards 16, 17 and 19: the rotor is too fast, vibrates, or turns behind an open door. By the second tachometer, a
//! vibration sensor and a door switch of the guard's own.

use leuka_device::{Cause, Commands, GuardTelemetry, VerdictKind};

use crate::facts::{Facts, Held, Lag};
use crate::limits::RotorLimits;

/// The evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotor {
    /// The speed that a sound rotor may have, rpm: as commanded, and more while it slows down. A guard that starts takes
    /// the rotor as it finds it.
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
        let before = self.allowed_rpm.unwrap_or(speed);
        let allowed_rpm = asked.max(self.coast.follow(before, asked, facts.dt_s));
        self.allowed_rpm = Some(allowed_rpm);
        let most_rpm = allowed_rpm * (1.0 + limits.overspeed.fraction()) + limits.floor.rpm();
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
