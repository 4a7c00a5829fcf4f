//! Hazard 3: the return line is occluded, by return pressure and by its rise against what the flow explains.
//!
//! A sound line's pressure follows the return flow: p = p0 + R Q. What rises beyond R Q has no flow to explain it. Two
//! running means of that excess with different lags differ by slope x lag difference, which gives the slope without
//! a store of samples.

use leuka_device::{CollectTo, Commands, GuardTelemetry};

use crate::limits::OcclusionLimits;

/// Lags of the two running means, s: about two and ten samples.
const QUICK_S: f64 = 0.1;
const SLOW_S: f64 = 0.5;

/// The running means.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct ReturnLine {
    means: Option<(f64, f64)>,
}

impl ReturnLine {
    /// True when the return line is occluded; `dt_s` is the time since the last step.
    pub(crate) fn occluded(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        dt_s: f64,
        limits: &OcclusionLimits,
    ) -> bool {
        let Some(pressure) = telemetry.return_pressure.value else { return false };
        let excess_mmhg =
            pressure.mmhg() - limits.flow_resistance_mmhg_min_ml * return_flow_ml_min(telemetry, commands);
        let (quick, slow) = self.means.unwrap_or((excess_mmhg, excess_mmhg));
        let quick = follow(quick, excess_mmhg, dt_s, QUICK_S);
        let slow = follow(slow, excess_mmhg, dt_s, SLOW_S);
        self.means = Some((quick, slow));
        let slope_mmhg_s = (quick - slow) / (SLOW_S - QUICK_S);
        let ahead_mmhg = pressure.mmhg() + slope_mmhg_s * limits.look_ahead.seconds();
        pressure > limits.stop || (pressure > limits.watch && ahead_mmhg > limits.stop.mmhg())
    }
}

/// A running mean moves towards `value`; stable for any step.
fn follow(mean: f64, value: f64, dt_s: f64, lag_s: f64) -> f64 {
    mean + (value - mean) * dt_s / (lag_s + dt_s)
}

/// What goes back by the guard's own counters: inlet less what is collected.
fn return_flow_ml_min(telemetry: &GuardTelemetry, commands: &Commands) -> f64 {
    let collected = match commands.collect_to {
        CollectTo::Product => telemetry.pump_flows.collect.value,
        CollectTo::Return => None,
    };
    telemetry.pump_flows.inlet.value.map_or(0.0, |flow| flow.ml_min()) - collected.map_or(0.0, |flow| flow.ml_min())
}
