//! What the machine senses, in two sets of instruments: control's and the guard's.

use leuka_blood::quantity::{
    CellConcentration, Fraction, Frequency, Length, Mass, MassConcentration, Pressure, RotationalSpeed, Temperature,
    TimeSpan,
};
use serde::{Deserialize, Serialize};

use crate::command::{Cause, Clamp, PumpFlows, VerdictKind};
use crate::reading::Reading;
use crate::time::Instant;

/// What the strobed camera over the channel makes of its picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CameraImage {
    /// Where the picture was usable: distance of the interface from the channel's inner wall.
    pub interface: Option<Length>,
    /// Thickness of the buffy coat.
    pub buffy_coat: Option<Length>,
    /// How sure the picture analysis is: 0 not at all (spoiled or dark picture), 1 sure.
    pub confidence: Fraction,
}

/// What the optics on the collect line see. They cannot tell one white cell from another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CollectOptics {
    /// Haematocrit of the collect line, meaningful from 0.5 to 10 %.
    pub hematocrit: Fraction,
    /// Nucleated cells, with platelets interfering and a gain error of each run.
    pub nucleated_cells: CellConcentration,
}

/// Weights of the bags, tare included.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BagWeights {
    /// Anticoagulant bag.
    pub anticoagulant: Reading<Mass>,
    /// Saline bag.
    pub saline: Reading<Mass>,
    /// Product (collect) bag.
    pub product: Reading<Mass>,
    /// Waste bag: prime and diverted first blood.
    pub waste: Reading<Mass>,
    /// Reservoir bag of a set with one needle.
    pub reservoir: Reading<Mass>,
}

/// The donor's monitor.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Monitor {
    /// Heart rate.
    pub heart_rate: Reading<Frequency>,
    /// Systolic pressure: by cuff every few minutes, or by an arterial line.
    pub systolic: Reading<Pressure>,
    /// Diastolic pressure, likewise.
    pub diastolic: Reading<Pressure>,
    /// Oxygen saturation; missing when the signal is poor.
    pub spo2: Reading<Fraction>,
    /// Breaths.
    pub respiration: Reading<Frequency>,
    /// Body temperature.
    pub temperature: Reading<Temperature>,
}

/// Why the machine stopped by itself, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeState {
    /// The first cause.
    pub cause: Cause,
    /// When the safe state was entered.
    pub since: Instant,
}

/// What control sees.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Telemetry {
    /// Counts up by one with each frame.
    pub sequence: u32,
    /// When the frame was made.
    pub at: Instant,
    /// Pressure in the draw line at the vein; suction is negative.
    pub access_pressure: Reading<Pressure>,
    /// Pressure in the return line at the vein.
    pub return_pressure: Reading<Pressure>,
    /// Pressure at the separator's inlet.
    pub centrifuge_pressure: Reading<Pressure>,
    /// Flows by the pumps' revolution counters and calibration.
    pub pump_flows: PumpFlows<Reading<leuka_blood::quantity::FlowRate>>,
    /// Speed of the centrifuge.
    pub centrifuge_speed: Reading<RotationalSpeed>,
    /// The interface camera.
    pub camera: Reading<CameraImage>,
    /// Optics of the collect line.
    pub collect_optics: Reading<CollectOptics>,
    /// How far the elutriation chamber is filled with white cells, by its picture: they spill at 1. Missing without a
    /// chamber.
    pub chamber_load: Reading<Fraction>,
    /// Haematocrit of the plasma line by its red-cell detector.
    pub plasma_line_hematocrit: Reading<Fraction>,
    /// True when the return line's first air detector sees air.
    pub return_air: Reading<bool>,
    /// What that detector receives through the line: 1 through fluid, little through air, never quite still.
    pub return_air_signal: Reading<Fraction>,
    /// Drops of anticoagulant since power-on.
    pub anticoagulant_drops: Reading<u32>,
    /// Bag weights.
    pub weights: BagWeights,
    /// Temperature of the blood that goes back.
    pub return_temperature: Reading<Temperature>,
    /// Position of the draw clamp, by its own switch.
    pub draw_clamp: Reading<Clamp>,
    /// Position of the return clamp, by its own switch.
    pub return_clamp: Reading<Clamp>,
    /// True when the centrifuge door is closed and locked.
    pub door_locked: Reading<bool>,
    /// True when the leak detector is wet.
    pub leak: Reading<bool>,
    /// Amplitude of the rotor's vibration.
    pub vibration: Reading<Length>,
    /// Free haemoglobin in the plasma line, by its colour.
    pub plasma_hemoglobin: Reading<MassConcentration>,
    /// True while the donor's button is pressed.
    pub donor_button: Reading<bool>,
    /// True on mains power.
    pub mains: Reading<bool>,
    /// What the battery still lasts.
    pub battery: Reading<TimeSpan>,
    /// The donor's monitor.
    pub monitor: Monitor,
    /// The guard's verdict that the machine last received; missing when no guard answers.
    pub guard: Reading<VerdictKind>,
    /// Why the guard holds the machine, if it does.
    pub guard_cause: Option<Cause>,
    /// Set while the machine has stopped by itself.
    pub safe_state: Option<SafeState>,
}

/// What the guard sees, by sensors of its own.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GuardTelemetry {
    /// Counts up by one with each frame.
    pub sequence: u32,
    /// When the frame was made.
    pub at: Instant,
    /// Pressure in the draw line at the vein.
    pub access_pressure: Reading<Pressure>,
    /// Pressure in the return line at the vein.
    pub return_pressure: Reading<Pressure>,
    /// Flows by the guard's own revolution counters.
    pub pump_flows: PumpFlows<Reading<leuka_blood::quantity::FlowRate>>,
    /// Speed of the centrifuge by the second tachometer.
    pub centrifuge_speed: Reading<RotationalSpeed>,
    /// True when the return line's second air detector sees air.
    pub return_air: Reading<bool>,
    /// What that detector receives through the line: 1 through fluid, little through air, never quite still.
    pub return_air_signal: Reading<Fraction>,
    /// True while the machine stimulates the air detectors for a self-test.
    pub air_test: bool,
    /// Bag weights by the scales' second bridges.
    pub weights: BagWeights,
    /// Drops of anticoagulant since power-on, by the second drop counter.
    pub anticoagulant_drops: Reading<u32>,
    /// Position of the return clamp, by its own switch.
    pub return_clamp: Reading<Clamp>,
    /// True when the leak detector is wet.
    pub leak: Reading<bool>,
    /// True when the centrifuge door is closed and locked.
    pub door_locked: Reading<bool>,
    /// Amplitude of the rotor's vibration.
    pub vibration: Reading<Length>,
    /// Free haemoglobin in the plasma line, by its colour.
    pub plasma_hemoglobin: Reading<MassConcentration>,
    /// Temperature of the blood that goes back.
    pub return_temperature: Reading<Temperature>,
    /// True while the donor's button is pressed.
    pub donor_button: Reading<bool>,
    /// The last command frame that the machine accepted.
    pub command_sequence: u32,
    /// When the machine accepted it.
    pub command_at: Instant,
}
