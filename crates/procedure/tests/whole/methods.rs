//! The other methods, each with its ready protocol and donor on the coarse channel, against published bands.

use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{Outcome, Sources};

use crate::watched::{COARSE, Recorded, Watched, worst_balance};

fn ready(path: &str) -> NamedText {
    let full = format!("{}/../../{path}.toml", env!("CARGO_MANIFEST_DIR"));
    NamedText { name: path.to_owned(), text: std::fs::read_to_string(full).unwrap() }
}

/// Runs to the end, which must be the target, with everything accounted for and no high alarm.
fn completed(protocol: &str, donor: &str) -> Recorded {
    let run = Watched::of(&Sources {
        protocol: Some(ready(protocol)),
        donor: Some(ready(donor)),
        overrides: COARSE.iter().map(|text| Override::parse(text).unwrap()).collect(),
        seed: 1,
        ..Sources::default()
    })
    .finish();
    assert!(run.outcome.completed, "{}", run.outcome.end_reason);
    assert!(worst_balance(&run.outcome) < 1e-9, "{:?}", run.outcome.balance);
    let high = run.outcome.alarms.iter().find(|alarm| alarm.priority == "high");
    assert!(high.is_none(), "{high:?}");
    run
}

fn is_alarmed(outcome: &Outcome, code: &str) -> bool {
    outcome.alarms.iter().any(|alarm| alarm.code == code)
}

#[test]
fn granulocytes_are_collected_with_starch_at_the_published_efficiency() {
    let outcome = completed("protocols/granulocytes", "donors/granulocyte-donor-80kg").outcome;
    // Rows F1 and F4: 53.7 %, and 40 to 60 % over the interface's range, at a product haematocrit of 7.4 %.
    let efficiency = outcome.efficiency.granulocyte.ce2_pct.unwrap();
    assert!((40.0..=60.0).contains(&efficiency), "{efficiency}");
    assert!((6.0..=8.5).contains(&outcome.product.hematocrit_pct), "{}", outcome.product.hematocrit_pct);
    let dose = outcome.product.cells.granulocyte / 1e6 / 80.0;
    assert!((outcome.dose_1e6_per_kg / dose - 1.0).abs() < 1e-12, "the dose counts granulocytes");
    // More starch than 33 mL/kg is never given.
    assert!(outcome.anticoagulant_total_ml < 33.0 * 80.0);
}

#[test]
fn a_depletion_takes_white_cells_as_published_and_keeps_the_fluid_balance() {
    let outcome = completed("protocols/depletion", "donors/leukaemia-70kg").outcome;
    // Row F11: white cells fall by 50.3 +- 21.2 %, CE1 53.7 +- 19.8 %.
    let fall = 100.0 * (1.0 - outcome.donor.post.wbc_1e9_l / outcome.donor.pre.wbc_1e9_l);
    assert!((29.1..=71.5).contains(&fall), "{fall}");
    let efficiency = outcome.efficiency.wbc.ce1_pct.unwrap();
    assert!((33.9..=73.5).contains(&efficiency), "{efficiency}");
    assert!(outcome.product.volume_ml > 900.0, "{}", outcome.product.volume_ml);
    assert!(!is_alarmed(&outcome, "fluid_balance") && outcome.donor.fluid_balance_ml.abs() < 100.0);
}

#[test]
fn monocytes_are_collected_while_the_speed_follows_the_inlet() {
    let run = completed("protocols/monocytes", "donors/healthy-70kg");
    let dose = run.outcome.product.cells.monocyte / 1e6 / 70.0;
    assert!((run.outcome.dose_1e6_per_kg / dose - 1.0).abs() < 1e-12, "the dose counts monocytes");
    // 171 g min at 55 mL/min are 1149 rpm; the tachometer has a bias and noise.
    let steady = run.samples.iter().filter(|sample| (3600.0..9000.0).contains(&sample.time_s));
    assert!(steady.clone().count() > 5000);
    steady.for_each(|sample| assert!((sample.centrifuge_rpm - 1149.0).abs() < 12.0, "{}", sample.centrifuge_rpm));
}
