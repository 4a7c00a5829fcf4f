//! The donor as the machine meets it: draw, receive, advance, look.

use leuka_blood::quantity::{
    Amount, CellConcentration, Concentration, Fraction, Frequency, MassConcentration, Pressure, Temperature, TimeSpan,
    Volume,
};
use leuka_blood::random::Seed;
use leuka_blood::{CellTable, Component, Mixture, PerPopulation, Population, math};

use crate::Parameters;
use crate::body::{Body, Ledger, Rates};
use crate::circulation::{Haemodynamics, Influence};
use crate::description::{BodySize, Description, Error};
use crate::model::{Model, State};
use crate::oxygen::{Desaturation, Oxygen};
use crate::state::Pools;
use crate::symptoms::{Sensitivity, Signs, Symptoms};
use crate::vasovagal::{Stress, Vasovagal};

/// Longest step of the circulation, s; taken as soon as so much time has gathered.
pub const FAST_STEP_S: f64 = 0.5;
/// Longest step of everything slower, s; taken as soon as so much time has gathered.
pub const SLOW_STEP_S: f64 = 2.0;
/// Allowance for rounding when beats are summed, as a part of the step.
const ROUNDING: f64 = 1e-9;

/// Something that befalls the donor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// Lowers oxygen from now on, as severe as said (0 to 1); zero ends it.
    Desaturation(Desaturation, Fraction),
    /// A vasovagal reaction as severe as said (0 to 1) starts now.
    VasovagalReaction(Fraction),
}

/// Something that is done for the donor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Treatment {
    /// Calcium into a vein, now, in addition to what was given before.
    IntravenousCalcium(Amount),
    /// So much calcium per hour into a vein from now on; zero ends it.
    CalciumInfusion(Amount),
    /// Calcium to swallow.
    OralCalcium(Amount),
    /// Saline from a bag into a vein, in addition to what still runs; runs in within minutes.
    Saline(Volume),
    /// Legs up (true) or down again.
    LegsRaised(bool),
    /// G-CSF under the skin, ug per kg of body weight.
    GCsf(f64),
    /// Plerixafor under the skin, ug per kg of body weight.
    Plerixafor(f64),
}

/// Vital signs, exact: sensors belong to the machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vitals {
    /// Heart rate.
    pub heart_rate: Frequency,
    /// Systolic arterial pressure.
    pub systolic: Pressure,
    /// Diastolic arterial pressure.
    pub diastolic: Pressure,
    /// Mean arterial pressure.
    pub mean: Pressure,
    /// Central venous pressure.
    pub central_venous: Pressure,
    /// Blood pumped per heart beat.
    pub stroke_volume: Volume,
    /// Arterial oxygen saturation.
    pub spo2: Fraction,
    /// How well a finger pulses, against rest: a weak pulse gives an oximeter no signal, whatever the saturation.
    pub pulse_strength: Fraction,
    /// Breaths.
    pub respiration: Frequency,
    /// Body temperature.
    pub temperature: Temperature,
}

/// What a laboratory would find in venous blood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BloodCounts {
    /// Haematocrit.
    pub hematocrit: Fraction,
    /// Haemoglobin.
    pub hemoglobin: MassConcentration,
    /// Cells of every population.
    pub cells: PerPopulation<CellConcentration>,
    /// Ionised calcium of plasma.
    pub ionised_calcium: Concentration,
    /// Ionised magnesium of plasma.
    pub ionised_magnesium: Concentration,
    /// Total calcium of plasma.
    pub total_calcium: Concentration,
    /// Total magnesium of plasma.
    pub total_magnesium: Concentration,
    /// Citrate of plasma.
    pub citrate: Concentration,
    /// Bicarbonate of plasma.
    pub bicarbonate: Concentration,
    /// pH of arterial plasma.
    pub ph: f64,
    /// Potassium of plasma.
    pub potassium: Concentration,
    /// Inorganic phosphate of plasma.
    pub phosphate: Concentration,
    /// Parathyroid hormone of plasma against rest.
    pub parathyroid_hormone: Fraction,
    /// Protein of plasma.
    pub protein: MassConcentration,
}

/// One virtual donor or patient.
#[derive(Debug, Clone)]
pub struct Donor {
    model: Model,
    state: State,
    rates: Rates,
    ledger: Ledger,
    vasovagal: Vasovagal,
    oxygen: Oxygen,
    sensitivity: Sensitivity,
    constants: Constants,
    influence: Influence,
    calcium_mmol_min: f64,
    saline_left_ml: f64,
    legs_raised: bool,
    drawn: bool,
    blood_before_ml: f64,
    gathered_fast_s: f64,
    gathered_slow_s: f64,
    air_received_ml: f64,
}

/// What does not change during a procedure.
#[derive(Debug, Clone, Copy)]
struct Constants {
    table: CellTable,
    red_cell_hemoglobin_g_l: f64,
    blood_at_rest_ml: f64,
    pulse_at_rest_mmhg: f64,
    legs_raised_ml: f64,
    saline_ml_s: f64,
    respiration: Frequency,
}

impl Donor {
    /// A donor at rest, or in the middle of the course of G-CSF that the description tells.
    ///
    /// # Errors
    /// [`Error::Range`] for a value that no living donor has, [`Error::NoPlasma`] when cells fill the blood.
    pub fn new(
        description: &Description,
        parameters: &Parameters,
        blood: &leuka_blood::Parameters,
        seed: Seed,
    ) -> Result<Self, Error> {
        description.check()?;
        let p = parameters;
        let size = BodySize::new(description, &p.size);
        let (model, state) = Model::new(description, p, &size, blood)?;
        let blood_ml = state.body.blood.fluid_ml();
        let influence = Influence::default();
        let at_rest = model.circulation.haemodynamics(&state.circulation, blood_ml, &influence);
        let mut donor = Self {
            vasovagal: Vasovagal::new(description, &p.vasovagal, &size, p.size.reference_blood_volume, seed),
            oxygen: Oxygen::new(&p.oxygen, description.age_years, size.weight_kg),
            sensitivity: Sensitivity::new(description, &p.symptoms, at_rest.arterial_mmhg, seed),
            constants: Constants {
                table: blood.cells,
                red_cell_hemoglobin_g_l: description.hemoglobin.g_l() / description.hematocrit.fraction(),
                blood_at_rest_ml: blood_ml,
                pulse_at_rest_mmhg: at_rest.systolic_mmhg - at_rest.diastolic_mmhg,
                legs_raised_ml: p.circulation.legs_raised * size.blood,
                saline_ml_s: p.volumes.saline_drip * size.blood / 60.0,
                respiration: description.respiration,
            },
            model,
            state,
            rates: Rates::default(),
            ledger: Ledger::default(),
            influence,
            calcium_mmol_min: 0.0,
            saline_left_ml: 0.0,
            legs_raised: false,
            drawn: false,
            blood_before_ml: blood_ml,
            gathered_fast_s: 0.0,
            gathered_slow_s: 0.0,
            air_received_ml: 0.0,
        };
        donor.rates = donor.rates_of(&state.body, &state.pools);
        Ok(donor)
    }

    /// Takes `volume_ml` of venous blood: exactly what leaves the vein. Nothing for a volume that is negative or no
    /// number; at most half of the blood at once.
    pub fn draw(&mut self, volume_ml: f64) -> Mixture {
        self.drawn |= volume_ml > 0.0;
        self.state.body.draw(volume_ml, self.model.body_to_venous_hematocrit())
    }

    /// Gives fluid at body temperature into a vein. Air goes to the lungs and out of the account.
    pub fn receive(&mut self, mixture: &Mixture) {
        let air_ml = mixture.get(Component::Air);
        self.state.body.blood += *mixture;
        if air_ml != 0.0 {
            self.state.body.blood.add(Component::Air, -air_ml);
            self.ledger.lost.add(Component::Air, air_ml);
            self.air_received_ml += air_ml;
            self.oxygen.receive_air(air_ml);
        }
    }

    /// Gives fluid of another temperature into a vein.
    pub fn receive_at(&mut self, mixture: &Mixture, temperature: Temperature) {
        self.model.heat.receive(&mut self.state.pools, mixture.fluid_ml(), temperature.celsius());
        self.receive(mixture);
    }

    /// Lets time pass. Meant for beats of 0.05 to 2 s; a longer one is divided, nothing happens for one that is
    /// negative, infinite or no number.
    pub fn advance(&mut self, dt: TimeSpan) {
        let mut left_s = if dt.is_finite() { dt.seconds() } else { 0.0 };
        while left_s > 0.0 {
            let beat_s = left_s.min(SLOW_STEP_S);
            self.advance_beat(beat_s);
            left_s -= beat_s;
        }
    }

    fn advance_beat(&mut self, beat_s: f64) {
        self.gathered_fast_s += beat_s;
        if self.gathered_fast_s < FAST_STEP_S * (1.0 - ROUNDING) {
            return;
        }
        let seconds = core::mem::take(&mut self.gathered_fast_s);
        self.advance_fast(seconds);
        self.gathered_slow_s += seconds;
        if self.gathered_slow_s >= SLOW_STEP_S * (1.0 - ROUNDING) {
            let seconds = core::mem::take(&mut self.gathered_slow_s);
            self.advance_slow(seconds);
        }
    }

    /// The circulation; what was drawn and given since the last step counts as spread evenly over this one.
    fn advance_fast(&mut self, seconds: f64) {
        let after_ml = self.state.body.blood.fluid_ml();
        let steps = math::ceil(seconds / FAST_STEP_S - ROUNDING).max(1.0);
        let change_ml = (after_ml - self.blood_before_ml) / steps;
        let mut before_ml = core::mem::replace(&mut self.blood_before_ml, after_ml);
        let mut step = 0.0;
        while step < steps {
            let blood_ml = (before_ml, before_ml + change_ml);
            let circulation = &self.model.circulation;
            self.state.circulation =
                circulation.advanced(&self.state.circulation, seconds / steps, blood_ml, &self.influence);
            before_ml = blood_ml.1;
            step += 1.0;
        }
    }

    fn advance_slow(&mut self, seconds: f64) {
        let saline_ml = self.saline_left_ml.min(self.constants.saline_ml_s * seconds);
        self.saline_left_ml -= saline_ml;
        self.give(Component::Saline, saline_ml);
        self.exchange(seconds / 60.0);
        self.oxygen.advance(seconds, self.state.ionised.plasma.calcium);
        let deficit = 1.0 - self.state.body.blood.fluid_ml() / self.constants.blood_at_rest_ml;
        let drawn = core::mem::take(&mut self.drawn);
        self.vasovagal.advance(seconds, Stress { drawn, legs_raised: self.legs_raised, deficit });
        let shifted_ml = if self.legs_raised { self.constants.legs_raised_ml } else { 0.0 };
        self.influence = Influence {
            reflex_loss: self.vasovagal.drive(),
            heart_rate_fall: self.vasovagal.heart_rate_fall(),
            resistance_fall: self.vasovagal.resistance_fall(),
            pooled_ml: self.vasovagal.pooled_ml() - shifted_ml,
            calcium_fall: self.model.chemistry.fall(&self.state.ionised).calcium,
            thickening: self.model.thickening(&self.state.body),
        };
    }

    /// Everything slow, by the trapezoidal rule: the rates at the end of the last step, before the machine drew and
    /// gave, and those at the end of this one, averaged, move what is booked.
    fn exchange(&mut self, minutes: f64) {
        let ahead = self.state.body.after(&self.rates, minutes);
        let pools = self.state.pools.after(&self.rates.pools, minutes);
        let at_end = self.rates_of(&ahead, &pools);
        self.rates.add(&at_end);
        let half = 0.5 * minutes;
        self.state.body = self.state.body.after(&self.rates, half);
        self.state.pools = self.state.pools.after(&self.rates.pools, half);
        self.ledger.book(&self.rates, half);
        self.rates = at_end;
    }

    /// The rates of a body with the circulation as it is; keeps its ions as the donor's.
    fn rates_of(&mut self, body: &Body, pools: &Pools) -> Rates {
        let now = self.model.circulation.haemodynamics(&self.state.circulation, body.blood.fluid_ml(), &self.influence);
        self.state.ionised = self.model.bind(body, &self.state.ionised);
        self.model.rates(body, pools, &self.state.ionised, now.capillary_mmhg, self.calcium_mmol_min)
    }

    fn haemodynamics(&self) -> Haemodynamics {
        let blood_ml = self.state.body.blood.fluid_ml();
        self.model.circulation.haemodynamics(&self.state.circulation, blood_ml, &self.influence)
    }

    /// Vital signs now.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let now = self.haemodynamics();
        Vitals {
            heart_rate: Frequency::from_per_min(now.heart_rate_per_min),
            systolic: Pressure::from_mmhg(now.systolic_mmhg),
            diastolic: Pressure::from_mmhg(now.diastolic_mmhg),
            mean: Pressure::from_mmhg(now.arterial_mmhg),
            central_venous: Pressure::from_mmhg(now.venous_mmhg),
            stroke_volume: Volume::from_ml(now.stroke_ml),
            spo2: Fraction::from_fraction(self.oxygen.saturation()),
            pulse_strength: Fraction::from_fraction(
                ((now.systolic_mmhg - now.diastolic_mmhg) / self.constants.pulse_at_rest_mmhg).max(0.0),
            ),
            respiration: self.constants.respiration
                * (self.model.chemistry.breathing(Model::bicarbonate(&self.state.body)) * self.oxygen.breathing()),
            temperature: Temperature::from_celsius(self.state.pools.temperature),
        }
    }

    /// Venous blood now; the ions as of the last slow step.
    #[must_use]
    pub fn blood(&self) -> BloodCounts {
        let State { body, pools, ionised, .. } = &self.state;
        let blood = &body.blood;
        let hematocrit = body.venous_hematocrit(self.model.body_to_venous_hematocrit());
        let plasma = |solute| Concentration::from_mmol_l(blood.per_litre_liquid(solute));
        let bicarbonate = plasma(Component::Bicarbonate);
        BloodCounts {
            hematocrit: Fraction::from_fraction(hematocrit),
            hemoglobin: MassConcentration::from_g_l(self.constants.red_cell_hemoglobin_g_l * hematocrit),
            cells: PerPopulation::from_fn(|population| {
                CellConcentration::from_per_ul(match population {
                    Population::Erythrocyte => hematocrit * 1e-3 / self.constants.table[population].volume_ml(),
                    _ => blood.per_ul(population, &self.constants.table),
                })
            }),
            ionised_calcium: Concentration::from_mmol_l(ionised.plasma.calcium),
            ionised_magnesium: Concentration::from_mmol_l(ionised.plasma.magnesium),
            total_calcium: plasma(Component::Calcium),
            total_magnesium: plasma(Component::Magnesium),
            citrate: plasma(Component::Citrate),
            bicarbonate,
            ph: self.model.chemistry.ph(bicarbonate.mmol_l()),
            potassium: plasma(Component::Potassium),
            phosphate: plasma(Component::Phosphate),
            parathyroid_hormone: Fraction::from_fraction(self.model.hormone.relative(pools)),
            protein: MassConcentration::from_g_l(blood.per_litre_liquid(Component::Protein)),
        }
    }

    /// What the donor feels and shows now.
    #[must_use]
    pub fn symptoms(&self) -> Symptoms {
        let now = self.haemodynamics();
        self.sensitivity.symptoms(&Signs {
            ionised_calcium: self.state.ionised.plasma.calcium,
            fall: self.model.chemistry.fall(&self.state.ionised),
            systolic_mmhg: now.systolic_mmhg,
            mean_mmhg: now.arterial_mmhg,
            cold: self.model.heat.is_felt(&self.state.pools),
            vasovagal: self.vasovagal.drive(),
        })
    }

    /// Everything in the body that is accounted for: blood, interstitium, cells elsewhere, and what
    /// cells hold of bicarbonate and potassium.
    #[must_use]
    pub fn contents(&self) -> Mixture {
        self.state.body.contents()
    }

    /// The circulating blood alone.
    #[must_use]
    pub const fn circulating(&self) -> &Mixture {
        &self.state.body.blood
    }

    /// The rules, for those who integrate them in another way.
    pub(crate) const fn model(&self) -> &Model {
        &self.model
    }

    /// What the rules act on.
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// Calcium that runs into a vein, mmol/min.
    pub(crate) const fn calcium_infusion(&self) -> f64 {
        self.calcium_mmol_min
    }

    /// What the body made and destroyed since the start.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Platelets that the marrow keeps up: at rest the count, after a loss what it returns to.
    #[must_use]
    pub fn usual_platelets(&self) -> CellConcentration {
        let count = self.model.recovery.platelet_ml() / self.constants.table[Population::Platelet].volume_ml();
        CellConcentration::from_per_ul(count * 1e-3 / self.constants.blood_at_rest_ml)
    }

    /// Venous haematocrit that the marrow keeps up.
    #[must_use]
    pub fn usual_hematocrit(&self) -> Fraction {
        let body = self.model.recovery.red_ml() / self.constants.blood_at_rest_ml;
        Fraction::from_fraction(body / self.model.body_to_venous_hematocrit())
    }

    /// Air received with returned fluid since the start.
    #[must_use]
    pub const fn air_received(&self) -> Volume {
        Volume::from_ml(self.air_received_ml)
    }

    /// Lets something befall the donor.
    pub fn cause(&mut self, cause: Cause) {
        match cause {
            Cause::Desaturation(reason, severity) => self.oxygen.set(reason, unit_interval(severity)),
            Cause::VasovagalReaction(severity) => self.vasovagal.trigger(unit_interval(severity)),
        }
    }

    /// Does something for the donor. A dose that is negative, infinite or no number is not given.
    pub fn treat(&mut self, treatment: Treatment) {
        match treatment {
            Treatment::IntravenousCalcium(amount) => self.give(Component::Calcium, dose(amount.mmol())),
            Treatment::CalciumInfusion(per_hour) => self.calcium_mmol_min = dose(per_hour.mmol()) / 60.0,
            Treatment::OralCalcium(amount) => self.state.pools.gut_calcium += dose(amount.mmol()),
            Treatment::Saline(volume) => self.saline_left_ml += dose(volume.ml()),
            Treatment::LegsRaised(raised) => self.legs_raised = raised,
            Treatment::GCsf(ug_per_kg) => self.model.drugs.give_g_csf(&mut self.state.pools, dose(ug_per_kg)),
            Treatment::Plerixafor(ug_per_kg) => {
                self.model.drugs.give_plerixafor(&mut self.state.pools, dose(ug_per_kg));
            }
        }
        // The next step begins with what was given.
        let State { body, pools, .. } = self.state;
        self.rates = self.rates_of(&body, &pools);
    }

    /// Puts something that is not the machine's into the blood.
    fn give(&mut self, component: Component, amount: f64) {
        self.state.body.blood.add(component, amount);
        self.ledger.gained.add(component, amount);
    }
}

/// A dose that can be given: nothing for one that is negative, infinite or no number.
const fn dose(amount: f64) -> f64 {
    if amount.is_finite() { amount.max(0.0) } else { 0.0 }
}

/// A severity as a number from 0 to 1; NaN is 0.
const fn unit_interval(severity: Fraction) -> f64 {
    severity.fraction().max(0.0).min(1.0)
}
