//! What a site learns of itself: its mean efficiency and the spread between its runs, from finished collections.
//!
//! Every run tells by how much its bag differed from what was believed before it. The site's mean is worth so many runs as
//! sites differ less than runs; the spread between runs is worth [`SPREAD_RUNS`] and is taken about the site's own mean,
//! less what counts and release scatter.

use leuka_blood::math::{ln, sqrt};
use leuka_blood::parameters::ParameterFile;
use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, Fraction, Mass, TimeSpan, Volume};
use leuka_dose::{DoseCell, EfficiencyPrior, LiveDose, Purpose, Situation, ce1, ce2};
use serde::Serialize;

use crate::calibrate::median;
use crate::cohort::Case;
use crate::collections::Collection;

/// Runs that the prior's spread between runs is worth; engineering judgement.
const SPREAD_RUNS: f64 = 6.0;
/// The spread between runs is not learned to be less than this part of the prior's.
const LEAST_SPREAD: f64 = 0.3;

/// What was learned of one kind of cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Learned {
    /// From so many runs.
    pub runs: usize,
    /// Mean log of the site's efficiency over the prior's median.
    pub site_offset: f64,
    /// Log-sd of that mean.
    pub site_spread: f64,
    /// Log-sd between runs.
    pub between_run: f64,
}

/// Learns from the collections of these cells; `None` when there is none.
#[must_use]
pub fn learn(prior: &EfficiencyPrior, cells: DoseCell, collections: &[Collection]) -> Option<Learned> {
    let told: Vec<(f64, f64)> =
        collections.iter().filter(|one| one.cells == cells).map(|one| residual(prior, one)).collect();
    if told.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
    let runs = told.len() as f64;
    let mean = told.iter().map(|(log, _)| log).sum::<f64>() / runs;
    let scatter: f64 = told.iter().map(|(log, _)| (log - mean) * (log - mean)).sum();
    let known: f64 = told.iter().map(|(_, variance)| variance).sum();
    let squared = |value: f64| value * value;
    let between = squared(prior.between_run);
    let mean_runs = between / squared(prior.site_spread).max(1e-9);
    // Counts and release scatter the runs as well; what they are known to is not the site's.
    let scatter = (scatter - known * (runs - 1.0) / runs).max(0.0);
    let spread = (SPREAD_RUNS * between + scatter) / (SPREAD_RUNS + (runs - 1.0));
    let spread = spread.max(squared(LEAST_SPREAD) * between);
    Some(Learned {
        runs: told.len(),
        site_offset: prior.site_offset + runs * mean / (mean_runs + runs),
        site_spread: sqrt((spread + known / runs) / (mean_runs + runs)),
        between_run: sqrt(spread),
    })
}

impl Learned {
    /// The prior of the site.
    #[must_use]
    pub const fn apply(&self, prior: &EfficiencyPrior) -> EfficiencyPrior {
        EfficiencyPrior {
            site_offset: self.site_offset,
            site_spread: self.site_spread,
            between_run: self.between_run,
            ..*prior
        }
    }
}

/// Log of what was collected over what was believed, and the variance that counts and release give it.
fn residual(prior: &EfficiencyPrior, run: &Collection) -> (f64, f64) {
    let belief = prior.belief(&Situation {
        expected: run.expected_efficiency_pct.map(Fraction::from_pct),
        white_cells: run.wbc_1e9_l.map_or(prior.covariates.reference_white_cells, CellConcentration::from_1e9_l),
        hematocrit: run.hematocrit_pct.map_or(prior.covariates.reference_hematocrit, Fraction::from_pct),
        packing: None,
    });
    let weight = Mass::from_kg(70.0);
    let purpose = Purpose {
        pre_count: CellConcentration::from_per_ul(run.count_before_per_ul),
        tbv: Volume::from_ml(run.tbv_ml),
        dose_weight: weight,
        goal: CellDose::from_1e6_kg(1.0),
        minimum: CellDose::from_1e6_kg(0.5),
    };
    let time = TimeSpan::from_minutes(run.minutes);
    let flow = Volume::from_ml(run.processed_ml) / time;
    let end = LiveDose::new(&belief, &purpose).ahead(time, flow, belief.common.reference_collecting).estimate();
    let [low, high] = end.band_80;
    let total = ln(high / low) / (2.0 * 1.281_551_565_544_6);
    let counted = belief.common.count_error;
    let known = total * total - belief.spread * belief.spread + counted * counted;
    (ln(CellCount::from_1e6(run.yield_1e6) / weight / end.median), known.max(0.0))
}

/// A parameter file `dose.toml` of the site: the prior's with what was learned.
#[must_use]
pub fn site_file(file: &ParameterFile, learned: &[(DoseCell, Learned)]) -> String {
    let mut text =
        String::from("# What a site has learned of its yields, by `leuka learn`. Give its folder with --parameters.\n");
    let mut section = String::new();
    for (path, value, unit, source) in file.entries() {
        let (head, name) = path.rsplit_once('.').unwrap_or(("", path));
        if head != section {
            text += &format!("\n[{head}]\n");
            head.clone_into(&mut section);
        }
        let new = learned.iter().find(|(cells, _)| cells.name() == head).and_then(|(_, learned)| {
            let value = match name {
                "site_offset" => learned.site_offset,
                "site_spread" => learned.site_spread,
                "between_run" => learned.between_run,
                _ => return None,
            };
            Some((value, format!("Learned from {} runs", learned.runs)))
        });
        let (value, source) = new.unwrap_or_else(|| (value, source.to_owned()));
        text += &format!("{name} = {{ value = {value:?}, unit = \"{unit}\", source = \"{source}\" }}\n");
    }
    text
}

/// One measure of a site beside the published range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Benchmark {
    /// Which.
    pub measure: &'static str,
    /// The cells.
    pub cells: &'static str,
    /// Runs that tell it.
    pub runs: usize,
    /// Median (a rate: mean).
    pub value: f64,
    /// From the lower to the upper quarter.
    pub quarters: [f64; 2],
    /// The published range and where it comes from.
    pub published: Option<Published>,
}

/// A published range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published {
    /// From.
    pub low: f64,
    /// To.
    pub high: f64,
    /// Source.
    pub source: String,
}

/// The benchmark card of these cells. Crude CE is not on it: its source equation is not entered.
#[must_use]
pub fn benchmark(cells: DoseCell, collections: &[Collection]) -> Vec<Benchmark> {
    let mine: Vec<&Collection> = collections.iter().filter(|one| one.cells == cells).collect();
    let yield_of = |one: &Collection| (CellCount::from_1e6(one.yield_1e6), Volume::from_ml(one.processed_ml));
    let before = |one: &Collection| CellConcentration::from_per_ul(one.count_before_per_ul);
    let measure = |name: &'static str, of: &dyn Fn(&Collection) -> Option<f64>| {
        let mut values: Vec<f64> = mine.iter().filter_map(|one| of(one)).collect();
        values.sort_by(f64::total_cmp);
        let at = |part: usize| values.get((values.len() * part / 4).min(values.len().saturating_sub(1))).copied();
        let (Some(low), Some(high)) = (at(1), at(3)) else { return None };
        Some(Benchmark {
            measure: name,
            cells: cells.name(),
            runs: values.len(),
            value: median(values.iter().copied()),
            quarters: [low, high],
            published: published(name, cells.name()),
        })
    };
    let loss = |one: &Collection| {
        one.platelet_before_1e9_l.zip(one.platelet_after_1e9_l).map(|(first, last)| 100.0 * (1.0 - last / first))
    };
    let mut card: Vec<Benchmark> = [
        measure("ce1_pct", &|one| {
            let (cells, processed) = yield_of(one);
            let after = one.count_after_per_ul.map(CellConcentration::from_per_ul)?;
            ce1(cells, processed, before(one), after).map(Fraction::pct)
        }),
        measure("ce2_pct", &|one| {
            let (cells, processed) = yield_of(one);
            ce2(cells, processed, before(one)).map(Fraction::pct)
        }),
        measure("flow_ml_min", &|one| Some(one.processed_ml / one.minutes)),
        measure("minutes", &|one| Some(one.minutes)),
        measure("platelet_loss_pct", &loss),
    ]
    .into_iter()
    .flatten()
    .collect();
    let told: Vec<f64> = mine.iter().filter_map(|one| one.events).collect();
    if !told.is_empty() {
        #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
        let (runs, with) = (told.len() as f64, told.iter().filter(|events| **events > 0.0).count() as f64);
        let (share, error) = (with / runs, sqrt(with / runs * (1.0 - with / runs) / runs));
        card.push(Benchmark {
            measure: "events_pct",
            cells: cells.name(),
            runs: told.len(),
            value: 100.0 * share,
            quarters: [100.0 * (share - error).max(0.0), 100.0 * (share + error)],
            published: published("events_pct", cells.name()),
        });
    }
    card
}

fn published(measure: &str, cells: &str) -> Option<Published> {
    include_str!("../data/benchmark.csv").lines().skip(1).find_map(|line| {
        let mut parts = line.splitn(5, ',');
        let (name, of, low, high, source) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let matches = name == measure && (of == cells || of == "any");
        matches.then_some(())?;
        Some(Published {
            low: low.parse().ok()?,
            high: high.parse().ok()?,
            source: source.trim_matches('"').to_owned(),
        })
    })
}

/// A virtual collection as a site would have recorded it.
#[must_use]
pub fn finished(case: &Case) -> Collection {
    let minutes = case.minutes.len();
    #[expect(clippy::cast_precision_loss, reason = "minutes of a run")]
    let time = minutes as f64;
    Collection {
        cells: DoseCell::Cd34,
        count_before_per_ul: case.purpose.pre_count.per_ul(),
        count_after_per_ul: None,
        processed_ml: case.minutes.iter().map(|minute| minute.seen.processed.ml()).sum(),
        minutes: time,
        tbv_ml: case.purpose.tbv.ml(),
        yield_1e6: case.counted(minutes, case.laboratory[1]).count_1e6(),
        wbc_1e9_l: None,
        hematocrit_pct: None,
        platelet_before_1e9_l: None,
        platelet_after_1e9_l: None,
        events: None,
        expected_efficiency_pct: None,
    }
}
