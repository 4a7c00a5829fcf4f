//! The drip chamber before the return line: fluid leaves at its bottom, air stays at its top.

use leuka_blood::math::{greater, lesser};
use leuka_blood::{Component, Mixture};

/// A well-mixed chamber that keeps air back as long as it holds fluid. How much fluid and air it holds is true on every
/// beat; what the fluid is made of follows when fluid is carried.
#[derive(Debug)]
pub(crate) struct DripChamber {
    /// The fluid as of the last carrying, without air.
    contents: Mixture,
    /// Fluid in it now, mL; what is on its way to it is not.
    fluid_ml: f64,
    air_ml: f64,
    /// Fluid that has left since fluid was last carried, mL.
    given_ml: f64,
    /// Air that stays at the top when the chamber is filled, mL.
    cushion_ml: f64,
    /// Air that waits to enter the line below the chamber, mL.
    bolus_ml: f64,
}

/// Fluid and air that move together, mL.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Flowing {
    pub(crate) fluid_ml: f64,
    pub(crate) air_ml: f64,
}

impl Flowing {
    pub(crate) fn volume_ml(&self) -> f64 {
        self.fluid_ml + self.air_ml
    }

    /// Splits off a part of it.
    pub(crate) fn split(&mut self, part: f64) -> Self {
        let off = Self { fluid_ml: part * self.fluid_ml, air_ml: part * self.air_ml };
        self.fluid_ml -= off.fluid_ml;
        self.air_ml -= off.air_ml;
        off
    }
}

impl core::ops::AddAssign for Flowing {
    fn add_assign(&mut self, other: Self) {
        self.fluid_ml += other.fluid_ml;
        self.air_ml += other.air_ml;
    }
}

/// What enters the return line: fluid and air of the chamber, and air from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leaving {
    pub(crate) from_chamber: Flowing,
    pub(crate) ambient_air_ml: f64,
}

impl DripChamber {
    /// A dry chamber.
    pub(crate) const fn of_air(volume_ml: f64, cushion_ml: f64) -> Self {
        Self { contents: Mixture::EMPTY, fluid_ml: 0.0, air_ml: volume_ml, given_ml: 0.0, cushion_ml, bolus_ml: 0.0 }
    }

    /// Carries in what comes from the lines.
    pub(crate) fn receive(&mut self, mixture: &Mixture) {
        let air_ml = mixture.get(Component::Air);
        self.contents += *mixture;
        self.contents.set(Component::Air, 0.0);
        self.air_ml += air_ml;
        self.fluid_ml += mixture.fluid_ml();
    }

    /// Carries out the fluid that has left.
    pub(crate) fn pour(&mut self) -> Mixture {
        let given_ml = core::mem::take(&mut self.given_ml);
        if given_ml <= 0.0 {
            return Mixture::EMPTY;
        }
        if self.fluid_ml <= 0.0 { core::mem::take(&mut self.contents) } else { self.contents.draw(given_ml) }
    }

    /// Air that waits to enter the line below the chamber.
    pub(crate) const fn inject_air(&mut self, volume_ml: f64) {
        self.bolus_ml += volume_ml;
    }

    /// Fluid in it now, mL.
    pub(crate) const fn fluid_ml(&self) -> f64 {
        self.fluid_ml
    }

    /// Fluid of the last carrying and the air of now.
    pub(crate) fn contents(&self) -> Mixture {
        self.contents + Mixture::air(self.air_ml)
    }

    /// Loses `volume_ml` of fluid and air through a leak.
    pub(crate) fn leak(&mut self, volume_ml: f64) -> Flowing {
        let part = (volume_ml / (self.fluid_ml + self.air_ml)).clamp(0.0, 1.0);
        self.take(part * self.fluid_ml, part * self.air_ml)
    }

    /// What `volume_ml` in the return line consist of: air that was injected, foam as a part of the rest, and what the
    /// chamber gives. A vented chamber is being filled and first gives off the air above its cushion.
    pub(crate) fn leave(&mut self, volume_ml: f64, foam: f64, is_vented: bool) -> Leaving {
        let injected_ml = lesser(self.bolus_ml, volume_ml);
        self.bolus_ml -= injected_ml;
        let foam_ml = (volume_ml - injected_ml) * foam;
        let wanted_ml = volume_ml - injected_ml - foam_ml;
        let surplus_ml = if is_vented { self.air_ml - self.cushion_ml } else { 0.0 };
        let from_chamber = self.give(wanted_ml, lesser(greater(surplus_ml, 0.0), wanted_ml));
        Leaving { from_chamber, ambient_air_ml: injected_ml + foam_ml }
    }

    /// Gives `wanted_ml`: of its air `vented_ml` and what fluid is missing, else fluid.
    pub(crate) fn give(&mut self, wanted_ml: f64, vented_ml: f64) -> Flowing {
        let wanted_fluid_ml = wanted_ml - vented_ml;
        let missing_ml = greater(wanted_fluid_ml - self.fluid_ml, 0.0);
        self.take(lesser(wanted_fluid_ml, self.fluid_ml), lesser(vented_ml + missing_ml, self.air_ml))
    }

    fn take(&mut self, fluid_ml: f64, air_ml: f64) -> Flowing {
        self.fluid_ml -= fluid_ml;
        self.given_ml += fluid_ml;
        self.air_ml -= air_ml;
        Flowing { fluid_ml, air_ml }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primed() -> DripChamber {
        let mut chamber = DripChamber::of_air(20.0, 6.0);
        chamber.receive(&Mixture::saline(14.0));
        let vented = chamber.leave(14.0, 0.0, true).from_chamber;
        assert_eq!(vented, Flowing { fluid_ml: 0.0, air_ml: 14.0 });
        chamber
    }

    #[test]
    fn air_that_comes_in_stays_until_the_fluid_is_gone() {
        let mut chamber = primed();
        for millilitre in 0..20 {
            chamber.receive(&Mixture::air(1.0));
            let air_ml = chamber.leave(1.0, 0.0, false).from_chamber.air_ml;
            assert!((air_ml > 0.5) == (millilitre >= 14), "{air_ml} mL of air in millilitre {millilitre}");
        }
        assert_eq!(chamber.pour().get(Component::Saline), 14.0);
    }

    #[test]
    fn injected_air_goes_first_and_foam_is_its_part_of_the_rest() {
        let mut chamber = primed();
        chamber.inject_air(0.5);
        let leaving = chamber.leave(1.5, 0.2, false);
        assert!((leaving.ambient_air_ml - 0.7).abs() < 1e-12);
        assert!((leaving.from_chamber.fluid_ml - 0.8).abs() < 1e-12);
        assert_eq!(chamber.leave(1.0, 0.0, false).ambient_air_ml, 0.0);
    }
}
