//! Heart and vessels, averaged over the heart beat: arterial, pulmonary and venous volume.
//!
//! The three volumes add up to the blood (the veins hold what the others do not), so nothing is lost between the
//! circulation and the account of the [`crate::volumes::Body`]. Seconds in here.

use crate::description::{BodySize, Description};
use crate::reflex::{Reflex, ReflexEffect, ReflexParameters};

parameter_group! {
    /// Heart and vessels.
    CirculationParameters {
        stroke_volume in "mL" from 30.0 to 150.0;
        venous_compliance in "mL/mmHg" from 10.0 to 500.0;
        pulmonary_compliance in "mL/mmHg" from 1.0 to 100.0;
        arterial_share in "1" from 0.05 to 0.3;
        pulmonary_share in "1" from 0.05 to 0.3;
        venous_pressure in "mmHg" from 0.0 to 20.0;
        pulmonary_pressure in "mmHg" from 2.0 to 30.0;
        pulmonary_outflow_gain in "1" from 0.01 to 2.0;
        filling_gain in "1/mmHg" from 0.0 to 0.5;
        afterload_gain in "1/mmHg" from 0.0 to 0.05;
        rate_gain in "min" from 0.0 to 0.05;
        capillary_ratio in "1" from 0.01 to 1.0;
        pulse_pressure in "1" from 0.3 to 2.0;
        pulse_above_mean in "1" from 0.4 to 0.8;
        calcium_contractility in "1" from 0.0 to 1.0;
        calcium_resistance in "1" from 0.0 to 1.0;
        viscosity in "1" from 0.0 to 3.0;
        legs_raised in "mL" from 0.0 to 1000.0;
    }
}

/// Shortest heart period, s: the ventricle needs this long to fill.
const SHORTEST_PERIOD_S: f64 = 0.27;
/// A factor of the heart or the vessels never falls below this part of rest, so that a body far outside life still
/// gives finite numbers.
const LEAST_FACTOR: f64 = 0.05;

/// What acts on the circulation from outside it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Influence {
    /// Relative change of the blood's haematocrit: thinner blood flows more easily.
    pub(crate) thickening: f64,
    /// Part of the reflex that a vasovagal reaction cancels.
    pub(crate) reflex_loss: f64,
    /// Relative fall of the heart rate by a vasovagal reaction.
    pub(crate) heart_rate_fall: f64,
    /// Relative fall of resistance by a vasovagal reaction.
    pub(crate) resistance_fall: f64,
    /// Blood pooled in dilated veins (positive) or shifted out of raised legs (negative), mL.
    pub(crate) pooled_ml: f64,
    /// Relative fall of ionised calcium.
    pub(crate) calcium_fall: f64,
}

/// Pressures and the heart's work at one instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Haemodynamics {
    pub(crate) arterial_mmhg: f64,
    pub(crate) venous_mmhg: f64,
    pub(crate) capillary_mmhg: f64,
    pub(crate) systolic_mmhg: f64,
    pub(crate) diastolic_mmhg: f64,
    pub(crate) heart_rate_per_min: f64,
    pub(crate) stroke_ml: f64,
    resistance_mmhg_s_ml: f64,
}

states! {
    /// What the circulation consists of beside the volume of blood.
    CirculationState {
        /// Blood in the arteries, mL.
        arterial_ml;
        /// Blood in the lungs, mL.
        pulmonary_ml;
        /// Longer heart period by the sympathetic nerves, s.
        period_sympathetic_s;
        /// Longer heart period by the vagus nerve, s.
        period_vagal_s;
        /// Relative change of resistance by the arterial reflex.
        resistance_arterial;
        /// Relative change of resistance by the cardiopulmonary reflex.
        resistance_cardiopulmonary;
        /// Larger unstressed venous volume by the arterial reflex, mL.
        venous_arterial_ml;
        /// Larger unstressed venous volume by the cardiopulmonary reflex, mL.
        venous_cardiopulmonary_ml;
        /// Relative change of contractility.
        contractility;
    }
}

/// The rules of the circulation of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circulation {
    parameters: CirculationParameters,
    reflex: Reflex,
    rest: Rest,
}

/// Constants of one donor's circulation.
#[derive(Debug, Clone, Copy)]
struct Rest {
    arterial_mmhg: f64,
    heart_rate_per_min: f64,
    stroke_ml: f64,
    resistance_mmhg_s_ml: f64,
    arterial_compliance: f64,
    arterial_unstressed_ml: f64,
    venous_compliance: f64,
    venous_unstressed_ml: f64,
    pulmonary_compliance: f64,
    pulmonary_unstressed_ml: f64,
}

impl Circulation {
    /// A donor at rest. Mean pressure and arterial compliance follow from the donor's own pressures, resistance from
    /// the heart rate; stroke volume and compliances scale with blood volume.
    pub(crate) fn new(
        description: &Description,
        parameters: &CirculationParameters,
        reflex: &ReflexParameters,
        size: &BodySize,
        reference_heart_rate: f64,
    ) -> (Self, CirculationState) {
        let p = parameters;
        let total_ml = description.total_blood_volume.ml();
        let heart_rate_per_min = description.heart_rate.per_min();
        let pulse_mmhg = (description.systolic - description.diastolic).mmhg();
        let arterial_mmhg = description.diastolic.mmhg() + (1.0 - p.pulse_above_mean) * pulse_mmhg;
        let stroke_ml = p.stroke_volume * size.blood;
        let flow_ml_s = stroke_ml * heart_rate_per_min / 60.0;
        let arterial_compliance = p.pulse_pressure * stroke_ml / pulse_mmhg;
        let venous_compliance = p.venous_compliance * size.blood;
        let pulmonary_compliance = p.pulmonary_compliance * size.blood;
        let (arterial_ml, pulmonary_ml) = (p.arterial_share * total_ml, p.pulmonary_share * total_ml);
        let venous_ml = total_ml - arterial_ml - pulmonary_ml;
        let relative_period = reference_heart_rate / heart_rate_per_min;
        let circulation = Self {
            parameters: *p,
            reflex: Reflex::new(reflex, size, description.age_years, relative_period),
            rest: Rest {
                arterial_mmhg,
                heart_rate_per_min,
                stroke_ml,
                resistance_mmhg_s_ml: (arterial_mmhg - p.venous_pressure) / flow_ml_s,
                arterial_compliance,
                arterial_unstressed_ml: arterial_ml - arterial_compliance * arterial_mmhg,
                venous_compliance,
                venous_unstressed_ml: venous_ml - venous_compliance * p.venous_pressure,
                pulmonary_compliance,
                pulmonary_unstressed_ml: pulmonary_ml - pulmonary_compliance * p.pulmonary_pressure,
            },
        };
        (circulation, CirculationState { arterial_ml, pulmonary_ml, ..CirculationState::default() })
    }

    /// The state after `seconds` (Heun's method), in which the blood changes evenly from `before_ml` to `after_ml`.
    pub(crate) fn advanced(
        &self,
        state: &CirculationState,
        seconds: f64,
        (before_ml, after_ml): (f64, f64),
        influence: &Influence,
    ) -> CirculationState {
        let first = self.rates(state, before_ml, influence);
        let second = self.rates(&state.after(&first, seconds), after_ml, influence);
        state.after(&first.mean(&second), seconds)
    }

    /// Rates of change, per second.
    pub(crate) fn rates(&self, state: &CirculationState, blood_ml: f64, influence: &Influence) -> CirculationState {
        let (p, rest) = (&self.parameters, &self.rest);
        let now = self.haemodynamics(state, blood_ml, influence);
        let heart_ml_s = now.heart_rate_per_min * now.stroke_ml / 60.0;
        let tissue_ml_s = (now.arterial_mmhg - now.venous_mmhg) / now.resistance_mmhg_s_ml;
        let pulmonary_mmhg = (state.pulmonary_ml - rest.pulmonary_unstressed_ml) / rest.pulmonary_compliance;
        let relative_mmhg = (pulmonary_mmhg - p.pulmonary_pressure) / p.pulmonary_pressure;
        let left_ml_s = heart_ml_s * (1.0 + p.pulmonary_outflow_gain * relative_mmhg);
        let mut rates = CirculationState {
            arterial_ml: left_ml_s - tissue_ml_s,
            pulmonary_ml: heart_ml_s - left_ml_s,
            ..CirculationState::default()
        };
        let arterial_mmhg = now.arterial_mmhg - rest.arterial_mmhg;
        self.reflex.set_rates(state, arterial_mmhg, now.venous_mmhg - p.venous_pressure, &mut rates);
        rates
    }

    /// Pressures and the heart's work.
    pub(crate) fn haemodynamics(
        &self,
        state: &CirculationState,
        blood_ml: f64,
        influence: &Influence,
    ) -> Haemodynamics {
        let (p, rest) = (&self.parameters, &self.rest);
        let reflex = ReflexEffect::of(state, 1.0 - influence.reflex_loss);
        let venous_ml = blood_ml - state.arterial_ml - state.pulmonary_ml;
        let unstressed_ml = rest.venous_unstressed_ml + reflex.venous_ml + influence.pooled_ml;
        let venous_mmhg = (venous_ml - unstressed_ml) / rest.venous_compliance;
        let arterial_mmhg = (state.arterial_ml - rest.arterial_unstressed_ml) / rest.arterial_compliance;

        let period_s = (60.0 / rest.heart_rate_per_min + reflex.heart_period_s).max(SHORTEST_PERIOD_S);
        let heart_rate_per_min = 60.0 / period_s * (1.0 - influence.heart_rate_fall);
        let contractility = (1.0 + reflex.contractility) * (1.0 - p.calcium_contractility * influence.calcium_fall);
        let filling = 1.0 + p.filling_gain * (venous_mmhg - p.venous_pressure);
        let afterload = 1.0 - p.afterload_gain * (arterial_mmhg - rest.arterial_mmhg);
        let haste = 1.0 - p.rate_gain * (heart_rate_per_min - rest.heart_rate_per_min);
        let stroke_ml = rest.stroke_ml
            * contractility.max(LEAST_FACTOR)
            * filling.max(LEAST_FACTOR)
            * afterload.max(LEAST_FACTOR)
            * haste.max(LEAST_FACTOR);

        let constriction = (1.0 + reflex.resistance).max(LEAST_FACTOR);
        let relaxation = (1.0 - influence.resistance_fall)
            * (1.0 - p.calcium_resistance * influence.calcium_fall)
            * (1.0 + p.viscosity * influence.thickening).max(LEAST_FACTOR);
        let ratio = p.capillary_ratio / (constriction * relaxation);
        let pulse_mmhg = p.pulse_pressure * stroke_ml / rest.arterial_compliance;
        Haemodynamics {
            arterial_mmhg,
            venous_mmhg,
            capillary_mmhg: (arterial_mmhg * ratio + venous_mmhg) / (1.0 + ratio),
            systolic_mmhg: arterial_mmhg + p.pulse_above_mean * pulse_mmhg,
            diastolic_mmhg: arterial_mmhg - (1.0 - p.pulse_above_mean) * pulse_mmhg,
            heart_rate_per_min,
            stroke_ml,
            resistance_mmhg_s_ml: rest.resistance_mmhg_s_ml * constriction * relaxation,
        }
    }
}
