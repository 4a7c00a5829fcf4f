//! `leuka schema`.

use std::process::ExitCode;

use leuka_procedure::file::{FileKind, json_schema};

use crate::Failure;

/// Prints the JSON Schema of protocol or donor files, with units, ranges, defaults and meanings.
///
/// Editors that know TOML check and complete files with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which kind of file.
    #[arg(value_enum)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Protocol,
    Donor,
    Order,
}

pub(crate) fn print(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let kind = match arguments.kind {
        Kind::Protocol => FileKind::Protocol,
        Kind::Donor => FileKind::Donor,
        Kind::Order => FileKind::Order,
    };
    print!("{}", leuka_procedure::pretty(&json_schema(kind)));
    Ok(ExitCode::SUCCESS)
}
