//! The course of a procedure: its inputs, and what was done to it, beat by beat. The same start with the same entries is
//! the same course: that is how it is resumed after a restart, rewound, and asked "what if".

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use leuka_blood::quantity::TimeSpan;
use leuka_control::EventKind;
use leuka_device::AlarmCode;
use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{Deed, Entry, Event, Inputs, Run, Sample, Scenario, Source, Sources, What, When, Word};
use leuka_record::{Actor, Moment, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::live::Supplies;
use crate::error::Refused;

/// Beats in a second.
pub(crate) const BEATS_PER_SECOND: u64 = 20;

/// How a procedure begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) machine: String,
    pub(crate) opened_utc: String,
    pub(crate) opened_by: String,
    pub(crate) protocol: (String, String),
    pub(crate) donor: (String, String),
    pub(crate) scenario: Option<(String, String)>,
    pub(crate) set: Vec<String>,
    pub(crate) seed: u64,
    pub(crate) by_person: bool,
    pub(crate) warp: u32,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Who {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl Who {
    /// As records name those who do something.
    pub(crate) fn actor(&self) -> Actor {
        Actor { actor: self.login.clone(), role: self.role.name().to_owned() }
    }
}

/// What is done to a procedure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// The operator does something.
    Deed(Deed),
    /// The instructor lets something go wrong.
    Inject { fault: String, magnitude: f64, lasts_s: Option<f64> },
    /// A scenario's faults begin to count from now.
    Begin { title: String, text: String },
    /// Somebody silences or acknowledges alarms.
    Alarms(Silence),
    /// A monitor at the bedside sent vital signs.
    Hear(Word),
}

/// What is done about alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Silence {
    AudioPause,
    AudioOn,
    AlarmPause,
    Acknowledge,
}

/// One thing done, and when, by whom and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) beat: u64,
    pub(crate) at: Moment,
    pub(crate) who: Who,
    pub(crate) why: String,
    pub(crate) act: Act,
}

impl Done {
    /// As a sentence without its subject.
    pub(crate) fn text(&self) -> String {
        match &self.act {
            Act::Deed(deed) => deed_text(deed),
            Act::Inject { fault, magnitude, .. } => format!("injects {fault}, magnitude {magnitude}"),
            Act::Begin { title, .. } => format!("begins the scenario \"{title}\""),
            Act::Alarms(silence) => silence_text(*silence).to_owned(),
            Act::Hear(_) => "sends vital signs".to_owned(),
        }
    }

    /// As whom the record names who did it.
    pub(crate) fn actor(&self) -> Actor {
        match &self.act {
            Act::Hear(_) => Actor { actor: "monitor".to_owned(), role: String::new() },
            _ => self.who.actor(),
        }
    }
}

/// A procedure as it was until now: to look at it again, changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Story {
    pub(crate) start: Start,
    pub(crate) done: Vec<Done>,
    pub(crate) beat: u64,
    pub(crate) over: bool,
}

impl Story {
    pub(super) fn of(course: &Course) -> Self {
        let (beat, over) = (course.run.beats(), !course.run.is_running());
        Self { start: course.start.clone(), done: course.done.clone(), beat, over }
    }

    /// The same once more. A procedure with the simulated operator goes on to its end, another one to the same moment.
    pub(crate) fn again(&self) -> Result<Course, Refused> {
        let mut course = Course::new(self.start.clone(), self.done.clone())?;
        course.run_to_beat(if self.over || !self.start.by_person { u64::MAX } else { self.beat });
        Ok(course)
    }
}

/// An event with its number.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct Told {
    pub(crate) seq: u64,
    pub(crate) at_s: f64,
    pub(crate) source: Cow<'static, str>,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) data: Value,
}

/// A procedure that goes on.
pub(crate) struct Course {
    pub(crate) start: Start,
    pub(crate) inputs: Inputs,
    pub(crate) run: Run,
    pub(crate) done: Vec<Done>,
    next: usize,
    /// Everything that happened, in order.
    pub(crate) told: Vec<Arc<Told>>,
    pub(crate) next_seq: u64,
    /// One row a second.
    pub(crate) rows: Vec<Sample>,
    /// Why each alarm that is on came.
    pub(crate) causes: BTreeMap<AlarmCode, String>,
    /// Who acknowledged, and when.
    pub(crate) seen_by: Vec<(f64, String)>,
    /// The last reason that control gave.
    pub(crate) why: Option<Arc<Told>>,
    pub(crate) guard: Option<String>,
    /// The monitor whose signs stand in place of simulated ones.
    pub(crate) monitor: Option<String>,
    pub(crate) supplies: Supplies,
}

impl Start {
    pub(crate) fn sources(&self) -> Result<Sources, Refused> {
        let text = |(name, text): &(String, String)| NamedText { name: name.clone(), text: text.clone() };
        let overrides = self.set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>()?;
        Ok(Sources {
            protocol: Some(text(&self.protocol)),
            donor: Some(text(&self.donor)),
            scenario: self.scenario.as_ref().map(text),
            overrides,
            seed: self.seed,
            ..Sources::default()
        })
    }
}

impl Course {
    /// A procedure at its beginning, to which `done` will be done when its beat comes.
    pub(crate) fn new(start: Start, done: Vec<Done>) -> Result<Self, Refused> {
        let inputs = Inputs::read(&start.sources()?)?;
        Self::of(start, inputs, done)
    }

    pub(crate) fn of(start: Start, inputs: Inputs, done: Vec<Done>) -> Result<Self, Refused> {
        let mut run = Run::new(&inputs)?;
        if start.by_person {
            run.by_person();
        }
        Ok(Self {
            start,
            inputs,
            run,
            done,
            next: 0,
            told: Vec::new(),
            next_seq: 0,
            rows: Vec::new(),
            causes: BTreeMap::new(),
            seen_by: Vec::new(),
            why: None,
            guard: None,
            monitor: None,
            supplies: Supplies::default(),
        })
    }

    /// Seconds of the procedure.
    pub(crate) fn time_s(&self) -> f64 {
        seconds(self.run.beats())
    }

    /// Adds something that is done now; the procedure's own events follow with the next beats.
    pub(crate) fn add(&mut self, done: Done) {
        self.done.push(done);
        self.do_due();
    }

    /// One beat; nothing once the procedure is over.
    pub(crate) fn beat(&mut self) {
        if !self.run.is_running() {
            return;
        }
        self.do_due();
        if let Some(sample) = self.run.step() {
            self.rows.push(sample);
            self.supplies.look(&self.run.telemetry().weights);
        }
        for event in self.run.take_events() {
            self.take(event);
        }
    }

    /// To this beat, or to the end if that comes first.
    pub(crate) fn run_to_beat(&mut self, beat: u64) {
        while self.run.is_running() && self.run.beats() < beat {
            self.beat();
        }
    }

    fn do_due(&mut self) {
        while let Some(done) = self.done.get(self.next).filter(|done| done.beat <= self.run.beats()).cloned() {
            self.next += 1;
            self.carry_out(&done);
        }
    }

    fn carry_out(&mut self, done: &Done) {
        let now = self.time_s();
        let who = format!("{} ({})", done.who.name, done.who.role.name().replace('_', " "));
        let why = if done.why.is_empty() { String::new() } else { format!(": {}", done.why) };
        let (source, kind, text) = match &done.act {
            Act::Deed(deed) => {
                self.run.do_now(deed.clone());
                ("operator", "confirmed", format!("{who} {}{why}", done.text()))
            }
            Act::Inject { fault, magnitude, lasts_s } => {
                if let Ok(what) = fault.parse() {
                    self.plan(what, now, *lasts_s, *magnitude);
                }
                ("instructor", "inject", format!("{who} {}", done.text()))
            }
            Act::Begin { text, .. } => {
                self.begin(text, now);
                ("instructor", "scenario", format!("{who} {}", done.text()))
            }
            Act::Alarms(silence) => {
                let text = self.silence(*silence, &done.who.name);
                ("operator", "alarms", format!("{who} {text}"))
            }
            // The run tells of it itself.
            Act::Hear(word) => {
                if let Word::Report { sender, .. } = word {
                    self.monitor = Some(sender.clone());
                }
                return self.run.hear(word);
            }
        };
        let data = json!({ "who": done.who, "why": done.why, "utc": done.at.utc(), "act": done.act });
        self.tell(now, source.into(), kind.into(), text, data);
    }

    fn plan(&mut self, what: What, at_s: f64, lasts_s: Option<f64>, magnitude: f64) {
        self.run.plan(Entry { what, when: When::At(at_s), lasts_s, magnitude });
    }

    /// A scenario's faults: those of phases count from now where the phase has begun.
    fn begin(&mut self, text: &str, now: f64) {
        let file = NamedText { name: "scenario".into(), text: text.to_owned() };
        for entry in Scenario::read(&file).map(|scenario| scenario.entries).unwrap_or_default() {
            let at_s = match entry.when {
                When::At(at_s) => now.max(at_s),
                When::Phase(phase, after_s) => {
                    let begun = self.run.stages().iter().any(|(name, _)| *name == phase);
                    if !begun {
                        self.run.plan(entry);
                        continue;
                    }
                    now + after_s.min(FIRST_S)
                }
            };
            self.plan(entry.what, at_s, entry.lasts_s, entry.magnitude);
        }
    }

    fn silence(&mut self, silence: Silence, name: &str) -> &'static str {
        let now = self.run.machine().now();
        let connected = self.run.controller().phase().is_connected();
        let alarms = self.run.alarm_system();
        match silence {
            Silence::AudioPause => alarms.pause_audio(now, TimeSpan::from_seconds(120.0)),
            Silence::AudioOn => alarms.reactivate(),
            Silence::AlarmPause => {
                if alarms.pause_alarms(now, TimeSpan::from_seconds(120.0), connected).is_err() {
                    return "cannot pause a protective alarm while somebody is connected";
                }
            }
            Silence::Acknowledge => {
                self.run.acknowledge_alarms();
                self.seen_by.push((self.time_s(), name.to_owned()));
            }
        }
        silence_text(silence)
    }

    fn take(&mut self, event: Event) {
        if let (Source::Control, "alarm") = (event.source, event.kind)
            && let Ok(EventKind::Alarm { code, active, .. }) = serde_json::from_value(event.data.clone())
        {
            if active {
                let text = event.text.split_once(": ").map_or("", |(_, cause)| cause).to_owned();
                self.causes.insert(code, text);
            } else {
                self.causes.remove(&code);
            }
        }
        let source = match event.source {
            Source::Run => "run",
            Source::Control => "control",
            Source::Guard => "guard",
            Source::Machine => "machine",
            Source::Operator => "operator",
            Source::Donor => "donor",
            Source::Monitor => "monitor",
        };
        if event.source == Source::Guard {
            self.guard = Some(event.text.clone());
        }
        let explains =
            matches!(event.kind, "set_point" | "paused" | "stopped" | "ending" | "refused" | "phase" | "note");
        self.tell(event.at_s, source.into(), event.kind.into(), event.text, event.data);
        if source == "control" && explains {
            self.why = self.told.last().cloned();
        }
    }

    pub(crate) fn tell(
        &mut self,
        at_s: f64,
        source: Cow<'static, str>,
        kind: Cow<'static, str>,
        text: String,
        data: Value,
    ) {
        let told = Told { seq: self.next_seq, at_s, source, kind, text, data };
        self.next_seq += 1;
        self.told.push(Arc::new(told));
    }
}

/// A scenario that begins in a phase that goes on already comes within this time, s.
const FIRST_S: f64 = 600.0;

#[expect(clippy::cast_precision_loss, reason = "beats of a procedure are far below 2^53")]
pub(crate) fn seconds(beats: u64) -> f64 {
    beats as f64 / BEATS_PER_SECOND as f64
}

const fn silence_text(silence: Silence) -> &'static str {
    match silence {
        Silence::AudioPause => "pauses the alarm's sound",
        Silence::AudioOn => "lets alarms sound again",
        Silence::AlarmPause => "pauses the alarms",
        Silence::Acknowledge => "has seen the alarms",
    }
}

fn deed_text(deed: &Deed) -> String {
    match deed {
        Deed::Confirm { request, action } => {
            let told = action.as_ref().map(|action| format!(" ({action})")).unwrap_or_default();
            format!("confirms \"{}\"{told}", super::request::title(*request))
        }
        Deed::Tell(action) => format!("tells: {action}"),
        Deed::Care(kind) => {
            format!("cares for the donor ({})", json!(kind).as_str().unwrap_or_default().replace('_', " "))
        }
        Deed::ChangeAnticoagulant => "changes the anticoagulant bag".to_owned(),
    }
}
