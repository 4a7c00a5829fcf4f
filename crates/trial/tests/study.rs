//! Study files: what they ask for, and what is told of a wrong one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_procedure::file::{NamedText, Problem};
use leuka_trial::Study;

fn load(name: &str) -> Result<NamedText, Problem> {
    let path = format!("{}/../../validation/cohorts/{name}", env!("CARGO_MANIFEST_DIR"));
    Ok(NamedText { name: name.to_owned(), text: std::fs::read_to_string(path).unwrap() })
}

fn read(text: &str) -> Result<Study, String> {
    let text = format!("schema = \"leuka.study/1\"\nname = \"test\"\n{text}");
    Study::read(&NamedText { name: "s.toml".into(), text }, &load).map_err(|problems| problems.to_string())
}

fn values(study: &Study, path: &str) -> Vec<f64> {
    let columns = 0..study.arms.len();
    columns
        .map(|arm| {
            let sources = study.sources(&study.donor(0), 0, arm);
            sources.overrides.iter().find(|over| over.path == path).unwrap().value.parse().unwrap()
        })
        .collect()
}

#[test]
fn factors_make_every_combination() {
    let study = read(
        "[[factor]]\npath = \"protocol.collect_flow_ml_min\"\nlevels = [1, 2, 3]\n\
         [[factor]]\npath = \"protocol.inlet_flow_ml_min\"\nlevels = [40, 60]\n",
    )
    .unwrap();
    let names: Vec<_> = study.arms.iter().map(|arm| arm.name.as_str()).collect();
    assert_eq!(names.len(), 6);
    assert_eq!(names.first(), Some(&"collect_flow_ml_min=1 inlet_flow_ml_min=40"));
    assert_eq!(values(&study, "protocol.inlet_flow_ml_min"), [40.0, 60.0, 40.0, 60.0, 40.0, 60.0]);
}

#[test]
fn every_slice_of_a_latin_hypercube_holds_one_point() {
    let study = read(
        "design = \"latin-hypercube\"\npoints = 20\npaired = false\n\
         [[factor]]\npath = \"protocol.collect_flow_ml_min\"\nlow = 1\nhigh = 3\n\
         [[factor]]\npath = \"protocol.inlet_flow_ml_min\"\nlow = 40\nhigh = 80\n",
    )
    .unwrap();
    for (path, low, width) in [("protocol.collect_flow_ml_min", 1.0, 0.1), ("protocol.inlet_flow_ml_min", 40.0, 2.0)] {
        let mut slices: Vec<_> = values(&study, path).iter().map(|value| ((value - low) / width).floor()).collect();
        slices.sort_by(f64::total_cmp);
        assert_eq!(slices, (0..20).map(f64::from).collect::<Vec<_>>(), "{path}");
    }
    let order = |path| {
        let mut order: Vec<_> = values(&study, path).into_iter().enumerate().collect();
        order.sort_by(|one, other| one.1.total_cmp(&other.1));
        order.into_iter().map(|(place, _)| place).collect::<Vec<_>>()
    };
    assert_ne!(
        order("protocol.collect_flow_ml_min"),
        order("protocol.inlet_flow_ml_min"),
        "factors are shuffled apart"
    );
    assert_eq!((study.arms_of(3), study.arms_of(23)), (3..4, 3..4));
}

#[test]
fn a_donor_is_the_same_in_every_arm_and_study_size() {
    let text = |donors: u32| format!("cohort = \"a1-5-allogeneic.toml\"\ndonors = {donors}\n");
    let (small, large) = (read(&text(10)).unwrap(), read(&text(1_000_000)).unwrap());
    for donor in [0, 7] {
        assert_eq!(small.donor(donor), large.donor(donor));
        assert_eq!(small.run_seed(donor), large.run_seed(donor));
    }
    assert_ne!(small.donor(0), small.donor(1));
    let other = small.clone().with(None, Some(2));
    assert_ne!(small.donor(0), other.donor(0));
}

#[test]
fn every_problem_says_where_it_is_and_what_is_allowed() {
    for (text, told) in [
        ("donrs = 3", "s.toml:3: study.donrs: is no field: allowed are schema, name"),
        ("donors = 0", "s.toml:3: study.donors: is `0`: allowed is a number from 1 to 1000000000 donors"),
        ("outcomes = [\"cd34_yield\"]", "s.toml:3: study.outcomes: `cd34_yield` is no outcome: allowed are completed"),
        ("reference = \"a\"", "study.reference: is \"a\", no arm: there are all"),
        ("[[arm]]\nname = \"a\"\n[[arm]]\nname = \"a\"", "s.toml:5: study.arm.name: \"a\" stands twice"),
        ("[[factor]]\npath = \"protocol.dilution\"\nlow = 1\nhigh = 2", "of a factorial design has levels"),
        (
            "[[arm]]\nname = \"fast\"\n[arm.set]\n\"protocol.inlet_flow_ml_min\" = 500",
            "allowed is a number from 4 to 120 mL/min (in arm \"fast\")",
        ),
    ] {
        let said = read(text).unwrap_err();
        assert!(said.contains(told), "`{told}` is not in\n{said}");
    }
}

#[test]
fn cohorts_and_studies_of_this_repository_are_good() {
    let folder = |name: &str| format!("{}/../../validation/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = |path: std::path::PathBuf| NamedText {
        name: path.display().to_string(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    let paths = |name: &str| std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    for path in paths("cohorts") {
        let cohort = leuka_trial::Cohort::read(&file(path)).unwrap();
        for subject in 0..200 {
            let donor = cohort.donor(leuka_blood::random::Seed { seed: 1, study: 1, subject });
            let text = donor.file("D");
            let checked = leuka_procedure::check_file(&NamedText { name: cohort.name.clone(), text });
            assert_eq!(checked, Ok("donor"), "donor {subject} of {}", cohort.name);
        }
    }
    for path in paths("studies") {
        let beside = |name: &str| Ok(file(std::path::Path::new(&folder("studies")).join(name)));
        Study::read(&file(path), &beside).unwrap();
    }
}
