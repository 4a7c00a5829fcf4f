//! The inlet flow: the largest that the wish, the limits and the pressures allow, and the reason when it is less.
//!
//! Fixed limits (anticoagulant, citrate, pump) are worked out once. Pressures are watched: suction beyond its limit, or
//! return pressure or a filter's above its, lowers the flow by a factor and waits for the effect; after the allowed
//! retries the caller pauses, or ends where a filter is blocked. Quiet pressures give the flow back step by step.

use leuka_blood::quantity::{FlowRate, Pressure, TimeSpan};
use leuka_device::Instant;
use leuka_dose::{blood_flow, citrate_dose_rate, inlet_for_anticoagulant_limit, inlet_for_citrate_limit};

use crate::filtering::{FilterVerdict, FilterWatch};
use crate::prescription::{Prescription, PrescriptionError, within};
use crate::reason::{EndReason, PauseReason, Reason};
use crate::reservoir::Turn;
use crate::senses::{Seen, micros};
use crate::tuning::InletTuning;

/// Flows closer than this are the same to an operator, mL/min.
const SAME_ML_MIN: f64 = 0.5;

/// Time constant of the access pressure, s.
const SMOOTHING_S: f64 = 0.3;

/// The fixed limits of an inlet flow.
#[derive(Debug, Clone, Copy)]
struct Ceiling {
    ml_min: f64,
    reason: Reason,
}

/// The inlet flow's state.
#[derive(Debug, Clone)]
pub(crate) struct InletControl {
    tuning: InletTuning,
    wish_ml_min: f64,
    wish_reason: Reason,
    ceiling: Ceiling,
    least_ml_min: f64,
    access: Suction,
    return_: Back,
    filter: FilterWatch,
    filter_acted_at: Option<Instant>,
    back_off: Option<Ceiling>,
    calm_since: Option<Instant>,
    turn: Option<Turn>,
    /// The turn whose pressure lowered the flow: the other's shows nothing of it.
    lowered_in: Option<Turn>,
    target: Ceiling,
    ramped_ml_min: f64,
}

/// Suction at the access.
#[derive(Debug, Clone, Copy)]
struct Suction {
    warning_mmhg: f64,
    automatic_mmhg: f64,
    absolute_mmhg: f64,
    smooth_mmhg: f64,
    beyond_since: Option<Instant>,
    acted_at: Option<Instant>,
    attempts: u8,
}

/// Pressure at the return.
#[derive(Debug, Clone, Copy)]
struct Back {
    automatic_mmhg: f64,
    absolute_mmhg: f64,
    acted_at: Option<Instant>,
    over_absolute: u8,
}

/// What the pressures ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PressureVerdict {
    /// Nothing.
    Fine,
    /// Pause.
    Pause(PauseReason),
}

/// A changed target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TargetChange {
    pub(crate) old_ml_min: f64,
    pub(crate) new_ml_min: f64,
    pub(crate) reason: Reason,
}

impl InletControl {
    /// # Errors
    /// The fixed limits leave less than the slowest inlet.
    pub(crate) fn new(prescription: &Prescription) -> Result<Self, PrescriptionError> {
        let ceiling = ceiling(prescription);
        let least_ml_min = prescription.limits.least_inlet.ml_min();
        within(
            "the inlet flow that anticoagulant and citrate limits allow",
            ceiling.ml_min,
            least_ml_min,
            1e6,
            "mL/min",
        )?;
        let (access, back) = (&prescription.limits.access_pressure, &prescription.limits.return_pressure);
        Ok(Self {
            tuning: prescription.tuning.inlet,
            wish_ml_min: prescription.settings.inlet_flow.ml_min(),
            wish_reason: Reason::Prescribed,
            ceiling,
            least_ml_min,
            access: Suction {
                warning_mmhg: access.warning.mmhg(),
                automatic_mmhg: access.automatic.mmhg(),
                absolute_mmhg: access.absolute.mmhg(),
                smooth_mmhg: 0.0,
                beyond_since: None,
                acted_at: None,
                attempts: 0,
            },
            return_: Back {
                automatic_mmhg: back.automatic.mmhg(),
                absolute_mmhg: back.absolute.mmhg(),
                acted_at: None,
                over_absolute: 0,
            },
            filter: FilterWatch::new(&prescription.limits.filter_pressure),
            filter_acted_at: None,
            back_off: None,
            calm_since: None,
            turn: None,
            lowered_in: None,
            target: Ceiling { ml_min: 0.0, reason: Reason::Prescribed },
            ramped_ml_min: 0.0,
        })
    }

    /// Another wish of the operator's.
    pub(crate) const fn set_wish(&mut self, flow: FlowRate) {
        self.wish_ml_min = flow.ml_min();
        self.wish_reason = Reason::Operator;
    }

    /// Lowers the flow for a symptom that the donor reports, or the fluid balance; quiet time gives it back.
    pub(crate) fn lower_for(&mut self, reason: Reason) {
        let ml_min = (self.target.ml_min * self.tuning.symptom_factor.fraction()).max(self.least_ml_min);
        self.lower(ml_min, reason);
    }

    /// The flow that the pump is asked for now.
    pub(crate) const fn flow_ml_min(&self) -> f64 {
        self.ramped_ml_min
    }

    /// The flow that wish and fixed limits allow.
    pub(crate) const fn allowed_ml_min(&self) -> f64 {
        self.wish_ml_min.min(self.ceiling.ml_min)
    }

    /// The flow that it is on the way to.
    pub(crate) const fn target_ml_min(&self) -> f64 {
        self.target.ml_min
    }

    /// Why the flow is below the wish, if it is.
    pub(crate) fn held_down(&self) -> Option<Reason> {
        (self.target.ml_min < self.wish_ml_min - SAME_ML_MIN).then_some(self.target.reason)
    }

    /// Suction that the operator is told of, with its limit, mmHg.
    pub(crate) fn suction_warning(&self) -> Option<(f64, f64)> {
        let access = &self.access;
        (access.smooth_mmhg < access.warning_mmhg).then_some((access.smooth_mmhg, access.warning_mmhg))
    }

    /// Stands still, as in a pause; pressures are forgiven.
    pub(crate) const fn halt(&mut self) {
        self.ramped_ml_min = 0.0;
        self.access.smooth_mmhg = 0.0;
        self.access.beyond_since = None;
        self.access.attempts = 0;
        self.return_.over_absolute = 0;
    }

    /// A line that was clamped under pressure has its time to relax.
    pub(crate) const fn resume(&mut self, now: Instant) {
        self.return_.acted_at = Some(now);
    }

    /// One step towards the flow, limited by `phase_ml_min` as well where a phase wants less than the wish.
    pub(crate) fn step(&mut self, dt_s: f64, phase: Option<(FlowRate, Reason)>) -> Option<TargetChange> {
        let mut target = Ceiling { ml_min: self.wish_ml_min, reason: self.wish_reason };
        let phase = phase.map(|(flow, reason)| Ceiling { ml_min: flow.ml_min(), reason });
        for limit in [phase, Some(self.ceiling), self.back_off].into_iter().flatten() {
            if limit.ml_min < target.ml_min {
                target = limit;
            }
        }
        let rise = self.tuning.ramp_ml_min_s * dt_s;
        self.ramped_ml_min = target.ml_min.min(self.ramped_ml_min + rise);
        let old = core::mem::replace(&mut self.target, target);
        let changed = (old.ml_min - target.ml_min).abs() >= SAME_ML_MIN;
        if !changed {
            self.target.ml_min = old.ml_min.min(target.ml_min);
        }
        changed.then_some(TargetChange { old_ml_min: old.ml_min, new_ml_min: target.ml_min, reason: target.reason })
    }

    /// Watches the pressures while blood moves; with one needle, in this turn.
    pub(crate) fn watch(&mut self, now: Instant, dt_s: f64, seen: &Seen, turn: Option<Turn>) -> PressureVerdict {
        if core::mem::replace(&mut self.turn, turn) != turn {
            self.calm_since = None;
        }
        let (Some(access_mmhg), Some(return_mmhg)) = (seen.access_mmhg, seen.return_mmhg) else {
            return PressureVerdict::Fine;
        };
        let access = self.watch_access(now, dt_s, access_mmhg);
        if access != PressureVerdict::Fine {
            return access;
        }
        let back = self.watch_return(now, return_mmhg);
        if back != PressureVerdict::Fine {
            return back;
        }
        self.recover(now, return_mmhg);
        PressureVerdict::Fine
    }

    fn watch_access(&mut self, now: Instant, dt_s: f64, pressure_mmhg: f64) -> PressureVerdict {
        let access = &mut self.access;
        // A little smoothing takes the rollers' ripple away and leaves half of the second that there is to act.
        access.smooth_mmhg += (pressure_mmhg - access.smooth_mmhg) * (dt_s / SMOOTHING_S).min(1.0);
        let beyond = access.smooth_mmhg < access.automatic_mmhg;
        if !beyond {
            access.beyond_since = None;
            return PressureVerdict::Fine;
        }
        let since = *access.beyond_since.get_or_insert(now);
        let collapsed = access.smooth_mmhg < access.absolute_mmhg;
        let waited = access.acted_at.is_none_or(|at| now.micros_since(at) >= micros(self.tuning.wait));
        let due = now.micros_since(since) >= micros(self.tuning.act_after) || collapsed;
        if !(waited && due) {
            return PressureVerdict::Fine;
        }
        let pressure = Pressure::from_mmhg(access.smooth_mmhg);
        let (attempts, limit) = (access.attempts, Pressure::from_mmhg(access.automatic_mmhg));
        let lower = self.ramped_ml_min * self.tuning.back_off.fraction();
        if attempts >= self.tuning.retries || lower < self.least_ml_min {
            return PressureVerdict::Pause(PauseReason::AccessOcclusion { pressure, attempts });
        }
        self.access.attempts = attempts.saturating_add(1);
        self.access.acted_at = Some(now);
        if collapsed {
            // The vein has shut: stand for a moment and begin from nothing.
            self.ramped_ml_min = 0.0;
        }
        self.lower(lower, Reason::AccessSuction { pressure, limit, attempt: self.access.attempts });
        PressureVerdict::Fine
    }

    fn watch_return(&mut self, now: Instant, pressure_mmhg: f64) -> PressureVerdict {
        let back = &mut self.return_;
        let (pressure, limit) = (Pressure::from_mmhg(pressure_mmhg), Pressure::from_mmhg(back.automatic_mmhg));
        // Two readings in a row: a single spike stops nothing.
        back.over_absolute = if pressure_mmhg > back.absolute_mmhg { back.over_absolute.saturating_add(1) } else { 0 };
        if back.over_absolute >= 2 {
            let limit = Pressure::from_mmhg(back.absolute_mmhg);
            return PressureVerdict::Pause(PauseReason::ReturnOcclusion { pressure, limit });
        }
        let waited = back.acted_at.is_none_or(|at| now.micros_since(at) >= micros(self.tuning.wait));
        if pressure_mmhg <= back.automatic_mmhg || !waited {
            return PressureVerdict::Fine;
        }
        let lower = self.ramped_ml_min * self.tuning.back_off.fraction();
        if lower < self.least_ml_min {
            return PressureVerdict::Pause(PauseReason::ReturnOcclusion { pressure, limit });
        }
        self.return_.acted_at = Some(now);
        self.lower(lower, Reason::ReturnPressure { pressure, limit });
        PressureVerdict::Fine
    }

    /// Pressure that the filter takes, without ripple, mmHg.
    pub(crate) const fn filter_mmhg(&self) -> f64 {
        self.filter.mmhg()
    }

    /// Watches the filter's pressure: lowers the flow, or says why the collection must end.
    pub(crate) fn watch_filter(&mut self, now: Instant, dt_s: f64, mmhg: f64) -> Option<EndReason> {
        let (pressure, limit) = match self.filter.look(TimeSpan::from_seconds(dt_s), mmhg) {
            FilterVerdict::Fine => return None,
            FilterVerdict::End(reason) => return Some(reason),
            FilterVerdict::Lower { pressure, limit } => (pressure, limit),
        };
        let waited = self.filter_acted_at.is_none_or(|at| now.micros_since(at) >= micros(self.tuning.filter_wait));
        if !waited {
            return None;
        }
        let lower = self.ramped_ml_min * self.tuning.back_off.fraction();
        if lower < self.least_ml_min {
            return Some(EndReason::FilterPressure { pressure, limit });
        }
        self.filter_acted_at = Some(now);
        self.lower(lower, Reason::FilterPressure { pressure, limit });
        None
    }

    const fn lower(&mut self, ml_min: f64, reason: Reason) {
        self.back_off = Some(Ceiling { ml_min, reason });
        self.lowered_in = self.turn;
        self.calm_since = None;
    }

    fn recover(&mut self, now: Instant, return_mmhg: f64) {
        let margin = self.tuning.recovery_margin.mmhg();
        let calm = self.access.smooth_mmhg > self.access.automatic_mmhg + margin
            && return_mmhg < self.return_.automatic_mmhg - margin
            && self.filter.is_calm(self.tuning.recovery_margin);
        let Some(back_off) = self.back_off.filter(|_| calm && self.turn == self.lowered_in) else {
            self.calm_since = None;
            return;
        };
        let since = *self.calm_since.get_or_insert(now);
        if now.micros_since(since) < micros(self.tuning.recovery) {
            return;
        }
        self.calm_since = None;
        self.access.attempts = 0;
        let free = self.wish_ml_min.min(self.ceiling.ml_min);
        let raised = back_off.ml_min + free * self.tuning.recovery_step.fraction();
        self.back_off = (raised < free).then_some(Ceiling { ml_min: raised, reason: Reason::Recovered });
    }
}

/// The lowest of the fixed limits.
fn ceiling(prescription: &Prescription) -> Ceiling {
    let (anticoagulant, donor) = (&prescription.anticoagulant, &prescription.donor);
    let infusion = anticoagulant.infusion.automatic;
    let citrate = anticoagulant.citrate.automatic;
    let by_infusion = inlet_for_anticoagulant_limit(infusion, donor.tbv, anticoagulant.ratio);
    let by_citrate = inlet_for_citrate_limit(citrate, anticoagulant.citrate_mmol_ml, donor.weight, anticoagulant.ratio);
    let by_anticoagulant_pump = prescription.limits.pump_range.anticoagulant * anticoagulant.ratio.value();
    let by_pump = prescription.limits.pump_range.inlet.min(by_anticoagulant_pump);
    // With one needle blood is drawn for half of the time, and a little more for what is collected.
    let over_turns = |flow: FlowRate| match prescription.set.reservoir {
        Some(_) => flow.max(flow * 2.0 - prescription.settings.collect_flow),
        None => flow,
    };
    let mut lowest = Ceiling { ml_min: by_pump.ml_min(), reason: Reason::PumpRange };
    for (flow, reason) in [
        (over_turns(by_infusion), Reason::AnticoagulantLimit { limit: infusion }),
        (over_turns(by_citrate), Reason::CitrateLimit { limit: citrate }),
    ] {
        if flow.ml_min() < lowest.ml_min {
            lowest = Ceiling { ml_min: flow.ml_min(), reason };
        }
    }
    lowest
}

/// Rates of anticoagulant that an inlet flow makes, over whole turns of one needle: mL/min per litre of blood volume, and
/// citrate in mg/kg/min.
pub(crate) fn anticoagulant_rates(prescription: &Prescription, inlet_ml_min: f64) -> (f64, f64) {
    let (anticoagulant, donor) = (&prescription.anticoagulant, &prescription.donor);
    let inlet = FlowRate::from_ml_min(inlet_ml_min);
    let flow = (inlet - blood_flow(inlet, anticoagulant.ratio)) * prescription.drawn_part(inlet);
    let citrate = citrate_dose_rate(flow, anticoagulant.citrate_mmol_ml, donor.weight);
    (flow.ml_min() / donor.tbv.litres(), citrate.mg_kg_min())
}
