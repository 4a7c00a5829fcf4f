//! The built-in procedure against the figures that were published of such procedures.

use leuka_control::PhaseName;
use leuka_procedure::{Sample, Source, pretty};
use sha2::{Digest, Sha256};

use crate::watched::{Recorded, built_in, built_in_on_the_channel, first, moment, worst_balance};

/// SHA-256 of the outcome of `leuka run --json` (seed 1). A change of any model, parameter or the version changes it:
/// take the new value from this test's failure, or from `leuka run --json | sha256sum`, and say in the commit why.
const OUTCOME_SHA256: &str = "0e0a53920ad4723eafe4d64f67eb284f5e5270dac1f1c520b481223ac2966a2d";

fn fall_pct(before: f64, after: f64) -> f64 {
    100.0 * (before - after) / before
}

fn begin_s(run: &Recorded, phase: PhaseName) -> f64 {
    moment(&run.events, Source::Control, &format!("{phase} begins"), 0.0)
}

fn at(run: &Recorded, time_s: f64) -> &Sample {
    run.samples.iter().find(|sample| sample.time_s >= time_s).unwrap()
}

#[test]
fn the_built_in_procedure_goes_through_every_phase_and_completes() {
    let run = built_in();
    assert!(run.outcome.completed, "{}", run.outcome.end_reason);
    assert_eq!(run.outcome.end_reason, "the target was reached");
    let mut reached_s = 0.0;
    let not_in_it = [
        PhaseName::SelfTest,
        PhaseName::RedCells,
        PhaseName::Elute,
        PhaseName::Paused,
        PhaseName::Stopped,
        PhaseName::Refused,
    ];
    for phase in PhaseName::ALL.into_iter().filter(|phase| !not_in_it.contains(phase)) {
        let begin_s = begin_s(run, phase);
        assert!(begin_s > reached_s, "{phase} begins at {begin_s} s, before {reached_s} s");
        reached_s = begin_s;
    }
    for phase in [PhaseName::Paused, PhaseName::Stopped, PhaseName::Refused] {
        assert_eq!(first(&run.events, Source::Control, &format!("{phase} begins"), 0.0), None);
    }
}

#[test]
fn cd34_collection_efficiency_is_45_to_75_pct() {
    let efficiency = built_in().outcome.efficiency.cd34.ce2_pct.unwrap();
    assert!((45.0..=75.0).contains(&efficiency), "{efficiency}");
}

/// The stage's table misses this by 2 points: it loses too few platelets at high white counts.
#[test]
fn platelets_fall_by_15_to_45_pct_on_the_channel() {
    let donor = &built_in_on_the_channel().outcome.donor;
    let fall = fall_pct(donor.pre.platelet_1e9_l, donor.post.platelet_1e9_l);
    assert!((15.0..=45.0).contains(&fall), "{fall}");
}

#[test]
fn stage_and_channel_agree_on_cd34_efficiency_within_3_points() {
    let ce2 = |run: &Recorded| run.outcome.efficiency.cd34.ce2_pct.unwrap();
    let (stage, channel) = (ce2(built_in()), ce2(built_in_on_the_channel()));
    assert!((stage - channel).abs() < 3.0, "stage {stage} %, channel {channel} %");
}

#[test]
fn haematocrit_falls_by_4_to_10_pct_of_its_value() {
    let donor = &built_in().outcome.donor;
    let fall = fall_pct(donor.pre.hematocrit_pct, donor.post.hematocrit_pct);
    assert!((4.0..=10.0).contains(&fall), "{fall}");
}

#[test]
fn ionised_calcium_falls_by_8_to_35_pct() {
    let donor = &built_in().outcome.donor;
    for after in [donor.post.ionised_calcium_mmol_l, donor.nadir.ionised_calcium_mmol_l] {
        let fall = fall_pct(donor.pre.ionised_calcium_mmol_l, after);
        assert!((8.0..=35.0).contains(&fall), "{fall}");
    }
}

#[test]
fn product_haematocrit_is_1_to_6_pct() {
    let hematocrit = built_in().outcome.product.hematocrit_pct;
    assert!((1.0..=6.0).contains(&hematocrit), "{hematocrit}");
}

#[test]
fn cd34_in_blood_falls_by_20_to_40_pct_in_the_first_hour_and_then_levels() {
    let run = built_in();
    let (begin_s, end_s) = (begin_s(run, PhaseName::EstablishInterface), begin_s(run, PhaseName::RinseBack));
    let before = run.outcome.donor.pre.cd34_per_ul;
    let fall = |time_s: f64| fall_pct(before, at(run, time_s).true_cd34_per_ul);
    let (first_hour, second_hour, end) = (fall(begin_s + 3600.0), fall(begin_s + 7200.0), fall(end_s));
    assert!((20.0..=40.0).contains(&first_hour), "{first_hour}");
    assert!(end_s > begin_s + 7200.0);
    assert!((end - second_hour).abs() < 10.0, "{second_hour} after two hours, {end} at the end");
}

#[test]
fn the_interface_settles_within_15_minutes_of_blood_in_the_channel() {
    let run = built_in();
    let waited_s = begin_s(run, PhaseName::Collect) - begin_s(run, PhaseName::Divert);
    assert!(waited_s <= 900.0, "{waited_s} s");
}

#[test]
fn after_15_minutes_collect_haematocrit_holds_within_1_point_of_its_set_point() {
    const SET_POINT_PCT: f64 = 3.0;
    let run = built_in();
    let begin_s = begin_s(run, PhaseName::EstablishInterface) + 900.0;
    let end_s = self::begin_s(run, PhaseName::RinseBack);
    let held: Vec<_> = run.samples.iter().filter(|sample| sample.time_s >= begin_s && sample.time_s <= end_s).collect();
    #[expect(clippy::cast_precision_loss, reason = "600 samples")]
    let mean = |window: &[&Sample]| {
        window.iter().map(|sample| sample.collect_hematocrit_pct).sum::<f64>() / window.len() as f64
    };
    let means: Vec<f64> = held.chunks_exact(600).map(mean).collect();
    assert!(means.len() > 12);
    assert!(means.iter().all(|mean| (mean - SET_POINT_PCT).abs() <= 1.0), "means of 10 min: {means:.2?}");
}

#[test]
fn a_right_entry_raises_no_mismatch() {
    assert!(built_in().outcome.alarms.iter().all(|alarm| alarm.code != "hematocrit_mismatch"));
}

#[test]
fn oxygen_saturation_is_steady_within_1_point() {
    let spo2_pct = &built_in().spo2_pct;
    let low = spo2_pct.iter().copied().fold(f64::INFINITY, f64::min);
    let high = spo2_pct.iter().copied().fold(0.0, f64::max);
    assert!(low > 90.0 && high - low <= 1.0, "{low} to {high} %");
}

#[test]
fn nothing_is_lost_in_the_built_in_procedure() {
    let outcome = &built_in().outcome;
    assert!(outcome.balance.len() >= 15);
    assert!(worst_balance(outcome) < 1e-9, "{:?}", outcome.balance);
}

#[test]
fn the_outcome_has_the_committed_hash() {
    let hash: String = Sha256::digest(pretty(&built_in().outcome)).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, OUTCOME_SHA256);
}
