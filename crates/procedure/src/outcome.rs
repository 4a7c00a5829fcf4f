//! The outcome of a run: what `leuka run --json` prints, schema `leuka.outcome/1`.

use std::collections::BTreeMap;

use leuka_blood::quantity::{CellConcentration, CellDose};
use leuka_blood::{CellTable, Population};
use leuka_dose::{Estimate, Purpose};
use serde::Serialize;

use crate::cells::{CellGroup, PerGroup};

/// What came of a run. Units are in the names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// `leuka.outcome/1`.
    pub schema: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// SHA-256 over every model parameter.
    pub parameters_sha256: String,
    /// Name of the protocol.
    pub protocol: String,
    /// The seed.
    pub seed: u64,
    /// Model of the centrifuge; none in a run by filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<&'static str>,
    /// Why the run ended.
    pub end_reason: String,
    /// True when the target was reached and every phase up to the summary was done.
    pub completed: bool,
    /// From power-on to the end.
    pub duration_min: f64,
    /// Time in which cells were collected.
    pub collect_min: f64,
    /// Total blood volume that the machine worked with.
    pub tbv_ml: f64,
    /// Blood drawn from the vein, without anticoagulant.
    pub whole_blood_processed_ml: f64,
    /// The same in blood volumes.
    pub tbv_processed: f64,
    /// Mean inlet flow while collecting; what comes from a reservoir was drawn before and does not count.
    pub inlet_flow_mean_ml_min: f64,
    /// Anticoagulant that left its bag.
    pub anticoagulant_total_ml: f64,
    /// Anticoagulant that went into the donor.
    pub anticoagulant_to_donor_ml: f64,
    /// Citrate that went into the donor, less what was drawn with the blood.
    pub citrate_to_donor_mmol: f64,
    /// Citrate into the donor for weight and time of processing.
    pub citrate_mean_mg_kg_min: f64,
    /// The product bag.
    pub product: Product,
    /// What the filter did, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtration: Option<Filtration>,
    /// Cells of the dose in the product for the dose weight.
    pub dose_1e6_per_kg: f64,
    /// The dose as the machine believes it.
    pub dose_believed: Believed,
    /// Collection efficiencies of each group.
    pub efficiency: PerGroup<Efficiency>,
    /// The donor.
    pub donor: DonorOutcome,
    /// Alarms in the order of their onset.
    pub alarms: Vec<AlarmEntry>,
    /// Conserved things and how well they balance over the run.
    pub balance: BTreeMap<&'static str, Balance>,
}

/// The dose as the machine believes it: from flows, optics and typed counts, never from the virtual donor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Believed {
    /// As likely more as less.
    pub median_1e6_per_kg: f64,
    /// Within these with 80 %.
    pub band_80_1e6_per_kg: [f64; 2],
    /// Within these with 95 %.
    pub band_95_1e6_per_kg: [f64; 2],
    /// The goal.
    pub goal_1e6_per_kg: f64,
    /// Its probability.
    pub goal_pct: f64,
    /// The minimum.
    pub minimum_1e6_per_kg: f64,
    /// Its probability.
    pub minimum_pct: f64,
}

impl Believed {
    pub(crate) fn new(now: &Estimate, purpose: &Purpose) -> Self {
        Self {
            median_1e6_per_kg: now.median.count_1e6_kg(),
            band_80_1e6_per_kg: now.band_80.map(CellDose::count_1e6_kg),
            band_95_1e6_per_kg: now.band_95.map(CellDose::count_1e6_kg),
            goal_1e6_per_kg: purpose.goal.count_1e6_kg(),
            goal_pct: now.goal.pct(),
            minimum_1e6_per_kg: purpose.minimum.count_1e6_kg(),
            minimum_pct: now.minimum.pct(),
        }
    }
}

/// The product bag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Product {
    /// Volume.
    pub volume_ml: f64,
    /// Haematocrit.
    pub hematocrit_pct: f64,
    /// Number of cells.
    pub cells: PerGroup<f64>,
}

/// What a filter or column did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Filtration {
    /// Highest pressure that it took.
    pub pressure_peak_mmhg: f64,
    /// White cells that it still holds.
    pub held_wbc: f64,
    /// Of the product, where cells were eluted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eluted: Option<Eluted>,
}

/// What elution from fibre does to the cells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Eluted {
    /// Granulocytes in the product over those that adhered.
    pub granulocyte_recovery_pct: f64,
    /// Living part of them.
    pub viability_pct: f64,
    /// Part of transfused cells found in the recipient's blood.
    pub post_transfusion_recovery_pct: f64,
    /// The same of cells collected by centrifugation, for comparison.
    pub post_transfusion_recovery_centrifuged_pct: f64,
}

/// Collection efficiency of one group; `null` where there were no cells or no blood was processed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize)]
pub struct Efficiency {
    /// Against the mean of the counts before and after.
    pub ce1_pct: Option<f64>,
    /// Against the count before.
    pub ce2_pct: Option<f64>,
}

/// The donor before, during and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DonorOutcome {
    /// Before the line was inserted.
    pub pre: Counts,
    /// At the end, after rinse-back.
    pub post: Counts,
    /// Lowest true values.
    pub nadir: Nadir,
    /// Highest true values.
    pub peak: Peak,
    /// What the donor has received less what was drawn.
    pub fluid_balance_ml: f64,
    /// Symptoms that were felt, in order.
    pub symptoms: Vec<Symptom>,
}

/// A venous blood sample.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Counts {
    /// Haematocrit.
    pub hematocrit_pct: f64,
    /// Haemoglobin.
    pub hemoglobin_g_dl: f64,
    /// White cells.
    pub wbc_1e9_l: f64,
    /// Lymphocytes.
    pub lymphocyte_1e9_l: f64,
    /// Monocytes.
    pub monocyte_1e9_l: f64,
    /// Granulocytes.
    pub granulocyte_1e9_l: f64,
    /// Platelets.
    pub platelet_1e9_l: f64,
    /// CD34 positive cells.
    pub cd34_per_ul: f64,
    /// T lymphocytes.
    pub cd3_per_ul: f64,
    /// Ionised calcium.
    pub ionised_calcium_mmol_l: f64,
}

impl Counts {
    /// The concentration of a group; that of red cells follows from the haematocrit and their volume.
    pub(crate) fn concentration(&self, group: CellGroup, cells: &CellTable) -> CellConcentration {
        match group {
            CellGroup::Wbc => CellConcentration::from_1e9_l(self.wbc_1e9_l),
            CellGroup::Lymphocyte => CellConcentration::from_1e9_l(self.lymphocyte_1e9_l),
            CellGroup::Cd3 => CellConcentration::from_per_ul(self.cd3_per_ul),
            CellGroup::Monocyte => CellConcentration::from_1e9_l(self.monocyte_1e9_l),
            CellGroup::Granulocyte => CellConcentration::from_1e9_l(self.granulocyte_1e9_l),
            CellGroup::Cd34 => CellConcentration::from_per_ul(self.cd34_per_ul),
            CellGroup::Platelet => CellConcentration::from_1e9_l(self.platelet_1e9_l),
            CellGroup::Erythrocyte => {
                let packed_ml_per_ul = self.hematocrit_pct / 100.0 * 1e-3;
                CellConcentration::from_per_ul(packed_ml_per_ul / cells[Population::Erythrocyte].volume_ml())
            }
        }
    }
}

/// Lowest values of the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nadir {
    /// Ionised calcium.
    pub ionised_calcium_mmol_l: f64,
    /// Systolic pressure.
    pub systolic_mmhg: f64,
    /// Oxygen saturation.
    pub spo2_pct: f64,
}

/// Highest values of the run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Peak {
    /// Plasma citrate.
    pub citrate_mmol_l: f64,
    /// Heart rate.
    pub heart_rate_per_min: f64,
}

/// A symptom that was felt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Symptom {
    /// What.
    pub name: String,
    /// From when.
    pub at_min: f64,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlarmEntry {
    /// Which.
    pub code: String,
    /// `high`, `medium` or `low`.
    pub priority: String,
    /// Onset.
    pub at_min: f64,
    /// Why.
    pub reason: String,
}

/// The balance of a conserved thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Balance {
    /// What is left unexplained, relative to what was handled.
    pub relative_error: f64,
}

/// A number of an outcome by name: decimals, and where it is.
pub type Measure = (&'static str, usize, fn(&Outcome) -> f64);

/// What two runs of the same donor are compared by.
pub const COMPARED: [Measure; 8] = [
    ("dose, 1e6/kg", 2, |outcome| outcome.dose_1e6_per_kg),
    ("blood processed, L", 2, |outcome| outcome.whole_blood_processed_ml / 1000.0),
    ("duration, min", 0, |outcome| outcome.duration_min),
    ("platelets after, 1e9/L", 0, |outcome| outcome.donor.post.platelet_1e9_l),
    ("haemoglobin after, g/dL", 1, |outcome| outcome.donor.post.hemoglobin_g_dl),
    ("lowest ionised calcium, mmol/L", 3, |outcome| outcome.donor.nadir.ionised_calcium_mmol_l),
    ("citrate, mg/kg/min", 2, |outcome| outcome.citrate_mean_mg_kg_min),
    ("fluid balance, mL", 0, |outcome| outcome.donor.fluid_balance_ml),
];
