//! What can be said of a dose outside a run: the plan before it, what a site learns from finished runs, whether the
//! stated probabilities are true, and the account of the bag afterwards.
//!
//! Pure functions over typed values: files are read and written by the command line. The estimate itself is
//! `leuka-dose`'s. Only `full` runs anything: from checked files it forecasts calcium and, when asked, whole procedures.
//!
//! Glossary
//! - goal, minimum: the dose that is aimed at, and the one below which a collection has failed.
//! - calibrated: bands that are said to hold 80 % do hold 80 %.
//! - site: a centre with its staff, machines and laboratory, whose efficiency differs from others'.

mod full;
mod plan;
mod formulas;
mod two_days;
mod cohort;
mod calibrate;
mod rules;
mod learn;
mod collections;
mod reconcile;
mod what_if;
pub mod validation;

pub use calibrate::{Calibration, Coverage, Stage, calibrate, check as check_calibration};
pub use cohort::{Captures, Case, Cohort, case};
pub use collections::{Collection, Fault, HEADER, read as read_collections};
pub use formulas::{Donation, Published, published};
pub use full::{CALCIUM_MMOL_H, FullPlan, Primed, full_plans};
pub use learn::{Benchmark, Learned, Published as PublishedRange, benchmark, finished, learn, site_file};
pub use plan::{Confidence, Day, Plan, Point, plan};
pub use reconcile::{Bag, Budget, Impossible, Reconciled, Scale, product_density_g_ml, reconcile};
pub use rules::{Rule, RuleResult, rules};
pub use two_days::two_days;
pub use what_if::{Changed, Counted, Recorded, WhatIf, what_if};
