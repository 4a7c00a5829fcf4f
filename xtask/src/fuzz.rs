//! Fuzzing on the stable toolchain: libFuzzer's coverage comes from flags that any rustc knows.

use xshell::{Shell, cmd};

use crate::Outcome;

const TARGETS: [&str; 5] = ["frame", "vital_signs", "label_scan", "collections", "protocol"];
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1";
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Runs every target for so many seconds; a crash ends it and leaves the input beside the corpus.
pub(crate) fn fuzz(shell: &Shell, seconds: u32) -> Outcome {
    let _folder = shell.push_dir("fuzz");
    {
        let _flags = shell.push_env("RUSTFLAGS", FLAGS);
        cmd!(shell, "cargo build --release --quiet --target {TRIPLE} --target-dir target").run()?;
    }
    for target in TARGETS {
        let (corpus, artifacts) = (format!("corpus/{target}"), format!("-artifact_prefix=artifacts/{target}-"));
        shell.create_dir(&corpus)?;
        shell.create_dir("artifacts")?;
        let time = format!("-max_total_time={seconds}");
        let program = format!("target/{TRIPLE}/release/{target}");
        cmd!(shell, "{program} {corpus} {artifacts} {time} -max_len=1100 -print_final_stats=1 -verbosity=0").run()?;
    }
    Ok(())
}
