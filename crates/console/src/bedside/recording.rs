//! A run streams into its record while it goes on, and is read back from it after a restart.
//!
//! ```text
//! machine's thread --drafts--> scribe (a task) --Writer--> database
//!                  <--written--  an order is answered when what it did is on the disk
//! ```
//!
//! A second is written with all of its events or not at all. A slow or lost database holds up no machine: the run goes
//! on, entries wait, screens say so, and what is done meanwhile is answered as not recorded yet. When no more can wait,
//! time stands.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leuka_record::entry::Draft;
use leuka_record::{Act as Entry, Actor, Clock, Error, Key, MOST_WAITING, Moment, ProcedureRecord, RecordedEvent};
use leuka_record::{State, Store, Writer};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::course::{Act, Course, Done, Start, Told, Who};
use crate::error::Refused;

/// Entries that nobody waits for go to the disk so often.
const GATHER: Duration = Duration::from_secs(1);
/// After a refusal the database is asked again so much later.
const AGAIN: Duration = Duration::from_secs(2);
/// A database that says nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// Entries in one transaction at most.
const MOST_AT_ONCE: usize = 5000;
/// Room that is left for what people do while the database is gone.
const RESERVE: usize = 1000;

/// About what the acts of a run are.
const RUN: &str = "run";

/// Where runs are recorded, and by whose clock and key.
#[derive(Clone)]
pub(crate) struct Archive {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) key: Key,
    runtime: Handle,
}

impl Archive {
    /// Of a store, for use within a runtime.
    pub(crate) fn new(store: Store, key: Key) -> Self {
        Self { store, clock: Clock::start(), key, runtime: Handle::current() }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// For a machine's thread: waits for the database, not for ever.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Refused> {
        let done = self.runtime.block_on(async { timeout(PATIENCE, work).await });
        done.map_err(|_| Refused::gone("the record's database does not answer: try again once it is back"))?
            .map_err(Refused::from)
    }

    /// Signs where a record ends now; returns the words to keep.
    pub(crate) async fn checkpoint(&self, record: &str) -> Result<String, Error> {
        let checkpoint = self.store.checkpoint(record, &self.key, self.now()).await?;
        Ok(format!("{}:{}", checkpoint.seq, checkpoint.hash))
    }
}

/// What waits for the database, for screens.
#[derive(Debug, Default)]
struct Waiting {
    count: AtomicUsize,
    trouble: Mutex<Option<String>>,
}

/// Entries that belong together.
struct Batch {
    drafts: Vec<Draft>,
    /// A checkpoint is signed behind them.
    signs: bool,
    /// Who waits until they are written.
    written: Option<oneshot::Sender<()>>,
}

/// The record of a run that goes on.
pub(crate) struct Recording {
    pub(crate) id: String,
    archive: Archive,
    batches: mpsc::UnboundedSender<Batch>,
    waiting: Arc<Waiting>,
    rows: usize,
    told: usize,
    is_ended: bool,
}

impl Recording {
    /// Opens the record of a run that begins, or that begins anew where another one was.
    pub(crate) fn open(archive: &Archive, label: &str, course: &Course, who: &Who) -> Result<Self, Refused> {
        let (now, start) = (archive.now(), &course.start);
        let stamp: String = now.utc().chars().filter(char::is_ascii_alphanumeric).collect();
        let id = format!("{stamp}-{}", start.machine);
        let more = [("bedside", start.machine.as_str()), ("bedside_label", label)];
        let by = who.actor();
        let writer = archive.wait(Writer::open_at(&archive.store, &id, &course.inputs, &more, by.clone(), now))?;
        let recording = Self::of(archive, id, writer);
        let text = format!("begins {} on {label}", course.inputs.protocol_title());
        let new = json!({ "text": text, "start": start });
        let mut drafts = vec![act(now, &by, "begin", new, "")];
        drafts.extend(course.done.iter().map(done));
        recording.send(drafts, false);
        Ok(recording)
    }

    fn of(archive: &Archive, id: String, writer: Writer) -> Self {
        let (batches, incoming) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting::default());
        let scribe = Scribe { archive: archive.clone(), id: id.clone(), writer, waiting: Arc::clone(&waiting) };
        archive.runtime.spawn(scribe.write(incoming));
        Self { id, archive: archive.clone(), batches, waiting, rows: 0, told: 0, is_ended: false }
    }

    fn send(&self, drafts: Vec<Draft>, signs: bool) {
        self.waiting.count.fetch_add(drafts.len(), Ordering::Relaxed);
        // The scribe ends after this end of the channel.
        let _ = self.batches.send(Batch { drafts, signs, written: None });
    }

    /// Sends entries and says when they are written.
    fn send_and_tell(&self, drafts: Vec<Draft>) -> oneshot::Receiver<()> {
        let (written, answer) = oneshot::channel();
        self.waiting.count.fetch_add(drafts.len(), Ordering::Relaxed);
        let _ = self.batches.send(Batch { drafts, signs: false, written: Some(written) });
        answer
    }

    /// Somebody did something.
    pub(crate) fn did(&self, did: &Done) -> oneshot::Receiver<()> {
        self.send_and_tell(vec![done(did)])
    }

    /// The pace of time.
    pub(crate) fn paced(&self, who: &Who, warp: u32, paused: bool) -> oneshot::Receiver<()> {
        let text = if paused { "lets time stand".to_owned() } else { format!("lets time go {warp} times as fast") };
        let new = json!({ "text": text, "warp": warp, "paused": paused });
        self.send_and_tell(vec![act(self.archive.now(), &who.actor(), "pace", new, "")])
    }

    /// The run went back in time: what was is kept, and goes on in another record.
    pub(crate) fn left(&self, who: &Who, at_s: f64, other: &str) {
        let now = self.archive.now();
        let new = json!({ "text": format!("lets time go back to {at_s:.0} s, in record {other}"), "record": other });
        self.send(vec![act(now, &who.actor(), "rewind", new, ""), Draft::interruption(now)], true);
    }

    /// Everything until now is written when this is answered.
    pub(crate) fn settled(&self) -> oneshot::Receiver<()> {
        self.send_and_tell(Vec::new())
    }

    /// Sends on what the course has brought since the last time.
    pub(crate) fn follow(&mut self, course: &Course) {
        let now = self.archive.now();
        let mut drafts = Vec::new();
        let mut signs = false;
        let rows = course.rows.get(self.rows..).unwrap_or_default();
        for row in rows {
            let events = course.told.get(self.told..).unwrap_or_default();
            let due = events.iter().take_while(|told| told.at_s <= row.time_s);
            for told in due {
                signs |= told.kind == "phase";
                drafts.push(event(told, now));
                self.told += 1;
            }
            drafts.push(Draft::sample(row));
        }
        self.rows = course.rows.len();
        if !course.run.is_running() && !self.is_ended {
            let events = course.told.get(self.told..).unwrap_or_default();
            drafts.extend(events.iter().map(|told| event(told, now)));
            self.told = course.told.len();
            drafts.push(Draft::outcome(&course.run.outcome(), course.run.alarm_log(), now));
            (self.is_ended, signs) = (true, true);
        }
        if !drafts.is_empty() {
            self.send(drafts, signs);
        }
    }

    /// No more entries can wait: time must stand.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.count.load(Ordering::Relaxed) + RESERVE >= MOST_WAITING
    }

    /// Why entries wait, where they do.
    pub(crate) fn trouble(&self) -> Value {
        let trouble = self.waiting.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble.as_ref() {
            None => Value::Null,
            Some(text) => json!({ "waiting": self.waiting.count.load(Ordering::Relaxed), "text": text }),
        }
    }
}

/// Writes what a machine's thread drafts.
struct Scribe {
    archive: Archive,
    id: String,
    writer: Writer,
    waiting: Arc<Waiting>,
}

impl Scribe {
    async fn write(mut self, mut incoming: mpsc::UnboundedReceiver<Batch>) {
        let mut batches = Vec::new();
        while incoming.recv_many(&mut batches, MOST_AT_ONCE).await > 0 {
            let until = Instant::now() + GATHER;
            while !batches.iter().any(|batch| batch.written.is_some()) {
                match timeout_at(until, incoming.recv()).await {
                    Ok(Some(batch)) => batches.push(batch),
                    Ok(None) | Err(_) => break,
                }
            }
            let signs = batches.iter().any(|batch| batch.signs);
            for batch in batches.drain(..) {
                for draft in batch.drafts {
                    if self.writer.take(draft).is_err() || self.writer.waiting() >= MOST_AT_ONCE {
                        self.flush().await;
                    }
                }
                if let Some(written) = batch.written {
                    self.flush().await;
                    // Whoever waited may be gone.
                    let _ = written.send(());
                }
            }
            self.flush().await;
            if signs && let Err(error) = self.archive.checkpoint(&self.id).await {
                tracing::warn!(record = self.id, "no checkpoint was signed: {error}");
            }
        }
    }

    /// Until everything is written, however long that takes.
    async fn flush(&mut self) {
        loop {
            let before = self.writer.waiting();
            let refusal = match self.writer.flush().await {
                Ok(_) => {
                    self.waiting.count.fetch_sub(before, Ordering::Relaxed);
                    if let Some(text) = self.say(None) {
                        tracing::info!(record = self.id, "everything is written again after: {text}");
                    }
                    return;
                }
                Err(error) => error.to_string(),
            };
            // Entries that were written before the answer was lost are found again and do not wait any longer.
            let found = before.saturating_sub(self.writer.waiting());
            self.waiting.count.fetch_sub(found, Ordering::Relaxed);
            if self.say(Some(refusal.clone())).is_none() {
                tracing::error!(record = self.id, "{refusal}. The run goes on, its entries wait");
            }
            sleep(AGAIN).await;
        }
    }

    fn say(&self, trouble: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.waiting.trouble.lock().unwrap_or_else(PoisonError::into_inner), trouble)
    }
}

fn act(at: Moment, by: &Actor, action: &str, new: Value, why: &str) -> Draft {
    Draft::act(&Entry {
        at,
        by: by.clone(),
        action: action.to_owned(),
        entity: RUN.to_owned(),
        old: Value::Null,
        new,
        reason: why.to_owned(),
    })
}

fn done(done: &Done) -> Draft {
    let new = json!({ "text": done.text(), "beat": done.beat, "name": done.who.name, "act": done.act });
    act(done.at, &done.actor(), "do", new, &done.why)
}

fn event(told: &Told, at: Moment) -> Draft {
    Draft::event(&RecordedEvent {
        at,
        at_s: told.at_s,
        source: told.source.to_string(),
        kind: told.kind.to_string(),
        text: told.text.clone(),
        data: told.data.clone(),
    })
}

/// A run as its record has it.
pub(crate) struct Kept {
    pub(crate) start: Start,
    pub(crate) done: Vec<Done>,
    pub(crate) warp: u32,
    pub(crate) paused: bool,
}

impl Kept {
    /// Reads back what was done.
    pub(crate) fn read(record: &ProcedureRecord) -> Result<Self, Refused> {
        let acts = || record.acts.iter().filter(|act| act.entity == RUN);
        let broken = |what: &str| Refused::failed(format!("record {}: {what}", record.id));
        let begin = acts().find(|act| act.action == "begin").ok_or_else(|| broken("says not how its run began"))?;
        let start: Start = serde_json::from_value(begin.new["start"].clone())
            .map_err(|error| broken(&format!("the beginning of the run does not read: {error}")))?;
        let pace = acts().rfind(|act| act.action == "pace").map(|act| &act.new);
        let paused = pace.and_then(|pace| pace["paused"].as_bool()).unwrap_or(false);
        let warp = pace.and_then(|pace| pace["warp"].as_u64()).and_then(|warp| u32::try_from(warp).ok());
        let done = acts().filter(|act| act.action == "do").map(|entry| {
            let act: Act =
                serde_json::from_value(entry.new["act"].clone()).map_err(|error| broken(&error.to_string()))?;
            let role = leuka_record::Role::of(&entry.by.role).unwrap_or(leuka_record::Role::ReadOnly);
            let name = entry.new["name"].as_str().unwrap_or(&entry.by.actor).to_owned();
            let who = Who { login: entry.by.actor.clone(), name, role };
            let beat = entry.new["beat"].as_u64().ok_or_else(|| broken("something was done at no beat"))?;
            Ok(Done { beat, at: entry.at, who, why: entry.reason.clone(), act })
        });
        Ok(Self { done: done.collect::<Result<_, Refused>>()?, warp: warp.unwrap_or(start.warp), paused, start })
    }
}

/// A run of a record, made again up to where the record ends, and its recording where it goes on.
pub(crate) fn read_back(archive: &Archive, id: &str) -> Result<(Course, Kept, Option<Recording>), Refused> {
    let record = archive.wait(archive.store.load(id))?;
    let mut kept = Kept::read(&record)?;
    let done = std::mem::take(&mut kept.done);
    let last = done.last().map_or(0, |done| done.beat);
    let mut course = Course::new(kept.start.clone(), done)?;
    while course.run.is_running() && course.rows.len() < record.samples.len() {
        course.beat();
    }
    course.run_to_beat(last);
    compare(&record, &course)?;
    take_events(&record, &mut course);
    if record.state != State::Open {
        return Ok((course, kept, None));
    }
    archive.wait(archive.store.interrupt(id, archive.now()))?;
    let by = Actor { actor: "console".to_owned(), role: String::new() };
    archive.wait(archive.store.resume(id, &by, "the server was started again", archive.now()))?;
    let writer = archive.wait(Writer::again(&archive.store, id))?;
    let mut recording = Recording::of(archive, id.to_owned(), writer);
    (recording.rows, recording.told) = (record.samples.len(), record.events.len());
    Ok((course, kept, Some(recording)))
}

/// The same start with the same acts is the same run; one that is not must not go on in this record.
fn compare(record: &ProcedureRecord, course: &Course) -> Result<(), Refused> {
    let same = |(one, other): (&f64, f64)| one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan());
    let differs = |(known, row): (&Vec<f64>, &leuka_procedure::Sample)| {
        (!known.iter().zip(row.values()).all(same)).then_some(row.time_s)
    };
    let is_short = course.rows.len() < record.samples.len();
    match record.samples.iter().zip(&course.rows).find_map(differs).or(is_short.then(|| course.time_s())) {
        None => Ok(()),
        Some(at_s) => Err(Refused::failed(format!(
            "record {}: at {at_s} s the run is not the one that is recorded: end the run with the version that began it, \
             or sign and close the record as it is",
            record.id
        ))),
    }
}

/// Events of the server itself are in no course: those that are recorded stand in its list again.
fn take_events(record: &ProcedureRecord, course: &mut Course) {
    let own = |event: &&RecordedEvent| ["resumed", "rewound"].contains(&event.kind.as_str());
    let made = record.events.len() - record.events.iter().filter(own).count();
    let rest = course.told.split_off(made.min(course.told.len()));
    course.told.clear();
    course.next_seq = 0;
    for event in &record.events {
        let (source, kind) = (event.source.clone().into(), event.kind.clone().into());
        course.tell(event.at_s, source, kind, event.text.clone(), event.data.clone());
    }
    for told in rest {
        course.tell(told.at_s, told.source.clone(), told.kind.clone(), told.text.clone(), told.data.clone());
    }
}

/// The machine on whose bedside a record's run is.
pub(crate) fn bedside_of(equipment: &BTreeMap<String, String>) -> Option<&str> {
    equipment.get("bedside").map(String::as_str)
}
