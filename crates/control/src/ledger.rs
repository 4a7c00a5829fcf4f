//! What has flowed, by the pumps' counters, and how far the run has come.

use leuka_blood::quantity::{FlowRate, Fraction, Length, TimeSpan, Volume};
use leuka_device::{CollectTo, DrawFrom, Pump, ReturnTo};
use leuka_dose::Forecast;

use crate::senses::Seen;

/// How far the run has come, for screens and records.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Where the four measures of the run stand: dose (point forecast), volume, blood volumes, time.
    pub now: Forecast,
    /// Where they will stand when the target stops the run; `None` when it is not to be reached.
    pub at_end: Option<Forecast>,
    /// Time of collection left, pauses excluded.
    pub time_left: Option<TimeSpan>,
    /// Volume in the product bag, by the collect pump.
    pub product: Volume,
    /// Anticoagulant used.
    pub anticoagulant: Volume,
    /// Fluid that the donor has gained; negative: lost.
    pub fluid_balance: Volume,
    /// Inlet flow that is aimed at.
    pub inlet_flow: FlowRate,
    /// Interface by the estimate, from the inner wall.
    pub interface: Length,
    /// Where the interface is wanted.
    pub interface_set_point: Length,
    /// Collect haematocrit that the optics last showed.
    pub collect_hematocrit: Option<Fraction>,
    /// The donor's haematocrit by the red-cell balance.
    pub estimated_hematocrit: Fraction,
}

/// The running totals, mL and s.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Ledger {
    pub(crate) processed_ml: f64,
    pub(crate) collecting_s: f64,
    pub(crate) product_ml: f64,
    pub(crate) anticoagulant_ml: f64,
    pub(crate) balance_ml: f64,
}

/// Where the fluids go in this step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paths {
    pub(crate) draw_from: DrawFrom,
    pub(crate) return_to: ReturnTo,
    pub(crate) collect_to: CollectTo,
    /// The run processes blood: volume and time count.
    pub(crate) processing: bool,
}

impl Ledger {
    pub(crate) fn step(&mut self, dt_s: f64, seen: &Seen, paths: Paths) {
        let minutes = dt_s / 60.0;
        let (inlet, anticoagulant) = (seen.flow(Pump::Inlet), seen.flow(Pump::Anticoagulant));
        let from_donor = if paths.draw_from == DrawFrom::Donor { seen.blood_ml_min() } else { 0.0 };
        let collected = if paths.collect_to == CollectTo::Product { seen.flow(Pump::Collect) } else { 0.0 };
        let to_donor = if paths.return_to == ReturnTo::Donor { inlet - collected } else { 0.0 };
        self.anticoagulant_ml += anticoagulant * minutes;
        self.product_ml += collected * minutes;
        self.balance_ml += (to_donor - from_donor) * minutes;
        if paths.processing {
            self.processed_ml += from_donor * minutes;
            self.collecting_s += dt_s;
        }
    }

    pub(crate) const fn progress(&self) -> leuka_dose::Progress {
        leuka_dose::Progress {
            processed: Volume::from_ml(self.processed_ml),
            collecting: TimeSpan::from_seconds(self.collecting_s),
        }
    }
}
