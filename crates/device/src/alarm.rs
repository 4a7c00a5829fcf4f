//! Alarm conditions and their priorities, designed after IEC 60601-1-8.

use serde::{Deserialize, Serialize};

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
    /// Mains power is gone; the battery carries on.
    MainsLost, "mains_lost", Medium;
    /// The leak detector is wet.
    Leak, "leak", High;
    /// A step took longer than it may.
    StepTimeOut, "step_time_out", Medium;
    /// The pause grows long: blood stands in the set.
    LongPause, "long_pause", High;
}
