//! The guard: an independent channel that can only make things safer.
//!
//! Every 50 ms it looks at sensors of its own and at the commands that control gives, and writes a [`Permit`] without
//! which the machine stops by itself. It shares no decision with control, no estimate, and no arithmetic: it uses only
//! `leuka-blood` and `leuka-device`. [`HAZARDS`] says which hazards it acts on and which others do; [`LimitTable`] holds
//! every number that it judges by.
//!
//! Glossary
//! - hold: pumps stop, clamps and centrifuge stay; safe: pumps stop, clamps close, the drive is off.
//! - latch: a protective stop stays until the operator resets it, and the reset is refused while its condition holds.
//! - hazard: a way in which somebody comes to harm, numbered as in the safety documentation.
//!
//! Without the default feature `std` (which only reads limit tables from parameter files) the crate is `no_std`; it
//! allocates nothing and cannot panic.
//!
//! [`Permit`]: leuka_device::Permit
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod agreement;
mod air;
mod anticoagulant;
mod bags;
mod command;
#[cfg(feature = "std")]
mod data;
mod excess;
mod facts;
mod guard;
mod hazard;
mod limits;
mod occlusion;
mod return_side;
mod rotor;
mod sensor;
mod set;

pub use guard::Guard;
pub use hazard::{HAZARDS, Hazard, Layer};
pub use limits::{
    AbsoluteLimits, AccessLimits, AgreementLimits, AirLimits, AnticoagulantLimits, BagLimits, CommandLimits,
    DonorLimits, Entered, LimitError, LimitTable, OcclusionLimits, ReservoirLimits, ReturnSideLimits, RotorLimits,
    SensorLimits, SensorWindow, SetLimits,
};
