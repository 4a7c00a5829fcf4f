//! An elutriation chamber behind the collect port of another separator.
//!
//! The collect stream enters at the chamber's outer end and flows inwards, against the centrifugal field; the effluent is
//! what leaves by the collect port. Cells that settle faster than the liquid rises stay: of each kind, with N of them in
//! the volume V and the flow Q through the area A,
//!
//! ```text
//! leaving per second = N / V max(0, Q - A w)        w = v (1 - phi)^n
//! v = shape d^2 (rho - rho_liquid) omega^2 r / (18 mu)
//! ```
//!
//! So platelets and red cells (which are discs and settle more slowly than spheres of their volume) are washed out,
//! and white cells gather until their crowding phi has slowed them to the flow: then they spill. Sizes vary within a
//! population, and so do densities: each is carried as nine kinds of equal number. When it is flushed, the collect pump
//! draws plasma through the chamber the other way round, so that settling helps: Q + A w. What lies before the collect
//! port of the other separator waits there meanwhile.

use leuka_blood::quantity::{FlowRate, TimeSpan};
use leuka_blood::{CellTable, Component, FluidTable, Mixture, PerPopulation, Population, math};

use crate::closure::Liquid;
use crate::filter::{ChamberParameters, filled};
use crate::{Error, Outlets, Separator, Settings, View};

/// Kinds of cells in each population.
const KINDS: usize = 9;

/// Part of what leaves that can be cells.
const DENSEST: f64 = 0.9;

/// A separator with an elutriation chamber behind its collect port.
#[derive(Debug, Clone)]
pub struct Chamber<S> {
    inner: S,
    parameters: ChamberParameters,
    channel: crate::Parameters,
    cells: CellTable,
    fluids: FluidTable,
    /// Cells of each kind, slowest first, mL.
    held_ml: PerPopulation<[f64; KINDS]>,
    liquid: Mixture,
    /// Deviation of the kinds from the population's mean, in standard deviations.
    deviation: [f64; KINDS],
    /// Rise of the liquid while the chamber fills, without the pump's ripple, m/s.
    filling_m_s: f64,
    load: f64,
    entered: Mixture,
}

impl<S: Separator> Chamber<S> {
    /// Puts a chamber that is filled with `prime` behind `inner` (any amount of cell-free fluid: only its composition
    /// counts; air and cells are ignored).
    ///
    /// # Errors
    /// [`Error::Prime`] when `prime` holds no liquid.
    pub fn new(
        inner: S,
        parameters: ChamberParameters,
        channel: &crate::Parameters,
        blood: &leuka_blood::Parameters,
        prime: &Mixture,
    ) -> Result<Self, Error> {
        let liquid = filled(&liquid_of(prime), parameters.volume_ml)?;
        #[expect(clippy::cast_precision_loss, reason = "nine kinds")]
        let middle = |kind: usize| math::normal_quantile((kind as f64 + 0.5) / KINDS as f64);
        Ok(Self {
            inner,
            parameters,
            channel: *channel,
            cells: blood.cells,
            fluids: blood.fluids,
            held_ml: PerPopulation::default(),
            liquid,
            deviation: core::array::from_fn(middle),
            filling_m_s: 0.0,
            load: 0.0,
            entered: Mixture::EMPTY,
        })
    }

    /// Settling speeds of a population's kinds in the chamber without crowding, m/s.
    fn speeds(&self, population: Population, liquid: &Liquid, field_m_s2: f64) -> [f64; KINDS] {
        let cell = &self.cells[population];
        let shape = if population == Population::Erythrocyte { self.parameters.red_cell_shape } else { 1.0 };
        let diameter_m = cell.diameter_um * 1e-6;
        let excess_kg_m3 = cell.density_g_ml * 1e3 - liquid.density_kg_m3;
        let mean = shape * diameter_m * diameter_m * excess_kg_m3 * field_m_s2 / (18.0 * liquid.viscosity_pa_s);
        let size = 2.0 * self.parameters.size_spread;
        let density = cell.density_sd_g_ml * 1e3 / excess_kg_m3;
        let spread = math::sqrt(size * size + density * density);
        self.deviation.map(|deviation| mean * (1.0 + spread * deviation).max(0.0))
    }

    /// Lets `stream` in and as much out; air passes at once.
    fn pass(&mut self, stream: &Mixture, settings: &Settings, dt_s: f64) -> Mixture {
        let (volume_ml, air) = (stream.fluid_ml(), Mixture::air(stream.get(Component::Air)));
        if volume_ml <= 0.0 {
            return air;
        }
        for population in Population::ALL {
            #[expect(clippy::cast_precision_loss, reason = "nine kinds")]
            let each_ml = stream.cell_ml(population) / KINDS as f64;
            self.held_ml[population].iter_mut().for_each(|held_ml| *held_ml += each_ml);
        }
        self.liquid += liquid_of(stream);
        let leaving = self.leaving(volume_ml, settings, dt_s);
        let out = self.take(&leaving, volume_ml);
        let liquid_ml = volume_ml - out.cells_ml();
        let part = self.liquid * (liquid_ml / self.liquid.fluid_ml()).clamp(0.0, 1.0);
        self.liquid -= part;
        out + part + air
    }

    /// Which part of each kind leaves, and how far the chamber is filled.
    fn leaving(&mut self, volume_ml: f64, settings: &Settings, dt_s: f64) -> PerPopulation<[f64; KINDS]> {
        let ChamberParameters { volume_ml: chamber_ml, area_cm2, radius_mm, .. } = self.parameters;
        let omega = settings.rotation.rad_s();
        let field_m_s2 = omega * omega * radius_mm * 1e-3;
        let liquid = Liquid::of(&self.liquid, &self.fluids, &self.channel);
        let sum = |population: Population| self.held_ml[population].iter().sum::<f64>();
        let crowding = Population::ALL.into_iter().map(sum).sum::<f64>() / chamber_ml;
        let hindered = math::pow((1.0 - crowding).max(0.0), self.channel.hindrance_exponent);
        let rise_m_s = volume_ml * 1e-6 / dt_s / (area_cm2 * 1e-4);
        let exchange = volume_ml / chamber_ml;
        let white = Population::WHITE.into_iter().map(sum).sum::<f64>() / chamber_ml;
        let slowest = self.speeds(Population::TCell, &liquid, field_m_s2)[KINDS / 2];
        if !settings.flush {
            // Cells in suspension answer to a change of flow within the time that exchanges them.
            let before_m_s = if self.filling_m_s > 0.0 { self.filling_m_s } else { rise_m_s };
            self.filling_m_s = before_m_s + (rise_m_s - before_m_s) * exchange / (1.0 + exchange);
        }
        self.load = white / full(self.filling_m_s / slowest, self.channel.hindrance_exponent);
        PerPopulation::from_fn(|population| {
            self.speeds(population, &liquid, field_m_s2).map(|speed_m_s| {
                let settling = speed_m_s * hindered / rise_m_s;
                let gone = exchange * if settings.flush { 1.0 + settling } else { (1.0 - settling).max(0.0) };
                gone / (1.0 + gone)
            })
        })
    }

    /// Takes these parts out, as far as `volume_ml` can hold them.
    fn take(&mut self, leaving: &PerPopulation<[f64; KINDS]>, volume_ml: f64) -> Mixture {
        let parts = |population: Population| self.held_ml[population].iter().zip(&leaving[population]);
        let of = |population| parts(population).map(|(held_ml, part)| held_ml * part).sum::<f64>();
        let cells_ml: f64 = Population::ALL.into_iter().map(of).sum();
        let scale = if cells_ml > DENSEST * volume_ml { DENSEST * volume_ml / cells_ml } else { 1.0 };
        let mut out = Mixture::EMPTY;
        for population in Population::ALL {
            for (held_ml, part) in self.held_ml[population].iter_mut().zip(&leaving[population]) {
                let gone_ml = *held_ml * part * scale;
                *held_ml -= gone_ml;
                out.add(population.into(), gone_ml);
            }
        }
        out
    }
}

/// Volume fraction of cells that a flow holds in suspension when it rises at the part `rise` of their settling speed
/// (Richardson and Zaki); never nothing.
fn full(rise: f64, exponent: f64) -> f64 {
    (1.0 - math::pow(rise.clamp(0.0, 1.0), 1.0 / exponent)).max(1e-3)
}

fn liquid_of(mixture: &Mixture) -> Mixture {
    let is_cell = |component| Population::ALL.iter().any(|&population| Component::from(population) == component);
    mixture.only(|component| !is_cell(component) && component != Component::Air)
}

impl<S: Separator> Separator for Chamber<S> {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let inner = if settings.flush {
            let plasma_flow = settings.plasma_flow + settings.collect_flow;
            Settings { plasma_flow, collect_flow: FlowRate::ZERO, flush: false, ..*settings }
        } else {
            *settings
        };
        let mut outlets = self.inner.advance(inlet, &inner, dt);
        if settings.flush {
            let wanted_ml = (settings.collect_flow * dt).ml();
            let plasma = draw_fluid(&mut outlets.plasma, wanted_ml);
            outlets.collect = self.pass(&plasma, settings, dt.seconds());
        } else {
            if outlets.collect.fluid_ml() > 0.0 {
                self.entered = outlets.collect;
            }
            outlets.collect = self.pass(&outlets.collect, settings, dt.seconds());
        }
        outlets
    }

    fn view(&self) -> View {
        View { chamber_load: Some(self.load), before_chamber: Some(self.entered), ..self.inner.view() }
    }

    fn contents(&self) -> Mixture {
        let mut contents = self.inner.contents() + self.liquid;
        for (population, held_ml) in self.held_ml.iter() {
            contents.add(population.into(), held_ml.iter().sum());
        }
        contents
    }
}

/// Draws `volume_ml` of the fluid of `mixture`; air stays.
fn draw_fluid(mixture: &mut Mixture, volume_ml: f64) -> Mixture {
    let air_ml = mixture.get(Component::Air);
    mixture.set(Component::Air, 0.0);
    let drawn = mixture.draw(volume_ml);
    mixture.add(Component::Air, air_ml);
    drawn
}
