//! The bedside console: procedures from the browser, for many machines, with sign-in and roles.
//!
//! Reading order: `bedside` (a machine's thread and what screens read of it), `http` (routes, and the one table of who
//! may take which), `people`, `library`.
//!
//! Deliberately absent: a store of its own. Users, sessions and runs are those of `leuka-record`. A procedure is its start
//! and what was done to it, beat by beat, as its record has it; a server that is started again does the same once more.

mod clock;
mod error;
mod people;
mod library;
mod bedside;
mod debrief;
mod machines;
mod monitors;
mod record_page;
mod http;
mod serve;

pub use error::ConsoleError;
pub use http::openapi;
pub use serve::{Settings, serve};
