//! Checks of whole files.

use crate::file::{Document, FileKind, NamedText, Problem, Problems};
use crate::{donor, protocol};

/// Checks one protocol, donor, order or scenario file and tells its kind, by its field `schema`.
///
/// # Errors
/// Every problem of the file.
pub fn check_file(file: &NamedText) -> Result<&'static str, Problems> {
    if file.text.contains(crate::Scenario::VERSION) {
        return crate::Scenario::read(file).map(|_| "scenario");
    }
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
                message: "is missing or unknown: begin the file with schema = \"leuka.protocol/1\", \"leuka.donor/1\" or \"leuka.scenario/1\"".into(),
            }
            .into()
        }));
    };
    Document::read(kind, &file.name, &file.text, &[]).and_then(checked).map(|_| kind.name())
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
