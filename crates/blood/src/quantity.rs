//! Quantities: one newtype per kind of number, so that litres cannot be passed for millilitres.
//!
//! Each type stores one `f64` in its base unit (named in its documentation and used by its serialised form) and has a
//! constructor and a reader for every unit in use. Types multiply and divide only where that means something: a flow
//! times a time is a volume. The products are written once, in the table at the end of this file, and a test checks
//! each against an independent units library.

use core::fmt;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// Standard acceleration of free fall, m/s2: what a force in g is counted in (CGPM 1901).
pub const STANDARD_GRAVITY_M_S2: f64 = 9.80665;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident in $symbol:literal { $($(#[$unit_doc:meta])* $from:ident, $read:ident = $factor:expr;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0.0);
            /// The symbol of the base unit, in which the value is stored, shown and serialised.
            pub const UNIT: &'static str = $symbol;
            $(
                $(#[$unit_doc])*
                #[must_use]
                pub const fn $from(value: f64) -> Self { Self(value * $factor) }
                $(#[$unit_doc])*
                #[must_use]
                pub const fn $read(self) -> f64 { self.0 / $factor }
            )+
            /// The smaller of the two.
            #[must_use]
            pub const fn min(self, other: Self) -> Self { Self(self.0.min(other.0)) }
            /// The larger of the two.
            #[must_use]
            pub const fn max(self, other: Self) -> Self { Self(self.0.max(other.0)) }
            /// The magnitude without its sign.
            #[must_use]
            pub const fn abs(self) -> Self { Self(self.0.abs()) }
            /// True when the value is neither infinite nor NaN.
            #[must_use]
            pub const fn is_finite(self) -> bool { self.0.is_finite() }
        }

        impl fmt::Display for $name {
            /// The value in the base unit, with the format's precision (one decimal by default), and the unit.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:.*} {}", f.precision().unwrap_or(1), self.0, $symbol)
            }
        }
        impl Add for $name { type Output = Self; fn add(self, other: Self) -> Self { Self(self.0 + other.0) } }
        impl Sub for $name { type Output = Self; fn sub(self, other: Self) -> Self { Self(self.0 - other.0) } }
        impl Neg for $name { type Output = Self; fn neg(self) -> Self { Self(-self.0) } }
        impl AddAssign for $name { fn add_assign(&mut self, other: Self) { self.0 += other.0; } }
        impl SubAssign for $name { fn sub_assign(&mut self, other: Self) { self.0 -= other.0; } }
        impl Mul<f64> for $name { type Output = Self; fn mul(self, factor: f64) -> Self { Self(self.0 * factor) } }
        impl Div<f64> for $name { type Output = Self; fn div(self, divisor: f64) -> Self { Self(self.0 / divisor) } }
        impl Div for $name { type Output = f64; fn div(self, divisor: Self) -> f64 { self.0 / divisor.0 } }
    };
}

quantity! {
    /// A span of time, stored in seconds.
    TimeSpan in "s" {
        /// Seconds.
        from_seconds, seconds = 1.0;
        /// Minutes.
        from_minutes, minutes = 60.0;
        /// Hours.
        from_hours, hours = 3600.0;
    }
}
quantity! {
    /// A length, stored in millimetres.
    Length in "mm" {
        /// Millimetres.
        from_mm, mm = 1.0;
        /// Centimetres.
        from_cm, cm = 10.0;
        /// Metres.
        from_metres, metres = 1000.0;
    }
}
quantity! {
    /// A mass, stored in grams.
    Mass in "g" {
        /// Grams.
        from_grams, grams = 1.0;
        /// Kilograms.
        from_kg, kg = 1000.0;
        /// Milligrams.
        from_mg, mg = 1e-3;
    }
}
quantity! {
    /// A volume of liquid or of packed cells, stored in millilitres.
    Volume in "mL" {
        /// Millilitres.
        from_ml, ml = 1.0;
        /// Litres.
        from_litres, litres = 1000.0;
    }
}
quantity! {
    /// A volume flow, stored in millilitres per minute.
    FlowRate in "mL/min" {
        /// Millilitres per minute.
        from_ml_min, ml_min = 1.0;
    }
}
quantity! {
    /// A pressure above the atmosphere (negative: suction), stored in millimetres of mercury.
    Pressure in "mmHg" {
        /// Millimetres of mercury.
        from_mmhg, mmhg = 1.0;
    }
}
quantity! {
    /// An amount of substance, stored in millimoles.
    Amount in "mmol" {
        /// Millimoles.
        from_mmol, mmol = 1.0;
    }
}
quantity! {
    /// A concentration of substance, stored in millimoles per litre.
    Concentration in "mmol/L" {
        /// Millimoles per litre.
        from_mmol_l, mmol_l = 1.0;
    }
}
quantity! {
    /// A number of cells.
    CellCount in "cells" {
        /// Cells.
        from_cells, cells = 1.0;
        /// Millions of cells.
        from_1e6, count_1e6 = 1e6;
        /// Thousands of millions of cells.
        from_1e9, count_1e9 = 1e9;
    }
}
quantity! {
    /// Cells per volume of blood, stored per microlitre.
    CellConcentration in "/uL" {
        /// Cells per microlitre.
        from_per_ul, per_ul = 1.0;
        /// Thousands of millions of cells per litre.
        from_1e9_l, count_1e9_l = 1e3;
    }
}
quantity! {
    /// Cells per body weight, stored in millions per kilogram.
    CellDose in "1e6/kg" {
        /// Millions of cells per kilogram.
        from_1e6_kg, count_1e6_kg = 1.0;
    }
}
quantity! {
    /// Mass per volume, stored in grams per millilitre.
    MassDensity in "g/mL" {
        /// Grams per millilitre.
        from_g_ml, g_ml = 1.0;
        /// Kilograms per cubic metre.
        from_kg_m3, kg_m3 = 1e-3;
    }
}
quantity! {
    /// Mass of solute per volume, stored in grams per litre (haemoglobin, albumin).
    MassConcentration in "g/L" {
        /// Grams per litre.
        from_g_l, g_l = 1.0;
        /// Grams per decilitre.
        from_g_dl, g_dl = 10.0;
    }
}
quantity! {
    /// A part of a whole, stored as a fraction of one.
    Fraction in "" {
        /// A fraction: 1 is all.
        from_fraction, fraction = 1.0;
        /// Per cent: 100 is all.
        from_pct, pct = 0.01;
    }
}
quantity! {
    /// A speed of rotation, stored in revolutions per minute.
    RotationalSpeed in "rpm" {
        /// Revolutions per minute.
        from_rpm, rpm = 1.0;
        /// Radians per second.
        from_rad_s, rad_s = 60.0 / core::f64::consts::TAU;
    }
}
quantity! {
    /// A temperature, stored in degrees Celsius. Differences are in the same type.
    Temperature in "C" {
        /// Degrees Celsius.
        from_celsius, celsius = 1.0;
    }
}
quantity! {
    /// Events per time (heart beats, breaths), stored per minute.
    Frequency in "/min" {
        /// Per minute.
        from_per_min, per_min = 1.0;
    }
}
quantity! {
    /// Infusion rate for the size of the donor, stored in millilitres per minute per litre of total blood volume.
    InfusionRate in "mL/min/L" {
        /// Millilitres per minute per litre of total blood volume.
        from_ml_min_l, ml_min_l = 1.0;
    }
}
quantity! {
    /// Dose rate for body weight, stored in milligrams per kilogram per minute (citrate).
    DoseRate in "mg/kg/min" {
        /// Milligrams per kilogram per minute.
        from_mg_kg_min, mg_kg_min = 1.0;
    }
}

/// `product!(A * B = C, factor)`: in base units, C = A x B x factor; writes the product both ways round and both
/// quotients.
macro_rules! product {
    ($a:ident * $b:ident = $c:ident, $factor:expr) => {
        impl Mul<$b> for $a {
            type Output = $c;
            fn mul(self, other: $b) -> $c {
                $c(self.0 * other.0 * $factor)
            }
        }
        impl Mul<$a> for $b {
            type Output = $c;
            fn mul(self, other: $a) -> $c {
                other * self
            }
        }
        impl Div<$a> for $c {
            type Output = $b;
            fn div(self, divisor: $a) -> $b {
                $b(self.0 / (divisor.0 * $factor))
            }
        }
        impl Div<$b> for $c {
            type Output = $a;
            fn div(self, divisor: $b) -> $a {
                $a(self.0 / (divisor.0 * $factor))
            }
        }
    };
}

product!(FlowRate * TimeSpan = Volume, 1.0 / 60.0);
product!(CellConcentration * Volume = CellCount, 1e3);
product!(Concentration * Volume = Amount, 1e-3);
product!(MassDensity * Volume = Mass, 1.0);
product!(CellDose * Mass = CellCount, 1e3);
product!(InfusionRate * Volume = FlowRate, 1e-3);

#[cfg(test)]
mod tests {
    use uom::si::f64::{AmountOfSubstance, MolarConcentration, Time, VolumeRate};
    use uom::si::{amount_of_substance, mass, mass_density, molar_concentration, time, volume, volume_rate};

    use super::*;

    fn close(ours: f64, oracle: f64) {
        assert!((ours - oracle).abs() <= 1e-12 * oracle.abs(), "{ours} against the oracle's {oracle}");
    }

    #[test]
    fn every_product_agrees_with_an_independent_units_library() {
        let flow = VolumeRate::new::<volume_rate::liter_per_minute>(0.05);
        let span = Time::new::<time::second>(90.0);
        close(
            (FlowRate::from_ml_min(50.0) * TimeSpan::from_seconds(90.0)).ml(),
            (flow * span).get::<volume::milliliter>(),
        );

        let molar = MolarConcentration::new::<molar_concentration::millimole_per_liter>(1.25);
        let litre = uom::si::f64::Volume::new::<volume::liter>(3.1);
        let amount: AmountOfSubstance = molar * litre;
        close(
            (Concentration::from_mmol_l(1.25) * Volume::from_litres(3.1)).mmol(),
            amount.get::<amount_of_substance::millimole>(),
        );

        let density = uom::si::f64::MassDensity::new::<mass_density::gram_per_cubic_centimeter>(1.024);
        close(
            (MassDensity::from_g_ml(1.024) * Volume::from_litres(3.1)).kg(),
            (density * litre).get::<mass::kilogram>(),
        );

        let per_litre = 60.0 / uom::si::f64::Volume::new::<volume::microliter>(1.0);
        close((CellConcentration::from_per_ul(60.0) * Volume::from_litres(3.1)).cells(), (per_litre * litre).value);

        let per_mass = 5e6 / uom::si::f64::Mass::new::<mass::kilogram>(1.0);
        let body = uom::si::f64::Mass::new::<mass::kilogram>(74.0);
        close((CellDose::from_1e6_kg(5.0) * Mass::from_kg(74.0)).cells(), (per_mass * body).value);

        let rate =
            VolumeRate::new::<volume_rate::liter_per_minute>(0.8e-3) / uom::si::f64::Volume::new::<volume::liter>(1.0);
        close(
            (InfusionRate::from_ml_min_l(0.8) * Volume::from_litres(3.1)).ml_min(),
            (rate * litre).get::<volume_rate::liter_per_minute>() * 1e3,
        );
    }

    #[test]
    fn a_quotient_undoes_its_product() {
        let volume = FlowRate::from_ml_min(47.0) * TimeSpan::from_minutes(13.0);
        close((volume / TimeSpan::from_minutes(13.0)).ml_min(), 47.0);
        close((volume / FlowRate::from_ml_min(47.0)).minutes(), 13.0);
    }

    #[test]
    fn a_quantity_shows_its_unit() {
        assert_eq!(FlowRate::from_ml_min(52.04).to_string(), "52.0 mL/min");
        assert_eq!(format!("{:.0}", Pressure::from_mmhg(-123.4)), "-123 mmHg");
    }
}
