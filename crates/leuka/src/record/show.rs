//! Looking at records: list, search, show, verify, export, backup.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use leuka_procedure::pretty;
use leuka_record::entry::{Stored, utc_text};
use leuka_record::{Checkpoint, Fault, Key, Listed, ProcedureRecord, Verdict, verify as check};
use leuka_report::{NOT_A_DEVICE, table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Office;
use crate::Failure;
use crate::files::read;

/// Lists records, newest first.
#[derive(Debug, Args)]
pub(super) struct List {
    /// How many at most.
    #[arg(long, default_value_t = 50)]
    most: u32,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Searches in identifier, donor, order, protocol and donation number.
#[derive(Debug, Args)]
pub(super) struct Search {
    /// A part of one of them.
    text: String,
    /// How many at most.
    #[arg(long, default_value_t = 50)]
    most: u32,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Shows a record.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The record.
    id: String,
    /// Prints the whole record as JSON, schema leuka.record/1.
    #[arg(long)]
    json: bool,
}

/// Verifies a record, its entries and checkpoints; names the first entry that is wrong. Exit code 1 when something is.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The record; all of them when left out.
    id: Option<String>,
    /// A trail that was exported, in place of the store's.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere: SEQ:HASH.
    #[arg(long, value_name = "SEQ:HASH", value_parser = kept)]
    expect: Option<Kept>,
    /// The public key whose checkpoints count. [default: that of the key file beside the store]
    #[arg(long, value_name = "KEY")]
    trust: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Copies an SQLite store into a new file, whole, while it is in use.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The new file.
    file: PathBuf,
}

/// A checkpoint that somebody kept.
#[derive(Debug, Clone)]
struct Kept {
    seq: i64,
    hash: String,
}

fn kept(text: &str) -> Result<Kept, String> {
    let parts = text.split_once(':').filter(|(_, hash)| hash.len() == 64);
    let parts = parts.and_then(|(seq, hash)| Some(Kept { seq: seq.parse().ok()?, hash: hash.to_owned() }));
    parts.ok_or_else(|| "give the number and the 64 digits as they were printed: 4711:0a1b...".to_owned())
}

impl Verify {
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// A trail as it is exported.
#[derive(Debug, Serialize, Deserialize)]
struct Trail {
    schema: String,
    record: String,
    entries: Vec<Stored>,
    checkpoints: Vec<Checkpoint>,
}

const TRAIL: &str = "leuka.trail/1";

pub(super) fn list(office: &Office, arguments: &List) -> Result<ExitCode, Failure> {
    lines(office, "", arguments.most, arguments.json)
}

pub(super) fn search(office: &Office, arguments: &Search) -> Result<ExitCode, Failure> {
    lines(office, &arguments.text, arguments.most, arguments.json)
}

fn lines(office: &Office, text: &str, most: u32, json: bool) -> Result<ExitCode, Failure> {
    let found = office.block(office.store.search(text, i64::from(most)))?;
    if json {
        print!("{}", pretty(&found));
    } else if found.is_empty() {
        println!("no records in {}: leuka run --record makes one", office.url);
    } else {
        let row = |one: &Listed| {
            let opened = utc_text(one.opened_utc_ms);
            [&one.id, &opened, &one.state, &one.donor, &one.order_id, &one.protocol, &one.din]
                .map(String::clone)
                .to_vec()
        };
        let head = ["record", "opened", "state", "donor", "order", "protocol", "product"];
        print!("{}", table(&head, &found.iter().map(row).collect::<Vec<_>>()));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(office: &Office, arguments: &Show) -> Result<ExitCode, Failure> {
    let record = office.block(office.store.load(&arguments.id))?;
    if arguments.json {
        print!("{}", pretty(&record));
    } else {
        print!("{}", words(&record));
    }
    Ok(ExitCode::SUCCESS)
}

/// A record in words.
fn words(record: &ProcedureRecord) -> String {
    let opened = &record.opened;
    let state = json!(record.state).as_str().unwrap_or_default().to_owned();
    let mut text = format!(
        "Record     {} ({state}), opened {} by {}\nOrder      {} for donor {}: {}\n",
        record.id,
        opened.at.utc(),
        opened.by.actor,
        opened.order_id,
        opened.donor_id,
        opened.title
    );
    for (name, value) in &opened.equipment {
        let _ = writeln!(text, "Equipment  {name}: {value}");
    }
    let _ = writeln!(text, "Time line  {} events, {} s of samples", record.events.len(), record.samples.len());
    for event in record.events.iter().filter(|event| event.kind == "phase") {
        let _ = writeln!(text, "           {:7.1} min  {}", event.at_s / 60.0, event.text);
    }
    if let Some(ended) = &record.ended {
        text += &end_words(&ended.outcome);
    }
    for (name, fact) in &record.facts {
        let _ = writeln!(text, "Entered    {name}: {}", fact.value);
        for act in fact.history.iter().filter(|act| !act.old.is_null()) {
            let at = act.at.utc();
            let _ = writeln!(text, "             was {} until {at}, {}: {}", act.old, act.by.actor, act.reason);
        }
    }
    for act in record.acts.iter().filter(|act| act.action == "refuse") {
        let _ = writeln!(text, "Refused    {} by {} at {}: {}", act.entity, act.by.actor, act.at.utc(), act.reason);
    }
    for signature in &record.signatures {
        let (name, at, meaning) = (&signature.name, signature.at.utc(), signature.meaning.name());
        let _ = writeln!(text, "Signed     {name}, {at}: {meaning} of entries 1 to {}", signature.signed_seq);
    }
    let missing = record.missing();
    if !missing.is_empty() {
        let _ = writeln!(text, "Missing    {}", missing.join(", "));
    }
    text + "\n" + NOT_A_DEVICE + "\n"
}

fn end_words(outcome: &Value) -> String {
    let number = |path: &str| outcome.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    match outcome.get("end_reason").and_then(Value::as_str) {
        None => "End        the run was cut off\n".to_owned(),
        Some(reason) => format!(
            "End        {reason}; {:.0} mL processed, product {:.0} mL, {:.2} x1e6/kg believed\n",
            number("/whole_blood_processed_ml"),
            number("/product/volume_ml"),
            number("/dose_believed/median_1e6_per_kg")
        ),
    }
}

pub(super) fn verify(office: &Office, arguments: &Verify) -> Result<ExitCode, Failure> {
    let trusted = match &arguments.trust {
        Some(key) => Some(key.clone()),
        None if office.key_file().exists() => Some(Key::at(&office.key_file())?.public()),
        None => None,
    };
    let ids = match &arguments.id {
        Some(id) => vec![id.clone()],
        None => office.block(office.store.search("", i64::MAX))?.into_iter().map(|listed| listed.id).collect(),
    };
    let mut verdicts = Vec::new();
    for id in ids {
        let entries = office.block(office.store.entries(&id))?;
        let checkpoints = office.block(office.store.checkpoints(&id))?;
        verdicts.push((id.clone(), judge(&id, &entries, &checkpoints, trusted.as_deref(), arguments.expect.as_ref())));
    }
    Ok(tell(&verdicts, trusted.as_deref(), arguments.json))
}

pub(super) fn verify_file(arguments: &Verify, file: &Path) -> Result<ExitCode, Failure> {
    let text = read(file)?;
    let unreadable = |why: String| Failure::Input(format!("{}: is no trail: {why}", text.name));
    let trail: Trail = serde_json::from_str(&text.text).map_err(|error| unreadable(error.to_string()))?;
    if trail.schema != TRAIL {
        return Err(unreadable(format!("schema is \"{}\": allowed is \"{TRAIL}\"", trail.schema)));
    }
    let trusted = arguments.trust.as_deref();
    let verdict = judge(&trail.record, &trail.entries, &trail.checkpoints, trusted, arguments.expect.as_ref());
    Ok(tell(&[(trail.record, verdict)], trusted, arguments.json))
}

fn judge(
    id: &str,
    entries: &[Stored],
    checkpoints: &[Checkpoint],
    trusted: Option<&str>,
    expected: Option<&Kept>,
) -> Verdict {
    let mut verdict = check(id, entries, checkpoints, trusted);
    if let (None, Some(kept)) = (&verdict.fault, expected) {
        let at = usize::try_from(kept.seq - 1).ok().and_then(|at| entries.get(at));
        let fault = |seq, what: &str| Some(Fault { seq, what: what.to_owned() });
        verdict.fault = match at {
            Some(entry) if entry.hash == kept.hash => None,
            Some(entry) => {
                fault(entry.seq, "the record was written anew: the checkpoint that was kept has another hash")
            }
            None => {
                let first = i64::try_from(entries.len()).unwrap_or(i64::MAX).saturating_add(1);
                fault(first, &format!("the end was cut off: the checkpoint that was kept has entry {}", kept.seq))
            }
        };
    }
    verdict
}

fn tell(verdicts: &[(String, Verdict)], trusted: Option<&str>, as_json: bool) -> ExitCode {
    if as_json {
        let all: Vec<_> = verdicts.iter().map(|(id, verdict)| json!({ "record": id, "verdict": verdict })).collect();
        print!("{}", pretty(&all));
    } else {
        for (id, verdict) in verdicts {
            let Verdict { entries, checkpointed, fault } = verdict;
            match fault {
                None => println!("{id}: intact, {entries} entries, checkpoint at entry {checkpointed}"),
                Some(Fault { seq, what }) => println!("{id}: NOT INTACT at entry {seq}: {what}"),
            }
        }
        match trusted {
            Some(key) => println!("checkpoints count that are signed by {key}"),
            None => println!("no key is given: whoever signed a checkpoint is believed (--trust KEY)"),
        }
    }
    let is_intact = verdicts.iter().all(|(_, verdict)| verdict.fault.is_none());
    if is_intact { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Writes a record's trail, every entry with its hash and every checkpoint, for `leuka record verify --file`.
pub(super) fn export(office: &Office, id: &str, out: Option<&Path>) -> Result<ExitCode, Failure> {
    let id = id.to_owned();
    let trail = Trail {
        schema: TRAIL.to_owned(),
        entries: office.block(office.store.entries(&id))?,
        checkpoints: office.block(office.store.checkpoints(&id))?,
        record: id,
    };
    match out {
        None => print!("{}", pretty(&trail)),
        Some(path) => {
            let failed = |error| Failure::Work(format!("{}: cannot be written: {error}", path.display()));
            std::fs::write(path, pretty(&trail)).map_err(failed)?;
            println!("{}: {} entries", path.display(), trail.entries.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn backup(office: &Office, arguments: &Backup) -> Result<ExitCode, Failure> {
    if office.is_postgres() {
        return Err(Failure::Input(
            "PostgreSQL has its own: pg_dump DATABASE > FILE; psql DATABASE < FILE restores".into(),
        ));
    }
    if arguments.file.exists() {
        return Err(Failure::Input(format!("{} is there already: name a new file", arguments.file.display())));
    }
    office.block(office.store.backup(&arguments.file.display().to_string()))?;
    println!("{}: the whole store. Keep {} apart from it", arguments.file.display(), office.key_file().display());
    Ok(ExitCode::SUCCESS)
}
