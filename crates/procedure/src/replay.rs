//! A finished run's inputs, read back from its folder's `inputs.json`.

use serde_json::Value;

use crate::file::{NamedText, Override, Problem, Problems};
use crate::inputs::{Centrifuge, Inputs, Sources};
use crate::scenario::Scenario;

/// What made a run, as its folder recorded it, with further overrides and parameter files.
///
/// # Errors
/// A record that is not whole, fields that this version does not know, and parameters that are not those of the run.
pub fn recorded(name: &str, record: &Value, parameters: Vec<NamedText>) -> Result<(Sources, Inputs), Problems> {
    let problem =
        |field: &str, message: String| Problem { file: name.to_owned(), line: None, field: field.into(), message };
    let text = |field: &str| -> Result<Option<NamedText>, Problem> {
        let table = record.get(field).filter(|table| table.is_object());
        let table = table.ok_or_else(|| problem(field, "is missing: this is no inputs.json of a run".into()))?;
        Ok(Some(NamedText { name: format!("{name}, {field}"), text: toml_text(table) }))
    };
    let changed = record.get("parameters_changed").and_then(Value::as_object);
    let overrides = changed.into_iter().flatten().map(|(path, value)| Override::parse(&format!("{path}={value}")));
    let faults = record.pointer("/scenario/fault").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let separator = record.get("separator").and_then(Value::as_str);
    let sources = Sources {
        protocol: text("protocol")?,
        donor: text("donor")?,
        order: text("order")?,
        parameters,
        scenario: if faults { text("scenario")?.map(with_version) } else { None },
        overrides: overrides.collect::<Result<_, _>>()?,
        seed: record.get("seed").and_then(Value::as_u64).ok_or_else(|| problem("seed", "is missing".into()))?,
        separator: Centrifuge::ALL.into_iter().find(|model| Some(model.name()) == separator),
    };
    let inputs = Inputs::read(&sources)?;
    let hash = record.get("parameters_sha256").and_then(Value::as_str).unwrap_or_default();
    if hash != inputs.parameter_hash() {
        let message = "the run had other model parameters: give the folder of its parameter files with --parameters, or the version of the program that made it";
        return Err(problem("parameters_sha256", message.into()).into());
    }
    Ok((sources, inputs))
}

fn with_version(scenario: NamedText) -> NamedText {
    NamedText { text: format!("schema = \"{}\"\n{}", Scenario::VERSION, scenario.text), ..scenario }
}

/// A table of the record as TOML; what was not given is left out.
fn toml_text(table: &Value) -> String {
    fn given(value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), given(value)))
                .collect(),
            Value::Array(items) => items.iter().map(given).collect(),
            other => other.clone(),
        }
    }
    toml::Table::try_from(given(table)).and_then(|table| toml::to_string(&table)).unwrap_or_default()
}
