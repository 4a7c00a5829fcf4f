//! The donation identification number of ISBT 128 with its check character.

use iso_7064::MOD37_2;

use super::LabelError;

/// Characters of a number: facility, year, sequence.
const LENGTH: usize = 13;

/// A donation identification number: five characters of the facility, two of the year, six of the sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DonationNumber(String);

impl DonationNumber {
    /// Reads the thirteen characters, without data identifier, flags or check character.
    ///
    /// # Errors
    /// [`LabelError::Donation`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let refused = |why| LabelError::Donation { found: text.to_owned(), why };
        let bytes = text.as_bytes();
        if bytes.len() != LENGTH {
            return Err(refused("a donation number has 13 characters: facility (5), year (2), sequence (6)"));
        }
        if !matches!(bytes.first(), Some(b'A'..=b'N' | b'P'..=b'Z' | b'1'..=b'9')) {
            return Err(refused("the facility begins with a letter other than O, or a digit from 1 to 9"));
        }
        if !bytes.iter().skip(1).all(u8::is_ascii_digit) {
            return Err(refused("after its first character a donation number has digits only"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the number as it is typed from a label: with blanks, and with its check character at the end.
    ///
    /// # Errors
    /// [`LabelError::Donation`] when the number is wrong, [`LabelError::Check`] when the check character is.
    pub fn typed(text: &str) -> Result<Self, LabelError> {
        let mut joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let check = if joined.chars().count() == LENGTH + 1 { joined.pop() } else { None };
        let number = Self::parse(&joined)?;
        match check {
            Some(found) if found == number.check() => Ok(number),
            Some(found) => Err(LabelError::Check { number: number.0.clone(), found, right: number.check() }),
            None => Err(LabelError::Donation {
                found: text.to_owned(),
                why: "type the check character from its box too, as the fourteenth",
            }),
        }
    }

    /// The thirteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The facility that gave the number.
    #[must_use]
    pub fn facility(&self) -> &str {
        self.0.get(..5).unwrap_or_default()
    }

    /// Year, two digits.
    #[must_use]
    pub fn year(&self) -> &str {
        self.0.get(5..7).unwrap_or_default()
    }

    /// Sequence, six digits.
    #[must_use]
    pub fn sequence(&self) -> &str {
        self.0.get(7..).unwrap_or_default()
    }

    /// The number is one of those that may stand in examples and tests (facilities A9990 to A9999).
    #[must_use]
    pub fn is_an_example(&self) -> bool {
        self.facility().starts_with("A999")
    }

    /// The check character that is printed in the box (ISO 7064, MOD 37-2).
    #[must_use]
    pub fn check(&self) -> char {
        let [check] = MOD37_2.compute_lax(&self.0);
        check
    }

    /// The check character's value.
    #[must_use]
    pub fn check_value(&self) -> u8 {
        match self.check() {
            digit @ '0'..='9' => digit as u8 - b'0',
            letter @ 'A'..='Z' => letter as u8 - b'A' + 10,
            _ => 36,
        }
    }
}

impl std::fmt::Display for DonationNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.facility(), self.year(), self.sequence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_are_those_of_the_published_numbers() {
        let published = [
            ("G123498654321", 'H'),
            ("G123417654321", 'A'),
            ("A999917345628", '*'),
            ("A999917345658", 'O'),
            ("A999926123456", 'T'),
        ];
        for (number, check) in published {
            assert_eq!(DonationNumber::parse(number).unwrap().check(), check, "{number}");
        }
    }

    #[test]
    fn one_wrong_character_or_two_changed_places_never_pass() {
        let number = DonationNumber::parse("A999926123456").unwrap();
        let check = number.check();
        let good: Vec<char> = number.as_str().chars().collect();
        for place in 1..good.len() {
            for digit in '0'..='9' {
                let mut wrong = good.clone();
                wrong[place] = digit;
                let text: String = wrong.iter().collect();
                let passes = DonationNumber::typed(&format!("{text}{check}")).is_ok();
                assert_eq!(passes, wrong == good, "{text}");
            }
            let mut changed = good.clone();
            changed.swap(place, (place + 1).min(good.len() - 1));
            let text: String = changed.iter().collect();
            assert_eq!(DonationNumber::typed(&format!("{text}{check}")).is_ok(), changed == good, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_the_reason() {
        let why = |text| DonationNumber::parse(text).unwrap_err().to_string();
        assert!(why("A99992612345").contains("13 characters"));
        assert!(why("O999926123456").contains("other than O"));
        assert!(why("0999926123456").contains("1 to 9"));
        assert!(why("A99992612345X").contains("digits only"));
        assert!(DonationNumber::typed("A9999 26 123456 T").is_ok());
        assert!(DonationNumber::typed("A9999 26 123456").unwrap_err().to_string().contains("check character"));
        assert!(DonationNumber::typed("A9999 26 123456 S").unwrap_err().to_string().contains("must be T"));
    }
}
