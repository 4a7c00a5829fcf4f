//! One run: the only loop in the system.
//!
//! A beat is 50 ms. Machine and guard act on every beat, control on every second one. What a run depends on is in its
//! [`Inputs`]; nothing here reads a clock.

mod reckoning;
mod telling;

pub(crate) use telling::verdict_text;

use std::collections::VecDeque;

use leuka_blood::CellTable;
use leuka_control::{Controller, EndReason, OperatorAction, PhaseName, Request};
use leuka_device::{AlarmSystem, Commands, DrawFrom, Instant, Telemetry, Verdict};
use leuka_machine::{BEAT_MICROS, Fault, VirtualMachine};
use leuka_separator::filter::QualityParameters;
use serde_json::{Value, json};

use crate::alarm_log::{AlarmLog, LoggedAlarm};
use crate::bedside::{Bedside, Word};
use crate::build;
use crate::cells::CellGroup;
use crate::channels::{Answer, Channels, Extent, Local, Place, Sensed};
use crate::deed::Deed;
use crate::donor::Person;
use crate::event::{Event, Source};
use crate::file::Problems;
use crate::inputs::{Centrifuge, Inputs};
use crate::laboratory::counts;
use crate::operator::{Doing, Operator};
use crate::sample::Sample;
use crate::scenario::{Entry, What, When, micros};
use reckoning::Log;

/// Beats in a second of the procedure.
const BEATS_PER_SECOND: u64 = 1_000_000 / BEAT_MICROS;
/// Control steps on every second beat.
const BEATS_PER_CONTROL: u64 = 2;
/// The estimate of the dose is told as an event so often, s.
const SECONDS_PER_ESTIMATE: u64 = 1800;
/// No procedure lasts longer than a day; one that does is ended, so that every run ends.
const LONGEST_S: u64 = 24 * 3600;

/// A run that goes on beat by beat. Control and guard are in this process unless it is built [`with`](Self::with) others.
pub struct Run<C = Local> {
    inputs: Inputs,
    machine: VirtualMachine,
    channels: C,
    guarded: bool,
    operator: Operator,
    cells: CellTable,
    quality: QualityParameters,
    person: Person,
    purpose: leuka_dose::Purpose,
    /// The cells that the dose counts, and the weight that it is for, kg.
    dose: (&'static [CellGroup], f64),
    centrifuge: Option<Centrifuge>,
    beat: u64,
    answer: Answer,
    doing: Doing,
    place: Place,
    verdict: Verdict,
    events: Vec<Event>,
    alarms: AlarmLog,
    /// What is to be told to control beside what the operator tells.
    asked: Option<OperatorAction>,
    /// What a person does, in order, when a person is the operator.
    deeds: VecDeque<Deed>,
    by_person: bool,
    /// The monitor at the bedside, once there is one.
    bedside: Option<Bedside>,
    /// What goes wrong once its phase has begun.
    awaited: Vec<Entry>,
    ended: Option<Ended>,
    log: Log,
}

/// How a run ended.
#[derive(Debug, Clone)]
struct Ended {
    reason: String,
    completed: bool,
}

/// How far a run is, for people who watch it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Status {
    /// The phase.
    pub phase: PhaseName,
    /// Time of the procedure, min.
    pub time_min: f64,
    /// Whole blood processed, L.
    pub processed_l: f64,
    /// Dose by the point forecast, 1e6/kg.
    pub dose_1e6_per_kg: f64,
    /// The dose by the live estimate.
    pub estimate: leuka_dose::Estimate,
    /// Part of the collection that is done, 0 to 1.
    pub fraction: f64,
}

impl Run {
    /// Puts donor, machine, controller and guard together.
    ///
    /// # Errors
    /// What the models refuse although every single field is allowed: a body that cannot live, a prescription that no
    /// machine can carry out.
    pub fn new(inputs: &Inputs) -> Result<Self, Problems> {
        Self::with(inputs, |local| local)
    }

    /// The controller, to look at.
    #[must_use]
    pub const fn controller(&self) -> &Controller {
        &self.channels.controller
    }
}

impl<C: Channels> Run<C> {
    /// The same with the channels that `choose` gives for those of this process.
    ///
    /// # Errors
    /// See [`Run::new`].
    pub fn with(inputs: &Inputs, choose: impl FnOnce(Local) -> C) -> Result<Self, Problems> {
        let built = build::models(inputs)?;
        let pre = counts(built.machine.donor());
        let channels = choose(Local::of(built.controller, built.guard));
        let mut run = Self {
            inputs: inputs.clone(),
            machine: built.machine,
            guarded: true,
            operator: built.operator,
            cells: built.cells,
            quality: built.quality,
            person: built.person,
            purpose: built.purpose,
            centrifuge: built.centrifuge,
            beat: 0,
            answer: Answer::default(),
            doing: Doing::default(),
            place: channels.place(),
            channels,
            dose: (inputs.dose_cells().groups(), inputs.dose_weight_kg()),
            verdict: Verdict::Pass,
            events: Vec::new(),
            alarms: AlarmLog::default(),
            asked: None,
            deeds: VecDeque::new(),
            by_person: false,
            bedside: None,
            awaited: Vec::new(),
            ended: None,
            log: Log::new(pre),
        };
        for entry in inputs.scenario.entries.clone() {
            run.plan(entry);
        }
        run.tell(Source::Run, "start", format!("{} begins", inputs.protocol_title()), Value::Null);
        Ok(run)
    }

    /// The channels, when nothing more is wanted of the run.
    #[must_use]
    pub fn into_channels(self) -> C {
        self.channels
    }

    /// True until the run has ended.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// Ends the run here and now; what was done is kept.
    pub fn interrupt(&mut self) {
        self.end("interrupted".to_owned(), false);
    }

    /// Lets the operator tell control this as soon as there is nothing else to tell.
    pub fn ask(&mut self, action: OperatorAction) {
        self.asked = Some(action);
    }

    /// Lets a person be the operator from now on: what is asked for waits until it is confirmed.
    pub const fn by_person(&mut self) {
        self.by_person = true;
    }

    /// What a person does at control's next turn, after what was to be done before; also beside the simulated operator.
    pub fn do_now(&mut self, deed: Deed) {
        self.deeds.push_back(deed);
    }

    /// Takes what comes from the bedside: with its first word, the vital signs of a monitor there stand in for the virtual
    /// monitor's, and what it has not measured for too long is missing.
    pub fn hear(&mut self, word: &Word) {
        let bedside = self.bedside.get_or_insert_default();
        if let Word::Report { signs, .. } = word {
            bedside.hear(signs);
        }
        self.tell(Source::Monitor, word.kind(), word.text(), json!(word));
    }

    /// What scanner, papers and laboratory say when this is asked for; `None` where nothing is told.
    #[must_use]
    pub fn proposal(&self, request: Request) -> Option<OperatorAction> {
        self.operator.confirmation(request, &self.machine)
    }

    /// Beats so far.
    #[must_use]
    pub const fn beats(&self) -> u64 {
        self.beat
    }

    /// One beat, and at whole seconds what is due then; the sample of such a second.
    pub fn step(&mut self) -> Option<Sample> {
        self.beat();
        if !self.beat.is_multiple_of(BEATS_PER_SECOND) {
            return None;
        }
        self.close_second();
        Some(self.sample())
    }

    /// What instruments show now.
    #[must_use]
    pub fn look(&self) -> Sample {
        self.sample()
    }

    /// What control's instruments sensed last.
    #[must_use]
    pub const fn telemetry(&self) -> &Telemetry {
        self.machine.telemetry()
    }

    /// Lets something go wrong, from its moment on.
    pub fn inject(&mut self, fault: Fault) {
        self.machine.inject(fault);
    }

    /// Lets something go wrong as a scenario says.
    pub fn plan(&mut self, entry: Entry) {
        match entry.when {
            When::At(seconds) => self.schedule(&entry, micros(seconds)),
            When::Phase(phase, after_s) => match self.log.stages.iter().find(|(name, _)| *name == phase) {
                Some((_, began_s)) => self.schedule(&entry, micros(began_s + after_s)),
                None => self.awaited.push(entry),
            },
        }
    }

    fn schedule(&mut self, entry: &Entry, starts_us: u64) {
        match entry.what {
            What::Machine(kind) => self.machine.inject(entry.fault(kind, starts_us)),
            What::Operator(slip) => {
                let from = Instant::from_micros(starts_us);
                let to = entry.lasts_s.map_or(Instant::END, |seconds| from.plus_micros(micros(seconds)));
                self.operator.slips.plan(slip, from, to);
            }
        }
    }

    /// Schedules what has waited for a phase that begins now.
    fn start_awaited(&mut self, phase: PhaseName) {
        let now_us = self.machine.now().micros();
        let begins = |entry: &Entry| match entry.when {
            When::Phase(awaited, after_s) if awaited == phase => Some(now_us + micros(after_s)),
            _ => None,
        };
        for entry in core::mem::take(&mut self.awaited) {
            match begins(&entry) {
                Some(starts_us) => self.schedule(&entry, starts_us),
                None => self.awaited.push(entry),
            }
        }
    }

    /// The virtual machine, to look at.
    #[must_use]
    pub const fn machine(&self) -> &VirtualMachine {
        &self.machine
    }

    /// What the run was made from.
    pub(crate) const fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Runs one second of the procedure, or to the end if that comes sooner, and takes a sample.
    pub fn second(&mut self) -> Sample {
        self.pass_second();
        self.sample()
    }

    /// The same for those who want no sample.
    pub fn pass_second(&mut self) {
        for _ in 0..BEATS_PER_SECOND {
            if self.is_running() {
                self.beat();
            }
        }
        self.close_second();
    }

    fn close_second(&mut self) {
        self.log.look(&self.machine, self.channels.place().is_connected);
        let lost_or_back = self.bedside.as_mut().map(|bedside| bedside.changes(self.machine.telemetry().at));
        for (kind, text) in lost_or_back.into_iter().flatten() {
            self.tell(Source::Monitor, kind, text, Value::Null);
        }
        if let Some(reason) = self.channels.lost() {
            self.end(reason, false);
        }
        if (self.beat / BEATS_PER_SECOND).is_multiple_of(SECONDS_PER_ESTIMATE) {
            self.tell_estimate();
        }
        if self.beat / BEATS_PER_SECOND >= LONGEST_S {
            self.end("longer than a day".to_owned(), false);
        }
    }

    /// The events since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// The phases so far, each with the second at which it began.
    #[must_use]
    pub fn stages(&self) -> &[(PhaseName, f64)] {
        &self.log.stages
    }

    /// The log of alarms.
    #[must_use]
    pub const fn alarm_log(&self) -> &VecDeque<LoggedAlarm> {
        self.alarms.entries()
    }

    /// Somebody has seen the alarms that are signalled.
    pub fn acknowledge_alarms(&mut self) {
        self.alarms.acknowledge(self.machine.now());
    }

    /// The alarms as they are signalled now, and what may silence them.
    pub const fn alarm_system(&mut self) -> &mut AlarmSystem {
        &mut self.alarms.system
    }

    /// How far the run is.
    #[must_use]
    pub fn status(&self) -> Status {
        let Extent { processed, dose, estimate, processed_at_end, .. } = self.channels.extent();
        let end_ml = processed_at_end.map_or(0.0, |end| end.ml());
        Status {
            phase: self.channels.place().phase,
            time_min: self.seconds() / 60.0,
            processed_l: processed.litres(),
            dose_1e6_per_kg: dose.count_1e6_kg(),
            estimate,
            fraction: if end_ml > 0.0 { processed.ml() / end_ml } else { 0.0 },
        }
    }

    /// The commands that control gave last; none before its first beat.
    #[must_use]
    pub const fn commands(&self) -> Option<&Commands> {
        self.answer.commands.as_ref()
    }

    /// What the guard last let the machine do.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Takes the guard's word away from now on: whatever it finds, it lets pass. To show what the guard is for.
    pub const fn without_guard(&mut self) {
        self.guarded = false;
    }

    /// One beat of 50 ms.
    pub fn beat(&mut self) {
        self.machine.advance();
        self.machine.sense();
        if let Some(bedside) = &self.bedside {
            self.machine.show_monitor(bedside.monitor(self.machine.telemetry().at));
        }
        let is_controls_turn = self.beat.is_multiple_of(BEATS_PER_CONTROL);
        if is_controls_turn {
            self.operate();
        }
        let (telemetry, guard_telemetry) = (self.machine.telemetry(), self.machine.guard_telemetry());
        let action = self.doing.action.as_ref();
        let sensed = Sensed { telemetry, guard_telemetry, is_controls_turn, action };
        self.channels.beat(sensed, &mut self.answer);
        if is_controls_turn && !self.doing.is_nothing() {
            let doing = core::mem::take(&mut self.doing);
            self.tell_operator(&doing);
        }
        self.tell_control();
        if is_controls_turn {
            self.place = self.channels.place();
            let draws = self.answer.commands.as_ref().is_none_or(|commands| commands.draw_from != DrawFrom::Reservoir);
            self.log.count(self.place.phase, self.machine.telemetry(), draws);
        }
        self.actuate();
        self.tell_machine();
        self.beat += 1;
        if self.place.is_over {
            self.end_as_control_says();
        }
    }

    fn operate(&mut self) {
        let (request, phase) = (self.place.request, self.place.phase);
        match self.deeds.pop_front() {
            None if !self.by_person => self.operator.look(request, phase, &mut self.machine, &mut self.doing),
            deed => self.operator.look_for(deed, request, phase, &mut self.machine, &mut self.doing),
        }
        if self.doing.action.is_none() {
            self.doing.action = self.asked.take();
        }
    }

    /// Gives the machine what was answered: commands with the first permit, then those that came after it.
    fn actuate(&mut self) {
        let permits = &mut self.answer.permits;
        if !self.guarded {
            permits.iter_mut().for_each(|permit| permit.verdict = Verdict::Pass);
        }
        self.machine.actuate(self.answer.commands.as_ref(), permits.first());
        for permit in permits.iter().skip(1) {
            self.machine.actuate(None, Some(permit));
        }
        let mut permits = core::mem::take(&mut self.answer.permits);
        for permit in permits.drain(..) {
            self.tell_guard(permit.verdict);
        }
        self.answer.permits = permits;
    }

    fn end_as_control_says(&mut self) {
        let reason = self.channels.ending();
        let completed = reason.as_ref().is_some_and(EndReason::is_completed);
        self.end(reason.map_or_else(|| "ended".to_owned(), |reason| reason.to_string()), completed);
    }

    fn end(&mut self, reason: String, completed: bool) {
        if self.ended.is_none() {
            self.tell(Source::Run, "end", format!("the run ends: {reason}"), json!({ "completed": completed }));
            self.ended = Some(Ended { reason, completed });
        }
    }

    pub(crate) const fn person(&self) -> &Person {
        &self.person
    }

    /// Time of the procedure, s.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a procedure are far below 2^53")]
        let micros = self.machine.now().micros() as f64;
        micros / 1e6
    }
}
