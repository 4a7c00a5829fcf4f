//! The seam to hardware: what a machine senses and what it accepts.
//!
//! The virtual machine is one implementation; a machine at the other end of a cable is another, through the same types
//! and the frame of [`frame`]. Control reads [`Telemetry`] and writes [`Commands`]; the guard reads [`GuardTelemetry`],
//! from sensors of its own, and writes a [`Permit`]. Without a fresh permit the machine stops by itself.
//!
//! Glossary
//! - inlet: the anticoagulated blood that the inlet pump carries; blood from the vein is inlet less anticoagulant.
//! - access: the needle or catheter lumen through which blood is drawn; return: the one through which it goes back.
//! - interface: the boundary between packed red cells and plasma in the spinning channel.
//! - reservoir: the bag that keeps the blood while one needle draws, to be returned while it gives.
//! - divert: the first fluid, which goes to the waste bag and not to the donor.
//!
//! `no_std`, allocates nothing.
#![cfg_attr(not(test), no_std)]

mod alarm;
mod command;
pub mod frame;
pub mod handshake;
mod reading;
pub mod receive;
mod telemetry;
mod time;

pub use alarm::{
    AlarmChange, AlarmCode, AlarmSystem, Burst, HARMONICS, Inactivation, InactivationError, Light, Priority, RAMP_S,
    Signal, burst, light, sound,
};
pub use command::{
    Cause, Clamp, CollectTo, Commands, DrawFrom, Permit, Pump, PumpFlows, ReturnTo, Verdict, VerdictKind,
};
pub use reading::Reading;
pub use telemetry::{BagWeights, CameraImage, CollectOptics, GuardTelemetry, Monitor, SafeState, Telemetry};
pub use time::Instant;
