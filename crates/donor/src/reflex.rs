//! The baroreflex: how heart and vessels answer arterial and central venous pressure, in Heldt's form. Each effector
//! follows its receptor's saturated error with its own gain and delay.

use leuka_blood::math;

use crate::description::BodySize;

parameter_group! {
    /// Gains and delays of the effectors.
    ReflexParameters {
        arterial_range in "mmHg" from 1.0 to 100.0;
        cardiopulmonary_range in "mmHg" from 0.5 to 50.0;
        period_sympathetic in "s/mmHg" from 0.0 to 0.1;
        period_sympathetic_delay in "s" from 0.5 to 100.0;
        period_vagal in "s/mmHg" from 0.0 to 0.1;
        period_vagal_delay in "s" from 0.5 to 100.0;
        resistance_arterial in "1/mmHg" from -0.1 to 0.0;
        resistance_arterial_delay in "s" from 0.5 to 100.0;
        resistance_cardiopulmonary in "1/mmHg" from -0.1 to 0.0;
        resistance_cardiopulmonary_delay in "s" from 0.5 to 100.0;
        venous_arterial in "mL/mmHg" from 0.0 to 200.0;
        venous_arterial_delay in "s" from 0.5 to 100.0;
        venous_cardiopulmonary in "mL/mmHg" from 0.0 to 500.0;
        venous_cardiopulmonary_delay in "s" from 0.5 to 100.0;
        contractility in "1/mmHg" from -0.1 to 0.0;
        contractility_delay in "s" from 0.5 to 100.0;
    }
}

/// Effectors, in this order: heart period sympathetic and vagal, resistance arterial and cardiopulmonary, unstressed
/// venous volume arterial and cardiopulmonary, contractility.
pub(crate) const EFFECTORS: usize = 7;

/// The states of the effectors.
pub(crate) type Effectors = [f64; EFFECTORS];

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
    pub(crate) const fn of(effectors: &Effectors, share: f64) -> Self {
        let [period_sympathetic, period_vagal, arterial, cardiopulmonary, by_arterial, by_venous, contractility] =
            *effectors;
        Self {
            heart_period_s: share * (period_sympathetic + period_vagal),
            resistance: share * (arterial + cardiopulmonary),
            venous_ml: share * (by_arterial + by_venous),
            contractility: share * contractility,
        }
    }
}

/// Which receptor an effector follows.
#[derive(Debug, Clone, Copy)]
enum Receptor {
    Arterial,
    Cardiopulmonary,
}

#[derive(Debug, Clone, Copy)]
struct Arc {
    receptor: Receptor,
    gain: f64,
    per_s: f64,
}

/// The reflex of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reflex {
    arterial_range_mmhg: f64,
    cardiopulmonary_range_mmhg: f64,
    arcs: [Arc; EFFECTORS],
}

impl Reflex {
    /// Gains on the heart period scale with the resting period (against 70 beats per minute), gains on volume with
    /// blood volume.
    pub(crate) fn new(parameters: &ReflexParameters, size: &BodySize, relative_period: f64) -> Self {
        use Receptor::{Arterial, Cardiopulmonary};
        let arc = |receptor, gain: f64, delay_s: f64| Arc { receptor, gain, per_s: 1.0 / delay_s };
        let p = parameters;
        Self {
            arterial_range_mmhg: p.arterial_range,
            cardiopulmonary_range_mmhg: p.cardiopulmonary_range,
            arcs: [
                arc(Arterial, p.period_sympathetic * relative_period, p.period_sympathetic_delay),
                arc(Arterial, p.period_vagal * relative_period, p.period_vagal_delay),
                arc(Arterial, p.resistance_arterial, p.resistance_arterial_delay),
                arc(Cardiopulmonary, p.resistance_cardiopulmonary, p.resistance_cardiopulmonary_delay),
                arc(Arterial, p.venous_arterial * size.blood, p.venous_arterial_delay),
                arc(Cardiopulmonary, p.venous_cardiopulmonary * size.blood, p.venous_cardiopulmonary_delay),
                arc(Arterial, p.contractility, p.contractility_delay),
            ],
        }
    }

    /// Change of the effectors per second, for pressures above (or below) rest.
    pub(crate) fn rates(&self, effectors: &Effectors, arterial_mmhg: f64, venous_mmhg: f64) -> Effectors {
        let saturated = |error: f64, range: f64| range * math::atan(error / range);
        let arterial = saturated(arterial_mmhg, self.arterial_range_mmhg);
        let cardiopulmonary = saturated(venous_mmhg, self.cardiopulmonary_range_mmhg);
        let mut rates = [0.0; EFFECTORS];
        for ((rate, arc), now) in rates.iter_mut().zip(&self.arcs).zip(effectors) {
            let error = match arc.receptor {
                Receptor::Arterial => arterial,
                Receptor::Cardiopulmonary => cardiopulmonary,
            };
            *rate = (arc.gain * error - now) * arc.per_s;
        }
        rates
    }
}
