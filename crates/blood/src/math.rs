//! The one door to transcendental functions.
//!
//! The C library picks fused multiply-add variants at run time, so its last bits differ between CPUs; `libm` in plain
//! Rust does not. Core crates call these and nothing else (`clippy.toml` bans the methods on `f64`).

pub use libm::{
    atan, cbrt, ceil, cos, erfc, exp, expm1 as exp_m1, fabs as abs, floor, log as ln, log1p as ln_1p, log10, pow,
    round, sin, sqrt, tanh,
};

/// The nearest to `value` from `low` to `high`; NaN stays NaN. Two instructions: `f64::clamp` also asserts that the bounds
/// are in order, and `max` and `min` look for NaN each.
#[inline]
#[must_use]
pub const fn within(value: f64, low: f64, high: f64) -> f64 {
    let raised = if value < low { low } else { value };
    if raised > high { high } else { raised }
}

/// The greater of two numbers of which neither is NaN: one instruction, where `f64::max` looks for NaN.
#[inline]
#[must_use]
pub const fn greater(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

/// The lesser of two numbers of which neither is NaN.
#[inline]
#[must_use]
pub const fn lesser(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

/// Where the two tails of the approximation begin.
const TAIL: f64 = 0.02425;

/// The inverse of the standard normal distribution function: the value that a normal variate stays below with
/// probability `p`. Relative error below 1.2e-9 (P. J. Acklam's rational approximation); infinite at 0 and 1, NaN
/// outside.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if p < TAIL {
        lower_tail(p)
    } else if p > 1.0 - TAIL {
        -lower_tail(1.0 - p)
    } else {
        centre(p - 0.5)
    }
}

/// The normal quantile as straight lines, of which each octave of the probability has as many.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(crate) struct NormalTable {
    /// Where each line would be at nothing, and its slope.
    lines: [(f64, f64); OCTAVES * LINES],
}

#[cfg(feature = "std")]
const OCTAVES: usize = 33;
/// Lines in an octave: a power of two, so that the first bits of the fraction tell which.
#[cfg(feature = "std")]
const LINES: usize = 32;
/// Bits of a float behind those that tell its octave and line.
#[cfg(feature = "std")]
const BEHIND: u32 = 52 - LINES.trailing_zeros();

#[cfg(feature = "std")]
impl NormalTable {
    /// The table; made at first use.
    pub(crate) fn get() -> &'static Self {
        static TABLE: std::sync::LazyLock<NormalTable> = std::sync::LazyLock::new(NormalTable::new);
        &TABLE
    }

    fn new() -> Self {
        let first = Self::octave_and_line(0.5);
        let quantile = |place: usize| {
            let counted = f64::from_bits((first + place as u64) << BEHIND);
            (counted, normal_quantile(counted * HALF_UNIT))
        };
        let lines = core::array::from_fn(|place| {
            let ((from, low), (to, high)) = (quantile(place), quantile(place + 1));
            let slope = (high - low) / (to - from);
            (low - slope * from, slope)
        });
        Self { lines }
    }

    const fn octave_and_line(counted: f64) -> u64 {
        counted.to_bits() >> BEHIND
    }

    /// A standard normal from 33 random bits of a word: one for the sign, the others count half-units of probability.
    #[inline]
    pub(crate) fn normal(&self, word: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "32 bits")]
        let counted = (word >> 32) as f64 + 0.5;
        #[expect(clippy::cast_possible_truncation, reason = "octaves and lines are few")]
        let place = (Self::octave_and_line(counted) - Self::octave_and_line(0.5)) as usize;
        let (base, slope) = self.lines[place];
        let lower = base + slope * counted;
        f64::from_bits(lower.to_bits() ^ (word << 63))
    }
}

/// Probability that one count stands for: 2^32 of them up to one half.
#[cfg(feature = "std")]
const HALF_UNIT: f64 = 1.0 / 8_589_934_592.0;

fn lower_tail(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let q = sqrt(-2.0 * ln(p));
    let numerator =
        ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q
            + 4.374664141464968)
            * q
            + 2.938163982698783;
    let denominator =
        (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1.0;
    numerator / denominator
}

fn centre(q: f64) -> f64 {
    let r = q * q;
    let numerator = (((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r
        + 1.383_577_518_672_69e2)
        * r
        - 3.066479806614716e1)
        * r
        + 2.506628277459239)
        * q;
    let denominator =
        ((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r
            - 1.328068155288572e1)
            * r
            + 1.0;
    numerator / denominator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_match_values_known_to_twenty_digits() {
        let check =
            |ours: f64, exact: f64| assert!((ours / exact - 1.0).abs() < 4.0 * f64::EPSILON, "{ours} against {exact}");
        check(exp(1.0), core::f64::consts::E);
        check(ln(10.0), core::f64::consts::LN_10);
        check(pow(2.0, 0.5), core::f64::consts::SQRT_2);
        check(4.0 * atan(1.0), core::f64::consts::PI);
        check(tanh(0.5), 0.462_117_157_260_009_76);
        check(sin(1.0), 0.841_470_984_807_896_5);
        check(exp_m1(1e-9), 1.000_000_000_5e-9);
    }

    #[test]
    fn the_table_of_normals_is_within_a_ten_thousandth_of_the_quantile() {
        let table = NormalTable::get();
        let mut worst = 0.0_f64;
        let check = |count: u64| {
            let exact = normal_quantile((count as f64 + 0.5) * HALF_UNIT);
            let lower = table.normal(count << 32);
            assert_eq!(table.normal(count << 32 | 1), -lower);
            (lower - exact).abs()
        };
        for count in (0..1 << 16).chain((0..1 << 16).map(|part| (part << 16) + 40_503)).chain([u64::from(u32::MAX)]) {
            worst = worst.max(check(count));
        }
        assert!(worst < 1e-4, "{worst}");
    }

    #[test]
    fn the_normal_quantile_inverts_the_distribution_function() {
        for p in [1e-9, 1e-4, 0.02, 0.025, 0.3, 0.5, 0.8, 0.975, 0.98, 0.9999] {
            let z = normal_quantile(p);
            let back = 0.5 * erfc(-z / core::f64::consts::SQRT_2);
            let density = exp(-0.5 * z * z) / sqrt(core::f64::consts::TAU);
            let error = (back - p).abs() / density;
            assert!(error <= 1.2e-9 * z.abs().max(1.0), "quantile of {p} is off by {error}");
        }
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(f64::NAN).is_nan());
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }
}
