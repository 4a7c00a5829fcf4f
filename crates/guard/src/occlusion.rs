//! Hazard 3: the return line is occluded, by return pressure and by its rise against what the flow explains.
//!
//! A sound line's pressure follows the return flow: p = p0 + R Q. What rises beyond R Q has no flow to explain it. Two
//! running means of that excess with different lags differ by slope x lag difference, which gives the slope without
//! a store of samples.

use leuka_device::GuardTelemetry;

use crate::facts::{Facts, Lag};
use crate::limits::OcclusionLimits;

/// Lags of the two running means, s: about two and ten samples.
const QUICK_S: f64 = 0.1;
const SLOW_S: f64 = 0.5;

/// The running means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReturnLine {
    means: Option<(f64, f64)>,
    quick: Lag,
    slow: Lag,
}

impl Default for ReturnLine {
    fn default() -> Self {
        Self { means: None, quick: Lag::new(QUICK_S), slow: Lag::new(SLOW_S) }
    }
}

impl ReturnLine {
    /// True when the return line is occluded.
    pub(crate) fn occluded(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &OcclusionLimits) -> bool {
        let Some(pressure) = telemetry.return_pressure.value else { return false };
        let excess_mmhg = pressure.mmhg() - limits.flow_resistance_mmhg_min_ml * facts.returned();
        let (quick, slow) = self.means.unwrap_or((excess_mmhg, excess_mmhg));
        let quick = self.quick.follow(quick, excess_mmhg, facts.dt_s);
        let slow = self.slow.follow(slow, excess_mmhg, facts.dt_s);
        self.means = Some((quick, slow));
        let slope_mmhg_s = (quick - slow) * const { 1.0 / (SLOW_S - QUICK_S) };
        let ahead_mmhg = pressure.mmhg() + slope_mmhg_s * limits.look_ahead.seconds();
        pressure > limits.stop || (pressure > limits.watch && ahead_mmhg > limits.stop.mmhg())
    }
}
