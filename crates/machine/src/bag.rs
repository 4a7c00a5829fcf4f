//! What hangs on the scales, and what a volume of it weighs.

use leuka_blood::math::lesser;
use leuka_blood::{Anticoagulant, Component, Mixture, Parameters, Population};

/// A bag. Its volume is true on every beat; what it holds follows when fluid is carried.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bag {
    contents: Mixture,
    /// What is in it now, mL.
    left_ml: f64,
    /// What has left since fluid was last carried, mL.
    taken_ml: f64,
}

impl Bag {
    /// What it held when fluid was last carried.
    pub(crate) const fn contents(&self) -> &Mixture {
        &self.contents
    }

    /// Volume in it now, mL.
    pub(crate) const fn left_ml(&self) -> f64 {
        self.left_ml
    }

    /// Lets out what is wanted, or what is left; returns how much, mL.
    pub(crate) fn take(&mut self, wanted_ml: f64) -> f64 {
        let given_ml = lesser(wanted_ml, self.left_ml);
        self.left_ml -= given_ml;
        self.taken_ml += given_ml;
        given_ml
    }

    /// Lets a volume in, of what will be carried.
    pub(crate) fn await_ml(&mut self, volume_ml: f64) {
        self.left_ml += volume_ml;
    }

    /// Carries in what was awaited, when nothing that was taken waits any more.
    pub(crate) fn fill(&mut self, mixture: &Mixture) {
        self.contents += *mixture;
        self.left_ml = self.contents.volume_ml();
    }

    /// Carries out what was taken.
    pub(crate) fn pour(&mut self) -> Mixture {
        let taken_ml = core::mem::take(&mut self.taken_ml);
        if taken_ml <= 0.0 {
            return Mixture::EMPTY;
        }
        if self.left_ml <= 0.0 { core::mem::take(&mut self.contents) } else { self.contents.draw(taken_ml) }
    }

    /// Hangs other contents in its place and returns the old ones. Nothing may wait to be carried.
    pub(crate) fn replace(&mut self, contents: Mixture) -> Mixture {
        self.left_ml = contents.volume_ml();
        core::mem::replace(&mut self.contents, contents)
    }

    /// Takes out all but `volume_ml` at once. Nothing may wait to be carried.
    pub(crate) fn empty_to(&mut self, volume_ml: f64) -> Mixture {
        let surplus_ml = self.contents.volume_ml() - volume_ml;
        let surplus = self.contents.draw(surplus_ml.max(0.0));
        self.left_ml = self.contents.volume_ml();
        surplus
    }
}

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
