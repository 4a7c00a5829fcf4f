//! The donor as the machine meets it: draw, receive, advance, look.

use leuka_blood::quantity::{
    Amount, CellConcentration, Concentration, Fraction, Frequency, MassConcentration, Pressure, Temperature, TimeSpan,
    Volume,
};
use leuka_blood::random::Seed;
use leuka_blood::{CellTable, Component, Mixture, PerPopulation, Population, math};

use crate::Parameters;
use crate::cells::Cells;
use crate::circulation::{Circulation, Haemodynamics, Influence};
use crate::citrate_calcium::Chemistry;
use crate::description::{BodySize, Description, Error};
use crate::oxygen::{Desaturation, Oxygen};
use crate::symptoms::{Sensitivity, Signs, Symptoms};
use crate::vasovagal::{Stress, Vasovagal};
use crate::volumes::{Body, Ledger, Rates, Volumes};

/// Longest step of the circulation, s; a longer beat is divided.
pub const FAST_STEP_S: f64 = 0.1;
/// Shortest step of volumes, chemistry, cells and oxygen, s: taken as soon as so much time has gathered.
pub const SLOW_STEP_S: f64 = 0.5;
/// Longest beat that is not divided, s.
const LONGEST_BEAT_S: f64 = 1.0;
/// Allowance for rounding when beats are summed, as a part of the slow step.
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
    /// Legs up (true) or down again.
    LegsRaised(bool),
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
    /// Protein of plasma.
    pub protein: MassConcentration,
}

/// One virtual donor or patient.
#[derive(Debug, Clone)]
pub struct Donor {
    body: Body,
    rates: Rates,
    ledger: Ledger,
    volumes: Volumes,
    circulation: Circulation,
    vasovagal: Vasovagal,
    chemistry: Chemistry,
    oxygen: Oxygen,
    cells: Cells,
    sensitivity: Sensitivity,
    constants: Constants,
    influence: Influence,
    legs_raised: bool,
    drawn: bool,
    gathered_s: f64,
    air_received_ml: f64,
}

/// What does not change during a procedure.
#[derive(Debug, Clone, Copy)]
struct Constants {
    table: CellTable,
    body_to_venous_hematocrit: f64,
    red_cell_hemoglobin_g_l: f64,
    blood_at_rest_ml: f64,
    legs_raised_ml: f64,
    respiration: Frequency,
    temperature: Temperature,
}

impl Donor {
    /// A donor at rest.
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
        let (mut chemistry, plasma, interstitial) = Chemistry::new(description, p, &size);
        let mut body = Body::new(description, &p.volumes, &blood.cells, &plasma, &interstitial)?;
        chemistry.fill_buffer(&mut body, size.weight_kg);
        let cells = Cells::new(description, &p.cells, &mut body);
        let circulation = Circulation::new(description, &p.circulation, &p.reflex, &size, p.default.heart_rate);
        let blood_at_rest_ml = body.blood.fluid_ml();
        let influence = Influence::default();
        let capillary_mmhg = circulation.haemodynamics(blood_at_rest_ml, &influence).capillary_mmhg;
        let mut donor = Self {
            volumes: Volumes::new(&p.volumes, &size, &body, capillary_mmhg),
            vasovagal: Vasovagal::new(description, &p.vasovagal, &size, p.size.reference_blood_volume, seed),
            oxygen: Oxygen::new(&p.oxygen, description.age_years, size.weight_kg),
            sensitivity: Sensitivity::new(description, &p.symptoms, seed),
            constants: Constants {
                table: blood.cells,
                body_to_venous_hematocrit: p.volumes.body_to_venous_hematocrit,
                red_cell_hemoglobin_g_l: description.hemoglobin.g_l() / description.hematocrit.fraction(),
                blood_at_rest_ml,
                legs_raised_ml: p.circulation.legs_raised * size.blood,
                respiration: description.respiration,
                temperature: description.temperature,
            },
            body,
            rates: Rates::default(),
            ledger: Ledger::default(),
            circulation,
            chemistry,
            cells,
            influence,
            legs_raised: false,
            drawn: false,
            gathered_s: 0.0,
            air_received_ml: 0.0,
        };
        donor.rates = donor.rates_of(&body);
        Ok(donor)
    }

    /// Takes `volume_ml` of venous blood: exactly what leaves the vein. Nothing for a volume that is negative or no
    /// number; at most half of the blood at once.
    pub fn draw(&mut self, volume_ml: f64) -> Mixture {
        let drawn = self.body.draw(volume_ml, self.constants.body_to_venous_hematocrit);
        self.drawn |= volume_ml > 0.0;
        drawn
    }

    /// Gives fluid into a vein. Air goes to the lungs and out of the account.
    pub fn receive(&mut self, mixture: &Mixture) {
        let air_ml = mixture.get(Component::Air);
        self.body.blood += *mixture;
        self.body.blood.add(Component::Air, -air_ml);
        self.ledger.lost.add(Component::Air, air_ml);
        self.air_received_ml += air_ml;
        self.oxygen.receive_air(air_ml);
    }

    /// Lets time pass. Meant for beats of 0.05 to 1 s; a longer one is divided, nothing happens for one that is
    /// negative, infinite or no number.
    pub fn advance(&mut self, dt: TimeSpan) {
        let mut left_s = if dt.is_finite() { dt.seconds() } else { 0.0 };
        while left_s > 0.0 {
            let beat_s = left_s.min(LONGEST_BEAT_S);
            self.advance_beat(beat_s);
            left_s -= beat_s;
        }
    }

    fn advance_beat(&mut self, beat_s: f64) {
        let blood_ml = self.body.blood.fluid_ml();
        let steps = math::ceil(beat_s / FAST_STEP_S - ROUNDING).max(1.0);
        let mut step = 0.0;
        while step < steps {
            self.circulation.advance(beat_s / steps, blood_ml, &self.influence);
            step += 1.0;
        }
        self.gathered_s += beat_s;
        if self.gathered_s >= SLOW_STEP_S * (1.0 - ROUNDING) {
            let gathered_s = core::mem::take(&mut self.gathered_s);
            self.advance_slow(gathered_s);
        }
    }

    fn advance_slow(&mut self, seconds: f64) {
        let minutes = seconds / 60.0;
        self.exchange_fluids(minutes);
        self.cells.advance(&mut self.body, minutes, &mut self.ledger);
        self.oxygen.advance(seconds, self.chemistry.ionised().calcium);
        let deficit = 1.0 - self.body.blood.fluid_ml() / self.constants.blood_at_rest_ml;
        let drawn = core::mem::take(&mut self.drawn);
        self.vasovagal.advance(seconds, Stress { drawn, legs_raised: self.legs_raised, deficit });
        let shifted_ml = if self.legs_raised { self.constants.legs_raised_ml } else { 0.0 };
        self.influence = Influence {
            reflex_loss: self.vasovagal.drive(),
            heart_rate_fall: self.vasovagal.heart_rate_fall(),
            resistance_fall: self.vasovagal.resistance_fall(),
            pooled_ml: self.vasovagal.pooled_ml() - shifted_ml,
            calcium_fall: self.chemistry.fall().calcium,
        };
    }

    /// Water, protein and solutes between blood and interstitium, by the trapezoidal rule: the flows at the end of the
    /// last step, before the machine drew and gave, and those at the end of this one, averaged, move what is booked.
    fn exchange_fluids(&mut self, minutes: f64) {
        let mut ahead = self.body;
        ahead.apply(&self.rates, minutes, &mut Ledger::default());
        let at_end = self.rates_of(&ahead);
        self.body.apply(&self.rates.mean(at_end), minutes, &mut self.ledger);
        self.rates = at_end;
    }

    fn rates_of(&mut self, body: &Body) -> Rates {
        self.chemistry.bind(body, self.volumes.relative_protein(body));
        let mut rates = self.volumes.rates(body, self.haemodynamics().capillary_mmhg);
        self.chemistry.add_rates(body, &mut rates);
        rates
    }

    fn haemodynamics(&self) -> Haemodynamics {
        self.circulation.haemodynamics(self.body.blood.fluid_ml(), &self.influence)
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
            respiration: self.constants.respiration,
            temperature: self.constants.temperature,
        }
    }

    /// Venous blood now; the ions as of the last slow step.
    #[must_use]
    pub fn blood(&self) -> BloodCounts {
        let blood = &self.body.blood;
        let hematocrit = self.body.venous_hematocrit(self.constants.body_to_venous_hematocrit);
        let plasma = |solute| Concentration::from_mmol_l(blood.per_litre_liquid(solute));
        let bicarbonate = plasma(Component::Bicarbonate);
        let ionised = self.chemistry.ionised();
        BloodCounts {
            hematocrit: Fraction::from_fraction(hematocrit),
            hemoglobin: MassConcentration::from_g_l(self.constants.red_cell_hemoglobin_g_l * hematocrit),
            cells: PerPopulation::from_fn(|population| {
                CellConcentration::from_per_ul(match population {
                    Population::Erythrocyte => hematocrit * 1e-3 / self.constants.table[population].volume_ml(),
                    _ => blood.per_ul(population, &self.constants.table),
                })
            }),
            ionised_calcium: Concentration::from_mmol_l(ionised.calcium),
            ionised_magnesium: Concentration::from_mmol_l(ionised.magnesium),
            total_calcium: plasma(Component::Calcium),
            total_magnesium: plasma(Component::Magnesium),
            citrate: plasma(Component::Citrate),
            bicarbonate,
            ph: self.chemistry.ph(bicarbonate.mmol_l()),
            protein: MassConcentration::from_g_l(blood.per_litre_liquid(Component::Protein)),
        }
    }

    /// What the donor feels and shows now.
    #[must_use]
    pub fn symptoms(&self) -> Symptoms {
        self.sensitivity.symptoms(&Signs {
            ionised_calcium: self.chemistry.ionised().calcium,
            fall: self.chemistry.fall(),
            systolic_mmhg: self.haemodynamics().systolic_mmhg,
            vasovagal: self.vasovagal.drive(),
        })
    }

    /// Everything in the body that is accounted for: blood, interstitium, cells elsewhere, buffered bicarbonate.
    #[must_use]
    pub fn contents(&self) -> Mixture {
        self.body.contents()
    }

    /// The circulating blood alone.
    #[must_use]
    pub const fn circulating(&self) -> &Mixture {
        &self.body.blood
    }

    /// What the body made and destroyed since the start.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
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

    /// Does something for the donor. Calcium that is negative or no number is not given.
    pub fn treat(&mut self, treatment: Treatment) {
        match treatment {
            Treatment::IntravenousCalcium(amount) => {
                let mmol = amount.mmol().max(0.0);
                self.body.blood.add(Component::Calcium, mmol);
                self.ledger.gained.add(Component::Calcium, mmol);
            }
            Treatment::LegsRaised(raised) => self.legs_raised = raised,
        }
    }
}

/// A severity as a number from 0 to 1; NaN is 0.
const fn unit_interval(severity: Fraction) -> f64 {
    severity.fraction().max(0.0).min(1.0)
}
