//! Procedure time, as the machine counts it.

use core::fmt;

use leuka_blood::quantity::TimeSpan;
use serde::{Deserialize, Serialize};

/// A moment of the procedure: microseconds since the machine was switched on. Monotonic; not a time of day.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(u64);

impl Instant {
    /// The moment the machine was switched on.
    pub const START: Self = Self(0);
    /// The latest moment that can be told.
    pub const END: Self = Self(u64::MAX);

    /// The moment `micros` microseconds after the start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// The moment `micros` microseconds later (the last moment that can be told, if that is earlier).
    #[must_use]
    pub const fn plus_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment; 0 when `earlier` is not earlier.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time from `earlier` to this moment; zero when `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> TimeSpan {
        #[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
        TimeSpan::from_seconds(self.micros_since(earlier) as f64 * 1e-6)
    }
}

impl fmt::Display for Instant {
    /// Minutes and seconds: `42:07.350`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1000;
        write!(f, "{}:{:02}.{:03}", millis / 60_000, millis / 1000 % 60, millis % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_shows_minutes_and_seconds() {
        assert_eq!(Instant::from_micros(2_527_350_000).to_string(), "42:07.350");
    }

    #[test]
    fn time_never_runs_backwards() {
        let (early, late) = (Instant::from_micros(5), Instant::from_micros(9));
        assert_eq!(late.micros_since(early), 4);
        assert_eq!(early.micros_since(late), 0);
        assert_eq!(Instant::END.plus_micros(1), Instant::END);
    }
}
