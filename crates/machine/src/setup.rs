//! What a machine is built from, and what the operator's hands do to it.

use core::fmt;
use leuka_blood::Anticoagulant;

use leuka_blood::quantity::{Fraction, RotationalSpeed, Volume};
use leuka_blood::random::Seed;
use leuka_donor::Donor;
use leuka_separator::Separator;

use crate::access::{AccessKind, VeinQuality};
use crate::data::Parameters;

/// The choices of one run.
pub struct Setup {
    /// The machine.
    pub parameters: Parameters,
    /// Cells and liquids.
    pub blood: leuka_blood::Parameters,
    /// What the bag with anticoagulant is meant to hold.
    pub anticoagulant: Anticoagulant,
    /// The access that blood is drawn through.
    pub draw_access: AccessKind,
    /// The access that blood goes back through.
    pub return_access: AccessKind,
    /// The arm veins.
    pub vein: VeinQuality,
    /// The donor.
    pub donor: Donor,
    /// The separator, filled.
    pub separator: Box<dyn Separator>,
    /// Where in the world of chance the run stands.
    pub seed: Seed,
}

/// Why a machine cannot be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A period does not fit the beat.
    #[error("`{name}` is {seconds} s: give a multiple of the beat of 0.05 s")]
    Period {
        /// The parameter.
        name: &'static str,
        /// Its value, s.
        seconds: f64,
    },
}

/// What a bag really holds, whatever its label says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Solution {
    /// Saline.
    Saline,
    /// An anticoagulant.
    Anticoagulant(Anticoagulant),
    /// Albumin in saline, of this strength in g/mL.
    Albumin(f64),
    /// Red cells in an additive solution, with this haematocrit.
    RedCells(Fraction),
}

/// What the operator does with the hands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Handling {
    /// Puts the set in. It is dry: full of air, but for the channel as the separator was built.
    LoadSet,
    /// Hangs a bag on the saline scale; what hung there is thrown away.
    HangSaline(Solution, Volume),
    /// Hangs a bag on the anticoagulant scale; what hung there is thrown away.
    HangAnticoagulant(Solution, Volume),
    /// Connects the anticoagulant line to its bag.
    ConnectAnticoagulant,
    /// Places needles or catheter.
    InsertAccess,
    /// Connects draw and return line to the access.
    ConnectDonor,
    /// Disconnects both lines from the access.
    DisconnectDonor,
    /// Seals the product bag off.
    SealProduct,
    /// Removes needles or catheter.
    RemoveAccess,
    /// Starts a measurement with the cuff.
    MeasureBloodPressure,
}

impl fmt::Display for Handling {
    /// What is done, as a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoadSet => f.write_str("puts the set in"),
            Self::HangSaline(_, volume) => write!(f, "hangs {volume:.0} on the saline scale"),
            Self::HangAnticoagulant(_, volume) => write!(f, "hangs {volume:.0} on the anticoagulant scale"),
            Self::ConnectAnticoagulant => f.write_str("connects the anticoagulant line"),
            Self::InsertAccess => f.write_str("places the access"),
            Self::ConnectDonor => f.write_str("connects the lines"),
            Self::DisconnectDonor => f.write_str("disconnects the lines"),
            Self::SealProduct => f.write_str("seals the product bag off"),
            Self::RemoveAccess => f.write_str("removes the access"),
            Self::MeasureBloodPressure => f.write_str("starts the cuff"),
        }
    }
}

/// Why something cannot be done with the hands now.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum HandlingError {
    /// The set is already in.
    #[error("the set is already loaded: go on with the next step")]
    SetLoaded,
    /// There is no set yet.
    #[error("there is no set in the machine: load it first")]
    NoSet,
    /// The centrifuge turns.
    #[error("the centrifuge turns at {0:.0}: wait until it stands before opening the door")]
    Turning(RotationalSpeed),
    /// A bag with an impossible volume.
    #[error("a bag cannot hold {0}: give a volume above 0 and up to 5000 mL")]
    BagVolume(Volume),
    /// There is no access to connect to.
    #[error("there is no access in the vein: insert it before connecting the lines")]
    NoAccess,
    /// The lines are still connected.
    #[error("the lines are still connected to the donor: disconnect them before removing the access")]
    Connected,
}
