//! Numbers with units on the command line.

/// Readers of numbers with a unit.
pub(crate) struct Quantity;

impl Quantity {
    /// A daily dose: `10ug/kg/d`.
    pub(crate) fn daily_dose(text: &str) -> Result<f64, String> {
        number(text, &["ug/kg/d", "ug/kg/day"], (0.5, 50.0), "a daily dose such as 10ug/kg/d, from 0.5 to 50")
    }

    /// A single dose: `240ug/kg`.
    pub(crate) fn dose(text: &str) -> Result<f64, String> {
        number(text, &["ug/kg"], (10.0, 1000.0), "a dose such as 240ug/kg, from 10 to 1000")
    }

    /// Days or hours, as whole hours: `14d`, `36h`.
    pub(crate) fn hours(text: &str) -> Result<u32, String> {
        let wanted = "days or hours such as 14d or 36h, up to 60d";
        let hours = match text.strip_suffix('d') {
            Some(days) => days.trim().parse::<u32>().map(|days| days.saturating_mul(24)),
            None => text.strip_suffix('h').unwrap_or(text).trim().parse(),
        };
        hours.ok().filter(|hours| (1..=60 * 24).contains(hours)).ok_or_else(|| format!("give {wanted}"))
    }
}

fn number(text: &str, units: &[&str], (low, high): (f64, f64), wanted: &str) -> Result<f64, String> {
    let bare = units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text);
    let number = bare.trim().parse::<f64>().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("give {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_units_and_nothing_else() {
        assert_eq!(Quantity::daily_dose("10ug/kg/d"), Ok(10.0));
        assert_eq!(Quantity::dose("240 ug/kg"), Ok(240.0));
        assert_eq!((Quantity::hours("14d"), Quantity::hours("36h")), (Ok(336), Ok(36)));
        for wrong in ["10mg", "-1ug/kg/d", "nanug/kg/d", "infug/kg/d", ""] {
            assert!(Quantity::daily_dose(wrong).is_err(), "{wrong}");
        }
        for wrong in ["0d", "61d", "1.5d", "d", "99999999999d"] {
            assert!(Quantity::hours(wrong).is_err(), "{wrong}");
        }
    }
}
