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

use chrono::{Datelike, TimeDelta, Timelike};

use super::ExportError;
use super::sheet::{Letters, Sheet, png};
use super::told::Told;
use crate::document::ProcedureRecord;

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
    /// Minutes that local time is ahead of UTC.
    pub zone_min: i32,
    /// Not to be used after, local time.
    pub expiry: Moment,
    /// Volume in the bag, mL, its anticoagulant included.
    pub volume_ml: f64,
    /// Name of the anticoagulant in it.
    pub anticoagulant: String,
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

/// What a site says of its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The facility's name as it stands on the label.
    pub facility: String,
    /// Product code and name; without one, a CD34+ collection has S1128 and any other has none.
    pub product: Option<(ProductCode, String)>,
    /// Hours from the end of the collection to the expiry.
    pub expires_after_h: u16,
    /// Minutes that local time is ahead of UTC.
    pub zone_min: i32,
}

impl ProductCode {
    /// Five characters of the description, one of the collection, two of the division, as `S1128000`.
    ///
    /// # Errors
    /// [`LabelError::Product`].
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        match Structure::parse(&format!("=<{text}"))? {
            Structure::Product(code) => Ok(code),
            _ => Err(LabelError::Unknown { found: text.to_owned() }),
        }
    }

    /// HPC, APHERESIS: the one code that stands in the program. Collection not specified, undivided.
    #[must_use]
    pub fn hpc_apheresis() -> Self {
        Self { description: "S1128".to_owned(), collection: '0', division: "00".to_owned() }
    }
}

impl Label {
    /// The label of a record's product.
    ///
    /// # Errors
    /// [`ExportError::Lacks`] without a product, a donation number or a product code; a donation number that is none.
    pub fn of(record: &ProcedureRecord, site: &Site) -> Result<Self, ExportError> {
        let told = Told::new(record);
        let lacks = |what, mend| ExportError::Lacks { id: record.id.clone(), what, mend };
        let volume = told.outcome("/product/volume_ml").filter(|volume| *volume > 0.0);
        let number = told.donation_number();
        let number = number.ok_or_else(|| lacks("donation number", "enter product.din first"))?;
        let (product, product_name) = match &site.product {
            Some((code, name)) => (code.clone(), name.clone()),
            None if told.cells() == "cd34" => (ProductCode::hpc_apheresis(), "HPC, APHERESIS".to_owned()),
            None => {
                return Err(lacks(
                    "product code",
                    "give the site's ISBT 128 code and name; only that of CD34+ cells is built in",
                ));
            }
        };
        let donor = record.opened.donor_id.clone();
        let other = told.input("/order/recipient_weight_kg").is_some();
        let moment = |after_h: i64| local_moment(told, site.zone_min, after_h);
        Ok(Self {
            number: DonationNumber::parse(number)?,
            product,
            product_name,
            collected: moment(0)?,
            zone_min: site.zone_min,
            expiry: moment(i64::from(site.expires_after_h))?,
            volume_ml: volume.ok_or_else(|| lacks("product", "a run that collected nothing has no label"))?,
            anticoagulant: told.anticoagulant(),
            facility: site.facility.clone(),
            recipient: (!other).then(|| donor.clone()),
            donor,
            intended_use: if other { IntendedUse::Allogeneic } else { IntendedUse::Autologous },
            is_simulated: true,
        })
    }

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

/// The end of the collection, so many hours later, as labels state times.
fn local_moment(told: Told<'_>, zone_min: i32, after_h: i64) -> Result<Moment, LabelError> {
    let [_, ended] = told.collected();
    let at = ended + TimeDelta::minutes(i64::from(zone_min) + after_h * 60);
    let narrow = |value: u32| u8::try_from(value).unwrap_or(99);
    let day = u16::try_from(at.ordinal()).unwrap_or(0);
    Moment::new(u16::try_from(at.year()).unwrap_or(0), day, narrow(at.hour()), narrow(at.minute()))
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
