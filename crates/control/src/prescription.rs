//! What a procedure is to be: order, donor, settings, goal, set and limits, as checked and typed values.
//!
//! The caller (the protocol file's reader) fills every field; nothing here has a hidden default. [`Prescription::check`]
//! runs once, in [`Controller::new`](crate::Controller::new): what passes it can be carried out without further doubts
//! about signs, orders of tiers or ranges of pumps.
//!
//! Glossary
//! - inlet: anticoagulated blood; inlet ratio: inlet flow over anticoagulant flow.
//! - collect haematocrit ("collection preference"): haematocrit of the collect line, which says where the cut lies.
//! - extracorporeal volume: the donor's blood that is outside the body while the set is full.
//! - divert: the first blood, which goes to waste and not to the donor.

use leuka_blood::quantity::{
    CellConcentration, CellDose, Concentration, DoseRate, FlowRate, Fraction, InfusionRate, Length, Mass,
    MassConcentration, MassDensity, RotationalSpeed, Temperature, TimeSpan, Volume,
};
use leuka_blood::{Anticoagulant, Sex, ThreeTier};
use leuka_device::{Pump, PumpFlows};
use leuka_dose::{Basis, Belief, DoseCell, InletRatio, Target};

use crate::limits::{Limits, SelfTestLimits, SensorLimits, Times};
use crate::method::Method;
use crate::tuning::ControlTuning;

/// An identifier as it is scanned: order, donor, product, set.
pub type Identifier = heapless::String<32>;

/// Everything that control needs to know before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Prescription {
    /// Whose procedure this is, and with what.
    pub identity: Identity,
    /// What was entered about the donor.
    pub donor: DonorFacts,
    /// What the operator wishes.
    pub settings: Settings,
    /// The anticoagulant and its limits.
    pub anticoagulant: AnticoagulantSettings,
    /// What ends the run.
    pub goal: Goal,
    /// The disposable set.
    pub set: SetData,
    /// Limits of the running procedure.
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

/// Identifiers that are scanned and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The order.
    pub order: Identifier,
    /// The donor, as on the wristband.
    pub donor: Identifier,
    /// The donor's second identifier (name or date of birth).
    pub donor_second: Identifier,
    /// The product's label.
    pub product: Identifier,
    /// The code of the disposable set.
    pub set_code: Identifier,
}

/// What was entered about the donor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DonorFacts {
    /// Sex.
    pub sex: Sex,
    /// Age in years.
    pub age_years: f64,
    /// Body weight.
    pub weight: Mass,
    /// Height.
    pub height: Length,
    /// Total blood volume, by the formula that the protocol names.
    pub tbv: Volume,
    /// Venous haematocrit as entered.
    pub hematocrit: Fraction,
    /// Haemoglobin.
    pub hemoglobin: MassConcentration,
    /// Platelets.
    pub platelets: CellConcentration,
    /// White cells.
    pub white_cells: CellConcentration,
    /// Ionised calcium.
    pub ionised_calcium: Concentration,
}

/// How the donor's blood is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Needles in peripheral veins.
    Needle,
    /// A catheter, whose lock must be aspirated and discarded before use.
    Catheter,
}

/// What the centrifuge keeps while blood is in the set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CentrifugeMode {
    /// This speed.
    Speed(RotationalSpeed),
    /// This packing factor, whose unit is standard gravities times time (g min): the speed follows the inlet.
    PackingFactor(TimeSpan),
}

/// What the operator wishes. The machine lowers flows by itself where a limit asks for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How the cells are taken out.
    pub method: Method,
    /// Inlet flow.
    pub inlet_flow: FlowRate,
    /// Flow of the collect pump while it collects.
    pub collect_flow: FlowRate,
    /// Centrifuge while blood is in the set; a speed of zero where nothing spins.
    pub centrifuge: CentrifugeMode,
    /// Haematocrit of the collect line that is to be held.
    pub collect_hematocrit: Fraction,
    /// Interface position from the inner wall to begin with; the collect haematocrit trims it.
    pub interface: Length,
    /// How the blood is reached.
    pub access: Access,
    /// Inlet flow while saline fills the set.
    pub prime_flow: FlowRate,
    /// Inlet flow while the first blood goes to waste.
    pub divert_flow: FlowRate,
    /// How much of the first fluid goes to waste.
    pub divert_volume: Volume,
    /// Inlet flow of the saline that returns the blood in the set.
    pub rinse_back_flow: FlowRate,
    /// Volume of that saline; zero omits rinse-back.
    pub rinse_back_volume: Volume,
    /// Centrifuge speed during rinse-back: slow, so that the cells come along.
    pub rinse_back_speed: RotationalSpeed,
    /// Saline that keeps the return line open while the access is paused; zero for none.
    pub keep_open_flow: FlowRate,
    /// Temperature of the blood warmer, if it is used.
    pub warmer: Option<Temperature>,
}

/// The anticoagulant and its limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnticoagulantSettings {
    /// Which solution.
    pub solution: Anticoagulant,
    /// Inlet flow over anticoagulant flow.
    pub ratio: InletRatio,
    /// Citrate in the solution, mmol/mL.
    pub citrate_mmol_ml: f64,
    /// Rate for the donor's blood volume.
    pub infusion: ThreeTier<InfusionRate>,
    /// Citrate for body weight, all of the solution counted.
    pub citrate: ThreeTier<DoseRate>,
    /// The most of it that a donor may be given in a day, for a solution of hydroxyethyl starch.
    pub most_volume: Option<Volume>,
    /// Density of the solution, to read its bag's weight.
    pub density: MassDensity,
    /// Weight of the empty bag.
    pub bag_tare: Mass,
    /// Volume of one drop in the drip chamber.
    pub drop_volume: Volume,
    /// The bag is nearly empty below this content.
    pub bag_low: Volume,
    /// Silence of the drop detector that is still accepted, at the least.
    pub drop_silence: TimeSpan,
    /// Silence of the drop detector that is still accepted, in drops expected.
    pub drops_missed: u32,
}

/// What ends the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// The one target that ends it; the others are forecasts.
    pub target: Target,
    /// The cells that the dose counts.
    pub cells: DoseCell,
    /// The weight that the dose is for.
    pub dose_weight: Mass,
    /// Count of those cells before the procedure.
    pub pre_count: CellConcentration,
    /// The CE2 expected of them.
    pub expected_ce2: Fraction,
    /// A dose as target is to be there with this probability; `None`: by the point forecast.
    pub confidence: Option<Fraction>,
    /// Dose whose probability is told.
    pub goal: CellDose,
    /// Dose below which the collection has failed.
    pub minimum: CellDose,
    /// What is believed of the yield.
    pub belief: Belief,
    /// Blood volumes processed at most, whatever the target says.
    pub most_tbv_multiple: f64,
    /// Time of collection at most, whatever the target says.
    pub most_time: TimeSpan,
}

impl Goal {
    /// What forecasts rest on at this flow of blood.
    #[must_use]
    pub const fn basis(&self, tbv: Volume, blood_flow: FlowRate) -> Basis {
        Basis {
            cells: self.cells,
            dose_weight: self.dose_weight,
            pre_count: self.pre_count,
            expected_ce2: self.expected_ce2,
            tbv,
            blood_flow,
        }
    }
}

/// The disposable set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SetData {
    /// The donor's blood that lines and channel hold.
    pub extracorporeal_volume: Volume,
    /// Saline that fills it.
    pub prime_volume: Volume,
    /// True when it is primed with red cells, which a small child needs.
    pub red_cell_prime: bool,
    /// Volume of the separation channel.
    pub channel_volume: Volume,
    /// Radius of the middle between the channel's walls.
    pub channel_radius: Length,
    /// Width of the channel from inner to outer wall.
    pub channel_gap: Length,
    /// Dead volume from the channel's collect port to the product bag.
    pub collect_line_volume: Volume,
    /// What the reservoir holds when it is full, in a set with one needle.
    pub reservoir: Option<Volume>,
    /// Weight of the empty reservoir bag.
    pub reservoir_tare: Mass,
}

/// Why a prescription cannot be carried out.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PrescriptionError {
    /// A number outside what the machine can work with.
    #[error("{name} is {value}: it must lie within {low} and {high} {unit}")]
    Range {
        /// Which one.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Smallest allowed.
        low: f64,
        /// Largest allowed.
        high: f64,
        /// Their unit.
        unit: &'static str,
    },
    /// Tiers of a limit that do not run outwards.
    #[error("the tiers of {name} do not run outwards from warning to automatic to absolute: put them in order")]
    Tiers {
        /// Which limit.
        name: &'static str,
    },
    /// A reservoir where it is of no use.
    #[error("a reservoir needs a centrifuge, and a prime of saline: leave it out, or the filter or red cells")]
    Reservoir,
    /// An identifier without a character.
    #[error("the {name} identifier is empty: enter it")]
    Empty {
        /// Which identifier.
        name: &'static str,
    },
    /// A target that no run can have.
    #[error(transparent)]
    Target(#[from] leuka_dose::Error),
}

impl Prescription {
    /// Checks that the prescription can be carried out.
    ///
    /// # Errors
    /// Names the first field that is impossible, with its value and what is allowed.
    pub fn check(&self) -> Result<(), PrescriptionError> {
        self.check_identity()?;
        self.check_donor()?;
        self.check_settings()?;
        self.check_goal()?;
        self.check_set()?;
        self.limits.check()?;
        self.self_test.check()?;
        self.sensors.check()?;
        self.times.check()?;
        self.tuning.check()
    }

    /// The most of the donor's blood that is outside the body: a full set, and a full reservoir.
    #[must_use]
    pub fn blood_outside(&self) -> Volume {
        self.set.extracorporeal_volume + self.set.reservoir.unwrap_or(Volume::ZERO)
    }

    /// Part of the time in which blood is drawn: all of it, or with one needle a little more than half, since what is
    /// collected does not come to the reservoir.
    pub(crate) fn drawn_part(&self, inlet: FlowRate) -> f64 {
        let collected = self.settings.collect_flow.min(inlet * 0.5);
        match self.set.reservoir {
            Some(_) if inlet > FlowRate::ZERO => inlet / (inlet * 2.0 - collected),
            _ => 1.0,
        }
    }

    fn check_identity(&self) -> Result<(), PrescriptionError> {
        let Identity { order, donor, donor_second, product, set_code } = &self.identity;
        for (name, id) in [
            ("order", order),
            ("donor", donor),
            ("second donor", donor_second),
            ("product", product),
            ("set", set_code),
        ] {
            if id.is_empty() {
                return Err(PrescriptionError::Empty { name });
            }
        }
        Ok(())
    }

    fn check_donor(&self) -> Result<(), PrescriptionError> {
        let donor = &self.donor;
        within("the donor's age", donor.age_years, 0.0, 120.0, "years")?;
        within("the donor's weight", donor.weight.kg(), 2.0, 350.0, "kg")?;
        within("the donor's height", donor.height.cm(), 40.0, 250.0, "cm")?;
        within("total blood volume", donor.tbv.ml(), 100.0, 15_000.0, "mL")?;
        within("entered haematocrit", donor.hematocrit.pct(), 10.0, 70.0, "%")?;
        within("haemoglobin", donor.hemoglobin.g_dl(), 2.0, 25.0, "g/dL")?;
        within("platelets", donor.platelets.count_1e9_l(), 0.0, 5000.0, "1e9/L")?;
        within("white cells", donor.white_cells.count_1e9_l(), 0.0, 1000.0, "1e9/L")?;
        within("ionised calcium", donor.ionised_calcium.mmol_l(), 0.2, 3.0, "mmol/L")
    }

    fn check_settings(&self) -> Result<(), PrescriptionError> {
        let (settings, most) = (&self.settings, &self.limits.pump_range);
        let pump = |name, flow: FlowRate, pump| {
            within(name, flow.ml_min(), 0.0, PumpFlows::get(most, pump).ml_min(), "mL/min")
        };
        pump("inlet flow", settings.inlet_flow, Pump::Inlet)?;
        pump("prime flow", settings.prime_flow, Pump::Inlet)?;
        pump("divert flow", settings.divert_flow, Pump::Inlet)?;
        pump("rinse-back flow", settings.rinse_back_flow, Pump::Inlet)?;
        pump("keep-open flow", settings.keep_open_flow, Pump::Inlet)?;
        pump("collect flow", settings.collect_flow, Pump::Collect)?;
        let least = self.limits.least_inlet.ml_min();
        for (name, flow) in [
            ("inlet flow", settings.inlet_flow),
            ("prime flow", settings.prime_flow),
            ("divert flow", settings.divert_flow),
            ("rinse-back flow", settings.rinse_back_flow),
        ] {
            within(name, flow.ml_min(), least, f64::INFINITY, "mL/min")?;
        }
        let fastest = self.limits.centrifuge.rpm();
        let slowest = if settings.method.spins() { 100.0 } else { 0.0 };
        match settings.centrifuge {
            CentrifugeMode::Speed(speed) => within("centrifuge speed", speed.rpm(), slowest, fastest, "rpm")?,
            CentrifugeMode::PackingFactor(factor) => {
                within("packing factor", factor.minutes(), 10.0, 2000.0, "g min")?;
            }
        }
        within("rinse-back speed", settings.rinse_back_speed.rpm(), 0.0, fastest, "rpm")?;
        // Above its red limit the line would never run.
        let red = self.limits.line_red.pct().min(10.0);
        within("collect haematocrit", settings.collect_hematocrit.pct(), 0.5, red, "%")?;
        within("interface", settings.interface.mm(), 0.1, self.set.channel_gap.mm() - 0.1, "mm")?;
        settings.method.check(self.limits.pump_range.collect)?;
        within("divert volume", settings.divert_volume.ml(), 0.0, 500.0, "mL")?;
        within("rinse-back volume", settings.rinse_back_volume.ml(), 0.0, 2000.0, "mL")?;
        if let Some(warmer) = settings.warmer {
            within("warmer", warmer.celsius(), 20.0, self.limits.return_temperature.warning.celsius(), "C")?;
        }
        self.check_anticoagulant()
    }

    fn check_anticoagulant(&self) -> Result<(), PrescriptionError> {
        let anticoagulant = &self.anticoagulant;
        tiers("the anticoagulant rate", &anticoagulant.infusion)?;
        tiers("the citrate rate", &anticoagulant.citrate)?;
        within("citrate in the anticoagulant", anticoagulant.citrate_mmol_ml, 0.0, 2.0, "mmol/mL")?;
        within("anticoagulant rate limit", anticoagulant.infusion.automatic.ml_min_l(), 0.01, 10.0, "mL/min/L")?;
        within("citrate rate limit", anticoagulant.citrate.automatic.mg_kg_min(), 0.01, 10.0, "mg/kg/min")?;
        if let Some(most) = anticoagulant.most_volume {
            within("most starch solution", most.ml(), 0.0, 20_000.0, "mL")?;
        }
        within("anticoagulant density", anticoagulant.density.g_ml(), 0.9, 1.2, "g/mL")?;
        within("anticoagulant bag tare", anticoagulant.bag_tare.grams(), 0.0, 500.0, "g")?;
        within("low anticoagulant", anticoagulant.bag_low.ml(), 0.0, 1000.0, "mL")?;
        within("drop volume", anticoagulant.drop_volume.ml(), 0.01, 0.2, "mL")?;
        within("drop silence", anticoagulant.drop_silence.seconds(), 1.0, 60.0, "s")
    }

    fn check_goal(&self) -> Result<(), PrescriptionError> {
        let goal = &self.goal;
        goal.target.check()?;
        within("dose weight", goal.dose_weight.kg(), 2.0, 350.0, "kg")?;
        within("pre-count", goal.pre_count.per_ul(), 0.0, 1e6, "/uL")?;
        within("expected CE2", goal.expected_ce2.pct(), 0.1, 150.0, "%")?;
        within("most blood volumes", goal.most_tbv_multiple, 0.5, 10.0, "blood volumes")?;
        within("longest collection", goal.most_time.minutes(), 10.0, 720.0, "min")?;
        goal.check_estimate()
    }

    fn check_set(&self) -> Result<(), PrescriptionError> {
        let set = &self.set;
        if let Some(reservoir) = set.reservoir {
            within("reservoir", reservoir.ml(), 50.0, 400.0, "mL")?;
            if set.red_cell_prime || !self.settings.method.spins() {
                return Err(PrescriptionError::Reservoir);
            }
        }
        within("extracorporeal volume", set.extracorporeal_volume.ml(), 10.0, 1000.0, "mL")?;
        within("prime volume", set.prime_volume.ml(), 10.0, 2000.0, "mL")?;
        within("channel volume", set.channel_volume.ml(), 1.0, 1000.0, "mL")?;
        within("channel radius", set.channel_radius.mm(), 10.0, 500.0, "mm")?;
        within("channel gap", set.channel_gap.mm(), 1.0, 50.0, "mm")?;
        within("collect line volume", set.collect_line_volume.ml(), 0.0, 100.0, "mL")
    }
}

/// Accepts `value` from `low` to `high`; refuses everything else, NaN included.
pub(crate) fn within(
    name: &'static str,
    value: f64,
    low: f64,
    high: f64,
    unit: &'static str,
) -> Result<(), PrescriptionError> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(PrescriptionError::Range { name, value, low, high, unit }) }
}

/// Accepts tiers that run outwards.
pub(crate) fn tiers<T: PartialOrd + Copy>(name: &'static str, limit: &ThreeTier<T>) -> Result<(), PrescriptionError> {
    if limit.is_ordered() { Ok(()) } else { Err(PrescriptionError::Tiers { name }) }
}
