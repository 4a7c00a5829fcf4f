//! `leuka trial` from outside: the same bytes whatever happens on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const STUDY: &str = r#"
schema = "leuka.study/1"
name = "short"
donors = 6
cohort = "cohort.toml"
courses_every_min = 15
outcomes = ["cd34_ce2_pct", "any_symptom"]
[set]
"protocol.target.tbv_multiple" = 0.5
[[factor]]
path = "protocol.collect_flow_ml_min"
levels = [1, 2]
[[regression]]
of = "cd34_ce2_pct"
on = ["protocol.collect_flow_ml_min", "donor.hematocrit_pct"]
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fresh folder with a study and its cohort. Some of the donors have more T cells than lymphocytes, which is refused.
fn bench(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let cohort = fs::read_to_string(root().join("validation/cohorts/a1-5-allogeneic.toml")).unwrap();
    let t_cells = "\n[drawn.cd3_per_ul]\nshape = \"uniform\"\nlow = 1000\nhigh = 5000\n";
    fs::write(folder.join("cohort.toml"), cohort + t_cells).unwrap();
    fs::write(folder.join("study.toml"), STUDY).unwrap();
    folder
}

fn command(folder: &Path, out: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leuka"));
    command.arg("trial").arg(folder.join("study.toml")).arg("--out").arg(folder.join(out)).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn done(folder: &Path, out: &str, arguments: &[&str]) -> Output {
    let output = command(folder, out, arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Every file of a finished study, with its bytes.
fn bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "partial") {
                files.push((path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_study_that_is_killed_ends_in_the_same_bytes() {
    let folder = bench("trial-killed");
    done(&folder, "whole", &["--threads", "1"]);
    let whole = bytes(&folder.join("whole"));
    assert!(whole.iter().any(|(path, _)| path.ends_with("summary.json")));

    let chunks = folder.join("killed/chunks");
    let count = || fs::read_dir(&chunks).map_or(0, Iterator::count);
    let mut kills = 0;
    for wanted in [1, 3] {
        let mut child = command(&folder, "killed", &["--threads", "2", "--resume"]).spawn().unwrap();
        while count() < wanted && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        kills += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(kills, 2, "the study ended before it could be killed");
    assert!(count() > 0 && !folder.join("killed/summary.json").exists());
    done(&folder, "killed", &["--resume"]);
    assert!(bytes(&folder.join("killed")) == whole, "a resumed study differs from an uninterrupted one");
}

#[test]
fn shards_end_in_the_bytes_of_the_whole() {
    let folder = bench("trial-shards");
    done(&folder, "whole", &[]);
    for shard in ["2/3", "3/3", "1/3"] {
        assert!(!folder.join("shards/summary.json").exists());
        done(&folder, "shards", &["--shard", shard]);
    }
    assert!(bytes(&folder.join("shards")) == bytes(&folder.join("whole")), "shards differ from the whole");
}

#[test]
fn a_run_that_is_refused_is_a_row_with_its_reason() {
    let folder = bench("trial-refused");
    let output = done(&folder, "out", &["--json", "--donors", "12"]);
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["schema"], "leuka.trial-summary/1");
    let failed: u64 = summary["failures"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    let table = fs::read_to_string(folder.join("out/outcomes.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 24, "a row for each run");
    assert!(failed > 0 && failed < 24, "{failed} of 24 failed");
    assert_eq!(table.matches("more than all lymphocytes").count() as u64, failed);
}

#[test]
fn a_shown_donor_repeats_its_row() {
    let folder = bench("trial-shown");
    done(&folder, "out", &["--donors", "3"]);
    let table = fs::read_to_string(folder.join("out/outcomes.csv")).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    // A row without commas in texts: one of a donor who was not refused.
    let row = lines.find(|row| row.len() == header.len()).unwrap();
    let cell = |name: &str| row[header.iter().position(|known| known == name).unwrap()].clone();

    let shown = Command::new(env!("CARGO_BIN_EXE_leuka"))
        .arg("trial")
        .arg(folder.join("study.toml"))
        .args(["--show", &cell("donor")])
        .output()
        .unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    fs::write(folder.join("donor.toml"), &text).unwrap();
    let line = text.lines().find(|line| line.contains("leuka run")).unwrap();
    let arguments =
        line.split("leuka run").nth(1).unwrap().replace("THIS-FILE", folder.join("donor.toml").to_str().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_leuka"))
        .arg("run")
        .args(arguments.split_whitespace())
        .args(["--json", "--out"])
        .arg(folder.join("run"))
        .output()
        .unwrap();
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    assert_eq!(outcome["efficiency"]["cd34"]["ce2_pct"].as_f64().unwrap().to_string(), cell("cd34_ce2_pct"));
    assert_eq!(outcome["product"]["volume_ml"].as_f64().unwrap().to_string(), cell("product_ml"));
}

#[test]
fn another_study_is_never_mixed_in() {
    let folder = bench("trial-mixed");
    done(&folder, "out", &["--donors", "1"]);
    let told = |arguments: &[&str]| {
        let output = command(&folder, "out", arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(told(&["--donors", "1"]).contains("is there already"));
    assert!(told(&["--donors", "2", "--resume"]).contains("donors differs"));
    assert!(told(&["--donors", "1", "--seed", "2", "--resume"]).contains("seed differs"));
}
