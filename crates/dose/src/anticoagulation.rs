//! Anticoagulant and citrate: flows at an inlet ratio, and the inlet that a limit allows.
//!
//! The inlet pump carries blood **and** anticoagulant: at an inlet ratio of 12 one part in twelve is anticoagulant, and
//! blood to anticoagulant is 11 to 1.

use leuka_blood::quantity::{DoseRate, FlowRate, InfusionRate, Mass, Volume};

use crate::error::{Error, within};

/// Molar mass of the citrate ion, C6H5O7 (3-): 189.1 mg/mmol.
pub const CITRATE_MG_PER_MMOL: f64 = 189.1;

/// Inlet flow over anticoagulant flow.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct InletRatio(f64);

impl InletRatio {
    /// Takes a ratio.
    ///
    /// # Errors
    /// NaN, or outside 2 to 50: below, more anticoagulant than blood would be drawn; heparin runs reach about 40.
    pub fn new(ratio: f64) -> Result<Self, Error> {
        within("inlet to anticoagulant ratio", ratio, "to 1", 2.0, 50.0).map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

/// The anticoagulant that goes with an inlet flow.
#[must_use]
pub fn anticoagulant_flow(inlet: FlowRate, ratio: InletRatio) -> FlowRate {
    inlet / ratio.0
}

/// The blood drawn from the vein at an inlet flow: inlet less anticoagulant.
#[must_use]
pub fn blood_flow(inlet: FlowRate, ratio: InletRatio) -> FlowRate {
    inlet - anticoagulant_flow(inlet, ratio)
}

/// The inlet flow that goes with an anticoagulant flow.
#[must_use]
pub fn inlet_flow(anticoagulant: FlowRate, ratio: InletRatio) -> FlowRate {
    anticoagulant * ratio.0
}

/// The inlet flow at which anticoagulant reaches its limit for the donor's blood volume.
#[must_use]
pub fn inlet_for_anticoagulant_limit(limit: InfusionRate, tbv: Volume, ratio: InletRatio) -> FlowRate {
    inlet_flow(limit * tbv, ratio)
}

/// Citrate for body weight from a flow of anticoagulant with `citrate_mmol_ml` of citrate. Given the pump's flow this
/// is the upper bound; what leaves with the product does not reach the donor.
#[must_use]
pub fn citrate_dose_rate(anticoagulant: FlowRate, citrate_mmol_ml: f64, weight: Mass) -> DoseRate {
    DoseRate::from_mg_kg_min(anticoagulant.ml_min() * citrate_mmol_ml * CITRATE_MG_PER_MMOL / weight.kg())
}

/// The inlet flow at which the whole of the anticoagulant's citrate reaches its limit for body weight; infinite for an
/// anticoagulant without citrate.
#[must_use]
pub fn inlet_for_citrate_limit(limit: DoseRate, citrate_mmol_ml: f64, weight: Mass, ratio: InletRatio) -> FlowRate {
    let ml_min = limit.mg_kg_min() * weight.kg() / (citrate_mmol_ml * CITRATE_MG_PER_MMOL);
    inlet_flow(FlowRate::from_ml_min(ml_min), ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACD-A by its recipe: citric acid 7.3 g/L anhydrous, trisodium citrate dihydrate 22.0 g/L.
    const ACD_A_MMOL_ML: f64 = 0.113;

    fn ratio(value: f64) -> InletRatio {
        InletRatio::new(value).unwrap()
    }

    #[test]
    fn the_worked_example_comes_out() {
        // TBV 4.9 L, ratio 12, 0.8 mL/min/L, 70 kg. By hand: 3.92 mL/min of anticoagulant, 47.04 mL/min inlet, and
        // 3.92 x 0.113 x 189.1 / 70 = 1.1966 mg/kg/min.
        let limit = InfusionRate::from_ml_min_l(0.8);
        let inlet = inlet_for_anticoagulant_limit(limit, Volume::from_litres(4.9), ratio(12.0));
        assert!((inlet.ml_min() - 47.04).abs() < 1e-9);
        let anticoagulant = anticoagulant_flow(inlet, ratio(12.0));
        assert!((anticoagulant.ml_min() - 3.92).abs() < 1e-9);
        let citrate = citrate_dose_rate(anticoagulant, ACD_A_MMOL_ML, Mass::from_kg(70.0));
        assert!((citrate.mg_kg_min() - 1.1966).abs() < 5e-5);
    }

    #[test]
    fn blood_to_anticoagulant_is_one_less_than_the_inlet_ratio() {
        let inlet = FlowRate::from_ml_min(60.0);
        let parts = blood_flow(inlet, ratio(12.0)) / anticoagulant_flow(inlet, ratio(12.0));
        assert!((parts - 11.0).abs() < 1e-12);
    }

    #[test]
    fn the_inlet_of_a_citrate_limit_gives_that_citrate() {
        let (limit, weight) = (DoseRate::from_mg_kg_min(1.9), Mass::from_kg(62.0));
        let inlet = inlet_for_citrate_limit(limit, ACD_A_MMOL_ML, weight, ratio(10.0));
        let citrate = citrate_dose_rate(anticoagulant_flow(inlet, ratio(10.0)), ACD_A_MMOL_ML, weight);
        assert!((citrate / limit - 1.0).abs() < 1e-12);
    }

    #[test]
    fn citrate_does_not_limit_heparin() {
        let weight = Mass::from_kg(62.0);
        assert!(!inlet_for_citrate_limit(DoseRate::from_mg_kg_min(1.9), 0.0, weight, ratio(10.0)).is_finite());
    }

    #[test]
    fn a_ratio_that_draws_no_blood_is_refused() {
        assert!(InletRatio::new(1.0).is_err() && InletRatio::new(f64::NAN).is_err() && InletRatio::new(0.0).is_err());
        assert!(InletRatio::new(2.0).is_ok() && InletRatio::new(50.0).is_ok());
    }
}
