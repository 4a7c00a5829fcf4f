//! Citrate, calcium, magnesium and bicarbonate: what the body does with them.
//!
//! Citrate is burnt by a saturable reaction, excreted, and shared with the interstitium; burning the citrate of ACD-A
//! leaves bicarbonate. Calcium and magnesium follow their diffusible part into the interstitium and back, what citrate
//! holds of them goes into the urine with it, and bone defends ionised calcium, the more so under parathyroid hormone.
//! Liquid that refills the blood carries what is dissolved in it. Calcium comes by vein and by mouth.

use leuka_blood::{Component, Mixture, PlasmaComposition, math};

use crate::Parameters;
use crate::binding::{BindingParameters, Ions};
use crate::body::{Body, Place, Rates};
use crate::description::{BodySize, Description};
use crate::state::Pools;

parameter_group! {
    /// What becomes of citrate.
    CitrateParameters {
        basal in "mmol/L" from 0.01 to 0.5;
        metabolism in "mmol/min" from 0.0 to 10.0;
        half_saturation in "mmol/L" from 0.05 to 20.0;
        renal in "L/min" from 0.0 to 0.3;
        carries in "1" from 0.0 to 1.0;
        exchange in "L/min" from 0.0 to 5.0;
        base_yield in "1" from 0.0 to 3.0;
    }
}

parameter_group! {
    /// How bone defends ionised calcium.
    BoneParameters {
        release in "L/min" from 0.0 to 2.0;
        uptake in "L/min" from 0.0 to 2.0;
        hormone in "1" from 0.0 to 10.0;
    }
}

parameter_group! {
    /// Calcium by mouth.
    GutParameters {
        uptake in "1/min" from 0.0 to 1.0;
        taken_up in "1" from 0.0 to 1.0;
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
    fn of(mixture: &Mixture) -> Self {
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

/// Ionised calcium and magnesium, mmol/L.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ionised {
    /// Of plasma.
    pub(crate) plasma: Ions,
    /// Of the interstitium.
    pub(crate) interstitium: Ions,
}

/// What acts on the chemistry from outside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChemistryDrive {
    /// Liquid from the interstitium into the blood, mL/min.
    pub(crate) refill_ml: f64,
    /// Calcium into a vein, mmol/min.
    pub(crate) calcium_mmol: f64,
}

/// The chemistry of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chemistry {
    citrate: CitrateParameters,
    binding: BindingParameters,
    bone: BoneParameters,
    gut: GutParameters,
    bicarbonate: BicarbonateParameters,
    /// Albumin of plasma at rest and of the interstitium, relative to normal plasma.
    plasma_albumin: f64,
    interstitial_albumin: f64,
    buffer_l: f64,
    rest: Ions,
    rest_complexes: Ions,
    rest_bicarbonate: f64,
}

impl Chemistry {
    /// The chemistry of a donor at rest, scaled to size; fills the body's liquids, `plasma_ml` of them in the blood.
    pub(crate) fn new(
        description: &Description,
        parameters: &Parameters,
        size: &BodySize,
        plasma_ml: f64,
        body: &mut Body,
    ) -> Self {
        let (citrate, bone, bicarbonate) = (parameters.citrate, parameters.bone, parameters.bicarbonate);
        let rest =
            Ions { calcium: description.ionised_calcium.mmol_l(), magnesium: description.ionised_magnesium.mmol_l() };
        let mut chemistry = Self {
            citrate: CitrateParameters {
                metabolism: citrate.metabolism * size.rate * description.liver_factor.fraction(),
                renal: citrate.renal * size.rate,
                exchange: citrate.exchange * size.rate,
                ..citrate
            },
            binding: parameters.binding,
            bone: BoneParameters { release: bone.release * size.rate, uptake: bone.uptake * size.rate, ..bone },
            gut: parameters.gut,
            bicarbonate: BicarbonateParameters {
                buffering: bicarbonate.buffering * size.rate,
                renal: bicarbonate.renal * size.rate,
                ..bicarbonate
            },
            plasma_albumin: description.albumin.g_l() / parameters.default.albumin,
            interstitial_albumin: description.albumin.g_l() / parameters.default.albumin
                * parameters.volumes.interstitial_protein,
            buffer_l: 0.0,
            rest,
            rest_complexes: parameters.binding.held_by_citrate(rest, citrate.basal),
            rest_bicarbonate: description.bicarbonate.mmol_l(),
        };
        let protein_g_l = description.albumin.g_l() + parameters.volumes.globulin;
        let interstitial_ml = parameters.volumes.interstitium * size.weight_kg;
        let between_g_l = protein_g_l * parameters.volumes.interstitial_protein;
        body.blood += chemistry.liquid(chemistry.plasma_albumin, protein_g_l).mixture(plasma_ml);
        body.interstitium += chemistry.liquid(chemistry.interstitial_albumin, between_g_l).mixture(interstitial_ml);
        let extracellular_l = 1e-3 * (plasma_ml + interstitial_ml);
        chemistry.buffer_l = (bicarbonate.space * size.weight_kg - extracellular_l).max(0.1 * extracellular_l);
        body.elsewhere.set(Component::Bicarbonate, chemistry.rest_bicarbonate * chemistry.buffer_l);
        chemistry
    }

    fn liquid(&self, albumin: f64, protein_g_l: f64) -> PlasmaComposition {
        let total = self.binding.total(self.rest, self.citrate.basal, albumin);
        PlasmaComposition {
            citrate_mmol_l: self.citrate.basal,
            calcium_mmol_l: total.calcium,
            magnesium_mmol_l: total.magnesium,
            bicarbonate_mmol_l: self.rest_bicarbonate,
            protein_g_l,
        }
    }

    /// The ions at rest.
    pub(crate) const fn ions_at_rest(&self) -> Ionised {
        Ionised { plasma: self.rest, interstitium: self.rest }
    }

    /// Relative fall of ionised calcium and magnesium of plasma against rest.
    pub(crate) fn fall(&self, ionised: &Ionised) -> Ions {
        Ions {
            calcium: 1.0 - ionised.plasma.calcium / self.rest.calcium,
            magnesium: 1.0 - ionised.plasma.magnesium / self.rest.magnesium,
        }
    }

    /// Arterial carbon dioxide with this bicarbonate, mmol/L: breathing answers part of a change.
    pub(crate) fn carbon_dioxide_mmhg(&self, bicarbonate: f64) -> f64 {
        let p = &self.bicarbonate;
        p.carbon_dioxide + p.compensation * (bicarbonate - self.rest_bicarbonate)
    }

    /// Breathing against rest, for the same making of carbon dioxide.
    pub(crate) fn breathing(&self, bicarbonate: f64) -> f64 {
        self.bicarbonate.carbon_dioxide / self.carbon_dioxide_mmhg(bicarbonate)
    }

    /// pH of arterial plasma with this bicarbonate, mmol/L.
    pub(crate) fn ph(&self, bicarbonate: f64) -> f64 {
        CARBONIC_ACID_PK
            + math::log10(bicarbonate / (CARBON_DIOXIDE_SOLUBILITY * self.carbon_dioxide_mmhg(bicarbonate)))
    }

    /// Solves the binding for the body as it is, from where it was last. `relative_protein`: plasma protein against
    /// rest.
    pub(crate) fn bind(&self, body: &Body, relative_protein: f64, last: &Ionised) -> Ionised {
        let (plasma, between) = (Dissolved::of(&body.blood), Dissolved::of(&body.interstitium));
        let albumin = self.plasma_albumin * relative_protein;
        Ionised {
            plasma: self.binding.ionised(plasma.total(), plasma.citrate, albumin, last.plasma),
            interstitium: self.binding.ionised(
                between.total(),
                between.citrate,
                self.interstitial_albumin,
                last.interstitium,
            ),
        }
    }

    /// Adds the movements of the solutes for these ions.
    pub(crate) fn add_rates(
        &self,
        body: &Body,
        pools: &Pools,
        ionised: &Ionised,
        drive: &ChemistryDrive,
        rates: &mut Rates,
    ) {
        use Place::{Blood, Interstitium};
        let (plasma, between) = (Dissolved::of(&body.blood), Dissolved::of(&body.interstitium));
        let refill_l = drive.refill_ml * 1e-3;
        let exchange = |inside: f64, outside: f64| {
            self.citrate.exchange * (inside - outside) - refill_l * if refill_l > 0.0 { outside } else { inside }
        };
        let free = self.binding.diffusible(ionised.plasma, plasma.citrate);
        let free_between = self.binding.diffusible(ionised.interstitium, between.citrate);
        for (solute, inside, outside) in [
            (Component::Citrate, plasma.citrate, between.citrate),
            (Component::Calcium, free.calcium, free_between.calcium),
            (Component::Magnesium, free.magnesium, free_between.magnesium),
            (Component::Bicarbonate, plasma.bicarbonate, between.bicarbonate),
        ] {
            rates.shift(Blood, Interstitium, solute, exchange(inside, outside));
        }
        self.burn(body, &plasma, &between, rates);
        self.excrete(&plasma, ionised.plasma, rates);
        self.defend_calcium(pools, ionised.plasma.calcium, drive.calcium_mmol, rates);
    }

    /// Citrate becomes bicarbonate, which cells take up and kidneys excrete.
    fn burn(&self, body: &Body, plasma: &Dissolved, between: &Dissolved, rates: &mut Rates) {
        use Place::{Blood, Elsewhere, Interstitium};
        let (made, burnt) = (self.burnt(self.citrate.basal), self.burnt(plasma.citrate));
        rates.gain(Blood, Component::Citrate, made);
        rates.lose(Blood, Component::Citrate, burnt);
        rates.gain_or_lose(Blood, Component::Bicarbonate, self.citrate.base_yield * (burnt - made));
        let excess = (plasma.bicarbonate - self.rest_bicarbonate).max(0.0);
        rates.lose(Blood, Component::Bicarbonate, self.bicarbonate.renal * excess);
        let buffered = body.elsewhere.get(Component::Bicarbonate) / self.buffer_l;
        let into_cells = self.bicarbonate.buffering * (between.bicarbonate - buffered);
        rates.shift(Interstitium, Elsewhere, Component::Bicarbonate, into_cells);
    }

    /// Citrate above rest goes into the urine and takes a part of the calcium and magnesium with it that it holds.
    fn excrete(&self, plasma: &Dissolved, ions: Ions, rates: &mut Rates) {
        use Place::Blood;
        let clearance = self.citrate.renal;
        let held = self.binding.held_by_citrate(ions, plasma.citrate);
        let lost = |now: f64, rest: f64| clearance * (now - rest).max(0.0);
        let carried = |now, rest| self.citrate.carries * lost(now, rest);
        rates.lose(Blood, Component::Citrate, lost(plasma.citrate, self.citrate.basal));
        rates.lose(Blood, Component::Calcium, carried(held.calcium, self.rest_complexes.calcium));
        rates.lose(Blood, Component::Magnesium, carried(held.magnesium, self.rest_complexes.magnesium));
    }

    /// Bone, gut and vein give calcium; bone takes what is too much.
    fn defend_calcium(&self, pools: &Pools, ionised: f64, infused_mmol: f64, rates: &mut Rates) {
        use Place::Blood;
        let lack = self.rest.calcium - ionised;
        let roused = (1.0 + self.bone.hormone * pools.bone_response).max(0.0);
        rates.gain(Blood, Component::Calcium, self.bone.release * roused * lack.max(0.0));
        rates.lose(Blood, Component::Calcium, self.bone.uptake * (-lack).max(0.0));
        let leaving = self.gut.uptake * pools.gut_calcium;
        rates.pools.gut_calcium -= leaving;
        rates.gain(Blood, Component::Calcium, self.gut.taken_up * leaving + infused_mmol);
    }

    /// Citrate burnt per minute at a plasma concentration, mmol/min.
    fn burnt(&self, citrate: f64) -> f64 {
        self.citrate.metabolism * citrate / (self.citrate.half_saturation + citrate)
    }
}
