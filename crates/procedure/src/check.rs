//! Checks of whole files.

use crate::file::{Document, FileKind, NamedText, Problem, Problems};
use crate::{donor, protocol};

/// Checks one protocol or donor file and tells its kind, by its field `schema`.
///
/// # Errors
/// Every problem of the file.
pub fn check_file(file: &NamedText) -> Result<FileKind, Problems> {
    let kinds = [FileKind::Protocol, FileKind::Donor, FileKind::Order];
    let named = |kind: &FileKind| file.text.contains(kind.version());
    let by_schema = kinds.into_iter().find(named);
    let Some(kind) = by_schema else {
        // Whatever else may be wrong: text that is no TOML is told as such.
        let syntax = Document::read(FileKind::Protocol, &file.name, &file.text, &[]).err();
        let syntax = syntax.filter(|problems| problems.0.iter().any(|problem| problem.field.is_empty()));
        return Err(syntax.unwrap_or_else(|| {
            Problem {
                file: file.name.clone(),
                line: None,
                field: "schema".into(),
                message: "is missing or unknown: begin the file with schema = \"leuka.protocol/1\" or schema = \"leuka.donor/1\"".into(),
            }
            .into()
        }));
    };
    Document::read(kind, &file.name, &file.text, &[]).and_then(checked).map(|_| kind)
}

/// Adds the checks that no single field can make.
pub(crate) fn checked(document: Document) -> Result<Document, Problems> {
    let problems = match document.kind() {
        FileKind::Protocol => protocol::check(&document),
        FileKind::Donor => donor::check(&document),
        FileKind::Order => Vec::new(),
    };
    if problems.is_empty() { Ok(document) } else { Err(Problems(problems)) }
}
