//! Files that people write: protocol, donor and order.
//!
//! One table of [`Field`]s for each kind of file says what may stand in it, with unit, range, default and meaning. The
//! checks, the error messages, the defaults and the JSON Schema all come from that table.

mod document;
pub(crate) mod field;
mod problem;
mod schema;

pub use document::{Document, NamedText, Override};
pub use field::{Field, FileKind, Kind, Preset};
pub use problem::{Problem, Problems};
pub use schema::{field_schema, json_schema};
