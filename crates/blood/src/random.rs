//! Chance, addressed: every draw is a function of (seed, study, subject, purpose, index), so more draws in one place
//! shift none elsewhere and donor i is the same donor on any thread. Philox4x32-10 (Salmon et al. 2011).

use rand_philox::{Philox, splitmix64, u32_to_unit_f64};

use crate::math::{normal_quantile, normal_quantiles};

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

impl Seed {
    /// Opens the normal draws for one purpose, named as in [`Self::stream`].
    #[must_use]
    pub fn normals(self, purpose: &str) -> Normals {
        Normals { philox: self.stream(purpose).philox, ready: [0.0; AT_ONCE], next: AT_ONCE }
    }
}

fn mix(state: u64, word: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
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

/// Standard normal draws for one purpose, for those who draw all the time: made many at a time, which costs a fraction of
/// one by one. They are the normals of the [`Stream`] of the same purpose, in order.
#[derive(Debug, Clone)]
pub struct Normals {
    philox: Philox,
    ready: [f64; AT_ONCE],
    next: usize,
}

/// Draws made at once: sixteen blocks of the generator side by side.
const AT_ONCE: usize = 64;

impl Normals {
    /// Standard normal.
    #[inline]
    pub fn draw(&mut self) -> f64 {
        if self.next == AT_ONCE {
            self.renew();
        }
        let drawn = self.ready[self.next];
        self.next += 1;
        drawn
    }

    #[cold]
    fn renew(&mut self) {
        let mut words = [0; AT_ONCE];
        self.philox.fill_u32(&mut words);
        normal_quantiles(&words, &mut self.ready);
        self.next = 0;
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
    fn normals_made_many_at_a_time_are_those_of_their_stream() {
        let (mut one, mut many) = (Seed::run(7).stream("a"), Seed::run(7).normals("a"));
        for _ in 0..1000 {
            assert_eq!(one.normal().to_bits(), many.draw().to_bits());
        }
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
