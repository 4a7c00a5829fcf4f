//! The first page: who, what was ordered, what came of it, and how it went, at a glance.

use chrono::DateTime;

use super::page::{BODY, Book, DEEP, LEFT, MEASURE, NOTE, QUIET, RIGHT, RULE, TEXT, TINT};
use super::plot::{Plot, Series, draw, thinned};
use crate::export::sheet::{Align, Ink, Style, Weight};
use crate::export::told::{Told, for_people};

const BLUE: Ink = [27, 84, 150];
const GREEN: Ink = [30, 120, 90];
const VIOLET: Ink = [110, 70, 150];
const SLATE: Ink = [95, 105, 120];

pub(super) fn write(book: &mut Book<'_>) {
    title(book);
    facts(book);
    numbers(book);
    plots(book);
    signature_line(book);
}

fn title(book: &mut Book<'_>) {
    let told = book.told;
    let large = Style::new(19.0, Weight::Medium, DEEP);
    book.text(LEFT, 27.0, "Leukapheresis", large, Align::Left);
    let state = match (told.record.ended.is_some(), told.is_completed()) {
        (false, _) => "The run goes on".to_owned(),
        (true, true) => format!("Completed: {}", told.end_reason()),
        (true, false) => format!("Not completed: {}", told.end_reason()),
    };
    let fitted = book.letters.fitted(&state, BODY, 92.0);
    book.text(RIGHT, 27.0, &fitted, Style::new(9.5, Weight::Medium, TEXT), Align::Right);
    book.text(LEFT, 32.6, &told.record.opened.title, Style::new(10.0, Weight::Regular, QUIET), Align::Left);
    book.sheet().bar([LEFT, 35.6], [MEASURE, 0.3], DEEP);
}

fn facts(book: &mut Book<'_>) {
    let told = book.told;
    let number = |place: &str, unit: &str, decimals: usize| {
        told.input(place).map_or_else(|| "not stated".to_owned(), |value| format!("{value:.decimals$} {unit}"))
    };
    let third = MEASURE / 3.0;
    let sex = told.input_text("/donor/sex").unwrap_or("sex not stated");
    let age = told.input("/donor/age_years").map_or_else(String::new, |age| format!(", {age:.0} years"));
    book.pairs(
        LEFT,
        41.5,
        third,
        &[
            ("Donor", told.record.opened.donor_id.clone()),
            ("Name", told.donor_name().to_owned()),
            ("Sex, age", format!("{sex}{age}")),
            (
                "Weight, height",
                format!("{}, {}", number("/donor/weight_kg", "kg", 0), number("/donor/height_cm", "cm", 0)),
            ),
        ],
    );
    let goal = told.outcome("/dose_believed/goal_1e6_per_kg");
    let least = told.outcome("/dose_believed/minimum_1e6_per_kg");
    let dose =
        |value: Option<f64>| value.map_or_else(|| "not stated".to_owned(), |value| format!("{value:.2} ×10⁶/kg"));
    book.pairs(
        LEFT + third,
        41.5,
        third,
        &[
            ("Order", told.record.opened.order_id.clone()),
            ("Cells", told.cells_name().to_owned()),
            ("Goal", dose(goal)),
            ("Minimum", dose(least)),
        ],
    );
    let draw = told.input_text("/protocol/access/draw").unwrap_or("not stated").replace('-', " ");
    let program = told.record.opened.equipment.get("program").cloned().unwrap_or_default();
    book.pairs(
        LEFT + 2.0 * third,
        41.5,
        third,
        &[
            ("Begun", told.started().format("%Y-%m-%d %H:%M UTC").to_string()),
            ("Ended", told.finished().format("%Y-%m-%d %H:%M UTC").to_string()),
            ("Access", draw),
            ("Program", program),
        ],
    );
}

fn numbers(book: &mut Book<'_>) {
    let told = book.told;
    let show = |place: &str, decimals: usize| {
        told.outcome(place).map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let litres =
        told.outcome("/whole_blood_processed_ml").map_or_else(|| "–".to_owned(), |ml| format!("{:.1}", ml / 1000.0));
    let minutes = told.last_s() / 60.0;
    let (dose, band, source) = match told.reconciled("/dose_1e6_per_kg") {
        Some(dose) => (
            format!("{dose:.2}"),
            told.reconciled("/band_95_1e6_per_kg/0").zip(told.reconciled("/band_95_1e6_per_kg/1")),
            "counted",
        ),
        None => (
            show("/dose_believed/median_1e6_per_kg", 2),
            told.outcome("/dose_believed/band_95_1e6_per_kg/0")
                .zip(told.outcome("/dose_believed/band_95_1e6_per_kg/1")),
            "estimated",
        ),
    };
    let band = band.map_or_else(String::new, |(low, high)| format!("95 %: {low:.2} to {high:.2}, {source}"));
    let tiles = [
        ("Dose, ×10⁶/kg", dose, band),
        ("Blood processed, L", litres, format!("{} blood volumes", show("/tbv_processed", 2))),
        ("Product, mL", show("/product/volume_ml", 0), format!("haematocrit {} %", show("/product/hematocrit_pct", 1))),
        ("Time, min", format!("{minutes:.0}"), format!("collecting {}", show("/collect_min", 0))),
        (
            "Citrate, mg/kg/min",
            show("/citrate_mean_mg_kg_min", 2),
            format!("fluid balance {} mL", show("/donor/fluid_balance_ml", 0)),
        ),
    ];
    let width = (MEASURE - 4.0 * 2.5) / 5.0;
    let mut x = LEFT;
    for (name, value, below) in &tiles {
        book.sheet().bar([x, 61.5], [width, 21.0], TINT);
        book.sheet().bar([x, 61.5], [0.7, 21.0], DEEP);
        book.text(x + 3.0, 66.2, name, NOTE, Align::Left);
        book.text(x + 3.0, 74.8, value, Style::new(17.0, Weight::Medium, TEXT), Align::Left);
        let small = Style::new(6.0, Weight::Regular, QUIET);
        let fitted = book.letters.fitted(below, small, width - 4.0);
        book.text(x + 3.0, 79.6, &fitted, small, Align::Left);
        x += width + 2.5;
    }
    book.y = 86.5;
}

fn series<'a>(told: Told<'_>, name: &'a str, column: &str, ink: Ink, dash: &'static [f32]) -> Series<'a> {
    let points = thinned(&told.record.column("time_s"), &told.record.column(column));
    Series { name, points, ink, dash }
}

fn plots(book: &mut Book<'_>) {
    let told = book.told;
    let minutes = told.last_s() / 60.0;
    let plain = |title, series, height| Plot { title, series, band: None, level: None, range: None, height };
    let flows = vec![
        series(told, "inlet", "inlet_flow_ml_min", BLUE, &[]),
        series(told, "plasma", "plasma_flow_ml_min", GREEN, &[2.0, 0.8]),
        series(told, "anticoagulant", "anticoagulant_flow_ml_min", VIOLET, &[0.7, 0.7]),
    ];
    draw(book, &plain("Flows, mL/min", flows, 24.0), minutes, false);
    let volumes = vec![series(told, "processed by the inlet", "processed_ml", BLUE, &[])];
    draw(book, &plain("Blood processed, mL", volumes, 18.0), minutes, false);
    dose(book, told, minutes);
    let vitals = vec![
        series(told, "systolic", "systolic_mmhg", BLUE, &[]),
        series(told, "diastolic", "diastolic_mmhg", BLUE, &[2.0, 0.8]),
        series(told, "heart rate", "heart_rate_per_min", GREEN, &[]),
        series(told, "saturation", "spo2_pct", VIOLET, &[0.7, 0.7]),
    ];
    draw(book, &plain("Vital signs: mmHg, /min, %", vitals, 28.0), minutes, false);
    let calcium = vec![series(told, "virtual donor's true value", "true_ionised_calcium_mmol_l", SLATE, &[])];
    let plot = Plot { level: Some((0.9, "0.9")), ..plain("Ionised calcium, mmol/L", calcium, 18.0) };
    draw(book, &plot, minutes, true);
    alarm_strip(book, told, minutes);
}

fn dose(book: &mut Book<'_>, told: Told<'_>, minutes: f64) {
    let record = told.record;
    let times = record.column("time_s");
    let low = thinned(&times, &record.column("dose_low_1e6_per_kg"));
    let high = thinned(&times, &record.column("dose_high_1e6_per_kg"));
    let band: Vec<[f64; 3]> = low.iter().zip(&high).map(|([time, low], [_, high])| [*time, *low, *high]).collect();
    let goal = told.outcome("/dose_believed/goal_1e6_per_kg");
    let plot = Plot {
        title: "Dose, ×10⁶/kg, with its 80 % band",
        series: vec![series(told, "live estimate", "dose_estimate_1e6_per_kg", DEEP, &[])],
        band: (band.len() > 1).then_some((band, DEEP)),
        level: goal.map(|goal| (goal, "goal")),
        range: None,
        height: 28.0,
    };
    draw(book, &plot, minutes, false);
}

/// Alarms and symptoms as marks on the same axis.
fn alarm_strip(book: &mut Book<'_>, told: Told<'_>, minutes: f64) {
    let y = book.y;
    book.text(LEFT, y + 1.0, "Alarms", Style::new(8.0, Weight::Medium, TEXT), Align::Left);
    let (left, right) = (LEFT + 11.0, RIGHT);
    book.sheet().bar([left, y + 3.4], [right - left, 0.12], RULE);
    let alarms = told.alarms();
    for alarm in &alarms {
        #[expect(clippy::cast_possible_truncation, reason = "a place on a page in millimetres")]
        let x = left + (right - left) * (alarm.at_s / 60.0 / minutes.max(1.0)) as f32;
        let height = match alarm.priority.as_str() {
            "high" => 4.4,
            "medium" => 3.2,
            _ => 2.0,
        };
        book.sheet().bar([x - 0.3, y + 3.4 - height], [0.6, height], TEXT);
    }
    let count = |priority: &str| alarms.iter().filter(|alarm| alarm.priority == priority).count();
    let words = format!(
        "{} high, {} medium, {} low; symptoms: {}",
        count("high"),
        count("medium"),
        count("low"),
        if told.symptoms().is_empty() {
            "none".to_owned()
        } else {
            told.symptoms()
                .iter()
                .map(|(name, at)| format!("{name} (min {:.0})", at / 60.0))
                .collect::<Vec<_>>()
                .join(", ")
        }
    );
    let fitted = book.letters.fitted(&words, NOTE, MEASURE - 11.0);
    book.text(left, y + 7.4, &fitted, NOTE, Align::Left);
    book.y = y + 11.0;
}

/// Who has signed, and where a physician signs on paper.
fn signature_line(book: &mut Book<'_>) {
    let y = 271.0;
    for (at, words) in ["Physician, name and signature", "Date and time"].into_iter().enumerate() {
        let x = if at == 0 { LEFT } else { LEFT + 120.0 };
        let width = if at == 0 { 110.0 } else { MEASURE - 120.0 };
        book.sheet().bar([x, y + 2.0], [width, 0.2], TEXT);
        book.text(x, y + 5.6, words, NOTE, Align::Left);
    }
    let Some(signature) = book.told.record.signatures.iter().rfind(|one| one.by.role == "physician") else { return };
    let at = DateTime::from_timestamp_millis(signature.at.utc_ms).unwrap_or_default();
    let signed = format!("{}, {} ({})", signature.name, signature.meaning.name(), signature.by.role);
    book.text(LEFT, y, &signed, BODY, Align::Left);
    book.text(LEFT + 120.0, y, &for_people(at), BODY, Align::Left);
}
