//! What is injected for each hazard, drawn from hazard and seed: protocol, donor, phase, fault, magnitude; and by what
//! condition and effect it is judged. The conditions, effects and times are those of the hazard table in `docs/safety.md`.

mod blood;
mod device;
mod set;

use leuka_blood::random::{Seed, Stream};
use leuka_control::PhaseName;

use super::judge::Harm;
use super::seen::Seen;
use crate::event::{Event, Source};
use crate::file::{NamedText, Override};
use crate::inputs::{Centrifuge, Sources};

/// A protocol and a donor that fit together, by name.
type Pair = (&'static str, &'static str, &'static str, &'static str);

macro_rules! pair {
    ($protocol:literal, $donor:literal) => {
        (
            $protocol,
            include_str!(concat!("../../../../protocols/", $protocol, ".toml")),
            $donor,
            include_str!(concat!("../../../../donors/", $donor, ".toml")),
        )
    };
}

const PAIRS: [Pair; 8] = [
    pair!("cd34-autologous", "autologous-74kg"),
    pair!("cd34-allogeneic", "allogeneic-62kg"),
    pair!("cd3-car-t", "car-t-82kg"),
    pair!("cd3-car-t", "large-110kg"),
    pair!("lymphocytes-donor", "healthy-70kg"),
    pair!("monocytes", "healthy-70kg"),
    pair!("mononuclear-research", "small-50kg"),
    pair!("mononuclear-research", "healthy-70kg"),
];
pub(super) const CHILD: Pair = pair!("cd34-child-12kg", "child-12kg");
pub(super) const NEEDLE: Pair = pair!("cd34-single-needle", "autologous-74kg");
pub(super) const RED_CELLS: Pair = pair!("cd34-child-12kg-red-cells", "child-12kg");
pub(super) const STARCH: Pair = pair!("granulocytes", "granulocyte-donor-80kg");
pub(super) const COLUMN: Pair = pair!("gma-column", "healthy-70kg");

/// Steps by hand are quick in a campaign: nothing but time depends on them.
const QUICK: [&str; 8] =
    ["eligibility", "load_set", "access", "access_test", "connect", "blood_pressure", "scan", "reset"];

/// Protocol, donor and values that are replaced.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pair: Pair,
    set: Vec<String>,
    separator: Centrifuge,
}

impl Setting {
    pub(super) fn of(pair: Pair) -> Self {
        Self { pair, set: Vec::new(), separator: Centrifuge::Stage }
    }

    /// By the full channel on a coarse grid, where the stage has no table: blood with starch.
    pub(super) fn by_channel(mut self) -> Self {
        self.separator = Centrifuge::Channel;
        self.with("model.separator.grid.axial_cells", 8).with("model.separator.grid.radial_cells", 32)
    }

    pub(super) fn with(mut self, path: &str, value: impl std::fmt::Display) -> Self {
        self.set.push(format!("{path}={value}"));
        self
    }

    pub(super) fn name(&self) -> String {
        format!("{}, {}", self.pair.0, self.pair.2)
    }

    pub(super) fn sources(&self, seed: u64, scenario: Option<NamedText>, is_whole: bool) -> Sources {
        let (protocol, protocol_text, donor, donor_text) = self.pair;
        let named = |name: &str, text: &str| Some(NamedText { name: name.to_owned(), text: text.to_owned() });
        let quick = QUICK.iter().map(|step| (format!("model.operator.delay.{step}"), "3".to_owned()));
        let mut overrides: Vec<Override> =
            quick.filter(|_| !is_whole).map(|(path, value)| Override { path, value }).collect();
        overrides.extend(self.set.iter().filter_map(|text| Override::parse(text).ok()));
        Sources {
            protocol: named(protocol, protocol_text),
            donor: named(donor, donor_text),
            scenario,
            overrides,
            seed,
            separator: Some(self.separator),
            ..Sources::default()
        }
    }
}

/// The setting of a whole procedure in which nothing goes wrong: an adult's, a child's, or one with one needle.
pub(super) fn clean_setting(seed: u64) -> Setting {
    let mut draw = Draw::new(0, seed);
    let adult = draw.setting();
    match draw.one(&[None, None, None, Some(CHILD), Some(RED_CELLS), Some(NEEDLE)]) {
        Some(pair) => Setting::of(pair),
        None => adult,
    }
}

/// When the fault's phase has begun.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begins {
    /// When this phase has.
    Phase(PhaseName),
    /// At power-on.
    PowerOn,
}

/// What starts the clock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The fault's own beginning.
    Begin,
    /// Something that becomes true in the plant.
    Plant(fn(&Seen) -> bool),
    /// Something that is told with its exact moment.
    Event(&'static str),
}

/// What stops the clock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect {
    /// Something that becomes true in the plant, and the changes that tell its exact moment.
    Plant(fn(&Seen) -> bool, &'static [&'static str]),
    /// Something that is told.
    Event(&'static str),
}

/// One injection.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) mode: String,
    /// A number that condition and onset go by.
    pub(super) parameter: f64,
    pub(super) setting: Setting,
    pub(super) begins: Begins,
    /// The entries of the scenario, as TOML.
    entries: String,
    /// What tells that the fault has begun.
    begun_by: String,
    pub(super) onset: fn(&Seen) -> bool,
    pub(super) condition: Target,
    pub(super) effect: Effect,
    pub(super) limit_ms: Option<f64>,
    /// How long after the fault the effect is waited for, s.
    pub(super) watch_s: f64,
    /// How long after the effect what is forbidden is looked for, s.
    pub(super) then_s: f64,
    pub(super) forbidden: fn(&Seen) -> bool,
    pub(super) bearable: fn(&Harm, &Seen) -> bool,
}

impl Case {
    pub(super) fn scenario(&self) -> NamedText {
        let text = format!("schema = \"leuka.scenario/1\"\n{}", self.entries);
        NamedText { name: "campaign".to_owned(), text }
    }

    pub(super) fn starts_at_once(&self) -> bool {
        self.begun_by.is_empty()
    }

    pub(super) fn is_begun_by(&self, event: &Event) -> bool {
        matches!(event.source, Source::Machine | Source::Operator | Source::Control)
            && !self.begun_by.is_empty()
            && event.text.starts_with(&self.begun_by)
    }
}

pub(super) fn never(_: &Seen) -> bool {
    false
}

pub(super) fn any_harm(_: &Harm, _: &Seen) -> bool {
    true
}

pub(super) const RETURN_STOPPED: Effect =
    Effect::Plant(Seen::return_stopped, &["all pumps stand", "the return clamp is closed"]);
pub(super) const ALL_STOPPED: Effect =
    Effect::Plant(Seen::all_stopped, &["all pumps stand", "the return clamp is closed", "the draw clamp is closed"]);
pub(super) const PUMPS_STAND: Effect = Effect::Plant(Seen::pumps_stand, &["all pumps stand"]);
pub(super) const DRIVE_OFF: Effect = Effect::Plant(Seen::drive_off, &["the drive of the centrifuge is off"]);
pub(super) const REFUSED: Effect = Effect::Event("refused: ");

/// Chance for one injection.
pub(super) struct Draw {
    stream: Stream,
}

impl Draw {
    fn new(hazard: u8, seed: u64) -> Self {
        Self { stream: Seed::run(seed).stream(&format!("campaign.{hazard}")) }
    }

    /// A number from `low` to `high`.
    pub(super) fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.stream.uniform()
    }

    /// One of some.
    pub(super) fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short list")]
        #[expect(clippy::cast_precision_loss, reason = "a short list")]
        let place = (self.stream.uniform() * choices.len() as f64) as usize;
        choices[place.min(choices.len() - 1)]
    }

    /// An adult with a fitting protocol.
    pub(super) fn setting(&mut self) -> Setting {
        Setting::of(self.one(&PAIRS))
    }

    /// A phase in which blood goes back to the donor.
    pub(super) fn returning(&mut self) -> (PhaseName, f64) {
        match self.one(&[0, 1, 1, 2]) {
            0 => (PhaseName::EstablishInterface, self.within(20.0, 120.0)),
            1 => (PhaseName::Collect, self.within(20.0, 240.0)),
            _ => (PhaseName::RinseBack, self.within(10.0, 100.0)),
        }
    }

    /// A phase in which blood is drawn and goes back.
    pub(super) fn drawing(&mut self) -> (PhaseName, f64) {
        match self.one(&[0, 1, 1]) {
            0 => (PhaseName::EstablishInterface, self.within(40.0, 120.0)),
            _ => (PhaseName::Collect, self.within(20.0, 240.0)),
        }
    }

    /// A machine's fault in the course of a phase, timed from its beginning to the stop of all that returns.
    pub(super) fn fault(&mut self, name: &str, magnitude: f64, (phase, after_s): (PhaseName, f64)) -> Case {
        self.faults(&[(name, magnitude)], None, (phase, after_s))
    }

    /// Several at once.
    pub(super) fn faults(
        &mut self,
        faults: &[(&str, f64)],
        lasts_s: Option<f64>,
        (phase, after_s): (PhaseName, f64),
    ) -> Case {
        let phase_key = serde_json::json!(phase);
        let mut entries = String::new();
        for (name, magnitude) in faults {
            entries += &format!(
                "[[fault]]\nname = \"{name}\"\nphase = {phase_key}\nafter_s = {after_s:?}\nmagnitude = {magnitude:?}\n"
            );
            if let Some(lasts_s) = lasts_s {
                entries += &format!("lasts_s = {lasts_s:?}\n");
            }
        }
        if phase == PhaseName::RinseBack {
            // Nobody waits for hours of collection: the operator ends it.
            entries += "[[fault]]\nname = \"operator.end_early\"\nphase = \"collect\"\nafter_s = 20.0\n";
        }
        let first = faults.first().map_or("", |(name, _)| name);
        let magnitude = faults.first().map_or(0.0, |(_, magnitude)| *magnitude);
        Case {
            mode: format!("{first} {magnitude:.2} in {phase}"),
            parameter: 0.0,
            setting: self.setting(),
            begins: Begins::Phase(phase),
            entries,
            begun_by: format!("fault {first} begins"),
            onset: never,
            condition: Target::Begin,
            effect: RETURN_STOPPED,
            limit_ms: Some(1000.0),
            watch_s: 60.0,
            then_s: 2.0,
            forbidden: never,
            bearable: any_harm,
        }
    }

    /// Something that the operator does wrongly, which must be refused.
    pub(super) fn slip(&mut self, slips: &[&str], forbidden: fn(&Seen) -> bool) -> Case {
        let slip = self.one(slips);
        Case {
            mode: slip.to_owned(),
            parameter: 0.0,
            setting: self.setting(),
            begins: Begins::PowerOn,
            entries: format!("[[fault]]\nname = \"{slip}\"\nat_s = 0\n"),
            begun_by: String::new(),
            onset: never,
            condition: Target::Begin,
            effect: REFUSED,
            limit_ms: None,
            watch_s: 3600.0,
            then_s: 120.0,
            forbidden,
            bearable: any_harm,
        }
    }
}

/// The case of a hazard and seed.
pub(super) fn draw(hazard: u8, seed: u64) -> Case {
    let mut draw = Draw::new(hazard, seed);
    let mut case = drawn(hazard, &mut draw);
    // What moves between donor and set: one in five by a single needle.
    if matches!(hazard, 1 | 3 | 5 | 11 | 12) && seed.is_multiple_of(5) {
        case.setting.pair = NEEDLE;
    }
    case
}

fn drawn(hazard: u8, draw: &mut Draw) -> Case {
    match hazard {
        1 => blood::air(draw),
        2 => blood::blind_detector(draw),
        3 => blood::return_occlusion(draw),
        4 => blood::return_line_off(draw),
        5 => blood::access_occlusion(draw),
        6 => blood::infiltration(draw),
        7 => blood::anticoagulant_missing(draw),
        8 => blood::anticoagulant_excess(draw),
        9 => blood::citrate(draw),
        10 => set::wrong_solution(draw),
        11 => set::deficit(draw),
        12 => set::surplus(draw),
        13 => set::extracorporeal(draw),
        14 => set::wrong_donor(draw),
        15 => set::product_mix_up(draw),
        16 => device::overspeed(draw),
        17 => device::imbalance(draw),
        18 => device::leak(draw),
        19 => device::door(draw),
        20 => device::hemolysis(draw),
        21 => device::overheating(draw),
        22 => set::clotting(draw),
        23 => set::red_product(draw),
        24 => device::power(draw),
        25 => device::channel(draw),
        26 => set::reaction(draw),
        27 => set::red_cells(draw),
        _ => set::starch(draw),
    }
}
