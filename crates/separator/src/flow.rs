//! The flow along the channel: a lubrication profile in each section.
//!
//! `0 = -dp/dx + d/dr(mu(phi) du/dr)` with no slip on both walls, and with the pressure that spinning puts on top of each
//! layer: `p(x, r) = p_i(x) + integral of rho a dr`. The profile is the sum of two: one driven by the pressure at the
//! inner wall, which carries the flow Q of the section, and one driven by the slope of the layers along the channel,
//! which carries none and levels them (an exchange flow, as in a gravity current).

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
    pub(crate) width_m: Vec<f64>,
    /// Distance of the middle of the cell from the inner wall.
    middle_m: Vec<f64>,
    stress: Vec<f64>,
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
            middle_m: over(&|low, high| 0.5 * (low + high)),
            stress: vec![0.0; geometry.grid.radial],
        }
    }

    /// Writes the flow through each cell of a section (m3/s, adding up to `flow_m3_s`), given the fluidity 1/mu of its
    /// cells in any unit, and the shear rate |du/dr| (1/s) at the outer face of each cell.
    #[inline(always)]
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

    /// Writes the exchange flow through each cell of a section (m3/s, adding up to zero) for layers that lie deeper
    /// downstream by 1 m per m: `tau = tau_0 + P s - a integral of (e - e_wall) ds`, `du/ds = tau/mu`.
    /// `excess` is the density of the cells in the suspension above that of the liquid, kg/m3; `force` is the
    /// acceleration over the viscosity of the liquid, 1/(m s) per kg/m3; `fluidity` is relative to the liquid.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, fluidity: &[f64], excess: &[f64], force: f64, height_m: f64, flows: &mut [f64]) {
        let mut body = 0.0;
        let mut moments = [0.0; 5];
        let Self { width_m, middle_m, stress, .. } = self;
        for (((stress, width), (excess_here, fluidity)), middle) in
            stress.iter_mut().zip(&*width_m).zip(excess.iter().zip(fluidity)).zip(&*middle_m)
        {
            let more = (excess[0] - excess_here) * width;
            *stress = body + 0.5 * more;
            body += more;
            let weight = fluidity * width;
            let terms = [1.0, *middle, middle * middle, *stress, *stress * middle];
            for (moment, term) in moments.iter_mut().zip(terms) {
                *moment += weight * term;
            }
        }
        let [zeroth, first, second, pull, turn] = moments;
        let determinant = zeroth * second - first * first;
        let wall = (first * turn - second * pull) / determinant;
        let pressure = (first * pull - zeroth * turn) / determinant;
        let mut speed = 0.0;
        for cell in 0..flows.len() {
            let step = fluidity[cell] * (stress[cell] + wall + pressure * middle_m[cell]) * width_m[cell];
            flows[cell] = force * height_m * width_m[cell] * (speed + 0.5 * step);
            speed += step;
        }
    }
}

/// What the layers do at one face between two sections.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Face {
    /// Excess mass that the flow of the section carries, kg/s.
    pub(crate) carried: f64,
    /// Excess mass that the exchange flow carries per difference of excess mass, m/s.
    pub(crate) conductance: f64,
    /// Slope of the layers per difference of excess mass, 1/(kg/m).
    pub(crate) slope: f64,
}

/// The levels of the layers along the channel: how much heavier each section is than liquid alone, per length.
///
/// Levelling a layer takes milliseconds between neighbours and seconds along the channel, so it is solved implicitly:
/// the exchange flow at each face is the one that belongs to the levels at the end of a short time.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    pub(crate) mass_kg_m: Vec<f64>,
    pub(crate) faces: Vec<Face>,
    upper: Vec<f64>,
}

impl Levels {
    pub(crate) fn new(axial: usize) -> Self {
        Self { mass_kg_m: vec![0.0; axial], faces: vec![Face::default(); axial + 1], upper: vec![0.0; axial] }
    }

    /// Moves the levels to the end of the short time `span_s`, which delays levelling by as much and does not enter a
    /// steady state: one tridiagonal system, solved by elimination.
    pub(crate) fn settle(&mut self, step_m: &[f64], span_s: f64) {
        let Self { mass_kg_m, faces, upper } = self;
        let (mut upper_before, mut level_before) = (0.0, 0.0);
        for section in 0..mass_kg_m.len() {
            let rate = span_s / step_m[section];
            let (inner, outer) = (faces[section], faces[section + 1]);
            let (low, high) = (rate * inner.conductance, rate * outer.conductance);
            let known = mass_kg_m[section] + rate * (inner.carried - outer.carried);
            let pivot = 1.0 / (1.0 + low + high - low * upper_before);
            upper_before = high * pivot;
            level_before = (known + low * level_before) * pivot;
            (upper[section], mass_kg_m[section]) = (upper_before, level_before);
        }
        for section in (1..mass_kg_m.len()).rev() {
            mass_kg_m[section - 1] += upper[section - 1] * mass_kg_m[section];
        }
    }

    /// Slope of the layers at the face in front of a section, m per m: positive where they lie deeper downstream.
    pub(crate) fn amount(&self, section: usize) -> f64 {
        let face = self.faces[section];
        if face.conductance > 0.0 { face.slope * (self.mass_kg_m[section - 1] - self.mass_kg_m[section]) } else { 0.0 }
    }
}
