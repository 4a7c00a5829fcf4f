//! Statistics that are gathered value by value in a fixed order, in memory that does not grow with their number.

use std::collections::BTreeMap;

use leuka_blood::math;

use crate::cohort::cholesky;

/// Values up to here are kept one by one; more are counted in bins.
const KEPT: usize = 4096;
/// Bits of the mantissa that name a bin: bins are 0.1 % wide.
const MANTISSA_BITS: u32 = 10;
/// The standard normal score of a two-sided 95 % interval.
pub(crate) const Z95: f64 = 1.959_963_984_540_054;

#[expect(clippy::cast_precision_loss, reason = "numbers of donors are far below 2^53")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

/// Quantiles: exact up to 4096 values, beyond within 0.05 % of the value.
#[derive(Debug, Clone)]
pub(crate) enum Quantiles {
    Kept(Vec<f64>),
    Binned { count: u64, bins: BTreeMap<i64, u64> },
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

/// Floats in their order as integers, shortened to a bin.
fn bin(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    let ordered = if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits };
    ordered >> (52 - MANTISSA_BITS)
}

/// The middle of a bin.
fn middle(bin: i64) -> f64 {
    let ordered = (bin << (52 - MANTISSA_BITS)) | (1 << (51 - MANTISSA_BITS));
    let bits = if ordered < 0 { i64::MIN.wrapping_sub(ordered) } else { ordered };
    f64::from_bits(bits.cast_unsigned())
}

impl Quantiles {
    /// Adds a finite value.
    pub(crate) fn add(&mut self, value: f64) {
        match self {
            Self::Kept(values) if values.len() < KEPT => values.push(value),
            Self::Kept(values) => {
                let mut bins = BTreeMap::new();
                for value in values.iter().chain([&value]) {
                    *bins.entry(bin(*value)).or_insert(0) += 1;
                }
                *self = Self::Binned { count: KEPT as u64 + 1, bins };
            }
            Self::Binned { count, bins } => {
                *count += 1;
                *bins.entry(bin(value)).or_insert(0) += 1;
            }
        }
    }

    /// Sorts what is kept, once all values are there.
    pub(crate) fn sorted(mut self) -> Self {
        if let Self::Kept(values) = &mut self {
            values.sort_by(f64::total_cmp);
        }
        self
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Kept(values) => values.len() as u64,
            Self::Binned { count, .. } => *count,
        }
    }

    /// The value at a rank from 0; of kept values interpolated between neighbours. NaN of nothing.
    fn at(&self, rank: f64) -> f64 {
        let last = float(self.count().max(1) - 1);
        let rank = rank.clamp(0.0, last);
        match self {
            Self::Kept(values) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the values")]
                let below = math::floor(rank) as usize;
                let value = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
                let part = rank - math::floor(rank);
                if part > 0.0 { value(below) + part * (value(below + 1) - value(below)) } else { value(below) }
            }
            Self::Binned { bins, .. } => {
                let mut passed = 0.0;
                for (bin, count) in bins {
                    passed += float(*count);
                    if passed > rank {
                        return middle(*bin);
                    }
                }
                f64::NAN
            }
        }
    }

    /// The quantile of a part of all, 0 to 1. Call [`Self::sorted`] before.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        self.at(part * float(self.count().max(1) - 1))
    }

    /// A 95 % interval of the median that supposes no distribution: the values whose ranks are 1.96 binomial standard
    /// deviations from the middle.
    pub(crate) fn median_interval(&self) -> (f64, f64) {
        let n = float(self.count());
        let half = 0.5 * Z95 * math::sqrt(n);
        (self.at(math::floor(0.5 * n - half) - 1.0), self.at(math::ceil(0.5 * n + half)))
    }
}

/// Mean and standard deviation (Welford's recurrence).
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1;
        let away = value - self.mean;
        self.mean += away / float(self.count);
        self.squares += away * (value - self.mean);
    }

    pub(crate) fn mean(&self) -> f64 {
        if self.count > 0 { self.mean } else { f64::NAN }
    }

    pub(crate) fn sd(&self) -> f64 {
        if self.count > 1 { math::sqrt(self.squares / float(self.count - 1)) } else { f64::NAN }
    }

    /// Student's 95 % interval of the mean.
    pub(crate) fn mean_interval(&self) -> (f64, f64) {
        let half = student(float(self.count) - 1.0) * self.sd() / math::sqrt(float(self.count));
        (self.mean - half, self.mean + half)
    }
}

/// The two-sided 95 % point of Student's distribution (Cornish and Fisher's expansion; within 1 % from 3 degrees of
/// freedom on).
fn student(freedom: f64) -> f64 {
    let z = Z95;
    let (z2, z3) = (z * z, z * z * z);
    let (z5, z7) = (z3 * z2, z3 * z2 * z2);
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0;
    let third = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0;
    z + (z3 + z) / (4.0 * freedom) + second / (freedom * freedom) + third / (freedom * freedom * freedom)
}

/// Wilson's 95 % interval of a rate, 0 to 1.
pub(crate) fn wilson(count: u64, of: u64) -> (f64, f64) {
    if of == 0 {
        return (f64::NAN, f64::NAN);
    }
    let (n, p) = (float(of), float(count) / float(of));
    let z2 = Z95 * Z95;
    let middle = p + z2 / (2.0 * n);
    let half = Z95 * math::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
    let whole = 1.0 + z2 / n;
    (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
}

/// Least squares: means and co-moments, so that no data are kept.
#[derive(Debug, Clone)]
pub(crate) struct LeastSquares {
    count: u64,
    means: Vec<f64>,
    moments: Vec<Vec<f64>>,
}

/// A coefficient with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coefficient {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A fitted line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fit {
    pub(crate) count: u64,
    pub(crate) intercept: f64,
    pub(crate) coefficients: Vec<Coefficient>,
    /// Part of the variance that is explained, 0 to 1.
    pub(crate) explained: f64,
}

impl LeastSquares {
    /// For so many explaining columns.
    pub(crate) fn new(columns: usize) -> Self {
        Self { count: 0, means: vec![0.0; columns + 1], moments: vec![vec![0.0; columns + 1]; columns + 1] }
    }

    /// Adds a point: the explaining values, then the explained one.
    pub(crate) fn add(&mut self, point: &[f64]) {
        self.count += 1;
        let n = float(self.count);
        let before: Vec<f64> = point.iter().zip(&self.means).map(|(value, mean)| value - mean).collect();
        for (mean, away) in self.means.iter_mut().zip(&before) {
            *mean += away / n;
        }
        let after: Vec<f64> = point.iter().zip(&self.means).map(|(value, mean)| value - mean).collect();
        for (row, one) in self.moments.iter_mut().zip(&before) {
            for (entry, other) in row.iter_mut().zip(&after) {
                *entry += one * other;
            }
        }
    }

    /// The line; `None` with too few points, a column that does not vary, or columns that follow from each other.
    pub(crate) fn fit(&self) -> Option<Fit> {
        let columns = self.means.len() - 1;
        let freedom = float(self.count) - float(columns as u64) - 1.0;
        if freedom < 1.0 {
            return None;
        }
        let moment = |row: usize, column: usize| self.moments.get(row).and_then(|row| row.get(column)).copied();
        let mut scales = Vec::new();
        for column in 0..=columns {
            scales.push(math::sqrt(moment(column, column)?));
        }
        let (explained_scale, scales) = scales.split_last()?;
        if scales.iter().any(|scale| *scale <= 0.0) || *explained_scale <= 0.0 {
            return None;
        }
        let correlations: Vec<Vec<f64>> = scales
            .iter()
            .enumerate()
            .map(|(row, one)| {
                scales
                    .iter()
                    .enumerate()
                    .map(|(column, other)| moment(row, column).unwrap_or(0.0) / (one * other))
                    .collect()
            })
            .collect();
        let with: Vec<f64> = scales
            .iter()
            .enumerate()
            .map(|(row, scale)| moment(row, columns).unwrap_or(0.0) / (scale * explained_scale))
            .collect();
        let factor = cholesky(&correlations)?;
        let standard = solve(&factor, &with);
        let explained: f64 = standard.iter().zip(&with).map(|(a, b)| a * b).sum();
        let left = ((1.0 - explained) / freedom).max(0.0);
        let wide = student(freedom);
        let coefficients: Vec<Coefficient> = standard
            .iter()
            .zip(scales)
            .enumerate()
            .map(|(place, (beta, scale))| {
                let unit: Vec<f64> = (0..columns).map(|column| if column == place { 1.0 } else { 0.0 }).collect();
                let inverse = solve(&factor, &unit).get(place).copied().unwrap_or(f64::NAN);
                let to_units = explained_scale / scale;
                let half = wide * math::sqrt(left * inverse) * to_units;
                let value = beta * to_units;
                Coefficient { value, low: value - half, high: value + half }
            })
            .collect();
        let along: f64 = coefficients.iter().zip(&self.means).map(|(one, mean)| one.value * mean).sum();
        let intercept = self.means.last()? - along;
        Some(Fit { count: self.count, intercept, coefficients, explained })
    }
}

/// Solves `L L' x = b` for a lower triangle `L`.
fn solve(factor: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut forward: Vec<f64> = Vec::with_capacity(right.len());
    for (row, value) in factor.iter().zip(right) {
        let dot: f64 = row.iter().zip(&forward).map(|(a, b)| a * b).sum();
        forward.push((value - dot) / row.last().copied().unwrap_or(f64::NAN));
    }
    let mut back = forward;
    for place in (0..factor.len()).rev() {
        let Some(row) = factor.get(place) else { continue };
        let (Some(diagonal), Some(value)) = (row.last(), back.get(place).copied()) else { continue };
        let solved = value / diagonal;
        for (entry, weight) in back.iter_mut().zip(row).take(place) {
            *entry -= weight * solved;
        }
        if let Some(entry) = back.get_mut(place) {
            *entry = solved;
        }
    }
    back
}

#[cfg(test)]
mod tests {
    use leuka_blood::random::Seed;

    use super::*;

    fn quantiles(values: impl Iterator<Item = f64>) -> Quantiles {
        let mut quantiles = Quantiles::default();
        values.for_each(|value| quantiles.add(value));
        quantiles.sorted()
    }

    #[test]
    fn few_values_have_exact_quantiles() {
        let values = quantiles((0..101).rev().map(f64::from));
        assert_eq!((values.quantile(0.5), values.quantile(0.25), values.quantile(1.0)), (50.0, 25.0, 100.0));
        // Ranks of the binomial interval for n = 101: 40 to 60 of 0 to 100, at least 95 % covered.
        let (low, high) = values.median_interval();
        assert!((39.0..=41.0).contains(&low) && (60.0..=61.0).contains(&high), "{low} {high}");
    }

    #[test]
    fn many_values_have_quantiles_within_a_twentieth_of_a_percent() {
        let values = quantiles((0..100_000).map(|i| f64::from(i) - 20_000.0));
        assert!(matches!(values, Quantiles::Binned { .. }));
        for part in [0.01, 0.1, 0.3, 0.5, 0.99] {
            let exact = part * 99_999.0 - 20_000.0;
            assert!((values.quantile(part) / exact - 1.0).abs() < 6e-4, "{part}: {}", values.quantile(part));
        }
    }

    #[test]
    fn the_interval_of_a_rate_is_wilsons() {
        // Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662.
        let (low, high) = wilson(81, 263);
        assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0, 10).0, 0.0);
    }

    #[test]
    fn students_points_are_those_of_the_tables() {
        for (freedom, point) in [(3.0, 3.182), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (1000.0, 1.962)] {
            assert!((student(freedom) / point - 1.0).abs() < 0.012, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn least_squares_find_the_line_that_data_were_made_from() {
        let mut stream = Seed::run(3).stream("regression");
        let mut fit = LeastSquares::new(2);
        for _ in 0..4000 {
            let (x, noise) = (stream.normal(), stream.normal());
            let y = 0.8 * x + 0.6 * stream.normal();
            fit.add(&[x, y, 5.0 + 2.0 * x - 3.0 * y + noise]);
        }
        let fit = fit.fit().unwrap();
        for (found, made) in fit.coefficients.iter().zip([2.0, -3.0]) {
            assert!((found.value - made).abs() < 0.1 && found.low < made && made < found.high, "{found:?} of {made}");
        }
        assert!((fit.intercept - 5.0).abs() < 0.07);
        let mut same = LeastSquares::new(2);
        (0..100).map(f64::from).for_each(|x| same.add(&[x, 2.0 * x, x]));
        assert_eq!(same.fit(), None);
    }
}
