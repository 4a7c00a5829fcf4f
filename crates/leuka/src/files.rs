//! Reading the files that a user names.

use std::fs;
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
