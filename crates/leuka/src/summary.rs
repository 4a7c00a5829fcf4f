//! The summary at the end of a run, in words that a nurse would use.

use std::path::Path;

use leuka_procedure::{Believed, Counts, DaySample, Inputs, Outcome, Recovery};
use leuka_report::{NOT_A_DEVICE, table};

/// The summary of a run whose folder is at `path`.
pub(crate) fn text(inputs: &Inputs, outcome: &Outcome, path: &Path, recovery: Option<&Recovery>) -> String {
    let mut text = format!("\n{}\n\n", headline(inputs, outcome));
    text += &collected(inputs, outcome);
    text += &filtered(outcome);
    text += "\n";
    text += &before_and_after(&outcome.donor.pre, &outcome.donor.post);
    text += "\n";
    text += &watched(outcome);
    text += &alarms(outcome);
    text += &format!("\nPicture: {}\n", path.join("run.svg").display());
    if let Some(recovery) = recovery {
        text += &afterwards(recovery, path);
    }
    text += "\nNext:\n";
    text += "  leuka run --set protocol.target.tbv_multiple=3.6      process more of the blood volume\n";
    text += "  leuka run --protocol protocols/cd3-car-t.toml --donor donors/car-t-82kg.toml\n";
    text += "  leuka schema protocol                                 what a protocol file can say\n";
    text + "\n" + NOT_A_DEVICE + "\n"
}

fn headline(inputs: &Inputs, outcome: &Outcome) -> String {
    let how = if outcome.completed { "Completed" } else { "Ended early" };
    format!("{how}: {} ({}), {:.0} minutes", inputs.protocol_title(), outcome.end_reason, outcome.duration_min)
}

fn collected(inputs: &Inputs, outcome: &Outcome) -> String {
    let cells = inputs.dose_cells();
    // Several groups together have no efficiency of their own.
    let efficiency = match cells.groups() {
        [group] => outcome.efficiency.get(*group).ce2_pct.map(|ce2| format!(", efficiency (CE2) {ce2:.0} %")),
        _ => None,
    };
    let product = &outcome.product;
    format!(
        "Processed  {:.2} L of blood, {:.2} blood volumes, in {:.0} min at {:.0} mL/min inlet\n\
         Collected  {:.2} x1e6 {} cells per kg{}\n\
         {}\
         Product    {:.0} mL, haematocrit {:.1} %, white cells {:.1} x1e9, platelets {:.0} x1e9\n",
        outcome.whole_blood_processed_ml / 1000.0,
        outcome.tbv_processed,
        outcome.collect_min,
        outcome.inlet_flow_mean_ml_min,
        outcome.dose_1e6_per_kg,
        cells.label(),
        efficiency.unwrap_or_default(),
        believed(&outcome.dose_believed),
        product.volume_ml,
        product.hematocrit_pct,
        product.cells.wbc / 1e9,
        product.cells.platelet / 1e9,
    )
}

/// The dose as the machine believed it, beside what was collected.
fn believed(believed: &Believed) -> String {
    let [low, high] = believed.band_80_1e6_per_kg;
    format!(
        "Believed   {:.2} x1e6/kg, 80 % band {low:.2} to {high:.2}; goal {:.2} with {:.0} %, minimum {:.2} with {:.0} %\n",
        believed.median_1e6_per_kg,
        believed.goal_1e6_per_kg,
        believed.goal_pct,
        believed.minimum_1e6_per_kg,
        believed.minimum_pct,
    )
}

fn filtered(outcome: &Outcome) -> String {
    let Some(filtration) = &outcome.filtration else { return String::new() };
    let eluted = filtration.eluted.map_or_else(String::new, |eluted| {
        format!(
            "Eluted     {:.0} % of the granulocytes that adhered, {:.0} % of them living; recovery after transfusion {:.0} % ({:.0} % by centrifuge)\n",
            eluted.granulocyte_recovery_pct,
            eluted.viability_pct,
            eluted.post_transfusion_recovery_pct,
            eluted.post_transfusion_recovery_centrifuged_pct,
        )
    });
    format!(
        "Filter     holds {:.1} x1e9 white cells, took {:.0} mmHg at most\n{eluted}",
        filtration.held_wbc / 1e9,
        filtration.pressure_peak_mmhg,
    )
}

fn before_and_after(pre: &Counts, post: &Counts) -> String {
    let row = |name: &str, unit: &str, digits: usize, value: fn(&Counts) -> f64| {
        let (before, after) = (value(pre), value(post));
        let change = if before > 0.0 { format!("{:+.0} %", (after / before - 1.0) * 100.0) } else { String::new() };
        vec![format!("{name}, {unit}"), format!("{before:.digits$}"), format!("{after:.digits$}"), change]
    };
    table(
        &["Donor", "before", "after", "change"],
        &[
            row("Haematocrit", "%", 1, |counts| counts.hematocrit_pct),
            row("Haemoglobin", "g/dL", 1, |counts| counts.hemoglobin_g_dl),
            row("White cells", "1e9/L", 1, |counts| counts.wbc_1e9_l),
            row("Platelets", "1e9/L", 0, |counts| counts.platelet_1e9_l),
            row("CD34+", "/uL", 1, |counts| counts.cd34_per_ul),
            row("CD3+", "/uL", 0, |counts| counts.cd3_per_ul),
            row("Ionised calcium", "mmol/L", 2, |counts| counts.ionised_calcium_mmol_l),
        ],
    )
}

fn watched(outcome: &Outcome) -> String {
    let donor = &outcome.donor;
    let symptoms = match donor.symptoms.as_slice() {
        [] => "none".to_owned(),
        felt => felt
            .iter()
            .map(|symptom| format!("{} (min {:.0})", symptom.name, symptom.at_min))
            .collect::<Vec<_>>()
            .join(", "),
    };
    format!(
        "Lowest     ionised calcium {:.2} mmol/L, systolic {:.0} mmHg, oxygen saturation {:.0} %\n\
         Highest    citrate {:.2} mmol/L, heart rate {:.0} /min\n\
         Citrate    {:.2} mg/kg/min on average, anticoagulant to the donor {:.0} mL, fluid balance {:+.0} mL\n\
         Symptoms   {symptoms}\n",
        donor.nadir.ionised_calcium_mmol_l,
        donor.nadir.systolic_mmhg,
        donor.nadir.spo2_pct,
        donor.peak.citrate_mmol_l,
        donor.peak.heart_rate_per_min,
        outcome.citrate_mean_mg_kg_min,
        outcome.anticoagulant_to_donor_ml,
        donor.fluid_balance_ml,
    )
}

fn alarms(outcome: &Outcome) -> String {
    let lines = outcome
        .alarms
        .iter()
        .map(|alarm| format!("           {:5.0} min  {:6}  {}\n", alarm.at_min, alarm.priority, alarm.reason));
    match outcome.alarms.len() {
        0 => "Alarms     none\n".to_owned(),
        count => format!("Alarms     {count}\n{}", lines.collect::<String>()),
    }
}

/// Counts at the end of the run, after hours, and once a day.
fn afterwards(recovery: &Recovery, path: &Path) -> String {
    let shown = |sample: &&DaySample| sample.time_h % 24.0 == 0.0 || sample.time_h == 2.0 || sample.time_h == 8.0;
    let rows: Vec<_> = recovery
        .samples
        .iter()
        .filter(shown)
        .map(|sample| {
            let counts = &sample.counts;
            vec![
                if sample.time_h < 24.0 {
                    format!("{:.0} h", sample.time_h)
                } else {
                    format!("{:.0} d", sample.time_h / 24.0)
                },
                format!("{:.0}", counts.platelet_1e9_l),
                format!("{:.1}", counts.wbc_1e9_l),
                format!("{:.1}", counts.cd34_per_ul),
                format!("{:.1}", counts.hematocrit_pct),
                format!("{:.2}", counts.ionised_calcium_mmol_l),
            ]
        })
        .collect();
    let header = ["After the run", "Platelets, 1e9/L", "White cells, 1e9/L", "CD34+, /uL", "Hct, %", "iCa, mmol/L"];
    format!(
        "\n{}\nPicture: {}\nSecond day: leuka run --donor {}\n",
        table(&header, &rows),
        path.join("recovery.svg").display(),
        path.join("donor-next-day.toml").display()
    )
}
