//! What every check needs to know of a step, worked out once.

use leuka_blood::quantity::FlowRate;
use leuka_device::{Clamp, Commands, DrawFrom, GuardTelemetry, Instant, Reading, ReturnTo, VerdictKind};

/// One step as the guard's own counters see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) now: Instant,
    pub(crate) dt_s: f64,
    /// Flow of the inlet pump, mL/min.
    pub(crate) inlet: f64,
    /// Flow of the collect pump into the product bag, mL/min.
    pub(crate) collected: f64,
    /// What the anticoagulant pump may be turning: as commanded, nothing while the pumps are held, mL/min.
    pub(crate) anticoagulant_asked: f64,
    /// The inlet turns.
    pub(crate) moves: bool,
    /// Blood is drawn from the donor.
    pub(crate) draws: bool,
    /// Fluid goes back to the donor.
    pub(crate) returns: bool,
    /// Blood is asked for.
    pub(crate) draw_asked: bool,
    /// Blood is moved from the donor or the reservoir, and asked for: no saline is.
    pub(crate) moves_blood: bool,
    pub(crate) blood_asked: bool,
}

impl Facts {
    pub(crate) fn new(
        telemetry: &GuardTelemetry,
        commands: &Commands,
        dt_s: f64,
        permitted: VerdictKind,
        still: FlowRate,
    ) -> Self {
        let flow = |reading: Reading<FlowRate>| reading.value.map_or(0.0, FlowRate::ml_min);
        let passes = permitted == VerdictKind::Pass;
        let inlet = flow(telemetry.pump_flows.inlet);
        let moves = inlet > still.ml_min();
        let from_donor = commands.draw_from == DrawFrom::Donor;
        let is_blood = commands.draw_from != DrawFrom::Saline;
        let asked = commands.pumps.inlet > FlowRate::ZERO;
        let collected = match commands.collect_to {
            leuka_device::CollectTo::Product => flow(telemetry.pump_flows.collect),
            leuka_device::CollectTo::Return => 0.0,
        };
        Self {
            now: telemetry.at,
            dt_s,
            inlet,
            collected,
            anticoagulant_asked: if passes { commands.pumps.anticoagulant.ml_min() } else { 0.0 },
            moves,
            draws: passes && moves && from_donor,
            returns: passes && moves && commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open,
            draw_asked: from_donor && asked,
            moves_blood: passes && moves && is_blood,
            blood_asked: is_blood && asked,
        }
    }

    /// What goes back: inlet less what is collected, mL/min.
    pub(crate) const fn returned(&self) -> f64 {
        self.inlet - self.collected
    }
}

/// A running mean that moves towards `value`; stable for any step.
pub(crate) fn follow(mean: f64, value: f64, dt_s: f64, lag_s: f64) -> f64 {
    mean + (value - mean) * dt_s / (lag_s + dt_s)
}

/// A lag of running means, with the part by which they move in a step: worked out anew when steps have another length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lag {
    lag_s: f64,
    dt_s: f64,
    part: f64,
}

impl Lag {
    pub(crate) const fn new(lag_s: f64) -> Self {
        Self { lag_s, dt_s: 0.0, part: 0.0 }
    }

    /// The running mean after a step of `dt_s` towards `value`; stable for any step.
    #[inline]
    pub(crate) fn follow(&mut self, mean: f64, value: f64, dt_s: f64) -> f64 {
        #[expect(clippy::float_cmp, reason = "another length, however little")]
        if dt_s != self.dt_s {
            (self.dt_s, self.part) = (dt_s, dt_s / (self.lag_s + dt_s));
        }
        mean + (value - mean) * self.part
    }
}

/// For how long a condition has held without a break, s.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Held(f64);

impl Held {
    /// It does not hold.
    pub(crate) const NOT: Self = Self(0.0);

    /// True when the condition holds and has held for `limit_s`.
    pub(crate) fn lasts(&mut self, condition: bool, dt_s: f64, limit_s: f64) -> bool {
        self.0 = if condition { self.0 + dt_s } else { 0.0 };
        condition && self.0 >= limit_s
    }
}
