//! The machines of a console: kept in the record's store, each with the last procedure that was on it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use leuka_record::Machine;

use crate::bedside::Bedside;
use crate::bedside::recording::{Archive, bedside_of};
use crate::error::{ConsoleError, Refused};
use crate::http::App;

/// Machines at most: each has a thread.
const MOST: usize = 64;

/// The machines.
pub(crate) struct Machines;

impl Machines {
    /// Starts those of the store, or `first` where there is none yet; what ran goes on.
    pub(crate) async fn start(app: &App, first: &[&str]) -> Result<(), ConsoleError> {
        let store = &app.archive.store;
        if store.bedsides().await?.is_empty() {
            for (n, label) in (1..).zip(first) {
                let machine = Machine { id: format!("m{n}"), label: (*label).to_owned(), record: String::new() };
                store.keep_bedside(&machine).await?;
            }
        }
        let open = open_runs(&app.archive).await?;
        for Machine { id, label, record } in store.bedsides().await? {
            let last = open.get(&id).cloned().or((!record.is_empty()).then_some(record));
            let bedside = Bedside::start(&id, &label, &app.archive, last)?;
            app.machines.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(bedside));
        }
        Ok(())
    }

    /// Adds a machine.
    pub(crate) async fn add(app: &App, id: Option<String>, label: &str) -> Result<Arc<Bedside>, Refused> {
        let (machine, bedside) = {
            let mut machines = app.machines.write().unwrap_or_else(PoisonError::into_inner);
            if machines.len() >= MOST {
                return Err(Refused::not_now(format!("this server runs {MOST} machines at most")));
            }
            let is_free = |id: &String| !machines.contains_key(id);
            let id = id.or_else(|| (1..=MOST + 1).map(|n| format!("m{n}")).find(is_free)).unwrap_or_default();
            if machines.contains_key(&id) {
                return Err(Refused::not_now(format!("machine {id} is there already: give another id")));
            }
            let bedside = Arc::new(Bedside::start(&id, label, &app.archive, None)?);
            machines.insert(id.clone(), Arc::clone(&bedside));
            (Machine { id, label: label.to_owned(), record: String::new() }, bedside)
        };
        app.archive.store.keep_bedside(&machine).await?;
        Ok(bedside)
    }

    /// Lets all write what there is, and end.
    pub(crate) async fn end(app: &App) {
        for machine in app.all_machines() {
            machine.end().await;
        }
    }
}

/// Records whose run goes on, by the machine on which it does. Of two on one machine the later goes on: the server was cut
/// off while time went back.
async fn open_runs(archive: &Archive) -> Result<BTreeMap<String, String>, ConsoleError> {
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for id in archive.store.open_records().await? {
        let record = archive.store.outline(&id).await?;
        if let Some(machine) = bedside_of(&record.opened.equipment)
            && let Some(older) = open.insert(machine.to_owned(), id)
        {
            archive.store.interrupt(&older, archive.now()).await?;
        }
    }
    Ok(open)
}
