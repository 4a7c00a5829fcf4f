//! Events: the append-only list that is the truth about a run.

use leuka_device::Instant;
use serde::Serialize;
use serde_json::Value;

/// Who made an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The run itself: its beginning and end.
    Run,
    /// The controller.
    Control,
    /// The guard.
    Guard,
    /// The machine: interlocks, clamps, pumps, what became true in the plant.
    Machine,
    /// The operator.
    Operator,
    /// The donor: symptoms and reactions.
    Donor,
    /// A monitor at the bedside that stands in for the virtual one.
    Monitor,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// When, in seconds of the procedure.
    pub at_s: f64,
    /// Who.
    pub source: Source,
    /// What kind, in one word: `phase`, `set_point`, `alarm`, `refused`, ...
    pub kind: &'static str,
    /// The event as a sentence.
    pub text: String,
    /// Its numbers, by name.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

impl Event {
    /// An event at a moment.
    #[must_use]
    pub fn new(at: Instant, source: Source, kind: &'static str, text: impl Into<String>, data: Value) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a procedure are far below 2^53")]
        Self { at_s: at.micros() as f64 / 1e6, source, kind, text: text.into(), data }
    }
}
