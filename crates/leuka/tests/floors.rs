//! The house is the one in ARCHITECTURE.md: a crate uses only crates on floors below its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

const FLOORS: &[(&str, u8)] = &[
    ("leuka-blood", 0),
    ("leuka-device", 1),
    ("leuka-dose", 1),
    ("leuka-separator", 1),
    ("leuka-donor", 1),
    ("leuka-report", 1),
    ("leuka-control", 2),
    ("leuka-guard", 2),
    ("leuka-machine", 2),
    ("leuka-procedure", 3),
    ("leuka-plan", 4),
    ("leuka-record", 5),
    ("leuka-console", 6),
    ("leuka-trial", 5),
    ("leuka", 7),
];

/// What may never be used, although it is on a lower floor: these must not see the truth, or each other's work.
const FORBIDDEN: &[(&str, &str)] = &[
    ("leuka-control", "leuka-donor"),
    ("leuka-control", "leuka-separator"),
    ("leuka-guard", "leuka-dose"),
    ("leuka-guard", "leuka-donor"),
    ("leuka-guard", "leuka-separator"),
    ("leuka-machine", "leuka-dose"),
];

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

/// Every edge between two crates of the house; what only tests use does not count.
fn edges() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["kind"] != "dev" && text(&dependency["name"]).starts_with("leuka") {
                edges.push((text(&package["name"]), text(&dependency["name"])));
            }
        }
    }
    edges
}

#[test]
fn a_crate_uses_only_crates_on_floors_below() {
    let edges = edges();
    assert!(edges.len() > 15, "only {} edges were found", edges.len());
    for (from, to) in &edges {
        let floors = (floor(from), floor(to));
        assert!(
            matches!(floors, (Some(from), Some(to)) if to < from),
            "{from} uses {to}: on floors {floors:?}, which ARCHITECTURE.md does not allow"
        );
        assert!(!FORBIDDEN.contains(&(from.as_str(), to.as_str())), "{from} must never see {to}");
    }
}
