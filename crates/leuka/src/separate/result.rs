//! What a separation showed, for people and as JSON.

use std::path::Path;

use leuka_blood::{Component, Population};
use leuka_report::{NOT_A_DEVICE, table};
use leuka_separator::Separator;
use serde_json::{Map, Value, json};

use super::Separation;

/// Sum of the ports, %, from which on the channel does not count as steady.
const STEADY_POINTS: f64 = 3.0;
/// Relative error of the collect haematocrit that is worth a word.
const HEMATOCRIT_ERROR: f64 = 0.15;

/// The name of a population in a table.
pub(super) fn name(population: Population) -> &'static str {
    match population {
        Population::Erythrocyte => "Red cells",
        Population::Platelet => "Platelets",
        Population::TCell => "T lymphocytes",
        Population::OtherLymphocyte => "Other lymphocytes",
        Population::Monocyte => "Monocytes",
        Population::Cd34 => "CD34+ cells",
        Population::Neutrophil => "Neutrophils",
        Population::Eosinophil => "Eosinophils",
        Population::Blast => "Blasts",
    }
}

impl Separation {
    /// Per cent of a population by plasma, collect and red-cell port.
    fn parts_pct(&self, population: Population) -> [f64; 3] {
        let steady = &self.steady;
        [&steady.plasma, &steady.collect, &steady.red].map(|port| 100.0 * port[population])
    }

    fn sum_pct(&self, population: Population) -> f64 {
        self.parts_pct(population).iter().sum()
    }
}

pub(super) fn text(separation: &Separation, picture: Option<&Path>) -> String {
    let mut text = format!("\n{}\n\n", conditions(separation).join("\n"));
    let rows: Vec<Vec<String>> = separation
        .entered()
        .map(|population| {
            let mut row = vec![name(population).to_owned()];
            row.extend(separation.parts_pct(population).map(|pct| format!("{pct:.1}")));
            row.push(format!("{:.1}", separation.sum_pct(population)));
            row
        })
        .collect();
    text += &table(&["Leaves by, %", "plasma", "collect", "red cells", "sum"], &rows);
    text += &format!("\n{}", streams(separation));
    for note in notes(separation) {
        text += &format!("Note        {note}\n");
    }
    if let Some(path) = picture {
        text += &format!("Picture     {}\n", path.display());
    }
    text + "\n" + NOT_A_DEVICE + "\n"
}

/// What was separated, and how, in two lines.
pub(super) fn conditions(separation: &Separation) -> Vec<String> {
    let Separation { sample, case, .. } = separation;
    let blood_ml_min = case.inlet_flow.ml_min() * (1.0 - 1.0 / sample.ratio);
    vec![
        format!(
            "Inlet {:.1} mL/min: {blood_ml_min:.1} of blood and {:.1} of ACD-A ({}:1); {:.0} rpm, {:.0} g; collect {:.2} mL/min",
            case.inlet_flow.ml_min(),
            case.inlet_flow.ml_min() - blood_ml_min,
            sample.ratio,
            case.rotation.rpm(),
            separation.g(),
            case.collect_flow.ml_min(),
        ),
        format!(
            "Blood: haematocrit {} %, white cells {} \u{d7}10\u{2079}/L, CD34+ {} /\u{b5}L, platelets {} \u{d7}10\u{2079}/L",
            sample.hematocrit_pct, sample.wbc_1e9_l, sample.cd34_per_ul, sample.platelet_1e9_l
        ),
    ]
}

fn streams(separation: &Separation) -> String {
    let Separation { case, steady, channel, .. } = separation;
    let (low, high) = separation.collect_port_mm();
    format!(
        "Flow        plasma {:.2}, collect {:.2}, red cells {:.2} mL/min\n\
         Haematocrit inlet {:.1} %, collect {:.1} % (asked {:.1} %), red-cell port {:.1} % (the bed)\n\
         Interface   {:.2} mm below the inner wall, collect port {low:.2} to {high:.2} mm, buffy coat {:.2} mm thick\n",
        steady.plasma_flow.ml_min(),
        case.collect_flow.ml_min(),
        separation.red_flow().ml_min(),
        100.0 * case.blood.hematocrit(),
        steady.collect_hematocrit.pct(),
        case.collect_hematocrit.pct(),
        steady.red_hematocrit.pct(),
        steady.interface_mm,
        channel.view().buffy_thickness_mm,
    )
}

/// What to beware of.
fn notes(separation: &Separation) -> Vec<String> {
    let Separation { case, steady, .. } = separation;
    let mut notes = Vec::new();
    let (asked, found) = (case.collect_hematocrit.pct(), steady.collect_hematocrit.pct());
    if case.collect_flow.ml_min() > 0.0 && (found - asked).abs() > HEMATOCRIT_ERROR * asked {
        notes.push(format!(
            "the collect line held {found:.1} %, not the {asked:.1} % asked for: read captures with that"
        ));
    }
    let off = |population: &Population| (separation.sum_pct(*population) - 100.0).abs();
    if let Some(worst) = separation.entered().max_by(|one, other| off(one).total_cmp(&off(other)))
        && off(&worst) > STEADY_POINTS
    {
        notes.push(format!(
            "what leaves adds up to {:.0} % ({}): not steady, give more than --minutes {:.0}",
            separation.sum_pct(worst),
            name(worst),
            case.duration.minutes(),
        ));
    }
    notes
}

/// The object of schema `leuka.separation/1`.
pub(super) fn json(separation: &Separation) -> Value {
    let Separation { sample, parameters, case, steady, channel, .. } = separation;
    let field = channel.field(Population::Erythrocyte);
    let mut populations = Map::new();
    for population in separation.entered() {
        let [plasma, collect, red] = separation.parts_pct(population);
        populations.insert(
            Component::from(population).name().to_owned(),
            json!({
                "inlet_per_ul": case.blood.per_ul(population, &separation.blood.cells),
                "plasma_pct": plasma,
                "collect_pct": collect,
                "red_pct": red,
                "sum_pct": separation.sum_pct(population),
            }),
        );
    }
    json!({
        "schema": "leuka.separation/1",
        "version": env!("CARGO_PKG_VERSION"),
        "parameters_changed": separation.parameters_changed,
        "case": {
            "hematocrit_pct": sample.hematocrit_pct,
            "wbc_1e9_l": sample.wbc_1e9_l,
            "platelet_1e9_l": sample.platelet_1e9_l,
            "ratio": sample.ratio,
            "inlet_flow_ml_min": case.inlet_flow.ml_min(),
            "collect_flow_ml_min": case.collect_flow.ml_min(),
            "collect_hematocrit_pct": case.collect_hematocrit.pct(),
            "speed_rpm": case.rotation.rpm(),
            "g": separation.g(),
            "axial_cells": field.along_mm.len() - 1,
            "radial_cells": field.depth_mm.len() - 1,
            "duration_min": case.duration.minutes(),
            "averaging_min": case.averaging.minutes(),
        },
        "populations": populations,
        "inlet_hematocrit_pct": 100.0 * case.blood.hematocrit(),
        "collect_hematocrit_pct": steady.collect_hematocrit.pct(),
        "red_hematocrit_pct": steady.red_hematocrit.pct(),
        "plasma_flow_ml_min": steady.plasma_flow.ml_min(),
        "red_flow_ml_min": separation.red_flow().ml_min(),
        "interface_mm": steady.interface_mm,
        "buffy_thickness_mm": channel.view().buffy_thickness_mm,
        "gap_mm": parameters.gap_mm,
        "notes": notes(separation),
    })
}
