//! Dilute cells that only drift outwards: dr/dt = k r, with k = s omega^2.

use leuka_blood::math;
use leuka_blood::quantity::STANDARD_GRAVITY_M_S2;

use super::batch::{Batch, CELL, layers, spin_at};
use super::smooth::bump;
use super::{Convergence, Figure, Findings};
use crate::{Channel, Error};

/// k at 200 g at 0.10 m for a sedimentation coefficient in s, 1/s.
fn rate(coefficient_s: f64) -> f64 {
    coefficient_s * 200.0 * STANDARD_GRAVITY_M_S2 / 0.10
}

fn dilute(inner_m: f64, outer_m: f64, radial: usize) -> Batch {
    Batch { inner_m, outer_m, fraction: 1e-6, exponent: 4.48, packing: 0.95, refined: false, grid: layers(radial) }
}

fn area(inner_m: f64, outer_m: f64) -> f64 {
    outer_m * outer_m - inner_m * inner_m
}

/// The time in which a smooth band of dilute neutrophils moves from 0.095 to 0.100 m, from the mean radius of its cells.
pub(super) fn single_cell() -> Result<Findings, Error> {
    let rate = rate(1.727e-7);
    let exact = math::ln(0.100 / 0.095) / rate;
    let mut errors = Vec::new();
    let mut figures = Vec::new();
    for cells in [52, 100, 200, 400] {
        let computed = travel_time(rate, cells)?;
        errors.push((cells, (computed - exact).abs()));
        if cells == 100 {
            // A cell of 0.15 mm is crossed in 0.45 s; a hundredth of that is left.
            let name = "time from 0.095 to 0.100 m, 100 cells".into();
            figures.push(Figure { name, unit: "s", exact, computed, tolerance: 0.005 });
        }
    }
    let name = "time (the limiter flattens the peak: first to second order)".into();
    let convergence = vec![Convergence { name, refined: "cells", errors, least_order: 1.0 }];
    Ok(Findings { figures, convergence })
}

fn travel_time(rate: f64, cells: usize) -> Result<f64, Error> {
    const STEP_S: f64 = 0.1;
    let mut channel = dilute(0.09, 0.105, cells).channel()?;
    channel.shape(CELL, |faces| 1e-6 * bump(0.5 * (faces.radius_m.0 + faces.radius_m.1), 0.095, 0.002));
    let start = mean_radius(&channel);
    let aim = start * 0.100 / 0.095;
    let (mut seconds, mut before) = (0.0, start);
    loop {
        spin_at(&mut channel, rate, STEP_S);
        let now = mean_radius(&channel);
        if now >= aim || seconds > 60.0 {
            return Ok(seconds + STEP_S * math::ln(aim / before) / math::ln(now / before));
        }
        seconds += STEP_S;
        before = now;
    }
}

fn mean_radius(channel: &Channel) -> f64 {
    let (mut moment, mut sum) = (0.0, 0.0);
    for cell in channel.profile(CELL) {
        let cells = cell.fraction * area(cell.inner_m, cell.outer_m);
        moment += cells * 0.5 * (cell.inner_m + cell.outer_m);
        sum += cells;
    }
    moment / sum
}

/// Plug flow through an annulus catches what a batch catches in the residence time: the part of the platelets
/// (s = 8.4e-9 s) that has reached the outer wall at 200 g, after 60 and 300 s.
pub(super) fn plug_flow_capture() -> Result<Findings, Error> {
    const CELLS: usize = 400;
    let rate = rate(8.4e-9);
    let exact = |seconds: f64| (area(0.10 * math::exp(-rate * seconds), 0.10) / area(0.095, 0.10)).min(1.0);
    let mut figures = Vec::new();
    let mut channel = dilute(0.095, 0.10, CELLS).channel()?;
    // What is left after 300 s is a few per cent behind a front two or three cells wide: one cell of 400.
    for (seconds, more, tolerance) in [(60.0, 60.0, 1e-5), (300.0, 240.0, 1.0 / 400.0)] {
        spin_at(&mut channel, rate, more);
        let name = format!("captured part after {seconds} s, {CELLS} cells");
        figures.push(Figure { name, unit: "", exact: exact(seconds), computed: caught(&channel), tolerance });
    }
    let mut errors = Vec::new();
    for cells in [52, 100, 200, 400, 800] {
        let mut channel = dilute(0.095, 0.10, cells).channel()?;
        spin_at(&mut channel, rate, 300.0);
        errors.push((cells, (caught(&channel) - exact(300.0)).abs()));
    }
    let name = "captured part after 300 s (a front reaches the wall: first order)".into();
    Ok(Findings { figures, convergence: vec![Convergence { name, refined: "cells", errors, least_order: 0.9 }] })
}

/// Part of the cells that lies on the outer wall.
fn caught(channel: &Channel) -> f64 {
    let profile = channel.profile(CELL);
    let held = |cell: &crate::Layer| cell.fraction * area(cell.inner_m, cell.outer_m);
    let (last, others) = (&profile[profile.len() - 1], &profile[..profile.len() - 1]);
    let suspended: f64 = others.iter().map(held).sum();
    // The last cell holds the sediment and, as its neighbour, suspension.
    let beside = others[others.len() - 1].fraction * area(last.inner_m, last.outer_m);
    1.0 - (suspended + beside) / (suspended + held(last))
}
