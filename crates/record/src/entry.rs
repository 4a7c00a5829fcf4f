//! Entries: the append-only list that a record is, each bound to the one before it by its hash.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A moment: wall clock, and a monotonic clock beside it that no one can set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970, UTC.
    pub utc_ms: i64,
    /// Microseconds since the writing program began.
    pub monotonic_us: i64,
}

impl Moment {
    /// RFC 3339 with milliseconds, UTC.
    #[must_use]
    pub fn utc(&self) -> String {
        utc_text(self.utc_ms)
    }
}

/// Milliseconds since 1970 as RFC 3339, UTC.
#[must_use]
pub fn utc_text(utc_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(utc_ms)
        .map_or_else(|| format!("{utc_ms} ms"), |at| at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The record is opened: order, donor, inputs, equipment.
    Open,
    /// An event of the run.
    Event,
    /// One second's sample.
    Sample,
    /// What the run came to, or that it was interrupted.
    Outcome,
    /// Somebody did or entered something.
    Act,
    /// Somebody signed.
    Signature,
    /// The record is closed.
    Close,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Open, Self::Event, Self::Sample, Self::Outcome, Self::Act, Self::Signature, Self::Close];

    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Event => "event",
            Self::Sample => "sample",
            Self::Outcome => "outcome",
            Self::Act => "act",
            Self::Signature => "signature",
            Self::Close => "close",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Login, or `machine`, `run`, `command line`.
    pub actor: String,
    /// Role at that time; empty for what is no person.
    pub role: String,
}

/// Something done or entered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// When.
    pub at: Moment,
    /// Who.
    #[serde(flatten)]
    pub by: Actor,
    /// What: `enter`, `amend`, `check_identity`, `refuse`, `resume`, ...
    pub action: String,
    /// About what, as `product.din`.
    pub entity: String,
    /// The value before; null for none.
    #[serde(default)]
    pub old: Value,
    /// The value after; null for none.
    #[serde(default)]
    pub new: Value,
    /// Why; required for an amendment.
    #[serde(default)]
    pub reason: String,
}

impl Act {
    /// What was done, in words: those that the act brings, or the old and the new value.
    #[must_use]
    pub fn words(&self) -> String {
        match self.new.get("text").and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => format!("{}: {} -> {}", self.action, self.old, self.new),
        }
    }
}

/// A signature: whose, when and what it means, bound to everything before it by the hash that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// When.
    pub at: Moment,
    /// Who.
    #[serde(flatten)]
    pub by: Actor,
    /// The name as it is printed.
    pub name: String,
    /// What it means.
    pub meaning: Meaning,
    /// The entry that was the last one, and its hash.
    pub signed_seq: i64,
    /// Its hash.
    pub signed_hash: String,
}

/// What a signature means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// I did this and wrote it down.
    Authorship,
    /// I have read it.
    Review,
    /// I let the product go on.
    Approval,
}

impl Meaning {
    /// All.
    pub const ALL: [Self; 3] = [Self::Authorship, Self::Review, Self::Approval];

    /// As it is printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorship => "authorship",
            Self::Review => "review",
            Self::Approval => "approval",
        }
    }
}

/// An entry that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// Its content, JSON on one line; hashed as it stands.
    pub body: String,
}

impl Draft {
    /// Of a value that serialises.
    #[must_use]
    pub fn new(kind: Kind, body: &impl Serialize) -> Self {
        Self { kind, body: serde_json::to_string(body).unwrap_or_default() }
    }
}

/// An entry as it is stored. The texts are what the database holds, whether or not they make sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Place in the record, from 1.
    pub seq: i64,
    /// What it is.
    pub kind: String,
    /// Its content.
    pub body: String,
    /// SHA-256 over the hash before it, the record, its place, kind and content; hexadecimal.
    pub hash: String,
}

/// The hash before the first entry: that of nothing.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash that binds an entry to those before it.
#[must_use]
pub fn chained(before: &str, record: &str, seq: i64, kind: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [before, record, &seq.to_string(), kind, body] {
        // The length goes first, so that no two different lists of texts hash alike.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}
