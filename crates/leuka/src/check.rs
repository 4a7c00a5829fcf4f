//! `leuka check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use leuka_procedure::file::NamedText;

use crate::{Failure, files, trial};

/// Checks protocol, donor, scenario, cohort and study files: every key, unit, range and contradiction, with file, line and what is allowed.
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
        let checked = files::read(path).and_then(|file| kind_of(path, &file));
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

/// Checks a file and tells its kind.
fn kind_of(path: &Path, file: &NamedText) -> Result<&'static str, Failure> {
    if file.text.contains(leuka_trial::Study::VERSION) {
        trial::read(path).map(|_| "study")
    } else if file.text.contains(leuka_trial::Cohort::VERSION) {
        Ok(leuka_trial::Cohort::read(file).map(|_| "cohort")?)
    } else {
        Ok(leuka_procedure::check_file(file)?)
    }
}
