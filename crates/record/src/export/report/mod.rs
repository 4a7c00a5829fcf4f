//! The report: a first page that a physician can read and sign, then flowsheet, product, alarms, entries and signatures.

mod entries;
mod flowsheet;
mod page;
mod plot;
mod product;
mod summary;

use chrono::{Datelike, Timelike};

use super::ExportError;
use super::sheet::{Letters, pdf};
use super::told::Told;
use crate::document::ProcedureRecord;
use page::Book;

/// The report as a PDF file (A4).
///
/// # Errors
/// [`ExportError::Drawing`] when it cannot be drawn.
pub fn pdf(record: &ProcedureRecord) -> Result<Vec<u8>, ExportError> {
    let told = Told::new(record);
    let letters = Letters::embedded()?;
    let mut book = Book::new(told, &letters);
    summary::write(&mut book);
    flowsheet::write(&mut book);
    product::write(&mut book);
    entries::write(&mut book);
    let at = told.finished();
    let narrow = |value: u32| u8::try_from(value).unwrap_or(0);
    let about = pdf::About {
        title: format!("Leukapheresis {} of {}", record.id, record.opened.donor_id),
        description: leuka_report::NOT_A_DEVICE.to_owned(),
        made: (
            u16::try_from(at.year()).unwrap_or(1970),
            narrow(at.month()),
            narrow(at.day()),
            narrow(at.hour()),
            narrow(at.minute()),
            narrow(at.second()),
        ),
    };
    pdf::pdf(&book.finish(), &about)
}
