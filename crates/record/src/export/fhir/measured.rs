//! What was measured: body, vital signs, counts before and after, product, volumes.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Entries, coded, quantity};
use crate::export::told::stamp;

const LOINC: &str = "http://loinc.org";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

/// Something that is measured: LOINC code, its name, unit as printed and in UCUM, category.
struct Measure(&'static str, &'static str, &'static str, &'static str, &'static str);

const HEART_RATE: Measure = Measure("8867-4", "Heart rate", "/min", "/min", "vital-signs");
const SATURATION: Measure =
    Measure("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%", "vital-signs");
const RESPIRATION: Measure = Measure("9279-1", "Respiratory rate", "/min", "/min", "vital-signs");
const TEMPERATURE: Measure = Measure("8310-5", "Body temperature", "°C", "Cel", "vital-signs");
const WEIGHT: Measure = Measure("29463-7", "Body weight", "kg", "kg", "vital-signs");
const HEIGHT: Measure = Measure("8302-2", "Body height", "cm", "cm", "vital-signs");

/// Blood counts: the key in the outcome, how it is coded, and the factor to the unit.
const COUNTS: [(&str, Measure); 6] = [
    (
        "wbc_1e9_l",
        Measure("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*9/L", "10*9/L", "laboratory"),
    ),
    (
        "platelet_1e9_l",
        Measure("777-3", "Platelets [#/volume] in Blood by Automated count", "10*9/L", "10*9/L", "laboratory"),
    ),
    (
        "hematocrit_pct",
        Measure("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", "%", "laboratory"),
    ),
    ("hemoglobin_g_dl", Measure("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "g/dL", "laboratory")),
    ("cd34_per_ul", Measure("74838-4", "CD34 cells [#/volume] in Blood", "/uL", "/uL", "laboratory")),
    (
        "ionised_calcium_mmol_l",
        Measure("47596-2", "Calcium.ionized [Moles/volume] in Blood", "mmol/L", "mmol/L", "laboratory"),
    ),
];

pub(super) fn observations(entries: &mut Entries<'_>) {
    let told = entries.told;
    for (name, place, measure) in [("weight", "/donor/weight_kg", WEIGHT), ("height", "/donor/height_cm", HEIGHT)] {
        if let Some(value) = told.input(place) {
            add(entries, name, &measure, value, told.started(), Value::Null, "monitor");
        }
    }
    for (when, at) in [("pre", told.started()), ("post", told.finished())] {
        let specimen = format!("blood {when}");
        let mut counted = COUNTS
            .iter()
            .filter_map(|(key, measure)| Some((key, measure, told.outcome(&format!("/donor/{when}/{key}"))?)))
            .peekable();
        if counted.peek().is_none() {
            continue;
        }
        entries.add(
            &specimen,
            json!({
                "resourceType": "Specimen",
                "status": "available",
                "type": {"text": "Venous blood"},
                "subject": entries.to("donor"),
                "collection": {"collectedDateTime": stamp(at)},
            }),
        );
        for (key, measure, value) in counted {
            let from = entries.to(&specimen);
            add(entries, &format!("{when} {key}"), measure, value, at, from, "");
        }
    }
    vital_signs(entries);
    dose_and_volumes(entries);
}

fn vital_signs(entries: &mut Entries<'_>) {
    let told = entries.told;
    for row in told.flowsheet() {
        let second = row.first().copied().unwrap_or(0.0);
        let at = told.at(second);
        for (column, measure) in [
            ("heart_rate_per_min", HEART_RATE),
            ("spo2_pct", SATURATION),
            ("respiration_per_min", RESPIRATION),
            ("temperature_c", TEMPERATURE),
        ] {
            if let Some(value) = told.sampled(row, column) {
                add(entries, &format!("{column} {second}"), &measure, value, at, Value::Null, "monitor");
            }
        }
        let pressures = [told.sampled(row, "systolic_mmhg"), told.sampled(row, "diastolic_mmhg")];
        if let [Some(systolic), Some(diastolic)] = pressures {
            let component = |code, name, value| json!({"code": coded(LOINC, code, name), "valueQuantity": quantity(value, "mmHg", "mm[Hg]")});
            entries.add(
                &format!("pressure {second}"),
                json!({
                    "resourceType": "Observation",
                    "status": "final",
                    "category": [coded(CATEGORY, "vital-signs", "Vital Signs")],
                    "code": coded(LOINC, "85354-9", "Blood pressure panel with all children optional"),
                    "subject": entries.to("donor"),
                    "partOf": [entries.to("procedure")],
                    "effectiveDateTime": stamp(at),
                    "device": entries.to("monitor"),
                    "component": [
                        component("8480-6", "Systolic blood pressure", systolic),
                        component("8462-4", "Diastolic blood pressure", diastolic),
                    ],
                }),
            );
        }
    }
}

fn dose_and_volumes(entries: &mut Entries<'_>) {
    let told = entries.told;
    let at = stamp(told.finished());
    let estimate = told.outcome("/dose_believed/median_1e6_per_kg");
    let laboratory = told.reconciled("/dose_1e6_per_kg");
    for (name, value, words, band) in [
        (
            "estimated dose",
            estimate,
            "Dose by the live estimate, before the laboratory's count",
            told.outcome("/dose_believed/band_95_1e6_per_kg/0")
                .zip(told.outcome("/dose_believed/band_95_1e6_per_kg/1")),
        ),
        (
            "reconciled dose",
            laboratory,
            "Viable dose by the laboratory's count and the bag's weight",
            told.reconciled("/band_95_1e6_per_kg/0").zip(told.reconciled("/band_95_1e6_per_kg/1")),
        ),
    ] {
        let Some(value) = value else { continue };
        let code = if told.cells() == "cd34" {
            coded(LOINC, "78002-3", "CD34 cells [#/mass] in Transplant product")
        } else {
            json!({"text": format!("Dose of {}", told.cells_name())})
        };
        let range = band.map(|(low, high)| {
            json!([{"low": quantity(low, "10*6/kg", "10*6/kg"),
            "high": quantity(high, "10*6/kg", "10*6/kg"), "text": "95 % credible interval, no reference range"}])
        });
        plain(entries, name, code, quantity(value, "10*6/kg", "10*6/kg"), &at, json!([{"text": words}]), range);
    }
    for (place, words) in [
        ("/whole_blood_processed_ml", "Whole blood processed, without anticoagulant"),
        ("/anticoagulant_total_ml", "Anticoagulant used"),
        ("/anticoagulant_to_donor_ml", "Anticoagulant given to the donor"),
        ("/product/volume_ml", "Product volume"),
        ("/donor/fluid_balance_ml", "Fluid given to the donor less fluid drawn"),
    ] {
        if let Some(value) = told.outcome(place) {
            plain(entries, place, json!({"text": words}), quantity(value, "mL", "mL"), &at, Value::Null, None);
        }
    }
}

fn plain(
    entries: &mut Entries<'_>,
    name: &str,
    code: Value,
    value: Value,
    at: &str,
    note: Value,
    range: Option<Value>,
) {
    entries.add(
        name,
        json!({
            "resourceType": "Observation",
            "status": "final",
            "category": [coded(CATEGORY, "procedure", "Procedure")],
            "code": code,
            "subject": entries.to("donor"),
            "partOf": [entries.to("procedure")],
            "effectiveDateTime": at,
            "valueQuantity": value,
            "note": note,
            "referenceRange": range,
            "device": entries.to("machine"),
        }),
    );
}

fn add(
    entries: &mut Entries<'_>,
    name: &str,
    measure: &Measure,
    value: f64,
    at: DateTime<Utc>,
    specimen: Value,
    device: &str,
) {
    let Measure(code, words, unit, ucum, category) = measure;
    let title = if *category == "laboratory" { "Laboratory" } else { "Vital Signs" };
    entries.add(
        name,
        json!({
            "resourceType": "Observation",
            "status": "final",
            "category": [coded(CATEGORY, category, title)],
            "code": coded(LOINC, code, words),
            "subject": entries.to("donor"),
            "partOf": [entries.to("procedure")],
            "effectiveDateTime": stamp(at),
            "valueQuantity": quantity(value, unit, ucum),
            "specimen": specimen,
            "device": (!device.is_empty()).then(|| entries.to(device)),
        }),
    );
}
