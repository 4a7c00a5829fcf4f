//! A plain run folder as a record, so that it can be exported without a store.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use leuka_procedure::Sample;
use serde::Deserialize;
use serde_json::Value;

use super::ExportError;
use crate::document::{Ended, Opened, ProcedureRecord, RecordedEvent, State};
use crate::entry::{Actor, GENESIS, Moment};

/// The largest file of a run folder that is read.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// An event as a run folder keeps it.
#[derive(Deserialize)]
struct Line {
    at_s: f64,
    source: String,
    kind: String,
    text: String,
    #[serde(default)]
    data: Value,
}

/// Reads a run folder. It says nothing of the day: the run is told as begun so many seconds after 1970, UTC.
///
/// # Errors
/// [`ExportError::Folder`] with the file, the line and what is wrong.
pub fn run_folder(folder: &Path, started_s: u64) -> Result<ProcedureRecord, ExportError> {
    let seconds = i64::try_from(started_s).unwrap_or_default();
    let started = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    let inputs: Value = json(folder, "inputs.json")?;
    let outcome: Value = json(folder, "outcome.json")?;
    let alarms: Value = json(folder, "alarms.json").unwrap_or_default();
    let opened_at = moment(started, 0.0);
    let events = events(folder, started)?;
    let samples = samples(folder)?;
    let end = samples.last().and_then(|row| row.first().copied()).unwrap_or(0.0);
    let word = |place: &str| inputs.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = folder.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned());
    let equipment = [
        ("program", format!("leuka {}", word("/version"))),
        ("machine", "virtual".to_owned()),
        ("parameters_sha256", word("/parameters_sha256")),
    ];
    Ok(ProcedureRecord {
        schema: "leuka.record/1",
        id: name,
        state: State::Ended,
        opened: Opened {
            at: opened_at,
            by: Actor { actor: "command line".to_owned(), role: String::new() },
            title: word("/protocol/title"),
            donor_id: Some(word("/order/donor_id")).filter(|id| !id.is_empty()).unwrap_or_else(|| word("/donor/id")),
            order_id: inputs.pointer("/order/id").and_then(Value::as_str).unwrap_or("ORDER-1").to_owned(),
            equipment: equipment.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<BTreeMap<_, _>>(),
            inputs,
        },
        seq: 0,
        hash: GENESIS.to_owned(),
        ended: Some(Ended { at: moment(started, end), interrupted: false, outcome, alarms }),
        events,
        samples,
        facts: BTreeMap::new(),
        acts: Vec::new(),
        signatures: Vec::new(),
    })
}

fn moment(started: DateTime<Utc>, seconds: f64) -> Moment {
    #[expect(clippy::cast_possible_truncation, reason = "a procedure has some ten million milliseconds")]
    Moment { utc_ms: started.timestamp_millis() + (seconds * 1e3) as i64, monotonic_us: (seconds * 1e6) as i64 }
}

fn text(folder: &Path, name: &str) -> Result<String, ExportError> {
    let path = folder.join(name);
    let failed = |why: String| ExportError::Folder { file: path.display().to_string(), why };
    let size = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed(format!("{size} bytes are more than a run folder's file has")));
    }
    std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))
}

fn json(folder: &Path, name: &str) -> Result<Value, ExportError> {
    let failed = |error: serde_json::Error| ExportError::Folder {
        file: folder.join(name).display().to_string(),
        why: error.to_string(),
    };
    serde_json::from_str(&text(folder, name)?).map_err(failed)
}

fn at_line(folder: &Path, name: &str, line: usize, why: impl std::fmt::Display) -> ExportError {
    ExportError::Folder { file: folder.join(name).display().to_string(), why: format!("line {}: {why}", line + 1) }
}

fn events(folder: &Path, started: DateTime<Utc>) -> Result<Vec<RecordedEvent>, ExportError> {
    let name = "events.jsonl";
    let read = |(at, line): (usize, &str)| {
        let Line { at_s, source, kind, text, data } =
            serde_json::from_str(line).map_err(|error| at_line(folder, name, at, error))?;
        Ok(RecordedEvent { at: moment(started, at_s), at_s, source, kind, text, data })
    };
    text(folder, name)?.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(read).collect()
}

fn samples(folder: &Path) -> Result<Vec<Vec<f64>>, ExportError> {
    let name = "samples.csv";
    let whole = text(folder, name)?;
    let mut lines = whole.lines().enumerate();
    let header = lines.next().map_or("", |(_, line)| line);
    let columns: Vec<&str> = header.split(',').collect();
    let places: Vec<Option<usize>> =
        Sample::COLUMNS.iter().map(|name| columns.iter().position(|column| column == name)).collect();
    if places.first() != Some(&Some(0)) {
        return Err(at_line(
            folder,
            name,
            0,
            format!("the first column must be {}", Sample::COLUMNS.first().unwrap_or(&"")),
        ));
    }
    let read = |(at, line): (usize, &str)| {
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != columns.len() {
            return Err(at_line(folder, name, at, format!("{} cells under {} columns", cells.len(), columns.len())));
        }
        let value = |place: &Option<usize>| match place.and_then(|place| cells.get(place)) {
            None | Some(&"") => Ok(f64::NAN),
            Some(cell) => cell.parse().map_err(|_| at_line(folder, name, at, format!("`{cell}` is no number"))),
        };
        places.iter().map(value).collect()
    };
    lines.filter(|(_, line)| !line.is_empty()).map(read).collect()
}
