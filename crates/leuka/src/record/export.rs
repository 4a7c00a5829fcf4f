//! `leuka record export`: a record in the forms that others read.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use leuka_procedure::pretty;
use leuka_record::entry::Stored;
use leuka_record::export::label::{Label, ProductCode, Site};
use leuka_record::export::{ExportError, fhir, hl7, sdc};
use leuka_record::{Checkpoint, ProcedureRecord};
use serde::{Deserialize, Serialize};

use super::Office;
use crate::Failure;

/// Writes a record in a form that others read.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The record.
    id: String,
    /// In which form.
    #[arg(long = "as", value_enum, default_value_t = Form::Trail)]
    form: Form,
    /// The file; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// hl7: a message for so many seconds of the procedure.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    every: f64,
    /// label: the facility's name.
    #[arg(long, default_value = "Example Collection Centre")]
    facility: String,
    /// label: product code and name, as `S1128000=HPC, APHERESIS`; the built-in one is for CD34+ cells.
    #[arg(long, value_name = "CODE=NAME")]
    product: Option<String>,
    /// label: hours from the end of the collection to the expiry.
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    expires_after: u16,
    /// label: minutes that local time is ahead of UTC.
    #[arg(long, value_name = "MINUTES", default_value_t = 0, allow_negative_numbers = true)]
    zone: i32,
}

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Every entry with its hash and every checkpoint, for `leuka record verify --file`.
    Trail,
    /// FHIR R4 Bundle (JSON).
    Fhir,
    /// HL7 v2.6 PCD-01 messages, one after the other.
    Hl7,
    /// IEEE 11073 SDC MDIB (XML).
    Sdc,
    /// ISBT 128 label as a picture.
    LabelPng,
    /// ISBT 128 label (a build with --features pdf).
    LabelPdf,
    /// The report (a build with --features pdf).
    Report,
    /// Samples as Parquet (a build with --features columns).
    Samples,
    /// Events as Parquet (a build with --features columns).
    Events,
}

/// A trail as it is exported.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trail {
    pub(super) schema: String,
    pub(super) record: String,
    pub(super) entries: Vec<Stored>,
    pub(super) checkpoints: Vec<Checkpoint>,
}

pub(super) const TRAIL: &str = "leuka.trail/1";

pub(super) fn export(office: &Office, arguments: &Export) -> Result<ExitCode, Failure> {
    let bytes = match arguments.form {
        Form::Trail => trail(office, &arguments.id)?,
        _ => {
            let record = office.block(office.store.load(&arguments.id))?;
            form(&record, arguments)?
        }
    };
    match &arguments.out {
        None => std::io::Write::write_all(&mut std::io::stdout().lock(), &bytes)
            .map_err(|error| Failure::Work(format!("standard output: {error}")))?,
        Some(path) => {
            let failed = |error| Failure::Work(format!("{}: cannot be written: {error}", path.display()));
            std::fs::write(path, &bytes).map_err(failed)?;
            println!("{}: {} bytes", path.display(), bytes.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn trail(office: &Office, id: &str) -> Result<Vec<u8>, Failure> {
    let trail = Trail {
        schema: TRAIL.to_owned(),
        record: id.to_owned(),
        entries: office.block(office.store.entries(id))?,
        checkpoints: office.block(office.store.checkpoints(id))?,
    };
    Ok(pretty(&trail).into_bytes())
}

fn form(record: &ProcedureRecord, arguments: &Export) -> Result<Vec<u8>, Failure> {
    Ok(match arguments.form {
        Form::Trail => Vec::new(),
        Form::Fhir => pretty(&fhir::bundle(record)?).into_bytes(),
        Form::Hl7 => hl7::messages(record, arguments.every).join("\r\n").into_bytes(),
        Form::Sdc => sdc::mdib(record).into_bytes(),
        Form::LabelPng => Label::of(record, &arguments.site()?)?.png()?,
        #[cfg(feature = "pdf")]
        Form::LabelPdf => Label::of(record, &arguments.site()?)?.pdf()?,
        #[cfg(feature = "pdf")]
        Form::Report => leuka_record::export::report::pdf(record)?,
        #[cfg(feature = "columns")]
        Form::Samples => leuka_record::export::columns::run_file(record)?.samples,
        #[cfg(feature = "columns")]
        Form::Events => leuka_record::export::columns::run_file(record)?.events,
        #[cfg(not(feature = "pdf"))]
        Form::LabelPdf | Form::Report => return Err(left_out("pdf")),
        #[cfg(not(feature = "columns"))]
        Form::Samples | Form::Events => return Err(left_out("columns")),
    })
}

#[cfg(not(all(feature = "pdf", feature = "columns")))]
fn left_out(feature: &str) -> Failure {
    Failure::Input(format!(
        "this program was built without {feature}: cargo run --release --features record,{feature} -- record export ..."
    ))
}

impl Export {
    fn site(&self) -> Result<Site, Failure> {
        let product = match &self.product {
            None => None,
            Some(text) => {
                let (code, name) = text.split_once('=').ok_or_else(|| {
                    Failure::Input(format!("--product {text}: give CODE=NAME, as S1128000=HPC, APHERESIS"))
                })?;
                let code = ProductCode::parse(code).map_err(|error| Failure::Input(error.to_string()))?;
                Some((code, name.to_owned()))
            }
        };
        Ok(Site { facility: self.facility.clone(), product, expires_after_h: self.expires_after, zone_min: self.zone })
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Self::Work(error.to_string())
    }
}
