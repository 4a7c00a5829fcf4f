//! Imports: what others wrote, taken whole or not at all.

pub mod collections;
pub mod hl7_vitals;
