//! Links in Markdown: every relative one must lead to a file.

use std::path::Path;

use xshell::{Shell, cmd};

use crate::Outcome;

pub(crate) fn check(shell: &Shell) -> Outcome {
    let files = cmd!(shell, "git ls-files *.md").quiet().read()?;
    let mut broken = Vec::new();
    for file in files.lines() {
        let text = shell.read_file(file)?;
        let folder = shell.current_dir().join(Path::new(file).parent().unwrap_or(Path::new("")));
        for target in targets(&text) {
            if !folder.join(target).exists() {
                broken.push(format!("{file}: {target} does not exist"));
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n").into()) }
}

/// The relative targets of `[text](target)`, without their anchors.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter_map(|link| link.split('#').next()).filter(|link| !link.is_empty() && !link.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_targets_are_found_without_anchors() {
        let text = "[a](docs/a.md#top) [b](https://example.org) [c](#here) ![d](d.svg)";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["docs/a.md", "d.svg"]);
    }
}
