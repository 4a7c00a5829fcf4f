//! Blood and what is mixed with it: the floor that every other crate stands on.
//!
//! Owns the quantities (numbers that carry their unit), the cell populations with their physical properties, and
//! [`Mixture`], the one account of cells, liquids and solutes that lines, bags, separator and donor exchange.
//! It also owns the only door to transcendental functions ([`math`]) and to chance ([`random`]), so that the same
//! inputs give the same bytes on every CPU.
//!
//! Glossary
//! - haematocrit: volume fraction of red cells in blood.
//! - CD34+ cell: blood-forming stem or progenitor cell, the goal of most collections.
//! - CD3+ cell: T lymphocyte, the starting material of CAR-T cells.
//! - ACD-A: acid citrate dextrose, formula A, the usual anticoagulant: its citrate binds ionised calcium.
//!
//! Without the default feature `std` the crate is `no_std` and allocates nothing; only parameter files are left out.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

#[cfg(feature = "std")]
mod data;
mod fluid;
pub mod math;
mod mixture;
#[cfg(feature = "std")]
pub mod parameters;
mod population;
pub mod quantity;
pub mod random;
mod sex;
mod tier;
#[cfg(feature = "std")]
pub mod validation;
pub mod verification;

#[cfg(feature = "std")]
pub use data::Parameters;
pub use fluid::{Anticoagulant, AnticoagulantRecipe, FluidTable, PlasmaComposition};
pub use mixture::{Component, Mixture, Unit};
pub use population::{CellProperties, CellTable, DensityBin, PerPopulation, Population};
pub use sex::Sex;
pub use tier::ThreeTier;
