//! The limit table as a parameter file, `data/guard.toml`.

use leuka_blood::parameters::{Error, ParameterFile, Reader};
use leuka_blood::quantity::{
    FlowRate, Fraction, Mass, MassDensity, Pressure, RotationalSpeed, Temperature, TimeSpan, Volume,
};
use leuka_device::PumpFlows;

use crate::limits::{
    AgreementLimits, AirLimits, AnticoagulantLimits, CommandLimits, LimitTable, OcclusionLimits, SensorLimits,
    SensorWindow,
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
                    longest_test: span(reader, "return_air.longest_test")?,
                    test_settles: span(reader, "return_air.test_settles")?,
                },
                occlusion: OcclusionLimits {
                    stop: pressure(reader, "return_pressure.stop")?,
                    watch: pressure(reader, "return_pressure.watch")?,
                    look_ahead: span(reader, "return_pressure.look_ahead")?,
                    flow_resistance_mmhg_min_ml: reader.number("return_pressure.flow_resistance", "mmHg/(mL/min)")?,
                },
                anticoagulant: anticoagulant(reader)?,
            })
        })
    }
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
