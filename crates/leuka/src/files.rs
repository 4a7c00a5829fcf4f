//! The files that a user names, and what is replaced in them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use leuka_procedure::file::{NamedText, Override};
use leuka_procedure::{Centrifuge, Inputs, Sources};

use crate::Failure;

/// Longest file that is read at all; the checks refuse far smaller ones.
const MAX_BYTES: u64 = 64 << 20;

/// What a procedure is made from.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Protocol file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Donor file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    donor: Option<PathBuf>,
    /// Scenario file (TOML): what goes wrong, when, and how strongly.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Seed of all chance; the same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Replaces a value: donor.*, protocol.*, order.* or model.CRATE.*; may be given many times.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Folder with model parameter files (blood.toml, separator.toml, ...) in place of the embedded ones.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Model of the centrifuge: `stage` is fast, `channel` follows every layer. [default: stage where its table fits, else channel]
    #[arg(long, value_name = "MODEL", value_parser = centrifuge)]
    separator: Option<Centrifuge>,
}

/// Reads a model of the centrifuge.
pub(crate) fn centrifuge(word: &str) -> Result<Centrifuge, String> {
    let known = Centrifuge::ALL.into_iter().find(|model| model.name() == word);
    known.ok_or_else(|| "allowed are stage and channel".to_owned())
}

impl Files {
    /// Reads and checks everything.
    pub(crate) fn inputs(&self) -> Result<Inputs, Failure> {
        let text = |path: &Option<PathBuf>| path.as_deref().map(read).transpose();
        let overrides = self.set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>()?;
        Ok(Inputs::read(&Sources {
            protocol: text(&self.protocol)?,
            donor: text(&self.donor)?,
            scenario: text(&self.scenario)?,
            parameters: self.parameters.as_deref().map_or(Ok(Vec::new()), parameter_files)?,
            overrides,
            seed: self.seed,
            separator: self.separator,
            ..Sources::default()
        })?)
    }
}

/// The parameter files in a folder, in order of name.
pub(crate) fn parameter_files(folder: &Path) -> Result<Vec<NamedText>, Failure> {
    let failed = |error| Failure::Input(format!("{}: cannot be read: {error}", folder.display()));
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>().map_err(failed)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// The text of a file.
///
/// # Errors
/// Names the file when it is not there, no file, not readable or not UTF-8.
pub(crate) fn read(path: &Path) -> Result<NamedText, Failure> {
    let name = path.display().to_string();
    let failed = |what: String| Failure::Input(format!("{name}: {what}"));
    let size = fs::metadata(path).map_err(|error| failed(format!("cannot be read: {error}")))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("{size} bytes are too many for a protocol or donor file")));
    }
    let bytes = fs::read(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(format!("is not a text in UTF-8: {error}")))?;
    Ok(NamedText { name, text })
}

/// Writes a file that must not be there yet.
///
/// # Errors
/// Names the file when it is there or cannot be written.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.display();
    match fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::Input(format!(
                "{name} is there already and is never written over: give --out another name"
            )));
        }
        Err(error) => Err(error),
    }
    .map_err(|error| Failure::Work(format!("cannot write {name}: {error}")))
}

/// Writes a file, over what may be there.
///
/// # Errors
/// Names the file when it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::Work(format!("cannot write {}: {error}", path.display())))
}
