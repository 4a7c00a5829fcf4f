//! The record as a whole, folded from its entries: what exports, reports and people read.
//!
//! A record is a list; this is what the list says. Whatever was entered is a fact: a value under a name such as
//! `product.din`, with everything that it was before. Nothing is ever taken away.

use std::collections::BTreeMap;

use leuka_procedure::Sample;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::{Act, Actor, Kind, Moment, Signature, Stored};
use crate::error::Error;

/// Donation number of the product.
pub const DIN: &str = "product.din";
/// Identifiers on order, wristband and bag, last checked.
pub const IDENTITY: &str = "identity.checked";
/// Counts of the product as the laboratory gives them.
pub const COUNTS: &str = "product.counts";
/// The account of the bag: volumes, dose, error budget.
pub const RECONCILED: &str = "product.reconciled";
/// The label was printed, scanned back and compared.
pub const LABEL: &str = "product.label_scanned";

/// What a closed record must have, and how it is said.
const MANDATORY: [(&str, &str); 5] = [
    (IDENTITY, "the identity check of order, wristband and bag"),
    (DIN, "the donation number of the product"),
    (COUNTS, "the product's counts"),
    (RECONCILED, "the reconciled dose"),
    (LABEL, "the label scanned back"),
];

/// How far a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The run goes on.
    Open,
    /// The run was cut off; it can be resumed, or closed as it is.
    Interrupted,
    /// The run is over; the record waits for what comes after.
    Ended,
    /// Complete. It can be amended and nothing else.
    Closed,
}

/// How a record begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// When.
    pub at: Moment,
    /// Who.
    #[serde(flatten)]
    pub by: Actor,
    /// The run's inputs, as `inputs.json` of a run folder: protocol, donor, order, scenario, seed, parameters' hash.
    pub inputs: Value,
    /// Name of the protocol, for people.
    pub title: String,
    /// Donor's identifier on the order.
    pub donor_id: String,
    /// The order.
    pub order_id: String,
    /// Equipment: program, versions, limit table.
    pub equipment: BTreeMap<String, String>,
}

/// An event with its place in the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When it was written.
    pub at: Moment,
    /// When it happened, seconds of the procedure.
    pub at_s: f64,
    /// Who made it: run, control, guard, machine, operator, donor, monitor.
    pub source: String,
    /// What kind.
    pub kind: String,
    /// As a sentence.
    pub text: String,
    /// Its numbers.
    #[serde(default)]
    pub data: Value,
}

/// A fact with all that it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// What it is now.
    pub value: Value,
    /// Every act that made it what it is, the first entry first.
    pub history: Vec<Act>,
}

/// What the run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Moment,
    /// The run was cut off, and nobody resumed it.
    pub interrupted: bool,
    /// The outcome (schema `leuka.outcome/1`); null where the run was cut off.
    pub outcome: Value,
    /// The alarms with their responses, as `alarms.json` of a run folder.
    #[serde(default)]
    pub alarms: Value,
}

/// A whole record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcedureRecord {
    /// `leuka.record/1`.
    pub schema: &'static str,
    /// Identifier.
    pub id: String,
    /// How far it is.
    pub state: State,
    /// How it began.
    pub opened: Opened,
    /// The time line.
    pub events: Vec<RecordedEvent>,
    /// Samples, one a second, with the columns of [`Sample::COLUMNS`]; NaN where no instrument gave a value.
    #[serde(skip)]
    pub samples: Vec<Vec<f64>>,
    /// How the run ended.
    pub ended: Option<Ended>,
    /// What was entered.
    pub facts: BTreeMap<String, Fact>,
    /// Who did what, refusals included.
    pub acts: Vec<Act>,
    /// Signatures.
    pub signatures: Vec<Signature>,
    /// The last entry.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

impl ProcedureRecord {
    /// Folds entries.
    ///
    /// # Errors
    /// [`Error::Unreadable`] at the first entry that makes no sense.
    pub fn read(id: &str, entries: &[Stored]) -> Result<Self, Error> {
        let mut entries = entries.iter();
        let unreadable = |seq: i64, why: String| Error::Unreadable { id: id.to_owned(), seq, why };
        let first = entries.next().ok_or_else(|| Error::NoRecord(id.to_owned()))?;
        let opened = serde_json::from_str(&first.body).map_err(|error| unreadable(first.seq, error.to_string()))?;
        let mut record = Self {
            schema: "leuka.record/1",
            id: id.to_owned(),
            state: State::Open,
            opened,
            events: Vec::new(),
            samples: Vec::new(),
            ended: None,
            facts: BTreeMap::new(),
            acts: Vec::new(),
            signatures: Vec::new(),
            seq: first.seq,
            hash: first.hash.clone(),
        };
        for entry in entries {
            record.take(entry).map_err(|why| unreadable(entry.seq, why))?;
            record.seq = entry.seq;
            record.hash.clone_from(&entry.hash);
        }
        Ok(record)
    }

    fn take(&mut self, entry: &Stored) -> Result<(), String> {
        fn of<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, String> {
            serde_json::from_str(body).map_err(|error| error.to_string())
        }
        let body = entry.body.as_str();
        match Kind::of(&entry.kind).ok_or_else(|| format!("{} is no kind of entry", entry.kind))? {
            Kind::Open => return Err("the record is opened twice".to_owned()),
            Kind::Event => self.events.push(of(body)?),
            Kind::Sample => {
                let values: Vec<Option<f64>> = of(body)?;
                if values.len() != Sample::COLUMNS.len() {
                    return Err(format!("a sample has {} values, not {}", values.len(), Sample::COLUMNS.len()));
                }
                self.samples.push(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect());
            }
            Kind::Outcome => {
                let ended: Ended = of(body)?;
                self.state = if ended.interrupted { State::Interrupted } else { State::Ended };
                self.ended = Some(ended);
            }
            Kind::Act => self.act(of(body)?),
            Kind::Signature => self.signatures.push(of(body)?),
            Kind::Close => {
                self.act(of(body)?);
                self.state = State::Closed;
            }
        }
        Ok(())
    }

    fn act(&mut self, act: Act) {
        match act.action.as_str() {
            "enter" | "amend" => {
                let fact = self
                    .facts
                    .entry(act.entity.clone())
                    .or_insert_with(|| Fact { value: Value::Null, history: Vec::new() });
                fact.value = act.new.clone();
                fact.history.push(act.clone());
            }
            "resume" => self.state = State::Open,
            _ => {}
        }
        self.acts.push(act);
    }

    /// What was entered under a name.
    #[must_use]
    pub fn fact(&self, entity: &str) -> Option<&Value> {
        self.facts.get(entity).map(|fact| &fact.value)
    }

    /// What a close still needs, in words. A run that was cut off, or that ended without a product, needs no product.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let Some(ended) = &self.ended else { return vec!["the end of the run".to_owned()] };
        let product_ml = ended.outcome.pointer("/product/volume_ml").and_then(Value::as_f64).unwrap_or(0.0);
        if product_ml > 0.0 {
            let without = MANDATORY.iter().filter(|(entity, _)| !self.facts.contains_key(*entity));
            missing.extend(without.map(|(_, words)| (*words).to_owned()));
        }
        for meaning in [crate::entry::Meaning::Authorship, crate::entry::Meaning::Review] {
            if !self.signatures.iter().any(|signature| signature.meaning == meaning) {
                missing.push(format!("a signature of {}", meaning.name()));
            }
        }
        missing
    }

    /// The values of a column of the samples; empty when there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> Vec<f64> {
        let at = Sample::COLUMNS.iter().position(|column| *column == name);
        at.map_or_else(Vec::new, |at| self.samples.iter().filter_map(|row| row.get(at).copied()).collect())
    }
}
