//! Reasons: why a step was refused, a set-point changed, the run paused, stopped or ended. Each shows as a plain
//! sentence for a nurse and carries its numbers.

use leuka_blood::quantity::{
    CellConcentration, CellDose, Concentration, DoseRate, FlowRate, Fraction, InfusionRate, MassConcentration,
    Pressure, RotationalSpeed, Temperature, TimeSpan, Volume,
};
use leuka_device::{AlarmCode, Cause, Pump};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::operator::{Request, Solution, Symptom};
use crate::phase::PhaseName;
use crate::prescription::Identifier;
use crate::senses::Sensor;

/// Why a step, or the procedure, is refused.
#[derive(Debug, Clone, PartialEq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentence of each variant says what it and its numbers mean")]
pub enum Refusal {
    #[error("the guard does not let commands pass: have the machine serviced")]
    GuardSilent,
    #[error("the {sensor} sensor shows nothing plausible at rest: have it checked")]
    SensorAtRest { sensor: Sensor },
    #[error("the {pump} pump did not reach its test flow: have it checked")]
    PumpDidNotTurn { pump: Pump },
    #[error("a pump did not stop: have it checked")]
    PumpDidNotStop,
    #[error("the centrifuge did not reach {wanted:.0} and shows {shown:.0}: have it checked")]
    CentrifugeDidNotTurn { wanted: RotationalSpeed, shown: RotationalSpeed },
    #[error("the centrifuge did not stop: have it checked")]
    CentrifugeDidNotStop,
    #[error("the return clamp did not open in its test: have it checked")]
    ClampDidNotOpen,
    #[error("the air detector did not see the test air: have it checked")]
    AirNotSeen,
    #[error("the test air did not close the return clamp within {limit:.1}: have it checked")]
    ClampDidNotTrip { limit: TimeSpan },
    #[error("the machine did not recover from its air test: have it checked")]
    NoRecovery,
    #[error("order {scanned} was scanned but {expected} is prescribed: stop and find the right order")]
    WrongOrder { scanned: Identifier, expected: Identifier },
    #[error("donor {scanned} was scanned but {expected} is prescribed: stop, this is another person")]
    WrongDonor { scanned: Identifier, expected: Identifier },
    #[error("consent is not signed")]
    NoConsent,
    #[error("an infection marker is positive")]
    InfectionMarker,
    #[error("the pregnancy test is positive")]
    Pregnant,
    #[error("the donor takes an ACE inhibitor")]
    AceInhibitor,
    #[error("the donor takes an anticoagulant drug")]
    AnticoagulantDrug,
    #[error("the blood count is {hours:.0} h old, at most {limit_hours:.0} h are allowed: take a new one")]
    CountTooOld { hours: f64, limit_hours: f64 },
    #[error("haemoglobin is {value}, below {limit}")]
    HemoglobinBefore { value: MassConcentration, limit: MassConcentration },
    #[error("haemoglobin is predicted to be {value} afterwards, below {limit}")]
    HemoglobinAfter { value: MassConcentration, limit: MassConcentration },
    #[error("platelets are {:.0} x 1e9/L, below {:.0}", value.count_1e9_l(), limit.count_1e9_l())]
    PlateletsBefore { value: CellConcentration, limit: CellConcentration },
    #[error(
        "platelets are predicted to be {:.0} x 1e9/L afterwards, below {:.0}",
        value.count_1e9_l(),
        limit.count_1e9_l()
    )]
    PlateletsAfter { value: CellConcentration, limit: CellConcentration },
    #[error("ionised calcium is {value:.2}, below {limit:.2}")]
    Calcium { value: Concentration, limit: Concentration },
    #[error(
        "the set holds {:.1} % of the blood volume, more than {:.1} %: prime with red cells",
        value.pct(),
        limit.pct()
    )]
    ExtracorporealVolume { value: Fraction, limit: Fraction },
    #[error("the run would take {volume:.0} of starch solution, more than {limit:.0} in a day: lower its target")]
    TooMuchStarch { volume: Volume, limit: Volume },
    #[error("a baseline value of the monitor is missing or outside its limits: {alarm}", alarm = alarm.name())]
    Baseline { alarm: AlarmCode },
    #[error("set {scanned} was loaded but {expected} is prescribed: load the right set")]
    WrongSet { scanned: Identifier, expected: Identifier },
    #[error("{scanned} was scanned but {expected} belongs on this line: take the right bag")]
    WrongSolution { scanned: Solution, expected: Solution },
    #[error("the set reached {reached:.0} instead of {wanted:.0} against closed clamps: it leaks or is not seated")]
    PressureNotReached { reached: Pressure, wanted: Pressure },
    #[error("the set lost {lost:.0} in the pressure test, at most {limit:.0} are allowed: change it")]
    PressureLost { lost: Pressure, limit: Pressure },
    #[error("red cells for donor {scanned} were scanned but {expected} is prescribed: take the right unit")]
    WrongRedCells { scanned: Identifier, expected: Identifier },
    #[error("the red cells are {days:.0} days old, at most {limit_days:.0} are allowed: take a fresher unit")]
    OldRedCells { days: f64, limit_days: f64 },
    #[error("the red cells' potassium is {value:.0}, above {limit:.0}: wash them or take a fresher unit")]
    RedCellPotassium { value: Concentration, limit: Concentration },
    #[error("the red cells are at {value:.0}, below {limit:.0}: warm them")]
    ColdRedCells { value: Temperature, limit: Temperature },
    #[error("prime took longer than {limit_min:.0} min: see to saline bag and clamps")]
    PrimeTooSlow { limit_min: f64 },
    #[error("the pump counted {pumped:.0} of saline but the bag lost {lost:.0}: see to the saline line")]
    PrimeNotFlowing { pumped: Volume, lost: Volume },
    #[error("air is left in the return line after {primed:.0} of saline: change the set")]
    AirAfterPrime { primed: Volume },
    #[error("the catheter's lock must be aspirated and discarded first")]
    LockNotAspirated,
    #[error("the access was not free: place it anew")]
    AccessNotFree,
    #[error("the access was not free in {attempts} attempts")]
    NoAccess { attempts: u8 },
    #[error("air is in the return line: the lines must not be connected")]
    AirAtConnect,
    #[error("the {sensor} sensor gives no plausible value: the lines must not be connected")]
    SensorAtConnect { sensor: Sensor },
    #[error("the label names another donor, order or product: print and scan the right one")]
    WrongLabel,
    #[error("bleeding does not yet stand: keep pressing")]
    StillBleeding,
    #[error("systolic pressure fell by {fall:.0} on standing, more than {limit:.0}: the observation begins anew")]
    StandingFall { fall: Pressure, limit: Pressure },
    #[error("that is no possible value: enter it again")]
    ImpossibleValue,
    #[error("no blood has been processed yet, so there is nothing to count")]
    NothingToCount,
    #[error("blood stood for {minutes:.0} min: flush and inspect the set first")]
    NotFlushed { minutes: f64 },
    #[error("the cause still holds ({cause}): put it right, then reset")]
    CauseHolds { cause: StopCause },
    #[error("the condition still holds ({alarm}): put it right, then resume", alarm = alarm.name())]
    ConditionHolds { alarm: AlarmCode },
    #[error("not now: the procedure is at {phase}")]
    NotNow { phase: PhaseName, awaited: Option<Request> },
    #[error("ended by the operator before the donor was connected")]
    Cancelled,
}

/// Why a set-point changed.
#[derive(Debug, Clone, Copy, PartialEq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentence of each variant says what it and its numbers mean")]
pub enum Reason {
    #[error("as prescribed")]
    Prescribed,
    #[error("the operator's wish")]
    Operator,
    #[error("anticoagulant limit {limit}")]
    AnticoagulantLimit { limit: InfusionRate },
    #[error("citrate limit {limit}")]
    CitrateLimit { limit: DoseRate },
    #[error("range of the pump")]
    PumpRange,
    #[error("packing factor {:.0} g min at inlet {inlet:.0}", factor.minutes())]
    PackingFactor { factor: TimeSpan, inlet: FlowRate },
    #[error(
        "range of the centrifuge; packing factor {:.0} g min at inlet {inlet:.0} would need {needed:.0}",
        factor.minutes()
    )]
    CentrifugeRange { factor: TimeSpan, inlet: FlowRate, needed: RotationalSpeed },
    #[error("access pressure {pressure:.0}, limit {limit:.0}, back-off {attempt}")]
    AccessSuction { pressure: Pressure, limit: Pressure, attempt: u8 },
    #[error("return pressure {pressure:.0}, limit {limit:.0}")]
    ReturnPressure { pressure: Pressure, limit: Pressure },
    #[error("filter pressure {pressure:.0}, limit {limit:.0}")]
    FilterPressure { pressure: Pressure, limit: Pressure },
    #[error("fluid balance {balance:.0}, to be held within {limit:.0}")]
    FluidBalance { balance: Volume, limit: Volume },
    #[error("no trouble since it was lowered")]
    Recovered,
    #[error("the donor reports {0}")]
    Symptom(Symptom),
    #[error("collect haematocrit {:.1} %, wanted {:.1} %", measured.pct(), wanted.pct())]
    CollectHematocrit { measured: Fraction, wanted: Fraction },
    #[error("the collect or plasma line shows {:.1} % red cells, limit {:.1} %", measured.pct(), limit.pct())]
    LineRed { measured: Fraction, limit: Fraction },
    #[error("the interface is lost: {}", .0.name())]
    InterfaceLost(AlarmCode),
    #[error("the interface stands")]
    InterfaceStands,
    #[error("{0}")]
    Phase(PhaseName),
}

/// Why the run was paused.
#[derive(Debug, Clone, Copy, PartialEq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the sentence of each variant says what it and its numbers mean")]
pub enum PauseReason {
    #[error("paused by the operator")]
    Operator,
    #[error("the donor reports {0}")]
    Symptom(Symptom),
    #[error("the access gives too little: {pressure:.0} after {attempts} back-offs")]
    AccessOcclusion { pressure: Pressure, attempts: u8 },
    #[error("the return line is occluded: {pressure:.0}, limit {limit:.0}")]
    ReturnOcclusion { pressure: Pressure, limit: Pressure },
    #[error("anticoagulant does not arrive: see to its bag and line")]
    AnticoagulantNotDelivered,
    #[error("{} at {value:.1}, limit {limit:.1}", code.name())]
    Limit { code: AlarmCode, value: f64, limit: f64 },
    #[error("the interface could not be established or held: {}", .0.name())]
    Interface(AlarmCode),
    #[error("{phase} took longer than {limit_min:.0} min")]
    TimeOut { phase: PhaseName, limit_min: f64 },
    #[error("the guard holds the pumps")]
    GuardHold,
    #[error("the guard holds the pumps, hazard {number}: {0}", number = .0.hazard())]
    Guard(Cause),
    #[error("after a protective stop ({0})")]
    AfterStop(StopCause),
}

/// Why everything was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// The machine or the guard did it.
    #[error("protective stop, hazard {number}: {0:?}", number = .0.hazard())]
    Machine(Cause),
    /// The guard's verdict does not arrive.
    #[error("the guard does not answer")]
    GuardSilent,
    /// Air in the return line.
    #[error("air in the return line")]
    Air,
    /// The air detector could not see air.
    #[error("the air detector is blind")]
    AirDetector,
    /// The leak detector is wet.
    #[error("leak")]
    Leak,
    /// The door is open.
    #[error("the centrifuge door is not locked")]
    DoorOpen,
    /// A sensor without which nothing may run.
    #[error("the {0} sensor gives no plausible value")]
    Sensor(Sensor),
}

impl StopCause {
    /// True when the set can no longer be used: neither resume nor rinse-back.
    #[must_use]
    pub const fn spoils_the_set(self) -> bool {
        match self {
            Self::Leak | Self::AirDetector => true,
            Self::Machine(cause) => cause.ends_the_set(),
            Self::GuardSilent | Self::Air | Self::DoorOpen | Self::Sensor(_) => false,
        }
    }
}

/// Why the procedure ended.
#[derive(Debug, Clone, PartialEq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The target was reached.
    #[error("the target was reached")]
    TargetReached,
    /// The dose is in the bag with the confidence that was asked for.
    #[error(
        "{:.2} x1e6/kg are in the bag with {:.1} %, {:.0} % were asked for: median {:.2}, 80 % band {:.2} to {:.2}",
        dose.count_1e6_kg(),
        probability.pct(),
        confidence.pct(),
        median.count_1e6_kg(),
        low.count_1e6_kg(),
        high.count_1e6_kg()
    )]
    DoseReached {
        /// The dose.
        dose: CellDose,
        /// The confidence that was asked for.
        confidence: Fraction,
        /// The probability that the dose is there.
        probability: Fraction,
        /// Median of the dose.
        median: CellDose,
        /// The 80 % band begins here.
        low: CellDose,
        /// And ends here.
        high: CellDose,
    },
    /// The most blood volumes that may be processed.
    #[error("the cap of {0:.1} blood volumes was reached")]
    VolumeCap(f64),
    /// The longest collection.
    #[error("the cap of {0:.0} min was reached")]
    TimeCap(f64),
    /// Too much fluid was given or taken.
    #[error("the fluid balance reached {balance:.0}, limit {limit:.0}")]
    FluidBalance {
        /// What the donor has gained.
        balance: Volume,
        /// The limit, with the same sign.
        limit: Volume,
    },
    /// The most hydroxyethyl starch solution in a day.
    #[error("the limit of {0:.0} of starch solution in a day was reached")]
    StarchLimit(Volume),
    /// The filter is blocked.
    #[error("the filter takes {pressure:.0}, limit {limit:.0}")]
    FilterPressure {
        /// What it takes.
        pressure: Pressure,
        /// The limit.
        limit: Pressure,
    },
    /// The battery is nearly empty.
    #[error("the battery lasts only {0:.0} min more")]
    Battery(f64),
    /// The operator ended it.
    #[error("ended early by the operator")]
    EndedEarly,
    /// It was refused.
    #[error("refused: {0}")]
    Refused(Refusal),
}

impl EndReason {
    /// True when the procedure did what it was to do.
    #[must_use]
    pub const fn is_completed(&self) -> bool {
        matches!(self, Self::TargetReached | Self::DoseReached { .. })
    }
}
