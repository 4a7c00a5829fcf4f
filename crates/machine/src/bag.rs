//! What hangs on the scales, and what a volume of it weighs.

use leuka_blood::{Anticoagulant, Component, Mixture, Parameters, Population};

/// Density of each component, g/mL; zero for solutes, whose mass is part of their liquid's.
#[derive(Debug, Clone)]
pub(crate) struct Densities(Vec<(Component, f64)>);

impl Densities {
    /// Densities of cells and liquids, with the anticoagulant that is prescribed.
    pub(crate) fn new(blood: &Parameters, anticoagulant: Anticoagulant) -> Self {
        let fluids = &blood.fluids;
        let cells = Population::ALL.map(|population| (population.into(), blood.cells[population].density_g_ml));
        let liquids = [
            (Component::Plasma, fluids.plasma_density_g_ml),
            (Component::Anticoagulant, fluids.recipe(anticoagulant).density_g_ml),
            (Component::Saline, fluids.saline_density_g_ml),
        ];
        Self(cells.into_iter().chain(liquids).collect())
    }

    /// Mass of a mixture, g.
    pub(crate) fn mass_g(&self, mixture: &Mixture) -> f64 {
        self.0.iter().map(|&(component, density_g_ml)| mixture.get(component) * density_g_ml).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_litre_of_acd_a_weighs_507_g() {
        let blood = Parameters::embedded().unwrap();
        let densities = Densities::new(&blood, Anticoagulant::AcdA);
        let bag = blood.fluids.anticoagulant(Anticoagulant::AcdA, 500.0);
        assert!((densities.mass_g(&bag) - 507.3).abs() < 1e-9);
    }
}
