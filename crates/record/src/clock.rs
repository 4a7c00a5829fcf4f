//! The clock: the only one that the record reads, and only its callers' shells ask for it.

use std::time::Instant;

use crate::entry::Moment;

/// Wall clock and monotonic clock of this program.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the record tells when things were written")]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        let monotonic_us = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Moment { utc_ms: chrono::Utc::now().timestamp_millis(), monotonic_us }
    }
}
