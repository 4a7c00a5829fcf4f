//! The writer: a run streams into its record, and what is acknowledged is on the disk.
//!
//! Entries wait in memory until the database has them: while it is gone the run goes on, nothing is acknowledged, and the
//! operator is told. No more than [`MOST_WAITING`] wait.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use leuka_procedure::{Event, Inputs, LoggedAlarm, Outcome, Sample};
use serde_json::{Value, json};

use crate::document::{Ended, Opened, RecordedEvent};
use crate::entry::{Act, Actor, Draft, Kind, Moment, Stored};
use crate::error::Error;
use crate::store::{Head, Opening, Store};

/// Entries that may wait for the database: two hours of samples with their events.
pub const MOST_WAITING: usize = 20_000;

/// A database that does not answer for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// No more entries than these, and the rest of their second, are written at once.
const BATCH: usize = 1000;

impl Draft {
    /// Of an event.
    #[must_use]
    pub fn event(event: &RecordedEvent) -> Self {
        Self::new(Kind::Event, event)
    }

    /// Of a second's sample; a number that is not finite becomes null.
    #[must_use]
    pub fn sample(sample: &Sample) -> Self {
        Self::new(Kind::Sample, &sample.values().to_vec())
    }

    /// Of what a run came to.
    #[must_use]
    pub fn outcome(outcome: &Outcome, alarms: &VecDeque<LoggedAlarm>, at: Moment) -> Self {
        let ended = Ended { at, interrupted: false, outcome: json!(outcome), alarms: json!(alarms) };
        Self::new(Kind::Outcome, &ended)
    }

    /// Of the end of a run that was cut off.
    #[must_use]
    pub fn interruption(at: Moment) -> Self {
        let ended = Ended { at, interrupted: true, outcome: Value::Null, alarms: Value::Null };
        Self::new(Kind::Outcome, &ended)
    }

    /// Of something that somebody did.
    #[must_use]
    pub fn act(act: &Act) -> Self {
        Self::new(Kind::Act, act)
    }
}

/// Writes one run.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    id: String,
    waiting: VecDeque<Draft>,
    /// So many of those that wait were sent, and no answer came.
    unanswered: usize,
    acknowledged: Head,
}

impl Writer {
    /// Opens the record of a run.
    ///
    /// # Errors
    /// [`Error::Exists`] when the identifier is used; the database's refusal.
    pub async fn open(store: &Store, id: &str, inputs: &Inputs, by: Actor, at: Moment) -> Result<Self, Error> {
        Self::open_at(store, id, inputs, &[], by, at).await
    }

    /// The same with more to tell of the equipment, by name.
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub async fn open_at(
        store: &Store,
        id: &str,
        inputs: &Inputs,
        more: &[(&str, &str)],
        by: Actor,
        at: Moment,
    ) -> Result<Self, Error> {
        let record = inputs.record();
        let text = |path: &str| record.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let donor = text("/donor/id").unwrap_or_default();
        let order_id = text("/order/id").unwrap_or_else(|| "ORDER-1".to_owned());
        let donor_id = text("/order/donor_id").unwrap_or_else(|| donor.clone());
        let mut equipment = BTreeMap::from([
            ("program".to_owned(), format!("leuka {}", leuka_procedure::VERSION)),
            ("machine".to_owned(), "virtual".to_owned()),
            ("parameters_sha256".to_owned(), inputs.parameter_hash()),
        ]);
        equipment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let opening =
            Opening { id: id.to_owned(), protocol: inputs.protocol_name(), donor, order_id: order_id.clone() };
        let title = inputs.protocol_title().to_owned();
        let opened = Opened { at, by, inputs: record, title, donor_id, order_id, equipment };
        let acknowledged = store.create(&opening, &Draft::new(Kind::Open, &opened), at).await?;
        Ok(Self { store: store.clone(), id: id.to_owned(), waiting: VecDeque::new(), unanswered: 0, acknowledged })
    }

    /// Goes on with a record whose run was cut off.
    ///
    /// # Errors
    /// [`Error::NoRecord`]; the database's refusal.
    pub async fn again(store: &Store, id: &str) -> Result<Self, Error> {
        let acknowledged = store.head(id).await?;
        Ok(Self { store: store.clone(), id: id.to_owned(), waiting: VecDeque::new(), unanswered: 0, acknowledged })
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`Error::Full`] when too much waits for the database; the event is not taken then.
    pub fn event(&mut self, event: &Event, at: Moment) -> Result<(), Error> {
        let source = json!(event.source).as_str().unwrap_or_default().to_owned();
        let recorded = RecordedEvent {
            at,
            at_s: event.at_s,
            source,
            kind: event.kind.to_owned(),
            text: event.text.clone(),
            data: event.data.clone(),
        };
        self.take(Draft::event(&recorded))
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// [`Error::Full`] when too much waits for the database; the sample is not taken then.
    pub fn sample(&mut self, sample: &Sample) -> Result<(), Error> {
        self.take(Draft::sample(sample))
    }

    /// Takes what the run came to.
    ///
    /// # Errors
    /// [`Error::Full`] when too much waits for the database.
    pub fn outcome(&mut self, outcome: &Outcome, alarms: &VecDeque<LoggedAlarm>, at: Moment) -> Result<(), Error> {
        self.take(Draft::outcome(outcome, alarms, at))
    }

    /// Takes an entry that was drafted elsewhere.
    ///
    /// # Errors
    /// [`Error::Full`] when too much waits for the database; the entry is not taken then.
    pub fn take(&mut self, draft: Draft) -> Result<(), Error> {
        if self.waiting.len() >= MOST_WAITING {
            return Err(Error::Full(self.waiting.len()));
        }
        self.waiting.push_back(draft);
        Ok(())
    }

    /// Lets the database have what waits; returns the last entry that is on the disk. On an error everything waits on.
    ///
    /// # Errors
    /// The database's refusal.
    pub async fn flush(&mut self) -> Result<&Head, Error> {
        in_time(self.settle()).await?;
        while !self.waiting.is_empty() {
            in_time(self.write_some()).await?;
        }
        Ok(&self.acknowledged)
    }

    /// Writes what waits, or of much that waits a part that ends with a second.
    async fn write_some(&mut self) -> Result<(), Error> {
        let is_last = |at: &usize| self.waiting.get(*at).is_some_and(|draft| draft.kind == Kind::Sample);
        let end = (BATCH..self.waiting.len()).find(is_last).map_or(self.waiting.len(), |at| at + 1);
        self.unanswered = end;
        let drafts: Vec<&Draft> = self.waiting.iter().take(end).collect();
        self.acknowledged = self.store.append(&self.id, &drafts).await?;
        self.waiting.drain(..end);
        self.unanswered = 0;
        Ok(())
    }

    /// Finds out whether what was sent before the answer was lost is on the disk, so that nothing is written twice. Others
    /// may have added to the record meanwhile.
    async fn settle(&mut self) -> Result<(), Error> {
        if self.unanswered == 0 {
            return Ok(());
        }
        let there = self.store.entries_after(&self.id, self.acknowledged.seq).await?;
        let sent: Vec<&Draft> = self.waiting.iter().take(self.unanswered).collect();
        let is_sent = |entries: &[Stored]| {
            entries.iter().zip(&sent).all(|(entry, draft)| entry.kind == draft.kind.name() && entry.body == draft.body)
        };
        if let Some(entries) = there.windows(sent.len()).find(|entries| is_sent(entries))
            && let Some(last) = entries.last()
        {
            self.acknowledged = Head { seq: last.seq, hash: last.hash.clone() };
            self.waiting.drain(..self.unanswered);
        }
        self.unanswered = 0;
        Ok(())
    }

    /// Entries that wait for the database.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The last entry that is on the disk.
    #[must_use]
    pub const fn acknowledged(&self) -> &Head {
        &self.acknowledged
    }
}

/// The same, but a database that does not answer is gone.
async fn in_time(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into());
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(late)
}
