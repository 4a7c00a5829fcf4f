//! The run file: samples and events as Parquet, with units, meanings and the schema's version in the metadata.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use leuka_procedure::Sample;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::ExportError;
use super::told::{Told, stamp};
use crate::document::ProcedureRecord;

/// Version of the tables' form.
pub const SCHEMA: &str = "leuka.columns/1";

/// Samples and events of a record, each as a Parquet file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFile {
    /// One row a second.
    pub samples: Vec<u8>,
    /// One row an event.
    pub events: Vec<u8>,
}

/// The run file of a record.
///
/// # Errors
/// [`ExportError::Table`] with what the writer says.
pub fn run_file(record: &ProcedureRecord) -> Result<RunFile, ExportError> {
    Ok(RunFile { samples: samples(record)?, events: events(record)? })
}

fn samples(record: &ProcedureRecord) -> Result<Vec<u8>, ExportError> {
    let field = |name: &&str| {
        let about =
            if name.starts_with("true_") { "true value of the virtual donor" } else { "by the machine's instruments" };
        Field::new(*name, DataType::Float64, true)
            .with_metadata(metadata([("unit", Sample::unit(name)), ("about", about)]))
    };
    let fields: Vec<Field> = Sample::COLUMNS.iter().map(field).collect();
    let column = |at: usize| -> ArrayRef {
        let mut builder = Float64Builder::with_capacity(record.samples.len());
        for row in &record.samples {
            builder.append_option(row.get(at).copied().filter(|value| value.is_finite()));
        }
        Arc::new(builder.finish())
    };
    write(record, fields, (0..Sample::COLUMNS.len()).map(column).collect())
}

fn events(record: &ProcedureRecord) -> Result<Vec<u8>, ExportError> {
    let told = Told::new(record);
    let text = |name: &str, about| {
        Field::new(name, DataType::Utf8, true).with_metadata(metadata([("unit", ""), ("about", about)]))
    };
    let fields = vec![
        Field::new("at_s", DataType::Float64, false)
            .with_metadata(metadata([("unit", "s"), ("about", "second of the procedure")])),
        text("utc", "the same on the calendar, RFC 3339"),
        text("source", "who: run, control, guard, machine, operator, donor, monitor"),
        text("kind", "what kind"),
        text("text", "as a sentence"),
        text("data", "its numbers as JSON"),
    ];
    let mut at = Float64Builder::new();
    record.events.iter().for_each(|event| at.append_value(event.at_s));
    let column = |of: &dyn Fn(&crate::document::RecordedEvent) -> Option<String>| -> ArrayRef {
        let mut builder = StringBuilder::new();
        record.events.iter().for_each(|event| builder.append_option(of(event)));
        Arc::new(builder.finish())
    };
    let columns = vec![
        Arc::new(at.finish()) as ArrayRef,
        column(&|event| Some(stamp(told.at(event.at_s)))),
        column(&|event| Some(event.source.clone())),
        column(&|event| Some(event.kind.clone())),
        column(&|event| Some(event.text.clone())),
        column(&|event| (!event.data.is_null()).then(|| event.data.to_string())),
    ];
    write(record, fields, columns)
}

fn write(record: &ProcedureRecord, fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<Vec<u8>, ExportError> {
    let about = [
        ("schema", SCHEMA),
        ("leuka", env!("CARGO_PKG_VERSION")),
        ("record", &record.id),
        ("notice", leuka_report::NOT_A_DEVICE),
    ];
    let schema = Arc::new(Schema::new(fields).with_metadata(metadata(about)));
    let table = |error: String| ExportError::Table(error);
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| table(error.to_string()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(format!("leuka {}", env!("CARGO_PKG_VERSION")))
        .build();
    let failed = |error: parquet::errors::ParquetError| table(error.to_string());
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    writer.into_inner().map_err(failed)
}

#[expect(clippy::disallowed_types, reason = "Arrow's metadata is a hash map; it is written in order of keys")]
fn metadata<const N: usize>(entries: [(&str, &str); N]) -> std::collections::HashMap<String, String> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
