//! From the disconnected lines to the summary: the product, the access, the donor, the counts.

use leuka_blood::quantity::{Pressure, Volume};

use crate::controller::{Beat, Controller};
use crate::operator::{OperatorAction, PostCounts, ProductLabel};
use crate::phase::{Observation, Phase, PhaseName, ProductStep};
use crate::reason::Refusal;

impl PhaseName {
    /// True for the steps after the lines are off.
    pub(crate) const fn is_after_collection(self) -> bool {
        matches!(
            self,
            Self::Disconnect | Self::Product | Self::RemoveLine | Self::Observation | Self::Counts | Self::Summary
        )
    }
}

impl Controller {
    pub(crate) fn disconnect(&mut self, beat: &mut Beat<'_>) {
        if beat.action == Some(&OperatorAction::Disconnect) {
            beat.take_action();
            let has_product =
                Volume::from_ml(self.ledger.product_ml) >= self.prescription.tuning.handling.least_product;
            self.go(beat, if has_product { Phase::Product(ProductStep::Mix) } else { Phase::RemoveLine });
        }
        self.remind_operator(beat);
    }

    pub(crate) fn product(&mut self, beat: &mut Beat<'_>, step: ProductStep) {
        match (step, beat.action) {
            (ProductStep::Mix, Some(OperatorAction::MixProduct)) => {
                beat.take_action();
                self.phase = Phase::Product(ProductStep::Sample);
            }
            (ProductStep::Sample, Some(OperatorAction::SampleProduct)) => {
                beat.take_action();
                self.phase = Phase::Product(ProductStep::Seal);
            }
            (ProductStep::Seal, Some(OperatorAction::SealProduct { label })) => {
                beat.take_action();
                if self.is_our_label(label) {
                    self.go(beat, Phase::RemoveLine);
                } else {
                    beat.refuse(Refusal::WrongLabel);
                }
            }
            _ => {}
        }
        self.remind_operator(beat);
    }

    fn is_our_label(&self, label: &ProductLabel) -> bool {
        let identity = &self.prescription.identity;
        label.product == identity.product && label.donor == identity.donor && label.order == identity.order
    }

    pub(crate) fn remove_line(&mut self, beat: &mut Beat<'_>) {
        if let Some(OperatorAction::RemoveLine { hemostasis }) = beat.action {
            beat.take_action();
            if *hemostasis {
                self.go(beat, Phase::begin(PhaseName::Observation, beat.now));
            } else {
                beat.refuse(Refusal::StillBleeding);
            }
        }
        self.remind_operator(beat);
    }

    pub(crate) fn observation(&mut self, beat: &mut Beat<'_>, observation: Observation) {
        match beat.action {
            Some(OperatorAction::MeasureLying { systolic }) if observation.lying.is_none() => {
                beat.take_action();
                match possible(*systolic) {
                    Some(systolic) => {
                        self.phase = Phase::Observation(Observation { lying: Some(systolic), ..observation });
                    }
                    None => beat.refuse(Refusal::ImpossibleValue),
                }
            }
            Some(OperatorAction::MeasureStanding { systolic }) => {
                if let Some(lying) = observation.lying.filter(|_| observation.standing.is_none()) {
                    beat.take_action();
                    self.stand_up(beat, observation, lying, *systolic);
                }
            }
            _ => self.end_observation(beat, observation),
        }
        self.remind_operator(beat);
    }

    fn stand_up(&mut self, beat: &mut Beat<'_>, observation: Observation, lying: Pressure, standing: Pressure) {
        let Some(standing) = possible(standing) else {
            return beat.refuse(Refusal::ImpossibleValue);
        };
        let (fall, limit) = (lying - standing, self.prescription.limits.standing_fall);
        if fall > limit {
            beat.refuse(Refusal::StandingFall { fall, limit });
            self.entered_at = beat.now;
            self.phase = Phase::begin(PhaseName::Observation, beat.now);
        } else {
            self.phase = Phase::Observation(Observation { standing: Some(standing), ..observation });
        }
    }

    fn end_observation(&mut self, beat: &mut Beat<'_>, observation: Observation) {
        let stood = observation.standing.is_some();
        if stood && beat.now.since(observation.since) >= self.prescription.times.observation {
            self.go(beat, Phase::Counts);
        }
    }

    pub(crate) fn counts(&mut self, beat: &mut Beat<'_>) {
        if let Some(OperatorAction::EnterCounts(counts)) = beat.action {
            beat.take_action();
            if are_possible(counts) {
                self.post_counts = Some(*counts);
                self.go(beat, Phase::Summary);
            } else {
                beat.refuse(Refusal::ImpossibleValue);
            }
        }
        self.remind_operator(beat);
    }
}

fn possible(systolic: Pressure) -> Option<Pressure> {
    (30.0..=300.0).contains(&systolic.mmhg()).then_some(systolic)
}

fn are_possible(counts: &PostCounts) -> bool {
    (5.0..=75.0).contains(&counts.hematocrit.pct())
        && (0.0..=5000.0).contains(&counts.platelets.count_1e9_l())
        && (0.0..=1000.0).contains(&counts.white_cells.count_1e9_l())
        && (0.0..=1e6).contains(&counts.dose_cells.per_ul())
}
