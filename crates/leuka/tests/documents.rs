//! What the documents say is what the code does.

use leuka_device::frame::Message;
use leuka_device::handshake::{End, Hello, Welcome};
use leuka_device::{Commands, GuardTelemetry, Permit, Telemetry};
use leuka_guard::{HAZARDS, HazardStatus};
use leuka_procedure::{Act, Standing, Told};

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
