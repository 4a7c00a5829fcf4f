//! What would have been: a recorded collection, on whatever machine, with another flow or length.
//!
//! The donor is inferred from what was recorded: the count before, the flows, and every count of blood or bag give a
//! distribution over release, capture and the true count. The changed run is run for every one of them, so that the
//! difference between the two carries what is not known.

use leuka_blood::quantity::{CellConcentration, CellCount, CellDose, TimeSpan, Volume};
use leuka_dose::{Belief, Estimate, Inferred, LiveDose, Purpose, Stretch};
use serde::{Deserialize, Serialize};

/// A recorded collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// `leuka.recorded/1`.
    pub schema: String,
    /// The cells.
    pub cells: String,
    /// Count before, per uL.
    pub count_before_per_ul: f64,
    /// Blood volume, mL.
    pub tbv_ml: f64,
    /// The weight that the dose is for, kg.
    pub dose_weight_kg: f64,
    /// Blood flow without anticoagulant, mL/min.
    pub blood_flow_ml_min: f64,
    /// Time of processing, min.
    pub minutes: f64,
    /// Counts during the run and at its end.
    #[serde(default)]
    pub count: Vec<Counted>,
    /// White cells before, where they are known.
    pub wbc_1e9_l: Option<f64>,
    /// Haematocrit before, where it is known.
    pub hematocrit_pct: Option<f64>,
    /// CE2 that was expected, where it was another than the prior's.
    pub expected_efficiency_pct: Option<f64>,
}

/// One count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// After so many minutes.
    pub minute: f64,
    /// Cells in the bag, 1e6.
    pub bag_1e6: Option<f64>,
    /// Cells in blood, per uL.
    pub blood_per_ul: Option<f64>,
}

/// What is done otherwise.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Changed {
    /// From this minute on.
    pub from_minute: f64,
    /// Another blood flow, mL/min.
    pub blood_flow_ml_min: Option<f64>,
    /// Another length of the run, min.
    pub minutes: Option<f64>,
}

/// The two runs.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// What the counts say of donor and machine.
    pub inferred: Inferred,
    /// The dose as it was.
    pub was: Estimate,
    /// The dose as it would have been.
    pub would_be: Estimate,
    /// The second over the first: median and 80 % band, pair by pair.
    pub ratio: [f64; 3],
    /// Each as (minute, median, low, high).
    pub curves: [Vec<(f64, f64, f64, f64)>; 2],
}

impl Recorded {
    /// Refuses what no collection can be.
    ///
    /// # Errors
    /// The first field that is impossible, with its value and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let fields = [
            ("count_before_per_ul", Some(self.count_before_per_ul), 0.01, 1e6),
            ("tbv_ml", Some(self.tbv_ml), 200.0, 15_000.0),
            ("dose_weight_kg", Some(self.dose_weight_kg), 2.0, 350.0),
            ("blood_flow_ml_min", Some(self.blood_flow_ml_min), 1.0, 300.0),
            ("minutes", Some(self.minutes), 5.0, 1000.0),
            ("wbc_1e9_l", self.wbc_1e9_l, 0.1, 1000.0),
            ("hematocrit_pct", self.hematocrit_pct, 10.0, 70.0),
            ("expected_efficiency_pct", self.expected_efficiency_pct, 1.0, 150.0),
        ];
        let counts = self.count.iter().flat_map(|count| {
            [
                ("count.minute", Some(count.minute), 0.1, self.minutes),
                ("count.bag_1e6", count.bag_1e6, 1e-3, 1e7),
                ("count.blood_per_ul", count.blood_per_ul, 1e-3, 1e6),
            ]
        });
        let wrong = fields.into_iter().chain(counts).find_map(|(name, value, low, high)| {
            let value = value?;
            (!(low..=high).contains(&value)).then(|| format!("{name} is {value}: give {low} to {high}"))
        });
        wrong.map_or(Ok(()), Err)
    }
}

/// Infers the donor and runs both.
#[must_use]
pub fn what_if(belief: &Belief, recorded: &Recorded, changed: &Changed) -> WhatIf {
    let start = inferred(belief, recorded);
    let as_it_was = Changed::default();
    let (was, first) = along(&start, recorded, &as_it_was);
    let (would_be, second) = along(&start, recorded, changed);
    WhatIf {
        inferred: start.inferred(),
        was: was.estimate(),
        would_be: would_be.estimate(),
        ratio: would_be.ratio_to(&was),
        curves: [first, second],
    }
}

/// The collection before its beginning, with what its counts have taught.
fn inferred(belief: &Belief, recorded: &Recorded) -> LiveDose {
    let purpose = Purpose {
        pre_count: CellConcentration::from_per_ul(recorded.count_before_per_ul),
        tbv: Volume::from_ml(recorded.tbv_ml),
        dose_weight: leuka_blood::quantity::Mass::from_kg(recorded.dose_weight_kg),
        goal: CellDose::from_1e6_kg(1.0),
        minimum: CellDose::from_1e6_kg(0.5),
    };
    let before = LiveDose::new(belief, &purpose);
    let mut live = before.clone();
    let mut minute = 0.0;
    let mut counts: Vec<&Counted> = recorded.count.iter().collect();
    counts.sort_by(|one, other| one.minute.total_cmp(&other.minute));
    for count in counts {
        pass(&mut live, recorded, &Changed::default(), (minute, count.minute));
        minute = count.minute;
        if let Some(per_ul) = count.blood_per_ul {
            live.blood_count(CellConcentration::from_per_ul(per_ul));
        }
        if let Some(cells) = count.bag_1e6 {
            live.bag_count(CellCount::from_1e6(cells));
        }
    }
    before.knowing(&live)
}

/// Both medians and bands along a run.
fn along(start: &LiveDose, recorded: &Recorded, changed: &Changed) -> (LiveDose, Vec<(f64, f64, f64, f64)>) {
    const POINTS: u32 = 60;
    let end = changed.minutes.unwrap_or(recorded.minutes);
    let mut live = start.clone();
    let mut curve = Vec::new();
    for n in 0..POINTS {
        let (from, to) = (end * f64::from(n) / f64::from(POINTS), end * f64::from(n + 1) / f64::from(POINTS));
        pass(&mut live, recorded, changed, (from, to));
        let now = live.estimate();
        let [low, high] = now.band_80.map(CellDose::count_1e6_kg);
        curve.push((to, now.median.count_1e6_kg(), low, high));
    }
    (live, curve)
}

fn pass(live: &mut LiveDose, recorded: &Recorded, changed: &Changed, (from, to): (f64, f64)) {
    let usual = recorded.blood_flow_ml_min;
    let other = changed.blood_flow_ml_min.unwrap_or(usual);
    let turn = changed.from_minute.clamp(from, to);
    let collecting = live.collecting();
    for (flow, minutes) in [(usual, turn - from), (other, to - turn)] {
        let processed = Volume::from_ml(flow * minutes);
        live.step(&Stretch { time: TimeSpan::from_minutes(minutes), processed, collecting, efficiency: 1.0 });
    }
}
