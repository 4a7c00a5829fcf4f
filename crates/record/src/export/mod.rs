//! Exports: one record in the forms that others read.

pub mod hl7;
pub mod label;
pub(crate) mod sheet;

/// Why an export could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The label.
    #[error(transparent)]
    Label(#[from] label::LabelError),
    /// A picture or a page could not be drawn.
    #[error("the sheet cannot be drawn: {0}")]
    Drawing(String),
}
