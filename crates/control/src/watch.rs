//! What is watched in every phase: protective stops, the guard, leak, door, air, sensors, power, the donor's vital
//! signs; and what the operator may do at any time.

use leuka_blood::quantity::{Temperature, Volume};
use leuka_device::{AlarmCode, Cause, Commands, VerdictKind};

use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Evidence, Note, SetPoint};
use crate::operator::{OperatorAction, Symptom};
use crate::phase::{Paused, Phase, PhaseName, Running, Stopped, Then};
use crate::reason::{EndReason, PauseReason, Reason, Refusal, StopCause};
use crate::senses::Sensor;
use crate::vitals::{self, LOOK_US, Vitals};

/// A reset that has not worked after this long does not work, microseconds.
const RESET_US: u64 = 2_000_000;

impl StopCause {
    /// The alarm that goes with the stop.
    pub(crate) const fn alarm(self) -> AlarmCode {
        match self {
            Self::Machine(cause) => cause.alarm(),
            Self::Air => AlarmCode::ReturnAir,
            Self::AirDetector => AlarmCode::AirDetectorFailed,
            Self::Leak => AlarmCode::Leak,
            Self::DoorOpen => AlarmCode::DoorOpen,
            Self::Sensor(_) => AlarmCode::SensorFault,
            Self::GuardSilent => AlarmCode::ProtectiveStop,
        }
    }
}

impl Controller {
    /// Looks at everything that may stop or pause the procedure, before the phase has its turn.
    pub(crate) fn watch(&mut self, beat: &mut Beat<'_>) {
        if self.phase.is_over() || matches!(self.phase, Phase::SelfTest(_)) || self.phase.name().is_after_collection() {
            return;
        }
        if let Some(cause) = self.cause_to_stop(beat) {
            if !matches!(self.phase, Phase::Stopped(_)) {
                self.stop(beat, cause);
            }
            return;
        }
        if let Phase::Running(running) = self.phase {
            self.watch_running(beat, running);
        }
    }

    fn cause_to_stop(&self, beat: &Beat<'_>) -> Option<StopCause> {
        if let Some(safe) = beat.telemetry.safe_state {
            return Some(StopCause::Machine(safe.cause));
        }
        let seen = &beat.seen;
        let is_running = matches!(self.phase, Phase::Running(_));
        let moves = is_running || matches!(self.phase, Phase::Paused(paused) if self.keeps_open(paused));
        if seen.leak == Some(true) && (is_running || self.phase.is_connected()) {
            return Some(StopCause::Leak);
        }
        if seen.return_air == Some(true) && moves && self.phase.is_connected() {
            return Some(StopCause::Air);
        }
        if seen.door_locked == Some(false) && self.last_commands().centrifuge_speed.rpm() > 0.0 {
            return Some(StopCause::DoorOpen);
        }
        if !moves {
            return None;
        }
        if beat.clock_jumped {
            return Some(StopCause::Sensor(Sensor::Clock));
        }
        if self.phase.is_connected() && self.senses.air_detector_is_blind() {
            return Some(StopCause::AirDetector);
        }
        if seen.guard.is_none() {
            return Some(StopCause::GuardSilent);
        }
        self.missing_sensor(seen).map(StopCause::Sensor)
    }

    fn watch_running(&mut self, beat: &mut Beat<'_>, running: Running) {
        if beat.seen.guard != Some(VerdictKind::Pass) {
            let cause = beat.telemetry.guard_cause;
            let code = cause.map_or(AlarmCode::ProtectiveStop, Cause::alarm);
            self.alarm(beat, code, Some(Evidence::Plain));
            return self.pause(beat, running, cause.map_or(PauseReason::GuardHold, PauseReason::Guard));
        }
        self.alarm(beat, AlarmCode::ProtectiveStop, None);
        if !running.name().is_connected() {
            return;
        }
        if let Some(reason) = self.watch_temperature(beat) {
            return self.pause(beat, running, reason);
        }
        if beat.now.micros_since(self.looked_at_monitor) >= LOOK_US {
            self.looked_at_monitor = beat.now;
            self.watch_slowly(beat, running);
        }
    }

    /// What changes slowly is looked at once a second.
    fn watch_slowly(&mut self, beat: &mut Beat<'_>, running: Running) {
        self.watch_slow_sensors(beat, running);
        self.watch_fluid(beat);
        if let Some(reason) = self.watch_vitals(beat)
            && !matches!(running, Running::Elute(_) | Running::RinseBack(_))
        {
            return self.pause(beat, running, reason);
        }
        if let Some(reason) = self.watch_power(beat)
            && Self::is_separating(running.name())
        {
            self.end_collection(beat, reason, false);
        }
    }

    fn watch_temperature(&mut self, beat: &mut Beat<'_>) -> Option<PauseReason> {
        let limit = self.prescription.limits.return_temperature;
        let too_hot = |limit: Temperature| beat.seen.temperature_c.filter(|value| *value > limit.celsius());
        let value = too_hot(limit.automatic)?;
        let limit = limit.automatic.celsius();
        let evidence = Evidence::Measured { value, limit };
        self.alarm(beat, AlarmCode::Overheating, Some(evidence));
        Some(PauseReason::Limit { code: AlarmCode::Overheating, value, limit })
    }

    fn watch_slow_sensors(&mut self, beat: &mut Beat<'_>, running: Running) {
        let seen = &beat.seen;
        let vitals = Vitals::read(beat.now, &beat.telemetry.monitor, vitals::age_us(&self.prescription.sensors));
        let missing = [
            (seen.drops.is_none(), Sensor::AnticoagulantDrops),
            (seen.anticoagulant_g.is_none(), Sensor::AnticoagulantWeight),
            (seen.saline_g.is_none(), Sensor::SalineWeight),
            (seen.mains.is_none(), Sensor::Mains),
        ];
        let sensor = missing
            .into_iter()
            .find_map(|(is_missing, sensor)| is_missing.then_some(sensor))
            .or_else(|| vitals.missing().map(|(_, sensor)| sensor));
        let separates = Self::is_separating(running.name()) && self.prescription.settings.method.spins();
        let blind = separates
            .then(|| self.senses.blind_in_the_channel(beat.telemetry, &beat.seen, self.collect_line.has_chamber()));
        let sensor = sensor.or(blind.flatten());
        self.alarm(beat, AlarmCode::SensorFault, sensor.map(Evidence::Sensor));
    }

    fn watch_fluid(&mut self, beat: &mut Beat<'_>) {
        let balance = Volume::from_ml(self.ledger.balance_ml);
        let limits = &self.prescription.limits;
        let (most, least) = (limits.fluid_surplus.warning, -limits.fluid_deficit.warning);
        let limit = if balance > most {
            Some(most)
        } else if balance < least {
            Some(least)
        } else {
            None
        };
        let is_new = limit.is_some() && !self.alarms.is_active(AlarmCode::FluidBalance);
        if let Some(limit) = limit.filter(|_| is_new) {
            self.inlet.lower_for(Reason::FluidBalance { balance, limit });
        }
        let evidence = limit.map(|limit| Evidence::Measured { value: balance.ml(), limit: limit.ml() });
        self.alarm(beat, AlarmCode::FluidBalance, evidence);
    }

    fn watch_vitals(&mut self, beat: &mut Beat<'_>) -> Option<PauseReason> {
        let vitals = Vitals::read(beat.now, &beat.telemetry.monitor, vitals::age_us(&self.prescription.sensors));
        let mut pause = None;
        for finding in vitals.judge(&self.prescription.limits, self.baseline_systolic) {
            self.alarm(beat, finding.code, finding.evidence);
            pause = pause.or(finding.pause);
        }
        pause
    }

    fn watch_power(&mut self, beat: &mut Beat<'_>) -> Option<EndReason> {
        let on_battery = beat.seen.mains == Some(false);
        let limit = self.prescription.limits.battery;
        let age = self.prescription.sensors.monitor_age;
        let left = beat.telemetry.battery.fresh(beat.now, age).filter(|left| left.is_finite());
        let left_min = left.map_or(0.0, |left| left.minutes());
        let evidence = Evidence::Measured { value: left_min, limit: limit.warning.minutes() };
        self.alarm(beat, AlarmCode::MainsLost, on_battery.then_some(evidence));
        // A battery that does not say what it holds is taken as empty.
        let is_low = on_battery && left.is_none_or(|left| left < limit.automatic);
        is_low.then_some(EndReason::Battery(left_min))
    }

    /// What the operator may do in any phase.
    pub(crate) fn handle_anywhere(&mut self, beat: &mut Beat<'_>) {
        match beat.action {
            Some(OperatorAction::SetInletFlow { flow }) => {
                beat.take_action();
                let (least, most) = (self.prescription.limits.least_inlet, self.prescription.limits.pump_range.inlet);
                if *flow >= least && *flow <= most {
                    self.inlet.set_wish(*flow);
                } else {
                    beat.refuse(Refusal::ImpossibleValue);
                }
            }
            Some(OperatorAction::TakeMidRunSample) => {
                beat.take_action();
                self.take_sample(beat);
            }
            Some(OperatorAction::EnterMidRunCount(count)) => {
                beat.take_action();
                self.mid_run_count(beat, *count);
            }
            Some(OperatorAction::SetPlasmaFlow { flow }) => {
                beat.take_action();
                self.set_plasma_by_hand(beat, *flow);
            }
            Some(OperatorAction::ReportSymptom(symptom)) => {
                beat.take_action();
                self.symptom(beat, *symptom);
            }
            Some(OperatorAction::Pause) => {
                if let Phase::Running(running) = self.phase {
                    beat.take_action();
                    self.pause(beat, running, PauseReason::Operator);
                }
            }
            Some(OperatorAction::EndEarly) => self.end_anywhere(beat),
            _ => {}
        }
    }

    fn set_plasma_by_hand(&mut self, beat: &mut Beat<'_>, flow: Option<leuka_blood::quantity::FlowRate>) {
        let most = self.prescription.limits.pump_range.plasma;
        let possible = flow.is_none_or(|flow| flow >= leuka_blood::quantity::FlowRate::ZERO && flow <= most);
        if !possible {
            return beat.refuse(Refusal::ImpossibleValue);
        }
        let old = self.last_commands().pumps.plasma.ml_min();
        let new = flow.map_or(old, |flow| flow.ml_min());
        self.plasma_by_hand = flow;
        self.interface.restart_watch(beat.now);
        beat.tell_set_point(SetPoint::PlasmaFlow, old, new, Reason::Operator);
    }

    fn symptom(&mut self, beat: &mut Beat<'_>, symptom: Symptom) {
        let Phase::Running(running) = self.phase else { return };
        match symptom {
            Symptom::Tingling => {
                self.alarm(beat, AlarmCode::CitrateRate, Some(Evidence::Plain));
                self.inlet.lower_for(Reason::Symptom(symptom));
                beat.tell(EventKind::Note(Note::GiveCalcium));
            }
            Symptom::Cramps => {
                self.alarm(beat, AlarmCode::CitrateLimit, Some(Evidence::Plain));
                beat.tell(EventKind::Note(Note::GiveCalcium));
                self.pause(beat, running, PauseReason::Symptom(symptom));
            }
            Symptom::Faint | Symptom::ReturnPain | Symptom::Allergic => {
                self.pause(beat, running, PauseReason::Symptom(symptom));
            }
        }
    }

    fn end_anywhere(&mut self, beat: &mut Beat<'_>) {
        match self.phase {
            Phase::Running(running) => {
                beat.take_action();
                self.end_early(beat, running, true);
            }
            Phase::SelfTest(_)
            | Phase::Admission(_)
            | Phase::LoadSet(_)
            | Phase::PressureTest(_)
            | Phase::ConnectAnticoagulant
            | Phase::RedCells
            | Phase::VeinAccess { .. } => {
                beat.take_action();
                self.refuse(beat, Refusal::Cancelled);
            }
            Phase::AccessTest { .. } | Phase::Connect => {
                beat.take_action();
                self.end_before_blood(beat);
            }
            _ => {}
        }
    }

    /// A stop waits for the operator, and for its cause to go.
    pub(crate) fn stopped(&mut self, beat: &mut Beat<'_>, stopped: Stopped) {
        beat.commands = Commands::default();
        match beat.action {
            Some(OperatorAction::Reset) => {
                beat.take_action();
                if self.cause_holds(beat, stopped.cause) {
                    beat.refuse(Refusal::CauseHolds { cause: stopped.cause });
                } else {
                    self.phase = Phase::Stopped(Stopped { resetting: Some(beat.now), ..stopped });
                }
                return;
            }
            Some(OperatorAction::EndEarly) => {
                beat.take_action();
                return self.end_stopped(beat, stopped);
            }
            _ => {}
        }
        let Some(since) = stopped.resetting else { return };
        let is_clear = beat.telemetry.safe_state.is_none() && beat.seen.guard == Some(VerdictKind::Pass);
        if is_clear {
            self.leave_stop(beat, stopped);
        } else if beat.now.micros_since(since) > RESET_US {
            self.phase = Phase::Stopped(Stopped { resetting: None, ..stopped });
            beat.refuse(Refusal::CauseHolds { cause: stopped.cause });
        } else {
            beat.commands.reset = true;
        }
    }

    fn leave_stop(&mut self, beat: &mut Beat<'_>, stopped: Stopped) {
        match stopped.then {
            Then::Pause(resume, since) => {
                let reason = PauseReason::AfterStop(stopped.cause);
                beat.tell(EventKind::Paused { reason });
                self.go(beat, Phase::Paused(Paused { resume, reason, since, flushed: false }));
            }
            Then::Step(step) => self.go(beat, Phase::begin(step, beat.now)),
        }
    }

    /// The machine judges its own causes when it is asked to reset.
    fn cause_holds(&self, beat: &Beat<'_>, cause: StopCause) -> bool {
        let seen = &beat.seen;
        match cause {
            StopCause::Machine(Cause::ReturnAir) | StopCause::Air => seen.return_air != Some(false),
            StopCause::AirDetector => true,
            StopCause::Leak => seen.leak != Some(false),
            StopCause::DoorOpen => seen.door_locked != Some(true),
            StopCause::GuardSilent => seen.guard.is_none(),
            StopCause::Sensor(Sensor::Clock) => beat.clock_jumped,
            StopCause::Sensor(_) => self.missing_sensor(seen).is_some(),
            StopCause::Machine(_) => false,
        }
    }

    fn end_stopped(&mut self, beat: &mut Beat<'_>, stopped: Stopped) {
        match stopped.then {
            Then::Pause(Running::Prime(_), _) => self.refuse(beat, Refusal::Cancelled),
            // Rinse-back needs a machine that works: after a stop that was not reset the lines come off as they are.
            Then::Pause(..) => self.end_collection(beat, EndReason::EndedEarly, false),
            Then::Step(step) if step.is_after_collection() => self.go(beat, Phase::begin(step, beat.now)),
            Then::Step(PhaseName::AccessTest | PhaseName::Connect) => self.end_before_blood(beat),
            Then::Step(_) => self.refuse(beat, Refusal::Cancelled),
        }
    }
}
