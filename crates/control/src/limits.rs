//! Limits of a procedure: what is told, what the machine does not pass, and how long things may take.

use leuka_blood::ThreeTier;
use leuka_blood::quantity::{
    CellConcentration, Concentration, FlowRate, Fraction, Frequency, MassConcentration, Pressure, RotationalSpeed,
    Temperature, TimeSpan, Volume,
};
use leuka_device::PumpFlows;

use crate::prescription::{PrescriptionError, tiers, within};

/// Limits of the running procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Suction at the draw access (negative): warning tells, automatic backs off, absolute stops the inlet.
    pub access_pressure: ThreeTier<Pressure>,
    /// Pressure at the return: warning tells, automatic lowers the flow, absolute stops.
    pub return_pressure: ThreeTier<Pressure>,
    /// Pressure that a filter takes: warning tells, automatic lowers the flow, absolute ends the collection.
    pub filter_pressure: ThreeTier<Pressure>,
    /// Heart rate below: warning tells, automatic pauses.
    pub heart_rate_low: ThreeTier<Frequency>,
    /// Heart rate above: warning tells, automatic pauses.
    pub heart_rate_high: ThreeTier<Frequency>,
    /// Systolic pressure below: warning tells, automatic pauses.
    pub systolic_low: ThreeTier<Pressure>,
    /// Fall of systolic pressure from the baseline that is told.
    pub systolic_fall: Fraction,
    /// Oxygen saturation below: warning tells, automatic pauses.
    pub spo2_low: ThreeTier<Fraction>,
    /// Fluid that the donor has lost: warning tells, automatic ends the collection.
    pub fluid_deficit: ThreeTier<Volume>,
    /// Fluid that the donor has gained: warning tells, automatic ends the collection.
    pub fluid_surplus: ThreeTier<Volume>,
    /// What the battery still lasts, on battery: warning tells, automatic ends the collection.
    pub battery: ThreeTier<TimeSpan>,
    /// Temperature of the blood that goes back: warning tells, automatic stops.
    pub return_temperature: ThreeTier<Temperature>,
    /// Haematocrit of the collect or plasma line above which the collect pump stops.
    pub line_red: Fraction,
    /// Fall of systolic pressure on standing that prolongs the observation.
    pub standing_fall: Pressure,
    /// The fastest that each pump turns.
    pub pump_range: PumpFlows<FlowRate>,
    /// The slowest inlet with which blood is drawn.
    pub least_inlet: FlowRate,
    /// The slowest that the centrifuge turns while it follows the inlet.
    pub least_centrifuge: RotationalSpeed,
    /// The fastest that the centrifuge turns.
    pub centrifuge: RotationalSpeed,
    /// Hydroxyethyl starch solution in a day at most, mL for each kg of body weight.
    pub starch_ml_kg: f64,
    /// What the donor must fulfil before.
    pub eligibility: EligibilityLimits,
}

/// What the donor must fulfil, measured before and predicted for after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EligibilityLimits {
    /// Haemoglobin before, at least.
    pub hemoglobin_before: MassConcentration,
    /// Haemoglobin predicted for after, at least.
    pub hemoglobin_after: MassConcentration,
    /// Platelets before, at least.
    pub platelets_before: CellConcentration,
    /// Platelets predicted for after, at least.
    pub platelets_after: CellConcentration,
    /// Ionised calcium before, at least.
    pub ionised_calcium: Concentration,
    /// Part of the blood volume that the set holds: warning tells, automatic refuses unless primed with red cells.
    pub extracorporeal: ThreeTier<Fraction>,
    /// Age of red cells for a prime, at most.
    pub red_cell_age: TimeSpan,
    /// Potassium of their plasma, at most.
    pub red_cell_potassium: Concentration,
    /// Their temperature, at least.
    pub red_cell_warmth: Temperature,
    /// Age of the blood count, at most.
    pub count_age: TimeSpan,
    /// True: an ACE inhibitor refuses the procedure.
    pub refuse_ace_inhibitor: bool,
    /// True: an anticoagulant drug refuses the procedure.
    pub refuse_anticoagulant_drug: bool,
    /// Part of the passing platelets that the separator is expected to keep.
    pub platelet_efficiency: Fraction,
    /// Part of the fluid given that is still in the circulation at the end.
    pub fluid_retained: Fraction,
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), PrescriptionError> {
        tiers("access pressure", &self.access_pressure)?;
        tiers("return pressure", &self.return_pressure)?;
        tiers("filter pressure", &self.filter_pressure)?;
        tiers("low heart rate", &self.heart_rate_low)?;
        tiers("high heart rate", &self.heart_rate_high)?;
        tiers("low systolic pressure", &self.systolic_low)?;
        tiers("low oxygen saturation", &self.spo2_low)?;
        tiers("fluid deficit", &self.fluid_deficit)?;
        tiers("fluid surplus", &self.fluid_surplus)?;
        tiers("battery", &self.battery)?;
        tiers("return temperature", &self.return_temperature)?;
        tiers("extracorporeal volume", &self.eligibility.extracorporeal)?;
        within("absolute access pressure", self.access_pressure.absolute.mmhg(), -500.0, 0.0, "mmHg")?;
        within("absolute return pressure", self.return_pressure.absolute.mmhg(), 0.0, 800.0, "mmHg")?;
        within("absolute filter pressure", self.filter_pressure.absolute.mmhg(), 1.0, 800.0, "mmHg")?;
        within("red line limit", self.line_red.pct(), 1.0, 60.0, "%")?;
        within("standing fall", self.standing_fall.mmhg(), 1.0, 200.0, "mmHg")?;
        within("systolic fall", self.systolic_fall.pct(), 1.0, 100.0, "%")?;
        for (name, flow) in [
            ("inlet pump range", self.pump_range.inlet),
            ("anticoagulant pump range", self.pump_range.anticoagulant),
            ("plasma pump range", self.pump_range.plasma),
            ("collect pump range", self.pump_range.collect),
        ] {
            within(name, flow.ml_min(), 0.1, 500.0, "mL/min")?;
        }
        within("least inlet", self.least_inlet.ml_min(), 0.1, self.pump_range.inlet.ml_min(), "mL/min")?;
        within("slowest centrifuge", self.least_centrifuge.rpm(), 100.0, self.centrifuge.rpm(), "rpm")?;
        within("centrifuge range", self.centrifuge.rpm(), 100.0, 6000.0, "rpm")?;
        within("starch limit", self.starch_ml_kg, 0.0, 100.0, "mL/kg")?;
        let eligibility = &self.eligibility;
        within("platelet efficiency", eligibility.platelet_efficiency.pct(), 0.0, 100.0, "%")?;
        within("fluid retained", eligibility.fluid_retained.pct(), 0.0, 100.0, "%")?;
        within("age of the count", eligibility.count_age.hours(), 0.0, 24.0 * 30.0, "h")?;
        for (name, value) in [
            ("haemoglobin limit before", eligibility.hemoglobin_before.g_l()),
            ("haemoglobin limit after", eligibility.hemoglobin_after.g_l()),
            ("platelet limit before", eligibility.platelets_before.count_1e9_l()),
            ("platelet limit after", eligibility.platelets_after.count_1e9_l()),
            ("calcium limit", eligibility.ionised_calcium.mmol_l()),
        ] {
            within(name, value, 0.0, 1000.0, "")?;
        }
        Ok(())
    }
}

/// Limits of the self-test and of the pressure test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelfTestLimits {
    /// Flow at which each pump is turned.
    pub pump_flow: FlowRate,
    /// Deviation of a pump that is accepted, as a part of its flow.
    pub pump_tolerance: Fraction,
    /// Speed at which the centrifuge is turned.
    pub centrifuge_speed: RotationalSpeed,
    /// Deviation of the centrifuge that is accepted.
    pub centrifuge_tolerance: Fraction,
    /// Pressure that an unused sensor may show, either way.
    pub rest_pressure: Pressure,
    /// Time in which air must close the return clamp.
    pub air_trip: TimeSpan,
    /// Flow that pressurises the set against closed clamps.
    pub pressure_flow: FlowRate,
    /// Pressure that the set must reach.
    pub pressure: Pressure,
    /// How long it must hold.
    pub pressure_hold: TimeSpan,
    /// What it may lose in that time.
    pub pressure_loss: Pressure,
}

impl SelfTestLimits {
    pub(crate) fn check(&self) -> Result<(), PrescriptionError> {
        within("self-test flow", self.pump_flow.ml_min(), 0.1, 200.0, "mL/min")?;
        within("self-test flow tolerance", self.pump_tolerance.pct(), 0.1, 50.0, "%")?;
        within("self-test speed", self.centrifuge_speed.rpm(), 10.0, 3000.0, "rpm")?;
        within("self-test speed tolerance", self.centrifuge_tolerance.pct(), 0.1, 50.0, "%")?;
        within("pressure at rest", self.rest_pressure.mmhg(), 0.1, 100.0, "mmHg")?;
        within("air trip time", self.air_trip.seconds(), 0.05, 10.0, "s")?;
        within("pressure test flow", self.pressure_flow.ml_min(), 0.1, 200.0, "mL/min")?;
        within("pressure test pressure", self.pressure.mmhg(), 10.0, 350.0, "mmHg")?;
        within("pressure test hold", self.pressure_hold.seconds(), 1.0, 300.0, "s")?;
        within("pressure test loss", self.pressure_loss.mmhg(), 0.1, 200.0, "mmHg")
    }
}

/// The values that a working sensor can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window<T> {
    /// Smallest.
    pub low: T,
    /// Largest.
    pub high: T,
}

impl<T: PartialOrd> Window<T> {
    /// True inside; NaN is outside.
    #[must_use]
    pub fn contains(&self, value: &T) -> bool {
        *value >= self.low && *value <= self.high
    }
}

/// Plausibility and age of the sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorLimits {
    /// Age of pressures, flows, speed, switches, air and leak.
    pub fast_age: TimeSpan,
    /// Age of weights, drops, optics, camera and temperature.
    pub slow_age: TimeSpan,
    /// Age of the donor's monitor.
    pub monitor_age: TimeSpan,
    /// Pressures.
    pub pressure: Window<Pressure>,
    /// Pump flows.
    pub flow: Window<FlowRate>,
    /// Centrifuge.
    pub speed: Window<RotationalSpeed>,
    /// Return temperature.
    pub temperature: Window<Temperature>,
    /// Bag weights.
    pub weight: Window<leuka_blood::quantity::Mass>,
    /// A beat longer than this is a jump of the clock.
    pub longest_beat: TimeSpan,
}

impl SensorLimits {
    pub(crate) fn check(&self) -> Result<(), PrescriptionError> {
        within("age of fast sensors", self.fast_age.seconds(), 0.05, 5.0, "s")?;
        within("age of slow sensors", self.slow_age.seconds(), 0.5, 60.0, "s")?;
        within("age of the monitor", self.monitor_age.minutes(), 0.1, 60.0, "min")?;
        within("longest beat", self.longest_beat.seconds(), 0.1, 5.0, "s")
    }
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// One step of the self-test.
    pub self_test_step: TimeSpan,
    /// One step that waits for the operator, before the operator is reminded.
    pub operator_step: TimeSpan,
    /// Building up the pressure of the pressure test.
    pub pressure_test: TimeSpan,
    /// Prime.
    pub prime: TimeSpan,
    /// Divert.
    pub divert: TimeSpan,
    /// Establishing the interface: the absolute time-out.
    pub establish_interface: TimeSpan,
    /// Elution of a filter.
    pub elution: TimeSpan,
    /// Rinse-back.
    pub rinse_back: TimeSpan,
    /// A pause after which blood in the set may have clotted.
    pub long_pause: TimeSpan,
    /// The same when anticoagulant did not come: the blood in the set must not go back.
    pub unanticoagulated: TimeSpan,
    /// Observation after the line is removed.
    pub observation: TimeSpan,
}

impl Times {
    pub(crate) fn check(&self) -> Result<(), PrescriptionError> {
        for (name, span) in [
            ("time for a self-test step", self.self_test_step),
            ("time for an operator's step", self.operator_step),
            ("time for the pressure test", self.pressure_test),
            ("time for prime", self.prime),
            ("time for divert", self.divert),
            ("time for the interface", self.establish_interface),
            ("time for elution", self.elution),
            ("time for rinse-back", self.rinse_back),
            ("longest pause", self.long_pause),
        ] {
            within(name, span.seconds(), 1.0, 7200.0, "s")?;
        }
        within("time without anticoagulant", self.unanticoagulated.seconds(), 0.0, 3600.0, "s")?;
        within("time of observation", self.observation.seconds(), 0.0, 7200.0, "s")
    }
}
