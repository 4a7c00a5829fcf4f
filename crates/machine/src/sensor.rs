//! One sensor: what it makes of the truth. Noise, lag, sampling period, range, a bias of its own, and faults.

use leuka_blood::math::{self, within};
use leuka_blood::parameters::{Error, Reader};
use leuka_blood::random::{Normals, Seed};
use leuka_device::{Instant, Reading};

use crate::fault::{SensorFault, names};

names! {
    /// Whose sensor it is. The two sides share none.
    Side {
        /// Control's.
        Control = "control";
        /// The guard's.
        Guard = "guard";
    }
}

names! {
    /// What a sensor measures.
    Measured {
        /// Pressure in the draw line, mmHg.
        AccessPressure = "access_pressure";
        /// Pressure in the return line, mmHg.
        ReturnPressure = "return_pressure";
        /// Pressure at the separator's inlet, mmHg.
        CentrifugePressure = "centrifuge_pressure";
        /// Turning of the inlet pump as nominal flow, mL/min.
        InletFlow = "inlet_flow";
        /// Turning of the anticoagulant pump as nominal flow, mL/min.
        AnticoagulantFlow = "anticoagulant_flow";
        /// Turning of the plasma pump as nominal flow, mL/min.
        PlasmaFlow = "plasma_flow";
        /// Turning of the collect pump as nominal flow, mL/min.
        CollectFlow = "collect_flow";
        /// Speed of the centrifuge, rpm.
        CentrifugeSpeed = "centrifuge_speed";
        /// Interface in the camera's picture, mm from the inner wall.
        Interface = "interface";
        /// Buffy coat in the camera's picture, mm.
        BuffyCoat = "buffy_coat";
        /// Filling of the elutriation chamber, fraction.
        ChamberLoad = "chamber_load";
        /// Haematocrit of the collect line, fraction.
        CollectHematocrit = "collect_hematocrit";
        /// Nucleated cells in the collect line, per uL.
        CollectCells = "collect_cells";
        /// Haematocrit of the plasma line, fraction.
        PlasmaHematocrit = "plasma_hematocrit";
        /// What the air detector receives through the return line, fraction: its switch goes by it.
        ReturnAir = "return_air";
        /// Drops of anticoagulant: a counter.
        AnticoagulantDrops = "anticoagulant_drops";
        /// Weight of the anticoagulant bag, g.
        AnticoagulantWeight = "anticoagulant_weight";
        /// Weight of the saline bag, g.
        SalineWeight = "saline_weight";
        /// Weight of the product bag, g.
        ProductWeight = "product_weight";
        /// Weight of the waste bag, g.
        WasteWeight = "waste_weight";
        /// Weight of the reservoir bag, g.
        ReservoirWeight = "reservoir_weight";
        /// Temperature of the returned blood, C.
        ReturnTemperature = "return_temperature";
        /// Draw clamp open: a switch.
        DrawClamp = "draw_clamp";
        /// Return clamp open: a switch.
        ReturnClamp = "return_clamp";
        /// Centrifuge door locked: a switch.
        Door = "door";
        /// Leak detector wet: a switch.
        Leak = "leak";
        /// Amplitude of the rotor's vibration, mm.
        Vibration = "vibration";
        /// Free haemoglobin in the plasma line, g/L.
        PlasmaHemoglobin = "plasma_hemoglobin";
        /// The donor's button pressed: a switch.
        DonorButton = "donor_button";
        /// On mains power: a switch.
        Mains = "mains";
        /// What the battery still lasts, min.
        Battery = "battery";
        /// Heart rate, per min.
        HeartRate = "heart_rate";
        /// Systolic pressure by cuff or arterial line, mmHg.
        Systolic = "systolic";
        /// Diastolic pressure by cuff or arterial line, mmHg.
        Diastolic = "diastolic";
        /// Oxygen saturation, fraction.
        Spo2 = "spo2";
        /// Breaths, per min.
        Respiration = "respiration";
        /// Body temperature, C.
        BodyTemperature = "body_temperature";
    }
}

impl Measured {
    /// True when that side has such a sensor: control has them all.
    #[must_use]
    pub const fn is_seen_by(self, side: Side) -> bool {
        matches!(side, Side::Control)
            || matches!(
                self,
                Self::AccessPressure
                    | Self::ReturnPressure
                    | Self::InletFlow
                    | Self::AnticoagulantFlow
                    | Self::PlasmaFlow
                    | Self::CollectFlow
                    | Self::CentrifugeSpeed
                    | Self::ReturnAir
                    | Self::AnticoagulantDrops
                    | Self::AnticoagulantWeight
                    | Self::SalineWeight
                    | Self::ProductWeight
                    | Self::WasteWeight
                    | Self::ReservoirWeight
                    | Self::ReturnTemperature
                    | Self::ReturnClamp
                    | Self::Door
                    | Self::Leak
                    | Self::Vibration
                    | Self::PlasmaHemoglobin
                    | Self::DonorButton
            )
    }

    /// True for switches and counters.
    const fn is_count(self) -> bool {
        matches!(
            self,
            Self::AnticoagulantDrops
                | Self::DrawClamp
                | Self::ReturnClamp
                | Self::Door
                | Self::Leak
                | Self::DonorButton
                | Self::Mains
        )
    }

    /// Section of the parameter file and the unit there. Sensors of one make share a section.
    const fn section(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessPressure => ("access_pressure", "mmHg"),
            Self::ReturnPressure => ("return_pressure", "mmHg"),
            Self::CentrifugePressure => ("centrifuge_pressure", "mmHg"),
            Self::InletFlow | Self::AnticoagulantFlow | Self::PlasmaFlow | Self::CollectFlow => ("pump_flow", "mL/min"),
            Self::CentrifugeSpeed => ("centrifuge_speed", "rpm"),
            Self::Interface => ("interface", "mm"),
            Self::BuffyCoat => ("buffy_coat", "mm"),
            Self::ChamberLoad => ("chamber_load", ""),
            Self::CollectHematocrit => ("collect_hematocrit", ""),
            Self::CollectCells => ("collect_cells", "/uL"),
            Self::PlasmaHematocrit => ("plasma_hematocrit", ""),
            Self::AnticoagulantWeight
            | Self::SalineWeight
            | Self::ProductWeight
            | Self::WasteWeight
            | Self::ReservoirWeight => ("weight", "g"),
            Self::ReturnTemperature => ("return_temperature", "C"),
            Self::Battery => ("battery", "min"),
            Self::HeartRate => ("heart_rate", "/min"),
            Self::Systolic | Self::Diastolic => ("cuff", "mmHg"),
            Self::Spo2 => ("spo2", ""),
            Self::Respiration => ("respiration", "/min"),
            Self::BodyTemperature => ("body_temperature", "C"),
            Self::AnticoagulantDrops => ("drops", ""),
            Self::ReturnAir => ("return_air", ""),
            Self::Vibration => ("vibration", "mm"),
            Self::PlasmaHemoglobin => ("plasma_hemoglobin", "g/L"),
            Self::DrawClamp | Self::ReturnClamp | Self::Door | Self::Leak | Self::DonorButton | Self::Mains => {
                ("switch", "")
            }
        }
    }
}

/// The make of a sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Make {
    period_s: f64,
    lag_s: f64,
    noise: f64,
    bias_sd: f64,
    low: f64,
    high: f64,
}

impl Make {
    /// The same with a period of at least `period_s`.
    pub(crate) const fn no_faster_than(self, period_s: f64) -> Self {
        Self { period_s: self.period_s.max(period_s), ..self }
    }

    /// From one sample to the next, microseconds.
    pub(crate) fn period_us(&self) -> u64 {
        micros(self.period_s)
    }

    pub(crate) fn read(reader: &mut Reader<'_>, measured: Measured) -> Result<Self, Error> {
        let (section, unit) = measured.section();
        Self::read_section(reader, section, unit)
    }

    /// The make of an arterial line, which stands in for the cuff.
    pub(crate) fn arterial_line(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::read_section(reader, "arterial_line", "mmHg")
    }

    fn read_section(reader: &mut Reader<'_>, section: &str, unit: &str) -> Result<Self, Error> {
        let path = |key: &str| format!("sensor.{section}.{key}");
        let low = reader.number(&path("low"), unit)?;
        Ok(Self {
            period_s: reader.within(&path("period"), "s", 0.01, 3600.0)?,
            lag_s: reader.within(&path("lag"), "s", 0.0, 600.0)?,
            noise: reader.within(&path("noise"), unit, 0.0, f64::MAX)?,
            bias_sd: reader.within(&path("bias"), unit, 0.0, f64::MAX)?,
            low,
            high: reader.within(&path("high"), unit, low, f64::MAX)?,
        })
    }
}

/// One sensor at work.
#[derive(Debug)]
pub(crate) struct Sensor {
    make: Make,
    /// Part of the way to the truth that the sensor goes in one period.
    blend: f64,
    bias: f64,
    /// A switch or a counter without lag, noise and bias.
    is_plain: bool,
    normals: Normals,
    /// What it has come to since it first had anything to measure.
    followed: f64,
    has_begun: bool,
    reading: Reading<f64>,
    fault: Option<Failing>,
    /// Sound, and not new: a sample needs no second look.
    is_calm: bool,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    how: SensorFault,
    magnitude: f64,
    since: Instant,
    samples: u32,
}

impl Sensor {
    pub(crate) fn new(make: Make, seed: Seed, side: Side, measured: Measured) -> Self {
        let name = format!("machine.{}.{}", side.name(), measured.name());
        let blend = if make.lag_s > 0.0 { -math::exp_m1(-make.period_s / make.lag_s) } else { 1.0 };
        Self {
            blend,
            bias: make.bias_sd * seed.stream(&name).normal(),
            is_plain: measured.is_count() && make.lag_s <= 0.0 && make.noise <= 0.0 && make.bias_sd <= 0.0,
            normals: seed.normals(&format!("{name}.noise")),
            make,
            followed: 0.0,
            has_begun: false,
            reading: Reading::default(),
            fault: None,
            is_calm: false,
        }
    }

    /// Gives the sensor a fault, or takes it away.
    pub(crate) fn fail(&mut self, fault: Option<(SensorFault, f64)>, since: Instant) {
        let samples = 0;
        self.fault = fault.map(|(how, magnitude)| Failing { how, magnitude, since, samples });
        self.is_calm = false;
    }

    /// True while the sensor fails that way.
    pub(crate) fn fails_by(&self, how: SensorFault) -> bool {
        self.fault.is_some_and(|failing| failing.how == how)
    }

    /// The last reading.
    pub(crate) const fn reading(&self) -> Reading<f64> {
        self.reading
    }

    /// True while the sensor is sound, and not new: then a sample is its [`Self::healthy_value`].
    #[inline(always)]
    pub(crate) const fn is_calm(&self) -> bool {
        self.is_calm
    }

    /// What a sound sensor for this quantity makes of the truth.
    #[inline(always)]
    pub(crate) fn healthy_value(&mut self, measured: Measured, truth: f64) -> f64 {
        // What is no count is followed without a look at what the sensor is.
        if measured.is_count() { self.follow(truth) } else { self.follow_with_noise(truth) }
    }

    /// Keeps what was made of the truth.
    #[inline(always)]
    pub(crate) const fn keep(&mut self, reading: Reading<f64>) {
        self.reading = reading;
    }

    /// Takes a sample at `now`, stamped with the machine's clock. `truth` is `None` when there is nothing to measure.
    pub(crate) fn sample(&mut self, truth: Option<f64>, now: Instant, clock: Instant) -> Reading<f64> {
        let value = self.look(truth, now);
        self.reading = Reading { value, taken_at: clock };
        self.reading
    }

    fn look(&mut self, truth: Option<f64>, now: Instant) -> Option<f64> {
        if let Some(truth) = truth {
            if !core::mem::replace(&mut self.has_begun, true) {
                self.followed = truth;
            }
            self.is_calm = self.fault.is_none();
        }
        let healthy = truth.map(|truth| self.follow(truth));
        if self.fault.is_none() { healthy } else { self.failing(healthy, now) }
    }

    /// What a fault makes of a healthy value.
    fn failing(&mut self, healthy: Option<f64>, now: Instant) -> Option<f64> {
        let Some(failing) = &mut self.fault else { return healthy };
        let first_of_ten = failing.samples.is_multiple_of(10);
        failing.samples = failing.samples.wrapping_add(1);
        let magnitude = failing.magnitude;
        match failing.how {
            SensorFault::Stuck => self.reading.value,
            SensorFault::Drift => healthy.map(|value| value + magnitude * now.since(failing.since).minutes()),
            SensorFault::Spike => healthy.map(|value| if first_of_ten { value + magnitude } else { value }),
            SensorFault::Dropout => None,
            SensorFault::Nan => Some(f64::NAN),
            SensorFault::Offset => healthy.map(|value| value + magnitude),
        }
    }

    #[inline(always)]
    fn follow(&mut self, truth: f64) -> f64 {
        if self.is_plain {
            return within(truth, self.make.low, self.make.high);
        }
        self.follow_with_noise(truth)
    }

    #[inline(always)]
    fn follow_with_noise(&mut self, truth: f64) -> f64 {
        self.followed += self.blend * (truth - self.followed);
        within(self.followed + self.bias + self.make.noise * self.normals.draw(), self.make.low, self.make.high)
    }
}

/// Whole microseconds of a positive time in seconds.
pub(crate) fn micros(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "parameters keep it positive and short"
    )]
    let micros = math::round(seconds * 1e6) as u64;
    micros
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAKE: Make = Make { period_s: 0.1, lag_s: 0.0, noise: 0.0, bias_sd: 0.0, low: -500.0, high: 500.0 };

    fn sensor(make: Make) -> Sensor {
        Sensor::new(make, Seed::run(1), Side::Control, Measured::ReturnPressure)
    }

    fn at_tenth(tenth: u64) -> Instant {
        Instant::from_micros(tenth * 100_000)
    }

    #[test]
    fn each_fault_shows_in_the_reading() {
        let value = |how, magnitude, tenths: u64| {
            let mut sensor = sensor(MAKE);
            sensor.sample(Some(10.0), at_tenth(0), at_tenth(0));
            sensor.fail(Some((how, magnitude)), at_tenth(1));
            for tenth in 1..=tenths {
                sensor.sample(Some(20.0), at_tenth(tenth), at_tenth(tenth));
            }
            sensor.reading().value
        };
        assert_eq!(value(SensorFault::Stuck, 0.0, 5), Some(10.0));
        assert_eq!(value(SensorFault::Drift, 6.0, 601), Some(26.0));
        assert_eq!(value(SensorFault::Spike, 100.0, 1), Some(120.0));
        assert_eq!(value(SensorFault::Spike, 100.0, 2), Some(20.0));
        assert_eq!(value(SensorFault::Spike, 100.0, 11), Some(120.0));
        assert_eq!(value(SensorFault::Dropout, 0.0, 1), None);
        assert!(value(SensorFault::Nan, 0.0, 1).is_some_and(f64::is_nan));
        assert_eq!(value(SensorFault::Offset, -7.0, 1), Some(13.0));
    }

    #[test]
    fn a_lagging_sensor_has_gone_63_percent_of_a_step_after_its_lag() {
        let mut sensor = sensor(Make { lag_s: 1.0, ..MAKE });
        sensor.sample(Some(0.0), at_tenth(0), at_tenth(0));
        for tenth in 1..=10 {
            sensor.sample(Some(100.0), at_tenth(tenth), at_tenth(tenth));
        }
        assert!((sensor.reading().value.unwrap() - 100.0 * (1.0 - 1.0 / std::f64::consts::E)).abs() < 1e-9);
    }

    #[test]
    fn noise_bias_and_range_are_those_of_the_make() {
        let mut sensor = sensor(Make { noise: 2.0, bias_sd: 3.0, ..MAKE });
        let (mut sum, mut squares) = (0.0, 0.0);
        for tenth in 0..20_000 {
            sensor.sample(Some(50.0), at_tenth(tenth), at_tenth(tenth));
            let error = sensor.reading().value.unwrap() - 50.0;
            sum += error;
            squares += error * error;
        }
        let mean = sum / 20_000.0;
        assert!((mean - sensor.bias).abs() < 4.0 * 2.0 / 141.0 && sensor.bias != 0.0);
        assert!((math::sqrt(squares / 20_000.0 - mean * mean) - 2.0).abs() < 0.04);
        sensor.sample(Some(9e9), at_tenth(20_001), at_tenth(20_001));
        assert_eq!(sensor.reading().value, Some(500.0));
    }

    #[test]
    fn the_two_sides_have_errors_of_their_own() {
        let make = Make { bias_sd: 3.0, ..MAKE };
        let bias = |side| Sensor::new(make, Seed::run(1), side, Measured::ReturnPressure).bias;
        assert_ne!(bias(Side::Control).to_bits(), bias(Side::Guard).to_bits());
    }
}
