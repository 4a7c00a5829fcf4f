//! What is true in the plant, for people who judge a run from outside. Control and guard never see it.

use leuka_device::{Clamp, Instant, Pump, PumpFlows};

use super::VirtualMachine;

/// The plant at one moment, without the errors of any sensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantView {
    /// When.
    pub at: Instant,
    /// Pressure in the draw line, mmHg.
    pub draw_mmhg: f64,
    /// Pressure in the return line, mmHg.
    pub return_mmhg: f64,
    /// What each pump turns, mL/min.
    pub pumps_ml_min: PumpFlows<f64>,
    /// The draw clamp.
    pub draw_clamp: Clamp,
    /// The return clamp.
    pub return_clamp: Clamp,
    /// The centrifuge, rpm.
    pub speed_rpm: f64,
    /// The drive of the centrifuge has supply.
    pub drive_on: bool,
    /// Amplitude of the rotor's vibration, mm.
    pub vibration_mm: f64,
    /// The heater of the warmer has supply.
    pub warmer_on: bool,
    /// Temperature of the blood that goes back, C.
    pub return_celsius: f64,
    /// Anticoagulant that has left its line for the set, mL.
    pub anticoagulant_ml: f64,
    /// Content of the saline bag, mL.
    pub saline_ml: f64,
    /// Content of the reservoir bag, mL.
    pub reservoir_ml: f64,
    /// Blood and fluid that were drawn from the donor, mL.
    pub drawn_ml: f64,
    /// Fluid that was returned to the donor, mL.
    pub returned_ml: f64,
    /// Air that has reached the donor, mL.
    pub donor_air_ml: f64,
    /// Blood that was spilt or went under the skin, mL.
    pub spilt_blood_ml: f64,
    /// What has gone under the skin, mL.
    pub tissue_ml: f64,
    /// Haematocrit before the optics of the collect line.
    pub collect_hematocrit: f64,
    /// Free haemoglobin of the plasma, g/L.
    pub plasma_hemoglobin_g_l: f64,
    /// The donor's button is pressed.
    pub button: bool,
    /// The lines are on the donor.
    pub is_connected: bool,
}

impl VirtualMachine {
    /// What is true now.
    #[must_use]
    pub fn plant_view(&self) -> PlantView {
        let circuit = &self.circuit;
        let clamp = |is_open| if is_open { Clamp::Open } else { Clamp::Closed };
        let passed = circuit.passed();
        PlantView {
            at: self.now,
            draw_mmhg: circuit.draw_mmhg(),
            return_mmhg: circuit.return_mmhg(),
            pumps_ml_min: PumpFlows::from_fn(|pump: Pump| circuit.turning_ml_min(pump)),
            draw_clamp: clamp(self.actuators.draw_clamp.is_open()),
            return_clamp: clamp(self.actuators.return_clamp.is_open()),
            speed_rpm: self.actuators.centrifuge.speed_rpm(),
            drive_on: self.actuators.centrifuge.is_driven(),
            vibration_mm: self.vibration_mm(),
            warmer_on: self.actuators.warmer_powered,
            return_celsius: self.warmth_celsius,
            anticoagulant_ml: circuit.anticoagulant_delivered_ml(),
            saline_ml: circuit.bags.saline.left_ml(),
            reservoir_ml: circuit.bags.reservoir.left_ml(),
            drawn_ml: passed.drawn_ml,
            returned_ml: passed.returned_ml,
            donor_air_ml: circuit.flags().donor_air_ml,
            spilt_blood_ml: circuit.spilt_blood_ml(),
            tissue_ml: circuit.tissue_ml(),
            collect_hematocrit: circuit.before_optics().collect.hematocrit(),
            plasma_hemoglobin_g_l: self.plant.hemoglobin_g_l,
            button: self.button_is_pressed(),
            is_connected: circuit.hands.donor_connected,
        }
    }
}
