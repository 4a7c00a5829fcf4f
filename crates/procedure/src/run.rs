//! One run: the only loop in the system.
//!
//! A beat is 50 ms. Machine and guard act on every beat, control on every second one. What a run depends on is in its
//! [`Inputs`]; nothing here reads a clock.

use leuka_blood::quantity::{CellCount, Fraction, TimeSpan, Volume};
use std::collections::{BTreeMap, VecDeque};

use leuka_blood::{CellTable, Component};
use leuka_control::{Controller, EndReason, EventKind, OperatorAction, PhaseName, Request};
use leuka_device::{AlarmSystem, Commands, DrawFrom, Instant, Priority, Telemetry, Verdict};
use leuka_machine::{BEAT_MICROS, Fault, MarkKind, VirtualMachine};
use leuka_separator::filter::QualityParameters;
use serde_json::{Value, json};

use crate::alarm_log::{AlarmLog, LoggedAlarm};
use crate::bedside::{Bedside, Word};
use crate::build;
use crate::cells::{CellGroup, PerGroup};
use crate::channels::{Answer, Channels, Extent, Local, Place, Sensed};
use crate::deed::Deed;
use crate::donor::Person;
use crate::event::{Event, Source};
use crate::file::Problems;
use crate::inputs::{Centrifuge, Inputs};
use crate::laboratory::counts;
use crate::method::{is_eluted, is_filter};
use crate::operator::{Doing, Operator};
use crate::outcome::{
    AlarmEntry, Balance, Believed, Counts, DonorOutcome, Efficiency, Eluted, Filtration, Nadir, Outcome, Peak, Product,
    Symptom,
};
use crate::sample::Sample;
use crate::scenario::{Entry, What, When, micros};

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

/// What is kept of a run for its outcome.
#[derive(Debug)]
struct Log {
    pre: Counts,
    post: Option<Counts>,
    nadir: Nadir,
    peak: Peak,
    symptoms: Vec<Symptom>,
    alarms: Vec<AlarmEntry>,
    stages: Vec<(PhaseName, f64)>,
    collect_s: f64,
    collect_inlet_ml: f64,
    separator_pressure_mmhg: f64,
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
        self.beat.is_multiple_of(BEATS_PER_SECOND).then(|| self.close_second())
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
        for _ in 0..BEATS_PER_SECOND {
            if self.is_running() {
                self.beat();
            }
        }
        self.close_second()
    }

    fn close_second(&mut self) -> Sample {
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
        self.sample()
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
        if !self.doing.is_nothing() {
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
        for place in 0..self.answer.permits.len() {
            self.tell_guard(self.answer.permits[place].verdict);
        }
        self.answer.permits.clear();
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

    pub(crate) fn seconds(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a procedure are far below 2^53")]
        let micros = self.machine.now().micros() as f64;
        micros / 1e6
    }

    fn tell(&mut self, source: Source, kind: &'static str, text: impl Into<String>, data: Value) {
        self.events.push(Event::new(self.machine.now(), source, kind, text, data));
    }

    fn tell_operator(&mut self, doing: &Doing) {
        for handling in &doing.hands {
            self.tell(Source::Operator, "hands", handling.to_string(), Value::Null);
        }
        if let Some(error) = doing.failed {
            self.tell(Source::Operator, "hands_failed", error.to_string(), Value::Null);
        }
        if matches!(doing.action, Some(OperatorAction::Reset | OperatorAction::Resume | OperatorAction::EndEarly)) {
            self.alarms.acknowledge(self.machine.now());
        }
        if let Some(care) = &doing.care {
            self.tell(Source::Operator, "care", care.text.clone(), Value::Null);
        }
        if let Some(action) = &doing.action {
            self.tell(Source::Operator, "action", action.to_string(), Value::Null);
        }
        if let Some(symptom) = doing.felt {
            let name = json!(symptom);
            let at_min = self.seconds() / 60.0;
            self.log.symptoms.push(Symptom { name: name.as_str().unwrap_or_default().to_owned(), at_min });
            self.tell(Source::Donor, "symptom", format!("the donor feels {symptom}"), name);
        }
    }

    /// The dose as it is believed, and what going on would bring and cost.
    fn tell_estimate(&mut self) {
        let Some(outlook) = self.channels.outlook().filter(|_| self.channels.place().phase == PhaseName::Collect)
        else {
            return;
        };
        let believed = Believed::new(&self.channels.extent().estimate, &self.purpose);
        let ([low, high], gain) = (believed.band_80_1e6_per_kg, &outlook.ten_minutes);
        let ninety = outlook.to_ninety.map(TimeSpan::minutes);
        let when = ninety.map_or("not before the caps".to_owned(), |minutes| format!("in {minutes:.0} min"));
        let text = format!(
            "{:.2} x1e6/kg believed, 80 % band {low:.2} to {high:.2}; goal {:.0} %, minimum {:.0} %; goal with 90 % {when}; \
             10 min more bring {:.2} and cost {:.1} x1e9/L of platelets and {:.0} mg/kg of citrate",
            believed.median_1e6_per_kg,
            believed.goal_pct,
            believed.minimum_pct,
            gain.dose.count_1e6_kg(),
            gain.platelets.count_1e9_l(),
            gain.citrate_mg_kg,
        );
        let data = json!({
            "believed": believed,
            "to_goal_with_90_pct_min": ninety,
            "next_10_min": {
                "dose_1e6_per_kg": gain.dose.count_1e6_kg(),
                "goal_pct": gain.goal.pct(),
                "platelet_1e9_l": gain.platelets.count_1e9_l(),
                "citrate_mg_kg": gain.citrate_mg_kg,
            },
        });
        self.tell(Source::Run, "estimate", text, data);
    }

    fn tell_control(&mut self) {
        if self.answer.notes.is_empty() && self.answer.events.is_empty() {
            return;
        }
        for (text, data) in core::mem::take(&mut self.answer.notes) {
            self.tell(Source::Run, "link", text, data);
        }
        let mut events = core::mem::take(&mut self.answer.events);
        for event in events.drain(..) {
            let text = event.kind.to_string();
            match &event.kind {
                EventKind::PhaseChanged { to, .. } => self.enter(*to),
                EventKind::Alarm { code, active: true, evidence } => {
                    self.alarms.begin(event.at, *code, evidence);
                    self.alarm(code.name(), code.priority(), &text);
                }
                EventKind::Alarm { code, active: false, .. } => self.alarms.end(event.at, *code),
                _ => {}
            }
            let data = serde_json::to_value(&event.kind).unwrap_or_default();
            self.events.push(Event::new(event.at, Source::Control, kind(&event.kind), text, data));
        }
        self.answer.events = events;
    }

    fn enter(&mut self, phase: PhaseName) {
        self.start_awaited(phase);
        self.log.stages.push((phase, self.seconds()));
        if phase == PhaseName::Disconnect {
            self.log.post = Some(counts(self.machine.donor()));
        }
    }

    fn alarm(&mut self, code: &str, priority: Priority, reason: &str) {
        let priority = match priority {
            Priority::Low => "low",
            Priority::Medium => "medium",
            Priority::High => "high",
        };
        let at_min = self.seconds() / 60.0;
        self.log.alarms.push(AlarmEntry {
            code: code.into(),
            priority: priority.into(),
            at_min,
            reason: reason.into(),
        });
    }

    fn tell_guard(&mut self, verdict: Verdict) {
        if verdict == self.verdict {
            return;
        }
        self.verdict = verdict;
        if verdict != Verdict::Pass {
            self.alarms.action_begins(self.machine.now());
        }
        self.tell(Source::Guard, "verdict", verdict_text(verdict), json!(verdict));
    }

    fn tell_machine(&mut self) {
        if !self.machine.has_marks() {
            return;
        }
        let marks: Vec<_> = self.machine.marks().collect();
        for mark in marks {
            match mark.kind {
                MarkKind::SafeStateEntered(_) => self.alarms.action_begins(mark.at),
                MarkKind::PumpsStopped => self.alarms.pumps_stand(mark.at.since(Instant::START).seconds()),
                _ => {}
            }
            let data = serde_json::to_value(mark.kind).unwrap_or_default();
            self.events.push(Event::new(mark.at, Source::Machine, "plant", mark.kind.to_string(), data));
        }
    }

    fn sample(&self) -> Sample {
        let telemetry = self.machine.telemetry();
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let extent = self.channels.extent();
        let truth = counts(self.machine.donor());
        Sample {
            time_s: self.seconds(),
            inlet_flow_ml_min: number(telemetry.pump_flows.inlet.value.map(|flow| flow.ml_min())),
            anticoagulant_flow_ml_min: number(telemetry.pump_flows.anticoagulant.value.map(|flow| flow.ml_min())),
            plasma_flow_ml_min: number(telemetry.pump_flows.plasma.value.map(|flow| flow.ml_min())),
            collect_flow_ml_min: number(telemetry.pump_flows.collect.value.map(|flow| flow.ml_min())),
            centrifuge_rpm: number(telemetry.centrifuge_speed.value.map(|speed| speed.rpm())),
            access_pressure_mmhg: number(telemetry.access_pressure.value.map(|pressure| pressure.mmhg())),
            return_pressure_mmhg: number(telemetry.return_pressure.value.map(|pressure| pressure.mmhg())),
            interface_mm: number(telemetry.camera.value.and_then(|image| image.interface).map(|length| length.mm())),
            collect_hematocrit_pct: number(telemetry.collect_optics.value.map(|optics| optics.hematocrit.pct())),
            heart_rate_per_min: number(telemetry.monitor.heart_rate.value.map(|rate| rate.per_min())),
            systolic_mmhg: number(telemetry.monitor.systolic.value.map(|pressure| pressure.mmhg())),
            diastolic_mmhg: number(telemetry.monitor.diastolic.value.map(|pressure| pressure.mmhg())),
            spo2_pct: number(telemetry.monitor.spo2.value.map(|saturation| saturation.pct())),
            respiration_per_min: number(telemetry.monitor.respiration.value.map(|rate| rate.per_min())),
            temperature_c: number(telemetry.monitor.temperature.value.map(|temperature| temperature.celsius())),
            processed_ml: extent.processed.ml(),
            dose_forecast_1e6_per_kg: extent.dose.count_1e6_kg(),
            dose_estimate_1e6_per_kg: extent.estimate.median.count_1e6_kg(),
            dose_low_1e6_per_kg: extent.estimate.band_80[0].count_1e6_kg(),
            dose_high_1e6_per_kg: extent.estimate.band_80[1].count_1e6_kg(),
            goal_probability_pct: extent.estimate.goal.pct(),
            true_dose_1e6_per_kg: self.dose(),
            true_product_ml: self.machine.product().volume_ml(),
            true_hematocrit_pct: truth.hematocrit_pct,
            true_wbc_1e9_l: truth.wbc_1e9_l,
            true_platelet_1e9_l: truth.platelet_1e9_l,
            true_cd34_per_ul: truth.cd34_per_ul,
            true_ionised_calcium_mmol_l: truth.ionised_calcium_mmol_l,
            true_citrate_mmol_l: self.machine.donor().blood().citrate.mmol_l(),
        }
    }

    /// Cells of the dose in the product for the dose weight, 1e6/kg.
    fn dose(&self) -> f64 {
        let cells = &self.cells;
        let (groups, weight_kg) = self.dose;
        let collected: f64 = groups.iter().map(|group| group.count(self.machine.product(), cells)).sum();
        collected / 1e6 / weight_kg
    }

    /// The outcome, of a run that has ended or of what was done until now.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let ended = self.ended.clone().unwrap_or(Ended { reason: "still running".into(), completed: false });
        let totals = self.machine.totals();
        let tbv_ml = self.person.formula_blood_volume.ml();
        let processed_ml = totals.drawn.fluid_ml();
        let given = totals.returned - totals.drawn;
        let citrate_mmol = given.get(Component::Citrate);
        let collect_min = self.log.collect_s / 60.0;
        let weight_kg = self.person.weight.kg();
        let post = self.log.post.unwrap_or_else(|| counts(self.machine.donor()));
        let product = self.machine.product();
        let cells = &self.cells;
        let per = |total: f64, minutes: f64| if minutes > 0.0 { total / minutes } else { 0.0 };
        let processing_min = self.channels.extent().time.minutes();
        Outcome {
            schema: "leuka.outcome/1",
            version: crate::VERSION,
            parameters_sha256: self.inputs.parameter_hash(),
            protocol: self.inputs.protocol_name(),
            seed: self.inputs.seed,
            separator: self.centrifuge.map(Centrifuge::name),
            end_reason: ended.reason,
            completed: ended.completed,
            duration_min: self.seconds() / 60.0,
            collect_min,
            tbv_ml,
            whole_blood_processed_ml: processed_ml,
            tbv_processed: processed_ml / tbv_ml,
            inlet_flow_mean_ml_min: per(self.log.collect_inlet_ml, collect_min),
            anticoagulant_total_ml: self.machine.anticoagulant_used().ml(),
            anticoagulant_to_donor_ml: given.get(Component::Anticoagulant),
            citrate_to_donor_mmol: citrate_mmol,
            citrate_mean_mg_kg_min: per(citrate_mmol * leuka_dose::CITRATE_MG_PER_MMOL / weight_kg, processing_min),
            product: Product {
                volume_ml: product.volume_ml(),
                hematocrit_pct: product.hematocrit() * 100.0,
                cells: PerGroup::from_fn(|group| group.count(product, cells)),
            },
            filtration: is_filter(&self.inputs.protocol).then(|| self.filtration()),
            dose_1e6_per_kg: self.dose(),
            dose_believed: Believed::new(&self.channels.extent().estimate, &self.purpose),
            efficiency: PerGroup::from_fn(|group| self.efficiency(group, processed_ml, &post)),
            donor: DonorOutcome {
                pre: self.log.pre,
                post,
                nadir: self.log.nadir,
                peak: self.log.peak,
                fluid_balance_ml: given.fluid_ml(),
                symptoms: self.log.symptoms.clone(),
            },
            alarms: self.log.alarms.clone(),
            balance: self.balance(),
        }
    }

    fn filtration(&self) -> Filtration {
        let held = self.machine.in_separator();
        let of = |mixture| CellGroup::Granulocyte.count(mixture, &self.cells);
        let (eluted, kept) = (of(self.machine.product()), of(&held));
        let quality = &self.quality;
        Filtration {
            pressure_peak_mmhg: self.log.separator_pressure_mmhg,
            held_wbc: CellGroup::Wbc.count(&held, &self.cells),
            eluted: (is_eluted(&self.inputs.protocol) && eluted > 0.0).then(|| Eluted {
                granulocyte_recovery_pct: 100.0 * eluted / (eluted + kept),
                viability_pct: 100.0 * quality.viability,
                post_transfusion_recovery_pct: 100.0 * quality.recovery,
                post_transfusion_recovery_centrifuged_pct: 100.0 * quality.recovery_centrifuged,
            }),
        }
    }

    fn balance(&self) -> BTreeMap<&'static str, Balance> {
        let components = self.machine.balance().map(|(component, error)| (component.name(), error));
        let all = components.chain([("water", self.machine.water_balance())]);
        all.map(|(name, relative_error)| (name, Balance { relative_error })).collect()
    }

    fn efficiency(&self, group: CellGroup, processed_ml: f64, post: &Counts) -> Efficiency {
        let collected = CellCount::from_cells(group.count(self.machine.product(), &self.cells));
        let processed = Volume::from_ml(processed_ml);
        let before = self.log.pre.concentration(group, &self.cells);
        let after = post.concentration(group, &self.cells);
        let pct = |efficiency: Option<Fraction>| efficiency.map(Fraction::pct);
        Efficiency {
            ce1_pct: pct(leuka_dose::ce1(collected, processed, before, after)),
            ce2_pct: pct(leuka_dose::ce2(collected, processed, before)),
        }
    }
}

/// A verdict as a sentence.
pub(crate) fn verdict_text(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => "the guard lets commands pass".to_owned(),
        Verdict::Hold(cause) => format!("the guard stops all pumps: {cause}, hazard {}", cause.hazard()),
        Verdict::Safe(cause) => format!("the guard makes the machine safe: {cause}, hazard {}", cause.hazard()),
    }
}

/// The kind of an event in one word.
const fn kind(event: &EventKind) -> &'static str {
    match event {
        EventKind::PhaseChanged { .. } => "phase",
        EventKind::SetPoint { .. } => "set_point",
        EventKind::Alarm { .. } => "alarm",
        EventKind::Refused { .. } => "refused",
        EventKind::Paused { .. } => "paused",
        EventKind::Stopped { .. } => "stopped",
        EventKind::Ending { .. } => "ending",
        EventKind::Note(_) => "note",
    }
}

impl Log {
    fn new(pre: Counts) -> Self {
        Self {
            pre,
            post: None,
            nadir: Nadir {
                ionised_calcium_mmol_l: f64::INFINITY,
                systolic_mmhg: f64::INFINITY,
                spo2_pct: f64::INFINITY,
            },
            peak: Peak { citrate_mmol_l: 0.0, heart_rate_per_min: 0.0 },
            symptoms: Vec::new(),
            alarms: Vec::new(),
            stages: vec![(PhaseName::SelfTest, 0.0)],
            collect_s: 0.0,
            collect_inlet_ml: 0.0,
            separator_pressure_mmhg: 0.0,
        }
    }

    /// Keeps the extremes of the true values while the donor is connected (and what they are at the first look).
    fn look(&mut self, machine: &VirtualMachine, is_connected: bool) {
        if !is_connected && self.nadir.spo2_pct.is_finite() {
            return;
        }
        self.separator_pressure_mmhg = self.separator_pressure_mmhg.max(machine.separator_pressure().mmhg());
        let blood = machine.donor().blood();
        let vitals = machine.donor().vitals();
        let (nadir, peak) = (&mut self.nadir, &mut self.peak);
        nadir.ionised_calcium_mmol_l = nadir.ionised_calcium_mmol_l.min(blood.ionised_calcium.mmol_l());
        nadir.systolic_mmhg = nadir.systolic_mmhg.min(vitals.systolic.mmhg());
        nadir.spo2_pct = nadir.spo2_pct.min(vitals.spo2.pct());
        peak.citrate_mmol_l = peak.citrate_mmol_l.max(blood.citrate.mmol_l());
        peak.heart_rate_per_min = peak.heart_rate_per_min.max(vitals.heart_rate.per_min());
    }

    /// Counts time and inlet of the collection; what comes from a reservoir has been counted.
    fn count(&mut self, phase: PhaseName, telemetry: &Telemetry, draws: bool) {
        if phase == PhaseName::Collect {
            #[expect(clippy::cast_precision_loss, reason = "a handful of beats")]
            let span_s = (BEATS_PER_CONTROL * BEAT_MICROS) as f64 / 1e6;
            self.collect_s += span_s;
            let inlet = telemetry.pump_flows.inlet.value.filter(|_| draws);
            self.collect_inlet_ml += inlet.map_or(0.0, |flow| flow.ml_min()) * span_s / 60.0;
        }
    }
}
