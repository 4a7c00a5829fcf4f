//! Total blood volume from sex, age, height and weight.

use leuka_blood::Sex;
use leuka_blood::math::{exp, ln};
use leuka_blood::quantity::{Length, Mass, Volume};

use crate::error::{Error, within};

/// Below this age Linderkamp's equations hold (children from the first hour to 14 years), from it on Nadler's.
const ADULT_AGE_YEARS: f64 = 15.0;

/// The equation that a blood volume came from; to be stated with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BloodVolumeFormula {
    /// S. B. Nadler, J. U. Hidalgo, T. Bloch, Surgery 1962;51:224: adults, by sex, height cubed and weight.
    Nadler,
    /// O. Linderkamp, H. T. Versmold, K. P. Riegel, K. Betke, Eur J Pediatr 1977;125:227: children to 14 years, by
    /// age and sex, height and logarithm of weight (error 5 to 10 %).
    Linderkamp,
}

impl BloodVolumeFormula {
    /// The name in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nadler => "nadler",
            Self::Linderkamp => "linderkamp",
        }
    }
}

/// A donor's total blood volume and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BloodVolume {
    /// Total blood volume.
    pub volume: Volume,
    /// The equation.
    pub formula: BloodVolumeFormula,
}

/// The total blood volume that the published equation for this age expects. In obesity it overestimates.
///
/// # Errors
/// Age outside 0 to 120 years, height outside 40 to 250 cm, weight outside 2 to 350 kg, NaN, or a body mass index
/// outside 8 to 100 kg/m2, which means that one of the two is wrong or in another unit.
pub fn total_blood_volume(sex: Sex, age_years: f64, height: Length, weight: Mass) -> Result<BloodVolume, Error> {
    within("age", age_years, "years", 0.0, 120.0)?;
    let height_cm = within("height", height.cm(), "cm", 40.0, 250.0)?;
    let weight_kg = within("weight", weight.kg(), "kg", 2.0, 350.0)?;
    let bmi = weight_kg / (height.metres() * height.metres());
    if !(8.0..=100.0).contains(&bmi) {
        return Err(Error::Build { height_cm, weight_kg, bmi });
    }
    Ok(if age_years < ADULT_AGE_YEARS {
        let volume = Volume::from_ml(linderkamp_ml(sex, age_years, height_cm, weight_kg));
        BloodVolume { volume, formula: BloodVolumeFormula::Linderkamp }
    } else {
        let volume = Volume::from_litres(nadler_litres(sex, height.metres(), weight_kg));
        BloodVolume { volume, formula: BloodVolumeFormula::Nadler }
    })
}

fn nadler_litres(sex: Sex, height_m: f64, weight_kg: f64) -> f64 {
    let cube = height_m * height_m * height_m;
    match sex {
        Sex::Male => 0.3669 * cube + 0.03219 * weight_kg + 0.6041,
        Sex::Female => 0.3561 * cube + 0.03308 * weight_kg + 0.1833,
    }
}

/// log10 V = a log10 weight + b height + c, with the paper's three groups.
fn linderkamp_ml(sex: Sex, age_years: f64, height_cm: f64, weight_kg: f64) -> f64 {
    let (a, b, c) = if age_years < 2.0 {
        (0.7891, 0.004_132, 1.8117)
    } else if sex == Sex::Male || age_years < 7.0 {
        (0.6459, 0.002_743, 2.0324)
    } else {
        (0.6412, 0.001_270, 2.2169)
    };
    exp(a * ln(weight_kg) + core::f64::consts::LN_10 * (b * height_cm + c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ml_per_kg(sex: Sex, age_years: f64, height_cm: f64, weight_kg: f64) -> f64 {
        let (height, weight) = (Length::from_cm(height_cm), Mass::from_kg(weight_kg));
        total_blood_volume(sex, age_years, height, weight).unwrap().volume.ml() / weight_kg
    }

    #[test]
    fn adults_follow_nadler() {
        let volume = |sex, height_cm, weight_kg| {
            let tbv = total_blood_volume(sex, 40.0, Length::from_cm(height_cm), Mass::from_kg(weight_kg)).unwrap();
            assert_eq!(tbv.formula, BloodVolumeFormula::Nadler);
            tbv.volume.litres()
        };
        // By hand: 0.3669 x 5.451776 + 0.03219 x 75 + 0.6041, and 0.3561 x 4.657463 + 0.03308 x 62 + 0.1833.
        assert!((volume(Sex::Male, 176.0, 75.0) - 5.018_607).abs() < 1e-6);
        assert!((volume(Sex::Female, 167.0, 62.0) - 3.892_783).abs() < 1e-6);
    }

    #[test]
    fn children_have_the_measured_volume_for_their_weight() {
        // Mean and standard deviation that Linderkamp measured in each age group, at that age's median height and
        // weight: the equation must give the mean within the half of one standard deviation.
        let check = |sex, age_years, height_cm, weight_kg, mean: f64, sd: f64| {
            let ours = ml_per_kg(sex, age_years, height_cm, weight_kg);
            assert!((ours - mean).abs() < 0.5 * sd, "{age_years} years: {ours} against {mean} +- {sd} mL/kg");
        };
        check(Sex::Female, 0.8, 72.0, 9.0, 82.4, 10.4);
        check(Sex::Male, 5.0, 110.0, 18.5, 76.7, 6.3);
        check(Sex::Female, 5.0, 109.0, 18.0, 77.4, 4.3);
        check(Sex::Female, 9.0, 133.0, 28.5, 72.7, 6.2);
        check(Sex::Male, 12.5, 153.0, 42.0, 74.4, 5.2);
        check(Sex::Female, 12.5, 155.0, 44.0, 68.3, 3.5);
    }

    #[test]
    fn the_formula_changes_at_fifteen_years() {
        let formula =
            |age| total_blood_volume(Sex::Male, age, Length::from_cm(165.0), Mass::from_kg(52.0)).map(|v| v.formula);
        assert_eq!(formula(14.99), Ok(BloodVolumeFormula::Linderkamp));
        assert_eq!(formula(15.0), Ok(BloodVolumeFormula::Nadler));
    }

    #[test]
    fn impossible_bodies_are_refused_with_the_reason() {
        let refused = |age, height_cm, weight_kg| {
            total_blood_volume(Sex::Female, age, Length::from_cm(height_cm), Mass::from_kg(weight_kg))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refused(30.0, 1.75, 70.0), "height is 1.75 cm: give 40 to 250 cm");
        assert_eq!(refused(-1.0, 175.0, 70.0), "age is -1 years: give 0 to 120 years");
        assert!(refused(30.0, 170.0, f64::NAN).starts_with("weight is NaN"));
        assert!(refused(30.0, 70.0, 170.0).contains("body mass index of 346.9"));
    }

    proptest! {
        #[test]
        fn heavier_and_taller_bodies_hold_more_blood(
            male: bool, age in 0.0..100.0f64, height in 60.0..200.0f64, bmi in 14.0..35.0f64,
        ) {
            let sex = if male { Sex::Male } else { Sex::Female };
            let weight = bmi * height * height * 1e-4;
            let volume = |height_cm, weight_kg| ml_per_kg(sex, age, height_cm, weight_kg) * weight_kg;
            prop_assert!(volume(height, weight * 1.01) > volume(height, weight));
            prop_assert!(volume(height * 1.01, weight) > volume(height, weight));
        }
    }
}
