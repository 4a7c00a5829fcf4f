//! The record of a procedure: what happened, who did what, and nothing lost.
//!
//! A record is an append-only list of entries, each bound to those before it by a hash ([`entry`]), kept in SQLite or
//! PostgreSQL ([`Store`]), checked by [`verify()`]. What the list says is a [`ProcedureRecord`]; [`export`] writes it in the
//! forms that others read, [`import`] reads theirs.
//!
//! Glossary
//! - fact: something that was entered, with everything that it was before.
//! - checkpoint: a signed statement that a record had this last entry, by which a cut-off end is found.
//! - DIN: donation identification number of ISBT 128.

pub mod entry;
mod clock;
mod error;
mod keys;
mod verify;
mod store;
mod people;
mod writer;
mod desk;
pub mod document;
pub mod export;
pub mod import;
pub mod mllp;

pub use clock::Clock;
pub use document::{Fact, ProcedureRecord, RecordedEvent, State};
pub use entry::{Act, Actor, Meaning, Moment, Signature};
pub use error::Error;
pub use keys::Key;
pub use people::{Role, Session, User};
pub use store::{Head, Listed, Machine, Opening, Store};
pub use verify::{Checkpoint, Fault, Verdict, verify};
pub use writer::{MOST_WAITING, Writer};
