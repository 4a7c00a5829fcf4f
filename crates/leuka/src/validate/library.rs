//! The files of `validation/` and what they name, as they were when the program was built.

use leuka_procedure::file::{NamedText, Problem, Problems};
use leuka_trial::Study;
use leuka_trial::validation::Published;

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        /// Every file by its path in the repository.
        const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../../../", $path)))),+];
    };
}

files![
    "protocols/cd3-car-t.toml",
    "protocols/cd34-allogeneic.toml",
    "protocols/cd34-autologous.toml",
    "protocols/chamber-cd3.toml",
    "protocols/depletion.toml",
    "protocols/lymphocytes-donor.toml",
    "protocols/mononuclear-research.toml",
    "validation/cohorts/a1-5-allogeneic.toml",
    "validation/cohorts/autologous.toml",
    "validation/cohorts/car-t.toml",
    "validation/cohorts/healthy.toml",
    "validation/cohorts/hyperleukocytosis.toml",
    "validation/cohorts/patients-mononuclear.toml",
    "validation/published.csv",
    "validation/rows.toml",
    "validation/studies/a1-10-platelets.toml",
    "validation/studies/a1-16-white-count.toml",
    "validation/studies/a1-2-volume.toml",
    "validation/studies/a1-5-collect-flow.toml",
    "validation/studies/a1-7-autologous.toml",
    "validation/studies/a2-1-chamber.toml",
    "validation/studies/b1-mononuclear.toml",
    "validation/studies/b3-large-volume.toml",
    "validation/studies/c2-lymphocytes.toml",
    "validation/studies/e1-car-t.toml",
    "validation/studies/f11-depletion.toml",
];

/// The file at a path of the repository; `..` in it is resolved.
pub(super) fn file(path: &str) -> Result<NamedText, Problem> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let name = parts.join("/");
    let known = FILES.iter().find(|(known, _)| *known == name);
    known.map(|(_, text)| NamedText { name: name.clone(), text: (*text).to_owned() }).ok_or_else(|| Problem {
        file: name,
        line: None,
        field: String::new(),
        message: "is not built into this program: leuka trial reads studies from files".to_owned(),
    })
}

/// The published rows that studies answer.
pub(super) fn published() -> Result<Published, Problems> {
    Published::read(&file("validation/rows.toml")?)
}

/// A study by its name.
pub(super) fn study(name: &str) -> Result<Study, Problems> {
    let folder = "validation/studies";
    Study::read(&file(&format!("{folder}/{name}.toml"))?, &|beside| file(&format!("{folder}/{beside}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::held;
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["validation", "validation/cohorts", "validation/studies"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
                assert!(path.is_dir() || file(&name).is_ok(), "{name} is not built in: add it to the list");
            }
        }
    }

    #[test]
    fn every_published_row_is_simulated_or_says_why_not() {
        let published = published().unwrap();
        let blood = leuka_blood::Parameters::embedded().unwrap();
        let donor = leuka_donor::Parameters::embedded().unwrap();
        let bench = leuka_donor::validation::rows(&donor, &blood).unwrap();
        let studies = leuka_procedure::validation::SEPARATION.iter().flat_map(|study| study.name.split(", "));
        let told: BTreeSet<String> = published
            .rows
            .iter()
            .map(|row| row.id.clone())
            .chain(published.left_out.iter().map(|(id, _)| id.clone()))
            .chain(bench.iter().map(|row| row.id.to_owned()))
            .chain(held::planner().unwrap().into_iter().map(|held| held.id))
            .chain(held::filters().unwrap().into_iter().map(|held| held.id))
            .chain(studies.map(str::to_owned))
            // The bench of A1.4 holds A2.2 as well.
            .chain(["A2.2".to_owned()])
            .collect();
        let table = file("validation/published.csv").unwrap().text;
        for id in table.lines().skip(1).filter_map(|line| line.split(',').next()) {
            assert!(told.contains(id), "{id} of the published rows is neither simulated nor left out with a reason");
        }
    }

    #[test]
    fn every_row_names_an_arm_and_an_outcome_that_its_study_shows() {
        for row in published().unwrap().rows {
            let study = study(&row.study).unwrap();
            let has_arm = row.arm.as_ref().is_none_or(|name| study.arms.iter().any(|arm| arm.name == *name));
            assert!(has_arm, "{} has no arm {:?}", study.name, row.arm);
            assert!(study.outcomes.contains(&row.outcome), "{} does not show {}", study.name, row.outcome);
        }
    }
}
