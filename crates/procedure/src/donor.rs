//! The donor file.

use leuka_blood::quantity::{
    CellConcentration, Concentration, Fraction, Frequency, Length, Mass, MassConcentration, Pressure, Temperature,
    TimeSpan, Volume,
};
use leuka_blood::{PerPopulation, Population, Sex};
use leuka_donor::{Course, Description, Mobilisation};

use crate::file::field::{Field, Preset, choice, flag, number, text};
use crate::file::{Document, Problem};
use crate::inputs::DoseCells;
use crate::prescription::sex;

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
    flag(
        "g_csf_mobilised",
        false,
        "Mobilised with G-CSF: neutrophils are lighter, and counts fall again in the days after",
    ),
    number("g_csf_ug_kg", "ug/kg", 0.5, 50.0, Preset::Number(10.0), "Daily dose of G-CSF of a mobilised donor"),
    number(
        "g_csf_doses",
        "doses",
        1.0,
        30.0,
        Preset::Optional("5 of a donor who is g_csf_mobilised, none of another"),
        "Daily doses of G-CSF so far",
    ),
    number("g_csf_last_dose_h", "h", 0.0, 1000.0, Preset::Number(4.0), "Hours since the last of them"),
    number(
        "mobilisation_response",
        "of the usual",
        0.01,
        5.0,
        Preset::Number(1.0),
        "Answer to G-CSF that is still to come: 0.2 is a poor mobiliser",
    ),
    number(
        "marrow_factor",
        "of normal",
        0.0,
        1.5,
        Preset::Number(1.0),
        "How well the marrow makes a loss good: 1 healthy, 0.3 soon after chemotherapy",
    ),
    number(
        "usual_platelet_1e9_l",
        "1e9/L",
        5.0,
        1500.0,
        Preset::Optional("the count of the day; the higher one before, of a donor who is mobilised"),
        "Platelets that the marrow returns to, in the days after a collection",
    ),
    number(
        "usual_hematocrit_pct",
        "%",
        15.0,
        60.0,
        Preset::Optional("that of the day"),
        "Haematocrit that the marrow returns to, in the days after a collection",
    ),
    number("ionised_calcium_mmol_l", "mmol/L", 0.6, 1.6, Preset::Number(1.25), "Ionised calcium"),
    number("ionised_magnesium_mmol_l", "mmol/L", 0.2, 1.5, Preset::Optional("a usual value"), "Ionised magnesium"),
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
        "splenic_platelet_pct",
        "% of all platelets",
        5.0,
        95.0,
        Preset::Optional("a third, as usual"),
        "Platelets that stand in the spleen and come into the blood as it is collected; more in a large spleen",
    ),
    choice("vein_quality", &["good", "fair", "poor"], Preset::Text("good"), "Arm veins that needles are placed in"),
    flag("first_time", false, "Gives for the first time: faints more easily"),
    number("anxiety", "of the greatest", 0.0, 1.0, Preset::Number(0.0), "Anxiety: faints more easily"),
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
    if file.gives("g_csf_doses") && file.flag("g_csf_mobilised") != Some(true) {
        problems
            .push(file.problem("g_csf_doses", "is given: set g_csf_mobilised = true as well, or leave the doses out"));
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

/// The T cells' part of the lymphocytes where they were not counted.
const USUAL_T_CELL_SHARE: f64 = 0.72;
/// Haemoglobin inside red cells, g/dL, where it was not measured.
const USUAL_RED_CELL_HEMOGLOBIN_G_DL: f64 = 33.5;

/// The donor as the file describes, with what follows from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) sex: Sex,
    pub(crate) age_years: f64,
    pub(crate) height: Length,
    pub(crate) weight: Mass,
    /// By the published formula, which is what a machine works with.
    pub(crate) formula_blood_volume: Volume,
    /// The true one, which may be another.
    pub(crate) blood_volume: Volume,
    pub(crate) hematocrit: Fraction,
    pub(crate) hemoglobin: MassConcentration,
    pub(crate) platelets: CellConcentration,
    pub(crate) white_cells: CellConcentration,
    pub(crate) ionised_calcium: Concentration,
    pub(crate) cells: PerPopulation<CellConcentration>,
}

impl Person {
    /// Reads a checked donor file.
    pub(crate) fn read(file: &Document) -> Result<Self, Problem> {
        let number = |path: &str| file.number(path).ok_or_else(|| file.problem(path, "is missing: give it"));
        let (sex, age_years) = (sex(file), number("age_years")?);
        let (height, weight) = (Length::from_cm(number("height_cm")?), Mass::from_kg(number("weight_kg")?));
        let formula = leuka_dose::total_blood_volume(sex, age_years, height, weight)
            .map_err(|error| file.problem("weight_kg", error.to_string()))?;
        let hematocrit = Fraction::from_pct(number("hematocrit_pct")?);
        Ok(Self {
            sex,
            age_years,
            height,
            weight,
            formula_blood_volume: formula.volume,
            blood_volume: file.number("total_blood_volume_ml").map_or(formula.volume, Volume::from_ml),
            hematocrit,
            hemoglobin: MassConcentration::from_g_dl(
                file.number("hemoglobin_g_dl").unwrap_or(USUAL_RED_CELL_HEMOGLOBIN_G_DL * hematocrit.fraction()),
            ),
            platelets: CellConcentration::from_1e9_l(number("platelet_1e9_l")?),
            white_cells: CellConcentration::from_1e9_l(number("wbc_1e9_l")?),
            ionised_calcium: Concentration::from_mmol_l(number("ionised_calcium_mmol_l")?),
            cells: cells(file, &number)?,
        })
    }

    /// The count of the dose's cells before the procedure.
    pub(crate) fn pre_count(&self, cells: DoseCells) -> CellConcentration {
        let populations = cells.groups().iter().flat_map(|group| group.members());
        populations.fold(CellConcentration::ZERO, |sum, &population| sum + self.cells[population])
    }

    /// The body that the donor model is built from.
    pub(crate) fn description(&self, file: &Document, parameters: &leuka_donor::Parameters) -> Description {
        let typical =
            Description::typical(self.sex, self.age_years, self.height, self.weight, self.blood_volume, parameters);
        let given = |path, otherwise: f64| file.number(path).unwrap_or(otherwise);
        Description {
            hematocrit: self.hematocrit,
            hemoglobin: self.hemoglobin,
            cells: self.cells,
            ionised_calcium: self.ionised_calcium,
            ionised_magnesium: Concentration::from_mmol_l(given(
                "ionised_magnesium_mmol_l",
                typical.ionised_magnesium.mmol_l(),
            )),
            albumin: MassConcentration::from_g_l(given("albumin_g_l", typical.albumin.g_l())),
            heart_rate: Frequency::from_per_min(given("heart_rate_per_min", typical.heart_rate.per_min())),
            systolic: Pressure::from_mmhg(given("systolic_mmhg", typical.systolic.mmhg())),
            diastolic: Pressure::from_mmhg(given("diastolic_mmhg", typical.diastolic.mmhg())),
            temperature: Temperature::from_celsius(given("temperature_c", typical.temperature.celsius())),
            liver_factor: Fraction::from_fraction(given("liver_factor", 1.0)),
            splenic_platelets: file
                .number("splenic_platelet_pct")
                .map_or(typical.splenic_platelets, Fraction::from_pct),
            marrow_factor: Fraction::from_fraction(given("marrow_factor", 1.0)),
            usual_platelets: file.number("usual_platelet_1e9_l").map(CellConcentration::from_1e9_l),
            usual_hematocrit: file.number("usual_hematocrit_pct").map(Fraction::from_pct),
            mobilisation: Mobilisation { response: given("mobilisation_response", 1.0), course: course(file) },
            first_time: file.flag("first_time").unwrap_or(false),
            anxiety: Fraction::from_fraction(given("anxiety", 0.0)),
            ..typical
        }
    }
}

/// Doses of a mobilised donor whose file does not count them.
const USUAL_DOSES: f64 = 5.0;

/// The course of G-CSF that the donor is in.
pub(crate) fn course(file: &Document) -> Option<Course> {
    if file.flag("g_csf_mobilised") != Some(true) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be from 1 to 30")]
    let doses = file.number("g_csf_doses").unwrap_or(USUAL_DOSES) as u32;
    Some(Course {
        ug_per_kg: file.number("g_csf_ug_kg")?,
        doses,
        since_last_dose: TimeSpan::from_hours(file.number("g_csf_last_dose_h")?),
    })
}

/// The differential count as concentrations: it is scaled so that, with the CD34+ cells, it adds up to the white count.
fn cells(
    file: &Document,
    number: &impl Fn(&str) -> Result<f64, Problem>,
) -> Result<PerPopulation<CellConcentration>, Problem> {
    let wbc_per_ul = number("wbc_1e9_l")? * 1e3;
    let cd34_per_ul = number("cd34_per_ul")?;
    let mut sum_pct = 0.0;
    for path in DIFFERENTIAL {
        sum_pct += number(path)?;
    }
    let part = |path: &str| Ok::<_, Problem>((wbc_per_ul - cd34_per_ul) * number(path)? / sum_pct);
    let (lymphocytes, granulocytes) = (part("lymphocyte_pct")?, part("granulocyte_pct")?);
    let t_cells = file.number("cd3_per_ul").unwrap_or(USUAL_T_CELL_SHARE * lymphocytes).min(lymphocytes);
    let eosinophils = part("eosinophil_pct")?.min(granulocytes);
    let (monocytes, blasts) = (part("monocyte_pct")?, part("blast_pct")?);
    let platelets = number("platelet_1e9_l")? * 1e3;
    Ok(PerPopulation::from_fn(|population| {
        CellConcentration::from_per_ul(match population {
            Population::Erythrocyte => 0.0,
            Population::Platelet => platelets,
            Population::TCell => t_cells,
            Population::OtherLymphocyte => lymphocytes - t_cells,
            Population::Monocyte => monocytes,
            Population::Cd34 => cd34_per_ul,
            Population::Neutrophil => granulocytes - eosinophils,
            Population::Eosinophil => eosinophils,
            Population::Blast => blasts,
        })
    }))
}
