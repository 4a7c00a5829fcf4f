//! Fits the table to a survey: the metric by likelihood, then the trend and the weights.

use std::error::Error;

use leuka_blood::math;
use leuka_separator::Parameters;
use leuka_separator::stage::survey::{Class, Record, cells};
use leuka_separator::stage::table::{
    Centre, FEATURES, QUANTITIES, Table, covariance, distance2, features, fingerprint,
};
use nalgebra::{Cholesky, DMatrix, DVector};

/// Points at most that the metric is found on.
const SUBSET: usize = 420;
/// Quantities that it is found for: interface, and capture of platelets, lymphocytes, CD34+ cells and neutrophils.
const TELLING: [usize; 5] = [0, 4, 7, 13, 16];
/// Sweeps over the metric's entries.
const SWEEPS: usize = 80;
/// Prior variance of the trend's coefficients against that of the field.
const TREND: f64 = 10.0;
/// Least noise: what two near points of the survey may differ by, and so that the system can be solved.
const LEAST_NOISE: f64 = 3e-4;
/// Entries of a lower triangle, and the logarithm of the noise.
const ENTRIES: usize = FEATURES * (FEATURES + 1) / 2 + 1;

type Features = [f64; FEATURES];

/// The table of a survey.
pub(crate) fn table(
    survey: &[Record],
    parameters: &Parameters,
    blood: &leuka_blood::Parameters,
) -> Result<Table, Box<dyn Error>> {
    let places: Vec<Features> =
        survey.iter().map(|record| features(&record.conditions, record.place.collect_hematocrit)).collect();
    let values = DMatrix::from_fn(survey.len(), QUANTITIES, |row, column| survey[row].place.quantities()[column]);
    let entries = metric(&places, &values);
    let centre = mean(&places);
    let moved: Vec<Features> =
        places.iter().map(|place| std::array::from_fn(|axis| place[axis] - centre[axis])).collect();
    let factor =
        Cholesky::new(joint(&moved, &entries)).ok_or("the covariance of the survey's points cannot be factored")?;
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

fn triangle(entries: &[f64; ENTRIES]) -> DMatrix<f64> {
    let mut triangle = DMatrix::zeros(FEATURES, FEATURES);
    let mut next = entries.iter();
    for row in 0..FEATURES {
        for column in 0..=row {
            triangle[(row, column)] = *next.next().expect("as many entries");
        }
    }
    triangle
}

/// Covariance of field, trend and noise over the points.
fn joint(places: &[Features], entries: &[f64; ENTRIES]) -> DMatrix<f64> {
    let triangle = triangle(entries);
    let placed: Vec<Features> = places
        .iter()
        .map(|place| std::array::from_fn(|axis| (axis..FEATURES).map(|of| place[of] * triangle[(of, axis)]).sum()))
        .collect();
    let noise = math::exp(entries[ENTRIES - 1]).max(LEAST_NOISE);
    DMatrix::from_fn(places.len(), places.len(), |row, column| {
        let trend: f64 = 1.0 + places[row].iter().zip(&places[column]).map(|(one, other)| one * other).sum::<f64>();
        let field = covariance(distance2(&placed[row], &placed[column]).sqrt());
        TREND * trend + field + if row == column { noise } else { 0.0 }
    })
}

/// The likeliest metric and noise for a part of the points, by a search along each entry in turn.
fn metric(places: &[Features], values: &DMatrix<f64>) -> [f64; ENTRIES] {
    let every = places.len().div_ceil(SUBSET).max(1);
    let chosen: Vec<usize> = (0..places.len()).step_by(every).collect();
    let subset: Vec<Features> = chosen.iter().map(|&row| places[row]).collect();
    let centre = mean(&subset);
    let subset: Vec<Features> =
        subset.iter().map(|place| std::array::from_fn(|axis| place[axis] - centre[axis])).collect();
    let told = DMatrix::from_fn(chosen.len(), TELLING.len(), |row, column| values[(chosen[row], TELLING[column])]);
    let cost = |entries: &[f64; ENTRIES]| unlikeliness(&subset, &told, entries);
    let mut entries = [0.0; ENTRIES];
    for row in 0..FEATURES {
        let spread = (subset.iter().map(|point| point[row] * point[row]).sum::<f64>() / subset.len() as f64).sqrt();
        entries[row * (row + 1) / 2 + row] = 0.12 / spread;
    }
    entries[ENTRIES - 1] = math::ln(1e-3);
    let mut steps: [f64; ENTRIES] = std::array::from_fn(|entry| 0.2 * entries[entry].abs().max(0.03));
    steps[ENTRIES - 1] = 1.0;
    let mut best = cost(&entries);
    for sweep in 0..SWEEPS {
        let before = best;
        for entry in 0..ENTRIES {
            let mut moved = false;
            for sign in [1.0, -1.0] {
                let mut tried = entries;
                tried[entry] += sign * steps[entry];
                let found = cost(&tried);
                if found < best {
                    (entries, best, moved) = (tried, found, true);
                    break;
                }
            }
            steps[entry] *= if moved { 1.5 } else { 0.5 };
        }
        eprint!("\rmetric: sweep {} of {SWEEPS}, {best:.1}   ", sweep + 1);
        if before - best < 0.05 && sweep > 20 {
            break;
        }
    }
    eprintln!();
    entries
}

/// Minus the logarithm of the likelihood, each quantity with the variance that suits it best.
fn unlikeliness(places: &[Features], values: &DMatrix<f64>, entries: &[f64; ENTRIES]) -> f64 {
    let Some(factor) = Cholesky::new(joint(places, entries)) else { return f64::INFINITY };
    let count = places.len() as f64;
    let solved = factor.solve(values);
    let variances: f64 = (0..values.ncols())
        .map(|column| {
            let (one, other): (DVector<f64>, DVector<f64>) =
                (values.column(column).into(), solved.column(column).into());
            math::ln(one.dot(&other) / count)
        })
        .sum();
    let determinant: f64 = factor.l_dirty().diagonal().iter().map(|entry| 2.0 * math::ln(*entry)).sum();
    0.5 * (count * variances + values.ncols() as f64 * determinant)
}
