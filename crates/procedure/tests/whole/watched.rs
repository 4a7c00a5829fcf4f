//! A run that remembers everything: events, samples, and the donor's true oxygen saturation.

use std::sync::OnceLock;

use leuka_control::PhaseName;
use leuka_device::Instant;
use leuka_machine::Fault;
use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{Centrifuge, Event, Inputs, Outcome, Run, Sample, Source, Sources};

/// A quarter of the cells: still separates, still can be controlled.
pub(crate) const COARSE: [&str; 2] = ["model.separator.grid.axial_cells=8", "model.separator.grid.radial_cells=32"];

pub(crate) struct Watched {
    pub(crate) run: Run,
    pub(crate) events: Vec<Event>,
    pub(crate) samples: Vec<Sample>,
    /// True saturation of the donor, one for each sample.
    pub(crate) spo2_pct: Vec<f64>,
}

/// What is left of a whole run.
pub(crate) struct Recorded {
    pub(crate) events: Vec<Event>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) spo2_pct: Vec<f64>,
    pub(crate) outcome: Outcome,
}

/// The built-in procedure with seed 1, as `leuka run` does it.
pub(crate) fn built_in() -> &'static Recorded {
    static RUN: OnceLock<Recorded> = OnceLock::new();
    RUN.get_or_init(|| Watched::new(1, None, &[]).finish())
}

/// The same on the full channel.
pub(crate) fn built_in_on_the_channel() -> &'static Recorded {
    static RUN: OnceLock<Recorded> = OnceLock::new();
    RUN.get_or_init(|| {
        Watched::of(&Sources { seed: 1, separator: Some(Centrifuge::Channel), ..Sources::default() }).finish()
    })
}

/// The built-in protocol and donor on the coarse channel, with some values replaced.
pub(crate) fn coarse(set: &[&str]) -> Watched {
    Watched::new(1, None, &[&COARSE, set].concat())
}

/// A coarse run that has been collecting for two minutes.
pub(crate) fn collecting(set: &[&str]) -> Watched {
    let mut watched = coarse(set);
    watched.until_phase(PhaseName::Collect);
    watched.minutes(2.0);
    watched
}

impl Watched {
    pub(crate) fn new(seed: u64, donor: Option<NamedText>, set: &[&str]) -> Self {
        Self::from_files(seed, None, donor, set)
    }

    /// A ready protocol with a ready donor, by the names of their files, with some values replaced.
    pub(crate) fn ready(protocol: &str, donor: &str, set: &[&str]) -> Self {
        let file = |path: String| {
            let text = std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            Some(NamedText { name: path, text })
        };
        Self::from_files(1, file(format!("protocols/{protocol}.toml")), file(format!("donors/{donor}.toml")), set)
    }

    fn from_files(seed: u64, protocol: Option<NamedText>, donor: Option<NamedText>, set: &[&str]) -> Self {
        let overrides = set.iter().map(|text| Override::parse(text).unwrap()).collect();
        Self::of(&Sources { protocol, donor, overrides, seed, ..Sources::default() })
    }

    pub(crate) fn of(sources: &Sources) -> Self {
        let inputs = Inputs::read(sources).unwrap_or_else(|problems| panic!("{problems}"));
        let run = Run::new(&inputs).unwrap_or_else(|problems| panic!("{problems}"));
        Self { run, events: Vec::new(), samples: Vec::new(), spo2_pct: Vec::new() }
    }

    pub(crate) fn second(&mut self) {
        self.samples.push(self.run.second());
        self.spo2_pct.push(self.run.machine().donor().vitals().spo2.pct());
        self.events.extend(self.run.take_events());
    }

    pub(crate) fn minutes(&mut self, minutes: f64) {
        let end = self.now_s() + 60.0 * minutes;
        while self.run.is_running() && self.now_s() < end {
            self.second();
        }
    }

    /// Runs on until `is_so`, for an hour at the most.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begin = self.now_s();
        while !is_so(self) {
            let goes_on = self.run.is_running() && self.now_s() < begin + 3600.0;
            assert!(goes_on, "{what} did not come about; last: {:?}", self.events.last());
            self.second();
        }
    }

    pub(crate) fn until_phase(&mut self, phase: PhaseName) {
        self.until(phase.text(), |watched| watched.run.controller().phase().name() == phase);
    }

    /// Runs on to the end, which must come within the hour.
    pub(crate) fn run_out(&mut self) {
        self.until("the end of the run", |watched| !watched.run.is_running());
    }

    pub(crate) fn finish(mut self) -> Recorded {
        while self.run.is_running() {
            self.second();
        }
        let outcome = self.run.outcome();
        Recorded { events: self.events, samples: self.samples, spo2_pct: self.spo2_pct, outcome }
    }

    pub(crate) fn now_s(&self) -> f64 {
        self.run.status().time_min * 60.0
    }

    /// Injects a fault 31 ms from now, between two beats; gives its moment.
    pub(crate) fn inject(&mut self, name: &str, magnitude: f64, lasts_s: Option<u64>) -> f64 {
        let starts_at = self.run.machine().now().plus_micros(31_000);
        let ends_at: Option<Instant> = lasts_s.map(|seconds| starts_at.plus_micros(seconds * 1_000_000));
        self.run.inject(Fault { kind: name.parse().unwrap(), starts_at, ends_at, magnitude });
        self.second();
        let begins = format!("fault {name} begins");
        let started = self.events.iter().rfind(|event| event.text == begins);
        started.unwrap_or_else(|| panic!("{name} did not start")).at_s
    }
}

/// The moment of the first event of `source` from `after_s` on whose sentence begins with `text`.
pub(crate) fn first(events: &[Event], source: Source, text: &str, after_s: f64) -> Option<f64> {
    let mut found = events.iter().filter(|event| event.source == source && event.at_s >= after_s);
    found.find(|event| event.text.starts_with(text)).map(|event| event.at_s)
}

/// The same; it must be there.
pub(crate) fn moment(events: &[Event], source: Source, text: &str, after_s: f64) -> f64 {
    first(events, source, text, after_s).unwrap_or_else(|| panic!("no `{text}` by {source:?} after {after_s} s"))
}

/// The largest relative error of the balance.
pub(crate) fn worst_balance(outcome: &Outcome) -> f64 {
    outcome.balance.values().fold(0.0, |worst, balance| balance.relative_error.abs().max(worst))
}
