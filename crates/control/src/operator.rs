//! What control asks of the operator, and what the operator can tell it.

use core::fmt;

use leuka_blood::Anticoagulant;
use leuka_blood::quantity::{
    CellConcentration, CellCount, Concentration, FlowRate, Fraction, Pressure, Temperature, TimeSpan,
};
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
    /// Scan, check and hang the red cells that the set is primed with.
    HangRedCells,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Red cells hang on the saline line.
    HangRedCells(RedCellUnit),
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
    /// A sample of bag or blood is taken for a count during the run.
    TakeMidRunSample,
    /// A count during the run, for the moment of the last sample or, without one, for now.
    EnterMidRunCount(MidRunCount),
    /// Semi-automatic mode, when the camera is lost: the operator sets the plasma flow. `None` returns to automatic.
    SetPlasmaFlow {
        /// The plasma flow.
        flow: Option<FlowRate>,
    },
}

impl fmt::Display for OperatorAction {
    /// What the operator did or asks for, as a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScanOrder { order, donor } => write!(f, "order {order} for donor {donor} is scanned"),
            Self::ScanDonor { id, second } => write!(f, "donor {id} ({second}) is scanned and asked"),
            Self::ConfirmEligibility(_) => f.write_str("the donor is questioned and the results are read"),
            Self::LoadSet { code } => write!(f, "set {code} is loaded"),
            Self::HangSaline { solution } => write!(f, "{solution} is spiked on the saline line"),
            Self::SpikeAnticoagulant { solution } => write!(f, "{solution} is spiked on the anticoagulant line"),
            Self::HangRedCells(unit) => {
                write!(f, "red cells for donor {}, {:.0} days old, hang", unit.donor, unit.age.hours() / 24.0)
            }
            Self::InsertAccess { lock_aspirated: true } => {
                f.write_str("the catheter's lock is aspirated and discarded")
            }
            Self::InsertAccess { lock_aspirated: false } => f.write_str("the needles are in place"),
            Self::TestDraw { free: true } => f.write_str("blood comes freely"),
            Self::TestDraw { free: false } => f.write_str("blood does not come freely"),
            Self::TestReturn { free: true } => f.write_str("saline goes in freely"),
            Self::TestReturn { free: false } => f.write_str("saline does not go in freely"),
            Self::Connect => f.write_str("the lines are connected to the donor"),
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::FlushSet => f.write_str("the set is flushed and shows no clots"),
            Self::EndEarly => f.write_str("end now, with the product there is"),
            Self::Reset => f.write_str("leave the protective stop"),
            Self::Disconnect => f.write_str("the lines are off the donor"),
            Self::MixProduct => f.write_str("the product is mixed"),
            Self::SampleProduct => f.write_str("the samples are taken"),
            Self::SealProduct { label } => write!(f, "the product is sealed and labelled {}", label.product),
            Self::RemoveLine { hemostasis: true } => f.write_str("the line is removed and the bleeding stands"),
            Self::RemoveLine { hemostasis: false } => f.write_str("the line is removed, it still bleeds"),
            Self::MeasureLying { systolic } => write!(f, "systolic pressure lying {systolic:.0}"),
            Self::MeasureStanding { systolic } => write!(f, "systolic pressure standing {systolic:.0}"),
            Self::EnterCounts(counts) => write!(
                f,
                "counts after the run: haematocrit {:.1} %, platelets {:.0} x 1e9/L, white cells {:.1} x 1e9/L",
                counts.hematocrit.pct(),
                counts.platelets.count_1e9_l(),
                counts.white_cells.count_1e9_l()
            ),
            Self::ReportSymptom(symptom) => write!(f, "the donor reports {symptom}"),
            Self::SetInletFlow { flow } => write!(f, "inlet wished at {flow:.0}"),
            Self::TakeMidRunSample => f.write_str("a sample is taken for a count during the run"),
            Self::EnterMidRunCount(MidRunCount::Blood(count)) => {
                write!(f, "count during the run: {:.1} cells of the dose per uL of blood", count.per_ul())
            }
            Self::EnterMidRunCount(MidRunCount::Bag(cells)) => {
                write!(f, "count during the run: {:.1} x1e6 cells of the dose in the bag", cells.count_1e6())
            }
            Self::SetPlasmaFlow { flow: Some(flow) } => write!(f, "plasma flow by hand at {flow:.1}"),
            Self::SetPlasmaFlow { flow: None } => f.write_str("plasma flow back to automatic"),
        }
    }
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

impl fmt::Display for Solution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Saline => "saline",
            Self::Anticoagulant(Anticoagulant::AcdA) => "ACD-A",
            Self::Anticoagulant(Anticoagulant::AcdB) => "ACD-B",
            Self::Anticoagulant(Anticoagulant::Heparin) => "heparin",
            Self::Anticoagulant(Anticoagulant::HesCitrate) => "HES-citrate",
            Self::Other => "another solution",
        })
    }
}

/// A unit of red cells, as scanned and measured beside the donor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedCellUnit {
    /// Whom it was cross-matched for.
    pub donor: Identifier,
    /// Since it was drawn.
    pub age: TimeSpan,
    /// Potassium of its plasma.
    pub potassium: Concentration,
    /// How warm it is.
    pub temperature: Temperature,
}

/// What was learnt about the donor before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductLabel {
    /// Product.
    pub product: Identifier,
    /// Donor.
    pub donor: Identifier,
    /// Order.
    pub order: Identifier,
}

/// Counts of venous blood after rinse-back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// A count of the dose's cells during the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum MidRunCount {
    /// In venous blood.
    Blood(CellConcentration),
    /// In the product bag: its concentration times its volume.
    Bag(CellCount),
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

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tingling => "tingling",
            Self::Cramps => "cramps",
            Self::Faint => "faintness",
            Self::ReturnPain => "pain at the return",
            Self::Allergic => "a rash or a tight chest",
        })
    }
}
