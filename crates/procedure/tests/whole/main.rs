//! Whole procedures: donor, separator, machine, control, guard and operator together, from files to outcome.
//!
//! The built-in procedure is run once and shared by all tests of [`built_in`]. Other runs use a coarser channel and stop
//! when what was looked for has happened.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

mod built_in;
mod entries;
mod faults;
mod filters;
mod methods;
mod needle;
mod refusals;
mod repeatability;
mod watched;
