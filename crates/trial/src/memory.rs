//! A whole study in memory, for those who want its table and no folder.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::execute::{Done, chunks, run_chunk};
use crate::folder::Progress;
use crate::study::Study;
use crate::summary::{Gathering, Summary};
use crate::table::{Column, Row, columns};

/// What came of a study: the same rows that a folder's files hold.
#[derive(Debug)]
pub struct Whole {
    /// The columns of `rows`.
    pub columns: Vec<Column>,
    /// A row for each run.
    pub rows: Vec<Row>,
    /// Time courses, where the study keeps them.
    pub courses: Vec<Row>,
    /// The summary.
    pub summary: Summary,
}

/// Runs a whole study on `threads` threads. `None` when `interrupted` before the end.
pub fn run(study: &Study, threads: usize, interrupted: &AtomicBool, told: &(dyn Fn(Progress) + Sync)) -> Option<Whole> {
    let all = chunks(study);
    let (next, runs) = (AtomicUsize::new(0), AtomicU64::new(0));
    let done: Mutex<Vec<(u64, Done)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, all.len().max(1)) {
            scope.spawn(|| {
                while let Some(chunk) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let tell = || told(Progress { done: runs.fetch_add(1, Ordering::Relaxed) + 1, of: study.runs() });
                    let Some(result) = run_chunk(study, *chunk, interrupted, &tell) else { break };
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((chunk.number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if done.len() < all.len() {
        return None;
    }
    done.sort_by_key(|(number, _)| *number);
    let columns = columns(study);
    let mut gathering = Gathering::new(study, &columns);
    let (mut rows, mut courses) = (Vec::new(), Vec::new());
    for (_, part) in done {
        part.rows.iter().for_each(|row| gathering.add(row));
        rows.extend(part.rows);
        courses.extend(part.courses);
    }
    let summary = gathering.finish();
    Some(Whole { columns, rows, courses, summary })
}
