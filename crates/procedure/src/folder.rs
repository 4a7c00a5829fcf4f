//! The run folder, format `leuka.run/1`: `inputs.json`, `events.jsonl`, `samples.csv`, `outcome.json`, `run.svg`.
//!
//! Events and samples are written as they happen, so that a run that is cut off leaves what was known of it. A folder
//! is never written over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::event::Event;
use crate::outcome::Outcome;
use crate::sample::Sample;

/// Why a run folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder that was asked for holds something.
    #[error("{} is there already and is never written over: give --out another folder", .0.display())]
    Exists(PathBuf),
    /// The file system refused.
    #[error("cannot write {}: {source}", .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
}

/// A run folder that is being written.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    events: BufWriter<File>,
    samples: BufWriter<File>,
}

impl RunFolder {
    /// The version of the folder's form.
    pub const FORMAT: &'static str = "leuka.run/1";

    /// Makes the folder and writes the run's inputs.
    ///
    /// # Errors
    /// [`FolderError::Exists`] when the folder holds something; [`FolderError::Io`] when it cannot be written.
    pub fn create(path: &Path, inputs: &serde_json::Value) -> Result<Self, FolderError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        fs::create_dir_all(path).map_err(at(path))?;
        if fs::read_dir(path).map_err(at(path))?.next().is_some() {
            return Err(FolderError::Exists(path.to_owned()));
        }
        let open = |name: &str| {
            let file = path.join(name);
            OpenOptions::new().write(true).create_new(true).open(&file).map(BufWriter::new).map_err(at(&file))
        };
        let mut folder = Self { path: path.to_owned(), events: open("events.jsonl")?, samples: open("samples.csv")? };
        folder.write("inputs.json", &pretty(inputs))?;
        writeln!(folder.samples, "{}", Sample::COLUMNS.join(",")).map_err(at(&path.join("samples.csv")))?;
        Ok(folder)
    }

    /// The first of `base`, `base-2`, `base-3`, ... that is not there yet.
    #[must_use]
    pub fn free_path(base: &Path) -> PathBuf {
        let numbered = |n: u32| {
            let mut name = base.as_os_str().to_owned();
            name.push(format!("-{n}"));
            PathBuf::from(name)
        };
        let mut candidates = std::iter::once(base.to_owned()).chain((2..).map(numbered));
        candidates.find(|path| !path.exists()).unwrap_or_else(|| base.to_owned())
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an event.
    ///
    /// # Errors
    /// [`FolderError::Io`] when it cannot be written.
    pub fn event(&mut self, event: &Event) -> Result<(), FolderError> {
        let line = serde_json::to_string(event).unwrap_or_default();
        writeln!(self.events, "{line}").and_then(|()| self.events.flush()).map_err(self.failed("events.jsonl"))
    }

    /// Appends a sample.
    ///
    /// # Errors
    /// [`FolderError::Io`] when it cannot be written.
    pub fn sample(&mut self, sample: &Sample) -> Result<(), FolderError> {
        writeln!(self.samples, "{}", sample.csv()).map_err(self.failed("samples.csv"))
    }

    /// Writes outcome and picture and closes the folder.
    ///
    /// # Errors
    /// [`FolderError::Io`] when they cannot be written.
    pub fn finish(mut self, outcome: &Outcome, picture: &str) -> Result<(), FolderError> {
        self.samples.flush().map_err(self.failed("samples.csv"))?;
        self.write("outcome.json", &pretty(outcome))?;
        self.write("run.svg", picture)
    }

    /// Writes one more file into the folder.
    ///
    /// # Errors
    /// [`FolderError::Io`] when it cannot be written.
    pub fn write(&mut self, name: &str, text: &str) -> Result<(), FolderError> {
        fs::write(self.path.join(name), text).map_err(self.failed(name))
    }

    fn failed(&self, name: &str) -> impl FnOnce(io::Error) -> FolderError + use<> {
        let path = self.path.join(name);
        move |source| FolderError::Io { path, source }
    }
}

/// Indented JSON with an end of line. Serialising plain structs and maps with text keys cannot fail.
pub fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
