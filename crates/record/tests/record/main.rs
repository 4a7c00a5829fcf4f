//! The record as its users meet it: nothing lost, nothing changed unseen, nobody let in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod cluster;
mod killed;
mod people;
mod trail;
