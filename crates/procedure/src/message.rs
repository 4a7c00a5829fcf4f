//! What travels between a machine and a control that runs in another process, beside telemetry and commands: the
//! operator's actions one way, control's events and standing the other.

use leuka_control::{Controller, EndReason, Event, OperatorAction};
use leuka_device::{Instant, message};
use serde::{Deserialize, Serialize};

use crate::channels::{Extent, Place};

/// The operator did or wants something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Counts up by one with each action.
    pub sequence: u32,
    /// Time of the telemetry that it goes with.
    pub at: Instant,
    /// What.
    pub action: OperatorAction,
}

/// Control tells an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Counts up by one with each event; a gap shows that some were lost.
    pub sequence: u32,
    /// When control told it.
    pub at: Instant,
    /// What.
    pub event: Event,
}

/// Where control stands, after each of its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The number of the commands of the same step.
    pub sequence: u32,
    /// Time of the telemetry that it follows from.
    pub at: Instant,
    /// Where the procedure stands.
    pub place: Place,
    /// How far it has come.
    pub extent: Extent,
    /// How it ended, once it has.
    pub ending: Option<EndReason>,
}

impl Standing {
    /// Of a controller, after the step whose commands have this number and time.
    #[must_use]
    pub fn of(controller: &Controller, sequence: u32, at: Instant) -> Self {
        Self {
            sequence,
            at,
            place: Place::of(controller),
            extent: Extent::of(controller),
            ending: controller.outcome(),
        }
    }
}

message!(Act, 8);
message!(Told, 9);
message!(Standing, 10);
