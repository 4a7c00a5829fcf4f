//! Calibration: how often the bands hold what they say, and how wide they are.

use leuka_blood::math::sqrt;
use leuka_blood::quantity::{CellDose, TimeSpan};
use leuka_blood::random::Seed;
use leuka_dose::{EfficiencyPrior, Estimate, LiveDose};
use serde::Serialize;

use crate::cohort::{Captures, Case, Cohort, case};

/// When a band is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Before the run: the dose at its end.
    Before,
    /// After a quarter of it: the dose in the bag then.
    Quarter,
    /// After half.
    Half,
    /// After three quarters.
    ThreeQuarters,
    /// At its end.
    End,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Before, Self::Quarter, Self::Half, Self::ThreeQuarters, Self::End];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before the run",
            Self::Quarter => "at 25 %",
            Self::Half => "at 50 %",
            Self::ThreeQuarters => "at 75 %",
            Self::End => "at 100 %",
        }
    }
}

/// How often two bands held the truth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// When.
    pub stage: Stage,
    /// Of how many.
    pub donors: usize,
    /// Of the 80 % band, %.
    pub band_80_pct: f64,
    /// Of the 95 % band, %.
    pub band_95_pct: f64,
    /// Upper over lower end of the 80 % band, median.
    pub width_80: f64,
    /// Upper over lower end of the 95 % band, median.
    pub width_95: f64,
    /// The 80 % band's in the tenth of donors where it is worst: by count, by size and by recruitment.
    pub worst_tenth_80_pct: [f64; 3],
    /// The same for the 95 % band.
    pub worst_tenth_95_pct: [f64; 3],
}

/// The table of a cohort.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// A bag count was typed at half of every run.
    pub bag_count: bool,
    /// Each stage.
    pub stages: Vec<Coverage>,
    /// Coverage of the 80 % band before the run that arithmetic expects of a shift and a spread, %.
    pub expected_before_80_pct: f64,
}

/// What one donor's bands were.
struct Row {
    keys: [f64; 3],
    /// For each stage: held by the 80 and the 95 % band, and their widths.
    stages: [(bool, bool, f64, f64); 5],
}

/// Looks at the bands of `donors` collections of a cohort, as an estimate with `prior` sees them; they are drawn from
/// `nature`.
#[must_use]
pub fn calibrate(
    prior: &EfficiencyPrior,
    nature: &EfficiencyPrior,
    cohort: &Cohort,
    bag_count: bool,
    donors: u64,
    seed: Seed,
) -> Calibration {
    let captures = Captures::new(nature);
    let rows: Vec<Row> = (0..donors)
        .map(|subject| row(prior, &case(nature, &captures, cohort, Seed { subject, ..seed }), bag_count))
        .collect();
    let stages = Stage::ALL.into_iter().enumerate().map(|(at, stage)| coverage(&rows, at, stage)).collect();
    Calibration { bag_count, stages, expected_before_80_pct: expected(prior, nature, cohort) }
}

fn row(prior: &EfficiencyPrior, case: &Case, bag_count: bool) -> Row {
    let belief = prior.belief(&Case::situation(prior));
    let mut live = LiveDose::new(&belief, &case.purpose);
    let last = case.minutes.len();
    let processed = case.minutes.iter().fold(0.0, |sum, minute| sum + minute.seen.processed.ml());
    #[expect(clippy::cast_precision_loss, reason = "minutes of a run")]
    let time = TimeSpan::from_minutes(last as f64);
    let flow = leuka_blood::quantity::Volume::from_ml(processed) / time;
    let end = case.minutes.last().map_or(0.0, |minute| minute.dose);
    let planned = live.ahead(time, flow, belief.common.reference_collecting).estimate();
    let mut stages = [look(&planned, end); 5];
    for (minute, passed) in case.minutes.iter().enumerate() {
        live.step(&passed.seen);
        let done = minute + 1;
        if bag_count && done == last / 2 {
            live.bag_count(case.counted(done, case.laboratory[0]));
        }
        for quarter in 1..=4 {
            if done == last * quarter / 4
                && let Some(stage) = stages.get_mut(quarter)
            {
                *stage = look(&live.estimate(), passed.dose);
            }
        }
    }
    // Row D5: what the marrow releases, cells in a minute.
    let released = case.release_per_min * case.count_per_ul * case.purpose.tbv.ml();
    Row { keys: [case.count_per_ul, case.weight_kg, released], stages }
}

fn look(estimate: &Estimate, dose: f64) -> (bool, bool, f64, f64) {
    let holds = |[low, high]: [CellDose; 2]| (low.count_1e6_kg()..=high.count_1e6_kg()).contains(&dose);
    let width = |[low, high]: [CellDose; 2]| high / low;
    (holds(estimate.band_80), holds(estimate.band_95), width(estimate.band_80), width(estimate.band_95))
}

fn coverage(rows: &[Row], at: usize, stage: Stage) -> Coverage {
    let of = |row: &Row| row.stages.get(at).copied().unwrap_or_default();
    let share = |rows: &[&Row], hit: &dyn Fn(&Row) -> bool| {
        #[expect(clippy::cast_precision_loss, reason = "numbers of donors")]
        let share = rows.iter().filter(|row| hit(row)).count() as f64 / rows.len().max(1) as f64;
        100.0 * share
    };
    let (in_80, in_95) = (|row: &Row| of(row).0, |row: &Row| of(row).1);
    let worst = |key: usize, stated: f64, hit: &dyn Fn(&Row) -> bool| {
        let mut sorted: Vec<&Row> = rows.iter().collect();
        let value = |row: &Row| row.keys.get(key).copied().unwrap_or(0.0);
        sorted.sort_by(|one, other| value(one).total_cmp(&value(other)));
        let tenths = sorted.chunks(sorted.len().div_ceil(10).max(1)).map(|tenth| share(tenth, hit));
        tenths.fold(
            stated,
            |worst: f64, tenth| if (tenth - stated).abs() > (worst - stated).abs() { tenth } else { worst },
        )
    };
    let all: Vec<&Row> = rows.iter().collect();
    Coverage {
        stage,
        donors: rows.len(),
        band_80_pct: share(&all, &in_80),
        band_95_pct: share(&all, &in_95),
        width_80: median(rows.iter().map(|row| of(row).2)),
        width_95: median(rows.iter().map(|row| of(row).3)),
        worst_tenth_80_pct: [0, 1, 2].map(|key| worst(key, 80.0, &in_80)),
        worst_tenth_95_pct: [0, 1, 2].map(|key| worst(key, 95.0, &in_95)),
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Coverage of an 80 % band of log-normal doses when the truth is shifted and wider.
fn expected(prior: &EfficiencyPrior, nature: &EfficiencyPrior, cohort: &Cohort) -> f64 {
    let belief = prior.belief(&Case::situation(prior));
    let total = belief.total_spread();
    let squared = |value: f64| value * value;
    let natural = squared(nature.site_spread) + squared(nature.between_run);
    let true_total = sqrt((squared(total) - squared(belief.spread)).max(0.0) + natural * squared(cohort.spread));
    let shift = leuka_blood::math::ln(cohort.efficiency) + nature.site_offset - prior.site_offset;
    let half = 1.281_551_565_544_6 * total;
    let below =
        |log: f64| 0.5 * leuka_blood::math::erfc(-(log - shift) / true_total * core::f64::consts::FRAC_1_SQRT_2);
    100.0 * (below(half) - below(-half))
}

/// What is not as it should be: overall within 2 points, in each tenth within 5 points beyond its 99 % sampling interval.
#[must_use]
pub fn check(calibration: &Calibration) -> Vec<String> {
    let mut misses = Vec::new();
    for stage in &calibration.stages {
        #[expect(clippy::cast_precision_loss, reason = "numbers of donors")]
        let tenth = (stage.donors as f64 / 10.0).max(1.0);
        let bands =
            [(80.0, stage.band_80_pct, stage.worst_tenth_80_pct), (95.0, stage.band_95_pct, stage.worst_tenth_95_pct)];
        for (stated, overall, worst) in bands {
            if (overall - stated).abs() > 2.0 {
                misses.push(format!("{}: the {stated:.0} % band holds {overall:.1} %", stage.stage.name()));
            }
            let sampling = 2.576 * sqrt(stated * (100.0 - stated) / tenth);
            for (what, worst) in ["count", "size", "recruitment"].into_iter().zip(worst) {
                if (worst - stated).abs() > 5.0 + sampling {
                    misses.push(format!(
                        "{}: the {stated:.0} % band holds {worst:.1} % in a tenth by {what}",
                        stage.stage.name()
                    ));
                }
            }
        }
    }
    misses
}
