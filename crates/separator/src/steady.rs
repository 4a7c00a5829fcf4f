//! Open-loop study: one inlet and one setting, held until the channel is steady.
//!
//! The plasma flow is steered by two slow loops, so that a figure belongs to a stated collect haematocrit: one holds the
//! interface, the other moves its set-point until the haematocrit of the collect line is the one asked for. Used by
//! sweeps; the machine's own control is another crate.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, TimeSpan};
use leuka_blood::{Mixture, PerPopulation, math};

use crate::{Outlets, Separator, Settings};

/// What is held during a study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Composition of what enters; the amount does not count, but must not be zero.
    pub blood: Mixture,
    /// Flow at the inlet.
    pub inlet_flow: FlowRate,
    /// Flow of the collect port.
    pub collect_flow: FlowRate,
    /// Speed of the centrifuge.
    pub rotation: RotationalSpeed,
    /// Haematocrit of the collect line that the plasma flow is steered to.
    pub collect_hematocrit: Fraction,
    /// Interface position that the search starts from, mm from the inner wall.
    pub interface_mm: f64,
    /// Time until the study ends.
    pub duration: TimeSpan,
    /// The results are means over this last part of it.
    pub averaging: TimeSpan,
}

/// Means over the averaging time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// Part of what entered that left by the plasma port, for each population; 0 for one that did not enter.
    pub plasma: PerPopulation<f64>,
    /// The same by the collect port: the capture.
    pub collect: PerPopulation<f64>,
    /// The same by the red-cell port.
    pub red: PerPopulation<f64>,
    /// Haematocrit of the collect line.
    pub collect_hematocrit: Fraction,
    /// Haematocrit of the red-cell line, which is that of the bed where it leaves.
    pub red_hematocrit: Fraction,
    /// Flow of the plasma port.
    pub plasma_flow: FlowRate,
    /// Interface position, mm from the inner wall.
    pub interface_mm: f64,
}

/// Everything in the search goes by the transit time, in which the inlet flow fills the separator once.
/// Settings of the plasma flow in a transit.
const STEPS: f64 = 150.0;
/// The loop's gain on the interface, inlet flows per mm, and the largest correction, inlet flows.
const GAIN: f64 = 0.25;
const LARGEST: f64 = 0.17;
/// How fast the bed haematocrit of the feed-forward follows an interface error, 1/(mm transit).
const LEARNING: f64 = 0.15;
/// How fast the interface set-point follows the haematocrit's error, mm per transit and unit of its logarithm, and the
/// largest that counts.
const TRIM: f64 = 0.03;
const TRIM_LIMIT: f64 = 3.0;
/// Haematocrit below which the collect line counts as clear.
const CLEAR: f64 = 1e-4;
/// Time over which the collect haematocrit is smoothed, transits.
const SMOOTHING: f64 = 0.27;
/// Time in which blood replaces the priming fluid, transits: until then the set-point stays where it is.
const FILLING: f64 = 2.4;

/// The two loops that find the plasma flow.
struct Search {
    target_mm: f64,
    bed: f64,
    smoothed: f64,
}

impl Search {
    /// Plasma flow (mL/min) for the interface seen.
    fn plasma_ml_min(&mut self, case: &Case, interface_mm: f64) -> f64 {
        let error_mm = interface_mm - self.target_mm;
        self.bed = (self.bed + LEARNING / STEPS * error_mm.clamp(-0.3, 0.3)).clamp(0.3, 0.95);
        let inlet = case.inlet_flow.ml_min();
        let free = inlet - case.collect_flow.ml_min();
        let expected = free * (1.0 - case.blood.hematocrit() / self.bed);
        (expected + inlet * (GAIN * error_mm).clamp(-LARGEST, LARGEST)).clamp(0.0, free.max(0.0))
    }

    /// Moves the interface set-point after `hematocrit` was seen in the collect line, where it is to be `aim`.
    fn trim(&mut self, aim: f64, hematocrit: f64) {
        self.smoothed += (hematocrit - self.smoothed) / (STEPS * SMOOTHING);
        let error = math::ln((self.smoothed + CLEAR) / (aim + CLEAR));
        self.target_mm += TRIM / STEPS * error.clamp(-TRIM_LIMIT, TRIM_LIMIT);
    }
}

/// A study that goes on window by window.
pub(crate) struct Study<'a> {
    case: &'a Case,
    /// Haematocrit of the collect line that is steered to.
    aim: f64,
    search: Search,
    inlet: Mixture,
    step: TimeSpan,
    transit: TimeSpan,
    time_s: f64,
}

impl<'a> Study<'a> {
    /// Begins a study of `separator` as it is.
    pub(crate) fn new(separator: &impl Separator, case: &'a Case) -> Self {
        let transit = 60.0 * separator.contents().fluid_ml() / case.inlet_flow.ml_min();
        let step = TimeSpan::from_seconds(transit / STEPS);
        Self {
            case,
            aim: case.collect_hematocrit.fraction(),
            search: Search { target_mm: case.interface_mm, bed: 0.75, smoothed: case.collect_hematocrit.fraction() },
            inlet: case.blood * ((case.inlet_flow * step).ml() / case.blood.volume_ml()),
            step,
            transit: TimeSpan::from_seconds(transit),
            time_s: 0.0,
        }
    }

    /// Time in which the inlet flow fills the separator once.
    pub(crate) const fn transit(&self) -> TimeSpan {
        self.transit
    }

    /// Steers to another haematocrit of the collect line from now on.
    pub(crate) fn aim(&mut self, hematocrit: Fraction) {
        self.aim = hematocrit.fraction();
    }

    /// Goes on for `span` and returns the means over it.
    pub(crate) fn window(&mut self, separator: &mut impl Separator, span: TimeSpan) -> Steady {
        let (mut entered, mut left) = (Mixture::EMPTY, Outlets::default());
        let (mut plasma_sum, mut interface_sum, mut steps) = (0.0, 0.0, 0.0);
        let end_s = self.time_s + span.seconds();
        while self.time_s < end_s || steps < 1.0 {
            let interface_mm = separator.view().interface_mm;
            let plasma_ml_min = self.search.plasma_ml_min(self.case, interface_mm);
            let settings = Settings {
                rotation: self.case.rotation,
                plasma_flow: FlowRate::from_ml_min(plasma_ml_min),
                collect_flow: self.case.collect_flow,
                flush: false,
            };
            let out = separator.advance(&self.inlet, &settings, self.step);
            if self.time_s > FILLING * self.transit.seconds() {
                self.search.trim(self.aim, out.collect.hematocrit());
            }
            entered += self.inlet;
            left.red += out.red;
            left.collect += out.collect;
            left.plasma += out.plasma;
            plasma_sum += plasma_ml_min;
            interface_sum += interface_mm;
            steps += 1.0;
            self.time_s += self.step.seconds();
        }
        let part = |outlet: &Mixture| {
            PerPopulation::from_fn(|population| {
                let all_ml = entered.cell_ml(population);
                if all_ml > 0.0 { outlet.cell_ml(population) / all_ml } else { 0.0 }
            })
        };
        Steady {
            plasma: part(&left.plasma),
            collect: part(&left.collect),
            red: part(&left.red),
            collect_hematocrit: Fraction::from_fraction(left.collect.hematocrit()),
            red_hematocrit: Fraction::from_fraction(left.red.hematocrit()),
            plasma_flow: FlowRate::from_ml_min(plasma_sum / steps),
            interface_mm: interface_sum / steps,
        }
    }
}

/// Runs `separator` on `case`.
pub fn steady(separator: &mut impl Separator, case: &Case) -> Steady {
    let mut study = Study::new(separator, case);
    study.window(separator, case.duration - case.averaging);
    study.window(separator, case.averaging)
}
