//! The freestanding library: device, dose, control and guard without a standard library, allocator or panics.
//!
//! Builds `xtask/freestanding` as a static library with `panic = "abort"` and full optimisation, links it into one image
//! with nothing else, drops what its entry points cannot reach, and reads the names of what is left.

use xshell::{Shell, cmd};

use crate::Outcome;

/// Parts of names that must not be left in the image.
const BANNED: [&str; 5] = ["panic", "alloc::", "__rust_alloc", "std::", "unwind"];

pub(crate) fn check(shell: &Shell) -> Outcome {
    let target = "target/freestanding";
    cmd!(shell, "cargo build --release --quiet --manifest-path xtask/freestanding/Cargo.toml --target-dir {target}").run()?;
    let library = format!("{target}/release/libfreestanding.a");
    let image = format!("{target}/freestanding.elf");
    let link = cmd!(shell, "cc -nostdlib -static -Wl,--gc-sections -Wl,-e,leuka_control_step -Wl,-u,leuka_guard_step -Wl,-u,leuka_frame_check -Wl,-u,leuka_dose_check -o {image} {library}");
    link.run()?;
    let names = cmd!(shell, "nm -C {image}").quiet().read()?;
    let bad: Vec<&str> = names.lines().filter(|line| BANNED.iter().any(|banned| line.contains(banned))).collect();
    let undefined: Vec<&str> = names.lines().filter(|line| line.contains(" U ")).collect();
    if !names.contains("leuka_control_step") {
        return Err("the image does not hold the entry points: nothing was checked".into());
    }
    if bad.is_empty() && undefined.is_empty() {
        println!("device, dose, control and guard: {} symbols, none of std, allocation or panic", names.lines().count());
        Ok(())
    } else {
        Err(format!("these must not be in the image:\n{}\n{}", bad.join("\n"), undefined.join("\n")).into())
    }
}
