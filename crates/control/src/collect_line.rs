//! The collect line: when its content goes into the bag, and how its haematocrit trims the interface.
//!
//! The same collect haematocrit is met with the cut at different depths of the layer, so the operator's choice of
//! haematocrit is a real one. Its loop is slow: the optics see what left the channel minutes ago.

use leuka_blood::math::ln;
use leuka_blood::quantity::{FlowRate, Fraction};
use leuka_device::{CollectOptics, CollectTo, Instant};

use crate::prescription::Prescription;
use crate::senses::{Fresh, micros};
use crate::tuning::CollectTuning;

/// Where the collect line is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// What stands in the line goes back to the donor; so much is left of it, mL.
    Flushing { left_ml: f64 },
    /// Into the bag.
    Delivering,
    /// The pump rests.
    Resting { since: Instant },
}

/// What the collect line asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CollectCommand {
    pub(crate) flow_ml_min: f64,
    pub(crate) to: CollectTo,
}

/// What has just happened in the collect line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    /// The pump was stopped because of red cells.
    TurnedRed(Fraction),
    /// The pump turns again.
    Started,
    /// Product flows.
    Delivers,
}

/// The collect line's state.
#[derive(Debug, Clone)]
pub(crate) struct CollectLine {
    tuning: CollectTuning,
    line_ml: f64,
    set_point: f64,
    red: Fraction,
    state: State,
    since_red: Option<Instant>,
    trim_mm: f64,
    /// Integral part of the trim, with retreats.
    integral_mm: f64,
    last_optics: Option<Instant>,
    pub(crate) measured: Option<Fraction>,
}

impl CollectLine {
    pub(crate) const fn new(prescription: &Prescription) -> Self {
        Self {
            tuning: prescription.tuning.collect,
            line_ml: prescription.set.collect_line_volume.ml(),
            set_point: prescription.settings.collect_hematocrit.fraction(),
            red: prescription.limits.line_red,
            state: State::Resting { since: Instant::START },
            since_red: None,
            trim_mm: 0.0,
            integral_mm: 0.0,
            last_optics: None,
            measured: None,
        }
    }

    /// How far the interface's set-point is moved from the prescribed one, mm.
    pub(crate) const fn trim_mm(&self) -> f64 {
        self.trim_mm
    }

    /// Stops the pump at once, because the interface is lost.
    pub(crate) const fn rest(&mut self, now: Instant) {
        self.state = State::Resting { since: now };
        self.last_optics = None;
    }

    /// One step: `settled` when the interface stands, `may_deliver` in the collect phase.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        dt_s: f64,
        flow: FlowRate,
        settled: bool,
        may_deliver: bool,
    ) -> (CollectCommand, Option<Change>) {
        let change = match self.state {
            State::Resting { since } if settled && now.micros_since(since) >= micros(self.tuning.red_rest) => {
                self.state = State::Flushing { left_ml: self.line_ml };
                self.last_optics = None;
                Some(Change::Started)
            }
            State::Flushing { left_ml } => {
                let left_ml = left_ml - flow.ml_min() * dt_s / 60.0;
                let clear = self.since_red.is_none() && left_ml <= 0.0 && may_deliver;
                self.state = if clear { State::Delivering } else { State::Flushing { left_ml } };
                clear.then_some(Change::Delivers)
            }
            State::Resting { .. } | State::Delivering => None,
        };
        (self.command(flow), change)
    }

    fn command(&self, flow: FlowRate) -> CollectCommand {
        let (flow_ml_min, to) = match self.state {
            State::Resting { .. } => (0.0, CollectTo::Return),
            State::Flushing { .. } => (flow.ml_min(), CollectTo::Return),
            State::Delivering => (flow.ml_min(), CollectTo::Product),
        };
        CollectCommand { flow_ml_min, to }
    }

    /// Takes a new reading of the optics: trims, and stops the pump when the line stays red.
    pub(crate) fn optics(&mut self, reading: &Fresh<CollectOptics>) -> Option<Change> {
        let hematocrit = reading.value.hematocrit;
        if !(0.0..=1.0).contains(&hematocrit.fraction()) {
            return None;
        }
        self.measured = Some(hematocrit);
        // The optics see the line's own content only when it has been renewed.
        let renewed = match self.state {
            State::Delivering => true,
            State::Flushing { left_ml } => left_ml <= 0.0,
            State::Resting { .. } => false,
        };
        if !renewed {
            self.since_red = None;
            return None;
        }
        self.trim(hematocrit, reading.taken_at);
        if hematocrit <= self.red {
            self.since_red = None;
            return None;
        }
        let since = *self.since_red.get_or_insert(reading.taken_at);
        if reading.taken_at.micros_since(since) < micros(self.tuning.red_within) {
            return None;
        }
        self.since_red = None;
        self.retreat();
        self.rest(reading.taken_at);
        Some(Change::TurnedRed(hematocrit))
    }

    fn trim(&mut self, hematocrit: Fraction, taken_at: Instant) {
        let tuning = &self.tuning;
        let inside = hematocrit.max(tuning.optics_low).min(tuning.optics_high).fraction();
        // A pale line, as at the begin, asks for no more than a line at its red limit does, so that it is not overrun.
        let headroom = ln(self.red.fraction() / self.set_point);
        let excess = ln(inside / self.set_point).max(-headroom);
        let interval_min = match self.last_optics.replace(taken_at) {
            Some(last) => taken_at.since(last).minutes().min(0.5),
            None => 0.0,
        };
        let limit = tuning.trim_limit.mm();
        self.integral_mm = (self.integral_mm + tuning.integral_mm_min * excess * interval_min).max(-limit).min(limit);
        self.trim_mm = (self.integral_mm + tuning.proportional_mm * excess).max(-limit).min(limit);
    }

    fn retreat(&mut self) {
        let limit = self.tuning.trim_limit.mm();
        self.integral_mm = (self.integral_mm + self.tuning.red_retreat.mm()).min(limit);
        self.trim_mm = self.integral_mm;
    }
}
