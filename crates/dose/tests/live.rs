//! The dose as a distribution: what it says before the run, and what it makes of a run and of counts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_blood::quantity::*;
use leuka_dose::{Belief, DoseCell, EfficiencyPrior, LiveDose, Purpose, Situation, Stretch, ce2};

/// The worked example of a 74 kg patient: goal 5e6/kg, 68 per uL, CE2 61 %.
const PURPOSE: Purpose = Purpose {
    pre_count: CellConcentration::from_per_ul(68.0),
    tbv: Volume::from_litres(4.9),
    dose_weight: Mass::from_kg(74.0),
    goal: CellDose::from_1e6_kg(5.0),
    minimum: CellDose::from_1e6_kg(2.0),
};
const FLOW: FlowRate = FlowRate::from_ml_min(55.0);

fn belief() -> Belief {
    let prior = EfficiencyPrior::from_file(&EfficiencyPrior::embedded_file().unwrap(), DoseCell::Cd34).unwrap();
    prior.belief(&Situation {
        expected: Some(Fraction::from_pct(61.0)),
        white_cells: prior.covariates.reference_white_cells,
        hematocrit: prior.covariates.reference_hematocrit,
        packing: None,
    })
}

fn usual() -> Fraction {
    belief().common.reference_collecting
}

fn after(live: &LiveDose, minutes: f64) -> LiveDose {
    live.ahead(TimeSpan::from_minutes(minutes), FLOW, usual())
}

#[test]
fn the_spread_of_a_run_is_a_quarter_as_planners_report() {
    let spread = belief().total_spread();
    assert!((spread - 0.25).abs() < 0.01, "log-sd {spread}");
}

#[test]
fn the_reference_run_has_the_median_efficiency() {
    let reference = belief().common;
    let flow = FlowRate::from_ml_min(PURPOSE.tbv.ml() * reference.reference_flow_per_min);
    let end = LiveDose::new(&belief(), &PURPOSE).ahead(reference.reference_time, flow, reference.reference_collecting);
    let collected = end.estimate().median * PURPOSE.dose_weight;
    let ce2 = ce2(collected, flow * reference.reference_time, PURPOSE.pre_count).unwrap();
    assert!((ce2.pct() - 61.0).abs() < 0.5, "{} %", ce2.pct());
}

#[test]
fn ninety_percent_needs_two_fifths_more_than_even_odds() {
    let live = LiveDose::new(&belief(), &PURPOSE);
    let litres = |confidence| {
        let time = live.time_to(PURPOSE.goal, Fraction::from_pct(confidence), FLOW, usual(), TimeSpan::from_hours(8.0));
        (FLOW * time.unwrap()).litres()
    };
    // The point formula needs 8.92 L for even odds and, with a log-sd of 0.25, 1.378 times that for 90 %: 12.3 L. A run
    // that is shorter than the reference needs a little less, because counts fall in it.
    assert!((litres(50.0) / 8.92 - 0.97).abs() < 0.03, "{} L", litres(50.0));
    assert!((litres(90.0) / litres(50.0) - 1.378).abs() < 0.02, "{} L", litres(90.0));
}

#[test]
fn steps_of_a_minute_come_to_the_same_as_one_long_step() {
    let start = LiveDose::new(&belief(), &PURPOSE);
    let mut steps = start.clone();
    for _ in 0..180 {
        let time = TimeSpan::from_minutes(1.0);
        steps.step(&Stretch { time, processed: FLOW * time, collecting: usual(), efficiency: 1.0 });
    }
    let (many, one) = (steps.estimate(), after(&start, 180.0).estimate());
    assert!((many.median / one.median - 1.0).abs() < 1e-6);
    assert!((many.goal.fraction() - one.goal.fraction()).abs() < 1e-6);
}

#[test]
fn probabilities_and_quantiles_undo_each_other() {
    let live = after(&LiveDose::new(&belief(), &PURPOSE), 200.0);
    for p in [0.001, 0.025, 0.1, 0.5, 0.9, 0.975, 0.999] {
        let dose = live.quantile(Fraction::from_fraction(p));
        assert!((1.0 - live.probability(dose).fraction() - p).abs() < 1e-6, "{p}");
    }
    let estimate = live.estimate();
    let doses = [estimate.band_95[0], estimate.band_80[0], estimate.median, estimate.band_80[1], estimate.band_95[1]];
    assert!(doses.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(estimate.minimum > estimate.goal);
}

#[test]
fn a_bag_count_narrows_the_band_and_moves_it_towards_the_count() {
    let mut live = after(&LiveDose::new(&belief(), &PURPOSE), 120.0);
    let before = live.estimate();
    let counted = before.median * PURPOSE.dose_weight * 0.8;
    live.bag_count(counted);
    let now = live.estimate();
    assert!(now.median < before.median && now.median > before.median * 0.8 * 0.99);
    let width = |band: [CellDose; 2]| band[1] / band[0];
    assert!(width(now.band_80) < 1.0 + 0.4 * (width(before.band_80) - 1.0));
    // What is still to come is less certain than what was counted, and lower than was believed.
    assert!(
        width(after(&live, 60.0).estimate().band_80)
            < width(after(&LiveDose::new(&belief(), &PURPOSE), 180.0).estimate().band_80)
    );
}

#[test]
fn a_result_that_comes_late_counts_for_the_moment_of_its_sample() {
    let start = after(&LiveDose::new(&belief(), &PURPOSE), 90.0);
    let cells = start.estimate().median * PURPOSE.dose_weight * 1.2;
    let mut at_once = start.clone();
    at_once.bag_count(cells);
    let mut later = start;
    later.sample();
    let mut later = after(&later, 45.0);
    later.bag_count(cells);
    assert!((after(&at_once, 45.0).estimate().median / later.estimate().median - 1.0).abs() < 1e-9);
}

#[test]
fn a_high_blood_count_means_that_the_marrow_releases_more() {
    let start = after(&LiveDose::new(&belief(), &PURPOSE), 90.0);
    let with = |per_ul: f64| {
        let mut live = start.clone();
        live.blood_count(CellConcentration::from_per_ul(per_ul));
        live.inferred().release_per_min.0
    };
    assert!(with(60.0) > with(45.0) && with(45.0) > with(30.0));
}

#[test]
fn blood_counts_fall_by_a_third_and_then_stay() {
    // Row C7: 30 % in the first 30 to 70 min, then level.
    let level = |minutes| after(&LiveDose::new(&belief(), &PURPOSE), minutes).inferred().level;
    assert!((0.60..0.85).contains(&level(60.0)), "{}", level(60.0));
    assert!(level(60.0) - level(240.0) < 0.12, "{} to {}", level(60.0), level(240.0));
}

#[test]
fn no_cells_and_no_blood_are_no_dose() {
    let live = LiveDose::new(&belief(), &PURPOSE);
    assert_eq!(live.estimate().goal.fraction(), 0.0);
    assert!(live.estimate().median.count_1e6_kg() < 1e-100);
    let none = Purpose { pre_count: CellConcentration::ZERO, ..PURPOSE };
    let mut none = after(&LiveDose::new(&belief(), &none), 200.0);
    none.bag_count(CellCount::from_1e6(10.0));
    none.blood_count(CellConcentration::from_per_ul(10.0));
    assert_eq!(none.estimate().goal.fraction(), 0.0);
    assert!(none.time_to(PURPOSE.goal, Fraction::from_pct(50.0), FLOW, usual(), TimeSpan::from_hours(8.0)).is_none());
}
