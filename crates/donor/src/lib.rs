//! The virtual donor: a body that gives blood, takes fluids back, and reacts.
//!
//! Owns everything that happens inside the donor: blood and interstitial volume, the heart and vessels with their
//! reflexes, citrate with ionised calcium and magnesium, oxygen, the cells in and out of the blood, and what the donor
//! feels. The machine draws from a [`Donor`] and returns to it through [`leuka_blood::Mixture`]s of exact amounts, and
//! whatever the body makes or destroys stands in its [`Ledger`], so every account closes.
//!
//! One beat is `draw`, `receive`, `advance`. The circulation moves once [`FAST_STEP_S`] have gathered, what is slower
//! (volumes, chemistry, hormones, drugs, cells, oxygen) once [`SLOW_STEP_S`] have, and is accurate at those instants.
//! Between them, what was drawn and given counts and what the body does with it does not yet. Slow parts reckon in
//! minutes and the circulation in seconds, as the names say.
//!
//! ```
//! use leuka_blood::quantity::{Length, Mass, TimeSpan, Volume};
//! use leuka_blood::{Mixture, random::Seed};
//! use leuka_blood::Sex;
//! use leuka_donor::{Description, Donor, Parameters};
//!
//! let parameters = Parameters::embedded()?;
//! let (height, weight, blood) = (Length::from_cm(168.0), Mass::from_kg(64.0), Volume::from_ml(4000.0));
//! let woman = Description::typical(Sex::Female, 29.0, height, weight, blood, &parameters);
//! let mut donor = Donor::new(&woman, &parameters, &leuka_blood::Parameters::embedded()?, Seed::run(1))?;
//! for _ in 0..600 {
//!     let drawn = donor.draw(0.1);
//!     donor.receive(&(drawn + Mixture::saline(0.02)));
//!     donor.advance(TimeSpan::from_seconds(0.1));
//! }
//! assert!(donor.blood().hematocrit < woman.hematocrit);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Glossary
//! - interstitium: the fluid between the cells of the tissues; it refills the blood after a loss.
//! - ionised calcium: calcium that is bound to nothing; citrate lowers it.
//! - baroreflex: the nervous answer of heart and vessels to a change of blood pressure.
//! - vasovagal reaction: a faint; heart rate and pressure fall together.
//! - margination: cells that stick to vessel walls and are not drawn with the blood.
//! - mobilisation: the release of CD34 positive cells from the marrow.

#[macro_use]
mod data;
#[macro_use]
mod state;
mod body;
mod volumes;
mod circulation;
mod reflex;
mod citrate_calcium;
mod binding;
mod pth;
mod electrolytes;
mod cells;
mod mobilisation;
mod recovery;
mod oxygen;
mod heat;
mod symptoms;
mod vasovagal;
mod description;
mod model;
mod donor;
pub mod scenario;
pub mod validation;
pub mod verification;

pub use body::Ledger;
pub use data::Parameters;
pub use description::{Description, Error};
pub use donor::{BloodCounts, Cause, Donor, FAST_STEP_S, SLOW_STEP_S, Treatment, Vitals};
pub use mobilisation::{Course, Mobilisation};
pub use oxygen::Desaturation;
pub use symptoms::{Grade, Symptoms};
