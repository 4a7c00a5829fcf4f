//! The phases in which blood is separated: establish interface and collect.
//!
//! Blood is drawn with its anticoagulant, the interface loop sets the plasma pump, the collect line decides where its
//! content goes, and the target is looked at on every step.

use leuka_blood::quantity::{FlowRate, Fraction, TimeSpan, Volume};
use leuka_device::{AlarmCode, Clamp, CollectTo, DrawFrom, Pump, ReturnTo};

use crate::collect_line::{Around, Change};
use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Evidence, Note, SetPoint};
use crate::inlet::PressureVerdict;
use crate::interface::ChannelFlows;
use crate::phase::{Phase, PhaseName, Running};
use crate::reason::{EndReason, PauseReason, Reason};

/// A change of the interface's set-point smaller than this is not told, mm.
const TOLD_MM: f64 = 0.05;

impl Controller {
    pub(crate) fn establish(&mut self, beat: &mut Beat<'_>, elapsed: TimeSpan, settled: TimeSpan) {
        let step = TimeSpan::from_seconds(beat.dt_s);
        let elapsed = elapsed + step;
        let running = Running::EstablishInterface { elapsed, settled };
        self.phase = Phase::Running(running);
        if !self.separate(beat, running, false) {
            return;
        }
        let stands = self.interface.is_settled() || self.plasma_by_hand.is_some();
        let settled = if stands { settled + step } else { TimeSpan::ZERO };
        self.phase = Phase::Running(Running::EstablishInterface { elapsed, settled });
        if settled >= self.prescription.tuning.interface.settled_time {
            return self.go(beat, Phase::Running(Running::Collect { elapsed: TimeSpan::ZERO }));
        }
        let failure = self.interface.failure(beat.now);
        let unseen = failure.filter(|failure| *failure == AlarmCode::InterfaceNotMeasured);
        self.interface_alarms(beat, unseen);
        if elapsed > self.prescription.times.establish_interface {
            let code = failure.unwrap_or(AlarmCode::InterfaceNotResponding);
            self.interface_alarms(beat, Some(code));
            self.pause(beat, running, PauseReason::Interface(code));
        }
    }

    pub(crate) fn collect(&mut self, beat: &mut Beat<'_>, elapsed: TimeSpan) {
        let elapsed = elapsed + TimeSpan::from_seconds(beat.dt_s);
        let running = Running::Collect { elapsed };
        self.phase = Phase::Running(running);
        let goes_on = if self.prescription.settings.method.spins() {
            self.separate(beat, running, true) && !self.watch_interface(beat, running)
        } else {
            self.filter(beat, running)
        };
        if !goes_on {
            return;
        }
        if let Some(reason) = self.reason_to_end().filter(|_| self.collect_line.is_done()) {
            // A donor who has too much fluid is not given the rinse as well.
            let may_rinse = !matches!(&reason, EndReason::FluidBalance { balance, .. } if *balance > Volume::ZERO);
            self.end_collection(beat, reason, may_rinse);
        }
    }

    /// The interface is lost: the collect pump stops at once, circulation goes on; when it stays lost, the run pauses.
    fn watch_interface(&mut self, beat: &mut Beat<'_>, running: Running) -> bool {
        let failure = self.interface.failure(beat.now);
        self.interface_alarms(beat, failure);
        let Some(code) = failure.filter(|_| self.plasma_by_hand.is_none()) else {
            self.lost_since = None;
            return false;
        };
        if self.lost_since.is_none() {
            let old = beat.commands.pumps.collect.ml_min();
            beat.tell_set_point(SetPoint::CollectFlow, old, 0.0, Reason::InterfaceLost(code));
        }
        let since = *self.lost_since.get_or_insert(beat.now);
        self.collect_line.rest(beat.now);
        beat.commands.pumps.collect = FlowRate::ZERO;
        beat.commands.collect_to = CollectTo::Return;
        beat.commands.flush = false;
        let paused = beat.now.since(since) > self.prescription.tuning.interface.respond_within;
        if paused {
            self.pause(beat, running, PauseReason::Interface(code));
        }
        paused
    }

    fn interface_alarms(&mut self, beat: &mut Beat<'_>, failure: Option<AlarmCode>) {
        for code in
            [AlarmCode::InterfaceNotMeasured, AlarmCode::InterfaceNotDetected, AlarmCode::InterfaceNotResponding]
        {
            self.alarm(beat, code, (failure == Some(code)).then_some(Evidence::Plain));
        }
    }

    /// Draws, separates and returns; false when that had to be paused.
    fn separate(&mut self, beat: &mut Beat<'_>, running: Running, may_deliver: bool) -> bool {
        if !self.draw_blood(beat, running, None) {
            return false;
        }
        beat.commands.return_to = ReturnTo::Donor;
        beat.commands.return_clamp = Clamp::Open;
        beat.commands.warmer = self.prescription.settings.warmer;
        self.take_turns(beat);
        self.drive_collect_line(beat, may_deliver);
        self.drive_plasma(beat);
        self.book(beat, true);
        let takes = self.collect_line.takes();
        self.watch_yield(beat, takes);
        true
    }

    /// Draws blood with its anticoagulant; false when that had to be paused. The phase may ask for less than the wish.
    pub(crate) fn draw_blood(
        &mut self,
        beat: &mut Beat<'_>,
        running: Running,
        phase: Option<(FlowRate, Reason)>,
    ) -> bool {
        if let PressureVerdict::Pause(reason) = self.inlet.watch(beat.now, beat.dt_s, &beat.seen, self.turn()) {
            self.pressure_alarm(beat, reason);
            self.pause(beat, running, reason);
            return false;
        }
        let change = self.inlet.step(beat.dt_s, phase);
        if let Some(change) = change {
            beat.tell_set_point(SetPoint::InletFlow, change.old_ml_min, change.new_ml_min, change.reason);
        }
        let inlet_ml_min = self.inlet.flow_ml_min();
        let before_ml_min = self.last_commands().pumps.anticoagulant.ml_min();
        let report = self.anticoagulant.watch(beat.dt_s, before_ml_min, &beat.seen);
        if let Some(left) = report.low {
            beat.tell(EventKind::Note(Note::AnticoagulantLow { left }));
        }
        self.alarm(beat, AlarmCode::AnticoagulantNotDelivered, report.not_delivered.then_some(Evidence::Plain));
        if report.not_delivered {
            self.pause(beat, running, PauseReason::AnticoagulantNotDelivered);
            return false;
        }
        let anticoagulant = self.anticoagulant.flow_ml_min(inlet_ml_min, beat.seen.flows_ml_min.inlet);
        beat.commands.draw_from = DrawFrom::Donor;
        beat.commands.draw_clamp = Clamp::Open;
        beat.commands.pumps.inlet = FlowRate::from_ml_min(inlet_ml_min);
        beat.commands.pumps.anticoagulant = FlowRate::from_ml_min(anticoagulant);
        if let Some(change) = self.centrifuge.follow(beat.dt_s, FlowRate::from_ml_min(self.inlet.target_ml_min())) {
            beat.tell_set_point(SetPoint::CentrifugeSpeed, change.old_rpm, change.new_rpm, change.reason);
        }
        beat.commands.centrifuge_speed = self.centrifuge.speed();
        self.inlet_alarms(beat);
        true
    }

    fn pressure_alarm(&mut self, beat: &mut Beat<'_>, reason: PauseReason) {
        match reason {
            PauseReason::AccessOcclusion { pressure, .. } => {
                let limit = self.prescription.limits.access_pressure.automatic.mmhg();
                let evidence = Evidence::Measured { value: pressure.mmhg(), limit };
                self.alarm(beat, AlarmCode::AccessOcclusion, Some(evidence));
            }
            PauseReason::ReturnOcclusion { pressure, limit } => {
                let evidence = Evidence::Measured { value: pressure.mmhg(), limit: limit.mmhg() };
                self.alarm(beat, AlarmCode::ReturnOcclusion, Some(evidence));
            }
            _ => {}
        }
    }

    fn inlet_alarms(&mut self, beat: &mut Beat<'_>) {
        let held = self.inlet.held_down().map(Evidence::Held);
        self.alarm(beat, AlarmCode::InletLowered, held);
        let measured = |(value, limit)| Evidence::Measured { value, limit };
        let rate = self.anticoagulant_warning().map(measured);
        self.alarm(beat, AlarmCode::AnticoagulantRate, rate);
        let suction = self.inlet.suction_warning().map(measured);
        self.alarm(beat, AlarmCode::AccessOcclusion, suction);
        let limit = self.prescription.limits.return_pressure.warning.mmhg();
        let back = beat.seen.return_mmhg.filter(|pressure| *pressure > limit).map(|pressure| (pressure, limit));
        self.alarm(beat, AlarmCode::ReturnPressureHigh, back.map(measured));
    }

    fn drive_collect_line(&mut self, beat: &mut Beat<'_>, may_deliver: bool) {
        let flow = self.prescription.settings.collect_flow.min(beat.commands.pumps.inlet * 0.5);
        let stands = self.plasma_by_hand.is_some() || self.interface.is_settled();
        let mut change = None;
        if let Some(optics) = self.senses.new_optics(beat.telemetry) {
            change = self.collect_line.optics(&optics);
        }
        let load = beat.telemetry.chamber_load.fresh(beat.now, self.prescription.sensors.slow_age);
        let load = load.filter(|load| load.is_finite());
        let around = Around {
            settled: stands,
            may_deliver,
            load: load.map(Fraction::fraction),
            is_last: may_deliver && self.collect_line.has_chamber() && self.reason_to_end().is_some(),
        };
        let (command, step_change) = self.collect_line.step(beat.now, beat.dt_s, flow, around);
        beat.commands.pumps.collect = FlowRate::from_ml_min(command.flow_ml_min);
        beat.commands.collect_to = command.to;
        beat.commands.flush = command.flush;
        if step_change == Some(Change::Flushes) {
            beat.tell(EventKind::Note(Note::ChamberFlush { load }));
        }
        self.tell_collect_change(beat, change.or(step_change), flow);
        self.tell_trim(beat);
    }

    fn tell_collect_change(&mut self, beat: &mut Beat<'_>, change: Option<Change>, flow: FlowRate) {
        let limit = self.prescription.limits.line_red;
        let red = match change {
            Some(Change::TurnedRed(measured)) => {
                let reason = Reason::LineRed { measured, limit };
                beat.tell_set_point(SetPoint::CollectFlow, flow.ml_min(), 0.0, reason);
                Some(Evidence::Measured { value: measured.fraction(), limit: limit.fraction() })
            }
            Some(Change::Started) => {
                beat.tell_set_point(SetPoint::CollectFlow, 0.0, flow.ml_min(), Reason::InterfaceStands);
                None
            }
            Some(Change::Delivers) => {
                beat.tell(EventKind::Note(Note::ProductFlows));
                None
            }
            Some(Change::Flushes) | None => None,
        };
        self.alarm(beat, AlarmCode::CollectLineRed, red);
    }

    fn tell_trim(&mut self, beat: &mut Beat<'_>) {
        let wanted_mm = self.prescription.settings.interface.mm() + self.collect_line.trim_mm();
        self.interface.aim(wanted_mm);
        if (wanted_mm - self.told_interface_mm).abs() < TOLD_MM {
            return;
        }
        let reason = Reason::CollectHematocrit {
            measured: self.collect_line.measured.unwrap_or(Fraction::ZERO),
            wanted: self.prescription.settings.collect_hematocrit,
        };
        beat.tell_set_point(SetPoint::Interface, self.told_interface_mm, wanted_mm, reason);
        self.told_interface_mm = wanted_mm;
    }

    fn drive_plasma(&mut self, beat: &mut Beat<'_>) {
        let flows = ChannelFlows {
            inlet_ml_min: beat.seen.flow(Pump::Inlet),
            plasma_ml_min: beat.seen.flow(Pump::Plasma),
            collect_ml_min: beat.seen.flow(Pump::Collect),
        };
        let picture = self.senses.new_picture(beat.telemetry);
        let red = self.prescription.limits.line_red.fraction();
        let flooded = beat.seen.plasma_line.is_some_and(|hematocrit| hematocrit > red);
        if flooded {
            self.interface.flooded(beat.dt_s);
        }
        if let Some(turn) = self.turn() {
            self.interface.take_turn(turn);
        }
        let automatic = self.interface.step(beat.now, beat.dt_s, flows, picture);
        let plasma = match self.plasma_by_hand {
            Some(by_hand) => {
                let most = (flows.inlet_ml_min - flows.collect_ml_min).max(0.0);
                let plasma = by_hand.ml_min().min(most);
                self.interface.follow(plasma);
                plasma
            }
            None => automatic,
        };
        let range = self.prescription.limits.pump_range.plasma.ml_min();
        beat.commands.pumps.plasma = FlowRate::from_ml_min(plasma.min(range));
        if let Some(mismatch) = self.interface.new_mismatch() {
            let evidence = Evidence::Hematocrit { entered: mismatch.entered, estimated: mismatch.estimated };
            self.alarm(beat, AlarmCode::HematocritMismatch, Some(evidence));
            beat.tell(EventKind::Note(Note::EstimateTakesOver { estimated: mismatch.estimated }));
        }
    }

    /// Target, caps and fluid balance: the first that ends the collection.
    fn reason_to_end(&self) -> Option<EndReason> {
        let (goal, limits, ledger) = (&self.prescription.goal, &self.prescription.limits, &self.ledger);
        let tbv = self.prescription.donor.tbv;
        let progress = ledger.progress();
        let basis = goal.basis(tbv, self.blood_flow());
        if goal.confidence.is_none() && goal.target.reached(progress, &basis) {
            return Some(EndReason::TargetReached);
        }
        if let Some(reason) = self.confident_end() {
            return Some(reason);
        }
        if ledger.processed_ml >= tbv.ml() * goal.most_tbv_multiple {
            return Some(EndReason::VolumeCap(goal.most_tbv_multiple));
        }
        if progress.collecting >= goal.most_time {
            return Some(EndReason::TimeCap(goal.most_time.minutes()));
        }
        if let Some(most) =
            self.prescription.anticoagulant.most_volume.filter(|most| ledger.anticoagulant_ml >= most.ml())
        {
            return Some(EndReason::StarchLimit(most));
        }
        let balance = Volume::from_ml(ledger.balance_ml);
        let (most, least) = (limits.fluid_surplus.automatic, -limits.fluid_deficit.automatic);
        if balance > most {
            return Some(EndReason::FluidBalance { balance, limit: most });
        }
        (balance < least).then_some(EndReason::FluidBalance { balance, limit: least })
    }

    /// True in the phases in which the interface loop runs.
    pub(crate) const fn is_separating(name: PhaseName) -> bool {
        matches!(name, PhaseName::EstablishInterface | PhaseName::Collect)
    }
}
