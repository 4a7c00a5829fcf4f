//! How fast each kind of cell settles, and how viscous the suspension is.
//!
//! Polydisperse hindered settling (Masliyah 1979; Lockett and Bassoon 1979), with a = omega^2 r:
//!
//! ```text
//! slip_k = chi_k d_k^2 a (rho_k - rho_susp) (1 - phi)^(n-2) / (18 mu)
//! v_k    = slip_k - sum_j phi_j slip_j        rho_susp = (1 - phi) rho_liquid + sum_j phi_j rho_j
//! ```

use leuka_blood::{CellTable, Mixture, Population, math};

use crate::data::Parameters;

/// One transported kind of cell: a population, or one density bin of a white-cell population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Species {
    pub(crate) population: Population,
    /// Part of the population that this bin holds.
    pub(crate) weight: f64,
    /// kg/m3.
    pub(crate) density_kg_m3: f64,
    /// d^2 / 18, m2.
    pub(crate) mobility_m2: f64,
}

/// Red cells and platelets as one kind each, every white-cell population as its density bins. Red cells come first.
pub(crate) fn species_of(cells: &CellTable) -> Vec<Species> {
    let mut list = Vec::new();
    for (population, cell) in cells.iter() {
        let diameter_m = cell.diameter_um * 1e-6;
        let mut push = |weight: f64, density_g_ml: f64| {
            list.push(Species {
                population,
                weight,
                density_kg_m3: density_g_ml * 1e3,
                mobility_m2: diameter_m * diameter_m / 18.0,
            });
        };
        match population {
            Population::Erythrocyte | Population::Platelet => push(1.0, cell.density_g_ml),
            _ => cell.density_bins().iter().for_each(|bin| push(bin.weight, bin.density_g_ml)),
        }
    }
    list
}

/// (1 - phi)^(n-2) by linear interpolation in a table, exact to 1e-7 for n between 3 and 5.
#[derive(Debug, Clone)]
pub(crate) struct Hindrance {
    table: Vec<f64>,
}

const INTERVALS: usize = 4096;

#[expect(clippy::cast_precision_loss, reason = "table places are small")]
impl Hindrance {
    pub(crate) fn new(exponent: f64) -> Self {
        let value = |place: usize| {
            let liquid = (1.0 - place as f64 / INTERVALS as f64).max(1.0 / INTERVALS as f64);
            math::pow(liquid, exponent - 2.0)
        };
        Self { table: (0..=INTERVALS + 1).map(value).collect() }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value was clamped")]
    #[inline(always)]
    pub(crate) fn at(&self, phi: f64) -> f64 {
        let place = phi.clamp(0.0, 1.0) * INTERVALS as f64;
        let low = place as usize;
        let part = place - low as f64;
        self.table[low] * (1.0 - part) + self.table[low + 1] * part
    }
}

/// The liquid between the cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Liquid {
    /// kg/m3.
    pub(crate) density_kg_m3: f64,
    /// Pa s.
    pub(crate) viscosity_pa_s: f64,
    /// Settling speed of red-cell aggregates in it against single red cells.
    pub(crate) aggregation: f64,
}

impl Liquid {
    /// Density and viscosity of a mixture's liquid, each a mean by volume, and aggregation in it. Anticoagulant counts
    /// as ACD-A; what starch does to density and viscosity is in its effect on aggregation.
    pub(crate) fn of(mixture: &Mixture, fluids: &leuka_blood::FluidTable, parameters: &Parameters) -> Self {
        use leuka_blood::Component::{Anticoagulant, Hes, Plasma, Saline};
        let (plasma, anticoagulant, saline) = (mixture.get(Plasma), mixture.get(Anticoagulant), mixture.get(Saline));
        let volume = plasma + anticoagulant + saline;
        if volume <= 0.0 {
            return Self {
                density_kg_m3: fluids.plasma_density_g_ml * 1e3,
                viscosity_pa_s: parameters.plasma_viscosity_pa_s,
                aggregation: parameters.aggregation,
            };
        }
        let mass = plasma * fluids.plasma_density_g_ml
            + anticoagulant * fluids.acd_a.density_g_ml
            + saline * fluids.saline_density_g_ml;
        let thin = (anticoagulant + saline) / volume;
        let starch = (mixture.per_litre_liquid(Hes) / parameters.starch_level_g_l).min(1.0);
        Self {
            density_kg_m3: mass / volume * 1e3,
            viscosity_pa_s: parameters.plasma_viscosity_pa_s * (1.0 - thin)
                + parameters.crystalloid_viscosity_pa_s * thin,
            aggregation: parameters.aggregation * (1.0 + (parameters.starch_aggregation - 1.0) * starch),
        }
    }
}
