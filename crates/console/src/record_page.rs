//! A record as the page shows it: what closing it still needs, its sections, its time line.

use leuka_plan::{Scale, product_density_g_ml};
use leuka_procedure::recorded;
use leuka_record::document::{COUNTS, DIN, IDENTITY, LABEL, RECONCILED};
use leuka_record::entry::utc_text;
use leuka_record::export::label::{Label, Site, compound};
use leuka_record::{Meaning, ProcedureRecord, RecordedEvent, State};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What is done to close a record, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Counts,
    Reconcile,
    Number,
    Label,
    Sign,
    Close,
}

/// How far a record is, as the list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Row {
    id: String,
    opened_utc: String,
    donor_id: String,
    protocol_title: String,
    /// `open`, `interrupted`, `ended` or `closed`.
    state: String,
    machine: String,
    /// What closing it needs next; null while the run goes on, and once it is closed.
    next: Option<Step>,
}

/// A value under its name, with what it was before.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Pair {
    label: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<String>,
}

/// Values that belong together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Section {
    title: &'static str,
    rows: Vec<Pair>,
}

/// A line of the time line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TimeLineRow {
    utc: String,
    at_s: Option<f64>,
    actor: String,
    role: String,
    action: String,
    text: String,
    reason: String,
}

/// A signature as it is printed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Signed {
    name: String,
    utc: String,
    meaning: &'static str,
}

/// A whole record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Page {
    #[serde(flatten)]
    row: Row,
    /// What closing it needs, in order.
    steps: Vec<Step>,
    missing: Vec<String>,
    sections: Vec<Section>,
    time_line: Vec<TimeLineRow>,
    signatures: Vec<Signed>,
    /// Meanings that a signature is still needed for.
    unsigned: Vec<&'static str>,
    /// Every hash and signature was checked and holds.
    verified: bool,
    /// The first thing that is wrong.
    fault: Option<String>,
    /// Names under which something was entered, and what: what can be amended.
    facts: Map<String, Value>,
    /// Forms of the steps: fields as those of a machine's request.
    fields: Map<String, Value>,
}

/// The machine's name as records of other programs have it too.
fn machine(record: &ProcedureRecord) -> String {
    let equipment = &record.opened.equipment;
    equipment.get("bedside_label").or_else(|| equipment.get("machine")).cloned().unwrap_or_default()
}

fn product_ml(record: &ProcedureRecord) -> Option<f64> {
    let ended = record.ended.as_ref()?;
    ended.outcome.pointer("/product/volume_ml").and_then(Value::as_f64).filter(|volume| *volume > 0.0)
}

fn steps(record: &ProcedureRecord) -> Vec<Step> {
    let product = [Step::Counts, Step::Reconcile, Step::Number, Step::Label];
    let product = product.into_iter().filter(|_| product_ml(record).is_some());
    product.chain([Step::Sign, Step::Close]).collect()
}

fn unsigned(record: &ProcedureRecord) -> Vec<&'static str> {
    let is_open = |meaning: &Meaning| !record.signatures.iter().any(|signature| signature.meaning == *meaning);
    [Meaning::Authorship, Meaning::Review].into_iter().filter(is_open).map(Meaning::name).collect()
}

fn next(record: &ProcedureRecord) -> Option<Step> {
    if matches!(record.state, State::Open | State::Closed) {
        return None;
    }
    let has = |entity| record.fact(entity).is_some();
    let is_done = |step: &Step| match step {
        Step::Counts => has(COUNTS),
        Step::Reconcile => has(RECONCILED),
        Step::Number => has(DIN),
        Step::Label => has(IDENTITY) && has(LABEL),
        Step::Sign => unsigned(record).is_empty(),
        Step::Close => false,
    };
    steps(record).into_iter().find(|step| !is_done(step))
}

impl Row {
    pub(crate) fn of(record: &ProcedureRecord) -> Self {
        Self {
            id: record.id.clone(),
            opened_utc: record.opened.at.utc(),
            donor_id: record.opened.donor_id.clone(),
            protocol_title: record.opened.title.clone(),
            state: json!(record.state).as_str().unwrap_or_default().to_owned(),
            machine: machine(record),
            next: next(record),
        }
    }
}

impl Page {
    pub(crate) fn of(record: &ProcedureRecord, fault: Option<String>, site: &Site, number: &str) -> Self {
        Self {
            row: Row::of(record),
            steps: steps(record),
            missing: if record.state == State::Open { Vec::new() } else { record.missing() },
            sections: sections(record),
            time_line: time_line(record),
            signatures: signatures(record),
            unsigned: unsigned(record),
            verified: fault.is_none(),
            fault,
            facts: record.facts.iter().map(|(name, fact)| (name.clone(), fact.value.clone())).collect(),
            fields: fields(record, site, number),
        }
    }
}

fn signatures(record: &ProcedureRecord) -> Vec<Signed> {
    let signed = |one: &leuka_record::Signature| Signed {
        name: one.name.clone(),
        utc: one.at.utc(),
        meaning: one.meaning.name(),
    };
    record.signatures.iter().map(signed).collect()
}

/// Forms of the steps. What scanner, scales and laboratory of the simulated procedure give stands as `scan`.
fn fields(record: &ProcedureRecord, site: &Site, number: &str) -> Map<String, Value> {
    let mut forms = Map::new();
    let scan =
        |name: &str, label: &str, scan: Value| json!({ "name": name, "label": label, "kind": "scan", "scan": scan });
    if let Some(volume_ml) = product_ml(record) {
        forms.insert("counts".into(), json!(count_fields(record, volume_ml)));
        forms.insert("number".into(), json!([scan("number", "Donation number", json!(number))]));
    }
    if let Ok(label) = Label::of(record, site) {
        let donor = json!(record.opened.donor_id);
        forms.insert(
            "label".into(),
            json!([
                scan("wristband", "Donor's wristband", donor.clone()),
                scan("bag", "Donor on the bag", donor),
                scan("scanned", "Square code of the printed label", json!(compound(&label.structures()))),
            ]),
        );
    }
    forms
}

/// Weight of an empty product bag of the simulated set, g.
const TARE_G: f64 = 40.0;
/// Living part of fresh cells, %.
const USUAL_VIABILITY_PCT: f64 = 97.0;

fn count_fields(record: &ProcedureRecord, volume_ml: f64) -> Vec<Value> {
    let outcome = record.ended.as_ref().map_or(&Value::Null, |ended| &ended.outcome);
    let told = |place: &str| outcome.pointer(place).and_then(Value::as_f64);
    let hematocrit_pct = told("/product/hematocrit_pct").unwrap_or(3.0);
    let density = product_density_g_ml(Scale::Composition { hematocrit_pct, leukocrit_pct: 2.0 });
    let weight_kg = recorded("", &record.opened.inputs, Vec::new()).map_or(70.0, |(_, inputs)| inputs.dose_weight_kg());
    let count = told("/dose_1e6_per_kg").map_or(0.0, |dose| dose * weight_kg / volume_ml);
    let viability = told("/filtration/eluted/viability_pct").unwrap_or(USUAL_VIABILITY_PCT);
    let cells = record.counted_cells();
    let label = match cells {
        "cd34_1e6_ml" => "CD34+ cells of the product",
        "cd3_1e6_ml" => "CD3+ cells of the product",
        "mnc_1e6_ml" => "Mononuclear cells of the product",
        "monocyte_1e6_ml" => "Monocytes of the product",
        "granulocyte_1e6_ml" => "Granulocytes of the product",
        _ => "White cells of the product",
    };
    let number = |name: &str, label: &str, unit: &str, high: f64, given: String| {
        json!({
            "name": name, "label": label, "kind": "number", "unit": unit, "low": 0.0, "high": high, "scan": given,
        })
    };
    vec![
        number("weight_g", "Full bag", "g", 5000.0, format!("{:.1}", volume_ml * density + TARE_G)),
        number("tare_g", "Empty bag", "g", 1000.0, format!("{TARE_G:.1}")),
        number(cells, label, "1e6/mL", 1e5, format!("{count:.4}")),
        number("hematocrit_pct", "Haematocrit of the product", "%", 60.0, format!("{hematocrit_pct:.1}")),
        number("viability_pct", "Viability", "%", 100.0, format!("{viability:.0}")),
    ]
}

fn sections(record: &ProcedureRecord) -> Vec<Section> {
    let pair = |label: &str, value: String| Pair { label: label.to_owned(), value, unit: None, old: None };
    let opened = &record.opened;
    let text = |place: &str| opened.inputs.pointer(place).and_then(Value::as_str).unwrap_or("not stated").to_owned();
    let mut all = vec![Section {
        title: "Order and donor",
        rows: vec![
            pair("Order", opened.order_id.clone()),
            pair("Donor", opened.donor_id.clone()),
            pair("Name", text("/donor/name")),
            pair("Protocol", opened.title.clone()),
            pair("Opened", format!("{} by {}", opened.at.utc(), opened.by.actor)),
        ],
    }];
    if let Some(ended) = &record.ended {
        all.push(Section { title: "Procedure", rows: totals(&ended.outcome) });
    }
    if !record.facts.is_empty() {
        all.push(Section { title: "Entered", rows: record.facts.iter().flat_map(entered).collect() });
    }
    let equipment = opened.equipment.iter().map(|(name, value)| pair(&name.replace('_', " "), value.clone()));
    all.push(Section { title: "Equipment", rows: equipment.collect() });
    all
}

/// Totals of the outcome: label, place, unit, decimals.
const TOTALS: [(&str, &str, &str, usize); 12] = [
    ("From power-on to the end", "/duration_min", "min", 0),
    ("Collecting", "/collect_min", "min", 0),
    ("Blood processed", "/whole_blood_processed_ml", "mL", 0),
    ("Blood volumes processed", "/tbv_processed", "", 2),
    ("Anticoagulant to the donor", "/anticoagulant_to_donor_ml", "mL", 0),
    ("Citrate, mean", "/citrate_mean_mg_kg_min", "mg/kg/min", 2),
    ("Product", "/product/volume_ml", "mL", 1),
    ("Haematocrit of the product", "/product/hematocrit_pct", "%", 1),
    ("Dose, believed", "/dose_believed/median_1e6_per_kg", "×10⁶/kg", 2),
    ("Dose, 95 % from", "/dose_believed/band_95_1e6_per_kg/0", "×10⁶/kg", 2),
    ("Dose, 95 % to", "/dose_believed/band_95_1e6_per_kg/1", "×10⁶/kg", 2),
    ("Fluid balance", "/donor/fluid_balance_ml", "mL", 0),
];

fn totals(outcome: &Value) -> Vec<Pair> {
    let end = outcome.get("end_reason").and_then(Value::as_str).unwrap_or("the run was cut off");
    let mut rows = vec![Pair { label: "End".into(), value: end.to_owned(), unit: None, old: None }];
    rows.extend(TOTALS.iter().filter_map(|(label, place, unit, decimals)| {
        let value = outcome.pointer(place)?.as_f64()?;
        let unit = (!unit.is_empty()).then_some(*unit);
        Some(Pair { label: (*label).to_owned(), value: format!("{value:.decimals$}"), unit, old: None })
    }));
    rows
}

/// What the facts of every record are called; others have their own names.
const FACTS: [(&str, &str); 5] = [
    (COUNTS, "Product"),
    (DIN, "Donation number"),
    (IDENTITY, "Identity"),
    (LABEL, "Label as scanned"),
    (RECONCILED, "Account"),
];

/// Endings of names that are units.
const UNITS: [(&str, &str); 7] = [
    ("_1e6_per_kg", "×10⁶/kg"),
    ("_1e6_ml", "×10⁶/mL"),
    ("_1e6", "×10⁶"),
    ("_g_ml", "g/mL"),
    ("_pct", "%"),
    ("_ml", "mL"),
    ("_g", "g"),
];

/// A fact as rows: a value, or each number of an account, with what stood there before the last amendment.
fn entered((name, fact): (&String, &leuka_record::Fact)) -> Vec<Pair> {
    let before = fact.history.last().map_or(&Value::Null, |act| &act.old);
    let called = FACTS.iter().find(|(known, _)| known == name).map_or(name.as_str(), |(_, words)| words);
    let row = |label: String, unit, value: &Value, old: &Value| {
        let old = (!old.is_null() && old != value).then(|| shown(old));
        Pair { label, value: shown(value), unit, old }
    };
    match &fact.value {
        Value::Object(parts) => parts
            .iter()
            .map(|(part, value)| {
                let unit = UNITS.iter().find(|(ending, _)| part.ends_with(ending));
                let words = unit.map_or(part.as_str(), |(ending, _)| part.trim_end_matches(ending)).replace('_', " ");
                let old = before.get(part).unwrap_or(&Value::Null);
                row(format!("{called}: {words}"), unit.map(|(_, unit)| *unit), value, old)
            })
            .collect(),
        value => vec![row(called.to_owned(), None, value, before)],
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            let digits = format!("{number:.3}");
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Value::Array(parts) => parts.iter().map(shown).collect::<Vec<_>>().join(" to "),
        Value::Object(parts) => {
            parts.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect::<Vec<_>>().join(", ")
        }
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}

/// Events that say no more than the samples do.
const LEFT_OUT: [&str; 3] = ["estimate", "plant", "vitals"];

/// Events, what people entered and refused, signatures, in the order in which they were written.
fn time_line(record: &ProcedureRecord) -> Vec<TimeLineRow> {
    let mut rows: Vec<(i64, TimeLineRow)> = Vec::new();
    let told = record.events.iter().filter(|event| !LEFT_OUT.contains(&event.kind.as_str()));
    rows.extend(told.map(|event| (event.at.utc_ms, of_event(event))));
    // What people do to a run is among its events already.
    for act in record.acts.iter().filter(|act| act.entity != "run") {
        let new = if act.new.is_null() { String::new() } else { format!(": {}", shown(&act.new)) };
        let row = TimeLineRow {
            utc: act.at.utc(),
            at_s: None,
            actor: act.by.actor.clone(),
            role: act.by.role.clone(),
            action: act.action.clone(),
            text: format!("{} {}{new}", act.action, act.entity),
            reason: act.reason.clone(),
        };
        rows.push((act.at.utc_ms, row));
    }
    for one in &record.signatures {
        let row = TimeLineRow {
            utc: one.at.utc(),
            at_s: None,
            actor: one.by.actor.clone(),
            role: one.by.role.clone(),
            action: "sign".to_owned(),
            text: format!("{} signs: {}", one.name, one.meaning.name()),
            reason: String::new(),
        };
        rows.push((one.at.utc_ms, row));
    }
    rows.sort_by_key(|(utc_ms, _)| *utc_ms);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn of_event(event: &RecordedEvent) -> TimeLineRow {
    let by = |what: &str| event.data.pointer(what).and_then(Value::as_str).map(str::to_owned);
    TimeLineRow {
        utc: utc_text(event.at.utc_ms),
        at_s: Some(event.at_s),
        actor: by("/who/login").unwrap_or_else(|| event.source.clone()),
        role: by("/who/role").unwrap_or_default(),
        action: event.kind.clone(),
        text: event.text.clone(),
        reason: by("/why").unwrap_or_default(),
    }
}
