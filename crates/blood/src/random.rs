//! Chance, addressed: every draw is a function of (seed, study, subject, purpose, index), so more draws in one place
//! shift none elsewhere and donor i is the same donor on any thread. Philox4x32-10 (Salmon et al. 2011).

use rand_philox::{Philox, splitmix64, u32_to_unit_f64};

use crate::math::normal_quantile;

/// Where in the world of chance a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// The number that the user gives.
    pub seed: u64,
    /// Which study; 0 outside studies.
    pub study: u64,
    /// Which donor of the study; 0 outside studies.
    pub subject: u64,
}

impl Seed {
    /// The seed of a single run.
    #[must_use]
    pub const fn run(seed: u64) -> Self {
        Self { seed, study: 0, subject: 0 }
    }

    /// Opens the stream of draws for one purpose, named by who draws and what for: `"machine.access_pressure"`.
    #[must_use]
    pub fn stream(self, purpose: &str) -> Stream {
        let key = [self.seed, self.study, self.subject].into_iter().fold(0, mix);
        Stream { philox: Philox::from_u64_seed_stream(key, purpose.bytes().map(u64::from).fold(0, mix)) }
    }
}

fn mix(state: u64, word: u64) -> u64 {
    splitmix64(state.rotate_left(23).wrapping_add(GOLDEN) ^ word)
}

/// A stream of draws for one purpose. Each draw uses one word of the generator, whatever its distribution.
#[derive(Debug, Clone)]
pub struct Stream {
    philox: Philox,
}

impl Stream {
    /// Uniform on the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        u32_to_unit_f64(self.philox.next_u32())
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }
}

/// Standard normal draws for one purpose, for those who draw all the time and want no more than six digits: a tenth of the
/// cost of [`Stream::normal`]. Draw i is a mix of the purpose's key and i (wyrand, Wang Yi 2019), so it is addressed as
/// those of a stream are; the quantile is read from a table of straight lines, off by less than 1e-4.
#[cfg(feature = "std")]
#[derive(Debug, Clone)]
pub struct Normals {
    counter: u64,
    quantiles: &'static crate::math::NormalTable,
}

/// 2^64 over the golden ratio, as SplitMix64 has it.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// From one counter to the next, and what the counter is multiplied by, once it differs in these bits: wyrand's constants.
#[cfg(feature = "std")]
const STRIDE: u64 = 0x2d35_8dcc_aa6c_78a5;
#[cfg(feature = "std")]
const TWIST: u64 = 0x8bb8_4b93_962e_acc9;

#[cfg(feature = "std")]
impl Normals {
    /// Standard normal.
    #[inline]
    pub fn draw(&mut self) -> f64 {
        self.counter = self.counter.wrapping_add(STRIDE);
        let product = u128::from(self.counter) * u128::from(self.counter ^ TWIST);
        #[expect(clippy::cast_possible_truncation, reason = "its two halves")]
        self.quantiles.normal((product >> 64) as u64 ^ product as u64)
    }
}

#[cfg(feature = "std")]
impl Seed {
    /// Opens the normal draws for one purpose, named as in [`Self::stream`].
    #[must_use]
    pub fn normals(self, purpose: &str) -> Normals {
        let mut philox = self.stream(purpose).philox;
        Normals { counter: philox.next_u64(), quantiles: crate::math::NormalTable::get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_in_one_stream_shift_none_in_another() {
        let mut alone = Seed::run(7).stream("a");
        let mut beside = Seed::run(7).stream("a");
        let mut other = Seed::run(7).stream("b");
        for _ in 0..100 {
            other.normal();
            assert_eq!(alone.uniform().to_bits(), beside.uniform().to_bits());
        }
    }

    #[test]
    fn quick_normals_are_addressed_and_have_the_moments_of_normals() {
        let (mut one, mut again) = (Seed::run(7).normals("a"), Seed::run(7).normals("a"));
        let (mut other, mut elsewhere) = (Seed::run(7).normals("b"), Seed::run(8).normals("a"));
        let n = 200_000;
        let (mut sums, mut beside, mut after, mut last) = ([0.0; 4], 0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = one.draw();
            assert_eq!(z.to_bits(), again.draw().to_bits());
            let square = z * z;
            for (sum, term) in sums.iter_mut().zip([z, square, square * z, square * square]) {
                *sum += term;
            }
            beside += z * other.draw() + z * elsewhere.draw();
            after += z * last;
            last = z;
        }
        // Four standard errors of means of 200,000: their variances are 1, 2, 15, 96, 2 and 1.
        let mean = |sum: f64| sum / f64::from(n);
        assert!(mean(sums[0]).abs() < 0.009 && (mean(sums[1]) - 1.0).abs() < 0.0127, "{sums:?}");
        assert!(mean(sums[2]).abs() < 0.035 && (mean(sums[3]) - 3.0).abs() < 0.088, "{sums:?}");
        assert!(mean(beside).abs() < 0.0127 && mean(after).abs() < 0.009, "{beside} {after}");
    }

    #[test]
    fn seed_study_subject_and_purpose_each_change_the_draws() {
        let base = Seed { seed: 1, study: 2, subject: 3 };
        let first = |seed: Seed, purpose| seed.stream(purpose).uniform().to_bits();
        let reference = first(base, "donor");
        assert_ne!(reference, first(Seed { seed: 2, ..base }, "donor"));
        assert_ne!(reference, first(Seed { study: 3, ..base }, "donor"));
        assert_ne!(reference, first(Seed { subject: 4, ..base }, "donor"));
        assert_ne!(reference, first(base, "donos"));
        assert_ne!(
            first(Seed { seed: 2, study: 1, subject: 3 }, "donor"),
            first(Seed { seed: 1, study: 2, subject: 3 }, "donor")
        );
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut stream = Seed::run(11).stream("moments");
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let z = stream.normal();
            sum += z;
            squares += z * z;
        }
        // Four standard errors of a mean of 200,000 and of a mean of squares (variance 2).
        assert!((sum / f64::from(n)).abs() < 0.009);
        assert!((squares / f64::from(n) - 1.0).abs() < 0.0127);
    }
}
