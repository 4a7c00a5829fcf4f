//! The account of the bag: volume by scales and by device, counts and viability make a dose with its error budget.

use leuka_blood::math::{erfc, ln, sqrt};
use serde::Serialize;

/// How the product's density is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// From haematocrit and leukocrit, both in per cent.
    Composition {
        /// Haematocrit of the product, %.
        hematocrit_pct: f64,
        /// Volume of white cells in it, %.
        leukocrit_pct: f64,
    },
    /// A fixed density, as the customary 1.05 g/mL.
    Fixed(f64),
}

/// Density of a product (g/mL): 1.024 + 0.074 haematocrit + 0.043 leukocrit, both as fractions; 1.027 at 3 %.
#[must_use]
pub fn product_density_g_ml(scale: Scale) -> f64 {
    match scale {
        Scale::Composition { hematocrit_pct, leukocrit_pct } => {
            1.024 + 0.074 * hematocrit_pct / 100.0 + 0.043 * leukocrit_pct / 100.0
        }
        Scale::Fixed(g_ml) => g_ml,
    }
}

/// What is known of a bag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bag {
    /// Weight with the bag, g.
    pub weight_g: f64,
    /// Weight of the empty bag, g.
    pub tare_g: f64,
    /// Density of the content.
    pub scale: Scale,
    /// Volume that the device tells, mL.
    pub device_ml: Option<f64>,
    /// Count of the dose's cells, 1e6/mL.
    pub count_1e6_ml: f64,
    /// Living part, %.
    pub viability_pct: f64,
    /// The weight that the dose is for, kg.
    pub dose_weight_kg: f64,
    /// The order's specification: viable cells at least, 1e6/kg.
    pub specification_1e6_per_kg: f64,
    /// Coefficients of variation.
    pub budget: Budget,
}

/// Coefficients of variation of what makes the dose, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Budget {
    /// Of the volume, scales and density.
    pub volume: f64,
    /// Of the count.
    pub count: f64,
    /// Of the viability.
    pub viability: f64,
}

impl Default for Budget {
    /// Flow cytometry 8 %; scales of 1 g on 100 mL and density 1.5 %; viability 3 %.
    fn default() -> Self {
        Self { volume: 0.015, count: 0.08, viability: 0.03 }
    }
}

/// The account.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconciled {
    /// Volume by the scales.
    pub volume_ml: f64,
    /// Density that was used.
    pub density_g_ml: f64,
    /// Volume by the device.
    pub device_ml: Option<f64>,
    /// The device's over the scales', %: devices read about 4.9 % high.
    pub device_excess_pct: Option<f64>,
    /// All cells, 1e6.
    pub cells_1e6: f64,
    /// Living cells for the weight, 1e6/kg.
    pub dose_1e6_per_kg: f64,
    /// Within these with 95 %.
    pub band_95_1e6_per_kg: [f64; 2],
    /// Coefficient of variation of the dose.
    pub error: f64,
    /// What makes it.
    pub budget: Budget,
    /// The specification.
    pub specification_1e6_per_kg: f64,
    /// The dose meets the specification as measured.
    pub passes: bool,
    /// Probability that the true dose does not.
    pub failing_pct: f64,
}

/// Why there is no account.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what} is {value}: {wanted}")]
pub struct Impossible {
    what: &'static str,
    value: f64,
    wanted: &'static str,
}

/// Makes the account.
///
/// # Errors
/// A bag lighter than its tare, or a number that no bag can have.
pub fn reconcile(bag: &Bag) -> Result<Reconciled, Impossible> {
    let check = |what, value: f64, (low, high): (f64, f64), wanted| {
        if (low..=high).contains(&value) { Ok(()) } else { Err(Impossible { what, value, wanted }) }
    };
    let density = product_density_g_ml(bag.scale);
    let content = bag.weight_g - bag.tare_g;
    check("the bag's content in g", content, (0.1, 10_000.0), "weigh bag and tare again")?;
    check("the density in g/mL", density, (0.9, 1.2), "give 0.9 to 1.2")?;
    check("the count in 1e6/mL", bag.count_1e6_ml, (0.0, 1e5), "give 0 to 100000")?;
    check("the viability in %", bag.viability_pct, (0.0, 100.0), "give 0 to 100")?;
    check("the dose weight in kg", bag.dose_weight_kg, (1.0, 400.0), "give 1 to 400")?;
    let volume_ml = content / density;
    let cells_1e6 = volume_ml * bag.count_1e6_ml;
    let dose = cells_1e6 * bag.viability_pct / 100.0 / bag.dose_weight_kg;
    let Budget { volume, count, viability } = bag.budget;
    let error = sqrt(volume * volume + count * count + viability * viability);
    let failing = if dose > 0.0 && error > 0.0 && bag.specification_1e6_per_kg > 0.0 {
        0.5 * erfc(ln(dose / bag.specification_1e6_per_kg) / error * core::f64::consts::FRAC_1_SQRT_2)
    } else {
        f64::from(u8::from(dose < bag.specification_1e6_per_kg))
    };
    let factor = leuka_blood::math::exp(1.959_963_984_540 * error);
    Ok(Reconciled {
        volume_ml,
        density_g_ml: density,
        device_ml: bag.device_ml,
        device_excess_pct: bag.device_ml.map(|device| 100.0 * (device / volume_ml - 1.0)),
        cells_1e6,
        dose_1e6_per_kg: dose,
        band_95_1e6_per_kg: [dose / factor, dose * factor],
        error,
        budget: bag.budget,
        specification_1e6_per_kg: bag.specification_1e6_per_kg,
        passes: dose >= bag.specification_1e6_per_kg,
        failing_pct: 100.0 * failing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAG: Bag = Bag {
        weight_g: 245.4,
        tare_g: 40.0,
        scale: Scale::Composition { hematocrit_pct: 3.0, leukocrit_pct: 2.0 },
        device_ml: Some(209.8),
        count_1e6_ml: 2.0,
        viability_pct: 97.0,
        dose_weight_kg: 74.0,
        specification_1e6_per_kg: 5.0,
        budget: Budget { volume: 0.015, count: 0.08, viability: 0.03 },
    };

    #[test]
    fn the_density_is_that_of_a_product_and_not_that_of_blood() {
        let of = |hematocrit_pct| product_density_g_ml(Scale::Composition { hematocrit_pct, leukocrit_pct: 2.0 });
        assert!((of(3.0) - 1.02708).abs() < 1e-9);
        // The customary 1.05 makes 2 % too little of it.
        assert!((of(3.0) / 1.05 - 0.978).abs() < 1e-3);
    }

    #[test]
    fn volume_times_count_times_viability_is_the_dose() {
        let account = reconcile(&BAG).unwrap();
        // 205.4 g / 1.02708 = 199.98 mL; x 2 x 0.97 / 74 = 5.243.
        assert!((account.volume_ml - 199.98).abs() < 0.01 && (account.dose_1e6_per_kg - 5.2430).abs() < 1e-3);
        assert!((account.device_excess_pct.unwrap() - 4.91).abs() < 0.01);
        // sqrt(0.015^2 + 0.08^2 + 0.03^2) = 0.08675; Phi(-ln(5.243/5)/0.08675) = 0.2922.
        assert!((account.error - 0.08675).abs() < 1e-5);
        assert!(account.passes && (account.failing_pct - 29.2).abs() < 0.2, "{}", account.failing_pct);
    }

    #[test]
    fn a_bag_lighter_than_its_tare_is_no_bag() {
        assert!(reconcile(&Bag { weight_g: 39.0, ..BAG }).is_err());
        assert!(reconcile(&Bag { count_1e6_ml: f64::NAN, ..BAG }).is_err());
    }
}
