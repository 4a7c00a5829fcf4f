//! `leuka schema`.

use std::process::ExitCode;

use leuka_procedure::file::{FileKind, json_schema};

use crate::Failure;

/// Prints the JSON Schema of protocol, donor, order, scenario, cohort or study files, with units, ranges, defaults and meanings.
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
    Scenario,
    Cohort,
    Study,
}

pub(crate) fn print(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let schema = match arguments.kind {
        Kind::Protocol => json_schema(FileKind::Protocol),
        Kind::Donor => json_schema(FileKind::Donor),
        Kind::Order => json_schema(FileKind::Order),
        Kind::Scenario => leuka_procedure::Scenario::json_schema(),
        Kind::Cohort => leuka_trial::cohort_schema(),
        Kind::Study => leuka_trial::study_schema(),
    };
    print!("{}", leuka_procedure::pretty(&schema));
    Ok(ExitCode::SUCCESS)
}
