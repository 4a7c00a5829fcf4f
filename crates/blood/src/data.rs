//! This crate's parameters, read from `data/blood.toml`.

use crate::fluid::{AnticoagulantRecipe, FluidTable};
use crate::parameters::{Error, ParameterFile, Reader};
use crate::population::{CellProperties, CellTable, PerPopulation, Population};

/// Properties of cells and liquids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// The cells.
    pub cells: CellTable,
    /// Mean density of neutrophils that G-CSF has mobilised, g/mL; the table holds that of others.
    pub mobilised_neutrophil_density_g_ml: f64,
    /// The liquids.
    pub fluids: FluidTable,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("blood.toml", include_str!("../data/blood.toml"))
    }

    /// The values that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_file(&Self::embedded_file()?)
    }

    /// Reads and checks a parameter file.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit, out of range or unknown.
    pub fn from_file(file: &ParameterFile) -> Result<Self, Error> {
        file.read(|reader| {
            let mut cells = PerPopulation::from_fn(|_| None);
            for population in Population::ALL {
                cells[population] = Some(cell(reader, population)?);
            }
            let fluids = FluidTable {
                plasma_density_g_ml: reader.within("plasma.density", "g/mL", 0.99, 1.05)?,
                saline_density_g_ml: reader.within("saline.density", "g/mL", 0.99, 1.05)?,
                acd_a: recipe(reader, "acd-a")?,
                acd_b: recipe(reader, "acd-b")?,
                heparin: recipe(reader, "heparin")?,
                hes_citrate: recipe(reader, "hes-citrate")?,
            };
            let missing = CellProperties { density_g_ml: 0.0, density_sd_g_ml: 0.0, diameter_um: 0.0 };
            let mobilised_neutrophil_density_g_ml =
                reader.within("neutrophil.density_after_g_csf", "g/mL", 1.0, 1.2)?;
            let cells = PerPopulation::from_fn(|population| cells[population].unwrap_or(missing));
            Ok(Self { cells, mobilised_neutrophil_density_g_ml, fluids })
        })
    }
}

fn cell(reader: &mut Reader<'_>, population: Population) -> Result<CellProperties, Error> {
    let name = population.name();
    Ok(CellProperties {
        density_g_ml: reader.within(&format!("{name}.density"), "g/mL", 1.0, 1.2)?,
        density_sd_g_ml: reader.within(&format!("{name}.density_sd"), "g/mL", 0.0, 0.02)?,
        diameter_um: reader.within(&format!("{name}.diameter"), "um", 1.0, 30.0)?,
    })
}

fn recipe(reader: &mut Reader<'_>, name: &str) -> Result<AnticoagulantRecipe, Error> {
    Ok(AnticoagulantRecipe {
        citrate_mmol_ml: reader.within(&format!("{name}.citrate"), "mmol/mL", 0.0, 1.0)?,
        hes_g_ml: reader.within(&format!("{name}.hes"), "g/mL", 0.0, 0.2)?,
        heparin_iu_ml: reader.within(&format!("{name}.heparin"), "IU/mL", 0.0, 1000.0)?,
        density_g_ml: reader.within(&format!("{name}.density"), "g/mL", 0.99, 1.1)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_reads_and_every_value_has_a_source() {
        let file = Parameters::embedded_file().unwrap();
        assert!(Parameters::from_file(&file).is_ok());
        for (path, _, unit, source) in file.entries() {
            assert!(!unit.is_empty() && source.len() > 5, "{path} needs a unit and a source");
        }
    }

    #[test]
    fn plasma_with_acd_a_at_12_to_1_and_haematocrit_40_has_the_published_density() {
        // Published for plasma with anticoagulant: 1.024 g/mL. Blood 11 parts (60 % plasma) and ACD-A 1 part.
        let fluids = Parameters::embedded().unwrap().fluids;
        let anticoagulant = 1.0 / (11.0 * 0.6 + 1.0);
        let mixed = fluids.plasma_density_g_ml * (1.0 - anticoagulant) + fluids.acd_a.density_g_ml * anticoagulant;
        assert!((mixed - 1.024).abs() < 5e-4, "{mixed}");
    }

    #[test]
    fn acd_a_holds_the_citrate_of_its_pharmacopoeia_recipe() {
        // Citric acid 7.3 g/L anhydrous (192.12 g/mol) and trisodium citrate dihydrate 22.0 g/L (294.10 g/mol).
        let recipe_mmol_ml = 7.3 / 192.12 + 22.0 / 294.10;
        let fluids = Parameters::embedded().unwrap().fluids;
        assert!((fluids.acd_a.citrate_mmol_ml - recipe_mmol_ml).abs() < 5e-4);
    }

    #[test]
    fn hes_citrate_is_half_a_litre_of_six_per_cent_starch_with_thirty_millilitres_of_citrate() {
        // 30 g of starch and 14.0 g of trisodium citrate dihydrate (30 mL at 46.7 %, 294.10 g/mol) in 530 mL.
        let solution = Parameters::embedded().unwrap().fluids.hes_citrate;
        assert!((solution.hes_g_ml - 30.0 / 530.0).abs() < 1e-4);
        assert!((solution.citrate_mmol_ml - 14.01 / 294.10 / 530.0 * 1e3).abs() < 5e-4);
    }
}
