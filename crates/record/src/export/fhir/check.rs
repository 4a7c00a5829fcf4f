//! The project's own checks of a Bundle: no reference leads nowhere, no unit is unknown, no identifier stands twice.

use std::collections::BTreeSet;

use serde_json::Value;

/// The code system of units.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";

/// The units that a record has.
const UNITS: [&str; 13] =
    ["/min", "%", "Cel", "kg", "cm", "10*9/L", "g/dL", "/uL", "mmol/L", "mm[Hg]", "10*6/kg", "mL", "mL/min"];

/// Something that is wrong with a Bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// A reference to nothing in the Bundle.
    #[error("{place} refers to {target}, which is not in the bundle")]
    Dangling {
        /// Where it stands.
        place: String,
        /// What it names.
        target: String,
    },
    /// A unit that is none of those that a record has.
    #[error("{place} has the unit `{code}`, which is not among the record's UCUM units")]
    Unit {
        /// Where it stands.
        place: String,
        /// The unit.
        code: String,
    },
    /// Two entries with one address.
    #[error("{target} stands twice in the bundle")]
    Twice {
        /// The address.
        target: String,
    },
}

/// All that is wrong with a Bundle.
#[must_use]
pub fn findings(bundle: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut addresses = BTreeSet::new();
    for entry in bundle.pointer("/entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let address = entry.pointer("/fullUrl").and_then(Value::as_str).unwrap_or_default();
        if !addresses.insert(address.to_owned()) {
            found.push(Finding::Twice { target: address.to_owned() });
        }
    }
    walk(bundle, "Bundle", &addresses, &mut found);
    found
}

fn walk(value: &Value, place: &str, addresses: &BTreeSet<String>, found: &mut Vec<Finding>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("reference")
                && !addresses.contains(target)
            {
                found.push(Finding::Dangling { place: place.to_owned(), target: target.clone() });
            }
            if fields.contains_key("value")
                && (fields.contains_key("unit") || fields.get("system").and_then(Value::as_str) == Some(UCUM))
            {
                let word = |key| fields.get(key).and_then(Value::as_str).unwrap_or_default();
                if word("system") != UCUM || !UNITS.contains(&word("code")) {
                    found.push(Finding::Unit { place: place.to_owned(), code: word("code").to_owned() });
                }
            }
            for (key, inner) in fields {
                walk(inner, &format!("{place}.{key}"), addresses, found);
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                walk(inner, &format!("{place}[{at}]"), addresses, found);
            }
        }
        _ => {}
    }
}
