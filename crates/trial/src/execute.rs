//! Runs: each a function of (study, donor, arm), in chunks of donors that any thread, process or machine may take.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use leuka_procedure::{Inputs, Outcome, Run};

use crate::study::Study;
use crate::table::{Row, course_row, row};

/// Most chunks of a study, so that files stay few and memory does not grow with the donors.
const MOST_CHUNKS: u64 = 4096;

/// Some donors in a row, run together and written to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its number, from 0.
    pub number: u64,
    /// Its first donor.
    pub from: u64,
    /// The donor after its last one.
    pub to: u64,
}

/// What came of a chunk.
#[derive(Debug, Default)]
pub struct Done {
    /// A row for each run: donor by donor, arm by arm.
    pub rows: Vec<Row>,
    /// Time courses of the same runs, where the study keeps them.
    pub courses: Vec<Row>,
}

/// The chunks of a study. They depend on the study alone, not on threads or shards.
#[must_use]
pub fn chunks(study: &Study) -> Vec<Chunk> {
    let size = study.donors.div_ceil(MOST_CHUNKS).max(1);
    (0..study.donors.div_ceil(size))
        .map(|number| Chunk { number, from: number * size, to: ((number + 1) * size).min(study.donors) })
        .collect()
}

/// Runs a chunk; `told` is told after each run. `None` when `interrupted` before the end.
pub fn run_chunk(study: &Study, chunk: Chunk, interrupted: &AtomicBool, told: &dyn Fn()) -> Option<Done> {
    let mut done = Done::default();
    for donor in chunk.from..chunk.to {
        for arm in study.arms_of(donor) {
            if interrupted.load(Ordering::Relaxed) {
                return None;
            }
            let ended = run_one(study, donor, arm, &mut done.courses);
            done.rows.push(row(study, donor, arm, &ended));
            told();
        }
    }
    Some(done)
}

/// One run. What the models refuse, and a defect that stops a run, are reasons, never the end of the study.
fn run_one(study: &Study, donor: u64, arm: usize, courses: &mut Vec<Row>) -> Result<Outcome, String> {
    let kept = courses.len();
    let ended = catch_unwind(AssertUnwindSafe(|| procedure(study, donor, arm, courses)));
    let ended = ended.unwrap_or_else(|defect| {
        let said = defect.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let said = said.or_else(|| defect.downcast_ref::<String>().cloned());
        Err(format!("a defect in leuka stopped the run: {}", said.unwrap_or_else(|| "it says no more".to_owned())))
    });
    if ended.is_err() {
        courses.truncate(kept);
    }
    ended
}

fn procedure(study: &Study, donor: u64, arm: usize, courses: &mut Vec<Row>) -> Result<Outcome, String> {
    let drawn = study.donor(donor);
    let inputs = Inputs::read(&study.sources(&drawn, donor, arm)).map_err(|problems| problems.to_string())?;
    let mut run = Run::new(&inputs).map_err(|problems| problems.to_string())?;
    let every_s = study.courses_every_min.map(|minutes| minutes * 60.0);
    let mut due_s = 0.0;
    while run.is_running() {
        run.pass_second();
        run.take_events();
        if let Some(every_s) = every_s.filter(|_| run.seconds() >= due_s) {
            courses.push(course_row(study, donor, arm, &run.look()));
            due_s += every_s;
        }
    }
    Ok(run.outcome())
}
