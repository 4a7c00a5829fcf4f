//! What changes when the operator enters something else: a wrong haematocrit, a longer run.

use std::thread;

use leuka_procedure::{Outcome, Source};

use crate::watched::{coarse, first};

/// True haematocrit 41 %.
fn is_noticed(entered_pct: f64) {
    let mut watched = coarse(&[&format!("order.entered_hematocrit_pct={entered_pct}")]);
    let said = format!("alarm hematocrit_mismatch: {entered_pct:.1} % was entered but the red-cell balance shows ");
    watched.until("a mismatch", |watched| first(&watched.events, Source::Control, &said, 0.0).is_some());
    let outcome = watched.run.outcome();
    let alarm = outcome.alarms.iter().find(|alarm| alarm.code == "hematocrit_mismatch").unwrap();
    assert!(alarm.reason.starts_with(&said), "{}", alarm.reason);
    let estimated_pct = watched.run.controller().progress().estimated_hematocrit.pct();
    assert!(
        (estimated_pct - 41.0).abs() < (entered_pct - 41.0).abs(),
        "{entered_pct} % was entered, {estimated_pct} % is believed: further from 41 % than the entry"
    );
}

#[test]
fn a_haematocrit_entered_too_high_is_noticed_and_said() {
    is_noticed(50.0);
}

#[test]
fn a_haematocrit_entered_too_low_is_noticed_and_said() {
    is_noticed(32.0);
}

fn processing(blood_volumes: f64) -> Outcome {
    coarse(&[&format!("protocol.target.tbv_multiple={blood_volumes}")]).finish().outcome
}

#[test]
fn three_times_the_blood_keeps_the_collection_efficiency_within_15_pct() {
    let (short, long) = thread::scope(|scope| {
        let short = scope.spawn(|| processing(1.2));
        let long = scope.spawn(|| processing(3.6));
        (short.join().unwrap(), long.join().unwrap())
    });
    for (outcome, wanted) in [(&short, 1.2), (&long, 3.6)] {
        assert!(outcome.completed, "{wanted} blood volumes: {}", outcome.end_reason);
        assert!((outcome.tbv_processed - wanted).abs() < 0.1, "{} instead of {wanted}", outcome.tbv_processed);
    }
    let (short, long) = (short.efficiency.cd34.ce2_pct.unwrap(), long.efficiency.cd34.ce2_pct.unwrap());
    assert!((long / short - 1.0).abs() <= 0.15, "{short} and {long} %");
}
