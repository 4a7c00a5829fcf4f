//! The dose as control believes it: fills the live estimate with what the machine measures.
//!
//! What goes in is blood processed by the pumps' counters, whether the collect line takes cells, the collect line's
//! haematocrit, how far the interface is from where it is wanted, and counts that somebody types. The estimate moves on
//! once a minute of processing.

use core::cell::OnceCell;

use leuka_blood::math::{exp, ln};
use leuka_blood::quantity::{CellConcentration, CellDose, FlowRate, Fraction, TimeSpan, Volume};
use leuka_dose::{
    CITRATE_MG_PER_MMOL, Common, DonorBlood, Estimate, Exchange, LiveDose, Stretch, Target, after_procedure,
};

use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Note};
use crate::operator::MidRunCount;
use crate::prescription::{Goal, Prescription};
use crate::reason::{EndReason, Refusal};

/// Length of a stretch, s.
const STRETCH_S: f64 = 60.0;
/// An interface further off than this says no more, mm.
const MOST_DEVIATION_MM: f64 = 2.0;
/// A collect haematocrit this many times the wanted one, or that part of it, says no more.
const MOST_RATIO: f64 = 3.0;

/// What a step of processing shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) dt_s: f64,
    pub(crate) blood_ml_min: f64,
    /// The collect line takes cells.
    pub(crate) takes: bool,
    /// Interface from its set-point, mm.
    pub(crate) deviation_mm: f64,
    /// Collect haematocrit over the wanted one.
    pub(crate) hematocrit_ratio: Option<f64>,
}

/// The live estimate and what has gathered for its next stretch.
#[derive(Debug, Clone)]
pub(crate) struct YieldWatch {
    live: LiveDose,
    common: Common,
    processed_ml: f64,
    collecting_ml: f64,
    /// Square of the interface's deviation times blood, mm2 mL.
    deviation_mm2_ml: f64,
    /// Collect haematocrit over the wanted one times blood, and that blood, mL.
    ratio_ml: f64,
    measured_ml: f64,
    gathered_s: f64,
    /// What a target with confidence rests on, renewed with each stretch: when it will stop, and that it stops now.
    stops_in: Option<TimeSpan>,
    reached: Option<Fraction>,
    /// The estimate after the last stretch or count, once somebody has asked for it: it costs a hundred steps.
    now: OnceCell<Estimate>,
}

/// What going on brings and costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gain {
    /// Median dose more.
    pub dose: CellDose,
    /// Probability of the goal more.
    pub goal: Fraction,
    /// Fall of the donor's platelets, predicted.
    pub platelets: CellConcentration,
    /// Citrate for body weight, mg/kg, all of the anticoagulant counted.
    pub citrate_mg_kg: f64,
}

impl YieldWatch {
    pub(crate) fn new(prescription: &Prescription) -> Self {
        let goal = &prescription.goal;
        let mut watch = Self {
            live: LiveDose::new(&goal.belief, &goal.purpose(prescription.donor.tbv)),
            common: goal.belief.common,
            processed_ml: 0.0,
            collecting_ml: 0.0,
            deviation_mm2_ml: 0.0,
            ratio_ml: 0.0,
            measured_ml: 0.0,
            gathered_s: 0.0,
            stops_in: None,
            reached: None,
            now: OnceCell::new(),
        };
        let blood = leuka_dose::blood_flow(prescription.settings.inlet_flow, prescription.anticoagulant.ratio);
        watch.look(goal, blood, TimeSpan::ZERO);
        watch
    }

    fn gather(&mut self, shown: Shown) -> bool {
        let blood_ml = shown.blood_ml_min * shown.dt_s / 60.0;
        self.processed_ml += blood_ml;
        self.gathered_s += shown.dt_s;
        if shown.takes {
            self.collecting_ml += blood_ml;
            let off_mm = shown.deviation_mm.abs().min(MOST_DEVIATION_MM);
            self.deviation_mm2_ml += off_mm * off_mm * blood_ml;
            if let Some(ratio) = shown.hematocrit_ratio {
                self.ratio_ml += ratio * blood_ml;
                self.measured_ml += blood_ml;
            }
        }
        self.gathered_s >= STRETCH_S
    }

    /// Moves the estimate on by what has gathered.
    fn advance(&mut self) {
        let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
        let mut log_efficiency = -self.common.interface_deviation * share(self.deviation_mm2_ml, self.collecting_ml);
        if self.measured_ml > 0.0 {
            let ratio = (self.ratio_ml / self.measured_ml).clamp(1.0 / MOST_RATIO, MOST_RATIO);
            log_efficiency += self.common.collect_hematocrit * ln(ratio);
        }
        self.live.step(&Stretch {
            time: TimeSpan::from_seconds(self.gathered_s),
            processed: Volume::from_ml(self.processed_ml),
            collecting: Fraction::from_fraction(share(self.collecting_ml, self.processed_ml)),
            efficiency: exp(log_efficiency),
        });
        self.now.take();
        (self.processed_ml, self.collecting_ml, self.gathered_s) = (0.0, 0.0, 0.0);
        (self.deviation_mm2_ml, self.ratio_ml, self.measured_ml) = (0.0, 0.0, 0.0);
    }

    /// The estimate now.
    fn estimate(&self) -> Estimate {
        if let Some(now) = self.now.get() {
            return *now;
        }
        let now = self.live.estimate();
        // Nobody can have been quicker: it is not shared.
        let _ = self.now.set(now);
        now
    }

    /// Renews what a target with confidence rests on.
    fn look(&mut self, goal: &Goal, blood_flow: FlowRate, collected: TimeSpan) {
        self.now.take();
        let (Some(confidence), Target::Dose(dose)) = (goal.confidence, goal.target) else { return };
        let probability = self.live.probability(dose);
        self.reached = (probability >= confidence).then_some(probability);
        let left = (goal.most_time - collected).max(TimeSpan::ZERO);
        self.stops_in = self.live.time_to(dose, confidence, blood_flow, self.common.reference_collecting, left);
    }
}

impl Controller {
    /// The dose as it is believed now, as a distribution.
    #[must_use]
    pub const fn live_dose(&self) -> &LiveDose {
        &self.yield_watch.live
    }

    /// Its median, bands and probabilities after the last minute of processing, count, or end of the collection.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        self.yield_watch.estimate()
    }

    /// What going on for so long at the flow that is aimed at would bring, and cost.
    #[must_use]
    pub fn gain(&self, time: TimeSpan) -> Gain {
        let (watch, prescription, flow) = (&self.yield_watch, &self.prescription, self.blood_flow());
        let half = Fraction::from_fraction(0.5);
        let ahead = watch.live.ahead(time, flow, watch.common.reference_collecting);
        let platelets = |processed: Volume| {
            let exchange = Exchange {
                processed,
                red_cells_lost: Volume::ZERO,
                plasma_lost: Volume::ZERO,
                fluid_given: Volume::ZERO,
                fluid_retained: Fraction::ZERO,
                platelet_efficiency: prescription.limits.eligibility.platelet_efficiency,
            };
            let donor = &prescription.donor;
            let (hematocrit, hemoglobin, platelets) = (donor.hematocrit, donor.hemoglobin, donor.platelets);
            after_procedure(&DonorBlood { hematocrit, hemoglobin, platelets }, donor.tbv, &exchange).platelets
        };
        let processed = self.ledger.progress().processed;
        let anticoagulant = flow * time / (prescription.anticoagulant.ratio.value() - 1.0);
        Gain {
            dose: ahead.quantile(half) - watch.live.quantile(half),
            goal: ahead.probability(prescription.goal.goal) - watch.live.probability(prescription.goal.goal),
            platelets: platelets(processed) - platelets(processed + flow * time),
            citrate_mg_kg: anticoagulant.ml() * prescription.anticoagulant.citrate_mmol_ml * CITRATE_MG_PER_MMOL
                / prescription.donor.weight.kg(),
        }
    }

    /// The time until the goal is there with this confidence; `None` when the caps come first.
    #[must_use]
    pub fn time_to_confidence(&self, confidence: Fraction) -> Option<TimeSpan> {
        let (watch, goal) = (&self.yield_watch, &self.prescription.goal);
        let left = (goal.most_time - self.ledger.progress().collecting).max(TimeSpan::ZERO);
        let flow = self.blood_flow();
        watch.live.time_to(goal.goal, confidence, flow, watch.common.reference_collecting, left)
    }

    /// A step of processing.
    pub(crate) fn watch_yield(&mut self, beat: &Beat<'_>, takes: bool) {
        let wanted = self.prescription.settings.collect_hematocrit;
        let spins = self.prescription.settings.method.spins();
        let measured = self.collect_line.measured.filter(|_| spins && wanted > Fraction::ZERO);
        let shown = Shown {
            dt_s: beat.dt_s,
            blood_ml_min: beat.seen.blood_ml_min(),
            takes,
            deviation_mm: if spins { self.interface.position().mm() - self.told_interface_mm } else { 0.0 },
            hematocrit_ratio: measured.map(|measured| measured / wanted),
        };
        if self.yield_watch.gather(shown) {
            self.yield_watch.advance();
            self.look_at_yield();
        }
    }

    /// What has gathered since the last minute counts as well.
    pub(crate) fn close_yield(&mut self) {
        self.yield_watch.advance();
        self.look_at_yield();
    }

    fn look_at_yield(&mut self) {
        let (flow, collected) = (self.blood_flow(), self.ledger.progress().collecting);
        let goal = self.prescription.goal;
        self.yield_watch.look(&goal, flow, collected);
    }

    /// True when blood or product can be counted.
    fn has_begun(&self) -> bool {
        self.ledger.processed_ml > 0.0
    }

    pub(crate) fn take_sample(&mut self, beat: &mut Beat<'_>) {
        if !self.has_begun() {
            return beat.refuse(Refusal::NothingToCount);
        }
        self.yield_watch.advance();
        self.yield_watch.live.sample();
    }

    /// A count from the laboratory; it is for the moment of the last sample.
    pub(crate) fn mid_run_count(&mut self, beat: &mut Beat<'_>, count: MidRunCount) {
        let possible = |number: f64| number.is_finite() && number > 0.0;
        if !self.has_begun() {
            return beat.refuse(Refusal::NothingToCount);
        }
        let live = &mut self.yield_watch.live;
        match count {
            MidRunCount::Blood(count) if possible(count.per_ul()) => live.blood_count(count),
            MidRunCount::Bag(cells) if possible(cells.cells()) => live.bag_count(cells),
            MidRunCount::Blood(_) | MidRunCount::Bag(_) => return beat.refuse(Refusal::ImpossibleValue),
        }
        self.look_at_yield();
        let Estimate { median, band_80: [low, high], goal, .. } = self.estimate();
        beat.tell(EventKind::Note(Note::DoseCounted { median, low, high, goal }));
    }

    /// The dose is there with the confidence that was asked for.
    pub(crate) fn confident_end(&self) -> Option<EndReason> {
        let (Some(confidence), Target::Dose(dose)) = (self.prescription.goal.confidence, self.prescription.goal.target)
        else {
            return None;
        };
        let probability = self.yield_watch.reached?;
        let Estimate { median, band_80: [low, high], .. } = self.estimate();
        Some(EndReason::DoseReached { dose, confidence, probability, median, low, high })
    }

    /// When a target with confidence will stop the run.
    pub(crate) const fn stops_in(&self) -> Option<TimeSpan> {
        self.yield_watch.stops_in
    }
}

impl Goal {
    /// What the live estimate is made for.
    #[must_use]
    pub const fn purpose(&self, tbv: Volume) -> leuka_dose::Purpose {
        leuka_dose::Purpose {
            pre_count: self.pre_count,
            tbv,
            dose_weight: self.dose_weight,
            goal: self.goal,
            minimum: self.minimum,
        }
    }

    pub(crate) fn check_estimate(&self) -> Result<(), crate::prescription::PrescriptionError> {
        use crate::prescription::within;
        if let Some(confidence) = self.confidence {
            within("confidence of the target", confidence.pct(), 50.0, 99.9, "%")?;
        }
        within("goal", self.goal.count_1e6_kg(), self.minimum.count_1e6_kg(), 1e5, "1e6/kg")?;
        within("minimum", self.minimum.count_1e6_kg(), 1e-4, 1e5, "1e6/kg")?;
        within("expected efficiency", self.belief.efficiency.pct(), 0.1, 1000.0, "%")?;
        within("spread of the efficiency", self.belief.spread, 0.001, 3.0, "")?;
        within("release", self.belief.release_per_min, 0.0, 10.0, "/min")
    }
}

/// Where a run that a target with confidence stops will stand, for admission.
pub(crate) fn volume_to_confidence(prescription: &Prescription, blood: FlowRate) -> Option<Volume> {
    let goal = &prescription.goal;
    let (confidence, Target::Dose(dose)) = (goal.confidence?, goal.target) else { return None };
    let live = LiveDose::new(&goal.belief, &goal.purpose(prescription.donor.tbv));
    let collecting = goal.belief.common.reference_collecting;
    live.time_to(dose, confidence, blood, collecting, goal.most_time).map(|time| blood * time)
}
