//! The fault campaign: each hazard is made to happen many times, over donors, protocols and phases, and its reaction is
//! timed from the condition in the plant to the effect at the actuator.
//!
//! A fault acts in the plant, a sensor, an actuator, on a link or through the operator, never on what control or guard
//! conclude. An injection whose condition the plant never reaches does not count. Each is a function of hazard and seed
//! alone, so that any of them can be run again by itself.
//!
//! Reading order: [`inject`] and [`clean`], then `case` (what is injected), then `judge` (what is seen).

mod case;
mod judge;
mod seen;

use leuka_device::Verdict;
use serde::Serialize;

use crate::event::Source;
use crate::file::Problems;
use crate::inputs::Inputs;
use crate::run::Run;

pub use judge::{Harm, Judgement, Score};

/// Injects a hazard once, as its number and the seed say, and judges what follows.
///
/// # Errors
/// The problems of the inputs, if the campaign's own files do not fit together.
pub fn inject(hazard: u8, seed: u64, guarded: bool) -> Result<Score, Problems> {
    let case = case::draw(hazard, seed);
    judge::judge(hazard, seed, &case, guarded)
}

/// What came of a whole procedure in which nothing goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clean {
    /// The seed.
    pub seed: u64,
    /// Protocol and donor.
    pub setting: String,
    /// The target was reached.
    pub completed: bool,
    /// Why it ended.
    pub end_reason: String,
    /// Protective stops, each as a sentence with its second; there should be none.
    pub stops: Vec<String>,
}

/// Runs a whole procedure in which nothing goes wrong, and looks for protective stops.
///
/// # Errors
/// The problems of the inputs, if the campaign's own files do not fit together.
pub fn clean(seed: u64) -> Result<Clean, Problems> {
    let setting = case::clean_setting(seed);
    let inputs = Inputs::read(&setting.sources(seed, None, true))?;
    let mut run = Run::new(&inputs)?;
    let mut stops = Vec::new();
    let mut is_tested = false;
    while run.is_running() {
        run.pass_second();
        for event in run.take_events() {
            // The self-test trips both on purpose.
            is_tested |= event.kind == "phase" && event.source == Source::Control;
            let by_guard = event.source == Source::Guard && event.text != guard_passes();
            let by_machine = event.source == Source::Machine && event.text.starts_with("safe state: ");
            if is_tested && (by_guard || by_machine || event.kind == "stopped") {
                stops.push(format!("{:.1} s: {}", event.at_s, event.text));
            }
        }
    }
    let outcome = run.outcome();
    Ok(Clean { seed, setting: setting.name(), completed: outcome.completed, end_reason: outcome.end_reason, stops })
}

fn guard_passes() -> String {
    crate::run::verdict_text(Verdict::Pass)
}
