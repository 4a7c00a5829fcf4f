//! The machines of a console: kept in the data folder, each with the last procedure that was on it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};

use crate::bedside::Bedside;
use crate::bedside::course::Start;
use crate::error::{ConsoleError, Refused};
use crate::http::App;
use crate::store::Store;

/// The file.
const FILE: &str = "machines.json";
/// Machines at most: each has a thread.
const MOST: usize = 64;

/// A machine, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    label: String,
}

/// The machines.
pub(crate) struct Machines;

impl Machines {
    /// Starts those of the data folder, or `first` where there is none yet; what ran goes on.
    pub(crate) fn start(app: &App, first: &[&str]) -> Result<(), ConsoleError> {
        let kept = match app.store.read::<BTreeMap<String, Kept>>(FILE)? {
            Some(kept) => kept,
            None => {
                let new = first.iter().enumerate();
                let kept = new.map(|(n, label)| (format!("m{}", n + 1), Kept { label: (*label).to_owned() })).collect();
                app.store.write(FILE, &kept)?;
                kept
            }
        };
        let last = last_runs(&app.store)?;
        let mut machines = app.machines.write().unwrap_or_else(PoisonError::into_inner);
        for (id, Kept { label }) in kept {
            let bedside = Bedside::start(&id, &label, &app.store, last.get(&id).cloned())?;
            machines.insert(id, Arc::new(bedside));
        }
        Ok(())
    }

    /// Adds a machine.
    pub(crate) fn add(app: &App, id: Option<String>, label: &str) -> Result<Arc<Bedside>, Refused> {
        let mut machines = app.machines.write().unwrap_or_else(PoisonError::into_inner);
        if machines.len() >= MOST {
            return Err(Refused::not_now(format!("this server runs {MOST} machines at most")));
        }
        let free = || (1..=MOST + 1).map(|n| format!("m{n}")).find(|id| !machines.contains_key(id)).unwrap_or_default();
        let id = id.unwrap_or_else(free);
        if machines.contains_key(&id) {
            return Err(Refused::not_now(format!("machine {id} is there already: give another id")));
        }
        let bedside = Arc::new(Bedside::start(&id, label, &app.store, None)?);
        machines.insert(id, Arc::clone(&bedside));
        let kept: BTreeMap<&String, Kept> =
            machines.iter().map(|(id, machine)| (id, Kept { label: machine.label.clone() })).collect();
        app.store.write(FILE, &kept)?;
        Ok(bedside)
    }
}

/// The last run of each machine.
fn last_runs(store: &Store) -> Result<BTreeMap<String, String>, ConsoleError> {
    let mut last = BTreeMap::new();
    for run in store.runs()? {
        if let Some(start) = store.read::<Start>(&format!("runs/{run}/start.json"))? {
            last.insert(start.machine, run);
        }
    }
    Ok(last)
}
