//! Citrate, calcium, magnesium and bicarbonate: what the body does with them.
//!
//! Citrate is burnt by a saturable reaction, excreted, and shared with the interstitium; burning the citrate of ACD-A
//! leaves bicarbonate. Calcium and magnesium follow their diffusible part into the interstitium and back, and bone
//! defends ionised calcium. Liquid that refills the blood carries what is dissolved in it.

use leuka_blood::{Component, PlasmaComposition, math};

use crate::Parameters;
use crate::binding::{BindingParameters, Ions};
use crate::description::{BodySize, Description};
use crate::volumes::{Body, Rates, SoluteRates};

parameter_group! {
    /// What becomes of citrate.
    CitrateParameters {
        basal in "mmol/L" from 0.01 to 0.5;
        metabolism in "mmol/min" from 0.0 to 10.0;
        half_saturation in "mmol/L" from 0.05 to 20.0;
        renal in "L/min" from 0.0 to 0.3;
        exchange in "L/min" from 0.0 to 5.0;
        base_yield in "1" from 0.0 to 3.0;
    }
}

parameter_group! {
    /// How bone defends ionised calcium.
    BoneParameters {
        release in "L/min" from 0.0 to 2.0;
        uptake in "L/min" from 0.0 to 2.0;
    }
}

parameter_group! {
    /// Where bicarbonate goes.
    BicarbonateParameters {
        space in "L/kg" from 0.3 to 1.0;
        buffering in "L/min" from 0.0 to 10.0;
        renal in "L/min" from 0.0 to 1.0;
        carbon_dioxide in "mmHg" from 15.0 to 80.0;
        compensation in "mmHg L/mmol" from 0.0 to 2.0;
    }
}

/// Acid constant and solubility (mmol/L per mmHg) of carbon dioxide in plasma at 37 C, of the Henderson-Hasselbalch
/// equation.
const CARBONIC_ACID_PK: f64 = 6.1;
const CARBON_DIOXIDE_SOLUBILITY: f64 = 0.03;

/// Solutes per litre of liquid, mmol/L.
#[derive(Debug, Clone, Copy)]
struct Dissolved {
    citrate: f64,
    calcium: f64,
    magnesium: f64,
    bicarbonate: f64,
}

impl Dissolved {
    fn of(mixture: &leuka_blood::Mixture) -> Self {
        let per_litre = 1e3 / mixture.liquid_ml().max(1.0);
        Self {
            citrate: mixture.get(Component::Citrate) * per_litre,
            calcium: mixture.get(Component::Calcium) * per_litre,
            magnesium: mixture.get(Component::Magnesium) * per_litre,
            bicarbonate: mixture.get(Component::Bicarbonate) * per_litre,
        }
    }

    const fn total(&self) -> Ions {
        Ions { calcium: self.calcium, magnesium: self.magnesium }
    }
}

/// The chemistry of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chemistry {
    citrate: CitrateParameters,
    binding: BindingParameters,
    bone: BoneParameters,
    bicarbonate: BicarbonateParameters,
    /// Albumin of plasma at rest and of the interstitium, relative to normal plasma.
    plasma_albumin: f64,
    interstitial_albumin: f64,
    buffer_l: f64,
    rest: Ions,
    rest_bicarbonate: f64,
    plasma: Ions,
    interstitium: Ions,
}

impl Chemistry {
    /// The chemistry of a donor at rest, scaled to size, and what plasma and interstitium contain then.
    pub(crate) fn new(
        description: &Description,
        parameters: &Parameters,
        size: &BodySize,
    ) -> (Self, PlasmaComposition, PlasmaComposition) {
        let plasma_albumin = description.albumin.g_l() / parameters.default.albumin;
        let interstitial_albumin = plasma_albumin * parameters.volumes.interstitial_protein;
        let rest =
            Ions { calcium: description.ionised_calcium.mmol_l(), magnesium: description.ionised_magnesium.mmol_l() };
        let rest_bicarbonate = description.bicarbonate.mmol_l();
        let protein_g_l = description.albumin.g_l() + parameters.volumes.globulin;
        let composition = |albumin, protein_g_l| {
            let total = parameters.binding.total(rest, parameters.citrate.basal, albumin);
            PlasmaComposition {
                citrate_mmol_l: parameters.citrate.basal,
                calcium_mmol_l: total.calcium,
                magnesium_mmol_l: total.magnesium,
                bicarbonate_mmol_l: rest_bicarbonate,
                protein_g_l,
            }
        };
        let (citrate, bone, bicarbonate) = (parameters.citrate, parameters.bone, parameters.bicarbonate);
        let chemistry = Self {
            citrate: CitrateParameters {
                metabolism: citrate.metabolism * size.rate * description.liver_factor.fraction(),
                renal: citrate.renal * size.rate,
                exchange: citrate.exchange * size.rate,
                ..citrate
            },
            binding: parameters.binding,
            bone: BoneParameters { release: bone.release * size.rate, uptake: bone.uptake * size.rate },
            bicarbonate: BicarbonateParameters {
                buffering: bicarbonate.buffering * size.rate,
                renal: bicarbonate.renal * size.rate,
                ..bicarbonate
            },
            plasma_albumin,
            interstitial_albumin,
            buffer_l: 0.0,
            rest,
            rest_bicarbonate,
            plasma: rest,
            interstitium: rest,
        };
        let interstitial_protein = protein_g_l * parameters.volumes.interstitial_protein;
        (chemistry, composition(plasma_albumin, protein_g_l), composition(interstitial_albumin, interstitial_protein))
    }

    /// Fills the cells' buffer so that bicarbonate has its whole space.
    pub(crate) fn fill_buffer(&mut self, body: &mut Body, weight_kg: f64) {
        let extracellular_l = 1e-3 * (body.blood.liquid_ml() + body.interstitium.liquid_ml());
        self.buffer_l = (self.bicarbonate.space * weight_kg - extracellular_l).max(0.1 * extracellular_l);
        body.elsewhere.set(Component::Bicarbonate, self.rest_bicarbonate * self.buffer_l);
    }

    /// Ionised calcium and magnesium of plasma, mmol/L.
    pub(crate) const fn ionised(&self) -> Ions {
        self.plasma
    }

    /// Relative fall of ionised calcium and magnesium against rest.
    pub(crate) fn fall(&self) -> Ions {
        Ions {
            calcium: 1.0 - self.plasma.calcium / self.rest.calcium,
            magnesium: 1.0 - self.plasma.magnesium / self.rest.magnesium,
        }
    }

    /// pH of arterial plasma with this bicarbonate, mmol/L; breathing answers part of a change.
    pub(crate) fn ph(&self, bicarbonate: f64) -> f64 {
        let p = &self.bicarbonate;
        let carbon_dioxide_mmhg = p.carbon_dioxide + p.compensation * (bicarbonate - self.rest_bicarbonate);
        CARBONIC_ACID_PK + math::log10(bicarbonate / (CARBON_DIOXIDE_SOLUBILITY * carbon_dioxide_mmhg))
    }

    /// Solves the binding for the body as it is. `relative_protein`: plasma protein against rest.
    pub(crate) fn bind(&mut self, body: &Body, relative_protein: f64) {
        let plasma = Dissolved::of(&body.blood);
        let albumin = self.plasma_albumin * relative_protein;
        self.plasma = self.binding.ionised(plasma.total(), plasma.citrate, albumin, self.plasma);
        let between = Dissolved::of(&body.interstitium);
        self.interstitium =
            self.binding.ionised(between.total(), between.citrate, self.interstitial_albumin, self.interstitium);
    }

    /// Adds the movements of the solutes to `rates`, whose refill is known. [`Self::bind`] comes first.
    pub(crate) fn add_rates(&self, body: &Body, rates: &mut Rates) {
        let plasma = Dissolved::of(&body.blood);
        let between = Dissolved::of(&body.interstitium);
        let refill_l = rates.refill_ml * 1e-3;
        let exchange = |inside: f64, outside: f64| {
            self.citrate.exchange * (inside - outside) - refill_l * if refill_l > 0.0 { outside } else { inside }
        };
        let free = self.binding.diffusible(self.plasma, plasma.citrate);
        let free_between = self.binding.diffusible(self.interstitium, between.citrate);

        let produced = self.burnt(self.citrate.basal);
        let burnt = self.burnt(plasma.citrate);
        rates.citrate = SoluteRates {
            gained: produced,
            lost: burnt + self.citrate.renal * (plasma.citrate - self.citrate.basal).max(0.0),
            to_interstitium: exchange(plasma.citrate, between.citrate),
        };
        let base = self.citrate.base_yield * (burnt - produced);
        rates.bicarbonate = SoluteRates {
            gained: base.max(0.0),
            lost: (-base).max(0.0) + self.bicarbonate.renal * (plasma.bicarbonate - self.rest_bicarbonate).max(0.0),
            to_interstitium: exchange(plasma.bicarbonate, between.bicarbonate),
        };
        let buffered = body.elsewhere.get(Component::Bicarbonate) / self.buffer_l;
        rates.bicarbonate_buffered = self.bicarbonate.buffering * (between.bicarbonate - buffered);
        let lack = self.rest.calcium - self.plasma.calcium;
        rates.calcium = SoluteRates {
            gained: self.bone.release * lack.max(0.0),
            lost: self.bone.uptake * (-lack).max(0.0),
            to_interstitium: exchange(free.calcium, free_between.calcium),
        };
        rates.magnesium =
            SoluteRates { to_interstitium: exchange(free.magnesium, free_between.magnesium), ..SoluteRates::default() };
    }

    /// Citrate burnt per minute at a plasma concentration, mmol/min.
    fn burnt(&self, citrate: f64) -> f64 {
        self.citrate.metabolism * citrate / (self.citrate.half_saturation + citrate)
    }
}
