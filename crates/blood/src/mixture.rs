//! The account of what a volume of fluid contains.
//!
//! A [`Mixture`] holds amounts, never concentrations: packed cell volumes, liquid volumes, air, and solutes. Mixing is
//! adding and drawing is scaling, so nothing can be lost between two places that exchange mixtures; whoever makes or
//! destroys something says so in a ledger that is a mixture too. Volumes add without contraction.

use core::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use crate::math::within;
use crate::population::{CellTable, Population};

/// The unit in which a component's amount is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Millilitres.
    Ml,
    /// Millimoles.
    Mmol,
    /// Grams.
    Gram,
    /// International units.
    Iu,
}

macro_rules! components {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $unit:ident;)+) => {
        /// One conserved thing in a mixture.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Component {
            $($(#[$doc])* $name,)+
        }

        impl Component {
            /// All of them, in the order of their index.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The name in outcomes and balances.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The unit of the amount.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)+ }
            }
        }
    };
}

components! {
    /// Packed red cells.
    Erythrocyte, "erythrocyte", Ml;
    /// Packed platelets.
    Platelet, "platelet", Ml;
    /// Packed T lymphocytes.
    TCell, "t_cell", Ml;
    /// Packed lymphocytes that are not T cells.
    OtherLymphocyte, "other_lymphocyte", Ml;
    /// Packed monocytes.
    Monocyte, "monocyte", Ml;
    /// Packed CD34 positive cells.
    Cd34, "cd34", Ml;
    /// Packed neutrophils.
    Neutrophil, "neutrophil", Ml;
    /// Packed eosinophils.
    Eosinophil, "eosinophil", Ml;
    /// Packed blasts.
    Blast, "blast", Ml;
    /// Plasma of the donor (and water that joins it in the body), without anticoagulant or saline.
    Plasma, "plasma", Ml;
    /// Anticoagulant solution.
    Anticoagulant, "anticoagulant", Ml;
    /// Saline.
    Saline, "saline", Ml;
    /// Air: bubbles and foam in a line.
    Air, "air", Ml;
    /// Citrate, free and bound.
    Citrate, "citrate", Mmol;
    /// Calcium, ionised and bound.
    Calcium, "calcium", Mmol;
    /// Magnesium, ionised and bound.
    Magnesium, "magnesium", Mmol;
    /// Bicarbonate.
    Bicarbonate, "bicarbonate", Mmol;
    /// Potassium outside and, in the body's account, inside cells other than blood cells.
    Potassium, "potassium", Mmol;
    /// Inorganic phosphate.
    Phosphate, "phosphate", Mmol;
    /// Plasma protein.
    Protein, "protein", Gram;
    /// Heparin.
    Heparin, "heparin", Iu;
    /// Hydroxyethyl starch.
    Hes, "hes", Gram;
}

impl From<Population> for Component {
    #[inline]
    fn from(population: Population) -> Self {
        match population {
            Population::Erythrocyte => Self::Erythrocyte,
            Population::Platelet => Self::Platelet,
            Population::TCell => Self::TCell,
            Population::OtherLymphocyte => Self::OtherLymphocyte,
            Population::Monocyte => Self::Monocyte,
            Population::Cd34 => Self::Cd34,
            Population::Neutrophil => Self::Neutrophil,
            Population::Eosinophil => Self::Eosinophil,
            Population::Blast => Self::Blast,
        }
    }
}

const COMPONENTS: usize = Component::ALL.len();
const CELLS: core::ops::Range<usize> = 0..Component::Plasma as usize;
const LIQUIDS: core::ops::Range<usize> = Component::Plasma as usize..Component::Air as usize;

/// Amounts of every component, each in its [`Component::unit`]. Signed, so that a ledger of gains and losses is a
/// mixture as well.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Mixture([f64; COMPONENTS]);

impl Mixture {
    /// Nothing.
    pub const EMPTY: Self = Self([0.0; COMPONENTS]);

    /// Only `amount` of one component, in its unit.
    #[must_use]
    pub fn of(component: Component, amount: f64) -> Self {
        let mut mixture = Self::EMPTY;
        mixture.set(component, amount);
        mixture
    }

    /// Air, in mL.
    #[must_use]
    pub fn air(volume_ml: f64) -> Self {
        Self::of(Component::Air, volume_ml)
    }

    /// Saline, in mL.
    #[must_use]
    pub fn saline(volume_ml: f64) -> Self {
        Self::of(Component::Saline, volume_ml)
    }

    /// The amount of a component, in its unit.
    #[must_use]
    #[inline]
    pub fn get(&self, component: Component) -> f64 {
        // The discriminants are 0 to COMPONENTS - 1, so the index is always inside.
        self.0[component as usize]
    }

    /// Replaces the amount of a component, in its unit.
    #[inline]
    pub fn set(&mut self, component: Component, amount: f64) {
        self.0[component as usize] = amount;
    }

    /// Adds to the amount of a component, in its unit.
    #[inline]
    pub fn add(&mut self, component: Component, amount: f64) {
        self.0[component as usize] += amount;
    }

    /// Packed volume of a population, mL.
    #[must_use]
    #[inline]
    pub fn cell_ml(&self, population: Population) -> f64 {
        self.get(population.into())
    }

    /// Packed volume of all cells, mL.
    #[must_use]
    #[inline]
    pub fn cells_ml(&self) -> f64 {
        // Three sums side by side, which the processor adds at once.
        let [even, odd, last] = self.0[CELLS]
            .chunks_exact(3)
            .fold([0.0; 3], |[even, odd, last], three| [even + three[0], odd + three[1], last + three[2]]);
        even + odd + last
    }

    /// Volume of plasma, anticoagulant and saline together, mL.
    #[must_use]
    #[inline]
    pub fn liquid_ml(&self) -> f64 {
        self.0[LIQUIDS].iter().sum()
    }

    /// Volume of cells and liquids, without air, mL.
    #[must_use]
    #[inline]
    pub fn fluid_ml(&self) -> f64 {
        self.cells_ml() + self.liquid_ml()
    }

    /// Volume of everything, mL.
    #[must_use]
    #[inline]
    pub fn volume_ml(&self) -> f64 {
        self.fluid_ml() + self.get(Component::Air)
    }

    /// Volume fraction of red cells in the fluid; 0 when there is no fluid.
    #[must_use]
    #[inline]
    pub fn hematocrit(&self) -> f64 {
        ratio(self.get(Component::Erythrocyte), self.fluid_ml())
    }

    /// Amount of a solute per litre of liquid, in its unit per litre; 0 when there is no liquid.
    #[must_use]
    #[inline]
    pub fn per_litre_liquid(&self, solute: Component) -> f64 {
        ratio(self.get(solute) * 1e3, self.liquid_ml())
    }

    /// Number of cells of a population.
    #[must_use]
    #[inline]
    pub fn count(&self, population: Population, cells: &CellTable) -> f64 {
        self.cell_ml(population) / cells[population].volume_ml()
    }

    /// Cells of a population per microlitre of fluid; 0 when there is no fluid.
    #[must_use]
    #[inline]
    pub fn per_ul(&self, population: Population, cells: &CellTable) -> f64 {
        ratio(self.count(population, cells) * 1e-3, self.fluid_ml())
    }

    /// Splits off the part `fraction` (0 to 1, clamped) of everything and returns it.
    #[must_use]
    #[inline]
    pub fn split(&mut self, fraction: f64) -> Self {
        let fraction = within(fraction, 0.0, 1.0);
        let mut part = *self;
        for (part, amount) in part.0.iter_mut().zip(&mut self.0) {
            *part *= fraction;
            *amount -= *part;
        }
        part
    }

    /// Pours the part `fraction` (0 to 1, clamped) of everything into another mixture.
    #[inline]
    pub fn pour_part(&mut self, fraction: f64, into: &mut Self) {
        let fraction = within(fraction, 0.0, 1.0);
        for (amount, into) in self.0.iter_mut().zip(&mut into.0) {
            let part = *amount * fraction;
            *amount -= part;
            *into += part;
        }
    }

    /// Splits off `volume_ml` of it, well mixed; all of it when it holds no more than that.
    #[must_use]
    #[inline]
    pub fn draw(&mut self, volume_ml: f64) -> Self {
        let held = self.volume_ml();
        if volume_ml >= held { core::mem::take(self) } else { self.split(ratio(volume_ml, held)) }
    }

    /// A copy with the components that `keep` accepts, without the rest.
    #[must_use]
    pub fn only(&self, keep: impl Fn(Component) -> bool) -> Self {
        let mut part = Self::EMPTY;
        for component in Component::ALL {
            if keep(component) {
                part.set(component, self.get(component));
            }
        }
        part
    }
}

/// `numerator / denominator`, or 0 when there is nothing to divide by.
#[inline]
fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 { numerator / denominator } else { 0.0 }
}

impl Add for Mixture {
    type Output = Self;
    #[inline]
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Mixture {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self += &other;
    }
}

impl AddAssign<&Self> for Mixture {
    #[inline]
    fn add_assign(&mut self, other: &Self) {
        for (amount, more) in self.0.iter_mut().zip(&other.0) {
            *amount += more;
        }
    }
}

impl Sub for Mixture {
    type Output = Self;
    #[inline]
    fn sub(mut self, other: Self) -> Self {
        self -= other;
        self
    }
}

impl SubAssign for Mixture {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        for (amount, less) in self.0.iter_mut().zip(&other.0) {
            *amount -= less;
        }
    }
}

impl Mul<f64> for Mixture {
    type Output = Self;
    #[inline]
    fn mul(mut self, factor: f64) -> Self {
        for amount in &mut self.0 {
            *amount *= factor;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn some_mixture() -> impl Strategy<Value = Mixture> {
        proptest::array::uniform32(0.0..1e4f64).prop_map(|amounts| {
            let mut mixture = Mixture::EMPTY;
            for (component, amount) in Component::ALL.into_iter().zip(amounts) {
                mixture.set(component, amount);
            }
            mixture
        })
    }

    proptest! {
        #[test]
        fn drawing_and_mixing_back_conserves_every_component(whole in some_mixture(), volume_ml in 0.0..2e5f64) {
            let mut rest = whole;
            let part = rest.draw(volume_ml);
            prop_assert!((part.volume_ml() - volume_ml.min(whole.volume_ml())).abs() <= 1e-9 * whole.volume_ml());
            let again = part + rest;
            for component in Component::ALL {
                prop_assert!((again.get(component) - whole.get(component)).abs() <= 1e-12 * whole.get(component));
            }
        }
    }

    #[test]
    fn volume_counts_cells_liquids_and_air_but_no_solute() {
        let mut mixture = Mixture::of(Component::Erythrocyte, 40.0) + Mixture::saline(59.0) + Mixture::air(1.0);
        mixture.set(Component::Citrate, 7.0);
        assert_eq!(mixture.volume_ml(), 100.0);
        assert_eq!(mixture.liquid_ml(), 59.0);
        assert!((mixture.hematocrit() - 40.0 / 99.0).abs() < 1e-15);
    }

    #[test]
    fn an_empty_mixture_has_no_concentration_and_no_nan() {
        assert_eq!(Mixture::EMPTY.hematocrit(), 0.0);
        assert_eq!(Mixture::EMPTY.per_litre_liquid(Component::Citrate), 0.0);
        let mut empty = Mixture::EMPTY;
        assert_eq!(empty.draw(1.0), Mixture::EMPTY);
    }

    #[test]
    fn cells_come_first_and_in_the_order_of_populations() {
        let cells: Vec<Component> = Population::ALL.into_iter().map(Component::from).collect();
        assert_eq!(Component::ALL[CELLS], cells);
        assert!(CELLS.len().is_multiple_of(3), "they are added three by three");
    }

    #[test]
    fn the_index_of_a_component_is_its_place_in_all() {
        for (place, component) in Component::ALL.into_iter().enumerate() {
            assert_eq!(component as usize, place);
        }
    }
}
