//! A run streams into its record, and one that was cut off goes on.
//!
//! A second is written with all of its events or not at all. Seconds with events go to the disk at once, others after a
//! second of the wall clock. While the database is gone the run goes on and the entries wait; when no more can wait, the
//! run waits.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use leuka_procedure::{Event, Inputs, LoggedAlarm, Outcome, Run, Sample, recorded};
use leuka_record::{Actor, Clock, Error, MOST_WAITING, Moment, ProcedureRecord, State, Writer};

use super::{ENTERING, Listening, Office};
use crate::Failure;
use crate::beside::{Beside, heard};
use crate::run::{Kept, carry_out, watch_for_interrupt};

/// Longest time that entries without events wait for the disk.
const FLUSH_US: i64 = 1_000_000;
/// After a refusal the database is asked again so much later.
const AGAIN_US: i64 = 5_000_000;
/// So often, a second each, a full buffer or the end of a run waits for the database.
const PATIENCE: u32 = 120;
/// So many seconds of the run may wait for the scribe: what it takes to refuse once, in real pace.
const MOST_PAGES: usize = 64;

/// A run's record, while it runs. What is written is written by a thread of its own, so that a database that is slow or
/// gone holds no beat up.
#[derive(Debug)]
pub(crate) struct Recording {
    id: String,
    clock: Clock,
    /// Samples that are recorded already, of a run that goes on.
    known: VecDeque<Vec<f64>>,
    /// None once the run is over.
    desk: Option<Desk>,
}

/// The scribe at work, and the way to it.
#[derive(Debug)]
struct Desk {
    pages: SyncSender<Page>,
    scribe: JoinHandle<Result<String, Failure>>,
}

/// What the scribe is given.
enum Page {
    /// A second of the run.
    Second(Moment, Box<Sample>, Vec<Event>),
    /// Its end.
    End(Moment, Box<Outcome>, VecDeque<LoggedAlarm>),
}

impl Recording {
    /// Opens a record for a run.
    pub(crate) fn open(url: &str, inputs: &Inputs) -> Result<Self, Failure> {
        let office = Office::open(url)?;
        let now = office.clock.now();
        let stem: String = now.utc().chars().take(19).filter(|c| *c != '-' && *c != ':').collect();
        let by = Actor { actor: "command line".to_owned(), role: String::new() };
        for number in 1.. {
            let id = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
            match office.runtime.block_on(Writer::open(&office.store, &id, inputs, by.clone(), now)) {
                Ok(writer) => {
                    eprintln!("recorded as {id} in {}", office.url);
                    return Self::of(office, id, writer, VecDeque::new());
                }
                Err(Error::Exists(_)) if number < 1000 => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Work(format!("every name like {stem} is used")))
    }

    fn of(office: Office, id: String, writer: Writer, known: VecDeque<Vec<f64>>) -> Result<Self, Failure> {
        let clock = office.clock;
        let (pages, given) = sync_channel(MOST_PAGES);
        let scribe = Scribe { office, id: id.clone(), writer, next_flush_us: 0, is_gone: false };
        let scribe = std::thread::Builder::new().name("scribe".to_owned()).spawn(move || scribe.write(&given));
        let scribe = scribe.map_err(|error| Failure::Work(format!("the record cannot begin to work: {error}")))?;
        Ok(Self { id, clock, known, desk: Some(Desk { pages, scribe }) })
    }

    /// Takes a second of the run.
    pub(crate) fn second(&mut self, sample: &Sample, events: &[Event]) -> Result<(), Failure> {
        if let Some(known) = self.known.pop_front() {
            return self.compare(&known, sample);
        }
        self.give(Page::Second(self.clock.now(), Box::new(*sample), events.to_vec()))
    }

    /// The same inputs give the same run; a run that does not is another one, and must not go on in this record.
    fn compare(&self, known: &[f64], sample: &Sample) -> Result<(), Failure> {
        let same = |(one, other): (&f64, f64)| one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan());
        if known.iter().zip(sample.values()).all(same) {
            return Ok(());
        }
        Err(Failure::Work(format!(
            "record {}: at {} s the run is not the one that is recorded; resume it with the version that began it",
            self.id, sample.time_s
        )))
    }

    fn give(&self, page: Page) -> Result<(), Failure> {
        let is_given = self.desk.as_ref().is_some_and(|desk| desk.pages.send(page).is_ok());
        if is_given { Ok(()) } else { Err(self.given_up()) }
    }

    /// The scribe has given up, and has said why.
    fn given_up(&self) -> Failure {
        Failure::Work(format!(
            "record {}: the database did not come back, so the run ends here. The run folder has what is not written; \
             `leuka record resume {}` goes on from there",
            self.id, self.id
        ))
    }

    /// Takes the end of the run; returns what to tell and keep.
    pub(crate) fn finish(mut self, outcome: &Outcome, alarms: &VecDeque<LoggedAlarm>) -> Result<String, Failure> {
        self.give(Page::End(self.clock.now(), Box::new(outcome.clone()), alarms.clone()))?;
        self.rest().unwrap_or_else(|| Err(self.given_up()))
    }

    /// Waits until the scribe has written what it was given.
    fn rest(&mut self) -> Option<Result<String, Failure>> {
        let Desk { pages, scribe } = self.desk.take()?;
        drop(pages);
        scribe.join().ok()
    }
}

impl Drop for Recording {
    /// A run that fails leaves in its record what it did.
    fn drop(&mut self) {
        if let Some(Err(failure)) = self.rest() {
            eprintln!("{failure}");
        }
    }
}

/// Writes what it is given, in order.
struct Scribe {
    office: Office,
    id: String,
    writer: Writer,
    next_flush_us: i64,
    is_gone: bool,
}

impl Scribe {
    /// Writes until the run's end; returns what to tell and keep.
    fn write(mut self, pages: &Receiver<Page>) -> Result<String, Failure> {
        for page in pages {
            match page {
                Page::Second(at, sample, events) => {
                    self.second(at, &sample, &events).inspect_err(|failure| eprintln!("{failure}"))?;
                }
                Page::End(at, outcome, alarms) => return self.end(at, &outcome, &alarms),
            }
        }
        // The run failed, and says why itself; what it did is kept.
        self.wait_until_written().map(|()| String::new())
    }

    fn second(&mut self, at: Moment, sample: &Sample, events: &[Event]) -> Result<(), Failure> {
        if self.writer.waiting() + events.len() >= MOST_WAITING {
            eprintln!("record: {} entries wait for the database and no more can: the run waits", self.writer.waiting());
            self.wait_until_written()?;
        }
        for event in events {
            self.writer.event(event, at)?;
        }
        self.writer.sample(sample)?;
        let is_due = self.office.clock.now().monotonic_us >= self.next_flush_us;
        if is_due || (!events.is_empty() && !self.is_gone) {
            self.flush();
        }
        if !self.is_gone
            && events.iter().any(|event| event.kind == "phase")
            && let Err(failure) = self.office.checkpoint(&self.id)
        {
            eprintln!("record: no checkpoint was signed: {failure}");
        }
        Ok(())
    }

    /// Lets the database have what waits; says when it is gone and when it is back.
    fn flush(&mut self) {
        let done = self.office.runtime.block_on(self.writer.flush()).map(|head| head.seq);
        let now_us = self.office.clock.now().monotonic_us;
        match done {
            Ok(seq) => {
                if self.is_gone {
                    eprintln!("record: the database is back, everything up to entry {seq} is written");
                }
                self.is_gone = false;
                self.next_flush_us = now_us + FLUSH_US;
            }
            Err(error) => {
                if !self.is_gone {
                    let waiting = self.writer.waiting();
                    eprintln!("record: {error}. The run goes on; {waiting} entries wait, {MOST_WAITING} can");
                }
                self.is_gone = true;
                self.next_flush_us = now_us + AGAIN_US;
            }
        }
    }

    fn wait_until_written(&mut self) -> Result<(), Failure> {
        for _ in 0..PATIENCE {
            self.flush();
            if !self.is_gone {
                return Ok(());
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        Err(Failure::Work(format!(
            "record {}: the database did not come back; entry {} is the last one that is written",
            self.id,
            self.writer.acknowledged().seq
        )))
    }

    fn end(&mut self, at: Moment, outcome: &Outcome, alarms: &VecDeque<LoggedAlarm>) -> Result<String, Failure> {
        self.writer.outcome(outcome, alarms, at)?;
        self.wait_until_written()?;
        let kept = self.office.checkpoint(&self.id)?;
        Ok(format!(
            "Record     {} in {}\nCheckpoint {kept}\n           (keep it elsewhere: leuka record verify {} --expect {kept})",
            self.id, self.office.url, self.id
        ))
    }
}

/// Goes on with a run that was cut off.
///
/// The run is made again from its recorded inputs; what is recorded already is compared and left out.
#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The record.
    id: String,
    /// Who resumes it.
    #[arg(long)]
    login: String,
    /// Why it was cut off.
    #[arg(long, default_value = "the program was cut off")]
    reason: String,
    /// Where the patient monitor sends to, of a run that listened to one: what was heard is in the record, and from there
    /// on the run goes on by the clock.
    #[arg(long, value_name = "ADDR")]
    vitals_from: Option<String>,
}

pub(super) fn resume(office: Office, arguments: &Resume) -> Result<ExitCode, Failure> {
    let Resume { id, login, reason, vitals_from } = arguments;
    let user = office.person(login, id, &ENTERING)?;
    let record = office.block(office.store.load(id))?;
    let (sources, inputs) = recorded(&format!("record {id}"), &record.opened.inputs, Vec::new())?;
    let words = heard(record.events.iter().map(|event| (event.at_s, event.source.as_str(), &event.data)));
    let listening = vitals_from.as_deref().map(|address| Listening::open(address, &inputs)).transpose()?;
    let beside = match listening {
        None if words.is_empty() => Beside::default(),
        None => {
            let why = "its run listened to a patient monitor: say with --vitals-from ADDR where it sends to";
            return Err(Failure::Input(format!("record {id}: {why}")));
        }
        Some(listening) => Beside::again(words, record.samples.len() as u64, listening),
    };
    if record.state == State::Open {
        office.block(office.store.interrupt(id, office.clock.now()))?;
    }
    office.block(office.store.resume(id, &user.actor(), reason, office.clock.now()))?;
    let writer = office.block(Writer::again(&office.store, id))?;
    eprintln!("record {id} goes on after {} s", record.samples.len());
    let ProcedureRecord { samples, .. } = record;
    let recording = Recording::of(office, id.clone(), writer, samples.into())?;
    let interrupted = watch_for_interrupt()?;
    carry_out(Run::new(&inputs)?, &inputs, sources.seed, &Kept::default(), &interrupted, Some(recording), beside)
}
