//! What is gathered for a summary while the rows of a table come by, donor by donor.

use std::collections::BTreeMap;

use super::{PairedRate, Rate, Spread, Summarised, Summary};
use crate::measure::{Kind, MEASURES};
use crate::statistics::{LeastSquares, Moments, Quantiles};
use crate::study::Study;
use crate::table::{Cell, Column, Row};

/// With more arms than this, all are summarised together.
const MOST_GROUPS: usize = 64;
/// Different reasons of failure that are told apart.
const MOST_REASONS: usize = 50;

/// An arm's place and the outcomes of one donor in it.
type ArmValues = (usize, Vec<Option<f64>>);
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
