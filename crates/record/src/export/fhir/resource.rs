//! Donor, order, procedure, machine, product, alarms, and who did what.

use serde_json::{Value, json};

use super::{Entries, coded, quantity};
use crate::entry::{Meaning, utc_text};
use crate::export::told::stamp;

pub(super) fn who_and_what(entries: &mut Entries<'_>) {
    let told = entries.told;
    let record = told.record;
    let gender = told.input_text("/donor/sex").filter(|sex| matches!(*sex, "male" | "female")).unwrap_or("unknown");
    entries.add(
        "donor",
        json!({
            "resourceType": "Patient",
            "identifier": [{"system": "urn:x-leuka:donor", "value": record.opened.donor_id}],
            "name": [{"text": told.donor_name()}],
            "gender": gender,
        }),
    );
    let status = if record.ended.is_some() { "completed" } else { "active" };
    entries.add("order", json!({
        "resourceType": "ServiceRequest",
        "identifier": [{"system": "urn:x-leuka:order", "value": record.opened.order_id}],
        "status": status,
        "intent": "order",
        "code": {"text": format!("Leukapheresis: {}", record.opened.title)},
        "subject": entries.to("donor"),
        "quantityQuantity": told.outcome("/dose_believed/goal_1e6_per_kg").map(|goal| quantity(goal, "10*6/kg", "10*6/kg")),
    }));
    machine(entries);
    let complications: Vec<Value> = told.symptoms().iter().map(|(name, _)| json!({"text": name})).collect();
    let status = match (&record.ended, told.is_completed()) {
        (None, _) => "in-progress",
        (Some(_), true) => "completed",
        (Some(_), false) => "stopped",
    };
    entries.add(
        "procedure",
        json!({
            "resourceType": "Procedure",
            "identifier": [{"system": "urn:x-leuka:record", "value": record.id}],
            "basedOn": [entries.to("order")],
            "status": status,
            "code": {"text": format!("Leukapheresis: {}", record.opened.title)},
            "subject": entries.to("donor"),
            "performedPeriod": {"start": stamp(told.started()), "end": stamp(told.finished())},
            "outcome": {"text": told.end_reason()},
            "complication": (!complications.is_empty()).then_some(complications),
            "usedReference": [entries.to("machine")],
            "note": [{"text": leuka_report::NOT_A_DEVICE}],
        }),
    );
}

fn machine(entries: &mut Entries<'_>) {
    let record = entries.told.record;
    let versions: Vec<Value> = record
        .opened
        .equipment
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| json!({"type": {"text": name}, "value": value}))
        .collect();
    entries.add(
        "machine",
        json!({
            "resourceType": "Device",
            "status": "active",
            "manufacturer": "leuka",
            "deviceName": [{"name": "virtual blood cell separator", "type": "user-friendly-name"}],
            "type": {"text": "Apheresis machine (simulated)"},
            "version": (!versions.is_empty()).then_some(versions),
            "patient": entries.to("donor"),
        }),
    );
    entries.add(
        "monitor",
        json!({
            "resourceType": "Device",
            "status": "active",
            "deviceName": [{"name": "patient monitor", "type": "user-friendly-name"}],
            "type": {"text": "Patient monitor"},
            "patient": entries.to("donor"),
        }),
    );
    for (name, words, category, unit) in [
        ("inlet flow", "Inlet flow by pump counter", "measurement", "mL/min"),
        ("dose", "Dose by the live estimate", "calculation", "10*6/kg"),
    ] {
        entries.add(
            &format!("metric {name}"),
            json!({
                "resourceType": "DeviceMetric",
                "type": {"text": words},
                "unit": coded(super::check::UCUM, unit, unit),
                "source": entries.to("machine"),
                "operationalStatus": "off",
                "category": category,
            }),
        );
    }
}

pub(super) fn product(entries: &mut Entries<'_>) {
    let told = entries.told;
    let Some(volume) = told.outcome("/product/volume_ml").filter(|volume| *volume > 0.0) else { return };
    let identifier = told.donation_number().map(|number| {
        json!([{"type": {"text": "Donation identification number"}, "system": "urn:oid:2.16.840.1.113883.6.18", "value": number}])
    });
    let code = (told.cells() == "cd34").then(|| coded("urn:oid:2.16.840.1.113883.6.18", "S1128", "HPC, APHERESIS"));
    let [begun, ended] = told.collected();
    entries.add(
        "product",
        json!({
            "resourceType": "BiologicallyDerivedProduct",
            "identifier": identifier,
            "productCategory": "cells",
            "productCode": code,
            "status": "available",
            "request": [entries.to("order")],
            "quantity": 1,
            "collection": {
                "source": entries.to("donor"),
                "collectedPeriod": {"start": stamp(begun), "end": stamp(ended)},
            },
            "manipulation": {"description": format!("{volume:.1} mL collected with {}", told.anticoagulant())},
        }),
    );
}

pub(super) fn alarms(entries: &mut Entries<'_>) {
    let told = entries.told;
    for (at, alarm) in told.alarms().into_iter().enumerate() {
        let severity = match alarm.priority.as_str() {
            "high" => "high",
            "medium" => "moderate",
            _ => "low",
        };
        let words = alarm.code.replace('_', " ");
        entries.add(
            &format!("alarm {at}"),
            json!({
                "resourceType": "DetectedIssue",
                "status": "final",
                "code": {"text": words},
                "severity": severity,
                "patient": entries.to("donor"),
                "identifiedDateTime": stamp(told.at(alarm.at_s)),
                "author": entries.to("machine"),
                "implicated": [entries.to("procedure")],
                "detail": if alarm.reason.is_empty() { words.clone() } else { alarm.reason },
            }),
        );
    }
}

pub(super) fn trail(entries: &mut Entries<'_>) {
    let told = entries.told;
    let record = told.record;
    for (at, act) in record.acts.iter().enumerate() {
        let action = match act.action.as_str() {
            "enter" => "C",
            "amend" => "U",
            _ => "E",
        };
        entries.add(&format!("act {at}"), json!({
            "resourceType": "AuditEvent",
            "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110100", "display": "Application Activity"},
            "action": action,
            "recorded": utc_text(act.at.utc_ms),
            "outcome": if act.action == "refuse" { "4" } else { "0" },
            "outcomeDesc": (!act.reason.is_empty()).then_some(&act.reason),
            "agent": [{"name": act.by.actor, "requestor": true,
                "role": (!act.by.role.is_empty()).then(|| json!([{"text": act.by.role}]))}],
            "source": {"observer": entries.to("machine")},
            "entity": [{"what": entries.to("procedure"), "name": act.entity,
                "description": act.words()}],
        }));
    }
    let signatures: Vec<Value> = record
        .signatures
        .iter()
        .map(|signature| {
            let (code, words) = match signature.meaning {
                Meaning::Authorship => ("1.2.840.10065.1.12.1.1", "Author's Signature"),
                Meaning::Review => ("1.2.840.10065.1.12.1.13", "Review Signature"),
                Meaning::Approval => ("1.2.840.10065.1.12.1.6", "Validation Signature"),
            };
            json!({
                "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": code, "display": words}],
                "when": utc_text(signature.at.utc_ms),
                "who": {"display": format!("{} ({})", signature.name, signature.by.role)},
            })
        })
        .collect();
    let named = ["procedure", "product"];
    let known = |name: &&&str| {
        let full = format!("urn:uuid:{}", entries.uuid(name));
        entries.list.iter().any(|entry| entry.pointer("/fullUrl").and_then(Value::as_str) == Some(&full))
    };
    let targets: Vec<Value> = named.iter().filter(known).map(|name| entries.to(name)).collect();
    entries.add("provenance", json!({
        "resourceType": "Provenance",
        "target": targets,
        "recorded": stamp(told.finished()),
        "agent": [{"type": coded("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "assembler", "Assembler"),
            "who": entries.to("machine")}],
        "entity": [{"role": "source", "what": {"identifier": {"system": "urn:x-leuka:record-hash", "value": record.hash}}}],
        "signature": (!signatures.is_empty()).then_some(signatures),
    }));
}
