//! In-silico trials: cohorts of virtual donors, studies that send them through arms, and what comes of it.
//!
//! Owns the cohort file, the study file, the outcome table (CSV; Parquet with the feature `columns`), the study folder and
//! its summary. A run is a function of (study, donor, arm) alone: any thread, process or machine gives the same row, so a
//! study can be cut into shards, killed at any time and gone on with, and ends in the same bytes.
//!
//! Glossary
//! - arm: one way of doing the procedure; paired: every donor goes through every arm, with the same chance.
//! - chunk: some donors in a row that are run together and written to one file.
//! - Latin hypercube: points of which every slice of every factor's range holds exactly one.

mod file;
mod cohort;
mod measure;
mod study;
mod table;
mod execute;
mod statistics;
mod summary;
mod folder;
pub mod memory;
pub mod validation;
mod schema;
#[cfg(feature = "columns")]
pub mod columns;

pub use cohort::{Cohort, DrawnDonor};
pub use execute::{Chunk, Done, chunks, run_chunk};
pub use folder::{Ended, Error, Folder, Progress, Shard};
pub use measure::{Kind, MEASURES, Measure};
pub use schema::{cohort_schema, study_schema};
pub use study::{Arm, Load, Regression, Study};
pub use summary::{PairedRate, Rate, Spread, Summarised, Summary};
pub use table::{
    COURSES_SCHEMA, Cell, Column, Holds, Row, SCHEMA, columns as table_columns, course_columns, header, line, parse,
};

/// The command that builds a program with what this one may have been built without.
pub const WITH_COLUMNS: &str = "cargo build --release -p leuka --features columns";
