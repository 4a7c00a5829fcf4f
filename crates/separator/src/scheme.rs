//! The loops of the finite-volume scheme: limited slopes, fluxes along the channel, and the balance of each cell. Plain
//! slices over the whole grid, so that they run on the vector unit.

use crate::grid::{Geometry, Grid};

/// The smaller value; for numbers only, so that it is one instruction.
#[inline(always)]
pub(crate) fn least(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}

/// The larger value; for numbers only, so that it is one instruction.
#[inline(always)]
pub(crate) fn most(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

/// Slope limited by the differences on both sides (monotonised central, van Leer 1977).
#[inline(always)]
pub(crate) fn limited(before: f64, after: f64) -> f64 {
    let middle = 0.5 * (before + after);
    let (before, after) = (before + before, after + after);
    most(0.0, least(middle, least(before, after))) + least(0.0, most(middle, most(before, after)))
}

/// Limited slopes across the gap; zero in the cells at the walls.
#[inline(always)]
pub(crate) fn inner_slopes(phi: &[f64], radial: usize, slope: &mut [f64]) {
    let size = phi.len();
    let (last, here, next) = (&phi[..size - 2], &phi[1..size - 1], &phi[2..]);
    let middle = &mut slope[1..size - 1];
    for cell in 0..size - 2 {
        middle[cell] = limited(here[cell] - last[cell], next[cell] - here[cell]);
    }
    for section in slope.chunks_mut(radial) {
        section[0] = 0.0;
        section[radial - 1] = 0.0;
    }
}

/// The value on the outer side of each cell's outer face. What it says at the outer wall has no meaning.
#[inline(always)]
pub(crate) fn outer_state(phi: &[f64], face: &mut [f64]) {
    let size = phi.len();
    let (here, next, after) = (&phi[..size - 2], &phi[1..size - 1], &phi[2..]);
    let inner = &mut face[..size - 2];
    for cell in 0..size - 2 {
        inner[cell] = next[cell] - 0.5 * limited(next[cell] - here[cell], after[cell] - next[cell]);
    }
    face[size - 2] = phi[size - 1];
    face[size - 1] = phi[size - 1];
}

/// Volume of one kind of cell through the upstream face of each cell and through the outlet, m3/s.
#[inline(always)]
pub(crate) fn axial_flux(phi: &[f64], flows: &[f64], inlet: f64, radial: usize, along: &mut [f64]) {
    let size = phi.len();
    for (along, flow) in along[..radial].iter_mut().zip(flows) {
        *along = flow * inlet;
    }
    // The first and the last section have a neighbour on one side only and pass on their mean.
    for (place, from, to) in
        [(radial, 0, radial), (size - radial, size - 2 * radial, size - radial), (size, size - radial, size - radial)]
    {
        let sides = phi[from..from + radial].iter().zip(&phi[to..to + radial]);
        for ((along, flow), (here, after)) in along[place..].iter_mut().zip(&flows[place..place + radial]).zip(sides) {
            *along = most(*flow, 0.0) * here + least(*flow, 0.0) * after;
        }
    }
    let inner = size - 3 * radial;
    let (before, here) = (&phi[..inner], &phi[radial..][..inner]);
    let (after, beyond) = (&phi[2 * radial..][..inner], &phi[3 * radial..][..inner]);
    let (flows, along) = (&flows[2 * radial..][..inner], &mut along[2 * radial..][..inner]);
    for cell in 0..inner {
        let step = after[cell] - here[cell];
        let downstream = here[cell] + 0.5 * limited(here[cell] - before[cell], step);
        let upstream = after[cell] - 0.5 * limited(step, beyond[cell] - after[cell]);
        along[cell] = most(flows[cell], 0.0) * downstream + least(flows[cell], 0.0) * upstream;
    }
}

/// Volume fractions below this are set to zero: processors handle the smallest floats a hundred times more slowly.
pub(crate) const NOTHING: f64 = 1e-60;

/// The balance of each cell.
#[inline(always)]
pub(crate) fn update(phi: &mut [f64], flux: &[f64], along: &[f64], inverse_volume: &[f64], dt_s: f64) {
    let size = phi.len();
    let (into, out) = (&along[..size], &along[along.len() - size..]);
    let balance = |phi: f64, inverse_volume: f64, gain: f64| {
        let value = phi + dt_s * inverse_volume * gain;
        if value.abs() > NOTHING { value } else { 0.0 }
    };
    phi[0] = balance(phi[0], inverse_volume[0], into[0] - out[0] - flux[0]);
    let (phi, inverse_volume) = (&mut phi[1..], &inverse_volume[1..size]);
    let (into, out, inner, outer) = (&into[1..], &out[1..], &flux[..size - 1], &flux[1..size]);
    for cell in 0..size - 1 {
        let gain = inner[cell] - outer[cell] + into[cell] - out[cell];
        phi[cell] = balance(phi[cell], inverse_volume[cell], gain);
    }
}

/// The balance of each cell with the fluxes across the gap at the end of the step: one tridiagonal system per section,
/// solved by elimination, all sections side by side. `outward` and `inward` are the flows out through the outer face of
/// each cell per volume fraction in it, and in through it per volume fraction behind it; `upper` and `known` are room to work.
#[inline(always)]
pub(crate) fn settle_implicitly(
    phi: &mut [f64],
    geometry: &Geometry,
    (outward, inward): (&[f64], &[f64]),
    along: &[f64],
    dt_s: f64,
    (upper, known): (&mut [f64], &mut [f64]),
) {
    let Grid { axial, radial } = geometry.grid;
    let size = phi.len();
    let (into, out) = (&along[..size], &along[along.len() - size..]);
    let per_s = 1.0 / dt_s;
    for place in 0..size {
        upper[place] = geometry.volume_m3[place] * per_s;
        known[place] = phi[place] * upper[place] + into[place] - out[place];
    }
    for cell in 0..radial {
        for section in 0..axial {
            let place = section * radial + cell;
            let (mut diagonal, mut right) = (upper[place] + outward[place], known[place]);
            if cell > 0 {
                diagonal += inward[place - 1] - outward[place - 1] * upper[place - 1];
                right += outward[place - 1] * known[place - 1];
            }
            let pivot = 1.0 / diagonal;
            upper[place] = inward[place] * pivot;
            known[place] = right * pivot;
        }
    }
    for cell in (0..radial).rev() {
        for section in 0..axial {
            let place = section * radial + cell;
            let after = if cell + 1 < radial { upper[place] * phi[place + 1] } else { 0.0 };
            let value = known[place] + after;
            phi[place] = if value > NOTHING { value } else { 0.0 };
        }
    }
}
