//! The sensors as control trusts them: a value counts while it is plausible and young enough.
//!
//! A single missing, NaN or impossible reading does not stop a run; the last good value carries on until it is too old.
//! After that the sensor gives nothing, and whoever needs it must say what then.

use core::fmt;

use leuka_blood::quantity::{Fraction, Mass, TimeSpan};
use leuka_device::{CameraImage, Clamp, CollectOptics, Instant, Pump, PumpFlows, Reading, Telemetry, VerdictKind};
use serde::{Deserialize, Serialize};

use crate::limits::SensorLimits;

/// A sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Sensor {
    Clock,
    AccessPressure,
    ReturnPressure,
    CentrifugePressure,
    PumpFlow(Pump),
    CentrifugeSpeed,
    ReturnAir,
    DrawClamp,
    ReturnClamp,
    Door,
    Leak,
    AnticoagulantDrops,
    AnticoagulantWeight,
    SalineWeight,
    ReservoirWeight,
    CollectOptics,
    PlasmaOptics,
    ChamberPicture,
    ReturnTemperature,
    Mains,
    HeartRate,
    Systolic,
    Saturation,
}

impl fmt::Display for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clock => "clock",
            Self::AccessPressure => "access pressure",
            Self::ReturnPressure => "return pressure",
            Self::CentrifugePressure => "centrifuge pressure",
            Self::PumpFlow(Pump::Inlet) => "inlet pump",
            Self::PumpFlow(Pump::Anticoagulant) => "anticoagulant pump",
            Self::PumpFlow(Pump::Plasma) => "plasma pump",
            Self::PumpFlow(Pump::Collect) => "collect pump",
            Self::CentrifugeSpeed => "centrifuge speed",
            Self::ReturnAir => "return air",
            Self::DrawClamp => "draw clamp",
            Self::ReturnClamp => "return clamp",
            Self::Door => "door",
            Self::Leak => "leak",
            Self::AnticoagulantDrops => "anticoagulant drop",
            Self::AnticoagulantWeight => "anticoagulant weight",
            Self::SalineWeight => "saline weight",
            Self::ReservoirWeight => "reservoir weight",
            Self::CollectOptics => "collect line optics",
            Self::PlasmaOptics => "plasma line optics",
            Self::ChamberPicture => "chamber picture",
            Self::ReturnTemperature => "return temperature",
            Self::Mains => "mains",
            Self::HeartRate => "heart rate",
            Self::Systolic => "blood pressure",
            Self::Saturation => "oxygen saturation",
        })
    }
}

/// The last good value of a sensor.
#[derive(Debug, Clone, Copy)]
struct Held<T> {
    value: Option<T>,
    taken_at: Instant,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { value: None, taken_at: Instant::START }
    }
}

impl<T: Copy> Held<T> {
    /// Takes a reading if it is good, and gives the last good one while it is no older than `age_us`.
    fn update(&mut self, now: Instant, reading: &Reading<T>, age_us: u64, good: impl FnOnce(&T) -> bool) -> Option<T> {
        if let Some(value) = reading.value
            && good(&value)
        {
            self.value = Some(value);
            self.taken_at = reading.taken_at.min(now);
        }
        self.value.filter(|_| now.micros_since(self.taken_at) <= age_us)
    }
}

/// What the sensors show now; `None` where nothing trustworthy is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) access_mmhg: Option<f64>,
    pub(crate) return_mmhg: Option<f64>,
    pub(crate) centrifuge_mmhg: Option<f64>,
    pub(crate) flows_ml_min: PumpFlows<Option<f64>>,
    pub(crate) speed_rpm: Option<f64>,
    pub(crate) return_air: Option<bool>,
    pub(crate) draw_clamp: Option<Clamp>,
    pub(crate) return_clamp: Option<Clamp>,
    pub(crate) door_locked: Option<bool>,
    pub(crate) leak: Option<bool>,
    pub(crate) mains: Option<bool>,
    pub(crate) drops: Option<u32>,
    pub(crate) anticoagulant_g: Option<f64>,
    pub(crate) saline_g: Option<f64>,
    pub(crate) reservoir_g: Option<f64>,
    pub(crate) temperature_c: Option<f64>,
    pub(crate) plasma_line: Option<f64>,
    pub(crate) guard: Option<VerdictKind>,
}

impl Seen {
    /// The first sensor without which no fluid may move between donor and machine that gives nothing.
    pub(crate) fn missing_vital(&self) -> Option<Sensor> {
        let flows = &self.flows_ml_min;
        let pumps =
            flows.inlet.is_some() & flows.anticoagulant.is_some() & flows.plasma.is_some() & flows.collect.is_some();
        let pressures = self.access_mmhg.is_some() & self.return_mmhg.is_some() & self.centrifuge_mmhg.is_some();
        let switches = self.draw_clamp.is_some() & self.return_clamp.is_some() & self.door_locked.is_some();
        let others = self.speed_rpm.is_some() & self.return_air.is_some() & self.leak.is_some();
        let all = pumps & pressures & switches & others & self.temperature_c.is_some();
        if all { None } else { self.first_missing() }
    }

    #[cold]
    fn first_missing(&self) -> Option<Sensor> {
        [
            (self.access_mmhg.is_none(), Sensor::AccessPressure),
            (self.return_mmhg.is_none(), Sensor::ReturnPressure),
            (self.centrifuge_mmhg.is_none(), Sensor::CentrifugePressure),
            (self.flows_ml_min.inlet.is_none(), Sensor::PumpFlow(Pump::Inlet)),
            (self.flows_ml_min.anticoagulant.is_none(), Sensor::PumpFlow(Pump::Anticoagulant)),
            (self.flows_ml_min.plasma.is_none(), Sensor::PumpFlow(Pump::Plasma)),
            (self.flows_ml_min.collect.is_none(), Sensor::PumpFlow(Pump::Collect)),
            (self.speed_rpm.is_none(), Sensor::CentrifugeSpeed),
            (self.return_air.is_none(), Sensor::ReturnAir),
            (self.draw_clamp.is_none(), Sensor::DrawClamp),
            (self.return_clamp.is_none(), Sensor::ReturnClamp),
            (self.door_locked.is_none(), Sensor::Door),
            (self.leak.is_none(), Sensor::Leak),
            (self.temperature_c.is_none(), Sensor::ReturnTemperature),
        ]
        .into_iter()
        .find_map(|(missing, sensor)| missing.then_some(sensor))
    }

    /// The pump's flow by its counter, zero when it gives nothing.
    pub(crate) fn flow(&self, pump: Pump) -> f64 {
        self.flows_ml_min.get(pump).unwrap_or(0.0)
    }

    /// Flow of blood from the vein by the counters: inlet less anticoagulant.
    pub(crate) fn blood_ml_min(&self) -> f64 {
        (self.flow(Pump::Inlet) - self.flow(Pump::Anticoagulant)).max(0.0)
    }
}

/// A new reading of the camera or the optics, given once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fresh<T> {
    pub(crate) value: T,
    pub(crate) taken_at: Instant,
}

/// The memory behind [`Seen`].
#[derive(Debug, Clone)]
pub(crate) struct Senses {
    limits: SensorLimits,
    fast_us: u64,
    slow_us: u64,
    access: Held<leuka_blood::quantity::Pressure>,
    return_: Held<leuka_blood::quantity::Pressure>,
    centrifuge: Held<leuka_blood::quantity::Pressure>,
    flows: PumpFlows<Held<leuka_blood::quantity::FlowRate>>,
    speed: Held<leuka_blood::quantity::RotationalSpeed>,
    air: Held<bool>,
    air_signal: Fraction,
    signal_moved_at: Instant,
    signal_sound_at: Instant,
    signal_now: Instant,
    draw_clamp: Held<Clamp>,
    return_clamp: Held<Clamp>,
    door: Held<bool>,
    leak: Held<bool>,
    mains: Held<bool>,
    drops: Held<u32>,
    anticoagulant: Held<Mass>,
    saline: Held<Mass>,
    reservoir: Held<Mass>,
    temperature: Held<leuka_blood::quantity::Temperature>,
    plasma_line: Held<leuka_blood::quantity::Fraction>,
    guard: Held<VerdictKind>,
    optics: Held<CollectOptics>,
    chamber: Held<Fraction>,
    camera_at: Instant,
    optics_at: Instant,
}

/// What an air detector receives through fluid, at the least and at the most.
const FLUID_LOW: f64 = 0.75;
const FLUID_HIGH: f64 = 1.25;
/// A detector that has been blind for so long, microseconds: safety design, hazard 2, within a second.
const BLIND_US: u64 = 500_000;

/// Microseconds of a span that a check has found small and positive.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates; spans are checked")]
pub(crate) const fn micros(span: TimeSpan) -> u64 {
    (span.seconds() * 1e6) as u64
}

impl Senses {
    pub(crate) fn new(limits: SensorLimits) -> Self {
        Self {
            limits,
            fast_us: micros(limits.fast_age),
            slow_us: micros(limits.slow_age),
            access: Held::default(),
            return_: Held::default(),
            centrifuge: Held::default(),
            flows: PumpFlows::default(),
            speed: Held::default(),
            air: Held::default(),
            air_signal: Fraction::ZERO,
            signal_moved_at: Instant::START,
            signal_sound_at: Instant::START,
            signal_now: Instant::START,
            draw_clamp: Held::default(),
            return_clamp: Held::default(),
            door: Held::default(),
            leak: Held::default(),
            mains: Held::default(),
            drops: Held::default(),
            anticoagulant: Held::default(),
            saline: Held::default(),
            reservoir: Held::default(),
            temperature: Held::default(),
            plasma_line: Held::default(),
            guard: Held::default(),
            optics: Held::default(),
            chamber: Held::default(),
            camera_at: Instant::START,
            optics_at: Instant::START,
        }
    }

    /// What the air detector receives is never still, and is that of fluid or that of air; otherwise it is blind.
    fn watch_air_signal(&mut self, telemetry: &Telemetry) {
        let signal = telemetry.return_air_signal.value.unwrap_or(Fraction::from_fraction(f64::NAN));
        let sees_air = signal.fraction() < 0.5;
        self.signal_now = telemetry.at;
        if signal != self.air_signal || sees_air {
            self.signal_moved_at = telemetry.at;
        }
        if sees_air || (FLUID_LOW..=FLUID_HIGH).contains(&signal.fraction()) {
            self.signal_sound_at = telemetry.at;
        }
        self.air_signal = signal;
    }

    /// True when the air detector could not see air.
    pub(crate) const fn air_detector_is_blind(&self) -> bool {
        let now = self.signal_now;
        now.micros_since(self.signal_moved_at) > BLIND_US || now.micros_since(self.signal_sound_at) > BLIND_US
    }

    /// Takes a telemetry frame.
    pub(crate) fn update(&mut self, telemetry: &Telemetry) -> Seen {
        self.watch_air_signal(telemetry);
        let (now, fast, slow, limits) = (telemetry.at, self.fast_us, self.slow_us, &self.limits);
        let flows = &mut self.flows;
        let mut flow = |pump: Pump| {
            let good = |flow: &_| limits.flow.contains(flow);
            flows.get_mut(pump).update(now, telemetry.pump_flows.get(pump), fast, good).map(|flow| flow.ml_min())
        };
        let flows_ml_min = PumpFlows {
            inlet: flow(Pump::Inlet),
            anticoagulant: flow(Pump::Anticoagulant),
            plasma: flow(Pump::Plasma),
            collect: flow(Pump::Collect),
        };
        let pressure = |held: &mut Held<_>, reading| {
            held.update(now, reading, fast, |value| limits.pressure.contains(value)).map(|pressure| pressure.mmhg())
        };
        let weight = |held: &mut Held<Mass>, reading| {
            held.update(now, reading, slow, |value| limits.weight.contains(value)).map(Mass::grams)
        };
        Seen {
            access_mmhg: pressure(&mut self.access, &telemetry.access_pressure),
            return_mmhg: pressure(&mut self.return_, &telemetry.return_pressure),
            centrifuge_mmhg: pressure(&mut self.centrifuge, &telemetry.centrifuge_pressure),
            flows_ml_min,
            speed_rpm: self
                .speed
                .update(now, &telemetry.centrifuge_speed, fast, |value| limits.speed.contains(value))
                .map(|speed| speed.rpm()),
            return_air: self.air.update(now, &telemetry.return_air, fast, |_| true),
            draw_clamp: self.draw_clamp.update(now, &telemetry.draw_clamp, fast, |_| true),
            return_clamp: self.return_clamp.update(now, &telemetry.return_clamp, fast, |_| true),
            door_locked: self.door.update(now, &telemetry.door_locked, fast, |_| true),
            leak: self.leak.update(now, &telemetry.leak, fast, |_| true),
            mains: self.mains.update(now, &telemetry.mains, slow, |_| true),
            drops: self.drops.update(now, &telemetry.anticoagulant_drops, slow, |_| true),
            anticoagulant_g: weight(&mut self.anticoagulant, &telemetry.weights.anticoagulant),
            saline_g: weight(&mut self.saline, &telemetry.weights.saline),
            reservoir_g: weight(&mut self.reservoir, &telemetry.weights.reservoir),
            temperature_c: self
                .temperature
                .update(now, &telemetry.return_temperature, slow, |value| limits.temperature.contains(value))
                .map(|temperature| temperature.celsius()),
            plasma_line: self
                .plasma_line
                .update(now, &telemetry.plasma_line_hematocrit, slow, |value| (0.0..=1.0).contains(&value.fraction()))
                .map(|hematocrit| hematocrit.fraction()),
            guard: self.guard.update(now, &telemetry.guard, fast, |_| true),
        }
    }

    /// The sensor of the channel's lines that gives nothing, besides the camera, whose loss the interface loop sees. For a
    /// look once a second while blood is separated.
    pub(crate) fn blind_in_the_channel(&mut self, telemetry: &Telemetry, seen: &Seen, chamber: bool) -> Option<Sensor> {
        let (now, slow) = (telemetry.at, self.slow_us);
        let part = |value: &Fraction| (0.0..=1.0).contains(&value.fraction());
        let optics = self.optics.update(now, &telemetry.collect_optics, slow, |optics| part(&optics.hematocrit));
        let load = self.chamber.update(now, &telemetry.chamber_load, slow, |load| load.is_finite());
        if optics.is_none() {
            Some(Sensor::CollectOptics)
        } else if seen.plasma_line.is_none() {
            Some(Sensor::PlasmaOptics)
        } else {
            (chamber && load.is_none()).then_some(Sensor::ChamberPicture)
        }
    }

    /// The camera's picture if it is new.
    pub(crate) fn new_picture(&mut self, telemetry: &Telemetry) -> Option<Fresh<CameraImage>> {
        fresh(&telemetry.camera, telemetry.at, &mut self.camera_at)
    }

    /// The collect optics' reading if it is new.
    pub(crate) fn new_optics(&mut self, telemetry: &Telemetry) -> Option<Fresh<CollectOptics>> {
        fresh(&telemetry.collect_optics, telemetry.at, &mut self.optics_at)
    }
}

fn fresh<T: Copy>(reading: &Reading<T>, now: Instant, last: &mut Instant) -> Option<Fresh<T>> {
    let taken_at = reading.taken_at.min(now);
    if taken_at == *last {
        return None;
    }
    *last = taken_at;
    reading.value.map(|value| Fresh { value, taken_at })
}
