//! The arithmetic of a collection that planners and control share, and nothing that decides.
//!
//! Owns total blood volume, anticoagulant and citrate, collection efficiency, run targets with their forecasts, predicted
//! values after the procedure, and the dose as a distribution before and during a run. All of it is definitions,
//! published equations and beliefs over typed quantities: no limits (those are the protocol's), no knowledge of the
//! donor's true state or of the separator.
//!
//! Glossary
//! - TBV: total blood volume of the donor.
//! - inlet: the anticoagulated blood that the inlet pump carries; blood from the vein is inlet less anticoagulant.
//! - processed volume: whole blood drawn through the separator, without anticoagulant.
//! - CE1, CE2: collection efficiency against the mean of the counts before and after, and against the count before.
//! - pre-count: the count in venous blood before the procedure, on the day.
//!
//! Without the default feature `std` the crate is `no_std`; only the priors' file is left out. Nothing else allocates or
//! can panic.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod anticoagulation;
mod belief;
mod blood_volume;
#[cfg(feature = "std")]
mod data;
mod efficiency;
mod error;
mod live;
mod prediction;
mod target;

pub use anticoagulation::{
    CITRATE_MG_PER_MMOL, InletRatio, anticoagulant_flow, blood_flow, citrate_dose_rate, inlet_flow,
    inlet_for_anticoagulant_limit, inlet_for_citrate_limit,
};
pub use belief::{Belief, Common, Covariates, EfficiencyPrior, Situation, UsualDoses};
pub use blood_volume::{BloodVolume, BloodVolumeFormula, total_blood_volume};
pub use efficiency::{ce1, ce2, cells_passed, predicted_yield, volume_for_yield};
pub use error::Error;
pub use live::{Estimate, Inferred, LiveDose, Purpose, Stretch};
pub use prediction::{
    DonorBlood, Exchange, SPLENIC_PLATELET_SHARE, WHOLE_BODY_TO_VENOUS_HEMATOCRIT, after_procedure,
    extracorporeal_fraction, red_cells_lost,
};
pub use target::{Basis, DoseCell, Forecast, Progress, Target};
