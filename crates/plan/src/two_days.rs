//! The dose of two collections on two days: what the days share, and what each has of its own.

use leuka_blood::math::{erfc, exp, ln};
use leuka_blood::quantity::{CellDose, Fraction};

/// Points on each normal distribution, evenly spaced over three standard deviations either way.
const POINTS: usize = 97;
const SPACING: f64 = 0.0625;

/// Probability that two days together bring `goal`.
///
/// `day` is the median of the first day and `log_sd` its spread, of which `shared` (a log-sd, at most `log_sd`) is the
/// same on both days: site, donor, machine. The second day's median is `ratio` of the first's, and how well that is
/// known is `ratio_log_sd`.
#[must_use]
pub fn two_days(
    day: CellDose,
    log_sd: f64,
    shared: f64,
    (ratio, ratio_log_sd): (f64, f64),
    goal: CellDose,
) -> Fraction {
    let own = (log_sd * log_sd - shared * shared).max(1e-6);
    let second_sd = leuka_blood::math::sqrt(own + ratio_log_sd * ratio_log_sd);
    let own_sd = leuka_blood::math::sqrt(own);
    let (goal, median) = (goal.count_1e6_kg(), day.count_1e6_kg());
    let (mut sum, mut weights) = (0.0, 0.0);
    for (at_shared, weight_shared) in points() {
        for (at_first, weight_first) in points() {
            let common = median * exp(shared * at_shared);
            let left = goal - common * exp(own_sd * at_first);
            let weight = weight_shared * weight_first;
            let enough = if left <= 0.0 {
                1.0
            } else {
                let z = (ln(common * ratio) - ln(left)) / second_sd;
                0.5 * erfc(-z * core::f64::consts::FRAC_1_SQRT_2)
            };
            sum += weight * enough;
            weights += weight;
        }
    }
    Fraction::from_fraction(sum / weights)
}

fn points() -> impl Iterator<Item = (f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    let first = -0.5 * SPACING * (POINTS - 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    (0..POINTS).map(move |n| first + SPACING * n as f64).map(|at| (at, exp(-0.5 * at * at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probability(median: f64, log_sd: f64, shared: f64, ratio: f64, goal: f64) -> f64 {
        let dose = CellDose::from_1e6_kg;
        two_days(dose(median), log_sd, shared, (ratio, 0.0), dose(goal)).fraction()
    }

    #[test]
    fn two_equal_days_reach_twice_the_median_half_of_the_time() {
        // All of the spread is shared: the sum is log-normal with twice the median.
        assert!((probability(2.5, 0.25, 0.2499, 1.0, 5.0) - 0.5).abs() < 0.01);
    }

    #[test]
    fn a_shared_spread_is_a_log_normal_of_the_sum() {
        // P(2 x 3 exp(0.25 z) >= 5) = Phi(ln(6/5)/0.25) = 0.7671.
        assert!((probability(3.0, 0.25, 0.2499, 1.0, 5.0) - 0.7671).abs() < 0.01);
    }

    #[test]
    fn a_second_day_without_cells_adds_nothing() {
        // P(3 exp(0.25 z) >= 2.5) = Phi(ln(3/2.5)/0.25) = 0.7671.
        assert!((probability(3.0, 0.25, 0.1, 1e-9, 2.5) - 0.7671).abs() < 0.02);
    }
}
