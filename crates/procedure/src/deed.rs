//! What a person does at the machine, when a person is the operator and not the simulated one.
//!
//! Nothing is done until it is confirmed: [`Run::by_person`](crate::Run::by_person) takes the simulated operator away,
//! and [`Run::do_now`](crate::Run::do_now) does one [`Deed`] at control's next turn. A run is made again by doing the
//! same deeds at the same beats.

use leuka_blood::quantity::{Amount, Mass, Volume};
use leuka_control::{OperatorAction, PhaseName, Request, Symptom};
use leuka_donor::Treatment;
use leuka_machine::VirtualMachine;
use serde::{Deserialize, Serialize};

use crate::operator::{Doing, Operator};

/// One thing that a person does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Does by hand what was asked for, and tells control so; without an action where none is told.
    Confirm {
        /// What was asked for.
        request: Request,
        /// What is told.
        action: Option<OperatorAction>,
    },
    /// Tells control something that it did not ask for.
    Tell(OperatorAction),
    /// Treats the donor.
    Care(CareKind),
    /// Hangs a fresh bag of anticoagulant.
    ChangeAnticoagulant,
}

/// What can be done for a donor who is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareKind {
    /// Calcium to swallow.
    OralCalcium,
    /// Calcium into a vein.
    IvCalcium,
    /// Saline into a vein.
    Saline,
    /// Legs up.
    LegsRaised,
}

/// Doses of what is given for symptoms, for body weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doses {
    pub(crate) oral_calcium_mmol_kg: f64,
    pub(crate) vein_calcium_mmol_kg: f64,
    pub(crate) saline_ml_kg: f64,
}

/// Something done for the donor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Care {
    pub(crate) treatments: Vec<Treatment>,
    pub(crate) text: String,
}

impl Doses {
    /// What is done, and how a nurse would say it.
    pub(crate) fn care(&self, kind: CareKind, weight: Mass) -> Care {
        let calcium = |mmol_kg: f64| Amount::from_mmol(mmol_kg * weight.kg());
        let (treatment, text) = match kind {
            CareKind::OralCalcium => {
                let amount = calcium(self.oral_calcium_mmol_kg);
                (Treatment::OralCalcium(amount), format!("gives {amount:.1} of calcium by mouth"))
            }
            CareKind::IvCalcium => {
                let amount = calcium(self.vein_calcium_mmol_kg);
                (Treatment::IntravenousCalcium(amount), format!("gives {amount:.2} of calcium into a vein"))
            }
            CareKind::Saline => {
                let volume = Volume::from_ml(self.saline_ml_kg * weight.kg());
                (Treatment::Saline(volume), format!("lets {volume:.0} of saline run in"))
            }
            CareKind::LegsRaised => (Treatment::LegsRaised(true), "raises the donor's legs".to_owned()),
        };
        Care { treatments: vec![treatment], text }
    }

    /// What the simulated operator does for a symptom.
    pub(crate) fn for_symptom(&self, symptom: Symptom, weight: Mass) -> Option<Care> {
        Some(match symptom {
            Symptom::Tingling => self.care(CareKind::OralCalcium, weight),
            Symptom::Cramps => self.care(CareKind::IvCalcium, weight),
            Symptom::Faint => {
                let volume = Volume::from_ml(self.saline_ml_kg * weight.kg());
                Care {
                    treatments: vec![Treatment::LegsRaised(true), Treatment::Saline(volume)],
                    text: format!("raises the donor's legs and lets {volume:.0} of saline run in"),
                }
            }
            _ => return None,
        })
    }
}

impl Operator {
    /// A person's next deed, if there is one; the donor still says what is felt. `doing` says nothing yet.
    pub(crate) fn look_for(
        &mut self,
        deed: Option<Deed>,
        request: Option<Request>,
        phase: PhaseName,
        machine: &mut VirtualMachine,
        doing: &mut Doing,
    ) {
        doing.felt = self.listen(machine, machine.now());
        self.hang_ahead(request, machine, doing);
        match deed {
            None => {}
            Some(Deed::Tell(action)) => doing.action = Some(action),
            Some(Deed::Care(kind)) => {
                let care = self.care(kind);
                for &treatment in &care.treatments {
                    machine.donor_mut().treat(treatment);
                }
                doing.care = Some(care);
            }
            Some(Deed::ChangeAnticoagulant) => self.change_bag(machine, doing),
            Some(Deed::Confirm { request, action }) => {
                if request == Request::Resume && phase == PhaseName::Paused && self.bag_is_due(machine) {
                    self.change_bag(machine, doing);
                }
                self.do_by_hand(request, machine, doing);
                doing.action = action.filter(|_| doing.failed.is_none());
            }
        }
    }
}
