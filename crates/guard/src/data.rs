//! The limit table as a parameter file, `data/guard.toml`.

use leuka_blood::parameters::{Error, ParameterFile, Reader};
use leuka_blood::quantity::{
    FlowRate, Fraction, Length, Mass, MassConcentration, MassDensity, Pressure, RotationalSpeed, Temperature, TimeSpan,
    Volume,
};
use leuka_device::PumpFlows;

use crate::limits::{
    AbsoluteLimits, AccessLimits, AgreementLimits, AirLimits, AnticoagulantLimits, BagLimits, CommandLimits,
    DonorLimits, LimitTable, OcclusionLimits, ReturnSideLimits, RotorLimits, SensorLimits, SensorWindow, SetLimits,
};

impl LimitTable {
    /// The file that the crate is published with: limits for an adult.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("guard.toml", include_str!("../data/guard.toml"))
    }

    /// The limits that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded() -> Result<Self, Error> {
        Self::from_file(&Self::embedded_file()?)
    }

    /// Reads a limit table; [`LimitTable::check`] judges its values.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit or unknown.
    pub fn from_file(file: &ParameterFile) -> Result<Self, Error> {
        file.read(|reader| {
            Ok(Self {
                sensors: sensors(reader)?,
                commands: commands(reader)?,
                agreement: AgreementLimits {
                    flow_tolerance: Fraction::from_fraction(reader.number("agreement.flow_tolerance", "1")?),
                    flow_floor: flow(reader, "agreement.flow_floor")?,
                    flow_lasts: span(reader, "agreement.flow_lasts")?,
                    clamp_lasts: span(reader, "agreement.clamp_lasts")?,
                },
                longest_step: span(reader, "time.longest_step")?,
                air: AirLimits {
                    signal_low: Fraction::from_fraction(reader.number("return_air.signal_low", "1")?),
                    signal_high: Fraction::from_fraction(reader.number("return_air.signal_high", "1")?),
                    signal_lasts: span(reader, "return_air.signal_lasts")?,
                    longest_test: span(reader, "return_air.longest_test")?,
                    test_settles: span(reader, "return_air.test_settles")?,
                },
                occlusion: OcclusionLimits {
                    stop: pressure(reader, "return_pressure.stop")?,
                    watch: pressure(reader, "return_pressure.watch")?,
                    look_ahead: span(reader, "return_pressure.look_ahead")?,
                    flow_resistance_mmhg_min_ml: reader.number("return_pressure.flow_resistance", "mmHg/(mL/min)")?,
                },
                return_side: ReturnSideLimits {
                    open_line_mmhg_min_ml: reader.number("return_side.open_line", "mmHg/(mL/min)")?,
                    off_margin: pressure(reader, "return_side.off_margin")?,
                    least_flow: flow(reader, "return_side.least_flow")?,
                    off_lasts: span(reader, "return_side.off_lasts")?,
                    rise_factor: reader.number("return_side.rise_factor", "1")?,
                    rise: pressure(reader, "return_side.rise")?,
                    rise_lasts: span(reader, "return_side.rise_lasts")?,
                },
                access: AccessLimits {
                    suction: pressure(reader, "access.suction")?,
                    lasts: span(reader, "access.lasts")?,
                },
                anticoagulant: anticoagulant(reader)?,
                bags: bags(reader)?,
                rotor: rotor(reader)?,
                set: SetLimits {
                    hemoglobin: MassConcentration::from_g_l(reader.number("set.hemoglobin", "g/L")?),
                    temperature: Temperature::from_celsius(reader.number("set.temperature", "C")?),
                    look_ahead: span(reader, "set.look_ahead")?,
                    standing: span(reader, "set.standing")?,
                    flush: Volume::from_ml(reader.number("set.flush", "mL")?),
                },
                absolute: AbsoluteLimits {
                    citrate_mmol_kg_min: reader.number("absolute.citrate", "mmol/kg/min")?,
                    starch_ml_kg: reader.number("absolute.starch", "mL/kg")?,
                    excess_ml_kg: reader.number("absolute.excess", "mL/kg")?,
                    fluid: Fraction::from_fraction(reader.number("absolute.fluid", "1")?),
                },
                donor: DonorLimits {
                    most_deficit: Volume::from_ml(reader.number("donor.deficit", "mL")?),
                    most_surplus: Volume::from_ml(reader.number("donor.surplus", "mL")?),
                    citrate_mmol_ml: reader.number("donor.citrate", "mmol/mL")?,
                    most_citrate_mmol_min: reader.number("donor.most_citrate", "mmol/min")?,
                    most_starch: None,
                    extracorporeal: Fraction::from_fraction(reader.number("donor.extracorporeal", "1")?),
                    most_extracorporeal: Fraction::from_fraction(reader.number("donor.most_extracorporeal", "1")?),
                    reservoir: None,
                },
            })
        })
    }
}

fn bags(reader: &mut Reader<'_>) -> Result<BagLimits, Error> {
    Ok(BagLimits {
        bag_change: Mass::from_grams(reader.number("bags.bag_change", "g")?),
        fluid_density: MassDensity::from_g_ml(reader.number("bags.fluid_density", "g/mL")?),
        least_weighed: Fraction::from_fraction(reader.number("bags.least_weighed", "1")?),
        wrong_line: Mass::from_grams(reader.number("bags.wrong_line", "g")?),
        scale_error: Mass::from_grams(reader.number("bags.scale_error", "g")?),
        uncommanded: Mass::from_grams(reader.number("bags.uncommanded", "g")?),
        reservoir_margin: Mass::from_grams(reader.number("bags.reservoir_margin", "g")?),
        reservoir_least: Mass::from_grams(reader.number("bags.reservoir_least", "g")?),
    })
}

fn rotor(reader: &mut Reader<'_>) -> Result<RotorLimits, Error> {
    Ok(RotorLimits {
        overspeed: Fraction::from_fraction(reader.number("rotor.overspeed", "1")?),
        floor: RotationalSpeed::from_rpm(reader.number("rotor.floor", "rpm")?),
        overspeed_lasts: span(reader, "rotor.overspeed_lasts")?,
        coast: span(reader, "rotor.coast")?,
        vibration: Length::from_mm(reader.number("rotor.vibration", "mm")?),
        vibration_lasts: span(reader, "rotor.vibration_lasts")?,
        stands: RotationalSpeed::from_rpm(reader.number("rotor.stands", "rpm")?),
    })
}

fn sensors(reader: &mut Reader<'_>) -> Result<SensorLimits, Error> {
    Ok(SensorLimits {
        access_pressure: SensorWindow {
            low: pressure(reader, "access_pressure.low")?,
            high: pressure(reader, "access_pressure.high")?,
            oldest: span(reader, "access_pressure.oldest")?,
            stuck: Some(span(reader, "access_pressure.stuck")?),
        },
        return_pressure: SensorWindow {
            low: pressure(reader, "return_pressure.low")?,
            high: pressure(reader, "return_pressure.high")?,
            oldest: span(reader, "return_pressure.oldest")?,
            stuck: Some(span(reader, "return_pressure.stuck")?),
        },
        pump_flow: SensorWindow {
            low: flow(reader, "pump_flow.low")?,
            high: flow(reader, "pump_flow.high")?,
            oldest: span(reader, "pump_flow.oldest")?,
            stuck: None,
        },
        centrifuge_speed: SensorWindow {
            low: RotationalSpeed::from_rpm(reader.number("centrifuge_speed.low", "rpm")?),
            high: RotationalSpeed::from_rpm(reader.number("centrifuge_speed.high", "rpm")?),
            oldest: span(reader, "centrifuge_speed.oldest")?,
            stuck: None,
        },
        bag_weight: SensorWindow {
            low: Mass::from_grams(reader.number("bag_weight.low", "g")?),
            high: Mass::from_grams(reader.number("bag_weight.high", "g")?),
            oldest: span(reader, "bag_weight.oldest")?,
            stuck: Some(span(reader, "bag_weight.stuck")?),
        },
        vibration: SensorWindow {
            low: Length::from_mm(reader.number("vibration.low", "mm")?),
            high: Length::from_mm(reader.number("vibration.high", "mm")?),
            oldest: span(reader, "vibration.oldest")?,
            stuck: None,
        },
        plasma_hemoglobin: SensorWindow {
            low: MassConcentration::from_g_l(reader.number("plasma_hemoglobin.low", "g/L")?),
            high: MassConcentration::from_g_l(reader.number("plasma_hemoglobin.high", "g/L")?),
            oldest: span(reader, "plasma_hemoglobin.oldest")?,
            stuck: None,
        },
        return_temperature: SensorWindow {
            low: Temperature::from_celsius(reader.number("return_temperature.low", "C")?),
            high: Temperature::from_celsius(reader.number("return_temperature.high", "C")?),
            oldest: span(reader, "return_temperature.oldest")?,
            stuck: Some(span(reader, "return_temperature.stuck")?),
        },
        switch_oldest: span(reader, "switch.oldest")?,
        return_air_oldest: span(reader, "return_air.oldest")?,
    })
}

fn commands(reader: &mut Reader<'_>) -> Result<CommandLimits, Error> {
    Ok(CommandLimits {
        oldest: span(reader, "command.oldest")?,
        greatest_flow: PumpFlows {
            inlet: flow(reader, "command.greatest_inlet")?,
            anticoagulant: flow(reader, "command.greatest_anticoagulant")?,
            plasma: flow(reader, "command.greatest_plasma")?,
            collect: flow(reader, "command.greatest_collect")?,
        },
        greatest_speed: RotationalSpeed::from_rpm(reader.number("command.greatest_speed", "rpm")?),
        greatest_warmer: Temperature::from_celsius(reader.number("command.greatest_warmer", "C")?),
    })
}

fn anticoagulant(reader: &mut Reader<'_>) -> Result<AnticoagulantLimits, Error> {
    Ok(AnticoagulantLimits {
        tolerance: Fraction::from_fraction(reader.number("anticoagulant.tolerance", "1")?),
        deficit: Volume::from_ml(reader.number("anticoagulant.deficit", "mL")?),
        no_drop_for: span(reader, "anticoagulant.no_drop_for")?,
        no_drop_count: reader.number("anticoagulant.no_drop_count", "1")?,
        drop: Volume::from_ml(reader.number("anticoagulant.drop", "mL")?),
        density: MassDensity::from_g_ml(reader.number("anticoagulant.density", "g/mL")?),
        highest_ratio: reader.number("anticoagulant.highest_ratio", "1")?,
        bag_change: Mass::from_grams(reader.number("anticoagulant.bag_change", "g")?),
        excess_tolerance: Fraction::from_fraction(reader.number("anticoagulant.excess_tolerance", "1")?),
        excess: Volume::from_ml(reader.number("anticoagulant.excess", "mL")?),
        excess_share: Fraction::from_fraction(reader.number("anticoagulant.excess_share", "1")?),
    })
}

fn span(reader: &mut Reader<'_>, path: &str) -> Result<TimeSpan, Error> {
    reader.number(path, "s").map(TimeSpan::from_seconds)
}

fn flow(reader: &mut Reader<'_>, path: &str) -> Result<FlowRate, Error> {
    reader.number(path, "mL/min").map(FlowRate::from_ml_min)
}

fn pressure(reader: &mut Reader<'_>, path: &str) -> Result<Pressure, Error> {
    reader.number(path, "mmHg").map(Pressure::from_mmhg)
}
