//! Python bindings: a run, a plan, a study, and nothing that computes.
//!
//! The interpreter is free while leuka computes; Ctrl-C ends a computation within a tenth of a second. Tables cross as Arrow
//! streams, whose buffers Python reads in place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use leuka_plan::{CALCIUM_MMOL_H, full_plans};
use leuka_procedure::file::{NamedText, Override, Problem, Problems};
use leuka_procedure::{Centrifuge, Inputs, Run, Sample, Sources};
use leuka_trial::{Cell, Chunk, Shard, chunks, columns, run_chunk, table_columns};
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

create_exception!(
    _leuka,
    InputError,
    PyValueError,
    "A file, a path or a value that leuka refuses, with where and why."
);
create_exception!(_leuka, RunError, PyRuntimeError, "A computation that could not be done.");

/// A file's name for messages, and its text.
type File = (String, String);

fn named((name, text): File) -> NamedText {
    NamedText { name, text }
}

fn refused(problems: Problems) -> PyErr {
    InputError::new_err(problems.to_string())
}

fn failed(reason: String) -> PyErr {
    RunError::new_err(reason)
}

fn centrifuge(word: Option<String>) -> PyResult<Option<Centrifuge>> {
    let Some(word) = word else { return Ok(None) };
    match Centrifuge::ALL.into_iter().find(|model| model.name() == word) {
        Some(model) => Ok(Some(model)),
        None => Err(InputError::new_err(format!("separator is \"{word}\": allowed are stage and channel"))),
    }
}

/// Computes with the interpreter free; a signal such as Ctrl-C sets the flag, and its exception is raised.
fn freely<T: Send>(py: Python<'_>, work: impl FnOnce(&AtomicBool) -> T + Send) -> PyResult<T> {
    py.detach(|| {
        let interrupted = AtomicBool::new(false);
        let mut signal = None;
        let done = std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            let flag = &interrupted;
            scope.spawn(move || drop(sender.send(work(flag))));
            loop {
                match receiver.recv_timeout(Duration::from_millis(100)) {
                    Ok(done) => break Some(done),
                    Err(RecvTimeoutError::Disconnected) => break None,
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(raised) = Python::attach(|py| py.check_signals()) {
                            interrupted.store(true, Ordering::Relaxed);
                            signal = Some(raised);
                        }
                    }
                }
            }
        });
        match (signal, done) {
            (Some(raised), _) => Err(raised),
            (None, Some(done)) => Ok(done),
            (None, None) => Err(failed("a defect in leuka stopped the computation".to_owned())),
        }
    })
}

/// Runs one procedure; gives the outcome (JSON), the samples (Arrow stream) and the events (JSON).
#[pyfunction]
#[pyo3(signature = (protocol, donor, scenario, overrides, seed, separator, every_s))]
#[expect(clippy::too_many_arguments, reason = "the Python function around it has names for them")]
fn run<'py>(
    py: Python<'py>,
    protocol: Option<File>,
    donor: Option<File>,
    scenario: Option<File>,
    overrides: Vec<(String, String)>,
    seed: u64,
    separator: Option<String>,
    every_s: f64,
) -> PyResult<(String, Bound<'py, PyBytes>, String)> {
    let sources = Sources {
        protocol: protocol.map(named),
        donor: donor.map(named),
        scenario: scenario.map(named),
        overrides: overrides.into_iter().map(|(path, value)| Override { path, value }).collect(),
        seed,
        separator: centrifuge(separator)?,
        ..Sources::default()
    };
    let done = freely(py, |interrupted| {
        let mut run = Run::new(&Inputs::read(&sources)?)?;
        let (mut rows, mut events, mut due_s) = (Vec::new(), Vec::new(), 0.0);
        while run.is_running() {
            if interrupted.load(Ordering::Relaxed) {
                run.interrupt();
            }
            let sample = run.second();
            events.extend(run.take_events());
            if sample.time_s >= due_s {
                rows.push(sample.values().iter().map(|value| known(*value)).collect());
                due_s += every_s;
            }
        }
        Ok::<_, Problems>((run.outcome(), rows, events))
    })?;
    let (outcome, rows, events) = done.map_err(refused)?;
    let described: Vec<_> = leuka_trial::course_columns().into_iter().skip(2).collect();
    debug_assert_eq!(described.len(), Sample::COLUMNS.len());
    let stream = columns::stream("leuka.samples/1", &described, &rows).map_err(failed)?;
    let json = |value: Result<String, serde_json::Error>| value.map_err(|error| failed(error.to_string()));
    Ok((json(serde_json::to_string(&outcome))?, PyBytes::new(py, &stream), json(serde_json::to_string(&events))?))
}

fn known(value: f64) -> Cell {
    if value.is_finite() { Cell::Number(value) } else { Cell::Empty }
}

/// Plans a collection, once or for each value that is varied; gives the plans (JSON list).
#[pyfunction]
#[pyo3(signature = (protocol, donor, overrides, vary, calcium_mmol_h, primes))]
fn plan(
    py: Python<'_>,
    protocol: Option<File>,
    donor: Option<File>,
    overrides: Vec<(String, String)>,
    vary: Option<String>,
    calcium_mmol_h: Option<f64>,
    primes: bool,
) -> PyResult<String> {
    let sources = Sources {
        protocol: protocol.map(named),
        donor: donor.map(named),
        overrides: overrides.into_iter().map(|(path, value)| Override { path, value }).collect(),
        ..Sources::default()
    };
    let calcium = calcium_mmol_h.unwrap_or(CALCIUM_MMOL_H);
    let plans = freely(py, |_| full_plans(&sources, vary.as_deref(), calcium, primes))?.map_err(refused)?;
    serde_json::to_string(&plans).map_err(|error| failed(error.to_string()))
}

/// A checked study. It can be pickled, so that it travels to other processes with the files that it names.
#[pyclass(frozen, module = "leuka._leuka")]
struct Study {
    study: leuka_trial::Study,
    arguments: (File, Vec<File>, Option<u64>, Option<u64>),
}

#[pymethods]
impl Study {
    #[new]
    #[pyo3(signature = (file, beside, donors=None, seed=None))]
    fn new(file: File, beside: Vec<File>, donors: Option<u64>, seed: Option<u64>) -> PyResult<Self> {
        let load = |name: &str| {
            let found = beside.iter().find(|(known, _)| known == name).cloned().map(named);
            found.ok_or_else(|| Problem {
                file: file.0.clone(),
                line: None,
                field: "study".to_owned(),
                message: format!("names {name}, which is not there"),
            })
        };
        let study = leuka_trial::Study::read(&named(file.clone()), &load).map_err(refused)?.with(donors, seed);
        Ok(Self { study, arguments: (file, beside, donors, seed) })
    }

    fn __getnewargs__(&self) -> (File, Vec<File>, Option<u64>, Option<u64>) {
        self.arguments.clone()
    }

    /// Short name.
    #[getter]
    fn name(&self) -> &str {
        &self.study.name
    }

    /// Number of runs.
    #[getter]
    fn runs(&self) -> u64 {
        self.study.runs()
    }

    /// A donor of the study as the text of a donor file; None where it is the same one each time.
    fn donor(&self, number: u64) -> Option<String> {
        self.study.donor(number).map(|donor| donor.file(&format!("V-{number}")))
    }

    /// Runs the whole study: outcomes and time courses (Arrow streams) and the summary (JSON).
    fn run<'py>(
        &self,
        py: Python<'py>,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>, String)> {
        let study = &self.study;
        let whole = freely(py, |interrupted| leuka_trial::memory::run(study, threads, interrupted, &|_| {}))?;
        let whole = whole.ok_or_else(|| failed("the study was interrupted".to_owned()))?;
        let outcomes = columns::stream(leuka_trial::SCHEMA, &whole.columns, &whole.rows).map_err(failed)?;
        let courses = study.courses_every_min.map(|_| {
            columns::stream(leuka_trial::COURSES_SCHEMA, &leuka_trial::course_columns(), &whole.courses).map_err(failed)
        });
        let courses = courses.transpose()?.map(|stream| PyBytes::new(py, &stream));
        Ok((PyBytes::new(py, &outcomes), courses, whole.summary.json().to_string()))
    }

    /// Runs part `which` of `of`, counted from 1, on one thread; its rows as an Arrow stream.
    fn shard<'py>(&self, py: Python<'py>, which: u64, of: u64) -> PyResult<Bound<'py, PyBytes>> {
        if which < 1 || which > of {
            return Err(InputError::new_err(format!("shard {which} of {of}: allowed is 1 to {of}")));
        }
        let shard = Shard { which, of };
        let study = &self.study;
        let rows = freely(py, |interrupted| {
            let mine = chunks(study).into_iter().filter(|chunk: &Chunk| shard.has(*chunk));
            let done: Option<Vec<_>> = mine.map(|chunk| run_chunk(study, chunk, interrupted, &|| {})).collect();
            done.map(|parts| parts.into_iter().flat_map(|part| part.rows).collect::<Vec<_>>())
        })?;
        let rows = rows.ok_or_else(|| failed("the shard was interrupted".to_owned()))?;
        let stream = columns::stream(leuka_trial::SCHEMA, &table_columns(study), &rows).map_err(failed)?;
        Ok(PyBytes::new(py, &stream))
    }
}

#[pymodule]
fn _leuka(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("InputError", module.py().get_type::<InputError>())?;
    module.add("RunError", module.py().get_type::<RunError>())?;
    module.add("__version__", leuka_procedure::VERSION)?;
    module.add_class::<Study>()?;
    module.add_function(wrap_pyfunction!(plan, module)?)?;
    module.add_function(wrap_pyfunction!(run, module)?)
}
