//! The Python bindings: a virtual environment, the wheel, and its tests.

use xshell::{Shell, cmd};

use crate::{Outcome, tools};

/// Builds the wheel into a virtual environment under the target folder and runs the tests there.
pub(crate) fn test(shell: &Shell) -> Outcome {
    let target = tools::target(shell);
    let environment = target.join("python/venv");
    let bin = environment.join("bin");
    tools::python(shell, &environment)?;
    if !bin.join("maturin").exists() {
        let pip = bin.join("pip");
        cmd!(shell, "{pip} install --quiet maturin>=1.16,<2 pyarrow>=14 pytest pandas polars matplotlib ray>=2.40")
            .run()?;
    }
    let _environment = shell.push_env("VIRTUAL_ENV", &environment);
    let _target = shell.push_env("CARGO_TARGET_DIR", target.join("python/build"));
    let folder = shell.push_dir("bindings/python");
    let (maturin, python) = (bin.join("maturin"), bin.join("python"));
    cmd!(shell, "{maturin} develop --quiet").run()?;
    cmd!(shell, "{python} -m pytest -q").run()?;
    drop(folder);
    Ok(())
}
