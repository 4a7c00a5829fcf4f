//! The study folder: what was asked, the chunks that are done, and what is made of them when all are.
//!
//! ```text
//! DIR/study.json          everything that the result depends on
//! DIR/chunks/00017.csv    rows of chunk 17 (and 00017.courses.csv)
//! DIR/outcomes.csv        one row for each run; columns.json names, units and meanings
//! DIR/courses.csv         time courses, where the study keeps them
//! DIR/summary.json .md    medians, intervals, differences, regressions, rates
//! DIR/pictures/*.svg      one for each outcome
//! ```
//! A chunk's file appears under its name only when it is whole, so a study can be killed at any time and goes on from the
//! chunks that are there; everything else is made from the chunks in their order.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::execute::{Chunk, Done, chunks, run_chunk};
use crate::study::Study;
use crate::summary::Summary;
use crate::table::{self, Column, Row};

/// Why a study's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system.
    #[error("{path}: {error}: mend it and go on with --resume")]
    File {
        /// The path.
        path: String,
        /// What it says.
        error: io::Error,
    },
    /// Something else is there.
    #[error("{0} is there already: give --out another name, or --resume to go on with the study in it")]
    Taken(String),
    /// Another study is there.
    #[error("{path} holds another study or another version ({field} differs): give --out another name")]
    Other {
        /// The folder.
        path: String,
        /// What differs.
        field: String,
    },
    /// A chunk that cannot be read.
    #[error("{0} is no chunk of this study: remove it and go on with --resume")]
    Chunk(String),
    /// Columns could not be written.
    #[error("{0}")]
    Columns(String),
}

/// A part of a study for one of several processes: `i` of `n`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub which: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// The whole study.
    pub const WHOLE: Self = Self { which: 1, of: 1 };

    /// True when this shard runs the chunk.
    #[must_use]
    pub const fn has(self, chunk: Chunk) -> bool {
        chunk.number % self.of == self.which - 1
    }
}

/// How far a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are done, with those of an earlier start.
    pub done: u64,
    /// Runs of this shard.
    pub of: u64,
}

/// How a study ended for now.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// Everything is done and summarised.
    Finished(Box<Summary>),
    /// This shard's chunks are done; so many are left to others.
    Waiting {
        /// Chunks that are missing.
        missing: u64,
    },
    /// It was interrupted; `--resume` goes on.
    Interrupted,
}

/// A study's folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    columns: Vec<Column>,
    course_columns: Vec<Column>,
}

impl Folder {
    /// Opens the folder of a study, and makes it where it is not there. With `resume`, or where another shard may have made
    /// it, it may hold the same study.
    ///
    /// # Errors
    /// When something else is there, or nothing can be written.
    pub fn open(path: &Path, study: &Study, may_exist: bool) -> Result<Self, Error> {
        let folder =
            Self { path: path.to_owned(), columns: table::columns(study), course_columns: table::course_columns() };
        let record = study.record();
        let file = path.join("study.json");
        if file.exists() {
            if !may_exist {
                return Err(Error::Taken(path.display().to_string()));
            }
            let text = fs::read_to_string(&file).map_err(at(&file))?;
            let known: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(field) = difference(&known, &record) {
                return Err(Error::Other { path: path.display().to_string(), field });
            }
        } else if path.exists() && fs::read_dir(path).map_err(at(path))?.next().is_some() && !may_exist {
            return Err(Error::Taken(path.display().to_string()));
        }
        fs::create_dir_all(path.join("chunks")).map_err(at(path))?;
        write_whole(&file, leuka_procedure::pretty(&record).as_bytes())?;
        Ok(folder)
    }

    /// Runs what is not done yet on `threads` threads, and when nothing is missing makes the tables and the summary.
    ///
    /// # Errors
    /// The file system's; what is done stays.
    pub fn run(
        &self,
        study: &Study,
        shard: Shard,
        threads: usize,
        interrupted: &AtomicBool,
        told: &(dyn Fn(Progress) + Sync),
    ) -> Result<Ended, Error> {
        let all = chunks(study);
        let mine: Vec<Chunk> = all.iter().copied().filter(|chunk| shard.has(*chunk)).collect();
        let runs = |chunk: &Chunk| (chunk.to - chunk.from) * if study.paired { study.arms.len() as u64 } else { 1 };
        let (left, there): (Vec<Chunk>, Vec<Chunk>) = mine.iter().partition(|chunk| !self.chunk(**chunk).exists());
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(there.iter().map(runs).sum()));
        let of = mine.iter().map(runs).sum();
        told(Progress { done: done.load(Ordering::Relaxed), of });
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1).min(left.len().max(1)) {
                scope.spawn(|| {
                    while let Some(chunk) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let tell = || told(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, of });
                        let Some(result) = run_chunk(study, *chunk, interrupted, &tell) else { break };
                        if let Err(error) = self.write(*chunk, &result) {
                            failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
                            interrupted.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        if let Some(error) = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            return Err(error);
        }
        if interrupted.load(Ordering::Relaxed) {
            return Ok(Ended::Interrupted);
        }
        match all.iter().filter(|chunk| !self.chunk(**chunk).exists()).count() {
            0 => self.finish(study, &all).map(|summary| Ended::Finished(Box::new(summary))),
            missing => Ok(Ended::Waiting { missing: missing as u64 }),
        }
    }

    fn chunk(&self, chunk: Chunk) -> PathBuf {
        self.path.join("chunks").join(format!("{:05}.csv", chunk.number))
    }

    fn courses(&self, chunk: Chunk) -> PathBuf {
        self.path.join("chunks").join(format!("{:05}.courses.csv", chunk.number))
    }

    /// Writes a chunk; the rows last, since they say that the chunk is done.
    fn write(&self, chunk: Chunk, done: &Done) -> Result<(), Error> {
        let text = |rows: &[Row]| rows.iter().map(|row| table::line(row)).collect::<String>();
        if !done.courses.is_empty() {
            write_whole(&self.courses(chunk), text(&done.courses).as_bytes())?;
        }
        write_whole(&self.chunk(chunk), text(&done.rows).as_bytes())
    }

    /// Makes the tables, the summary and the pictures of all chunks, in their order.
    fn finish(&self, study: &Study, all: &[Chunk]) -> Result<Summary, Error> {
        let paths: Vec<PathBuf> = all.iter().map(|chunk| self.chunk(*chunk)).collect();
        let mut gathered = crate::summary::Gathering::new(study, &self.columns);
        self.join("outcomes.csv", &self.columns, &paths, &mut |row| gathered.add(row))?;
        self.columns_of("outcomes", table::SCHEMA, &self.columns, &paths)?;
        if study.courses_every_min.is_some() {
            let courses: Vec<PathBuf> =
                all.iter().map(|chunk| self.courses(*chunk)).filter(|path| path.exists()).collect();
            self.join("courses.csv", &self.course_columns, &courses, &mut |_| {})?;
            self.columns_of("courses", table::COURSES_SCHEMA, &self.course_columns, &courses)?;
        }
        let described = |columns: &[Column]| -> Vec<Value> {
            let one = |column: &Column| json!({ "name": column.name, "unit": column.unit, "about": column.about });
            columns.iter().map(one).collect()
        };
        let columns = json!({ "schema": table::SCHEMA, "columns": described(&self.columns), "courses_schema": table::COURSES_SCHEMA, "courses": described(&self.course_columns) });
        write_whole(&self.path.join("columns.json"), leuka_procedure::pretty(&columns).as_bytes())?;
        let summary = gathered.finish();
        write_whole(&self.path.join("summary.json"), leuka_procedure::pretty(&summary.json()).as_bytes())?;
        write_whole(&self.path.join("summary.md"), summary.markdown().as_bytes())?;
        let pictures = self.path.join("pictures");
        fs::create_dir_all(&pictures).map_err(at(&pictures))?;
        for (name, picture) in summary.pictures() {
            write_whole(&pictures.join(format!("{name}.svg")), picture.svg().as_bytes())?;
        }
        Ok(summary)
    }

    /// Joins chunk files under one header, row by row, so that memory does not grow with them.
    fn join(&self, name: &str, columns: &[Column], paths: &[PathBuf], see: &mut dyn FnMut(&Row)) -> Result<(), Error> {
        let path = self.path.join(name);
        let partial = partial(&path);
        let mut out = BufWriter::new(File::create(&partial).map_err(at(&partial))?);
        out.write_all(table::header(columns).as_bytes()).map_err(at(&partial))?;
        for chunk in paths {
            read_rows(chunk, columns, &mut |line, row| {
                see(&row);
                out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(at(&partial))
            })?;
        }
        let file = out.into_inner().map_err(|error| at(&partial)(error.into_error()))?;
        file.sync_all().map_err(at(&partial))?;
        fs::rename(&partial, &path).map_err(at(&path))
    }

    #[cfg(feature = "columns")]
    fn columns_of(&self, name: &str, schema: &str, columns: &[Column], paths: &[PathBuf]) -> Result<(), Error> {
        let path = self.path.join(format!("{name}.parquet"));
        let partial = partial(&path);
        let file = File::create(&partial).map_err(at(&partial))?;
        let mut writer = crate::columns::ParquetTable::new(file, schema, columns).map_err(Error::Columns)?;
        for chunk in paths {
            read_rows(chunk, columns, &mut |_, row| writer.add(row).map_err(Error::Columns))?;
        }
        writer.finish().map_err(Error::Columns)?.sync_all().map_err(at(&partial))?;
        fs::rename(&partial, &path).map_err(at(&path))
    }

    #[cfg(not(feature = "columns"))]
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "stands in for the writer of the feature `columns`"
    )]
    fn columns_of(&self, _: &str, _: &str, _: &[Column], _: &[PathBuf]) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads a file of rows line by line.
fn read_rows(
    path: &Path,
    columns: &[Column],
    see: &mut dyn FnMut(&str, Row) -> Result<(), Error>,
) -> Result<(), Error> {
    for line in BufReader::new(File::open(path).map_err(at(path))?).lines() {
        let line = line.map_err(at(path))?;
        let row = table::parse(&line, columns).ok_or_else(|| Error::Chunk(path.display().to_string()))?;
        see(&line, row)?;
    }
    Ok(())
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = partial(path);
    let mut file = File::create(&partial).map_err(at(&partial))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(&partial))?;
    fs::rename(&partial, path).map_err(at(path))
}

/// A name of this process's own, so that two shards never write the same file.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    PathBuf::from(name)
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |error| Error::File { path: path.clone(), error }
}

/// The first field in which two records differ.
fn difference(one: &Value, other: &Value) -> Option<String> {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return Some("study.json".to_owned()) };
    let keys = one.keys().chain(other.keys());
    keys.filter(|key| one.get(*key) != other.get(*key)).map(ToOwned::to_owned).next()
}
