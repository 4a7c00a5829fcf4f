//! The console's interface, held against its description by other people's tool.

use xshell::{Shell, cmd};

use crate::Outcome;

/// Builds the console and runs schemathesis against it as nobody and as each role; installs it under the target folder.
pub(crate) fn check(shell: &Shell) -> Outcome {
    let target = shell.var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let target = shell.current_dir().join(target);
    let venv = target.join("api/venv");
    let schemathesis = venv.join("bin/schemathesis");
    if !schemathesis.exists() {
        if cmd!(shell, "python3 -m venv --help").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            return Err("`python3 -m venv` is missing: apt-get install python3-venv".into());
        }
        println!("installing schemathesis into {}", venv.display());
        cmd!(shell, "python3 -m venv --clear {venv}").run()?;
        let pip = venv.join("bin/pip");
        cmd!(shell, "{pip} install --quiet --disable-pip-version-check schemathesis==4.32.5").run()?;
    }
    cmd!(shell, "cargo build --package leuka --features serve,pdf").run()?;
    let (leuka, script) = (target.join("debug/leuka"), "crates/console/api.py");
    cmd!(shell, "python3 {script} {leuka} {schemathesis} docs/openapi.json").run()?;
    Ok(())
}
