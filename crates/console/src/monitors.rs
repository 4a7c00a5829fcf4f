//! Patient monitors: vital signs that come by HL7 go to the run of their patient, in place of the simulated ones.

use std::net::SocketAddr;
use std::sync::Arc;

use leuka_record::Role;
use leuka_record::import::hl7_vitals::{Inbox, ListenSettings, Listener, VitalSigns};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::bedside::course::Who;
use crate::bedside::{Bedside, Order};
use crate::error::ConsoleError;
use crate::http::{App, Shared};

/// Monitors at the same time: one a machine, and some.
const MOST: usize = 80;

/// Listens for monitors until the listener is dropped.
pub(crate) fn listen(app: &Shared, address: SocketAddr) -> Result<Listener, ConsoleError> {
    let settings = ListenSettings { connections: MOST, ..ListenSettings::default() };
    let (app, runtime) = (Arc::clone(app), Handle::current());
    let inbox = Inbox::new(settings, chrono::Utc::now, move |signs| take(&app, &runtime, signs));
    Listener::bind(address, inbox).map_err(|error| ConsoleError::Listen(address, error))
}

/// Gives signs to the run of their patient.
fn take(app: &App, runtime: &Handle, signs: VitalSigns) -> Result<(), String> {
    let patient = signs.patient.clone().ok_or("PID-3 states no patient: assign the monitor to one")?;
    let machine = of_patient(app, &patient).ok_or_else(|| {
        format!("no procedure of {patient} goes on here: begin it, or assign the monitor to its donor")
    })?;
    let who = Who { login: "monitor".into(), name: signs.sender.clone(), role: Role::ReadOnly };
    let heard = machine.order(who, String::new(), Order::Hear(signs));
    runtime.block_on(heard).map(drop).map_err(|refused| refused.message)
}

fn of_patient(app: &App, patient: &str) -> Option<Arc<Bedside>> {
    let is_his = |machine: &Arc<Bedside>| {
        let live: Value = serde_json::from_str(&machine.screens.live.borrow()).unwrap_or_default();
        live["run"]["donor_id"] == patient && live["is_over"] == false
    };
    app.all_machines().into_iter().find(is_his)
}
