//! A monitor at the bedside, whose vital signs control sees in place of the virtual monitor's.

use leuka_blood::quantity::{Fraction, Frequency, Pressure, Temperature};
use leuka_device::{Instant, Monitor, Reading};
use serde::{Deserialize, Serialize};

/// A vital sign that control watches or that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Heart rate, /min.
    HeartRate,
    /// Systolic pressure, mmHg.
    Systolic,
    /// Diastolic pressure, mmHg.
    Diastolic,
    /// Oxygen saturation, %.
    OxygenSaturation,
    /// Breaths, /min.
    Respiration,
    /// Body temperature, C.
    Temperature,
}

impl Sign {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::HeartRate,
        Self::Systolic,
        Self::Diastolic,
        Self::OxygenSaturation,
        Self::Respiration,
        Self::Temperature,
    ];

    /// Its name and unit, for people.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::HeartRate => ("heart rate", "/min"),
            Self::Systolic => ("systolic pressure", "mmHg"),
            Self::Diastolic => ("diastolic pressure", "mmHg"),
            Self::OxygenSaturation => ("oxygen saturation", "%"),
            Self::Respiration => ("respiration", "/min"),
            Self::Temperature => ("temperature", "C"),
        }
    }

    /// A value older than this is lost, s: a cuff measures every few minutes (control's `sensors.monitor_age`), the rest
    /// is measured all the time.
    const fn oldest_s(self) -> u64 {
        match self {
            Self::Systolic | Self::Diastolic => 720,
            _ => 60,
        }
    }
}

/// A vital sign as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Which.
    pub sign: Sign,
    /// Its value, in the sign's unit.
    pub value: f64,
    /// When, microseconds of the procedure.
    pub at_us: u64,
}

/// What comes from the bedside. The same words at the same seconds give the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum Word {
    /// From now on the monitor's vital signs count, and the virtual monitor's do not.
    Begins {
        /// Where the monitor sends to.
        address: String,
    },
    /// A message of the monitor.
    Report {
        /// The monitor.
        sender: String,
        /// The message.
        message: String,
        /// The vital signs in it.
        signs: Vec<Measured>,
    },
}

impl Word {
    /// The kind of its event.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Begins { .. } => "monitor",
            Self::Report { .. } => "vitals",
        }
    }

    /// It as a sentence.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Begins { address } => {
                format!("vital signs come from the monitor that sends to {address}, in place of the virtual one")
            }
            Self::Report { sender, message, signs } => {
                let said = |Measured { sign, value, .. }: &Measured| {
                    let (name, unit) = sign.words();
                    format!("{name} {value:.1} {unit}")
                };
                let all: Vec<String> = signs.iter().map(said).collect();
                format!("{} ({sender}, message {message})", all.join(", "))
            }
        }
    }
}

/// The monitor's last word on each sign.
#[derive(Debug, Default)]
pub(crate) struct Bedside {
    last: [Option<Measured>; Sign::ALL.len()],
    is_there: [bool; Sign::ALL.len()],
}

impl Bedside {
    /// Takes what is newer than what was known.
    pub(crate) fn hear(&mut self, signs: &[Measured]) {
        for measured in signs {
            let last = &mut self.last[measured.sign as usize];
            if last.is_none_or(|last| last.at_us < measured.at_us) {
                *last = Some(*measured);
            }
        }
    }

    /// What control sees: a value that is too old is missing.
    pub(crate) fn monitor(&self, now: Instant) -> Monitor {
        let rate = |sign| self.reading(sign, now, Frequency::from_per_min);
        let pressure = |sign| self.reading(sign, now, Pressure::from_mmhg);
        Monitor {
            heart_rate: rate(Sign::HeartRate),
            systolic: pressure(Sign::Systolic),
            diastolic: pressure(Sign::Diastolic),
            spo2: self.reading(Sign::OxygenSaturation, now, Fraction::from_pct),
            respiration: rate(Sign::Respiration),
            temperature: self.reading(Sign::Temperature, now, Temperature::from_celsius),
        }
    }

    fn reading<T: Copy>(&self, sign: Sign, now: Instant, to: impl Fn(f64) -> T) -> Reading<T> {
        let Some(Measured { value, at_us, .. }) = self.last[sign as usize] else { return Reading::default() };
        let taken_at = Instant::from_micros(at_us);
        if is_old(sign, at_us, now) { Reading::missing(taken_at) } else { Reading::new(to(value), taken_at) }
    }

    /// What has been lost or has come since the last look, as sentences.
    pub(crate) fn changes(&mut self, now: Instant) -> Vec<(&'static str, String)> {
        let mut changes = Vec::new();
        for sign in Sign::ALL {
            let is_there = self.last[sign as usize].is_some_and(|last| !is_old(sign, last.at_us, now));
            let was_there = std::mem::replace(&mut self.is_there[sign as usize], is_there);
            let (name, _) = sign.words();
            match (was_there, is_there) {
                (true, false) => changes.push((
                    "lost",
                    format!("{name} is lost: the monitor's last value is older than {} s", sign.oldest_s()),
                )),
                (false, true) => changes.push(("back", format!("{name} comes from the monitor"))),
                _ => {}
            }
        }
        changes
    }
}

const fn is_old(sign: Sign, at_us: u64, now: Instant) -> bool {
    now.micros_since(Instant::from_micros(at_us)) > sign.oldest_s() * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Instant {
        Instant::from_micros(second * 1_000_000)
    }

    const fn measured(sign: Sign, value: f64, second: u64) -> Measured {
        Measured { sign, value, at_us: second * 1_000_000 }
    }

    #[test]
    fn a_value_is_shown_until_it_is_too_old_and_an_older_one_does_not_replace_it() {
        let mut bedside = Bedside::default();
        assert_eq!(bedside.monitor(at(1)), Monitor::default(), "nothing of the virtual monitor");
        bedside.hear(&[measured(Sign::HeartRate, 72.0, 100), measured(Sign::Systolic, 118.0, 100)]);
        bedside.hear(&[measured(Sign::HeartRate, 99.0, 90)]);
        let rate = |second| bedside.monitor(at(second)).heart_rate.value.map(Frequency::per_min);
        let pressure = |second| bedside.monitor(at(second)).systolic.value.map(Pressure::mmhg);
        assert_eq!([rate(100), rate(160), rate(161)], [Some(72.0), Some(72.0), None]);
        assert_eq!([pressure(820), pressure(821)], [Some(118.0), None]);
    }

    #[test]
    fn what_is_lost_and_comes_back_is_told_once() {
        let mut bedside = Bedside::default();
        bedside.hear(&[measured(Sign::OxygenSaturation, 97.0, 10)]);
        let kinds = |bedside: &mut Bedside, second| -> Vec<&'static str> {
            bedside.changes(at(second)).into_iter().map(|(kind, _)| kind).collect()
        };
        assert_eq!(kinds(&mut bedside, 10), ["back"]);
        assert_eq!(kinds(&mut bedside, 11), [""; 0]);
        assert_eq!(kinds(&mut bedside, 71), ["lost"]);
        assert_eq!(kinds(&mut bedside, 72), [""; 0]);
        bedside.hear(&[measured(Sign::OxygenSaturation, 96.0, 72)]);
        assert_eq!(kinds(&mut bedside, 73), ["back"]);
    }
}
