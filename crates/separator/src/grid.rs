//! The finite volumes of the unrolled channel.

use leuka_blood::math;

use crate::Error;
use crate::data::Parameters;

/// Number of cells along the flow and across the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Cells along the flow, at least 4.
    pub axial: usize,
    /// Cells across the gap, a multiple of 4 and at least 8.
    pub radial: usize,
}

/// Lengths, areas and volumes of the cells, SI units. Radius runs from the inner to the outer wall.
///
/// The volume of a cell is `height x radius x width x step / middle radius`, the area of its radial faces
/// `height x radius x step / middle radius`. Cells are narrower around the collect port, and shorter towards the outlet.
#[derive(Debug, Clone)]
pub(crate) struct Geometry {
    pub(crate) grid: Grid,
    /// Extent along the axis of rotation, m.
    pub(crate) height_m: f64,
    /// Radius in the middle of the gap, m.
    pub(crate) middle_radius_m: f64,
    /// Distance of the radial faces from the inner wall, m; one more than cells.
    pub(crate) depth_m: Vec<f64>,
    /// Volume of every cell, m3; `[section][cell]` as the following fields.
    pub(crate) volume_m3: Vec<f64>,
    /// Area times radius of the face on the outer side of every cell, m3; zero at the wall.
    pub(crate) face_moment_m3: Vec<f64>,
    /// Area of that face over the distance to the middle of the next cell, m; zero at the wall.
    pub(crate) face_conductance_m: Vec<f64>,
    /// Length of the sections, m.
    pub(crate) step_m: Vec<f64>,
    /// Place along the channel where each section starts, and the end; 0 to 1.
    pub(crate) along: Vec<f64>,
}

impl Geometry {
    pub(crate) fn new(parameters: &Parameters, grid: Grid) -> Result<Self, Error> {
        let Grid { axial, radial } = grid;
        if axial < 4 || radial < 8 || !radial.is_multiple_of(4) {
            return Err(Error::Grid { axial, radial });
        }
        let inner_m = parameters.inner_radius_mm * 1e-3;
        let gap_m = parameters.gap_mm * 1e-3;
        let length_m = parameters.length_mm * 1e-3;
        let height_m = parameters.height_mm * 1e-3;
        let stretch = height_m / (inner_m + 0.5 * gap_m);
        let focus = (parameters.collect_depth_mm / parameters.gap_mm, parameters.focus_width_mm / parameters.gap_mm);
        let extra = parameters.radial_refinement - 1.0;
        let depth_m = faces(radial, gap_m, |place| {
            let distance = (place - focus.0) / focus.1;
            1.0 + extra * math::exp(-distance * distance)
        });
        let slowing = parameters.axial_refinement - 1.0;
        let along_m = faces(axial, length_m, |place| 1.0 + slowing * place);
        let step_m: Vec<f64> = along_m.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let every = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            step_m.iter().flat_map(|step| (0..radial).map(move |cell| step * stretch * value(cell))).collect()
        };
        let face_m = |cell: usize| if cell + 1 < radial { inner_m + depth_m[cell + 1] } else { 0.0 };
        let middle_m = |cell: usize| 0.5 * (depth_m[cell] + depth_m[cell + 1]);
        let spacing_m = |cell: usize| if cell + 1 < radial { middle_m(cell + 1) - middle_m(cell) } else { gap_m };
        Ok(Self {
            grid,
            height_m,
            middle_radius_m: inner_m + 0.5 * gap_m,
            volume_m3: every(&|cell| (inner_m + middle_m(cell)) * (depth_m[cell + 1] - depth_m[cell])),
            face_moment_m3: every(&|cell| face_m(cell) * face_m(cell)),
            face_conductance_m: every(&|cell| face_m(cell) / spacing_m(cell)),
            along: along_m.iter().map(|place| place / length_m).collect(),
            step_m,
            depth_m,
        })
    }

    /// Volume of the whole channel, m3.
    pub(crate) fn total_m3(&self) -> f64 {
        self.volume_m3.iter().sum()
    }
}

/// Faces of `cells` cells over `length`, as dense as `density` says (of the place from 0 to 1).
#[expect(clippy::cast_precision_loss, reason = "cell numbers are small")]
fn faces(cells: usize, length: f64, density: impl Fn(f64) -> f64) -> Vec<f64> {
    const PARTS: usize = 64;
    let fine = cells * PARTS;
    let mut sums = vec![0.0];
    for part in 0..fine {
        sums.push(sums[part] + density((part as f64 + 0.5) / fine as f64));
    }
    let mut part = 0;
    let mut face = |cell: usize| {
        let aim = sums[fine] * cell as f64 / cells as f64;
        while part + 1 < fine && sums[part + 1] < aim {
            part += 1;
        }
        length * (part as f64 + (aim - sums[part]) / (sums[part + 1] - sums[part])) / fine as f64
    };
    let mut faces: Vec<f64> = (0..=cells).map(&mut face).collect();
    faces[cells] = length;
    faces
}
