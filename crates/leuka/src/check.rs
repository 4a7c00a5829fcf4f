//! `leuka check`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::{Failure, files};

/// Checks protocol, donor and scenario files: every key, unit, range and contradiction, with file, line and what is allowed.
///
/// Exit code 0 when all are good, 2 when one is not.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files to check; the field `schema` in each tells its kind.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn check(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut bad = 0;
    for path in &arguments.files {
        let checked = files::read(path).and_then(|file| Ok(leuka_procedure::check_file(&file)?));
        match checked {
            Ok(kind) => println!("{}: a good {} file", path.display(), kind),
            Err(failure) => {
                bad += 1;
                eprintln!("{failure}");
            }
        }
    }
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}
