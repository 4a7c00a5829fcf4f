//! What happened in the plant, and when: the truth against which reaction times are measured.
//!
//! Changes of clamps, pumps, faults and the safe state have their exact moment. What fluid does by itself (air that comes,
//! a bag that runs empty) is marked at the start of the beat in which it does, so no reaction looks faster than it was.

use core::fmt;

use leuka_device::{Cause, Instant};
use serde::Serialize;

use crate::fault::FaultKind;

/// An event in the plant. Control and guard never see these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: MarkKind,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A fault began.
    FaultStarted(FaultKind),
    /// A fault ended.
    FaultEnded(FaultKind),
    /// Air came before the return line's air detectors.
    AirAtDetectors,
    /// Air reached the donor.
    AirReachedDonor {
        /// All air that has reached the donor until now, mL.
        total_ml: f64,
    },
    /// The pressure in the return line passed the stop limit of the hazard table.
    ReturnPressureHigh,
    /// The pressure in the draw line passed the suction limit of the hazard table.
    AccessSuctionHigh,
    /// The anticoagulant pump turns but nothing flows.
    AnticoagulantStopped,
    /// The saline bag is empty and the inlet draws air from it.
    SalineEmpty,
    /// The draw clamp is closed.
    DrawClampClosed,
    /// The draw clamp is open.
    DrawClampOpened,
    /// The return clamp is closed.
    ReturnClampClosed,
    /// The return clamp is open.
    ReturnClampOpened,
    /// The last turning pump stopped.
    PumpsStopped,
    /// The drive of the centrifuge was switched off; the rotor coasts.
    DriveOff,
    /// The machine stopped by itself.
    SafeStateEntered(Cause),
    /// The safe state was left after a reset.
    SafeStateLeft,
}

impl fmt::Display for MarkKind {
    /// What happened, as a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FaultStarted(fault) => write!(f, "fault {fault} begins"),
            Self::FaultEnded(fault) => write!(f, "fault {fault} ends"),
            Self::AirAtDetectors => f.write_str("air is before the detectors"),
            Self::AirReachedDonor { total_ml } => write!(f, "air has reached the donor, {total_ml:.3} mL in all"),
            Self::ReturnPressureHigh => f.write_str("the return pressure has passed its stop limit"),
            Self::AccessSuctionHigh => f.write_str("the suction has passed its limit"),
            Self::AnticoagulantStopped => f.write_str("the anticoagulant pump turns but nothing flows"),
            Self::SalineEmpty => f.write_str("the saline bag is empty"),
            Self::DrawClampClosed => f.write_str("the draw clamp is closed"),
            Self::DrawClampOpened => f.write_str("the draw clamp is open"),
            Self::ReturnClampClosed => f.write_str("the return clamp is closed"),
            Self::ReturnClampOpened => f.write_str("the return clamp is open"),
            Self::PumpsStopped => f.write_str("all pumps stand"),
            Self::DriveOff => f.write_str("the drive of the centrifuge is off"),
            Self::SafeStateEntered(cause) => write!(f, "safe state: {cause}, hazard {}", cause.hazard()),
            Self::SafeStateLeft => f.write_str("the safe state is left"),
        }
    }
}
