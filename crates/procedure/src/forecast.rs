//! Ionised calcium of the donor of the inputs while citrate runs in: by the donor model alone, for a plan.

use leuka_blood::quantity::{Amount, FlowRate, TimeSpan};
use leuka_blood::random::Seed;
use leuka_donor::Treatment;

use crate::build;
use crate::donor::Person;
use crate::file::Problems;
use crate::inputs::Inputs;
use crate::prescription::solution;

/// Step of the forecast.
const STEP: TimeSpan = TimeSpan::from_seconds(2.0);

/// The lowest ionised calcium of a collection (mmol/L) in which blood passes at this flow and comes back with its
/// anticoagulant, all of it, while so much calcium runs in per hour.
///
/// # Errors
/// What the models refuse although every single field is allowed.
pub fn calcium_nadir(
    inputs: &Inputs,
    blood: FlowRate,
    anticoagulant: FlowRate,
    time: TimeSpan,
    calcium_per_hour: Amount,
) -> Result<f64, Problems> {
    let person = Person::read(&inputs.donor)?;
    let parameters = build::blood(inputs)?;
    let mut donor = build::donor(inputs, &person, &parameters, Seed::run(inputs.seed))?;
    donor.treat(Treatment::CalciumInfusion(calcium_per_hour));
    let given_ml = (anticoagulant * STEP).ml();
    let given = parameters.fluids.anticoagulant(solution(&inputs.protocol), given_ml);
    let mut nadir = donor.blood().ionised_calcium.mmol_l();
    let mut passed = TimeSpan::ZERO;
    while passed < time {
        let mixture = donor.draw((blood * STEP).ml()) + given;
        donor.receive(&mixture);
        donor.advance(STEP);
        passed += STEP;
        nadir = nadir.min(donor.blood().ionised_calcium.mmol_l());
    }
    Ok(nadir)
}
