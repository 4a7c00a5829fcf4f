//! How the virtual donor behaves: claims from physiology, published rows and accounts that must close.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

mod allocation;
mod balance;
mod blood_loss;
mod cells;
mod citrate;
mod description;
mod diffsol;
mod interventions;
mod mobilisation;
mod oxygen;
mod size;
mod special;
mod steady_state;
mod validation;
mod volumes;
