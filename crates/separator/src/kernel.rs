//! The finite-volume kernel: one stage of the transport equation for every kind of cell.
//!
//! ```text
//! dphi_k/dt + (R_m/r) d(u phi_k)/dx + (1/r) d/dr [ r phi_k (w + v_k) ] = (1/r) d/dr ( r D dphi_k/dr )
//! ```
//!
//! Layout: `[kind][section][cell]`, radius innermost. Second order along and across by limited slopes. The
//! settling speed at a face is taken from the state on its outer side, where cells pile up: with the concentration taken
//! upwind this makes the first-order part monotone for every hindrance law (Buerger, Garcia, Karlsen and Towers 2008).

use crate::closure::{Hindrance, Liquid, Species};
use crate::data::Parameters;
use crate::flow::{Levels, Lubrication};
use crate::grid::Geometry;
use crate::ports::{Pocket, PortFlows, Streamtubes};
use crate::scheme::{NOTHING, axial_flux, inner_slopes, least, most, outer_state, settle_implicitly, update};

/// What holds during one time step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drive {
    pub(crate) liquid: Liquid,
    /// Square of the angular speed, 1/s2.
    pub(crate) omega2: f64,
    pub(crate) ports: PortFlows,
    /// Density of the cells that enter above that of the liquid, kg per m3 of suspension.
    pub(crate) inlet_excess_kg_m3: f64,
    /// Time in which the layers level, s; at least the span of a step.
    pub(crate) levelling_s: f64,
}

/// Sums over the kinds of cells, per cell of the grid.
#[derive(Debug, Clone)]
struct Bulk {
    total: Vec<f64>,
    /// sum phi rho
    mass: Vec<f64>,
    /// sum phi chi d^2/18
    mobility: Vec<f64>,
    /// sum phi chi rho d^2/18
    weighted: Vec<f64>,
    /// 1/mu over that of the liquid
    fluidity: Vec<f64>,
}

/// What the kinds of cells share at the outer face of each cell, multiplied by the face's area.
#[derive(Debug, Clone)]
struct Faces {
    /// (1-phi)^(n-2) a / mu
    slip: Vec<f64>,
    /// The same times the aggregation of red cells.
    slip_red: Vec<f64>,
    /// Density of the suspension.
    density: Vec<f64>,
    /// w, and after [`Kernel::limit`] w - sum phi slip
    carry: Vec<f64>,
    /// sum phi slip
    counter: Vec<f64>,
    /// Dispersion over the distance of the cell centres.
    dispersion: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    pub(crate) geometry: Geometry,
    pub(crate) species: Vec<Species>,
    parameters: Parameters,
    hindrance: Hindrance,
    lubrication: Lubrication,
    levels: Levels,
    pocket: Pocket,
    tubes: Streamtubes,
    bulk: Bulk,
    faces: Faces,
    /// Flow through each cell of each section, m3/s; section 0 is the inlet.
    pub(crate) flows: Vec<f64>,
    /// Shear rate at the outer face of each cell, 1/s.
    shear: Vec<f64>,
    /// 1 over the volume of each cell, 1/m3.
    inverse_volume: Vec<f64>,
    work: Work,
}

/// Work space, as large as the grid.
#[derive(Debug, Clone)]
struct Work {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    d: Vec<f64>,
    e: Vec<f64>,
    /// One section more than the grid.
    along: Vec<f64>,
}

/// Cells summed together; every grid has a multiple of this.
const LANES: usize = 16;

impl Kernel {
    pub(crate) fn new(parameters: &Parameters, geometry: Geometry, species: Vec<Species>) -> Self {
        let (axial, radial) = (geometry.grid.axial, geometry.grid.radial);
        let field = || vec![0.0; axial * radial];
        Self {
            lubrication: Lubrication::new(&geometry),
            levels: Levels::new(axial),
            pocket: Pocket::new(parameters, &geometry),
            hindrance: Hindrance::new(parameters.hindrance_exponent),
            inverse_volume: geometry.volume_m3.iter().map(|volume| 1.0 / volume).collect(),
            parameters: *parameters,
            bulk: Bulk { total: field(), mass: field(), mobility: field(), weighted: field(), fluidity: field() },
            faces: Faces {
                slip: field(),
                slip_red: field(),
                density: field(),
                carry: field(),
                counter: field(),
                dispersion: field(),
            },
            flows: vec![0.0; (axial + 1) * radial],
            shear: field(),
            work: Work {
                a: field(),
                b: field(),
                c: field(),
                d: field(),
                e: field(),
                along: vec![0.0; (axial + 1) * radial],
            },
            tubes: Streamtubes::new(radial),
            geometry,
            species,
        }
    }

    /// Velocities, dispersion and closure at every face.
    #[inline(always)]
    pub(crate) fn prepare(&mut self, state: &[f64], active: &[usize], drive: &Drive) {
        self.sum(state, active, drive.liquid.aggregation);
        self.profiles(drive);
        self.close(state, drive);
    }

    /// Sums the kinds of cells in `active`.
    #[inline(always)]
    fn sum(&mut self, state: &[f64], active: &[usize], aggregation: f64) {
        let Self { bulk, species, parameters, .. } = self;
        let size = bulk.total.len();
        let full = parameters.aggregation_hematocrit;
        let gain = (aggregation - 1.0) / full;
        let packing = 1.0 / parameters.viscosity_packing;
        for start in (0..size).step_by(LANES) {
            let (mut total, mut mass) = ([0.0; LANES], [0.0; LANES]);
            let (mut mobility, mut weighted) = ([0.0; LANES], [0.0; LANES]);
            for &kind in active {
                let Species { density_kg_m3: density, mobility_m2, .. } = species[kind];
                let Some(phi) = state[kind * size + start..].first_chunk::<LANES>() else { continue };
                for lane in 0..LANES {
                    let heavy = phi[lane] * density;
                    total[lane] += phi[lane];
                    mass[lane] += heavy;
                    mobility[lane] += phi[lane] * mobility_m2;
                    weighted[lane] += heavy * mobility_m2;
                }
            }
            // Red cells once more, for what aggregation adds.
            let Species { density_kg_m3: density, mobility_m2, .. } = species[0];
            for lane in 0..LANES {
                let phi = state[start + lane];
                let more = phi * mobility_m2 * gain * least(phi, full);
                let fluidity = 1.0 - total[lane] * packing;
                bulk.total[start + lane] = total[lane];
                bulk.mass[start + lane] = mass[lane];
                bulk.mobility[start + lane] = mobility[lane] + more;
                bulk.weighted[start + lane] = weighted[lane] + more * density;
                bulk.fluidity[start + lane] = fluidity * fluidity;
            }
        }
    }

    /// Flow along the channel through every cell face.
    #[inline(always)]
    fn profiles(&mut self, drive: &Drive) {
        let Self { geometry, lubrication, pocket, tubes, bulk, flows, shear, work, .. } = self;
        let (axial, radial) = (geometry.grid.axial, geometry.grid.radial);
        let flow = drive.ports.total();
        flows.fill(0.0);
        shear.fill(0.0);
        let excess = &mut work.c[..axial * radial];
        for ((excess, mass), total) in excess.iter_mut().zip(&bulk.mass).zip(&bulk.total) {
            *excess = mass - total * drive.liquid.density_kg_m3;
        }
        let force = drive.omega2 * geometry.middle_radius_m / drive.liquid.viscosity_pa_s;
        for section in 0..=axial {
            let before = section.saturating_sub(1) * radial;
            let after = section.min(axial - 1) * radial;
            let fluidity = &mut work.a[..radial];
            halfway(&bulk.fluidity, before, after, fluidity);
            let flows = &mut flows[section * radial..][..radial];
            if flow > 0.0 {
                lubrication.section(fluidity, flow, geometry.height_m, flows, &mut shear[before..before + radial]);
                let turned = pocket.turned(geometry.along[section]);
                if turned > 0.0 {
                    pocket.turn(flows, &drive.ports, turned, &mut work.b[..radial]);
                }
            }
            let exchange = &mut work.along[section * radial..][..radial];
            let mean = &mut work.b[..radial];
            halfway(&work.c, before, after, mean);
            let face = &mut self.levels.faces[section];
            face.carried = dot(flows, mean);
            let contrast = mean[radial - 1] - mean[0];
            face.conductance = 0.0;
            if section > 0 && section < axial && contrast > LEAST_CONTRAST {
                lubrication.exchange(fluidity, mean, force, geometry.height_m, exchange);
                face.slope = 1.0
                    / (geometry.height_m * contrast * 0.5 * (geometry.step_m[section - 1] + geometry.step_m[section]));
                face.conductance = dot(exchange, mean) * face.slope;
            }
        }
        self.levels.faces[0].carried = drive.ports.total() * drive.inlet_excess_kg_m3;
        for (section, level) in self.levels.mass_kg_m.iter_mut().enumerate() {
            *level = geometry.height_m * dot(&work.c[section * radial..][..radial], &lubrication.width_m);
        }
        self.levels.settle(&geometry.step_m, drive.levelling_s);
        for section in 1..axial {
            let amount = self.levels.amount(section);
            if amount != 0.0 {
                let flows = &mut flows[section * radial..][..radial];
                for (flow, exchange) in flows.iter_mut().zip(&work.along[section * radial..][..radial]) {
                    *flow += amount * exchange;
                }
            }
        }
        tubes.cut(&flows[axial * radial..], &drive.ports);
    }

    /// Closure at all faces.
    #[inline(always)]
    fn close(&mut self, state: &[f64], drive: &Drive) {
        let Self { geometry, parameters, hindrance, bulk, faces, flows, shear, work, .. } = self;
        let (size, radial) = (bulk.total.len(), geometry.grid.radial);
        let Work { a: total, b: mass, c: mobility, d: weighted, e: red, .. } = work;
        outer_state(&bulk.total, total);
        outer_state(&bulk.mass, mass);
        outer_state(&bulk.mobility, mobility);
        outer_state(&bulk.weighted, weighted);
        outer_state(&state[..size], red);
        let force = drive.omega2 / drive.liquid.viscosity_pa_s;
        for ((slip, total), moment) in faces.slip.iter_mut().zip(&*total).zip(&geometry.face_moment_m3) {
            *slip = hindrance.at(*total) * force * moment;
        }
        let full = parameters.aggregation_hematocrit;
        let gain = (drive.liquid.aggregation - 1.0) / full;
        let spread = 4.0 * parameters.shear_coefficient * parameters.red_cell_radius_m * parameters.red_cell_radius_m;
        let crowding = 1.0 / parameters.packing_limit;
        let remixing = parameters.remixing_m * drive.ports.total() / (geometry.height_m * geometry.depth_m[radial]);
        let liquid = drive.liquid.density_kg_m3;
        let (total, mass, mobility) = (&total[..size], &mass[..size], &mobility[..size]);
        let (weighted, red, shear) = (&weighted[..size], &red[..size], &shear[..size]);
        let (slip, conductance) = (&faces.slip[..size], &geometry.face_conductance_m[..size]);
        let (slip_red, density) = (&mut faces.slip_red[..size], &mut faces.density[..size]);
        let (counter, dispersion) = (&mut faces.counter[..size], &mut faces.dispersion[..size]);
        for face in 0..size {
            let suspension = (1.0 - total[face]) * liquid + mass[face];
            slip_red[face] = slip[face] * (1.0 + gain * least(red[face], full));
            density[face] = suspension;
            counter[face] = slip[face] * (weighted[face] - suspension * mobility[face]);
            // Shear-induced dispersion needs red cells, and room to move in.
            let room = red[face] * most(1.0 - total[face] * crowding, 0.0);
            dispersion[face] = (spread * shear[face] * room + remixing) * conductance[face];
        }
        let (inflow, outflow) = (flows.chunks(radial), flows[radial..].chunks(radial));
        for ((carry, inflow), outflow) in faces.carry.chunks_mut(radial).zip(inflow).zip(outflow) {
            let mut surplus = 0.0;
            for ((carry, inflow), outflow) in carry.iter_mut().zip(inflow).zip(outflow) {
                surplus += inflow - outflow;
                *carry = surplus;
            }
            carry[radial - 1] = 0.0;
        }
    }

    /// Bound on the rate (1/s) at which any cell can empty, with the velocities last prepared.
    #[inline(always)]
    pub(crate) fn rate(&mut self, active: &[usize]) -> f64 {
        let Self { geometry, species, faces, flows, inverse_volume, work, .. } = self;
        let (size, radial) = (inverse_volume.len(), geometry.grid.radial);
        let range = Range::of(species, active);
        let red = species[0];
        let (slip, slip_red, density) = (&faces.slip[..size], &faces.slip_red[..size], &faces.density[..size]);
        let (carry, counter, dispersion) = (&faces.carry[..size], &faces.counter[..size], &faces.dispersion[..size]);
        let fastest = &mut work.a[..size];
        for face in 0..size {
            let drift = carry[face] - counter[face];
            let own = drift + slip_red[face] * red.mobility_m2 * (red.density_kg_m3 - density[face]);
            let others = slip[face] * range.mobility;
            let heaviest = drift + others * (range.heaviest - density[face]);
            let lightest = drift + others * (range.lightest - density[face]);
            fastest[face] = most(own.abs(), most(heaviest.abs(), lightest.abs())) + 0.5 * dispersion[face];
        }
        let outflow = &flows[radial..];
        let mut rate = fastest[0] * inverse_volume[0];
        for cell in 1..size {
            // The slower of the two faces can carry dispersion out as well, which the factor covers.
            let along = most(outflow[cell], 0.0) - least(flows[cell], 0.0);
            let out = most(fastest[cell - 1], fastest[cell]) + 0.5 * dispersion[cell] + along;
            rate = most(rate, out * inverse_volume[cell]);
        }
        rate
    }

    /// Reduces settling where it would fill a cell beyond the packing limit within `dt_s`, and completes the drift.
    #[inline(always)]
    pub(crate) fn limit(&mut self, dt_s: f64) {
        let Self { geometry, parameters, bulk, faces, .. } = self;
        let size = bulk.total.len();
        let (total, mobility, weighted) = (&bulk.total[..size], &bulk.mobility[..size], &bulk.weighted[..size]);
        let (slip, slip_red) = (&mut faces.slip[..size], &mut faces.slip_red[..size]);
        let (carry, density, counter) = (&mut faces.carry[..size], &faces.density[..size], &faces.counter[..size]);
        let volume = &geometry.volume_m3[..size];
        for face in 0..size - 1 {
            // Cells sink to the outer side where their sum sinks, otherwise they rise to the inner side.
            let sinks = counter[face] >= 0.0;
            let pick = |field: &[f64], inner: bool| if inner { field[face] } else { field[face + 1] };
            let room = most(parameters.packing_limit - pick(total, !sinks), 0.0) * pick(volume, !sinks);
            let sum = slip[face] * (pick(weighted, sinks) - density[face] * pick(mobility, sinks))
                - counter[face] * pick(total, sinks);
            // Half of the room at most, since slopes and the other face may add to the estimate.
            let share = least(1.0, 0.5 * room / most(sum.abs() * dt_s, f64::MIN_POSITIVE));
            slip[face] *= share;
            slip_red[face] *= share;
            carry[face] -= counter[face] * share;
        }
    }

    /// Bound on the rate (1/s) at which implicit steps may be taken: the flow along the channel is explicit, and so is what
    /// the concentration does to the speed of settling.
    #[inline(always)]
    pub(crate) fn implicit_rate(&mut self, courant: f64) -> f64 {
        let Self { geometry, species, parameters, bulk, faces, flows, inverse_volume, .. } = self;
        let (size, radial) = (inverse_volume.len(), geometry.grid.radial);
        let red = species[0];
        let outflow = &flows[radial..];
        let mut rate = 0.0;
        for cell in 0..size {
            let settling = faces.slip_red[cell] * red.mobility_m2 * (red.density_kg_m3 - faces.density[cell]);
            let total = bulk.total[cell];
            let wave = parameters.hindrance_exponent * total / most(1.0 - total, 0.05)
                * (settling - faces.counter[cell]).abs();
            let along = most(outflow[cell], 0.0) - least(flows[cell], 0.0);
            rate = most(rate, most(along / courant, wave / parameters.settling_courant) * inverse_volume[cell]);
        }
        rate
    }

    /// One step for one kind of cell: explicit along the channel, implicit across it. Returns the flow that left by
    /// plasma, collect and red-cell port, m3/s.
    #[inline(always)]
    pub(crate) fn implicit_step(&mut self, kind: usize, phi: &mut [f64], inlet: f64, dt_s: f64) -> [f64; 3] {
        let Self { geometry, species, faces, flows, work, tubes, .. } = self;
        let radial = geometry.grid.radial;
        let Work { a: slope, b: outward, c: inward, d: upper, e: known, along } = work;
        let Species { density_kg_m3, mobility_m2, .. } = species[kind];
        let slip = if kind == 0 { &faces.slip_red } else { &faces.slip };
        inner_slopes(phi, radial, slope);
        axial_flux(phi, flows, inlet, radial, along);
        let last = phi.len() - radial;
        let ports = tubes.flux(&phi[last..], &slope[last..]);
        exchange_factors(phi, slope, slip, faces, (mobility_m2, density_kg_m3), (outward, inward));
        settle_implicitly(phi, geometry, (outward, inward), along, dt_s, (upper, known));
        ports
    }

    /// One Euler stage for one kind of cell. Returns the flow that left by plasma, collect and red-cell port, m3/s.
    #[inline(always)]
    pub(crate) fn stage(&mut self, kind: usize, phi: &mut [f64], inlet: f64, dt_s: f64) -> [f64; 3] {
        let Self { geometry, species, faces, flows, inverse_volume, work, tubes, .. } = self;
        let radial = geometry.grid.radial;
        let Work { a: slope, b: flux, along, .. } = work;
        let Species { density_kg_m3, mobility_m2, .. } = species[kind];
        let slip = if kind == 0 { &faces.slip_red } else { &faces.slip };
        inner_slopes(phi, radial, slope);
        radial_flux(phi, slope, slip, faces, (mobility_m2, density_kg_m3), flux);
        axial_flux(phi, flows, inlet, radial, along);
        let last = phi.len() - radial;
        let ports = tubes.flux(&phi[last..], &slope[last..]);
        update(phi, flux, along, inverse_volume, dt_s);
        ports
    }
}

/// A face's flow of one kind of cell per volume fraction, from what all share and its own slip: the part that leads
/// outwards and the part that leads inwards, one of which is zero.
#[inline(always)]
fn drift(carry: f64, slip: f64) -> (f64, f64) {
    let speed = carry + slip;
    let outwards = most(speed, 0.0);
    (outwards, speed - outwards)
}

/// How the volume of one kind of cell leaves each cell of the grid through its outer face, per volume fraction on
/// either side. The limited slopes stand in it as factors of the fraction that they belong to, so that the solution of the
/// implicit step stays positive for any span, and a steady state is that of the explicit scheme.
#[inline(always)]
fn exchange_factors(
    phi: &[f64],
    slope: &[f64],
    slip: &[f64],
    faces: &Faces,
    (mobility, own_density): (f64, f64),
    (outward, inward): (&mut [f64], &mut [f64]),
) {
    let inner = phi.len() - 1;
    let (slip, density) = (&slip[..inner], &faces.density[..inner]);
    let (carry, dispersion) = (&faces.carry[..inner], &faces.dispersion[..inner]);
    let (phi_in, phi_out) = (&phi[..inner], &phi[1..=inner]);
    let (slope_in, slope_out) = (&slope[..inner], &slope[1..=inner]);
    outward[inner] = 0.0;
    inward[inner] = 0.0;
    let (outward, inward) = (&mut outward[..inner], &mut inward[..inner]);
    for face in 0..inner {
        let (outwards, inwards) = drift(carry[face], slip[face] * mobility * (own_density - density[face]));
        outward[face] = outwards * (1.0 + 0.5 * slope_in[face] / most(phi_in[face], NOTHING)) + dispersion[face];
        inward[face] = dispersion[face] - inwards * (1.0 - 0.5 * slope_out[face] / most(phi_out[face], NOTHING));
    }
}

/// Layers whose density differs by less than this (kg/m3) from wall to wall do not level.
const LEAST_CONTRAST: f64 = 1.0;

/// Mean of two sections of a field.
#[inline(always)]
fn halfway(field: &[f64], before: usize, after: usize, mean: &mut [f64]) {
    for ((mean, one), other) in mean.iter_mut().zip(&field[before..]).zip(&field[after..]) {
        *mean = 0.5 * (one + other);
    }
}

#[inline(always)]
fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// Extremes over the kinds of cells present, for a bound on their speed.
struct Range {
    lightest: f64,
    heaviest: f64,
    mobility: f64,
}

impl Range {
    fn of(species: &[Species], active: &[usize]) -> Self {
        let density = species[0].density_kg_m3;
        let mut range = Self { lightest: density, heaviest: density, mobility: 0.0 };
        for kind in active.iter().filter(|&&kind| kind > 0).filter_map(|&kind| species.get(kind)) {
            range.lightest = range.lightest.min(kind.density_kg_m3);
            range.heaviest = range.heaviest.max(kind.density_kg_m3);
            range.mobility = range.mobility.max(kind.mobility_m2);
        }
        range
    }
}

/// Volume of one kind of cell through the outer face of each cell, m3/s. Nothing passes the walls, since all factors
/// are zero there.
#[inline(always)]
fn radial_flux(
    phi: &[f64],
    slope: &[f64],
    slip: &[f64],
    faces: &Faces,
    (mobility, own_density): (f64, f64),
    flux: &mut [f64],
) {
    let inner = phi.len() - 1;
    let (slip, density) = (&slip[..inner], &faces.density[..inner]);
    let (carry, dispersion) = (&faces.carry[..inner], &faces.dispersion[..inner]);
    let (phi_in, phi_out) = (&phi[..inner], &phi[1..=inner]);
    let (slope_in, slope_out) = (&slope[..inner], &slope[1..=inner]);
    flux[inner] = 0.0;
    let flux = &mut flux[..inner];
    for face in 0..inner {
        let (outwards, inwards) = drift(carry[face], slip[face] * mobility * (own_density - density[face]));
        flux[face] = outwards * (phi_in[face] + 0.5 * slope_in[face])
            + inwards * (phi_out[face] - 0.5 * slope_out[face])
            - dispersion[face] * (phi_out[face] - phi_in[face]);
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::math::pow;
    use leuka_blood::{Mixture, Population};

    use super::*;
    use crate::closure::species_of;
    use crate::grid::Grid;

    const GRID: Grid = Grid { axial: 4, radial: 8 };
    const OMEGA2: f64 = 15_000.0;
    /// The face at which velocities are read.
    const FACE: usize = 3;

    /// A still channel filled evenly with the given volume fractions, its closure prepared.
    fn still(fractions: &[(Population, f64)], aggregation: f64) -> (Kernel, Drive) {
        let blood = leuka_blood::Parameters::embedded().unwrap();
        let parameters = Parameters { aggregation, ..Parameters::embedded().unwrap() };
        let species = species_of(&blood.cells);
        let geometry = Geometry::new(&parameters, GRID).unwrap();
        let size = GRID.axial * GRID.radial;
        let mut state = vec![0.0; species.len() * size];
        for (kind, one) in species.iter().enumerate() {
            for (population, fraction) in fractions {
                if one.population == *population {
                    state[kind * size..(kind + 1) * size].fill(fraction * one.weight);
                }
            }
        }
        let active: Vec<usize> = (0..species.len()).collect();
        let liquid = Liquid::of(&Mixture::saline(1.0), &blood.fluids, &parameters);
        let drive =
            Drive { liquid, omega2: OMEGA2, ports: PortFlows::default(), inlet_excess_kg_m3: 0.0, levelling_s: 0.2 };
        let mut kernel = Kernel::new(&parameters, geometry, species);
        kernel.prepare(&state, &active, &drive);
        kernel.limit(1e-9);
        (kernel, drive)
    }

    /// Area and radius of the face, m2 and m.
    fn face(kernel: &Kernel) -> (f64, f64) {
        let radius = 0.0825 + kernel.geometry.depth_m[FACE + 1];
        (kernel.geometry.face_moment_m3[FACE] / radius, radius)
    }

    /// Velocity of a kind of cell at the face, m/s, from the kernel's own flux.
    fn velocity(kernel: &Kernel, kind: usize) -> f64 {
        let size = GRID.axial * GRID.radial;
        let one = &kernel.species[kind];
        let slip = if kind == 0 { &kernel.faces.slip_red } else { &kernel.faces.slip };
        let mut flux = vec![0.0; size];
        let even = vec![1.0; size];
        let factors = (one.mobility_m2, one.density_kg_m3);
        radial_flux(&even, &vec![0.0; size], slip, &kernel.faces, factors, &mut flux);
        flux[FACE] / face(kernel).0
    }

    #[test]
    fn one_species_settles_as_richardson_and_zaki_found() {
        for phi in [0.001, 0.1, 0.3, 0.6] {
            let (kernel, drive) = still(&[(Population::Erythrocyte, phi)], 1.0);
            let red = &kernel.species[0];
            let stokes = red.mobility_m2 * (red.density_kg_m3 - drive.liquid.density_kg_m3) * OMEGA2 * face(&kernel).1
                / drive.liquid.viscosity_pa_s;
            let exact = stokes * pow(1.0 - phi, 4.48);
            let found = velocity(&kernel, 0);
            // The table of the hindrance is good to 1e-6.
            assert!((found / exact - 1.0).abs() < 1e-6, "{found} m/s against {exact} at {phi}");
        }
    }

    #[test]
    fn red_cell_aggregates_settle_faster_by_the_aggregation_factor() {
        let (single, _) = still(&[(Population::Erythrocyte, 0.4)], 1.0);
        let (aggregate, _) = still(&[(Population::Erythrocyte, 0.4)], 5.0);
        assert!((velocity(&aggregate, 0) / velocity(&single, 0) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn starch_makes_aggregates_settle_faster_up_to_its_usual_level() {
        let blood = leuka_blood::Parameters::embedded().unwrap();
        let parameters = Parameters::embedded().unwrap();
        let aggregation = |g_l: f64| {
            let liquid = Mixture::saline(1e3) + Mixture::of(leuka_blood::Component::Hes, g_l);
            Liquid::of(&liquid, &blood.fluids, &parameters).aggregation
        };
        for (g_l, factor) in [(0.0, 1.0), (5.0, 1.25), (10.0, 1.5), (20.0, 1.5)] {
            assert!((aggregation(g_l) / parameters.aggregation - factor).abs() < 1e-12, "at {g_l} g/L");
        }
    }

    #[test]
    fn two_equal_species_move_together() {
        let both = [(Population::TCell, 0.1), (Population::OtherLymphocyte, 0.2), (Population::Erythrocyte, 0.2)];
        let (kernel, _) = still(&both, 5.0);
        let first = |population| kernel.species.iter().position(|one| one.population == population).unwrap();
        let (one, other) = (first(Population::TCell), first(Population::OtherLymphocyte));
        assert_eq!(velocity(&kernel, one).to_bits(), velocity(&kernel, other).to_bits());
    }

    #[test]
    fn in_a_batch_cells_and_liquid_exchange_equal_volumes() {
        let mix = [(Population::Erythrocyte, 0.35), (Population::Neutrophil, 0.05), (Population::Monocyte, 0.1)];
        let (kernel, _) = still(&mix, 5.0);
        let fraction = |population| mix.iter().find(|(other, _)| *other == population).map_or(0.0, |(_, phi)| *phi);
        let mut cells = 0.0;
        for (kind, one) in kernel.species.iter().enumerate() {
            cells += fraction(one.population) * one.weight * velocity(&kernel, kind);
        }
        let liquid = kernel.faces.carry[FACE] / face(&kernel).0;
        assert!(cells > 0.0 && (cells + 0.5 * liquid).abs() < 1e-12 * cells, "{cells} m/s against {liquid}");
    }
}
