//! Exports: one record in the forms that others read.
//!
//! | module | form | for |
//! |---|---|---|
//! | [`fhir`] | FHIR R4 Bundle | electronic health records |
//! | [`hl7`] | HL7 2.6 ORU^R01 (IHE PCD-01) over MLLP | device gateways |
//! | [`label`] | ISBT 128, 100 by 100 mm, PDF and PNG | the bag |
//! | `report` | PDF | people |
//! | `columns` | Parquet, samples and events | analysis |
//! | [`sdc`] | IEEE 11073 SDC MDIB | device integration |
//! | [`folder`] | a run folder read as a record | all of these |

#[cfg(feature = "columns")]
pub mod columns;
pub mod fhir;
pub mod folder;
pub mod hl7;
pub mod label;
#[cfg(feature = "pdf")]
pub mod report;
pub mod sdc;
pub(crate) mod sheet;
pub(crate) mod told;

/// Why an export could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The label.
    #[error(transparent)]
    Label(#[from] label::LabelError),
    /// A picture or a page could not be drawn.
    #[error("the sheet cannot be drawn: {0}")]
    Drawing(String),
    /// A run folder cannot be read.
    #[error("{file}: {why}")]
    Folder {
        /// Which file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The record lacks what the export needs.
    #[error("the record of {id} has no {what}: {mend}")]
    Lacks {
        /// The record.
        id: String,
        /// What it lacks.
        what: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// The export would not be sound, which is a fault of the program.
    #[error("the export is not sound: {0}; please report this")]
    Unsound(String),
    /// Columns.
    #[error("the table cannot be written: {0}")]
    Table(String),
}
