//! How the virtual donor behaves: claims from physiology, published rows and accounts that must close.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

mod balance;
mod blood_loss;
mod cells;
mod citrate;
mod description;
mod diffsol;
mod oxygen;
mod size;
mod steady_state;
mod volumes;
