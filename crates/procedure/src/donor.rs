//! The donor file.

use crate::file::field::{Field, Preset, choice, flag, number, text};
use crate::file::{Document, Problem};

pub(crate) const FIELDS: &[Field] = &[
    choice("schema", &["leuka.donor/1"], Preset::Required, "Version of this file's form"),
    text("id", Preset::Text("DONOR-1"), "Identifier, as on the wristband"),
    text("name", Preset::Text("unnamed"), "Name, the second identifier"),
    choice("sex", &["female", "male"], Preset::Required, "Sex, as the blood-volume formulas use it"),
    number("age_years", "years", 0.1, 100.0, Preset::Required, "Age"),
    number("height_cm", "cm", 50.0, 220.0, Preset::Required, "Height"),
    number("weight_kg", "kg", 4.0, 250.0, Preset::Required, "Body weight"),
    number("hematocrit_pct", "%", 15.0, 60.0, Preset::Required, "Venous haematocrit on the day"),
    number(
        "hemoglobin_g_dl",
        "g/dL",
        5.0,
        20.0,
        Preset::Optional("haematocrit times 33.5 g/dL, the usual concentration inside red cells"),
        "Haemoglobin on the day",
    ),
    number("wbc_1e9_l", "1e9/L", 0.2, 500.0, Preset::Required, "White cells"),
    number("lymphocyte_pct", "% of white cells", 0.0, 100.0, Preset::Required, "Lymphocytes"),
    number("monocyte_pct", "% of white cells", 0.0, 100.0, Preset::Required, "Monocytes"),
    number("granulocyte_pct", "% of white cells", 0.0, 100.0, Preset::Required, "Neutrophils and eosinophils together"),
    number(
        "eosinophil_pct",
        "% of white cells",
        0.0,
        60.0,
        Preset::Number(2.0),
        "Eosinophils, a part of the granulocytes; lowered to them when larger",
    ),
    number("blast_pct", "% of white cells", 0.0, 100.0, Preset::Number(0.0), "Leukaemic blasts"),
    number("platelet_1e9_l", "1e9/L", 5.0, 1500.0, Preset::Required, "Platelets"),
    number(
        "cd34_per_ul",
        "/uL",
        0.0,
        1000.0,
        Preset::Number(2.0),
        "CD34 positive cells; 2/uL is a usual count without mobilisation",
    ),
    number(
        "cd3_per_ul",
        "/uL",
        0.0,
        20000.0,
        Preset::Optional("72 % of the lymphocytes"),
        "T lymphocytes (CD3 positive)",
    ),
    flag("g_csf_mobilised", false, "Mobilised with G-CSF: neutrophils are lighter"),
    number("ionised_calcium_mmol_l", "mmol/L", 0.6, 1.6, Preset::Number(1.25), "Ionised calcium"),
    number("magnesium_mmol_l", "mmol/L", 0.4, 1.5, Preset::Number(0.85), "Total magnesium"),
    number("potassium_mmol_l", "mmol/L", 2.0, 7.0, Preset::Number(4.0), "Potassium"),
    number("albumin_g_l", "g/L", 15.0, 60.0, Preset::Number(43.0), "Albumin"),
    number("heart_rate_per_min", "/min", 35.0, 200.0, Preset::Optional("by age"), "Heart rate at rest"),
    number("systolic_mmhg", "mmHg", 60.0, 220.0, Preset::Optional("by age"), "Systolic blood pressure at rest"),
    number("diastolic_mmhg", "mmHg", 30.0, 130.0, Preset::Optional("by age"), "Diastolic blood pressure at rest"),
    number("temperature_c", "C", 34.0, 41.0, Preset::Number(36.7), "Body temperature"),
    number(
        "liver_factor",
        "of normal",
        0.1,
        1.5,
        Preset::Number(1.0),
        "Citrate metabolism: 1 healthy, 0.5 cirrhosis, 0.25 liver failure",
    ),
    number(
        "vein_quality",
        "of normal",
        0.2,
        1.5,
        Preset::Number(1.0),
        "Flow that the vein can give: 1 a good forearm vein",
    ),
    number(
        "total_blood_volume_ml",
        "mL",
        200.0,
        12000.0,
        Preset::Optional("the volume that the formula for age, sex, height and weight gives"),
        "True total blood volume, where it differs from the formula that the machine uses",
    ),
    flag("consent", true, "Consent is signed"),
    flag("infection_markers_negative", true, "Infection markers are negative"),
    flag("pregnant", false, "Pregnancy test is positive"),
    flag("ace_inhibitor", false, "Takes an ACE inhibitor"),
];

/// What no single field can tell: that the differential count adds up and that no part is larger than its whole.
pub(crate) fn check(file: &Document) -> Vec<Problem> {
    let number = |path: &str| file.number(path).unwrap_or(0.0);
    let mut problems = Vec::new();
    let sum = DIFFERENTIAL.iter().map(|path| number(path)).sum::<f64>();
    if (sum - 100.0).abs() > 1.0 {
        problems.push(file.problem(
            "granulocyte_pct",
            format!(
                "lymphocytes, monocytes, granulocytes and blasts add up to {sum} %: they must add up to 100 within 1"
            ),
        ));
    }
    let lymphocytes_per_ul = number("wbc_1e9_l") * 1e3 * number("lymphocyte_pct") / 100.0;
    if file.gives("cd3_per_ul") && number("cd3_per_ul") > lymphocytes_per_ul {
        problems.push(file.problem(
            "cd3_per_ul",
            format!("is {} /uL, more than all lymphocytes ({lymphocytes_per_ul:.0} /uL by wbc_1e9_l and lymphocyte_pct): lower it or raise them", number("cd3_per_ul")),
        ));
    }
    if number("cd34_per_ul") > number("wbc_1e9_l") * 1e3 {
        problems.push(file.problem("cd34_per_ul", "is more than all white cells: lower it or raise wbc_1e9_l"));
    }
    if let (Some(systolic), Some(diastolic)) = (file.number("systolic_mmhg"), file.number("diastolic_mmhg"))
        && systolic < diastolic + 15.0
    {
        problems.push(file.problem(
            "diastolic_mmhg",
            format!("is {diastolic} mmHg: it must be at least 15 below systolic_mmhg, {systolic}"),
        ));
    }
    problems
}

const DIFFERENTIAL: [&str; 4] = ["lymphocyte_pct", "monocyte_pct", "granulocyte_pct", "blast_pct"];
