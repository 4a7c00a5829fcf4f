//! Kynch sedimentation in a rotating drum.
//!
//! A suspension of even fraction phi0 between R0 and R1, flux f = phi (1 - phi)^n. By characteristics, with k = s omega^2:
//!
//! ```text
//! plateau         d phi / d(kt) = -2 f(phi)
//! clear front     r_i = R0 sqrt(phi0 / phi)
//! sediment front  phi_m (R1^2 - r_s^2) + phi (r_s^2 - r_i^2) = phi0 (R1^2 - R0^2)      (one shock, n = 1 and 2)
//! ```

use leuka_blood::math;

use super::batch::{Batch, CELL, layers, spin};
use super::{Convergence, Figure, Findings};
use crate::{Channel, Error};

const INNER_M: f64 = 0.08;
const OUTER_M: f64 = 0.10;
const FRACTION: f64 = 0.35;
const PACKING: f64 = 0.70;
/// Between two readings.
const KT: f64 = 0.05;
const GRIDS: [usize; 4] = [96, 192, 384, 768];
/// Readings of which the profile's error is a mean: where a shock lies within its cell changes it from one to the next.
const READINGS: u32 = 16;
/// Layers for the order in time: few, so that the error stands out from that of the hindrance table (1e-9).
const FEW: usize = 24;
/// How many times shorter than in production the steps are: so short that no step has to be taken again.
const FINER: [u8; 4] = [4, 8, 16, 32];
/// Layers across the gap for the figures.
const CELLS: usize = 100;
/// The published answers have six decimals, in volume fraction and in metres.
const TOLERANCE: f64 = 1e-6;

/// Plateau, clear front and sediment front.
#[derive(Debug, Clone, Copy)]
struct Layers {
    plateau: f64,
    clear_m: f64,
    sediment_m: f64,
}

/// The plateau's fraction after `kt`, by the classical Runge-Kutta method with steps that leave nothing but round-off.
fn plateau(start: f64, exponent: f64, kt: f64) -> f64 {
    const STEPS: u32 = 1000;
    let rate = |phi: f64| -2.0 * phi * math::pow(1.0 - phi, exponent);
    let step = kt / f64::from(STEPS);
    (0..STEPS).fold(start, |phi, _| {
        let first = rate(phi);
        let second = rate(phi + 0.5 * step * first);
        let third = rate(phi + 0.5 * step * second);
        let fourth = rate(phi + step * third);
        phi + step / 6.0 * (first + 2.0 * (second + third) + fourth)
    })
}

fn exact(exponent: f64, kt: f64) -> Layers {
    let plateau = plateau(FRACTION, exponent, kt);
    Layers {
        plateau,
        clear_m: INNER_M * math::sqrt(FRACTION / plateau),
        sediment_m: OUTER_M * math::sqrt((PACKING - FRACTION) / (PACKING - plateau)),
    }
}

/// Reads the layers from a profile: the volume of cells on either side of a front places it within a cell of the grid.
fn found(channel: &Channel) -> Layers {
    let profile = channel.profile(CELL);
    let middle = profile.len() / 2;
    let plateau = profile[middle].fraction;
    let (mut clear, mut heavy) = (0.0, 0.0);
    for cell in &profile {
        let area = cell.outer_m * cell.outer_m - cell.inner_m * cell.inner_m;
        if cell.inner_m < profile[middle].inner_m {
            clear += (1.0 - cell.fraction / plateau) * area;
        } else {
            heavy += (cell.fraction - plateau) / (PACKING - plateau) * area;
        }
    }
    Layers {
        plateau,
        clear_m: math::sqrt(INNER_M * INNER_M + clear),
        sediment_m: math::sqrt(OUTER_M * OUTER_M - heavy),
    }
}

/// Mean difference of the whole profile from the exact layers, relative to all cells; the inner half only without a
/// sharp sediment.
fn difference(channel: &Channel, exact: Layers, sharp: bool) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    let end_m = if sharp { OUTER_M } else { 0.5 * (INNER_M + OUTER_M) };
    for cell in channel.profile(CELL).iter().filter(|cell| cell.outer_m <= end_m) {
        let area = |from: f64, to: f64| (to * to - from * from).max(0.0);
        let clear = area(cell.inner_m, cell.outer_m.min(exact.clear_m));
        let heavy = if sharp { area(cell.inner_m.max(exact.sediment_m), cell.outer_m) } else { 0.0 };
        let whole = area(cell.inner_m, cell.outer_m);
        let aim = exact.plateau * (whole - clear - heavy) + PACKING * heavy;
        sum += (cell.fraction * whole - aim).abs();
        all += FRACTION * whole;
    }
    sum / all
}

fn batch(exponent: f64, radial: usize) -> Batch {
    Batch {
        inner_m: INNER_M,
        outer_m: OUTER_M,
        fraction: FRACTION,
        exponent,
        packing: PACKING,
        refined: false,
        grid: layers(radial),
    }
}

/// Figures at k t = 0.05 and 0.10, and how the plateau and the profile converge.
pub(super) fn findings(exponent: f64) -> Result<Findings, Error> {
    let sharp = exponent < 4.0;
    let mut figures = Vec::new();
    let mut channel = batch(exponent, CELLS).channel()?;
    for kt in [KT, 2.0 * KT] {
        spin(&mut channel, KT);
        let (exact, found) = (exact(exponent, kt), found(&channel));
        let mut push = |name: &str, unit, exact: f64, computed| {
            let name = format!("{name} at kt = {kt:.2}, {CELLS} cells");
            figures.push(Figure { name, unit, exact, computed, tolerance: TOLERANCE });
        };
        push("plateau", "", exact.plateau, found.plateau);
        push("clear front", "m", exact.clear_m, found.clear_m);
        if sharp {
            push("sediment front", "m", exact.sediment_m, found.sediment_m);
        }
    }
    let plateaus = FINER.iter().map(|finer| Ok((usize::from(*finer), plateau_error(exponent, *finer)?)));
    let profiles = GRIDS.iter().map(|cells| Ok((*cells, profile_error(exponent, *cells, sharp)?)));
    let convergence = vec![
        Convergence {
            name: "plateau, shorter and shorter steps (second order)".into(),
            refined: "times finer",
            errors: plateaus.collect::<Result<_, Error>>()?,
            least_order: 1.8,
        },
        Convergence {
            // Where waves run into shocks the error goes as h ln(1/h): 0.82 between these grids.
            name: "profile with its shocks, L1 (first order up to a logarithm)".into(),
            refined: "cells",
            errors: profiles.collect::<Result<_, Error>>()?,
            least_order: 0.8,
        },
    ];
    Ok(Findings { figures, convergence })
}

/// Error of the plateau at k t = 0.10: nothing varies across it, so only the steps in time matter.
fn plateau_error(exponent: f64, finer: u8) -> Result<f64, Error> {
    let mut channel = batch(exponent, FEW).channel_in_steps(f64::from(finer))?;
    spin(&mut channel, 2.0 * KT);
    Ok((found(&channel).plateau - exact(exponent, 2.0 * KT).plateau).abs())
}

/// Mean of the profile's error from k t = 0.05 to 0.10.
fn profile_error(exponent: f64, cells: usize, sharp: bool) -> Result<f64, Error> {
    let mut channel = batch(exponent, cells).channel()?;
    spin(&mut channel, KT);
    let step = KT / f64::from(READINGS);
    let mut sum = 0.0;
    for reading in 1..=READINGS {
        spin(&mut channel, step);
        sum += difference(&channel, exact(exponent, KT + step * f64::from(reading)), sharp);
    }
    Ok(sum / f64::from(READINGS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(found: f64, published: f64, tolerance: f64) {
        assert!((found - published).abs() <= tolerance, "{found} against {published}");
    }

    #[test]
    fn the_exact_answers_are_the_published_ones() {
        for (exponent, kt, plateau, clear, sediment) in [
            (1.0, 0.05, 0.327605, 0.0826892, 0.096946),
            (1.0, 0.10, 0.305968, 0.0855630, 0.094247),
            (2.0, 0.05, 0.335195, 0.081748, 0.097950),
            (2.0, 0.10, 0.320386, 0.083616, 0.096020),
        ] {
            let exact = exact(exponent, kt);
            same(exact.plateau, plateau, 6e-7);
            same(exact.clear_m, clear, 6e-7);
            same(exact.sediment_m, sediment, 6e-7);
        }
        for (kt, plateau, clear) in [(0.05, 0.345230, 0.080551), (0.10, 0.340362, 0.081125)] {
            let exact = exact(4.65, kt);
            same(exact.plateau, plateau, 6e-7);
            same(exact.clear_m, clear, 6e-7);
        }
    }

    #[test]
    fn without_hindrance_to_the_first_power_the_plateau_has_a_closed_form() {
        let odds = FRACTION / (1.0 - FRACTION) * math::exp(-0.2);
        same(plateau(FRACTION, 1.0, 0.1), odds / (1.0 + odds), 1e-14);
    }
}
