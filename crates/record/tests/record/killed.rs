//! `kill -9` at random instants, a full disk, and a database that goes away and comes back.
//!
//! `LEUKA_KILLS` sets the number of kills of each database; the gate has few, the campaign 200.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use leuka_blood::random::Seed;
use leuka_procedure::{Inputs, Run, Sources};
use leuka_record::{Error, State, Store, Writer};

use crate::bench::{Folder, at, block, nurse, postgres};
use crate::cluster::Cluster;

fn kills() -> u64 {
    std::env::var("LEUKA_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn program() -> PathBuf {
    // Examples stand beside the folder of the test's own program.
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/record_run")
}

/// Lets a run stream and kills it so long after its first acknowledgement; returns what it acknowledged last.
fn killed_after(url: &str, id: &str, delay: Duration) -> (i64, String) {
    let mut child = Command::new(program()).args([url, id]).stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (begun, begins) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let acknowledged = |line: String| {
            let (seq, hash) = line.split_once(' ')?;
            let _ = begun.send(());
            // A line that was cut off is no acknowledgement.
            (hash.len() == 64).then(|| (seq.parse().unwrap(), hash.to_owned()))
        };
        output.lines().map_while(Result::ok).filter_map(acknowledged).last()
    });
    begins.recv_timeout(Duration::from_secs(60)).unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().unwrap()
}

fn nothing_is_lost(url: &str) {
    for kill in 0..kills() {
        let id = format!("R-{kill}");
        let mut chance = Seed { seed: kill, study: 0, subject: 0 }.stream("kill");
        let mut delay = || Duration::from_micros((chance.uniform() * 300_000.0) as u64);
        // Killed, resumed, killed again.
        killed_after(url, &id, delay());
        let (seq, hash) = killed_after(url, &id, delay());
        block(async {
            let store = Store::open(url).await.unwrap();
            assert_eq!(
                store.hash_at(&id, seq).await.unwrap().as_deref(),
                Some(hash.as_str()),
                "{id}: entry {seq} was acknowledged"
            );
            assert!(store.verify(&id, None).await.unwrap().fault.is_none());
            assert!(store.open_records().await.unwrap().contains(&id));
            store.interrupt(&id, at(1)).await.unwrap();
            let record = store.load(&id).await.unwrap();
            assert_eq!(record.state, State::Interrupted);
            let times = record.column("time_s");
            assert!(
                times.iter().enumerate().all(|(second, time)| *time == second as f64 + 1.0),
                "{id}: a second is missing or there twice"
            );
            store.resume(&id, &nurse(), "tested", at(2)).await.unwrap();
            assert_eq!(store.load(&id).await.unwrap().state, State::Open);
            store.interrupt(&id, at(3)).await.unwrap();
        });
    }
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9_on_sqlite() {
    nothing_is_lost(&Folder::new().sqlite());
}

#[test]
fn nothing_acknowledged_is_lost_to_kill_9_on_postgresql() {
    nothing_is_lost(&postgres());
}

#[test]
fn a_database_that_is_stopped_and_started_again_gets_everything_once() {
    let cluster = Cluster::start("stopped");
    let url = cluster.database();
    block(async {
        let store = Store::open(&url).await.unwrap();
        let inputs = Inputs::read(&Sources::default()).unwrap();
        let mut run = Run::new(&inputs).unwrap();
        let mut writer = Writer::open(&store, "R-1", &inputs, nurse(), at(0)).await.unwrap();
        let mut acknowledged = writer.acknowledged().clone();
        let mut refused = 0;
        for second in 1..=2400 {
            let sample = run.second();
            writer.sample(&sample).unwrap();
            match second {
                40 => cluster.stop(),
                2000 => cluster.start_again(),
                _ => {}
            }
            if !(40..2000).contains(&second) {
                acknowledged = writer.flush().await.unwrap().clone();
            } else if second % 1000 == 0 {
                refused += i32::from(writer.flush().await.is_err());
                assert_eq!(writer.acknowledged(), &acknowledged, "nothing is acknowledged that is not on the disk");
            }
        }
        assert_eq!((refused, writer.waiting()), (1, 0), "the database was away");
        assert_eq!(store.head("R-1").await.unwrap(), acknowledged);
        assert!(store.verify("R-1", None).await.unwrap().fault.is_none());
        let times = store.load("R-1").await.unwrap().column("time_s");
        assert_eq!(times.len(), 2400);
        assert!(times.iter().enumerate().all(|(second, time)| *time == second as f64 + 1.0));
    });
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_that_was_acknowledged() {
    let folder = Folder::new();
    block(async {
        let inputs = Inputs::read(&Sources::default()).unwrap();
        let store = Store::open(&folder.sqlite()).await.unwrap();
        let mut run = Run::new(&inputs).unwrap();
        let mut writer = Writer::open(&store, "R-1", &inputs, nurse(), at(0)).await.unwrap();
        store.limit_pages(200).await.unwrap();
        let mut last = writer.acknowledged().seq;
        let full = loop {
            let sample = run.second();
            writer.sample(&sample).unwrap();
            match writer.flush().await {
                Ok(head) => last = head.seq,
                Err(error) => break error,
            }
        };
        assert!(matches!(full, Error::Database(_)), "{full}");
        assert!(full.to_string().contains("full"), "{full}");
        assert_eq!(store.head("R-1").await.unwrap().seq, last);
        assert!(store.verify("R-1", None).await.unwrap().fault.is_none());
        store.limit_pages(100_000).await.unwrap();
        assert_eq!(writer.flush().await.unwrap().seq, last + 1, "with room again the waiting second is written");
    });
}
