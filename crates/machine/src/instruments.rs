//! The two sets of instruments, and how their readings make up telemetry.

use leuka_blood::quantity::{
    CellConcentration, FlowRate, Fraction, Frequency, Length, Mass, MassConcentration, Pressure, RotationalSpeed,
    Temperature, TimeSpan,
};
use leuka_blood::random::Seed;
use leuka_device::{
    BagWeights, CameraImage, Clamp, CollectOptics, GuardTelemetry, Instant, Monitor, Pump, PumpFlows, Reading,
    Telemetry,
};

use crate::data::Parameters;
use crate::fault::SensorFault;
use crate::sensor::{Measured, Sensor, Side};

/// Control's and the guard's sensors, each with errors of its own.
#[derive(Debug)]
pub(crate) struct Instruments {
    control: Vec<Sensor>,
    guard: Vec<Sensor>,
}

impl Instruments {
    pub(crate) fn new(parameters: &Parameters, seed: Seed) -> Self {
        let side = |side| {
            let make_one = |(measured, make)| Sensor::new(make, seed, side, measured);
            parameters.makes().map(make_one).collect()
        };
        Self { control: side(Side::Control), guard: side(Side::Guard) }
    }

    pub(crate) fn sensor(&self, side: Side, measured: Measured) -> &Sensor {
        // One sensor stands for each measured quantity, in their order, so the index is always inside.
        match side {
            Side::Control => &self.control[measured as usize],
            Side::Guard => &self.guard[measured as usize],
        }
    }

    pub(crate) fn sensor_mut(&mut self, side: Side, measured: Measured) -> &mut Sensor {
        match side {
            Side::Control => &mut self.control[measured as usize],
            Side::Guard => &mut self.guard[measured as usize],
        }
    }

    /// Starts a measurement with the cuff.
    pub(crate) fn demand_cuff(&mut self) {
        self.sensor_mut(Side::Control, Measured::Systolic).demand();
        self.sensor_mut(Side::Control, Measured::Diastolic).demand();
    }

    /// Writes control's readings into a telemetry frame.
    pub(crate) fn fill(&self, telemetry: &mut Telemetry, picture: Picture) {
        let get = |measured| self.sensor(Side::Control, measured).reading();
        telemetry.access_pressure = map(get(Measured::AccessPressure), Pressure::from_mmhg);
        telemetry.return_pressure = map(get(Measured::ReturnPressure), Pressure::from_mmhg);
        telemetry.centrifuge_pressure = map(get(Measured::CentrifugePressure), Pressure::from_mmhg);
        telemetry.pump_flows = self.pump_flows(Side::Control);
        telemetry.centrifuge_speed = map(get(Measured::CentrifugeSpeed), RotationalSpeed::from_rpm);
        telemetry.camera = self.camera(picture);
        telemetry.collect_optics = self.collect_optics();
        telemetry.chamber_load = map(get(Measured::ChamberLoad), Fraction::from_fraction);
        telemetry.plasma_line_hematocrit = map(get(Measured::PlasmaHematocrit), Fraction::from_fraction);
        (telemetry.return_air, telemetry.return_air_signal) = air(get(Measured::ReturnAir));
        telemetry.anticoagulant_drops = counter(get(Measured::AnticoagulantDrops));
        telemetry.weights = self.weights(Side::Control);
        telemetry.return_temperature = map(get(Measured::ReturnTemperature), Temperature::from_celsius);
        telemetry.draw_clamp = clamp(get(Measured::DrawClamp));
        telemetry.return_clamp = clamp(get(Measured::ReturnClamp));
        telemetry.door_locked = switch(get(Measured::Door));
        telemetry.leak = switch(get(Measured::Leak));
        telemetry.vibration = map(get(Measured::Vibration), Length::from_mm);
        telemetry.plasma_hemoglobin = map(get(Measured::PlasmaHemoglobin), MassConcentration::from_g_l);
        telemetry.donor_button = switch(get(Measured::DonorButton));
        telemetry.mains = switch(get(Measured::Mains));
        telemetry.battery = map(get(Measured::Battery), TimeSpan::from_minutes);
        telemetry.monitor = Monitor {
            heart_rate: map(get(Measured::HeartRate), Frequency::from_per_min),
            systolic: map(get(Measured::Systolic), Pressure::from_mmhg),
            diastolic: map(get(Measured::Diastolic), Pressure::from_mmhg),
            spo2: map(get(Measured::Spo2), Fraction::from_fraction),
            respiration: map(get(Measured::Respiration), Frequency::from_per_min),
            temperature: map(get(Measured::BodyTemperature), Temperature::from_celsius),
        };
    }

    /// Writes the guard's readings into its telemetry frame.
    pub(crate) fn fill_guard(&self, telemetry: &mut GuardTelemetry) {
        let get = |measured| self.sensor(Side::Guard, measured).reading();
        telemetry.access_pressure = map(get(Measured::AccessPressure), Pressure::from_mmhg);
        telemetry.return_pressure = map(get(Measured::ReturnPressure), Pressure::from_mmhg);
        telemetry.pump_flows = self.pump_flows(Side::Guard);
        telemetry.centrifuge_speed = map(get(Measured::CentrifugeSpeed), RotationalSpeed::from_rpm);
        (telemetry.return_air, telemetry.return_air_signal) = air(get(Measured::ReturnAir));
        telemetry.weights = self.weights(Side::Guard);
        telemetry.anticoagulant_drops = counter(get(Measured::AnticoagulantDrops));
        telemetry.return_clamp = clamp(get(Measured::ReturnClamp));
        telemetry.leak = switch(get(Measured::Leak));
        telemetry.door_locked = switch(get(Measured::Door));
        telemetry.vibration = map(get(Measured::Vibration), Length::from_mm);
        telemetry.plasma_hemoglobin = map(get(Measured::PlasmaHemoglobin), MassConcentration::from_g_l);
        telemetry.return_temperature = map(get(Measured::ReturnTemperature), Temperature::from_celsius);
        telemetry.donor_button = switch(get(Measured::DonorButton));
    }

    fn pump_flows(&self, side: Side) -> PumpFlows<Reading<FlowRate>> {
        PumpFlows::from_fn(|pump| map(self.sensor(side, turning(pump)).reading(), FlowRate::from_ml_min))
    }

    fn weights(&self, side: Side) -> BagWeights {
        let get = |measured| map(self.sensor(side, measured).reading(), Mass::from_grams);
        BagWeights {
            anticoagulant: get(Measured::AnticoagulantWeight),
            saline: get(Measured::SalineWeight),
            product: get(Measured::ProductWeight),
            waste: get(Measured::WasteWeight),
            reservoir: get(Measured::ReservoirWeight),
        }
    }

    fn camera(&self, picture: Picture) -> Reading<CameraImage> {
        let interface = self.sensor(Side::Control, Measured::Interface);
        let Reading { value, taken_at } = interface.reading();
        if interface.fails_by(SensorFault::Dropout) {
            return Reading::missing(taken_at);
        }
        let buffy_coat = self.sensor(Side::Control, Measured::BuffyCoat).reading().value;
        let confidence = match picture {
            Picture::Usable => Fraction::from_fraction(1.0),
            Picture::Dark => Fraction::ZERO,
        };
        let image = CameraImage {
            interface: value.map(Length::from_mm),
            buffy_coat: buffy_coat.map(Length::from_mm),
            confidence,
        };
        if taken_at == Instant::START { Reading::default() } else { Reading::new(image, taken_at) }
    }

    fn collect_optics(&self) -> Reading<CollectOptics> {
        let hematocrit = self.sensor(Side::Control, Measured::CollectHematocrit).reading();
        let cells = self.sensor(Side::Control, Measured::CollectCells).reading();
        let both = hematocrit.value.zip(cells.value).map(|(hematocrit, cells)| CollectOptics {
            hematocrit: Fraction::from_fraction(hematocrit),
            nucleated_cells: CellConcentration::from_per_ul(cells),
        });
        Reading { value: both, taken_at: hematocrit.taken_at.min(cells.taken_at) }
    }
}

/// Whether the camera's pictures can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    /// Lit, and the strobe in step with the rotor.
    Usable,
    /// Dark or smeared.
    Dark,
}

/// The revolution counter of a pump.
pub(crate) const fn turning(pump: Pump) -> Measured {
    match pump {
        Pump::Inlet => Measured::InletFlow,
        Pump::Anticoagulant => Measured::AnticoagulantFlow,
        Pump::Plasma => Measured::PlasmaFlow,
        Pump::Collect => Measured::CollectFlow,
    }
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
