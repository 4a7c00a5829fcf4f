//! `leuka plan`.

use std::path::PathBuf;
use std::process::ExitCode;

use leuka_plan::{CALCIUM_MMOL_H, Confidence, FullPlan, Primed, Published, full_plans};
use leuka_procedure::file::Override;
use leuka_procedure::{Sources, pretty};
use leuka_report::{Limit, NOT_A_DEVICE, Panel, Picture, Series, table};

use crate::{Failure, files};

/// Plans a collection as a distribution: how much blood and time each confidence needs, what one and two days bring, what
/// it costs the donor, and what the published planners say.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka plan --donor donors/autologous-74kg.toml --picture plan.svg
  leuka plan --set order.goal_1e6_per_kg=4 --set donor.cd34_per_ul=20
  leuka plan --vary protocol.inlet_flow_ml_min=40,50,60,70
  leuka plan --protocol protocols/cd34-child-7.7kg.toml --donor donors/child-7.7kg.toml --primes")]
pub(crate) struct Arguments {
    /// Protocol file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,
    /// Donor file (TOML); the built-in one when left out.
    #[arg(long, value_name = "FILE")]
    donor: Option<PathBuf>,
    /// Replaces a value: donor.*, protocol.*, order.* or model.CRATE.*; may be given many times.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Plans once for each of the values, side by side.
    #[arg(long, value_name = "PATH=A,B,C")]
    vary: Option<String>,
    /// Folder with model parameter files, as `leuka learn` writes one for a site.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Calcium of the forecast with calcium, mmol/h for 70 kg, by body weight (row G4).
    #[arg(long, value_name = "MMOL", default_value_t = CALCIUM_MMOL_H)]
    calcium: f64,
    /// Runs the whole procedure after a prime of saline, albumin and red cells, side by side; takes seconds.
    #[arg(long)]
    primes: bool,
    /// Prints the plan as JSON (schema leuka.plan/1).
    #[arg(long)]
    json: bool,
    /// Draws the dose and its probability along the run.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let told = full_plans(&sources(arguments)?, arguments.vary.as_deref(), arguments.calcium, arguments.primes)?;
    if let Some(path) = &arguments.picture {
        files::write(path, &picture(&told).svg())?;
    }
    match (arguments.json, told.as_slice()) {
        (true, [only]) => print!("{}", pretty(only)),
        (true, all) => print!("{}", pretty(&all)),
        (false, [only]) => print!("{}", text(only)),
        (false, all) => print!("{}", side_by_side(all)),
    }
    if let Some(path) = arguments.picture.as_ref().filter(|_| !arguments.json) {
        println!("Picture: {}", path.display());
    }
    if !arguments.json {
        println!("\n{NOT_A_DEVICE}");
    }
    Ok(ExitCode::SUCCESS)
}

fn sources(arguments: &Arguments) -> Result<Sources, Failure> {
    let read = |path: &Option<PathBuf>| path.as_deref().map(files::read).transpose();
    Ok(Sources {
        protocol: read(&arguments.protocol)?,
        donor: read(&arguments.donor)?,
        parameters: arguments.parameters.as_deref().map_or(Ok(Vec::new()), files::parameter_files)?,
        overrides: arguments.set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>()?,
        ..Sources::default()
    })
}

fn text(told: &FullPlan) -> String {
    let plan = &told.plan;
    let planned = &plan.planned;
    let mut text = format!(
        "Goal {:.2}, minimum {:.2} x1e6/kg; count {:.1}/uL; efficiency (CE2) {:.0} %, log-sd of the dose {:.2}\n\n",
        plan.goal_1e6_per_kg, plan.minimum_1e6_per_kg, plan.count_per_ul, plan.efficiency_pct, plan.log_sd
    );
    let rows: Vec<_> = plan
        .goal
        .iter()
        .zip(&plan.minimum)
        .map(|(goal, minimum)| [vec![format!("{:.0} %", goal.confidence_pct)], cells(goal), cells(minimum)].concat())
        .collect();
    text += &table(&["Confidence", "goal: L", "TBV", "min", "minimum: L", "TBV", "min"], &rows);
    let [low, high] = planned.band_80_1e6_per_kg;
    let [lowest, highest] = planned.band_95_1e6_per_kg;
    text += &format!(
        "\nPlanned    {:.2} L, {:.0} min at {:.1} mL/min inlet\n\
         Dose       {:.2} x1e6/kg, 80 % band {low:.2} to {high:.2}, 95 % band {lowest:.2} to {highest:.2}\n\
         Odds       goal {:.0} %, minimum {:.0} %\n",
        planned.volume_l,
        planned.minutes,
        plan.inlet_flow_ml_min,
        planned.median_1e6_per_kg,
        planned.goal_pct,
        planned.minimum_pct,
    );
    for day in &plan.days {
        let days = if day.days == 1 { "one day" } else { "two days" };
        text += &format!("To the cap {days}: goal {:.0} %, minimum {:.0} %\n", day.goal_pct, day.minimum_pct);
    }
    text += &format!(
        "Donor      anticoagulant {:.0} mL, citrate {:.2} mg/kg/min, ionised calcium down to {:.2} mmol/L ({:.2} with calcium)\n\
         \x20          platelets {:.0} x1e9/L and haemoglobin {:.1} g/dL afterwards\n\
         Set        {:.1} % of the donor's blood outside: prime with {}; haemoglobin {:.1} g/dL after saline or albumin, {:.1} after red cells\n",
        plan.anticoagulant_ml,
        plan.citrate_mg_kg_min,
        told.ionised_calcium_nadir_mmol_l,
        told.ionised_calcium_nadir_with_calcium_mmol_l,
        plan.platelets_after_1e9_l,
        plan.hemoglobin_after_g_dl,
        plan.extracorporeal_pct,
        plan.prime,
        plan.hemoglobin_primed_g_dl[0],
        plan.hemoglobin_primed_g_dl[1],
    );
    for refusal in &plan.refusals {
        text += &format!("REFUSED    {refusal}\n");
    }
    for warning in &plan.warnings {
        text += &format!("Note       {warning}\n");
    }
    text + "\n" + &formulas(&told.published) + &primed(&told.primes)
}

fn cells(row: &Confidence) -> Vec<String> {
    let cell = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    vec![cell(row.volume_l, 2), cell(row.tbv, 2), cell(row.minutes, 0)]
}

fn formulas(all: &[Published]) -> String {
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let volume = one.volume_l.map_or("-".to_owned(), |litres| format!("{litres:.1}"));
            let sessions = one.sessions.map_or(String::new(), |sessions| format!(" ({sessions:.1} sessions)"));
            vec![one.name.to_owned(), volume + &sessions, one.equation.to_owned()]
        })
        .collect();
    let notes = all.iter().map(|one| format!("{}: {}; {}\n", one.name, one.source, one.error)).collect::<String>();
    table(&["Published", "L for the goal", "equation"], &rows) + &notes
}

fn primed(all: &[Primed]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            vec![
                one.prime.to_owned(),
                format!("{:.2}", one.dose_1e6_per_kg),
                format!("{:.1}", one.hemoglobin_after_g_dl),
                format!("{:.1}", one.hematocrit_after_pct),
                format!("{:.2}", one.ionised_calcium_nadir_mmol_l),
                format!("{:.0}", one.systolic_nadir_mmhg),
                one.end_reason.clone(),
            ]
        })
        .collect();
    let header = ["Prime", "dose, 1e6/kg", "Hb after, g/dL", "Hct, %", "lowest iCa, mmol/L", "systolic, mmHg", "end"];
    format!("\nWhole runs after each prime\n{}", table(&header, &rows))
}

fn side_by_side(all: &[FullPlan]) -> String {
    let rows: Vec<_> = all
        .iter()
        .map(|told| {
            let plan = &told.plan;
            let ninety = plan.goal.iter().find(|row| row.confidence_pct == 90.0);
            let cell =
                |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
            let [one, two] = &plan.days;
            vec![
                told.scenario.clone(),
                cell(ninety.and_then(|row| row.volume_l), 2),
                cell(ninety.and_then(|row| row.minutes), 0),
                format!("{:.0}", plan.planned.goal_pct),
                format!("{:.0}/{:.0}", one.goal_pct, two.goal_pct),
                format!("{:.2}", plan.citrate_mg_kg_min),
                format!("{:.2}", told.ionised_calcium_nadir_mmol_l),
                format!("{:.0}", plan.platelets_after_1e9_l),
                plan.refusals.first().cloned().unwrap_or_default(),
            ]
        })
        .collect();
    let header = [
        "Scenario",
        "L for 90 %",
        "min",
        "goal as planned, %",
        "to the cap, 1/2 days, %",
        "citrate, mg/kg/min",
        "iCa nadir",
        "platelets after",
        "refused",
    ];
    table(&header, &rows)
}

fn picture(all: &[FullPlan]) -> Picture {
    let series = |label: String, told: &FullPlan, value: &dyn Fn(&leuka_plan::Point) -> f64| Series {
        label,
        points: told.plan.curve.iter().map(|point| (point.volume_l, value(point))).collect(),
    };
    let mut doses = Vec::new();
    let mut odds = Vec::new();
    for told in all {
        let name =
            |what: &str| if told.scenario.is_empty() { what.to_owned() } else { format!("{what}, {}", told.scenario) };
        doses.push(series(name("median"), told, &|point| point.median_1e6_per_kg));
        odds.push(series(name("goal"), told, &|point| point.goal_pct));
        if all.len() == 1 {
            doses.push(series("80 % from".into(), told, &|point| point.band_80_1e6_per_kg[0]));
            doses.push(series("80 % to".into(), told, &|point| point.band_80_1e6_per_kg[1]));
            doses.push(series("95 % from".into(), told, &|point| point.band_95_1e6_per_kg[0]));
            doses.push(series("95 % to".into(), told, &|point| point.band_95_1e6_per_kg[1]));
            odds.push(series("minimum".into(), told, &|point| point.minimum_pct));
        }
    }
    let limit = |label: &str, value: f64| Limit { label: label.to_owned(), value };
    let limits = all.first().map_or(Vec::new(), |told| {
        vec![limit("goal", told.plan.goal_1e6_per_kg), limit("minimum", told.plan.minimum_1e6_per_kg)]
    });
    Picture {
        title: "Plan: the dose and its probability".into(),
        x_label: "blood processed, L".into(),
        panels: vec![
            Panel { label: "dose, 1e6/kg".into(), series: doses, limits },
            Panel { label: "probability, %".into(), series: odds, limits: vec![limit("90 %", 90.0)] },
        ],
        stages: Vec::new(),
    }
}
