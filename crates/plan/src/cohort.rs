//! Virtual collections for calibration: a fast generative model that shares no code with the estimate.
//!
//! Blood and marrow are two pools with a flow between them, integrated by the midpoint rule in steps of ten seconds;
//! efficiency differs between sites, between runs and between the quarters of a run; the laboratory, the pumps and the
//! blood-volume formula err; flows wander and pause. What the machine would measure of it is told apart from what is
//! true. It is a model of collections as the priors describe them, not of the separator: whole procedures with donor and
//! separator are run beside it.

use leuka_blood::math::{exp, ln};
use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, Fraction, Mass, TimeSpan, Volume};
use leuka_blood::random::{Seed, Stream};
use leuka_dose::{EfficiencyPrior, Purpose, Situation, Stretch};

/// How a cohort differs from what its prior says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cohort {
    /// The site's efficiency over the prior's.
    pub efficiency: f64,
    /// Its spread over the prior's.
    pub spread: f64,
    /// All runs are of one site; else every run is of another.
    pub one_site: bool,
    /// Length of the runs.
    pub minutes: u32,
}

impl Cohort {
    /// The prior's own kind.
    pub const OWN: Self = Self { efficiency: 1.0, spread: 1.0, one_site: false, minutes: 240 };
    /// A site with 0.7 times the efficiency and 1.5 times the spread.
    pub const SHIFTED: Self = Self { efficiency: 0.7, spread: 1.5, one_site: true, minutes: 240 };
}

/// One minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    /// What the machine measured.
    pub seen: Stretch,
    /// True dose at its end, 1e6/kg.
    pub dose: f64,
}

/// One collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What is entered before it.
    pub purpose: Purpose,
    /// True count before, per uL.
    pub count_per_ul: f64,
    /// Body weight, kg.
    pub weight_kg: f64,
    /// True release, 1/min.
    pub release_per_min: f64,
    /// Minute by minute.
    pub minutes: Vec<Minute>,
    /// The factors of laboratory and scales on a bag count at half of the run and at its end.
    pub laboratory: [f64; 2],
}

impl Case {
    /// The situation, about which this model tells nothing.
    #[must_use]
    pub fn situation(prior: &EfficiencyPrior) -> Situation {
        Situation {
            expected: None,
            white_cells: prior.covariates.reference_white_cells,
            hematocrit: prior.covariates.reference_hematocrit,
            packing: None,
        }
    }

    /// The cells that the laboratory counts in the bag after so many minutes, 1e6.
    #[must_use]
    pub fn counted(&self, minute: usize, laboratory: f64) -> CellCount {
        let dose = self.minutes.get(minute.saturating_sub(1)).map_or(0.0, |minute| minute.dose);
        CellCount::from_1e6(dose * self.weight_kg * laboratory)
    }
}

/// Median count before a mobilised collection and its log-sd: row I1 (60.7 and 128 per uL, as wide as the mean) with
/// poor mobilisers beside.
const COUNT: (f64, f64) = (45.0, 0.75);
const WEIGHT_KG: (f64, f64) = (72.0, 13.0);
const BLOOD_ML_KG: f64 = 66.0;
/// Log-sd of the true blood volume about the formula's.
const BLOOD_VOLUME_SPREAD: f64 = 0.07;
/// Blood volumes in a minute: median and log-sd.
const FLOW: (f64, f64) = (0.0125, 0.12);
/// Log-sd of the flow from minute to minute, and the chance that a minute is a pause.
const FLOW_WANDERS: f64 = 0.03;
const PAUSES: f64 = 0.01;
/// Minutes until the interface stands.
const ESTABLISHING: u32 = 10;
const STEPS: u32 = 6;
const MIN_PER_STEP: f64 = 1.0 / 6.0;
const QUARTERS: usize = 4;
const GOAL: f64 = 5.0;
const MINIMUM: f64 = 2.0;

/// The collection of donor `subject`.
#[must_use]
pub fn case(prior: &EfficiencyPrior, captures: &Captures, cohort: &Cohort, seed: Seed) -> Case {
    let normal = |purpose: &str| seed.stream(purpose).normal();
    let weight_kg = (WEIGHT_KG.0 + WEIGHT_KG.1 * normal("weight")).clamp(45.0, 120.0);
    let formula_ml = BLOOD_ML_KG * weight_kg;
    let blood_ml = formula_ml * exp(BLOOD_VOLUME_SPREAD * normal("blood volume"));
    let count_per_ul = COUNT.0 * exp(COUNT.1 * normal("count"));
    let entered = count_per_ul * exp(prior.common.count_error * normal("laboratory"));
    let release_per_min = prior.release_per_min * exp(prior.release_spread * normal("release"));
    let (site, run) = (prior.site_spread * normal("site"), prior.between_run * normal("run"));
    let both = leuka_blood::math::sqrt(prior.site_spread * prior.site_spread + prior.between_run * prior.between_run);
    let off = if cohort.one_site { both * normal("run") } else { site + run };
    let capture = captures.of(cohort.efficiency * exp(prior.site_offset + cohort.spread * off));
    let body = Body {
        count_per_ul,
        blood_ml,
        weight_kg,
        release_per_min,
        capture,
        pump: exp(prior.common.volume_error * normal("pump")),
    };
    Case {
        purpose: Purpose {
            pre_count: CellConcentration::from_per_ul(entered),
            tbv: Volume::from_ml(formula_ml),
            dose_weight: Mass::from_kg(weight_kg),
            goal: CellDose::from_1e6_kg(GOAL),
            minimum: CellDose::from_1e6_kg(MINIMUM),
        },
        count_per_ul,
        weight_kg,
        release_per_min,
        minutes: body.collect(prior, cohort.minutes, formula_ml * FLOW.0 * exp(FLOW.1 * normal("flow")), seed),
        laboratory: ["half", "end"].map(|when| {
            let scales = prior.common.volume_error * normal(&format!("scales {when}"));
            exp(prior.common.count_error * normal(when) + scales)
        }),
    }
}

struct Body {
    count_per_ul: f64,
    blood_ml: f64,
    weight_kg: f64,
    release_per_min: f64,
    capture: f64,
    /// True over counted volume.
    pump: f64,
}

impl Body {
    fn collect(&self, prior: &EfficiencyPrior, minutes: u32, flow_ml_min: f64, seed: Seed) -> Vec<Minute> {
        let mut quarters = [1.0; QUARTERS];
        let mut stream = seed.stream("quarters");
        for quarter in &mut quarters {
            // Four independent quarters have half of their spread as a whole.
            *quarter = exp(2.0 * prior.within_run * stream.normal());
        }
        let mut wander = seed.stream("wander");
        // Cells in blood, 1e6; what the marrow gives keeps the count as it is while nothing is taken.
        let start = self.count_per_ul * 1e-3 * self.blood_ml;
        let (mut blood, mut bag) = (start, 0.0);
        (0..minutes)
            .map(|minute| {
                let flow = self.flow(&mut wander, flow_ml_min);
                let collecting = minute >= ESTABLISHING;
                let quarter = (minute as usize * QUARTERS / minutes.max(1) as usize).min(QUARTERS - 1);
                let part = quarters.get(quarter).copied().unwrap_or(1.0);
                let capture = if collecting { self.capture * part } else { 0.0 };
                let taken = |cells: f64| capture * flow * cells / self.blood_ml;
                let change = |cells: f64| self.release_per_min * (start - cells) - taken(cells);
                for _ in 0..STEPS {
                    let middle = blood + 0.5 * MIN_PER_STEP * change(blood);
                    blood += MIN_PER_STEP * change(middle);
                    bag += MIN_PER_STEP * taken(middle);
                }
                let seen = Stretch {
                    time: TimeSpan::from_minutes(1.0),
                    processed: Volume::from_ml(flow / self.pump),
                    collecting: Fraction::from_fraction(f64::from(u8::from(collecting))),
                    efficiency: 1.0,
                };
                Minute { seen, dose: bag / self.weight_kg }
            })
            .collect()
    }

    fn flow(&self, wander: &mut Stream, flow_ml_min: f64) -> f64 {
        let factor = exp(FLOW_WANDERS * wander.normal());
        if wander.chance(PAUSES) { 0.0 } else { flow_ml_min * factor }
    }
}

/// Captures that give each efficiency at the reference run, found by simulating it.
#[derive(Debug, Clone, PartialEq)]
pub struct Captures {
    median: f64,
    /// Log CE2 over the median, and log capture, both rising.
    table: Vec<(f64, f64)>,
}

impl Captures {
    /// For a prior.
    #[must_use]
    pub fn new(prior: &EfficiencyPrior) -> Self {
        let median = prior.efficiency.fraction();
        let table = (0..200).map(|n| {
            let log = -4.0 + 0.03 * f64::from(n);
            (reference_log_ce2(prior, exp(log)) - ln(median), log)
        });
        Self { median, table: table.collect() }
    }

    /// The capture at which the reference run has `factor` times the median CE2.
    fn of(&self, factor: f64) -> f64 {
        let wanted = ln(factor);
        let between = self.table.windows(2).find(|pair| matches!(pair, [_, (high, _)] if *high >= wanted));
        match between {
            Some([(low, from), (high, to)]) => exp(from + (to - from) * (wanted - low) / (high - low)),
            _ => self.median * factor,
        }
    }
}

/// Mean over release of log CE2 of the run that published efficiencies stand for, by simulation.
fn reference_log_ce2(prior: &EfficiencyPrior, capture: f64) -> f64 {
    const RELEASES: u32 = 41;
    let share = prior.common.reference_collecting.fraction();
    let mut sum = 0.0;
    for n in 0..RELEASES {
        let p = (f64::from(n) + 0.5) / f64::from(RELEASES);
        let release = prior.release_per_min * exp(prior.release_spread * leuka_blood::math::normal_quantile(p));
        let (mut level, mut taken, step) = (1.0, 0.0, 1.0);
        let rate = capture * share * prior.common.reference_flow_per_min;
        let minutes = prior.common.reference_time.minutes();
        let mut at = 0.0;
        while at < minutes {
            let change = |level: f64| release * (1.0 - level) - rate * level;
            let middle = level + 0.5 * step * change(level);
            taken += step * rate * middle;
            level += step * change(middle);
            at += step;
        }
        sum += ln(taken / (prior.common.reference_flow_per_min * minutes));
    }
    sum / f64::from(RELEASES)
}
