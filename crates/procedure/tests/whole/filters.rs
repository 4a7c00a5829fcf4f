//! Whole procedures by filter, column and elutriation chamber, each with its ready protocol.

use leuka_control::PhaseName;

use crate::watched::{COARSE, Recorded, Watched, worst_balance};

fn completed(protocol: &str, set: &[&str]) -> Recorded {
    let run = Watched::ready(protocol, "healthy-70kg", set).finish();
    assert!(run.outcome.completed, "{protocol}: {}", run.outcome.end_reason);
    assert!(worst_balance(&run.outcome) < 1e-9, "{protocol}: {:?}", run.outcome.balance);
    run
}

fn entered(run: &Recorded, phase: PhaseName) -> bool {
    run.events.iter().any(|event| event.text == format!("{phase} begins"))
}

#[test]
fn granulocytes_are_collected_by_a_depth_filter_and_the_penalty_is_told() {
    let run = completed("granulocytes-depth-filter", &[]);
    assert!(entered(&run, PhaseName::Elute) && !entered(&run, PhaseName::EstablishInterface));
    let outcome = &run.outcome;
    let efficiency = outcome.efficiency.granulocyte.ce2_pct.unwrap();
    // 91 % adhere, 65 % of these come off, and the donor's count falls by a third meanwhile: some 45 % at most.
    assert!((30.0..50.0).contains(&efficiency), "{efficiency}");
    let eluted = outcome.filtration.unwrap().eluted.unwrap();
    assert!((55.0..66.0).contains(&eluted.granulocyte_recovery_pct), "{eluted:?}");
    assert!(eluted.post_transfusion_recovery_pct < eluted.post_transfusion_recovery_centrifuged_pct);
    assert!(outcome.product.hematocrit_pct < 3.0);
}

#[test]
fn a_depth_filter_in_acd_collects_little() {
    let in_heparin = completed("granulocytes-depth-filter", &["protocol.target.volume_ml=1500"]);
    let acd = ["protocol.target.volume_ml=1500", "protocol.anticoagulant.solution=acd-a"];
    let in_acd = completed("granulocytes-depth-filter", &acd);
    let efficiency = |run: &Recorded| run.outcome.efficiency.granulocyte.ce2_pct.unwrap();
    assert!(efficiency(&in_acd) < 0.35 * efficiency(&in_heparin), "{}", efficiency(&in_acd));
}

#[test]
fn a_column_takes_granulocytes_and_monocytes_and_leaves_no_product() {
    let run = completed("gma-column", &[]);
    assert!(!entered(&run, PhaseName::Product));
    let (pre, post) = (&run.outcome.donor.pre, &run.outcome.donor.post);
    let held = run.outcome.filtration.unwrap().held_wbc;
    let passed = (pre.granulocyte_1e9_l + pre.monocyte_1e9_l) * run.outcome.whole_blood_processed_ml * 1e6;
    assert!((0.5..0.7).contains(&(held / passed)), "{held:e} of {passed:e}");
    assert!(post.granulocyte_1e9_l < pre.granulocyte_1e9_l);
}

#[test]
fn an_ace_inhibitor_refuses_the_column_and_only_the_column() {
    let refused = Watched::ready("gma-column", "healthy-70kg", &["donor.ace_inhibitor=true"]).finish();
    assert!(refused.outcome.end_reason.contains("ACE inhibitor"), "{}", refused.outcome.end_reason);
    assert!(!entered(&refused, PhaseName::Connect));
    let mut other = Watched::ready("size-filter", "healthy-70kg", &["donor.ace_inhibitor=true"]);
    other.until_phase(PhaseName::LoadSet);
}

#[test]
fn a_size_filter_keeps_white_cells_of_diluted_blood_and_its_pressure_holds_the_flow() {
    let run = completed("size-filter", &[]);
    let outcome = &run.outcome;
    let (white, platelets) = (outcome.efficiency.wbc.ce2_pct.unwrap(), outcome.efficiency.platelet.ce2_pct.unwrap());
    assert!(white > 60.0 && platelets < 20.0, "{white} % of white cells, {platelets} % of platelets");
    assert!(
        run.events
            .iter()
            .any(|event| event.text.starts_with("inlet lowered") && event.text.contains("filter pressure"))
    );
    assert!(outcome.inlet_flow_mean_ml_min < 27.0, "{}", outcome.inlet_flow_mean_ml_min);
}

#[test]
fn the_chamber_collects_in_cycles_and_washes_platelets_back() {
    let shorter = [&COARSE[..], &["donor.hematocrit_pct=35", "protocol.target.tbv_multiple=0.7"]].concat();
    let run = completed("chamber-cd3", &shorter);
    let flushes = run.events.iter().filter(|event| event.text.contains("is flushed")).count();
    assert!(flushes >= 3, "{flushes}");
    let cells = &run.outcome.product.cells;
    assert!(cells.platelet / cells.wbc < 10.0, "{} platelets to a white cell", cells.platelet / cells.wbc);
}
