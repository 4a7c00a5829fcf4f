//! HL7 version 2.6: what devices tell (IHE PCD-01, ORU^R01), sent over MLLP.

mod message;
mod send;

pub use message::messages;
pub use send::{SendError, SendSettings, Sender};
