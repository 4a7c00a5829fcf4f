//! The donor's monitor against its limits.

use leuka_blood::ThreeTier;
use leuka_blood::quantity::{Frequency, Pressure};
use leuka_device::{AlarmCode, Instant, Monitor};

use crate::event::Evidence;
use crate::limits::Limits;
use crate::reason::PauseReason;
use crate::senses::{Sensor, micros};

/// What a look at the monitor found about one vital sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finding {
    pub(crate) code: AlarmCode,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) pause: Option<PauseReason>,
}

/// The vital signs now; `None` where nothing recent and possible is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vitals {
    pub(crate) heart_rate: Option<f64>,
    pub(crate) systolic: Option<f64>,
    pub(crate) saturation: Option<f64>,
}

impl Vitals {
    pub(crate) fn read(now: Instant, monitor: &Monitor, age_us: u64) -> Self {
        let recent = |taken_at: Instant| now.micros_since(taken_at) <= age_us;
        let heart_rate = monitor.heart_rate.value.filter(|_| recent(monitor.heart_rate.taken_at));
        let systolic = monitor.systolic.value.filter(|_| recent(monitor.systolic.taken_at));
        let saturation = monitor.spo2.value.filter(|_| recent(monitor.spo2.taken_at));
        Self {
            heart_rate: heart_rate.map(Frequency::per_min).filter(|rate| (1.0..=350.0).contains(rate)),
            systolic: systolic.map(Pressure::mmhg).filter(|pressure| (10.0..=350.0).contains(pressure)),
            saturation: saturation.map(|part| part.fraction()).filter(|part| (0.0..=1.0).contains(part)),
        }
    }

    /// The first vital sign that gives nothing.
    pub(crate) fn missing(&self) -> Option<(AlarmCode, Sensor)> {
        [
            (self.heart_rate.is_none(), AlarmCode::HeartRate, Sensor::HeartRate),
            (self.systolic.is_none(), AlarmCode::Hypotension, Sensor::Systolic),
            (self.saturation.is_none(), AlarmCode::Desaturation, Sensor::Saturation),
        ]
        .into_iter()
        .find_map(|(missing, code, sensor)| missing.then_some((code, sensor)))
    }

    /// Holds them against the limits, and the pressure against its baseline.
    pub(crate) fn judge(&self, limits: &Limits, baseline_systolic: Option<f64>) -> [Finding; 3] {
        let (low, high) = (&limits.heart_rate_low, &limits.heart_rate_high);
        let rate = self.heart_rate;
        let slow = below(AlarmCode::HeartRate, rate, low.map(Frequency::per_min));
        let fast = above(AlarmCode::HeartRate, rate, high.map(Frequency::per_min));
        let heart_rate = if fast.evidence.is_some() { fast } else { slow };

        let mut pressure = limits.systolic_low.map(Pressure::mmhg);
        if let Some(baseline) = baseline_systolic {
            pressure.warning = pressure.warning.max(baseline * (1.0 - limits.systolic_fall.fraction()));
        }
        let systolic = below(AlarmCode::Hypotension, self.systolic, pressure);
        let saturation = below(AlarmCode::Desaturation, self.saturation, limits.spo2_low.map(|part| part.fraction()));
        [heart_rate, systolic, saturation]
    }
}

trait MapTiers<T> {
    fn map(&self, f: impl Fn(T) -> f64) -> ThreeTier<f64>;
}

impl<T: Copy> MapTiers<T> for ThreeTier<T> {
    fn map(&self, f: impl Fn(T) -> f64) -> ThreeTier<f64> {
        ThreeTier { warning: f(self.warning), automatic: f(self.automatic), absolute: f(self.absolute) }
    }
}

fn below(code: AlarmCode, value: Option<f64>, limit: ThreeTier<f64>) -> Finding {
    let warned = value.filter(|value| *value < limit.warning);
    let paused = value.filter(|value| *value < limit.automatic);
    finding(code, warned, paused, limit)
}

fn above(code: AlarmCode, value: Option<f64>, limit: ThreeTier<f64>) -> Finding {
    let warned = value.filter(|value| *value > limit.warning);
    let paused = value.filter(|value| *value > limit.automatic);
    finding(code, warned, paused, limit)
}

fn finding(code: AlarmCode, warned: Option<f64>, paused: Option<f64>, limit: ThreeTier<f64>) -> Finding {
    Finding {
        code,
        evidence: warned.map(|value| Evidence::Measured { value, limit: limit.warning }),
        pause: paused.map(|value| PauseReason::Limit { code, value, limit: limit.automatic }),
    }
}

/// How often the monitor is looked at, microseconds: its values change no faster.
pub(crate) const LOOK_US: u64 = 1_000_000;

/// The age in microseconds at which a monitor value is no longer believed.
pub(crate) const fn age_us(limits: &crate::limits::SensorLimits) -> u64 {
    micros(limits.monitor_age)
}
