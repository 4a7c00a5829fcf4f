//! What is believed of a collection's yield before it begins: efficiency and recruitment with their uncertainties.
//!
//! Efficiency is log-normal and hierarchical. The median CE2 of cells and protocol is shifted by covariates of the donor
//! and by what a site has learned of itself; about that stand how well the site is known and how much one run differs
//! from the next. Nothing here knows a separator: the numbers are published collections, or a site's own.
//!
//! Glossary
//! - log-sd: standard deviation of the natural logarithm; 0.25 is about 25 %.
//! - recruitment, release: cells that enter the blood while others are collected. CD34+ counts fall by about a third in
//!   the first hour and then stay, because release keeps up.

use leuka_blood::math::{exp, ln, sqrt};
use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, Fraction, Mass, TimeSpan};

/// What is believed of the cells of one kind at one site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EfficiencyPrior {
    /// Median CE2 at the reference run, where the protocol says no other.
    pub efficiency: Fraction,
    /// Mean log of this site's CE2 over that median.
    pub site_offset: f64,
    /// Log-sd of the site's mean.
    pub site_spread: f64,
    /// Log-sd of CE2 between runs of a site.
    pub between_run: f64,
    /// Log-sd of the efficiency between the parts of a run.
    pub within_run: f64,
    /// Cells released in a minute over those that circulate before the run, median.
    pub release_per_min: f64,
    /// Log-sd of that.
    pub release_spread: f64,
    /// Covariates.
    pub covariates: Covariates,
    /// What is usually aimed at.
    pub usual: UsualDoses,
    /// What all cells have in common.
    pub common: Common,
}

/// What is usually aimed at: cells for body weight, or in all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsualDoses {
    /// Goal for body weight.
    pub goal_dose: CellDose,
    /// Goal in all.
    pub goal_cells: CellCount,
    /// Minimum for body weight.
    pub minimum_dose: CellDose,
    /// Minimum in all.
    pub minimum_cells: CellCount,
}

impl UsualDoses {
    /// The goal for this weight.
    #[must_use]
    pub fn goal(&self, weight: Mass) -> CellDose {
        self.goal_dose.max(self.goal_cells / weight)
    }

    /// The minimum for this weight.
    #[must_use]
    pub fn minimum(&self, weight: Mass) -> CellDose {
        self.minimum_dose.max(self.minimum_cells / weight)
    }
}

/// Exponents of CE2 on what is known of donor and settings: CE2 goes with the ratio to the reference, to this power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covariates {
    /// On white cells.
    pub white_cells: f64,
    /// White cells at which there is no effect.
    pub reference_white_cells: CellConcentration,
    /// On the haematocrit.
    pub hematocrit: f64,
    /// Haematocrit at which there is no effect.
    pub reference_hematocrit: Fraction,
    /// On the packing factor.
    pub packing: f64,
    /// Packing factor (g min) at which there is no effect.
    pub reference_packing: TimeSpan,
}

/// Errors, and what sensors tell of the efficiency, whatever the cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Common {
    /// Log-sd of a count of the laboratory.
    pub count_error: f64,
    /// Part of all runs whose efficiency is unlike what is known: a belief without them would not let a count correct it.
    pub outliers: f64,
    /// Their spread over the usual.
    pub outlier_spread: f64,
    /// Log-sd of volumes by pump and scales.
    pub volume_error: f64,
    /// Run that published efficiencies stand for: blood volumes in a minute.
    pub reference_flow_per_min: f64,
    /// Its length.
    pub reference_time: TimeSpan,
    /// Part of the blood that is processed while the collect line takes cells.
    pub reference_collecting: Fraction,
    /// The second day's dose over the first's from as much blood, median.
    pub second_day: f64,
    /// Log-sd of that.
    pub second_day_spread: f64,
    /// Exponent of the efficiency on the collect line's haematocrit over the wanted one.
    pub collect_hematocrit: f64,
    /// Loss of log efficiency for a square millimetre of the interface's deviation, 1/mm2.
    pub interface_deviation: f64,
}

/// What is known of donor and settings beside the count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// Median CE2 that the protocol expects, where it says one.
    pub expected: Option<Fraction>,
    /// White cells before the run.
    pub white_cells: CellConcentration,
    /// Haematocrit before the run.
    pub hematocrit: Fraction,
    /// Packing factor (g min), where something spins.
    pub packing: Option<TimeSpan>,
}

/// What is believed of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Median CE2 at the reference run.
    pub efficiency: Fraction,
    /// Log-sd of that: site and run together.
    pub spread: f64,
    /// Log-sd of the efficiency between the parts of the run.
    pub within_run: f64,
    /// Median release, 1/min.
    pub release_per_min: f64,
    /// Log-sd of that.
    pub release_spread: f64,
    /// Errors and sensors.
    pub common: Common,
}

impl EfficiencyPrior {
    /// What is believed of a run in this situation.
    #[must_use]
    pub fn belief(&self, situation: &Situation) -> Belief {
        let median = situation.expected.unwrap_or(self.efficiency).fraction();
        Belief {
            efficiency: Fraction::from_fraction(median * exp(self.site_offset + self.covariates.log_effect(situation))),
            spread: sqrt(self.site_spread * self.site_spread + self.between_run * self.between_run),
            within_run: self.within_run,
            release_per_min: self.release_per_min,
            release_spread: self.release_spread,
            common: self.common,
        }
    }
}

/// A covariate is not carried further than this from its reference: a child's flow is no published setting.
const MOST_RATIO: f64 = 2.0;

impl Covariates {
    /// What they add to log CE2.
    #[must_use]
    pub fn log_effect(&self, situation: &Situation) -> f64 {
        let effect = |exponent: f64, ratio: f64| {
            if exponent == 0.0 || ratio <= 0.0 { 0.0 } else { exponent * ln(ratio.clamp(1.0 / MOST_RATIO, MOST_RATIO)) }
        };
        effect(self.white_cells, situation.white_cells / self.reference_white_cells)
            + effect(self.hematocrit, situation.hematocrit / self.reference_hematocrit)
            + situation.packing.map_or(0.0, |packing| effect(self.packing, packing / self.reference_packing))
    }
}
