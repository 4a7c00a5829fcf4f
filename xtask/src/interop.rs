//! Every export of a run, opened by other people's readers, which must also refuse broken copies.

use std::path::Path;

use xshell::{Shell, cmd};

use crate::{Outcome, tools};

/// Writes the exports and runs the readers of both languages; installs what is missing.
pub(crate) fn check(shell: &Shell) -> Outcome {
    let place = tools::target(shell).join("readers");
    let out = place.join("out");
    let scripts = shell.current_dir().join("crates/record/readers");
    install(shell, &place, &scripts)?;

    shell.remove_path(&out)?;
    shell.create_dir(&out)?;
    let run = out.join("run");
    cmd!(shell, "cargo build --release --quiet --package leuka --features record").run()?;
    let leuka = tools::target(shell).join("release/leuka");
    cmd!(shell, "{leuka} run --json --out {run}").ignore_stdout().run()?;
    let exports = ["run", "--release", "--quiet", "--package", "leuka-record", "--example", "exports"];
    cmd!(shell, "cargo {exports...} --features pdf,columns -- {run} {out}").run()?;

    let python = place.join("venv/bin/python");
    let (py, mjs) = (scripts.join("readers.py"), scripts.join("readers.mjs"));
    cmd!(shell, "{python} {py} {out}").run()?;
    let _folder = shell.push_dir(place.join("node"));
    cmd!(shell, "node {mjs} {out} {leuka}").run()?;
    Ok(())
}

/// The readers, by their pinned versions, and the two programs that they need.
fn install(shell: &Shell, place: &Path, scripts: &Path) -> Outcome {
    tools::need(shell, &[("pdftoppm", "poppler-utils"), ("node", "nodejs"), ("npm", "npm")])?;
    shell.create_dir(place)?;
    let (venv, node) = (place.join("venv"), place.join("node"));
    let requirements = scripts.join("requirements.txt");
    if !is_same(shell, &requirements, &venv.join("requirements.txt")) {
        println!("installing the Python readers into {}", venv.display());
        tools::python(shell, &venv)?;
        tools::install(shell, &["libdmtx0b"])?;
        let pip = venv.join("bin/pip");
        cmd!(shell, "{pip} install --quiet --disable-pip-version-check -r {requirements}").run()?;
        shell.copy_file(&requirements, venv.join("requirements.txt"))?;
    }
    let lock = scripts.join("package-lock.json");
    if !is_same(shell, &lock, &node.join("installed-lock.json")) {
        println!("installing the Node readers into {}", node.display());
        shell.create_dir(&node)?;
        shell.copy_file(scripts.join("package.json"), node.join("package.json"))?;
        shell.copy_file(&lock, node.join("package-lock.json"))?;
        let folder = shell.push_dir(&node);
        cmd!(shell, "npm ci --silent --no-audit --no-fund").run()?;
        drop(folder);
        shell.copy_file(&lock, node.join("installed-lock.json"))?;
    }
    Ok(())
}

fn is_same(shell: &Shell, wanted: &Path, there: &Path) -> bool {
    matches!((shell.read_file(wanted), shell.read_file(there)), (Ok(wanted), Ok(there)) if wanted == there)
}
