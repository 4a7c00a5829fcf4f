//! The program, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "record")]
#[path = "../../../record/tests/record/cluster.rs"]
mod cluster;
mod command_line;
#[cfg(feature = "serve")]
mod console;
mod planning;
#[cfg(feature = "record")]
mod record;
#[cfg(feature = "record")]
mod record_monitor;
#[cfg(feature = "record")]
mod record_store;
mod separation;
mod trial;

use std::process::{Command, Output};

/// Runs `leuka` in a folder of the test's own.
fn leuka(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir().join(format!("leuka-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    Command::new(env!("CARGO_BIN_EXE_leuka")).args(arguments).current_dir(folder).output().unwrap()
}

/// What it printed.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
