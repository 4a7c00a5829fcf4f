//! The bedside console's page: its checks and build with Node, and its journeys in a real browser.

use std::path::PathBuf;

use xshell::{Shell, cmd};

use crate::{Outcome, tools};

/// What the page's tools need at least: Vite names it.
const NODE: (u32, u32) = (20, 19);

/// Installs what `web/package-lock.json` names, checks style and types, runs the page's tests, and builds `web/dist`,
/// which the server takes in when it is compiled afterwards.
pub(crate) fn build(shell: &Shell) -> Outcome {
    node(shell)?;
    let _folder = shell.push_dir("web");
    cmd!(shell, "npm ci --no-audit --no-fund").run()?;
    cmd!(shell, "npx biome check .").run()?;
    cmd!(shell, "npx vitest run").run()?;
    // The build checks the types first.
    cmd!(shell, "npm run build").run()?;
    Ok(())
}

/// Builds page and server, and runs every journey in Chromium. `--pictures` also writes the guide's pictures.
pub(crate) fn browser(shell: &Shell, arguments: &[String]) -> Outcome {
    let chromium = chromium(shell)?;
    build(shell)?;
    cmd!(shell, "cargo build --release --package leuka --features serve,pdf").run()?;
    let _leuka = shell.push_env("LEUKA", tools::target(shell).join("release/leuka"));
    let _chromium = shell.push_env("LEUKA_CHROMIUM", chromium);
    let pictures = arguments.iter().any(|argument| argument == "--pictures");
    let _pictures = pictures.then(|| shell.push_env("LEUKA_PICTURES", "1"));
    let journeys = arguments.iter().filter(|argument| *argument != "--pictures");
    let _folder = shell.push_dir("web");
    cmd!(shell, "npx playwright test --config browser/playwright.config.ts {journeys...}").run()?;
    Ok(())
}

/// Node new enough for the page's tools; installed by apt where it is missing.
fn node(shell: &Shell) -> Outcome {
    tools::need(shell, &[("node", "nodejs"), ("npm", "npm")])?;
    let text = cmd!(shell, "node --version").quiet().read()?;
    let mut parts = text.trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < NODE {
        let (major, minor) = NODE;
        return Err(
            format!("Node is {text}, the page needs {major}.{minor} or newer: install it from nodejs.org").into()
        );
    }
    Ok(())
}

/// Where the distribution's Chromium is; installed by apt where it is missing.
fn chromium(shell: &Shell) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let find = || places.iter().map(PathBuf::from).find(|place| place.exists());
    if let Some(place) = find() {
        return Ok(place);
    }
    tools::install(shell, &["chromium"])?;
    find().ok_or_else(|| format!("Chromium is at none of {}", places.join(", ")).into())
}
