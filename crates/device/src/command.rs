//! What the machine accepts: commands from control, and the guard's permit to carry them out.

use core::fmt;

use leuka_blood::quantity::{FlowRate, RotationalSpeed, Temperature};
use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// A pump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pump {
    /// Carries anticoagulated blood from the vein (or saline) into the channel.
    Inlet,
    /// Carries anticoagulant into the draw line.
    Anticoagulant,
    /// Carries plasma from the channel into the return line.
    Plasma,
    /// Carries the collected cells from the channel.
    Collect,
}

impl fmt::Display for Pump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inlet => "inlet",
            Self::Anticoagulant => "anticoagulant",
            Self::Plasma => "plasma",
            Self::Collect => "collect",
        })
    }
}

impl Pump {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Inlet, Self::Anticoagulant, Self::Plasma, Self::Collect];
}

/// One value for each pump. Return flow is not pumped: what the inlet pushes in and nothing else takes out goes back.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PumpFlows<T> {
    /// Of the inlet pump.
    pub inlet: T,
    /// Of the anticoagulant pump.
    pub anticoagulant: T,
    /// Of the plasma pump.
    pub plasma: T,
    /// Of the collect pump.
    pub collect: T,
}

impl<T> PumpFlows<T> {
    /// Asks `f` for each pump's value.
    pub fn from_fn(mut f: impl FnMut(Pump) -> T) -> Self {
        Self {
            inlet: f(Pump::Inlet),
            anticoagulant: f(Pump::Anticoagulant),
            plasma: f(Pump::Plasma),
            collect: f(Pump::Collect),
        }
    }

    /// The value of one pump.
    pub const fn get(&self, pump: Pump) -> &T {
        match pump {
            Pump::Inlet => &self.inlet,
            Pump::Anticoagulant => &self.anticoagulant,
            Pump::Plasma => &self.plasma,
            Pump::Collect => &self.collect,
        }
    }

    /// The value of one pump, to be changed.
    pub const fn get_mut(&mut self, pump: Pump) -> &mut T {
        match pump {
            Pump::Inlet => &mut self.inlet,
            Pump::Anticoagulant => &mut self.anticoagulant,
            Pump::Plasma => &mut self.plasma,
            Pump::Collect => &mut self.collect,
        }
    }
}

/// A clamp on a line to the donor. Both are closed by a spring when unpowered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clamp {
    /// Nothing passes.
    #[default]
    Closed,
    /// Fluid passes.
    Open,
}

/// Where the inlet pump draws from.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawFrom {
    /// The saline bag: prime and rinse-back.
    #[default]
    Saline,
    /// The donor's vein.
    Donor,
    /// The reservoir bag of a set with one needle.
    Reservoir,
}

/// Where the separator's outflow leads.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnTo {
    /// The waste bag: prime and divert.
    #[default]
    Waste,
    /// The donor's vein.
    Donor,
    /// The reservoir bag, before the air detectors and the return clamp.
    Reservoir,
}

/// Where the collect pump delivers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectTo {
    /// Into the return line, until the interface stands.
    #[default]
    Return,
    /// Into the product bag.
    Product,
}

/// One frame of commands. The default is everything stopped and closed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Commands {
    /// Counts up by one with each frame.
    pub sequence: u32,
    /// When control made the frame.
    pub at: Instant,
    /// Flow of each pump.
    pub pumps: PumpFlows<FlowRate>,
    /// Speed of the centrifuge.
    pub centrifuge_speed: RotationalSpeed,
    /// Clamp on the draw line.
    pub draw_clamp: Clamp,
    /// Clamp on the return line.
    pub return_clamp: Clamp,
    /// Where the inlet draws from.
    pub draw_from: DrawFrom,
    /// Where the separator's outflow leads.
    pub return_to: ReturnTo,
    /// Where the collect pump delivers.
    pub collect_to: CollectTo,
    /// Opens the flush valve: what chamber or filter hold leaves by the collect port.
    pub flush: bool,
    /// Temperature of the blood warmer; `None`: off.
    pub warmer: Option<Temperature>,
    /// Stimulates both air detectors, to see that they trip the return clamp.
    pub air_test: bool,
    /// The operator's reset after a protective stop: machine and guard leave it, unless its cause holds.
    pub reset: bool,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident, $hazard:literal, $text:literal;)+) => {
        /// Why a protective stop was made. The hazard numbers are those of the safety documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Cause { $($(#[$doc])* $name,)+ }

        impl Cause {
            /// All of them.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The hazard's number in the safety documentation.
            #[must_use]
            pub const fn hazard(self) -> u8 {
                match self { $(Self::$name => $hazard,)+ }
            }
        }

        impl fmt::Display for Cause {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)+ })
            }
        }
    };
}

causes! {
    /// Air in the return line.
    ReturnAir, 1, "air in the return line";
    /// The reservoir of a single needle runs empty: what would come next is air.
    ReservoirEmpty, 1, "the reservoir has run empty";
    /// An air detector cannot see air.
    AirDetectorBlind, 2, "an air detector is blind";
    /// The return line is occluded.
    ReturnOcclusion, 3, "the return line is occluded";
    /// The return line is off the donor.
    ReturnLineOff, 4, "the return line is off the donor";
    /// The vein or the draw access gives too little for too long.
    AccessOcclusion, 5, "the draw access is occluded";
    /// The pressure needed to return has risen slowly.
    Infiltration, 6, "the return pressure has risen: the vein may be infiltrated";
    /// Anticoagulant is not delivered.
    AnticoagulantNotDelivered, 7, "anticoagulant is not delivered";
    /// Too much anticoagulant is delivered.
    AnticoagulantExcess, 8, "too much anticoagulant is delivered";
    /// Citrate reaches its limit.
    CitrateRate, 9, "citrate has reached its limit";
    /// A bag hangs on the wrong line.
    WrongSolution, 10, "a bag is on the wrong line";
    /// The donor has lost too much fluid.
    FluidDeficit, 11, "the donor has lost too much fluid";
    /// The donor has gained too much fluid.
    FluidSurplus, 12, "the donor has gained too much fluid";
    /// The set holds too much of the donor's blood.
    ExtracorporealVolume, 13, "the set holds too much of the donor's blood";
    /// The centrifuge is too fast.
    Overspeed, 16, "the centrifuge is too fast";
    /// The centrifuge vibrates.
    Imbalance, 17, "the centrifuge vibrates";
    /// The leak detector is wet.
    Leak, 18, "the set leaks";
    /// The door is open while the centrifuge turns.
    DoorOpen, 19, "the door is open while the centrifuge turns";
    /// Plasma is red with free haemoglobin.
    Hemolysis, 20, "the plasma shows haemolysis";
    /// Returned blood is too warm.
    Overheating, 21, "the returned blood is too warm";
    /// Blood stood in the set for too long.
    Clotting, 22, "blood stood in the set for too long";
    /// Mains and battery are gone.
    PowerLost, 24, "power is lost";
    /// The guard's own sensor gives no value, an old one, NaN, or one outside its range.
    GuardSensor, 25, "a sensor of the guard gives no plausible value";
    /// No acceptable command within the limit.
    CommandLost, 25, "no acceptable command came in time";
    /// A command outside absolute limits or NaN.
    CommandRange, 25, "a command was outside its limits";
    /// No valid permit within its window.
    PermitLost, 25, "no permit of the guard came in time";
    /// Time ran backwards or jumped.
    TimeJump, 25, "time jumped";
    /// What the guard's sensors measure is not what was commanded.
    ChannelsDisagree, 25, "the machine does not do what was commanded";
    /// The guard's limit table has changed since it was loaded.
    LimitsDamaged, 25, "the guard's limits are damaged";
    /// The donor, or somebody for the donor, pressed the button.
    DonorButton, 26, "the donor's button was pressed";
    /// The most hydroxyethyl starch in a day.
    Starch, 28, "the day's limit of starch is reached";
}

impl Cause {
    /// True for a stop after which this set must not be used again: neither resumed nor rinsed back.
    #[must_use]
    pub const fn ends_the_set(self) -> bool {
        matches!(
            self,
            Self::AirDetectorBlind | Self::Leak | Self::WrongSolution | Self::Hemolysis | Self::LimitsDamaged
        )
    }
}

/// What the guard lets the machine do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Commands pass as they are.
    Pass,
    /// All pumps stop, clamps and centrifuge stay as they are.
    Hold(Cause),
    /// All pumps stop, both clamps close, the drive is off.
    Safe(Cause),
}

/// A verdict without its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VerdictKind {
    /// Commands pass.
    Pass,
    /// Pumps stopped.
    Hold,
    /// Safe state.
    Safe,
}

impl Verdict {
    /// The verdict without its cause.
    #[must_use]
    pub const fn kind(self) -> VerdictKind {
        match self {
            Self::Pass => VerdictKind::Pass,
            Self::Hold(_) => VerdictKind::Hold,
            Self::Safe(_) => VerdictKind::Safe,
        }
    }

    /// Why the guard holds the machine, if it does.
    #[must_use]
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::Pass => None,
            Self::Hold(cause) | Self::Safe(cause) => Some(cause),
        }
    }
}

/// The guard's verdict with its time: it must be renewed, or the machine stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permit {
    /// Counts up by one with each permit.
    pub sequence: u32,
    /// When the guard gave it.
    pub at: Instant,
    /// What the machine may do.
    pub verdict: Verdict,
    /// Check sum of the guard's limit table, for console and record.
    pub limits_crc: u32,
}
