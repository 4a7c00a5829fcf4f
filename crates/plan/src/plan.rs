//! The plan of a run as a distribution.

use leuka_blood::math::{ln, sqrt};
use leuka_blood::quantity::{CellDose, FlowRate, Fraction, TimeSpan, Volume};
use leuka_control::Controller;
use leuka_dose::{CITRATE_MG_PER_MMOL, DonorBlood, LiveDose, Progress, Target, blood_flow, extracorporeal_fraction};
use serde::Serialize;

use crate::two_days::two_days;

/// What is asked of the confidence table.
const CONFIDENCES: [f64; 4] = [50.0, 80.0, 90.0, 95.0];
/// The longest plan is drawn in so many points.
const POINTS: u32 = 60;
/// Standard normal quantile of 90 %.
const NINETY: f64 = 1.281_551_565_544_6;

/// What a confidence asks for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Confidence {
    /// The confidence.
    pub confidence_pct: f64,
    /// Blood to process; `None` when the caps come first.
    pub volume_l: Option<f64>,
    /// The same in blood volumes.
    pub tbv: Option<f64>,
    /// Time of collection.
    pub minutes: Option<f64>,
}

/// What one day or two bring under the caps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Day {
    /// Days.
    pub days: u32,
    /// Probability of the goal.
    pub goal_pct: f64,
    /// Probability of the minimum.
    pub minimum_pct: f64,
}

/// The dose after so much blood.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Blood processed.
    pub volume_l: f64,
    /// Time.
    pub minutes: f64,
    /// As likely more as less.
    pub median_1e6_per_kg: f64,
    /// Within these with 80 %.
    pub band_80_1e6_per_kg: [f64; 2],
    /// Within these with 95 %.
    pub band_95_1e6_per_kg: [f64; 2],
    /// Probability of the goal.
    pub goal_pct: f64,
    /// Probability of the minimum.
    pub minimum_pct: f64,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Goal.
    pub goal_1e6_per_kg: f64,
    /// Minimum.
    pub minimum_1e6_per_kg: f64,
    /// Count before, as entered.
    pub count_per_ul: f64,
    /// Median CE2 that is believed of this run.
    pub efficiency_pct: f64,
    /// Log-sd of the dose at the reference run.
    pub log_sd: f64,
    /// Blood volume.
    pub tbv_l: f64,
    /// Inlet flow after the limits of anticoagulant and citrate.
    pub inlet_flow_ml_min: f64,
    /// Inlet flow that was wished.
    pub wished_flow_ml_min: f64,
    /// What each confidence of the goal asks for.
    pub goal: Vec<Confidence>,
    /// What each confidence of the minimum asks for.
    pub minimum: Vec<Confidence>,
    /// The run that is planned: to the confidence that the protocol asks for, or its target.
    pub planned: Point,
    /// One and two days to the caps.
    pub days: [Day; 2],
    /// Anticoagulant for the planned run, mL.
    pub anticoagulant_ml: f64,
    /// Citrate, all of the anticoagulant counted.
    pub citrate_mg_kg_min: f64,
    /// Platelets after the planned run.
    pub platelets_after_1e9_l: f64,
    /// Haemoglobin after it.
    pub hemoglobin_after_g_dl: f64,
    /// Donor's blood outside the body.
    pub extracorporeal_pct: f64,
    /// What the set is to be primed with.
    pub prime: &'static str,
    /// Haemoglobin once the set is full, after each prime: saline or albumin, red cells.
    pub hemoglobin_primed_g_dl: [f64; 2],
    /// Blood flow from the vein.
    pub blood_flow_ml_min: f64,
    /// Why the donor would be refused.
    pub refusals: Vec<String>,
    /// What to think of.
    pub warnings: Vec<String>,
    /// The dose along the run, to the caps.
    pub curve: Vec<Point>,
}

/// Plans the run of this controller.
#[must_use]
pub fn plan(control: &Controller) -> Plan {
    let prescription = control.prescription();
    let (goal, donor) = (&prescription.goal, &prescription.donor);
    let live = control.live_dose();
    let inlet = control.allowed_inlet();
    let flow = blood_flow(inlet / prescription.settings.method.dilution(), prescription.anticoagulant.ratio);
    let collecting = goal.belief.common.reference_collecting;
    let cap = goal.most_time.min((donor.tbv * goal.most_tbv_multiple) / flow);
    let at = |time: TimeSpan| point(live, time, flow, collecting);
    let row = |dose: CellDose, pct: f64| {
        let time = live.time_to(dose, Fraction::from_pct(pct), flow, collecting, cap);
        let volume = time.map(|time| flow * time);
        Confidence {
            confidence_pct: pct,
            volume_l: volume.map(Volume::litres),
            tbv: volume.map(|volume| volume / donor.tbv),
            minutes: time.map(TimeSpan::minutes),
        }
    };
    let end = match (goal.confidence, goal.target) {
        (Some(confidence), Target::Dose(dose)) => live.time_to(dose, confidence, flow, collecting, cap),
        _ => goal.target.forecast(Progress::default(), &goal.basis(donor.tbv, flow)).map(|end| end.time),
    };
    let end = end.map_or(cap, |end| end.min(cap));
    let planned = at(end);
    let processed = flow * end;
    let after = control.predicted_after(processed);
    let outside = extracorporeal_fraction(prescription.set.extracorporeal_volume, donor.tbv);
    let anticoagulant = (flow / (prescription.anticoagulant.ratio.value() - 1.0)).ml_min();
    let mut plan = Plan {
        goal_1e6_per_kg: goal.goal.count_1e6_kg(),
        minimum_1e6_per_kg: goal.minimum.count_1e6_kg(),
        count_per_ul: goal.pre_count.per_ul(),
        efficiency_pct: goal.belief.efficiency.pct(),
        log_sd: goal.belief.total_spread(),
        tbv_l: donor.tbv.litres(),
        inlet_flow_ml_min: inlet.ml_min(),
        wished_flow_ml_min: prescription.settings.inlet_flow.ml_min(),
        goal: CONFIDENCES.map(|pct| row(goal.goal, pct)).to_vec(),
        minimum: CONFIDENCES.map(|pct| row(goal.minimum, pct)).to_vec(),
        planned,
        days: days(control, &live.ahead(cap, flow, collecting)),
        anticoagulant_ml: anticoagulant * end.minutes(),
        citrate_mg_kg_min: anticoagulant * prescription.anticoagulant.citrate_mmol_ml * CITRATE_MG_PER_MMOL
            / donor.weight.kg(),
        platelets_after_1e9_l: after.platelets.count_1e9_l(),
        hemoglobin_after_g_dl: after.hemoglobin.g_dl(),
        extracorporeal_pct: outside.pct(),
        prime: prime(control, outside),
        hemoglobin_primed_g_dl: primed(control, outside),
        blood_flow_ml_min: flow.ml_min(),
        refusals: control.refusal().iter().map(ToString::to_string).collect(),
        warnings: Vec::new(),
        curve: (1..=POINTS).map(|n| at(cap * (f64::from(n) / f64::from(POINTS)))).collect(),
    };
    plan.warnings = warnings(&plan, control, &after);
    plan
}

fn point(live: &LiveDose, time: TimeSpan, flow: FlowRate, collecting: Fraction) -> Point {
    let now = live.ahead(time, flow, collecting).estimate();
    Point {
        volume_l: (flow * time).litres(),
        minutes: time.minutes(),
        median_1e6_per_kg: now.median.count_1e6_kg(),
        band_80_1e6_per_kg: now.band_80.map(CellDose::count_1e6_kg),
        band_95_1e6_per_kg: now.band_95.map(CellDose::count_1e6_kg),
        goal_pct: now.goal.pct(),
        minimum_pct: now.minimum.pct(),
    }
}

/// One and two days to the caps. The efficiency of site and donor is shared between the days.
fn days(control: &Controller, end: &LiveDose) -> [Day; 2] {
    let (goal, now) = (&control.prescription().goal, end.estimate());
    let [low, high] = now.band_80;
    let log_sd = if low > CellDose::ZERO { ln(high / low) / (2.0 * NINETY) } else { 0.25 };
    let shared = (goal.belief.spread / core::f64::consts::SQRT_2).min(sqrt(0.9) * log_sd);
    let common = &goal.belief.common;
    let second = (common.second_day, common.second_day_spread);
    let both = |dose| two_days(now.median, log_sd, shared, second, dose).pct();
    [
        Day { days: 1, goal_pct: now.goal.pct(), minimum_pct: now.minimum.pct() },
        Day { days: 2, goal_pct: both(goal.goal), minimum_pct: both(goal.minimum) },
    ]
}

fn prime(control: &Controller, outside: Fraction) -> &'static str {
    let limit = control.prescription().limits.eligibility.extracorporeal;
    if outside > limit.automatic {
        "red cells"
    } else if outside > limit.warning {
        "albumin or red cells"
    } else {
        "saline"
    }
}

/// Haemoglobin when the set is full of the donor's blood and its prime has gone to the donor: after saline or albumin,
/// all of which is still in the vessels; after red cells of the donor's own haematocrit.
fn primed(control: &Controller, outside: Fraction) -> [f64; 2] {
    let before = control.prescription().donor.hemoglobin.g_dl();
    [before / (1.0 + outside.fraction()), before]
}

fn warnings(plan: &Plan, control: &Controller, after: &DonorBlood) -> Vec<String> {
    let prescription = control.prescription();
    let limits = &prescription.limits.eligibility;
    let mut all = Vec::new();
    if plan.inlet_flow_ml_min < plan.wished_flow_ml_min - 0.05 {
        all.push(format!(
            "inlet is lowered from {:.1} to {:.1} mL/min by the limit of anticoagulant or citrate",
            plan.wished_flow_ml_min, plan.inlet_flow_ml_min
        ));
    }
    if plan.goal.last().is_some_and(|row| row.volume_l.is_none()) {
        all.push(
            "the caps come before 95 % confidence of the goal: think of a second day or of more mobilisation".into(),
        );
    }
    if plan.planned.minimum_pct < 95.0 {
        all.push(format!("the planned run reaches the minimum with only {:.0} %", plan.planned.minimum_pct));
    }
    if plan.extracorporeal_pct > limits.extracorporeal.warning.pct() {
        all.push(format!(
            "the set holds {:.1} % of the donor's blood: prime with {}",
            plan.extracorporeal_pct, plan.prime
        ));
    }
    if after.platelets < limits.platelets_after * 1.25 {
        all.push(format!("platelets fall to {:.0} x1e9/L, near the limit", after.platelets.count_1e9_l()));
    }
    if prescription.set.red_cell_prime {
        all.push("red cells in the set are not rinsed back".into());
    }
    all
}
