//! The collect line: when its content goes into the bag, and how its haematocrit trims the interface.
//!
//! The same collect haematocrit is met with the cut at different depths of the layer, so the operator's choice of
//! haematocrit is a real one. Its loop is slow: the optics see what left the channel minutes ago.
//!
//! With an elutriation chamber the line returns the chamber's effluent while the chamber fills, and delivers while it is
//! flushed:
//!
//! ```text
//! Flushing > Filling > Emptying > Filling ...   (full: by its sensor, or after the longest time)
//!                         '-> Emptied           (at the end of the collection)
//! ```

use leuka_blood::math::ln;
use leuka_blood::quantity::{FlowRate, Fraction};
use leuka_device::{CollectOptics, CollectTo, Instant};

use crate::method::ChamberCycle;
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
    /// The chamber fills; so much must pass until the collect stream is itself again, mL. A sensor that has not
    /// shown the chamber empty cannot call it full.
    Filling { since: Instant, left_ml: f64, was_low: bool },
    /// The chamber's content goes through the line into the bag; so much has passed, mL.
    Emptying { passed_ml: f64 },
    /// The chamber was flushed for the last time.
    Emptied,
    /// The pump rests.
    Resting { since: Instant },
}

/// What the collect line asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CollectCommand {
    pub(crate) flow_ml_min: f64,
    pub(crate) to: CollectTo,
    pub(crate) flush: bool,
}

/// What the line's state depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// The interface stands.
    pub(crate) settled: bool,
    /// The collection has begun.
    pub(crate) may_deliver: bool,
    /// How far the chamber is filled.
    pub(crate) load: Option<f64>,
    /// The collection is to end: the chamber is flushed for the last time.
    pub(crate) is_last: bool,
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
    /// The chamber is flushed.
    Flushes,
}

/// The collect line's state.
#[derive(Debug, Clone)]
pub(crate) struct CollectLine {
    tuning: CollectTuning,
    line_ml: f64,
    chamber: Option<ChamberCycle>,
    /// Change of the flow per second between filling and flushing: no faster than the plasma pump makes room.
    slew_ml_min_s: f64,
    /// Flow of the pump while the chamber fills or is flushed.
    ramped_ml_min: f64,
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
            chamber: prescription.settings.method.chamber(),
            slew_ml_min_s: prescription.tuning.interface.slew_ml_min_s,
            ramped_ml_min: 0.0,
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

    /// True where a chamber is filled and flushed.
    pub(crate) const fn has_chamber(&self) -> bool {
        self.chamber.is_some()
    }

    /// True when nothing is left to be flushed into the bag.
    pub(crate) fn is_done(&self) -> bool {
        self.chamber.is_none() || self.state == State::Emptied
    }

    /// True while what leaves the channel is kept: in the bag, or in the chamber.
    pub(crate) const fn takes(&self) -> bool {
        matches!(self.state, State::Delivering | State::Filling { .. } | State::Emptying { .. })
    }

    /// One step.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        dt_s: f64,
        flow: FlowRate,
        around: Around,
    ) -> (CollectCommand, Option<Change>) {
        let change = match self.state {
            State::Resting { since } if around.settled && now.micros_since(since) >= micros(self.tuning.red_rest) => {
                self.state = State::Flushing { left_ml: self.line_ml };
                self.last_optics = None;
                Some(Change::Started)
            }
            State::Flushing { left_ml } => {
                let left_ml = left_ml - flow.ml_min() * dt_s / 60.0;
                let clear = self.since_red.is_none() && left_ml <= 0.0 && around.may_deliver;
                self.ramped_ml_min = flow.ml_min();
                self.state = match self.chamber {
                    Some(_) if clear => State::Filling { since: now, left_ml: 0.0, was_low: false },
                    None if clear => State::Delivering,
                    _ => State::Flushing { left_ml },
                };
                (clear && self.chamber.is_none()).then_some(Change::Delivers)
            }
            _ => self.chamber.and_then(|cycle| self.cycle(now, dt_s, flow, around, cycle)),
        };
        (self.command(flow), change)
    }

    /// The chamber fills and is flushed.
    fn cycle(
        &mut self,
        now: Instant,
        dt_s: f64,
        flow: FlowRate,
        around: Around,
        cycle: ChamberCycle,
    ) -> Option<Change> {
        let moved_ml = self.ramp(dt_s, flow, cycle);
        match self.state {
            State::Filling { since, left_ml, was_low } => {
                let is_high = around.load.is_some_and(|load| load >= cycle.flush_at.fraction());
                let is_full = was_low && is_high;
                let is_late = now.micros_since(since) >= micros(cycle.longest_fill);
                if is_full || is_late || around.is_last {
                    self.state = State::Emptying { passed_ml: 0.0 };
                    return Some(Change::Flushes);
                }
                let left_ml = left_ml - moved_ml;
                self.state = State::Filling { since, left_ml, was_low: was_low || (around.load.is_some() && !is_high) };
            }
            State::Emptying { passed_ml } if passed_ml >= self.line_ml + cycle.volume.ml() => {
                self.state = if around.is_last {
                    State::Emptied
                } else {
                    State::Filling { since: now, left_ml: self.line_ml, was_low: false }
                };
                self.last_optics = None;
            }
            State::Emptying { passed_ml } => {
                self.state = State::Emptying { passed_ml: passed_ml + moved_ml };
            }
            _ => {}
        }
        None
    }

    /// Brings the pump nearer to what filling or flushing wants; returns what it moves in the step, mL.
    fn ramp(&mut self, dt_s: f64, filling: FlowRate, cycle: ChamberCycle) -> f64 {
        let (fill, flush) = (filling.ml_min(), cycle.flow.ml_min());
        let wanted = match self.state {
            State::Emptying { passed_ml } => {
                let left_ml = self.line_ml + cycle.volume.ml() - passed_ml;
                let slowing_ml = (flush * flush - fill * fill) / (120.0 * self.slew_ml_min_s);
                if left_ml > slowing_ml { flush } else { fill }
            }
            _ => fill,
        };
        let most = self.slew_ml_min_s * dt_s;
        self.ramped_ml_min += (wanted - self.ramped_ml_min).max(-most).min(most);
        self.ramped_ml_min * dt_s / 60.0
    }

    fn command(&self, flow: FlowRate) -> CollectCommand {
        let (flow_ml_min, to) = match self.state {
            State::Resting { .. } | State::Emptied => (0.0, CollectTo::Return),
            State::Flushing { .. } => (flow.ml_min(), CollectTo::Return),
            State::Filling { .. } => (self.ramped_ml_min, CollectTo::Return),
            State::Delivering => (flow.ml_min(), CollectTo::Product),
            State::Emptying { passed_ml } => {
                let to = if passed_ml < self.line_ml { CollectTo::Return } else { CollectTo::Product };
                (self.ramped_ml_min, to)
            }
        };
        CollectCommand { flow_ml_min, to, flush: matches!(self.state, State::Emptying { .. }) }
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
            State::Flushing { left_ml } | State::Filling { left_ml, .. } => left_ml <= 0.0,
            State::Resting { .. } | State::Emptying { .. } | State::Emptied => false,
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
