//! Separators: what enters as blood leaves as red cells, collected white cells and plasma.
//!
//! Owns the physics of separation and nothing else: pumps, lines, sensors and control live in other crates. A
//! [`Separator`] takes what entered during a time step and the settings, and hands back what left by each port. Every
//! component is conserved to round-off. [`Channel`] is the full model of a continuous-flow centrifuge: settling of many
//! kinds of cells across the gap of a rotating channel while they flow along it. [`filter`] holds the separators that
//! need no rotor, and [`Chamber`] puts an elutriation chamber behind the collect port of any other.
//!
//! Glossary
//! - bed: the packed red cells at the outer wall.
//! - buffy coat: the layer of white cells (and platelets) that floats on the bed.
//! - interface: where the bed ends, as the camera sees it.
//! - haematocrit: volume fraction of red cells.
//! - collect port: where the product is drawn, at the level of the buffy coat.
//! - elutriation: cells are held by settling against a flow that carries slower ones away.
//! - elution: cells that adhere to a filter are washed off it again.

mod chamber;
mod channel;
mod closure;
mod data;
mod field;
pub mod filter;
mod grid;
mod kernel;
mod flow;
mod ports;
mod sample;
mod scheme;
pub mod stage;
pub mod steady;
pub mod verification;
mod watched;

use leuka_blood::Mixture;
use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};

pub use chamber::Chamber;
pub use channel::{Channel, Layer};
pub use data::Parameters;
pub use field::Field;
pub use grid::Grid;
pub use sample::Sample;
pub use stage::Stage;
pub use watched::Watched;

/// What the machine sets: the speed, and the flows of the two ports that have a pump. What enters and leaves by neither
/// of them leaves by the red-cell port.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Speed of the centrifuge.
    pub rotation: RotationalSpeed,
    /// Flow of the plasma port.
    pub plasma_flow: FlowRate,
    /// Flow of the collect port.
    pub collect_flow: FlowRate,
    /// What is held (in an elutriation chamber, on a depth filter) is to leave by the collect port.
    pub flush: bool,
}

/// What left during a step. The volumes add up to what entered.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Outlets {
    /// By the red-cell port, at the outer wall.
    pub red: Mixture,
    /// By the collect port, between the two others.
    pub collect: Mixture,
    /// By the plasma port, at the inner wall; air leaves here.
    pub plasma: Mixture,
}

/// What perfect instruments see. Noise and failures belong to the machine.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct View {
    /// Distance from the inner wall to where the red cells pass the camera's threshold, mm. The whole gap when there is
    /// no bed, 0 when red cells reach the inner wall.
    pub interface_mm: f64,
    /// Thickness of the layer in which white cells pass the camera's threshold, mm.
    pub buffy_thickness_mm: f64,
    /// Pressure that the separator itself takes from inlet to return, mmHg; 0 where the machine's lines decide it.
    pub pressure_mmhg: f64,
    /// How far the elutriation chamber is filled by the white cells that it holds: 1 where lymphocytes without spread
    /// would spill; the slowest spill before. `None` without a chamber.
    pub chamber_load: Option<f64>,
    /// What last came out of the collect port of a centrifuge into the elutriation chamber, where the optics stand.
    /// `None` without a chamber: then it is what leaves by the collect port.
    pub before_chamber: Option<Mixture>,
}

/// Anything that parts blood into three streams.
pub trait Separator {
    /// Takes what entered during `dt` and returns what left. The volume inside stays the same.
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets;
    /// What the instruments would see now.
    fn view(&self) -> View;
    /// Everything that is inside now.
    fn contents(&self) -> Mixture;
}

impl<S: Separator + ?Sized> Separator for Box<S> {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        (**self).advance(inlet, settings, dt)
    }

    fn view(&self) -> View {
        (**self).view()
    }

    fn contents(&self) -> Mixture {
        (**self).contents()
    }
}

/// Why a separator cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The grid does not suit the scheme.
    #[error(
        "a channel grid of {axial} x {radial} cells cannot be used: give at least 4 along the flow, and across the gap at least 8 and a multiple of 4"
    )]
    Grid {
        /// Cells along the flow.
        axial: usize,
        /// Cells across the gap.
        radial: usize,
    },
    /// A parameter file is wrong.
    #[error(transparent)]
    Parameters(#[from] leuka_blood::parameters::Error),
    /// The stage's table does not fit.
    #[error(
        "the stage's table is not made for {what}: take the full channel (--separator channel), or make the table again with `cargo xtask tables`"
    )]
    Stage {
        /// What it is not made for.
        what: String,
    },
    /// There is nothing to fill it with.
    #[error(
        "a separator cannot be filled with {fluid_ml} mL of fluid: give the priming fluid as a mixture that contains some"
    )]
    Prime {
        /// Fluid offered, mL.
        fluid_ml: f64,
    },
}
