//! The donor's sex, on which blood volume and the reaction to citrate depend.

use serde::{Deserialize, Serialize};

/// Sex, as the published formulas use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}
