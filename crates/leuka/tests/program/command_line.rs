//! What a user sees: exit codes, errors, JSON, folders.

use std::path::PathBuf;
use std::process::Command;

use super::{leuka, text};

fn new_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("leuka-test-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn ready(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

/// A donor who is refused within seconds: everything of a run but the long part.
const REFUSED: &[&str] = &["run", "--set", "donor.consent=false"];

#[test]
fn help_tells_what_it_is_and_that_it_is_no_device() {
    let help = text(&leuka(&["--help"]).stdout);
    assert!(help.contains("leukapheresis") && help.contains("Not a medical device"), "{help}");
    for command in
        ["run", "machine", "control", "guard", "mobilise", "check", "schema", "separate", "verify", "validate"]
    {
        assert!(help.contains(command));
        let own = leuka(&[command, "--help"]);
        assert!(own.status.success() && own.stdout.len() > 200, "{command}");
    }
}

#[test]
fn good_files_pass_the_check_and_a_broken_one_gives_exit_code_2() {
    let good = leuka(&["check", &ready("protocols/cd34-autologous.toml"), &ready("donors/healthy-70kg.toml")]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let broken = new_folder("broken.toml");
    std::fs::write(&broken, "schema = \"leuka.donor/1\"\nsex = \"other\"\n").unwrap();
    let bad = leuka(&["check", broken.to_str().unwrap()]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(text(&bad.stderr).contains("broken.toml:2: donor.sex"), "{}", text(&bad.stderr));
    std::fs::write(&broken, [0xff, 0xfe, 0x00]).unwrap();
    assert!(text(&leuka(&["check", broken.to_str().unwrap()]).stderr).contains("not a text in UTF-8"));
}

#[test]
fn bad_input_gives_exit_code_2_and_no_panic() {
    for (arguments, expected) in [
        (vec!["run", "--protocol", "no-such-file.toml"], "no-such-file.toml: cannot be read"),
        (vec!["run", "--set", "donor.weight_kg=900"], "--set: donor.weight_kg: is 900"),
        (vec!["run", "--set", "patient.weight_kg=70"], "begins with protocol., donor., order. or model."),
        (vec!["run", "--set", "model.pump.error=3"], "names no model"),
        (vec!["run", "--set", "model.separator.channel.gasp=3"], "is not a parameter of `separator.toml`"),
        (vec!["run", "--set", "model.separator.channel.gap=wide"], "allowed is a number"),
        (
            vec!["run", "--set", "protocol.target.time_min=60", "--set", "protocol.target.volume_ml=6000"],
            "exactly one target",
        ),
        (vec!["run", "--set", "donor.height_cm=60"], "height"),
        (vec!["run", "--parameters", "no-such-folder"], "no-such-folder: cannot be read"),
        (vec!["run", "--seed", "many"], "invalid value 'many'"),
    ] {
        let output = leuka(&arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[test]
fn a_refused_donor_ends_with_exit_code_1_and_the_reason() {
    let folder = new_folder("refused");
    let output = leuka(&[REFUSED, &["--out", folder.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1));
    let summary = text(&output.stdout);
    assert!(summary.contains("consent is not signed"), "{summary}");
    assert!(summary.contains("Not a medical device"));
    assert!(text(&output.stderr).contains("admission begins"), "one line per phase without a terminal");
    for file in ["inputs.json", "events.jsonl", "samples.csv", "outcome.json", "run.svg"] {
        assert!(folder.join(file).metadata().unwrap().len() > 0, "{file}");
    }
}

#[test]
fn parameter_files_in_a_folder_replace_the_embedded_ones() {
    let folder = new_folder("parameters");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |crate_name: &str| {
        std::fs::read_to_string(ready(&format!("crates/{crate_name}/data/{crate_name}.toml"))).unwrap()
    };
    let hash = |name: &str, extra: &[&str]| {
        let out = new_folder(name);
        let arguments = [REFUSED, &["--json", "--out", out.to_str().unwrap()], extra].concat();
        let outcome: serde_json::Value = serde_json::from_slice(&leuka(&arguments).stdout).unwrap();
        outcome["parameters_sha256"].as_str().unwrap().to_owned()
    };
    let from_folder = ["--parameters", folder.to_str().unwrap()];
    std::fs::write(folder.join("separator.toml"), file("separator")).unwrap();
    assert_eq!(hash("embedded", &[]), hash("same", &from_folder));
    let changed = file("separator").replacen("value = 82.5", "value = 90", 1);
    std::fs::write(folder.join("separator.toml"), changed).unwrap();
    assert_eq!(hash("changed", &from_folder), hash("set", &["--set", "model.separator.channel.inner_radius=90"]));
    assert_ne!(hash("embedded2", &[]), hash("changed2", &from_folder));
    std::fs::write(folder.join("pump.toml"), "").unwrap();
    let output = leuka(&[REFUSED, &from_folder].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("pump.toml: is no parameter file: allowed are blood.toml"));
}

#[test]
fn a_folder_is_never_written_over() {
    let folder = new_folder("twice");
    let arguments = [REFUSED, &["--out", folder.to_str().unwrap()]].concat();
    assert_eq!(leuka(&arguments).status.code(), Some(1));
    let before = std::fs::read(folder.join("events.jsonl")).unwrap();
    let again = leuka(&arguments);
    assert!(text(&again.stderr).contains("is there already and is never written over"));
    assert_eq!(std::fs::read(folder.join("events.jsonl")).unwrap(), before);
    // Without --out the next free name is taken.
    let seed = ["--seed", "77"];
    for path in ["leuka-runs/cd34-autologous-77", "leuka-runs/cd34-autologous-77-2"] {
        let summary = text(&leuka(&[REFUSED, &seed].concat()).stdout);
        assert!(summary.contains(&format!("{path}/run.svg")), "{summary}");
    }
}

#[test]
fn json_is_one_object_of_its_schema_with_the_documented_keys() {
    let folder = new_folder("json");
    let output = leuka(&[REFUSED, &["--json", "--out", folder.to_str().unwrap()]].concat());
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["schema"], "leuka.outcome/1");
    assert_eq!(outcome["completed"], false);
    let documented = include_str!("../../../../docs/outcome.md");
    let mut unknown = Vec::new();
    keys(&outcome, &mut |key| {
        if !documented.contains(&format!("`{key}`")) {
            unknown.push(key.to_owned());
        }
    });
    unknown.retain(|key| outcome["balance"].get(key).is_none());
    assert!(unknown.is_empty(), "docs/outcome.md does not tell {unknown:?}");
    assert_eq!(std::fs::read(folder.join("outcome.json")).unwrap(), output.stdout);
}

fn keys(value: &serde_json::Value, tell: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| {
            tell(key);
            keys(value, tell);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, tell)),
        _ => {}
    }
}

#[test]
fn schemas_are_json_and_name_their_version() {
    for kind in ["protocol", "donor", "order"] {
        let schema: serde_json::Value = serde_json::from_slice(&leuka(&["schema", kind]).stdout).unwrap();
        assert_eq!(schema["title"], format!("leuka.{kind}/1"));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_was_done_and_exits_with_130() {
    use std::os::unix::process::ExitStatusExt;
    let folder = new_folder("interrupted");
    let mut child = Command::new(env!("CARGO_BIN_EXE_leuka"))
        .args(["run", "--json", "--out", folder.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The run is under way when its folder has samples.
    while folder.join("samples.csv").metadata().map_or(0, |file| file.len()) < 10_000 {
        assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.status.signal()), (Some(130), None));
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["end_reason"], "interrupted");
    assert!(std::fs::read_to_string(folder.join("samples.csv")).unwrap().lines().count() > 50);
    assert!(folder.join("run.svg").exists());
}

#[test]
fn mobilise_writes_the_donor_of_the_best_hour_who_passes_the_check_and_is_never_written_over() {
    let folder = new_folder("mobilise");
    std::fs::create_dir_all(&folder).unwrap();
    let out = folder.join("day.toml");
    let donor = ready("donors/healthy-70kg.toml");
    let arguments = [
        "mobilise",
        "--donor",
        &donor,
        "--g-csf",
        "10ug/kg/d",
        "--days",
        "5",
        "--picture",
        "--out",
        out.to_str().unwrap(),
    ];
    let done = leuka(&arguments);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let shown = text(&done.stdout);
    assert!(shown.contains("Best start") && shown.contains("Not a medical device"), "{shown}");
    for file in ["day.toml", "day.svg", "day.csv"] {
        assert!(folder.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    assert_eq!(leuka(&["check", out.to_str().unwrap()]).status.code(), Some(0));
    let again = leuka(&arguments);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("never written over"));
    let twice = leuka(&["mobilise", "--donor", out.to_str().unwrap(), "--g-csf", "10ug/kg/d"]);
    assert!(text(&twice.stderr).contains("has had no G-CSF yet"), "{}", text(&twice.stderr));
    let none = leuka(&["mobilise", "--donor", &donor]);
    assert!(none.status.code() == Some(2) && text(&none.stderr).contains("no drug is given"));
    assert_eq!(leuka(&["mobilise", "--donor", &donor, "--g-csf", "10mg"]).status.code(), Some(2));
}

#[test]
fn recovery_leaves_its_counts_its_picture_and_a_donor_for_the_next_day() {
    let folder = new_folder("recovery");
    let output = leuka(&[REFUSED, &["--recovery", "2d", "--out", folder.to_str().unwrap()]].concat());
    assert!(text(&output.stdout).contains("After the run"), "{}", text(&output.stdout));
    for file in ["recovery.csv", "recovery.svg", "donor-next-day.toml"] {
        assert!(folder.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    let rows = std::fs::read_to_string(folder.join("recovery.csv")).unwrap().lines().count();
    assert_eq!(rows, 50, "a header, the end of the run and 48 hours");
    let next = leuka(&["check", folder.join("donor-next-day.toml").to_str().unwrap()]);
    assert_eq!(next.status.code(), Some(0), "{}", text(&next.stderr));
    assert_eq!(leuka(&["run", "--recovery", "soon"]).status.code(), Some(2));
}

#[test]
fn validate_prints_every_row_with_its_band() {
    let output = leuka(&["validate", "donor", "--procedures", "20"]);
    let shown = text(&output.stdout);
    assert!(output.status.success() && shown.contains("predicted") && shown.contains("fitted"), "{shown}");
    for id in ["G1", "C4", "I4", "H11"] {
        assert!(shown.lines().any(|line| line.starts_with(id)), "{id}");
    }
}

#[test]
#[cfg(not(feature = "record"))]
fn a_program_without_the_record_tells_how_to_build_one_with_it() {
    for command in [&["record", "list", "--json"][..], &["run", "--record"]] {
        let said = leuka(command);
        assert_eq!(said.status.code(), Some(2));
        let wanted = format!("cargo run --release --features record -- {}", command.join(" "));
        assert!(text(&said.stderr).contains(&wanted), "{}", text(&said.stderr));
    }
}
