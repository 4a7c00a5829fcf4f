//! JSON Schema of a kind of file, from its table of fields.

use serde_json::{Map, Value, json};

use super::field::{Field, FileKind, Kind, Preset};

/// The JSON Schema (draft 2020-12) of a kind of file; editors that know TOML check and complete with it.
#[must_use]
pub fn json_schema(kind: FileKind) -> Value {
    let mut root = object();
    for field in kind.fields() {
        place(&mut root, field.path, field);
    }
    if kind == FileKind::Protocol {
        // Exactly one target stops a run.
        root["properties"]["target"]["minProperties"] = json!(1);
        root["properties"]["target"]["maxProperties"] = json!(1);
        root["not"] = json!({ "required": crate::protocol::SPEEDS });
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(kind.version());
    root
}

fn object() -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": {} })
}

fn place(object_schema: &mut Value, path: &str, field: &Field) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    if field.preset == Preset::Required {
        let required = &mut object_schema["required"];
        if required.is_null() {
            *required = json!([]);
        }
        if let Some(names) = required.as_array_mut().filter(|names| !names.contains(&json!(name))) {
            names.push(json!(name));
        }
    }
    let properties = &mut object_schema["properties"];
    match rest {
        None => properties[name] = field_schema(field),
        Some(rest) => {
            if properties[name].is_null() {
                properties[name] = object();
            }
            place(&mut properties[name], rest, field);
        }
    }
}

/// The JSON Schema of one field.
#[must_use]
pub fn field_schema(field: &Field) -> Value {
    let mut schema = match field.kind {
        Kind::Number { low, high } => range(low, high),
        Kind::Tiers { low, high } => {
            let tier = range(low, high);
            let table = json!({
                "type": "object", "additionalProperties": false,
                "properties": { "warning": tier, "automatic": tier, "absolute": tier },
            });
            json!({ "oneOf": [range(low, high), table] })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": "string", "maxLength": 200 }),
        Kind::Choice(words) => json!({ "enum": words }),
    };
    let unit = if field.unit.is_empty() { String::new() } else { format!(" [{}]", field.unit) };
    let left_out = match field.preset {
        Preset::Optional(meaning) => format!(" When left out: {meaning}."),
        _ => String::new(),
    };
    schema["description"] = json!(format!("{}{unit}.{left_out}", field.about));
    match field.preset {
        Preset::Required | Preset::Optional(_) => {}
        Preset::Number(value) => schema["default"] = json!(value),
        Preset::Tiers(warning, automatic, absolute) => {
            schema["default"] = json!({ "warning": warning, "automatic": automatic, "absolute": absolute });
        }
        Preset::Flag(value) => schema["default"] = json!(value),
        Preset::Text(value) => schema["default"] = json!(value),
    }
    schema
}

fn range(low: f64, high: f64) -> Value {
    Value::Object(Map::from_iter([
        ("type".to_owned(), json!("number")),
        ("minimum".to_owned(), json!(low)),
        ("maximum".to_owned(), json!(high)),
    ]))
}
