//! Open-loop study: one inlet and one setting, held until the channel is steady.
//!
//! The plasma flow is steered by two slow loops, so that a figure belongs to a stated collect haematocrit: one holds the
//! interface, the other moves its set-point until the haematocrit of the collect line is the one asked for. Used by
//! sweeps; the machine's own control is another crate.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, TimeSpan};
use leuka_blood::{Mixture, PerPopulation};

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

/// Time from one setting of the plasma flow to the next, s.
const STEP_S: f64 = 0.5;
/// The loop's gain on the interface, mL/min per mm, and the largest correction, mL/min.
const GAIN: f64 = 4.0;
const LARGEST: f64 = 6.0;
/// How fast the bed haematocrit of the feed-forward follows an interface error, 1/(mm s).
const LEARNING: f64 = 0.002;
/// How fast the interface set-point follows the haematocrit error, mm/s per unit, and the largest error that counts.
const TRIM: f64 = 0.03;
const TRIM_LIMIT: f64 = 0.03;
/// Time over which the collect haematocrit is smoothed, s.
const SMOOTHING_S: f64 = 20.0;
/// Time in which blood replaces the priming fluid, s: until then the set-point stays where it is.
const FILLING_S: f64 = 180.0;

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
        self.bed = (self.bed + LEARNING * STEP_S * error_mm.clamp(-0.3, 0.3)).clamp(0.5, 0.95);
        let free = (case.inlet_flow - case.collect_flow).ml_min().max(0.0);
        let expected = free * (1.0 - case.blood.hematocrit() / self.bed);
        (expected + (GAIN * error_mm).clamp(-LARGEST, LARGEST)).clamp(0.0, free)
    }

    /// Moves the interface set-point after `hematocrit` was seen in the collect line.
    fn trim(&mut self, case: &Case, hematocrit: f64) {
        self.smoothed += (hematocrit - self.smoothed) * STEP_S / SMOOTHING_S;
        let error = self.smoothed - case.collect_hematocrit.fraction();
        self.target_mm += TRIM * STEP_S * error.clamp(-TRIM_LIMIT, TRIM_LIMIT);
    }
}

/// Runs `separator` on `case`.
pub fn steady(separator: &mut impl Separator, case: &Case) -> Steady {
    let step = TimeSpan::from_seconds(STEP_S);
    let inlet = case.blood * ((case.inlet_flow * step).ml() / case.blood.volume_ml());
    let mut search = Search { target_mm: case.interface_mm, bed: 0.75, smoothed: case.collect_hematocrit.fraction() };
    let (mut entered, mut left) = (Mixture::EMPTY, Outlets::default());
    let (mut plasma_sum, mut interface_sum, mut steps) = (0.0, 0.0, 0.0);
    let mut time_s = 0.0;
    while time_s < case.duration.seconds() {
        let interface_mm = separator.view().interface_mm;
        let plasma_ml_min = search.plasma_ml_min(case, interface_mm);
        let settings = Settings {
            rotation: case.rotation,
            plasma_flow: FlowRate::from_ml_min(plasma_ml_min),
            collect_flow: case.collect_flow,
            flush: false,
        };
        let out = separator.advance(&inlet, &settings, step);
        if time_s > FILLING_S {
            search.trim(case, out.collect.hematocrit());
        }
        if time_s >= (case.duration - case.averaging).seconds() {
            entered += inlet;
            left.red += out.red;
            left.collect += out.collect;
            left.plasma += out.plasma;
            plasma_sum += plasma_ml_min;
            interface_sum += interface_mm;
            steps += 1.0;
        }
        time_s += STEP_S;
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
