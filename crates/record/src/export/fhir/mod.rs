//! FHIR R4 (4.0.1): a record as one Bundle in which every reference resolves.
//!
//! Donor and machine as Patient, Device and DeviceMetric; order and run as ServiceRequest and Procedure; what was measured as
//! Observation and Specimen; the bag as BiologicallyDerivedProduct; who did what as Provenance and AuditEvent; alarms as
//! DetectedIssue. Only what instruments and people gave is told: true values of the virtual donor stay out.

mod check;
mod measured;
mod resource;

pub use check::{Finding, findings};

use serde_json::{Value, json};

use super::ExportError;
use super::told::{Told, stamp};
use crate::document::ProcedureRecord;

/// The whole record as a Bundle.
///
/// # Errors
/// [`ExportError::Unsound`] when the project's own checks find a fault.
pub fn bundle(record: &ProcedureRecord) -> Result<Value, ExportError> {
    let told = Told::new(record);
    let mut entries = Entries { told, list: Vec::new() };
    resource::who_and_what(&mut entries);
    measured::observations(&mut entries);
    resource::product(&mut entries);
    resource::alarms(&mut entries);
    resource::trail(&mut entries);
    let bundle = json!({
        "resourceType": "Bundle",
        "id": entries.uuid("bundle"),
        "meta": {"tag": [simulated()]},
        "identifier": {"system": "urn:x-leuka:record", "value": record.id},
        "type": "collection",
        "timestamp": stamp(told.finished()),
        "entry": entries.list,
    });
    match findings(&bundle).first() {
        None => Ok(bundle),
        Some(finding) => Err(ExportError::Unsound(finding.to_string())),
    }
}

/// The tag of data that stem from no living person.
fn simulated() -> Value {
    json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "test health data"})
}

/// The bundle's entries.
struct Entries<'a> {
    told: Told<'a>,
    list: Vec<Value>,
}

impl Entries<'_> {
    /// The same record and name always give the same identifier.
    fn uuid(&self, name: &str) -> String {
        use sha2::{Digest, Sha256};
        let hash = Sha256::digest(format!("leuka.fhir/1|{}|{name}", self.told.record.id));
        let mut hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        // Version 8 (of a hash), variant 1 of RFC 9562.
        hex.replace_range(12..13, "8");
        hex.replace_range(16..17, "a");
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// A reference to the resource of a name.
    fn to(&self, name: &str) -> Value {
        json!({"reference": format!("urn:uuid:{}", self.uuid(name))})
    }

    /// Adds a resource under a name.
    fn add(&mut self, name: &str, mut resource: Value) {
        let uuid = self.uuid(name);
        if let Some(fields) = resource.as_object_mut() {
            fields.insert("id".to_owned(), json!(uuid));
            fields.insert("meta".to_owned(), json!({"tag": [simulated()]}));
            fields.retain(|_, value| !value.is_null());
        }
        self.list.push(json!({"fullUrl": format!("urn:uuid:{uuid}"), "resource": resource}));
    }
}

/// A coded thing.
fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [{"system": system, "code": code, "display": display}], "text": display})
}

/// A value with its unit in UCUM.
fn quantity(value: f64, unit: &str, code: &str) -> Value {
    json!({"value": rounded(value), "unit": unit, "system": check::UCUM, "code": code})
}

/// Six significant digits: more than any instrument has.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
