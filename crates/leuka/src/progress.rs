//! How a long run shows how far it is: a bar on a terminal, a line for each phase elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use leuka_procedure::{Event, Status};

/// Somebody who wants to know how far the run is.
pub(crate) trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event);
    /// A second of the procedure has passed.
    fn update(&mut self, status: &Status);
    /// The run is over.
    fn finish(&mut self);
}

/// Says nothing.
#[derive(Debug)]
pub(crate) struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: &Event) {}
    fn update(&mut self, _: &Status) {}
    fn finish(&mut self) {}
}

/// One line for each phase, for logs.
#[derive(Debug)]
pub(crate) struct Lines;

impl Progress for Lines {
    fn event(&mut self, event: &Event) {
        if matches!(event.kind, "phase" | "estimate") {
            eprintln!("{:7.1} min  {}", event.at_s / 60.0, event.text);
        }
    }
    fn update(&mut self, _: &Status) {}
    fn finish(&mut self) {}
}

/// A bar with phase, litres and dose; what the operator must know stands above it.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    seconds: u64,
}

/// A progress bar on standard error.
pub(crate) fn bar() -> Box<dyn Progress> {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    Box::new(Bar { bar, seconds: 0 })
}

impl Progress for Bar {
    fn event(&mut self, event: &Event) {
        if matches!(event.kind, "phase" | "alarm" | "refused" | "estimate") {
            self.bar.println(format!("{:7.1} min  {}", event.at_s / 60.0, event.text));
        }
    }

    fn update(&mut self, status: &Status) {
        self.seconds += 1;
        if self.seconds.is_multiple_of(20) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of 1000")]
            self.bar.set_position((status.fraction.clamp(0.0, 1.0) * 1000.0) as u64);
            self.bar.set_message(format!(
                "{}  {:.0} min  {:.2} L  {:.2} x1e6/kg ({:.2}-{:.2} with 80 %), goal {:.0} %",
                status.phase,
                status.time_min,
                status.processed_l,
                status.estimate.median.count_1e6_kg(),
                status.estimate.band_80[0].count_1e6_kg(),
                status.estimate.band_80[1].count_1e6_kg(),
                status.estimate.goal.pct(),
            ));
        }
    }

    fn finish(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How far one piece of work is: a bar on a terminal, elsewhere a line for each quarter, or nothing.
#[derive(Debug)]
pub(crate) enum Work {
    Bar(ProgressBar),
    Lines { what: String, quarters: u32 },
    Silent,
}

impl Work {
    /// Begins to show `what`; nothing but a bar when `quiet`.
    pub(crate) fn new(what: &str, quiet: bool) -> Self {
        if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(1000);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_message(what.to_owned());
            Self::Bar(bar)
        } else if quiet {
            Self::Silent
        } else {
            Self::Lines { what: what.to_owned(), quarters: 0 }
        }
    }

    /// The part `done` (0 to 1) is done.
    pub(crate) fn tell(&mut self, done: f64) {
        match self {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of 1000")]
            Self::Bar(bar) => bar.set_position((done.clamp(0.0, 1.0) * 1000.0) as u64),
            Self::Lines { what, quarters } => {
                while *quarters < 4 && done >= 0.25 * f64::from(*quarters + 1) {
                    *quarters += 1;
                    eprintln!("{what}: {} %", 25 * *quarters);
                }
            }
            Self::Silent => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
