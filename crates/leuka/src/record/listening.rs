//! A patient monitor at the bedside of a run.

use leuka_procedure::{Inputs, Word};
use leuka_record::import::hl7_vitals::Bedside;
use serde_json::Value;

use crate::Failure;

/// Listens for the monitor of the run's donor.
#[derive(Debug)]
pub(crate) struct Listening(Bedside);

impl Listening {
    /// Listens at an address.
    pub(crate) fn open(address: &str, inputs: &Inputs) -> Result<Self, Failure> {
        let record = inputs.record();
        let id = |place| record.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let patient = id("/order/donor_id").or_else(|| id("/donor/id")).unwrap_or_default();
        let bedside = Bedside::listen(address, patient.clone())
            .map_err(|error| Failure::Work(format!("cannot listen for vital signs on {address}: {error}")))?;
        eprintln!("listening for the monitor of {patient} on {}", bedside.address());
        Ok(Self(bedside))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.0.address().to_string()
    }

    /// What has arrived since the last call.
    pub(crate) fn words(&self, now_us: u64) -> Vec<Word> {
        self.0.words(now_us)
    }
}
