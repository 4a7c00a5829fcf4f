//! One kind of cell in saline, in a channel of its own dimensions.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population, math};

use crate::{Channel, Error, Grid, Parameters, Separator, Settings};

/// The population that stands for the one kind of cell.
pub(super) const CELL: Population = Population::Erythrocyte;
/// Its sedimentation coefficient, s.
const COEFFICIENT_S: f64 = 1e-7;
/// Square of the speed at which batches are spun, 1/s2.
const OMEGA2: f64 = 20_000.0;

/// A channel with one kind of cell in it, spread evenly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    /// Radius of the inner wall, m.
    pub(super) inner_m: f64,
    /// Radius of the outer wall, m.
    pub(super) outer_m: f64,
    /// Volume fraction at the start.
    pub(super) fraction: f64,
    /// Hindrance exponent n.
    pub(super) exponent: f64,
    /// Packing limit.
    pub(super) packing: f64,
    /// Spaced as the production grid; evenly otherwise.
    pub(super) refined: bool,
    /// The cells of the grid.
    pub(super) grid: Grid,
}

impl Batch {
    /// The channel. Aggregation, dispersion and the pocket are off.
    pub(super) fn channel(&self) -> Result<Channel, Error> {
        self.channel_in_steps(1.0)
    }

    /// The channel, with the time step of production divided by `finer`.
    pub(super) fn channel_in_steps(&self, finer: f64) -> Result<Channel, Error> {
        let mut parameters = Parameters::embedded()?;
        parameters.courant /= finer;
        let mut blood = leuka_blood::Parameters::embedded()?;
        parameters.inner_radius_mm = self.inner_m * 1e3;
        parameters.gap_mm = (self.outer_m - self.inner_m) * 1e3;
        parameters.hindrance_exponent = self.exponent;
        parameters.packing_limit = self.packing;
        parameters.aggregation = 1.0;
        parameters.shear_coefficient = 0.0;
        parameters.remixing_m = 0.0;
        parameters.implicit = false;
        parameters.pocket_mm = 0.0;
        if !self.refined {
            parameters.radial_refinement = 1.0;
        }
        let cell = &mut blood.cells[CELL];
        let excess_kg_m3 = (cell.density_g_ml - blood.fluids.saline_density_g_ml) * 1e3;
        let square_m2 = 18.0 * parameters.crystalloid_viscosity_pa_s * COEFFICIENT_S / excess_kg_m3;
        cell.diameter_um = math::sqrt(square_m2) * 1e6;
        let mut prime = Mixture::saline(1.0 - self.fraction);
        prime.set(Component::from(CELL), self.fraction);
        Channel::new(&parameters, &blood, self.grid, &prime)
    }
}

/// A grid of `radial` even layers for a problem in which nothing happens along the channel.
pub(super) fn layers(radial: usize) -> Grid {
    Grid { axial: 4, radial }
}

/// Spins a batch until k t has grown by `kt`, with k = s omega^2.
pub(super) fn spin(channel: &mut Channel, kt: f64) {
    let seconds = kt / (COEFFICIENT_S * OMEGA2);
    channel.advance(&Mixture::EMPTY, &still(OMEGA2), TimeSpan::from_seconds(seconds));
}

/// Spins a batch for a time at the speed that gives the rate k (1/s) = s omega^2.
pub(super) fn spin_at(channel: &mut Channel, rate: f64, seconds: f64) {
    channel.advance(&Mixture::EMPTY, &still(rate / COEFFICIENT_S), TimeSpan::from_seconds(seconds));
}

fn still(omega2: f64) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rad_s(math::sqrt(omega2)),
        plasma_flow: FlowRate::ZERO,
        collect_flow: FlowRate::ZERO,
        flush: false,
    }
}
