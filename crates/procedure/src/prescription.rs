//! From the checked files to control's prescription.

use leuka_blood::quantity::{
    CellConcentration, CellDose, Concentration, DoseRate, FlowRate, Fraction, Frequency, InfusionRate, Length, Mass,
    MassConcentration, MassDensity, Pressure, RotationalSpeed, Temperature, TimeSpan, Volume,
};
use leuka_blood::{Anticoagulant, FluidTable, Sex, ThreeTier};
use leuka_control::{
    Access, AnticoagulantSettings, CentrifugeMode, DonorFacts, EligibilityLimits, Goal, Identifier, Identity, Limits,
    Parameters, Prescription, SetData, Settings, Times,
};
use leuka_dose::{EfficiencyPrior, InletRatio, Situation, Target};

use crate::donor::Person;
use crate::file::{Document, Problem};
use crate::inputs::{Inputs, parameter_problem};
use crate::method::{Volumes, is_filter, method};

/// What the machine itself says about the set and the channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hardware {
    pub(crate) extracorporeal: Volume,
    pub(crate) channel_volume: Volume,
    pub(crate) channel_radius: Length,
    pub(crate) channel_gap: Length,
    pub(crate) collect_line: Volume,
    pub(crate) prime: Volume,
    pub(crate) anticoagulant_bag_tare: Mass,
    pub(crate) reservoir_bag_tare: Mass,
    pub(crate) drop_volume: Volume,
    pub(crate) volumes: Volumes,
}

/// The three files as control wants them.
pub(crate) fn prescription(
    inputs: &Inputs,
    person: &Person,
    defaults: &Parameters,
    hardware: &Hardware,
    fluids: &FluidTable,
) -> Result<Prescription, Problem> {
    let read = Reader { file: &inputs.protocol };
    let limits = limits(&read, &defaults.limits, person.formula_blood_volume)?;
    let hematocrit = inputs.order.number("entered_hematocrit_pct").map_or(person.hematocrit, Fraction::from_pct);
    Ok(Prescription {
        identity: identity(inputs)?,
        donor: DonorFacts {
            sex: person.sex,
            age_years: person.age_years,
            weight: person.weight,
            height: person.height,
            tbv: person.formula_blood_volume,
            hematocrit,
            hemoglobin: person.hemoglobin,
            platelets: person.platelets,
            white_cells: person.white_cells,
            ionised_calcium: person.ionised_calcium,
        },
        settings: settings(&read, &hardware.volumes)?,
        anticoagulant: anticoagulant(
            &read,
            hardware,
            fluids,
            Volume::from_ml(limits.starch_ml_kg * person.weight.kg()),
        )?,
        goal: goal(&read, inputs, person, packing(&read, hardware)?)?,
        set: SetData {
            extracorporeal_volume: hardware.extracorporeal,
            prime_volume: hardware.prime,
            red_cell_prime: inputs.protocol.flag("red_cell_prime").unwrap_or(false),
            channel_volume: hardware.channel_volume,
            channel_radius: hardware.channel_radius,
            channel_gap: hardware.channel_gap,
            collect_line_volume: hardware.collect_line,
            reservoir: inputs.protocol.number("reservoir_ml").map(Volume::from_ml),
            reservoir_tare: hardware.reservoir_bag_tare,
        },
        limits,
        self_test: defaults.self_test,
        sensors: defaults.sensors,
        times: Times { observation: TimeSpan::from_minutes(read.number("observation_min")?), ..defaults.times },
        tuning: defaults.tuning,
    })
}

/// A unit: from a number to a quantity and back.
type InUnit<T> = (fn(f64) -> T, fn(T) -> f64);

/// The values of a file that has passed its checks; what is missing all the same is told, never guessed.
struct Reader<'a> {
    file: &'a Document,
}

impl Reader<'_> {
    fn missing(&self, path: &str) -> Problem {
        self.file.problem(path, "is missing: give it")
    }

    fn number(&self, path: &str) -> Result<f64, Problem> {
        self.file.number(path).ok_or_else(|| self.missing(path))
    }

    fn flow(&self, path: &str) -> Result<FlowRate, Problem> {
        self.number(path).map(FlowRate::from_ml_min)
    }

    fn pct(&self, path: &str) -> Result<Fraction, Problem> {
        self.number(path).map(Fraction::from_pct)
    }

    fn number_or(&self, path: &str, base: f64) -> f64 {
        self.file.number(path).unwrap_or(base)
    }

    fn pct_or(&self, path: &str, base: Fraction) -> Fraction {
        Fraction::from_pct(self.number_or(path, base.pct()))
    }

    fn preset_tiers<T>(&self, path: &str, make: fn(f64) -> T) -> Result<ThreeTier<T>, Problem> {
        self.file.tier(path, None).map(|tier| map(tier, make)).ok_or_else(|| self.missing(path))
    }

    /// A limit whose unit in the file is that of `make` and `read`; what the file leaves out comes from `base`.
    fn tiers<T: Copy>(&self, path: &str, base: ThreeTier<T>, (make, read): InUnit<T>) -> Result<ThreeTier<T>, Problem> {
        let tier = self.file.tier(path, Some(map(base, read))).ok_or_else(|| self.missing(path))?;
        Ok(map(tier, make))
    }
}

fn identity(inputs: &Inputs) -> Result<Identity, Problem> {
    let donor = identifier(&inputs.donor, "id")?;
    let order = identifier(&inputs.order, "id")?;
    let product = Identifier::try_from(
        format!("{}-{}", order.chars().take(20).collect::<String>(), inputs.seed % 1_000_000_000).as_str(),
    );
    Ok(Identity {
        donor_second: identifier(&inputs.donor, "name")?,
        product: product.map_err(|_| inputs.order.problem("id", "is too long for a product label"))?,
        set_code: identifier(&inputs.protocol, "set")?,
        donor,
        order,
    })
}

/// A text as an identifier that can be scanned.
pub(crate) fn identifier(file: &Document, path: &str) -> Result<Identifier, Problem> {
    let text = file.text(path).unwrap_or_default();
    match Identifier::try_from(text) {
        Ok(identifier) if !identifier.is_empty() => Ok(identifier),
        _ => Err(file.problem(path, format!("is \"{text}\": an identifier has 1 to 32 bytes"))),
    }
}

fn settings(read: &Reader<'_>, volumes: &Volumes) -> Result<Settings, Problem> {
    let is_catheter = read.file.text("access.draw").is_some_and(|access| access.contains("catheter"));
    let speed = |path| {
        let spins = !is_filter(read.file);
        Ok::<_, Problem>(if spins { RotationalSpeed::from_rpm(read.number(path)?) } else { RotationalSpeed::ZERO })
    };
    Ok(Settings {
        method: method(read.file, volumes)?,
        inlet_flow: read.flow("inlet_flow_ml_min")?,
        collect_flow: read.flow("collect_flow_ml_min")?,
        centrifuge: match read.file.number("packing_factor_g_min") {
            Some(factor) => CentrifugeMode::PackingFactor(TimeSpan::from_minutes(factor)),
            None => CentrifugeMode::Speed(speed("centrifuge_rpm")?),
        },
        collect_hematocrit: read.pct("collect_hematocrit_pct")?,
        interface: Length::from_mm(read.number("interface_mm")?),
        access: if is_catheter { Access::Catheter } else { Access::Needle },
        prime_flow: read.flow("prime_flow_ml_min")?,
        divert_flow: read.flow("divert_flow_ml_min")?,
        divert_volume: Volume::from_ml(read.number("divert_volume_ml")?),
        rinse_back_flow: read.flow("rinse_back_flow_ml_min")?,
        rinse_back_volume: Volume::from_ml(read.number("rinse_back_ml")?),
        rinse_back_speed: speed("rinse_back_rpm")?,
        keep_open_flow: read.flow("keep_open_flow_ml_min")?,
        warmer: None,
    })
}

/// The anticoagulant that the protocol names.
pub(crate) fn solution(protocol: &Document) -> Anticoagulant {
    match protocol.text("anticoagulant.solution") {
        Some("acd-b") => Anticoagulant::AcdB,
        Some("hes-citrate") => Anticoagulant::HesCitrate,
        Some("heparin") => Anticoagulant::Heparin,
        _ => Anticoagulant::AcdA,
    }
}

fn anticoagulant(
    read: &Reader<'_>,
    hardware: &Hardware,
    fluids: &FluidTable,
    most_starch: Volume,
) -> Result<AnticoagulantSettings, Problem> {
    let solution = solution(read.file);
    let recipe = fluids.recipe(solution);
    let ratio = read.number("anticoagulant.inlet_ratio")?;
    Ok(AnticoagulantSettings {
        solution,
        ratio: InletRatio::new(ratio)
            .map_err(|error| read.file.problem("anticoagulant.inlet_ratio", error.to_string()))?,
        citrate_mmol_ml: recipe.citrate_mmol_ml,
        infusion: read.preset_tiers("anticoagulant.limit_ml_min_l", InfusionRate::from_ml_min_l)?,
        citrate: read.preset_tiers("anticoagulant.citrate_limit_mg_kg_min", DoseRate::from_mg_kg_min)?,
        most_volume: (recipe.hes_g_ml > 0.0).then_some(most_starch),
        density: MassDensity::from_g_ml(recipe.density_g_ml),
        bag_tare: hardware.anticoagulant_bag_tare,
        drop_volume: hardware.drop_volume,
        bag_low: Volume::from_ml(read.number("anticoagulant.bag_low_ml")?),
        drop_silence: TimeSpan::from_seconds(read.number("anticoagulant.drop_silence_s")?),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the field's range is 1 to 50")]
        drops_missed: read.number("anticoagulant.drops_missed")? as u32,
    })
}

fn goal(read: &Reader<'_>, inputs: &Inputs, person: &Person, packing: Option<TimeSpan>) -> Result<Goal, Problem> {
    let given = |path| read.file.number(path);
    let target = match (
        given("target.dose_1e6_per_kg"),
        given("target.volume_ml"),
        given("target.tbv_multiple"),
        given("target.time_min"),
    ) {
        (Some(dose), ..) => Target::Dose(CellDose::from_1e6_kg(dose)),
        (_, Some(volume), ..) => Target::Volume(Volume::from_ml(volume)),
        (_, _, Some(multiple), _) => Target::TbvMultiple(multiple),
        (.., Some(time)) => Target::Time(TimeSpan::from_minutes(time)),
        _ => return Err(read.missing("target")),
    };
    let prior = EfficiencyPrior::from_file(&inputs.models.dose, inputs.dose_cell()).map_err(parameter_problem)?;
    let weight = Mass::from_kg(inputs.dose_weight_kg());
    let ordered = |path| inputs.order.number(path).map(CellDose::from_1e6_kg);
    let aimed = given("target.dose_1e6_per_kg").map(CellDose::from_1e6_kg);
    let goal = ordered("goal_1e6_per_kg").or(aimed).unwrap_or_else(|| prior.usual.goal(weight));
    let count = inputs.order.number("entered_count_per_ul").map(CellConcentration::from_per_ul);
    Ok(Goal {
        target,
        cells: inputs.dose_cell(),
        dose_weight: weight,
        pre_count: count.unwrap_or_else(|| person.pre_count(inputs.dose_cells())),
        expected_ce2: read.pct("expected_efficiency_pct")?,
        confidence: given("target.confidence_pct").map(Fraction::from_pct),
        goal,
        minimum: ordered("minimum_1e6_per_kg").unwrap_or_else(|| prior.usual.minimum(weight).min(goal)),
        belief: prior.belief(&Situation {
            expected: Some(read.pct("expected_efficiency_pct")?),
            white_cells: person.white_cells,
            hematocrit: person.hematocrit,
            packing,
        }),
        most_tbv_multiple: read.number("most.tbv_multiple")?,
        most_time: TimeSpan::from_minutes(read.number("most.time_min")?),
    })
}

/// Standard gravities at the middle of the channel times the channel's volume over the inlet flow.
fn packing(read: &Reader<'_>, hardware: &Hardware) -> Result<Option<TimeSpan>, Problem> {
    const STANDARD_GRAVITY_MM_S2: f64 = 9806.65;
    if is_filter(read.file) {
        return Ok(None);
    }
    if let Some(factor) = read.file.number("packing_factor_g_min") {
        return Ok(Some(TimeSpan::from_minutes(factor)));
    }
    let per_s = read.number("centrifuge_rpm")? * core::f64::consts::TAU / 60.0;
    let gravities = per_s * per_s * hardware.channel_radius.mm() / STANDARD_GRAVITY_MM_S2;
    let minutes = (hardware.channel_volume / read.flow("inlet_flow_ml_min")?).minutes();
    Ok(Some(TimeSpan::from_minutes(gravities * minutes)))
}

fn limits(read: &Reader<'_>, base: &Limits, tbv: Volume) -> Result<Limits, Problem> {
    let pressure: InUnit<Pressure> = (Pressure::from_mmhg, Pressure::mmhg);
    let rate: InUnit<Frequency> = (Frequency::from_per_min, Frequency::per_min);
    let part: InUnit<Fraction> = (Fraction::from_pct, Fraction::pct);
    let of_tbv = |path, base: ThreeTier<Volume>| {
        let share = read.tiers(path, map(base, |volume| Fraction::from_fraction(volume / tbv)), part)?;
        Ok::<_, Problem>(map(share, |share| tbv * share.fraction()))
    };
    Ok(Limits {
        access_pressure: read.tiers("limits.access_pressure_mmhg", base.access_pressure, pressure)?,
        return_pressure: read.tiers("limits.return_pressure_mmhg", base.return_pressure, pressure)?,
        filter_pressure: read.tiers("limits.filter_pressure_mmhg", base.filter_pressure, pressure)?,
        heart_rate_low: read.tiers("limits.heart_rate_low_per_min", base.heart_rate_low, rate)?,
        heart_rate_high: read.tiers("limits.heart_rate_high_per_min", base.heart_rate_high, rate)?,
        systolic_low: read.tiers("limits.systolic_low_mmhg", base.systolic_low, pressure)?,
        systolic_fall: read.pct_or("limits.systolic_fall_pct", base.systolic_fall),
        spo2_low: read.tiers("limits.spo2_low_pct", base.spo2_low, part)?,
        fluid_deficit: of_tbv("limits.fluid_deficit_pct", base.fluid_deficit)?,
        fluid_surplus: of_tbv("limits.fluid_surplus_pct", base.fluid_surplus)?,
        battery: read.tiers("limits.battery_min", base.battery, (TimeSpan::from_minutes, TimeSpan::minutes))?,
        return_temperature: read.tiers(
            "limits.return_temperature_c",
            base.return_temperature,
            (Temperature::from_celsius, Temperature::celsius),
        )?,
        starch_ml_kg: read.number_or("limits.starch_ml_kg", base.starch_ml_kg),
        line_red: read.pct_or("limits.line_red_pct", base.line_red),
        standing_fall: Pressure::from_mmhg(read.number_or("limits.standing_fall_mmhg", base.standing_fall.mmhg())),
        eligibility: eligibility(read, &base.eligibility)?,
        ..*base
    })
}

fn eligibility(read: &Reader<'_>, base: &EligibilityLimits) -> Result<EligibilityLimits, Problem> {
    let hemoglobin = |path, base: MassConcentration| MassConcentration::from_g_dl(read.number_or(path, base.g_dl()));
    let platelets =
        |path, base: CellConcentration| CellConcentration::from_1e9_l(read.number_or(path, base.count_1e9_l()));
    Ok(EligibilityLimits {
        hemoglobin_before: hemoglobin("eligibility.hemoglobin_before_g_dl", base.hemoglobin_before),
        hemoglobin_after: hemoglobin("eligibility.hemoglobin_after_g_dl", base.hemoglobin_after),
        platelets_before: platelets("eligibility.platelet_before_1e9_l", base.platelets_before),
        platelets_after: platelets("eligibility.platelet_after_1e9_l", base.platelets_after),
        ionised_calcium: Concentration::from_mmol_l(
            read.number_or("eligibility.ionised_calcium_mmol_l", base.ionised_calcium.mmol_l()),
        ),
        extracorporeal: read.tiers(
            "limits.extracorporeal_pct",
            base.extracorporeal,
            (Fraction::from_pct, Fraction::pct),
        )?,
        platelet_efficiency: read.pct_or("eligibility.platelet_efficiency_pct", base.platelet_efficiency),
        // Beads release bradykinin, which an ACE inhibitor keeps from being broken down.
        refuse_ace_inhibitor: base.refuse_ace_inhibitor || read.file.text("method") == Some("adsorption-column"),
        fluid_retained: read.pct_or("eligibility.fluid_retained_pct", base.fluid_retained),
        ..*base
    })
}

fn map<T: Copy, U>(tiers: ThreeTier<T>, f: impl Fn(T) -> U) -> ThreeTier<U> {
    ThreeTier { warning: f(tiers.warning), automatic: f(tiers.automatic), absolute: f(tiers.absolute) }
}

/// The sex that a donor file names.
pub(crate) fn sex(file: &Document) -> Sex {
    if file.text("sex") == Some("female") { Sex::Female } else { Sex::Male }
}
