//! Hazard 5: the draw access gives too little. Control backs off and retries; when the suction stays, the guard holds.

use leuka_device::GuardTelemetry;

use crate::facts::{Facts, Held, follow};
use crate::limits::AccessLimits;

/// Lag of the mean that takes the rollers' ripple away, s.
const LAG_S: f64 = 0.3;

/// The evidence.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Access {
    mean_mmhg: f64,
    beyond: Held,
}

impl Access {
    /// True when suction has been beyond its limit for too long while blood is asked for.
    pub(crate) fn occluded(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &AccessLimits) -> bool {
        let Some(pressure) = telemetry.access_pressure.value else { return false };
        self.mean_mmhg = follow(self.mean_mmhg, pressure.mmhg(), facts.dt_s, LAG_S);
        let beyond = facts.draw_asked && self.mean_mmhg < limits.suction.mmhg();
        self.beyond.lasts(beyond, facts.dt_s, limits.lasts.seconds())
    }
}
