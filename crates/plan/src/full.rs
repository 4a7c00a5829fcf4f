//! The whole plan of a procedure's files: the distribution, the calcium forecast, the published planners beside it and,
//! when asked for, whole runs after each prime. Command line, console and Python tell this and nothing else.

use leuka_blood::quantity::{Amount, FlowRate, TimeSpan};
use leuka_procedure::file::{Override, Problem, Problems};
use leuka_procedure::{Inputs, Local, Outcome, Run, Sources, calcium_nadir};
use serde::Serialize;

use crate::formulas::{Donation, Published, published};
use crate::plan::{Plan, plan};

/// Calcium of the forecast with calcium, mmol/h for 70 kg: row G4.
pub const CALCIUM_MMOL_H: f64 = 1.8;
/// Scenarios at most in one call.
const SCENARIOS: usize = 12;
const REFERENCE_KG: f64 = 70.0;

/// A plan with what stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FullPlan {
    /// `leuka.plan/1`.
    pub schema: &'static str,
    /// What was varied, as `path=value`; empty for the plan as the files say.
    pub scenario: String,
    /// The dose as a distribution, and what it costs.
    #[serde(flatten)]
    pub plan: Plan,
    /// Lowest ionised calcium, mmol/L.
    pub ionised_calcium_nadir_mmol_l: f64,
    /// The same with calcium running in, mmol/L.
    pub ionised_calcium_nadir_with_calcium_mmol_l: f64,
    /// Published planners.
    pub published: Vec<Published>,
    /// Whole runs after each prime, when asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primes: Vec<Primed>,
}

/// What a whole run came to after one prime.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Primed {
    /// Saline, albumin or red cells.
    pub prime: &'static str,
    /// The target was reached.
    pub completed: bool,
    /// Why it ended.
    pub end_reason: String,
    /// True dose, 1e6/kg.
    pub dose_1e6_per_kg: f64,
    /// Haemoglobin after, g/dL.
    pub hemoglobin_after_g_dl: f64,
    /// Haematocrit after, %.
    pub hematocrit_after_pct: f64,
    /// Lowest true ionised calcium, mmol/L.
    pub ionised_calcium_nadir_mmol_l: f64,
    /// Lowest true systolic pressure, mmHg.
    pub systolic_nadir_mmhg: f64,
}

/// Plans as the files say, or once for each value of `vary` (`path=a,b,c`), with a forecast for so much calcium (mmol/h
/// for 70 kg); `primes` adds whole runs, which take seconds.
///
/// # Errors
/// What is wrong with the files, an override or `vary`: where, and what is allowed.
pub fn full_plans(
    sources: &Sources,
    vary: Option<&str>,
    calcium_mmol_h: f64,
    primes: bool,
) -> Result<Vec<FullPlan>, Problems> {
    let scenarios = match vary {
        None => vec![(String::new(), None)],
        Some(vary) => scenarios(vary)?,
    };
    let one = |(scenario, over): (String, Option<Override>)| {
        let mut sources = sources.clone();
        sources.overrides.extend(over);
        full_plan(&sources, scenario, calcium_mmol_h, primes)
    };
    scenarios.into_iter().map(one).collect()
}

/// The values of `vary`, each with the override that makes it.
fn scenarios(vary: &str) -> Result<Vec<(String, Option<Override>)>, Problem> {
    let bad = || Problem {
        file: "--vary".to_owned(),
        line: None,
        field: vary.to_owned(),
        message: format!("give a path and 1 to {SCENARIOS} values, as protocol.inlet_flow_ml_min=50,60"),
    };
    let (path, values) = vary.split_once('=').ok_or_else(bad)?;
    let values: Vec<&str> = values.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
    if values.is_empty() || values.len() > SCENARIOS {
        return Err(bad());
    }
    let one = |value: &&str| {
        let text = format!("{path}={value}");
        Ok::<_, Problem>((text.clone(), Some(Override::parse(&text)?)))
    };
    values.iter().map(one).collect()
}

fn full_plan(sources: &Sources, scenario: String, calcium_mmol_h: f64, primes: bool) -> Result<FullPlan, Problems> {
    let inputs = Inputs::read(sources)?;
    let control = Local::new(&inputs)?.into_control();
    let plan = plan(&control);
    let prescription = control.prescription();
    let (goal, donor) = (&prescription.goal, &prescription.donor);
    let blood = FlowRate::from_ml_min(plan.blood_flow_ml_min);
    let anticoagulant = blood / (prescription.anticoagulant.ratio.value() - 1.0);
    let time = TimeSpan::from_minutes(plan.planned.minutes);
    let nadir = |mmol_h: f64| {
        let calcium = Amount::from_mmol(mmol_h * donor.weight.kg() / REFERENCE_KG);
        calcium_nadir(&inputs, blood, anticoagulant, time, calcium)
    };
    Ok(FullPlan {
        schema: "leuka.plan/1",
        ionised_calcium_nadir_mmol_l: nadir(0.0)?,
        ionised_calcium_nadir_with_calcium_mmol_l: nadir(calcium_mmol_h)?,
        published: published(&Donation {
            cells: goal.cells,
            count_per_ul: goal.pre_count.per_ul(),
            wbc_1e9_l: donor.white_cells.count_1e9_l(),
            hematocrit_pct: donor.hematocrit.pct(),
            dose_weight_kg: goal.dose_weight.kg(),
            goal_1e6_per_kg: goal.goal.count_1e6_kg(),
            efficiency_pct: goal.belief.efficiency.pct(),
            tbv_l: donor.tbv.litres(),
        }),
        primes: if primes { after_each_prime(sources)? } else { Vec::new() },
        plan,
        scenario,
    })
}

/// The whole run after each prime.
fn after_each_prime(sources: &Sources) -> Result<Vec<Primed>, Problems> {
    let kinds = [
        ("saline", "protocol.red_cell_prime=false", "protocol.albumin_prime=false"),
        ("albumin", "protocol.red_cell_prime=false", "protocol.albumin_prime=true"),
        ("red cells", "protocol.red_cell_prime=true", "protocol.albumin_prime=false"),
    ];
    let one = |(prime, red, albumin): (&'static str, &str, &str)| {
        let mut sources = sources.clone();
        sources.overrides.extend([Override::parse(red)?, Override::parse(albumin)?]);
        // What a rehearsal is for: to see what would happen, not to be refused.
        sources.overrides.push(Override::parse("protocol.limits.extracorporeal_pct.automatic=40")?);
        sources.overrides.push(Override::parse("protocol.limits.extracorporeal_pct.absolute=40")?);
        let mut run = Run::new(&Inputs::read(&sources)?)?;
        while run.is_running() {
            run.pass_second();
            run.take_events();
        }
        let Outcome { completed, end_reason, dose_1e6_per_kg, donor, .. } = run.outcome();
        Ok(Primed {
            prime,
            completed,
            end_reason,
            dose_1e6_per_kg,
            hemoglobin_after_g_dl: donor.post.hemoglobin_g_dl,
            hematocrit_after_pct: donor.post.hematocrit_pct,
            ionised_calcium_nadir_mmol_l: donor.nadir.ionised_calcium_mmol_l,
            systolic_nadir_mmhg: donor.nadir.systolic_mmhg,
        })
    };
    kinds.into_iter().map(one).collect()
}
