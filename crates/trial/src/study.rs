//! Studies: who is drawn, what is compared, and what is asked.
//!
//! ```toml
//! schema = "leuka.study/1"
//! name = "collect-flow"
//! question = "does collecting at 2 instead of 1 mL/min change CD34 yield or platelet loss?"
//! cohort = "cohorts/allogeneic.toml"      # beside the study file; or donor = "...", one donor over and over
//! protocol = "../protocols/cd34-allogeneic.toml"
//! donors = 200
//!
//! [set]                                    # in every arm
//! "order.recipient_weight_kg" = 80
//!
//! [[arm]]
//! name = "1 mL/min"
//! [[arm]]
//! name = "2 mL/min"
//! [arm.set]
//! "protocol.collect_flow_ml_min" = 2
//! ```
//! In place of arms, factors: every combination of their `levels`, or `design = "latin-hypercube"` with `points` between
//! their `low` and `high`. Every donor goes through every arm, with the same chance in each, unless `paired = false`.

use leuka_blood::math;
use leuka_blood::random::Seed;
use leuka_procedure::file::{Field, NamedText, Override, Preset, Problem, Problems};
use leuka_procedure::{Centrifuge, Inputs, Sources};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cohort::{Cohort, DrawnDonor, qualified};
use crate::file::{Checker, Plain, Table, Values, choice, flag, number, text};
use crate::measure;

/// The file's own fields.
pub(crate) const FIELDS: &[Field] = &[
    choice("schema", &[Study::VERSION], Preset::Required, "Version of this file's form"),
    text("name", Preset::Required, "Short name; with the seed it decides which donors are drawn"),
    text("title", Preset::Text(""), "What it is about, in a few words"),
    text("question", Preset::Text(""), "What it is to answer"),
    text("cohort", Preset::Optional("donor names one donor"), "Cohort file, beside this file"),
    text(
        "donor",
        Preset::Optional("cohort says how donors are distributed; with neither, the built-in donor"),
        "Donor file, beside this file: the same donor each time, with other chance",
    ),
    text("protocol", Preset::Optional("the built-in one"), "Protocol file, beside this file"),
    number("donors", "donors", 1.0, 1e9, Preset::Number(100.0), "Donors"),
    number("seed", "", 0.0, 9e15, Preset::Number(1.0), "Seed of all chance"),
    choice(
        "separator",
        &["stage", "channel"],
        Preset::Optional("stage where its table fits, else channel"),
        "Model of the centrifuge",
    ),
    choice("design", &["factorial", "latin-hypercube"], Preset::Text("factorial"), "How factors are combined"),
    number("points", "arms", 1.0, 1e4, Preset::Number(10.0), "Arms of a Latin hypercube"),
    flag("paired", true, "Every donor goes through every arm; if not, donor i through arm i modulo their number"),
    text("reference", Preset::Optional("the first arm"), "The arm that others are compared with"),
    number(
        "courses_every_min",
        "min",
        0.1,
        600.0,
        Preset::Optional("no time courses are kept"),
        "Keeps a sample of each run so often",
    ),
];

/// The fields of an arm.
pub(crate) const ARM: &[Field] = &[text("name", Preset::Required, "Name of the arm")];

/// The fields of a factor.
pub(crate) const FACTOR: &[Field] = &[
    text("path", Preset::Required, "The --set path that it replaces"),
    number("low", "", -1e12, 1e12, Preset::Optional("levels are given"), "Lowest value in a Latin hypercube"),
    number("high", "", -1e12, 1e12, Preset::Optional("levels are given"), "Highest value in a Latin hypercube"),
];

/// The fields of a regression.
pub(crate) const REGRESSION: &[Field] = &[text("of", Preset::Required, "The outcome that is to be explained")];

/// Most arms of a study.
const MOST_ARMS: usize = 10_000;

/// A checked study, with the cohort and the files that it names.
#[derive(Debug, Clone)]
pub struct Study {
    /// Short name.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// What it is to answer.
    pub question: String,
    /// Donors.
    pub donors: u64,
    /// Seed of all chance.
    pub seed: u64,
    /// The arms, in order.
    pub arms: Vec<Arm>,
    /// The paths in which arms differ.
    pub factors: Vec<String>,
    /// Place of the arm that others are compared with.
    pub reference: usize,
    /// True when every donor goes through every arm.
    pub paired: bool,
    /// Minutes between samples of time courses, where they are kept.
    pub courses_every_min: Option<f64>,
    /// The outcomes that are summarised first and drawn; empty for all.
    pub outcomes: Vec<String>,
    /// Regressions that are asked for.
    pub regressions: Vec<Regression>,
    people: People,
    protocol: Option<NamedText>,
    separator: Option<Centrifuge>,
    set: Vec<Override>,
    number: u64,
}

/// One way of doing the procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// What it replaces.
    pub(crate) set: Vec<(String, Plain)>,
}

/// An outcome as a linear function of other columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regression {
    /// The outcome.
    pub of: String,
    /// The columns that are to explain it.
    pub on: Vec<String>,
}

#[derive(Debug, Clone)]
enum People {
    Drawn { cohort: Box<Cohort>, text: String },
    Same(Option<NamedText>),
}

/// Somebody's file, by the name in the study file.
pub type Load<'a> = &'a dyn Fn(&str) -> Result<NamedText, Problem>;

impl Study {
    /// The value of the file's field `schema`.
    pub const VERSION: &'static str = "leuka.study/1";

    /// Reads and checks a study file; `load` reads the files that it names.
    ///
    /// # Errors
    /// Every problem of the study file, or of the first file that it names; what a protocol refuses of an arm.
    pub fn read(file: &NamedText, load: Load<'_>) -> Result<Self, Problems> {
        let (mut checker, table) = Checker::open(file, "study")?;
        let table = table.get_ref();
        let inner = ["set", "arm", "factor", "regression", "outcomes"];
        let values = checker.table("", table, FIELDS, &inner);
        let set = checker.plains("", table, "set").into_iter().map(|(path, _, value)| over(&path, &value)).collect();
        let arms = read_arms(&mut checker, table, &values);
        let outcomes = read_outcomes(&mut checker, table);
        let regressions = read_regressions(&mut checker, table);
        let reference = match values.text("reference") {
            None => Some(0),
            Some(name) => {
                let found = arms.iter().position(|arm| arm.name == name);
                if found.is_none() {
                    let names: Vec<_> = arms.iter().map(|arm| arm.name.as_str()).take(20).collect();
                    checker.found(None, "reference", format!("is \"{name}\", no arm: there are {}", names.join(", ")));
                }
                found
            }
        };
        let people = read_people(&mut checker, &values, load)?;
        let protocol = values.text("protocol").map(|name| load(&name)).transpose()?;
        let mut factors: Vec<String> = Vec::new();
        for (path, _) in arms.iter().flat_map(|arm| &arm.set) {
            if !factors.contains(path) {
                factors.push(path.clone());
            }
        }
        let study = (|| {
            let name = values.text("name")?;
            Some(Self {
                number: number_of(&name),
                name,
                title: values.text("title")?,
                question: values.text("question")?,
                donors: values.count("donors")?,
                seed: values.count("seed")?,
                arms,
                factors,
                reference: reference?,
                paired: values.flag("paired")?,
                courses_every_min: values.number("courses_every_min"),
                outcomes,
                regressions,
                people,
                protocol,
                separator: values.text("separator").map(|word| match word.as_str() {
                    "channel" => Centrifuge::Channel,
                    _ => Centrifuge::Stage,
                }),
                set,
            })
        })();
        let study = checker.finish(study)?;
        study.check_arms()?;
        Ok(study)
    }

    /// Reads the inputs of every arm, so that a wrong path is told before hours are spent.
    fn check_arms(&self) -> Result<(), Problems> {
        for (place, arm) in self.arms.iter().enumerate().take(100) {
            self.some_inputs(place).map_err(|Problems(problems)| {
                let in_arm = |problem: Problem| {
                    let message = format!("{} (in arm \"{}\")", problem.message, arm.name);
                    Problem { message, ..problem }
                };
                Problems(problems.into_iter().map(in_arm).collect())
            })?;
        }
        Ok(())
    }

    /// Inputs of an arm with the first donor that it does not refuse, of the first twenty.
    fn some_inputs(&self, arm: usize) -> Result<Inputs, Problems> {
        let inputs = |donor| Inputs::read(&self.sources(&self.donor(donor), donor, arm));
        (1..20).fold(inputs(0), |read, donor| read.or_else(|refused| inputs(donor).map_err(|_| refused)))
    }

    /// Where in the world of chance a donor stands.
    #[must_use]
    pub const fn place(&self, donor: u64) -> Seed {
        Seed { seed: self.seed, study: self.number, subject: donor }
    }

    /// Draws a donor; `None` where it is the same one each time.
    #[must_use]
    pub fn donor(&self, donor: u64) -> Option<DrawnDonor> {
        match &self.people {
            People::Drawn { cohort, .. } => Some(cohort.donor(self.place(donor))),
            People::Same(_) => None,
        }
    }

    /// The cohort that donors are drawn from.
    #[must_use]
    pub fn cohort(&self) -> Option<&Cohort> {
        if let People::Drawn { cohort, .. } = &self.people { Some(cohort) } else { None }
    }

    /// The arms that a donor goes through.
    #[must_use]
    pub fn arms_of(&self, donor: u64) -> std::ops::Range<usize> {
        if self.paired {
            return 0..self.arms.len();
        }
        #[expect(clippy::cast_possible_truncation, reason = "below the number of arms")]
        let arm = (donor % self.arms.len().max(1) as u64) as usize;
        arm..arm + 1
    }

    /// Number of runs.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.donors * if self.paired { self.arms.len() as u64 } else { 1 }
    }

    /// The seed of a donor's runs, the same in every arm: below 2^53, so that every program reads it exactly. `leuka run
    /// --seed` with it repeats the run.
    #[must_use]
    pub fn run_seed(&self, donor: u64) -> u64 {
        let mut stream = self.place(donor).stream("trial.run");
        let (high, low) = (stream.uniform() * 2_097_152.0, stream.uniform() * 4_294_967_296.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "21 and 32 bits")]
        let parts = (high as u64, low as u64);
        (parts.0 << 32) | parts.1
    }

    /// What `leuka run` would be given for a donor in an arm.
    #[must_use]
    pub fn sources(&self, drawn: &Option<DrawnDonor>, donor: u64, arm: usize) -> Sources {
        let file = match (&self.people, drawn) {
            (People::Same(file), _) => file.clone(),
            (_, Some(drawn)) => {
                let name = format!("donor {donor} of study {}", self.name);
                Some(NamedText { name, text: drawn.file(&format!("V-{donor}")) })
            }
            _ => None,
        };
        let mut overrides = drawn.as_ref().map_or_else(Vec::new, DrawnDonor::overrides);
        overrides.extend(self.set.iter().cloned());
        let arm = self.arms.get(arm).map_or(&[][..], |arm| &arm.set);
        for (path, value) in arm {
            overrides.retain(|known| known.path != *path);
            overrides.push(over(path, value));
        }
        Sources {
            protocol: self.protocol.clone(),
            donor: file,
            overrides,
            seed: self.run_seed(donor),
            separator: self.separator,
            ..Sources::default()
        }
    }

    /// Everything that the result depends on; two studies with the same record have the same bytes.
    #[must_use]
    pub fn record(&self) -> Value {
        let set = |set: &[(String, Plain)]| -> Value {
            set.iter()
                .map(|(path, value)| (path.clone(), json!(value.to_string())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let parameters = self.some_inputs(0).map(|inputs| inputs.parameter_hash());
        json!({
            "format": "leuka.trial/1",
            "version": leuka_procedure::VERSION,
            "parameters_sha256": parameters.unwrap_or_default(),
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "donors": self.donors,
            "seed": self.seed,
            "paired": self.paired,
            "reference": self.reference,
            "courses_every_min": self.courses_every_min,
            "separator": self.separator.map(Centrifuge::name),
            "outcomes": self.outcomes,
            "regressions": self.regressions.iter().map(|one| json!({ "of": one.of, "on": one.on })).collect::<Vec<_>>(),
            "cohort": if let People::Drawn { text, .. } = &self.people { Some(text) } else { None },
            "donor": if let People::Same(Some(file)) = &self.people { Some(&file.text) } else { None },
            "protocol": self.protocol.as_ref().map(|file| &file.text),
            "set": self.set.iter().map(|over| format!("{}={}", over.path, over.value)).collect::<Vec<_>>(),
            "arms": self.arms.iter().map(|arm| json!({ "name": arm.name, "set": set(&arm.set) })).collect::<Vec<_>>(),
        })
    }

    /// The same study with another number of donors or another seed; a Latin hypercube stays that of the file's seed.
    #[must_use]
    pub fn with(mut self, donors: Option<u64>, seed: Option<u64>) -> Self {
        self.donors = donors.unwrap_or(self.donors);
        self.seed = seed.unwrap_or(self.seed);
        self
    }
}

fn over(path: &str, value: &Plain) -> Override {
    Override { path: qualified(path), value: value.to_string() }
}

/// The study's number in the world of chance, from its name.
fn number_of(name: &str) -> u64 {
    Sha256::digest(name.as_bytes()).iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

fn read_people(checker: &mut Checker<'_>, values: &Values, load: Load<'_>) -> Result<People, Problems> {
    match (values.text("cohort"), values.text("donor")) {
        (Some(_), Some(_)) => {
            checker.found(None, "donor", "cannot stand beside cohort: remove one");
            Ok(People::Same(None))
        }
        (Some(name), None) => {
            let file = load(&name)?;
            Ok(People::Drawn { cohort: Box::new(Cohort::read(&file)?), text: file.text })
        }
        (None, name) => Ok(People::Same(name.map(|name| load(&name)).transpose()?)),
    }
}

fn read_arms(checker: &mut Checker<'_>, table: &Table<'_>, values: &Values) -> Vec<Arm> {
    let mut arms: Vec<Arm> = Vec::new();
    for (offset, inner) in checker.list(table, "arm") {
        let fields = checker.table("arm", inner, ARM, &["set"]);
        let set = checker.plains("arm", inner, "set");
        let Some(name) = fields.text("name") else { continue };
        if arms.iter().any(|arm| arm.name == name) {
            checker.found(Some(offset), "arm.name", format!("\"{name}\" stands twice: names of arms differ"));
        }
        arms.push(Arm { name, set: set.into_iter().map(|(path, _, value)| (qualified(&path), value)).collect() });
    }
    let factors = checker.list(table, "factor");
    if let (false, [(offset, _), ..]) = (arms.is_empty(), factors.as_slice()) {
        checker.found(Some(*offset), "factor", "cannot stand beside arms: give either");
        return arms;
    }
    let is_hypercube = values.text("design").as_deref() == Some("latin-hypercube");
    let factors: Vec<_> =
        factors.into_iter().filter_map(|(offset, inner)| read_factor(checker, offset, inner, is_hypercube)).collect();
    if !factors.is_empty() {
        let seed = Seed::run(values.count("seed").unwrap_or(1));
        let points = values.count("points").unwrap_or(1);
        arms = if is_hypercube { hypercube(&factors, points, seed) } else { factorial(&factors) };
    }
    if arms.len() > MOST_ARMS {
        checker.found(None, "factor", format!("the factors make {} arms: at most {MOST_ARMS} are allowed", arms.len()));
        arms.truncate(1);
    }
    if arms.is_empty() {
        arms.push(Arm { name: "all".to_owned(), set: Vec::new() });
    }
    arms
}

struct Factor {
    path: String,
    levels: Vec<Plain>,
    range: (f64, f64),
}

fn read_factor(checker: &mut Checker<'_>, offset: usize, table: &Table<'_>, is_hypercube: bool) -> Option<Factor> {
    let fields = checker.table("factor", table, FACTOR, &["levels"]);
    let levels = checker.values("factor", table, "levels").map_or_else(Vec::new, |(_, levels)| levels);
    let range = (fields.number("low"), fields.number("high"));
    let path = qualified(&fields.text("path")?);
    match (is_hypercube, levels.is_empty(), range) {
        (true, true, (Some(low), Some(high))) if low < high => Some(Factor { path, levels, range: (low, high) }),
        (false, false, (None, None)) => Some(Factor { path, levels, range: (0.0, 0.0) }),
        (true, ..) => {
            checker.found(Some(offset), "factor", "of a Latin hypercube has low below high, and no levels");
            None
        }
        (false, ..) => {
            checker.found(Some(offset), "factor", "of a factorial design has levels, and no low or high");
            None
        }
    }
}

fn named(set: Vec<(String, Plain)>) -> Arm {
    let short = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let parts: Vec<_> = set.iter().map(|(path, value)| format!("{}={value}", short(path))).collect();
    Arm { name: parts.join(" "), set }
}

/// Every combination; the last factor changes fastest.
fn factorial(factors: &[Factor]) -> Vec<Arm> {
    let mut sets = vec![Vec::new()];
    for factor in factors {
        sets = sets
            .iter()
            .flat_map(|set| {
                factor.levels.iter().map(|level| {
                    let mut longer: Vec<(String, Plain)> = set.clone();
                    longer.push((factor.path.clone(), level.clone()));
                    longer
                })
            })
            .take(MOST_ARMS + 1)
            .collect();
    }
    sets.into_iter().map(named).collect()
}

/// As many points as slices of each factor's range, of which every slice holds exactly one (McKay, Beckman and Conover 1979).
fn hypercube(factors: &[Factor], points: u64, seed: Seed) -> Vec<Arm> {
    #[expect(clippy::cast_precision_loss, reason = "at most ten thousand points")]
    let count = points as f64;
    let columns: Vec<Vec<f64>> = factors
        .iter()
        .map(|factor| {
            let mut stream = seed.stream(&format!("trial.design.{}", factor.path));
            let mut order: Vec<(f64, u64)> = (0..points).map(|point| (stream.uniform(), point)).collect();
            order.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            let (low, high) = factor.range;
            order
                .into_iter()
                .map(|(_, stratum)| {
                    #[expect(clippy::cast_precision_loss, reason = "at most ten thousand points")]
                    let part = (stratum as f64 + stream.uniform()) / count;
                    let value = low + part * (high - low);
                    // Six digits of the range, so that an arm can be typed again.
                    let step = math::pow(10.0, math::floor(math::log10(high - low)) - 5.0);
                    math::round(value / step) * step
                })
                .collect()
        })
        .collect();
    let arm = |point: usize| {
        let value = |column: &Vec<f64>| column.get(point).copied().unwrap_or(f64::NAN);
        let values = factors.iter().zip(&columns);
        Arm {
            name: format!("point {}", point + 1),
            set: values.map(|(factor, column)| (factor.path.clone(), Plain::Number(value(column)))).collect(),
        }
    };
    (0..columns.first().map_or(0, Vec::len)).map(arm).collect()
}

fn read_outcomes(checker: &mut Checker<'_>, table: &Table<'_>) -> Vec<String> {
    let Some((offset, values)) = checker.values("", table, "outcomes") else { return Vec::new() };
    let names: Vec<String> = values.iter().map(ToString::to_string).collect();
    for name in names.iter().filter(|name| measure::find(name).is_none()) {
        checker.found(Some(offset), "outcomes", unknown_outcome(name));
    }
    names
}

fn read_regressions(checker: &mut Checker<'_>, table: &Table<'_>) -> Vec<Regression> {
    let mut regressions = Vec::new();
    for (offset, inner) in checker.list(table, "regression") {
        let fields = checker.table("regression", inner, REGRESSION, &["on"]);
        let on = checker.values("regression", inner, "on").map_or_else(Vec::new, |(_, on)| on);
        let Some(of) = fields.text("of") else { continue };
        if measure::find(&of).is_none() {
            checker.found(Some(offset), "regression.of", unknown_outcome(&of));
        }
        let column = |name: &Plain| {
            let name = name.to_string();
            if measure::find(&name).is_some() { name } else { qualified(&name) }
        };
        let on: Vec<String> = on.iter().map(column).collect();
        if on.is_empty() || on.len() > 20 {
            checker.found(Some(offset), "regression.on", "is a list of 1 to 20 columns that are to explain it");
        }
        regressions.push(Regression { of, on });
    }
    regressions
}

fn unknown_outcome(name: &str) -> String {
    let names: Vec<_> = measure::MEASURES.iter().map(|measure| measure.name).collect();
    format!("`{name}` is no outcome: allowed are {}", names.join(", "))
}
