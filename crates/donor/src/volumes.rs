//! Water and protein between blood and tissue.
//!
//! Refilling of the blood from the interstitium is Starling's equation about the resting state, positive into the
//! blood; oncotic pressure after Landis and Pappenheimer, to which hydroxyethyl starch adds its own; starch stays in
//! the plasma until it is excreted. Drinking and basal urine cancel and are not followed; excess volume leaves the
//! interstitium as urine. The three liquids of a mixture (plasma, anticoagulant, saline) move together at the make-up of
//! where they come from, so each of them balances by itself.

use leuka_blood::{Component, Mixture};

use crate::body::{Body, Place, Rates};
use crate::description::BodySize;

parameter_group! {
    /// Volumes, filtration and protein.
    VolumeParameters {
        interstitium in "mL/kg" from 50.0 to 400.0;
        body_to_venous_hematocrit in "1" from 0.7 to 1.0;
        filtration in "mL/min/mmHg" from 0.0 to 100.0;
        reflection in "1" from 0.0 to 1.0;
        interstitial_compliance in "mL/mmHg/kg" from 1.0 to 1000.0;
        globulin in "g/L" from 5.0 to 60.0;
        interstitial_protein in "1" from 0.0 to 1.0;
        protein_return in "1/min" from 0.0 to 0.1;
        urine in "1/min" from 0.0 to 0.1;
        heparin_half_life in "min" from 10.0 to 600.0;
        starch_half_life in "h" from 0.5 to 1000.0;
        starch_oncotic in "mmHg L/g" from 0.0 to 5.0;
        saline_drip in "mL/min" from 1.0 to 200.0;
    }
}

/// Part of a place's liquid that may leave it in a minute, so that an almost empty body still gives finite numbers.
const FASTEST_PER_MIN: f64 = 1.0;
const LIQUIDS: [Component; 3] = [Component::Plasma, Component::Anticoagulant, Component::Saline];

/// The rules by which water and protein move in one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Volumes {
    filtration_ml_min_mmhg: f64,
    reflection: f64,
    interstitial_compliance_ml_mmhg: f64,
    protein_return_per_min: f64,
    urine_per_min: f64,
    heparin_loss_per_min: f64,
    starch_loss_per_min: f64,
    starch_oncotic_mmhg_l_g: f64,
    rest: Rest,
}

/// The resting state that water and protein return to.
#[derive(Debug, Clone, Copy)]
struct Rest {
    capillary_mmhg: f64,
    protein_g_l: f64,
    oncotic_mmhg: f64,
    interstitial_ml: f64,
    extracellular_ml: f64,
}

impl Volumes {
    /// The rules for a donor who rests with this body and capillary pressure.
    pub(crate) fn new(parameters: &VolumeParameters, size: &BodySize, body: &Body, capillary_mmhg: f64) -> Self {
        let protein_g_l = body.blood.per_litre_liquid(Component::Protein);
        Self {
            filtration_ml_min_mmhg: parameters.filtration * size.rate,
            reflection: parameters.reflection,
            interstitial_compliance_ml_mmhg: parameters.interstitial_compliance * size.weight_kg,
            protein_return_per_min: parameters.protein_return,
            urine_per_min: parameters.urine,
            heparin_loss_per_min: core::f64::consts::LN_2 / parameters.heparin_half_life,
            starch_loss_per_min: core::f64::consts::LN_2 / (60.0 * parameters.starch_half_life),
            starch_oncotic_mmhg_l_g: parameters.starch_oncotic,
            rest: Rest {
                capillary_mmhg,
                protein_g_l,
                oncotic_mmhg: oncotic_pressure_mmhg(protein_g_l),
                interstitial_ml: body.interstitium.liquid_ml(),
                extracellular_ml: body.blood.liquid_ml() + body.interstitium.liquid_ml(),
            },
        }
    }

    /// Plasma protein against rest.
    pub(crate) fn relative_protein(&self, body: &Body) -> f64 {
        body.blood.per_litre_liquid(Component::Protein) / self.rest.protein_g_l
    }

    /// Adds the movements of liquid, protein, heparin and starch; returns the refill of the blood, mL/min.
    pub(crate) fn add_rates(&self, body: &Body, capillary_mmhg: f64, rates: &mut Rates) -> f64 {
        use Place::{Blood, Interstitium};
        let (plasma_ml, interstitial_ml) = (body.blood.liquid_ml(), body.interstitium.liquid_ml());
        let protein_g_l = body.blood.per_litre_liquid(Component::Protein);
        let starch_mmhg = self.starch_oncotic_mmhg_l_g * body.blood.per_litre_liquid(Component::Hes);
        let oncotic_mmhg = oncotic_pressure_mmhg(protein_g_l) - self.rest.oncotic_mmhg + starch_mmhg;
        let tissue_mmhg = (interstitial_ml - self.rest.interstitial_ml) / self.interstitial_compliance_ml_mmhg;
        let drive_mmhg = self.rest.capillary_mmhg - capillary_mmhg + self.reflection * oncotic_mmhg + tissue_mmhg;
        let wanted_ml = self.filtration_ml_min_mmhg * drive_mmhg;
        let refill_ml = wanted_ml.clamp(-FASTEST_PER_MIN * plasma_ml, FASTEST_PER_MIN * interstitial_ml);

        let (source, held_ml) =
            if refill_ml > 0.0 { (&body.interstitium, interstitial_ml) } else { (&body.blood, plasma_ml) };
        let excess_ml = (plasma_ml + interstitial_ml - self.rest.extracellular_ml).max(0.0);
        for liquid in LIQUIDS {
            rates.shift(Interstitium, Blood, liquid, part(source, liquid, refill_ml, held_ml));
            let urine_ml = part(&body.interstitium, liquid, self.urine_per_min * excess_ml, interstitial_ml);
            rates.lose(Interstitium, liquid, urine_ml);
        }
        let protein_g = self.protein_return_per_min * (self.rest.protein_g_l - protein_g_l) * plasma_ml * 1e-3;
        rates.shift(Interstitium, Blood, Component::Protein, protein_g);
        for (component, per_min) in
            [(Component::Heparin, self.heparin_loss_per_min), (Component::Hes, self.starch_loss_per_min)]
        {
            rates.lose(Blood, component, per_min * body.blood.get(component));
        }
        refill_ml
    }
}

/// A liquid's part of `moved_ml` that leaves a place holding `held_ml` of liquid.
fn part(source: &Mixture, liquid: Component, moved_ml: f64, held_ml: f64) -> f64 {
    if held_ml > 0.0 { moved_ml * source.get(liquid) / held_ml } else { 0.0 }
}

/// Oncotic pressure of plasma after Landis and Pappenheimer (1963).
fn oncotic_pressure_mmhg(protein_g_l: f64) -> f64 {
    let g_dl = 0.1 * protein_g_l;
    g_dl * (2.1 + g_dl * (0.16 + g_dl * 0.009))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oncotic_pressure_of_normal_plasma_is_as_published() {
        // Seven grams per decilitre: 25.6 mmHg by the formula, some 25 measured.
        assert!((oncotic_pressure_mmhg(70.0) - 25.6).abs() < 0.1);
    }
}
