//! JSON Schema of cohort and study files, from the same tables of fields that check them.

use leuka_procedure::file::{Field, Preset, field_schema};
use serde_json::{Value, json};

use crate::{cohort, study};

/// The JSON Schema (draft 2020-12) of a cohort file.
#[must_use]
pub fn cohort_schema() -> Value {
    let mut root = object(cohort::FIELDS, crate::Cohort::VERSION);
    let parts = json!({ "type": "object", "additionalProperties": { "type": "number", "minimum": 0 } });
    let mut correlation = object(cohort::CORRELATION, "");
    correlation["properties"]["between"] =
        json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 });
    root["properties"]["fixed"] = values("The same in every donor.");
    root["properties"]["drawn"] = json!({ "type": "object", "additionalProperties": object(cohort::DRAWN, "") });
    root["properties"]["share"] = json!({ "type": "object", "additionalProperties": parts });
    root["properties"]["correlation"] = json!({ "type": "array", "items": correlation });
    root
}

/// The JSON Schema (draft 2020-12) of a study file.
#[must_use]
pub fn study_schema() -> Value {
    let mut root = object(study::FIELDS, crate::Study::VERSION);
    let names =
        json!({ "type": "array", "items": { "enum": crate::MEASURES.iter().map(|one| one.name).collect::<Vec<_>>() } });
    let mut arm = object(study::ARM, "");
    arm["properties"]["set"] = values("What the arm replaces, by --set path.");
    let mut factor = object(study::FACTOR, "");
    factor["properties"]["levels"] = json!({ "type": "array", "minItems": 1 });
    let mut regression = object(study::REGRESSION, "");
    regression["properties"]["on"] =
        json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 20 });
    root["properties"]["set"] = values("What every arm replaces, by --set path.");
    root["properties"]["arm"] = json!({ "type": "array", "items": arm });
    root["properties"]["factor"] = json!({ "type": "array", "items": factor });
    root["properties"]["regression"] = json!({ "type": "array", "items": regression });
    root["properties"]["outcomes"] = names;
    root
}

fn values(about: &str) -> Value {
    json!({ "type": "object", "description": about })
}

fn object(fields: &[Field], title: &str) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|field| (field.path.to_owned(), field_schema(field))).collect();
    let required: Vec<_> =
        fields.iter().filter(|field| field.preset == Preset::Required).map(|field| field.path).collect();
    let mut object =
        json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required });
    if !title.is_empty() {
        object["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        object["title"] = json!(title);
    }
    object
}
