//! The two sets of instruments, and how their readings make up telemetry.

use leuka_blood::quantity::{
    CellConcentration, FlowRate, Fraction, Frequency, Length, Mass, MassConcentration, Pressure, RotationalSpeed,
    Temperature, TimeSpan,
};
use leuka_blood::random::Seed;
use leuka_device::{CameraImage, Clamp, CollectOptics, GuardTelemetry, Instant, Reading, Telemetry};

use crate::data::Parameters;
use crate::fault::SensorFault;
use crate::sensor::{Measured, Sensor, Side};

/// Control's and the guard's sensors, each with errors of its own.
#[derive(Debug)]
pub(crate) struct Instruments {
    control: Set,
    guard: Set,
}

/// The sensors of one side, in the order of what they measure.
#[derive(Debug)]
pub(crate) struct Set {
    sensors: [Sensor; Measured::ALL.len()],
    /// When each takes its next sample, and how often, microseconds.
    due: [Instant; Measured::ALL.len()],
    period_us: [u64; Measured::ALL.len()],
    /// When the first of the quick ones, and the first of the slow ones, takes its next.
    pub(crate) quick_due: Instant,
    pub(crate) slow_due: Instant,
}

impl Instruments {
    pub(crate) fn new(parameters: &Parameters, seed: Seed) -> Self {
        // Nobody looks at control's instruments between its beats.
        let control_period = parameters.timing.control_period;
        Self {
            control: Set::new(parameters, seed, Side::Control, control_period),
            guard: Set::new(parameters, seed, Side::Guard, 0.0),
        }
    }

    pub(crate) const fn side(&mut self, side: Side) -> &mut Set {
        match side {
            Side::Control => &mut self.control,
            Side::Guard => &mut self.guard,
        }
    }

    pub(crate) const fn sensor_mut(&mut self, side: Side, measured: Measured) -> &mut Sensor {
        // One sensor stands for each measured quantity, in their order, so the index is always inside.
        &mut self.side(side).sensors[measured as usize]
    }

    /// Starts a measurement with the cuff.
    pub(crate) const fn demand_cuff(&mut self) {
        self.control.due[Measured::Systolic as usize] = Instant::START;
        self.control.slow_due = Instant::START;
    }

    /// Shows a sample in its side's frame.
    #[inline(always)]
    pub(crate) fn show(&self, side: Side, measured: Measured, reading: Reading<f64>, frames: &mut Frames<'_>) {
        match side {
            Side::Control => frames.show(measured, reading, &self.control.sensors),
            Side::Guard => frames.show_guard(measured, reading),
        }
    }
}

impl Set {
    fn new(parameters: &Parameters, seed: Seed, side: Side, shortest_s: f64) -> Self {
        let make = |measured| parameters.make(measured).no_faster_than(shortest_s);
        Self {
            sensors: Measured::ALL.map(|measured| Sensor::new(make(measured), seed, side, measured)),
            due: [Instant::START; Measured::ALL.len()],
            period_us: Measured::ALL.map(|measured| make(measured).period_us()),
            quick_due: Instant::START,
            slow_due: Instant::START,
        }
    }

    /// True when it is time for a sample; the next one is due a period later.
    #[inline(always)]
    pub(crate) fn is_due(&mut self, measured: Measured, now: Instant) -> bool {
        let due = &mut self.due[measured as usize];
        let is_due = now >= *due;
        if is_due {
            *due = now.plus_micros(self.period_us[measured as usize]);
        }
        is_due
    }

    /// When the next sample is due.
    #[inline(always)]
    pub(crate) const fn due(&self, measured: Measured) -> Instant {
        self.due[measured as usize]
    }
}

/// The frames in which samples are shown, and the camera's picture.
pub(crate) struct Frames<'a> {
    pub(crate) telemetry: &'a mut Telemetry,
    pub(crate) guard: &'a mut GuardTelemetry,
    pub(crate) picture: Picture,
}

impl Frames<'_> {
    /// Shows a sample of control's.
    #[inline(always)]
    fn show(&mut self, measured: Measured, reading: Reading<f64>, all: &[Sensor]) {
        let telemetry = &mut *self.telemetry;
        match measured {
            Measured::AccessPressure => telemetry.access_pressure = map(reading, Pressure::from_mmhg),
            Measured::ReturnPressure => telemetry.return_pressure = map(reading, Pressure::from_mmhg),
            Measured::CentrifugePressure => telemetry.centrifuge_pressure = map(reading, Pressure::from_mmhg),
            Measured::InletFlow => telemetry.pump_flows.inlet = map(reading, FlowRate::from_ml_min),
            Measured::AnticoagulantFlow => telemetry.pump_flows.anticoagulant = map(reading, FlowRate::from_ml_min),
            Measured::PlasmaFlow => telemetry.pump_flows.plasma = map(reading, FlowRate::from_ml_min),
            Measured::CollectFlow => telemetry.pump_flows.collect = map(reading, FlowRate::from_ml_min),
            Measured::CentrifugeSpeed => telemetry.centrifuge_speed = map(reading, RotationalSpeed::from_rpm),
            Measured::Interface | Measured::BuffyCoat => telemetry.camera = camera(all, self.picture),
            Measured::CollectHematocrit | Measured::CollectCells => telemetry.collect_optics = collect_optics(all),
            Measured::ChamberLoad => telemetry.chamber_load = map(reading, Fraction::from_fraction),
            Measured::PlasmaHematocrit => telemetry.plasma_line_hematocrit = map(reading, Fraction::from_fraction),
            Measured::ReturnAir => (telemetry.return_air, telemetry.return_air_signal) = air(reading),
            Measured::AnticoagulantDrops => telemetry.anticoagulant_drops = counter(reading),
            Measured::AnticoagulantWeight => telemetry.weights.anticoagulant = map(reading, Mass::from_grams),
            Measured::SalineWeight => telemetry.weights.saline = map(reading, Mass::from_grams),
            Measured::ProductWeight => telemetry.weights.product = map(reading, Mass::from_grams),
            Measured::WasteWeight => telemetry.weights.waste = map(reading, Mass::from_grams),
            Measured::ReservoirWeight => telemetry.weights.reservoir = map(reading, Mass::from_grams),
            Measured::ReturnTemperature => telemetry.return_temperature = map(reading, Temperature::from_celsius),
            Measured::DrawClamp => telemetry.draw_clamp = clamp(reading),
            Measured::ReturnClamp => telemetry.return_clamp = clamp(reading),
            Measured::Door => telemetry.door_locked = switch(reading),
            Measured::Leak => telemetry.leak = switch(reading),
            Measured::Vibration => telemetry.vibration = map(reading, Length::from_mm),
            Measured::PlasmaHemoglobin => telemetry.plasma_hemoglobin = map(reading, MassConcentration::from_g_l),
            Measured::DonorButton => telemetry.donor_button = switch(reading),
            Measured::Mains => telemetry.mains = switch(reading),
            Measured::Battery => telemetry.battery = map(reading, TimeSpan::from_minutes),
            Measured::HeartRate => telemetry.monitor.heart_rate = map(reading, Frequency::from_per_min),
            Measured::Systolic => telemetry.monitor.systolic = map(reading, Pressure::from_mmhg),
            Measured::Diastolic => telemetry.monitor.diastolic = map(reading, Pressure::from_mmhg),
            Measured::Spo2 => telemetry.monitor.spo2 = map(reading, Fraction::from_fraction),
            Measured::Respiration => telemetry.monitor.respiration = map(reading, Frequency::from_per_min),
            Measured::BodyTemperature => telemetry.monitor.temperature = map(reading, Temperature::from_celsius),
        }
    }

    /// Shows a sample of the guard's.
    #[inline(always)]
    fn show_guard(&mut self, measured: Measured, reading: Reading<f64>) {
        let telemetry = &mut *self.guard;
        match measured {
            Measured::AccessPressure => telemetry.access_pressure = map(reading, Pressure::from_mmhg),
            Measured::ReturnPressure => telemetry.return_pressure = map(reading, Pressure::from_mmhg),
            Measured::InletFlow => telemetry.pump_flows.inlet = map(reading, FlowRate::from_ml_min),
            Measured::AnticoagulantFlow => telemetry.pump_flows.anticoagulant = map(reading, FlowRate::from_ml_min),
            Measured::PlasmaFlow => telemetry.pump_flows.plasma = map(reading, FlowRate::from_ml_min),
            Measured::CollectFlow => telemetry.pump_flows.collect = map(reading, FlowRate::from_ml_min),
            Measured::CentrifugeSpeed => telemetry.centrifuge_speed = map(reading, RotationalSpeed::from_rpm),
            Measured::ReturnAir => (telemetry.return_air, telemetry.return_air_signal) = air(reading),
            Measured::AnticoagulantDrops => telemetry.anticoagulant_drops = counter(reading),
            Measured::AnticoagulantWeight => telemetry.weights.anticoagulant = map(reading, Mass::from_grams),
            Measured::SalineWeight => telemetry.weights.saline = map(reading, Mass::from_grams),
            Measured::ProductWeight => telemetry.weights.product = map(reading, Mass::from_grams),
            Measured::WasteWeight => telemetry.weights.waste = map(reading, Mass::from_grams),
            Measured::ReservoirWeight => telemetry.weights.reservoir = map(reading, Mass::from_grams),
            Measured::ReturnTemperature => telemetry.return_temperature = map(reading, Temperature::from_celsius),
            Measured::ReturnClamp => telemetry.return_clamp = clamp(reading),
            Measured::Door => telemetry.door_locked = switch(reading),
            Measured::Leak => telemetry.leak = switch(reading),
            Measured::Vibration => telemetry.vibration = map(reading, Length::from_mm),
            Measured::PlasmaHemoglobin => telemetry.plasma_hemoglobin = map(reading, MassConcentration::from_g_l),
            Measured::DonorButton => telemetry.donor_button = switch(reading),
            // The guard has no such sensor.
            Measured::CentrifugePressure
            | Measured::Interface
            | Measured::BuffyCoat
            | Measured::ChamberLoad
            | Measured::CollectHematocrit
            | Measured::CollectCells
            | Measured::PlasmaHematocrit
            | Measured::DrawClamp
            | Measured::Mains
            | Measured::Battery
            | Measured::HeartRate
            | Measured::Systolic
            | Measured::Diastolic
            | Measured::Spo2
            | Measured::Respiration
            | Measured::BodyTemperature => {}
        }
    }
}

fn camera(all: &[Sensor], picture: Picture) -> Reading<CameraImage> {
    let interface = &all[Measured::Interface as usize];
    let Reading { value, taken_at } = interface.reading();
    if interface.fails_by(SensorFault::Dropout) {
        return Reading::missing(taken_at);
    }
    let buffy_coat = all[Measured::BuffyCoat as usize].reading().value;
    let confidence = match picture {
        Picture::Usable => Fraction::from_fraction(1.0),
        Picture::Dark => Fraction::ZERO,
    };
    let image =
        CameraImage { interface: value.map(Length::from_mm), buffy_coat: buffy_coat.map(Length::from_mm), confidence };
    if taken_at == Instant::START { Reading::default() } else { Reading::new(image, taken_at) }
}

fn collect_optics(all: &[Sensor]) -> Reading<CollectOptics> {
    let hematocrit = all[Measured::CollectHematocrit as usize].reading();
    let cells = all[Measured::CollectCells as usize].reading();
    let both = hematocrit.value.zip(cells.value).map(|(hematocrit, cells)| CollectOptics {
        hematocrit: Fraction::from_fraction(hematocrit),
        nucleated_cells: CellConcentration::from_per_ul(cells),
    });
    Reading { value: both, taken_at: hematocrit.taken_at.min(cells.taken_at) }
}

/// Whether the camera's pictures can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    /// Lit, and the strobe in step with the rotor.
    Usable,
    /// Dark or smeared.
    Dark,
}

fn map<T>(reading: Reading<f64>, to: impl Fn(f64) -> T) -> Reading<T> {
    Reading { value: reading.value.map(to), taken_at: reading.taken_at }
}

/// An air detector's switch and the signal that it goes by: it sees air when it receives less than half.
fn air(reading: Reading<f64>) -> (Reading<bool>, Reading<Fraction>) {
    let value = reading.value.filter(|value| !value.is_nan()).map(|value| value < 0.5);
    (Reading { value, taken_at: reading.taken_at }, map(reading, Fraction::from_fraction))
}

/// A switch cannot say NaN; it says nothing.
fn switch(reading: Reading<f64>) -> Reading<bool> {
    let value = reading.value.filter(|value| !value.is_nan()).map(|value| value > 0.5);
    Reading { value, taken_at: reading.taken_at }
}

fn clamp(reading: Reading<f64>) -> Reading<Clamp> {
    let Reading { value, taken_at } = switch(reading);
    Reading { value: value.map(|open| if open { Clamp::Open } else { Clamp::Closed }), taken_at }
}

fn counter(reading: Reading<f64>) -> Reading<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, as a counter does"
    )]
    let value = reading.value.filter(|value| !value.is_nan()).map(|value| value as u32);
    Reading { value, taken_at: reading.taken_at }
}
