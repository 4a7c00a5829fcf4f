//! Faults: what can go wrong, by name, from any instant on, and how strongly.
//!
//! A fault acts in the plant, in a sensor, in an actuator or on a link, never on what control or guard conclude. Its name
//! (`sensor.control.return_pressure.stuck`, `pump.inlet.slip`, `air_bolus`) is the form in files and events.

use core::fmt;
use core::str::FromStr;

use leuka_device::{Instant, Pump};
use serde::{Deserialize, Serialize};

use crate::sensor::{Measured, Side};

/// Declares a list of names: an enum whose values are written as the given texts.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: [Self; [$(Self::$value),+].len()] = [$(Self::$value),+];

            /// The name in files and events.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }
        }
    };
}
pub(crate) use names;

names! {
    /// How a sensor fails. The magnitude is in the sensor's unit.
    SensorFault {
        /// Keeps its last value.
        Stuck = "stuck";
        /// Runs away by the magnitude per minute.
        Drift = "drift";
        /// Every tenth sample, from the first on, is off by the magnitude.
        Spike = "spike";
        /// Gives no value.
        Dropout = "dropout";
        /// Gives NaN (a switch or counter: no value).
        Nan = "nan";
        /// Is off by the magnitude.
        Offset = "offset";
    }
}

names! {
    /// How an actuator fails.
    ActuatorFault {
        /// A pump or drive does not turn, a clamp stays where it is, the warmer stays off.
        Stuck = "stuck";
        /// A pump, drive or warmer does only the part 1 - magnitude; a closed clamp lets the part `magnitude` through.
        Slip = "slip";
        /// A pump turns at magnitude mL/min and a drive at magnitude rpm while they have power; a clamp stays open
        /// while it has power; the warmer heats to magnitude C.
        Runaway = "runaway";
    }
}

names! {
    /// An actuator that is not a pump.
    Actuator {
        /// Drive of the centrifuge.
        Centrifuge = "centrifuge";
        /// Clamp on the draw line.
        DrawClamp = "draw_clamp";
        /// Clamp on the return line.
        ReturnClamp = "return_clamp";
        /// Blood warmer.
        Warmer = "warmer";
    }
}

names! {
    /// What goes wrong in the plant or on a link.
    PlantFault {
        /// The vein gives less by the part `magnitude` (0 to 1).
        VeinCollapse = "vein_collapse";
        /// The draw access lets through less by the part `magnitude` (0 to 1).
        DrawOcclusion = "draw_occlusion";
        /// The return access lets through less by the part `magnitude` (0 to 1).
        ReturnOcclusion = "return_occlusion";
        /// The return line is off the donor: what it carries is spilt.
        ReturnLineOff = "return_line_off";
        /// `magnitude` mL of air enter the return line below the drip chamber.
        AirBolus = "air_bolus";
        /// The part `magnitude` (0 to 1) of what enters the return line is air: foam.
        AirFoam = "air_foam";
        /// The draw line is off its access: the inlet draws air.
        DrawLineOff = "draw_line_off";
        /// The return needle has left its vein: the part `magnitude` (0 to 1) of what is returned goes under the skin.
        Infiltration = "infiltration";
        /// A clot grows in the return line: its resistance rises by `magnitude` mmHg/(mL/min) every minute.
        ReturnClot = "return_clot";
        /// The donor coughs or moves: the pressures at both accesses swing by `magnitude` mmHg.
        Movement = "movement";
        /// The anticoagulant bag is emptied to `magnitude` mL.
        AnticoagulantEmptied = "anticoagulant_emptied";
        /// The anticoagulant line is closed: the pump turns, nothing flows.
        AnticoagulantLineClosed = "anticoagulant_line_closed";
        /// Anticoagulant tubing has left its pump: up to `magnitude` mL/min run by gravity.
        AnticoagulantFreeFlow = "anticoagulant_free_flow";
        /// Saline and anticoagulant bag hang on each other's line.
        LinesSwapped = "lines_swapped";
        /// The saline valve leaks: up to `magnitude` mL/min run by gravity while blood is drawn.
        SalineFreeFlow = "saline_free_flow";
        /// Somebody touches the bags: all scales show `magnitude` g more.
        BagsTouched = "bags_touched";
        /// The saline bag is emptied to `magnitude` mL.
        SalineEmptied = "saline_emptied";
        /// The valve between donor and saline stays where it is.
        DrawValveStuck = "draw_valve_stuck";
        /// The valve between donor and waste bag stays where it is.
        ReturnValveStuck = "return_valve_stuck";
        /// The valve between product bag and return stays where it is.
        CollectValveStuck = "collect_valve_stuck";
        /// The valve that flushes chamber or filter stays where it is.
        FlushValveStuck = "flush_valve_stuck";
        /// `magnitude` mL/min run out of the set at the drip chamber while it is under pressure.
        Leak = "leak";
        /// The rotor is out of balance by an amplitude of `magnitude` mm at 1000 rpm.
        Imbalance = "imbalance";
        /// Red cells are destroyed: the plasma holds `magnitude` g/L of free haemoglobin.
        Hemolysis = "hemolysis";
        /// The donor, or somebody for the donor, presses the button.
        DonorButton = "donor_button";
        /// A vasovagal reaction as severe as `magnitude` (0 to 1).
        VasovagalReaction = "vasovagal_reaction";
        /// An allergic reaction as severe as `magnitude` (0 to 1); the button is pressed.
        AllergicReaction = "allergic_reaction";
        /// The centrifuge door is open.
        DoorOpen = "door_open";
        /// The donor moves: the oximeter has no signal, the cuff finds no pressure, the heart rate is read wrong by
        /// `magnitude` per min.
        DonorMoves = "donor_moves";
        /// The camera's light is out: pictures are dark.
        CameraDark = "camera_dark";
        /// Mains power is gone: the battery carries on.
        MainsLoss = "mains_loss";
        /// The battery is dead.
        BatteryDead = "battery_dead";
        /// The machine's clock is off by `magnitude` s.
        ClockJump = "clock_jump";
        /// No command frame arrives.
        CommandLoss = "command_loss";
        /// Each command frame has one to eight bits flipped with probability `magnitude`.
        CommandNoise = "command_noise";
        /// The inlet flow in every command frame is NaN.
        CommandNan = "command_nan";
        /// Command frames are stamped `magnitude` s off.
        CommandTimeJump = "command_time_jump";
        /// No permit arrives.
        PermitLoss = "permit_loss";
        /// Each permit frame has one to eight bits flipped with probability `magnitude`.
        PermitNoise = "permit_noise";
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FaultKind {
    /// A sensor fails: `sensor.<control or guard>.<what it measures>.<how>`.
    Sensor(Side, Measured, SensorFault),
    /// A pump fails: `pump.<which>.<how>`.
    Pump(Pump, ActuatorFault),
    /// Another actuator fails: `<which>.<how>`.
    Actuator(Actuator, ActuatorFault),
    /// Something in the plant or on a link.
    Plant(PlantFault),
}

impl FaultKind {
    /// Every fault that can be injected.
    pub fn all() -> impl Iterator<Item = Self> {
        let sensors = Side::ALL.into_iter().flat_map(|side| {
            let seen = Measured::ALL.into_iter().filter(move |measured| measured.is_seen_by(side));
            seen.flat_map(move |measured| SensorFault::ALL.map(|how| Self::Sensor(side, measured, how)))
        });
        let pumps = Pump::ALL.into_iter().flat_map(|pump| ActuatorFault::ALL.map(|how| Self::Pump(pump, how)));
        let actuators =
            Actuator::ALL.into_iter().flat_map(|actuator| ActuatorFault::ALL.map(|how| Self::Actuator(actuator, how)));
        sensors.chain(pumps).chain(actuators).chain(PlantFault::ALL.map(Self::Plant))
    }
}

const fn pump_name(pump: Pump) -> &'static str {
    match pump {
        Pump::Inlet => "inlet",
        Pump::Anticoagulant => "anticoagulant",
        Pump::Plasma => "plasma",
        Pump::Collect => "collect",
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sensor(side, measured, how) => {
                write!(f, "sensor.{}.{}.{}", side.name(), measured.name(), how.name())
            }
            Self::Pump(pump, how) => write!(f, "pump.{}.{}", pump_name(*pump), how.name()),
            Self::Actuator(actuator, how) => write!(f, "{}.{}", actuator.name(), how.name()),
            Self::Plant(fault) => f.write_str(fault.name()),
        }
    }
}

/// A name that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a fault: use a name such as `sensor.control.return_pressure.stuck`, `pump.inlet.slip` or `air_bolus`"
)]
pub struct UnknownFault(String);

impl FromStr for FaultKind {
    type Err = UnknownFault;
    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        Self::all().find(|kind| kind.to_string() == text).ok_or_else(|| UnknownFault(text.to_owned()))
    }
}

impl TryFrom<String> for FaultKind {
    type Error = UnknownFault;
    fn try_from(text: String) -> Result<Self, UnknownFault> {
        text.parse()
    }
}

impl From<FaultKind> for String {
    fn from(kind: FaultKind) -> Self {
        kind.to_string()
    }
}

/// A fault with its time and magnitude. What the magnitude means stands with each kind; where it means nothing it is
/// ignored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// From when on. A moment that has passed means now.
    pub starts_at: Instant,
    /// Until when; `None`: to the end of the run.
    #[serde(default)]
    pub ends_at: Option<Instant>,
    /// How strongly.
    #[serde(default)]
    pub magnitude: f64,
}

/// The faults of a run, and which of them hold.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    entries: Vec<(Fault, State)>,
    /// When the next of them starts or ends.
    next: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Holding,
    Over,
}

/// A change of the faults that hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    Started(Fault),
    Ended(Fault),
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.entries.push((fault, State::Waiting));
        self.look_ahead();
    }

    /// When the next fault starts or ends; [`Instant::END`] when none will.
    pub(crate) fn next(&self) -> Instant {
        self.next.unwrap_or(Instant::END)
    }

    fn look_ahead(&mut self) {
        self.next = self.entries.iter().map(|(fault, state)| due(fault, *state)).min();
    }

    /// The first change that is due at `now`, if any; ask again until there is none.
    pub(crate) fn change(&mut self, now: Instant) -> Option<Change> {
        let (fault, state) = self.entries.iter_mut().find(|(fault, state)| due(fault, *state) <= now)?;
        let change = if *state == State::Waiting {
            *state = State::Holding;
            Change::Started(*fault)
        } else {
            *state = State::Over;
            Change::Ended(*fault)
        };
        self.look_ahead();
        Some(change)
    }

    /// Magnitude of the fault of this kind that holds (the latest injected one); `None` when none does.
    pub(crate) fn holding(&self, kind: FaultKind) -> Option<f64> {
        let newest_first = self.entries.iter().rev();
        newest_first
            .filter(|(fault, state)| *state == State::Holding && fault.kind == kind)
            .map(|(fault, _)| fault.magnitude)
            .next()
    }
}

fn due(fault: &Fault, state: State) -> Instant {
    match state {
        State::Waiting => fault.starts_at,
        State::Holding => fault.ends_at.unwrap_or(Instant::END),
        State::Over => Instant::END,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_that_reads_back() {
        let names: Vec<String> = FaultKind::all().map(String::from).collect();
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        for (kind, name) in FaultKind::all().zip(&names) {
            assert_eq!(name.parse(), Ok(kind));
        }
        assert!("pump.outlet.slip".parse::<FaultKind>().unwrap_err().to_string().contains("`pump.outlet.slip` is not"));
    }

    #[test]
    fn a_fault_in_a_file_is_a_name_a_time_and_a_magnitude() {
        let fault: Fault =
            serde_json::from_str(r#"{"kind": "sensor.guard.return_air.stuck", "starts_at": 61000017}"#).unwrap();
        assert_eq!(fault.kind, FaultKind::Sensor(Side::Guard, Measured::ReturnAir, SensorFault::Stuck));
        assert_eq!((fault.starts_at.micros(), fault.ends_at, fault.magnitude), (61_000_017, None, 0.0));
    }

    #[test]
    fn a_fault_holds_from_its_start_to_its_end() {
        let kind = FaultKind::Plant(PlantFault::Leak);
        let mut faults = Faults::default();
        let at = Instant::from_micros;
        faults.add(Fault { kind, starts_at: at(5), ends_at: Some(at(9)), magnitude: 2.0 });
        assert_eq!((faults.next(), faults.holding(kind)), (at(5), None));
        assert_eq!(faults.change(at(4)), None);
        assert!(matches!(faults.change(at(5)), Some(Change::Started(_))));
        assert_eq!((faults.next(), faults.holding(kind)), (at(9), Some(2.0)));
        assert!(matches!(faults.change(at(9)), Some(Change::Ended(_))));
        assert_eq!((faults.next(), faults.holding(kind)), (Instant::END, None));
    }
}
