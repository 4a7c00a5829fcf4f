//! What must hold exactly: every balance, and flows and fluids at their limits.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population};

use super::{Figure, Findings};
use crate::{Channel, Error, Grid, Outlets, Parameters, Sample, Separator, Settings};

const GRID: Grid = Grid { axial: 8, radial: 32 };
/// What adding up a minute's flow may leave, mL.
const ROUND_OFF_ML: f64 = 1e-10;

fn channel(prime: &Mixture) -> Result<Channel, Error> {
    Channel::new(&Parameters::embedded()?, &leuka_blood::Parameters::embedded()?, GRID, prime)
}

fn settings(rpm: f64, plasma_ml_min: f64, collect_ml_min: f64) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rpm(rpm),
        plasma_flow: FlowRate::from_ml_min(plasma_ml_min),
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        flush: false,
    }
}

/// 1 mL with every population.
fn blood() -> Result<Mixture, Error> {
    let sample = Sample { blast_pct: 5.0, ..Sample::default() };
    let mixture = sample.mixture(&leuka_blood::Parameters::embedded()?);
    Ok(mixture * (1.0 / mixture.volume_ml()))
}

fn sum(outlets: &Outlets) -> Mixture {
    outlets.red + outlets.collect + outlets.plasma
}

fn figure(name: &str, unit: &'static str, exact: f64, computed: f64, tolerance: f64) -> Figure {
    Figure { name: name.into(), unit, exact, computed, tolerance }
}

/// The largest error of any balance in any step of a second, relative to what was handled, and the extremes of the
/// volume fractions.
pub(super) fn conservation() -> Result<Findings, Error> {
    let mut channel = channel(&Mixture::saline(1.0))?;
    let inlet = blood()? + Mixture::air(0.01);
    let (mut worst, mut lowest, mut highest) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut before = channel.contents();
    for second in 0..100 {
        let rpm = 900.0 + 10.0 * f64::from(second);
        let outlets = channel.advance(&inlet, &settings(rpm, 26.0, 1.0), TimeSpan::from_seconds(1.0));
        let after = channel.contents();
        for component in Component::ALL {
            let handled = before.get(component) + inlet.get(component);
            let error = handled - sum(&outlets).get(component) - after.get(component);
            worst = worst.max(error.abs() / handled.max(f64::MIN_POSITIVE));
        }
        lowest = channel.phi.iter().copied().fold(lowest, f64::min);
        let mut total = vec![0.0; GRID.axial * GRID.radial];
        for phi in channel.phi.chunks(total.len()) {
            total.iter_mut().zip(phi).for_each(|(sum, phi)| *sum += phi);
        }
        highest = total.into_iter().fold(highest, f64::max);
        before = after;
    }
    let limit = channel.parameters.packing_limit;
    let figures = vec![
        figure("largest relative error of any balance in a step", "", 0.0, worst, 1e-12),
        figure("lowest volume fraction of any kind of cell, after any second", "", 0.0, lowest, 0.0),
        figure("volume fraction beyond the packing limit, after any second", "", 0.0, (highest - limit).max(0.0), 0.0),
    ];
    Ok(Findings { figures, convergence: vec![] })
}

pub(super) fn findings() -> Result<Findings, Error> {
    let second = TimeSpan::from_seconds(1.0);
    let minute = TimeSpan::from_minutes(1.0);
    let mut figures = Vec::new();

    let mut still = channel(&blood()?)?;
    let out = still.advance(&Mixture::EMPTY, &settings(1200.0, 30.0, 1.0), minute);
    figures.push(figure("no flow: volume that leaves", "mL", 0.0, sum(&out).volume_ml(), 0.0));

    let mut plasma = channel(&Mixture::saline(1.0))?;
    let inlet = Mixture::of(Component::Plasma, 60.0);
    let out = plasma.advance(&inlet, &settings(1200.0, 30.0, 1.0), minute);
    figures.push(figure("plasma alone: cells that leave", "mL", 0.0, sum(&out).cells_ml(), 0.0));
    figures.push(figure(
        "plasma alone: by the plasma port in a minute",
        "mL",
        30.0,
        out.plasma.volume_ml(),
        ROUND_OFF_ML,
    ));
    figures.push(figure("plasma alone: interface", "mm", plasma.parameters.gap_mm, plasma.view().interface_mm, 0.0));

    let mut red = channel(&Mixture::of(Component::Erythrocyte, 1.0))?;
    let inlet = Mixture::of(Component::Erythrocyte, 60.0);
    let out = red.advance(&inlet, &settings(1200.0, 30.0, 1.0), minute);
    figures.push(figure("red cells alone: liquid that leaves", "mL", 0.0, sum(&out).liquid_ml(), ROUND_OFF_ML));
    figures.push(figure("red cells alone: volume that leaves", "mL", 60.0, sum(&out).volume_ml(), ROUND_OFF_ML));
    figures.push(figure("red cells alone: interface", "mm", 0.0, red.view().interface_mm, 0.0));

    let mut closed = channel(&blood()?)?;
    let out = closed.advance(&blood()?, &settings(1200.0, 0.0, 0.0), second);
    let others = (out.plasma + out.collect).volume_ml();
    figures.push(figure("plasma and collect port closed: volume through them", "mL", 0.0, others, 0.0));
    figures.push(figure(
        "plasma and collect port closed: by the red-cell port",
        "mL",
        1.0,
        out.red.volume_ml(),
        ROUND_OFF_ML,
    ));

    let out = closed.advance(&blood()?, &settings(1200.0, 59.0, 1.0), second);
    figures.push(figure(
        "no flow left for the red-cell port: volume through it",
        "mL",
        0.0,
        out.red.volume_ml(),
        ROUND_OFF_ML,
    ));
    let white = |port: &Mixture| Population::WHITE.iter().map(|&kind| port.cell_ml(kind)).sum::<f64>();
    figures.push(figure(
        "no flow left for the red-cell port: white cells through it",
        "mL",
        0.0,
        white(&out.red),
        ROUND_OFF_ML,
    ));
    Ok(Findings { figures, convergence: vec![] })
}
