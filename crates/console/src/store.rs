//! The data folder: users, sessions, and each run with its inputs and an append-only journal.
//!
//! A file is replaced by writing another beside it and renaming; a journal line is on disk before it is acknowledged.
//! What a kill leaves half written at a journal's end was never acknowledged, and is left out when it is read.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ConsoleError;

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Result<Self, ConsoleError> {
        let runs = folder.join("runs");
        fs::create_dir_all(&runs).map_err(at(&runs))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// What a file holds; `None` where there is none.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ConsoleError> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| ConsoleError::Damaged { path, error: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ConsoleError::File { path, error }),
        }
    }

    /// Replaces a file, as a whole.
    pub(crate) fn write(&self, name: &str, value: &impl Serialize) -> Result<(), ConsoleError> {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let beside = path.with_extension("new");
        let bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| ConsoleError::Damaged { path: path.clone(), error: error.to_string() })?;
        let mut file =
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&beside).map_err(at(&beside))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(at(&beside))?;
        fs::rename(&beside, &path).map_err(at(&path))
    }

    /// The names of all runs, oldest first.
    pub(crate) fn runs(&self) -> Result<Vec<String>, ConsoleError> {
        let folder = self.folder.join("runs");
        let entries = fs::read_dir(&folder).map_err(at(&folder))?;
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }

    /// A run's journal, to be written on.
    pub(crate) fn journal(&self, run: &str) -> Result<Journal, ConsoleError> {
        let path = self.folder.join("runs").join(run).join("journal.jsonl");
        let file = private(OpenOptions::new().create(true).append(true)).open(&path).map_err(at(&path))?;
        Ok(Journal { path, file })
    }

    /// The lines of a run's journal. A last line without its end was never acknowledged.
    pub(crate) fn lines<T: DeserializeOwned>(&self, run: &str) -> Result<Vec<T>, ConsoleError> {
        let path = self.folder.join("runs").join(run).join("journal.jsonl");
        let Ok(file) = File::open(&path) else { return Ok(Vec::new()) };
        let mut reader = BufReader::new(file);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(at(&path))?;
            if !line.ends_with('\n') {
                return Ok(lines);
            }
            let read = serde_json::from_str(&line);
            lines.push(read.map_err(|error| ConsoleError::Damaged { path: path.clone(), error: error.to_string() })?);
        }
    }
}

/// A file that only grows.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Writes a line; it is on disk when this returns.
    pub(crate) fn append(&mut self, line: &impl Serialize) -> Result<(), ConsoleError> {
        let mut bytes = serde_json::to_vec(line)
            .map_err(|error| ConsoleError::Damaged { path: self.path.clone(), error: error.to_string() })?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).and_then(|()| self.file.sync_data()).map_err(at(&self.path))
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> ConsoleError + use<> {
    let path = path.to_owned();
    move |error| ConsoleError::File { path: path.clone(), error }
}

/// Readable by its owner only, where the system knows owners.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_left_out_and_all_before_it_is_there() {
        let folder = std::env::temp_dir().join(format!("leuka-store-{}", std::process::id()));
        let store = Store::open(&folder).unwrap();
        store.write("runs/a/start.json", &1).unwrap();
        let mut journal = store.journal("a").unwrap();
        for number in 0..3 {
            journal.append(&number).unwrap();
        }
        journal.file.write_all(b"4").unwrap();
        assert_eq!(store.lines::<u32>("a").unwrap(), [0, 1, 2]);
        assert_eq!(store.read::<u32>("runs/a/start.json").unwrap(), Some(1));
        assert_eq!(store.read::<u32>("nothing.json").unwrap(), None);
        assert_eq!(store.runs().unwrap(), ["a"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
