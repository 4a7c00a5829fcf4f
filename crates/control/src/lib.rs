//! Automatic control of a leukapheresis: from the self-test to the removed needle.
//!
//! [`Controller::step`] is called every 100 ms with what the machine senses and what the operator did, and gives
//! commands and events. It sees telemetry only, never the donor; time comes in with the telemetry. Whatever it lowers,
//! refuses, pauses or stops, it says why, with numbers.
//!
//! Reading order: [`Prescription`] (what is wanted), [`Method`] (how), [`Phase`] (where the procedure stands), [`OperatorAction`] and
//! [`Request`], [`Event`] and its reasons, then the controller and its loops.
//!
//! Glossary
//! - inlet: anticoagulated blood, blood and anticoagulant together; inlet ratio: inlet over anticoagulant flow.
//! - interface: the boundary between packed red cells and plasma in the spinning channel.
//! - divert: the first blood, which goes to waste; rinse-back: saline that returns the blood in the set.
//! - access: the vein or lumen that blood is drawn from; suction there is a negative pressure.
//!
//! Without the default feature `std` (which only reads defaults from a parameter file) the crate is `no_std`; it
//! allocates nothing and cannot panic, and the work of a step is bounded.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::string_slice)
)]

mod admission;
mod aftercare;
mod alarms;
mod anticoagulant;
mod centrifuge;
mod collect_line;
mod collecting;
mod controller;
#[cfg(feature = "std")]
mod data;
mod event;
mod filtering;
mod inlet;
mod interface;
mod ledger;
mod limits;
mod method;
mod operator;
mod phase;
mod preparation;
mod prescription;
mod reason;
mod reservoir;
mod running;
mod self_test;
mod senses;
mod tuning;
mod vitals;
mod watch;
mod yield_watch;
pub use controller::Controller;
#[cfg(feature = "std")]
pub use data::Parameters;
pub use event::{Event, EventKind, Evidence, MOST_EVENTS, Note, Output, SetPoint};
pub use ledger::Progress;
pub use limits::{EligibilityLimits, Limits, SelfTestLimits, SensorLimits, Times, Window};
pub use method::{ChamberCycle, Dilution, Elution, Method};
pub use operator::{
    Eligibility, MidRunCount, OperatorAction, PostCounts, ProductLabel, RedCellUnit, Request, Solution, Symptom,
};
pub use phase::{
    Admission, LoadSet, Moved, Observation, Paused, Phase, PhaseName, PressureTest, ProductStep, Running, SelfTest,
    Stopped, Then,
};
pub use prescription::{
    Access, AnticoagulantSettings, CentrifugeMode, DonorFacts, Goal, Identifier, Identity, Prescription,
    PrescriptionError, SetData, Settings,
};
pub use reason::{EndReason, PauseReason, Reason, Refusal, StopCause};
pub use reservoir::Turn;
pub use senses::Sensor;
pub use tuning::{CollectTuning, ControlTuning, HandlingTuning, InletTuning, InterfaceTuning};
pub use yield_watch::Gain;
