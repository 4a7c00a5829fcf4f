//! `leuka calibrate`.

use std::path::PathBuf;
use std::process::ExitCode;

use leuka_blood::math::exp;
use leuka_blood::quantity::Fraction;
use leuka_blood::random::Seed;
use leuka_dose::{DoseCell, EfficiencyPrior};
use leuka_plan::{
    Calibration, Captures, Cohort, Collection, Rule, RuleResult, calibrate, case, check_calibration, finished, learn,
    rules,
};
use leuka_procedure::file::Override;
use leuka_procedure::{Centrifuge, Inputs, Run, Sample, Sources, pretty};
use leuka_report::{Limit, NOT_A_DEVICE, Panel, Picture, Series, table};
use serde::Serialize;

use crate::prior::{embedded, file_of};
use crate::progress::Work;
use crate::{Failure, files};

/// Shows whether the stated probabilities are true: how often the bands of plan and live estimate hold the dose, how wide
/// they are, and what stopping by them saves against the rules in use.
///
/// The thousands of runs are of a fast generative model of collections (two pools, sites, laboratories, pumps) that
/// shares no code with the estimate; --whole adds whole procedures with donor, machine and separator.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka calibrate --donors 5000
  leuka calibrate --donors 20000 --picture calibration.svg
  leuka calibrate --whole 60")]
pub(crate) struct Arguments {
    /// Collections of the fast model in each cohort.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(100..=100_000))]
    donors: u64,
    /// Whole procedures with the stage as well; about a second each.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=5000))]
    whole: u64,
    /// Runs that a shifted site learns from.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=5000))]
    learn_from: u64,
    /// Confidence of the stopping rule, %.
    #[arg(long, value_name = "PCT", default_value_t = 90.0)]
    confidence: f64,
    /// Folder with a site's dose.toml; the published prior when left out.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Seed of all chance.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Prints everything as JSON (schema leuka.calibration/1).
    #[arg(long)]
    json: bool,
    /// Draws stated against achieved coverage.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Told {
    schema: &'static str,
    seed: u64,
    cohorts: Vec<Named>,
    rules_usual: Vec<RuleResult>,
    rules_at_equal_risk: Vec<RuleResult>,
    misses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    whole: Vec<Whole>,
}

#[derive(Debug, Serialize)]
struct Named {
    cohort: &'static str,
    #[serde(flatten)]
    calibration: Calibration,
}

/// Coverage on whole procedures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Whole {
    prior: &'static str,
    procedures: usize,
    /// Of the 80 % band at 25, 50, 75 and 100 % of the run, %.
    band_80_pct: [f64; 4],
    /// Of the 95 % band at the end, %.
    band_95_pct: f64,
    /// Upper over lower end of the 80 % band at the end, median.
    width_80: f64,
}

/// The fast cohorts are of one study, the runs that a site learns from of another.
const STUDY: u64 = 7;
const PAST: u64 = 8;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = match &arguments.parameters {
        Some(folder) => file_of(folder)?,
        None => embedded()?,
    };
    let prior = EfficiencyPrior::from_file(&file, DoseCell::Cd34).map_err(|error| Failure::Input(error.to_string()))?;
    if !(50.0..=99.0).contains(&arguments.confidence) {
        return Err(Failure::Input(format!("--confidence {}: give 50 to 99", arguments.confidence)));
    }
    let seed = |study| Seed { seed: arguments.seed, study, subject: 0 };
    let captures = Captures::new(&prior);
    let past: Vec<Collection> = (0..arguments.learn_from)
        .map(|subject| finished(&case(&prior, &captures, &Cohort::SHIFTED, Seed { subject, ..seed(PAST) })))
        .collect();
    let learned = learn(&prior, DoseCell::Cd34, &past).map_or(prior, |learned| learned.apply(&prior));
    let cases: [(&'static str, &EfficiencyPrior, Cohort, bool); 5] = [
        ("the prior's own kind", &prior, Cohort::OWN, false),
        ("the same, one bag count at half", &prior, Cohort::OWN, true),
        ("a site with 0.7 times the efficiency and 1.5 times the spread", &prior, Cohort::SHIFTED, false),
        ("the same, one bag count at half", &prior, Cohort::SHIFTED, true),
        ("the same after it has learned", &learned, Cohort::SHIFTED, false),
    ];
    let mut work = Work::new("calibrate", arguments.json);
    let mut cohorts = Vec::new();
    for (done, (name, belief, cohort, counted)) in cases.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of cohorts")]
        work.tell(done as f64 / 6.0);
        let calibration = calibrate(belief, &prior, &cohort, counted, arguments.donors, seed(STUDY));
        cohorts.push(Named { cohort: name, calibration });
    }
    let confidence = Fraction::from_pct(arguments.confidence);
    let (usual, equal) = rules(&prior, &Cohort::OWN, confidence, arguments.donors.min(5000), seed(STUDY));
    work.finish();
    let misses = cohorts.iter().take(2).flat_map(|named| check_calibration(&named.calibration)).collect();
    let whole = if arguments.whole > 0 { whole(arguments)? } else { Vec::new() };
    let told = Told {
        schema: "leuka.calibration/1",
        seed: arguments.seed,
        cohorts,
        rules_usual: usual,
        rules_at_equal_risk: equal,
        misses,
        whole,
    };
    if let Some(path) = &arguments.picture {
        files::write(path, &picture(&told).svg())?;
    }
    if arguments.json {
        print!("{}", pretty(&told))
    } else {
        print!("{}", text(&told))
    }
    Ok(if told.misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Whole procedures: donors with another count, size, blood volume and release than what is entered; first with the
/// prior as it is, then with what the first half of them has taught, on the second half.
fn whole(arguments: &Arguments) -> Result<Vec<Whole>, Failure> {
    let mut work = Work::new("whole procedures", arguments.json);
    let (mut past, mut first, mut second) = (Vec::new(), Vec::new(), Vec::new());
    let mut sets = Vec::new();
    for subject in 0..arguments.whole {
        #[expect(clippy::cast_precision_loss, reason = "numbers of procedures")]
        work.tell(subject as f64 / arguments.whole as f64);
        let donor = donor_sets(Seed { seed: arguments.seed, study: PAST + 1, subject });
        if subject == arguments.whole / 2 {
            let prior = EfficiencyPrior::from_file(&embedded()?, DoseCell::Cd34)
                .map_err(|error| Failure::Work(error.to_string()))?;
            if let Some(learned) = learn(&prior, DoseCell::Cd34, &past) {
                sets = vec![
                    format!("model.dose.cd34.site_offset={}", learned.site_offset),
                    format!("model.dose.cd34.site_spread={}", learned.site_spread),
                    format!("model.dose.cd34.between_run={}", learned.between_run),
                ];
            }
        }
        let (samples, collection, believed) = procedure(&donor, &sets, subject)?;
        let row = Row::new(&samples, &believed);
        if subject < arguments.whole / 2 {
            first.push(row)
        } else {
            second.push(row)
        }
        past.push(collection);
    }
    work.finish();
    Ok(vec![
        Row::together("as published, first half", &first),
        Row::together("learned from them, second half", &second),
    ])
}

/// What is hidden in a donor, and what is entered of it.
fn donor_sets(seed: Seed) -> Vec<String> {
    let normal = |purpose: &str| seed.stream(purpose).normal();
    let count = 55.0 * exp(0.6 * normal("count"));
    let weight = (74.0 + 12.0 * normal("weight")).clamp(50.0, 110.0);
    let height = (174.0 + 5.0 * normal("height") + 0.2 * (weight - 74.0)).clamp(150.0, 200.0);
    vec![
        format!("donor.cd34_per_ul={:.2}", count.min(400.0)),
        format!("order.entered_count_per_ul={:.2}", count.min(400.0) * exp(0.08 * normal("laboratory"))),
        format!("donor.weight_kg={weight:.1}"),
        format!("donor.height_cm={height:.1}"),
        format!("donor.wbc_1e9_l={:.1}", 28.0 * exp(0.3 * normal("white cells"))),
        format!("donor.hematocrit_pct={:.1}", (37.0 + 3.0 * normal("haematocrit")).clamp(28.0, 48.0)),
        format!("model.donor.cd34.exchange={:.6}", 0.016 * exp(0.5 * normal("release"))),
        "protocol.target.time_min=200".to_owned(),
        "protocol.observation_min=0".to_owned(),
    ]
}

fn procedure(
    donor: &[String],
    sets: &[String],
    seed: u64,
) -> Result<(Vec<Sample>, Collection, leuka_procedure::Believed), Failure> {
    let overrides = donor.iter().chain(sets).map(|text| Override::parse(text)).collect::<Result<_, _>>()?;
    let separator = Some(Centrifuge::Stage);
    let inputs = Inputs::read(&Sources { overrides, separator, seed, ..Sources::default() })?;
    let mut run = Run::new(&inputs)?;
    let mut samples = Vec::new();
    while run.is_running() {
        samples.push(run.second());
        run.take_events();
    }
    let outcome = run.outcome();
    let weight = inputs.dose_weight_kg();
    let entered = run.controller().prescription().goal.pre_count.per_ul();
    let collection = Collection {
        cells: DoseCell::Cd34,
        count_before_per_ul: entered,
        count_after_per_ul: Some(outcome.donor.post.cd34_per_ul),
        processed_ml: outcome.whole_blood_processed_ml,
        minutes: outcome.collect_min,
        tbv_ml: outcome.tbv_ml,
        yield_1e6: outcome.dose_1e6_per_kg * weight,
        wbc_1e9_l: Some(outcome.donor.pre.wbc_1e9_l),
        hematocrit_pct: Some(outcome.donor.pre.hematocrit_pct),
        platelet_before_1e9_l: None,
        platelet_after_1e9_l: None,
        events: None,
        expected_efficiency_pct: Some(run.controller().prescription().goal.expected_ce2.pct()),
    };
    Ok((samples, collection, outcome.dose_believed))
}

/// Whether the bands of one whole procedure held.
#[derive(Debug, Clone, Copy)]
struct Row {
    held_80: [bool; 4],
    held_95: bool,
    width_80: f64,
}

impl Row {
    fn new(samples: &[Sample], believed: &leuka_procedure::Believed) -> Self {
        let end_ml = samples.last().map_or(0.0, |sample| sample.processed_ml);
        let held_80 = [0.25, 0.5, 0.75, 1.0].map(|part| {
            let at = samples.iter().find(|sample| sample.processed_ml >= part * end_ml - 1e-6 && end_ml > 0.0);
            at.is_some_and(|s| (s.dose_low_1e6_per_kg..=s.dose_high_1e6_per_kg).contains(&s.true_dose_1e6_per_kg))
        });
        let dose = samples.last().map_or(0.0, |sample| sample.true_dose_1e6_per_kg);
        let [low, high] = believed.band_95_1e6_per_kg;
        let [from, to] = believed.band_80_1e6_per_kg;
        Self { held_80, held_95: (low..=high).contains(&dose), width_80: to / from }
    }

    fn together(prior: &'static str, rows: &[Self]) -> Whole {
        #[expect(clippy::cast_precision_loss, reason = "numbers of procedures")]
        let share = |hit: &dyn Fn(&Self) -> bool| {
            100.0 * rows.iter().filter(|row| hit(row)).count() as f64 / rows.len().max(1) as f64
        };
        let mut widths: Vec<f64> = rows.iter().map(|row| row.width_80).collect();
        widths.sort_by(f64::total_cmp);
        Whole {
            prior,
            procedures: rows.len(),
            band_80_pct: [0, 1, 2, 3].map(|at| share(&|row| row.held_80.get(at) == Some(&true))),
            band_95_pct: share(&|row| row.held_95),
            width_80: widths.get(widths.len() / 2).copied().unwrap_or(0.0),
        }
    }
}

fn text(told: &Told) -> String {
    let mut text = String::new();
    for named in &told.cohorts {
        let rows: Vec<_> = named
            .calibration
            .stages
            .iter()
            .map(|stage| {
                let worst = |all: [f64; 3]| all.map(|tenth| format!("{tenth:.0}")).join("/");
                vec![
                    stage.stage.name().to_owned(),
                    format!("{:.1}", stage.band_80_pct),
                    worst(stage.worst_tenth_80_pct),
                    format!("{:.2}", stage.width_80),
                    format!("{:.1}", stage.band_95_pct),
                    worst(stage.worst_tenth_95_pct),
                    format!("{:.2}", stage.width_95),
                ]
            })
            .collect();
        let donors = named.calibration.stages.first().map_or(0, |stage| stage.donors);
        let header = ["Band", "80 % holds", "worst tenth", "width", "95 % holds", "worst tenth", "width"];
        text += &format!(
            "Fast model, {donors} collections: {}\n{}By arithmetic the 80 % band before the run holds {:.1} %\n\n",
            named.cohort,
            table(&header, &rows),
            named.calibration.expected_before_80_pct
        );
    }
    text += "Worst tenth of donors by count, size and recruitment. Width: upper over lower end, median.\n\n";
    text += &format!("When to stop, each rule as it is used\n{}\n", rule_table(&told.rules_usual));
    text += &format!("The same at equal risk of falling short\n{}\n", rule_table(&told.rules_at_equal_risk));
    for whole in &told.whole {
        let quarters = whole.band_80_pct.map(|held| format!("{held:.0}")).join(", ");
        text += &format!(
            "Whole procedures, {} ({}): 80 % band holds {quarters} % at 25, 50, 75, 100 %; 95 % band {:.0} %; width {:.2}\n",
            whole.procedures, whole.prior, whole.band_95_pct, whole.width_80
        );
    }
    match told.misses.as_slice() {
        [] => {
            text += "Calibrated: within 2 points overall, in every tenth within 5 points beyond its 99 % sampling interval\n"
        }
        misses => text += &format!("NOT calibrated:\n  {}\n", misses.join("\n  ")),
    }
    text + "\n" + NOT_A_DEVICE + "\n"
}

fn rule_table(all: &[RuleResult]) -> String {
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let name = match one.rule {
                Rule::Litres => format!("{:.1} L for all", one.setting),
                Rule::SiteMean => format!("CE2 with site mean x {:.2}", one.setting),
                Rule::FortyPercent => format!("40 % rule x {:.2}", one.setting),
                Rule::Live => format!("live estimate, {:.0} %, one bag count", one.setting),
            };
            vec![
                name,
                format!("{:.1}", one.below_goal_pct),
                format!("{:.1}", one.below_minimum_pct),
                format!("{:.1}", one.over_pct),
                format!("{:.2}", one.litres),
                format!("{:.0}", one.minutes),
                format!("{:.0}", one.citrate_mg_kg),
                format!("{:.1}", one.platelets_pct),
            ]
        })
        .collect();
    let header = [
        "Rule",
        "below goal, %",
        "below minimum, %",
        "over 1.5 goals, %",
        "L",
        "min",
        "citrate, mg/kg",
        "platelets lost, %",
    ];
    table(&header, &rows)
}

fn picture(told: &Told) -> Picture {
    let series = |value: &dyn Fn(&leuka_plan::Coverage) -> f64| -> Vec<Series> {
        let one = |(at, named): (usize, &Named)| Series {
            label: format!("{}: {}", at + 1, named.cohort),
            points: named
                .calibration
                .stages
                .iter()
                .zip([-10.0, 25.0, 50.0, 75.0, 100.0])
                .map(|(stage, at)| (at, value(stage)))
                .collect(),
        };
        told.cohorts.iter().enumerate().map(one).collect()
    };
    let limit = |label: &str, value: f64| vec![Limit { label: label.to_owned(), value }];
    Picture {
        title: "Stated against achieved: how often the bands hold the dose".into(),
        x_label: "part of the run, % (-10: before it)".into(),
        panels: vec![
            Panel {
                label: "80 % band holds, %".into(),
                series: series(&|stage| stage.band_80_pct),
                limits: limit("stated", 80.0),
            },
            Panel {
                label: "95 % band holds, %".into(),
                series: series(&|stage| stage.band_95_pct),
                limits: limit("stated", 95.0),
            },
            Panel {
                label: "80 % band, upper over lower".into(),
                series: series(&|stage| stage.width_80),
                limits: Vec::new(),
            },
        ],
        stages: Vec::new(),
    }
}
