//! What the slower pace of fluid, channel and donor changes of a whole procedure.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_procedure::file::Override;
use leuka_procedure::{Inputs, Outcome, Run, Sources};

fn outcome(set: &[&str]) -> Outcome {
    let overrides = set.iter().map(|text| Override::parse(text).unwrap()).collect();
    let mut run = Run::new(&Inputs::read(&Sources { overrides, seed: 1, ..Sources::default() }).unwrap()).unwrap();
    while run.is_running() {
        run.second();
    }
    run.outcome()
}

#[test]
fn fluid_that_is_carried_on_every_beat_gives_the_same_procedure() {
    let usual = outcome(&[]);
    let finest = outcome(&["model.machine.timing.separator_period=0.05", "model.machine.timing.donor_period=0.05"]);
    let figures = |run: &Outcome| {
        [
            ("blood processed", run.whole_blood_processed_ml, 0.01),
            ("anticoagulant", run.anticoagulant_total_ml, 0.01),
            ("CD34+ CE2", run.efficiency.cd34.ce2_pct.unwrap(), 0.02),
            ("product", run.product.volume_ml, 0.01),
            ("lowest ionised calcium", run.donor.nadir.ionised_calcium_mmol_l, 0.01),
            ("platelets afterwards", run.donor.post.platelet_1e9_l, 0.01),
            ("haematocrit afterwards", run.donor.post.hematocrit_pct, 0.01),
        ]
    };
    for ((name, usual, part), (_, finest, _)) in figures(&usual).into_iter().zip(figures(&finest)) {
        println!("{name}: {usual} and {finest}, {:+.3} %", 100.0 * (usual / finest - 1.0));
        assert!((usual / finest - 1.0).abs() < part, "{name}: {usual}, on every beat {finest}");
    }
}
