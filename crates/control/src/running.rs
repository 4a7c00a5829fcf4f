//! The phases in which fluid moves to and from waste or back to the donor: prime, divert, rinse-back; and the pause.
//!
//! ```text
//! Prime:      saline > set > waste, until its volume has passed and no air is left
//! Divert:     donor  > set > waste, the first volume
//! RinseBack:  saline > set > donor, until its volume has passed (with one needle first the reservoir, until it is empty)
//! ```

use leuka_blood::quantity::{FlowRate, TimeSpan};
use leuka_device::{AlarmCode, Cause, Clamp, CollectTo, DrawFrom, Pump, ReturnTo};

use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Evidence, Note};
use crate::ledger::Paths;
use crate::method::Method;
use crate::operator::OperatorAction;
use crate::phase::{Moved, Paused, Phase, PhaseName, Running};
use crate::reason::{EndReason, PauseReason, Reason, Refusal};

impl Controller {
    pub(crate) fn run(&mut self, beat: &mut Beat<'_>, running: Running) {
        match running {
            Running::Prime(moved) => self.prime(beat, moved),
            Running::Divert(moved) => self.divert(beat, moved),
            Running::EstablishInterface { elapsed, settled } => self.establish(beat, elapsed, settled),
            Running::Collect { elapsed } => self.collect(beat, elapsed),
            Running::Elute(moved) => self.elute(beat, moved),
            Running::RinseBack(moved) => self.rinse_back(beat, moved),
        }
    }

    fn prime(&mut self, beat: &mut Beat<'_>, moved: Moved) {
        let moved = self.count(beat, moved);
        let flow = self.prescription.settings.prime_flow;
        self.saline_to(beat, flow, ReturnTo::Waste);
        let tuning = self.prescription.tuning.handling;
        let through_collect_line = flow * tuning.through_collect_line.fraction();
        beat.commands.pumps.collect = through_collect_line.min(self.prescription.limits.pump_range.collect);
        self.book(beat, false);
        self.phase = Phase::Running(Running::Prime(moved));

        let (volume, limit) = (self.prescription.set.prime_volume, self.prescription.times.prime);
        if moved.elapsed > limit {
            return self.refuse(beat, Refusal::PrimeTooSlow { limit_min: limit.minutes() });
        }
        if moved.volume < volume {
            return;
        }
        if let Some(lost) = Self::saline_used(beat, moved.saline_g)
            && lost < moved.volume * tuning.least_weighed.fraction()
        {
            return self.refuse(beat, Refusal::PrimeNotFlowing { pumped: moved.volume, lost });
        }
        if beat.seen.return_air == Some(false) {
            beat.commands = leuka_device::Commands::default();
            let red_cells_first = self.prescription.set.red_cell_prime && !self.red_cells_hang;
            self.go(beat, if red_cells_first { Phase::RedCells } else { Phase::VeinAccess { failed: 0 } });
        } else if moved.volume > volume * tuning.most_primes {
            self.refuse(beat, Refusal::AirAfterPrime { primed: moved.volume });
        }
    }

    fn divert(&mut self, beat: &mut Beat<'_>, moved: Moved) {
        let moved = self.count(beat, moved);
        let limit = self.prescription.times.divert;
        self.phase = Phase::Running(Running::Divert(moved));
        let flow = self.prescription.settings.divert_flow;
        if !self.draw_blood(beat, Running::Divert(moved), Some((flow, Reason::Phase(PhaseName::Divert)))) {
            return;
        }
        beat.commands.return_to = ReturnTo::Waste;
        beat.commands.return_clamp = Clamp::Open;
        if let Method::SizeFilter(dilution) = self.prescription.settings.method {
            self.dilute(beat, dilution);
        }
        // The channel holds saline: as much leaves by the plasma port as plasma comes in, the rest by the red port.
        let through = self.prescription.tuning.handling.through_plasma_line.fraction();
        beat.commands.pumps.plasma = beat.commands.pumps.inlet * through;
        self.book(beat, false);
        if moved.volume >= self.prescription.settings.divert_volume {
            self.interface.begin(beat.now);
            let next = if self.prescription.settings.method.spins() {
                Running::EstablishInterface { elapsed: TimeSpan::ZERO, settled: TimeSpan::ZERO }
            } else {
                Running::Collect { elapsed: TimeSpan::ZERO }
            };
            self.go(beat, Phase::Running(next));
        } else if moved.elapsed > limit {
            self.time_out(beat, Running::Divert(moved), limit);
        }
    }

    fn rinse_back(&mut self, beat: &mut Beat<'_>, moved: Moved) {
        let empties = self.empties_reservoir(beat);
        let counted = self.count(beat, moved);
        let moved = if empties { Moved { elapsed: counted.elapsed, ..moved } } else { counted };
        let (settings, limit) = (self.prescription.settings, self.prescription.times.rinse_back);
        self.phase = Phase::Running(Running::RinseBack(moved));
        if self.watch_return_of_saline(beat, Running::RinseBack(moved)) {
            return;
        }
        self.saline_to(beat, settings.rinse_back_flow, ReturnTo::Donor);
        if empties {
            beat.commands.draw_from = DrawFrom::Reservoir;
        }
        beat.commands.centrifuge_speed = settings.rinse_back_speed;
        self.book(beat, false);
        if !empties && moved.volume >= settings.rinse_back_volume {
            beat.commands = leuka_device::Commands::default();
            self.go(beat, Phase::Disconnect);
        } else if moved.elapsed > limit {
            // What is in the set stays in the set; the donor is not kept waiting.
            beat.commands = leuka_device::Commands::default();
            self.alarm(beat, AlarmCode::StepTimeOut, Some(Evidence::Phase(PhaseName::RinseBack)));
            self.go(beat, Phase::Disconnect);
        }
    }

    pub(crate) fn watch_return_of_saline(&mut self, beat: &mut Beat<'_>, running: Running) -> bool {
        let limit = self.prescription.limits.return_pressure.absolute;
        match beat.seen.return_mmhg {
            Some(pressure) if pressure > limit.mmhg() => {
                let pressure = leuka_blood::quantity::Pressure::from_mmhg(pressure);
                self.alarm(
                    beat,
                    AlarmCode::ReturnOcclusion,
                    Some(Evidence::Measured { value: pressure.mmhg(), limit: limit.mmhg() }),
                );
                self.pause(beat, running, PauseReason::ReturnOcclusion { pressure, limit });
                true
            }
            _ => false,
        }
    }

    /// Saline through the set, to waste or to the donor.
    pub(crate) fn saline_to(&self, beat: &mut Beat<'_>, flow: FlowRate, to: ReturnTo) {
        let range = &self.prescription.limits.pump_range;
        beat.commands.draw_from = DrawFrom::Saline;
        beat.commands.return_to = to;
        beat.commands.return_clamp = Clamp::Open;
        beat.commands.collect_to = CollectTo::Return;
        beat.commands.pumps.inlet = flow;
        let through = self.prescription.tuning.handling.through_plasma_line.fraction();
        beat.commands.pumps.plasma = (flow * through).min(range.plasma);
        beat.commands.warmer = self.prescription.settings.warmer.filter(|_| to == ReturnTo::Donor);
    }

    /// Counts what the inlet has moved.
    pub(crate) fn count(&self, beat: &Beat<'_>, moved: Moved) -> Moved {
        let step = TimeSpan::from_seconds(beat.dt_s);
        Moved {
            volume: moved.volume + FlowRate::from_ml_min(beat.seen.flow(Pump::Inlet)) * step,
            elapsed: moved.elapsed + step,
            saline_g: moved.saline_g.or(beat.seen.saline_g),
        }
    }

    /// Books what flowed along the paths of this step.
    pub(crate) fn book(&mut self, beat: &Beat<'_>, processing: bool) {
        let commands = &beat.commands;
        let paths = Paths {
            draw_from: commands.draw_from,
            return_to: commands.return_to,
            collect_to: commands.collect_to,
            processing,
        };
        self.ledger.step(beat.dt_s, &beat.seen, paths);
    }

    pub(crate) fn time_out(&mut self, beat: &mut Beat<'_>, resume: Running, limit: TimeSpan) {
        let phase = resume.name();
        self.alarm(beat, AlarmCode::StepTimeOut, Some(Evidence::Phase(phase)));
        self.pause(beat, resume, PauseReason::TimeOut { phase, limit_min: limit.minutes() });
    }

    pub(crate) fn paused(&mut self, beat: &mut Beat<'_>, paused: Paused) {
        let is_connected = paused.resume.name().is_connected();
        let stood = beat.now.since(paused.since);
        let limit = self.may_stand(paused);
        let long = is_connected && stood > limit;
        let evidence = Evidence::Measured { value: stood.seconds(), limit: limit.seconds() };
        self.alarm(beat, AlarmCode::LongPause, long.then_some(evidence));
        self.anticoagulant.watch_bag(beat.dt_s, beat.seen.anticoagulant_g);
        self.keep_ready(beat, paused);
        // Whoever goes on or ends also asks the guard to let go; it does when its cause is gone.
        let lets_go = matches!(beat.action, Some(OperatorAction::Resume | OperatorAction::EndEarly))
            && beat.seen.guard == Some(leuka_device::VerdictKind::Hold);
        match beat.action {
            Some(OperatorAction::FlushSet) => {
                beat.take_action();
                // The guard counts for itself how long blood stands; with this the operator tells it as well.
                beat.commands.reset = true;
                self.phase = Phase::Paused(Paused { flushed: true, ..paused });
            }
            Some(OperatorAction::Resume) => {
                beat.take_action();
                match self.check_resume(beat, paused, long) {
                    Ok(()) => self.resume(beat, paused.resume),
                    Err(reason) => beat.refuse(reason),
                }
            }
            Some(OperatorAction::EndEarly) => {
                beat.take_action();
                let spoilt = matches!(paused.reason, PauseReason::AfterStop(cause) if cause.spoils_the_set());
                self.end_early(beat, paused.resume, !spoilt && (!long || paused.flushed));
            }
            _ => {}
        }
        beat.commands.reset |= lets_go;
    }

    /// The centrifuge keeps the layers apart; after an occluded access, saline keeps the return open.
    fn keep_ready(&mut self, beat: &mut Beat<'_>, paused: Paused) {
        if !has_layers(paused.resume) {
            return;
        }
        beat.commands.centrifuge_speed = self.centrifuge.speed();
        if self.keeps_open(paused) {
            let keep_open = self.prescription.settings.keep_open_flow;
            self.saline_to(beat, keep_open, ReturnTo::Donor);
            beat.commands.centrifuge_speed = self.centrifuge.speed();
            // All of it by the plasma port, so that the bed stays.
            beat.commands.pumps.plasma = keep_open;
            self.book(beat, false);
        }
    }

    /// How long blood may stand in a pause: less when some of it was drawn without anticoagulant.
    const fn may_stand(&self, paused: Paused) -> TimeSpan {
        match paused.reason {
            PauseReason::AnticoagulantNotDelivered | PauseReason::Guard(Cause::AnticoagulantNotDelivered) => {
                self.prescription.times.unanticoagulated
            }
            _ => self.prescription.times.long_pause,
        }
    }

    /// In this pause saline keeps the return line open.
    pub(crate) fn keeps_open(&self, paused: Paused) -> bool {
        let is_wanted = self.prescription.settings.keep_open_flow > FlowRate::ZERO && !self.red_cells_hang;
        is_wanted && has_layers(paused.resume) && matches!(paused.reason, PauseReason::AccessOcclusion { .. })
    }

    fn check_resume(&self, beat: &Beat<'_>, paused: Paused, long: bool) -> Result<(), Refusal> {
        if long && !paused.flushed {
            return Err(Refusal::NotFlushed { minutes: beat.now.since(paused.since).minutes() });
        }
        if matches!(paused.reason, PauseReason::AfterStop(cause) if cause.spoils_the_set()) {
            return Err(Refusal::ConditionHolds { alarm: AlarmCode::Leak });
        }
        let draws =
            matches!(paused.resume, Running::Divert(_) | Running::EstablishInterface { .. } | Running::Collect { .. });
        if draws && self.anticoagulant.is_empty() {
            return Err(Refusal::ConditionHolds { alarm: AlarmCode::AnticoagulantNotDelivered });
        }
        if beat.seen.guard != Some(leuka_device::VerdictKind::Pass) {
            return Err(Refusal::ConditionHolds { alarm: AlarmCode::ProtectiveStop });
        }
        if paused.resume.name().is_connected() && beat.seen.return_air != Some(false) {
            return Err(Refusal::ConditionHolds { alarm: AlarmCode::ReturnAir });
        }
        Ok(())
    }

    /// The operator ends the run where `running` stands.
    pub(crate) fn end_early(&mut self, beat: &mut Beat<'_>, running: Running, may_rinse: bool) {
        let has_blood = matches!(running, Running::EstablishInterface { .. } | Running::Collect { .. });
        match running {
            Running::Prime(_) => self.refuse(beat, Refusal::Cancelled),
            Running::Elute(_) => self.after_elution(beat),
            Running::RinseBack(_) => {
                beat.commands = leuka_device::Commands::default();
                beat.tell(EventKind::Note(Note::RinseBackOmitted));
                self.go(beat, Phase::Disconnect);
            }
            _ => self.end_collection(beat, EndReason::EndedEarly, may_rinse && has_blood),
        }
    }
}

/// True where the channel holds layers that are worth keeping.
const fn has_layers(running: Running) -> bool {
    matches!(running, Running::EstablishInterface { .. } | Running::Collect { .. })
}
