//! Oxygen saturation: steady unless something specific lowers arterial oxygen.
//!
//! Saturation by Severinghaus (1979) from the arterial pressure of oxygen, which falls with age. No published series
//! shows a drift during leukapheresis, so none is modelled; causes are injected, except air that arrives with returned
//! blood and spasm of the larynx at very low ionised calcium, which come by themselves.

parameter_group! {
    /// Arterial oxygen and what lowers it.
    OxygenParameters {
        arterial_newborn in "mmHg" from 60.0 to 150.0;
        arterial_per_year in "mmHg/year" from -1.0 to 0.0;
        onset in "s" from 1.0 to 600.0;
        air_embolism in "mmHg" from 0.0 to 80.0;
        allergic_reaction in "mmHg" from 0.0 to 80.0;
        fluid_overload in "mmHg" from 0.0 to 80.0;
        hyperleukocytosis in "mmHg" from 0.0 to 80.0;
        laryngospasm in "mmHg" from 0.0 to 80.0;
        sedation in "mmHg" from 0.0 to 80.0;
        air_half_effect in "mL/kg" from 0.01 to 20.0;
        air_clearance in "s" from 10.0 to 7200.0;
        laryngospasm_calcium in "mmol/L" from 0.2 to 1.0;
        laryngospasm_range in "mmol/L" from 0.01 to 0.5;
        breathing in "1/mmHg" from 0.0 to 0.1;
        sedated_breathing in "1" from 0.0 to 0.9;
    }
}

/// Lowest arterial pressure of oxygen that the model reaches, mmHg.
const LEAST_MMHG: f64 = 15.0;

/// What can lower the oxygen saturation of a donor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desaturation {
    /// Air in the vessels of the lung.
    AirEmbolism,
    /// Allergic reaction with narrow airways.
    AllergicReaction,
    /// Water in the lung after too much fluid.
    FluidOverload,
    /// White cells that plug the vessels of the lung.
    Hyperleukocytosis,
    /// Spasm of the larynx.
    Laryngospasm,
    /// Shallow breathing under sedation.
    Sedation,
}

impl Desaturation {
    /// All of them, in the order of their index.
    pub const ALL: [Self; 6] = [
        Self::AirEmbolism,
        Self::AllergicReaction,
        Self::FluidOverload,
        Self::Hyperleukocytosis,
        Self::Laryngospasm,
        Self::Sedation,
    ];
}

/// Arterial oxygen of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Oxygen {
    parameters: OxygenParameters,
    rest_mmhg: f64,
    weight_kg: f64,
    severities: [f64; Desaturation::ALL.len()],
    lung_air_ml: f64,
    fall_mmhg: f64,
}

impl Oxygen {
    pub(crate) fn new(parameters: &OxygenParameters, age_years: f64, weight_kg: f64) -> Self {
        Self {
            parameters: *parameters,
            rest_mmhg: parameters.arterial_newborn + parameters.arterial_per_year * age_years,
            weight_kg,
            severities: [0.0; Desaturation::ALL.len()],
            lung_air_ml: 0.0,
            fall_mmhg: 0.0,
        }
    }

    /// Sets how severe (0 to 1) a cause is from now on; zero ends it.
    pub(crate) fn set(&mut self, cause: Desaturation, severity: f64) {
        // The discriminants are 0 to 5, so the index is always inside.
        self.severities[cause as usize] = severity;
    }

    /// Air arrives in the lungs.
    pub(crate) fn receive_air(&mut self, volume_ml: f64) {
        self.lung_air_ml += volume_ml;
    }

    /// Moves on by `seconds` at this ionised calcium, mmol/L.
    pub(crate) fn advance(&mut self, seconds: f64, ionised_calcium: f64) {
        let p = &self.parameters;
        let target_mmhg = self.target_fall_mmhg(ionised_calcium);
        self.fall_mmhg += (target_mmhg - self.fall_mmhg) * (seconds / (p.onset + 0.5 * seconds));
        self.lung_air_ml -= self.lung_air_ml * seconds / (p.air_clearance + 0.5 * seconds);
    }

    fn target_fall_mmhg(&self, ionised_calcium: f64) -> f64 {
        let p = &self.parameters;
        let [air, allergy, overload, white_cells, larynx, sedation] = self.severities;
        let air_ml_kg = self.lung_air_ml / self.weight_kg;
        let air = air.max(air_ml_kg / (air_ml_kg + p.air_half_effect));
        let larynx = larynx.max(((p.laryngospasm_calcium - ionised_calcium) / p.laryngospasm_range).clamp(0.0, 1.0));
        air * p.air_embolism
            + allergy * p.allergic_reaction
            + overload * p.fluid_overload
            + white_cells * p.hyperleukocytosis
            + larynx * p.laryngospasm
            + sedation * p.sedation
    }

    /// Breathing against rest: faster when oxygen falls, slower under sedation.
    pub(crate) fn breathing(&self) -> f64 {
        let p = &self.parameters;
        let sedation = self.severities[Desaturation::Sedation as usize];
        (1.0 + p.breathing * self.fall_mmhg * (1.0 - sedation)) * (1.0 - p.sedated_breathing * sedation)
    }

    /// Arterial oxygen saturation, 0 to 1.
    pub(crate) fn saturation(&self) -> f64 {
        severinghaus((self.rest_mmhg - self.fall_mmhg).max(LEAST_MMHG))
    }
}

/// Saturation of haemoglobin at an arterial pressure of oxygen, after Severinghaus (1979).
fn severinghaus(oxygen_mmhg: f64) -> f64 {
    1.0 / (1.0 + 23400.0 / (oxygen_mmhg * (oxygen_mmhg * oxygen_mmhg + 150.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_saturation_curve_goes_through_published_points() {
        // The standard curve: half saturated near 26.9 mmHg, 75 % at 40, 97.5 % at 100, to half a point.
        for (mmhg, saturation) in [(26.86, 0.5), (40.0, 0.75), (100.0, 0.975)] {
            assert!((severinghaus(mmhg) - saturation).abs() < 5e-3, "{mmhg}: {}", severinghaus(mmhg));
        }
    }
}
