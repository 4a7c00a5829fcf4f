//! Separators without a rotor: cells are told apart by what they stick to, or by their size.
//!
//! [`Bed`] is a packed bed that cells adhere to: a depth filter of fibre, which is eluted at the end, or an adsorption
//! column, which is not. [`SizeFilter`] is a microfluidic filter that parts the stream. In both, what the collect and
//! the plasma port do not ask for leaves by the red-cell port, and air passes at once, by the plasma port.

mod bed;
mod data;
mod size;
pub mod bench;

use leuka_blood::quantity::TimeSpan;
use leuka_blood::{Component, Mixture};

pub use bed::Bed;
pub(crate) use data::{Adhesion, BedParameters};
pub use data::{BedKind, ChamberParameters, Parameters, QualityParameters, SizeParameters};
pub use size::SizeFilter;

use crate::Settings;
use crate::closure::Liquid;

pub(crate) const PA_PER_MMHG: f64 = 133.322;

/// What a step asks for, mL: the fluid that enters, and where it is to go.
#[derive(Debug, Clone, Copy)]
struct Demand {
    fluid_ml: f64,
    collect_ml: f64,
    plasma_ml: f64,
}

impl Demand {
    /// When the ports ask for more than enters, first the plasma and then the collect flow is cut.
    fn of(inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Self {
        let fluid_ml = inlet.fluid_ml();
        let collect_ml = (settings.collect_flow * dt).ml().clamp(0.0, fluid_ml);
        let wanted_ml = (settings.plasma_flow * dt).ml() - inlet.get(Component::Air);
        Self { fluid_ml, collect_ml, plasma_ml: wanted_ml.clamp(0.0, fluid_ml - collect_ml) }
    }
}

/// Viscosity of a suspension (Krieger's law with exponent 2), Pa s.
fn viscosity_pa_s(mixture: &Mixture, fluids: &leuka_blood::FluidTable, parameters: &crate::Parameters) -> f64 {
    let fluid_ml = mixture.fluid_ml();
    let cells = if fluid_ml > 0.0 { mixture.cells_ml() / fluid_ml } else { 0.0 };
    let open = 1.0 - cells.min(parameters.packing_limit) / parameters.viscosity_packing;
    Liquid::of(mixture, fluids, parameters).viscosity_pa_s / (open * open)
}

/// `prime` without air, as much as fills `volume_ml`.
pub(crate) fn filled(prime: &Mixture, volume_ml: f64) -> Result<Mixture, crate::Error> {
    let fluid_ml = prime.fluid_ml();
    if !(fluid_ml.is_finite() && fluid_ml > 0.0) {
        return Err(crate::Error::Prime { fluid_ml });
    }
    Ok(prime.only(|component| component != Component::Air) * (volume_ml / fluid_ml))
}
