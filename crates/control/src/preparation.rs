//! From admission to the connected donor: steps that wait for the operator, each with what makes it refuse.

use leuka_blood::quantity::{FlowRate, Pressure, Volume};
use leuka_device::Clamp;

use crate::admission::{check_eligibility, check_limits};
use crate::controller::{Beat, Controller};
use crate::inlet::anticoagulant_rates;
use crate::operator::{Eligibility, OperatorAction, RedCellUnit, Solution};
use crate::phase::{Admission, LoadSet, Moved, Phase, PhaseName, PressureTest, Running};
use crate::prescription::{Access, Identifier};
use crate::reason::Refusal;
use crate::vitals::{self, Vitals};

impl Controller {
    pub(crate) fn admission(&mut self, beat: &mut Beat<'_>, admission: Admission) {
        match (admission, beat.action) {
            (Admission { order: false, .. }, Some(OperatorAction::ScanOrder { order, donor })) => {
                self.scan_order(beat, admission, order, donor);
            }
            (Admission { order: true, donor: false, .. }, Some(OperatorAction::ScanDonor { id, second })) => {
                self.scan_donor(beat, admission, id, second);
            }
            (
                Admission { order: true, donor: true, eligible: false },
                Some(OperatorAction::ConfirmEligibility(stated)),
            ) => self.confirm_eligibility(beat, admission, stated),
            (Admission { order: true, donor: true, eligible: true }, _) => self.take_baseline(beat),
            _ => {}
        }
        self.remind_operator(beat);
    }

    fn scan_order(&mut self, beat: &mut Beat<'_>, admission: Admission, order: &Identifier, donor: &Identifier) {
        beat.take_action();
        let identity = &self.prescription.identity;
        if *order != identity.order {
            let reason = Refusal::WrongOrder { scanned: order.clone(), expected: identity.order.clone() };
            return self.refuse(beat, reason);
        }
        if *donor != identity.donor {
            let reason = Refusal::WrongDonor { scanned: donor.clone(), expected: identity.donor.clone() };
            return self.refuse(beat, reason);
        }
        self.phase = Phase::Admission(Admission { order: true, ..admission });
    }

    /// Two identifiers must agree; nobody can override that.
    fn scan_donor(&mut self, beat: &mut Beat<'_>, admission: Admission, id: &Identifier, second: &Identifier) {
        beat.take_action();
        let identity = &self.prescription.identity;
        let wrong = [(id, &identity.donor), (second, &identity.donor_second)]
            .into_iter()
            .find(|(scanned, expected)| scanned != expected)
            .map(|(scanned, expected)| Refusal::WrongDonor { scanned: scanned.clone(), expected: expected.clone() });
        match wrong {
            Some(reason) => self.refuse(beat, reason),
            None => self.phase = Phase::Admission(Admission { donor: true, ..admission }),
        }
    }

    fn confirm_eligibility(&mut self, beat: &mut Beat<'_>, admission: Admission, stated: &Eligibility) {
        beat.take_action();
        let inlet = FlowRate::from_ml_min(self.inlet.allowed_ml_min());
        let checked =
            check_eligibility(&self.prescription, stated).and_then(|()| check_limits(&self.prescription, inlet));
        match checked {
            Ok(()) => self.phase = Phase::Admission(Admission { eligible: true, ..admission }),
            Err(reason) => self.refuse(beat, reason),
        }
    }

    fn take_baseline(&mut self, beat: &mut Beat<'_>) {
        let limits = &self.prescription.limits;
        let seen = Vitals::read(beat.now, &beat.telemetry.monitor, vitals::age_us(&self.prescription.sensors));
        if let Some((alarm, _)) = seen.missing() {
            if beat.now.since(self.entered_at) > self.prescription.times.operator_step {
                self.refuse(beat, Refusal::Baseline { alarm });
            }
            return;
        }
        if let Some(finding) = seen.judge(limits, None).into_iter().find(|finding| finding.pause.is_some()) {
            return self.refuse(beat, Refusal::Baseline { alarm: finding.code });
        }
        self.baseline_systolic = seen.systolic;
        self.go(beat, Phase::LoadSet(LoadSet::Empty));
    }

    pub(crate) fn load_set(&mut self, beat: &mut Beat<'_>, loaded: LoadSet) {
        match (loaded, beat.action) {
            (LoadSet::Empty, Some(OperatorAction::LoadSet { code })) => {
                beat.take_action();
                let expected = &self.prescription.identity.set_code;
                if code == expected {
                    self.phase = Phase::LoadSet(LoadSet::SetLoaded);
                } else {
                    beat.refuse(Refusal::WrongSet { scanned: code.clone(), expected: expected.clone() });
                }
            }
            (LoadSet::SetLoaded, Some(OperatorAction::HangSaline { solution })) => {
                beat.take_action();
                if *solution == Solution::Saline {
                    self.go(beat, Phase::PressureTest(PressureTest::Rising));
                } else {
                    beat.refuse(Refusal::WrongSolution { scanned: *solution, expected: Solution::Saline });
                }
            }
            _ => {}
        }
        self.remind_operator(beat);
    }

    /// The inlet pump pushes against the closed return clamp; then the pressure must hold. Nobody is connected.
    pub(crate) fn pressure_test(&mut self, beat: &mut Beat<'_>, step: PressureTest) {
        let test = self.prescription.self_test;
        let reached = Pressure::from_mmhg(beat.seen.return_mmhg.unwrap_or(0.0));
        match step {
            PressureTest::Rising if reached >= test.pressure => {
                self.phase = Phase::PressureTest(PressureTest::Holding { from: reached, since: beat.now });
            }
            PressureTest::Rising if beat.now.since(self.entered_at) > self.prescription.times.pressure_test => {
                self.refuse(beat, Refusal::PressureNotReached { reached, wanted: test.pressure });
            }
            PressureTest::Rising => beat.commands.pumps.inlet = test.pressure_flow,
            PressureTest::Holding { from, .. } if from - reached > test.pressure_loss => {
                self.refuse(beat, Refusal::PressureLost { lost: from - reached, limit: test.pressure_loss });
            }
            PressureTest::Holding { since, .. } if beat.now.since(since) >= test.pressure_hold => {
                self.go(beat, Phase::ConnectAnticoagulant);
            }
            PressureTest::Holding { .. } => {}
        }
    }

    pub(crate) fn connect_anticoagulant(&mut self, beat: &mut Beat<'_>) {
        if let Some(OperatorAction::SpikeAnticoagulant { solution }) = beat.action {
            beat.take_action();
            let expected = Solution::Anticoagulant(self.prescription.anticoagulant.solution);
            if *solution == expected {
                self.go(beat, Phase::Running(Running::Prime(Moved::default())));
            } else {
                beat.refuse(Refusal::WrongSolution { scanned: *solution, expected });
            }
        }
        self.remind_operator(beat);
    }

    /// Red cells for a prime: for this donor, fresh enough that their potassium is low, and warm.
    pub(crate) fn red_cells(&mut self, beat: &mut Beat<'_>) {
        if let Some(OperatorAction::HangRedCells(unit)) = beat.action {
            beat.take_action();
            match self.check_red_cells(unit) {
                Ok(()) => {
                    self.red_cells_hang = true;
                    self.go(beat, Phase::Running(Running::Prime(Moved::default())));
                }
                Err(reason) => beat.refuse(reason),
            }
        }
        self.remind_operator(beat);
    }

    fn check_red_cells(&self, unit: &RedCellUnit) -> Result<(), Refusal> {
        let (limits, expected) = (&self.prescription.limits.eligibility, &self.prescription.identity.donor);
        if unit.donor != *expected {
            return Err(Refusal::WrongRedCells { scanned: unit.donor.clone(), expected: expected.clone() });
        }
        let is_fresh = unit.age <= limits.red_cell_age;
        if !is_fresh {
            let (days, limit_days) = (unit.age.hours() / 24.0, limits.red_cell_age.hours() / 24.0);
            return Err(Refusal::OldRedCells { days, limit_days });
        }
        let is_low = unit.potassium <= limits.red_cell_potassium;
        if !is_low {
            return Err(Refusal::RedCellPotassium { value: unit.potassium, limit: limits.red_cell_potassium });
        }
        let is_warm = unit.temperature >= limits.red_cell_warmth;
        if !is_warm {
            return Err(Refusal::ColdRedCells { value: unit.temperature, limit: limits.red_cell_warmth });
        }
        Ok(())
    }

    pub(crate) fn vein_access(&mut self, beat: &mut Beat<'_>, failed: u8) {
        if let Some(OperatorAction::InsertAccess { lock_aspirated }) = beat.action {
            beat.take_action();
            if self.prescription.settings.access == Access::Catheter && !lock_aspirated {
                beat.refuse(Refusal::LockNotAspirated);
            } else {
                self.go(beat, Phase::AccessTest { draw_free: false, failed });
            }
        }
        self.remind_operator(beat);
    }

    pub(crate) fn access_test(&mut self, beat: &mut Beat<'_>, draw_free: bool, failed: u8) {
        let free = match (draw_free, beat.action) {
            (false, Some(OperatorAction::TestDraw { free })) | (true, Some(OperatorAction::TestReturn { free })) => {
                *free
            }
            _ => return self.remind_operator(beat),
        };
        beat.take_action();
        match (free, draw_free) {
            (true, false) => self.phase = Phase::AccessTest { draw_free: true, failed },
            (true, true) => self.go(beat, Phase::Connect),
            (false, _) => {
                let failed = failed.saturating_add(1);
                if failed >= self.prescription.tuning.handling.access_attempts {
                    self.refuse(beat, Refusal::NoAccess { attempts: failed });
                } else {
                    beat.refuse(Refusal::AccessNotFree);
                    self.go(beat, Phase::VeinAccess { failed });
                }
            }
        }
    }

    pub(crate) fn connect(&mut self, beat: &mut Beat<'_>) {
        if beat.action == Some(&OperatorAction::Connect) {
            beat.take_action();
            match self.check_connection(beat) {
                Ok(()) => self.go(beat, Phase::Running(Running::Divert(Moved::default()))),
                Err(reason) => beat.refuse(reason),
            }
        }
        self.remind_operator(beat);
    }

    fn check_connection(&self, beat: &Beat<'_>) -> Result<(), Refusal> {
        if let Some(sensor) = self.missing_sensor(&beat.seen) {
            return Err(Refusal::SensorAtConnect { sensor });
        }
        if beat.seen.return_air != Some(false) {
            return Err(Refusal::AirAtConnect);
        }
        if beat.seen.guard.is_none() {
            return Err(Refusal::GuardSilent);
        }
        if beat.seen.return_clamp != Some(Clamp::Closed) || beat.seen.draw_clamp != Some(Clamp::Closed) {
            return Err(Refusal::NotNow { phase: PhaseName::Connect, awaited: None });
        }
        Ok(())
    }

    /// Rates of anticoagulant at the flow now, against their warning limits: value and limit of the one that passes.
    pub(crate) fn anticoagulant_warning(&self) -> Option<(f64, f64)> {
        let limit = &self.prescription.anticoagulant;
        let (infusion, citrate) = anticoagulant_rates(&self.prescription, self.inlet.flow_ml_min());
        let (most_infusion, most_citrate) = (limit.infusion.warning.ml_min_l(), limit.citrate.warning.mg_kg_min());
        if infusion > most_infusion {
            Some((infusion, most_infusion))
        } else if citrate > most_citrate {
            Some((citrate, most_citrate))
        } else {
            None
        }
    }

    /// Saline that has left its bag since `from_g`, by weight.
    pub(crate) fn saline_used(beat: &Beat<'_>, from_g: Option<f64>) -> Option<Volume> {
        let (from, now) = (from_g?, beat.seen.saline_g?);
        Some(Volume::from_ml(from - now))
    }
}
