//! What the operator's hands do.

use leuka_blood::quantity::{RotationalSpeed, Volume};
use leuka_blood::{Component, Mixture};

use super::VirtualMachine;
use crate::setup::{Handling, HandlingError, Solution};

/// A rotor slower than this stands, rpm.
const STANDS_RPM: f64 = 5.0;
/// The largest bag, mL.
const LARGEST_BAG_ML: f64 = 5000.0;

impl VirtualMachine {
    /// Does something with the operator's hands, at once.
    ///
    /// # Errors
    /// [`HandlingError`] says why it cannot be done now; nothing has changed then.
    pub fn handle(&mut self, handling: Handling) -> Result<(), HandlingError> {
        self.circuit.carry(self.paths.lines_swapped);
        let hands = self.circuit.hands;
        let needs = |is_given: bool, error| if is_given { Ok(()) } else { Err(error) };
        match handling {
            Handling::LoadSet => {
                needs(!hands.set_loaded, HandlingError::SetLoaded)?;
                let speed_rpm = self.actuators.centrifuge.speed_rpm();
                needs(speed_rpm < STANDS_RPM, HandlingError::Turning(RotationalSpeed::from_rpm(speed_rpm)))?;
                self.circuit.hands.set_loaded = true;
            }
            Handling::HangSaline(solution, volume) => {
                let bag = self.bring(solution, volume)?;
                let old = self.circuit.bags.saline.replace(bag);
                self.circuit.discard(old);
                self.circuit.hands.saline_hung = true;
            }
            Handling::HangAnticoagulant(solution, volume) => {
                let bag = self.bring(solution, volume)?;
                let old = self.circuit.bags.anticoagulant.replace(bag);
                self.circuit.discard(old);
                self.circuit.hands.anticoagulant_hung = true;
            }
            Handling::ConnectAnticoagulant => {
                needs(hands.set_loaded, HandlingError::NoSet)?;
                self.circuit.hands.anticoagulant_connected = true;
            }
            Handling::InsertAccess => self.circuit.hands.access_inserted = true,
            Handling::ConnectDonor => {
                needs(hands.set_loaded, HandlingError::NoSet)?;
                needs(hands.access_inserted, HandlingError::NoAccess)?;
                self.circuit.hands.donor_connected = true;
            }
            Handling::DisconnectDonor => self.circuit.hands.donor_connected = false,
            Handling::SealProduct => {
                needs(hands.set_loaded, HandlingError::NoSet)?;
                self.circuit.hands.product_sealed = true;
            }
            Handling::RemoveAccess => {
                needs(!hands.donor_connected, HandlingError::Connected)?;
                self.circuit.hands.access_inserted = false;
            }
            Handling::MeasureBloodPressure => self.instruments.demand_cuff(),
        }
        Ok(())
    }

    fn bring(&mut self, solution: Solution, volume: Volume) -> Result<Mixture, HandlingError> {
        let volume_ml = volume.ml();
        if !(volume_ml > 0.0 && volume_ml <= LARGEST_BAG_ML) {
            return Err(HandlingError::BagVolume(volume));
        }
        let contents = match solution {
            Solution::Saline => Mixture::saline(volume_ml),
            Solution::Albumin(g_ml) => {
                Mixture::saline(volume_ml) + Mixture::of(Component::Protein, g_ml.clamp(0.0, 0.25) * volume_ml)
            }
            Solution::RedCells(hematocrit) => {
                let red_ml = volume_ml * hematocrit.fraction().clamp(0.0, 1.0);
                Mixture::of(Component::Erythrocyte, red_ml) + Mixture::saline(volume_ml - red_ml)
            }
            Solution::Anticoagulant(anticoagulant) => self.blood.fluids.anticoagulant(anticoagulant, volume_ml),
        };
        Ok(self.circuit.bring(contents))
    }
}
