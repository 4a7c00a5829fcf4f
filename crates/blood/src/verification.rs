//! Reference problems as data: what a model computes beside what is exact.
//!
//! A crate with a solver lists its [`Problem`]s; one command prints all of them and tests judge them, so that a figure
//! and its tolerance stand in one place.

use std::error::Error;

use crate::math;

/// A problem with a known answer.
#[derive(Debug, Clone, Copy)]
pub struct Problem {
    /// Its name, as a heading.
    pub name: &'static str,
    /// What is compared with what, and where the answer comes from.
    pub about: &'static str,
    /// Takes more than a few seconds.
    pub slow: bool,
    /// Solves it.
    pub run: Run,
}

/// Solves a problem, and tells the part done (0 to 1) on its way.
pub type Run = fn(&mut dyn FnMut(f64)) -> Result<Findings, Box<dyn Error>>;

/// What solving a problem showed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Figures on one grid.
    pub figures: Vec<Figure>,
    /// Errors on several grids.
    pub convergence: Vec<Convergence>,
}

impl Findings {
    /// Whether everything is as it must be.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.figures.iter().all(Figure::passed) && self.convergence.iter().all(Convergence::passed)
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// The unit of all three values.
    pub unit: &'static str,
    /// The exact value.
    pub exact: f64,
    /// What the model computes.
    pub computed: f64,
    /// The largest difference that is accepted.
    pub tolerance: f64,
}

impl Figure {
    /// Computed less exact value.
    #[must_use]
    pub fn error(&self) -> f64 {
        self.computed - self.exact
    }

    /// Whether the error is within the tolerance; a value that is no number is not.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.error().abs() <= self.tolerance
    }
}

/// How an error falls as a grid or a step becomes finer.
#[derive(Debug, Clone, PartialEq)]
pub struct Convergence {
    /// Which error.
    pub name: String,
    /// What there is more and more of: cells in the direction that is refined, or steps.
    pub refined: &'static str,
    /// How many of them, and the error; from the coarsest to the finest.
    pub errors: Vec<(usize, f64)>,
    /// The order that is required.
    pub least_order: f64,
}

impl Convergence {
    /// Observed order from each to the next: p where the error falls as their number^-p.
    #[must_use]
    pub fn orders(&self) -> Vec<f64> {
        self.errors.windows(2).map(|pair| observed(pair[0], pair[1])).collect()
    }

    /// Observed order from the coarsest to the finest; not a number with fewer than two.
    #[must_use]
    pub fn order(&self) -> f64 {
        match (self.errors.first(), self.errors.last()) {
            (Some(&coarse), Some(&fine)) => observed(coarse, fine),
            _ => f64::NAN,
        }
    }

    /// Whether the observed order over all of them reaches what is required.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.order() >= self.least_order
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cells and steps are small")]
fn observed((coarse, before): (usize, f64), (fine, after): (usize, f64)) -> f64 {
    math::ln(before / after) / math::ln(fine as f64 / coarse as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_falls_to_a_quarter_on_twice_the_cells_is_of_second_order() {
        let falls = |least_order| Convergence {
            name: "error".into(),
            refined: "cells",
            errors: vec![(10, 0.16), (20, 0.04), (40, 0.01)],
            least_order,
        };
        for order in falls(2.0).orders() {
            assert!((order - 2.0).abs() < 1e-12);
        }
        assert!(falls(1.99).passed() && !falls(2.01).passed());
    }

    #[test]
    fn a_figure_that_is_no_number_does_not_pass() {
        let figure = |computed| Figure { name: "phi".into(), unit: "", exact: 0.5, computed, tolerance: 0.1 };
        assert!(figure(0.55).passed() && !figure(0.65).passed() && !figure(f64::NAN).passed());
        assert!(!Findings { figures: vec![figure(0.5), figure(0.7)], convergence: vec![] }.passed());
    }
}
