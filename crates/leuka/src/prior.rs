//! The priors' parameter file.

use std::path::Path;

use leuka_blood::parameters::ParameterFile;
use leuka_dose::EfficiencyPrior;

use crate::{Failure, files};

/// As published.
pub(crate) fn embedded() -> Result<ParameterFile, Failure> {
    EfficiencyPrior::embedded_file().map_err(|error| Failure::Input(error.to_string()))
}

/// The `dose.toml` of a folder.
pub(crate) fn file_of(folder: &Path) -> Result<ParameterFile, Failure> {
    let file = files::read(&folder.join("dose.toml"))?;
    ParameterFile::parse(&file.name, &file.text).map_err(|error| Failure::Input(error.to_string()))
}
