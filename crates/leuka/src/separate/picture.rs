//! From a separation to the picture of its layers.

use leuka_blood::Population;
use leuka_blood::quantity::FlowRate;
use leuka_report::{Destination, Layer, LayerMap, Outlet, Tint};

use super::Separation;
use super::result::{conditions, name};

/// A layer of the picture: its name, what it counts, its colour, how much stronger than it is it stains.
type Group = (&'static str, &'static [Population], Tint, f64);

const GROUPS: [Group; 7] = [
    ("red cells", &[Population::Erythrocyte], Tint::Red, 1.0),
    ("platelets", &[Population::Platelet], Tint::Sky, 30.0),
    ("lymphocytes", &Population::LYMPHOCYTES, Tint::Blue, 30.0),
    ("monocytes", &[Population::Monocyte], Tint::Violet, 30.0),
    ("CD34+", &[Population::Cd34], Tint::Ink, 30.0),
    ("granulocytes", &Population::GRANULOCYTES, Tint::Green, 30.0),
    ("blasts", &[Population::Blast], Tint::Violet, 30.0),
];
/// How far from the middle of the collect port the profiles reach, mm.
const REACH_MM: f64 = 1.2;
/// Parts of the flow between which lines are drawn.
const FLOW_LINES: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

pub(super) fn of(separation: &Separation) -> LayerMap {
    let Separation { parameters, channel, steady, case, .. } = separation;
    let field = channel.field(Population::Erythrocyte);
    let port = separation.collect_port_mm();
    let middle_mm = parameters.collect_depth_mm;
    let mut streamlines: Vec<_> = FLOW_LINES.map(|share| channel.streamline(share)).into();
    // What divides the streams of the three ports.
    let plasma = steady.plasma_flow / case.inlet_flow;
    streamlines.push(channel.streamline(plasma));
    streamlines.push(channel.streamline(plasma + case.collect_flow / case.inlet_flow));
    LayerMap {
        title: "Steady separation in the centrifuge channel".into(),
        conditions: conditions(separation),
        along_label: "distance from the inlet along the channel, mm".into(),
        along: field.along_mm,
        across_label: "depth below the inner wall, mm".into(),
        across: field.depth_mm,
        layers: layers(separation),
        streamlines,
        boundary: Some((
            format!("interface ({:.0} % red cells)", 100.0 * parameters.camera_threshold),
            channel.interface_line(),
        )),
        inlet: Outlet {
            label: "Blood".into(),
            details: vec![flow(case.inlet_flow), format!("Hct {:.1} %", 100.0 * case.blood.hematocrit())],
            extent: (0.0, parameters.gap_mm),
        },
        outlets: vec![
            Outlet { label: "Plasma".into(), details: vec![flow(steady.plasma_flow)], extent: (0.0, port.0) },
            Outlet {
                label: "Collect".into(),
                details: vec![flow(case.collect_flow), format!("Hct {:.1} %", steady.collect_hematocrit.pct())],
                extent: port,
            },
            Outlet {
                label: "Red cells".into(),
                details: vec![flow(separation.red_flow()), format!("Hct {:.1} %", steady.red_hematocrit.pct())],
                extent: (port.1, parameters.gap_mm),
            },
        ],
        window: ((middle_mm - REACH_MM).max(0.0), (middle_mm + REACH_MM).min(parameters.gap_mm)),
        destinations: separation
            .entered()
            .map(|population| Destination {
                label: name(population).into(),
                parts: vec![steady.plasma[population], steady.collect[population], steady.red[population]],
            })
            .collect(),
    }
}

fn flow(flow: FlowRate) -> String {
    format!("{:.1} mL/min", flow.ml_min())
}

/// The groups that are there.
fn layers(separation: &Separation) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (label, populations, tint, gain) in GROUPS {
        let is_in = populations.iter().any(|population| separation.case.blood.cell_ml(*population) > 0.0);
        if is_in || populations == [Population::Erythrocyte] {
            let mut sum: Vec<f64> = Vec::new();
            for population in populations {
                let fraction = separation.channel.field(*population).fraction;
                sum.resize(fraction.len(), 0.0);
                sum.iter_mut().zip(fraction).for_each(|(sum, fraction)| *sum += fraction);
            }
            layers.push(Layer { label: label.into(), fraction: sum, tint, gain });
        }
    }
    layers
}
