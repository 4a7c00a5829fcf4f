//! The closure of hindered settling at its limits, read from how fast cells pass a face in the channel.

use leuka_blood::{CellTable, Component, Mixture, Population, math};

use super::batch::{Batch, CELL, layers, spin_at};
use super::{Figure, Findings};
use crate::{Channel, Error, Grid, Parameters};

/// Rate k = s omega^2 at which everything is spun, for s = 1e-7 s: 1/s.
const RATE: f64 = 1.5e-3;
/// omega^2, 1/s2.
const OMEGA2: f64 = RATE / 1e-7;
/// Time between two readings, s: short against 1/k, long against round-off.
const STEP_S: f64 = 1e-4;
/// The table of the hindrance is good to 1e-6.
const TOLERANCE: f64 = 1e-6;
const RADIAL: usize = 64;

pub(super) fn findings() -> Result<Findings, Error> {
    let mut figures = Vec::new();
    richardson_zaki(&mut figures)?;
    let parameters = Parameters::embedded()?;
    let blood = leuka_blood::Parameters::embedded()?;
    masliyah(&parameters, &blood, &mut figures)?;
    figures.push(equal_species(&parameters, &blood)?);
    Ok(Findings { figures, convergence: vec![] })
}

/// Cells of a population on the inner side of the face in the middle: integral of phi r dr, m2.
fn inside(channel: &Channel, population: Population) -> f64 {
    let layer =
        |cell: &crate::Layer| 0.5 * cell.fraction * (cell.outer_m - cell.inner_m) * (cell.outer_m + cell.inner_m);
    channel.profile(population).iter().take(RADIAL / 2).map(layer).sum()
}

/// Radius of that face, m.
fn face_m(channel: &Channel) -> f64 {
    channel.profile(CELL)[RADIAL / 2].inner_m
}

/// Spins for one step and returns for each population the volume that passed the face per area and time, um/s.
fn fluxes<const N: usize>(channel: &mut Channel, populations: [Population; N]) -> [f64; N] {
    let before = populations.map(|population| inside(channel, population));
    spin_at(channel, RATE, STEP_S);
    let radius_m = face_m(channel);
    let mut place = 0;
    populations.map(|population| {
        place += 1;
        (before[place - 1] - inside(channel, population)) / (radius_m * STEP_S) * 1e6
    })
}

/// One kind of cell settles at k r (1 - phi)^n.
fn richardson_zaki(figures: &mut Vec<Figure>) -> Result<(), Error> {
    for fraction in [0.001, 0.1, 0.3, 0.6] {
        let (inner_m, outer_m, exponent) = (0.0825, 0.0875, 4.48);
        let grid = layers(RADIAL);
        let batch = Batch { inner_m, outer_m, fraction, exponent, packing: 0.95, refined: false, grid };
        let mut channel = batch.channel()?;
        let [flux] = fluxes(&mut channel, [CELL]);
        let exact = RATE * face_m(&channel) * math::pow(1.0 - fraction, exponent) * 1e6;
        figures.push(Figure {
            name: format!("Richardson-Zaki speed at phi = {fraction}"),
            unit: "um/s",
            exact,
            computed: flux / fraction,
            tolerance: TOLERANCE * exact,
        });
    }
    Ok(())
}

const MIX: [(Population, f64); 3] =
    [(Population::Erythrocyte, 0.35), (Population::Monocyte, 0.1), (Population::Neutrophil, 0.05)];

/// The parameters without dispersion, which would add to the flux, on an even grid.
fn plain(parameters: &Parameters) -> Parameters {
    Parameters { shear_coefficient: 0.0, remixing_m: 0.0, radial_refinement: 1.0, implicit: false, ..*parameters }
}

/// Several kinds of cells settle as Masliyah says, with every factor of the production parameters; and what all of them
/// carry outwards is what the liquid carries inwards, (1 - phi) sum phi slip.
fn masliyah(parameters: &Parameters, blood: &leuka_blood::Parameters, figures: &mut Vec<Figure>) -> Result<(), Error> {
    let total: f64 = MIX.iter().map(|(_, fraction)| fraction).sum();
    let mut prime = Mixture::saline(1.0 - total);
    for (population, fraction) in MIX {
        prime.set(population.into(), fraction);
    }
    let grid = Grid { axial: 4, radial: RADIAL };
    let mut channel = Channel::new(&plain(parameters), blood, grid, &prime)?;
    let found = fluxes(&mut channel, MIX.map(|(population, _)| population));
    let (exact, liquid) = fluxes_of_mix(parameters, blood, face_m(&channel));
    for (((population, fraction), exact), computed) in MIX.iter().zip(exact).zip(found) {
        let name = format!("volume of {} that passes a face of a mixture", population.name());
        // Settling and counterflow nearly cancel for some: the tolerance is relative to the larger of them.
        let tolerance = TOLERANCE * exact.abs().max(fraction * liquid / (1.0 - total));
        figures.push(Figure { name, unit: "um/s", exact, computed, tolerance });
    }
    figures.push(Figure {
        name: "cells outwards less liquid inwards in a batch".into(),
        unit: "um/s",
        exact: 0.0,
        computed: found.iter().sum::<f64>() - liquid,
        tolerance: TOLERANCE * liquid,
    });
    Ok(())
}

/// Fluxes of the mixture by its definition, um/s: for each population, and for the liquid inwards.
fn fluxes_of_mix(parameters: &Parameters, blood: &leuka_blood::Parameters, radius_m: f64) -> ([f64; 3], f64) {
    let liquid = blood.fluids.saline_density_g_ml;
    let bins = MIX.map(|(population, fraction)| (fraction, bins(population, &blood.cells)));
    let total: f64 = MIX.iter().map(|(_, fraction)| fraction).sum();
    let mass = |(fraction, bins): &(f64, Vec<(f64, f64)>)| {
        bins.iter().map(|(weight, density)| fraction * weight * density).sum::<f64>()
    };
    let suspension = (1.0 - total) * liquid + bins.iter().map(mass).sum::<f64>();
    let hindrance = math::pow(1.0 - total, parameters.hindrance_exponent - 2.0);
    let slips = |place: usize| -> f64 {
        let (population, fraction) = MIX[place];
        let diameter_m = blood.cells[population].diameter_um * 1e-6;
        let chi = if population == Population::Erythrocyte { parameters.aggregation } else { 1.0 };
        let factor = chi * diameter_m * diameter_m * OMEGA2 * radius_m * hindrance * 1e3
            / (18.0 * parameters.crystalloid_viscosity_pa_s);
        bins[place].1.iter().map(|(weight, density)| fraction * weight * factor * (density - suspension)).sum()
    };
    let sum: f64 = (0..MIX.len()).map(slips).sum();
    let flux = |place: usize| (slips(place) - MIX[place].1 * sum) * 1e6;
    ([flux(0), flux(1), flux(2)], (1.0 - total) * sum * 1e6)
}

/// Weight and density (g/mL) of the kinds that a population is carried as.
fn bins(population: Population, cells: &CellTable) -> Vec<(f64, f64)> {
    let cell = &cells[population];
    if population == Population::Erythrocyte {
        return vec![(1.0, cell.density_g_ml)];
    }
    cell.density_bins().iter().map(|bin| (bin.weight, bin.density_g_ml)).collect()
}

/// T cells and other lymphocytes have the same size and density, and stay in proportion while they settle.
fn equal_species(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<Figure, Error> {
    let mut prime = Mixture::saline(0.5);
    prime.set(Component::Erythrocyte, 0.2);
    prime.set(Component::TCell, 0.1);
    prime.set(Component::OtherLymphocyte, 0.2);
    let mut channel = Channel::new(parameters, blood, Grid { axial: 4, radial: RADIAL }, &prime)?;
    spin_at(&mut channel, RATE, 30.0);
    let (one, other) = (channel.field(Population::TCell), channel.field(Population::OtherLymphocyte));
    let difference = |(one, other): (&f64, &f64)| (2.0 * one - other).abs();
    let computed = one.fraction.iter().zip(&other.fraction).map(difference).fold(0.0, f64::max);
    let name = "largest difference between two equal species after 30 s".into();
    Ok(Figure { name, unit: "", exact: 0.0, computed, tolerance: 1e-13 })
}
