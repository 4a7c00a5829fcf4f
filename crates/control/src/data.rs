//! Defaults of limits, times and gains, from `data/control.toml`. A protocol replaces what it names.

use leuka_blood::ThreeTier;
use leuka_blood::parameters::{Error, ParameterFile, Reader};
use leuka_blood::quantity::{
    CellConcentration, Concentration, FlowRate, Fraction, Frequency, Length, Mass, MassConcentration, MassDensity,
    Pressure, RotationalSpeed, Temperature, TimeSpan, Volume,
};
use leuka_device::PumpFlows;

use crate::limits::{EligibilityLimits, Limits, SelfTestLimits, SensorLimits, Times, Window};
use crate::tuning::{CollectTuning, ControlTuning, HandlingTuning, InletTuning, InterfaceTuning};

/// Defaults of everything that a protocol need not name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Limits of the running procedure; the fluid tiers are for the total blood volume that was given.
    pub limits: Limits,
    /// Limits of the self-test and the pressure test.
    pub self_test: SelfTestLimits,
    /// Plausibility and age of the sensors.
    pub sensors: SensorLimits,
    /// How long each step may take.
    pub times: Times,
    /// Gains of the control loops.
    pub tuning: ControlTuning,
}

impl Parameters {
    /// The file that the crate is published with.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded_file() -> Result<ParameterFile, Error> {
        ParameterFile::parse("control.toml", include_str!("../data/control.toml"))
    }

    /// The values that the crate is published with, for a donor of this blood volume.
    ///
    /// # Errors
    /// None for the file as published; a test reads it.
    pub fn embedded(tbv: Volume) -> Result<Self, Error> {
        Self::from_file(&Self::embedded_file()?, tbv)
    }

    /// Reads a parameter file; [`Prescription::check`](crate::Prescription::check) judges its values.
    ///
    /// # Errors
    /// Names the entry that is missing, in the wrong unit or unknown.
    pub fn from_file(file: &ParameterFile, tbv: Volume) -> Result<Self, Error> {
        file.read(|reader| {
            Ok(Self {
                limits: limits(reader, tbv)?,
                self_test: self_test(reader)?,
                sensors: sensors(reader)?,
                times: times(reader)?,
                tuning: ControlTuning {
                    interface: interface(reader)?,
                    collect: collect(reader)?,
                    inlet: inlet(reader)?,
                    handling: handling(reader)?,
                    centrifuge_slew_rpm_s: reader.number("centrifuge.slew", "rpm/s")?,
                },
            })
        })
    }
}

type Made<T> = Result<T, Error>;

fn tiers<T>(reader: &mut Reader<'_>, path: &str, unit: &str, make: fn(f64) -> T) -> Made<ThreeTier<T>> {
    Ok(ThreeTier {
        warning: make(reader.number(&format!("{path}.warning"), unit)?),
        automatic: make(reader.number(&format!("{path}.automatic"), unit)?),
        absolute: make(reader.number(&format!("{path}.absolute"), unit)?),
    })
}

/// Tiers that stand beside other entries: `{path}_warning` and so on.
fn parts(reader: &mut Reader<'_>, path: &str) -> Made<ThreeTier<Fraction>> {
    Ok(ThreeTier {
        warning: pct(reader, &format!("{path}_warning"))?,
        automatic: pct(reader, &format!("{path}_automatic"))?,
        absolute: pct(reader, &format!("{path}_absolute"))?,
    })
}

fn pct(reader: &mut Reader<'_>, path: &str) -> Made<Fraction> {
    reader.number(path, "%").map(Fraction::from_pct)
}

fn seconds(reader: &mut Reader<'_>, path: &str) -> Made<TimeSpan> {
    reader.number(path, "s").map(TimeSpan::from_seconds)
}

fn minutes(reader: &mut Reader<'_>, path: &str) -> Made<TimeSpan> {
    reader.number(path, "min").map(TimeSpan::from_minutes)
}

fn mmhg(reader: &mut Reader<'_>, path: &str) -> Made<Pressure> {
    reader.number(path, "mmHg").map(Pressure::from_mmhg)
}

fn flow(reader: &mut Reader<'_>, path: &str) -> Made<FlowRate> {
    reader.number(path, "mL/min").map(FlowRate::from_ml_min)
}

fn rpm(reader: &mut Reader<'_>, path: &str) -> Made<RotationalSpeed> {
    reader.number(path, "rpm").map(RotationalSpeed::from_rpm)
}

fn mm(reader: &mut Reader<'_>, path: &str) -> Made<Length> {
    reader.number(path, "mm").map(Length::from_mm)
}

fn limits(reader: &mut Reader<'_>, tbv: Volume) -> Made<Limits> {
    let of_tbv = |part: ThreeTier<Fraction>| ThreeTier {
        warning: tbv * part.warning.fraction(),
        automatic: tbv * part.automatic.fraction(),
        absolute: tbv * part.absolute.fraction(),
    };
    Ok(Limits {
        access_pressure: tiers(reader, "limits.access_pressure", "mmHg", Pressure::from_mmhg)?,
        return_pressure: tiers(reader, "limits.return_pressure", "mmHg", Pressure::from_mmhg)?,
        filter_pressure: tiers(reader, "limits.filter_pressure", "mmHg", Pressure::from_mmhg)?,
        heart_rate_low: tiers(reader, "limits.heart_rate_low", "/min", Frequency::from_per_min)?,
        heart_rate_high: tiers(reader, "limits.heart_rate_high", "/min", Frequency::from_per_min)?,
        systolic_low: tiers(reader, "limits.systolic_low", "mmHg", Pressure::from_mmhg)?,
        systolic_fall: pct(reader, "limits.systolic_fall")?,
        spo2_low: tiers(reader, "limits.spo2_low", "%", Fraction::from_pct)?,
        fluid_deficit: of_tbv(parts(reader, "fluid_balance.deficit")?),
        fluid_surplus: of_tbv(parts(reader, "fluid_balance.surplus")?),
        battery: tiers(reader, "limits.battery", "min", TimeSpan::from_minutes)?,
        return_temperature: tiers(reader, "limits.return_temperature", "C", Temperature::from_celsius)?,
        line_red: pct(reader, "limits.line_red")?,
        standing_fall: mmhg(reader, "limits.standing_fall")?,
        pump_range: PumpFlows {
            inlet: flow(reader, "limits.most_inlet")?,
            anticoagulant: flow(reader, "limits.most_anticoagulant")?,
            plasma: flow(reader, "limits.most_plasma")?,
            collect: flow(reader, "limits.most_collect")?,
        },
        least_inlet: flow(reader, "limits.least_inlet")?,
        least_centrifuge: rpm(reader, "limits.least_speed")?,
        centrifuge: rpm(reader, "limits.most_speed")?,
        starch_ml_kg: reader.number("limits.starch", "mL/kg")?,
        eligibility: eligibility(reader)?,
    })
}

fn eligibility(reader: &mut Reader<'_>) -> Made<EligibilityLimits> {
    let hemoglobin = |value| MassConcentration::from_g_dl(value);
    let platelets = |value| CellConcentration::from_1e9_l(value);
    Ok(EligibilityLimits {
        hemoglobin_before: reader.number("eligibility.hemoglobin_before", "g/dL").map(hemoglobin)?,
        hemoglobin_after: reader.number("eligibility.hemoglobin_after", "g/dL").map(hemoglobin)?,
        platelets_before: reader.number("eligibility.platelets_before", "1e9/L").map(platelets)?,
        platelets_after: reader.number("eligibility.platelets_after", "1e9/L").map(platelets)?,
        ionised_calcium: reader.number("eligibility.ionised_calcium", "mmol/L").map(Concentration::from_mmol_l)?,
        extracorporeal: parts(reader, "eligibility.extracorporeal")?,
        red_cell_age: TimeSpan::from_hours(24.0 * reader.number("eligibility.red_cell_age", "d")?),
        red_cell_potassium: Concentration::from_mmol_l(reader.number("eligibility.red_cell_potassium", "mmol/L")?),
        red_cell_warmth: Temperature::from_celsius(reader.number("eligibility.red_cell_warmth", "C")?),
        count_age: reader.number("eligibility.count_age", "h").map(TimeSpan::from_hours)?,
        refuse_ace_inhibitor: false,
        refuse_anticoagulant_drug: false,
        platelet_efficiency: pct(reader, "eligibility.platelet_efficiency")?,
        fluid_retained: pct(reader, "eligibility.fluid_retained")?,
    })
}

fn self_test(reader: &mut Reader<'_>) -> Made<SelfTestLimits> {
    Ok(SelfTestLimits {
        pump_flow: flow(reader, "self_test.pump_flow")?,
        pump_tolerance: pct(reader, "self_test.pump_tolerance")?,
        centrifuge_speed: rpm(reader, "self_test.centrifuge_speed")?,
        centrifuge_tolerance: pct(reader, "self_test.centrifuge_tolerance")?,
        rest_pressure: mmhg(reader, "self_test.rest_pressure")?,
        air_trip: seconds(reader, "self_test.air_trip")?,
        pressure_flow: flow(reader, "self_test.pressure_flow")?,
        pressure: mmhg(reader, "self_test.pressure")?,
        pressure_hold: seconds(reader, "self_test.pressure_hold")?,
        pressure_loss: mmhg(reader, "self_test.pressure_loss")?,
    })
}

fn sensors(reader: &mut Reader<'_>) -> Made<SensorLimits> {
    let celsius = |value| Temperature::from_celsius(value);
    Ok(SensorLimits {
        fast_age: seconds(reader, "sensors.fast_age")?,
        slow_age: seconds(reader, "sensors.slow_age")?,
        monitor_age: minutes(reader, "sensors.monitor_age")?,
        pressure: Window { low: mmhg(reader, "sensors.pressure_low")?, high: mmhg(reader, "sensors.pressure_high")? },
        flow: Window { low: flow(reader, "sensors.flow_low")?, high: flow(reader, "sensors.flow_high")? },
        speed: Window { low: rpm(reader, "sensors.speed_low")?, high: rpm(reader, "sensors.speed_high")? },
        temperature: Window {
            low: reader.number("sensors.temperature_low", "C").map(celsius)?,
            high: reader.number("sensors.temperature_high", "C").map(celsius)?,
        },
        weight: Window {
            low: reader.number("sensors.weight_low", "g").map(Mass::from_grams)?,
            high: reader.number("sensors.weight_high", "g").map(Mass::from_grams)?,
        },
        longest_beat: seconds(reader, "sensors.longest_beat")?,
    })
}

fn times(reader: &mut Reader<'_>) -> Made<Times> {
    Ok(Times {
        self_test_step: seconds(reader, "times.self_test_step")?,
        operator_step: seconds(reader, "times.operator_step")?,
        pressure_test: seconds(reader, "times.pressure_test")?,
        prime: seconds(reader, "times.prime")?,
        divert: seconds(reader, "times.divert")?,
        establish_interface: seconds(reader, "times.establish_interface")?,
        elution: seconds(reader, "times.elution")?,
        rinse_back: seconds(reader, "times.rinse_back")?,
        long_pause: seconds(reader, "times.long_pause")?,
        unanticoagulated: seconds(reader, "times.unanticoagulated")?,
        observation: seconds(reader, "times.observation")?,
    })
}

fn interface(reader: &mut Reader<'_>) -> Made<InterfaceTuning> {
    Ok(InterfaceTuning {
        flood_rise_per_s: reader.number("interface.flood_rise", "1/s")?,
        reference_inlet: FlowRate::from_ml_min(reader.number("interface.reference_inlet", "mL/min")?),
        bed_hematocrit: pct(reader, "interface.bed_hematocrit")?,
        reference_packing: TimeSpan::from_minutes(reader.within(
            "interface.reference_packing",
            "g min",
            10.0,
            2000.0,
        )?),
        bed_rise: Fraction::from_pct(reader.within("interface.bed_rise", "%", 0.0, 20.0)?),
        plasma_ml_mm: reader.number("interface.plasma", "mL/mm")?,
        delay: seconds(reader, "interface.delay")?,
        proportional_ml_min_mm: reader.number("interface.proportional", "mL/min/mm")?,
        integral_time: minutes(reader, "interface.integral_time")?,
        integral_limit: flow(reader, "interface.integral_limit")?,
        slew_ml_min_s: reader.number("interface.slew", "mL/min/s")?,
        estimate_time: seconds(reader, "interface.estimate_time")?,
        hematocrit_low: pct(reader, "interface.hematocrit_low")?,
        hematocrit_high: pct(reader, "interface.hematocrit_high")?,
        mismatch: pct(reader, "interface.mismatch")?,
        mismatch_after: minutes(reader, "interface.mismatch_after")?,
        mismatch_until: minutes(reader, "interface.mismatch_until")?,
        settled_band: mm(reader, "interface.settled_band")?,
        settled_time: seconds(reader, "interface.settled_time")?,
        confidence: reader.number("interface.confidence", "1").map(Fraction::from_fraction)?,
        lost_after: seconds(reader, "interface.lost_after")?,
        respond_within: seconds(reader, "interface.respond_within")?,
        respond_by: mm(reader, "interface.respond_by")?,
        most_plasma: pct(reader, "interface.most_plasma")?,
    })
}

fn collect(reader: &mut Reader<'_>) -> Made<CollectTuning> {
    Ok(CollectTuning {
        proportional_mm: reader.number("collect.proportional", "mm")?,
        integral_mm_min: reader.number("collect.integral", "mm/min")?,
        trim_limit: mm(reader, "collect.trim_limit")?,
        optics_low: pct(reader, "collect.optics_low")?,
        optics_high: pct(reader, "collect.optics_high")?,
        red_rest: seconds(reader, "collect.red_rest")?,
        red_retreat: mm(reader, "collect.red_retreat")?,
        red_within: seconds(reader, "collect.red_within")?,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "read within 1 and 10")]
fn handling(reader: &mut Reader<'_>) -> Made<HandlingTuning> {
    Ok(HandlingTuning {
        through_plasma_line: pct(reader, "handling.through_plasma_line")?,
        through_collect_line: pct(reader, "handling.through_collect_line")?,
        most_primes: reader.number("handling.most_primes", "1")?,
        least_weighed: pct(reader, "handling.least_weighed")?,
        access_attempts: reader.within("handling.access_attempts", "1", 1.0, 10.0)? as u8,
        empty_bag: reader.number("handling.empty_bag", "mL").map(Volume::from_ml)?,
        least_product: reader.number("handling.least_product", "mL").map(Volume::from_ml)?,
        reservoir_low: reader.number("handling.reservoir_low", "mL").map(Volume::from_ml)?,
        reservoir_density: reader.number("handling.reservoir_density", "g/mL").map(MassDensity::from_g_ml)?,
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "read within 0 and 10")]
fn inlet(reader: &mut Reader<'_>) -> Made<InletTuning> {
    Ok(InletTuning {
        ramp_ml_min_s: reader.number("inlet.ramp", "mL/min/s")?,
        back_off: pct(reader, "inlet.back_off")?,
        act_after: seconds(reader, "inlet.act_after")?,
        wait: seconds(reader, "inlet.wait")?,
        filter_wait: seconds(reader, "inlet.filter_wait")?,
        retries: reader.within("inlet.retries", "1", 0.0, 10.0)? as u8,
        recovery: seconds(reader, "inlet.recovery")?,
        recovery_step: pct(reader, "inlet.recovery_step")?,
        recovery_margin: mmhg(reader, "inlet.recovery_margin")?,
        symptom_factor: pct(reader, "inlet.symptom_factor")?,
    })
}
