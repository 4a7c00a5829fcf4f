//! The store under a run: a database that is gone and back, a disk that is full, and what backups are worth.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::cluster::{self, Cluster};
use super::record::{Ward, short_run};
use super::text;

/// Runs the program and does something each time it says something; returns all that it said.
fn told(ward: &Ward, arguments: &[&str], mut on_line: impl FnMut(&str)) -> (Child, String) {
    let mut child = ward.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        on_line(&line);
        said = said + &line + "\n";
    }
    (child, said)
}

/// The record has every second of its run once, and verifies.
fn is_whole(ward: &Ward, store: &str) {
    let listed: Value = serde_json::from_str(&ward.done(&["record", "list", "--json", "--store", store])).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(listed[0]["state"], "ended");
    ward.done(&["record", "verify", id, "--store", store]);
    ward.done(&["record", "export", id, "--store", store, "--out", "trail.json"]);
    let trail: Value = serde_json::from_slice(&std::fs::read(ward.0.join("trail.json")).unwrap()).unwrap();
    let samples = trail["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "sample");
    let times: Vec<f64> = samples.map(|entry| first_number(entry["body"].as_str().unwrap())).collect();
    assert!(times.len() > 1000, "{} samples", times.len());
    // The last second ends with the run.
    let wrong = times.iter().zip(1..).find(|(time, second)| time.ceil() != f64::from(*second));
    assert_eq!(wrong, None, "a second is missing or there twice");
}

fn first_number(body: &str) -> f64 {
    body.trim_start_matches('[').split(',').next().unwrap().parse().unwrap()
}

#[test]
fn while_the_database_is_stopped_the_run_goes_on_and_the_operator_is_told() {
    let ward = Ward::new("away");
    let cluster = Cluster::start("away");
    let url = cluster.database();
    let arguments = short_run(&["--record", &url]);
    let (mut child, said) = told(&ward, &arguments, |line| {
        if line.starts_with("recorded as") {
            cluster.stop();
        } else if line.contains("The run goes on") {
            std::thread::sleep(Duration::from_secs(2));
            cluster.start_again();
        }
    });
    assert!(child.wait().unwrap().code().is_some_and(|code| code < 2), "{said}");
    assert_eq!(said.matches("The run goes on").count(), 1, "{said}");
    assert!(said.contains("record: the database is back, everything up to entry"), "{said}");
    is_whole(&ward, &url);
}

#[test]
fn on_a_full_disk_the_run_goes_on_and_with_room_again_everything_is_written() {
    let ward = Ward::new("full");
    let disk = ward.0.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = |options: &str| {
        Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk).status().unwrap().success()
    };
    if !mount("size=1m") {
        eprintln!("not tried: mounting a small disk needs root");
        return;
    }
    let store = format!("sqlite:{}", disk.join("record.sqlite").display());
    let arguments = short_run(&["--record", &store]);
    let (mut child, said) = told(&ward, &arguments, |line| {
        if line.contains("The run goes on") {
            assert!(mount("remount,size=64m"));
        }
    });
    let code = child.wait().unwrap().code();
    let whole = std::panic::catch_unwind(|| is_whole(&ward, &store));
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert!(code.is_some_and(|code| code < 2), "{said}");
    assert!(said.contains("disk is full") && said.contains("the database is back"), "{said}");
    whole.unwrap();
}

#[test]
fn a_dump_of_postgresql_restores_into_an_empty_database_and_verifies() {
    let ward = Ward::new("dump");
    let cluster = Cluster::start("dump");
    let (url, empty) = (cluster.database(), cluster.database());
    // Refused within seconds: a short trail.
    let ended = ward.leuka(&["run", "--set", "donor.consent=false", "--record", &url]);
    let said = text(&ended.stderr);
    let kept = said.lines().find_map(|line| line.strip_prefix("Checkpoint ")).unwrap().to_owned();
    let listed: Value = serde_json::from_str(&ward.done(&["record", "list", "--json", "--store", &url])).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    let dump = ward.0.join("dump.sql");
    std::fs::write(&dump, cluster::run("pg_dump", &[&url])).unwrap();
    cluster::run("psql", &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", dump.to_str().unwrap(), &empty]);
    ward.done(&["record", "verify", id, "--store", &empty, "--expect", &kept]);
    let trail = |store: &str, file: &str| {
        ward.done(&["record", "export", id, "--store", store, "--out", file]);
        std::fs::read(ward.0.join(file)).unwrap()
    };
    assert_eq!(trail(&url, "one.json"), trail(&empty, "other.json"));
}
