//! Samples: one row a second of what instruments show and, apart from it, of what is true in the virtual donor.

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// One row. A value that no instrument gave is NaN and an empty field in files.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Sample {
            $($(#[$doc])* pub $name: f64,)+
        }

        impl Sample {
            /// The names of the columns, with their units.
            pub const COLUMNS: [&'static str; [$(stringify!($name)),+].len()] = [$(stringify!($name)),+];

            /// The values in the order of the columns.
            #[must_use]
            pub const fn values(&self) -> [f64; Self::COLUMNS.len()] {
                [$(self.$name),+]
            }
        }
    };
}

columns! {
    /// Time of the procedure.
    time_s,
    /// Inlet flow by its pump counter.
    inlet_flow_ml_min,
    /// Anticoagulant flow by its pump counter.
    anticoagulant_flow_ml_min,
    /// Plasma flow by its pump counter.
    plasma_flow_ml_min,
    /// Collect flow by its pump counter.
    collect_flow_ml_min,
    /// Centrifuge speed.
    centrifuge_rpm,
    /// Access pressure.
    access_pressure_mmhg,
    /// Return pressure.
    return_pressure_mmhg,
    /// Interface by the camera, from the inner wall.
    interface_mm,
    /// Haematocrit of the collect line by its optics.
    collect_hematocrit_pct,
    /// Heart rate by the monitor.
    heart_rate_per_min,
    /// Systolic pressure by cuff.
    systolic_mmhg,
    /// Diastolic pressure by cuff.
    diastolic_mmhg,
    /// Oxygen saturation by the monitor.
    spo2_pct,
    /// Breaths by the monitor.
    respiration_per_min,
    /// Body temperature by the monitor.
    temperature_c,
    /// Whole blood processed, as control counts it.
    processed_ml,
    /// Dose by control's point forecast.
    dose_forecast_1e6_per_kg,
    /// Dose by the live estimate: as likely more as less.
    dose_estimate_1e6_per_kg,
    /// The estimate's 80 % band begins here.
    dose_low_1e6_per_kg,
    /// And ends here.
    dose_high_1e6_per_kg,
    /// Probability of the goal by the live estimate.
    goal_probability_pct,
    /// True dose in the product bag.
    true_dose_1e6_per_kg,
    /// True product volume.
    true_product_ml,
    /// True venous haematocrit.
    true_hematocrit_pct,
    /// True white cells.
    true_wbc_1e9_l,
    /// True platelets.
    true_platelet_1e9_l,
    /// True CD34 positive cells.
    true_cd34_per_ul,
    /// True ionised calcium.
    true_ionised_calcium_mmol_l,
    /// True plasma citrate.
    true_citrate_mmol_l,
}

impl Sample {
    /// The unit that a column's name ends in, as `leuka schema` writes it: `C` is degrees Celsius. Empty where the name has none.
    #[must_use]
    pub fn unit(column: &str) -> &'static str {
        const UNITS: [(&str, &str); 13] = [
            ("_ml_min", "mL/min"),
            ("_1e6_per_kg", "1e6/kg"),
            ("_1e9_l", "1e9/L"),
            ("_mmol_l", "mmol/L"),
            ("_per_min", "/min"),
            ("_per_ul", "/uL"),
            ("_mmhg", "mmHg"),
            ("_rpm", "rpm"),
            ("_pct", "%"),
            ("_mm", "mm"),
            ("_ml", "mL"),
            ("_c", "C"),
            ("_s", "s"),
        ];
        UNITS.iter().find(|(ending, _)| column.ends_with(ending)).map_or("", |(_, unit)| unit)
    }

    /// The row as a line of a CSV file, without its end.
    #[must_use]
    pub fn csv(&self) -> String {
        let cell =
            |value: &f64| if value.is_finite() { format!("{}", round_to_six_digits(*value)) } else { String::new() };
        self.values().iter().map(cell).collect::<Vec<_>>().join(",")
    }
}

/// Six significant digits are more than any instrument has.
fn round_to_six_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let magnitude = leuka_blood::math::floor(leuka_blood::math::log10(value.abs()));
    let scale = leuka_blood::math::pow(10.0, 5.0 - magnitude);
    leuka_blood::math::round(value * scale) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_unit() {
        assert!(Sample::COLUMNS.iter().all(|name| !Sample::unit(name).is_empty()));
        let units = ["systolic_mmhg", "interface_mm", "time_s", "inlet_flow_ml_min", "temperature_c"].map(Sample::unit);
        assert_eq!(units, ["mmHg", "mm", "s", "mL/min", "C"]);
        assert_eq!(Sample::unit("donor"), "");
    }

    #[test]
    fn six_digits_are_kept_and_missing_values_are_empty() {
        assert_eq!(round_to_six_digits(123.456_789), 123.457);
        assert_eq!(round_to_six_digits(-0.001_234_567_8), -0.001_234_57);
        assert_eq!(round_to_six_digits(0.0), 0.0);
        assert_eq!(Sample::COLUMNS.len(), 30);
    }
}
