//! The baroreflex: how heart and vessels answer arterial and central venous pressure, in Heldt's form. Each effector
//! follows its receptor's saturated error with its own gain and delay. Gains fall with age.

use leuka_blood::math;

use crate::circulation::CirculationState;
use crate::description::BodySize;

parameter_group! {
    /// Gains and delays of the effectors.
    ReflexParameters {
        arterial_range in "mmHg" from 1.0 to 100.0;
        cardiopulmonary_range in "mmHg" from 0.5 to 50.0;
        period_sympathetic in "s/mmHg" from 0.0 to 0.1;
        period_sympathetic_delay in "s" from 1.0 to 100.0;
        period_vagal in "s/mmHg" from 0.0 to 0.1;
        period_vagal_delay in "s" from 1.0 to 100.0;
        resistance_arterial in "1/mmHg" from -0.1 to 0.0;
        resistance_arterial_delay in "s" from 1.0 to 100.0;
        resistance_cardiopulmonary in "1/mmHg" from -0.1 to 0.0;
        resistance_cardiopulmonary_delay in "s" from 1.0 to 100.0;
        venous_arterial in "mL/mmHg" from 0.0 to 200.0;
        venous_arterial_delay in "s" from 1.0 to 100.0;
        venous_cardiopulmonary in "mL/mmHg" from 0.0 to 500.0;
        venous_cardiopulmonary_delay in "s" from 1.0 to 100.0;
        contractility in "1/mmHg" from -0.1 to 0.0;
        contractility_delay in "s" from 1.0 to 100.0;
        ageing_from in "year" from 18.0 to 100.0;
        ageing in "1/year" from 0.0 to 0.02;
    }
}

/// What the effectors do to heart and vessels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReflexEffect {
    /// Longer heart period, s.
    pub(crate) heart_period_s: f64,
    /// Relative change of resistance.
    pub(crate) resistance: f64,
    /// Larger unstressed venous volume, mL.
    pub(crate) venous_ml: f64,
    /// Relative change of contractility.
    pub(crate) contractility: f64,
}

impl ReflexEffect {
    /// The effect of effectors of which the part `share` still reaches heart and vessels.
    pub(crate) fn of(state: &CirculationState, share: f64) -> Self {
        Self {
            heart_period_s: share * (state.period_sympathetic_s + state.period_vagal_s),
            resistance: share * (state.resistance_arterial + state.resistance_cardiopulmonary),
            venous_ml: share * (state.venous_arterial_ml + state.venous_cardiopulmonary_ml),
            contractility: share * state.contractility,
        }
    }
}

/// One effector: what it does per mmHg, and how fast.
#[derive(Debug, Clone, Copy)]
struct Arc {
    gain: f64,
    per_s: f64,
}

impl Arc {
    const fn new(gain: f64, delay_s: f64) -> Self {
        Self { gain, per_s: 1.0 / delay_s }
    }

    /// Change per second, for a receptor with this error.
    fn rate(&self, error_mmhg: f64, now: f64) -> f64 {
        (self.gain * error_mmhg - now) * self.per_s
    }
}

/// The reflex of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reflex {
    arterial_range_mmhg: f64,
    cardiopulmonary_range_mmhg: f64,
    period_sympathetic: Arc,
    period_vagal: Arc,
    resistance_arterial: Arc,
    resistance_cardiopulmonary: Arc,
    venous_arterial: Arc,
    venous_cardiopulmonary: Arc,
    contractility: Arc,
}

impl Reflex {
    /// Gains on the heart period scale with the resting period (against the usual one), gains on volume with blood
    /// volume, all of them with age.
    pub(crate) fn new(parameters: &ReflexParameters, size: &BodySize, age_years: f64, relative_period: f64) -> Self {
        let p = parameters;
        let young = (1.0 - p.ageing * (age_years - p.ageing_from).max(0.0)).max(0.0);
        let arc = |gain: f64, delay_s| Arc::new(gain * young, delay_s);
        Self {
            arterial_range_mmhg: p.arterial_range,
            cardiopulmonary_range_mmhg: p.cardiopulmonary_range,
            period_sympathetic: arc(p.period_sympathetic * relative_period, p.period_sympathetic_delay),
            period_vagal: arc(p.period_vagal * relative_period, p.period_vagal_delay),
            resistance_arterial: arc(p.resistance_arterial, p.resistance_arterial_delay),
            resistance_cardiopulmonary: arc(p.resistance_cardiopulmonary, p.resistance_cardiopulmonary_delay),
            venous_arterial: arc(p.venous_arterial * size.blood, p.venous_arterial_delay),
            venous_cardiopulmonary: arc(p.venous_cardiopulmonary * size.blood, p.venous_cardiopulmonary_delay),
            contractility: arc(p.contractility, p.contractility_delay),
        }
    }

    /// Sets the rates of the effectors, per second, for pressures above (or below) rest.
    pub(crate) fn set_rates(
        &self,
        state: &CirculationState,
        arterial_mmhg: f64,
        venous_mmhg: f64,
        rates: &mut CirculationState,
    ) {
        let saturated = |error: f64, range: f64| range * math::atan(error / range);
        let arterial = saturated(arterial_mmhg, self.arterial_range_mmhg);
        let cardiopulmonary = saturated(venous_mmhg, self.cardiopulmonary_range_mmhg);
        rates.period_sympathetic_s = self.period_sympathetic.rate(arterial, state.period_sympathetic_s);
        rates.period_vagal_s = self.period_vagal.rate(arterial, state.period_vagal_s);
        rates.resistance_arterial = self.resistance_arterial.rate(arterial, state.resistance_arterial);
        rates.resistance_cardiopulmonary =
            self.resistance_cardiopulmonary.rate(cardiopulmonary, state.resistance_cardiopulmonary);
        rates.venous_arterial_ml = self.venous_arterial.rate(arterial, state.venous_arterial_ml);
        rates.venous_cardiopulmonary_ml =
            self.venous_cardiopulmonary.rate(cardiopulmonary, state.venous_cardiopulmonary_ml);
        rates.contractility = self.contractility.rate(arterial, state.contractility);
    }
}
