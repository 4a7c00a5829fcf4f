//! What goes out to others and comes in from them: `leuka record export`, `send`, `import`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use leuka_procedure::pretty;
use leuka_record::ProcedureRecord;
use leuka_record::export::hl7::{SendSettings, Sender, messages};
use leuka_record::export::label::{Label, ProductCode, Site};
use leuka_record::export::{ExportError, fhir, folder, sdc};
use leuka_record::import::collections::CollectionsError;

use super::{ENTERING, Office, show};
use crate::Failure;

/// Writes a record, or a plain run folder, in a form that others read.
#[derive(Debug, Args)]
#[command(after_help = "Forms:
  trail    every entry with its hash and every checkpoint, for leuka record verify --file
  fhir     FHIR R4 Bundle (JSON)
  hl7      HL7 2.6 ORU^R01 messages of IHE PCD-01, one a minute
  label    ISBT 128 label; a name that ends in .pdf gives PDF, any other PNG
  pdf      report
  parquet  samples.parquet and events.parquet in a folder
  sdc      IEEE 11073 SDC MDIB (XML)

For research, engineering and training. Not a medical device; not for treating people.")]
pub(super) struct Export {
    /// The record, or a run folder.
    id: String,
    /// The form.
    #[arg(long, value_enum, default_value_t = Format::Trail)]
    format: Format,
    /// The file (a folder for parquet); the trail goes to standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    site: SiteArguments,
}

/// What the site says of its labels.
#[derive(Debug, Clone, Args)]
pub(crate) struct SiteArguments {
    /// Label: the facility's name.
    #[arg(long, default_value = "Facility not stated")]
    facility: String,
    /// Label: ISBT 128 product code and name, as S1128000=HPC, APHERESIS; built in for CD34+ cells only.
    #[arg(long, value_name = "CODE=NAME", value_parser = product)]
    product: Option<(ProductCode, String)>,
    /// Label: hours from the end of the collection to the expiry.
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    expires_after: u16,
    /// Label: minutes that local time is ahead of UTC.
    #[arg(long, value_name = "MINUTES", default_value_t = 0, allow_hyphen_values = true, value_parser = clap::value_parser!(i32).range(-840..=840))]
    zone: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Trail,
    Fhir,
    Hl7,
    Label,
    Pdf,
    Parquet,
    Sdc,
}

/// Sends a record's values as HL7 2.6 ORU^R01 messages over MLLP, each until it is acknowledged.
#[derive(Debug, Args)]
pub(super) struct Send {
    /// The record, or a run folder.
    id: String,
    /// The receiver.
    #[arg(long, value_name = "HOST:PORT")]
    to: String,
    /// Seconds of the procedure between two messages.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Seconds to wait for each acknowledgement.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// Times that a message is sent, with the same control identifier.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    attempts: u32,
}

/// Imports a site's past collections (the table of `leuka calibrate`) into the store: whole or not at all, and once.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The table.
    file: PathBuf,
    /// Who.
    #[arg(long)]
    login: String,
}

impl SiteArguments {
    pub(crate) fn site(&self) -> Site {
        let Self { facility, product, expires_after, zone } = self.clone();
        Site { facility, product, expires_after_h: expires_after, zone_min: zone }
    }
}

impl Export {
    /// The run folder, if it is one that is exported; it needs no store.
    pub(super) fn folder(&self) -> Option<&Path> {
        run_folder(&self.id)
    }
}

impl Send {
    /// The run folder, if it is one that is sent.
    pub(super) fn folder(&self) -> Option<&Path> {
        run_folder(&self.id)
    }
}

fn run_folder(id: &str) -> Option<&Path> {
    let path = Path::new(id);
    path.join("samples.csv").is_file().then_some(path)
}

/// A run folder as a record; it began when its inputs were written.
fn read_folder(path: &Path) -> Result<ProcedureRecord, Failure> {
    let written = std::fs::metadata(path.join("inputs.json")).and_then(|file| file.modified());
    let since = written.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    folder::run_folder(path, since.as_secs()).map_err(failed)
}

fn failed(error: ExportError) -> Failure {
    match error {
        ExportError::Unsound(_) | ExportError::Drawing(_) | ExportError::Table(_) => Failure::Work(error.to_string()),
        _ => Failure::Input(error.to_string()),
    }
}

pub(super) fn export_folder(path: &Path, arguments: &Export) -> Result<ExitCode, Failure> {
    if arguments.format == Format::Trail {
        return Err(Failure::Input("a run folder has no trail: give --format".to_owned()));
    }
    write(&read_folder(path)?, arguments)
}

pub(super) fn export(office: &Office, arguments: &Export) -> Result<ExitCode, Failure> {
    if arguments.format == Format::Trail {
        return show::export(office, &arguments.id, arguments.out.as_deref());
    }
    write(&office.block(office.store.load(&arguments.id))?, arguments)
}

fn write(record: &ProcedureRecord, arguments: &Export) -> Result<ExitCode, Failure> {
    let out = arguments.out.as_deref().ok_or_else(|| Failure::Input("give --out FILE".to_owned()))?;
    let bytes = match arguments.format {
        Format::Trail => return Ok(ExitCode::SUCCESS),
        Format::Fhir => pretty(&fhir::bundle(record).map_err(failed)?).into_bytes(),
        Format::Hl7 => messages(record, 60.0).join("\r").into_bytes(),
        Format::Sdc => sdc::mdib(record).into_bytes(),
        Format::Label => label(record, arguments, out)?,
        Format::Pdf => report(record)?,
        Format::Parquet => return columns(record, out),
    };
    keep(out, &bytes)?;
    Ok(ExitCode::SUCCESS)
}

fn keep(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::Work(format!("{}: cannot be written: {error}", out.display()));
    std::fs::write(out, bytes).map_err(failed)?;
    println!("{}: {} bytes", out.display(), bytes.len());
    Ok(())
}

fn label(record: &ProcedureRecord, arguments: &Export, out: &Path) -> Result<Vec<u8>, Failure> {
    let label = Label::of(record, &arguments.site.site()).map_err(failed)?;
    if out.extension().is_some_and(|ending| ending == "pdf") { label_pdf(&label) } else { label.png().map_err(failed) }
}

#[cfg(feature = "pdf")]
fn label_pdf(label: &Label) -> Result<Vec<u8>, Failure> {
    label.pdf().map_err(failed)
}

#[cfg(not(feature = "pdf"))]
fn label_pdf(_: &Label) -> Result<Vec<u8>, Failure> {
    Err(left_out("pdf"))
}

#[cfg(feature = "pdf")]
fn report(record: &ProcedureRecord) -> Result<Vec<u8>, Failure> {
    leuka_record::export::report::pdf(record).map_err(failed)
}

#[cfg(not(feature = "pdf"))]
fn report(_: &ProcedureRecord) -> Result<Vec<u8>, Failure> {
    Err(left_out("pdf"))
}

#[cfg(feature = "columns")]
fn columns(record: &ProcedureRecord, out: &Path) -> Result<ExitCode, Failure> {
    let file = leuka_record::export::columns::run_file(record).map_err(failed)?;
    let cannot = |error| Failure::Work(format!("{}: cannot be made: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(cannot)?;
    keep(&out.join("samples.parquet"), &file.samples)?;
    keep(&out.join("events.parquet"), &file.events)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(not(feature = "columns"))]
fn columns(_: &ProcedureRecord, _: &Path) -> Result<ExitCode, Failure> {
    Err(left_out("columns"))
}

#[cfg(not(all(feature = "pdf", feature = "columns")))]
fn left_out(feature: &str) -> Failure {
    Failure::Input(format!("this program was built without `{feature}`: build it with --features record,{feature}"))
}

pub(super) fn send_folder(path: &Path, arguments: &Send) -> Result<ExitCode, Failure> {
    deliver(&read_folder(path)?, arguments)
}

pub(super) fn send(office: &Office, arguments: &Send) -> Result<ExitCode, Failure> {
    deliver(&office.block(office.store.load(&arguments.id))?, arguments)
}

fn deliver(record: &ProcedureRecord, arguments: &Send) -> Result<ExitCode, Failure> {
    let settings = SendSettings {
        answer: Duration::from_secs(arguments.patience),
        attempts: arguments.attempts,
        ..SendSettings::default()
    };
    let mut sender = Sender::new(&arguments.to, settings);
    let all = messages(record, f64::from(arguments.every));
    for (at, message) in all.iter().enumerate() {
        sender
            .send(message)
            .map_err(|error| Failure::Work(format!("{at} of {} messages are sent; {error}", all.len())))?;
    }
    println!("{} messages sent to {} and acknowledged", all.len(), arguments.to);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn import(office: &Office, arguments: &Import) -> Result<ExitCode, Failure> {
    let Import { file, login } = arguments;
    let bytes = std::fs::read(file).map_err(|error| Failure::Input(format!("{}: {error}", file.display())))?;
    let user = office.person_of(login, &ENTERING)?;
    let imported = office.runtime.block_on(office.store.import_collections(&bytes, &user.actor(), office.clock.now()));
    let count = imported.map_err(|error| match error {
        CollectionsError::Store(error) => Failure::from(error),
        error => Failure::Input(format!("{}: {error}", file.display())),
    })?;
    println!("{}: {count} past collections imported", file.display());
    Ok(ExitCode::SUCCESS)
}

fn product(text: &str) -> Result<(ProductCode, String), String> {
    let (code, name) = text.split_once('=').ok_or("write CODE=NAME")?;
    Ok((ProductCode::parse(code).map_err(|error| error.to_string())?, name.trim().to_owned()))
}
