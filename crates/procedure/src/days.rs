//! Hours and days of the donor without a machine: before a procedure and after it.

use leuka_blood::quantity::TimeSpan;
use leuka_donor::{Course, Donor};
use leuka_report::{Panel, Picture, Series, Stage};
use toml::Value;

use crate::file::Document;
use crate::laboratory::counts;
use crate::mobilise::{COLLECTION_H, Mobilised};
use crate::outcome::Counts;
use crate::recovery::Recovery;

/// A venous sample in the days around a procedure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DaySample {
    /// Time from the start of what is followed.
    pub time_h: f64,
    /// The blood counts and ionised calcium.
    pub counts: Counts,
    /// Parathyroid hormone, per cent of rest.
    pub parathyroid_hormone_pct: f64,
    /// Potassium of plasma.
    pub potassium_mmol_l: f64,
    /// Bicarbonate of plasma.
    pub bicarbonate_mmol_l: f64,
}

impl DaySample {
    /// The columns of [`days_csv`].
    const COLUMNS: [Curve; 14] = [
        ("time_h", |sample| sample.time_h),
        ("hematocrit_pct", |sample| sample.counts.hematocrit_pct),
        ("hemoglobin_g_dl", |sample| sample.counts.hemoglobin_g_dl),
        ("wbc_1e9_l", |sample| sample.counts.wbc_1e9_l),
        ("lymphocyte_1e9_l", |sample| sample.counts.lymphocyte_1e9_l),
        ("monocyte_1e9_l", |sample| sample.counts.monocyte_1e9_l),
        ("granulocyte_1e9_l", |sample| sample.counts.granulocyte_1e9_l),
        ("platelet_1e9_l", |sample| sample.counts.platelet_1e9_l),
        ("cd34_per_ul", |sample| sample.counts.cd34_per_ul),
        ("cd3_per_ul", |sample| sample.counts.cd3_per_ul),
        ("ionised_calcium_mmol_l", |sample| sample.counts.ionised_calcium_mmol_l),
        ("parathyroid_hormone_pct", |sample| sample.parathyroid_hormone_pct),
        ("potassium_mmol_l", |sample| sample.potassium_mmol_l),
        ("bicarbonate_mmol_l", |sample| sample.bicarbonate_mmol_l),
    ];

    pub(crate) fn of(donor: &Donor, time_h: f64) -> Self {
        let blood = donor.blood();
        Self {
            time_h,
            counts: counts(donor),
            parathyroid_hormone_pct: blood.parathyroid_hormone.pct(),
            potassium_mmol_l: blood.potassium.mmol_l(),
            bicarbonate_mmol_l: blood.bicarbonate.mmol_l(),
        }
    }
}

/// Takes a sample now and after each of `hours` hours; `before` acts on the donor at the start of each hour, before
/// the sample.
pub(crate) fn follow(donor: &mut Donor, hours: u32, mut before: impl FnMut(u32, &mut Donor)) -> Vec<DaySample> {
    let mut samples = Vec::new();
    for hour in 0..=hours {
        before(hour, donor);
        samples.push(DaySample::of(donor, f64::from(hour)));
        if hour < hours {
            donor.advance(TimeSpan::from_hours(1.0));
        }
    }
    samples
}

/// The samples as a CSV file.
#[must_use]
pub fn days_csv(samples: &[DaySample]) -> String {
    let mut text = DaySample::COLUMNS.map(|(name, _)| name).join(",") + "\n";
    for sample in samples {
        text += &DaySample::COLUMNS.map(|(_, value)| format!("{:.4}", value(sample))).join(",");
        text.push('\n');
    }
    text
}

/// A picture of a mobilisation by day; the collection of the best hour is shaded.
#[must_use]
pub fn mobilisation_picture(title: &str, mobilised: &Mobilised) -> Picture {
    let best_h = f64::from(mobilised.best_h);
    let collection = Stage { from: best_h / 24.0, to: (best_h + f64::from(COLLECTION_H)) / 24.0 };
    Picture {
        title: title.to_owned(),
        x_label: "time, days".into(),
        panels: cell_panels(&mobilised.samples),
        stages: vec![collection],
    }
}

/// A picture of the days after a run.
#[must_use]
pub fn recovery_picture(title: &str, recovery: &Recovery) -> Picture {
    let samples = &recovery.samples;
    let mut panels = cell_panels(samples);
    panels.push(panel(samples, "haematocrit, %", &[("haematocrit", |sample| sample.counts.hematocrit_pct)]));
    panels.push(panel(samples, "mmol/L", &[("ionised calcium", |sample| sample.counts.ionised_calcium_mmol_l)]));
    Picture { title: title.to_owned(), x_label: "time, days".into(), panels, stages: Vec::new() }
}

fn cell_panels(samples: &[DaySample]) -> Vec<Panel> {
    vec![
        panel(samples, "CD34+, /uL", &[("CD34+", |sample| sample.counts.cd34_per_ul)]),
        panel(
            samples,
            "cells, 1e9/L",
            &[
                ("white cells", |sample| sample.counts.wbc_1e9_l),
                ("granulocytes", |sample| sample.counts.granulocyte_1e9_l),
                ("lymphocytes", |sample| sample.counts.lymphocyte_1e9_l),
                ("monocytes", |sample| sample.counts.monocyte_1e9_l),
            ],
        ),
        panel(samples, "platelets, 1e9/L", &[("platelets", |sample| sample.counts.platelet_1e9_l)]),
    ]
}

/// A curve's name and its value in a sample.
type Curve = (&'static str, fn(&DaySample) -> f64);

fn panel(samples: &[DaySample], label: &str, curves: &[Curve]) -> Panel {
    let series = |&(label, value): &Curve| Series {
        label: label.to_owned(),
        points: samples.iter().map(|sample| (sample.time_h / 24.0, value(sample))).collect(),
    };
    Panel { label: label.to_owned(), series: curves.iter().map(series).collect(), limits: Vec::new() }
}

/// A donor file like `file`, with these counts of this donor and in this course of G-CSF. `story` says where they come
/// from.
pub(crate) fn donor_file(
    file: &Document,
    donor: &Donor,
    counts: &Counts,
    course: Option<&Course>,
    story: &str,
) -> String {
    let mut table = file.given().clone();
    let rest_1e9_l = counts.wbc_1e9_l - counts.cd34_per_ul * 1e-3;
    let known_1e9_l = counts.lymphocyte_1e9_l + counts.monocyte_1e9_l + counts.granulocyte_1e9_l;
    let pct = |part_1e9_l: f64| 100.0 * part_1e9_l / rest_1e9_l.max(1e-9);
    let mut set = |key: &str, value: f64| {
        table.insert(key.to_owned(), Value::Float(leuka_blood::math::round(value * 1e4) / 1e4));
    };
    set("hematocrit_pct", counts.hematocrit_pct);
    set("hemoglobin_g_dl", counts.hemoglobin_g_dl);
    set("wbc_1e9_l", counts.wbc_1e9_l);
    set("lymphocyte_pct", pct(counts.lymphocyte_1e9_l));
    set("monocyte_pct", pct(counts.monocyte_1e9_l));
    set("granulocyte_pct", pct(counts.granulocyte_1e9_l));
    set("blast_pct", pct((rest_1e9_l - known_1e9_l).max(0.0)));
    set("platelet_1e9_l", counts.platelet_1e9_l);
    set("cd34_per_ul", counts.cd34_per_ul);
    set("cd3_per_ul", counts.cd3_per_ul.min(counts.lymphocyte_1e9_l * 1e3));
    set("usual_platelet_1e9_l", donor.usual_platelets().count_1e9_l());
    set("usual_hematocrit_pct", donor.usual_hematocrit().pct());
    set("ionised_calcium_mmol_l", counts.ionised_calcium_mmol_l);
    if let Some(course) = course {
        set("g_csf_ug_kg", course.ug_per_kg);
        set("g_csf_doses", f64::from(course.doses));
        set("g_csf_last_dose_h", course.since_last_dose.hours());
    }
    table.insert("g_csf_mobilised".into(), Value::Boolean(course.is_some()));
    format!("# {story}\n{table}")
}
