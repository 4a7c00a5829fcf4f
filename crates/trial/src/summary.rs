//! The summary of a study: for each outcome and arm the median with its interval, the paired difference from the arm of
//! reference, rates of events, regressions, and a picture of each outcome.

mod gathering;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use leuka_report::{NOT_A_DEVICE, Panel, Picture, Series, table};
use serde_json::{Value, json};

pub(crate) use gathering::Gathering;

use crate::measure::Measure;
use crate::statistics::{Fit, Moments, Quantiles, Z95, float, wilson};

/// A quantity in one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Runs that have it.
    pub count: u64,
    /// Mean and standard deviation.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Median.
    pub median: f64,
    /// 95 % interval of the median.
    pub median_interval: (f64, f64),
    /// The middle half of the donors.
    pub quartiles: (f64, f64),
    /// 95 % of the donors.
    pub most: (f64, f64),
    /// 95 % interval of the mean.
    pub mean_interval: (f64, f64),
    /// Quantiles from 0 to 1 in steps of 1 %.
    curve: Vec<f64>,
}

impl Spread {
    fn of(quantiles: Quantiles, moments: &Moments) -> Self {
        let sorted = quantiles.sorted();
        let at = |part| sorted.quantile(part);
        Self {
            count: sorted.count(),
            mean: moments.mean(),
            sd: moments.sd(),
            median: at(0.5),
            median_interval: sorted.median_interval(),
            quartiles: (at(0.25), at(0.75)),
            most: (at(0.025), at(0.975)),
            mean_interval: moments.mean_interval(),
            curve: (0..=100).map(|step| at(f64::from(step) / 100.0)).collect(),
        }
    }

    /// The runs that reach a value, to the nearest of the hundred steps of the curve.
    #[must_use]
    pub fn at_least(&self, value: f64) -> Rate {
        let below = self.curve.iter().filter(|quantile| **quantile < value).count();
        let part = 1.0 - float(below as u64) / float(self.curve.len().max(1) as u64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the count")]
        let count = leuka_blood::math::round(part * float(self.count)) as u64;
        Rate { count, of: self.count }
    }

    fn json(&self) -> Value {
        json!({
            "n": self.count, "mean": self.mean, "sd": self.sd, "mean_low": self.mean_interval.0, "mean_high": self.mean_interval.1,
            "median": self.median, "median_low": self.median_interval.0, "median_high": self.median_interval.1,
            "p25": self.quartiles.0, "p75": self.quartiles.1, "p2_5": self.most.0, "p97_5": self.most.1,
        })
    }
}

/// A rate in one arm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Runs in which it happened.
    pub count: u64,
    /// Runs.
    pub of: u64,
}

impl Rate {
    /// Part of all, %.
    #[must_use]
    pub const fn pct(self) -> f64 {
        100.0 * float(self.count) / float(self.of)
    }

    /// Wilson's 95 % interval, %.
    #[must_use]
    pub fn interval_pct(self) -> (f64, f64) {
        let (low, high) = wilson(self.count, self.of);
        (100.0 * low, 100.0 * high)
    }
}

/// An event in the same donors in an arm and in the arm of reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedRate {
    /// Pairs.
    pub of: u64,
    /// Happened in this arm only.
    pub only_here: u64,
    /// Happened in the arm of reference only.
    pub only_reference: u64,
}

impl PairedRate {
    /// Difference of the rates, in points of %, with its 95 % interval (Agresti and Min 2005: half a pair added to each cell).
    #[must_use]
    pub fn points(self) -> (f64, f64, f64) {
        let (b, c, n) = (float(self.only_here) + 0.5, float(self.only_reference) + 0.5, float(self.of) + 2.0);
        let difference = 100.0 * (float(self.only_here) - float(self.only_reference)) / float(self.of);
        let middle = (b - c) / n;
        let half = Z95 * leuka_blood::math::sqrt(((b + c) - (b - c) * (b - c) / n).max(0.0)) / n;
        (difference, 100.0 * (middle - half), 100.0 * (middle + half))
    }
}

/// An outcome of all arms.
#[derive(Clone)]
pub struct Summarised {
    /// Which.
    pub measure: &'static Measure,
    /// For each arm, of a quantity.
    pub spreads: Vec<Spread>,
    /// For each arm, of an event.
    pub rates: Vec<Rate>,
    /// For each arm but the one of reference, with its place: the difference of the same donors.
    pub differences: Vec<(usize, Spread)>,
    /// The same of an event.
    pub paired_rates: Vec<(usize, PairedRate)>,
}

/// The summary of a study.
#[derive(Clone)]
pub struct Summary {
    name: String,
    title: String,
    question: String,
    /// The arms, or one for all.
    pub arms: Vec<String>,
    /// Place of the arm of reference.
    pub reference: usize,
    /// Runs, and those that failed, in each arm.
    pub runs: Vec<(u64, u64)>,
    /// Why runs failed, and how often.
    pub failures: BTreeMap<String, u64>,
    /// Why runs ended before their target, and how often.
    pub early_ends: BTreeMap<String, u64>,
    /// Every outcome, those that the study names first.
    pub outcomes: Vec<Summarised>,
    named: usize,
    regressions: Vec<(crate::study::Regression, Option<Fit>)>,
}

impl std::fmt::Debug for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Summary").field("name", &self.name).field("runs", &self.runs).finish_non_exhaustive()
    }
}

impl PartialEq for Summary {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

/// Heading, header and rows of a table.
type Sheet = (String, Vec<&'static str>, Vec<Vec<String>>);

impl Summary {
    /// The outcome of a name.
    #[must_use]
    pub fn outcome(&self, name: &str) -> Option<&Summarised> {
        self.outcomes.iter().find(|outcome| outcome.measure.name == name)
    }

    /// The correlation of an outcome with the one column of its regression, and Fisher's 95 % interval.
    #[must_use]
    pub fn correlation(&self, of: &str) -> Option<(f64, (f64, f64))> {
        let (_, fit) = self.regressions.iter().find(|(asked, _)| asked.of == of && asked.on.len() == 1)?;
        let fit = fit.as_ref()?;
        let r = leuka_blood::math::sqrt(fit.explained).copysign(fit.coefficients.first()?.value);
        let z = 0.5 * leuka_blood::math::ln((1.0 + r) / (1.0 - r));
        let half = Z95 / leuka_blood::math::sqrt(float(fit.count) - 3.0);
        Some((r, (leuka_blood::math::tanh(z - half), leuka_blood::math::tanh(z + half))))
    }

    /// Schema `leuka.trial-summary/1`.
    #[must_use]
    pub fn json(&self) -> Value {
        let name = |arm: usize| self.arms.get(arm).map_or("", String::as_str);
        let with = |arm: usize, mut value: Value| {
            value["arm"] = json!(name(arm));
            value
        };
        let rate = |rate: &Rate| {
            let (low, high) = rate.interval_pct();
            json!({ "n": rate.of, "count": rate.count, "pct": rate.pct(), "low_pct": low, "high_pct": high })
        };
        let paired = |pair: &PairedRate| {
            let (points, low, high) = pair.points();
            json!({ "n": pair.of, "only_here": pair.only_here, "only_reference": pair.only_reference, "points": points, "low": low, "high": high })
        };
        let outcomes: Vec<Value> = self
            .outcomes
            .iter()
            .map(|outcome| {
                let spreads = outcome.spreads.iter().map(Spread::json).enumerate();
                let rates = outcome.rates.iter().map(rate).enumerate();
                let differences = outcome.differences.iter().map(|(arm, spread)| with(*arm, spread.json()));
                let pairs = outcome.paired_rates.iter().map(|(arm, pair)| with(*arm, paired(pair)));
                json!({
                    "name": outcome.measure.name, "unit": outcome.measure.unit, "about": outcome.measure.about,
                    "arms": spreads.chain(rates).map(|(arm, value)| with(arm, value)).collect::<Vec<_>>(),
                    "differences": differences.chain(pairs).collect::<Vec<_>>(),
                })
            })
            .collect();
        let regressions: Vec<Value> = self
            .regressions
            .iter()
            .map(|(asked, fit)| match fit {
                None => json!({ "of": asked.of, "on": asked.on, "fit": null }),
                Some(fit) => {
                    let parts = asked.on.iter().zip(&fit.coefficients).map(|(name, one)| json!({ "column": name, "coefficient": one.value, "low": one.low, "high": one.high }));
                    json!({ "of": asked.of, "n": fit.count, "intercept": fit.intercept, "explained": fit.explained, "fit": parts.collect::<Vec<_>>() })
                }
            })
            .collect();
        let arms = self
            .arms
            .iter()
            .zip(&self.runs)
            .map(|(name, (runs, failed))| json!({ "name": name, "runs": runs, "failed": failed }));
        json!({
            "schema": "leuka.trial-summary/1",
            "name": self.name, "title": self.title, "question": self.question,
            "reference": name(self.reference),
            "arms": arms.collect::<Vec<_>>(),
            "failures": self.failures, "early_ends": self.early_ends,
            "outcomes": outcomes, "regressions": regressions,
        })
    }

    /// The named outcomes as text: arms, differences, rates, regressions.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", if self.title.is_empty() { &self.name } else { &self.title });
        if !self.question.is_empty() {
            let _ = writeln!(text, "{}", self.question);
        }
        for (heading, header, rows) in self.tables() {
            let _ = write!(text, "\n{heading}\n{}", table(&header, &rows));
        }
        text.push_str(&self.notes("\n"));
        text
    }

    /// The same as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n{}\n\n{NOT_A_DEVICE}\n",
            if self.title.is_empty() { &self.name } else { &self.title },
            self.question
        );
        for (heading, header, rows) in self.tables() {
            let _ = write!(text, "\n## {heading}\n\n| {} |\n|{}\n", header.join(" | "), "---|".repeat(header.len()));
            for row in rows {
                let _ = writeln!(text, "| {} |", row.join(" | "));
            }
        }
        text.push_str(&self.notes("\n- "));
        text
    }

    fn notes(&self, bullet: &str) -> String {
        let (runs, failed) = self.runs.iter().fold((0, 0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
        let mut text = format!("{bullet}{runs} runs, {failed} of them without an outcome");
        for (what, reasons) in [("without an outcome", &self.failures), ("ended early", &self.early_ends)] {
            for (reason, count) in reasons {
                let _ = write!(text, "{bullet}{what}, {count}: {reason}");
            }
        }
        text + "\n"
    }

    fn tables(&self) -> Vec<Sheet> {
        let arm = |place: usize| self.arms.get(place).cloned().unwrap_or_default();
        let shown = || self.outcomes.iter().take(self.named);
        let (mut spreads, mut differences, mut rates, mut pairs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for outcome in shown() {
            let name = || outcome.measure.name.to_owned();
            for (place, spread) in outcome.spreads.iter().enumerate().filter(|(_, spread)| spread.count > 0) {
                spreads.push(vec![
                    name(),
                    arm(place),
                    spread.count.to_string(),
                    digits(spread.median),
                    range(spread.median_interval),
                    range(spread.quartiles),
                    range(spread.most),
                    digits(spread.mean),
                    digits(spread.sd),
                ]);
            }
            for (place, spread) in outcome.differences.iter().filter(|(_, spread)| spread.count > 0) {
                differences.push(vec![
                    name(),
                    arm(*place),
                    spread.count.to_string(),
                    digits(spread.median),
                    range(spread.median_interval),
                    digits(spread.mean),
                    range(spread.mean_interval),
                    range(spread.most),
                ]);
            }
            for (place, rate) in outcome.rates.iter().enumerate().filter(|(_, rate)| rate.of > 0) {
                rates.push(vec![
                    name(),
                    arm(place),
                    format!("{} of {}", rate.count, rate.of),
                    digits(rate.pct()),
                    range(rate.interval_pct()),
                ]);
            }
            for (place, pair) in outcome.paired_rates.iter().filter(|(_, pair)| pair.of > 0) {
                let (points, low, high) = pair.points();
                pairs.push(vec![
                    name(),
                    arm(*place),
                    pair.only_here.to_string(),
                    pair.only_reference.to_string(),
                    digits(points),
                    range((low, high)),
                ]);
            }
        }
        let from = format!("Differences from \"{}\" in the same donors", arm(self.reference));
        let mut tables = vec![
            (
                "Outcomes".to_owned(),
                vec![
                    "outcome",
                    "arm",
                    "n",
                    "median",
                    "its 95 % interval",
                    "half of the donors",
                    "95 % of the donors",
                    "mean",
                    "sd",
                ],
                spreads,
            ),
            (
                from.clone(),
                vec![
                    "outcome",
                    "arm",
                    "pairs",
                    "median",
                    "its 95 % interval",
                    "mean",
                    "its 95 % interval",
                    "95 % of the donors",
                ],
                differences,
            ),
            ("Events, % of runs".to_owned(), vec!["event", "arm", "count", "%", "95 % interval"], rates),
            (
                format!("{from}, points of %"),
                vec!["event", "arm", "only here", "only there", "points", "95 % interval"],
                pairs,
            ),
        ];
        for (asked, fit) in &self.regressions {
            let Some(fit) = fit else {
                let reason = "too few runs, or a column that is no number, does not vary, or follows from others";
                tables.push((format!("Regression of {}", asked.of), vec!["no line"], vec![vec![reason.to_owned()]]));
                continue;
            };
            let mut rows: Vec<_> = asked
                .on
                .iter()
                .zip(&fit.coefficients)
                .map(|(name, one)| vec![name.clone(), digits(one.value), range((one.low, one.high))])
                .collect();
            rows.push(vec!["intercept".to_owned(), digits(fit.intercept), String::new()]);
            let heading = format!(
                "Regression of {} (n {}, {} % of the variance explained)",
                asked.of,
                fit.count,
                digits(100.0 * fit.explained)
            );
            tables.push((heading, vec!["column", "coefficient", "95 % interval"], rows));
        }
        tables.retain(|(_, _, rows)| !rows.is_empty());
        tables
    }

    /// A picture for each named quantity: which part of the donors stays below a value, by arm; and the same of the paired
    /// differences.
    #[must_use]
    pub fn pictures(&self) -> Vec<(String, Picture)> {
        let mut pictures = Vec::new();
        for outcome in self.outcomes.iter().take(self.named) {
            let (name, unit) = (outcome.measure.name, outcome.measure.unit);
            let line = |arm: usize, spread: &Spread| Series {
                label: self.arms.get(arm).cloned().unwrap_or_default(),
                points: spread.curve.iter().enumerate().map(|(step, value)| (*value, float(step as u64))).collect(),
            };
            let picture = |title: String, series: Vec<Series>| Picture {
                title,
                x_label: if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") },
                panels: vec![Panel { label: "% of donors below".to_owned(), series, limits: Vec::new() }],
                stages: Vec::new(),
            };
            let arms: Vec<_> = outcome
                .spreads
                .iter()
                .enumerate()
                .filter(|(_, spread)| spread.count > 0)
                .map(|(arm, spread)| line(arm, spread))
                .collect();
            if !arms.is_empty() {
                pictures.push((name.to_owned(), picture(outcome.measure.about.to_owned(), arms)));
            }
            let pairs: Vec<_> = outcome
                .differences
                .iter()
                .filter(|(_, spread)| spread.count > 0)
                .map(|(arm, spread)| line(*arm, spread))
                .collect();
            if !pairs.is_empty() {
                let title = format!(
                    "{}, difference from \"{}\"",
                    outcome.measure.about,
                    self.arms.get(self.reference).map_or("", String::as_str)
                );
                pictures.push((format!("{name}-difference"), picture(title, pairs)));
            }
        }
        pictures
    }
}

/// Four significant digits.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    match size {
        _ if size >= 1000.0 => format!("{value:.0}"),
        _ if size >= 100.0 => format!("{value:.1}"),
        _ if size >= 10.0 => format!("{value:.2}"),
        _ if size >= 0.1 || size == 0.0 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

fn range((low, high): (f64, f64)) -> String {
    format!("{} to {}", digits(low), digits(high))
}
