//! The console's interface, held against its description by other people's tool.

use xshell::{Shell, cmd};

use crate::{Outcome, tools};

/// Builds the console and runs schemathesis against it as nobody and as each role; installs it under the target folder.
pub(crate) fn check(shell: &Shell) -> Outcome {
    let target = tools::target(shell);
    let venv = target.join("api/venv");
    let schemathesis = venv.join("bin/schemathesis");
    tools::python(shell, &venv)?;
    if !schemathesis.exists() {
        let pip = venv.join("bin/pip");
        cmd!(shell, "{pip} install --quiet --disable-pip-version-check schemathesis==4.32.5").run()?;
    }
    cmd!(shell, "cargo build --package leuka --features serve,pdf").run()?;
    let (leuka, script) = (target.join("debug/leuka"), "crates/console/api.py");
    cmd!(shell, "python3 {script} {leuka} {schemathesis} docs/openapi.json").run()?;
    Ok(())
}
