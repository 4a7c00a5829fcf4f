//! Runs one injection and judges it: was the condition reached, what was done, how soon, and what harm came of it.

use serde::Serialize;

use super::case::{Begins, Case, Effect, Target};
use super::seen::Seen;
use crate::event::{Event, Source};
use crate::file::Problems;
use crate::inputs::Inputs;
use crate::run::Run;

/// A phase that does not come within so many seconds of the procedure does not come.
const LONGEST_WAIT_S: f64 = 3.0 * 3600.0;

/// What came of an injection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The effect was there in time, or a wrong step was refused.
    Met,
    /// The effect came too late, or with more harm than is allowed.
    Late,
    /// The effect never came, or a wrong step was permitted.
    Missed,
    /// The plant never reached the condition: the injection does not count.
    NotReached,
}

/// What befell the donor.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub struct Harm {
    /// Air that reached the donor, mL.
    pub air_ml: f64,
    /// Blood and fluid that were spilt, mL.
    pub lost_ml: f64,
    /// Lowest ionised calcium, mmol/L.
    pub ionised_calcium_mmol_l: f64,
    /// Highest pressure in the return line, mmHg.
    pub peak_mmhg: f64,
    /// Fluid given beyond what was drawn, mL.
    pub overload_ml: f64,
}

/// One injection and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The hazard.
    pub hazard: u8,
    /// The seed.
    pub seed: u64,
    /// What was injected.
    pub mode: String,
    /// Protocol and donor.
    pub setting: String,
    /// What came of it.
    pub judgement: Judgement,
    /// From the condition in the plant to the effect, ms; `None` for a refusal, or when nothing was done.
    pub reaction_ms: Option<f64>,
    /// The most that it may be, ms; `None` for a refusal.
    pub limit_ms: Option<f64>,
    /// From the condition to the first word of guard or control, ms.
    pub detection_ms: Option<f64>,
    /// What befell the donor.
    pub harm: Harm,
}

/// Injects and watches.
pub(super) fn judge(hazard: u8, seed: u64, case: &Case, guarded: bool) -> Result<Score, Problems> {
    let inputs = Inputs::read(&case.setting.sources(seed, Some(case.scenario()), false))?;
    let mut run = Run::new(&inputs)?;
    let mut score = Score {
        hazard,
        seed,
        mode: case.mode.clone(),
        setting: case.setting.name(),
        judgement: Judgement::NotReached,
        reaction_ms: None,
        limit_ms: case.limit_ms,
        detection_ms: None,
        harm: Harm { ionised_calcium_mmol_l: f64::INFINITY, ..Harm::default() },
    };
    if wait(&mut run, case) {
        // Not before: without a guard no self-test is passed.
        if !guarded {
            run.without_guard();
        }
        Watch::new(&run, case).run(&mut run, &mut score);
    }
    Ok(score)
}

/// Runs until the phase in which the fault begins; false when it does not come.
fn wait(run: &mut Run, case: &Case) -> bool {
    let Begins::Phase(phase) = case.begins else { return true };
    while run.is_running() && run.seconds() < LONGEST_WAIT_S {
        if run.stages().iter().any(|(name, _)| *name == phase) {
            return true;
        }
        run.pass_second();
        // What was done before is not judged.
        run.take_events();
    }
    false
}

/// What is kept while watching.
struct Watch<'a> {
    case: &'a Case,
    seen: Seen,
    before: Seen,
    began_s: Option<f64>,
    onset: bool,
    condition_s: Option<f64>,
    effect_s: Option<f64>,
    detected_s: Option<f64>,
    forbidden: bool,
    /// The last moment of each change that has an exact one: pumps, return clamp, draw clamp, drive.
    exact_s: [Option<f64>; EXACT.len()],
    beats: u64,
}

/// Changes in the plant that are told with their exact moment.
const EXACT: [&str; 4] =
    ["all pumps stand", "the return clamp is closed", "the draw clamp is closed", "the drive of the centrifuge is off"];

impl<'a> Watch<'a> {
    fn new(run: &Run, case: &'a Case) -> Self {
        let seen = Seen::first(run, case.parameter);
        Self {
            case,
            seen,
            before: seen,
            began_s: case.starts_at_once().then_some(seen.at_s),
            onset: false,
            condition_s: None,
            effect_s: None,
            detected_s: None,
            forbidden: false,
            exact_s: [None; EXACT.len()],
            beats: 0,
        }
    }

    fn run(&mut self, run: &mut Run, score: &mut Score) {
        let mut settled_s = None;
        while run.is_running() {
            run.beat();
            let events = run.take_events();
            self.hear(&events);
            self.seen.look(run, self.began_s.is_some());
            self.look();
            self.harm(run, &mut score.harm);
            let now_s = self.seen.at_s;
            if self.condition_s.is_some() && self.effect_s.is_some() && settled_s.is_none() {
                settled_s = Some(now_s);
            }
            let is_over = self.began_s.is_some_and(|began_s| now_s > began_s + self.case.watch_s);
            let is_settled = settled_s.is_some_and(|settled_s| now_s > settled_s + self.case.then_s);
            if is_over || is_settled || now_s > LONGEST_WAIT_S {
                break;
            }
        }
        self.conclude(score);
    }

    /// Hears what was told in a beat.
    fn hear(&mut self, events: &[Event]) {
        for event in events {
            if let Some(place) = EXACT.iter().position(|text| event.text == *text)
                && let Some(at) = self.exact_s.get_mut(place)
            {
                *at = Some(event.at_s);
            }
            if self.began_s.is_none() && self.case.is_begun_by(event) {
                self.began_s = Some(event.at_s);
            }
            let by_guard = event.source == Source::Guard && event.kind == "verdict";
            let by_control = matches!(event.kind, "alarm" | "paused" | "stopped" | "refused");
            if self.began_s.is_some() && (by_guard || by_control) {
                self.detected_s.get_or_insert(event.at_s);
            }
            if self.began_s.is_some() {
                if let Target::Event(text) = self.case.condition
                    && self.condition_s.is_none()
                    && event.text.starts_with(text)
                {
                    self.start_clock(event.at_s);
                }
                if let Effect::Event(text) = self.case.effect
                    && self.condition_s.is_some()
                    && event.text.starts_with(text)
                {
                    self.effect_s.get_or_insert(event.at_s);
                }
            }
        }
    }

    fn start_clock(&mut self, at_s: f64) {
        self.condition_s = Some(at_s);
        self.onset = true;
        self.seen.gathered.inlet_then = self.before.view.pumps_ml_min.inlet;
    }

    /// Looks at the plant after a beat.
    fn look(&mut self) {
        let Some(began_s) = self.began_s else {
            self.before = self.seen;
            return;
        };
        // A condition is there from the begin of the beat in which it is first seen.
        let since_s = self.before.at_s.max(began_s);
        self.onset |= (self.case.onset)(&self.seen);
        if self.condition_s.is_none() {
            match self.case.condition {
                Target::Begin => self.start_clock(began_s),
                Target::Plant(is_so) if is_so(&self.seen) => self.start_clock(since_s),
                Target::Plant(_) | Target::Event(_) => {}
            }
        }
        let counts = self.condition_s.is_some() || self.onset;
        if let Effect::Plant(is_so, exact) = self.case.effect
            && counts
            && self.effect_s.is_none()
            && is_so(&self.seen)
        {
            let told = EXACT.iter().zip(self.exact_s).filter(|(text, _)| exact.contains(text));
            let last_s = told.filter_map(|(_, at)| at).fold(f64::NEG_INFINITY, f64::max);
            let in_this_beat = last_s > self.before.at_s - 1e-9;
            self.effect_s = Some(if in_this_beat { last_s } else { self.seen.at_s });
            if !in_this_beat && !exact.is_empty() {
                // It was so before.
                self.effect_s = Some(last_s);
            }
        }
        if self.effect_s.is_some() || matches!(self.case.effect, Effect::Event(_)) {
            self.forbidden |= (self.case.forbidden)(&self.seen);
        }
        self.before = self.seen;
    }

    fn harm(&mut self, run: &Run, harm: &mut Harm) {
        let view = &self.seen.view;
        harm.air_ml = view.donor_air_ml;
        harm.peak_mmhg = harm.peak_mmhg.max(view.return_mmhg);
        harm.overload_ml = harm.overload_ml.max(-self.seen.lost_ml());
        self.beats += 1;
        if self.beats.is_multiple_of(20) {
            let calcium = run.machine().donor().blood().ionised_calcium.mmol_l();
            harm.ionised_calcium_mmol_l = harm.ionised_calcium_mmol_l.min(calcium);
        }
        if self.began_s.is_none() {
            harm.lost_ml = -view.spilt_blood_ml;
        }
    }

    fn conclude(&self, score: &mut Score) {
        score.harm.lost_ml = (score.harm.lost_ml + self.seen.view.spilt_blood_ml).max(0.0);
        let since = |at: Option<f64>| Some((at? - self.condition_s?).max(0.0) * 1e3);
        score.detection_ms = since(self.detected_s).filter(|_| score.limit_ms.is_some());
        score.reaction_ms = match (self.condition_s, self.effect_s) {
            // What was stopped before it came so far was stopped in time.
            (None, Some(_)) if self.onset => Some(0.0),
            _ => since(self.effect_s),
        };
        let limit_ms = score.limit_ms.unwrap_or(f64::INFINITY);
        score.judgement = match score.reaction_ms {
            _ if self.condition_s.is_none() && !self.onset => Judgement::NotReached,
            _ if self.forbidden => Judgement::Missed,
            None => Judgement::Missed,
            // The limits are whole milliseconds; a moment is a microsecond.
            Some(reaction_ms) if reaction_ms > limit_ms + 1e-3 => Judgement::Late,
            Some(_) if !(self.case.bearable)(&score.harm, &self.seen) => Judgement::Late,
            Some(_) => Judgement::Met,
        };
        if score.limit_ms.is_none() {
            score.reaction_ms = None;
        }
    }
}
