//! Every state against every event: the controller's states, told apart by everything in them that is no number, are
//! searched breadth first from power-on, with everything that the operator can do and everything that can go wrong.
//!
//! Each state is met with the memory of the way on which it was first reached, so this enumerates what can be reached, not
//! what could be written down. The document's table of transitions is what the search finds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_device::*;

use crate::methods::{ELUTION, by};
use crate::needle::by_needle;
use crate::rig::*;

const PAGE: &str = include_str!("../../../../docs/control.md");

/// Controller, toy machine, and what is remembered to judge by.
#[derive(Clone)]
struct World {
    /// The method, red cells if the prime needs them, or one needle.
    kind: &'static str,
    controller: Controller,
    plant: Plant,
    commands: Commands,
    beats: u64,
    self_tested: bool,
    red_cells_hang: bool,
    /// Air was seen and no operator has reset since it went.
    air: bool,
}

/// What goes wrong, for as long as it takes.
type Trouble = (&'static str, f64, fn(&mut Telemetry));

const POWER: SafeState = SafeState { cause: Cause::PowerLost, since: Instant::START };
const STOPPED: SafeState = SafeState { cause: Cause::GuardSensor, since: Instant::START };

/// Each with the longest time, in seconds, until it must have had its effect.
const TROUBLES: [Trouble; 18] = [
    ("air", 5.0, |t| t.return_air.value = Some(true)),
    ("leak", 5.0, |t| t.leak.value = Some(true)),
    ("door open", 5.0, |t| t.door_locked.value = Some(false)),
    ("power lost", 5.0, |t| t.safe_state = Some(POWER)),
    ("machine stops", 5.0, |t| t.safe_state = Some(STOPPED)),
    ("guard silent", 5.0, |t| t.guard = Reading::default()),
    ("guard holds", 5.0, |t| t.guard.value = Some(VerdictKind::Hold)),
    ("sensor lost", 20.0, |t| t.return_pressure.value = None),
    ("clock jumps", 1.0, |t| t.at = t.at.plus_micros(3_000_000)),
    ("suction", 900.0, |t| t.access_pressure.value = Some(Pressure::from_mmhg(-300.0))),
    ("return occluded", 60.0, |t| t.return_pressure.value = Some(Pressure::from_mmhg(450.0))),
    ("camera dark", 2700.0, |t| t.camera.value = None),
    ("red lines", 2700.0, |t| {
        let nucleated_cells = CellConcentration::ZERO;
        t.collect_optics.value = Some(CollectOptics { hematocrit: Fraction::from_pct(10.0), nucleated_cells });
    }),
    ("no anticoagulant", 120.0, |t| t.anticoagulant_drops.value = Some(7)),
    ("pressure low", 30.0, |t| t.monitor.systolic.value = Some(Pressure::from_mmhg(55.0))),
    ("too warm", 30.0, |t| t.return_temperature.value = Some(Temperature::from_celsius(44.0))),
    ("no monitor", 900.0, |t| t.monitor = Monitor::default()),
    ("battery low", 30.0, |t| {
        t.mains.value = Some(false);
        t.battery.value = Some(TimeSpan::from_minutes(2.0));
    }),
];

/// Everything that the operator can do: what is asked for, what is wrong, and what is done at will.
fn actions() -> Vec<(&'static str, OperatorAction)> {
    let right = |request| answer(request).expect("an answer");
    let label = ProductLabel { product: id("ANOTHER"), donor: id("DONOR-1"), order: id("ORDER-1") };
    let mut actions = vec![
        ("order scanned", right(Request::ScanOrder)),
        ("wrong order", OperatorAction::ScanOrder { order: id("ANOTHER"), donor: id("DONOR-1") }),
        ("donor scanned", right(Request::ScanDonor)),
        ("wrong donor", OperatorAction::ScanDonor { id: id("ANOTHER"), second: id("1970-01-01") }),
        ("eligible", right(Request::ConfirmEligibility)),
        ("no consent", OperatorAction::ConfirmEligibility(Eligibility { consent: false, ..eligible() })),
        ("set loaded", right(Request::LoadSet)),
        ("wrong set", OperatorAction::LoadSet { code: id("ANOTHER") }),
        ("saline hung", right(Request::HangSaline)),
        ("wrong saline", OperatorAction::HangSaline { solution: Solution::Other }),
        ("anticoagulant spiked", right(Request::SpikeAnticoagulant)),
        ("wrong anticoagulant", OperatorAction::SpikeAnticoagulant { solution: Solution::Saline }),
        ("red cells hung", right(Request::HangRedCells)),
        ("wrong red cells", OperatorAction::HangRedCells(RedCellUnit { donor: id("ANOTHER"), ..red_cells() })),
        ("access in place", right(Request::InsertAccess)),
        ("draw free", right(Request::TestDraw)),
        ("draw not free", OperatorAction::TestDraw { free: false }),
        ("return free", right(Request::TestReturn)),
        ("return not free", OperatorAction::TestReturn { free: false }),
        ("connected", right(Request::Connect)),
        ("pause", OperatorAction::Pause),
        ("resume", OperatorAction::Resume),
        ("flushed", OperatorAction::FlushSet),
        ("end early", OperatorAction::EndEarly),
        ("reset", OperatorAction::Reset),
        ("disconnected", right(Request::Disconnect)),
        ("mixed", right(Request::MixProduct)),
        ("sampled", right(Request::SampleProduct)),
        ("sealed", right(Request::SealProduct)),
        ("wrong label", OperatorAction::SealProduct { label }),
        ("line removed", right(Request::RemoveLine)),
        ("still bleeding", OperatorAction::RemoveLine { hemostasis: false }),
        ("lying", right(Request::MeasureLying)),
        ("standing", right(Request::MeasureStanding)),
        ("faint on standing", OperatorAction::MeasureStanding { systolic: Pressure::from_mmhg(70.0) }),
        ("counts entered", right(Request::EnterCounts)),
        ("inlet wish", OperatorAction::SetInletFlow { flow: FlowRate::from_ml_min(40.0) }),
        ("plasma by hand", OperatorAction::SetPlasmaFlow { flow: Some(FlowRate::from_ml_min(20.0)) }),
        ("plasma automatic", OperatorAction::SetPlasmaFlow { flow: None }),
    ];
    for (name, symptom) in [
        ("tingling", Symptom::Tingling),
        ("cramps", Symptom::Cramps),
        ("faint", Symptom::Faint),
        ("pain", Symptom::ReturnPain),
        ("rash", Symptom::Allergic),
    ] {
        actions.push((name, OperatorAction::ReportSymptom(symptom)));
    }
    actions
}

/// The name of a variant, without what it holds.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
}

/// A state: everything of a phase that is no number.
fn state(phase: &Phase) -> String {
    match phase {
        Phase::PressureTest(step) => format!("{} {}", phase.name(), variant(step)),
        Phase::SelfTest(step) => format!("{} {step:?}", phase.name()),
        Phase::Admission(step) => format!("{} {step:?}", phase.name()),
        Phase::LoadSet(step) => format!("{} {step:?}", phase.name()),
        Phase::Product(step) => format!("{} {step:?}", phase.name()),
        Phase::AccessTest { draw_free, .. } => format!("{} draw_free: {draw_free}", phase.name()),
        Phase::Observation(Observation { lying, standing, .. }) => {
            format!("{} lying: {} standing: {}", phase.name(), lying.is_some(), standing.is_some())
        }
        Phase::Refused(reason) => format!("{} {}", phase.name(), variant(reason)),
        Phase::Paused(Paused { resume, reason, flushed, .. }) => {
            let reason = match reason {
                PauseReason::AfterStop(cause) => format!("AfterStop({cause:?})"),
                other => variant(other),
            };
            format!("{} in {} for {reason} flushed: {flushed}", phase.name(), resume.name())
        }
        Phase::Stopped(Stopped { cause, then, resetting }) => {
            let then = match then {
                Then::Pause(running, _) => running.name(),
                Then::Step(step) => *step,
            };
            format!("{} in {then} for {cause:?} resetting: {}", phase.name(), resetting.is_some())
        }
        other => other.name().to_string(),
    }
}

impl World {
    fn new(kind: &'static str, prescription: Prescription) -> Self {
        let Rig { controller, plant, commands, .. } = Rig::new(prescription);
        let (self_tested, red_cells_hang, air) = (false, false, false);
        Self { kind, controller, plant, commands, beats: 0, self_tested, red_cells_hang, air }
    }

    /// One beat of 100 ms, after which nothing may be unsafe.
    fn beat(&mut self, action: Option<&OperatorAction>, trouble: fn(&mut Telemetry)) {
        self.beats += 1;
        self.plant.step(&self.commands, self.beats);
        let mut telemetry = self.plant.sense(Instant::from_micros(self.beats * 100_000), self.beats, &self.commands);
        trouble(&mut telemetry);
        let before = self.controller.phase().clone();
        let output = self.controller.step(&telemetry, action);
        self.commands = output.commands;
        self.judge(&before, &telemetry, action);
    }

    fn judge(&mut self, before: &Phase, telemetry: &Telemetry, action: Option<&OperatorAction>) {
        let (after, commands) = (self.controller.phase(), &self.commands);
        self.self_tested |= after.name() == PhaseName::Admission;
        self.red_cells_hang |= before.name() == PhaseName::RedCells && after.name() == PhaseName::Prime;
        let sees_air = telemetry.return_air.value == Some(true);
        let reset = matches!(action, Some(OperatorAction::Reset));
        self.air = (self.air && (sees_air || !reset)) || (sees_air && before.is_connected());
        let gives = commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open;
        let draws = commands.draw_from == DrawFrom::Donor && commands.draw_clamp == Clamp::Open;
        let how = || format!("{} to {} by {action:?}", state(before), state(after));
        assert!(!(gives && self.air && after.is_connected()), "the return is open with air: {}", how());
        assert!(!(draws && gives && self.controller.turn().is_some()), "one needle both ways: {}", how());
        assert!(!gives || (after.is_connected() && self.self_tested), "the return is open to nobody: {}", how());
        assert!(!after.is_connected() || self.self_tested, "connected without a self-test: {}", how());
        let runs = matches!(after, Phase::Running(_));
        let asked = matches!(action, Some(OperatorAction::Resume | OperatorAction::EndEarly));
        if runs && matches!(before, Phase::Paused(_) | Phase::Stopped(_)) {
            assert!(asked, "it resumes by itself: {}", how());
        }
        if let Phase::Stopped(stopped) = before {
            let let_go = stopped.resetting.is_some() || matches!(action, Some(OperatorAction::EndEarly));
            assert!(let_go || matches!(after, Phase::Stopped(_)), "it leaves a stop by itself: {}", how());
            assert!(!runs, "a stop leads to a pause first: {}", how());
        }
        if telemetry.safe_state == Some(POWER) && matches!(before, Phase::Running(_) | Phase::Paused(_)) {
            assert_eq!(*commands, Commands { sequence: commands.sequence, at: commands.at, ..Commands::default() });
            assert!(matches!(after, Phase::Stopped(_)), "it does not stand by without power: {}", how());
        }
    }
}

/// Something that happens: an action at the begin, or a trouble for at most these seconds.
struct Event<'a> {
    name: &'static str,
    action: Option<&'a OperatorAction>,
    seconds: f64,
    trouble: fn(&mut Telemetry),
}

#[derive(Default)]
struct Search {
    states: BTreeSet<String>,
    pairs: usize,
    /// From phase to phase, with the events that lead there.
    edges: BTreeMap<(PhaseName, PhaseName), BTreeSet<&'static str>>,
    waiting: VecDeque<World>,
}

impl Search {
    /// Keeps a world whose state is new. Its kind is part of it, whether red cells hang, whose turn it is, and while it can
    /// still show whether there is a product.
    fn meet(&mut self, world: World) {
        let phase = world.controller.phase();
        let has_product = world.controller.progress().product > Volume::from_ml(10.0);
        let counts = matches!(phase, Phase::Running(Running::RinseBack(_) | Running::Elute(_)) | Phase::Disconnect);
        let product = if counts && has_product { "with product" } else { "" };
        let turn = world.controller.turn();
        if self.states.insert(format!("{} {} {} {product} {turn:?}", state(phase), world.kind, world.red_cells_hang)) {
            self.waiting.push_back(world);
        }
    }

    /// Lets an event act on a copy of the world until its state changes, and gives the phase that it leads to. What would
    /// come about `by_itself` is not put down to the event.
    fn act(&mut self, from: &World, event: &Event<'_>, by_itself: Option<PhaseName>) -> Option<PhaseName> {
        self.pairs += 1;
        let mut world = from.clone();
        let begin = from.controller.phase();
        let began = state(begin);
        let (mut action, mut turn) = (event.action, from.controller.turn());
        for _ in 0..(event.seconds * 10.0) as u64 {
            world.beat(action.take(), event.trouble);
            let phase = world.controller.phase();
            if world.controller.turn() != turn {
                turn = world.controller.turn();
                self.meet(world.clone());
            }
            let is_same = match (begin, phase) {
                (Phase::Running(begin), Phase::Running(now)) => begin.name() == now.name(),
                _ => begin == phase || began == state(phase),
            };
            if is_same {
                continue;
            }
            let to = phase.name();
            if to != begin.name() && by_itself != Some(to) {
                self.edges.entry((begin.name(), to)).or_default().insert(event.name);
            }
            self.meet(world);
            return Some(to);
        }
        None
    }

    fn run(&mut self, kind: &'static str, prescription: Prescription) {
        self.meet(World::new(kind, prescription));
        let actions = actions();
        while let Some(world) = self.waiting.pop_front() {
            // What works slowly works on moving fluid; the rest shows at once, or in a long pause.
            let longest = if matches!(world.controller.phase(), Phase::Running(_)) { f64::INFINITY } else { 310.0 };
            let time = Event { name: "itself", action: None, seconds: 2700.0_f64.min(longest), trouble: |_| {} };
            let by_itself = self.act(&world, &time, None);
            for (name, action) in &actions {
                self.act(&world, &Event { name, action: Some(action), seconds: 0.1, trouble: |_| {} }, by_itself);
            }
            for (name, seconds, trouble) in TROUBLES {
                self.act(&world, &Event { name, action: None, seconds: seconds.min(longest), trouble }, by_itself);
            }
        }
    }

    /// The transitions as the document shows them: those to the same phase by the same events in one line.
    fn table(&self) -> String {
        let mut lines: BTreeMap<(PhaseName, String), Vec<String>> = BTreeMap::new();
        for ((from, to), events) in &self.edges {
            let events = events.iter().copied().collect::<Vec<_>>().join(", ");
            lines.entry((*to, events)).or_default().push(from.to_string());
        }
        let mut table = String::from("| to | from | by |\n|---|---|---|\n");
        for ((to, events), from) in lines {
            table += &format!("| {to} | {} | {events} |\n", from.join(", "));
        }
        table
    }
}

#[test]
fn every_state_meets_every_event_safely_and_the_document_shows_where_it_leads() {
    let mut search = Search::default();
    // The other methods have the phases of the first.
    search.run("continuous", by(Method::Continuous));
    search.run("depth filter", by(Method::DepthFilter(ELUTION)));
    let mut small = by(Method::Continuous);
    small.set.red_cell_prime = true;
    search.run("red-cell prime", small);
    search.run("one needle", by_needle());
    let (states, pairs, edges) = (search.states.len(), search.pairs, search.edges.len());
    eprintln!("{states} states, {pairs} pairs of state and event, {edges} transitions between phases");
    let reached: BTreeSet<&str> = PhaseName::ALL.iter().map(|name| name.text()).collect();
    let met: BTreeSet<&str> = search.edges.keys().flat_map(|(from, to)| [from.text(), to.text()]).collect();
    assert_eq!(reached.difference(&met).collect::<Vec<_>>(), Vec::<&&str>::new(), "every phase is reached");
    let table = search.table();
    assert!(PAGE.contains(&table), "docs/control.md must hold this table:\n{table}");
}

#[test]
fn the_documents_diagram_is_the_codes() {
    let code = include_str!("../../src/phase.rs");
    let diagram = code.split("/// ```text\n").nth(1).and_then(|rest| rest.split("/// ```").next()).unwrap_or_default();
    let diagram = diagram.replace("/// ", "").replace("///", "");
    assert!(diagram.contains("SelfTest > Admission") && PAGE.contains(&diagram), "{diagram}");
}
