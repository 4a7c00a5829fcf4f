//! The record.
pub mod export;
