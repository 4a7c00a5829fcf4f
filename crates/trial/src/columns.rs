//! The table as Arrow and Parquet: units in the columns' metadata, the schema's version in the table's.

use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::table::{Cell, Column, Holds, Row};

/// Rows of a batch.
const BATCH: usize = 8192;

/// The Arrow schema of a table.
#[must_use]
pub fn schema(version: &str, columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| {
        let holds = match column.holds {
            Holds::Integer => DataType::UInt64,
            Holds::Number => DataType::Float64,
            Holds::Text => DataType::Utf8,
        };
        Field::new(&column.name, holds, true)
            .with_metadata(metadata([("unit", &column.unit), ("about", &column.about)]))
    };
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let version = version.to_owned();
    let program = leuka_procedure::VERSION.to_owned();
    Arc::new(Schema::new(fields).with_metadata(metadata([("schema", &version), ("leuka", &program)])))
}

#[expect(clippy::disallowed_types, reason = "Arrow's metadata is a hash map; it is written in order of keys")]
fn metadata<const N: usize>(entries: [(&str, &String); N]) -> std::collections::HashMap<String, String> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

/// Rows as one batch.
///
/// # Errors
/// What Arrow says of rows that are none of this schema.
pub fn batch(schema: &SchemaRef, columns: &[Column], rows: &[Row]) -> Result<RecordBatch, String> {
    let arrays: Vec<ArrayRef> =
        columns.iter().enumerate().map(|(place, column)| array(place, column.holds, rows)).collect();
    RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| format!("no table: {error}"))
}

fn array(place: usize, holds: Holds, rows: &[Row]) -> ArrayRef {
    let cells = rows.iter().map(|row| row.get(place).unwrap_or(&Cell::Empty));
    match holds {
        Holds::Integer => {
            let mut builder = UInt64Builder::with_capacity(rows.len());
            cells.for_each(|cell| {
                builder.append_option(if let Cell::Integer(number) = cell { Some(*number) } else { None })
            });
            Arc::new(builder.finish())
        }
        Holds::Number => {
            let mut builder = Float64Builder::with_capacity(rows.len());
            cells.for_each(|cell| builder.append_option(cell.number()));
            Arc::new(builder.finish())
        }
        Holds::Text => {
            let mut builder = StringBuilder::new();
            cells.for_each(|cell| builder.append_option(if let Cell::Text(text) = cell { Some(text) } else { None }));
            Arc::new(builder.finish())
        }
    }
}

/// Rows as an Arrow stream, as other programs read it without copying.
///
/// # Errors
/// What Arrow says of rows that are none of this schema.
pub fn stream(version: &str, columns: &[Column], rows: &[Row]) -> Result<Vec<u8>, String> {
    let failed = |error: arrow_schema::ArrowError| format!("no stream: {error}");
    let schema = schema(version, columns);
    let mut writer = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).map_err(failed)?;
    for rows in rows.chunks(BATCH) {
        writer.write(&batch(&schema, columns, rows)?).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    writer.into_inner().map_err(failed)
}

/// A Parquet file that rows are added to.
pub(crate) struct ParquetTable {
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: Vec<Row>,
    writer: ArrowWriter<File>,
}

impl ParquetTable {
    pub(crate) fn new(file: File, version: &str, columns: &[Column]) -> Result<Self, String> {
        let schema = schema(version, columns);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("leuka {}", leuka_procedure::VERSION))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(said)?;
        Ok(Self { schema, columns: columns.to_vec(), rows: Vec::new(), writer })
    }

    pub(crate) fn add(&mut self, row: Row) -> Result<(), String> {
        self.rows.push(row);
        if self.rows.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        if !self.rows.is_empty() {
            self.writer.write(&batch(&self.schema, &self.columns, &self.rows)?).map_err(said)?;
            // A row group for each batch keeps memory flat.
            self.writer.flush().map_err(said)?;
            self.rows.clear();
        }
        Ok(())
    }

    /// Writes what is left and the footer; gives the file back.
    pub(crate) fn finish(mut self) -> Result<File, String> {
        self.flush()?;
        self.writer.into_inner().map_err(said)
    }
}

fn said(error: parquet::errors::ParquetError) -> String {
    format!("no Parquet file: {error}")
}
