//! What is no donor is refused with a reason.

use leuka_blood::Population;
use leuka_blood::quantity::{CellConcentration, Fraction, Mass, Pressure};
use leuka_blood::random::Seed;
use leuka_donor::{Description, Donor, Parameters};

use crate::common::*;

fn refusal(change: impl Fn(&mut Description)) -> String {
    let mut description = man();
    change(&mut description);
    let blood = leuka_blood::Parameters::embedded().unwrap();
    Donor::new(&description, &Parameters::embedded().unwrap(), &blood, Seed::run(1)).unwrap_err().to_string()
}

#[test]
fn each_impossible_value_is_named_with_what_is_allowed() {
    let text = refusal(|donor| donor.hematocrit = Fraction::from_pct(90.0));
    assert_eq!(text, "the donor's haematocrit is 90 %: give a value from 10 to 70 %");
    assert!(refusal(|donor| donor.weight = Mass::from_kg(f64::NAN)).contains("weight is NaN kg"));
    assert!(refusal(|donor| donor.age_years = -1.0).contains("age is -1 years"));
    assert!(refusal(|donor| donor.systolic = Pressure::from_mmhg(70.0)).contains("pulse pressure"));
    assert!(refusal(|donor| donor.weight = Mass::from_kg(20.0)).contains("blood volume per weight"));
    assert!(refusal(|donor| donor.cells[Population::TCell] = CellConcentration::from_per_ul(-1.0)).contains("t_cell"));
}

#[test]
fn blood_without_room_for_plasma_is_refused() {
    let text = refusal(|donor| {
        donor.hematocrit = Fraction::from_pct(65.0);
        donor.cells[Population::Blast] = CellConcentration::from_1e9_l(600.0);
    });
    assert!(text.contains("fill"), "{text}");
}

#[test]
fn a_parameter_changes_the_donor() {
    let mut file = Parameters::embedded_file().unwrap();
    file.set("binding.citrate_calcium", 3.6).unwrap();
    let blood = leuka_blood::Parameters::embedded().unwrap();
    let mut other = Donor::new(&man(), &Parameters::from_file(&file).unwrap(), &blood, Seed::run(7)).unwrap();
    let mut usual = donor(&man());
    infuse_citrate(&mut other, 75.0, 1.5, 10.0);
    infuse_citrate(&mut usual, 75.0, 1.5, 10.0);
    assert!(other.blood().ionised_calcium.mmol_l() < usual.blood().ionised_calcium.mmol_l() - 0.02);
}
