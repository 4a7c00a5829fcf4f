//! What the machine waits for, as a form: what to do with the hands, what to enter; and from the answers the action
//! that control is told.
//!
//! The simulated procedure has real things to scan: the operator's proposal for a request, as JSON, says what scanner,
//! papers and laboratory give. A field names its place in that JSON; the answer replaces what stands there.

use leuka_control::{OperatorAction, Request};
use serde_json::{Map, Value, json};

use crate::error::Refused;

/// How a field is entered and what it becomes.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Read by the scanner.
    Scan,
    /// Typed, as somebody says it.
    Text,
    /// Yes or no.
    YesNo,
    /// What stands on a bag.
    Solution,
    /// A number in `unit`, `factor` times which is the stored value.
    Number { unit: &'static str, low: f64, high: f64, factor: f64 },
}

/// One field of a form.
#[derive(Debug, Clone, Copy)]
struct Field {
    /// Name, which is the last part of its place.
    name: &'static str,
    /// Where it stands below the action's name.
    place: &'static str,
    label: &'static str,
    kind: Kind,
}

const fn field(name: &'static str, place: &'static str, label: &'static str, kind: Kind) -> Field {
    Field { name, place, label, kind }
}

const fn number(unit: &'static str, low: f64, high: f64, factor: f64) -> Kind {
    Kind::Number { unit, low, high, factor }
}

const ORDER: &[Field] = &[
    field("order", "/order", "Order", Kind::Scan),
    field("donor", "/donor", "Donor that the order names", Kind::Scan),
];
const DONOR: &[Field] = &[
    field("id", "/id", "Wristband", Kind::Scan),
    field("second", "/second", "Second identifier, as the donor says it", Kind::Text),
];
const ELIGIBILITY: &[Field] = &[
    field("consent", "/consent", "Consent is signed", Kind::YesNo),
    field("infection_markers_negative", "/infection_markers_negative", "Infection markers are negative", Kind::YesNo),
    field("pregnant", "/pregnant", "Pregnant", Kind::YesNo),
    field("ace_inhibitor", "/ace_inhibitor", "Takes an ACE inhibitor", Kind::YesNo),
    field("anticoagulant_drug", "/anticoagulant_drug", "Takes an anticoagulant drug", Kind::YesNo),
    field("count_age", "/count_age", "Age of the blood count", number("h", 0.0, 1000.0, 3600.0)),
];
const SET: &[Field] = &[field("code", "/code", "Set code", Kind::Scan)];
const BAG: &[Field] = &[field("solution", "/solution", "What stands on the bag", Kind::Solution)];
const RED_CELLS: &[Field] = &[
    field("donor", "/donor", "Donor that the unit is for", Kind::Scan),
    field("age", "/age", "Age of the unit", number("d", 0.0, 60.0, 86_400.0)),
    field("potassium", "/potassium", "Potassium", number("mmol/L", 0.0, 100.0, 1.0)),
    field("temperature", "/temperature", "Temperature", number("C", 0.0, 42.0, 1.0)),
];
const ACCESS: &[Field] =
    &[field("lock_aspirated", "/lock_aspirated", "The catheter's lock is aspirated and discarded", Kind::YesNo)];
const DRAW: &[Field] = &[field("free", "/free", "Blood comes freely", Kind::YesNo)];
const RETURN: &[Field] = &[field("free", "/free", "Saline goes in freely", Kind::YesNo)];
const LABEL: &[Field] = &[
    field("product", "/label/product", "Product on the label", Kind::Scan),
    field("donor", "/label/donor", "Donor on the label", Kind::Scan),
    field("order", "/label/order", "Order on the label", Kind::Scan),
];
const LINE: &[Field] = &[field("hemostasis", "/hemostasis", "Bleeding stands", Kind::YesNo)];
const SYSTOLIC: &[Field] = &[field("systolic", "/systolic", "Systolic pressure", number("mmHg", 30.0, 300.0, 1.0))];
const COUNTS: &[Field] = &[
    field("hematocrit", "/hematocrit", "Haematocrit", number("%", 5.0, 75.0, 0.01)),
    field("platelets", "/platelets", "Platelets", number("x1e9/L", 0.0, 5000.0, 1000.0)),
    field("white_cells", "/white_cells", "White cells", number("x1e9/L", 0.0, 1000.0, 1000.0)),
    field("dose_cells", "/dose_cells", "Cells of the dose", number("/uL", 0.0, 1e6, 1.0)),
];

/// Title, what to do, and what to enter.
const fn form(request: Request) -> (&'static str, &'static str, &'static [Field]) {
    match request {
        Request::ScanOrder => ("Scan the order", "Scan the order and compare it with the donor's papers.", ORDER),
        Request::ScanDonor => {
            ("Scan the donor", "Scan the wristband and ask the donor for the name and the date of birth.", DONOR)
        }
        Request::ConfirmEligibility => {
            ("Confirm that the donor is fit", "Question the donor and read consent and results.", ELIGIBILITY)
        }
        Request::AttachMonitor => {
            ("Attach the monitor", "Attach cuff, oximeter and electrodes; the cuff measures once.", &[])
        }
        Request::LoadSet => ("Load the set", "Scan the set's code and lay it into pumps, clamps and centrifuge.", SET),
        Request::HangSaline => ("Hang the saline", "Scan the bag, hang it on its scale and spike it.", BAG),
        Request::SpikeAnticoagulant => {
            ("Spike the anticoagulant", "The bag hangs still on its scale: scan it and spike it.", BAG)
        }
        Request::HangRedCells => {
            ("Hang the red cells", "Check the unit beside the donor, then hang it on the saline line.", RED_CELLS)
        }
        Request::InsertAccess => {
            ("Insert the access", "Place the needles, or aspirate and discard the catheter's lock.", ACCESS)
        }
        Request::TestDraw => ("Try the draw", "Draw blood by syringe.", DRAW),
        Request::TestReturn => ("Try the return", "Give saline by syringe and watch the vein.", RETURN),
        Request::Connect => ("Connect the donor", "Connect both lines to the access, without air.", &[]),
        Request::Resume => ("Resume", "Put right what made the pause, then resume.", &[]),
        Request::FlushSet => {
            ("Flush the set", "Blood stood for long: flush the set with saline and look for clots.", &[])
        }
        Request::Reset => ("Reset the stop", "Find and put right what made the stop, then reset it.", &[]),
        Request::Disconnect => ("Take the lines off", "Close the clamps and take both lines off the access.", &[]),
        Request::MixProduct => ("Mix the product", "Mix the bag gently.", &[]),
        Request::SampleProduct => ("Take the samples", "Take the samples for counts and sterility.", &[]),
        Request::SealProduct => {
            ("Seal and label the product", "Seal the bag, label it, and scan the label beside the donor.", LABEL)
        }
        Request::RemoveLine => ("Remove the line", "Remove the needles and press, or lock the catheter.", LINE),
        Request::MeasureLying => ("Pressure lying", "Measure the blood pressure while the donor lies.", SYSTOLIC),
        Request::MeasureStanding => {
            ("Pressure standing", "Let the donor stand up, and measure the blood pressure.", SYSTOLIC)
        }
        Request::EnterCounts => {
            ("Enter the counts", "Type the counts of venous blood after rinse-back, with their units.", COUNTS)
        }
    }
}

/// The title of a request.
pub(crate) const fn title(request: Request) -> &'static str {
    form(request).0
}

/// The form of a request; `proposal` is what scanner, papers and laboratory give.
pub(crate) fn shown(request: Request, proposal: Option<&OperatorAction>) -> Value {
    let (title, how, fields) = form(request);
    let body = proposal.map(body_of).unwrap_or_default();
    let needs: Vec<Value> = fields.iter().map(|field| shown_field(field, body.pointer(field.place))).collect();
    json!({ "name": request, "title": title, "how": how, "needs": needs })
}

fn shown_field(field: &Field, given: Option<&Value>) -> Value {
    let mut shown = json!({ "name": field.name, "label": field.label });
    let given = given.cloned().unwrap_or_default();
    match field.kind {
        Kind::Scan => (shown["kind"], shown["scan"]) = (json!("scan"), given),
        Kind::Text => (shown["kind"], shown["scan"]) = (json!("text"), given),
        Kind::YesNo => (shown["kind"], shown["default"]) = (json!("yes_no"), given),
        Kind::Solution => {
            shown["kind"] = json!("choice");
            shown["choices"] =
                SOLUTIONS.iter().map(|(value, title)| json!({ "value": value, "title": title })).collect();
            let (_, title) = SOLUTIONS.iter().find(|(value, _)| solution(value) == given).unwrap_or(&SOLUTIONS[0]);
            shown["scan"] = json!(title);
        }
        Kind::Number { unit, low, high, factor } => {
            shown["kind"] = json!("number");
            (shown["unit"], shown["low"], shown["high"]) = (json!(unit), json!(low), json!(high));
            shown["scan"] = given.as_f64().map_or(Value::Null, |value| json!(format!("{:.1}", value / factor)));
        }
    }
    shown
}

/// What may stand on a bag.
const SOLUTIONS: [(&str, &str); 6] = [
    ("saline", "saline"),
    ("acd-a", "ACD-A"),
    ("acd-b", "ACD-B"),
    ("heparin", "heparin"),
    ("hes-citrate", "HES-citrate"),
    ("other", "something else"),
];

fn solution(value: &str) -> Value {
    match value {
        "saline" | "other" => json!(value),
        anticoagulant => json!({ "anticoagulant": anticoagulant }),
    }
}

/// What stands below the action's name.
fn body_of(action: &OperatorAction) -> Value {
    match serde_json::to_value(action).unwrap_or_default() {
        Value::Object(object) => object.into_iter().next().map(|(_, body)| body).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// The action that the answers make of what was proposed.
///
/// # Errors
/// Names the first field that is missing or wrong.
pub(crate) fn answered(
    request: Request,
    proposal: Option<OperatorAction>,
    with: &Map<String, Value>,
) -> Result<Option<OperatorAction>, Refused> {
    let (title, _, fields) = form(request);
    if let Some(unknown) = with.keys().find(|name| !fields.iter().any(|field| field.name == name.as_str())) {
        return Err(Refused::wrong(format!("{title}: there is no field {unknown}")));
    }
    let Some(proposal) = proposal else { return Ok(None) };
    let mut action = serde_json::to_value(&proposal).unwrap_or_default();
    if let Some(body) = action.as_object_mut().and_then(|object| object.values_mut().next()) {
        for field in fields {
            let value = entered(title, field, with.get(field.name))?;
            if let Some(place) = body.pointer_mut(field.place) {
                *place = value;
            }
        }
    }
    serde_json::from_value(action).map(Some).map_err(|error| Refused::wrong(format!("{title}: {error}")))
}

fn entered(title: &str, field: &Field, given: Option<&Value>) -> Result<Value, Refused> {
    let wrong = |wanted: &str| Refused::wrong(format!("{title}: {}: give {wanted}", field.label));
    let given = given.ok_or_else(|| wrong("a value, it is missing"))?;
    match field.kind {
        Kind::Scan | Kind::Text => {
            let text = given.as_str().map(str::trim).filter(|text| (1..=32).contains(&text.len()));
            text.map(|text| json!(text)).ok_or_else(|| wrong("1 to 32 characters"))
        }
        Kind::YesNo => given.as_bool().map(|yes| json!(yes)).ok_or_else(|| wrong("true or false")),
        Kind::Solution => {
            let known = given.as_str().and_then(|text| {
                SOLUTIONS.iter().find(|(value, name)| *value == text || name.eq_ignore_ascii_case(text))
            });
            known.map(|(value, _)| solution(value)).ok_or_else(|| wrong("one of the choices"))
        }
        Kind::Number { unit, low, high, factor } => {
            let number = given.as_f64().or_else(|| given.as_str()?.trim().parse().ok());
            let number = number.filter(|number| (low..=high).contains(number));
            number.map(|number| json!(number * factor)).ok_or_else(|| wrong(&format!("{low} to {high} {unit}")))
        }
    }
}
