//! What control tells: events with their moment, their numbers and their reason.

use core::fmt;

use leuka_blood::quantity::{CellDose, Fraction, Volume};
use leuka_device::{AlarmCode, Commands, Instant};
use serde::{Deserialize, Serialize};

use crate::phase::PhaseName;
use crate::reason::{EndReason, PauseReason, Reason, Refusal, StopCause};
use crate::reservoir::Turn;
use crate::senses::Sensor;

/// The most events that one step keeps; what goes beyond is lost and the last place says so.
pub const MOST_EVENTS: usize = 16;

/// What one step gives.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Output {
    /// For the machine.
    pub commands: Commands,
    /// For people and the record.
    pub events: heapless::Vec<Event, MOST_EVENTS>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The procedure went from one phase to another.
    PhaseChanged {
        /// From.
        from: PhaseName,
        /// To.
        to: PhaseName,
    },
    /// A set-point changed.
    SetPoint {
        /// Which.
        what: SetPoint,
        /// Before, in the set-point's unit.
        old: f64,
        /// Now.
        new: f64,
        /// Why.
        reason: Reason,
    },
    /// An alarm condition began or ended.
    Alarm {
        /// Which.
        code: AlarmCode,
        /// True at its begin.
        active: bool,
        /// What shows it.
        evidence: Evidence,
    },
    /// A step, or the procedure, was refused.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The run was paused.
    Paused {
        /// Why.
        reason: PauseReason,
    },
    /// Everything was stopped.
    Stopped {
        /// Why.
        cause: StopCause,
    },
    /// The collection ends.
    Ending {
        /// Why.
        reason: EndReason,
    },
    /// Something worth knowing.
    Note(Note),
}

/// What is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetPoint {
    /// Inlet flow, mL/min.
    InletFlow,
    /// Collect flow, mL/min.
    CollectFlow,
    /// Plasma flow by hand, mL/min.
    PlasmaFlow,
    /// Centrifuge speed, rpm.
    CentrifugeSpeed,
    /// Interface position from the inner wall, mm.
    Interface,
}

impl SetPoint {
    /// The unit of its values.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::InletFlow | Self::CollectFlow | Self::PlasmaFlow => "mL/min",
            Self::CentrifugeSpeed => "rpm",
            Self::Interface => "mm",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::InletFlow => "inlet",
            Self::CollectFlow => "collect flow",
            Self::PlasmaFlow => "plasma flow",
            Self::CentrifugeSpeed => "centrifuge",
            Self::Interface => "interface",
        }
    }

    const fn decimals(self) -> usize {
        match self {
            Self::InletFlow | Self::CentrifugeSpeed => 0,
            Self::CollectFlow | Self::PlasmaFlow => 1,
            Self::Interface => 2,
        }
    }
}

/// What shows an alarm condition.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A value against its limit, both in the base unit of the quantity.
    Measured {
        /// Value.
        value: f64,
        /// Limit.
        limit: f64,
    },
    /// Haematocrit of the donor by entry and by the red-cell balance.
    Hematocrit {
        /// As entered.
        entered: Fraction,
        /// By the balance.
        estimated: Fraction,
    },
    /// A sensor.
    Sensor(Sensor),
    /// A protective stop.
    Stop(StopCause),
    /// A phase that takes too long.
    Phase(PhaseName),
    /// A set-point that is held down.
    Held(Reason),
    /// The condition speaks for itself.
    Plain,
}

/// Something worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The anticoagulant bag is nearly empty.
    AnticoagulantLow {
        /// What is left.
        left: Volume,
    },
    /// The controller goes on with the haematocrit of the balance.
    EstimateTakesOver {
        /// The donor's haematocrit by the balance.
        estimated: Fraction,
    },
    /// The donor has too little ionised calcium.
    GiveCalcium,
    /// Product flows into the bag.
    ProductFlows,
    /// A count during the run has moved the estimate of the dose.
    DoseCounted {
        /// Median of the dose.
        median: CellDose,
        /// The 80 % band begins here.
        low: CellDose,
        /// And ends here.
        high: CellDose,
        /// Probability of the goal.
        goal: Fraction,
    },
    /// The elutriation chamber is flushed into the product bag.
    ChamberFlush {
        /// How far it is filled; `None` when its sensor shows nothing.
        load: Option<Fraction>,
    },
    /// The one needle's next turn begins, since the reservoir is full or empty.
    Turn {
        /// What it does now.
        turn: Turn,
        /// What the reservoir holds.
        level: Volume,
        /// What has passed the separator in the turn before.
        passed: Volume,
    },
    /// Rinse-back is left out.
    RinseBackOmitted,
    /// More happened in one step than can be told.
    EventsLost,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PhaseChanged { to, .. } => write!(f, "{to} begins"),
            Self::SetPoint { what, old, new, reason } => {
                let direction = if new < old { "lowered" } else { "raised" };
                let (name, digits, unit) = (what.text(), what.decimals(), what.unit());
                write!(f, "{name} {direction} to {new:.digits$} {unit}: {reason}")
            }
            Self::Alarm { code, active: true, evidence } => write!(f, "alarm {}{evidence}", code.name()),
            Self::Alarm { code, active: false, .. } => write!(f, "alarm {} is over", code.name()),
            Self::Refused { reason } => write!(f, "refused: {reason}"),
            Self::Paused { reason } => write!(f, "{reason}"),
            Self::Stopped { cause } => write!(f, "stopped: {cause}"),
            Self::Ending { reason } => write!(f, "the collection ends: {reason}"),
            Self::Note(note) => note.fmt(f),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured { value, limit } => write!(f, ": {value:.1}, limit {limit:.1}"),
            Self::Hematocrit { entered, estimated } => write!(
                f,
                ": {:.1} % was entered but the red-cell balance shows {:.1} %",
                entered.pct(),
                estimated.pct()
            ),
            Self::Sensor(sensor) => write!(f, ": {sensor}"),
            Self::Stop(cause) => write!(f, ": {cause}"),
            Self::Phase(phase) => write!(f, ": {phase}"),
            Self::Held(reason) => write!(f, ": {reason}"),
            Self::Plain => Ok(()),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnticoagulantLow { left } => {
                write!(f, "the anticoagulant bag holds only {left:.0}: have another ready")
            }
            Self::EstimateTakesOver { estimated } => {
                write!(f, "the plasma pump now goes by a haematocrit of {:.1} %", estimated.pct())
            }
            Self::GiveCalcium => f.write_str("too little ionised calcium: give calcium"),
            Self::ProductFlows => f.write_str("product flows into the bag"),
            Self::DoseCounted { median, low, high, goal } => write!(
                f,
                "by the count the bag holds {:.2} x1e6/kg, 80 % band {:.2} to {:.2}; the goal is there with {:.0} %",
                median.count_1e6_kg(),
                low.count_1e6_kg(),
                high.count_1e6_kg(),
                goal.pct()
            ),
            Self::ChamberFlush { load: Some(load) } => {
                write!(f, "the chamber is {:.0} % full and is flushed", load.pct())
            }
            Self::ChamberFlush { load: None } => f.write_str("the chamber is flushed, its sensor shows nothing"),
            Self::Turn { turn, level, passed } => {
                write!(f, "the needle {turn}: the reservoir holds {level:.0} after {passed:.0} have passed")
            }
            Self::RinseBackOmitted => f.write_str("rinse-back is left out"),
            Self::EventsLost => f.write_str("more happened in one moment than can be told"),
        }
    }
}
