//! How the virtual machine behaves, seen from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod conservation;
mod faults;
mod flow;
mod interlock;
mod monitor;
mod rig;
