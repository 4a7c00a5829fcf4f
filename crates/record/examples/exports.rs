//! Writes every export of a run folder into a folder, for the readers of others to open: `cargo xtask interop`.
//!
//! `cargo run -p leuka-record --example exports --all-features -- RUN_FOLDER OUT_FOLDER`

use std::error::Error;
use std::path::Path;

use leuka_record::document::{COUNTS, DIN, IDENTITY, RECONCILED};
use leuka_record::export::label::{Label, Site, compound};
use leuka_record::export::{fhir, folder, hl7, sdc};
use leuka_record::{Act, Actor, Fact, Meaning, ProcedureRecord, Signature};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, out] = arguments.as_slice() else { return Err("give a run folder and a folder for the exports".into()) };
    let (run, out) = (Path::new(run), Path::new(out));
    // 28 November 2026, 08:00 UTC.
    let started = 1_795_852_800;
    let mut record = folder::run_folder(run, started)?;
    complete(&mut record);
    std::fs::create_dir_all(out)?;
    label(&record, out)?;
    std::fs::write(out.join("bundle.json"), serde_json::to_string_pretty(&fhir::bundle(&record)?)?)?;
    std::fs::write(out.join("mdib.xml"), sdc::mdib(&record))?;
    let messages = hl7::messages(&record, 60.0);
    std::fs::write(out.join("messages.json"), serde_json::to_string(&messages)?)?;
    #[cfg(feature = "pdf")]
    std::fs::write(out.join("report.pdf"), leuka_record::export::report::pdf(&record)?)?;
    #[cfg(feature = "columns")]
    {
        let file = leuka_record::export::columns::run_file(&record)?;
        std::fs::write(out.join("samples.parquet"), file.samples)?;
        std::fs::write(out.join("events.parquet"), file.events)?;
    }
    Ok(())
}

/// What people add to a run before its record is whole; a run folder has none of it.
fn complete(record: &mut ProcedureRecord) {
    let at = record.ended.as_ref().map_or(record.opened.at, |ended| ended.at);
    let by = Actor { actor: "nkeller".to_owned(), role: "nurse".to_owned() };
    let mut enter = |entity: &str, values: &[Value], reason: &str| {
        let mut old = Value::Null;
        for new in values {
            let action = if old.is_null() { "enter" } else { "amend" };
            let reason = if old.is_null() { String::new() } else { reason.to_owned() };
            let act = Act {
                at,
                by: by.clone(),
                action: action.to_owned(),
                entity: entity.to_owned(),
                old,
                new: new.clone(),
                reason,
            };
            let fact = record
                .facts
                .entry(entity.to_owned())
                .or_insert_with(|| Fact { value: Value::Null, history: Vec::new() });
            fact.value = new.clone();
            fact.history.push(act.clone());
            record.acts.push(act);
            old = new.clone();
        }
    };
    enter(IDENTITY, &[json!({"order": "PT-0074", "wristband": "PT-0074", "bag": "PT-0074"})], "");
    enter(DIN, &[json!("A999926123456")], "");
    let counts = |viability: f64| json!({"cd34_1e6_ml": 1.9, "wbc_1e6_ml": 540.0, "viability_pct": viability});
    enter(COUNTS, &[counts(79.0), counts(97.0)], "digits were exchanged when the result was typed");
    enter(
        RECONCILED,
        &[json!({
            "volume_ml": 168.2, "dose_1e6_per_kg": 4.19, "band_95_1e6_per_kg": [3.48, 4.90], "error": 0.0868,
            "budget": {"volume": 0.015, "count": 0.08, "viability": 0.03}, "specification_1e6_per_kg": 2.0, "passes": true, "failing_pct": 0.0
        })],
        "",
    );
    record.signatures.push(Signature {
        at,
        by: Actor { actor: "mfrei".to_owned(), role: "physician".to_owned() },
        name: "Dr Maria Frei".to_owned(),
        meaning: Meaning::Review,
        signed_seq: record.seq,
        signed_hash: record.hash.clone(),
    });
}

fn label(record: &ProcedureRecord, out: &Path) -> Result<(), Box<dyn Error>> {
    let site =
        Site { facility: "Example Collection Centre".to_owned(), product: None, expires_after_h: 48, zone_min: 60 };
    let label = Label::of(record, &site)?;
    std::fs::write(out.join("label.png"), label.png()?)?;
    #[cfg(feature = "pdf")]
    std::fs::write(out.join("label.pdf"), label.pdf()?)?;
    let structures = label.structures();
    let mut codes: Vec<String> = structures.iter().map(|structure| structure.encode()).collect();
    codes.push(compound(&structures));
    std::fs::write(out.join("label.json"), serde_json::to_string(&codes)?)?;
    std::fs::write(out.join("check.json"), serde_json::to_string(&label.number.check())?)?;
    Ok(())
}
