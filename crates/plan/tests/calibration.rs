//! Whether the stated probabilities are true, on cohorts of the prior's own kind and of a shifted site.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_blood::quantity::Fraction;
use leuka_blood::random::Seed;
use leuka_dose::{DoseCell, EfficiencyPrior};
use leuka_plan::{Captures, Case, Cohort, Collection, Rule, calibrate, case, check_calibration, learn, rules};

const SEED: Seed = Seed { seed: 1, study: 7, subject: 0 };
/// Another study: the runs that a site learns from are not those that it is tried on.
const PAST: Seed = Seed { seed: 1, study: 8, subject: 0 };

fn prior() -> EfficiencyPrior {
    EfficiencyPrior::from_file(&EfficiencyPrior::embedded_file().unwrap(), DoseCell::Cd34).unwrap()
}

fn past(cohort: &Cohort, runs: u64) -> Vec<Collection> {
    let (prior, captures) = (prior(), Captures::new(&prior()));
    (0..runs).map(|subject| leuka_plan::finished(&case(&prior, &captures, cohort, Seed { subject, ..PAST }))).collect()
}

#[test]
fn bands_hold_what_they_say_on_the_priors_own_kind() {
    for bag_count in [false, true] {
        let table = calibrate(&prior(), &prior(), &Cohort::OWN, bag_count, 4000, SEED);
        assert_eq!(check_calibration(&table), Vec::<String>::new(), "{table:#?}");
    }
}

#[test]
fn a_shifted_site_is_missed_before_it_has_learned_and_not_after() {
    let before = calibrate(&prior(), &prior(), &Cohort::SHIFTED, false, 3000, SEED);
    let [first, ..] = before.stages.as_slice() else { panic!("no stages") };
    assert!(
        (first.band_80_pct - before.expected_before_80_pct).abs() < 4.0,
        "{first:?} {}",
        before.expected_before_80_pct
    );
    assert!(first.band_80_pct < 50.0);
    let learned = learn(&prior(), DoseCell::Cd34, &past(&Cohort::SHIFTED, 40)).unwrap();
    let after = calibrate(&learned.apply(&prior()), &prior(), &Cohort::SHIFTED, false, 3000, SEED);
    for stage in &after.stages {
        assert!(
            (stage.band_80_pct - 80.0).abs() < 5.0 && (stage.band_95_pct - 95.0).abs() < 5.0,
            "{learned:?} {stage:?}"
        );
    }
}

#[test]
fn one_bag_count_puts_a_shifted_site_right_from_half_of_the_run() {
    let table = calibrate(&prior(), &prior(), &Cohort::SHIFTED, true, 3000, SEED);
    for stage in table.stages.iter().skip(2) {
        assert!((stage.band_80_pct - 80.0).abs() < 5.0 && (stage.band_95_pct - 95.0).abs() < 5.0, "{stage:?}");
    }
}

#[test]
fn the_live_estimate_needs_less_blood_than_a_fixed_volume_at_equal_risk() {
    let (usual, equal) = rules(&prior(), &Cohort::OWN, Fraction::from_pct(90.0), 1500, SEED);
    let of = |rule| *equal.iter().find(|result| result.rule == rule).unwrap();
    let live = of(Rule::Live);
    for rule in [Rule::Litres, Rule::SiteMean, Rule::FortyPercent] {
        let other = of(rule);
        assert!((other.below_goal_pct - live.below_goal_pct).abs() < 0.5, "{other:?}");
        assert!(live.litres < other.litres, "{other:?} {live:?}");
    }
    assert_eq!(usual.len(), 4);
}

#[test]
fn a_case_is_the_same_whenever_it_is_drawn() {
    let captures = Captures::new(&prior());
    let draw = || case(&prior(), &captures, &Cohort::OWN, Seed { subject: 5, ..SEED });
    let (one, other): (Case, Case) = (draw(), draw());
    assert_eq!(one, other);
}
