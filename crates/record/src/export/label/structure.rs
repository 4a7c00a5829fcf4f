//! Data structures of ISBT 128, alone as a scanner gives them or many in one compound message.
//!
//! | number | what | form |
//! |---|---|---|
//! | 001 | donation identification number | `=` facility, year, sequence, two flag digits |
//! | 003 | product code | `=<` five characters, type of collection, two of the division |
//! | 005 | expiry, date and time | `&>` century, year, day of the year, hour, minute |
//! | 007 | collection, date and time | `&*` likewise |
//! | 023 | compound message | `=+` how many structures follow, the message's number, then they |

use super::{DonationNumber, LabelError};

/// The flags of a number that carry its check character: this and the check's value.
const FLAG_CHECK: u8 = 60;

/// One data structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Structure {
    /// The donation identification number with its flags.
    Donation {
        /// The number.
        number: DonationNumber,
        /// Two digits: 00 for none, 01 to 59 for the facility's own use, 60 to 96 for the check character.
        flags: u8,
    },
    /// The product.
    Product(ProductCode),
    /// Not to be used after.
    Expiry(Moment),
    /// Collected at.
    Collected(Moment),
}

/// A product code: the description, the type of collection and the division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductCode {
    /// Product description code, five characters.
    pub description: String,
    /// Type of collection or intended use, one character.
    pub collection: char,
    /// Division, two characters; `00` for an undivided bag.
    pub division: String,
}

/// A local date and time as labels state it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    year: u16,
    day: u16,
    hour: u8,
    minute: u8,
}

impl Moment {
    /// Year (1900 to 2899), day of the year, hour, minute.
    ///
    /// # Errors
    /// [`LabelError::Moment`] when there is no such day or time.
    pub fn new(year: u16, day: u16, hour: u8, minute: u8) -> Result<Self, LabelError> {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = if is_leap { 366 } else { 365 };
        let found = format!("year {year}, day {day}, {hour:02}:{minute:02}");
        let refused = |why| Err(LabelError::Moment { found, why });
        if !(1900..2900).contains(&year) {
            return refused("a label states years from 1900 to 2899");
        }
        if !(1..=days).contains(&day) {
            return refused("the year has no such day");
        }
        if hour > 23 || minute > 59 {
            return refused("hours go to 23 and minutes to 59");
        }
        Ok(Self { year, day, hour, minute })
    }

    /// Year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month and day of the month, from 1.
    #[must_use]
    pub fn month_and_day(self) -> (u8, u16) {
        let leap = u16::from(Self::new(self.year, 366, 0, 0).is_ok());
        let mut left = self.day;
        for (month, days) in (1..).zip([31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            if left <= days {
                return (month, left);
            }
            left -= days;
        }
        (12, 31)
    }

    /// Hour and minute.
    #[must_use]
    pub const fn time(self) -> (u8, u8) {
        (self.hour, self.minute)
    }

    fn digits(self) -> String {
        let century = (self.year / 100) % 10;
        format!("{century}{:02}{:03}{:02}{:02}", self.year % 100, self.day, self.hour, self.minute)
    }

    fn parse(digits: &str) -> Result<Self, LabelError> {
        let field = |from: usize, to: usize| digits.get(from..to).and_then(|text| text.parse::<u16>().ok());
        let is_digits = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (Some(century), Some(year), Some(day), Some(hour), Some(minute), true) =
            (field(0, 1), field(1, 3), field(3, 6), field(6, 8), field(8, 10), is_digits)
        else {
            return Err(LabelError::Moment {
                found: digits.to_owned(),
                why: "ten digits: century, year, day of the year, hour, minute",
            });
        };
        let century = if century == 9 { 1900 } else { 2000 + 100 * century };
        Self::new(century + year, day, u8::try_from(hour).unwrap_or(99), u8::try_from(minute).unwrap_or(99))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
        let (month, day) = self.month_and_day();
        let name = MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default();
        write!(f, "{day:02} {name} {} {:02}:{:02}", self.year, self.hour, self.minute)
    }
}

impl Structure {
    /// A number with the flags that carry its check character.
    #[must_use]
    pub fn donation(number: DonationNumber) -> Self {
        let flags = FLAG_CHECK + number.check_value();
        Self::Donation { number, flags }
    }

    /// The structure as it stands in a bar code.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Donation { number, flags } => format!("={}{flags:02}", number.as_str()),
            Self::Product(code) => format!("=<{}{}{}", code.description, code.collection, code.division),
            Self::Expiry(moment) => format!("&>{}", moment.digits()),
            Self::Collected(moment) => format!("&*{}", moment.digits()),
        }
    }

    /// Reads one structure that fills the whole text.
    ///
    /// # Errors
    /// What is wrong with it, or that something follows it.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let (structure, rest) = Self::first(text)?;
        if rest.is_empty() { Ok(structure) } else { Err(LabelError::Trailing { found: rest.to_owned() }) }
    }

    /// Reads the structure that a text begins with; gives what follows.
    fn first(text: &str) -> Result<(Self, &str), LabelError> {
        let unknown = || LabelError::Unknown { found: text.chars().take(2).collect() };
        let length = match text.get(..2).ok_or_else(unknown)? {
            "&>" | "&*" => 12,
            "=<" => 10,
            two if matches!(two.as_bytes(), [b'=', b'A'..=b'N' | b'P'..=b'Z' | b'1'..=b'9']) => 16,
            _ => return Err(unknown()),
        };
        let whole = text.get(..length).filter(|whole| whole.is_ascii());
        let whole = whole.ok_or_else(|| LabelError::Short { found: text.to_owned(), wanted: length })?;
        let rest = text.get(length..).unwrap_or_default();
        let body = whole.get(2..).unwrap_or_default();
        let structure = match length {
            12 if whole.starts_with("&>") => Self::Expiry(Moment::parse(body)?),
            12 => Self::Collected(Moment::parse(body)?),
            10 => Self::Product(ProductCode::of_body(body)?),
            _ => Self::flagged(whole.get(1..14).unwrap_or_default(), whole.get(14..).unwrap_or_default())?,
        };
        Ok((structure, rest))
    }

    fn flagged(number: &str, flags: &str) -> Result<Self, LabelError> {
        let number = DonationNumber::parse(number)?;
        let refused = |why| LabelError::Flags { found: flags.to_owned(), why };
        let is_digits = flags.bytes().all(|byte| byte.is_ascii_digit());
        let value = flags.parse::<u8>().ok().filter(|_| is_digits).ok_or_else(|| refused("two digits"))?;
        match value {
            97.. => Err(refused("97 to 99 are not in use")),
            FLAG_CHECK.. if value != FLAG_CHECK + number.check_value() => {
                Err(refused("they disagree with the number's check character"))
            }
            _ => Ok(Self::Donation { number, flags: value }),
        }
    }
}

impl ProductCode {
    fn of_body(body: &str) -> Result<Self, LabelError> {
        let refused = |why| LabelError::Product { found: body.to_owned(), why };
        let (Some(description), Some(collection), Some(division)) =
            (body.get(..5), body.chars().nth(5), body.get(6..8))
        else {
            return Err(refused("five characters of the description, one of the collection, two of the division"));
        };
        let (letter, digits) = description.split_at(1);
        if !letter.bytes().all(|byte| byte.is_ascii_uppercase()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused("a description is a letter and four digits"));
        }
        if !collection.is_ascii_alphanumeric() || !division.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(refused("collection and division are letters and digits"));
        }
        Ok(Self { description: description.to_owned(), collection, division: division.to_owned() })
    }
}

/// The structures of a compound message in its bar code.
#[must_use]
pub fn compound(structures: &[Structure]) -> String {
    let bodies: String = structures.iter().map(Structure::encode).collect();
    format!("=+{:02}000{bodies}", structures.len())
}

/// Reads what a scanner gave: one structure, or a compound message with its structures in order.
///
/// # Errors
/// What is wrong, with the characters that show it; nothing of a faulty message is given.
pub fn scan(text: &str) -> Result<Vec<Structure>, LabelError> {
    let Some(message) = text.strip_prefix("=+") else {
        return Structure::parse(text).map(|structure| vec![structure]);
    };
    let head = message.get(..5).filter(|head| head.bytes().all(|byte| byte.is_ascii_digit()));
    let head = head.ok_or_else(|| LabelError::Short { found: text.to_owned(), wanted: 7 })?;
    let stated = head.get(..2).and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
    let mut rest = message.get(5..).unwrap_or_default();
    let mut structures = Vec::with_capacity(stated);
    while !rest.is_empty() && structures.len() < stated {
        let (structure, after) = Structure::first(rest)?;
        structures.push(structure);
        rest = after;
    }
    if structures.len() != stated || stated == 0 {
        return Err(LabelError::Count { stated, found: structures.len() });
    }
    if rest.is_empty() { Ok(structures) } else { Err(LabelError::Trailing { found: rest.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        scan(text).unwrap_err().to_string()
    }

    #[test]
    fn published_structures_are_read_and_written_back() {
        for text in ["=G12341765432170", "=A99992612345600", "=<S1128000", "&>0263262359", "&*0263311405"] {
            let structure = Structure::parse(text).unwrap();
            assert_eq!(structure.encode(), text);
        }
        let Structure::Expiry(moment) = Structure::parse("&>0263262359").unwrap() else { panic!("no expiry") };
        assert_eq!(moment.to_string(), "22 NOV 2026 23:59");
        let number = DonationNumber::parse("G123417654321").unwrap();
        assert_eq!(Structure::donation(number).encode(), "=G12341765432170");
    }

    #[test]
    fn what_a_label_may_not_say_is_refused() {
        assert!(fault("&>0263672359").contains("no such day"));
        assert!(fault("&>0263662359").contains("no such day"));
        assert!(Structure::parse("&>0243662359").is_ok(), "2024 is a leap year");
        assert!(fault("&>0263262459").contains("hours go to 23"));
        assert!(fault("&>026326235").contains("12 characters"));
        for flags in 97..=99 {
            assert!(fault(&format!("=A999926123456{flags}")).contains("not in use"));
        }
        assert!(fault("=A99992612345661").contains("disagree"));
        assert!(fault("=A999926123456+1").contains("two digits"));
        assert!(fault("=<S112800").contains("10 characters"));
        assert!(fault("=<11280000").contains("a letter and four digits"));
        assert!(fault("&>0263262359 ").contains("follows"));
        assert!(fault("]C1=A9999").contains("begins with `]C`"));
        assert!(fault("").contains("begins with"));
        assert!(fault("=é").contains("begins with"));
    }

    #[test]
    fn a_compound_message_is_taken_whole_or_not_at_all() {
        let number = DonationNumber::parse("A999926123456").unwrap();
        let all = [
            Structure::donation(number),
            Structure::parse("=<S1128000").unwrap(),
            Structure::parse("&>0263262359").unwrap(),
        ];
        let message = compound(&all);
        assert_eq!(message, "=+03000=A99992612345689=<S1128000&>0263262359");
        assert_eq!(scan(&message).unwrap(), all);
        assert!(fault(&message.replace("=+03", "=+04")).contains("says 4 structures and has 3"));
        assert!(fault(&message.replace("=+03", "=+02")).contains("follows"));
        assert!(fault(&format!("{message}0")).contains("follows"));
        assert!(fault("=+00000").contains("says 0 structures"));
        assert!(fault("=+0300").contains("7 characters"));
        assert!(fault(message.get(..message.len() - 1).unwrap()).contains("12 characters"));
    }
}
