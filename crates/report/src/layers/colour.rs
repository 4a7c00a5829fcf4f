//! Colours that people who do not tell red from green can tell apart, and how they mix.

/// A colour of the house. Red and straw are those of blood, not of alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// Plasma.
    Straw,
    /// Red cells.
    Red,
    /// Blue.
    Blue,
    /// Light blue.
    Sky,
    /// Green.
    Green,
    /// Violet.
    Violet,
    /// Amber.
    Amber,
    /// Near black.
    Ink,
}

/// Red, green and blue, 0 to 255.
pub(super) type Rgb = [f64; 3];

impl Tint {
    pub(super) const fn rgb(self) -> Rgb {
        match self {
            Self::Straw => [236.0, 217.0, 160.0],
            Self::Red => [156.0, 46.0, 50.0],
            Self::Blue => [31.0, 95.0, 168.0],
            Self::Sky => [98.0, 174.0, 214.0],
            Self::Green => [0.0, 132.0, 104.0],
            Self::Violet => [122.0, 74.0, 166.0],
            Self::Amber => [190.0, 112.0, 12.0],
            Self::Ink => [24.0, 32.0, 66.0],
        }
    }

    pub(super) fn hex(self) -> String {
        hex(self.rgb())
    }
}

/// The body of the map, by its fraction: plasma, thin blood, blood, a bed.
const BODY: [(f64, Rgb); 5] = [
    (0.0, [248.0, 238.0, 208.0]),
    (0.1, [233.0, 178.0, 150.0]),
    (0.35, [196.0, 92.0, 84.0]),
    (0.6, [158.0, 46.0, 52.0]),
    (0.9, [104.0, 20.0, 34.0]),
];

pub(super) fn body(fraction: f64) -> Rgb {
    let mut before = BODY[0];
    for point in BODY {
        if fraction < point.0 {
            return mix(before.1, point.1, (fraction - before.0) / (point.0 - before.0));
        }
        before = point;
    }
    before.1
}

/// `one` with the part `share` (0 to 1) of `other`.
pub(super) fn mix(one: Rgb, other: Rgb, share: f64) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|place| one[place] + share * (other[place] - one[place]))
}

/// `ground` under stains, each with its strength (gain times fraction).
pub(super) fn stained(ground: Rgb, stains: &[(Rgb, f64)]) -> Rgb {
    let strength: f64 = stains.iter().map(|(_, strength)| strength.max(0.0)).sum();
    if strength <= 0.0 {
        return ground;
    }
    let mut colour = [0.0; 3];
    for (rgb, own) in stains {
        for (sum, channel) in colour.iter_mut().zip(rgb) {
            *sum += channel * own.max(0.0) / strength;
        }
    }
    mix(ground, colour, strength / (1.0 + strength))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
pub(super) fn hex(rgb: Rgb) -> String {
    let [red, green, blue] = rgb.map(|channel| channel.round().clamp(0.0, 255.0) as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strength_of_one_covers_half_and_shares_set_the_hue() {
        let ground = [200.0, 200.0, 200.0];
        assert_eq!(stained(ground, &[([0.0, 0.0, 0.0], 1.0)]), [100.0, 100.0, 100.0]);
        assert_eq!(stained(ground, &[]), ground);
        let blend = stained(ground, &[([255.0, 0.0, 0.0], 3.0), ([0.0, 0.0, 255.0], 1.0)]);
        assert!(blend[0] > blend[2]);
    }

    #[test]
    fn more_red_cells_are_darker() {
        let lightness = |fraction: f64| body(fraction).iter().sum::<f64>();
        for step in 0..10 {
            assert!(lightness(f64::from(step) / 10.0) > lightness(f64::from(step + 1) / 10.0) || step == 9);
        }
    }
}
