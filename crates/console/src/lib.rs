//! The bedside console: procedures from the browser, for many machines, with sign-in and roles.
//!
//! Reading order: `bedside` (a machine's thread and what screens read of it), `http` (routes, and the one table of who
//! may take which), `accounts`, `store`, `library`.
//!
//! Deliberately absent: state of a procedure in the server. A procedure is its start and what was done to it, beat by
//! beat; a server that is started again does the same once more.

mod clock;
mod error;
mod store;
mod accounts;
mod library;
mod bedside;
mod debrief;
mod machines;
mod http;
mod serve;

pub use accounts::Role;
pub use error::ConsoleError;
pub use http::openapi;
pub use serve::{Settings, serve};
