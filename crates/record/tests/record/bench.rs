//! Stores for tests: SQLite files in a folder of their own, and a PostgreSQL cluster of this test run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use leuka_record::{Actor, Moment, Store};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A folder that is removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("leuka-record-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn sqlite(&self) -> String {
        format!("sqlite:{}", self.0.join("record.sqlite").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) const fn at(seconds: i64) -> Moment {
    Moment { utc_ms: 1_795_000_000_000 + 1000 * seconds, monotonic_us: 1_000_000 * seconds }
}

pub(crate) fn nurse() -> Actor {
    Actor { actor: "nora".into(), role: "nurse".into() }
}

pub(crate) async fn sqlite(folder: &Folder) -> Store {
    Store::open(&folder.sqlite()).await.unwrap()
}

/// A database of its own in a PostgreSQL cluster that this test run starts. PostgreSQL does not run as root, so the cluster
/// is the `postgres` user's, whom Debian's package makes.
pub(crate) fn postgres() -> String {
    static CLUSTER: OnceLock<PathBuf> = OnceLock::new();
    let socket = CLUSTER.get_or_init(start_cluster);
    let name = format!("record_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    as_postgres("createdb", &["-h", socket.to_str().unwrap(), &name]);
    format!("postgres:///{name}?host={}&user=postgres", socket.display())
}

fn binaries() -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("apt-get install postgresql: cargo xtask setup does");
    let mut versions: Vec<_> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop().expect("a PostgreSQL server: cargo xtask setup installs it")
}

fn as_postgres(program: &str, arguments: &[&str]) {
    let program = binaries().join(program);
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(&program).args(arguments).current_dir("/");
    let done = command.output().unwrap();
    assert!(done.status.success(), "{} {arguments:?}: {}", program.display(), String::from_utf8_lossy(&done.stderr));
}

/// The cluster lives as long as the test process: a watcher stops it afterwards.
#[expect(clippy::zombie_processes, reason = "the watcher outlives the tests")]
fn start_cluster() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("leuka-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
    let data = folder.join("data");
    let (data_text, folder_text) = (data.to_str().unwrap(), folder.to_str().unwrap());
    as_postgres("initdb", &["-D", data_text, "-A", "trust", "--no-sync", "-U", "postgres"]);
    let options = format!("-k {folder_text} -c listen_addresses='' -c max_connections=40");
    let log = folder.join("log");
    as_postgres("pg_ctl", &["-D", data_text, "-o", &options, "-l", log.to_str().unwrap(), "-w", "start"]);
    let stop = format!(
        "while [ -d /proc/{} ]; do sleep 0.5; done; {} -D {data_text} -m immediate stop; rm -rf {folder_text}",
        std::process::id(),
        binaries().join("pg_ctl").display()
    );
    let quiet = std::process::Stdio::null;
    Command::new("runuser")
        .args(["-u", "postgres", "--", "sh", "-c", &stop])
        .current_dir("/")
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn()
        .unwrap();
    folder
}
