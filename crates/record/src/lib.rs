//! The record.
pub mod export;
pub mod import;
pub mod mllp;
