//! The drip chamber before the return line: fluid leaves at its bottom, air stays at its top.

use leuka_blood::{Component, Mixture};

/// A well-mixed chamber that keeps air back as long as it holds fluid.
#[derive(Debug)]
pub(crate) struct DripChamber {
    contents: Mixture,
    /// Air that stays at the top when the chamber is filled, mL.
    cushion_ml: f64,
    /// Air that waits to enter the line below the chamber, mL.
    bolus_ml: f64,
}

/// What enters the return line: fluid and air of the chamber, and air from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    pub(crate) from_chamber: Mixture,
    pub(crate) ambient_air_ml: f64,
}

impl DripChamber {
    /// A dry chamber.
    pub(crate) fn of_air(volume_ml: f64, cushion_ml: f64) -> Self {
        Self { contents: Mixture::air(volume_ml), cushion_ml, bolus_ml: 0.0 }
    }

    pub(crate) fn receive(&mut self, mixture: Mixture) {
        self.contents += mixture;
    }

    /// Air that waits to enter the line below the chamber.
    pub(crate) const fn inject_air(&mut self, volume_ml: f64) {
        self.bolus_ml += volume_ml;
    }

    /// Loses `volume_ml` through a leak.
    pub(crate) fn leak(&mut self, volume_ml: f64) -> Mixture {
        self.contents.draw(volume_ml)
    }

    pub(crate) const fn contents(&self) -> &Mixture {
        &self.contents
    }

    /// What `volume_ml` in the return line consist of: air that was injected, foam as a part of the rest, and what the
    /// chamber gives. A vented chamber is being filled and first gives off the air above its cushion.
    pub(crate) fn leave(&mut self, volume_ml: f64, foam: f64, is_vented: bool) -> Leaving {
        let injected_ml = self.bolus_ml.min(volume_ml);
        self.bolus_ml -= injected_ml;
        let foam_ml = (volume_ml - injected_ml) * foam;
        let wanted_ml = volume_ml - injected_ml - foam_ml;
        let surplus_ml = if is_vented { self.contents.get(Component::Air) - self.cushion_ml } else { 0.0 };
        let from_chamber = self.give(wanted_ml, surplus_ml.clamp(0.0, wanted_ml));
        Leaving { from_chamber, ambient_air_ml: injected_ml + foam_ml }
    }

    /// Gives `wanted_ml`: of its air `vented_ml` and what fluid is missing, else fluid.
    pub(crate) fn give(&mut self, wanted_ml: f64, vented_ml: f64) -> Mixture {
        let air_ml = self.contents.get(Component::Air);
        let mut fluid = self.contents;
        fluid.set(Component::Air, 0.0);
        let missing_ml = (wanted_ml - vented_ml - fluid.volume_ml()).max(0.0);
        let mut from_chamber = fluid.draw(wanted_ml - vented_ml);
        from_chamber.set(Component::Air, (vented_ml + missing_ml).min(air_ml));
        self.contents -= from_chamber;
        from_chamber
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primed() -> DripChamber {
        let mut chamber = DripChamber::of_air(20.0, 6.0);
        chamber.receive(Mixture::saline(14.0));
        let vented = chamber.leave(14.0, 0.0, true).from_chamber;
        assert_eq!(vented, Mixture::air(14.0));
        chamber
    }

    #[test]
    fn air_that_comes_in_stays_until_the_fluid_is_gone() {
        let mut chamber = primed();
        for millilitre in 0..20 {
            chamber.receive(Mixture::air(1.0));
            let air_ml = chamber.leave(1.0, 0.0, false).from_chamber.get(Component::Air);
            assert!((air_ml > 0.5) == (millilitre >= 14), "{air_ml} mL of air in millilitre {millilitre}");
        }
    }

    #[test]
    fn injected_air_goes_first_and_foam_is_its_part_of_the_rest() {
        let mut chamber = primed();
        chamber.inject_air(0.5);
        let leaving = chamber.leave(1.5, 0.2, false);
        assert!((leaving.ambient_air_ml - 0.7).abs() < 1e-12);
        assert!((leaving.from_chamber.get(Component::Saline) - 0.8).abs() < 1e-12);
        assert_eq!(chamber.leave(1.0, 0.0, false).ambient_air_ml, 0.0);
    }
}
