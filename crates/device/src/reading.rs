//! A sensor's reading: a value and its age.

use leuka_blood::quantity::TimeSpan;
use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// What a sensor said and when. A sensor that gives nothing is `value: None`, never a NaN that means "missing"; a value
/// that is NaN all the same is a fault of the sensor and its reader must treat it as one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// The value, if the sensor gave one.
    pub value: Option<T>,
    /// When it was taken.
    pub taken_at: Instant,
}

impl<T> Default for Reading<T> {
    /// No value yet.
    fn default() -> Self {
        Self { value: None, taken_at: Instant::START }
    }
}

impl<T: Copy> Reading<T> {
    /// A value taken at a moment.
    #[must_use]
    pub const fn new(value: T, taken_at: Instant) -> Self {
        Self { value: Some(value), taken_at }
    }

    /// No value: the sensor said so, or could not be read.
    #[must_use]
    pub const fn missing(taken_at: Instant) -> Self {
        Self { value: None, taken_at }
    }

    /// The value, if there is one and at `now` it is no older than `limit`; data get worse with age.
    #[must_use]
    pub fn fresh(&self, now: Instant, limit: TimeSpan) -> Option<T> {
        self.value.filter(|_| now.since(self.taken_at) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_expires() {
        let reading = Reading::new(7.0, Instant::from_micros(1_000_000));
        assert_eq!(reading.fresh(Instant::from_micros(1_250_000), TimeSpan::from_seconds(0.25)), Some(7.0));
        assert_eq!(reading.fresh(Instant::from_micros(1_260_000), TimeSpan::from_seconds(0.25)), None);
        assert_eq!(Reading::<f64>::missing(Instant::START).fresh(Instant::START, TimeSpan::from_hours(1.0)), None);
    }
}
