//! The dose as a distribution, before and during a run.
//!
//! ```text
//! blood:      dn/dt = release (1 - n) - capture Q/TBV n          n: count over the count before
//! collected:  dF/dt = capture Q n                                F: blood emptied of its cells, mL
//! dose:       (count before) F exp(scale) / weight
//! ```
//!
//! Capture and release are not known: both stand on a fixed grid of nodes whose weights are their probabilities, and
//! every node has its own `n` and `F`. The scale (errors of the count before and of volumes) is normal given the node
//! and is handled exactly. So the dose is a mixture of log-normals: its quantiles and probabilities need no sampling.
//! A count that is typed during the run moves weights and scales by Bayes' rule.
//!
//! What comes in is what a machine can measure. Nothing here sees the donor or the separator.

use leuka_blood::math::{erfc, exp, ln, sqrt};
use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, FlowRate, Fraction, Mass, TimeSpan, Volume};

use serde::{Deserialize, Serialize};

use crate::belief::{Belief, Common};

/// Standard normal points of log efficiency, evenly spaced.
const EFFICIENCY_POINTS: usize = 17;
const EFFICIENCY_SPACING: f64 = 0.6;
/// Points and weights of the five-point Gauss-Hermite rule for log release (Abramowitz and Stegun 25.4.46, scaled).
const RELEASE_RULE: [(f64, f64); 5] = [
    (-2.856_970_013_872_806, 0.011_257_411_327_720_69),
    (-1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (0.0, 0.533_333_333_333_333_3),
    (1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (2.856_970_013_872_806, 0.011_257_411_327_720_69),
];
const NODES: usize = EFFICIENCY_POINTS * RELEASE_RULE.len();

/// The efficiency does not scatter more than that of so short a part of a run.
const MOST_PARTS: f64 = 6.0;
/// Steps in which quantiles, efficiencies and times are sought at most.
const MOST_STEPS: usize = 60;
/// Halvings that find a capture to a part in a million.
const CAPTURE_STEPS: usize = 24;
/// A log dose is found when Halley's method moves it by less than this: the next move would be about ten times its cube.
const FOUND: f64 = 2e-3;
/// Standard deviations beyond which a node has all of its weight on one side, to 1e-12.
const ONE_SIDE: f64 = 7.0;

/// What makes a yield a dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Purpose {
    /// Count before the run, as the laboratory told it.
    pub pre_count: CellConcentration,
    /// The donor's blood volume by formula.
    pub tbv: Volume,
    /// The weight that the dose is for.
    pub dose_weight: Mass,
    /// Dose that is aimed at.
    pub goal: CellDose,
    /// Dose below which the collection has failed.
    pub minimum: CellDose,
}

/// A stretch of a run, as the machine measures it.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// How long.
    pub time: TimeSpan,
    /// Whole blood processed, without anticoagulant.
    pub processed: Volume,
    /// Part of it while the collect line took cells.
    pub collecting: Fraction,
    /// What sensors say of the efficiency against the usual, as a factor.
    pub efficiency: f64,
}

/// The dose's distribution at one moment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// As likely above as below.
    pub median: CellDose,
    /// Within these with 80 %.
    pub band_80: [CellDose; 2],
    /// Within these with 95 %.
    pub band_95: [CellDose; 2],
    /// Probability of the goal.
    pub goal: Fraction,
    /// Probability of the minimum.
    pub minimum: Fraction,
}

/// One pair of capture and release.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    weight: f64,
    /// Cells taken over cells passing.
    capture: f64,
    /// 1/min.
    release: f64,
    /// Count in blood over the count before.
    level: f64,
    /// Blood emptied of its cells, mL.
    emptied_ml: f64,
    /// The same when the bag was last counted.
    counted_ml: f64,
    /// Mean of the scale.
    scale: f64,
}

/// The dose of one run as it is believed now.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDose {
    purpose: Purpose,
    nodes: [Node; NODES],
    scale_variance: f64,
    within_variance: f64,
    count_variance: f64,
    volume_variance: f64,
    /// Usual part of the blood that is processed while the collect line takes cells.
    collecting: Fraction,
    /// Length of the run that the within-run spread is told for, min.
    reference_min: f64,
    /// Time since the begin, at the last count of the bag, and at the last sample.
    passed_min: f64,
    counted_min: f64,
    sampled_min: f64,
    /// Level and emptied volume of every node when a sample was taken whose count is still awaited.
    sampled: Option<[(f64, f64); NODES]>,
}

impl LiveDose {
    /// Before the run.
    #[must_use]
    pub fn new(belief: &Belief, purpose: &Purpose) -> Self {
        let squared = |value: f64| value * value;
        let blank =
            Node { weight: 0.0, capture: 0.0, release: 0.0, level: 1.0, emptied_ml: 0.0, counted_ml: 0.0, scale: 0.0 };
        let mut nodes = [blank; NODES];
        for (row, (release_at, release_weight)) in nodes.chunks_exact_mut(EFFICIENCY_POINTS).zip(RELEASE_RULE) {
            let mut at = -0.5 * EFFICIENCY_SPACING * (EFFICIENCY_POINTS - 1) as f64;
            for node in row {
                node.weight = release_weight * belief.common.density(at);
                node.release = belief.release_per_min * exp(belief.release_spread * release_at);
                node.capture = belief.capture(belief.efficiency.fraction() * exp(belief.spread * at));
                at += EFFICIENCY_SPACING;
            }
        }
        let mut live = Self {
            purpose: *purpose,
            nodes,
            scale_variance: squared(belief.common.count_error) + squared(belief.common.volume_error),
            within_variance: squared(belief.within_run),
            count_variance: squared(belief.common.count_error),
            volume_variance: squared(belief.common.volume_error),
            collecting: belief.common.reference_collecting,
            reference_min: belief.common.reference_time.minutes(),
            passed_min: 0.0,
            counted_min: 0.0,
            sampled_min: 0.0,
            sampled: None,
        };
        live.normalise();
        live
    }

    /// A stretch of the run has passed.
    pub fn step(&mut self, stretch: &Stretch) {
        let (minutes, processed_ml) = (stretch.time.minutes(), stretch.processed.ml());
        if minutes <= 0.0 {
            return;
        }
        self.passed_min += minutes;
        let taking = stretch.collecting.fraction() * stretch.efficiency;
        let per_tbv = taking * processed_ml / (minutes * self.purpose.tbv.ml());
        for node in &mut self.nodes {
            let rate = node.release + node.capture * per_tbv;
            let end = if rate > 0.0 { node.release / rate } else { node.level };
            let left = exp(-rate * minutes);
            let mean = if rate > 0.0 { end + (node.level - end) * (1.0 - left) / (rate * minutes) } else { node.level };
            node.emptied_ml += node.capture * taking * processed_ml * mean;
            node.level = end + (node.level - end) * left;
        }
    }

    /// Where the run will stand after so long at this flow of blood, all of it collecting but for the usual part.
    #[must_use]
    pub fn ahead(&self, time: TimeSpan, blood_flow: FlowRate, collecting: Fraction) -> Self {
        let mut ahead = self.clone();
        ahead.step(&Stretch { time, processed: blood_flow * time, collecting, efficiency: 1.0 });
        ahead
    }

    /// A sample of blood or bag is taken now; its count will be told later.
    pub fn sample(&mut self) {
        let mut kept = [(0.0, 0.0); NODES];
        for (kept, node) in kept.iter_mut().zip(&self.nodes) {
            *kept = (node.level, node.emptied_ml);
        }
        self.sampled = Some(kept);
        self.sampled_min = self.passed_min;
    }

    /// The count of venous blood at the last sample, or now where none was taken.
    pub fn blood_count(&mut self, count: CellConcentration) {
        let ratio = count / self.purpose.pre_count;
        if !(ratio.is_finite() && ratio > 0.0) {
            return;
        }
        let seen = ln(ratio);
        let noise = self.count_variance + self.volume_variance + self.within_variance;
        self.learn(noise, |node, sampled| seen - ln(sampled.map_or(node.level, |(level, _)| level)));
        self.sampled = None;
    }

    /// The cells in the bag at the last sample, or now where none was taken.
    pub fn bag_count(&mut self, cells: CellCount) {
        let emptied_ml = cells / self.purpose.pre_count;
        let emptied_ml = emptied_ml.ml();
        if !(emptied_ml.is_finite() && emptied_ml > 0.0) {
            return;
        }
        let seen = ln(emptied_ml);
        self.learn(self.count_variance + self.volume_variance, |node, sampled| {
            seen - ln(sampled.map_or(node.emptied_ml, |(_, emptied_ml)| emptied_ml).max(f64::MIN_POSITIVE))
        });
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let sampled = self.sampled.as_ref().and_then(|all| all.get(at));
            node.counted_ml = sampled.map_or(node.emptied_ml, |(_, emptied_ml)| *emptied_ml);
        }
        self.counted_min = if self.sampled.is_some() { self.sampled_min } else { self.passed_min };
        self.sampled = None;
    }

    /// Bayes' rule for a measurement of the scale, less what the node predicts.
    fn learn(&mut self, noise: f64, of: impl Fn(&Node, Option<(f64, f64)>) -> f64) {
        let variance = self.scale_variance + noise;
        let gain = self.scale_variance / variance;
        let mut best = f64::NEG_INFINITY;
        let mut logs = [0.0; NODES];
        for (at, (node, log)) in self.nodes.iter_mut().zip(&mut logs).enumerate() {
            let sampled = self.sampled.as_ref().and_then(|all| all.get(at)).copied();
            let off = of(node, sampled) - node.scale;
            *log = -0.5 * off * off / variance;
            best = best.max(if node.weight > 0.0 { *log } else { f64::NEG_INFINITY });
            node.scale += gain * off;
        }
        for (node, log) in self.nodes.iter_mut().zip(&logs) {
            node.weight *= exp(log - best);
        }
        self.scale_variance *= 1.0 - gain;
        self.normalise();
    }

    fn normalise(&mut self) {
        let sum: f64 = self.nodes.iter().map(|node| node.weight).sum();
        for node in &mut self.nodes {
            node.weight /= sum;
        }
    }

    /// Log of the dose (1e6/kg) at every node, and the variance about it.
    fn logs(&self) -> [(f64, f64, f64); NODES] {
        let per_ml = self.purpose.pre_count * Volume::from_ml(1.0) / self.purpose.dose_weight;
        let unit = per_ml.count_1e6_kg();
        // Parts of a run are independent: the shorter the part, the more its efficiency scatters.
        let parts = self.reference_min / (self.passed_min - self.counted_min).max(1.0);
        let within_variance = self.within_variance * parts.min(MOST_PARTS);
        let mut logs = [(0.0, 0.0, 1.0); NODES];
        for (log, node) in logs.iter_mut().zip(&self.nodes) {
            let since = (node.emptied_ml - node.counted_ml) / node.emptied_ml.max(f64::MIN_POSITIVE);
            let variance = self.scale_variance + within_variance * since * since;
            let mean = ln((unit * node.emptied_ml).max(f64::MIN_POSITIVE)) + node.scale;
            *log = (node.weight, mean, sqrt(variance.max(1e-12)));
        }
        logs
    }

    /// Probability that the bag holds this dose now.
    #[must_use]
    pub fn probability(&self, dose: CellDose) -> Fraction {
        above(&self.logs(), dose)
    }

    /// The dose that the bag's stays below with this probability.
    #[must_use]
    pub fn quantile(&self, probability: Fraction) -> CellDose {
        CellDose::from_1e6_kg(exp(log_quantile(&self.logs(), probability.fraction())))
    }

    /// Median, bands and probabilities now.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let logs = self.logs();
        let at = |probability: f64| CellDose::from_1e6_kg(exp(log_quantile(&logs, probability)));
        Estimate {
            median: at(0.5),
            band_80: [at(0.1), at(0.9)],
            band_95: [at(0.025), at(0.975)],
            goal: above(&logs, self.purpose.goal),
            minimum: above(&logs, self.purpose.minimum),
        }
    }

    /// The time from now at which this dose is there with this probability, at this flow; `None` when that takes longer
    /// than `most`.
    #[must_use]
    pub fn time_to(
        &self,
        dose: CellDose,
        confidence: Fraction,
        blood_flow: FlowRate,
        collecting: Fraction,
        most: TimeSpan,
    ) -> Option<TimeSpan> {
        let reached = |time: TimeSpan| self.ahead(time, blood_flow, collecting).probability(dose) >= confidence;
        if self.probability(dose) >= confidence {
            return Some(TimeSpan::ZERO);
        }
        if !reached(most) {
            return None;
        }
        let (mut low, mut high) = (TimeSpan::ZERO, most);
        for _ in 0..MOST_STEPS {
            if (high - low).seconds() < 5.0 {
                break;
            }
            let middle = (low + high) * 0.5;
            if reached(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// The begin of this run with what another, which went on from the same begin, has learned.
    #[must_use]
    pub fn knowing(&self, later: &Self) -> Self {
        let mut knowing = self.clone();
        for (node, later) in knowing.nodes.iter_mut().zip(&later.nodes) {
            node.weight = later.weight;
            node.scale = later.scale;
        }
        knowing.scale_variance = later.scale_variance;
        knowing
    }

    /// This dose over that of another run of the same donor, pair by pair: median and 80 % band.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> [f64; 3] {
        let mut pairs = [(0.0, 0.0); NODES];
        for ((pair, mine), theirs) in pairs.iter_mut().zip(&self.nodes).zip(&other.nodes) {
            *pair = (mine.emptied_ml / theirs.emptied_ml.max(f64::MIN_POSITIVE), mine.weight);
        }
        pairs.sort_unstable_by(|one, next| one.0.total_cmp(&next.0));
        let at = |part: f64| {
            let mut sum = 0.0;
            let reached = pairs.iter().find(|(_, weight)| {
                sum += weight;
                sum >= part
            });
            reached.map_or(0.0, |(ratio, _)| *ratio)
        };
        [at(0.5), at(0.1), at(0.9)]
    }

    /// The usual part of a run in which the collect line takes cells.
    #[must_use]
    pub const fn collecting(&self) -> Fraction {
        self.collecting
    }

    /// What the run is for.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Medians of what has been inferred: CE2 of a reference run against the belief's, as the mean of its log, and the
    /// release, 1/min, each with its log-sd; and the count before over what was entered.
    #[must_use]
    pub fn inferred(&self) -> Inferred {
        let moments = |of: &dyn Fn(&Node) -> f64| {
            let mean: f64 = self.nodes.iter().map(|node| node.weight * of(node)).sum();
            let square: f64 = self.nodes.iter().map(|node| node.weight * (of(node) - mean) * (of(node) - mean)).sum();
            (exp(mean), sqrt(square))
        };
        let scale = moments(&|node| node.scale);
        Inferred {
            capture: moments(&|node| ln(node.capture)),
            release_per_min: moments(&|node| ln(node.release)),
            scale: (scale.0, sqrt(scale.1 * scale.1 + self.scale_variance)),
            level: moments(&|node| ln(node.level)).0,
        }
    }
}

/// What the counts of a run say of donor and machine: median and log-sd.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inferred {
    /// Cells taken over cells passing.
    pub capture: (f64, f64),
    /// Release over what circulates, 1/min.
    pub release_per_min: (f64, f64),
    /// True over entered count, volume error included.
    pub scale: (f64, f64),
    /// Count in blood now over the count before, median.
    pub level: f64,
}

impl Common {
    /// Density (but for a factor) of the log efficiency at this many log-sd: most runs, and the outliers. Most runs
    /// stand a little closer together, so that 80 % of all lie where they would without outliers.
    fn density(&self, at: f64) -> f64 {
        const EIGHTY: f64 = 1.281_551_565_544_6;
        let within = |z: f64| 1.0 - erfc(z * core::f64::consts::FRAC_1_SQRT_2);
        let most = (0.8 - self.outliers * within(EIGHTY / self.outlier_spread)) / (1.0 - self.outliers);
        let core = EIGHTY / leuka_blood::math::normal_quantile(0.5 + 0.5 * most);
        let normal = |sd: f64| exp(-0.5 * (at / sd) * (at / sd)) / sd;
        (1.0 - self.outliers) * normal(core) + self.outliers * normal(self.outlier_spread)
    }
}

impl Belief {
    /// The capture that gives this CE2 at the reference run, in the geometric mean over release.
    fn capture(&self, efficiency: f64) -> f64 {
        let common = &self.common;
        let (minutes, flow) = (common.reference_time.minutes(), common.reference_flow_per_min);
        let wanted = efficiency / common.reference_collecting.fraction().max(0.01);
        let log_ce2 = |capture: f64| {
            let of = |(at, weight): (f64, f64)| {
                let release = self.release_per_min * exp(self.release_spread * at);
                let rate = release + capture * common.reference_collecting.fraction() * flow;
                let end = release / rate;
                weight * ln(capture * (end + (1.0 - end) * (1.0 - exp(-rate * minutes)) / (rate * minutes)))
            };
            RELEASE_RULE.into_iter().map(of).sum::<f64>()
        };
        // Without release there is an end to what can be had; such an efficiency then means the most capture.
        let (mut low, mut high) = (0.0, 8.0 * wanted);
        for _ in 0..CAPTURE_STEPS {
            let middle = 0.5 * (low + high);
            if log_ce2(middle) < ln(wanted) { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Log-sd of the dose at the reference run, by all that is not known.
    #[must_use]
    pub fn total_spread(&self) -> f64 {
        let common = &self.common;
        let tbv = Volume::from_litres(5.0);
        let purpose = Purpose {
            pre_count: CellConcentration::from_per_ul(50.0),
            tbv,
            dose_weight: Mass::from_kg(70.0),
            goal: CellDose::from_1e6_kg(5.0),
            minimum: CellDose::from_1e6_kg(2.0),
        };
        let flow = FlowRate::from_ml_min(tbv.ml() * common.reference_flow_per_min);
        let end = Self::new_live(self, &purpose).ahead(common.reference_time, flow, common.reference_collecting);
        let [low, high] = end.estimate().band_80;
        ln(high / low) / (2.0 * 1.281_551_565_545)
    }

    fn new_live(&self, purpose: &Purpose) -> LiveDose {
        LiveDose::new(self, purpose)
    }
}

/// Standard normal distribution function.
fn normal(z: f64) -> f64 {
    0.5 * erfc(-z * core::f64::consts::FRAC_1_SQRT_2)
}

/// Probability of at least this dose.
fn above(logs: &[(f64, f64, f64); NODES], dose: CellDose) -> Fraction {
    let log = ln(dose.count_1e6_kg().max(f64::MIN_POSITIVE));
    Fraction::from_fraction(logs.iter().map(|(weight, mean, sd)| weight * normal((mean - log) / sd)).sum())
}

/// Halley's method from the moments, kept within a bracket: the curvature costs nothing, and saves every second look.
fn log_quantile(logs: &[(f64, f64, f64); NODES], probability: f64) -> f64 {
    const DENSITY: f64 = 0.398_942_280_401_432_7;
    let mean: f64 = logs.iter().map(|(weight, mean, _)| weight * mean).sum();
    let square: f64 = logs.iter().map(|(weight, at, sd)| weight * (sd * sd + (at - mean) * (at - mean))).sum();
    let spread = sqrt(square);
    let (mut low, mut high) = (mean - 12.0 * spread - 1.0, mean + 12.0 * spread + 1.0);
    let mut at = mean + spread * leuka_blood::math::normal_quantile(probability);
    for _ in 0..MOST_STEPS {
        let (mut found, mut slope, mut bend) = (0.0, 0.0, 0.0);
        for (weight, mean, sd) in logs {
            let z = (at - mean) / sd;
            if z.abs() > ONE_SIDE {
                found += if z > 0.0 { *weight } else { 0.0 };
                continue;
            }
            let density = weight * DENSITY * exp(-0.5 * z * z) / sd;
            found += weight * normal(z);
            slope += density;
            bend -= density * z / sd;
        }
        if found < probability {
            low = at
        } else {
            high = at
        }
        let newton = (found - probability) / slope;
        let next = at - newton / (1.0 - 0.5 * newton * bend / slope).max(0.5);
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        let moved = next - at;
        at = next;
        if moved.abs() < FOUND {
            break;
        }
    }
    at
}
