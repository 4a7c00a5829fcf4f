//! Plasma and the solutions that are mixed with blood.

use serde::{Deserialize, Serialize};

use crate::mixture::{Component, Mixture};

/// What keeps blood outside the body from clotting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anticoagulant {
    /// Acid citrate dextrose, formula A.
    AcdA,
    /// Acid citrate dextrose, formula B.
    AcdB,
    /// Heparin in saline.
    Heparin,
    /// Hydroxyethyl starch with trisodium citrate: makes red cells aggregate, for granulocytes.
    HesCitrate,
}

/// What a millilitre of an anticoagulant solution contains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnticoagulantRecipe {
    /// Citrate, mmol/mL.
    pub citrate_mmol_ml: f64,
    /// Heparin, IU/mL.
    pub heparin_iu_ml: f64,
    /// Hydroxyethyl starch, g/mL.
    pub hes_g_ml: f64,
    /// Density, g/mL.
    pub density_g_ml: f64,
}

/// What a litre of a donor's plasma contains before the procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlasmaComposition {
    /// Citrate, mmol/L.
    pub citrate_mmol_l: f64,
    /// Total calcium, mmol/L.
    pub calcium_mmol_l: f64,
    /// Total magnesium, mmol/L.
    pub magnesium_mmol_l: f64,
    /// Bicarbonate, mmol/L.
    pub bicarbonate_mmol_l: f64,
    /// Protein, g/L.
    pub protein_g_l: f64,
}

impl PlasmaComposition {
    /// `volume_ml` of this plasma.
    #[must_use]
    pub fn mixture(&self, volume_ml: f64) -> Mixture {
        let litres = volume_ml * 1e-3;
        let mut mixture = Mixture::of(Component::Plasma, volume_ml);
        mixture.set(Component::Citrate, self.citrate_mmol_l * litres);
        mixture.set(Component::Calcium, self.calcium_mmol_l * litres);
        mixture.set(Component::Magnesium, self.magnesium_mmol_l * litres);
        mixture.set(Component::Bicarbonate, self.bicarbonate_mmol_l * litres);
        mixture.set(Component::Protein, self.protein_g_l * litres);
        mixture
    }
}

/// Properties of the liquids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FluidTable {
    /// Density of plasma without anticoagulant, g/mL.
    pub plasma_density_g_ml: f64,
    /// Density of saline, g/mL.
    pub saline_density_g_ml: f64,
    /// Formula A.
    pub acd_a: AnticoagulantRecipe,
    /// Formula B.
    pub acd_b: AnticoagulantRecipe,
    /// Heparin in saline.
    pub heparin: AnticoagulantRecipe,
    /// Hydroxyethyl starch with trisodium citrate.
    pub hes_citrate: AnticoagulantRecipe,
}

impl FluidTable {
    /// The recipe of an anticoagulant.
    #[must_use]
    pub const fn recipe(&self, anticoagulant: Anticoagulant) -> &AnticoagulantRecipe {
        match anticoagulant {
            Anticoagulant::AcdA => &self.acd_a,
            Anticoagulant::AcdB => &self.acd_b,
            Anticoagulant::Heparin => &self.heparin,
            Anticoagulant::HesCitrate => &self.hes_citrate,
        }
    }

    /// `volume_ml` of an anticoagulant solution.
    #[must_use]
    pub fn anticoagulant(&self, anticoagulant: Anticoagulant, volume_ml: f64) -> Mixture {
        let recipe = self.recipe(anticoagulant);
        let mut mixture = Mixture::of(Component::Anticoagulant, volume_ml);
        mixture.set(Component::Citrate, recipe.citrate_mmol_ml * volume_ml);
        mixture.set(Component::Heparin, recipe.heparin_iu_ml * volume_ml);
        mixture.set(Component::Hes, recipe.hes_g_ml * volume_ml);
        mixture
    }
}
