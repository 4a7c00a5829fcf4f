//! When to stop: the live estimate against the rules in use, each at its own setting and at equal risk.

use leuka_blood::math::exp;
use leuka_blood::quantity::Fraction;
use leuka_blood::random::Seed;
use leuka_dose::{CITRATE_MG_PER_MMOL, EfficiencyPrior, LiveDose};
use serde::Serialize;

use crate::cohort::{Captures, Case, Cohort, case};

/// A rule that ends collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// So many litres for everybody.
    Litres,
    /// The volume by CE2 with the site's mean, times a factor.
    SiteMean,
    /// The volume with an efficiency of 40 %, times a factor.
    FortyPercent,
    /// The live estimate, with one bag count.
    Live,
}

/// What became of the donors under one rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: Rule,
    /// Its setting: litres, factor, or confidence in per cent.
    pub setting: f64,
    /// Share below the goal, %.
    pub below_goal_pct: f64,
    /// Share below the minimum, %.
    pub below_minimum_pct: f64,
    /// Share above one and a half times the goal, %.
    pub over_pct: f64,
    /// Mean of litres.
    pub litres: f64,
    /// Mean of minutes.
    pub minutes: f64,
    /// Mean of citrate, mg/kg.
    pub citrate_mg_kg: f64,
    /// Mean fall of platelets, %.
    pub platelets_pct: f64,
}

/// Minutes after which every collection ends, and blood volumes.
const MOST_MINUTES: u32 = 480;
const MOST_TBV: f64 = 5.0;
/// The bag is sampled when the median is at this part of the goal; its count comes so many minutes later.
const SAMPLE_AT: f64 = 0.6;
const COUNTED_AFTER: usize = 30;
/// More than so many times the goal is over-collected.
const OVER: f64 = 1.5;
/// Anticoagulant for blood at an inlet ratio of 12, citrate in it, and platelets kept by the separator, as in control's
/// predictions.
const BLOOD_TO_ANTICOAGULANT: f64 = 11.0;
const CITRATE_MMOL_ML: f64 = 0.113;
const PLATELET_EFFICIENCY: f64 = 0.3;
const PLATELET_POOL: f64 = 1.5;

struct Donor {
    /// Litres and dose after each minute.
    path: Vec<(f64, f64)>,
    /// Litres that a CE2 of one would need.
    litres_at_one: f64,
    goal: f64,
    minimum: f64,
    tbv_l: f64,
    weight_kg: f64,
    /// Minute at which the live estimate stops.
    live: usize,
}

/// The rules on `donors` collections of a cohort: first each at its usual setting, then the first three where their share
/// below the goal is that of the live estimate.
#[must_use]
pub fn rules(
    prior: &EfficiencyPrior,
    cohort: &Cohort,
    confidence: Fraction,
    donors: u64,
    seed: Seed,
) -> (Vec<RuleResult>, Vec<RuleResult>) {
    let cohort = Cohort { minutes: MOST_MINUTES, ..*cohort };
    let captures = Captures::new(prior);
    let all: Vec<Donor> = (0..donors)
        .map(|subject| donor(prior, &case(prior, &captures, &cohort, Seed { subject, ..seed }), confidence))
        .collect();
    let mean = prior.efficiency.fraction();
    let of = |rule, setting| result(&all, mean, rule, setting);
    let live = of(Rule::Live, confidence.pct());
    let usual = vec![of(Rule::Litres, 12.0), of(Rule::SiteMean, 1.0), of(Rule::FortyPercent, 1.0), live];
    let equal = |rule, (mut low, mut high): (f64, f64)| {
        for _ in 0..30 {
            let middle = 0.5 * (low + high);
            if of(rule, middle).below_goal_pct > live.below_goal_pct { low = middle } else { high = middle }
        }
        of(rule, high)
    };
    let ranges = [(Rule::Litres, (0.5, 40.0)), (Rule::SiteMean, (0.3, 5.0)), (Rule::FortyPercent, (0.3, 5.0))];
    let at_equal_risk = ranges.map(|(rule, range)| equal(rule, range)).into_iter().chain([live]).collect();
    (usual, at_equal_risk)
}

fn donor(prior: &EfficiencyPrior, case: &Case, confidence: Fraction) -> Donor {
    let purpose = &case.purpose;
    let belief = prior.belief(&Case::situation(prior));
    let mut live = LiveDose::new(&belief, purpose);
    let (mut litres, mut path) = (0.0, Vec::new());
    let (mut sampled, mut stopped) = (None, None);
    for (minute, passed) in case.minutes.iter().enumerate() {
        litres += passed.seen.processed.litres();
        path.push((litres, passed.dose));
        if stopped.is_none() {
            live.step(&passed.seen);
            if sampled.is_none() && live.quantile(Fraction::from_fraction(0.5)) >= purpose.goal * SAMPLE_AT {
                sampled = Some(minute + 1);
                live.sample();
            }
            if let Some(at) = sampled.filter(|at| minute + 1 == at + COUNTED_AFTER) {
                live.bag_count(case.counted(at, case.laboratory[0]));
            }
            if live.probability(purpose.goal) >= confidence {
                stopped = Some(minute);
            }
        }
        if litres >= MOST_TBV * purpose.tbv.litres() {
            break;
        }
    }
    let goal = purpose.goal.count_1e6_kg();
    Donor {
        live: stopped.unwrap_or(path.len().saturating_sub(1)),
        litres_at_one: goal * case.weight_kg / purpose.pre_count.per_ul(),
        path,
        goal,
        minimum: purpose.minimum.count_1e6_kg(),
        tbv_l: purpose.tbv.litres(),
        weight_kg: case.weight_kg,
    }
}

fn result(donors: &[Donor], mean: f64, rule: Rule, setting: f64) -> RuleResult {
    let mut sum = RuleResult {
        rule,
        setting,
        below_goal_pct: 0.0,
        below_minimum_pct: 0.0,
        over_pct: 0.0,
        litres: 0.0,
        minutes: 0.0,
        citrate_mg_kg: 0.0,
        platelets_pct: 0.0,
    };
    #[expect(clippy::cast_precision_loss, reason = "numbers of donors")]
    let each = 1.0 / donors.len().max(1) as f64;
    for donor in donors {
        let by_volume = |wanted: f64| {
            let reached = donor.path.iter().position(|(litres, _)| *litres >= wanted);
            reached.unwrap_or(donor.path.len().saturating_sub(1))
        };
        let minute = match rule {
            Rule::Litres => by_volume(setting),
            Rule::SiteMean => by_volume(setting * donor.litres_at_one / mean),
            Rule::FortyPercent => by_volume(setting * donor.litres_at_one / 0.4),
            Rule::Live => donor.live,
        };
        let (litres, dose) = donor.path.get(minute).copied().unwrap_or_default();
        let share = |is: bool| if is { 100.0 * each } else { 0.0 };
        sum.below_goal_pct += share(dose < donor.goal);
        sum.below_minimum_pct += share(dose < donor.minimum);
        sum.over_pct += share(dose > OVER * donor.goal);
        sum.litres += each * litres;
        #[expect(clippy::cast_precision_loss, reason = "minutes of a run")]
        let minutes = (minute + 1) as f64;
        sum.minutes += each * minutes;
        sum.citrate_mg_kg +=
            each * 1000.0 * litres / BLOOD_TO_ANTICOAGULANT * CITRATE_MMOL_ML * CITRATE_MG_PER_MMOL / donor.weight_kg;
        sum.platelets_pct += each * 100.0 * (1.0 - exp(-PLATELET_EFFICIENCY * litres / (PLATELET_POOL * donor.tbv_l)));
    }
    sum
}
