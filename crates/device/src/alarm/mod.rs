//! Alarm conditions and their priorities, their signals, and what silences them. Designed after IEC 60601-1-8.

mod signal;
mod system;

pub use signal::{Burst, HARMONICS, Light, RAMP_S, burst, light, sound};
pub use system::{AlarmChange, AlarmSystem, Inactivation, InactivationError, Signal};

use serde::{Deserialize, Serialize};

use crate::command::Cause;

/// How soon somebody must act: high at once, medium soon, low when convenient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Plan to act.
    Low,
    /// Act soon.
    Medium,
    /// Act at once.
    High,
}

impl AlarmCode {
    /// True for an alarm of a protective stop: its signal stays until somebody acknowledges it.
    #[must_use]
    pub const fn latches(self) -> bool {
        matches!(
            self,
            Self::ReturnAir
                | Self::AirDetectorFailed
                | Self::ReturnOcclusion
                | Self::ReturnLineOff
                | Self::AnticoagulantNotDelivered
                | Self::AnticoagulantExcess
                | Self::CitrateLimit
                | Self::WrongSolution
                | Self::FluidDeficit
                | Self::ExtracorporealVolume
                | Self::Overspeed
                | Self::Imbalance
                | Self::Leak
                | Self::DoorOpen
                | Self::Hemolysis
                | Self::Overheating
                | Self::Clotting
                | Self::DonorButton
                | Self::PowerLost
                | Self::ProtectiveStop
        )
    }

    /// True for a state of the donor, false for one of the machine.
    #[must_use]
    pub const fn is_physiological(self) -> bool {
        matches!(
            self,
            Self::CitrateRate
                | Self::CitrateLimit
                | Self::HeartRate
                | Self::Hypotension
                | Self::Desaturation
                | Self::FluidBalance
                | Self::FluidDeficit
                | Self::FluidSurplus
                | Self::DonorButton
                | Self::Infiltration
                | Self::HematocritMismatch
        )
    }
}

impl Cause {
    /// The alarm that goes with a protective stop.
    #[must_use]
    pub const fn alarm(self) -> AlarmCode {
        match self {
            Self::ReturnAir => AlarmCode::ReturnAir,
            Self::AirDetectorBlind => AlarmCode::AirDetectorFailed,
            Self::ReturnOcclusion => AlarmCode::ReturnOcclusion,
            Self::ReturnLineOff => AlarmCode::ReturnLineOff,
            Self::AccessOcclusion => AlarmCode::AccessOcclusion,
            Self::Infiltration => AlarmCode::Infiltration,
            Self::AnticoagulantNotDelivered => AlarmCode::AnticoagulantNotDelivered,
            Self::AnticoagulantExcess => AlarmCode::AnticoagulantExcess,
            Self::CitrateRate => AlarmCode::CitrateLimit,
            Self::WrongSolution => AlarmCode::WrongSolution,
            Self::FluidDeficit => AlarmCode::FluidDeficit,
            Self::FluidSurplus => AlarmCode::FluidSurplus,
            Self::ExtracorporealVolume => AlarmCode::ExtracorporealVolume,
            Self::Overspeed => AlarmCode::Overspeed,
            Self::Imbalance => AlarmCode::Imbalance,
            Self::Leak => AlarmCode::Leak,
            Self::DoorOpen => AlarmCode::DoorOpen,
            Self::Hemolysis => AlarmCode::Hemolysis,
            Self::Overheating => AlarmCode::Overheating,
            Self::Clotting => AlarmCode::Clotting,
            Self::DonorButton => AlarmCode::DonorButton,
            Self::Starch => AlarmCode::StarchLimit,
            Self::PowerLost => AlarmCode::PowerLost,
            Self::ReservoirEmpty
            | Self::GuardSensor
            | Self::CommandLost
            | Self::CommandRange
            | Self::PermitLost
            | Self::TimeJump
            | Self::ChannelsDisagree
            | Self::LimitsDamaged => AlarmCode::ProtectiveStop,
        }
    }
}

macro_rules! alarms {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $priority:ident;)+) => {
        /// A state of the world that somebody must be told of. What is told (light, sound, text) is somebody else's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum AlarmCode {
            $($(#[$doc])* $name,)+
        }

        impl AlarmCode {
            /// All of them.
            pub const ALL: [Self; [$(Self::$name),+].len()] = [$(Self::$name),+];

            /// The name in events and outcomes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The priority.
            #[must_use]
            pub const fn priority(self) -> Priority {
                match self { $(Self::$name => Priority::$priority,)+ }
            }
        }
    };
}

alarms! {
    /// Air was seen in the return line.
    ReturnAir, "return_air", High;
    /// An air detector failed its check.
    AirDetectorFailed, "air_detector_failed", High;
    /// The return pressure is above its automatic limit: flow is reduced.
    ReturnPressureHigh, "return_pressure_high", Medium;
    /// The filter takes more pressure than it should.
    FilterPressure, "filter_pressure", Medium;
    /// The return line is occluded.
    ReturnOcclusion, "return_occlusion", High;
    /// The vein gives too little: suction is beyond its limit.
    AccessOcclusion, "access_occlusion", Medium;
    /// Anticoagulant is commanded but does not arrive.
    AnticoagulantNotDelivered, "anticoagulant_not_delivered", High;
    /// Inlet flow or anticoagulant is held down by a limit.
    InletLowered, "inlet_lowered", Low;
    /// The anticoagulant rate is above its warning limit.
    AnticoagulantRate, "anticoagulant_rate", Low;
    /// The camera gives no usable picture.
    InterfaceNotMeasured, "interface_not_measured", Medium;
    /// The picture is good but shows no interface.
    InterfaceNotDetected, "interface_not_detected", Medium;
    /// The interface does not follow the plasma pump.
    InterfaceNotResponding, "interface_not_responding", Medium;
    /// The haematocrit that was entered does not fit the red-cell balance.
    HematocritMismatch, "hematocrit_mismatch", Medium;
    /// Red cells reach the collect line.
    CollectLineRed, "collect_line_red", Medium;
    /// Ionised calcium is forecast or measured below its limit.
    CitrateRate, "citrate_rate", Medium;
    /// Heart rate is outside its limits.
    HeartRate, "heart_rate", Medium;
    /// Systolic pressure is below its limit.
    Hypotension, "hypotension", Medium;
    /// Oxygen saturation is below its limit.
    Desaturation, "desaturation", Medium;
    /// Fluid balance reaches its limit.
    FluidBalance, "fluid_balance", Medium;
    /// A sensor gives no value, an old one, NaN, or one outside its range.
    SensorFault, "sensor_fault", High;
    /// The guard does not answer or has stopped the machine.
    ProtectiveStop, "protective_stop", High;
    /// The return line is off the donor.
    ReturnLineOff, "return_line_off", High;
    /// The return needs more and more pressure: the needle may be beside the vein.
    Infiltration, "infiltration", Medium;
    /// Too much anticoagulant comes.
    AnticoagulantExcess, "anticoagulant_excess", High;
    /// Citrate has reached its limit.
    CitrateLimit, "citrate_limit", High;
    /// A bag hangs on the wrong line.
    WrongSolution, "wrong_solution", High;
    /// The donor has lost as much fluid as may be.
    FluidDeficit, "fluid_deficit", High;
    /// The donor has gained as much fluid as may be.
    FluidSurplus, "fluid_surplus", Medium;
    /// The set holds too much of the donor's blood.
    ExtracorporealVolume, "extracorporeal_volume", High;
    /// The centrifuge is too fast.
    Overspeed, "overspeed", High;
    /// The centrifuge vibrates.
    Imbalance, "imbalance", High;
    /// The door is open while the centrifuge turns.
    DoorOpen, "door_open", High;
    /// Plasma is red with free haemoglobin.
    Hemolysis, "hemolysis", High;
    /// Returned blood is too warm.
    Overheating, "overheating", High;
    /// Blood stood for too long and is to be moved.
    Clotting, "clotting", High;
    /// The donor's button was pressed.
    DonorButton, "donor_button", High;
    /// The day's limit of starch is reached.
    StarchLimit, "starch_limit", Medium;
    /// Mains and battery are gone.
    PowerLost, "power_lost", High;
    /// Mains power is gone; the battery carries on.
    MainsLost, "mains_lost", Medium;
    /// The leak detector is wet.
    Leak, "leak", High;
    /// A step took longer than it may.
    StepTimeOut, "step_time_out", Medium;
    /// The pause grows long: blood stands in the set.
    LongPause, "long_pause", High;
}
