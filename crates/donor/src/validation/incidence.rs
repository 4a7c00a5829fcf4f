//! How often things happen to donors: many virtual procedures, each in another donor.

use leuka_blood::quantity::{Fraction, Length, Mass, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Sex};

use crate::scenario::{CITRATE_MG_PER_MMOL, beats};
use crate::{Description, Donor, Error, Grade, Parameters};

/// A kind of procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two and a half hours at the usual 1.1 mg/kg/min of citrate.
    Standard,
    /// Four hours at 1.5 mg/kg/min without calcium.
    LargeVolume,
}

/// Parts of the procedures in which something happened.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Incidence {
    /// Procedures.
    pub procedures: u32,
    /// Citrate was felt and reported.
    pub citrate: Fraction,
    /// Cramps or worse.
    pub citrate_moderate: Fraction,
    /// A vasovagal reaction of at least a third of the greatest.
    pub vasovagal: Fraction,
    /// Systolic pressure fell by a quarter.
    pub hypotension: Fraction,
    /// Consciousness was lost.
    pub unconscious: Fraction,
}

/// Beat, s.
const BEAT_S: f64 = 2.0;
/// Part of the blood that is outside in an adult's set.
const SET_ML: f64 = 190.0;
/// A reaction from here on is noticed.
const NOTICED: f64 = 0.3;

/// What happens in so many procedures, one donor each: adults of 18 to 60 years, half of them women, a fifth of them
/// for the first time.
///
/// # Errors
/// What [`Donor::new`] refuses.
pub fn incidence(
    kind: Kind,
    procedures: u32,
    parameters: &Parameters,
    blood: &leuka_blood::Parameters,
) -> Result<Incidence, Error> {
    let mut sums = [0_u32; 5];
    for subject in 0..procedures {
        let seed = Seed { seed: 1, study: 4, subject: u64::from(subject) };
        let description = donor_of(seed, parameters);
        let donor = Donor::new(&description, parameters, blood, seed)?;
        for (sum, happened) in sums.iter_mut().zip(procedure(donor, &description, kind, blood)) {
            *sum += u32::from(happened);
        }
    }
    let part = |sum: u32| Fraction::from_fraction(f64::from(sum) / f64::from(procedures.max(1)));
    let [citrate, moderate, vasovagal, hypotension, unconscious] = sums.map(part);
    Ok(Incidence { procedures, citrate, citrate_moderate: moderate, vasovagal, hypotension, unconscious })
}

fn donor_of(seed: Seed, parameters: &Parameters) -> Description {
    let mut chance = seed.stream("donor.validation.incidence");
    let sex = if chance.chance(0.5) { Sex::Female } else { Sex::Male };
    let age_years = 18.0 + 42.0 * chance.uniform();
    let (height_cm, blood_ml_kg) = match sex {
        Sex::Female => (165.0, 65.0),
        Sex::Male => (178.0, 70.0),
    };
    let height_m = 0.01 * (height_cm + 7.0 * chance.normal());
    let mass_index = (24.5 + 3.0 * chance.normal()).clamp(18.5, 35.0);
    let weight_kg = (mass_index * height_m * height_m).max(50.0);
    let mut description = Description::typical(
        sex,
        age_years,
        Length::from_metres(height_m),
        Mass::from_kg(weight_kg),
        Volume::from_ml(blood_ml_kg * weight_kg),
        parameters,
    );
    description.first_time = chance.chance(0.2);
    let calm = chance.uniform();
    description.anxiety = Fraction::from_fraction(calm * calm);
    description
}

/// Whether citrate was felt, felt badly, the donor nearly fainted, pressure fell, consciousness was lost. As an operator
/// would, drawing stops for good when the donor is about to faint.
fn procedure(mut donor: Donor, description: &Description, kind: Kind, blood: &leuka_blood::Parameters) -> [bool; 5] {
    let (minutes, mg_kg_min) = match kind {
        Kind::Standard => (150.0, 1.1),
        Kind::LargeVolume => (240.0, 1.5),
    };
    let acd_a = blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0);
    let citrate_per_ml = acd_a.get(leuka_blood::Component::Citrate);
    let acd_a_ml_min = mg_kg_min * description.weight.kg() / CITRATE_MG_PER_MMOL / citrate_per_ml;
    let blood_ml_min = 12.0 * acd_a_ml_min;
    donor.draw(SET_ML);
    donor.receive(&leuka_blood::Mixture::saline(0.5 * SET_ML));
    let mut happened = [false; 5];
    let mut looks = 0_u32;
    beats(minutes, BEAT_S, |beat| {
        let is_drawing = !happened[2];
        if is_drawing {
            let drawn = donor.draw(blood_ml_min * beat);
            donor.receive(&(drawn + acd_a * (acd_a_ml_min * beat)));
        }
        donor.advance(TimeSpan::from_minutes(beat));
        looks += 1;
        if looks.is_multiple_of(5) {
            let now = donor.symptoms();
            let signs = [
                now.citrate >= Grade::Mild,
                now.citrate >= Grade::Moderate,
                now.vasovagal.fraction() > NOTICED,
                now.hypotension,
                now.unconscious,
            ];
            for (ever, now) in happened.iter_mut().zip(signs) {
                *ever |= now;
            }
        }
    });
    happened
}
