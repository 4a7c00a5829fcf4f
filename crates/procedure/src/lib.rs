//! One procedure: its files, its run, its outcome.
//!
//! Owns the files that people write (protocol, donor, order), the loop that lets donor, machine, controller and guard
//! meet, a simulated operator, the append-only events and samples, the outcome, and the run folder. Everything that a
//! run depends on comes in through [`Inputs`]; the same inputs give the same bytes.

pub mod file;
mod check;
mod protocol;
mod donor;
mod order;
mod inputs;
mod method;
mod prescription;
mod build;
mod channels;
mod message;
mod bedside;
mod mid_run;
mod operator;
mod deed;
pub mod campaign;
mod alarm_log;
mod scenario;
mod slip;
mod run;
mod laboratory;
mod cells;
mod event;
mod sample;
mod outcome;
mod folder;
mod forecast;
mod picture;
mod days;
mod mobilise;
mod recovery;
mod replay;
pub mod validation;

pub use alarm_log::{LoggedAlarm, MOST_ENTRIES};
pub use bedside::{Measured, Sign, Word};
pub use cells::{CellGroup, PerGroup};
pub use channels::{Answer, Channels, Extent, Local, Outlook, Place, Sensed};
pub use check::check_file;
pub use days::{DaySample, days_csv, mobilisation_picture, recovery_picture};
pub use deed::{CareKind, Deed};
pub use event::{Event, Source};
pub use folder::{FolderError, RunFolder, pretty};
pub use forecast::calcium_nadir;
pub use inputs::{Centrifuge, DoseCells, Inputs, Sources};
pub use message::{Act, Standing, Told};
pub use mobilise::{Mobilised, Plan, mobilise};
pub use outcome::{Believed, COMPARED, Counts, Measure, Outcome};
pub use picture::picture;
pub use recovery::{NextDay, Recovery, next_day, recover};
pub use replay::recorded;
pub use run::{Run, Status};
pub use sample::Sample;
pub use scenario::{Entry, Scenario, What, When};
pub use slip::Slip;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
