//! What a chore needs of the machine besides Rust: looked for, and installed by `apt-get` where that may be done.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use crate::Outcome;

/// The target folder of the build, as an absolute path.
pub(crate) fn target(shell: &Shell) -> PathBuf {
    shell.current_dir().join(shell.var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned()))
}

/// Programs with the Debian packages that bring them; what is missing is installed, by root.
pub(crate) fn need(shell: &Shell, programs: &[(&str, &str)]) -> Outcome {
    let is_missing = |program: &str| !["--version", "-v"].iter().any(|flag| answers(shell, program, &[flag]));
    let missing: Vec<&str> =
        programs.iter().filter(|(program, _)| is_missing(program)).map(|(_, package)| *package).collect();
    install(shell, &missing)?;
    match programs.iter().find(|(program, _)| is_missing(program)) {
        Some((program, package)) => Err(format!("`{program}` is missing: apt-get install {package}").into()),
        None => Ok(()),
    }
}

/// A virtual environment of Python in `place`, made where there is none.
pub(crate) fn python(shell: &Shell, place: &Path) -> Outcome {
    need(shell, &[("python3", "python3")])?;
    if !answers(shell, "python3", &["-c", "import ensurepip, venv"]) {
        install(shell, &["python3-venv"])?;
    }
    if !place.join("bin/pip").exists() {
        println!("making a virtual environment in {}", place.display());
        cmd!(shell, "python3 -m venv {place}").run()?;
    }
    Ok(())
}

/// Installs Debian packages; without being root, nothing is done and the caller says what is missing.
pub(crate) fn install(shell: &Shell, packages: &[&str]) -> Outcome {
    let is_root = cmd!(shell, "id -u").quiet().read().is_ok_and(|id| id == "0");
    if packages.is_empty() || !is_root {
        return Ok(());
    }
    println!("apt-get install {}", packages.join(" "));
    let _settings = shell.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(shell, "apt-get update --quiet").ignore_stdout().run()?;
    cmd!(shell, "apt-get install --yes --quiet --no-install-recommends {packages...}").ignore_stdout().run()?;
    Ok(())
}

fn answers(shell: &Shell, program: &str, arguments: &[&str]) -> bool {
    cmd!(shell, "{program} {arguments...}").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}
