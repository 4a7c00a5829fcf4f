//! The freestanding library: device, dose, control and guard without a standard library, allocator or panics.
//!
//! Builds `xtask/freestanding` as a static library with `panic = "abort"` and full optimisation, links it into one image
//! with nothing else, drops what its entry points cannot reach, and reads the names of what is left.

use xshell::{Shell, cmd};

use crate::Outcome;

/// Parts of names that must not be left in the image.
const BANNED: [&str; 7] = ["panic", "unwrap_failed", "expect_failed", "alloc::", "__rust_alloc", "std::", "unwind"];

/// What the image may ask of the machine it is linked into: the four memory functions that every C library for every
/// processor has, and the name under which compilers also call the last.
const KEPT: [&str; 5] = ["memcpy", "memmove", "memset", "memcmp", "bcmp"];

/// What a machine's processor would call.
const ENTRY_POINTS: [&str; 6] =
    [FIRST, "leuka_control_new", "leuka_guard_new", "leuka_guard_step", "leuka_frames", "leuka_blood_volume_ml"];
const FIRST: &str = "leuka_control_step";

pub(crate) fn check(shell: &Shell) -> Outcome {
    let target = "target/freestanding";
    cmd!(shell, "cargo build --release --quiet --manifest-path xtask/freestanding/Cargo.toml --target-dir {target}")
        .run()?;
    let library = format!("{target}/release/libfreestanding.a");
    let image = format!("{target}/freestanding.o");
    let mut link = cmd!(shell, "cc -r -nostdlib -Wl,--gc-sections -Wl,-e,{FIRST} -o {image}");
    for entry in ENTRY_POINTS {
        link = link.arg(format!("-Wl,-u,{entry}"));
    }
    link.arg(library).run()?;
    let names = cmd!(shell, "nm -C {image}").quiet().read()?;
    let bad: Vec<&str> = names.lines().filter(|line| BANNED.iter().any(|banned| line.contains(banned))).collect();
    let undefined = names.lines().filter_map(|line| line.trim().strip_prefix("U "));
    let undefined: Vec<&str> = undefined.filter(|name| !KEPT.contains(name)).collect();
    if let Some(entry) = ENTRY_POINTS.iter().find(|entry| !names.contains(*entry)) {
        return Err(format!("the image does not hold {entry}: it was not checked").into());
    }
    if bad.is_empty() && undefined.is_empty() {
        println!(
            "device, dose, control and guard: {} symbols, none of std, allocation or panic; asks for no more than {KEPT:?}",
            names.lines().count()
        );
        Ok(())
    } else {
        Err(format!("these must not be in the image:\n{}\n{}", bad.join("\n"), undefined.join("\n")).into())
    }
}
