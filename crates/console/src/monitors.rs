//! Patient monitors: vital signs that come by HL7 go to the run of their patient, in place of the simulated ones.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use leuka_record::Role;
use leuka_record::import::hl7_vitals::{Inbox, ListenSettings, Listener, Vital, VitalSigns};
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
    let patient = signs.patient.ok_or("PID-3 states no patient: assign the monitor to one")?;
    let machine = of_patient(app, &patient).ok_or_else(|| {
        format!("no procedure of {patient} goes on here: begin it, or assign the monitor to its donor")
    })?;
    let values: BTreeMap<String, f64> =
        signs.signs.iter().filter_map(|sign| Some((field(sign.vital)?.to_owned(), sign.value))).collect();
    if values.is_empty() {
        return Ok(());
    }
    let who = Who { login: "monitor".into(), name: signs.sender.clone(), role: Role::ReadOnly };
    let order = Order::Monitor { sender: signs.sender, signs: values };
    runtime.block_on(machine.order(who, String::new(), order)).map(drop).map_err(|refused| refused.message)
}

fn of_patient(app: &App, patient: &str) -> Option<Arc<Bedside>> {
    let is_his = |machine: &Arc<Bedside>| {
        let live: Value = serde_json::from_str(&machine.screens.live.borrow()).unwrap_or_default();
        live["run"]["donor_id"] == patient && live["is_over"] == false
    };
    app.all_machines().into_iter().find(is_his)
}

/// The screen's field of a vital sign; the mean pressure has none.
const fn field(vital: Vital) -> Option<&'static str> {
    Some(match vital {
        Vital::HeartRate => "heart_rate_per_min",
        Vital::OxygenSaturation => "spo2_pct",
        Vital::Systolic => "systolic_mmhg",
        Vital::Diastolic => "diastolic_mmhg",
        Vital::Respiration => "respiration_per_min",
        Vital::Temperature => "temperature_c",
        Vital::MeanPressure => return None,
    })
}
