//! The mass balance of red cells: what does not leave with the plasma leaves by the red-cell port.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture};

use super::{Figure, Findings};
use crate::{Channel, Error, Grid, Parameters, Separator, Settings};

const GRIDS: [Grid; 4] = [
    Grid { axial: 8, radial: 32 },
    Grid { axial: 12, radial: 48 },
    Grid { axial: 16, radial: 64 },
    Grid { axial: 24, radial: 96 },
];
const MINUTES: u32 = 30;

/// A conservative scheme meets the balance on every grid, so there is no order; what is left is the approach to the
/// steady state.
pub(super) fn findings(tell: &mut dyn FnMut(f64)) -> Result<Findings, Error> {
    let mut figures = Vec::new();
    // A step costs with the cells and a minute needs steps with the sections: cube of the sections.
    let cost = |grid: Grid| f64::from(u32::try_from(grid.axial * grid.axial * grid.axial).unwrap_or(u32::MAX));
    let all: f64 = GRIDS.into_iter().map(cost).sum();
    let mut done = 0.0;
    for grid in GRIDS {
        let computed = red_hematocrit(grid, &mut |part| tell((done + part * cost(grid)) / all))?;
        done += cost(grid);
        let name = format!("haematocrit at the red-cell port, {} x {} cells", grid.axial, grid.radial);
        // After half an hour less than 2e-4 of the bed is still on its way to the steady state.
        figures.push(Figure { name, unit: "", exact: 0.75, computed, tolerance: 2e-4 });
    }
    Ok(Findings { figures, convergence: vec![] })
}

fn red_hematocrit(grid: Grid, tell: &mut dyn FnMut(f64)) -> Result<f64, Error> {
    let parameters = Parameters::embedded()?;
    let blood = leuka_blood::Parameters::embedded()?;
    let mut inlet = Mixture::of(Component::Plasma, 0.625);
    inlet.set(Component::Erythrocyte, 0.375);
    let mut channel = Channel::new(&parameters, &blood, grid, &inlet)?;
    let settings = Settings {
        rotation: RotationalSpeed::from_rpm(1500.0),
        plasma_flow: FlowRate::from_ml_min(30.0),
        collect_flow: FlowRate::ZERO,
        flush: false,
    };
    let mut red = Mixture::EMPTY;
    for minute in 0..MINUTES {
        tell(f64::from(minute) / f64::from(MINUTES));
        red = channel.advance(&(inlet * 60.0), &settings, TimeSpan::from_minutes(1.0)).red;
    }
    Ok(red.hematocrit())
}
