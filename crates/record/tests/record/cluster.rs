//! A PostgreSQL of a test run's own. PostgreSQL does not run as root, so it is the `postgres` user's, whom Debian's package
//! makes.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A cluster in a folder of its own. It lives as long as the test process: a watcher stops it afterwards.
pub(crate) struct Cluster(PathBuf);

impl Cluster {
    pub(crate) fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("leuka-postgres-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(Command::new("chown").arg("postgres").arg(&folder).status().unwrap().success());
        let cluster = Self(folder);
        run("initdb", &["-D", &cluster.data(), "-A", "trust", "--no-sync", "-U", "postgres"]);
        cluster.start_again();
        cluster.watch();
        cluster
    }

    fn folder(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn data(&self) -> String {
        format!("{}/data", self.folder())
    }

    pub(crate) fn start_again(&self) {
        let options = format!("-k {} -c listen_addresses='' -c max_connections=40", self.folder());
        run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &format!("{}/log", self.folder()), "-w", "start"]);
    }

    /// As if the power had gone.
    pub(crate) fn stop(&self) {
        run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }

    /// The address of a new database.
    pub(crate) fn database(&self) -> String {
        let name = format!("record_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        run("createdb", &["-h", self.folder(), &name]);
        format!("postgres:///{name}?host={}&user=postgres", self.folder())
    }

    #[expect(clippy::zombie_processes, reason = "the watcher outlives the tests")]
    fn watch(&self) {
        let stop = format!(
            "while [ -d /proc/{} ]; do sleep 0.5; done; {} -D {} -m immediate stop; rm -rf {}",
            std::process::id(),
            program("pg_ctl").display(),
            self.data(),
            self.folder()
        );
        let mut watcher = Command::new("runuser");
        watcher.args(["-u", "postgres", "--", "sh", "-c", &stop]).current_dir("/");
        watcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    }
}

fn program(name: &str) -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("apt-get install postgresql: cargo xtask setup does");
    let mut versions: Vec<_> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop().expect("a PostgreSQL server: cargo xtask setup installs it").join(name)
}

/// Runs one of PostgreSQL's own programs as its user; returns what it printed.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program(name)).args(arguments).current_dir("/");
    let done = command.output().unwrap();
    assert!(done.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}
