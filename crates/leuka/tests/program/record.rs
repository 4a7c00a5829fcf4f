//! The record from the command line: a whole journey, from the run to the closed and amended record.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::text;

pub(crate) struct Ward(pub(crate) PathBuf);

impl Ward {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("leuka-ward-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leuka"));
        command.args(arguments).current_dir(&self.0);
        command.env("LEUKA_PASSWORD", "correct horse battery").env("LEUKA_NEW_PASSWORD", "correct horse battery");
        command.env_remove("LEUKA_RECORD");
        command
    }

    pub(crate) fn leuka(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Does it, and it is done.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.leuka(arguments);
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Tries it, and is refused.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.leuka(arguments);
        assert!(!output.status.success(), "{arguments:?} was done: {}", text(&output.stdout));
        text(&output.stderr) + &text(&output.stdout)
    }

    pub(crate) fn users(&self) {
        self.done(&["record", "user", "add", "edda", "--name", "Edda Engineer", "--role", "engineer"]);
        for (login, name, role) in [("nora", "Nora Nurse", "nurse"), ("petra", "Dr Petra Physician", "physician")] {
            self.done(&["record", "user", "add", login, "--name", name, "--role", role, "--by", "edda"]);
        }
    }

    pub(crate) fn only_record(&self) -> String {
        let listed: serde_json::Value = serde_json::from_str(&self.done(&["record", "list", "--json"])).unwrap();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        listed[0]["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SHORT: &[&str] =
    &["--set", "protocol.target.time_min=40", "--set", "protocol.observation_min=0", "--seed", "7", "--json"];

pub(crate) fn short_run<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["run"], SHORT, more].concat()
}

#[test]
fn a_record_goes_from_the_run_to_closed_and_amended_and_every_refusal_is_told() {
    let ward = Ward::new("journey");
    let ended = ward.leuka(&short_run(&["--record"]));
    let told = text(&ended.stderr);
    let kept = told.lines().find_map(|line| line.strip_prefix("Checkpoint ")).unwrap().to_owned();
    let id = ward.only_record();
    let id = id.as_str();
    ward.users();
    assert!(ward.refused(&["record", "user", "add", "x", "--name", "X", "--role", "nurse"]).contains("--by ENGINEER"));

    assert!(ward.refused(&["record", "close", id, "--login", "nora"]).contains("the donation number of the product"));
    let crossed =
        ward.refused(&["record", "identity", id, "--wristband", "PT-0047", "--bag", "PT-0074", "--login", "nora"]);
    assert!(crossed.contains("the order says PT-0074, the wristband PT-0047"), "{crossed}");
    ward.done(&["record", "identity", id, "--wristband", "PT-0074", "--bag", "PT-0074", "--login", "nora"]);
    ward.refused(&["record", "enter", id, "product.din", "A99992612345", "--login", "nora"]);
    ward.done(&["record", "enter", id, "product.din", "A999926123456", "--login", "nora"]);
    let bag = ["--weight", "80", "--tare", "40", "--count", "2", "--viability", "97", "--login", "nora"];
    ward.done(&[&["record", "bag", id], &bag[..]].concat());
    assert!(ward.refused(&["record", "label", id, "A999926123457", "--login", "nora"]).contains("refused"));
    ward.done(&["record", "label", id, "A999926123456", "--login", "nora"]);
    assert!(ward.refused(&["record", "sign", id, "--meaning", "review", "--login", "nora"]).contains("a physician"));
    ward.done(&["record", "sign", id, "--meaning", "authorship", "--login", "nora"]);
    ward.done(&["record", "sign", id, "--meaning", "review", "--login", "petra"]);
    ward.done(&["record", "close", id, "--login", "petra"]);
    let amended =
        ["record", "amend", id, "product.din", "A999926123457", "--reason", "read wrongly", "--login", "nora"];
    ward.done(&amended);

    let shown = ward.done(&["record", "show", id]);
    for part in
        ["(closed)", "was \"A999926123456\"", "read wrongly", "Refused    identity.checked", "Dr Petra Physician"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    ward.done(&["record", "verify", id, "--expect", &kept]);
}

#[test]
fn a_trail_that_was_changed_or_cut_is_named_at_its_first_bad_entry_and_a_backup_is_the_whole_store() {
    let ward = Ward::new("trail");
    // Refused within seconds: a short trail.
    let ended = ward.leuka(&["run", "--set", "donor.consent=false", "--record"]);
    let told = text(&ended.stderr);
    let kept = told.lines().find_map(|line| line.strip_prefix("Checkpoint ")).unwrap().to_owned();
    let id = ward.only_record();
    ward.done(&["record", "export", &id, "--out", "trail.json"]);
    ward.done(&["record", "verify", "--file", "trail.json", "--expect", &kept]);

    let trail = std::fs::read_to_string(ward.0.join("trail.json")).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&trail).unwrap();
    let body = changed["entries"][4]["body"].as_str().unwrap().replacen('1', "2", 1);
    changed["entries"][4]["body"] = body.into();
    std::fs::write(ward.0.join("changed.json"), changed.to_string()).unwrap();
    assert!(ward.refused(&["record", "verify", "--file", "changed.json"]).contains("NOT INTACT at entry 5"));

    // Whoever cuts off the end and the checkpoints with it is found by the checkpoint that was printed.
    let mut cut: serde_json::Value = serde_json::from_str(&trail).unwrap();
    cut["entries"].as_array_mut().unwrap().truncate(20);
    cut["checkpoints"] = serde_json::json!([]);
    std::fs::write(ward.0.join("cut.json"), cut.to_string()).unwrap();
    ward.done(&["record", "verify", "--file", "cut.json"]);
    let found = ward.refused(&["record", "verify", "--file", "cut.json", "--expect", &kept]);
    assert!(found.contains("NOT INTACT at entry 21: the end was cut off"), "{found}");

    ward.done(&["record", "backup", "copy.sqlite"]);
    assert!(ward.refused(&["record", "backup", "copy.sqlite"]).contains("is there already"));
    std::fs::remove_file(ward.0.join("leuka-record.sqlite")).unwrap();
    std::fs::rename(ward.0.join("copy.sqlite"), ward.0.join("leuka-record.sqlite")).unwrap();
    for rest in ["leuka-record.sqlite-wal", "leuka-record.sqlite-shm"] {
        let _ = std::fs::remove_file(ward.0.join(rest));
    }
    ward.done(&["record", "verify", &id, "--expect", &kept]);
}

#[test]
fn a_run_that_was_killed_goes_on_and_ends_as_if_nothing_had_happened() {
    let ward = Ward::new("resume");
    let whole = ward.leuka(&short_run(&["--out", "whole"]));
    let mut child = ward
        .command(&short_run(&["--out", "killed", "--record"]))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&ward.0.join("killed/samples.csv"));
    child.kill().unwrap();
    child.wait().unwrap();
    let id = ward.only_record();
    ward.done(&["record", "verify", &id]);
    ward.users();
    // Whether the run was cut off in its middle or just after its end is up to chance.
    let shown = ward.done(&["record", "show", &id, "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    if shown["state"] == "open" {
        let resumed = ward.leuka(&["record", "resume", &id, "--login", "nora"]);
        assert_eq!(resumed.status.code(), whole.status.code(), "{}", text(&resumed.stderr));
    }
    let shown = ward.done(&["record", "show", &id, "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let outcome: serde_json::Value = serde_json::from_str(&text(&whole.stdout)).unwrap();
    assert_eq!(shown["state"], "ended");
    assert_eq!(shown["ended"]["outcome"]["alarms"], outcome["alarms"]);
    assert_eq!(shown["ended"]["outcome"]["product"]["volume_ml"], outcome["product"]["volume_ml"]);
    let lines = std::fs::read_to_string(ward.0.join("whole/events.jsonl")).unwrap().lines().count();
    assert_eq!(shown["events"].as_array().unwrap().len(), lines, "every event once");
    ward.done(&["record", "verify", &id]);
}

/// Waits until a run has written some of its samples.
fn wait_for(samples: &Path) {
    let has_grown = || std::fs::metadata(samples).is_ok_and(|file| file.len() > 20_000);
    for _ in 0..600 {
        if has_grown() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(has_grown(), "{} did not grow", samples.display());
}
