//! What is true in the plant while a campaign looks, and what has gathered there: the measures that hazards are timed by.

use leuka_control::PhaseName;
use leuka_device::{Clamp, Commands, DrawFrom, Pump};
use leuka_machine::PlantView;

use crate::run::Run;

/// A beat of the campaign, s.
const BEAT_S: f64 = 0.05;
/// What a pump may deliver more than asked for: twice its calibration error.
const TOLERATED_MORE: f64 = 1.10;
/// And less: hazard 7.
const TOLERATED_LESS: f64 = 0.85;
/// Time over which a citrate rate is a rate, s.
const RATE_S: f64 = 60.0;

/// The plant now, with what has gathered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) view: PlantView,
    pub(super) commands: Commands,
    pub(super) phase: PhaseName,
    pub(super) at_s: f64,
    pub(super) gathered: Gathered,
    pub(super) donor: DonorView,
    /// The number that the case's condition goes by.
    pub(super) parameter: f64,
}

/// What a donor's limits follow from.
#[derive(Debug, Clone, Copy)]
pub(super) struct DonorView {
    pub(super) weight_kg: f64,
    pub(super) tbv_ml: f64,
}

/// What has gathered since the fault began.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Gathered {
    last_delivered_ml: Option<f64>,
    /// Anticoagulant beyond what is tolerated, mL.
    pub(super) excess_ml: f64,
    /// Anticoagulant missing beyond what is tolerated, mL.
    pub(super) deficit_ml: f64,
    /// Time without anticoagulant while it was asked for, s, and what was due in it, mL.
    pub(super) dry_s: f64,
    pub(super) dry_ml: f64,
    /// Anticoagulant into the blood, mL/min.
    pub(super) rate_ml_min: f64,
    /// Time for which suction has been beyond -250 mmHg, s.
    pub(super) suction_s: f64,
    /// Time for which the inlet has stood, s.
    pub(super) stood_s: f64,
    /// It has stood for five minutes at some time.
    pub(super) stale: bool,
    last_saline_ml: Option<f64>,
    /// Saline that left its bag while blood was to be drawn, mL.
    pub(super) uncommanded_ml: f64,
    /// Time since the fault began, s.
    pub(super) since_s: f64,
    /// What the inlet pump turned when the clock started, and at most since the fault began, mL/min.
    pub(super) inlet_then: f64,
    pub(super) inlet_peak: f64,
}

impl Gathered {
    fn step(&mut self, view: &PlantView, commands: &Commands) {
        let delivered_ml = view.anticoagulant_ml - self.last_delivered_ml.unwrap_or(view.anticoagulant_ml);
        self.last_delivered_ml = Some(view.anticoagulant_ml);
        let pumps_stand = view.pumps_ml_min.inlet <= 0.0;
        let asked = if pumps_stand { 0.0 } else { commands.pumps.anticoagulant.ml_min() };
        let asked_ml = asked * BEAT_S / 60.0;
        self.excess_ml = (self.excess_ml + delivered_ml - TOLERATED_MORE * asked_ml).max(0.0);
        self.deficit_ml = (self.deficit_ml + TOLERATED_LESS * asked_ml - delivered_ml).max(0.0);
        let is_dry = asked_ml > 0.0 && delivered_ml <= 0.0;
        self.dry_s = if is_dry { self.dry_s + BEAT_S } else { 0.0 };
        self.dry_ml = if is_dry { self.dry_ml + asked_ml } else { 0.0 };
        let rate = delivered_ml * 60.0 / BEAT_S;
        self.rate_ml_min += (rate - self.rate_ml_min) * BEAT_S / (RATE_S + BEAT_S);
        self.suction_s = if view.draw_mmhg < -250.0 { self.suction_s + BEAT_S } else { 0.0 };
        self.stood_s = if pumps_stand && view.is_connected { self.stood_s + BEAT_S } else { 0.0 };
        self.stale |= self.stood_s > 300.0;
        let saline_ml = self.last_saline_ml.unwrap_or(view.saline_ml) - view.saline_ml;
        self.last_saline_ml = Some(view.saline_ml);
        if commands.draw_from != DrawFrom::Saline {
            self.uncommanded_ml += saline_ml.max(0.0);
        }
        self.inlet_peak = self.inlet_peak.max(view.pumps_ml_min.inlet);
        self.since_s += BEAT_S;
    }
}

impl Seen {
    pub(super) fn first(run: &Run, parameter: f64) -> Self {
        let person = run.person();
        let donor = DonorView { weight_kg: person.weight.kg(), tbv_ml: person.formula_blood_volume.ml() };
        Self {
            view: run.machine().plant_view(),
            commands: run.commands().copied().unwrap_or_default(),
            phase: run.controller().phase().name(),
            at_s: run.seconds(),
            gathered: Gathered::default(),
            donor,
            parameter,
        }
    }

    /// Looks after another beat.
    pub(super) fn look(&mut self, run: &Run, has_begun: bool) {
        let mut gathered = self.gathered;
        *self = Self { gathered, donor: self.donor, ..Self::first(run, self.parameter) };
        gathered.step(&self.view, &self.commands);
        if !has_begun {
            // What gathers before the fault is no part of it, but a rate is a rate.
            gathered = Gathered {
                last_delivered_ml: gathered.last_delivered_ml,
                rate_ml_min: gathered.rate_ml_min,
                ..Gathered::default()
            };
        }
        self.gathered = gathered;
    }

    pub(super) fn pumps_stand(&self) -> bool {
        Pump::ALL.into_iter().all(|pump| *self.view.pumps_ml_min.get(pump) <= 0.0)
    }

    pub(super) fn return_closed(&self) -> bool {
        self.view.return_clamp == Clamp::Closed
    }

    /// Nothing goes to the donor: pumps stand and the return clamp is closed.
    pub(super) fn return_stopped(&self) -> bool {
        self.pumps_stand() && self.return_closed()
    }

    pub(super) fn all_stopped(&self) -> bool {
        self.return_stopped() && self.view.draw_clamp == Clamp::Closed
    }

    pub(super) fn drive_off(&self) -> bool {
        !self.view.drive_on
    }

    /// What the donor has lost, mL.
    pub(super) fn lost_ml(&self) -> f64 {
        self.view.drawn_ml - self.view.returned_ml
    }
}
