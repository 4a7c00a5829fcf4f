//! The vital signs that a run watches, with the codes, units and ranges in which monitors send them.

/// One of the vital signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vital {
    /// Heart rate, per minute.
    HeartRate,
    /// Oxygen saturation, %.
    OxygenSaturation,
    /// Systolic pressure, mmHg.
    Systolic,
    /// Diastolic pressure, mmHg.
    Diastolic,
    /// Mean pressure, mmHg.
    MeanPressure,
    /// Breaths, per minute.
    Respiration,
    /// Body temperature, degrees Celsius.
    Temperature,
}

/// A unit by its codes, and what turns a value in it into the vital sign's own: value times factor plus offset.
struct Unit {
    codes: &'static [&'static str],
    factor: f64,
    offset: f64,
}

const PER_MINUTE: &[Unit] = &[Unit {
    codes: &[
        "264864",
        "MDC_DIM_BEAT_PER_MIN",
        "264928",
        "MDC_DIM_RESP_PER_MIN",
        "/min",
        "{beats}/min",
        "{breaths}/min",
        "1/min",
        "bpm",
    ],
    factor: 1.0,
    offset: 0.0,
}];
const PERCENT: &[Unit] = &[Unit { codes: &["262688", "MDC_DIM_PERCENT", "%"], factor: 1.0, offset: 0.0 }];
const PRESSURE: &[Unit] = &[
    Unit { codes: &["266016", "MDC_DIM_MMHG", "mm[Hg]", "mmHg"], factor: 1.0, offset: 0.0 },
    Unit { codes: &["265987", "MDC_DIM_KILO_PASCAL", "kPa"], factor: 7.500_617, offset: 0.0 },
];
const TEMPERATURE: &[Unit] = &[
    Unit { codes: &["268192", "MDC_DIM_DEGC", "Cel"], factor: 1.0, offset: 0.0 },
    Unit { codes: &["266560", "MDC_DIM_FAHR", "[degF]"], factor: 5.0 / 9.0, offset: -160.0 / 9.0 },
];

impl Vital {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::HeartRate,
        Self::OxygenSaturation,
        Self::Systolic,
        Self::Diastolic,
        Self::MeanPressure,
        Self::Respiration,
        Self::Temperature,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HeartRate => "heart rate",
            Self::OxygenSaturation => "oxygen saturation",
            Self::Systolic => "systolic pressure",
            Self::Diastolic => "diastolic pressure",
            Self::MeanPressure => "mean pressure",
            Self::Respiration => "respiration",
            Self::Temperature => "temperature",
        }
    }

    /// The codes it is sent with: numbers and names of IEEE 11073-10101, and LOINC.
    #[must_use]
    pub const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::HeartRate => &["147842", "MDC_ECG_HEART_RATE", "149530", "MDC_PULS_OXIM_PULS_RATE", "8867-4"],
            Self::OxygenSaturation => &["150456", "MDC_PULS_OXIM_SAT_O2", "59408-5", "2708-6"],
            Self::Systolic => &["150021", "MDC_PRESS_BLD_NONINV_SYS", "150037", "MDC_PRESS_BLD_ART_SYS", "8480-6"],
            Self::Diastolic => &["150022", "MDC_PRESS_BLD_NONINV_DIA", "150038", "MDC_PRESS_BLD_ART_DIA", "8462-4"],
            Self::MeanPressure => {
                &["150023", "MDC_PRESS_BLD_NONINV_MEAN", "150039", "MDC_PRESS_BLD_ART_MEAN", "8478-0"]
            }
            Self::Respiration => &["151562", "MDC_RESP_RATE", "151578", "MDC_TTHOR_RESP_RATE", "9279-1"],
            Self::Temperature => &["150344", "MDC_TEMP", "150364", "MDC_TEMP_BODY", "8310-5"],
        }
    }

    /// The vital sign with a code.
    #[must_use]
    pub fn with_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vital| vital.codes().contains(&code))
    }

    /// What a living person can have; a value outside is an error of the monitor or of its unit.
    #[must_use]
    pub const fn range(self) -> [f64; 2] {
        match self {
            Self::HeartRate => [10.0, 350.0],
            Self::OxygenSaturation => [10.0, 100.0],
            Self::Systolic => [20.0, 350.0],
            Self::Diastolic | Self::MeanPressure => [10.0, 300.0],
            Self::Respiration => [0.0, 150.0],
            Self::Temperature => [20.0, 45.0],
        }
    }

    /// A value in a unit, in the vital sign's own unit; none when it is not measured in such a unit.
    pub(super) fn convert(self, value: f64, unit: &str) -> Option<f64> {
        let units = match self {
            Self::HeartRate | Self::Respiration => PER_MINUTE,
            Self::OxygenSaturation => PERCENT,
            Self::Systolic | Self::Diastolic | Self::MeanPressure => PRESSURE,
            Self::Temperature => TEMPERATURE,
        };
        units.iter().find(|known| known.codes.contains(&unit)).map(|unit| value * unit.factor + unit.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_converted_and_never_guessed() {
        let near = |value: Option<f64>, wanted: f64| value.is_some_and(|value| (value - wanted).abs() < 1e-3);
        assert!(near(Vital::Systolic.convert(16.0, "kPa"), 120.0099));
        assert!(near(Vital::Temperature.convert(98.6, "[degF]"), 37.0));
        assert_eq!(Vital::Temperature.convert(37.0, "mmHg"), None);
        assert_eq!(Vital::HeartRate.convert(72.0, ""), None);
    }

    #[test]
    fn no_code_means_two_vital_signs() {
        let mut all: Vec<&str> = Vital::ALL.iter().flat_map(|vital| vital.codes()).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(Vital::with_code("150456"), Some(Vital::OxygenSaturation));
        assert_eq!(Vital::with_code("1"), None);
    }
}
