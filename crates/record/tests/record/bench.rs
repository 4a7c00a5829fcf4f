//! Stores for tests: SQLite files in a folder of their own, and databases of a PostgreSQL of this test run.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use leuka_record::{Actor, Moment, Store};

use crate::cluster::Cluster;

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

/// A database of its own in a PostgreSQL cluster that the tests share.
pub(crate) fn postgres() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start("tests")).database()
}
