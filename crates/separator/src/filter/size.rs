//! A microfluidic size filter: the middle stream keeps large cells, and small ones leave it sidewards through gaps.
//!
//! The collect port takes the middle stream. Of a population whose cells have the diameter d,
//!
//! ```text
//! part to the collect port = r + (1 - r) / (1 + (d_c / d)^s)
//! ```
//!
//! where r is the part of the flow that the port takes: cells that gaps cannot tell apart go with the flow. The cut d_c
//! rises with the haematocrit beyond that of its measurement, because crowded cells push each other through; so
//! blood is diluted before, in a small mixer. Without a collect flow nothing is kept.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{CellTable, Component, FluidTable, Mixture, Population, math};

use super::{Demand, Parameters, SizeParameters, filled, viscosity_pa_s};
use crate::{Error, Outlets, Separator, Settings, View};

/// The filter with its mixer.
#[derive(Debug, Clone)]
pub struct SizeFilter {
    parameters: SizeParameters,
    channel: crate::Parameters,
    cells: CellTable,
    fluids: FluidTable,
    inside: Mixture,
    pressure_mmhg: f64,
}

impl SizeFilter {
    /// A filter filled with `prime` (any amount: only its composition counts; air is ignored).
    ///
    /// # Errors
    /// [`Error::Prime`] when `prime` holds no fluid.
    pub fn new(
        parameters: &Parameters,
        channel: &crate::Parameters,
        blood: &leuka_blood::Parameters,
        prime: &Mixture,
    ) -> Result<Self, Error> {
        let parameters = parameters.size;
        Ok(Self {
            channel: *channel,
            cells: blood.cells,
            fluids: blood.fluids,
            inside: filled(prime, parameters.void_ml + parameters.mixer_ml)?,
            pressure_mmhg: 0.0,
            parameters,
        })
    }

    /// Part of a population that stays in the middle stream whatever the flows are.
    fn kept(&self, population: Population, hematocrit: f64) -> f64 {
        let SizeParameters { cut_um, steepness, red_cell_um, crowding, hematocrit: reference, .. } = self.parameters;
        let size_um = match population {
            Population::Erythrocyte => red_cell_um,
            _ => self.cells[population].diameter_um,
        };
        let cut_um = cut_um * (1.0 + crowding * (hematocrit - reference).max(0.0));
        1.0 / (1.0 + math::pow(cut_um / size_um, steepness))
    }

    /// Takes `collect_ml` of `stream`, with more than their share of large cells.
    fn middle(&self, stream: &mut Mixture, collect_ml: f64) -> Mixture {
        let share = if stream.fluid_ml() > 0.0 { collect_ml / stream.fluid_ml() } else { 0.0 };
        let hematocrit = stream.hematocrit();
        let mut middle = Mixture::EMPTY;
        if share > 0.0 {
            for population in Population::ALL {
                let part = share + (1.0 - share) * self.kept(population, hematocrit);
                middle.add(population.into(), stream.cell_ml(population) * part);
            }
        }
        // Packed cells would fill the middle stream; the rest of them goes sidewards.
        let cells_ml = middle.cells_ml();
        if cells_ml > collect_ml {
            middle = middle * (collect_ml / cells_ml);
        }
        *stream -= middle;
        let liquid = stream.only(|component| !Population::ALL.iter().any(|&cell| Component::from(cell) == component));
        let liquid =
            liquid * ((collect_ml - middle.cells_ml()) / liquid.fluid_ml().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        *stream -= liquid;
        middle + liquid
    }
}

impl Separator for SizeFilter {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let demand = Demand::of(inlet, settings, dt);
        self.inside += inlet.only(|component| component != Component::Air);
        let viscosity_mpa_s = viscosity_pa_s(&self.inside, &self.fluids, &self.channel) * 1e3;
        self.pressure_mmhg = self.parameters.resistance * viscosity_mpa_s * demand.fluid_ml / dt.minutes();
        let mut stream = self.inside.draw(demand.fluid_ml);
        let collect = self.middle(&mut stream, demand.collect_ml);
        let mut plasma = stream.draw(demand.plasma_ml);
        plasma.add(Component::Air, inlet.get(Component::Air));
        Outlets { red: stream, collect, plasma }
    }

    fn view(&self) -> View {
        View { pressure_mmhg: self.pressure_mmhg, ..View::default() }
    }

    fn contents(&self) -> Mixture {
        self.inside
    }
}
