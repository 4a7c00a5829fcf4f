//! The product's label after ISBT 128: 100 by 100 mm, four quadrants, Code 128 and Data Matrix.
//!
//! | quadrant | content |
//! |---|---|
//! | upper left | donation number with its flags and boxed check character, facility, collection date and time |
//! | upper right | blood group (never stated: it is no part of a record), what the bag is for, compound message as Data Matrix |
//! | lower left | product code, name, volume, anticoagulant |
//! | lower right | expiry, donor, recipient |
//!
//! Only one product code stands in the program, S1128 (HPC, APHERESIS); a site gives its others, none is invented.

mod bars;
mod donation;
mod layout;
mod structure;
#[cfg(test)]
mod tests;

pub use donation::DonationNumber;
pub use structure::{Moment, ProductCode, Structure, compound, scan};

use super::ExportError;
use super::sheet::{Letters, Sheet, png};

/// Dots per inch of the picture: a bar is three dots wide.
const DOTS_PER_INCH: u16 = 300;

/// What is wrong with a label or with what a scanner gave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// No donation number.
    #[error("`{found}` is no donation number: {why}")]
    Donation {
        /// What it is.
        found: String,
        /// What it must be.
        why: &'static str,
    },
    /// The typed check character is another.
    #[error("the check character of {number} must be {right} and is {found}: type the number again")]
    Check {
        /// The number.
        number: String,
        /// What was typed.
        found: char,
        /// What it must be.
        right: char,
    },
    /// Flags that cannot be.
    #[error("the flags `{found}` of the donation number are refused: {why}")]
    Flags {
        /// What they are.
        found: String,
        /// Why.
        why: &'static str,
    },
    /// No product code.
    #[error("`{found}` is no product code: {why}")]
    Product {
        /// What it is.
        found: String,
        /// What it must be.
        why: &'static str,
    },
    /// No date and time.
    #[error("{found} is no date and time of a label: {why}")]
    Moment {
        /// What it is.
        found: String,
        /// What it must be.
        why: &'static str,
    },
    /// A data structure that is not known here.
    #[error(
        "the code begins with `{found}`, which is none of the data structures =, =<, &>, &*, =+: scan the label's own codes"
    )]
    Unknown {
        /// Its first characters.
        found: String,
    },
    /// It ends too early.
    #[error("`{found}` ends too early: {wanted} characters are needed; scan again")]
    Short {
        /// What is there.
        found: String,
        /// How many characters it needs.
        wanted: usize,
    },
    /// Something follows the end.
    #[error("`{found}` follows the end of the message: scan again")]
    Trailing {
        /// What follows.
        found: String,
    },
    /// A compound message with another number of structures than it says.
    #[error("the compound message says {stated} structures and has {found}: scan again")]
    Count {
        /// What it says.
        stated: usize,
        /// What it has.
        found: usize,
    },
    /// A bar code cannot hold this text.
    #[error("no bar code holds `{text}`: use capital letters, digits and the signs of ISBT 128")]
    Symbol {
        /// The text.
        text: String,
    },
    /// The label and the record disagree.
    #[error("the {what} on the label is {label}; the record has {record}: do not use this label")]
    Disagrees {
        /// What.
        what: &'static str,
        /// On the label.
        label: String,
        /// In the record.
        record: String,
    },
}

/// Whom the bag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntendedUse {
    /// The donor.
    Autologous,
    /// Another person.
    Allogeneic,
    /// Not a person: further processing or research.
    Manufacturing,
}

/// What stands on a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The donation number.
    pub number: DonationNumber,
    /// The product's code.
    pub product: ProductCode,
    /// Its name.
    pub product_name: String,
    /// Collection ended at, local time.
    pub collected: Moment,
    /// Not to be used after, local time.
    pub expiry: Moment,
    /// Volume in the bag, mL, without its anticoagulant.
    pub volume_ml: f64,
    /// Anticoagulant in the bag: volume in mL and name.
    pub anticoagulant: (f64, String),
    /// The facility's name as it stands on the label.
    pub facility: String,
    /// The donor's identifier.
    pub donor: String,
    /// The intended recipient's identifier, if there is one.
    pub recipient: Option<String>,
    /// Whom it is for.
    pub intended_use: IntendedUse,
    /// The donor was a virtual one.
    pub is_simulated: bool,
}

impl ProductCode {
    /// HPC, APHERESIS: the one code that stands in the program. Collection not specified, undivided.
    #[must_use]
    pub fn hpc_apheresis() -> Self {
        Self { description: "S1128".to_owned(), collection: '0', division: "00".to_owned() }
    }
}

impl Label {
    /// The structures in its bar codes, in the order of the compound message.
    #[must_use]
    pub fn structures(&self) -> [Structure; 4] {
        [
            Structure::donation(self.number.clone()),
            Structure::Product(self.product.clone()),
            Structure::Collected(self.collected),
            Structure::Expiry(self.expiry),
        ]
    }

    /// Checks a scan of the printed label against what must stand there.
    ///
    /// # Errors
    /// A faulty scan, or the first thing in which label and record disagree.
    pub fn agrees_with(&self, scanned: &str) -> Result<Vec<Structure>, LabelError> {
        let read = scan(scanned)?;
        let wanted = self.structures();
        for structure in &read {
            let what = structure.name();
            let Some(right) = wanted.iter().find(|right| right.name() == what) else { continue };
            let is_same = match (structure, right) {
                (Structure::Donation { number, .. }, Structure::Donation { number: right, .. }) => number == right,
                _ => structure == right,
            };
            if !is_same {
                return Err(LabelError::Disagrees { what, label: structure.encode(), record: right.encode() });
            }
        }
        Ok(read)
    }

    /// The label as a PNG picture with 300 dots an inch.
    ///
    /// # Errors
    /// A code that no bar code can hold; [`ExportError::Drawing`] when it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ExportError> {
        let letters = Letters::embedded()?;
        png::png(&self.sheet(&letters)?, &letters, DOTS_PER_INCH)
    }

    /// The label as a PDF of its size.
    ///
    /// # Errors
    /// As [`Label::png`].
    #[cfg(feature = "pdf")]
    pub fn pdf(&self) -> Result<Vec<u8>, ExportError> {
        let letters = Letters::embedded()?;
        let (month, day) = self.collected.month_and_day();
        let (hour, minute) = self.collected.time();
        let about = super::sheet::pdf::About {
            title: format!("Label of {}", self.number),
            description: leuka_report::NOT_A_DEVICE.to_owned(),
            made: (self.collected.year(), month, u8::try_from(day).unwrap_or(1), hour, minute, 0),
        };
        super::sheet::pdf::pdf(&[self.sheet(&letters)?], &about)
    }

    fn sheet(&self, letters: &Letters) -> Result<Sheet, LabelError> {
        layout::lay_out(self, letters)
    }
}

impl Structure {
    /// What it states.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Donation { .. } => "donation number",
            Self::Product(_) => "product code",
            Self::Expiry(_) => "expiry",
            Self::Collected(_) => "collection time",
        }
    }
}
