//! The limit table: every number that the guard judges by, checked once and identified by a check sum.

use crc::{CRC_32_ISO_HDLC, Crc};
use leuka_blood::quantity::{
    FlowRate, Fraction, Length, Mass, MassConcentration, MassDensity, Pressure, RotationalSpeed, Temperature, TimeSpan,
    Volume,
};
use leuka_device::PumpFlows;

const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// What a sound sensor can say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorWindow<T> {
    /// Lowest value.
    pub low: T,
    /// Highest value.
    pub high: T,
    /// The longest time without a value.
    pub oldest: TimeSpan,
    /// The longest time with exactly the same value, for a sensor whose noise never stands still.
    pub stuck: Option<TimeSpan>,
}

/// Plausibility of the guard's own sensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SensorLimits {
    /// Access pressure.
    pub access_pressure: SensorWindow<Pressure>,
    /// Return pressure.
    pub return_pressure: SensorWindow<Pressure>,
    /// Revolution counters, each.
    pub pump_flow: SensorWindow<FlowRate>,
    /// Second tachometer.
    pub centrifuge_speed: SensorWindow<RotationalSpeed>,
    /// Scales, each.
    pub bag_weight: SensorWindow<Mass>,
    /// Vibration of the rotor.
    pub vibration: SensorWindow<Length>,
    /// Free haemoglobin of the plasma.
    pub plasma_hemoglobin: SensorWindow<MassConcentration>,
    /// Temperature of the blood that goes back.
    pub return_temperature: SensorWindow<Temperature>,
    /// The longest time without a word from clamp or door switch, leak detector, button or drop counter.
    pub switch_oldest: TimeSpan,
    /// The longest time without a word from the air detector.
    pub return_air_oldest: TimeSpan,
}

/// What no command may pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommandLimits {
    /// Greatest age of the last acceptable command.
    pub oldest: TimeSpan,
    /// Greatest flow of each pump.
    pub greatest_flow: PumpFlows<FlowRate>,
    /// Greatest speed of the centrifuge.
    pub greatest_speed: RotationalSpeed,
    /// Greatest temperature of the warmer.
    pub greatest_warmer: Temperature,
}

/// How far the guard's sensors and the commands may differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgreementLimits {
    /// Tolerated part of a commanded flow.
    pub flow_tolerance: Fraction,
    /// Tolerated flow where that part is less; a pump below it counts as standing still.
    pub flow_floor: FlowRate,
    /// How long a pump may differ by more.
    pub flow_lasts: TimeSpan,
    /// How long the return clamp may stand open when it must be closed.
    pub clamp_lasts: TimeSpan,
}

/// Hazards 1 and 2, air and a detector that cannot see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AirLimits {
    /// The least that the detector receives through fluid.
    pub signal_low: Fraction,
    /// The most that it receives through fluid.
    pub signal_high: Fraction,
    /// How long its signal may stand still, or lie outside what fluid and air make.
    pub signal_lasts: TimeSpan,
    /// The longest self-test of the detectors; air seen for longer latches.
    pub longest_test: TimeSpan,
    /// How long the detector may see air after a self-test.
    pub test_settles: TimeSpan,
}

/// Hazard 3, return occlusion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OcclusionLimits {
    /// Return pressure that stops at once.
    pub stop: Pressure,
    /// Return pressure above which a rise that flow does not explain is extrapolated.
    pub watch: Pressure,
    /// How far ahead; a pressure extrapolated beyond `stop` stops.
    pub look_ahead: TimeSpan,
    /// Rise of return pressure with return flow in a sound line, mmHg per mL/min.
    pub flow_resistance_mmhg_min_ml: f64,
}

/// Hazards 4 and 6: the return line is off the donor, or beside the vein.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnSideLimits {
    /// Pressure that a line open to the air takes, mmHg per mL/min.
    pub open_line_mmhg_min_ml: f64,
    /// A line in a vein takes at least this much more.
    pub off_margin: Pressure,
    /// Below this flow nothing is judged.
    pub least_flow: FlowRate,
    /// How long the pressure may be that of an open line.
    pub off_lasts: TimeSpan,
    /// Pressure over flow against its lowest: beyond this factor and
    pub rise_factor: f64,
    /// this pressure on top, the vein takes no more.
    pub rise: Pressure,
    /// How long it may be so.
    pub rise_lasts: TimeSpan,
}

/// Hazard 5: the draw access gives too little.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccessLimits {
    /// Suction (negative) beyond which a vein is shut.
    pub suction: Pressure,
    /// How long control has to do something about it.
    pub lasts: TimeSpan,
}

/// Hazards 16, 17 and 19: the rotor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RotorLimits {
    /// Part by which it may be faster than commanded.
    pub overspeed: Fraction,
    /// On top, for the tachometer.
    pub floor: RotationalSpeed,
    /// How long it may be faster.
    pub overspeed_lasts: TimeSpan,
    /// Time constant with which it is expected to slow down at the least.
    pub coast: TimeSpan,
    /// Amplitude of vibration that may not last.
    pub vibration: Length,
    /// How long it may last.
    pub vibration_lasts: TimeSpan,
    /// A slower rotor stands.
    pub stands: RotationalSpeed,
}

/// Hazards 18, 20, 21 and 22: the set and what is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetLimits {
    /// Free haemoglobin of the plasma.
    pub hemoglobin: MassConcentration,
    /// Temperature of the blood that goes back, looked ahead.
    pub temperature: Temperature,
    /// How far ahead.
    pub look_ahead: TimeSpan,
    /// How long blood may stand.
    pub standing: TimeSpan,
    /// Saline that clears the set of blood.
    pub flush: Volume,
}

/// Hazards 10, 11, 12 and 28: the bags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BagLimits {
    /// Change between two weighings that means another bag.
    pub bag_change: Mass,
    /// Density that the donor's gain and loss are reckoned with.
    pub fluid_density: MassDensity,
    /// Part of the pumped saline that its bag must lose in a prime.
    pub least_weighed: Fraction,
    /// Saline missing and anticoagulant lost, together, that mean that the bags hang on each other's line.
    pub wrong_line: Mass,
    /// What the first and the last weighing of all bags may be wrong by, together.
    pub scale_error: Mass,
    /// Saline that may leave its bag while blood is to be drawn.
    pub uncommanded: Mass,
    /// What the reservoir may hold beyond what is prescribed.
    pub reservoir_margin: Mass,
    /// A reservoir with less is empty: the next that comes from it is air.
    pub reservoir_least: Mass,
}

/// What depends on the donor and the prescription: set once, before the procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DonorLimits {
    /// Fluid that the donor may lose.
    pub most_deficit: Volume,
    /// Fluid that the donor may gain.
    pub most_surplus: Volume,
    /// Citrate in the anticoagulant, mmol/mL.
    pub citrate_mmol_ml: f64,
    /// Citrate that may go into the blood, mmol/min.
    pub most_citrate_mmol_min: f64,
    /// Starch solution that may be given in a day; `None` for another anticoagulant.
    pub most_starch: Option<Volume>,
    /// Part of the donor's blood that is in the set.
    pub extracorporeal: Fraction,
    /// The most of it without a prime of red cells.
    pub most_extracorporeal: Fraction,
    /// The reservoir of a set with one needle; `None`: no valve may turn to one.
    pub reservoir: Option<ReservoirLimits>,
}

/// The reservoir of a set with one needle: what its bag may weigh, tare included, and what it does to citrate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReservoirLimits {
    /// At the most.
    pub most: Mass,
    /// At the least while it is drawn from.
    pub least: Mass,
    /// Anticoagulant beyond the citrate limit that one filling may bring: the limit is for whole turns.
    pub at_once: Volume,
}

/// Anticoagulant beyond the citrate limit in a filling, of its volume: half of what the richest ratio, 6, makes, and 15 %
/// for pumps and drops.
const AT_ONCE: f64 = 0.5 / 6.0 * 1.15;

/// What the guard itself never passes, whatever is prescribed; [`DonorLimits`] follow from it and the donor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbsoluteLimits {
    /// Citrate for body weight, mmol/kg/min.
    pub citrate_mmol_kg_min: f64,
    /// Starch solution in a day for body weight, mL/kg.
    pub starch_ml_kg: f64,
    /// Anticoagulant beyond what was asked for, mL for each kg of body weight.
    pub excess_ml_kg: f64,
    /// Fluid lost or gained, of the donor's blood volume.
    pub fluid: Fraction,
}

/// What is prescribed for a donor, as far as the guard judges by it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entered {
    /// Body weight.
    pub weight: Mass,
    /// Total blood volume.
    pub tbv: Volume,
    /// Fluid that the donor may lose.
    pub deficit: Volume,
    /// Fluid that the donor may gain.
    pub surplus: Volume,
    /// Citrate rate, mmol/kg/min.
    pub citrate_mmol_kg_min: f64,
    /// Citrate in the anticoagulant, mmol/mL.
    pub citrate_mmol_ml: f64,
    /// The anticoagulant's density.
    pub density: MassDensity,
    /// Starch solution in a day, where the anticoagulant is one.
    pub starch: Option<Volume>,
    /// The donor's blood in the set; zero with a prime of red cells.
    pub extracorporeal: Volume,
    /// Part of the blood volume that may be in the set.
    pub most_extracorporeal: Fraction,
    /// What the reservoir is to hold, and the weight of its empty bag, in a set with one needle.
    pub reservoir: Option<(Volume, Mass)>,
}

/// Hazards 7 and 8: too little and too much anticoagulant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnticoagulantLimits {
    /// Part of the expected anticoagulant that may be missing.
    pub tolerance: Fraction,
    /// Volume that may be missing beyond that part.
    pub deficit: Volume,
    /// Time without a drop, and
    pub no_drop_for: TimeSpan,
    /// number of drops due, that together mean there is no flow.
    pub no_drop_count: f64,
    /// Volume of a drop.
    pub drop: Volume,
    /// Density of the anticoagulant.
    pub density: MassDensity,
    /// Highest inlet to anticoagulant ratio: with less anticoagulant than this nobody may be drawn from, whatever is
    /// commanded.
    pub highest_ratio: f64,
    /// Change of weight that means another bag while nothing is drawn.
    pub bag_change: Mass,
    /// Part of the anticoagulant asked for by which more may come.
    pub excess_tolerance: Fraction,
    /// Volume that may come beyond that part, and
    pub excess: Volume,
    /// the same as a part of what is asked for in half a minute; the larger of the two counts.
    pub excess_share: Fraction,
}

/// All of the guard's limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitTable {
    /// The guard's own sensors.
    pub sensors: SensorLimits,
    /// Commands.
    pub commands: CommandLimits,
    /// Sensors against commands.
    pub agreement: AgreementLimits,
    /// The longest step of time from one frame of telemetry to the next.
    pub longest_step: TimeSpan,
    /// Hazards 1 and 2.
    pub air: AirLimits,
    /// Hazard 3.
    pub occlusion: OcclusionLimits,
    /// Hazards 4 and 6.
    pub return_side: ReturnSideLimits,
    /// Hazard 5.
    pub access: AccessLimits,
    /// Hazards 7 and 8.
    pub anticoagulant: AnticoagulantLimits,
    /// Hazards 10, 11, 12 and 28.
    pub bags: BagLimits,
    /// Hazards 16, 17 and 19.
    pub rotor: RotorLimits,
    /// Hazards 18, 20, 21 and 22.
    pub set: SetLimits,
    /// What is never passed, whatever is prescribed.
    pub absolute: AbsoluteLimits,
    /// Hazards 9, 11, 12, 13 and 28 for the donor at hand.
    pub donor: DonorLimits,
}

/// Why a limit table was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LimitError {
    /// A value with which the guard would not protect or not let anything run.
    #[error("the guard's limit `{name}` is {value}: it must lie within {low} and {high}")]
    Range {
        /// The limit's name.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The lowest value accepted.
        low: f64,
        /// The highest value accepted.
        high: f64,
    },
    /// Two limits in the wrong order.
    #[error("the guard's limit `{lower}` must be less than `{upper}`")]
    Order {
        /// The one that must be less.
        lower: &'static str,
        /// The other.
        upper: &'static str,
    },
}

impl LimitTable {
    /// The table for a donor: what is entered counts as far as it is stricter than the guard's own absolute limits.
    #[must_use]
    pub fn for_donor(mut self, entered: &Entered) -> Self {
        let (own, kg) = (self.absolute, entered.weight.kg());
        let most_fluid = entered.tbv * own.fluid.fraction();
        self.donor = DonorLimits {
            most_deficit: entered.deficit.min(most_fluid),
            most_surplus: entered.surplus.min(most_fluid),
            citrate_mmol_ml: entered.citrate_mmol_ml,
            most_citrate_mmol_min: entered.citrate_mmol_kg_min.min(own.citrate_mmol_kg_min) * kg,
            most_starch: entered.starch.map(|entered| entered.min(Volume::from_ml(own.starch_ml_kg * kg))),
            extracorporeal: Fraction::from_fraction(entered.extracorporeal / entered.tbv),
            most_extracorporeal: entered.most_extracorporeal,
            reservoir: entered.reservoir.map(|(volume, tare)| ReservoirLimits {
                most: tare + self.bags.fluid_density * volume + self.bags.reservoir_margin,
                least: tare + self.bags.reservoir_least,
                at_once: volume * AT_ONCE,
            }),
        };
        self.anticoagulant.density = entered.density;
        self.anticoagulant.excess = self.anticoagulant.excess.min(Volume::from_ml(own.excess_ml_kg * kg));
        self
    }

    /// Accepts a table with which the guard can do its work. The bounds are wide: they catch a wrong unit or a limit
    /// that protects nobody, not a doubtful choice.
    ///
    /// # Errors
    /// Names the first limit that is NaN, outside its bounds or out of order.
    pub fn check(&self) -> Result<(), LimitError> {
        let mut found = Ok(());
        self.each(|name, value, low, high| {
            if found.is_ok() && !(low..=high).contains(&value) {
                found = Err(LimitError::Range { name, value, low, high });
            }
        });
        found?;
        ordered(&self.sensors.access_pressure, "access_pressure.low", "access_pressure.high")?;
        ordered(&self.sensors.return_pressure, "return_pressure.low", "return_pressure.high")?;
        ordered(&self.sensors.pump_flow, "pump_flow.low", "pump_flow.high")?;
        ordered(&self.sensors.centrifuge_speed, "centrifuge_speed.low", "centrifuge_speed.high")?;
        ordered(&self.sensors.bag_weight, "bag_weight.low", "bag_weight.high")?;
        ordered(&self.sensors.vibration, "vibration.low", "vibration.high")?;
        ordered(&self.sensors.plasma_hemoglobin, "plasma_hemoglobin.low", "plasma_hemoglobin.high")?;
        ordered(&self.sensors.return_temperature, "return_temperature.low", "return_temperature.high")?;
        less(self.occlusion.watch, self.occlusion.stop, "return_pressure.watch", "return_pressure.stop")?;
        less(self.occlusion.stop, self.sensors.return_pressure.high, "return_pressure.stop", "return_pressure.high")
    }

    /// CRC-32 (ISO-HDLC) over all values in the order of the struct, as little-endian IEEE 754 doubles in base units.
    #[must_use]
    pub fn crc(&self) -> u32 {
        let mut digest = CRC.digest();
        self.each(|_, value, _, _| digest.update(&value.to_le_bytes()));
        digest.finalize()
    }

    /// Shows every value to `see` with its name and the bounds that [`Self::check`] holds it to.
    fn each(&self, mut see: impl FnMut(&'static str, f64, f64, f64)) {
        let Self { sensors, commands, agreement, longest_step, air, occlusion, anticoagulant, .. } = self;
        window(&mut see, "access_pressure", &sensors.access_pressure, Pressure::mmhg, 1000.0);
        window(&mut see, "return_pressure", &sensors.return_pressure, Pressure::mmhg, 1000.0);
        window(&mut see, "pump_flow", &sensors.pump_flow, FlowRate::ml_min, 1000.0);
        window(&mut see, "centrifuge_speed", &sensors.centrifuge_speed, RotationalSpeed::rpm, 10_000.0);
        window(&mut see, "bag_weight", &sensors.bag_weight, Mass::grams, 20_000.0);
        see("switch.oldest", sensors.switch_oldest.seconds(), 0.01, 5.0);
        see("return_air.oldest", sensors.return_air_oldest.seconds(), 0.01, 0.2);
        see("command.oldest", commands.oldest.seconds(), 0.05, 1.0);
        see("command.greatest_inlet", commands.greatest_flow.inlet.ml_min(), 1.0, 300.0);
        see("command.greatest_anticoagulant", commands.greatest_flow.anticoagulant.ml_min(), 0.1, 100.0);
        see("command.greatest_plasma", commands.greatest_flow.plasma.ml_min(), 1.0, 300.0);
        see("command.greatest_collect", commands.greatest_flow.collect.ml_min(), 0.1, 300.0);
        see("command.greatest_speed", commands.greatest_speed.rpm(), 100.0, 10_000.0);
        see("command.greatest_warmer", commands.greatest_warmer.celsius(), 20.0, 42.0);
        see("agreement.flow_tolerance", agreement.flow_tolerance.fraction(), 0.01, 0.5);
        see("agreement.flow_floor", agreement.flow_floor.ml_min(), 0.01, 10.0);
        see("agreement.flow_lasts", agreement.flow_lasts.seconds(), 0.05, 30.0);
        see("agreement.clamp_lasts", agreement.clamp_lasts.seconds(), 0.05, 5.0);
        see("time.longest_step", longest_step.seconds(), 0.05, 1.0);
        see("return_air.longest_test", air.longest_test.seconds(), 0.1, 60.0);
        see("return_air.test_settles", air.test_settles.seconds(), 0.0, 2.0);
        see("return_pressure.stop", occlusion.stop.mmhg(), 20.0, 500.0);
        see("return_pressure.watch", occlusion.watch.mmhg(), 10.0, 500.0);
        see("return_pressure.look_ahead", occlusion.look_ahead.seconds(), 0.0, 5.0);
        see("return_pressure.flow_resistance", occlusion.flow_resistance_mmhg_min_ml, 0.0, 20.0);
        see("anticoagulant.tolerance", anticoagulant.tolerance.fraction(), 0.0, 0.5);
        see("anticoagulant.deficit", anticoagulant.deficit.ml(), 0.5, 20.0);
        see("anticoagulant.no_drop_for", anticoagulant.no_drop_for.seconds(), 1.0, 60.0);
        see("anticoagulant.no_drop_count", anticoagulant.no_drop_count, 1.0, 20.0);
        see("anticoagulant.drop", anticoagulant.drop.ml(), 0.01, 0.2);
        see("anticoagulant.density", anticoagulant.density.g_ml(), 0.95, 1.1);
        see("anticoagulant.highest_ratio", anticoagulant.highest_ratio, 2.0, 100.0);
        see("anticoagulant.bag_change", anticoagulant.bag_change.grams(), 5.0, 200.0);
        see("anticoagulant.excess_tolerance", anticoagulant.excess_tolerance.fraction(), 0.0, 0.5);
        see("anticoagulant.excess", anticoagulant.excess.ml(), 0.2, 20.0);
        see("anticoagulant.excess_share", anticoagulant.excess_share.fraction(), 0.0, 1.0);
        window(&mut see, "vibration", &sensors.vibration, Length::mm, 100.0);
        window(&mut see, "plasma_hemoglobin", &sensors.plasma_hemoglobin, MassConcentration::g_l, 100.0);
        window(&mut see, "return_temperature", &sensors.return_temperature, Temperature::celsius, 100.0);
        see("return_air.signal_low", air.signal_low.fraction(), 0.5, 1.0);
        see("return_air.signal_high", air.signal_high.fraction(), 1.0, 2.0);
        see("return_air.signal_lasts", air.signal_lasts.seconds(), 0.05, 1.0);
        self.each_of_flow_and_rotor(&mut see);
        self.each_of_set_and_donor(&mut see);
    }

    fn each_of_flow_and_rotor(&self, see: &mut impl FnMut(&'static str, f64, f64, f64)) {
        let Self { return_side: side, access, rotor, .. } = self;
        see("return_side.open_line", side.open_line_mmhg_min_ml, 0.0, 20.0);
        see("return_side.off_margin", side.off_margin.mmhg(), 0.5, 50.0);
        see("return_side.least_flow", side.least_flow.ml_min(), 0.1, 20.0);
        see("return_side.off_lasts", side.off_lasts.seconds(), 0.1, 5.0);
        see("return_side.rise_factor", side.rise_factor, 1.0, 20.0);
        see("return_side.rise", side.rise.mmhg(), 1.0, 300.0);
        see("return_side.rise_lasts", side.rise_lasts.seconds(), 0.1, 120.0);
        see("access.suction", access.suction.mmhg(), -500.0, -20.0);
        see("access.lasts", access.lasts.seconds(), 0.5, 60.0);
        see("rotor.overspeed", rotor.overspeed.fraction(), 0.01, 0.5);
        see("rotor.floor", rotor.floor.rpm(), 0.0, 200.0);
        see("rotor.overspeed_lasts", rotor.overspeed_lasts.seconds(), 0.0, 0.5);
        see("rotor.coast", rotor.coast.seconds(), 1.0, 3600.0);
        see("rotor.vibration", rotor.vibration.mm(), 0.01, 10.0);
        see("rotor.vibration_lasts", rotor.vibration_lasts.seconds(), 0.0, 1.0);
        see("rotor.stands", rotor.stands.rpm(), 0.0, 100.0);
    }

    fn each_of_set_and_donor(&self, see: &mut impl FnMut(&'static str, f64, f64, f64)) {
        let Self { set, bags, absolute, donor, .. } = self;
        see("set.hemoglobin", set.hemoglobin.g_l(), 0.05, 10.0);
        see("set.temperature", set.temperature.celsius(), 30.0, 42.0);
        see("set.look_ahead", set.look_ahead.seconds(), 0.0, 60.0);
        see("set.standing", set.standing.seconds(), 10.0, 1800.0);
        see("set.flush", set.flush.ml(), 1.0, 1000.0);
        see("bags.bag_change", bags.bag_change.grams(), 5.0, 200.0);
        see("bags.fluid_density", bags.fluid_density.g_ml(), 0.95, 1.1);
        see("bags.least_weighed", bags.least_weighed.fraction(), 0.1, 1.0);
        see("bags.wrong_line", bags.wrong_line.grams(), 2.0, 100.0);
        see("bags.scale_error", bags.scale_error.grams(), 0.0, 50.0);
        see("bags.uncommanded", bags.uncommanded.grams(), 2.0, 500.0);
        see("bags.reservoir_margin", bags.reservoir_margin.grams(), 5.0, 100.0);
        see("bags.reservoir_least", bags.reservoir_least.grams(), 1.0, 50.0);
        see("absolute.citrate", absolute.citrate_mmol_kg_min, 1e-4, 0.1);
        see("absolute.starch", absolute.starch_ml_kg, 0.0, 100.0);
        see("absolute.excess", absolute.excess_ml_kg, 0.01, 1.0);
        see("absolute.fluid", absolute.fluid.fraction(), 0.01, 1.0);
        see("donor.deficit", donor.most_deficit.ml(), 1.0, 10_000.0);
        see("donor.surplus", donor.most_surplus.ml(), 1.0, 10_000.0);
        see("donor.citrate", donor.citrate_mmol_ml, 0.0, 2.0);
        see("donor.most_citrate", donor.most_citrate_mmol_min, 0.0, 20.0);
        see("donor.starch", donor.most_starch.map_or(f64::INFINITY, Volume::ml), 0.0, f64::INFINITY);
        see("donor.extracorporeal", donor.extracorporeal.fraction(), 0.0, 10.0);
        see("donor.most_extracorporeal", donor.most_extracorporeal.fraction(), 0.01, 1.0);
        let reservoir = |value: fn(&ReservoirLimits) -> f64| donor.reservoir.as_ref().map_or(0.0, value);
        see("donor.reservoir_most", reservoir(|limits| limits.most.grams()), 0.0, 2000.0);
        see("donor.reservoir_least", reservoir(|limits| limits.least.grams()), 0.0, 2000.0);
        see("donor.reservoir_at_once", reservoir(|limits| limits.at_once.ml()), 0.0, 200.0);
    }
}

/// Shows a sensor's window; a sensor not judged for being stuck counts as one that may be stuck for ever.
fn window<T: Copy>(
    see: &mut impl FnMut(&'static str, f64, f64, f64),
    name: &'static str,
    window: &SensorWindow<T>,
    number: impl Fn(T) -> f64,
    bound: f64,
) {
    see(name, number(window.low), -bound, bound);
    see(name, number(window.high), -bound, bound);
    see(name, window.oldest.seconds(), 0.01, 10.0);
    see(name, window.stuck.map_or(f64::INFINITY, TimeSpan::seconds), 0.1, f64::INFINITY);
}

fn ordered<T: PartialOrd + Copy>(
    window: &SensorWindow<T>,
    lower: &'static str,
    upper: &'static str,
) -> Result<(), LimitError> {
    less(window.low, window.high, lower, upper)
}

fn less<T: PartialOrd>(low: T, high: T, lower: &'static str, upper: &'static str) -> Result<(), LimitError> {
    if low < high { Ok(()) } else { Err(LimitError::Order { lower, upper }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> LimitTable {
        LimitTable::embedded().unwrap()
    }

    #[test]
    fn the_published_table_is_accepted() {
        assert_eq!(table().check(), Ok(()));
    }

    #[test]
    fn a_table_that_protects_nobody_is_refused_by_name() {
        let mut wrong = table();
        wrong.occlusion.stop = Pressure::from_mmhg(f64::NAN);
        assert!(matches!(wrong.check(), Err(LimitError::Range { name: "return_pressure.stop", .. })));
        wrong.occlusion.stop = Pressure::from_mmhg(300.0);
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "the guard's limit `return_pressure.watch` must be less than `return_pressure.stop`"
        );
        let mut wrong = table();
        wrong.sensors.return_air_oldest = TimeSpan::from_seconds(2.0);
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "the guard's limit `return_air.oldest` is 2: it must lie within 0.01 and 0.2"
        );
    }

    #[test]
    fn every_value_changes_the_check_sum() {
        let mut count = 0;
        table().each(|_, _, _, _| count += 1);
        assert_eq!(count, 8 * 4 + 28 + 3 + 3 + 16 + 27);
        let mut other = table();
        other.anticoagulant.bag_change = Mass::from_grams(20.000_001);
        assert_ne!(other.crc(), table().crc());
        other = table();
        other.sensors.access_pressure.low = Pressure::from_mmhg(-499.0);
        assert_ne!(other.crc(), table().crc());
    }

    #[test]
    fn the_check_sum_is_the_standard_crc_32_of_the_doubles() {
        // Bit by bit from the definition: reflected polynomial 0xEDB88320, all ones before and after.
        let mut expected = u32::MAX;
        table().each(|_, value, _, _| {
            for byte in value.to_le_bytes() {
                expected ^= u32::from(byte);
                for _ in 0..8 {
                    expected = if expected & 1 == 1 { (expected >> 1) ^ 0xEDB8_8320 } else { expected >> 1 };
                }
            }
        });
        assert_eq!(table().crc(), !expected);
    }
}
