//! Light and sound of an alarm, as pure functions of priority and time. Designed after IEC 60601-1-8.
//!
//! ```text
//! high    ### ##    ### ##         pulses of 150 ms, 100 ms apart; the fourth comes where the fifth place would be;
//!                                  half bursts 0.6 s apart, again 8 s after the begin
//! medium  ###                      pulses of 200 ms, 200 ms apart, again after 15 s
//! low     ##                       pulses of 200 ms, 200 ms apart, again after 30 s
//! ```

use leuka_blood::math;
use leuka_blood::quantity::TimeSpan;

use super::Priority;

/// A colour of the alarm light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Cyan.
    Cyan,
}

/// Flashes per second of the high and the medium light, and the part of the time that they are lit.
const HIGH_HZ: f64 = 2.0;
const MEDIUM_HZ: f64 = 0.6;
const LIT: f64 = 0.4;

/// What the light shows `time` after the signal began; `None` between flashes.
#[must_use]
pub fn light(priority: Priority, time: TimeSpan) -> Option<Light> {
    let is_lit = |hz: f64| {
        let turns = time.seconds() * hz;
        turns - math::floor(turns) < LIT
    };
    match priority {
        Priority::High => is_lit(HIGH_HZ).then_some(Light::Red),
        Priority::Medium => is_lit(MEDIUM_HZ).then_some(Light::Yellow),
        Priority::Low => Some(Light::Cyan),
    }
}

/// The sound of a priority: for a loudspeaker that is elsewhere. [`sound`] is the same as samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// When each pulse of a burst begins, s.
    pub pulses: &'static [f64],
    /// Length of a pulse, s.
    pub length_s: f64,
    /// From the begin of one burst to that of the next, s.
    pub repeats_s: f64,
    /// The lowest tone of a pulse.
    pub fundamental_hz: f64,
}

/// The burst of a priority; its pulses hold [`HARMONICS`] and swell and die away in [`RAMP_S`].
#[must_use]
pub const fn burst(priority: Priority) -> Burst {
    match priority {
        Priority::High => Burst {
            pulses: &[0.0, 0.25, 0.5, 1.0, 1.25, 2.0, 2.25, 2.5, 3.0, 3.25],
            length_s: 0.15,
            repeats_s: 8.0,
            fundamental_hz: 523.0,
        },
        Priority::Medium => Burst { pulses: &[0.0, 0.4, 0.8], length_s: 0.2, repeats_s: 15.0, fundamental_hz: 440.0 },
        Priority::Low => Burst { pulses: &[0.0, 0.4], length_s: 0.2, repeats_s: 30.0, fundamental_hz: 349.0 },
    }
}

/// Amplitudes of the fundamental and its harmonics; they add up to less than one.
pub const HARMONICS: [f64; 6] = [0.22, 0.20, 0.17, 0.14, 0.11, 0.09];
/// Time in which a pulse swells and dies away, s: without it it would click.
pub const RAMP_S: f64 = 0.02;

/// The sound's sample, from -1 to 1, `time` after the signal began.
#[must_use]
pub fn sound(priority: Priority, time: TimeSpan) -> f64 {
    let sound = burst(priority);
    let seconds = time.seconds();
    if !(0.0..1e9).contains(&seconds) {
        return 0.0;
    }
    let in_burst_s = seconds - math::floor(seconds / sound.repeats_s) * sound.repeats_s;
    let within = |begin: &&f64| (**begin..**begin + sound.length_s).contains(&in_burst_s);
    let Some(begin_s) = sound.pulses.iter().find(within) else { return 0.0 };
    let pulse_s = in_burst_s - begin_s;
    let swell = (pulse_s.min(sound.length_s - pulse_s) / RAMP_S).clamp(0.0, 1.0);
    let turn = core::f64::consts::TAU * sound.fundamental_hz * pulse_s;
    let mut number = 0.0;
    let wave = HARMONICS.iter().fold(0.0, |wave, amplitude| {
        number += 1.0;
        wave + amplitude * math::sin(number * turn)
    });
    swell * wave
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    const RATE: f64 = 16_000.0;

    fn samples(priority: Priority, seconds: f64) -> Vec<f64> {
        (0..(seconds * RATE) as usize).map(|n| sound(priority, TimeSpan::from_seconds(n as f64 / RATE))).collect()
    }

    /// Begin and end of each pulse, s: where the largest swing of each 5 ms passes half of the greatest.
    fn pulses(priority: Priority, seconds: f64) -> Vec<(f64, f64)> {
        let samples = samples(priority, seconds);
        let swings: Vec<f64> =
            samples.chunks(80).map(|part| part.iter().fold(0.0_f64, |most, x| most.max(x.abs()))).collect();
        let half = 0.5 * swings.iter().fold(0.0_f64, |most, x| most.max(*x));
        let mut found: Vec<(f64, f64)> = Vec::new();
        let mut begin = None;
        for (place, swing) in swings.iter().enumerate() {
            let at = place as f64 * 0.005;
            match begin {
                None if *swing > half => begin = Some(at),
                Some(from) if *swing < half => {
                    found.push((from, at));
                    begin = None;
                }
                _ => {}
            }
        }
        found
    }

    #[test]
    fn pulses_lengths_spacings_and_repeats_lie_in_the_design_ranges() {
        for (priority, count, length, spacing, repeat) in [
            (Priority::High, 10, 0.075..=0.200, 0.050..=0.125, 2.5..=15.0),
            (Priority::Medium, 3, 0.125..=0.250, 0.125..=0.250, 2.5..=30.0),
            (Priority::Low, 2, 0.125..=0.250, 0.125..=0.250, 15.0..=60.0),
        ] {
            let found = pulses(priority, 64.0);
            let burst = &found[..count];
            assert!(found[count].0 - burst[count - 1].1 > 2.0, "{priority:?}: a burst has {count} pulses");
            for (from, to) in burst {
                assert!(length.contains(&(to - from)), "{priority:?}: a pulse of {} s", to - from);
            }
            let gaps: Vec<f64> = burst.windows(2).map(|pair| pair[1].0 - pair[0].1).collect();
            let usual = |gap: &&f64| spacing.contains(*gap);
            // In the high burst: one place is left out in each half, and one gap parts the halves.
            let odd: Vec<f64> = gaps.iter().filter(|gap| !usual(gap)).copied().collect();
            if priority == Priority::High {
                assert_eq!(odd.len(), 3, "{gaps:?}");
                assert!((0.35..=1.3).contains(&odd[1]), "{odd:?}");
                assert!((odd[0] - odd[2]).abs() < 0.011 && (0.3..0.4).contains(&odd[0]), "{odd:?}");
            } else {
                assert!(odd.is_empty(), "{gaps:?}");
            }
            let again = found[count].0 - burst[0].0;
            assert!(repeat.contains(&again), "{priority:?} again after {again} s");
        }
    }

    /// Amplitude at a frequency, by its correlation with the first pulse.
    fn amplitude(samples: &[f64], hz: f64) -> f64 {
        let turn = |n: usize| core::f64::consts::TAU * hz * n as f64 / RATE;
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            sine += sample * math::sin(turn(n));
            cosine += sample * math::cos(turn(n));
        }
        2.0 * math::sqrt(sine * sine + cosine * cosine) / samples.len() as f64
    }

    #[test]
    fn at_least_four_harmonics_are_within_15_db_and_no_sample_is_clipped() {
        for priority in [Priority::Low, Priority::Medium, Priority::High] {
            let sound = burst(priority);
            assert!((150.0..=1000.0).contains(&sound.fundamental_hz));
            let pulse = samples(priority, sound.length_s);
            assert!(pulse.iter().all(|sample| sample.abs() <= 1.0));
            let parts: Vec<(f64, f64)> = (1..=8)
                .map(|number| f64::from(number) * sound.fundamental_hz)
                .map(|hz| (hz, amplitude(&pulse, hz)))
                .collect();
            let loudest = parts.iter().map(|(_, part)| *part).fold(0.0, f64::max);
            // 15 dB are a factor of 5.6.
            let audible = parts.iter().filter(|(hz, part)| (300.0..=4000.0).contains(hz) && *part * 5.6 > loudest);
            assert!(audible.count() >= 4, "{priority:?}: {parts:?}");
        }
    }

    #[test]
    fn lights_flash_at_their_rate_and_duty() {
        let lit = |priority, seconds: f64| {
            let steps = (seconds * 1000.0) as usize;
            let shown: Vec<bool> =
                (0..steps).map(|n| light(priority, TimeSpan::from_seconds(n as f64 / 1000.0)).is_some()).collect();
            let flashes = shown.windows(2).filter(|pair| !pair[0] && pair[1]).count() + 1;
            (flashes as f64 / seconds, shown.iter().filter(|lit| **lit).count() as f64 / steps as f64)
        };
        let (high_hz, high_duty) = lit(Priority::High, 20.0);
        assert!((1.4..=2.8).contains(&high_hz) && (0.2..=0.6).contains(&high_duty));
        let (medium_hz, medium_duty) = lit(Priority::Medium, 50.0);
        assert!((0.4..=0.8).contains(&medium_hz) && (0.2..=0.6).contains(&medium_duty));
        assert_eq!(lit(Priority::Low, 5.0).1, 1.0);
        assert_eq!(light(Priority::High, TimeSpan::ZERO), Some(Light::Red));
    }
}
