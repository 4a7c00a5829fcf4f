//! From a separation to the picture of its layers.

use leuka_blood::Population;
use leuka_blood::quantity::FlowRate;
use leuka_report::{Destination, Layer, LayerMap, Outlet, Tint, Window};

use super::Separation;
use super::result::{conditions, name};

/// A layer of the picture: its name, what it counts, its colour, how many times stronger than it is it stains at most.
type Group = (&'static str, &'static [Population], Tint, f64);

const GROUPS: [Group; 7] = [
    ("red cells", &[Population::Erythrocyte], Tint::Red, 1.0),
    ("platelets", &[Population::Platelet], Tint::Sky, 15.0),
    ("lymphocytes", &Population::LYMPHOCYTES, Tint::Blue, 30.0),
    ("monocytes", &[Population::Monocyte], Tint::Violet, 30.0),
    ("CD34+", &[Population::Cd34], Tint::Ink, 300.0),
    ("granulocytes", &Population::GRANULOCYTES, Tint::Green, 30.0),
    ("blasts", &[Population::Blast], Tint::Amber, 30.0),
];
/// How strongly a layer may stain what enters: so much that blood still looks like blood.
const INLET_STAIN: f64 = 0.1;
/// What is enlarged: around the middle of the collect port, and the last part of the channel, mm.
const REACH_MM: f64 = 0.6;
const LAST_MM: f64 = 200.0;
/// Parts of what a port draws at which lines of flow are drawn.
const FLOW_LINES: [f64; 3] = [0.25, 0.5, 0.75];

pub(super) fn of(separation: &Separation) -> LayerMap {
    let Separation { parameters, channel, steady, case, .. } = separation;
    let field = channel.field(Population::Erythrocyte);
    let port = separation.collect_port_mm();
    let middle_mm = parameters.collect_depth_mm;
    // Parts of the inlet's flow that leave on the inner side of the collect port, and of its outer edge.
    let plasma = steady.plasma_flow / case.inlet_flow;
    let inside = plasma + case.collect_flow / case.inlet_flow;
    let lines = FLOW_LINES.iter().flat_map(|part| [part * plasma, inside + part * (1.0 - inside)]);
    LayerMap {
        title: "Steady separation in the centrifuge channel".into(),
        conditions: conditions(separation),
        along_label: "distance from the inlet along the channel, mm".into(),
        along: field.along_mm,
        across_label: "depth below the inner wall, mm".into(),
        across: field.depth_mm,
        layers: layers(separation),
        streamlines: lines.map(|share| channel.streamline(share)).collect(),
        divides: vec![channel.streamline(plasma), channel.streamline(inside)],
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
            Outlet {
                label: "Plasma".into(),
                details: vec![flow(steady.plasma_flow)],
                extent: (0.0, parameters.plasma_depth_mm),
            },
            Outlet {
                label: "Collect".into(),
                details: vec![flow(case.collect_flow), format!("Hct {:.1} %", steady.collect_hematocrit.pct())],
                extent: port,
            },
            Outlet {
                label: "Red cells".into(),
                details: vec![flow(separation.red_flow()), format!("Hct {:.1} %", steady.red_hematocrit.pct())],
                extent: (parameters.dam_depth_mm, parameters.gap_mm),
            },
        ],
        window: Window {
            along: ((parameters.length_mm - LAST_MM).max(0.0), parameters.length_mm),
            across: ((middle_mm - REACH_MM).max(0.0), (middle_mm + REACH_MM).min(parameters.gap_mm)),
        },
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
    let entering = |populations: &[Population]| -> f64 {
        let blood = &separation.case.blood;
        populations.iter().map(|&population| blood.cell_ml(population)).sum::<f64>() / blood.fluid_ml()
    };
    let is_drawn = |&(_, populations, tint, _): &Group| tint == Tint::Red || entering(populations) > 0.0;
    let layer = |(label, populations, tint, most): Group| Layer {
        label: label.into(),
        fraction: sum(separation, populations),
        tint,
        gain: round_down(most.min(INLET_STAIN / entering(populations))),
    };
    GROUPS.into_iter().filter(is_drawn).map(layer).collect()
}

/// Volume fraction of several populations together, `[section][cell]`.
fn sum(separation: &Separation, populations: &[Population]) -> Vec<f64> {
    let mut sum = Vec::new();
    for population in populations {
        let fraction = separation.channel.field(*population).fraction;
        sum.resize(fraction.len(), 0.0);
        sum.iter_mut().zip(fraction).for_each(|(sum, fraction)| *sum += fraction);
    }
    sum
}

/// The next lower number that is easy to read, at least 1.
fn round_down(gain: f64) -> f64 {
    [300.0, 200.0, 100.0, 50.0, 30.0, 20.0, 15.0, 10.0, 5.0, 3.0, 2.0]
        .into_iter()
        .find(|round| *round <= gain)
        .unwrap_or(1.0)
}
