//! What the guard does, seen from outside: each hazard in time, nothing in clean work, latches, and no panic ever.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clean;
mod hazards;
mod latches;
mod needle;
mod properties;
mod second_channel;
mod support;
