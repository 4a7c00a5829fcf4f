//! The one door to the project's chores: `cargo xtask <chore>`.

mod api;
mod fuzz;
mod interop;
mod links;
mod no_std;
mod python;
mod speed;
mod step_cost;
mod tools;
mod web;

use std::process::ExitCode;

use xshell::{Shell, cmd};

const HELP: &str = "\
cargo xtask <chore>

  setup     says whether this machine has what build and tests need, and installs valgrind and PostgreSQL
  lint      format, clippy with warnings as errors, documentation, links in Markdown
  test      every test
  no-std    links device, dose, control and guard into a freestanding library and looks for what must not be in it
  same-bits runs the built-in procedure built for any x86-64 and for this CPU and compares the bytes
  step-cost counts the instructions of a step of control and guard and of a beat of the machine, against ceilings
  speed     times whole procedures on one and two threads and shows what each part takes of 100 ms, beside its budget
  web       checks, tests and builds the console's page into web/dist; Node 20.19 is needed, apt-get installs it if missing
  browser   builds page and server and runs the journeys in Chromium; --pictures writes the pictures of docs/console.md
  api       holds the running console against docs/openapi.json with schemathesis, as nobody and as each role
  python    builds the Python bindings into a virtual environment under target/python and runs their tests
  interop   writes every export of a run and opens it with other people's readers; installs them under target/readers
  fuzz      runs every fuzz target for a minute, or for the seconds given; a C++ compiler is needed
  campaign  the full counts: every hazard 200 times and 50 clean procedures (10 minutes), the record killed 200 times on
            each database and measured, ten minutes of fuzzing
  tables    surveys the channel and makes the stage's table from it: up to 90 minutes on 2 cores; goes on where it was
            stopped; cargo xtask tables --help";

/// What went wrong, in words.
type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let chore = std::env::args().nth(1).unwrap_or_default();
    match Shell::new().map_err(Into::into).and_then(|shell| run(&shell, &chore)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {chore}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(shell: &Shell, chore: &str) -> Outcome {
    shell.change_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    match chore {
        "setup" => setup(shell),
        "lint" => lint(shell),
        "test" => test(shell),
        "no-std" => no_std::check(shell),
        "same-bits" => same_bits(shell),
        "step-cost" => step_cost::check(shell),
        "speed" => speed::show(shell),
        "web" => web::build(shell),
        "browser" => web::browser(shell, &std::env::args().skip(2).collect::<Vec<_>>()),
        "api" => api::check(shell),
        "python" => python::test(shell),
        "interop" => interop::check(shell),
        "fuzz" => fuzz::fuzz(shell, std::env::args().nth(2).map_or(Ok(60), |text| text.parse())?),
        "campaign" => {
            cmd!(shell, "cargo run --release --quiet --package leuka -- faults").run()?;
            record(shell)?;
            fuzz::fuzz(shell, 600)
        }
        "tables" => {
            let arguments = std::env::args().skip(2);
            cmd!(shell, "cargo run --release --quiet --package leuka-separator --example tables -- {arguments...}")
                .run()?;
            Ok(())
        }
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no chore `{other}`\n\n{HELP}").into()),
    }
}

/// The build needs git, a C linker with `nm`, and the Rust toolchain; `step-cost` needs valgrind and the record's
/// tests need PostgreSQL.
fn setup(shell: &Shell) -> Outcome {
    tools::need(shell, &[("git", "git"), ("cc", "build-essential"), ("nm", "binutils"), ("valgrind", "valgrind")])?;
    if cmd!(shell, "cargo --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
        return Err("`cargo` is missing: install rustup, which reads rust-toolchain.toml".into());
    }
    postgresql(shell)?;
    println!("git, cc, nm, cargo, valgrind and postgresql are here");
    Ok(())
}

/// The record's tests start a PostgreSQL of their own. Debian's package would start another one, which nobody asked for.
fn postgresql(shell: &Shell) -> Outcome {
    let is_here = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        versions.map(|version| version.path().join("bin/initdb")).any(|initdb| initdb.exists())
    };
    if is_here() {
        return Ok(());
    }
    tools::install(shell, &["postgresql-common"])?;
    let settings = "/etc/postgresql-common/createcluster.conf";
    if let Ok(text) = shell.read_file(settings) {
        shell.write_file(settings, format!("{text}\ncreate_main_cluster = false\n"))?;
    }
    tools::install(shell, &["postgresql"])?;
    if is_here() { Ok(()) } else { Err("`postgresql` is missing: apt-get install postgresql".into()) }
}

fn lint(shell: &Shell) -> Outcome {
    cmd!(shell, "cargo fmt --all --check").run()?;
    cmd!(shell, "cargo clippy --workspace --all-targets -- -D warnings").run()?;
    cmd!(shell, "cargo clippy --package leuka --features full --all-targets -- -D warnings").run()?;
    let _warnings = shell.push_env("RUSTDOCFLAGS", "-D warnings");
    cmd!(shell, "cargo doc --workspace --no-deps --quiet").run()?;
    links::check(shell)
}

fn test(shell: &Shell) -> Outcome {
    setup(shell)?;
    cmd!(shell, "cargo test --workspace").run()?;
    cmd!(shell, "cargo test --package leuka --features record --test program record").run()?;
    Ok(())
}

/// The record under 200 kills of each database, and how fast it is.
fn record(shell: &Shell) -> Outcome {
    setup(shell)?;
    cmd!(shell, "cargo build --release --quiet --package leuka-record --examples").run()?;
    let _kills = shell.push_env("LEUKA_KILLS", "200");
    cmd!(shell, "cargo test --release --package leuka-record --test record killed -- --nocapture").run()?;
    cmd!(shell, "cargo run --release --quiet --package leuka-record --example ingest").run()?;
    Ok(())
}

/// The same seed gives the same bytes whatever the CPU: the outcome on the baseline instruction set, for which everything
/// is built, against this CPU's.
fn same_bits(shell: &Shell) -> Outcome {
    let folder = shell.create_temp_dir()?;
    let native = tools::target(shell).join("same-bits");
    let mut outcomes = Vec::new();
    for (flags, target) in [("", tools::target(shell)), ("-C target-cpu=native", native)] {
        let _flags = (!flags.is_empty()).then(|| shell.push_env("RUSTFLAGS", flags));
        let out = folder.path().join(outcomes.len().to_string());
        cmd!(shell, "cargo build --release --quiet --package leuka --target-dir {target}").run()?;
        outcomes.push(cmd!(shell, "{target}/release/leuka run --json --out {out}").read()?);
    }
    if outcomes.first() == outcomes.last() {
        println!("the outcome's bytes are the same for x86-64 and for this CPU");
        Ok(())
    } else {
        Err("the outcome differs between x86-64 and this CPU: look for fused multiply-add or a function outside blood::math".into())
    }
}
