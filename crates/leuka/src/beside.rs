//! What stands beside a run: the clock on the wall, and a patient monitor at the bedside.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use leuka_procedure::{Channels, Inputs, Run, Word};
use serde_json::Value;

use crate::Failure;
use crate::processes::now;
use crate::record::Listening;

/// The clock and the monitor of a run.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct ClockAndMonitor {
    /// free: as fast as it goes. real: a second is a second.
    #[arg(long, value_enum, default_value_t = Pace::Free)]
    pace: Pace,
    /// With --pace real: the clock runs from this second of the procedure on, and what comes before goes freely.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    real_from: u64,
    /// Listens there for the donor's patient monitor (HL7 ORU^R01 over MLLP), whose vital signs stand in for the virtual
    /// monitor's from the moment on at which the clock runs. Needs --pace real and a build with --features record.
    #[arg(long, value_name = "ADDR")]
    vitals_from: Option<String>,
}

/// How time passes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pace {
    #[default]
    Free,
    Real,
}

/// The same at work.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// What was heard before, each with its second; of a run that is made again.
    recorded: VecDeque<(f64, Word)>,
    /// The second from which on the clock runs.
    real_from: Option<u64>,
    /// What the clock showed when it began to run.
    origin: Option<Instant>,
    listening: Option<Listening>,
}

impl ClockAndMonitor {
    /// Sets it up for a run.
    pub(crate) fn open(&self, inputs: &Inputs) -> Result<Beside, Failure> {
        let real_from = (self.pace == Pace::Real).then_some(self.real_from);
        if self.vitals_from.is_some() && real_from.is_none() {
            let why = "--vitals-from needs --pace real: a monitor's seconds are seconds";
            return Err(Failure::Input(why.to_owned()));
        }
        let listening = self.vitals_from.as_deref().map(|address| Listening::open(address, inputs)).transpose()?;
        Ok(Beside { real_from, listening, ..Beside::default() })
    }
}

impl Beside {
    /// For a run that is made again, with what it heard: nothing more is listened for.
    pub(crate) fn recorded(words: VecDeque<(f64, Word)>) -> Self {
        Self { recorded: words, ..Self::default() }
    }

    /// The same, and from that second on it listens.
    #[cfg(feature = "record")]
    pub(crate) fn again(words: VecDeque<(f64, Word)>, real_from: u64, listening: Listening) -> Self {
        Self { recorded: words, real_from: Some(real_from), origin: None, listening: Some(listening) }
    }

    /// Before a second of the run: waits until it is due, and lets the run hear what has come.
    pub(crate) fn before_second<C: Channels>(&mut self, run: &mut Run<C>) {
        let now_us = run.machine().now().micros();
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a procedure are far below 2^53")]
        let now_s = now_us as f64 / 1e6;
        while let Some((_, word)) = self.recorded.pop_front_if(|(at_s, _)| *at_s <= now_s) {
            run.hear(&word);
        }
        let Some(real_from_us) = self.real_from.map(|second| second.saturating_mul(1_000_000)) else { return };
        if now_us < real_from_us {
            return;
        }
        if self.origin.is_none()
            && let Some(listening) = &self.listening
        {
            run.hear(&Word::Begins { address: listening.address() });
        }
        let due = *self.origin.get_or_insert_with(now) + Duration::from_micros(now_us - real_from_us);
        std::thread::sleep(due.saturating_duration_since(now()));
        for word in self.listening.iter().flat_map(|listening| listening.words(now_us)) {
            run.hear(&word);
        }
    }
}

/// What a run heard from the bedside, by its recorded events: second, source, data.
pub(crate) fn heard<'a>(events: impl IntoIterator<Item = (f64, &'a str, &'a Value)>) -> VecDeque<(f64, Word)> {
    let of_monitor = events.into_iter().filter(|(_, source, _)| *source == "monitor");
    of_monitor.filter_map(|(at_s, _, data)| Some((at_s, serde_json::from_value(data.clone()).ok()?))).collect()
}
