//! Hazard 5: the draw access gives too little. Control backs off and retries; when the suction stays, the guard holds.

use leuka_device::GuardTelemetry;

use crate::facts::{Facts, Held, Lag};
use crate::limits::AccessLimits;

/// Lag of the mean that takes the rollers' ripple away, s.
const LAG_S: f64 = 0.3;

/// The evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    mean_mmhg: f64,
    lag: Lag,
    beyond: Held,
}

impl Default for Access {
    fn default() -> Self {
        Self { mean_mmhg: 0.0, lag: Lag::new(LAG_S), beyond: Held::default() }
    }
}

impl Access {
    /// True when suction has been beyond its limit for too long while blood is asked for.
    pub(crate) fn occluded(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &AccessLimits) -> bool {
        let Some(pressure) = telemetry.access_pressure.value else { return false };
        self.mean_mmhg = self.lag.follow(self.mean_mmhg, pressure.mmhg(), facts.dt_s);
        let beyond = facts.draw_asked && self.mean_mmhg < limits.suction.mmhg();
        self.beyond.lasts(beyond, facts.dt_s, limits.lasts.seconds())
    }
}
