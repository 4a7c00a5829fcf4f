//! The only place that reads a clock, and the one source of secrets' chance.

use std::time::{Duration, Instant};

/// Now, for spans.
#[expect(clippy::disallowed_methods, reason = "the console is a shell: it paces runs by the wall clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Now, as RFC 3339 in UTC with milliseconds.
pub(crate) fn utc() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Milliseconds since 1970.
pub(crate) fn utc_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// The time of day `seconds` after a moment in RFC 3339.
pub(crate) fn utc_after(start: &str, seconds: f64) -> Option<String> {
    let start = chrono::DateTime::parse_from_rfc3339(start).ok()?;
    let span = chrono::TimeDelta::from_std(Duration::try_from_secs_f64(seconds).ok()?).ok()?;
    Some(start.checked_add_signed(span)?.to_rfc3339_opts(chrono::SecondsFormat::Millis, true))
}

/// Bytes that nobody can guess, in hexadecimal.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
