//! The outcomes that a study tabulates: one number of each run, with its unit and meaning.

use leuka_procedure::Outcome;

/// One outcome.
#[derive(Clone, Copy)]
pub struct Measure {
    /// Name of the column, unit last.
    pub name: &'static str,
    /// Unit; empty for a ratio or a flag.
    pub unit: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What kind of number.
    pub kind: Kind,
    pub(crate) of: fn(&Outcome) -> Option<f64>,
}

/// What kind of number an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A quantity: medians and differences.
    Quantity,
    /// 1 when it happened, else 0: rates.
    Event,
}

/// The measure of a name.
#[must_use]
pub(crate) fn find(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

const fn quantity(
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    of: fn(&Outcome) -> Option<f64>,
) -> Measure {
    Measure { name, unit, about, kind: Kind::Quantity, of }
}

const fn event(name: &'static str, about: &'static str, of: fn(&Outcome) -> Option<f64>) -> Measure {
    Measure { name, unit: "", about, kind: Kind::Event, of }
}

fn yes(happened: bool) -> Option<f64> {
    Some(if happened { 1.0 } else { 0.0 })
}

fn felt(outcome: &Outcome, symptom: &str) -> Option<f64> {
    yes(outcome.donor.symptoms.iter().any(|felt| felt.name == symptom))
}

/// Change in % of what it was; none of nothing.
fn change(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| 100.0 * (after / before - 1.0))
}

fn mononuclear(outcome: &Outcome) -> f64 {
    let cells = &outcome.product.cells;
    cells.lymphocyte + cells.monocyte + cells.cd34
}

/// Every outcome, in the order of the table's columns.
pub const MEASURES: &[Measure] = &[
    event("completed", "The target was reached and every phase done", |o| yes(o.completed)),
    quantity("duration_min", "min", "From power-on to the end", |o| Some(o.duration_min)),
    quantity("collect_min", "min", "Time in which cells were collected", |o| Some(o.collect_min)),
    quantity("processed_ml", "mL", "Whole blood drawn, without anticoagulant", |o| Some(o.whole_blood_processed_ml)),
    quantity("processed_tbv", "blood volumes", "The same in blood volumes", |o| Some(o.tbv_processed)),
    quantity("inlet_flow_ml_min", "mL/min", "Mean inlet flow while collecting", |o| Some(o.inlet_flow_mean_ml_min)),
    quantity("anticoagulant_to_donor_ml", "mL", "Anticoagulant into the donor", |o| Some(o.anticoagulant_to_donor_ml)),
    quantity("citrate_mg_kg_min", "mg/kg/min", "Citrate into the donor", |o| Some(o.citrate_mean_mg_kg_min)),
    quantity("product_ml", "mL", "Volume of the product", |o| Some(o.product.volume_ml)),
    quantity("product_hematocrit_pct", "%", "Haematocrit of the product", |o| Some(o.product.hematocrit_pct)),
    quantity("dose_1e6_per_kg", "1e6/kg", "Cells of the dose for the dose weight", |o| Some(o.dose_1e6_per_kg)),
    quantity("cd34_1e6", "1e6", "CD34 positive cells in the product", |o| Some(o.product.cells.cd34 / 1e6)),
    quantity("cd3_1e9", "1e9", "T cells in the product", |o| Some(o.product.cells.cd3 / 1e9)),
    quantity("wbc_1e9", "1e9", "White cells in the product", |o| Some(o.product.cells.wbc / 1e9)),
    quantity("mononuclear_1e9", "1e9", "Mononuclear cells in the product", |o| Some(mononuclear(o) / 1e9)),
    quantity("mononuclear_pct", "% of white cells", "Mononuclear cells in the product", |o| {
        (o.product.cells.wbc > 0.0).then(|| 100.0 * mononuclear(o) / o.product.cells.wbc)
    }),
    quantity("granulocyte_1e9", "1e9", "Granulocytes in the product", |o| Some(o.product.cells.granulocyte / 1e9)),
    quantity("platelet_1e9", "1e9", "Platelets in the product", |o| Some(o.product.cells.platelet / 1e9)),
    quantity("cd34_ce2_pct", "%", "CE2 of CD34 positive cells", |o| o.efficiency.cd34.ce2_pct),
    quantity("cd3_ce2_pct", "%", "CE2 of T cells", |o| o.efficiency.cd3.ce2_pct),
    quantity("lymphocyte_ce2_pct", "%", "CE2 of lymphocytes", |o| o.efficiency.lymphocyte.ce2_pct),
    quantity("monocyte_ce2_pct", "%", "CE2 of monocytes", |o| o.efficiency.monocyte.ce2_pct),
    quantity("granulocyte_ce2_pct", "%", "CE2 of granulocytes", |o| o.efficiency.granulocyte.ce2_pct),
    quantity("platelet_ce2_pct", "%", "CE2 of platelets", |o| o.efficiency.platelet.ce2_pct),
    quantity("wbc_ce1_pct", "%", "CE1 of white cells", |o| o.efficiency.wbc.ce1_pct),
    quantity("cd34_of_pool", "", "CD34 collected over those in the blood before", |o| {
        let pool = o.donor.pre.cd34_per_ul * o.tbv_ml * 1e3;
        (pool > 0.0).then(|| o.product.cells.cd34 / pool)
    }),
    quantity("pre_hematocrit_pct", "%", "Haematocrit before", |o| Some(o.donor.pre.hematocrit_pct)),
    quantity("pre_wbc_1e9_l", "1e9/L", "White cells before", |o| Some(o.donor.pre.wbc_1e9_l)),
    quantity("pre_platelet_1e9_l", "1e9/L", "Platelets before", |o| Some(o.donor.pre.platelet_1e9_l)),
    quantity("pre_cd34_per_ul", "/uL", "CD34 positive cells before", |o| Some(o.donor.pre.cd34_per_ul)),
    quantity("pre_cd3_per_ul", "/uL", "T cells before", |o| Some(o.donor.pre.cd3_per_ul)),
    quantity("post_platelet_1e9_l", "1e9/L", "Platelets after", |o| Some(o.donor.post.platelet_1e9_l)),
    quantity("hematocrit_change_pct", "%", "Change of the donor's haematocrit", |o| {
        change(o.donor.pre.hematocrit_pct, o.donor.post.hematocrit_pct)
    }),
    quantity("platelet_change_pct", "%", "Change of the donor's platelets", |o| {
        change(o.donor.pre.platelet_1e9_l, o.donor.post.platelet_1e9_l)
    }),
    quantity(
        "platelet_fall_per_100e6_cd34_pct",
        "% per 100e6",
        "Fall of the donor's platelets for each 100e6 CD34 collected",
        |o| {
            let cells = o.product.cells.cd34 / 1e8;
            let fall = change(o.donor.pre.platelet_1e9_l, o.donor.post.platelet_1e9_l)?;
            (cells > 0.0).then(|| -fall / cells)
        },
    ),
    quantity("wbc_change_pct", "%", "Change of the donor's white cells", |o| {
        change(o.donor.pre.wbc_1e9_l, o.donor.post.wbc_1e9_l)
    }),
    quantity("mononuclear_change_pct", "%", "Change of the donor's lymphocytes and monocytes", |o| {
        let sum = |counts: &leuka_procedure::Counts| counts.lymphocyte_1e9_l + counts.monocyte_1e9_l;
        change(sum(&o.donor.pre), sum(&o.donor.post))
    }),
    quantity("lymphocyte_change_pct", "%", "Change of the donor's lymphocytes", |o| {
        change(o.donor.pre.lymphocyte_1e9_l, o.donor.post.lymphocyte_1e9_l)
    }),
    quantity("cd34_change_pct", "%", "Change of the donor's CD34 positive cells", |o| {
        change(o.donor.pre.cd34_per_ul, o.donor.post.cd34_per_ul)
    }),
    quantity("calcium_change_pct", "%", "Lowest ionised calcium against that before", |o| {
        change(o.donor.pre.ionised_calcium_mmol_l, o.donor.nadir.ionised_calcium_mmol_l)
    }),
    quantity("calcium_low_mmol_l", "mmol/L", "Lowest ionised calcium", |o| Some(o.donor.nadir.ionised_calcium_mmol_l)),
    quantity("citrate_peak_mmol_l", "mmol/L", "Highest plasma citrate", |o| Some(o.donor.peak.citrate_mmol_l)),
    quantity("systolic_low_mmhg", "mmHg", "Lowest systolic pressure", |o| Some(o.donor.nadir.systolic_mmhg)),
    quantity("heart_rate_high_per_min", "/min", "Highest heart rate", |o| Some(o.donor.peak.heart_rate_per_min)),
    quantity("fluid_balance_ml", "mL", "Received less drawn", |o| Some(o.donor.fluid_balance_ml)),
    quantity("alarms", "", "Alarms", |o| {
        #[expect(clippy::cast_precision_loss, reason = "a handful of alarms")]
        let count = o.alarms.len() as f64;
        Some(count)
    }),
    event("any_symptom", "The donor felt something", |o| yes(!o.donor.symptoms.is_empty())),
    event("tingling", "The donor felt tingling", |o| felt(o, "tingling")),
    event("cramps", "The donor felt cramps", |o| felt(o, "cramps")),
    event("faint", "The donor felt faint", |o| felt(o, "faint")),
    event("systolic_below_90", "Systolic pressure fell below 90 mmHg", |o| yes(o.donor.nadir.systolic_mmhg < 90.0)),
    event("calcium_below_0_9", "Ionised calcium fell below 0.9 mmol/L", |o| {
        yes(o.donor.nadir.ionised_calcium_mmol_l < 0.9)
    }),
    event("high_alarm", "An alarm of high priority", |o| yes(o.alarms.iter().any(|alarm| alarm.priority == "high"))),
];
