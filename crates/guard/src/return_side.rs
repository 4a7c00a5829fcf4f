//! Hazard 4, the return line is off the donor, and hazard 6, it goes beside the vein: by return pressure against flow.
//!
//! A line that is open to the air takes R Q; one in a vein takes the vein's pressure and the needle's on top. Near
//! nothing is what the transducer shows with an empty machine, so its zero is taken when the guard starts, as long as it
//! is near enough. A vein that takes no more makes the same flow need more and more pressure than it did at its best.

use leuka_device::GuardTelemetry;

use crate::facts::{Facts, Held, Lag};
use crate::limits::ReturnSideLimits;

/// The transducer's zero is taken over the first so many seconds.
const ZERO_S: f64 = 5.0;
/// What no transducer is off by, mmHg: a guard that starts in a running machine takes no zero.
const ZERO_WITHIN_MMHG: f64 = 15.0;
/// Lags of the means, s: one to follow rollers and changes of flow, one for what changes slowly.
const QUICK_S: f64 = 0.5;
const SLOW_S: f64 = 10.0;
/// A needle has shown its resistance after so long, s.
const LEARNT_S: f64 = 60.0;

/// The evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReturnSide {
    pub(crate) zero: Zero,
    quick: Mean,
    off: Held,
    slow: Mean,
    returned_s: f64,
    best_mmhg_min_ml: Option<f64>,
    high: Held,
}

/// Running means of pressure (mmHg) and flow (mL/min), where fluid returns.
#[derive(Debug, Clone, Copy)]
struct Mean {
    value: Option<(f64, f64)>,
    lag: Lag,
}

impl Mean {
    const fn new(lag_s: f64) -> Self {
        Self { value: None, lag: Lag::new(lag_s) }
    }

    fn follow(&mut self, mmhg: f64, flow: f64, dt_s: f64) -> (f64, f64) {
        let (pressure, returned) = self.value.unwrap_or((mmhg, flow));
        let mean = (self.lag.follow(pressure, mmhg, dt_s), self.lag.follow(returned, flow, dt_s));
        self.value = Some(mean);
        mean
    }
}

/// What the transducer shows for nothing.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Zero {
    mmhg: f64,
    taken_s: f64,
}

impl Zero {
    fn take(&mut self, mmhg: f64, dt_s: f64) {
        if self.taken_s < ZERO_S && mmhg.abs() < ZERO_WITHIN_MMHG {
            self.taken_s += dt_s;
            if self.taken_s > 0.0 {
                self.mmhg += (mmhg - self.mmhg) * (dt_s / self.taken_s);
            }
        } else {
            self.taken_s = ZERO_S;
        }
    }
}

/// What the return side shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Return {
    Sound,
    Off,
    Infiltrated,
}

impl ReturnSide {
    /// Starts anew; the zero stays what it was.
    pub(crate) fn starting(zero: Zero) -> Self {
        Self {
            zero,
            quick: Mean::new(QUICK_S),
            off: Held::default(),
            slow: Mean::new(SLOW_S),
            returned_s: 0.0,
            best_mmhg_min_ml: None,
            high: Held::default(),
        }
    }

    pub(crate) fn judge(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &ReturnSideLimits) -> Return {
        let Some(pressure) = telemetry.return_pressure.value else { return Return::Sound };
        self.zero.take(pressure.mmhg(), facts.dt_s);
        if !facts.returns {
            (self.quick.value, self.slow.value) = (None, None);
            (self.off, self.high) = (Held::default(), Held::default());
            return Return::Sound;
        }
        let (mmhg, flow) = (pressure.mmhg() - self.zero.mmhg, facts.returned());
        let (quick, slow) = (self.quick.follow(mmhg, flow, facts.dt_s), self.slow.follow(mmhg, flow, facts.dt_s));
        let open_mmhg = limits.open_line_mmhg_min_ml * quick.1 + limits.off_margin.mmhg();
        let is_off = quick.0 < open_mmhg && quick.1 > limits.least_flow.ml_min();
        if self.off.lasts(is_off, facts.dt_s, limits.off_lasts.seconds()) {
            return Return::Off;
        }
        if self.has_risen(slow, facts.dt_s, limits) { Return::Infiltrated } else { Return::Sound }
    }

    fn has_risen(&mut self, (mmhg, flow): (f64, f64), dt_s: f64, limits: &ReturnSideLimits) -> bool {
        if flow <= limits.least_flow.ml_min() {
            self.high = Held::default();
            return false;
        }
        let resistance = mmhg / flow;
        self.returned_s += dt_s;
        if self.returned_s > LEARNT_S {
            self.best_mmhg_min_ml = Some(self.best_mmhg_min_ml.map_or(resistance, |best| best.min(resistance)));
        }
        let best = self.best_mmhg_min_ml.unwrap_or(f64::INFINITY);
        let most_mmhg = limits.rise_factor * best * flow + limits.rise.mmhg();
        self.high.lasts(mmhg > most_mmhg, dt_s, limits.rise_lasts.seconds())
    }
}
