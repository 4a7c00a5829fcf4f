//! Limits in three tiers, the form that every limit of a protocol takes.

use serde::{Deserialize, Serialize};

/// One limit in three tiers: at `warning` the operator is told, `automatic` is what the machine never passes by
/// itself, `absolute` what nobody can make it pass. The tiers run outwards, upwards for an upper limit and downwards
/// for a lower one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ThreeTier<T> {
    /// Tell the operator.
    pub warning: T,
    /// Automatic operation stays inside.
    pub automatic: T,
    /// Manual operation stays inside as well.
    pub absolute: T,
}

impl<T: PartialOrd + Copy> ThreeTier<T> {
    /// True when the tiers run outwards in one direction (equal neighbours are allowed).
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        let rising = self.warning <= self.automatic && self.automatic <= self.absolute;
        let falling = self.warning >= self.automatic && self.automatic >= self.absolute;
        rising || falling
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_run_outwards_in_one_direction() {
        assert!(ThreeTier { warning: 0.8, automatic: 1.2, absolute: 1.2 }.is_ordered());
        assert!(ThreeTier { warning: 1.0, automatic: 0.9, absolute: 0.8 }.is_ordered());
        assert!(!ThreeTier { warning: 1.0, automatic: 0.9, absolute: 1.1 }.is_ordered());
        assert!(!ThreeTier { warning: 1.0, automatic: f64::NAN, absolute: 1.1 }.is_ordered());
    }
}
