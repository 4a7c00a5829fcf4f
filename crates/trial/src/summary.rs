//! The summary of a study: for each outcome and arm the median with its interval, the paired difference from the arm of
//! reference, rates of events, regressions, and a picture of each outcome.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use leuka_report::{NOT_A_DEVICE, Panel, Picture, Series, table};
use serde_json::{Value, json};

use crate::measure::{Kind, MEASURES, Measure};
use crate::statistics::{Fit, LeastSquares, Moments, Quantiles, Z95, float, wilson};
use crate::study::Study;
use crate::table::{Cell, Column, Row};

/// With more arms than this, all are summarised together.
const MOST_GROUPS: usize = 64;
/// Different reasons of failure that are told apart.
const MOST_REASONS: usize = 50;

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

/// An arm's place and the outcomes of one donor in it.
type ArmValues = (usize, Vec<Option<f64>>);
/// Heading, header and rows of a table.
type Sheet = (String, Vec<&'static str>, Vec<Vec<String>>);

/// What is gathered while rows come by, donor by donor.
pub(crate) struct Gathering<'a> {
    study: &'a Study,
    first_measure: usize,
    places: BTreeMap<&'a str, usize>,
    arms: BTreeMap<&'a str, usize>,
    groups: Vec<Group>,
    differences: Vec<Vec<(Quantiles, Moments)>>,
    paired: Vec<Vec<PairedRate>>,
    failures: BTreeMap<String, u64>,
    early_ends: BTreeMap<String, u64>,
    regressions: Vec<LeastSquares>,
    /// The rows of the donor who is coming by.
    pending: (f64, Vec<ArmValues>),
}

#[derive(Clone)]
struct Group {
    runs: u64,
    failed: u64,
    values: Vec<(Quantiles, Moments)>,
    rates: Vec<Rate>,
}

impl<'a> Gathering<'a> {
    pub(crate) fn new(study: &'a Study, columns: &'a [Column]) -> Self {
        let count = if study.arms.len() > MOST_GROUPS { 1 } else { study.arms.len() };
        let values = || vec![(Quantiles::default(), Moments::default()); MEASURES.len()];
        let group =
            Group { runs: 0, failed: 0, values: values(), rates: vec![Rate { count: 0, of: 0 }; MEASURES.len()] };
        Self {
            study,
            first_measure: columns.len() - MEASURES.len(),
            places: columns.iter().enumerate().map(|(place, column)| (column.name.as_str(), place)).collect(),
            arms: study.arms.iter().enumerate().map(|(place, arm)| (arm.name.as_str(), place)).collect(),
            groups: vec![group; count],
            differences: vec![values(); count],
            paired: vec![vec![PairedRate { of: 0, only_here: 0, only_reference: 0 }; MEASURES.len()]; count],
            failures: BTreeMap::new(),
            early_ends: BTreeMap::new(),
            regressions: study.regressions.iter().map(|one| LeastSquares::new(one.on.len())).collect(),
            pending: (f64::NAN, Vec::new()),
        }
    }

    /// Adds the next row of the table.
    pub(crate) fn add(&mut self, row: &Row) {
        let donor = row.first().and_then(Cell::number).unwrap_or(f64::NAN);
        if donor.to_bits() != self.pending.0.to_bits() {
            self.compare();
            self.pending = (donor, Vec::new());
        }
        let arm = if let Some(Cell::Text(name)) = row.get(1) { self.arms.get(name.as_str()).copied() } else { None };
        let arm = arm.unwrap_or(0);
        let cells = row.get(self.first_measure..).unwrap_or_default();
        let values: Vec<Option<f64>> = cells.iter().map(Cell::number).collect();
        let place = if self.groups.len() == self.study.arms.len() { arm } else { 0 };
        if let Some(group) = self.groups.get_mut(place) {
            group.add(&values);
        }
        self.reasons(row, &values);
        self.regress(row);
        if self.groups.len() > 1 && self.study.paired {
            self.pending.1.push((arm, values));
        }
    }

    fn reasons(&mut self, row: &Row, values: &[Option<f64>]) {
        let text = |name: &str| match self.places.get(name).and_then(|place| row.get(*place)) {
            Some(Cell::Text(text)) => Some(text.chars().take(160).collect::<String>()),
            _ => None,
        };
        let (failure, end) = (text("failure"), text("end_reason"));
        // `completed` is the first of the measures.
        let ended_early = values.first().copied().flatten() == Some(0.0);
        count(&mut self.failures, failure);
        count(&mut self.early_ends, end.filter(|_| ended_early));
    }

    fn regress(&mut self, row: &Row) {
        let value = |name: &String| match row.get(*self.places.get(name.as_str())?)? {
            Cell::Text(word) if word == "female" || word == "true" => Some(1.0),
            Cell::Text(word) if word == "male" || word == "false" => Some(0.0),
            cell => cell.number(),
        };
        for (asked, fit) in self.study.regressions.iter().zip(&mut self.regressions) {
            let point: Option<Vec<f64>> = asked.on.iter().chain([&asked.of]).map(value).collect();
            if let Some(point) = point {
                fit.add(&point);
            }
        }
    }

    /// Compares the arms of the donor whose rows are complete.
    fn compare(&mut self) {
        let rows = std::mem::take(&mut self.pending.1);
        let Some((_, reference)) = rows.iter().find(|(arm, _)| *arm == self.study.reference) else { return };
        for (arm, values) in rows.iter().filter(|(arm, _)| *arm != self.study.reference) {
            let (Some(differences), Some(paired)) = (self.differences.get_mut(*arm), self.paired.get_mut(*arm)) else {
                continue;
            };
            let pairs = values.iter().zip(reference).zip(MEASURES).zip(differences.iter_mut().zip(paired));
            for (((here, there), measure), ((quantiles, moments), rate)) in pairs {
                let (Some(here), Some(there)) = (here, there) else { continue };
                match measure.kind {
                    Kind::Quantity => {
                        quantiles.add(here - there);
                        moments.add(here - there);
                    }
                    Kind::Event => {
                        rate.of += 1;
                        rate.only_here += u64::from(here > there);
                        rate.only_reference += u64::from(here < there);
                    }
                }
            }
        }
    }

    pub(crate) fn finish(mut self) -> Summary {
        self.compare();
        let study = self.study;
        let is_one = self.groups.len() != study.arms.len();
        let order = order(&study.outcomes);
        let outcomes = order.into_iter().map(|place| self.summarise(place, is_one || !study.paired)).collect();
        Summary {
            name: study.name.clone(),
            title: study.title.clone(),
            question: study.question.clone(),
            arms: if is_one {
                vec!["all arms".to_owned()]
            } else {
                study.arms.iter().map(|arm| arm.name.clone()).collect()
            },
            reference: if is_one { 0 } else { study.reference },
            runs: self.groups.iter().map(|group| (group.runs, group.failed)).collect(),
            failures: self.failures,
            early_ends: self.early_ends,
            outcomes,
            named: if study.outcomes.is_empty() { MEASURES.len() } else { study.outcomes.len() },
            regressions: study
                .regressions
                .iter()
                .cloned()
                .zip(self.regressions.iter().map(LeastSquares::fit))
                .collect(),
        }
    }

    fn summarise(&self, place: usize, is_unpaired: bool) -> Summarised {
        let measure = &MEASURES[place];
        let is_event = measure.kind == Kind::Event;
        let spread = |(quantiles, moments): &(Quantiles, Moments)| Spread::of(quantiles.clone(), moments);
        let others = || (0..self.groups.len()).filter(|arm| !is_unpaired && *arm != self.study.reference);
        Summarised {
            measure,
            spreads: if is_event {
                Vec::new()
            } else {
                self.groups.iter().map(|group| spread(&group.values[place])).collect()
            },
            rates: if is_event { self.groups.iter().map(|group| group.rates[place]).collect() } else { Vec::new() },
            differences: if is_event {
                Vec::new()
            } else {
                others().map(|arm| (arm, spread(&self.differences[arm][place]))).collect()
            },
            paired_rates: if is_event {
                others().map(|arm| (arm, self.paired[arm][place])).collect()
            } else {
                Vec::new()
            },
        }
    }
}

impl Group {
    fn add(&mut self, values: &[Option<f64>]) {
        self.runs += 1;
        self.failed += u64::from(values.iter().all(Option::is_none));
        for ((value, (quantiles, moments)), (rate, measure)) in
            values.iter().zip(&mut self.values).zip(self.rates.iter_mut().zip(MEASURES))
        {
            match (value, measure.kind) {
                (Some(value), Kind::Quantity) => {
                    quantiles.add(*value);
                    moments.add(*value);
                }
                (Some(value), Kind::Event) => {
                    rate.of += 1;
                    rate.count += u64::from(*value > 0.5);
                }
                (None, _) => {}
            }
        }
    }
}

fn count(reasons: &mut BTreeMap<String, u64>, reason: Option<String>) {
    if let Some(reason) = reason {
        let is_known = reasons.len() < MOST_REASONS || reasons.contains_key(&reason);
        *reasons.entry(if is_known { reason } else { "other reasons".to_owned() }).or_insert(0) += 1;
    }
}

/// The places of all measures, the named ones first.
fn order(named: &[String]) -> Vec<usize> {
    let place = |name: &String| MEASURES.iter().position(|measure| measure.name == name.as_str());
    let mut order: Vec<usize> = named.iter().filter_map(place).collect();
    order.extend((0..MEASURES.len()).filter(|place| !named.iter().any(|name| name.as_str() == MEASURES[*place].name)));
    order
}

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
