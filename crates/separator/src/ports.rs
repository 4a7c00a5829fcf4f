//! The outlets at the end of the channel: streamtubes, cut on the flow counted from the inner wall.

use crate::data::Parameters;
use crate::grid::Geometry;

/// Flows of the three ports, m3/s.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PortFlows {
    pub(crate) plasma: f64,
    pub(crate) collect: f64,
    pub(crate) red: f64,
}

impl PortFlows {
    pub(crate) fn total(&self) -> f64 {
        self.plasma + self.collect + self.red
    }
}

/// The pocket in front of the dam: here the flow turns from the channel's profile to what the ports draw.
#[derive(Debug, Clone)]
pub(crate) struct Pocket {
    /// Part of the channel's length, 0 to 1.
    length: f64,
    /// Part of each cell that lies in front of each port (plasma, collect, red).
    cover: [Vec<f64>; 3],
}

impl Pocket {
    pub(crate) fn new(parameters: &Parameters, geometry: &Geometry) -> Self {
        let low = (parameters.collect_depth_mm - 0.5 * parameters.collect_opening_mm) * 1e-3;
        let high = (parameters.collect_depth_mm + 0.5 * parameters.collect_opening_mm) * 1e-3;
        let dam = parameters.dam_depth_mm * 1e-3;
        let plasma = parameters.plasma_depth_mm * 1e-3;
        let cover = |from: f64, to: f64| {
            let part = |pair: &[f64]| (pair[1].min(to) - pair[0].max(from)).max(0.0) / (pair[1] - pair[0]);
            geometry.depth_m.windows(2).map(part).collect()
        };
        Self {
            length: parameters.pocket_mm / parameters.length_mm,
            cover: [cover(f64::NEG_INFINITY, plasma), cover(low, high), cover(dam, f64::INFINITY)],
        }
    }

    /// How far the flow has turned towards the ports at a place along the channel (0 to 1).
    pub(crate) fn turned(&self, along: f64) -> f64 {
        if self.length > 0.0 { (1.0 - (1.0 - along) / self.length).max(0.0) } else { 0.0 }
    }

    /// Blends the profile with one in which each port draws its flow from what lies in front of it.
    pub(crate) fn turn(&self, flows: &mut [f64], ports: &PortFlows, turned: f64, work: &mut [f64]) {
        work.fill(0.0);
        for (cover, flow) in self.cover.iter().zip([ports.plasma, ports.collect, ports.red]) {
            let sum: f64 = cover.iter().zip(&*flows).map(|(cover, flow)| cover * flow).sum();
            for ((work, cover), natural) in work.iter_mut().zip(cover).zip(&*flows) {
                *work += cover * natural * flow / sum;
            }
        }
        for (flow, work) in flows.iter_mut().zip(work) {
            *flow += turned * (*work - *flow);
        }
    }
}

/// A port's part of one cell: the flow, and where the middle of the part lies in the cell (-1/2 to 1/2).
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    cell: usize,
    flow_m3_s: f64,
    middle: f64,
}

/// Which cells of the last section each port draws from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streamtubes {
    ports: [Vec<Part>; 3],
}

impl Streamtubes {
    pub(crate) fn new(cells: usize) -> Self {
        Self { ports: [Vec::with_capacity(cells), Vec::with_capacity(cells), Vec::with_capacity(cells)] }
    }

    /// Cuts the section with the cell flows `flows` into plasma, collect and red-cell tube.
    pub(crate) fn cut(&mut self, flows: &[f64], ports: &PortFlows) {
        let ends = [ports.plasma, ports.plasma + ports.collect, f64::INFINITY];
        self.ports.iter_mut().for_each(Vec::clear);
        let (mut below, mut port) = (0.0, 0);
        for (cell, &flow) in flows.iter().enumerate() {
            let above = below + flow;
            let mut from = below;
            while from < above {
                let to = if ends[port] < above { ends[port].max(from) } else { above };
                if to > from {
                    let middle = (0.5 * (from + to) - below) / flow - 0.5;
                    self.ports[port].push(Part { cell, flow_m3_s: to - from, middle });
                }
                from = to;
                if from < above {
                    port += 1;
                }
            }
            below = above;
        }
    }

    /// Flow of one kind of cell out of each port (plasma, collect, red), m3/s, given its volume fraction in the last
    /// section and the difference of its fraction from face to face of each cell.
    pub(crate) fn flux(&self, phi: &[f64], slope: &[f64]) -> [f64; 3] {
        self.ports.each_ref().map(|parts| {
            parts.iter().map(|part| part.flow_m3_s * (phi[part.cell] + slope[part.cell] * part.middle)).sum()
        })
    }
}
