//! Smooth states without shocks, on the spacing of the production grid: here a second-order scheme must show it.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Mixture, math};

use super::batch::{Batch, CELL, spin};
use super::{Convergence, Findings};
use crate::field::Faces;
use crate::{Channel, Error, Grid, Separator, Settings};

const INNER_M: f64 = 0.0825;
const OUTER_M: f64 = 0.0875;
const LENGTH_M: f64 = 0.5;
const HEIGHT_M: f64 = 0.03;

fn batch(grid: Grid, exponent: f64) -> Batch {
    Batch { inner_m: INNER_M, outer_m: OUTER_M, fraction: 1e-9, exponent, packing: 0.95, refined: true, grid }
}

/// A bump of height 1 around `middle` that ends, four times differentiable, at the distance `half`.
pub(super) fn bump(place: f64, middle: f64, half: f64) -> f64 {
    let away = (place - middle) / half;
    let near = (1.0 - away * away).max(0.0);
    near * near * near * near
}

/// Mean of a function over a cell by Gauss quadrature, weighted with `weight`.
fn mean((from, to): (f64, f64), weight: impl Fn(f64) -> f64, value: impl Fn(f64) -> f64) -> f64 {
    // Nodes and weights of the rule of five points.
    const RULE: [(f64, f64); 5] = [
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let (mut sum, mut all) = (0.0, 0.0);
    for (node, share) in RULE {
        let place = 0.5 * (from + to) + 0.5 * (to - from) * node;
        sum += share * weight(place) * value(place);
        all += share * weight(place);
    }
    sum / all
}

/// Mean difference between the channel and an exact state, relative to all cells.
fn error(channel: &Channel, exact: impl Fn(&Faces) -> f64) -> f64 {
    let mut other = channel.clone();
    other.shape(CELL, exact);
    let volumes = &channel.kernel.geometry.volume_m3;
    let (mut sum, mut all) = (0.0, 0.0);
    for ((computed, exact), volume) in channel.field(CELL).fraction.iter().zip(&other.field(CELL).fraction).zip(volumes)
    {
        sum += volume * (computed - exact).abs();
        all += volume * exact;
    }
    sum / all
}

/// A layer of up to 20 % settles with n = 1. On each characteristic phi falls as on a plateau, and r^2 phi (1 - phi)
/// stays what it was.
pub(super) fn across() -> Result<Findings, Error> {
    const KT: f64 = 0.01;
    let start = |radius_m: f64| 0.2 * bump(radius_m, 0.0847, 0.0018);
    let decay = math::exp(-2.0 * KT);
    // Where the cells that start at a radius are after kt, and their fraction.
    let moved = |radius_m: f64| {
        let before = start(radius_m);
        let odds = before / (1.0 - before) * decay;
        let after = odds / (1.0 + odds);
        let ratio = if before > 0.0 { before * (1.0 - before) / (after * (1.0 - after)) } else { 1.0 + 2.0 * KT };
        (radius_m * math::sqrt(ratio), after)
    };
    let exact = |radius_m: f64| {
        let (mut low, mut high) = (0.9 * INNER_M, OUTER_M);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if moved(middle).0 < radius_m { low = middle } else { high = middle }
        }
        moved(low).1
    };
    let over_cell = |value: &dyn Fn(f64) -> f64, faces: &Faces| mean(faces.radius_m, |radius| radius, value);
    let mut errors = Vec::new();
    for radial in [64, 128, 256, 512] {
        let mut channel = batch(Grid { axial: 4, radial }, 1.0).channel()?;
        channel.shape(CELL, |faces| over_cell(&start, faces));
        spin(&mut channel, KT);
        errors.push((radial, error(&channel, |faces| over_cell(&exact, faces))));
    }
    let name = "profile across the gap (L1: second order)".into();
    Ok(Findings {
        figures: vec![],
        convergence: vec![Convergence { name, refined: "cells", errors, least_order: 1.8 }],
    })
}

/// A dilute cloud is carried along by the flow between two walls, `u = 6 Q s (H - s) / (h H^3)`; each layer keeps to
/// itself and moves, unrolled at the middle radius, as fast as the mean of u over it.
pub(super) fn along() -> Result<Findings, Error> {
    const FLOW_ML_MIN: f64 = 60.0;
    const SECONDS: f64 = 20.0;
    let gap = OUTER_M - INNER_M;
    let middle_m = 0.5 * (INNER_M + OUTER_M);
    let speed = |(inner, outer): (f64, f64)| {
        // The flow between the inner wall and a depth, as a part of the whole.
        let inside = |radius: f64| {
            let depth = (radius - INNER_M) / gap;
            depth * depth * (3.0 - 2.0 * depth)
        };
        let flow_m3_s = FLOW_ML_MIN * 1e-6 / 60.0 * (inside(outer) - inside(inner));
        flow_m3_s / (HEIGHT_M * (outer - inner)) * middle_m / (0.5 * (inner + outer))
    };
    let cloud = |faces: &Faces, seconds: f64| {
        let shift = speed(faces.radius_m) * seconds;
        1e-9 * mean(faces.along_m, |_| 1.0, |place| bump(place - shift, 0.35 * LENGTH_M, 0.25 * LENGTH_M))
    };
    let settings = Settings {
        rotation: RotationalSpeed::ZERO,
        plasma_flow: FlowRate::from_ml_min(30.0),
        collect_flow: FlowRate::ZERO,
        flush: false,
    };
    let inlet = Mixture::saline(FLOW_ML_MIN * SECONDS / 60.0);
    let mut errors = Vec::new();
    for axial in [64, 128, 256, 512] {
        let mut channel = batch(Grid { axial, radial: 16 }, 4.48).channel()?;
        channel.shape(CELL, |faces| cloud(faces, 0.0));
        channel.advance(&inlet, &settings, TimeSpan::from_seconds(SECONDS));
        errors.push((axial, error(&channel, |faces| cloud(faces, SECONDS))));
    }
    let name = "cloud along the channel (L1: second order)".into();
    Ok(Findings {
        figures: vec![],
        convergence: vec![Convergence { name, refined: "cells", errors, least_order: 1.8 }],
    })
}
