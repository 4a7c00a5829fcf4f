//! What is where in the channel: for pictures, and for problems that start from a given state.

use leuka_blood::{Component, Population};

use crate::Channel;
use crate::channel::crossing;
use crate::grid::Grid;
use crate::kernel::Kernel;

/// The volume fraction of one population over the unrolled channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Where the sections begin, and the end: distance from the inlet along the flow, mm.
    pub along_mm: Vec<f64>,
    /// Where the cells across the gap begin, and the end: depth below the inner wall, mm.
    pub depth_mm: Vec<f64>,
    /// Volume fraction, `[section][cell]`.
    pub fraction: Vec<f64>,
}

/// The faces of one cell of the grid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faces {
    /// Distances from the inlet, m.
    pub(crate) along_m: (f64, f64),
    /// Radii, m.
    pub(crate) radius_m: (f64, f64),
}

impl Channel {
    /// Where a population is now.
    #[must_use]
    pub fn field(&self, population: Population) -> Field {
        let geometry = &self.kernel.geometry;
        let size = geometry.volume_m3.len();
        let mut fraction = vec![0.0; size];
        for (phi, species) in self.phi.chunks(size).zip(&self.kernel.species) {
            if species.population == population {
                fraction.iter_mut().zip(phi).for_each(|(sum, phi)| *sum += phi);
            }
        }
        let length_mm = self.parameters.length_mm;
        Field {
            along_mm: geometry.along.iter().map(|place| place * length_mm).collect(),
            depth_mm: geometry.depth_m.iter().map(|depth| depth * 1e3).collect(),
            fraction,
        }
    }

    /// Depth of the interface in every section, mm, as the camera would see it there.
    #[must_use]
    pub fn interface_line(&self) -> Vec<f64> {
        let geometry = &self.kernel.geometry;
        let size = geometry.volume_m3.len();
        let depth_mm = |phi| crossing(phi, self.parameters.camera_threshold, &geometry.depth_m) * 1e3;
        self.phi[..size].chunks(geometry.grid.radial).map(depth_mm).collect()
    }

    /// The line along the channel on whose inner side the part `share` (0 to 1) of the flow runs: its depth in mm where
    /// each section begins, and at the end. Without flow, the inner wall.
    #[must_use]
    pub fn streamline(&self, share: f64) -> Vec<f64> {
        let Kernel { geometry, flows, .. } = &self.kernel;
        let depth_mm = |flows: &[f64]| {
            let aim = share * flows.iter().sum::<f64>();
            let (mut inside, mut depth_m) = (0.0, 0.0);
            for (flow, faces) in flows.iter().zip(geometry.depth_m.windows(2)) {
                if inside + flow >= aim {
                    let part = if *flow > 0.0 { (aim - inside) / flow } else { 0.0 };
                    return (faces[0] + part * (faces[1] - faces[0])) * 1e3;
                }
                inside += flow;
                depth_m = faces[1];
            }
            depth_m * 1e3
        };
        flows.chunks(geometry.grid.radial).map(depth_mm).collect()
    }

    /// Gives a population that the channel holds the volume fraction that `fraction` says for each cell; liquid makes
    /// room or fills up.
    pub(crate) fn shape(&mut self, population: Population, fraction: impl Fn(&Faces) -> f64) {
        let before_ml = self.cells_ml();
        let geometry = &self.kernel.geometry;
        let Grid { axial, radial } = geometry.grid;
        let inner_m = self.parameters.inner_radius_mm * 1e-3;
        let length_m = self.parameters.length_mm * 1e-3;
        for (phi, species) in self.phi.chunks_mut(axial * radial).zip(&self.kernel.species) {
            if species.population != population {
                continue;
            }
            for (phi, along) in phi.chunks_mut(radial).zip(geometry.along.windows(2)) {
                for (phi, depth) in phi.iter_mut().zip(geometry.depth_m.windows(2)) {
                    let faces = Faces {
                        along_m: (along[0] * length_m, along[1] * length_m),
                        radius_m: (inner_m + depth[0], inner_m + depth[1]),
                    };
                    *phi = species.weight * fraction(&faces);
                }
            }
        }
        let removed_ml = before_ml - self.cells_ml();
        self.liquid.add(Component::Saline, removed_ml);
    }

    fn cells_ml(&self) -> f64 {
        use crate::Separator;
        self.contents().cells_ml()
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::Mixture;
    use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};

    use super::*;
    use crate::{Parameters, Separator, Settings};

    const GRID: Grid = Grid { axial: 8, radial: 32 };

    fn channel() -> Channel {
        let mut prime = Mixture::saline(0.6);
        prime.set(Component::Erythrocyte, 0.3);
        prime.set(Component::Monocyte, 0.1);
        let (parameters, blood) = (Parameters::embedded().unwrap(), leuka_blood::Parameters::embedded().unwrap());
        Channel::new(&parameters, &blood, GRID, &prime).unwrap()
    }

    #[test]
    fn a_field_holds_what_the_channel_was_filled_with() {
        let field = channel().field(Population::Monocyte);
        assert_eq!((field.along_mm.len(), field.depth_mm.len(), field.fraction.len()), (9, 33, 256));
        assert_eq!((field.along_mm[8], field.depth_mm[32]), (500.0, 5.0));
        assert!(field.fraction.iter().all(|phi| (phi - 0.1).abs() < 1e-12));
    }

    #[test]
    fn a_given_state_keeps_the_volume() {
        let mut channel = channel();
        let before = channel.contents();
        channel.shape(Population::Monocyte, |faces| if faces.along_m.1 < 0.2 { 0.05 } else { 0.0 });
        let after = channel.contents();
        assert!(after.cell_ml(Population::Monocyte) < before.cell_ml(Population::Monocyte));
        assert_eq!(after.cell_ml(Population::Erythrocyte), before.cell_ml(Population::Erythrocyte));
        assert!((after.fluid_ml() - before.fluid_ml()).abs() < 1e-12 * before.fluid_ml());
    }

    #[test]
    fn half_of_the_flow_runs_on_each_side_of_the_middle_when_cells_are_spread_evenly() {
        let mut channel = channel();
        let settings = Settings {
            rotation: RotationalSpeed::from_rpm(1200.0),
            plasma_flow: FlowRate::from_ml_min(30.0),
            collect_flow: FlowRate::ZERO,
            flush: false,
        };
        channel.advance(&(channel.contents() * 1e-6), &settings, TimeSpan::from_seconds(1e-4));
        assert!((channel.streamline(0.5)[0] - 2.5).abs() < 0.1, "{:?}", channel.streamline(0.5));
        assert!(channel.streamline(0.2)[0] < channel.streamline(0.8)[0]);
        assert!(channel.interface_line().iter().all(|&depth| depth == 0.0));
    }
}
