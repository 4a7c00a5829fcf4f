//! What the body consists of, and the rates at which it changes.
//!
//! The body is three mixtures: the circulating blood, the interstitium (liquid, solutes, protein) and what is
//! elsewhere (cells outside the circulation, what cells hold of bicarbonate and potassium). Whatever leaves one enters
//! another or is written into the [`Ledger`]: [`Rates`] can be filled in no other way.

use leuka_blood::{CellTable, Component, Mixture, Population};

use crate::description::{Description, Error};
use crate::state::Pools;

/// What the body has made and destroyed since the start: the sources and sinks that close every account.
///
/// For each component, contents now less contents at the start = received - drawn + gained - lost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Ledger {
    /// Made or taken up: cells from marrow production, citrate production, bone calcium, bicarbonate of citrate
    /// metabolism, calcium given into a vein or by mouth, saline from a bag that is not the machine's.
    pub gained: Mixture,
    /// Destroyed or left: cells that die, citrate burnt and excreted, urine, bone uptake, air gone into the lungs.
    pub lost: Mixture,
}

/// Where everything is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// The circulating blood.
    pub(crate) blood: Mixture,
    /// Liquid, solutes and protein between the cells of the tissues.
    pub(crate) interstitium: Mixture,
    /// Cells outside the circulation; bicarbonate and potassium inside cells.
    pub(crate) elsewhere: Mixture,
}

/// A part of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Blood,
    Interstitium,
    Elsewhere,
}

/// Everything that moves, is made or destroyed, per minute.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rates {
    blood: Mixture,
    interstitium: Mixture,
    elsewhere: Mixture,
    gained: Mixture,
    lost: Mixture,
    /// Of the pools that are no part of the account.
    pub(crate) pools: Pools,
}

impl Rates {
    const fn of(&mut self, place: Place) -> &mut Mixture {
        match place {
            Place::Blood => &mut self.blood,
            Place::Interstitium => &mut self.interstitium,
            Place::Elsewhere => &mut self.elsewhere,
        }
    }

    /// Moves from one place to another; back when negative.
    pub(crate) fn shift(&mut self, from: Place, into: Place, component: Component, amount: f64) {
        self.of(from).add(component, -amount);
        self.of(into).add(component, amount);
    }

    /// Adds from outside the account.
    pub(crate) fn gain(&mut self, into: Place, component: Component, amount: f64) {
        self.of(into).add(component, amount);
        self.gained.add(component, amount);
    }

    /// Takes out of the account.
    pub(crate) fn lose(&mut self, from: Place, component: Component, amount: f64) {
        self.of(from).add(component, -amount);
        self.lost.add(component, amount);
    }

    /// Adds when positive, takes away when negative.
    pub(crate) fn gain_or_lose(&mut self, place: Place, component: Component, amount: f64) {
        if amount > 0.0 {
            self.gain(place, component, amount);
        } else {
            self.lose(place, component, -amount);
        }
    }

    /// The rates of the three places, in the order of [`Body::places`].
    pub(crate) const fn places(&self) -> [&Mixture; 3] {
        [&self.blood, &self.interstitium, &self.elsewhere]
    }

    /// Adds other rates to these.
    pub(crate) fn add(&mut self, other: &Self) {
        self.blood += other.blood;
        self.interstitium += other.interstitium;
        self.elsewhere += other.elsewhere;
        self.gained += other.gained;
        self.lost += other.lost;
        self.pools = self.pools.after(&other.pools, 1.0);
    }
}

impl Body {
    /// The cells of the description in their blood volume, and nothing else yet; and the volume left for plasma, mL.
    ///
    /// # Errors
    /// [`Error::NoPlasma`] when the cells fill the blood.
    pub(crate) fn with_cells(
        description: &Description,
        body_to_venous_hematocrit: f64,
        cells: &CellTable,
    ) -> Result<(Self, f64), Error> {
        let total_ml = description.total_blood_volume.ml();
        let mut blood = Mixture::EMPTY;
        for (population, count) in description.cells.iter() {
            blood.set(population.into(), count.per_ul() * 1e3 * total_ml * cells[population].volume_ml());
        }
        let red_ml = body_to_venous_hematocrit * description.hematocrit.fraction() * total_ml;
        blood.set(Component::Erythrocyte, red_ml);
        let plasma_ml = total_ml - blood.cells_ml();
        if plasma_ml < 0.2 * total_ml {
            return Err(Error::NoPlasma { cells_pct: 100.0 * blood.cells_ml() / total_ml });
        }
        Ok((Self { blood, interstitium: Mixture::EMPTY, elsewhere: Mixture::EMPTY }, plasma_ml))
    }

    /// All of it.
    pub(crate) fn contents(&self) -> Mixture {
        self.blood + self.interstitium + self.elsewhere
    }

    /// Blood, interstitium and elsewhere.
    pub(crate) const fn places(&self) -> [&Mixture; 3] {
        [&self.blood, &self.interstitium, &self.elsewhere]
    }

    /// Haematocrit of venous blood: red cells are fewer in the smallest vessels, so veins hold more than the mean.
    pub(crate) fn venous_hematocrit(&self, body_to_venous: f64) -> f64 {
        self.blood.hematocrit() / body_to_venous
    }

    /// What `volume_ml` of venous blood contains.
    pub(crate) fn venous(&self, volume_ml: f64, body_to_venous: f64) -> Mixture {
        let (liquid_ml, cells_ml) = (self.blood.liquid_ml(), self.blood.cells_ml());
        let fraction = volume_ml / (liquid_ml + cells_ml);
        let held_red_ml = self.blood.get(Component::Erythrocyte);
        let red_ml = held_red_ml * fraction / body_to_venous;
        let other_cells_ml = (cells_ml - held_red_ml) * fraction;
        let liquid_fraction = ((volume_ml - red_ml - other_cells_ml) / liquid_ml).clamp(0.0, 1.0);
        let mut venous = self.blood * liquid_fraction;
        for population in Population::ALL {
            venous.set(population.into(), self.blood.cell_ml(population) * fraction);
        }
        venous.set(Component::Erythrocyte, red_ml);
        venous
    }

    /// Takes `volume_ml` of venous blood, at most half of what there is; nothing when negative or no number.
    pub(crate) fn draw(&mut self, volume_ml: f64, body_to_venous: f64) -> Mixture {
        // `max` first, so that NaN is nothing.
        let volume_ml = volume_ml.max(0.0).min(0.5 * self.blood.fluid_ml());
        if volume_ml <= 0.0 {
            return Mixture::EMPTY;
        }
        let drawn = self.venous(volume_ml, body_to_venous);
        self.blood -= drawn;
        drawn
    }

    /// The body after `minutes` at these rates.
    pub(crate) fn after(&self, rates: &Rates, minutes: f64) -> Self {
        Self {
            blood: self.blood + rates.blood * minutes,
            interstitium: self.interstitium + rates.interstitium * minutes,
            elsewhere: self.elsewhere + rates.elsewhere * minutes,
        }
    }
}

impl Ledger {
    /// Books `minutes` at these rates.
    pub(crate) fn book(&mut self, rates: &Rates, minutes: f64) {
        self.gained += rates.gained * minutes;
        self.lost += rates.lost * minutes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn venous_blood_is_drawn_at_venous_haematocrit_and_exact_volume() {
        let blood = Mixture::of(Component::Erythrocyte, 2000.0)
            + Mixture::of(Component::Platelet, 10.0)
            + Mixture::of(Component::Plasma, 2600.0)
            + Mixture::saline(390.0)
            + Mixture::of(Component::Protein, 200.0);
        let mut body = Body { blood, interstitium: Mixture::EMPTY, elsewhere: Mixture::EMPTY };
        let drawn = body.draw(100.0, 0.91);
        assert!((drawn.volume_ml() - 100.0).abs() < 1e-10);
        assert!((drawn.hematocrit() - 2000.0 / (0.91 * 5000.0)).abs() < 1e-12);
        let saline_share = drawn.get(Component::Saline) / drawn.liquid_ml();
        assert!((saline_share - 390.0 / 2990.0).abs() < 1e-12);
        assert!(
            (drawn.per_litre_liquid(Component::Protein) - blood.per_litre_liquid(Component::Protein)).abs() < 1e-10
        );
        assert_eq!(body.draw(f64::NAN, 0.91), Mixture::EMPTY);
        assert_eq!(body.draw(-1.0, 0.91), Mixture::EMPTY);
        assert!(body.draw(1e9, 0.91).volume_ml() < 2460.0);
    }
}
