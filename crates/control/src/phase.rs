//! The phases of a procedure: one enum with its data in the variants, and what each phase waits for.

use core::fmt;

use leuka_blood::quantity::{Pressure, TimeSpan, Volume};
use leuka_device::Instant;
use serde::{Deserialize, Serialize};

use crate::operator::Request;
use crate::reason::{EndReason, PauseReason, Refusal, StopCause};

/// Where the procedure stands.
///
/// ```text
///  SelfTest > Admission > LoadSet > PressureTest > ConnectAnticoagulant > Running(Prime)
///                                                                              |
///      .-----------------------------------------------------------------------'
///      |  (red cells prescribed: > RedCells > Running(Prime) once more)
///      v        (not free: once more)
///  VeinAccess <-----------.
///      '-> AccessTest ----'--> Connect > Running(Divert > EstablishInterface > Collect > Elute > RinseBack)
///                                                                              |
///      .-----------------------------------------------------------------------'
///      v
///  Disconnect > Product > RemoveLine > Observation > Counts > Summary
///
///  Running --pause, limit--> Paused{resume} --operator--> Running (where it was)
///  any     --safe state----> Stopped{then}  --operator's reset, cause gone--> Paused, or the step it was in
///  any step before Connect --refusal--> Refused
///  Running, Paused, Stopped --end early--> RinseBack, or Disconnect
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Pumps, centrifuge, sensors, guard and air detector are tried.
    SelfTest(SelfTest),
    /// Order and donor are scanned, eligibility confirmed, limits checked.
    Admission(Admission),
    /// The set is loaded and saline hung.
    LoadSet(LoadSet),
    /// The set holds pressure against closed clamps.
    PressureTest(PressureTest),
    /// The anticoagulant is scanned and spiked.
    ConnectAnticoagulant,
    /// Red cells for the prime of a small child are scanned and hung.
    RedCells,
    /// Fluid moves.
    Running(Running),
    /// The needle is inserted, or the catheter's lock aspirated and discarded.
    VeinAccess {
        /// Attempts that were not free.
        failed: u8,
    },
    /// Draw and return are tried by hand.
    AccessTest {
        /// The draw access is free.
        draw_free: bool,
        /// Attempts that were not free.
        failed: u8,
    },
    /// The lines are connected to the access.
    Connect,
    /// Everything stands; the operator resumes.
    Paused(Paused),
    /// Lines are taken off the access.
    Disconnect,
    /// The product is mixed, sampled, sealed and labelled.
    Product(ProductStep),
    /// The needle is removed or the catheter locked; bleeding stands.
    RemoveLine,
    /// The donor rests; pressure is taken lying and standing.
    Observation(Observation),
    /// Counts after the run are entered.
    Counts,
    /// The procedure is over.
    Summary,
    /// A protective stop: clamps closed, everything stands, until the operator resets it.
    Stopped(Stopped),
    /// The procedure was refused and is over.
    Refused(Refusal),
}

/// A phase in which fluid moves, and which can be paused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Running {
    /// Saline fills the set.
    Prime(Moved),
    /// The first fluid goes to waste.
    Divert(Moved),
    /// Blood circulates until the interface stands.
    EstablishInterface {
        /// Time in the phase, pauses excluded.
        elapsed: TimeSpan,
        /// Time that the interface has stood at its set-point.
        settled: TimeSpan,
    },
    /// Cells are collected.
    Collect {
        /// Time in the phase, pauses excluded.
        elapsed: TimeSpan,
    },
    /// Saline washes the cells off a depth filter into the product bag.
    Elute(Moved),
    /// Saline returns the blood that is in the set.
    RinseBack(Moved),
}

/// Progress of a phase that ends at a volume.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Moved {
    /// Volume that the inlet pump has moved in the phase.
    pub volume: Volume,
    /// Time in the phase, pauses excluded.
    pub elapsed: TimeSpan,
    /// Content of the saline bag by weight at its begin, grams; the weight's fall is the proof of flow.
    pub saline_g: Option<f64>,
}

/// Steps of the self-test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SelfTest {
    /// The guard lets commands pass and the machine is not in its safe state.
    Guard,
    /// The sensors show what a resting machine shows.
    Sensors,
    /// Every pump turns.
    PumpsTurn,
    /// Every pump stops.
    PumpsStop,
    /// The centrifuge turns.
    CentrifugeTurns,
    /// The centrifuge stops.
    CentrifugeStops,
    /// The return clamp opens.
    ClampOpens,
    /// The air detector closes it.
    AirTrips,
    /// The machine recovers from that.
    Recovery,
}

/// What is on record of the admission.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The order was scanned and agrees.
    pub order: bool,
    /// The donor was scanned and agrees.
    pub donor: bool,
    /// Eligibility was confirmed.
    pub eligible: bool,
}

/// What is on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadSet {
    /// Nothing yet.
    Empty,
    /// The right set; saline is missing.
    SetLoaded,
}

/// Steps of the pressure test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PressureTest {
    /// The inlet pump builds up pressure against the closed return clamp.
    Rising,
    /// The pump stands and the pressure must hold.
    Holding {
        /// Pressure at the begin.
        from: Pressure,
        /// When that was.
        since: Instant,
    },
}

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paused {
    /// Where to go on.
    pub resume: Running,
    /// Why.
    pub reason: PauseReason,
    /// Since when blood stands in the set.
    pub since: Instant,
    /// After a long pause: the set was flushed and inspected.
    pub flushed: bool,
}

/// A protective stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopped {
    /// Why.
    pub cause: StopCause,
    /// Where to go on after the reset.
    pub then: Then,
    /// The operator has asked for the reset, which the machine has not yet confirmed.
    pub resetting: Option<Instant>,
}

/// Where a protective stop leads after its reset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Then {
    /// Into a pause of what was running since then.
    Pause(Running, Instant),
    /// Back to a step in which nothing moves.
    Step(PhaseName),
}

/// Steps with the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductStep {
    /// The bag is mixed.
    Mix,
    /// A sample is taken for counts and sterility.
    Sample,
    /// The bag is sealed and its label scanned beside the donor.
    Seal,
}

/// The observation after the line is removed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Begin of the observation, anew when the pressure fell on standing.
    pub since: Instant,
    /// Systolic pressure lying.
    pub lying: Option<Pressure>,
    /// Systolic pressure standing.
    pub standing: Option<Pressure>,
}

macro_rules! phase_names {
    ($($(#[$doc:meta])* $name:ident, $text:literal;)+) => {
        /// A phase without its data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum PhaseName { $($(#[$doc])* $name,)+ }

        impl PhaseName {
            /// All of them, in the order of an ordinary run.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The name on screens.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

phase_names! {
    /// See [`Phase::SelfTest`].
    SelfTest, "self-test";
    /// See [`Phase::Admission`].
    Admission, "admission";
    /// See [`Phase::LoadSet`].
    LoadSet, "load set";
    /// See [`Phase::PressureTest`].
    PressureTest, "pressure test";
    /// See [`Phase::ConnectAnticoagulant`].
    ConnectAnticoagulant, "connect anticoagulant";
    /// See [`Running::Prime`].
    Prime, "prime";
    /// See [`Phase::RedCells`].
    RedCells, "red cells";
    /// See [`Phase::VeinAccess`].
    VeinAccess, "vein access";
    /// See [`Phase::AccessTest`].
    AccessTest, "draw and return test";
    /// See [`Phase::Connect`].
    Connect, "connect";
    /// See [`Running::Divert`].
    Divert, "divert";
    /// See [`Running::EstablishInterface`].
    EstablishInterface, "establish interface";
    /// See [`Running::Collect`].
    Collect, "collect";
    /// See [`Running::Elute`].
    Elute, "elution";
    /// See [`Running::RinseBack`].
    RinseBack, "rinse-back";
    /// See [`Phase::Disconnect`].
    Disconnect, "disconnect";
    /// See [`Phase::Product`].
    Product, "product";
    /// See [`Phase::RemoveLine`].
    RemoveLine, "remove line";
    /// See [`Phase::Observation`].
    Observation, "observation";
    /// See [`Phase::Counts`].
    Counts, "counts";
    /// See [`Phase::Summary`].
    Summary, "summary";
    /// See [`Phase::Paused`].
    Paused, "paused";
    /// See [`Phase::Stopped`].
    Stopped, "stopped";
    /// See [`Phase::Refused`].
    Refused, "refused";
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl PhaseName {
    /// True from the moment the lines are connected to the donor until they are off.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        matches!(
            self,
            Self::Divert | Self::EstablishInterface | Self::Collect | Self::Elute | Self::RinseBack | Self::Disconnect
        )
    }
}

impl Running {
    /// The phase's name.
    #[must_use]
    pub const fn name(self) -> PhaseName {
        match self {
            Self::Prime(_) => PhaseName::Prime,
            Self::Divert(_) => PhaseName::Divert,
            Self::EstablishInterface { .. } => PhaseName::EstablishInterface,
            Self::Collect { .. } => PhaseName::Collect,
            Self::Elute(_) => PhaseName::Elute,
            Self::RinseBack(_) => PhaseName::RinseBack,
        }
    }
}

impl Phase {
    /// The phase's name.
    #[must_use]
    pub const fn name(&self) -> PhaseName {
        match self {
            Self::SelfTest(_) => PhaseName::SelfTest,
            Self::Admission(_) => PhaseName::Admission,
            Self::LoadSet(_) => PhaseName::LoadSet,
            Self::PressureTest(_) => PhaseName::PressureTest,
            Self::ConnectAnticoagulant => PhaseName::ConnectAnticoagulant,
            Self::RedCells => PhaseName::RedCells,
            Self::Running(running) => running.name(),
            Self::VeinAccess { .. } => PhaseName::VeinAccess,
            Self::AccessTest { .. } => PhaseName::AccessTest,
            Self::Connect => PhaseName::Connect,
            Self::Paused(_) => PhaseName::Paused,
            Self::Disconnect => PhaseName::Disconnect,
            Self::Product(_) => PhaseName::Product,
            Self::RemoveLine => PhaseName::RemoveLine,
            Self::Observation(_) => PhaseName::Observation,
            Self::Counts => PhaseName::Counts,
            Self::Summary => PhaseName::Summary,
            Self::Stopped(_) => PhaseName::Stopped,
            Self::Refused(_) => PhaseName::Refused,
        }
    }

    /// True while the donor is connected to the lines, a pause or stop included.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        match self {
            Self::Paused(paused) => paused.resume.name().is_connected(),
            Self::Stopped(Stopped { then: Then::Pause(running, _), .. }) => running.name().is_connected(),
            Self::Stopped(Stopped { then: Then::Step(step), .. }) => step.is_connected(),
            other => other.name().is_connected(),
        }
    }

    /// True when the procedure is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Summary | Self::Refused(_))
    }

    /// The phase that has this name, at its begin. Phases in which fluid moves, and those that need a reason to be
    /// entered, are not entered this way: a stop leads to them through a pause.
    pub(crate) const fn begin(step: PhaseName, now: Instant) -> Self {
        match step {
            PhaseName::Admission => Self::Admission(Admission { order: false, donor: false, eligible: false }),
            PhaseName::LoadSet => Self::LoadSet(LoadSet::Empty),
            PhaseName::PressureTest => Self::PressureTest(PressureTest::Rising),
            PhaseName::ConnectAnticoagulant => Self::ConnectAnticoagulant,
            PhaseName::RedCells => Self::RedCells,
            PhaseName::VeinAccess => Self::VeinAccess { failed: 0 },
            PhaseName::AccessTest => Self::AccessTest { draw_free: false, failed: 0 },
            PhaseName::Connect => Self::Connect,
            PhaseName::Disconnect => Self::Disconnect,
            PhaseName::Product => Self::Product(ProductStep::Mix),
            PhaseName::RemoveLine => Self::RemoveLine,
            PhaseName::Observation => Self::Observation(Observation { since: now, lying: None, standing: None }),
            PhaseName::Counts => Self::Counts,
            PhaseName::Summary => Self::Summary,
            PhaseName::SelfTest
            | PhaseName::Prime
            | PhaseName::Divert
            | PhaseName::EstablishInterface
            | PhaseName::Collect
            | PhaseName::Elute
            | PhaseName::RinseBack
            | PhaseName::Paused
            | PhaseName::Stopped
            | PhaseName::Refused => Self::SelfTest(SelfTest::Guard),
        }
    }

    /// What the phase waits for the operator to do; `None` while the machine works by itself.
    #[must_use]
    pub const fn request(&self) -> Option<Request> {
        Some(match self {
            Self::SelfTest(_) | Self::PressureTest(_) | Self::Running(_) | Self::Summary | Self::Refused(_) => {
                return None;
            }
            Self::Admission(Admission { order: false, .. }) => Request::ScanOrder,
            Self::Admission(Admission { donor: false, .. }) => Request::ScanDonor,
            Self::Admission(Admission { eligible: false, .. }) => Request::ConfirmEligibility,
            Self::Admission(_) => Request::AttachMonitor,
            Self::LoadSet(LoadSet::Empty) => Request::LoadSet,
            Self::LoadSet(LoadSet::SetLoaded) => Request::HangSaline,
            Self::ConnectAnticoagulant => Request::SpikeAnticoagulant,
            Self::RedCells => Request::HangRedCells,
            Self::VeinAccess { .. } => Request::InsertAccess,
            Self::AccessTest { draw_free: false, .. } => Request::TestDraw,
            Self::AccessTest { .. } => Request::TestReturn,
            Self::Connect => Request::Connect,
            Self::Paused(_) => Request::Resume,
            Self::Stopped(_) => Request::Reset,
            Self::Disconnect => Request::Disconnect,
            Self::Product(ProductStep::Mix) => Request::MixProduct,
            Self::Product(ProductStep::Sample) => Request::SampleProduct,
            Self::Product(ProductStep::Seal) => Request::SealProduct,
            Self::RemoveLine => Request::RemoveLine,
            Self::Observation(Observation { lying: None, .. }) => Request::MeasureLying,
            Self::Observation(Observation { standing: None, .. }) => Request::MeasureStanding,
            Self::Observation(_) => return None,
            Self::Counts => Request::EnterCounts,
        })
    }

    /// How the procedure ended, if the phase says so by itself.
    pub(crate) fn refusal(&self) -> Option<EndReason> {
        match self {
            Self::Refused(refusal) => Some(EndReason::Refused(refusal.clone())),
            _ => None,
        }
    }
}
