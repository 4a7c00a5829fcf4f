//! Fits the table to a survey: the metric by likelihood, then the trend and the weights.

use std::error::Error;

use leuka_blood::math;
use leuka_separator::Parameters;
use leuka_separator::stage::survey::{Class, Record, cells};
use leuka_separator::stage::table::{
    Centre, FEATURES, QUANTITIES, Table, covariance, distance2, features, fingerprint,
};
use nalgebra::{Cholesky, DMatrix, SMatrix, SVector};

/// Points at most that the metric is found on.
const SUBSET: usize = 620;
/// Quantities that it is found for: captures of platelets, lymphocytes, CD34+ cells and neutrophils.
const TELLING: [usize; 4] = [4, 7, 13, 16];
/// Steps of the search for it at most, and the gain in likelihood below which it ends.
const STEPS: usize = 250;
const ENOUGH: f64 = 0.02;
/// Distance at which the search begins: by so much a feature's spread parts two points.
const FIRST: f64 = 0.12;
/// Prior variance of the trend's coefficients against that of the field.
const TREND: f64 = 10.0;
/// Least noise: what two near points of the survey may differ by, and so that the system can be solved.
const LEAST_NOISE: f64 = 3e-4;
/// Entries of a lower triangle, and the logarithms of the noise of a steady point and of what a point that is not quite
/// steady adds to it, per square of its imbalance.
const TRIANGLE: usize = FEATURES * (FEATURES + 1) / 2;
const ENTRIES: usize = TRIANGLE + 2;

type Features = [f64; FEATURES];
type Entries = SVector<f64, ENTRIES>;
type Curvature = SMatrix<f64, ENTRIES, ENTRIES>;

/// The table of a survey.
pub(crate) fn table(
    survey: &[Record],
    parameters: &Parameters,
    blood: &leuka_blood::Parameters,
) -> Result<Table, Box<dyn Error>> {
    let places: Vec<Features> =
        survey.iter().map(|record| features(&record.conditions, record.place.collect_hematocrit)).collect();
    let values = DMatrix::from_fn(survey.len(), QUANTITIES, |row, column| survey[row].place.quantities()[column]);
    let doubts: Vec<f64> = survey.iter().map(|record| record.imbalance * record.imbalance).collect();
    let entries = metric(&places, &doubts, &values);
    let centre = mean(&places);
    let moved: Vec<Features> =
        places.iter().map(|place| std::array::from_fn(|axis| place[axis] - centre[axis])).collect();
    let factor = Cholesky::new(joint(&moved, &doubts, &entries))
        .ok_or("the covariance of the survey's points cannot be factored")?;
    let solved = factor.solve(&values);
    let slopes = base(&moved).transpose() * &solved * TREND;
    let mut trend = [[0.0; QUANTITIES]; FEATURES + 1];
    for (row, trend) in trend.iter_mut().enumerate() {
        for (column, trend) in trend.iter_mut().enumerate() {
            *trend = slopes[(row, column)];
        }
    }
    // The features of the table are not moved to their mean.
    let [level, slopes @ ..] = &mut trend;
    for (slopes, centre) in slopes.iter().zip(&centre) {
        for (level, slope) in level.iter_mut().zip(slopes) {
            *level -= centre * slope;
        }
    }
    let triangle = triangle(&entries);
    let metric: [Features; FEATURES] =
        std::array::from_fn(|row| std::array::from_fn(|column| short(triangle[(row, column)])));
    let points = places
        .iter()
        .enumerate()
        .map(|(row, place)| Centre {
            place: std::array::from_fn(|axis| short((0..FEATURES).map(|of| place[of] * metric[of][axis]).sum())),
            weights: std::array::from_fn(|column| short(solved[(row, column)])),
        })
        .collect();
    let cells = cells(blood);
    Ok(Table {
        fingerprint: fingerprint(parameters, blood),
        cells: Class::ALL.map(|class| cells[class.stand_in()]),
        metric,
        trend: trend.map(|row| row.map(short)),
        points,
    })
}

/// Eight digits: enough for the sums, and for a file that people can carry.
fn short(number: f64) -> f64 {
    format!("{number:.7e}").parse().unwrap_or(number)
}

fn mean(places: &[Features]) -> Features {
    std::array::from_fn(|axis| places.iter().map(|place| place[axis]).sum::<f64>() / places.len() as f64)
}

/// Columns of ones and features.
fn base(places: &[Features]) -> DMatrix<f64> {
    DMatrix::from_fn(places.len(), FEATURES + 1, |row, column| if column == 0 { 1.0 } else { places[row][column - 1] })
}

fn triangle(entries: &Entries) -> DMatrix<f64> {
    let mut triangle = DMatrix::zeros(FEATURES, FEATURES);
    let mut next = entries.iter();
    for row in 0..FEATURES {
        for column in 0..=row {
            triangle[(row, column)] = *next.next().expect("as many entries");
        }
    }
    triangle
}

/// Where the points lie in the metric.
fn placed(places: &[Features], entries: &Entries) -> Vec<Features> {
    let triangle = triangle(entries);
    let placed = |place: &Features| {
        std::array::from_fn(|axis| (axis..FEATURES).map(|of| place[of] * triangle[(of, axis)]).sum())
    };
    places.iter().map(placed).collect()
}

/// Covariance of field, trend and noise over the points; `doubts` are the squares of their imbalances.
fn joint(places: &[Features], doubts: &[f64], entries: &Entries) -> DMatrix<f64> {
    let placed = placed(places, entries);
    let noise = math::exp(entries[TRIANGLE]) + LEAST_NOISE;
    let doubt = math::exp(entries[TRIANGLE + 1]);
    DMatrix::from_fn(places.len(), places.len(), |row, column| {
        let trend: f64 = 1.0 + places[row].iter().zip(&places[column]).map(|(one, other)| one * other).sum::<f64>();
        let field = covariance(distance2(&placed[row], &placed[column]).sqrt());
        TREND * trend + field + if row == column { noise + doubt * doubts[row] } else { 0.0 }
    })
}

/// The likeliest metric and noise for a part of the points, by the method of Broyden, Fletcher, Goldfarb and Shanno (1970).
fn metric(places: &[Features], doubts: &[f64], values: &DMatrix<f64>) -> Entries {
    let every = places.len().div_ceil(SUBSET).max(1);
    let chosen: Vec<usize> = (0..places.len()).step_by(every).collect();
    let subset: Vec<Features> = chosen.iter().map(|&row| places[row]).collect();
    let centre = mean(&subset);
    let subset: Vec<Features> =
        subset.iter().map(|place| std::array::from_fn(|axis| place[axis] - centre[axis])).collect();
    let doubts: Vec<f64> = chosen.iter().map(|&row| doubts[row]).collect();
    let told = DMatrix::from_fn(chosen.len(), TELLING.len(), |row, column| values[(chosen[row], TELLING[column])]);
    let look = |entries: &Entries| unlikeliness(&subset, &doubts, &told, entries);
    let mut entries = Entries::zeros();
    for row in 0..FEATURES {
        let spread = (subset.iter().map(|point| point[row] * point[row]).sum::<f64>() / subset.len() as f64).sqrt();
        entries[row * (row + 1) / 2 + row] = FIRST / spread;
    }
    entries[TRIANGLE] = math::ln(1e-3);
    entries[TRIANGLE + 1] = math::ln(100.0);
    let (mut cost, mut slope) = look(&entries);
    let mut inverse = Curvature::identity() * (FIRST / slope.norm());
    for step in 0..STEPS {
        let mut way = -inverse * slope;
        if way.dot(&slope) >= 0.0 {
            inverse = Curvature::identity() * (FIRST / slope.norm());
            way = -inverse * slope;
        }
        let mut stride = 1.0;
        let (found, steeper) = loop {
            let (found, steeper) = look(&(entries + way * stride));
            if found <= cost + 1e-4 * stride * way.dot(&slope) || stride < 1e-6 {
                break (found, steeper);
            }
            stride *= 0.4;
        };
        eprint!("\rmetric: step {} of {STEPS}, {found:.1}   ", step + 1);
        let (moved, turned) = (way * stride, steeper - slope);
        let along = moved.dot(&turned);
        if along > 0.0 {
            let left = Curvature::identity() - moved * turned.transpose() / along;
            inverse = left * inverse * left.transpose() + moved * moved.transpose() / along;
        }
        let gained = cost - found;
        if gained > 0.0 {
            entries += moved;
            (cost, slope) = (found, steeper);
        }
        if gained < ENOUGH {
            break;
        }
    }
    eprintln!();
    entries
}

/// Minus the logarithm of the likelihood, each quantity with the variance that suits it best, and its slope.
fn unlikeliness(places: &[Features], doubts: &[f64], values: &DMatrix<f64>, entries: &Entries) -> (f64, Entries) {
    let Some(factor) = Cholesky::new(joint(places, doubts, entries)) else { return (f64::INFINITY, Entries::zeros()) };
    let (count, quantities) = (places.len(), values.ncols() as f64);
    let solved = factor.solve(values);
    let variances: Vec<f64> =
        values.column_iter().zip(solved.column_iter()).map(|(one, other)| one.dot(&other) / count as f64).collect();
    let determinant: f64 = factor.l_dirty().diagonal().iter().map(|entry| 2.0 * math::ln(*entry)).sum();
    let logarithms: f64 = variances.iter().map(|variance| math::ln(*variance)).sum();
    let cost = 0.5 * (count as f64 * logarithms + quantities * determinant);
    // Slope by the covariances of all pairs, then by the places in the metric, then by its entries.
    let scaled = DMatrix::from_fn(count, values.ncols(), |row, column| solved[(row, column)] / variances[column]);
    let mut slope = (factor.inverse() * quantities - scaled * solved.transpose()) * 0.5;
    let mut found = Entries::zeros();
    let diagonal = slope.diagonal();
    found[TRIANGLE] = math::exp(entries[TRIANGLE]) * diagonal.sum();
    found[TRIANGLE + 1] =
        math::exp(entries[TRIANGLE + 1]) * diagonal.iter().zip(doubts).map(|(slope, doubt)| slope * doubt).sum::<f64>();
    let placed = placed(places, entries);
    for column in 0..count {
        for row in 0..count {
            slope[(row, column)] *= covariance_slope(distance2(&placed[row], &placed[column]).sqrt());
        }
    }
    let placed = DMatrix::from_fn(count, FEATURES, |row, axis| placed[row][axis]);
    let features = DMatrix::from_fn(count, FEATURES, |row, axis| places[row][axis]);
    let sums = slope.column_sum();
    let pulled = DMatrix::from_fn(count, FEATURES, |row, axis| sums[row] * placed[(row, axis)]) - slope * placed;
    let by_metric = features.transpose() * pulled * 4.0;
    let mut next = found.iter_mut();
    for row in 0..FEATURES {
        for column in 0..=row {
            *next.next().expect("as many entries") = by_metric[(row, column)];
        }
    }
    (cost, found)
}

/// Slope of [`covariance`] by the square of the distance.
fn covariance_slope(r: f64) -> f64 {
    let far = (1.0 - r).max(0.0);
    let squared = far * far;
    -28.0 * squared * squared * squared
}
