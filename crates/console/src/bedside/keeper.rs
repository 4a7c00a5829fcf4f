//! The thread of a machine: lets time pass, carries out orders, records, and publishes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use leuka_procedure::Deed;
use leuka_record::import::hl7_vitals::word;
use leuka_record::{Machine, State};
use serde_json::{Value, json};

use super::course::{Act, BEATS_PER_SECOND, Course, Done, Start, Story, Who};
use super::live::{self, Around};
use super::recording::{Archive, Recording, read_back};
use super::{Answer, Back, Letter, Order, Screens, request};
use crate::clock;
use crate::error::Refused;

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
/// The forecast of calcium is made so often.
const CALCIUM_EVERY: Duration = Duration::from_secs(30);
/// A machine that stands still looks so often.
const IDLE: Duration = Duration::from_millis(500);
struct Going {
    id: String,
    course: Course,
    /// None of a run that was over when the server was started.
    recording: Option<Recording>,
    outlook: Value,
    calcium: Calcium,
    snapshots: Vec<(String, u64)>,
    sent_rows: usize,
    sent_told: usize,
}

/// The forecast of ionised calcium: it costs more than all the rest, so it is made seldom.
#[derive(Default)]
struct Calcium {
    mmol_l: Option<f64>,
    made: Option<Instant>,
}

impl Calcium {
    fn look(&mut self, course: &Course) {
        let now = clock::now();
        if self.made.is_none_or(|made| now - made > CALCIUM_EVERY) {
            self.made = Some(now);
            // A pause does not end what was forecast; the end of the collection does.
            let stands = self.mmol_l.filter(|_| course.run.controller().phase().is_connected());
            self.mmol_l = live::calcium_forecast(course).or(stands);
        }
    }
}

/// What the thread holds.
pub(super) struct Keeper {
    id: String,
    label: String,
    archive: Archive,
    screens: Arc<Screens>,
    going: Option<Going>,
    warp: u32,
    paused: bool,
    ticks: u64,
    frames: u32,
    shown: Option<(Value, bool)>,
}

impl Keeper {
    pub(super) fn new(id: &str, label: &str, archive: Archive, screens: Arc<Screens>) -> Self {
        let (id, label) = (id.to_owned(), label.to_owned());
        Self { id, label, archive, screens, going: None, warp: 1, paused: false, ticks: 0, frames: 0, shown: None }
    }

    /// Lets a run go on where its record ends, by doing again what was done.
    pub(super) fn resume(&mut self, record: &str) {
        self.publish_idle(Some("takes its run up again"));
        match read_back(&self.archive, record) {
            Ok((mut course, kept, recording)) => {
                (self.warp, self.paused) = (kept.warp, kept.paused);
                if recording.is_some() {
                    let text = "the server was started again: the run goes on".to_owned();
                    course.tell(course.time_s(), "run".into(), "resumed".into(), text, Value::Null);
                }
                self.going = Some(Going::new(record.to_owned(), course, recording));
            }
            Err(refused) => {
                tracing::error!(machine = self.id, record, "the run cannot be resumed: {}", refused.message);
                let is_open = self.archive.wait(self.archive.store.outline(record)).map(|record| record.state);
                if matches!(is_open, Ok(State::Open))
                    && let Err(refused) = self.archive.wait(self.archive.store.interrupt(record, self.archive.now()))
                {
                    tracing::error!(record, "{}", refused.message);
                }
            }
        }
        self.publish(true);
    }

    /// Until nobody can give orders any more.
    pub(super) fn keep(&mut self, letters: &Receiver<Letter>) {
        self.publish(true);
        let mut next = clock::now() + TICK;
        loop {
            let moves = !self.paused && self.going.as_ref().is_some_and(Going::moves);
            let wait = if moves { next.saturating_duration_since(clock::now()) } else { IDLE };
            match letters.recv_timeout(wait) {
                Ok(letter) => {
                    if matches!(letter.order, Order::End) {
                        let settled = self.going.as_ref().and_then(|going| Some(going.recording.as_ref()?.settled()));
                        let _ = letter.answer.send(Ok(Answer { value: Value::Null, written: settled }));
                        return;
                    }
                    let answer = self.carry_out(letter.who, letter.why, letter.order);
                    self.record();
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
        self.record();
    }

    fn record(&mut self) {
        if let Some(Going { course, recording: Some(recording), .. }) = &mut self.going {
            recording.follow(course);
        }
    }

    /// A machine without a procedure, or one that takes its procedure up again.
    fn publish_idle(&self, doing: Option<&str>) {
        let nothing = Value::Null;
        let around = Around {
            id: &self.id,
            label: &self.label,
            run: None,
            warp: self.warp,
            paused: self.paused,
            snapshots: &[],
            outlook: &nothing,
            calcium_mmol_l: None,
            trouble: Value::Null,
        };
        let mut live = live::idle(&around);
        if let Some(doing) = doing {
            (live["phase"], live["phase_title"]) = (json!("resuming"), json!(doing));
        }
        self.screens.alarms.send_replace(live["alarms"].to_string().into());
        self.screens.live.send_replace(live.to_string().into());
    }

    /// Sends out what has changed.
    fn publish(&mut self, now: bool) {
        let Some(going) = &mut self.going else { return self.publish_idle(None) };
        going.send_log(&self.screens);
        self.frames = self.frames.wrapping_add(1);
        self.screens.frame.send_replace(Bytes::from(live::frame(&going.course, self.frames, going.calcium.mmol_l)));
        let controller = going.course.run.controller();
        let shown = (json!([controller.phase().name(), controller.request()]), going.course.run.is_running());
        let changed = self.shown.as_ref() != Some(&shown);
        if !(now || changed || self.ticks.is_multiple_of(LIVE_TICKS)) {
            return;
        }
        self.shown = Some(shown);
        if now || self.ticks.is_multiple_of(OUTLOOK_TICKS) {
            going.outlook = live::outlook(&going.course);
            going.calcium.look(&going.course);
        }
        let around = Around {
            id: &self.id,
            label: &self.label,
            run: Some(&going.id),
            warp: self.warp,
            paused: self.paused,
            snapshots: &going.snapshots,
            outlook: &going.outlook,
            calcium_mmol_l: going.calcium.mmol_l,
            trouble: going.recording.as_ref().map_or(Value::Null, Recording::trouble),
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

    fn carry_out(&mut self, who: Who, why: String, order: Order) -> Result<Answer, Refused> {
        let act = match order {
            Order::Begin(start) => return self.begin(&who, *start),
            Order::Pace { warp, paused } => return self.pace(&who, warp, paused),
            Order::Snapshot(name) => return self.snapshot(name).map(Answer::from),
            Order::Rewind(back) => return self.rewind(&who, back),
            Order::End => return Ok(Value::Null.into()),
            Order::Ahead(seconds) => {
                let Going { course, recording, .. } = self.going()?;
                course.run_to_beat(course.run.beats() + u64::from(seconds) * BEATS_PER_SECOND);
                let written = recording.as_mut().map(|recording| {
                    recording.follow(course);
                    recording.settled()
                });
                return Ok(Answer { value: json!({}), written });
            }
            Order::AlarmLog => return Ok(self.going()?.course_log().into()),
            Order::Story => return Ok(json!(Story::of(&self.going()?.course)).into()),
            Order::Confirm { request, with } => Act::Deed(self.confirmed(&request, &with)?),
            Order::Deed(deed) => {
                self.refuse_simulated()?;
                Act::Deed(deed)
            }
            Order::Inject { fault, magnitude, lasts_s } => Act::Inject { fault, magnitude, lasts_s },
            Order::Scenario { title, text } => Act::Begin { title, text },
            Order::Alarms(silence) => Act::Alarms(silence),
            Order::Hear(signs) => {
                let now_us = self.going()?.course.run.beats() * (1_000_000 / BEATS_PER_SECOND);
                Act::Hear(word(signs, chrono::Utc::now(), now_us))
            }
        };
        let at = self.archive.now();
        let going = self.going()?;
        if !going.course.run.is_running() {
            return Err(Refused::not_now("the procedure is over"));
        }
        let done = Done { beat: going.course.run.beats(), at, who, why, act };
        let written = going.recording.as_ref().map(|recording| recording.did(&done));
        going.course.add(done);
        Ok(Answer { value: json!({ "at_s": going.course.time_s() }), written })
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

    fn begin(&mut self, who: &Who, start: Start) -> Result<Answer, Refused> {
        if self.going.as_ref().is_some_and(|going| going.course.run.is_running()) {
            return Err(Refused::not_now(format!("{} has a procedure that is not over: end it first", self.label)));
        }
        let warp = start.warp;
        let course = Course::new(start, Vec::new())?;
        let recording = self.open(&course, who)?;
        let (id, written) = (recording.id.clone(), recording.settled());
        (self.warp, self.paused) = (warp, false);
        self.going = Some(Going::new(id.clone(), course, Some(recording)));
        self.screens.log().rows.clear();
        self.screens.log().told.clear();
        Ok(Answer { value: json!({ "id": id, "record": id }), written: Some(written) })
    }

    /// Opens a record, which is the machine's last one from now on.
    fn open(&self, course: &Course, who: &Who) -> Result<Recording, Refused> {
        let recording = Recording::open(&self.archive, &self.label, course, who)?;
        let record = recording.id.clone();
        let machine = Machine { id: self.id.clone(), label: self.label.clone(), record };
        self.archive.wait(self.archive.store.keep_bedside(&machine))?;
        Ok(recording)
    }

    fn pace(&mut self, who: &Who, warp: Option<u32>, paused: Option<bool>) -> Result<Answer, Refused> {
        self.going()?;
        (self.warp, self.paused) = (warp.unwrap_or(self.warp), paused.unwrap_or(self.paused));
        let (warp, paused) = (self.warp, self.paused);
        let recording = self.going()?.recording.as_ref();
        let written = recording.map(|recording| recording.paced(who, warp, paused));
        Ok(Answer { value: json!({ "warp": warp, "paused": paused }), written })
    }

    fn snapshot(&mut self, name: String) -> Result<Value, Refused> {
        let going = self.going()?;
        let beat = going.course.run.beats();
        going.snapshots.retain(|(known, _)| *known != name);
        going.snapshots.push((name.clone(), beat));
        Ok(json!({ "name": name, "at_s": going.course.time_s() }))
    }

    /// Time goes back in a new record: what was stays in the old one.
    fn rewind(&mut self, who: &Who, back: Back) -> Result<Answer, Refused> {
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
        let at_s = course.time_s();
        let text = format!("{} lets time go back to here", who.name);
        course.tell(at_s, "instructor".into(), "rewound".into(), text, Value::Null);
        let recording = self.open(&course, who)?;
        let (id, written) = (recording.id.clone(), recording.settled());
        let going = self.going()?;
        if let Some(old) = going.recording.replace(recording) {
            old.left(who, at_s, &id);
        }
        going.snapshots.retain(|(_, known)| *known <= beat);
        (going.id, going.course) = (id, course);
        (going.sent_rows, going.sent_told) = (0, 0);
        self.screens.log().rows.clear();
        self.screens.log().told.clear();
        Ok(Answer { value: json!({ "at_s": at_s }), written: Some(written) })
    }
}

impl Going {
    fn new(id: String, course: Course, recording: Option<Recording>) -> Self {
        let (outlook, snapshots) = (Value::Null, Vec::new());
        let calcium = Calcium::default();
        Self { id, course, recording, outlook, calcium, snapshots, sent_rows: 0, sent_told: 0 }
    }

    /// Time goes on: the run is not over, and what it brings can be written or wait.
    fn moves(&self) -> bool {
        self.course.run.is_running() && !self.recording.as_ref().is_some_and(Recording::is_full)
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
