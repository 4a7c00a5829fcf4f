//! Reading the files that a user names.

use std::fs;
use std::io::Write;
use std::path::Path;

use leuka_procedure::file::NamedText;

use crate::Failure;

/// Longest file that is read at all; the checks refuse far smaller ones.
const MAX_BYTES: u64 = 64 << 20;

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
