//! The thread of a machine: lets time pass, carries out orders, writes the journal, and publishes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use leuka_procedure::Deed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::course::{Act, BEATS_PER_SECOND, Course, Done, Start, Story, Who};
use super::live::{self, Around};
use super::{Back, Letter, Order, Screens, request};
use crate::clock;
use crate::error::Refused;
use crate::store::{Journal, Store};

/// One tick of the wall clock: samples go out so often.
const TICK: Duration = Duration::from_millis(100);
/// Beats in a tick at the pace of real time.
const BEATS_PER_TICK: u64 = 2;
/// Of a tick so much is spent on beats at most; a machine that cannot keep up is slower than was wished, not late.
const BUSY: Duration = Duration::from_millis(80);
/// Live values go out every so many ticks, and on change.
const LIVE_TICKS: u64 = 5;
/// The outlook of the dose costs more.
const OUTLOOK_TICKS: u64 = 20;
/// A machine that stands still looks so often.
const IDLE: Duration = Duration::from_millis(500);
/// How far a run has come is written so often, s of the wall clock.
const REACHED_EVERY: Duration = Duration::from_secs(2);

/// A line of a run's journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// Something was done.
    Done(Box<Done>),
    /// The run has come so far.
    Reached { beat: u64, warp: u32, paused: bool },
    /// The run went back: what was done from this beat on does not count.
    Rewound { beat: u64, who: Who, utc: String },
}

struct Going {
    id: String,
    course: Course,
    journal: Journal,
    outlook: Value,
    snapshots: Vec<(String, u64)>,
    written: Instant,
    sent_rows: usize,
    sent_told: usize,
}

/// What the thread holds.
pub(super) struct Keeper {
    id: String,
    label: String,
    store: Store,
    screens: Arc<Screens>,
    going: Option<Going>,
    warp: u32,
    paused: bool,
    ticks: u64,
    frames: u32,
    shown: Option<(Value, bool)>,
}

/// What a journal tells of a run: what was done, how far it came, its pace, and whether it is still on its machine.
pub(crate) struct Kept {
    pub(crate) done: Vec<Done>,
    pub(crate) beat: u64,
    pub(crate) warp: Option<u32>,
    pub(crate) paused: bool,
}

impl Kept {
    pub(crate) fn read(store: &Store, run: &str) -> Result<Self, crate::error::ConsoleError> {
        let mut kept = Self { done: Vec::new(), beat: 0, warp: None, paused: false };
        for line in store.lines::<Line>(run)? {
            match line {
                Line::Done(done) => {
                    kept.beat = kept.beat.max(done.beat);
                    kept.done.push(*done);
                }
                Line::Reached { beat, warp, paused } => {
                    (kept.beat, kept.warp, kept.paused) = (kept.beat.max(beat), Some(warp), paused);
                }
                Line::Rewound { beat, .. } => {
                    kept.done.retain(|done| done.beat < beat);
                    kept.beat = beat;
                }
            }
        }
        Ok(kept)
    }
}

impl Keeper {
    pub(super) fn new(id: &str, label: &str, store: Store, screens: Arc<Screens>) -> Self {
        let (id, label) = (id.to_owned(), label.to_owned());
        Self { id, label, store, screens, going: None, warp: 1, paused: false, ticks: 0, frames: 0, shown: None }
    }

    /// Lets a run of the store go on where it was, by doing again what was done.
    pub(super) fn resume(&mut self, run: &str) {
        match self.read_back(run) {
            Ok(()) => {}
            Err(refused) => tracing::error!(machine = self.id, run, "the run cannot be resumed: {}", refused.message),
        }
        self.publish(true);
    }

    fn read_back(&mut self, run: &str) -> Result<(), Refused> {
        let start: Start = self
            .store
            .read(&format!("runs/{run}/start.json"))?
            .ok_or_else(|| Refused::unknown(format!("run {run} has no start.json")))?;
        let kept = Kept::read(&self.store, run)?;
        (self.warp, self.paused) = (kept.warp.unwrap_or(start.warp), kept.paused);
        let mut course = Course::new(start, kept.done)?;
        course.run_to_beat(kept.beat);
        let at_s = course.time_s();
        course.tell(at_s, "run", "resumed", "the server was started again: the run goes on".into(), Value::Null);
        let journal = self.store.journal(run)?;
        self.going = Some(Going::new(run.to_owned(), course, journal));
        Ok(())
    }

    /// Until nobody can give orders any more.
    pub(super) fn keep(&mut self, letters: &Receiver<Letter>) {
        self.publish(true);
        let mut next = clock::now() + TICK;
        loop {
            let moves = !self.paused && self.going.as_ref().is_some_and(|going| going.course.run.is_running());
            let wait = if moves { next.saturating_duration_since(clock::now()) } else { IDLE };
            match letters.recv_timeout(wait) {
                Ok(letter) => {
                    let answer = self.carry_out(letter.who, letter.why, letter.order);
                    // Whoever gave the order may be gone.
                    let _ = letter.answer.send(answer);
                    self.publish(true);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let began = clock::now();
                    if moves {
                        self.pass_time(began);
                    }
                    self.ticks += 1;
                    self.publish(!moves);
                    next = (next + TICK).max(clock::now());
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn pass_time(&mut self, began: Instant) {
        let Some(going) = &mut self.going else { return };
        for _ in 0..BEATS_PER_TICK * u64::from(self.warp) {
            going.course.beat();
            if clock::now() - began > BUSY {
                break;
            }
        }
        if clock::now() - going.written > REACHED_EVERY {
            going.written = clock::now();
            let reached = Line::Reached { beat: going.course.run.beats(), warp: self.warp, paused: self.paused };
            if let Err(error) = going.journal.append(&reached) {
                tracing::error!(machine = self.id, "{error}");
            }
        }
    }

    /// Sends out what has changed.
    fn publish(&mut self, now: bool) {
        let monitor = self.screens.monitor.borrow().clone();
        let Some(going) = &mut self.going else {
            let nothing = Value::Null;
            let around = Around {
                id: &self.id,
                label: &self.label,
                run: None,
                warp: self.warp,
                paused: self.paused,
                snapshots: &[],
                outlook: &nothing,
                monitor: None,
            };
            let live = live::idle(&around);
            self.screens.alarms.send_replace(live["alarms"].to_string().into());
            self.screens.live.send_replace(live.to_string().into());
            return;
        };
        going.send_log(&self.screens);
        self.frames = self.frames.wrapping_add(1);
        self.screens.frame.send_replace(Bytes::from(live::frame(&going.course, self.frames)));
        let controller = going.course.run.controller();
        let shown = (json!([controller.phase().name(), controller.request()]), going.course.run.is_running());
        let changed = self.shown.as_ref() != Some(&shown);
        if !(now || changed || self.ticks.is_multiple_of(LIVE_TICKS)) {
            return;
        }
        self.shown = Some(shown);
        if now || self.ticks.is_multiple_of(OUTLOOK_TICKS) {
            going.outlook = live::outlook(&going.course);
        }
        let around = Around {
            id: &self.id,
            label: &self.label,
            run: Some(&going.id),
            warp: self.warp,
            paused: self.paused,
            snapshots: &going.snapshots,
            outlook: &going.outlook,
            monitor: monitor.as_ref(),
        };
        let live = live::live(&mut going.course, &around);
        let alarms: Arc<str> = live["alarms"].to_string().into();
        self.screens.alarms.send_if_modified(|before| {
            let is_new = *before != alarms;
            *before = alarms;
            is_new
        });
        self.screens.live.send_replace(live.to_string().into());
    }

    fn carry_out(&mut self, who: Who, why: String, order: Order) -> Result<Value, Refused> {
        let act = match order {
            Order::Begin(start) => return self.begin(*start),
            Order::Pace { warp, paused } => return self.pace(warp, paused),
            Order::Snapshot(name) => return self.snapshot(name),
            Order::Rewind(back) => return self.rewind(who, back),
            Order::Ahead(seconds) => {
                let course = &mut self.going()?.course;
                course.run_to_beat(course.run.beats() + u64::from(seconds) * BEATS_PER_SECOND);
                return Ok(json!({}));
            }
            Order::AlarmLog => return Ok(self.going()?.course_log()),
            Order::Story => return Ok(json!(Story::of(&self.going()?.course))),
            Order::Confirm { request, with } => Act::Deed(self.confirmed(&request, &with)?),
            Order::Deed(deed) => {
                self.refuse_simulated()?;
                Act::Deed(deed)
            }
            Order::Inject { fault, magnitude, lasts_s } => Act::Inject { fault, magnitude, lasts_s },
            Order::Scenario { title, text } => Act::Begin { title, text },
            Order::Alarms(silence) => Act::Alarms(silence),
        };
        let going = self.going()?;
        if !going.course.run.is_running() {
            return Err(Refused::not_now("the procedure is over"));
        }
        let done = Done { beat: going.course.run.beats(), utc: clock::utc(), who, why, act };
        going.journal.append(&Line::Done(Box::new(done.clone())))?;
        going.course.add(done);
        Ok(json!({ "at_s": going.course.time_s() }))
    }

    fn going(&mut self) -> Result<&mut Going, Refused> {
        let label = &self.label;
        self.going.as_mut().ok_or_else(|| Refused::not_now(format!("{label} has no procedure: start one first")))
    }

    fn refuse_simulated(&mut self) -> Result<(), Refused> {
        if self.going()?.course.start.by_person {
            Ok(())
        } else {
            Err(Refused::not_now(
                "the simulated operator does the steps of this procedure: start one with a human operator",
            ))
        }
    }

    fn confirmed(&mut self, name: &str, with: &serde_json::Map<String, Value>) -> Result<Deed, Refused> {
        self.refuse_simulated()?;
        let course = &self.going()?.course;
        let asked = course.run.controller().request();
        let Some(asked) = asked.filter(|asked| json!(asked) == json!(name)) else {
            let now = asked.map_or("nothing".to_owned(), |asked| format!("\"{}\"", request::title(asked)));
            return Err(Refused::not_now(format!("{name} is not what the machine waits for: it waits for {now}")));
        };
        let action = request::answered(asked, course.run.proposal(asked), with)?;
        Ok(Deed::Confirm { request: asked, action })
    }

    fn begin(&mut self, start: Start) -> Result<Value, Refused> {
        if self.going.as_ref().is_some_and(|going| going.course.run.is_running()) {
            return Err(Refused::not_now(format!("{} has a procedure that is not over: end it first", self.label)));
        }
        let warp = start.warp;
        let course = Course::new(start, Vec::new())?;
        let stamp: String = course.start.opened_utc.chars().filter(char::is_ascii_alphanumeric).collect();
        let id = format!("{stamp}-{}", self.id);
        self.store.write(&format!("runs/{id}/start.json"), &course.start)?;
        let mut journal = self.store.journal(&id)?;
        journal.append(&Line::Reached { beat: 0, warp, paused: false })?;
        (self.warp, self.paused) = (warp, false);
        self.going = Some(Going::new(id.clone(), course, journal));
        self.screens.log().rows.clear();
        self.screens.log().told.clear();
        Ok(json!({ "id": id, "record": id }))
    }

    fn pace(&mut self, warp: Option<u32>, paused: Option<bool>) -> Result<Value, Refused> {
        (self.warp, self.paused) = (warp.unwrap_or(self.warp), paused.unwrap_or(self.paused));
        let (warp, paused) = (self.warp, self.paused);
        let going = self.going()?;
        going.journal.append(&Line::Reached { beat: going.course.run.beats(), warp, paused })?;
        Ok(json!({ "warp": warp, "paused": paused }))
    }

    fn snapshot(&mut self, name: String) -> Result<Value, Refused> {
        let going = self.going()?;
        let beat = going.course.run.beats();
        going.snapshots.retain(|(known, _)| *known != name);
        going.snapshots.push((name.clone(), beat));
        Ok(json!({ "name": name, "at_s": going.course.time_s() }))
    }

    fn rewind(&mut self, who: Who, back: Back) -> Result<Value, Refused> {
        let going = self.going()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within a day")]
        let beat = match back {
            Back::To(seconds) if (0.0..=86_400.0).contains(&seconds) => seconds as u64 * BEATS_PER_SECOND,
            Back::To(seconds) => return Err(Refused::wrong(format!("to_s: is {seconds}: give 0 to 86400"))),
            Back::Snapshot(name) => match going.snapshots.iter().find(|(known, _)| *known == name) {
                Some((_, beat)) => *beat,
                None => return Err(Refused::unknown(format!("there is no snapshot {name}"))),
            },
        };
        if beat > going.course.run.beats() {
            return Err(Refused::wrong("time goes back only: give a moment that has been"));
        }
        let done = going.course.done.iter().filter(|done| done.beat < beat).cloned().collect();
        let mut course = Course::of(going.course.start.clone(), going.course.inputs.clone(), done)?;
        course.run_to_beat(beat);
        course.next_seq = going.course.next_seq;
        going.journal.append(&Line::Rewound { beat, who: who.clone(), utc: clock::utc() })?;
        let at_s = course.time_s();
        course.tell(at_s, "instructor", "rewound", format!("{} lets time go back to here", who.name), Value::Null);
        going.snapshots.retain(|(_, known)| *known <= beat);
        going.course = course;
        (going.sent_rows, going.sent_told) = (0, 0);
        self.screens.log().rows.clear();
        self.screens.log().told.clear();
        Ok(json!({ "at_s": at_s }))
    }
}

impl Going {
    fn new(id: String, course: Course, journal: Journal) -> Self {
        Self {
            id,
            course,
            journal,
            outlook: Value::Null,
            snapshots: Vec::new(),
            written: clock::now(),
            sent_rows: 0,
            sent_told: 0,
        }
    }

    /// Appends to the lists that screens read.
    fn send_log(&mut self, screens: &Screens) {
        let mut log = screens.log();
        if let Some(rows) = self.course.rows.get(self.sent_rows..) {
            log.rows.extend_from_slice(rows);
            self.sent_rows = self.course.rows.len();
        }
        if let Some(told) = self.course.told.get(self.sent_told..).filter(|told| !told.is_empty()) {
            log.told.extend_from_slice(told);
            self.sent_told = self.course.told.len();
            screens.seq.send_replace(self.course.next_seq);
        }
    }

    fn course_log(&self) -> Value {
        json!(live::alarm_rows(&self.course))
    }
}
