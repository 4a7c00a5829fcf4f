//! The flow along the channel: a lubrication profile in each section.
//!
//! `0 = -dp/dx + d/dr(mu(phi) du/dr)` with no slip on both walls, scaled so that the flow through the section is Q. The
//! viscosity is constant inside a cell, so the profile is piecewise quadratic and is integrated exactly.

use crate::grid::Geometry;

/// Geometric factors of the profile, one per cell.
#[derive(Debug, Clone)]
pub(crate) struct Lubrication {
    /// Integral of s over the cell, with s the distance from the inner wall.
    first: Vec<f64>,
    /// Integral of (s^2 - s_low^2)/2 over the cell.
    second: Vec<f64>,
    /// Integral of (s - s_low) over the cell.
    half: Vec<f64>,
    width_m: Vec<f64>,
}

impl Lubrication {
    pub(crate) fn new(geometry: &Geometry) -> Self {
        let squares = |low: f64, high: f64| 0.5 * (high * high - low * low);
        let cubes = |low: f64, high: f64| (high * high * high - low * low * low) / 6.0 - 0.5 * low * low * (high - low);
        let over = |f: &dyn Fn(f64, f64) -> f64| geometry.depth_m.windows(2).map(|pair| f(pair[0], pair[1])).collect();
        Self {
            first: over(&squares),
            second: over(&cubes),
            half: over(&|low, high| 0.5 * (high - low) * (high - low)),
            width_m: over(&|low, high| high - low),
        }
    }

    /// Writes the flow through each cell of a section (m3/s, adding up to `flow_m3_s`), given the fluidity 1/mu of its
    /// cells in any unit, and the shear rate |du/dr| (1/s) at the outer face of each cell.
    pub(crate) fn section(
        &self,
        fluidity: &[f64],
        flow_m3_s: f64,
        height_m: f64,
        flows: &mut [f64],
        shear: &mut [f64],
    ) {
        let cells = flows.len();
        let (mut moment, mut sum) = (0.0, 0.0);
        for ((fluidity, first), width) in fluidity.iter().zip(&self.first).zip(&self.width_m) {
            moment += fluidity * first;
            sum += fluidity * width;
        }
        // Where the stress vanishes.
        let neutral = moment / sum;
        let (mut speed, mut total, mut face) = (0.0, 0.0, 0.0);
        for cell in 0..cells {
            flows[cell] = speed * self.width_m[cell] - fluidity[cell] * (self.second[cell] - neutral * self.half[cell]);
            total += flows[cell];
            speed -= fluidity[cell] * (self.first[cell] - neutral * self.width_m[cell]);
            face += self.width_m[cell];
            let next = fluidity[(cell + 1).min(cells - 1)];
            shear[cell] = 0.5 * (fluidity[cell] + next) * (face - neutral).abs();
        }
        let scale = flow_m3_s / total;
        for (flow, shear) in flows.iter_mut().zip(shear) {
            *flow *= scale;
            *shear *= scale / height_m;
        }
    }
}
