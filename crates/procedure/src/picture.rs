//! The picture of a run: flows, dose, vital signs, ionised calcium, counts.

use leuka_control::PhaseName;
use leuka_report::{Limit, Panel, Picture, Series, Stage};

use crate::inputs::Inputs;
use crate::outcome::Outcome;
use crate::sample::Sample;

/// Draws a run from its samples; the time in which cells were collected is shaded.
#[must_use]
pub fn picture(inputs: &Inputs, outcome: &Outcome, samples: &[Sample], stages: &[(PhaseName, f64)]) -> Picture {
    let series = |label: &str, value: fn(&Sample) -> f64| Series {
        label: label.to_owned(),
        points: samples.iter().map(|sample| (sample.time_s / 60.0, value(sample))).collect(),
    };
    let panel =
        |label: &str, series: Vec<Series>, limits: Vec<Limit>| Panel { label: label.to_owned(), series, limits };
    let goal = inputs.protocol.number("target.dose_1e6_per_kg").map(|value| Limit { label: "goal".into(), value });
    Picture {
        title: format!("{}, seed {}", inputs.protocol_title(), outcome.seed),
        x_label: "time, min".into(),
        panels: vec![
            panel(
                "flow, mL/min",
                vec![
                    series("inlet", |sample| sample.inlet_flow_ml_min),
                    series("plasma", |sample| sample.plasma_flow_ml_min),
                    series("anticoagulant x 10", |sample| sample.anticoagulant_flow_ml_min * 10.0),
                ],
                Vec::new(),
            ),
            panel(
                "dose, 1e6/kg",
                vec![
                    series("in the bag (true)", |sample| sample.true_dose_1e6_per_kg),
                    series("believed", |sample| sample.dose_estimate_1e6_per_kg),
                    series("80 % from", |sample| sample.dose_low_1e6_per_kg),
                    series("80 % to", |sample| sample.dose_high_1e6_per_kg),
                ],
                goal.into_iter().collect(),
            ),
            panel(
                "collect line, % and mm",
                vec![
                    series("haematocrit, %", |sample| sample.collect_hematocrit_pct),
                    series("interface, mm", |sample| sample.interface_mm),
                ],
                Vec::new(),
            ),
            panel(
                "vital signs",
                vec![
                    series("heart rate, /min", |sample| sample.heart_rate_per_min),
                    series("systolic, mmHg", |sample| sample.systolic_mmhg),
                    series("SpO2, %", |sample| sample.spo2_pct),
                ],
                Vec::new(),
            ),
            panel(
                "mmol/L (true)",
                vec![
                    series("ionised calcium", |sample| sample.true_ionised_calcium_mmol_l),
                    series("citrate", |sample| sample.true_citrate_mmol_l),
                ],
                Vec::new(),
            ),
            panel(
                "blood counts (true)",
                vec![
                    series("CD34+, /uL", |sample| sample.true_cd34_per_ul),
                    series("platelets, 1e9/L", |sample| sample.true_platelet_1e9_l),
                    series("haematocrit, %", |sample| sample.true_hematocrit_pct),
                ],
                Vec::new(),
            ),
        ],
        stages: collecting(stages, outcome.duration_min),
    }
}

/// From and to, in minutes, of the stretches in which cells were collected.
fn collecting(stages: &[(PhaseName, f64)], end_min: f64) -> Vec<Stage> {
    let ends = stages.iter().skip(1).map(|(_, at_s)| at_s / 60.0).chain(std::iter::once(end_min));
    let stretches = stages.iter().zip(ends).filter(|((phase, _), _)| *phase == PhaseName::Collect);
    stretches.map(|((_, from_s), to)| Stage { from: from_s / 60.0, to }).collect()
}
