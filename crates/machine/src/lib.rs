//! The virtual apheresis machine: everything between the donor's veins and the two programs that run it.
//!
//! Owns pumps, lines, bags, clamps, accesses and veins, sensors, faults, and the interlocks that a machine has of itself.
//! The donor and the separator are built elsewhere and handed in. [`VirtualMachine`] speaks the types of `leuka_device`:
//! control and guard cannot tell it from a machine at the other end of a cable.
//!
//! Glossary
//! - prime: filling the dry set with saline before anybody is connected.
//! - access: needle or catheter; draw access and return access are two of them, or two lumens of one.
//! - drip chamber: keeps air back before the return line.
//! - dead volume: what a line holds; it delays everything that passes.

mod access;
mod actuator;
mod bag;
mod chamber;
mod circuit;
mod data;
mod fault;
mod instruments;
mod interlock;
mod line;
mod link;
mod machine;
mod mark;
mod pump;
mod sensor;
mod setup;

pub use access::{Access, AccessKind, PressureFlow, VeinQuality};
pub use circuit::Totals;
pub use data::Parameters;
pub use fault::{Actuator, ActuatorFault, Fault, FaultKind, PlantFault, SensorFault, UnknownFault};
pub use machine::{BEAT_MICROS, PlantView, VirtualMachine};
pub use mark::{Mark, MarkKind};
pub use sensor::{Measured, Side};
pub use setup::{Error, Handling, HandlingError, Setup, Solution};
