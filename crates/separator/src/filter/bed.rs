//! A packed bed that cells adhere to.
//!
//! Iwasaki's law along the bed, for each class of cell: the suspended concentration c falls with depth z as
//!
//! ```text
//! dc/dz = -lambda c        lambda = lambda_0 (Q_0 / Q)^m (1 - s / s_u)
//! ```
//!
//! where s counts the cells that adhere and s_u the places for them; white cells share theirs, platelets have their
//! own. lambda_0 goes from its value in citrate to that in heparin with the free part of the plasma's calcium. The bed
//! is a row of layers, each with its liquid mixed: what a layer keeps of what passes it is exact for a steady deposit
//! (Iwasaki 1937), however few the layers are. What adheres narrows the void, and the pressure follows Kozeny's law,
//! with p the porosity left and S the surface of the packing over its volume:
//!
//! ```text
//! dP/dz = k mu (Q / A) S^2 (1 - p)^2 / p^3
//! ```
//!
//! When it is flushed nothing adheres, and what can be washed off leaves with a characteristic volume of liquid.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{CellTable, Component, FluidTable, Mixture, PerPopulation, Population, math};

use super::{Adhesion, BedKind, BedParameters, Demand, PA_PER_MMHG, Parameters, filled, viscosity_pa_s};
use crate::{Error, Outlets, Separator, Settings, View};

/// Part of a layer's liquid that is exchanged at once, at the most.
const MOST_EXCHANGE: f64 = 0.25;
/// Void that is always left, as part of the bed.
const LEAST_POROSITY: f64 = 0.02;

/// A depth filter or an adsorption column.
#[derive(Debug, Clone)]
pub struct Bed {
    adhesion: Adhesion,
    bed: BedParameters,
    channel: crate::Parameters,
    cells: CellTable,
    fluids: FluidTable,
    layers: Vec<Layer>,
    void_ml: f64,
    pressure_mmhg: f64,
}

/// One layer; liquid and deposit together always have the same volume.
#[derive(Debug, Clone, Copy)]
struct Layer {
    liquid: Mixture,
    /// What adheres and can be washed off, and what stays, mL of cells.
    loose: PerPopulation<f64>,
    firm: PerPopulation<f64>,
}

/// lambda dz of a clean layer, for each population.
type Thickness = PerPopulation<f64>;

impl Bed {
    /// A bed filled with `prime` (any amount: only its composition counts; air is ignored).
    ///
    /// # Errors
    /// [`Error::Prime`] when `prime` holds no fluid.
    pub fn new(
        kind: BedKind,
        parameters: &Parameters,
        channel: &crate::Parameters,
        blood: &leuka_blood::Parameters,
        prime: &Mixture,
    ) -> Result<Self, Error> {
        let (adhesion, bed) = (parameters.adhesion, *parameters.bed(kind));
        let void_ml = bed.area_cm2 * bed.depth_cm * bed.porosity;
        #[expect(clippy::cast_precision_loss, reason = "a bed has few layers")]
        let liquid = filled(prime, void_ml / adhesion.layers as f64)?;
        let clean = Layer { liquid, loose: PerPopulation::default(), firm: PerPopulation::default() };
        Ok(Self {
            adhesion,
            bed,
            channel: *channel,
            cells: blood.cells,
            fluids: blood.fluids,
            layers: vec![clean; adhesion.layers],
            void_ml,
            pressure_mmhg: 0.0,
        })
    }

    /// What adheres now.
    #[must_use]
    pub fn deposit(&self) -> Mixture {
        self.layers.iter().fold(Mixture::EMPTY, |sum, layer| sum + layer.deposit())
    }

    /// Free part of the calcium in a mixture's liquid, when each citrate binds one calcium.
    fn free_calcium(&self, mixture: &Mixture) -> f64 {
        let calcium = mixture.per_litre_liquid(Component::Calcium);
        let citrate = mixture.per_litre_liquid(Component::Citrate);
        if calcium <= 0.0 {
            return 0.0;
        }
        let dissociation = 1.0 / self.adhesion.calcium_affinity;
        // free^2 + (citrate - calcium + dissociation) free - dissociation calcium = 0
        let half = 0.5 * (citrate - calcium + dissociation);
        (math::sqrt(half * half + dissociation * calcium) - half) / calcium
    }

    /// lambda dz of a clean layer.
    fn thickness(&self, inlet: &Mixture, flow_ml_min: f64) -> Thickness {
        let Adhesion { calcium_low, calcium_high, flow_exponent, .. } = self.adhesion;
        let calcium = ((self.free_calcium(inlet) - calcium_low) / (calcium_high - calcium_low)).clamp(0.0, 1.0);
        let flow = math::pow(self.bed.reference_ml_min / flow_ml_min, flow_exponent);
        #[expect(clippy::cast_precision_loss, reason = "a bed has few layers")]
        let share = flow / self.layers.len() as f64;
        PerPopulation::from_fn(|population| {
            let whole = |capture: f64| -math::ln_1p(-capture);
            let (free, bound) = (whole(self.bed.free.of(population)), whole(self.bed.citrate.of(population)));
            (bound + (free - bound) * calcium) * share
        })
    }

    /// Lets `inlet` pass, which is small against a layer.
    fn pass(&mut self, inlet: Mixture, thickness: Option<&Thickness>) -> Mixture {
        let Self { layers, bed, cells, .. } = self;
        #[expect(clippy::cast_precision_loss, reason = "a bed has few layers")]
        let count = layers.len() as f64;
        let washed = -math::exp_m1(-inlet.fluid_ml() / bed.elution_ml);
        layers.iter_mut().fold(inlet, |stream, layer| match thickness {
            Some(thickness) => {
                let places = |capacity: f64| capacity / count;
                let room = [places(bed.white_capacity), places(bed.platelet_capacity)];
                layer.adhere(stream, thickness, room, bed.elution, cells)
            }
            None => layer.wash(stream, washed),
        })
    }

    /// Pressure that the bed takes at a flow, mmHg.
    fn pressure(&self, flow_ml_min: f64) -> f64 {
        let BedParameters { area_cm2, depth_cm, surface_per_mm, .. } = self.bed;
        let velocity_m_s = flow_ml_min * 1e-6 / 60.0 / (area_cm2 * 1e-4);
        let surface_per_m = surface_per_mm * 1e3;
        #[expect(clippy::cast_precision_loss, reason = "a bed has few layers")]
        let (layer_m, layer_ml) = {
            let count = self.layers.len() as f64;
            (depth_cm * 1e-2 / count, area_cm2 * depth_cm / count)
        };
        let gradient = |layer: &Layer| {
            let open = (layer.liquid.fluid_ml() / layer_ml).max(LEAST_POROSITY);
            let packing = (1.0 - open) * (1.0 - open) / (open * open * open);
            self.adhesion.kozeny
                * viscosity_pa_s(&layer.liquid, &self.fluids, &self.channel)
                * velocity_m_s
                * surface_per_m
                * surface_per_m
                * packing
        };
        self.layers.iter().map(gradient).sum::<f64>() * layer_m / PA_PER_MMHG
    }
}

impl Layer {
    fn deposit(&self) -> Mixture {
        let mut deposit = Mixture::EMPTY;
        for population in Population::ALL {
            deposit.add(population.into(), self.loose[population] + self.firm[population]);
        }
        deposit
    }

    /// Part of the places that are taken: by white cells, and by platelets.
    fn taken(&self, [white, platelets]: [f64; 2], cells: &CellTable) -> [f64; 2] {
        let count =
            |population: Population| (self.loose[population] + self.firm[population]) / cells[population].volume_ml();
        [Population::WHITE.into_iter().map(count).sum::<f64>() / white, count(Population::Platelet) / platelets]
    }

    /// Lets a stream in, keeps what adheres of it, and lets as much volume out.
    fn adhere(
        &mut self,
        stream: Mixture,
        thickness: &Thickness,
        room: [f64; 2],
        loose: f64,
        cells: &CellTable,
    ) -> Mixture {
        let volume_ml = stream.fluid_ml();
        let exchange = volume_ml / self.liquid.fluid_ml();
        let [white, platelets] = self.taken(room, cells);
        self.liquid += stream;
        for population in Population::ALL {
            let taken = if population == Population::Platelet { platelets } else { white };
            let kept = exchange * math::exp_m1(thickness[population] * (1.0 - taken).max(0.0));
            let held_ml = self.liquid.cell_ml(population);
            let adhering_ml = held_ml * kept / (1.0 + exchange + kept);
            self.liquid.set(population.into(), held_ml - adhering_ml);
            self.loose[population] += loose * adhering_ml;
            self.firm[population] += (1.0 - loose) * adhering_ml;
        }
        self.liquid.draw(volume_ml)
    }

    /// Lets a stream in, washes the part `washed` of what is loose off into it, and lets as much volume out.
    fn wash(&mut self, stream: Mixture, washed: f64) -> Mixture {
        self.liquid += stream;
        for population in Population::ALL {
            let off_ml = self.loose[population] * washed;
            self.loose[population] -= off_ml;
            self.liquid.add(population.into(), off_ml);
        }
        self.liquid.draw(stream.fluid_ml())
    }
}

impl Separator for Bed {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let demand = Demand::of(inlet, settings, dt);
        let air_ml = inlet.get(Component::Air);
        let fluid = inlet.only(|component| component != Component::Air);
        let flow_ml_min = demand.fluid_ml / dt.minutes();
        let mut effluent = Mixture::EMPTY;
        if demand.fluid_ml > 0.0 {
            let thickness = (!settings.flush).then(|| self.thickness(&fluid, flow_ml_min));
            #[expect(clippy::cast_precision_loss, reason = "a bed has few layers")]
            let layer_ml = self.void_ml / self.layers.len() as f64;
            let steps = math::ceil(demand.fluid_ml / (MOST_EXCHANGE * layer_ml));
            let portion = fluid * (1.0 / steps);
            let mut step = 0.0;
            while step < steps {
                effluent += self.pass(portion, thickness.as_ref());
                step += 1.0;
            }
        }
        self.pressure_mmhg = self.pressure(flow_ml_min);
        let collect = effluent.draw(demand.collect_ml);
        let mut plasma = effluent.draw(demand.plasma_ml);
        plasma.add(Component::Air, air_ml);
        Outlets { red: effluent, collect, plasma }
    }

    fn view(&self) -> View {
        View { pressure_mmhg: self.pressure_mmhg, ..View::default() }
    }

    fn contents(&self) -> Mixture {
        self.layers.iter().fold(self.deposit(), |sum, layer| sum + layer.liquid)
    }
}
