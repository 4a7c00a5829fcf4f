//! The Python bindings: a virtual environment, the wheel, and its tests.

use xshell::{Shell, cmd};

use crate::Outcome;

/// Builds the wheel into a virtual environment under the target folder and runs the tests there.
pub(crate) fn test(shell: &Shell) -> Outcome {
    let target = shell.var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let target = shell.current_dir().join(target);
    let environment = target.join("python/venv");
    let bin = environment.join("bin");
    if !bin.join("maturin").exists() {
        if cmd!(shell, "python3 -m venv --help").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            return Err("`python3 -m venv` is missing: apt-get install python3-venv".into());
        }
        println!("making a virtual environment in {}", environment.display());
        cmd!(shell, "python3 -m venv {environment}").run()?;
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
