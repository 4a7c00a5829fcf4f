//! The reduced separator.

pub mod survey;
