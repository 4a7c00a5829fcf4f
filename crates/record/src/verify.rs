//! The verifier: is the record what was written, all of it, in this order?

use serde::Serialize;

use crate::entry::{GENESIS, Kind, Stored, chained, utc_text};
use crate::keys::signed;

/// A signed statement that a record had this entry as its last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Checkpoint {
    /// Place of the entry.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// When it was signed, ms since 1970.
    pub utc_ms: i64,
    /// The public key.
    pub signer: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

/// What the verifier found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Entries that were read.
    pub entries: usize,
    /// The last checkpoint's place; 0 for none.
    pub checkpointed: i64,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
}

/// The first thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// At which entry.
    pub seq: i64,
    /// What.
    pub what: String,
}

/// Goes through a record from its first entry, and holds it against its checkpoints. `trusted` is the public key whose
/// checkpoints count; none trusts whatever key signed.
#[must_use]
pub fn verify(record: &str, entries: &[Stored], checkpoints: &[Checkpoint], trusted: Option<&str>) -> Verdict {
    let checkpointed = checkpoints.last().map_or(0, |last| last.seq);
    let fault = chain_fault(record, entries)
        .or_else(|| checkpoints.iter().find_map(|checkpoint| checkpoint_fault(record, entries, checkpoint, trusted)));
    Verdict { entries: entries.len(), checkpointed, fault }
}

fn chain_fault(record: &str, entries: &[Stored]) -> Option<Fault> {
    let mut before = GENESIS;
    for (expected, entry) in (1..).zip(entries) {
        let fault = |what: &str| Some(Fault { seq: expected, what: what.to_owned() });
        if entry.seq != expected {
            return fault(&format!(
                "entry {expected} is not there: entry {} follows entry {}",
                entry.seq,
                expected - 1
            ));
        }
        if chained(before, record, entry.seq, &entry.kind, &entry.body) != entry.hash {
            return fault("the entry or its hash was changed, or stands in another place than it was written in");
        }
        if Kind::of(&entry.kind).is_none() {
            return fault("the entry is of no known kind");
        }
        before = &entry.hash;
    }
    if entries.is_empty() { Some(Fault { seq: 1, what: "the record has no entries".to_owned() }) } else { None }
}

fn checkpoint_fault(record: &str, entries: &[Stored], checkpoint: &Checkpoint, trusted: Option<&str>) -> Option<Fault> {
    let Checkpoint { seq, hash, utc_ms, signer, signature } = checkpoint;
    let fault = |what: String| Some(Fault { seq: *seq, what });
    if trusted.is_some_and(|key| key != signer) {
        return fault(format!("the checkpoint of {} is signed by another key", utc_text(*utc_ms)));
    }
    if !signed(signer, signature, record, *seq, hash, *utc_ms) {
        return fault(format!("the checkpoint of {} does not bear its signature", utc_text(*utc_ms)));
    }
    let found = usize::try_from(*seq - 1).ok().and_then(|at| entries.get(at));
    match found {
        None => Some(Fault {
            seq: i64::try_from(entries.len()).unwrap_or(i64::MAX) + 1,
            what: format!("the end was cut off: a checkpoint of {} has entry {seq}", utc_text(*utc_ms)),
        }),
        Some(entry) if entry.hash != *hash => {
            fault(format!("the record was written anew: the checkpoint of {} has another hash", utc_text(*utc_ms)))
        }
        Some(_) => None,
    }
}
