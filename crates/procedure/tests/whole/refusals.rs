//! Refusals through the whole system: what a file says ends the procedure before anybody is connected.

use leuka_procedure::Source;
use leuka_procedure::file::NamedText;

use crate::watched::{Recorded, Watched, coarse, first};

fn assert_refused(run: &Recorded, reason: &str) {
    let outcome = &run.outcome;
    assert!(!outcome.completed);
    assert!(outcome.end_reason.starts_with("refused: "), "{}", outcome.end_reason);
    assert!(outcome.end_reason.contains(reason), "`{reason}` is not in `{}`", outcome.end_reason);
    assert!(run.events.iter().any(|event| event.kind == "refused" && event.text == outcome.end_reason));
    assert!(outcome.duration_min < 10.0, "{} min", outcome.duration_min);
    assert_eq!(outcome.whole_blood_processed_ml.to_bits(), 0.0_f64.to_bits());
    assert_eq!(first(&run.events, Source::Control, "connect begins", 0.0), None);
}

fn refused(set: &[&str], reason: &str) {
    assert_refused(&coarse(set).finish(), reason);
}

#[test]
fn without_consent_it_is_refused() {
    refused(&["donor.consent=false"], "consent is not signed");
}

#[test]
fn with_a_positive_infection_marker_it_is_refused() {
    refused(&["donor.infection_markers_negative=false"], "an infection marker is positive");
}

#[test]
fn in_pregnancy_it_is_refused() {
    refused(&["donor.pregnant=true"], "the pregnancy test is positive");
}

#[test]
fn the_wrong_donor_is_refused() {
    refused(&["order.donor_id=PT-9999"], "donor PT-9999 was scanned but PT-0074 is prescribed");
}

#[test]
fn anaemia_is_refused() {
    refused(&["donor.hematocrit_pct=22"], "haemoglobin is 73.7 g/L, below 80.0 g/L");
}

#[test]
fn platelets_that_would_fall_too_low_are_refused() {
    let set = ["donor.platelet_1e9_l=31", "protocol.target.tbv_multiple=3.6"];
    refused(&set, "platelets are predicted to be 19 x 1e9/L afterwards, below 20");
}

#[test]
fn a_small_child_on_the_standard_set_is_refused() {
    let file = "../../donors/child-12kg.toml";
    let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let child = NamedText { name: file.into(), text };
    assert_refused(&Watched::new(1, Some(child), &[]).finish(), "of the blood volume, more than 15.0 %");
}

#[test]
fn low_ionised_calcium_is_refused() {
    refused(&["donor.ionised_calcium_mmol_l=0.9"], "ionised calcium is 0.90 mmol/L, below 1.00 mmol/L");
}
