//! What can be wrong with an input.

/// Why an input was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Error {
    /// A value no donor, set or protocol can have.
    #[error("{name} is {value} {unit}: give {low} to {high} {unit}")]
    Range {
        /// What the value is.
        name: &'static str,
        /// The value.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// The lowest accepted.
        low: f64,
        /// The highest accepted.
        high: f64,
    },
    /// Height and weight that no body has together.
    #[error(
        "height {height_cm:.0} cm and weight {weight_kg:.1} kg make a body mass index of {bmi:.1} kg/m2, outside 8 to \
         100: check both and their units"
    )]
    Build {
        /// Height, cm.
        height_cm: f64,
        /// Weight, kg.
        weight_kg: f64,
        /// Body mass index, kg/m2.
        bmi: f64,
    },
}

/// Accepts `value` from `low` to `high`; refuses everything else, NaN included.
pub(crate) fn within(name: &'static str, value: f64, unit: &'static str, low: f64, high: f64) -> Result<f64, Error> {
    if (low..=high).contains(&value) { Ok(value) } else { Err(Error::Range { name, value, unit, low, high }) }
}
