//! Potassium and phosphate.
//!
//! Potassium moves into cells when bicarbonate rises (and back), as it does in any alkalosis; phosphate leaves with the
//! urine when parathyroid hormone is high. What is eaten and excreted at rest cancels and is not followed.

use leuka_blood::{Component, Mixture};

use crate::body::{Body, Place, Rates};
use crate::description::BodySize;

parameter_group! {
    /// Where potassium and phosphate go.
    ElectrolyteParameters {
        potassium in "mmol/L" from 2.0 to 7.0;
        potassium_in_cells in "mmol/kg" from 10.0 to 80.0;
        potassium_exchange in "L/min" from 0.0 to 10.0;
        potassium_shift in "1" from 0.0 to 1.0;
        phosphate in "mmol/L" from 0.3 to 3.0;
        phosphate_renal in "L/min" from 0.0 to 0.1;
        exchange in "L/min" from 0.0 to 5.0;
    }
}

/// The rules for one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Electrolytes {
    parameters: ElectrolyteParameters,
    rest_bicarbonate: f64,
}

impl Electrolytes {
    /// The rules, scaled to size; fills the body's potassium and phosphate.
    pub(crate) fn new(
        parameters: &ElectrolyteParameters,
        size: &BodySize,
        rest_bicarbonate: f64,
        body: &mut Body,
    ) -> Self {
        let p = ElectrolyteParameters {
            potassium_exchange: parameters.potassium_exchange * size.rate,
            phosphate_renal: parameters.phosphate_renal * size.rate,
            exchange: parameters.exchange * size.rate,
            ..*parameters
        };
        for liquid in [&mut body.blood, &mut body.interstitium] {
            let litres = liquid.liquid_ml() * 1e-3;
            liquid.set(Component::Potassium, p.potassium * litres);
            liquid.set(Component::Phosphate, p.phosphate * litres);
        }
        body.elsewhere.set(Component::Potassium, p.potassium_in_cells * size.weight_kg);
        Self { parameters: p, rest_bicarbonate }
    }

    /// Adds the movements. `refill_ml`: liquid from interstitium into blood, mL/min; `hormone`: parathyroid hormone
    /// relative to rest.
    pub(crate) fn add_rates(&self, body: &Body, refill_ml: f64, hormone: f64, rates: &mut Rates) {
        use Place::{Blood, Elsewhere, Interstitium};
        let p = &self.parameters;
        for solute in [Component::Potassium, Component::Phosphate] {
            let (inside, outside) = (per_litre(&body.blood, solute), per_litre(&body.interstitium, solute));
            let carried = refill_ml * 1e-3 * if refill_ml > 0.0 { outside } else { inside };
            rates.shift(Blood, Interstitium, solute, p.exchange * (inside - outside) - carried);
        }
        let excess = per_litre(&body.interstitium, Component::Bicarbonate) - self.rest_bicarbonate;
        let wanted = p.potassium - p.potassium_shift * excess;
        let into_cells = p.potassium_exchange * (per_litre(&body.interstitium, Component::Potassium) - wanted);
        rates.shift(Interstitium, Elsewhere, Component::Potassium, into_cells);
        let kept = p.phosphate_renal * (1.0 - hormone) * per_litre(&body.blood, Component::Phosphate);
        rates.gain_or_lose(Blood, Component::Phosphate, kept);
    }
}

fn per_litre(liquid: &Mixture, solute: Component) -> f64 {
    liquid.per_litre_liquid(solute)
}
