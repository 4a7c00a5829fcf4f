//! A run streams into its record, and one that was cut off goes on.
//!
//! A second is written with all of its events or not at all. Seconds with events go to the disk at once, others after a
//! second of the wall clock. While the database is gone the run goes on and the entries wait; when no more can wait, the
//! run waits.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use leuka_procedure::{Event, Inputs, LoggedAlarm, Outcome, Run, Sample, recorded};
use leuka_record::{Actor, Error, MOST_WAITING, ProcedureRecord, State, Writer};

use super::{ENTERING, Office};
use crate::Failure;
use crate::run::{Kept, carry_out, watch_for_interrupt};

/// Longest time that entries without events wait for the disk.
const FLUSH_US: i64 = 1_000_000;
/// After a refusal the database is asked again so much later.
const AGAIN_US: i64 = 5_000_000;
/// So often, a second each, a full buffer or the end of a run waits for the database.
const PATIENCE: u32 = 120;

/// A run's record, while it runs.
#[derive(Debug)]
pub(crate) struct Recording {
    office: Office,
    id: String,
    writer: Writer,
    /// Samples that are recorded already, of a run that goes on.
    known: VecDeque<Vec<f64>>,
    next_flush_us: i64,
    is_gone: bool,
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
                    return Ok(Self::of(office, id, writer, VecDeque::new()));
                }
                Err(Error::Exists(_)) if number < 1000 => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Work(format!("every name like {stem} is used")))
    }

    fn of(office: Office, id: String, writer: Writer, known: VecDeque<Vec<f64>>) -> Self {
        Self { office, id, writer, known, next_flush_us: 0, is_gone: false }
    }

    /// Takes a second of the run.
    pub(crate) fn second(&mut self, sample: &Sample, events: &[Event]) -> Result<(), Failure> {
        if let Some(known) = self.known.pop_front() {
            return self.compare(&known, sample);
        }
        if self.writer.waiting() + events.len() >= MOST_WAITING {
            eprintln!("record: {} entries wait for the database and no more can: the run waits", self.writer.waiting());
            self.wait_until_written()?;
        }
        let now = self.office.clock.now();
        for event in events {
            self.writer.event(event, now)?;
        }
        self.writer.sample(sample)?;
        let is_due = now.monotonic_us >= self.next_flush_us;
        if is_due || (!events.is_empty() && !self.is_gone) {
            self.flush();
        }
        if !self.is_gone && events.iter().any(|event| event.kind == "phase") {
            self.office.checkpoint(&self.id).map(drop).or_else(|failure| {
                eprintln!("record: no checkpoint was signed: {failure}");
                Ok::<_, Failure>(())
            })?;
        }
        Ok(())
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
            "record {}: the database did not come back; entry {} is the last one that is written. The run folder has \
             the rest; `leuka record resume {}` goes on from there",
            self.id,
            self.writer.acknowledged().seq,
            self.id
        )))
    }

    /// Takes the end of the run; returns what to tell and keep.
    pub(crate) fn finish(mut self, outcome: &Outcome, alarms: &VecDeque<LoggedAlarm>) -> Result<String, Failure> {
        self.writer.outcome(outcome, alarms, self.office.clock.now())?;
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
}

pub(super) fn resume(office: Office, arguments: &Resume) -> Result<ExitCode, Failure> {
    let Resume { id, login, reason } = arguments;
    let user = office.person(login, id, &ENTERING)?;
    let record = office.block(office.store.load(id))?;
    let (sources, inputs) = recorded(&format!("record {id}"), &record.opened.inputs, Vec::new())?;
    if record.state == State::Open {
        office.block(office.store.interrupt(id, office.clock.now()))?;
    }
    office.block(office.store.resume(id, &user.actor(), reason, office.clock.now()))?;
    let writer = office.block(Writer::again(&office.store, id))?;
    eprintln!("record {id} goes on after {} s", record.samples.len());
    let ProcedureRecord { samples, .. } = record;
    let recording = Recording::of(office, id.clone(), writer, samples.into());
    let interrupted = watch_for_interrupt()?;
    carry_out(Run::new(&inputs)?, &inputs, sources.seed, &Kept::default(), &interrupted, Some(recording))
}
