//! What is ready to be taken: protocols, donors, scenarios, and every fault by name.

use leuka_machine::FaultKind;
use leuka_procedure::file::NamedText;
use leuka_procedure::{Slip, What};
use rust_embed::RustEmbed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Refused;

/// A file longer than this is not taken.
const LONGEST: usize = 200_000;

#[derive(RustEmbed)]
#[folder = "../../protocols"]
struct Protocols;

#[derive(RustEmbed)]
#[folder = "../../donors"]
struct Donors;

#[derive(RustEmbed)]
#[folder = "../../scenarios"]
struct Scenarios;

/// A ready file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Ready {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// A fault that can be injected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FaultEntry {
    name: String,
    title: String,
    unit: &'static str,
    default: f64,
    group: String,
}

/// All of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Library {
    protocols: Vec<Ready>,
    donors: Vec<Ready>,
    scenarios: Vec<Ready>,
    faults: Vec<FaultEntry>,
}

/// What kind of ready file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shelf {
    Protocol,
    Donor,
    Scenario,
}

impl Shelf {
    const fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Donor => "donor",
            Self::Scenario => "scenario",
        }
    }

    fn all(self) -> Vec<Ready> {
        match self {
            Self::Protocol => ready::<Protocols>(),
            Self::Donor => ready::<Donors>(),
            Self::Scenario => ready::<Scenarios>(),
        }
    }

    /// The file of this id, or the text itself when it is one.
    pub(crate) fn file(self, id_or_text: &str) -> Result<NamedText, Refused> {
        if id_or_text.len() > LONGEST {
            return Err(Refused::wrong(format!("{}: is longer than {LONGEST} bytes", self.name())));
        }
        if id_or_text.contains('\n') || id_or_text.contains('=') {
            return Ok(NamedText { name: format!("{} as given", self.name()), text: id_or_text.to_owned() });
        }
        let all = self.all();
        let ids = || all.iter().map(|ready| ready.id.as_str()).collect::<Vec<_>>().join(", ");
        match all.iter().find(|ready| ready.id == id_or_text) {
            Some(ready) => Ok(NamedText { name: format!("{id_or_text}.toml"), text: ready.text.clone() }),
            None => Err(Refused::wrong(format!(
                "{}: \"{id_or_text}\" is no ready file: give one of {}, or the text of a file",
                self.name(),
                ids()
            ))),
        }
    }
}

impl Library {
    pub(crate) fn read() -> Self {
        let machine = FaultKind::all().map(What::Machine);
        let slips = Slip::ALL.map(What::Operator);
        Self {
            protocols: Shelf::Protocol.all(),
            donors: Shelf::Donor.all(),
            scenarios: Shelf::Scenario.all(),
            faults: machine.chain(slips).map(fault).collect(),
        }
    }
}

fn ready<Files: RustEmbed>() -> Vec<Ready> {
    let one = |name: std::borrow::Cow<'static, str>| {
        let text = String::from_utf8(Files::get(&name)?.data.into_owned()).ok()?;
        let id = name.strip_suffix(".toml")?.to_owned();
        let title = ["title = \"", "name = \""].into_iter().find_map(|key| {
            let line = text.lines().find(|line| line.starts_with(key))?;
            line.strip_prefix(key)?.split('"').next().map(str::to_owned)
        });
        Some(Ready { title: title.unwrap_or_else(|| id.clone()), id, text })
    };
    Files::iter().filter_map(one).collect()
}

fn fault(what: What) -> FaultEntry {
    let name = what.to_string();
    let mut parts: Vec<&str> = name.split('.').collect();
    let group = match parts.as_slice() {
        ["sensor", side, ..] => format!("sensors of {}", if *side == "control" { "control" } else { "the guard" }),
        ["pump", ..] => "pumps".to_owned(),
        ["operator", ..] => "the operator".to_owned(),
        [_] => "the plant".to_owned(),
        _ => "drives and clamps".to_owned(),
    };
    if matches!(parts.first(), Some(&"sensor")) {
        parts.drain(..2);
    } else if matches!(parts.first(), Some(&"operator" | &"pump")) {
        parts.remove(0);
    }
    let title = parts.join(", ").replace('_', " ");
    let (unit, default) = magnitude(&name);
    FaultEntry { name, title, unit, default, group }
}

/// Unit and a telling magnitude of a fault; a sensor's is in the sensor's own unit.
fn magnitude(name: &str) -> (&'static str, f64) {
    match name {
        "vein_collapse" | "draw_occlusion" | "return_occlusion" => ("part", 0.9),
        "infiltration" | "allergic_reaction" | "vasovagal_reaction" => ("part", 0.6),
        "air_bolus" => ("mL", 2.0),
        "air_foam" => ("part", 0.2),
        "return_clot" => ("mmHg/(mL/min) per min", 1.0),
        "movement" => ("mmHg", 60.0),
        "anticoagulant_emptied" | "saline_emptied" => ("mL", 0.0),
        "anticoagulant_free_flow" => ("mL/min", 60.0),
        "saline_free_flow" | "leak" => ("mL/min", 20.0),
        "bags_touched" => ("g", 100.0),
        "imbalance" => ("mm", 1.0),
        "hemolysis" => ("g/L", 3.0),
        "donor_moves" => ("/min", 40.0),
        "clock_jump" | "command_time_jump" => ("s", 5.0),
        "command_noise" | "permit_noise" => ("part", 0.5),
        _ if name.ends_with(".slip") => ("part", 0.5),
        _ if name.ends_with("centrifuge.runaway") => ("rpm", 3000.0),
        _ if name.starts_with("pump.") && name.ends_with(".runaway") => ("mL/min", 120.0),
        "warmer.runaway" => ("C", 46.0),
        _ if [".drift", ".spike", ".offset"].iter().any(|end| name.ends_with(end)) => ("the sensor's unit", 50.0),
        _ => ("", 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ready_file_is_there_with_a_title() {
        let library = Library::read();
        assert!(library.protocols.len() >= 16 && library.donors.len() >= 10 && library.scenarios.len() >= 6);
        assert!(library.protocols.iter().any(|one| one.title == "autologous CD34+ collection"));
        assert!(library.faults.iter().all(|fault| !fault.title.is_empty()));
        assert_eq!(Shelf::Donor.file("autologous-74kg").unwrap().name, "autologous-74kg.toml");
        assert!(Shelf::Donor.file("nobody").unwrap_err().message.contains("child-12kg"));
    }
}
