//! Who the donor is: what a nurse would know before the procedure, with documented defaults for the rest.

use leuka_blood::quantity::{
    CellConcentration, Concentration, Fraction, Frequency, Length, Mass, MassConcentration, Pressure, Temperature,
    Volume,
};
use leuka_blood::{PerPopulation, Population, Sex, math};

use crate::Parameters;
use crate::mobilisation::Mobilisation;

/// Why a donor cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A value that no living donor has.
    #[error("the donor's {field} is {value} {unit}: give a value from {low} to {high} {unit}")]
    Range {
        /// Which value.
        field: &'static str,
        /// What was given.
        value: f64,
        /// Smallest value accepted.
        low: f64,
        /// Largest value accepted.
        high: f64,
        /// The unit of all three.
        unit: &'static str,
    },
    /// The cells leave too little room for plasma.
    #[error(
        "the donor's cells fill {cells_pct:.0} % of the blood: lower the haematocrit or the cell counts until they fill at most 80 %"
    )]
    NoPlasma {
        /// Volume of all cells in the blood, per cent.
        cells_pct: f64,
    },
}

/// A donor or patient before the procedure. [`Description::typical`] fills in what is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Description {
    /// Sex.
    pub sex: Sex,
    /// Age, years.
    pub age_years: f64,
    /// Height.
    pub height: Length,
    /// Body weight.
    pub weight: Mass,
    /// Total blood volume; the formulas (Nadler and others) live in `leuka-dose`.
    pub total_blood_volume: Volume,
    /// Haematocrit of venous blood.
    pub hematocrit: Fraction,
    /// Haemoglobin of venous blood.
    pub hemoglobin: MassConcentration,
    /// Cells per microlitre of venous blood. The entry of the red cells is ignored: the haematocrit says it.
    pub cells: PerPopulation<CellConcentration>,
    /// Ionised calcium of plasma.
    pub ionised_calcium: Concentration,
    /// Ionised magnesium of plasma.
    pub ionised_magnesium: Concentration,
    /// Bicarbonate of plasma.
    pub bicarbonate: Concentration,
    /// Albumin of plasma.
    pub albumin: MassConcentration,
    /// Resting heart rate.
    pub heart_rate: Frequency,
    /// Resting systolic pressure.
    pub systolic: Pressure,
    /// Resting diastolic pressure.
    pub diastolic: Pressure,
    /// Resting respiration.
    pub respiration: Frequency,
    /// Body temperature.
    pub temperature: Temperature,
    /// How much of the usual citrate metabolism the liver does: 1 healthy, 0.5 cirrhosis, 0.25 liver failure.
    pub liver_factor: Fraction,
    /// Part of all platelets that stands in the spleen: a third usually, more in a large spleen.
    pub splenic_platelets: Fraction,
    /// How well the marrow answers a loss of cells: 1 healthy, 0.3 soon after chemotherapy.
    pub marrow_factor: Fraction,
    /// Platelets that the marrow keeps up, where the present count is another: in the days after a collection.
    pub usual_platelets: Option<CellConcentration>,
    /// Haematocrit that the marrow keeps up, where the present one is another.
    pub usual_hematocrit: Option<Fraction>,
    /// Mobilising drugs: how the donor answers them and what was given before.
    pub mobilisation: Mobilisation,
    /// Never donated before: faints more easily.
    pub first_time: bool,
    /// Anxiety from 0 to 1: faints more easily.
    pub anxiety: Fraction,
}

parameter_group! {
    /// What rates and volumes are scaled from.
    SizeParameters {
        reference_weight in "kg" from 40.0 to 120.0;
        reference_blood_volume in "mL" from 2500.0 to 9000.0;
        rate_exponent in "1" from 0.0 to 1.5;
        lean_body_mass_index in "kg/m2" from 18.0 to 40.0;
        fat_counts in "1" from 0.0 to 1.0;
    }
}

parameter_group! {
    /// Values of a typical donor.
    DefaultParameters {
        hematocrit_man in "%" from 20.0 to 60.0;
        hematocrit_woman in "%" from 20.0 to 60.0;
        hematocrit_child in "%" from 20.0 to 60.0;
        adult_from in "year" from 5.0 to 20.0;
        red_cell_hemoglobin in "g/L" from 250.0 to 400.0;
        ionised_calcium in "mmol/L" from 0.8 to 1.6;
        ionised_magnesium in "mmol/L" from 0.3 to 1.0;
        bicarbonate in "mmol/L" from 10.0 to 40.0;
        albumin in "g/L" from 10.0 to 60.0;
        systolic in "mmHg" from 80.0 to 200.0;
        systolic_newborn in "mmHg" from 50.0 to 120.0;
        systolic_per_year in "mmHg/year" from 0.0 to 5.0;
        diastolic in "mmHg" from 40.0 to 120.0;
        diastolic_newborn in "mmHg" from 30.0 to 80.0;
        diastolic_per_year in "mmHg/year" from 0.0 to 5.0;
        heart_rate in "/min" from 40.0 to 120.0;
        heart_rate_child_excess in "/min" from 0.0 to 100.0;
        heart_rate_age_scale in "year" from 1.0 to 20.0;
        respiration in "/min" from 6.0 to 30.0;
        respiration_child_excess in "/min" from 0.0 to 60.0;
        respiration_age_scale in "year" from 1.0 to 20.0;
        temperature in "C" from 34.0 to 40.0;
        platelet in "/uL" from 0.0 to 2e6;
        t_cell in "/uL" from 0.0 to 2e5;
        other_lymphocyte in "/uL" from 0.0 to 2e5;
        monocyte in "/uL" from 0.0 to 1e5;
        cd34 in "/uL" from 0.0 to 1e4;
        neutrophil in "/uL" from 0.0 to 2e5;
        eosinophil in "/uL" from 0.0 to 1e5;
        blast in "/uL" from 0.0 to 1e6;
    }
}

impl DefaultParameters {
    /// Cells per microlitre; the haematocrit says that of red cells.
    pub(crate) fn cells_per_ul(&self) -> PerPopulation<f64> {
        PerPopulation::from_fn(|population| match population {
            Population::Erythrocyte => 0.0,
            Population::Platelet => self.platelet,
            Population::TCell => self.t_cell,
            Population::OtherLymphocyte => self.other_lymphocyte,
            Population::Monocyte => self.monocyte,
            Population::Cd34 => self.cd34,
            Population::Neutrophil => self.neutrophil,
            Population::Eosinophil => self.eosinophil,
            Population::Blast => self.blast,
        })
    }
}

impl Description {
    /// A healthy donor of this sex, age, height, weight and blood volume, at rest and not mobilised, with the values
    /// of the section `default` of `data/donor.toml`: haematocrit by sex and for children; haemoglobin from the
    /// haematocrit; heart rate, pressures and respiration by age; the middle of the reference range for the rest; a
    /// healthy liver, an experienced and calm donor.
    #[must_use]
    pub fn typical(
        sex: Sex,
        age_years: f64,
        height: Length,
        weight: Mass,
        total_blood_volume: Volume,
        parameters: &Parameters,
    ) -> Self {
        let default = &parameters.default;
        let hematocrit = Fraction::from_pct(match sex {
            _ if age_years < default.adult_from => default.hematocrit_child,
            Sex::Female => default.hematocrit_woman,
            Sex::Male => default.hematocrit_man,
        });
        let per_ul = default.cells_per_ul();
        let falling = |adult: f64, excess: f64, scale: f64| {
            Frequency::from_per_min(adult + excess * math::exp(-age_years / scale))
        };
        let rising =
            |newborn: f64, per_year: f64, adult: f64| Pressure::from_mmhg((newborn + per_year * age_years).min(adult));
        Self {
            sex,
            age_years,
            height,
            weight,
            total_blood_volume,
            hematocrit,
            hemoglobin: MassConcentration::from_g_l(default.red_cell_hemoglobin * hematocrit.fraction()),
            cells: PerPopulation::from_fn(|population| CellConcentration::from_per_ul(per_ul[population])),
            ionised_calcium: Concentration::from_mmol_l(default.ionised_calcium),
            ionised_magnesium: Concentration::from_mmol_l(default.ionised_magnesium),
            bicarbonate: Concentration::from_mmol_l(default.bicarbonate),
            albumin: MassConcentration::from_g_l(default.albumin),
            heart_rate: falling(default.heart_rate, default.heart_rate_child_excess, default.heart_rate_age_scale),
            systolic: rising(default.systolic_newborn, default.systolic_per_year, default.systolic),
            diastolic: rising(default.diastolic_newborn, default.diastolic_per_year, default.diastolic),
            respiration: falling(default.respiration, default.respiration_child_excess, default.respiration_age_scale),
            temperature: Temperature::from_celsius(default.temperature),
            liver_factor: Fraction::from_fraction(1.0),
            splenic_platelets: parameters.cells.platelet.share_elsewhere(),
            marrow_factor: Fraction::from_fraction(1.0),
            usual_platelets: None,
            usual_hematocrit: None,
            mobilisation: Mobilisation::default(),
            first_time: false,
            anxiety: Fraction::ZERO,
        }
    }

    /// Checks that a body with these values can live.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let pulse_mmhg = (self.systolic - self.diastolic).mmhg();
        let blood_ml_kg = self.total_blood_volume.ml() / self.weight.kg();
        let ranges = [
            ("age", self.age_years, 0.0, 120.0, "years"),
            ("height", self.height.cm(), 40.0, 250.0, "cm"),
            ("weight", self.weight.kg(), 3.0, 300.0, "kg"),
            ("blood volume per weight", blood_ml_kg, 25.0, 150.0, "mL/kg"),
            ("haematocrit", self.hematocrit.pct(), 10.0, 70.0, "%"),
            ("haemoglobin", self.hemoglobin.g_l(), 30.0, 250.0, "g/L"),
            ("ionised calcium", self.ionised_calcium.mmol_l(), 0.5, 2.0, "mmol/L"),
            ("ionised magnesium", self.ionised_magnesium.mmol_l(), 0.1, 2.0, "mmol/L"),
            ("bicarbonate", self.bicarbonate.mmol_l(), 8.0, 45.0, "mmol/L"),
            ("albumin", self.albumin.g_l(), 10.0, 60.0, "g/L"),
            ("heart rate", self.heart_rate.per_min(), 30.0, 200.0, "/min"),
            ("diastolic pressure", self.diastolic.mmhg(), 20.0, 140.0, "mmHg"),
            ("pulse pressure (systolic less diastolic)", pulse_mmhg, 10.0, 140.0, "mmHg"),
            ("respiration", self.respiration.per_min(), 4.0, 80.0, "/min"),
            ("temperature", self.temperature.celsius(), 30.0, 43.0, "C"),
            ("liver factor", self.liver_factor.fraction(), 0.0, 2.0, "of normal"),
            ("platelets in the spleen", self.splenic_platelets.pct(), 1.0, 95.0, "%"),
            ("marrow factor", self.marrow_factor.fraction(), 0.0, 2.0, "of normal"),
            ("response to G-CSF", self.mobilisation.response, 0.0, 10.0, "of the usual"),
            ("anxiety", self.anxiety.fraction(), 0.0, 1.0, "of the greatest"),
        ];
        for (field, value, low, high, unit) in ranges {
            check_range(field, value, low, high, unit)?;
        }
        if let Some(usual) = self.usual_platelets {
            check_range("usual platelets", usual.per_ul(), 0.0, 5e6, "/uL")?;
        }
        if let Some(usual) = self.usual_hematocrit {
            check_range("usual haematocrit", usual.pct(), 10.0, 70.0, "%")?;
        }
        if let Some(course) = self.mobilisation.course {
            check_range("dose of G-CSF", course.ug_per_kg, 0.0, 100.0, "ug/kg")?;
            check_range("number of doses of G-CSF", f64::from(course.doses), 0.0, 30.0, "doses")?;
            check_range("time since the last dose", course.since_last_dose.hours(), 0.0, 1000.0, "h")?;
        }
        for (population, count) in self.cells.iter() {
            check_range(population.name(), count.per_ul(), 0.0, 5e6, "/uL")?;
        }
        Ok(())
    }
}

fn check_range(field: &'static str, value: f64, low: f64, high: f64, unit: &'static str) -> Result<(), Error> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(Error::Range { field, value, low, high, unit }) }
}

/// How the donor compares with the adult that rates and volumes are given for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodySize {
    /// Body weight, kg, of which fat above a lean build counts in part: fat holds little water and burns little.
    pub(crate) weight_kg: f64,
    /// Factor for flows and clearances.
    pub(crate) rate: f64,
    /// Factor for the heart and vessels: blood volume against the reference.
    pub(crate) blood: f64,
}

impl BodySize {
    pub(crate) fn new(description: &Description, parameters: &SizeParameters) -> Self {
        let (height_m, full_kg) = (description.height.metres(), description.weight.kg());
        let lean_kg = (parameters.lean_body_mass_index * height_m * height_m).min(full_kg);
        let weight_kg = lean_kg + parameters.fat_counts * (full_kg - lean_kg);
        Self {
            weight_kg,
            rate: math::pow(weight_kg / parameters.reference_weight, parameters.rate_exponent),
            blood: description.total_blood_volume.ml() / parameters.reference_blood_volume,
        }
    }
}
