//! What the documents say is what the code does.

use std::collections::BTreeSet;

use leuka_device::frame::Message;
use leuka_device::handshake::{End, Hello, Welcome};
use leuka_device::{Commands, GuardTelemetry, Permit, Telemetry};
use leuka_guard::HAZARDS;
use leuka_procedure::{Act, Standing, Told};

const SAFETY: &str = include_str!("../../../docs/safety.md");
/// The tests that the table names; every one of them is named.
const HAZARD_TESTS: &str = include_str!("../../procedure/tests/hazards.rs");

fn rows() -> Vec<&'static str> {
    let is_row =
        |line: &&str| line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    SAFETY.lines().filter(is_row).collect()
}

#[test]
fn the_hazard_table_is_the_guards_own_list() {
    let rows = rows();
    assert_eq!(rows.len(), HAZARDS.len());
    for (row, hazard) in rows.iter().zip(HAZARDS) {
        let begin = format!("| {} | {} | {} |", hazard.number, hazard.name, hazard.layer.name());
        assert!(row.starts_with(&begin), "{row}");
    }
}

#[test]
fn every_hazard_names_its_test_and_every_hazard_test_its_row() {
    let tests: BTreeSet<&str> = HAZARD_TESTS
        .lines()
        .filter_map(|line| line.trim().strip_suffix(';')?.split_once(" = ").map(|(name, _)| name))
        .filter(|name| name.starts_with("hazard_"))
        .collect();
    let named: BTreeSet<&str> = rows()
        .into_iter()
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter(|name| name.starts_with("hazard_"))
        .collect();
    assert_eq!(named, tests);
    for (row, hazard) in rows().into_iter().zip(HAZARDS) {
        let test = format!("`hazard_{:02}_", hazard.number);
        assert!(row.contains(&test), "{row} names no test of its own");
    }
}

#[test]
fn the_sentence_stands_wherever_somebody_could_be_mistaken() {
    for (name, page) in [("README.md", include_str!("../../../README.md")), ("docs/safety.md", SAFETY)] {
        assert!(page.contains(leuka_report::NOT_A_DEVICE), "{name}");
        assert!(!page.contains("conforms to IEC"), "{name}");
    }
}

#[test]
fn every_kind_of_frame_stands_in_its_table() {
    fn row<M: Message>() -> String {
        let name = std::any::type_name::<M>().rsplit("::").next().unwrap_or_default();
        format!("| {} | `{name}` |", M::KIND)
    }
    let kinds = [
        row::<Telemetry>(),
        row::<GuardTelemetry>(),
        row::<Commands>(),
        row::<Permit>(),
        row::<Hello>(),
        row::<Welcome>(),
        row::<End>(),
        row::<Act>(),
        row::<Told>(),
        row::<Standing>(),
    ];
    let page = include_str!("../../../docs/frame.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    assert!(rows.clone().count() == kinds.len() && rows.zip(&kinds).all(|(line, kind)| line.starts_with(kind)));
}

#[test]
fn the_planning_page_tells_the_numbers_of_the_priors() {
    let page = include_str!("../../../docs/planning.md");
    let file = leuka_dose::EfficiencyPrior::embedded_file().unwrap();
    let prior = leuka_dose::EfficiencyPrior::from_file(&file, leuka_dose::DoseCell::Cd34).unwrap();
    let told = |part: &str| {
        let row = page.lines().find(|line| line.starts_with(&format!("| {part} |"))).unwrap();
        let cell = row.trim_end_matches(" |").rsplit("| ").next().unwrap();
        cell.split(' ').next().unwrap().parse::<f64>().unwrap()
    };
    for (part, value) in [
        ("site", prior.site_spread),
        ("run", prior.between_run),
        ("part of a run", prior.within_run),
        ("release", prior.release_spread),
        ("count before", prior.common.count_error),
        ("volume", prior.common.volume_error),
    ] {
        assert!((told(part) - value).abs() < 1e-9, "{part}: the page tells {} and the file {value}", told(part));
    }
    assert!(page.contains(leuka_report::NOT_A_DEVICE));
}
