//! The scenario file: what goes wrong in a run, when, and how strongly.
//!
//! ```toml
//! schema = "leuka.scenario/1"
//! title = "air after an hour"
//!
//! [[fault]]
//! name = "air_bolus"        # a fault of the machine, or operator.<what somebody does>
//! phase = "collect"         # either the phase in whose course it begins ...
//! after_s = 3600
//! magnitude = 2.0
//!
//! [[fault]]
//! name = "sensor.guard.return_pressure.stuck"
//! at_s = 5400               # ... or the second of the procedure
//! lasts_s = 60
//! ```
//! Every name, time and magnitude is checked when the file is read, so that nothing is silently left out of a run.

use leuka_control::PhaseName;
use leuka_machine::{Fault, FaultKind};
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use crate::file::{NamedText, Problem, Problems};
use crate::slip::Slip;

/// The longest time that a scenario can name, s: a day.
const LONGEST_S: f64 = 86_400.0;
/// The largest magnitude, whatever its unit.
const LARGEST: f64 = 1e6;

/// What goes wrong in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scenario {
    /// What the scenario is about.
    pub title: String,
    /// What goes wrong, in the order of the file.
    pub entries: Vec<Entry>,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// What.
    pub what: What,
    /// When it begins.
    pub when: When,
    /// How long it lasts, s; `None`: to the end of the run.
    pub lasts_s: Option<f64>,
    /// How strongly; what the number means stands with each fault.
    pub magnitude: f64,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A fault of the machine, its set, a bag, an access or the donor.
    Machine(FaultKind),
    /// Something that the operator does or does wrongly.
    Operator(Slip),
}

/// When something begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// At a second of the procedure.
    At(f64),
    /// So many seconds after a phase begins for the first time.
    Phase(PhaseName, f64),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Machine(kind) => kind.fmt(f),
            Self::Operator(slip) => write!(f, "operator.{}", slip.name()),
        }
    }
}

impl std::str::FromStr for What {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("operator.") {
            Some(name) => Slip::ALL.into_iter().find(|slip| slip.name() == name).map(Self::Operator).ok_or_else(|| {
                let names = Slip::ALL.map(Slip::name).join(", operator.");
                format!("`{text}` is nothing that an operator does: allowed are operator.{names}")
            }),
            None => text.parse().map(Self::Machine).map_err(|error: leuka_machine::UnknownFault| error.to_string()),
        }
    }
}

impl Entry {
    /// The fault for a machine that has reached `now_us` when this entry's time counts from there.
    pub(crate) fn fault(&self, kind: FaultKind, starts_us: u64) -> Fault {
        let starts_at = leuka_device::Instant::from_micros(starts_us);
        let ends_at = self.lasts_s.map(|seconds| starts_at.plus_micros(micros(seconds)));
        Fault { kind, starts_at, ends_at, magnitude: self.magnitude }
    }
}

/// Whole microseconds of checked seconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be positive and within a day")]
pub(crate) fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    schema: Spanned<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    fault: Vec<Spanned<RawEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    name: Spanned<String>,
    at_s: Option<Spanned<f64>>,
    phase: Option<Spanned<String>>,
    after_s: Option<Spanned<f64>>,
    lasts_s: Option<Spanned<f64>>,
    magnitude: Option<Spanned<f64>>,
}

impl Scenario {
    /// The value of the file's field `schema`.
    pub const VERSION: &'static str = "leuka.scenario/1";

    /// Reads and checks a scenario file.
    ///
    /// # Errors
    /// Every problem of the file, with line, field and what is allowed.
    pub fn read(file: &NamedText) -> Result<Self, Problems> {
        let raw: RawFile = toml::from_str(&file.text).map_err(|error| {
            let line = error.span().map(|span| line_of(&file.text, span.start));
            problem(file, line, "", error.message().to_owned())
        })?;
        let mut checker = Checker { file, problems: Vec::new() };
        if raw.schema.get_ref() != Self::VERSION {
            let message = format!("is \"{}\": allowed is \"{}\"", raw.schema.get_ref(), Self::VERSION);
            checker.found(raw.schema.span().start, "schema", message);
        }
        if raw.fault.is_empty() {
            checker.found(0, "fault", "is missing: a scenario names at least one [[fault]]".into());
        }
        let entries: Vec<_> = raw.fault.iter().filter_map(|entry| checker.entry(entry)).collect();
        if checker.problems.is_empty() {
            Ok(Self { title: raw.title, entries })
        } else {
            Err(Problems(checker.problems))
        }
    }

    /// What is written into the run folder, so that the run can be made again.
    pub(crate) fn record(&self) -> Value {
        let entry = |entry: &Entry| {
            let mut record = json!({ "name": entry.what.to_string(), "magnitude": entry.magnitude });
            match entry.when {
                When::At(seconds) => record["at_s"] = json!(seconds),
                When::Phase(phase, seconds) => {
                    (record["phase"], record["after_s"]) = (json!(phase), json!(seconds));
                }
            }
            if let Some(seconds) = entry.lasts_s {
                record["lasts_s"] = json!(seconds);
            }
            record
        };
        json!({ "title": self.title, "fault": self.entries.iter().map(entry).collect::<Vec<_>>() })
    }

    /// The JSON Schema (draft 2020-12) of a scenario file.
    #[must_use]
    pub fn json_schema() -> Value {
        let seconds =
            |about: &str| json!({ "type": "number", "minimum": 0, "maximum": LONGEST_S, "description": about });
        let machine = FaultKind::all().map(|kind| kind.to_string());
        let names: Vec<String> = machine.chain(Slip::ALL.map(|slip| What::Operator(slip).to_string())).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": Self::VERSION,
            "type": "object",
            "additionalProperties": false,
            "required": ["schema", "fault"],
            "properties": {
                "schema": { "enum": [Self::VERSION], "description": "Version of this file's form." },
                "title": { "type": "string", "description": "What the scenario is about." },
                "fault": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["name"],
                        "properties": {
                            "name": { "enum": names, "description": "What goes wrong." },
                            "at_s": seconds("Second of the procedure at which it begins [s]."),
                            "phase": { "enum": PhaseName::ALL, "description": "Phase in whose course it begins." },
                            "after_s": seconds("Time after the phase has begun for the first time [s]."),
                            "lasts_s": seconds("How long it lasts [s]. When left out: to the end of the run."),
                            "magnitude": {
                                "type": "number", "minimum": -LARGEST, "maximum": LARGEST, "default": 0,
                                "description": "How strongly, in the unit of the fault."
                            },
                        },
                        "oneOf": [{ "required": ["at_s"] }, { "required": ["phase"] }],
                    },
                },
            },
        })
    }
}

/// Gathers what is wrong.
struct Checker<'a> {
    file: &'a NamedText,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn found(&mut self, offset: usize, field: &str, message: String) {
        let line = Some(line_of(&self.file.text, offset));
        self.problems.push(problem(self.file, line, field, message));
    }

    fn entry(&mut self, raw: &Spanned<RawEntry>) -> Option<Entry> {
        let before = self.problems.len();
        let entry = raw.get_ref();
        let what = self.parsed(&entry.name, "fault.name", str::parse);
        let after_s = self.seconds(entry.after_s.as_ref(), "fault.after_s").unwrap_or(0.0);
        let lasts_s = self.seconds(entry.lasts_s.as_ref(), "fault.lasts_s");
        let at_s = self.seconds(entry.at_s.as_ref(), "fault.at_s");
        let phase = entry.phase.as_ref().and_then(|phase| self.parsed(phase, "fault.phase", phase_name));
        let magnitude = self.within(entry.magnitude.as_ref(), "fault.magnitude", -LARGEST, LARGEST).unwrap_or(0.0);
        let when = match (&entry.at_s, &entry.phase) {
            (Some(at), None) if entry.after_s.is_some() => {
                self.found(
                    at.span().start,
                    "fault.after_s",
                    "goes with `phase`, not with `at_s`: leave one out".into(),
                );
                None
            }
            (Some(_), None) => at_s.map(When::At),
            (None, Some(_)) => phase.map(|phase| When::Phase(phase, after_s)),
            (Some(at), Some(_)) => {
                self.found(at.span().start, "fault.at_s", "and `phase` both say when: leave one out".into());
                None
            }
            (None, None) => {
                self.found(
                    raw.span().start,
                    "fault",
                    "does not say when: give `at_s`, or `phase` and `after_s`".into(),
                );
                None
            }
        };
        let is_sound = self.problems.len() == before;
        is_sound.then_some(Entry { what: what?, when: when?, lasts_s, magnitude })
    }

    fn parsed<T>(
        &mut self,
        text: &Spanned<String>,
        field: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        parse(text.get_ref()).map_err(|message| self.found(text.span().start, field, message)).ok()
    }

    fn seconds(&mut self, value: Option<&Spanned<f64>>, field: &str) -> Option<f64> {
        self.within(value, field, 0.0, LONGEST_S)
    }

    fn within(&mut self, value: Option<&Spanned<f64>>, field: &str, low: f64, high: f64) -> Option<f64> {
        let value = value?;
        if !(low..=high).contains(value.get_ref()) {
            let message = format!("is {}: allowed is a number from {low} to {high}", value.get_ref());
            self.found(value.span().start, field, message);
            return None;
        }
        Some(*value.get_ref())
    }
}

fn phase_name(text: &str) -> Result<PhaseName, String> {
    serde_json::from_value(json!(text)).map_err(|_| {
        let names = PhaseName::ALL.map(|name| json!(name).as_str().unwrap_or_default().to_owned());
        format!("is \"{text}\": allowed is one of {}", names.join(", "))
    })
}

fn problem(file: &NamedText, line: Option<usize>, field: &str, message: String) -> Problem {
    let field = if field.is_empty() { "scenario".to_owned() } else { format!("scenario.{field}") };
    Problem { file: file.name.clone(), line, field, message }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(faults: &str) -> Result<Scenario, String> {
        let text = format!("schema = \"leuka.scenario/1\"\n{faults}");
        Scenario::read(&NamedText { name: "s.toml".into(), text }).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_scenario_names_faults_times_and_magnitudes() {
        let scenario = read(
            "[[fault]]\nname = \"air_bolus\"\nphase = \"collect\"\nafter_s = 60\nmagnitude = 2\n\
             [[fault]]\nname = \"operator.wrong_label\"\nat_s = 10\nlasts_s = 5\n",
        )
        .unwrap();
        let [bolus, label] = scenario.entries.as_slice() else { panic!("two entries") };
        assert_eq!((bolus.what.to_string(), bolus.magnitude), ("air_bolus".to_owned(), 2.0));
        assert_eq!(bolus.when, When::Phase(PhaseName::Collect, 60.0));
        assert_eq!((label.what, label.lasts_s), (What::Operator(Slip::WrongLabel), Some(5.0)));
    }

    #[test]
    fn every_problem_says_where_it_is_and_what_is_allowed() {
        let told = read(
            "[[fault]]\nname = \"air_bolo\"\nat_s = 1\n[[fault]]\nname = \"air_foam\"\nphase = \"colect\"\n\
             [[fault]]\nname = \"air_foam\"\n[[fault]]\nname = \"air_foam\"\nat_s = -1\n",
        )
        .unwrap_err();
        for part in [
            "s.toml:3: scenario.fault.name: `air_bolo` is not a fault",
            "s.toml:7: scenario.fault.phase: is \"colect\": allowed is one of self_test",
            "s.toml:8: scenario.fault: does not say when",
            "s.toml:12: scenario.fault.at_s: is -1: allowed is a number from 0 to 86400",
        ] {
            assert!(told.contains(part), "`{part}` is not in\n{told}");
        }
        assert!(read("").unwrap_err().contains("at least one [[fault]]"));
        assert!(
            read("[[fault]]\nname = \"leak\"\nat = 3\n").unwrap_err().contains("s.toml:4: scenario: unknown field")
        );
    }

    #[test]
    fn a_recorded_scenario_names_what_was_read() {
        let scenario =
            read("[[fault]]\nname = \"leak\"\nphase = \"rinse_back\"\nlasts_s = 3\nmagnitude = 20\n").unwrap();
        let record = scenario.record();
        assert_eq!(record["fault"][0]["phase"], "rinse_back");
        assert_eq!(record["fault"][0]["name"], "leak");
    }
}
