//! A record as PCD-01 messages: one ORU^R01 for each interval, vital signs and the machine's values with their times.

use chrono::{DateTime, Utc};

use crate::document::ProcedureRecord;
use crate::export::told::Told;
use crate::import::hl7_vitals::escaped;

/// Code system of what IEEE 11073-10101 has no term for.
const OWN: &str = "99LEUKA";

/// A value that is told: column of the samples, containment, code, name, code system, unit.
struct Term(&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const PER_MINUTE: &str = "264864^MDC_DIM_BEAT_PER_MIN^MDC";
const BREATHS: &str = "264928^MDC_DIM_RESP_PER_MIN^MDC";
const PERCENT: &str = "262688^MDC_DIM_PERCENT^MDC";
const MMHG: &str = "266016^MDC_DIM_MMHG^MDC";
const CELSIUS: &str = "268192^MDC_DIM_DEGC^MDC";
const FLOW: &str = "mL/min^mL/min^UCUM";
const VOLUME: &str = "mL^mL^UCUM";
const DOSE: &str = "10*6/kg^10*6/kg^UCUM";

const MONITOR: [Term; 6] = [
    Term("heart_rate_per_min", "1.1.1.1", "147842", "MDC_ECG_HEART_RATE", "MDC", PER_MINUTE),
    Term("spo2_pct", "1.1.1.2", "150456", "MDC_PULS_OXIM_SAT_O2", "MDC", PERCENT),
    Term("systolic_mmhg", "1.1.1.3", "150021", "MDC_PRESS_BLD_NONINV_SYS", "MDC", MMHG),
    Term("diastolic_mmhg", "1.1.1.4", "150022", "MDC_PRESS_BLD_NONINV_DIA", "MDC", MMHG),
    Term("respiration_per_min", "1.1.1.5", "151562", "MDC_RESP_RATE", "MDC", BREATHS),
    Term("temperature_c", "1.1.1.6", "150344", "MDC_TEMP", "MDC", CELSIUS),
];

const MACHINE: [Term; 8] = [
    Term("inlet_flow_ml_min", "2.1.1.1", "INLET_FLOW", "Inlet flow", OWN, FLOW),
    Term("anticoagulant_flow_ml_min", "2.1.1.2", "ANTICOAGULANT_FLOW", "Anticoagulant flow", OWN, FLOW),
    Term("plasma_flow_ml_min", "2.1.1.3", "PLASMA_FLOW", "Plasma flow", OWN, FLOW),
    Term("collect_flow_ml_min", "2.1.1.4", "COLLECT_FLOW", "Collect flow", OWN, FLOW),
    Term("access_pressure_mmhg", "2.1.1.5", "ACCESS_PRESSURE", "Access pressure", OWN, MMHG),
    Term("return_pressure_mmhg", "2.1.1.6", "RETURN_PRESSURE", "Return pressure", OWN, MMHG),
    Term("processed_ml", "2.1.1.7", "PROCESSED", "Whole blood processed", OWN, VOLUME),
    Term("dose_estimate_1e6_per_kg", "2.1.1.8", "DOSE_ESTIMATE", "Dose by the live estimate", OWN, DOSE),
];

/// The record's samples as messages, one for every so many seconds. The same record gives the same messages.
#[must_use]
pub fn messages(record: &ProcedureRecord, every_s: f64) -> Vec<String> {
    let told = Told::new(record);
    let mut due = f64::NEG_INFINITY;
    let mut messages = Vec::new();
    for row in &record.samples {
        let second = row.first().copied().unwrap_or(0.0);
        if second >= due {
            messages.push(message(told, row, messages.len() + 1));
            due = second + every_s;
        }
    }
    messages
}

fn message(told: Told<'_>, row: &[f64], number: usize) -> String {
    let record = told.record;
    let at = dtm(told.at(row.first().copied().unwrap_or(0.0)));
    let id = control_id(&record.id, number);
    let sex = match told.input_text("/donor/sex") {
        Some("male") => "M",
        Some("female") => "F",
        _ => "U",
    };
    let [donor, name, order, record_id] =
        [&record.opened.donor_id, told.donor_name(), &record.opened.order_id, &record.id].map(escaped);
    let mut lines = vec![
        format!(
            "MSH|^~\\&|LEUKA|LEUKA|||{at}||ORU^R01^ORU_R01|{id}|P|2.6|||NE|AL||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
        ),
        format!("PID|||{donor}^^^LEUKA^PI||{name}^^^^^^L|||{sex}"),
        "PV1||U".to_owned(),
        format!("OBR|1|{order}^LEUKA|{record_id}-{number}^LEUKA|182777000^monitoring of patient^SCT|||{at}"),
    ];
    observations(told, row, &MONITOR, "1", "69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", &at, &mut lines);
    observations(
        told,
        row,
        &MACHINE,
        "2",
        &format!("SEPARATOR^Blood cell separator (simulated)^{OWN}"),
        &at,
        &mut lines,
    );
    lines.join("\r") + "\r"
}

fn observations(
    told: Told<'_>,
    row: &[f64],
    terms: &[Term],
    root: &str,
    device: &str,
    at: &str,
    lines: &mut Vec<String>,
) {
    let first = lines.len();
    for Term(column, place, code, name, system, unit) in terms {
        let Some(value) = told.sampled(row, column) else { continue };
        if lines.len() == first {
            let set = lines.len() - 3;
            lines.push(format!("OBX|{set}||{device}|{root}.0.0.0|||||||X"));
        }
        let set = lines.len() - 3;
        let value = format!("{value:.3}");
        lines.push(format!("OBX|{set}|NM|{code}^{name}^{system}|{place}|{value}|{unit}|||||R|||{at}"));
    }
}

/// At most twenty characters, as older receivers take; the same for the same message.
fn control_id(record: &str, number: usize) -> String {
    let check = crc::Crc::<u64>::new(&crc::CRC_64_ECMA_182).checksum(record.as_bytes());
    format!("L{:012X}-{number}", check & 0xffff_ffff_ffff)
}

fn dtm(at: DateTime<Utc>) -> String {
    at.format("%Y%m%d%H%M%S%.3f+0000").to_string()
}
