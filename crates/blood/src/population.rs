//! Cell populations and their physical properties.

use core::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

/// A kind of cell that is followed by itself. White cells are all but red cells and platelets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Population {
    /// Red cell.
    Erythrocyte,
    /// Platelet.
    Platelet,
    /// T lymphocyte, CD3 positive.
    TCell,
    /// Lymphocyte that is not a T cell (B and natural killer cells).
    OtherLymphocyte,
    /// Monocyte.
    Monocyte,
    /// Haematopoietic stem and progenitor cell, CD34 positive.
    Cd34,
    /// Neutrophil granulocyte.
    Neutrophil,
    /// Eosinophil granulocyte.
    Eosinophil,
    /// Leukaemic blast.
    Blast,
}

impl Population {
    /// How many there are.
    pub const COUNT: usize = 9;
    /// All of them, in the order of their index.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Erythrocyte,
        Self::Platelet,
        Self::TCell,
        Self::OtherLymphocyte,
        Self::Monocyte,
        Self::Cd34,
        Self::Neutrophil,
        Self::Eosinophil,
        Self::Blast,
    ];
    /// The white cells.
    pub const WHITE: [Self; 7] = [
        Self::TCell,
        Self::OtherLymphocyte,
        Self::Monocyte,
        Self::Cd34,
        Self::Neutrophil,
        Self::Eosinophil,
        Self::Blast,
    ];
    /// The lymphocytes.
    pub const LYMPHOCYTES: [Self; 2] = [Self::TCell, Self::OtherLymphocyte];
    /// The granulocytes.
    pub const GRANULOCYTES: [Self; 2] = [Self::Neutrophil, Self::Eosinophil];

    /// The population's name in files and outcomes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Erythrocyte => "erythrocyte",
            Self::Platelet => "platelet",
            Self::TCell => "t_cell",
            Self::OtherLymphocyte => "other_lymphocyte",
            Self::Monocyte => "monocyte",
            Self::Cd34 => "cd34",
            Self::Neutrophil => "neutrophil",
            Self::Eosinophil => "eosinophil",
            Self::Blast => "blast",
        }
    }
}

/// One value for each population.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PerPopulation<T>([T; Population::COUNT]);

impl<T> PerPopulation<T> {
    /// Asks `f` for each population's value.
    pub fn from_fn(mut f: impl FnMut(Population) -> T) -> Self {
        Self(Population::ALL.map(&mut f))
    }

    /// The pairs of population and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Population, &T)> {
        Population::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Population> for PerPopulation<T> {
    type Output = T;
    fn index(&self, population: Population) -> &T {
        // The discriminants are 0 to COUNT - 1, so the index is always inside.
        &self.0[population as usize]
    }
}

impl<T> IndexMut<Population> for PerPopulation<T> {
    fn index_mut(&mut self, population: Population) -> &mut T {
        &mut self.0[population as usize]
    }
}

/// What centrifugation and optics notice of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellProperties {
    /// Mean density, g/mL.
    pub density_g_ml: f64,
    /// Standard deviation of the density between cells, g/mL.
    pub density_sd_g_ml: f64,
    /// Diameter of the sphere of equal volume, um.
    pub diameter_um: f64,
}

/// A part of a population that shares one density.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityBin {
    /// Part of the population's cells, 0 to 1.
    pub weight: f64,
    /// Their density, g/mL.
    pub density_g_ml: f64,
}

impl CellProperties {
    /// Volume of one cell, mL.
    #[must_use]
    pub fn volume_ml(&self) -> f64 {
        let diameter_cm = self.diameter_um * 1e-4;
        core::f64::consts::PI / 6.0 * diameter_cm * diameter_cm * diameter_cm
    }

    /// The normal spread of density as three bins by Gauss-Hermite quadrature: exact for every polynomial in density up
    /// to the fifth degree, so mean and variance are those of the population.
    #[must_use]
    pub fn density_bins(&self) -> [DensityBin; 3] {
        let step = crate::math::sqrt(3.0) * self.density_sd_g_ml;
        [
            DensityBin { weight: 1.0 / 6.0, density_g_ml: self.density_g_ml - step },
            DensityBin { weight: 2.0 / 3.0, density_g_ml: self.density_g_ml },
            DensityBin { weight: 1.0 / 6.0, density_g_ml: self.density_g_ml + step },
        ]
    }
}

/// The properties of every population.
pub type CellTable = PerPopulation<CellProperties>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_red_cell_of_5_56_um_holds_90_femtolitres() {
        let red = CellProperties { density_g_ml: 1.098, density_sd_g_ml: 0.004, diameter_um: 5.56 };
        assert!((red.volume_ml() * 1e12 - 90.0).abs() < 0.1);
    }

    #[test]
    fn density_bins_keep_mean_variance_and_fourth_moment() {
        let cell = CellProperties { density_g_ml: 1.07, density_sd_g_ml: 0.003, diameter_um: 7.0 };
        let moment = |power: i32| -> f64 {
            cell.density_bins()
                .iter()
                .map(|bin| (0..power).fold(bin.weight, |product, _| product * (bin.density_g_ml - 1.07) / 0.003))
                .sum()
        };
        for (power, exact) in [(0, 1.0), (1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (5, 0.0)] {
            assert!((moment(power) - exact).abs() < 1e-9, "moment {power} is {}", moment(power));
        }
    }

    #[test]
    fn the_index_of_a_population_is_its_place_in_all() {
        for (place, population) in Population::ALL.into_iter().enumerate() {
            assert_eq!(population as usize, place);
        }
    }
}
