//! Vital signs from a patient monitor: HL7 version 2 over MLLP, as monitors and their gateways send them (IHE PCD-01).
//!
//! ```text
//! monitor --ORU^R01--> Listener --VitalSigns--> taker (run, console, record)
//!         <--ACK AA--           once it is taken
//!         <--ACK AE/AR--        with the reason; nothing of the message is taken
//! ```
//!
//! A message is taken whole or not at all. One that comes again with the same control identifier is acknowledged again
//! and not taken twice.

mod bedside;
mod listen;
mod message;
mod vital;

pub use bedside::{Bedside, word};
pub(crate) use listen::escaped;
pub use listen::{Inbox, ListenSettings, Listener};
pub use message::{Refusal, VitalSign, VitalSigns, read};
pub use vital::Vital;
