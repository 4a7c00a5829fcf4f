//! The methods without a rotor: blood passes a filter on its way back, and what adheres to a depth filter is eluted at
//! the end.
//!
//! ```text
//! Collect:  donor  > filter > donor              (a size filter's middle stream > product)
//!           saline > filter > donor, in turns    (where blood is to be diluted)
//! Elute:    saline > filter > donor until the blood is returned, then
//!           saline > filter > product
//! ```
//!
//! The filter's pressure is what its inlet shows beyond the return line. Beyond its limit the inlet is lowered; where
//! that does not help, the collection ends.

use leuka_blood::quantity::{FlowRate, Pressure, TimeSpan};
use leuka_device::{AlarmCode, Clamp, CollectTo, Commands, DrawFrom, ReturnTo};

use crate::collect_line::{Around, Change};
use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Evidence, Note};
use crate::method::{Dilution, Elution, Method};
use crate::phase::{Moved, Phase, PhaseName, Running};
use crate::reason::EndReason;

impl Controller {
    /// Blood through the filter and back; false when that had to be paused or ended.
    pub(crate) fn filter(&mut self, beat: &mut Beat<'_>, running: Running) -> bool {
        let taken_mmhg = Self::filter_mmhg(beat);
        if let Some(reason) = taken_mmhg.and_then(|mmhg| self.inlet.watch_filter(beat.now, beat.dt_s, mmhg)) {
            self.end_collection(beat, reason, true);
            return false;
        }
        if !self.draw_blood(beat, running, None) {
            return false;
        }
        self.filter_alarm(beat);
        beat.commands.return_to = ReturnTo::Donor;
        beat.commands.return_clamp = Clamp::Open;
        beat.commands.warmer = self.prescription.settings.warmer;
        if let Method::SizeFilter(dilution) = self.prescription.settings.method {
            self.dilute(beat, dilution);
            self.collect_middle_stream(beat);
        }
        self.book(beat, true);
        self.watch_yield(beat, true);
        true
    }

    /// Pressure that the filter takes, by the sensors before and behind it.
    fn filter_mmhg(beat: &Beat<'_>) -> Option<f64> {
        beat.seen.centrifuge_mmhg.zip(beat.seen.return_mmhg).map(|(before, behind)| before - behind)
    }

    fn filter_alarm(&mut self, beat: &mut Beat<'_>) {
        let limit = self.prescription.limits.filter_pressure.warning.mmhg();
        let value = self.inlet.filter_mmhg();
        let is_told = self.alarms.is_active(AlarmCode::FilterPressure);
        let evidence =
            (value > if is_told { limit * RELEASE } else { limit }).then_some(Evidence::Measured { value, limit });
        self.alarm(beat, AlarmCode::FilterPressure, evidence);
    }

    /// Turns the draw valve to the saline bag for its part of each period; anticoagulant is only for blood.
    pub(crate) fn dilute(&mut self, beat: &mut Beat<'_>, dilution: Dilution) {
        let period_s = dilution.period.seconds();
        self.valve_s += beat.dt_s;
        if self.valve_s >= period_s {
            self.valve_s = 0.0;
        }
        if self.valve_s * dilution.factor >= period_s {
            beat.commands.draw_from = DrawFrom::Saline;
            beat.commands.pumps.anticoagulant = FlowRate::ZERO;
        }
    }

    /// The collect pump takes its part of the inlet, whatever that is lowered to.
    fn collect_middle_stream(&mut self, beat: &mut Beat<'_>) {
        let settings = &self.prescription.settings;
        let flow = settings.collect_flow * (beat.commands.pumps.inlet / settings.inlet_flow).min(1.0);
        let around = Around { settled: true, may_deliver: true, load: None, is_last: false };
        let (command, change) = self.collect_line.step(beat.now, beat.dt_s, flow, around);
        beat.commands.pumps.collect = FlowRate::from_ml_min(command.flow_ml_min);
        beat.commands.collect_to = command.to;
        if change == Some(Change::Delivers) {
            beat.tell(EventKind::Note(Note::ProductFlows));
        }
    }

    /// Saline returns the blood in lines and filter, then washes the cells off into the product bag.
    pub(crate) fn elute(&mut self, beat: &mut Beat<'_>, moved: Moved) {
        let Some(Elution { displace, flow, volume }) = self.prescription.settings.method.elution() else {
            return self.after_elution(beat);
        };
        let moved = self.count(beat, moved);
        self.phase = Phase::Running(Running::Elute(moved));
        if self.watch_return_of_saline(beat, Running::Elute(moved)) {
            return;
        }
        let is_blocked = Self::filter_mmhg(beat)
            .filter(|mmhg| *mmhg > self.prescription.limits.filter_pressure.absolute.mmhg())
            .is_some();
        let limit = self.prescription.times.elution;
        self.saline_to(beat, flow, ReturnTo::Donor);
        beat.commands.pumps.plasma = FlowRate::ZERO;
        if moved.volume >= displace {
            beat.commands.flush = true;
            beat.commands.pumps.collect = flow;
            beat.commands.collect_to = CollectTo::Product;
        }
        self.book(beat, false);
        let late = moved.elapsed > limit;
        if late {
            self.alarm(beat, AlarmCode::StepTimeOut, Some(Evidence::Phase(PhaseName::Elute)));
        }
        if moved.volume >= displace + volume || late || is_blocked {
            self.after_elution(beat);
        }
    }

    /// What comes when the cells are off the filter, or are to stay on it.
    pub(crate) fn after_elution(&mut self, beat: &mut Beat<'_>) {
        beat.commands = Commands::default();
        self.rinse_or_disconnect(beat);
    }
}

/// Part of its limit below which a pressure that was told is over.
const RELEASE: f64 = 0.9;

/// What the filter's pressure does to the inlet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilterWatch {
    automatic_mmhg: f64,
    absolute_mmhg: f64,
    smooth_mmhg: f64,
}

/// Time constant of the filter's pressure, s: the rollers' ripple goes, a clot stays.
const SMOOTHING_S: f64 = 2.0;

/// What the filter's pressure asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FilterVerdict {
    /// Nothing.
    Fine,
    /// A lower flow.
    Lower {
        /// Pressure now.
        pressure: Pressure,
        /// Its automatic limit.
        limit: Pressure,
    },
    /// The end of the collection.
    End(EndReason),
}

impl FilterWatch {
    pub(crate) const fn new(limit: &leuka_blood::ThreeTier<Pressure>) -> Self {
        Self { automatic_mmhg: limit.automatic.mmhg(), absolute_mmhg: limit.absolute.mmhg(), smooth_mmhg: 0.0 }
    }

    pub(crate) const fn mmhg(&self) -> f64 {
        self.smooth_mmhg
    }

    /// Well below the limit.
    pub(crate) fn is_calm(&self, margin: Pressure) -> bool {
        self.smooth_mmhg < self.automatic_mmhg - margin.mmhg()
    }

    pub(crate) fn look(&mut self, dt: TimeSpan, mmhg: f64) -> FilterVerdict {
        self.smooth_mmhg += (mmhg - self.smooth_mmhg) * (dt.seconds() / SMOOTHING_S).min(1.0);
        let pressure = Pressure::from_mmhg(self.smooth_mmhg);
        if self.smooth_mmhg > self.absolute_mmhg {
            let limit = Pressure::from_mmhg(self.absolute_mmhg);
            FilterVerdict::End(EndReason::FilterPressure { pressure, limit })
        } else if self.smooth_mmhg > self.automatic_mmhg {
            FilterVerdict::Lower { pressure, limit: Pressure::from_mmhg(self.automatic_mmhg) }
        } else {
            FilterVerdict::Fine
        }
    }
}
