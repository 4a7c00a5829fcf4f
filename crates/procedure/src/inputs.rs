//! The inputs of a run: protocol, donor, order, model parameters and seed, all checked.

use leuka_blood::parameters::{Error as ParameterError, ParameterFile};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cells::CellGroup;
use crate::check::checked;
use crate::file::{Document, FileKind, NamedText, Override, Problem, Problems};
use crate::method::is_filter;
use crate::scenario::Scenario;

/// What the user gives; what is left out is built in.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The protocol file.
    pub protocol: Option<NamedText>,
    /// The donor file.
    pub donor: Option<NamedText>,
    /// The order; the built-in one asks for nothing particular.
    pub order: Option<NamedText>,
    /// Model parameter files, each named after its crate (`separator.toml`).
    pub parameters: Vec<NamedText>,
    /// What goes wrong.
    pub scenario: Option<NamedText>,
    /// Single values that replace those of the files.
    pub overrides: Vec<Override>,
    /// The seed of all chance.
    pub seed: u64,
    /// The model of the centrifuge; the stage where it is left out and fits, else the channel.
    pub separator: Option<Centrifuge>,
}

/// A model of the centrifuge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centrifuge {
    /// The reduced stage: fast.
    Stage,
    /// The channel: every layer.
    Channel,
}

impl Centrifuge {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Stage, Self::Channel];

    /// Its word on the command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Channel => "channel",
        }
    }
}

/// Checked inputs.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub(crate) protocol: Document,
    pub(crate) donor: Document,
    pub(crate) order: Document,
    pub(crate) models: Models,
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) separator: Option<Centrifuge>,
}

/// The parameter files of the models, by crate.
#[derive(Debug, Clone)]
pub(crate) struct Models {
    pub(crate) blood: ParameterFile,
    pub(crate) control: ParameterFile,
    pub(crate) donor: ParameterFile,
    pub(crate) dose: ParameterFile,
    pub(crate) filter: ParameterFile,
    pub(crate) guard: ParameterFile,
    pub(crate) machine: ParameterFile,
    pub(crate) operator: ParameterFile,
    pub(crate) separator: ParameterFile,
}

const DEFAULT_PROTOCOL: &str = include_str!("../../../protocols/cd34-autologous.toml");
const SMALL_SET: &str = include_str!("../data/set-small.toml");
const FILTER_SET: &str = include_str!("../data/set-filter.toml");
const DEFAULT_DONOR: &str = include_str!("../../../donors/autologous-74kg.toml");

impl Inputs {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// Every problem that can be told, with file, line, field and what is allowed.
    pub fn read(sources: &Sources) -> Result<Self, Problems> {
        check_prefixes(&sources.overrides)?;
        let document = |kind: FileKind, given: &Option<NamedText>, built_in: &str| {
            let built_in = NamedText { name: format!("built-in {}", kind.name()), text: built_in.to_owned() };
            let file = given.as_ref().unwrap_or(&built_in);
            Document::read(kind, &file.name, &file.text, &sources.overrides).and_then(checked)
        };
        let protocol = document(FileKind::Protocol, &sources.protocol, DEFAULT_PROTOCOL);
        let donor = document(FileKind::Donor, &sources.donor, DEFAULT_DONOR);
        let order = document(FileKind::Order, &sources.order, "schema = \"leuka.order/1\"");
        let is_small = protocol.as_ref().is_ok_and(|protocol| protocol.text("set") == Some("small"));
        let is_filter = protocol.as_ref().is_ok_and(is_filter);
        let sets = [(is_small, "set-small.toml", SMALL_SET), (is_filter, "set-filter.toml", FILTER_SET)];
        let models = Models::read(sources, &sets);
        let scenario = sources.scenario.as_ref().map_or(Ok(Scenario::default()), Scenario::read);
        match (protocol, donor, order, models, scenario) {
            (Ok(protocol), Ok(donor), Ok(order), Ok(models), Ok(scenario)) => {
                let (seed, separator) = (sources.seed, sources.separator);
                Ok(Self { protocol, donor, order, models, scenario, seed, separator })
            }
            (protocol, donor, order, models, scenario) => {
                let problems = [protocol.err(), donor.err(), order.err(), models.err(), scenario.err()];
                Err(Problems(problems.into_iter().flatten().flat_map(|problems| problems.0).collect()))
            }
        }
    }

    /// The protocol's name as it can stand in a path: letters, digits, `-`, `_` and `.`.
    #[must_use]
    pub fn protocol_name(&self) -> String {
        let name = self.protocol.text("name").unwrap_or_default();
        let safe = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
        name.chars().map(safe).take(60).collect()
    }

    /// What the protocol is for.
    #[must_use]
    pub fn protocol_title(&self) -> &str {
        self.protocol.text("title").unwrap_or_default()
    }

    /// The cells that the dose counts.
    #[must_use]
    pub fn dose_cells(&self) -> DoseCells {
        match self.protocol.text("cells") {
            Some("cd34") => DoseCells::Cd34,
            Some("cd3") => DoseCells::Cd3,
            Some("monocytes") => DoseCells::Monocytes,
            Some("granulocytes") => DoseCells::Granulocytes,
            Some("white-cells") => DoseCells::WhiteCells,
            _ => DoseCells::Mononuclear,
        }
    }

    /// The same as the dose's arithmetic knows them.
    pub(crate) fn dose_cell(&self) -> leuka_dose::DoseCell {
        use leuka_dose::DoseCell;
        match self.dose_cells() {
            DoseCells::Cd34 => DoseCell::Cd34,
            DoseCells::Cd3 => DoseCell::Cd3,
            DoseCells::Mononuclear => DoseCell::Mononuclear,
            DoseCells::Monocytes => DoseCell::Monocytes,
            DoseCells::Granulocytes => DoseCell::Granulocytes,
            DoseCells::WhiteCells => DoseCell::WhiteCells,
        }
    }

    /// The weight that a dose is for, kg: the recipient's, else the donor's own.
    #[must_use]
    pub fn dose_weight_kg(&self) -> f64 {
        self.order.number("recipient_weight_kg").or(self.donor.number("weight_kg")).unwrap_or(f64::NAN)
    }

    /// What is written into the run folder so that the run can be made again.
    #[must_use]
    pub fn record(&self) -> Value {
        json!({
            "format": crate::RunFolder::FORMAT,
            "version": crate::VERSION,
            "parameters_sha256": self.parameter_hash(),
            "seed": self.seed,
            "protocol": self.protocol.given(),
            "donor": self.donor.given(),
            "order": self.order.given(),
            "parameters_changed": self.models.changed(),
            "separator": self.separator.map(Centrifuge::name),
            "scenario": self.scenario.record(),
        })
    }

    /// SHA-256 of [`record`](Self::record): two processes with the same one run the same procedure.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(crate::pretty(&self.record())).into()
    }

    /// The parameter file of a model, by the name of its crate.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&ParameterFile> {
        self.models.all().find(|(known, _)| *known == name).map(|(_, file)| file)
    }

    /// SHA-256 over every model parameter, in hexadecimal.
    #[must_use]
    pub fn parameter_hash(&self) -> String {
        let mut hasher = Sha256::new();
        for (_, file) in self.models.all() {
            hasher.update(file.hash());
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The cells that a dose counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoseCells {
    /// CD34 positive cells.
    Cd34,
    /// T lymphocytes.
    Cd3,
    /// Lymphocytes, monocytes and CD34 positive cells.
    Mononuclear,
    /// Monocytes.
    Monocytes,
    /// Neutrophils and eosinophils.
    Granulocytes,
    /// All white cells, for a depletion.
    WhiteCells,
}

impl DoseCells {
    /// The groups that are counted together.
    #[must_use]
    pub const fn groups(self) -> &'static [CellGroup] {
        match self {
            Self::Cd34 => &[CellGroup::Cd34],
            Self::Cd3 => &[CellGroup::Cd3],
            Self::Mononuclear => &[CellGroup::Lymphocyte, CellGroup::Monocyte, CellGroup::Cd34],
            Self::Monocytes => &[CellGroup::Monocyte],
            Self::Granulocytes => &[CellGroup::Granulocyte],
            Self::WhiteCells => &[CellGroup::Wbc],
        }
    }

    /// The name in summaries.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cd34 => "CD34+",
            Self::Cd3 => "CD3+",
            Self::Mononuclear => "mononuclear",
            Self::Monocytes => "monocyte",
            Self::Granulocytes => "granulocyte",
            Self::WhiteCells => "white",
        }
    }
}

fn check_prefixes(overrides: &[Override]) -> Result<(), Problem> {
    let known = ["protocol.", "donor.", "order.", "model."];
    match overrides.iter().find(|over| !known.iter().any(|prefix| over.path.starts_with(prefix))) {
        None => Ok(()),
        Some(over) => Err(Problem {
            file: "--set".into(),
            line: None,
            field: over.path.clone(),
            message: "is no path: it begins with protocol., donor., order. or model.<crate>.".into(),
        }),
    }
}

impl Models {
    fn read(sources: &Sources, sets: &[(bool, &str, &str)]) -> Result<Self, Problems> {
        let machine = leuka_machine::Parameters::embedded_file();
        let machine = machine.and_then(|machine| with_sets(machine, sets));
        let file = |name: &'static str, embedded: Result<ParameterFile, ParameterError>| {
            let given = sources.parameters.iter().find(|file| file_stem(&file.name) == name);
            let mut file = match given {
                Some(given) => ParameterFile::parse(&given.name, &given.text),
                None => embedded,
            }
            .map_err(parameter_problem)?;
            let prefix = format!("model.{name}.");
            for over in &sources.overrides {
                if let Some(path) = over.path.strip_prefix(&prefix) {
                    let value = over.value.parse().map_err(|_| Problem {
                        file: "--set".into(),
                        line: None,
                        field: over.path.clone(),
                        message: format!("is `{}`: allowed is a number", over.value),
                    })?;
                    file.set(path, value).map_err(parameter_problem)?;
                }
            }
            Ok::<_, Problem>(file)
        };
        let models = Self {
            blood: file("blood", leuka_blood::Parameters::embedded_file())?,
            control: file("control", leuka_control::Parameters::embedded_file())?,
            donor: file("donor", leuka_donor::Parameters::embedded_file())?,
            dose: file("dose", leuka_dose::EfficiencyPrior::embedded_file())?,
            filter: file("filter", leuka_separator::filter::Parameters::embedded_file())?,
            guard: file("guard", leuka_guard::LimitTable::embedded_file())?,
            machine: file("machine", machine)?,
            operator: file("operator", ParameterFile::parse("operator.toml", include_str!("../data/operator.toml")))?,
            separator: file("separator", leuka_separator::Parameters::embedded_file())?,
        };
        models.refuse_unknown(sources)?;
        Ok(models)
    }

    fn refuse_unknown(&self, sources: &Sources) -> Result<(), Problem> {
        let names = || self.all().map(|(name, _)| name);
        if let Some(file) = sources.parameters.iter().find(|file| !names().any(|name| name == file_stem(&file.name))) {
            return Err(Problem {
                file: file.name.clone(),
                line: None,
                field: String::new(),
                message: format!(
                    "is no parameter file: allowed are {}.toml",
                    names().collect::<Vec<_>>().join(".toml, ")
                ),
            });
        }
        let of_model = |path: &str, name: &str| path.starts_with(&format!("model.{name}."));
        let mut paths =
            sources.overrides.iter().map(|over| over.path.as_str()).filter(|path| path.starts_with("model."));
        match paths.find(|path| !names().any(|name| of_model(path, name))) {
            None => Ok(()),
            Some(path) => Err(Problem {
                file: "--set".into(),
                line: None,
                field: path.into(),
                message: format!(
                    "names no model: after model. comes one of {}",
                    names().collect::<Vec<_>>().join(", ")
                ),
            }),
        }
    }

    /// Every file with the name of its crate.
    fn all(&self) -> impl Iterator<Item = (&'static str, &ParameterFile)> {
        [
            ("blood", &self.blood),
            ("control", &self.control),
            ("donor", &self.donor),
            ("dose", &self.dose),
            ("filter", &self.filter),
            ("guard", &self.guard),
            ("machine", &self.machine),
            ("operator", &self.operator),
            ("separator", &self.separator),
        ]
        .into_iter()
    }

    /// Every parameter whose source says that it is not the embedded one.
    fn changed(&self) -> Value {
        let mut changed = serde_json::Map::new();
        for (name, file) in self.all() {
            for (path, value, _, source) in file.entries() {
                if source == ParameterFile::SET_BY_USER {
                    changed.insert(format!("model.{name}.{path}"), json!(value));
                }
            }
        }
        Value::Object(changed)
    }
}

/// The machine with what each of the sets that is used has of its own.
fn with_sets(mut machine: ParameterFile, sets: &[(bool, &str, &str)]) -> Result<ParameterFile, ParameterError> {
    for (_, name, text) in sets.iter().filter(|(is_used, ..)| *is_used) {
        for (path, value, _, _) in ParameterFile::parse(name, text)?.entries() {
            machine.set(path, value)?;
        }
    }
    Ok(machine)
}

fn file_stem(name: &str) -> &str {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.strip_suffix(".toml").unwrap_or(last)
}

/// A model parameter's problem, in the form of the other problems.
pub(crate) fn parameter_problem(error: ParameterError) -> Problem {
    Problem { file: "model parameters".into(), line: None, field: String::new(), message: error.to_string() }
}
