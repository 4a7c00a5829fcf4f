//! The channel of a continuous-flow centrifuge as a [`Separator`].
//!
//! Cells are transported on the grid of the channel. The liquid between them and its solutes are one well-mixed
//! inventory: each port takes the volume of liquid that the cells leave it, at the inventory's composition.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{Component, FluidTable, Mixture, Population};

use crate::closure::{Liquid, Species, species_of};
use crate::data::Parameters;
use crate::grid::{Geometry, Grid};
use crate::kernel::{Drive, Kernel};
use crate::ports::PortFlows;
use crate::{Error, Outlets, Separator, Settings, View};

pub(crate) const ML_PER_M3: f64 = 1e6;

/// Most Euler spans in one Runge-Kutta step. The Courant number is taken at its start and must hold to its end: a step in
/// which it does not is taken again, in shorter spans.
const MOST_SPANS: f64 = 8.0;

/// Shortest time in which layers level, s.
const LEVELLING_S: f64 = 0.2;

/// How much longer an implicit step may be than the last.
const GROWTH: f64 = 1.5;

/// Courant number up to which no cell can be emptied.
const LARGEST_COURANT: f64 = 0.5;

/// The channel, full of something at all times.
#[derive(Debug, Clone)]
pub struct Channel {
    pub(crate) parameters: Parameters,
    fluids: FluidTable,
    pub(crate) kernel: Kernel,
    /// Volume fractions, `[kind][section][cell]`.
    pub(crate) phi: Vec<f64>,
    /// The same at the start of a Runge-Kutta step.
    start: Vec<f64>,
    /// Kinds of cells that are in the channel or have entered it.
    active: Vec<usize>,
    /// Volume fraction of each kind in what enters.
    inlet: Vec<f64>,
    /// What left during the present call: volume of each kind by port (plasma, collect, red), m3.
    left: Vec<[f64; 3]>,
    /// The same of the Runge-Kutta step that is being tried.
    leaving: Vec<[f64; 3]>,
    pub(crate) liquid: Mixture,
    /// Stages computed so far.
    stages: u64,
    /// Span of the last step, s.
    span_s: f64,
}

/// A layer of the grid, and the volume fraction of one population in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layer {
    /// Radius of its inner face, m.
    pub inner_m: f64,
    /// Radius of its outer face, m.
    pub outer_m: f64,
    /// Volume fraction.
    pub fraction: f64,
}

impl Channel {
    /// A channel filled evenly with `prime` (any amount: only its composition counts; air is ignored).
    ///
    /// # Errors
    /// [`Error::Grid`] for a grid that the scheme cannot use, [`Error::Prime`] when `prime` holds no fluid.
    pub fn new(
        parameters: &Parameters,
        blood: &leuka_blood::Parameters,
        grid: Grid,
        prime: &Mixture,
    ) -> Result<Self, Error> {
        let geometry = Geometry::new(parameters, grid)?;
        let fluid_ml = prime.fluid_ml();
        if !(fluid_ml.is_finite() && fluid_ml > 0.0) {
            return Err(Error::Prime { fluid_ml });
        }
        let volume_ml = geometry.total_m3() * ML_PER_M3;
        let fill = prime.only(|component| component != Component::Air) * (volume_ml / fluid_ml);
        let species = species_of(&blood.cells);
        let size = grid.axial * grid.radial;
        let mut channel = Self {
            parameters: *parameters,
            fluids: blood.fluids,
            phi: vec![0.0; species.len() * size],
            start: vec![0.0; species.len() * size],
            active: Vec::with_capacity(species.len()),
            inlet: vec![0.0; species.len()],
            left: vec![[0.0; 3]; species.len()],
            leaving: vec![[0.0; 3]; species.len()],
            liquid: fill.only(|component| !is_cell(component)),
            stages: 0,
            span_s: LEVELLING_S,
            kernel: Kernel::new(parameters, geometry, species),
        };
        channel.admit(&fill);
        for kind in 0..channel.inlet.len() {
            channel.phi[kind * size..(kind + 1) * size].fill(channel.inlet[kind]);
        }
        Ok(channel)
    }

    /// Notes the volume fractions of what enters, and which kinds of cells are new.
    fn admit(&mut self, inlet: &Mixture) {
        let fluid_ml = inlet.fluid_ml();
        for (kind, Species { population, weight, .. }) in self.kernel.species.iter().enumerate() {
            let fraction = if fluid_ml > 0.0 { (inlet.cell_ml(*population) * weight / fluid_ml).max(0.0) } else { 0.0 };
            self.inlet[kind] = fraction;
            if fraction > 0.0 && !self.active.contains(&kind) {
                self.active.push(kind);
                self.active.sort_unstable();
            }
        }
    }

    /// Carries the cells forward by `dt_s`, in as few Euler spans as the Courant number allows.
    ///
    /// `n` spans are one second-order strong-stability-preserving Runge-Kutta step of `n + 1` Euler stages, whose last
    /// state is averaged with the first (Spiteri and Ruuth 2002): every stage but one counts in full.
    #[inline(always)]
    fn transport(&mut self, drive: &Drive, dt_s: f64) {
        let Self { parameters, kernel, phi, start, active, inlet, left, leaving, stages, .. } = self;
        let size = kernel.geometry.volume_m3.len();
        left.iter_mut().for_each(|ports| *ports = [0.0; 3]);
        let mut remaining_s = dt_s;
        let mut least_needed = 1.0;
        while remaining_s > 0.0 {
            start.copy_from_slice(phi);
            leaving.iter_mut().for_each(|ports| *ports = [0.0; 3]);
            kernel.prepare(phi, active, drive);
            let needed = (remaining_s * kernel.rate(active) / parameters.courant).ceil().max(least_needed);
            let spans = needed.min(MOST_SPANS);
            let span_s = remaining_s / needed;
            let share = 1.0 / (spans + 1.0);
            let mut stage = 0.0;
            let mut fits = true;
            while stage <= spans {
                if stage > 0.0 {
                    kernel.prepare(phi, active, drive);
                    fits = span_s * kernel.rate(active) <= LARGEST_COURANT;
                    if !fits {
                        break;
                    }
                }
                kernel.limit(span_s);
                for &kind in &*active {
                    let ports = kernel.stage(kind, &mut phi[kind * size..(kind + 1) * size], inlet[kind], span_s);
                    for (leaving, rate) in leaving[kind].iter_mut().zip(ports) {
                        *leaving += spans * span_s * share * rate;
                    }
                }
                stage += 1.0;
                *stages += 1;
            }
            if !fits {
                phi.copy_from_slice(start);
                least_needed = 2.0 * needed;
                continue;
            }
            least_needed = 1.0;
            for &kind in &*active {
                let place = kind * size..(kind + 1) * size;
                for (phi, start) in phi[place.clone()].iter_mut().zip(&start[place]) {
                    *phi = share * start + (1.0 - share) * *phi;
                }
                for (left, leaving) in left[kind].iter_mut().zip(leaving[kind]) {
                    *left += leaving;
                }
            }
            remaining_s = if spans < needed { remaining_s - spans * span_s } else { 0.0 };
        }
    }

    /// The same with the settling implicit: longer steps, the same steady states.
    #[inline(always)]
    fn transport_implicitly(&mut self, drive: &Drive, dt_s: f64) {
        let Self { parameters, kernel, phi, active, inlet, left, stages, span_s: last_s, .. } = self;
        let size = kernel.geometry.volume_m3.len();
        left.iter_mut().for_each(|ports| *ports = [0.0; 3]);
        let mut remaining_s = dt_s;
        while remaining_s > 0.0 {
            // Layers level within a span that the step must not exceed.
            let levelling_s = (GROWTH * *last_s).max(LEVELLING_S);
            kernel.prepare(phi, active, &Drive { levelling_s, ..*drive });
            let rate = kernel.implicit_rate(parameters.courant).max(1.0 / levelling_s);
            let needed = (remaining_s * rate).ceil().max(1.0);
            let span_s = remaining_s / needed;
            kernel.limit(span_s);
            for &kind in &*active {
                let ports = kernel.implicit_step(kind, &mut phi[kind * size..(kind + 1) * size], inlet[kind], span_s);
                for (left, rate) in left[kind].iter_mut().zip(ports) {
                    *left += span_s * rate;
                }
            }
            *stages += 1;
            *last_s = span_s;
            remaining_s = if needed > 1.0 { remaining_s - span_s } else { 0.0 };
        }
    }

    /// What left by one port: the cells that the kernel counted, and liquid for the rest of `volume_ml`.
    fn outlet(&mut self, port: usize, volume_ml: f64) -> Mixture {
        let mut out = Mixture::EMPTY;
        for (Species { population, .. }, left) in self.kernel.species.iter().zip(&self.left) {
            out.add((*population).into(), left[port] * ML_PER_M3);
        }
        let liquid_ml = (volume_ml - out.cells_ml()).max(0.0);
        let held_ml = self.liquid.liquid_ml();
        if held_ml > 0.0 {
            let part = self.liquid * (liquid_ml / held_ml).min(1.0);
            self.liquid -= part;
            out += part;
        }
        out
    }

    /// How many Runge-Kutta stages have been computed: the measure of work.
    #[must_use]
    pub fn stages(&self) -> u64 {
        self.stages
    }

    /// Mean over the sections of a population's volume fraction, from the inner to the outer wall.
    #[must_use]
    pub fn profile(&self, population: Population) -> Vec<Layer> {
        let geometry = &self.kernel.geometry;
        let Grid { axial, radial } = geometry.grid;
        let length_m: f64 = geometry.step_m.iter().sum();
        let inner_m = self.parameters.inner_radius_mm * 1e-3;
        let fraction = |cell: usize| {
            let mut sum = 0.0;
            for (kind, species) in self.kernel.species.iter().enumerate() {
                if species.population == population {
                    for section in 0..axial {
                        sum += self.phi[(kind * axial + section) * radial + cell] * geometry.step_m[section] / length_m;
                    }
                }
            }
            sum
        };
        let layer = |(cell, faces): (usize, &[f64])| Layer {
            inner_m: inner_m + faces[0],
            outer_m: inner_m + faces[1],
            fraction: fraction(cell),
        };
        geometry.depth_m.windows(2).enumerate().map(layer).collect()
    }

    /// Volume fractions of one kind in the last section.
    fn last_section(&self, kind: usize) -> &[f64] {
        let Grid { axial, radial } = self.kernel.geometry.grid;
        let end = (kind + 1) * axial * radial;
        &self.phi[end - radial..end]
    }
}

/// The transport as a job for the widest vector unit that the processor has. The results do not depend on its width.
struct Transport<'a> {
    channel: &'a mut Channel,
    drive: Drive,
    dt_s: f64,
}

impl pulp::NullaryFnOnce for Transport<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        if self.channel.parameters.implicit {
            self.channel.transport_implicitly(&self.drive, self.dt_s);
        } else {
            self.channel.transport(&self.drive, self.dt_s);
        }
    }
}

pub(crate) fn is_cell(component: Component) -> bool {
    Population::ALL.iter().any(|&population| Component::from(population) == component)
}

impl Separator for Channel {
    /// Air that enters leaves at once with the plasma and takes its place. When the ports ask for more than enters,
    /// first the plasma and then the collect flow is cut.
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let fluid_ml = inlet.fluid_ml();
        let air_ml = inlet.get(Component::Air);
        let collect_ml = (settings.collect_flow * dt).ml().clamp(0.0, fluid_ml);
        let plasma_ml = ((settings.plasma_flow * dt).ml() - air_ml).clamp(0.0, fluid_ml - collect_ml);
        let red_ml = fluid_ml - collect_ml - plasma_ml;
        let per_s = 1.0 / (ML_PER_M3 * dt.seconds());
        let omega = settings.rotation.rad_s();
        self.admit(inlet);
        let liquid = Liquid::of(&self.liquid, &self.fluids, &self.parameters);
        let excess = |(fraction, species): (&f64, &Species)| fraction * (species.density_kg_m3 - liquid.density_kg_m3);
        let drive = Drive {
            liquid,
            levelling_s: LEVELLING_S,
            inlet_excess_kg_m3: self.inlet.iter().zip(&self.kernel.species).map(excess).sum(),
            omega2: omega * omega,
            ports: PortFlows { plasma: plasma_ml * per_s, collect: collect_ml * per_s, red: red_ml * per_s },
        };
        pulp::Arch::new().dispatch(Transport { channel: self, drive, dt_s: dt.seconds() });
        self.liquid += inlet.only(|component| !is_cell(component) && component != Component::Air);
        let mut outlets = Outlets {
            plasma: self.outlet(0, plasma_ml),
            collect: self.outlet(1, collect_ml),
            red: self.outlet(2, red_ml),
        };
        outlets.plasma.add(Component::Air, air_ml);
        outlets
    }

    fn view(&self) -> View {
        let geometry = &self.kernel.geometry;
        let white: Vec<usize> = (0..self.kernel.species.len())
            .filter(|&kind| Population::WHITE.contains(&self.kernel.species[kind].population))
            .collect();
        let mut thickness_m = 0.0;
        for (cell, faces) in geometry.depth_m.windows(2).enumerate() {
            let fraction: f64 = white.iter().map(|&kind| self.last_section(kind)[cell]).sum();
            if fraction > self.parameters.camera_white_layer {
                thickness_m += faces[1] - faces[0];
            }
        }
        let interface_m = crossing(self.last_section(0), self.parameters.camera_threshold, &geometry.depth_m);
        View { interface_mm: interface_m * 1e3, buffy_thickness_mm: thickness_m * 1e3, ..View::default() }
    }

    fn contents(&self) -> Mixture {
        let geometry = &self.kernel.geometry;
        let size = geometry.volume_m3.len();
        let mut contents = self.liquid;
        for &kind in &self.active {
            let phi = &self.phi[kind * size..(kind + 1) * size];
            let volume_m3: f64 = phi.iter().zip(&geometry.volume_m3).map(|(phi, volume)| phi * volume).sum();
            contents.add(self.kernel.species[kind].population.into(), volume_m3 * ML_PER_M3);
        }
        contents
    }
}

/// Depth (m) at which `phi` first reaches the threshold, counted from the inner wall and interpolated between the
/// middles of the cells, whose faces lie at `depth_m`.
pub(crate) fn crossing(phi: &[f64], threshold: f64, depth_m: &[f64]) -> f64 {
    let middle = |cell: usize| 0.5 * (depth_m[cell] + depth_m[cell + 1]);
    match phi.iter().position(|&phi| phi >= threshold) {
        None => depth_m[phi.len()],
        Some(0) => 0.0,
        Some(cell) => {
            let part = (threshold - phi[cell - 1]) / (phi[cell] - phi[cell - 1]);
            middle(cell - 1) + part * (middle(cell) - middle(cell - 1))
        }
    }
}
