//! The reduced separator: the channel's steady states from a table, and the few dynamics that a procedure feels.
//!
//! A `Table` tells what the channel does when it is steady, for a packing factor, inlet haematocrit, collect share, white
//! count and collect haematocrit. The stage keeps
//!
//! - the red cells inside, an integrator: what enters and does not leave raises the bed. The table says how many red cells
//!   the channel holds at each haematocrit of the collect line; the stage reads this backwards, and so finds the interface
//!   and what each port draws.
//! - the cells of every other kind inside. They leave as fast as they do at steady state, N / (h T), with T the time in
//!   which the inlet flow fills the channel and h what the table says is held in such times; the table also parts them
//!   between the ports. High counts fill the buffy coat, and less of them is caught: the table knows.
//! - the liquid, well mixed, as the channel does.
//!
//! ```text
//! dR/dt = red cells in - red cells out(R)        dN_k/dt = in - N_k / (h_k T)
//! ```
//!
//! Not covered: starch, and liquids much denser or more viscous than blood with the usual anticoagulant. A bed that does
//! not reach up to the collect port, or that has passed it, is drawn by geometry; below the table's least packing factor
//! the ports draw more and more alike.

mod lattice;
pub mod survey;
pub mod table;

use leuka_blood::quantity::{STANDARD_GRAVITY_M_S2, TimeSpan};
use leuka_blood::{Component, Mixture, PerPopulation, Population, math};

use crate::channel::{ML_PER_M3, is_cell};
use crate::data::Parameters;
use crate::grid::Geometry;
use crate::{Error, Outlets, Separator, Settings, View};
use lattice::{Curves, Lattice};
use survey::{Class, ENVELOPE};
use table::{Conditions, Operation, Place};

/// Time in which the bed and the layers on it answer to a change of what enters, transits.
const ANSWER: f64 = 0.3;
/// Distance below the lowest tabulated interface over which red and white cells stop reaching the collect port, mm.
const RED_REACH_MM: f64 = 0.1;
const WHITE_REACH_MM: f64 = 0.3;
/// Volume fraction of white cells in the layer that the camera sees as buffy coat.
const BUFFY_FRACTION: f64 = 0.35;
/// Part of what leaves by a port that can be cells.
const DENSEST: f64 = 0.95;

/// The reduced separator.
#[derive(Debug, Clone)]
pub struct Stage {
    curves: Curves,
    classes: PerPopulation<Option<Class>>,
    parameters: Parameters,
    volume_ml: f64,
    contents: Mixture,
    /// What enters, as the layers feel it: flow (mL/s), haematocrit, collect share, white cells (1e9/L).
    flow_ml_s: f64,
    conditions: Conditions,
    white_ml_per_cell: PerPopulation<f64>,
    view: View,
}

impl Stage {
    /// A stage for a channel of these parameters, filled with `prime` (any amount of cell-free fluid: only its composition
    /// counts; air and cells are ignored).
    ///
    /// # Errors
    /// [`Error::Stage`] when the table was made with other parameters, or of other cells, than are given;
    /// [`Error::Prime`] when `prime` holds no liquid.
    pub fn new(parameters: &Parameters, blood: &leuka_blood::Parameters, prime: &Mixture) -> Result<Self, Error> {
        let lattice = Lattice::embedded()?;
        let table = lattice.table();
        table.check(parameters, blood)?;
        let volume_ml = Geometry::new(parameters, parameters.grid)?.total_m3() * ML_PER_M3;
        let liquid = prime.only(|component| !is_cell(component) && component != Component::Air);
        if !(liquid.fluid_ml().is_finite() && liquid.fluid_ml() > 0.0) {
            return Err(Error::Prime { fluid_ml: liquid.fluid_ml() });
        }
        let mut classes = PerPopulation::default();
        for population in Population::ALL {
            classes[population] = table.class_of(population, blood)?;
        }
        let conditions =
            Conditions { packing: ENVELOPE[0][0], hematocrit: ENVELOPE[1][0], share: ENVELOPE[2][0], wbc_1e9_l: 0.0 };
        Ok(Self {
            curves: Curves::new(lattice, &conditions),
            classes,
            parameters: *parameters,
            volume_ml,
            contents: liquid * (volume_ml / liquid.fluid_ml()),
            flow_ml_s: 0.0,
            conditions,
            white_ml_per_cell: PerPopulation::from_fn(|population| blood.cells[population].volume_ml()),
            view: View { interface_mm: parameters.gap_mm, ..View::default() },
        })
    }

    /// Takes note of what enters and how fast the rotor turns.
    fn notice(&mut self, inlet: &Mixture, settings: &Settings, dt_s: f64) {
        let fluid_ml = inlet.fluid_ml();
        let part = (fluid_ml / (ANSWER * self.volume_ml)).min(1.0);
        let toward = |held: &mut f64, value: f64| *held += part * (value - *held);
        let flow_ml_s = fluid_ml / dt_s;
        let first = self.flow_ml_s <= 0.0;
        let white: f64 = Population::WHITE
            .iter()
            .map(|&population| inlet.cell_ml(population) / self.white_ml_per_cell[population])
            .sum();
        let share = (settings.collect_flow * TimeSpan::from_seconds(dt_s)).ml() / fluid_ml;
        if first {
            self.flow_ml_s = flow_ml_s;
        }
        toward(&mut self.flow_ml_s, flow_ml_s);
        toward(&mut self.conditions.hematocrit, inlet.get(Component::Erythrocyte) / fluid_ml);
        toward(&mut self.conditions.share, share);
        toward(&mut self.conditions.wbc_1e9_l, white * 1e-6 / fluid_ml);
        let omega = settings.rotation.rad_s();
        let radius_m = (self.parameters.inner_radius_mm + 0.5 * self.parameters.gap_mm) * 1e-3;
        let force = omega * omega * radius_m / STANDARD_GRAVITY_M_S2;
        self.conditions.packing = force * self.volume_ml / (60.0 * self.flow_ml_s);
        self.curves.follow(&self.conditions);
    }

    /// Where the bed stands and what it lets into each port.
    fn state(&self) -> State {
        let Parameters { gap_mm, collect_opening_mm, plasma_depth_mm, dam_depth_mm, .. } = self.parameters;
        let held = self.contents.get(Component::Erythrocyte) / self.volume_ml;
        let [lowest, highest] = self.curves.range();
        let mut steady = self.curves.holding(held);
        let mut white = 1.0;
        let mut overflow = 0.0;
        if held < lowest {
            let deeper_mm = (gap_mm - steady.interface_mm) * (1.0 - held / lowest);
            steady.interface_mm += deeper_mm;
            steady.collect_hematocrit *= math::exp(-deeper_mm / RED_REACH_MM);
            white = math::exp(-deeper_mm / WHITE_REACH_MM);
            // Red cells leave under the dam, which a thin bed fills in part.
            let at_dam = steady.red_hematocrit * (gap_mm - dam_depth_mm) / gap_mm;
            steady.red_hematocrit *= (held / at_dam.min(lowest)).min(1.0);
        } else if held > highest {
            let higher_mm = (held - highest) * gap_mm / steady.red_hematocrit;
            steady.interface_mm = (steady.interface_mm - higher_mm).max(0.0);
            let flooded = (higher_mm / collect_opening_mm).min(1.0);
            steady.collect_hematocrit += flooded * (steady.red_hematocrit - steady.collect_hematocrit).max(0.0);
            white = 1.0 - flooded;
            overflow = ((plasma_depth_mm - steady.interface_mm) / plasma_depth_mm).max(0.0);
            steady.plasma_hematocrit += overflow * (steady.red_hematocrit - steady.plasma_hematocrit).max(0.0);
        }
        State { steady, white, overflow }
    }

    /// How alike the ports draw: 0 where the rotor parts the blood, 1 where it stands still.
    fn mixing(&self) -> f64 {
        (1.0 - self.conditions.packing / ENVELOPE[0][0]).clamp(0.0, 1.0)
    }

    /// The cells that leave by each port, taken out of what is inside; `volumes` are those of plasma, collect and red line.
    fn release(&mut self, state: &State, volumes: [f64; 3]) -> [Mixture; 3] {
        let [plasma_ml, collect_ml, red_ml] = volumes;
        let fluid_ml = plasma_ml + collect_ml + red_ml;
        let mixing = self.mixing();
        let mut out = [Mixture::EMPTY; 3];
        let mut room = volumes.map(|volume| DENSEST * volume);
        let mut take = |contents: &mut Mixture, component: Component, wanted: [f64; 3]| {
            let held = contents.get(component);
            let sum: f64 = wanted.iter().sum();
            let scale = if sum > held { held / sum } else { 1.0 };
            for ((out, room), wanted) in out.iter_mut().zip(&mut room).zip(wanted) {
                let amount = (wanted * scale).min(*room);
                *room -= amount;
                out.set(component, amount);
                contents.add(component, -amount);
            }
        };
        let steady = &state.steady;
        let mixed = self.contents.get(Component::Erythrocyte) / self.volume_ml;
        let red = [steady.plasma_hematocrit, steady.collect_hematocrit, steady.red_hematocrit];
        let turnover = fluid_ml / self.volume_ml;
        let shares = [plasma_ml, collect_ml, red_ml].map(|volume| volume / fluid_ml);
        let tabulated = self.conditions.share.clamp(ENVELOPE[2][0], ENVELOPE[2][1]);
        for population in Population::WHITE.into_iter().chain([Population::Platelet]) {
            let Some(class) = self.classes[population] else { continue };
            let held = self.contents.cell_ml(population);
            if held <= 0.0 {
                continue;
            }
            let Operation { collect, plasma, holdup } = steady.classes[class as usize];
            // What the bed hides from the collect port stays on it, and leaves with the plasma when the bed overflows.
            let collect = collect * state.white * (shares[1] / tabulated).min(1.0);
            let plasma = if plasma_ml > 0.0 { plasma + state.overflow * (1.0 - plasma - collect) } else { 0.0 };
            let parts = [plasma, collect, (1.0 - plasma - collect).max(0.0)];
            let leaving = held * (turnover * (mixing + (1.0 - mixing) / holdup)).min(1.0);
            take(
                &mut self.contents,
                population.into(),
                core::array::from_fn(|port| leaving * (mixing * shares[port] + (1.0 - mixing) * parts[port])),
            );
        }
        take(
            &mut self.contents,
            Component::Erythrocyte,
            core::array::from_fn(|port| volumes[port] * (mixing * mixed + (1.0 - mixing) * red[port])),
        );
        out
    }

    fn look(&mut self, state: &State) {
        let white_ml: f64 = Population::WHITE.iter().map(|&population| self.contents.cell_ml(population)).sum();
        self.view.interface_mm = state.steady.interface_mm;
        self.view.buffy_thickness_mm =
            (white_ml / self.volume_ml * self.parameters.gap_mm / BUFFY_FRACTION).min(self.parameters.gap_mm);
    }
}

/// What the curves say at a place, and how far they are left behind.
struct State {
    steady: Place,
    /// Part of its cells that still reach the collect port.
    white: f64,
    /// Part of the bed's top that the plasma port draws.
    overflow: f64,
}

impl Separator for Stage {
    /// Air that enters leaves at once with the plasma and takes its place. When the ports ask for more than enters,
    /// first the plasma and then the collect flow is cut.
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let fluid_ml = inlet.fluid_ml();
        let air_ml = inlet.get(Component::Air);
        if fluid_ml <= 0.0 {
            return Outlets { plasma: Mixture::air(air_ml), ..Outlets::default() };
        }
        let collect_ml = (settings.collect_flow * dt).ml().clamp(0.0, fluid_ml);
        let plasma_ml = ((settings.plasma_flow * dt).ml() - air_ml).clamp(0.0, fluid_ml - collect_ml);
        let volumes = [plasma_ml, collect_ml, fluid_ml - collect_ml - plasma_ml];
        self.notice(inlet, settings, dt.seconds());
        let state = self.state();
        self.contents += *inlet;
        self.contents.set(Component::Air, 0.0);
        let mut out = self.release(&state, volumes);
        let mut liquid = self.contents;
        Population::ALL.into_iter().for_each(|population| liquid.set(population.into(), 0.0));
        let held_ml = liquid.liquid_ml();
        for (out, volume) in out.iter_mut().zip(volumes) {
            let part = liquid * ((volume - out.cells_ml()) / held_ml);
            self.contents -= part;
            *out += part;
        }
        self.look(&state);
        let [mut plasma, collect, red] = out;
        plasma.add(Component::Air, air_ml);
        Outlets { red, collect, plasma }
    }

    fn view(&self) -> View {
        self.view
    }

    fn contents(&self) -> Mixture {
        self.contents
    }
}
