//! The flowsheet: vital signs, flows and volumes every quarter of an hour.

use super::page::{Book, Column, MEASURE, NOTE};
use crate::export::sheet::Align;

pub(super) fn write(book: &mut Book<'_>) {
    let told = book.told;
    book.new_page();
    book.heading("Flowsheet");
    let heads = [
        "min",
        "UTC",
        "HR\n/min",
        "BP\nmmHg",
        "SpO₂\n%",
        "RR\n/min",
        "T\n°C",
        "access\nmmHg",
        "return\nmmHg",
        "inlet\nmL/min",
        "AC\nmL/min",
        "collect\nmL/min",
        "processed\nmL",
        "dose\n×10⁶/kg",
    ];
    let wide = |at: usize| if at == 3 || at >= 12 { 1.25 } else { 1.0 };
    let sum: f32 = (0..heads.len()).map(wide).sum();
    let columns: Vec<Column> = heads
        .into_iter()
        .enumerate()
        .map(|(at, head)| Column { head, width: MEASURE * wide(at) / sum, align: Align::Right })
        .collect();
    let rows: Vec<Vec<String>> = told
        .flowsheet()
        .into_iter()
        .map(|row| {
            let second = row.first().copied().unwrap_or(0.0);
            let show = |column: &str, decimals: usize| {
                told.sampled(row, column)
                    .map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}").replace('-', "−"))
            };
            vec![
                format!("{:.0}", second / 60.0),
                told.at(second).format("%H:%M").to_string(),
                show("heart_rate_per_min", 0),
                format!("{}/{}", show("systolic_mmhg", 0), show("diastolic_mmhg", 0)),
                show("spo2_pct", 0),
                show("respiration_per_min", 0),
                show("temperature_c", 1),
                show("access_pressure_mmhg", 0),
                show("return_pressure_mmhg", 0),
                show("inlet_flow_ml_min", 1),
                show("anticoagulant_flow_ml_min", 2),
                show("collect_flow_ml_min", 2),
                show("processed_ml", 0),
                show("dose_estimate_1e6_per_kg", 2),
            ]
        })
        .collect();
    book.table(&columns, &rows);
    book.paragraph("Values by the machine's instruments and the patient monitor, at least every 15 minutes; the run file holds every second.", NOTE);
    phases(book);
}

fn phases(book: &mut Book<'_>) {
    let told = book.told;
    book.heading("Phases and set-points");
    let rows: Vec<Vec<String>> = told
        .record
        .events
        .iter()
        .filter(|event| matches!(event.kind.as_str(), "phase" | "set_point"))
        .map(|event| vec![format!("{:.1}", event.at_s / 60.0), event.kind.replace('_', "-"), event.text.clone()])
        .collect();
    let columns = [
        Column { head: "min", width: 15.0, align: Align::Right },
        Column { head: "what", width: 20.0, align: Align::Left },
        Column { head: "", width: MEASURE - 35.0, align: Align::Left },
    ];
    book.table(&columns, &rows);
}
