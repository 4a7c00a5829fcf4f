//! One procedure: its files, its run, its outcome.
//!
//! Owns the files that people write (protocol, donor, order), the loop that lets donor, machine, controller and guard
//! meet, a simulated operator, the append-only events and samples, the outcome, and the run folder. Everything that a
//! run depends on comes in through [`Inputs`]; the same inputs give the same bytes.

mod cells;
mod check;
mod donor;
mod event;
pub mod file;
mod folder;
mod order;
mod outcome;
mod protocol;
mod sample;

pub use cells::{CellGroup, PerGroup};
pub use check::check_file;
pub use event::{Event, Source};
pub use folder::{FolderError, RunFolder, pretty};
pub use outcome::{Counts, Outcome};
pub use sample::Sample;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
