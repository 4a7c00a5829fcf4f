//! What control asks of the operator, and what the operator can tell it.

use leuka_blood::Anticoagulant;
use leuka_blood::quantity::{CellConcentration, FlowRate, Fraction, Pressure, TimeSpan};
use serde::{Deserialize, Serialize};

use crate::prescription::Identifier;

/// What the procedure waits for. The action that answers it has the same name in [`OperatorAction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Scan the order.
    ScanOrder,
    /// Scan the donor.
    ScanDonor,
    /// Confirm that the donor is fit.
    ConfirmEligibility,
    /// Attach the monitor: goes on by itself when heart rate, pressure and saturation are there.
    AttachMonitor,
    /// Load the disposable set.
    LoadSet,
    /// Hang and spike the saline bag.
    HangSaline,
    /// Scan and spike the anticoagulant.
    SpikeAnticoagulant,
    /// Insert the needle, or aspirate the catheter's lock.
    InsertAccess,
    /// Try by syringe whether blood comes.
    TestDraw,
    /// Try by syringe whether saline goes in.
    TestReturn,
    /// Connect the lines to the access.
    Connect,
    /// Resume, when what made the pause is put right.
    Resume,
    /// Flush and inspect the set after a long pause.
    FlushSet,
    /// Reset after a protective stop.
    Reset,
    /// Take the lines off.
    Disconnect,
    /// Mix the product bag.
    MixProduct,
    /// Take the samples.
    SampleProduct,
    /// Seal the bag and scan its label beside the donor.
    SealProduct,
    /// Remove the needle or lock the catheter.
    RemoveLine,
    /// Take the blood pressure lying.
    MeasureLying,
    /// Take the blood pressure standing.
    MeasureStanding,
    /// Enter the counts after the run.
    EnterCounts,
}

/// What the operator did or wants.
#[derive(Debug, Clone, PartialEq)]
pub enum OperatorAction {
    /// The order was scanned.
    ScanOrder {
        /// Its identifier.
        order: Identifier,
        /// The donor that it names.
        donor: Identifier,
    },
    /// The donor was scanned and asked.
    ScanDonor {
        /// The wristband.
        id: Identifier,
        /// The second identifier, as the donor says it.
        second: Identifier,
    },
    /// The donor was questioned and the results read.
    ConfirmEligibility(Eligibility),
    /// A set was loaded.
    LoadSet {
        /// Its code, scanned.
        code: Identifier,
    },
    /// A bag was spiked on the saline line.
    HangSaline {
        /// What was scanned on it.
        solution: Solution,
    },
    /// A bag was spiked on the anticoagulant line.
    SpikeAnticoagulant {
        /// What was scanned on it.
        solution: Solution,
    },
    /// The access is in place.
    InsertAccess {
        /// A catheter's lock was aspirated and discarded.
        lock_aspirated: bool,
    },
    /// Blood was drawn by syringe.
    TestDraw {
        /// It came freely.
        free: bool,
    },
    /// Saline was given by syringe.
    TestReturn {
        /// It went in freely.
        free: bool,
    },
    /// The lines are connected to the access.
    Connect,
    /// Pause.
    Pause,
    /// Resume.
    Resume,
    /// The set was flushed and shows no clots.
    FlushSet,
    /// End now, with whatever product there is.
    EndEarly,
    /// Leave the protective stop.
    Reset,
    /// The lines are off the access.
    Disconnect,
    /// The product was mixed.
    MixProduct,
    /// The samples were taken.
    SampleProduct,
    /// The bag is sealed and its label scanned beside the donor.
    SealProduct {
        /// The label.
        label: ProductLabel,
    },
    /// The needle is out or the catheter locked.
    RemoveLine {
        /// Bleeding stands.
        hemostasis: bool,
    },
    /// Systolic pressure lying.
    MeasureLying {
        /// By the cuff.
        systolic: Pressure,
    },
    /// Systolic pressure standing.
    MeasureStanding {
        /// By the cuff.
        systolic: Pressure,
    },
    /// Counts after the run.
    EnterCounts(PostCounts),
    /// The donor reports something.
    ReportSymptom(Symptom),
    /// Another wish for the inlet flow.
    SetInletFlow {
        /// The wish.
        flow: FlowRate,
    },
    /// Semi-automatic mode, when the camera is lost: the operator sets the plasma flow. `None` returns to automatic.
    SetPlasmaFlow {
        /// The plasma flow.
        flow: Option<FlowRate>,
    },
}

/// A solution, as scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solution {
    /// Saline.
    Saline,
    /// An anticoagulant.
    Anticoagulant(Anticoagulant),
    /// Anything else.
    Other,
}

/// What was learnt about the donor before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eligibility {
    /// Consent is signed.
    pub consent: bool,
    /// Infection markers are negative.
    pub infection_markers_negative: bool,
    /// The pregnancy test is positive.
    pub pregnant: bool,
    /// Takes an ACE inhibitor.
    pub ace_inhibitor: bool,
    /// Takes an anticoagulant drug.
    pub anticoagulant_drug: bool,
    /// Age of the blood count.
    pub count_age: TimeSpan,
}

/// The product's label, scanned back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductLabel {
    /// Product.
    pub product: Identifier,
    /// Donor.
    pub donor: Identifier,
    /// Order.
    pub order: Identifier,
}

/// Counts of venous blood after rinse-back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PostCounts {
    /// Haematocrit.
    pub hematocrit: Fraction,
    /// Platelets.
    pub platelets: CellConcentration,
    /// White cells.
    pub white_cells: CellConcentration,
    /// The cells of the dose.
    pub dose_cells: CellConcentration,
}

/// What the donor reports, or the operator sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// Tingling: too little ionised calcium. Flow is lowered.
    Tingling,
    /// Cramps: much too little. Pause.
    Cramps,
    /// Faint, cold sweat. Pause.
    Faint,
    /// Pain or swelling at the return: infiltration. Pause.
    ReturnPain,
    /// Rash, tight chest. Pause.
    Allergic,
}
