//! What the documents say is what the code does.

use leuka_guard::{HAZARDS, HazardStatus};

#[test]
fn the_hazard_table_is_the_guards_own_list() {
    let page = include_str!("../../../docs/safety.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #")).collect();
    assert_eq!(rows.len(), HAZARDS.len());
    for (row, hazard) in rows.iter().zip(HAZARDS) {
        let status = match hazard.status {
            HazardStatus::Working => "working",
            HazardStatus::NotYet => "not yet",
        };
        assert!(row.starts_with(&format!("| {} | {} | {status} |", hazard.number, hazard.name)), "{row}");
    }
}

#[test]
fn the_sentence_stands_wherever_somebody_could_be_mistaken() {
    for (name, page) in
        [("README.md", include_str!("../../../README.md")), ("docs/safety.md", include_str!("../../../docs/safety.md"))]
    {
        assert!(page.contains(leuka_report::NOT_A_DEVICE), "{name}");
        assert!(!page.contains("conforms to IEC"), "{name}");
    }
}
