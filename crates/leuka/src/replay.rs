//! `leuka replay`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use leuka_blood::quantity::FlowRate;
use leuka_control::OperatorAction;
use leuka_dose::{DoseCell, EfficiencyPrior, Situation};
use leuka_plan::{Changed, Recorded, WhatIf, what_if};
use leuka_procedure::file::Override;
use leuka_procedure::{COMPARED, Inputs, Outcome, Run, Sample, Sources, Word, picture, pretty, recorded};
use leuka_report::{NOT_A_DEVICE, Panel, Picture, Series, table};
use serde_json::{Value, json};

use crate::beside::{Beside, heard};
use crate::prior::{embedded, file_of};
use crate::{Failure, files};

/// Runs a finished run again from its folder, and shows what would have been otherwise.
///
/// Without a change the result is the same, byte for byte, and that is checked. With --set the changed run stands beside
/// the one that was, with the same chance. A file of schema leuka.recorded/1 tells a collection on another machine: its
/// donor is first inferred from the recorded counts, and the answer carries what they do not tell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka replay leuka-runs/cd34-autologous-1
  leuka replay leuka-runs/cd34-autologous-1 --set protocol.inlet_flow_ml_min=45 --picture what-if.svg
  leuka replay leuka-runs/cd34-autologous-1 --set protocol.inlet_flow_ml_min=45 --from 90
  leuka replay recorded.toml --set minutes=300 --set blood_flow_ml_min=60 --from 120")]
pub(crate) struct Arguments {
    /// Run folder, or a file of a recorded collection (TOML, schema leuka.recorded/1).
    #[arg(value_name = "RUN_FOLDER or FILE")]
    from_run: PathBuf,
    /// Another value: protocol.*, donor.*, order.*, model.*; for a recorded collection minutes or blood_flow_ml_min.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The change holds from this minute of the procedure on: the inlet flow can be changed so.
    #[arg(long, value_name = "MINUTE")]
    from: Option<f64>,
    /// Folder with the model parameter files of the run, where it had any.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Prints the difference as JSON (schema leuka.replay/1).
    #[arg(long)]
    json: bool,
    /// Draws both.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

pub(crate) fn replay(arguments: &Arguments) -> Result<ExitCode, Failure> {
    if arguments.from.is_some_and(|minute| !(0.0..=1440.0).contains(&minute)) {
        return Err(Failure::Input("--from: give a minute from 0 to 1440".into()));
    }
    if arguments.from_run.is_file() {
        return of_another(arguments);
    }
    let file = files::read(&arguments.from_run.join("inputs.json"))?;
    let record: Value =
        serde_json::from_str(&file.text).map_err(|error| Failure::Input(format!("{}: {error}", file.name)))?;
    let parameters = arguments.parameters.as_deref().map_or(Ok(Vec::new()), files::parameter_files)?;
    let (sources, inputs) = recorded(&file.name, &record, parameters)?;
    let words = words(&arguments.from_run)?;
    let was = follow(&inputs, &words, None)?;
    if arguments.set.is_empty() {
        return same(&arguments.from_run, &inputs, &was);
    }
    let would_be = match arguments.from {
        None => follow(&changed(sources, &arguments.set)?, &words, None)?,
        Some(minute) => follow(&inputs, &words, Some((minute, inlet(&arguments.set)?)))?,
    };
    compare(arguments, &was, &would_be)
}

/// A run to its end.
struct Followed {
    samples: Vec<Sample>,
    events: String,
    outcome: Outcome,
    picture: String,
}

/// What a patient monitor told the run.
fn words(folder: &Path) -> Result<VecDeque<(f64, Word)>, Failure> {
    let file = files::read(&folder.join("events.jsonl"))?;
    let events: Vec<Value> = file.text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let told = |event| {
        let event: &Value = event;
        Some((event.get("at_s")?.as_f64()?, event.get("source")?.as_str()?, event.get("data")?))
    };
    Ok(heard(events.iter().filter_map(told)))
}

fn follow(
    inputs: &Inputs,
    words: &VecDeque<(f64, Word)>,
    mut change: Option<(f64, FlowRate)>,
) -> Result<Followed, Failure> {
    let mut run = Run::new(inputs)?;
    let mut beside = Beside::recorded(words.clone());
    let (mut samples, mut events) = (Vec::new(), String::new());
    while run.is_running() {
        if let Some((_, flow)) = change.take_if(|(minute, _)| run.status().time_min >= *minute) {
            run.ask(OperatorAction::SetInletFlow { flow });
        }
        beside.before_second(&mut run);
        samples.push(run.second());
        for event in run.take_events() {
            events += &serde_json::to_string(&event).unwrap_or_default();
            events.push('\n');
        }
    }
    let outcome = run.outcome();
    let picture = picture(inputs, &outcome, &samples, run.stages()).svg();
    Ok(Followed { samples, events, outcome, picture })
}

fn changed(mut sources: Sources, set: &[String]) -> Result<Inputs, Failure> {
    for text in set {
        sources.overrides.push(Override::parse(text)?);
    }
    Ok(Inputs::read(&sources)?)
}

/// The one value that can be changed while a run goes on.
fn inlet(set: &[String]) -> Result<FlowRate, Failure> {
    let wrong = || {
        Failure::Input(
            "with --from only --set protocol.inlet_flow_ml_min=FLOW can be changed during the run".to_owned(),
        )
    };
    let [only] = set else { return Err(wrong()) };
    let over = Override::parse(only)?;
    let flow = over.value.parse::<f64>().ok().filter(|flow| (4.0..=120.0).contains(flow));
    match (over.path.as_str(), flow) {
        ("protocol.inlet_flow_ml_min", Some(flow)) => Ok(FlowRate::from_ml_min(flow)),
        _ => Err(wrong()),
    }
}

/// The folder's own files against the run as it was made again.
fn same(folder: &Path, inputs: &Inputs, again: &Followed) -> Result<ExitCode, Failure> {
    let mut samples = Sample::COLUMNS.join(",") + "\n";
    for sample in &again.samples {
        samples += &sample.csv();
        samples.push('\n');
    }
    let again = [
        ("inputs.json", pretty(&inputs.record())),
        ("events.jsonl", again.events.clone()),
        ("samples.csv", samples),
        ("outcome.json", pretty(&again.outcome)),
        ("run.svg", again.picture.clone()),
    ];
    let mut all_same = true;
    for (name, text) in again {
        let file = files::read(&folder.join(name))?;
        let line = file.text.lines().zip(text.lines()).position(|(was, is)| was != is);
        let is_same = file.text == text;
        all_same &= is_same;
        match (is_same, line) {
            (true, _) => println!("{name:14} the same, {} bytes", text.len()),
            (false, Some(line)) => println!("{name:14} DIFFERS from line {} on", line + 1),
            (false, None) => println!("{name:14} DIFFERS in length: {} bytes, now {}", file.text.len(), text.len()),
        }
    }
    Ok(if all_same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn compare(arguments: &Arguments, was: &Followed, would_be: &Followed) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.picture {
        files::write(path, &both(was, would_be).svg())?;
    }
    let values = COMPARED.map(|(name, digits, of)| (name, digits, of(&was.outcome), of(&would_be.outcome)));
    if arguments.json {
        let measures: Vec<Value> = values
            .iter()
            .map(|(name, _, was, is)| json!({ "measure": name, "was": was, "would_be": is, "difference": is - was }))
            .collect();
        print!(
            "{}",
            pretty(&json!({
                "schema": "leuka.replay/1",
                "changed": arguments.set,
                "from_minute": arguments.from,
                "measures": measures,
                "end_was": was.outcome.end_reason,
                "end_would_be": would_be.outcome.end_reason,
            }))
        );
    } else {
        let rows: Vec<_> = values
            .iter()
            .map(|&(name, digits, was, is)| {
                vec![
                    name.to_owned(),
                    format!("{was:.digits$}"),
                    format!("{is:.digits$}"),
                    format!("{:+.digits$}", is - was),
                ]
            })
            .collect();
        print!("{}", table(&["The same donor and chance", "was", "would be", "difference"], &rows));
        println!("\nEnd        was: {}\n           would be: {}", was.outcome.end_reason, would_be.outcome.end_reason);
        told(arguments.picture.as_deref());
    }
    Ok(ExitCode::SUCCESS)
}

fn told(picture: Option<&Path>) {
    if let Some(path) = picture {
        println!("Picture    {}", path.display());
    }
    println!("\n{NOT_A_DEVICE}");
}

fn both(was: &Followed, would_be: &Followed) -> Picture {
    let panel = |label: &str, value: fn(&Sample) -> f64| Panel {
        label: label.to_owned(),
        series: [("was", was), ("would be", would_be)]
            .map(|(name, run)| Series {
                label: name.to_owned(),
                points: run.samples.iter().map(|sample| (sample.time_s / 60.0, value(sample))).collect(),
            })
            .to_vec(),
        limits: Vec::new(),
    };
    Picture {
        title: "What if".into(),
        x_label: "time, min".into(),
        panels: vec![
            panel("inlet flow, mL/min", |sample| sample.inlet_flow_ml_min),
            panel("dose in the bag, 1e6/kg", |sample| sample.true_dose_1e6_per_kg),
            panel("ionised calcium, mmol/L", |sample| sample.true_ionised_calcium_mmol_l),
            panel("platelets, 1e9/L", |sample| sample.true_platelet_1e9_l),
        ],
        stages: Vec::new(),
    }
}

/// A collection on another machine.
fn of_another(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let file = files::read(&arguments.from_run)?;
    let bad = |message: String| Failure::Input(format!("{}: {message}", file.name));
    let recorded: Recorded = toml::from_str(&file.text).map_err(|error| bad(error.to_string()))?;
    if recorded.schema != "leuka.recorded/1" {
        return Err(bad(format!("schema is \"{}\": allowed is \"leuka.recorded/1\"", recorded.schema)));
    }
    recorded.check().map_err(bad)?;
    let cells = DoseCell::ALL.into_iter().find(|cells| cells.name() == recorded.cells);
    let cells = cells.ok_or_else(|| bad(format!("cells is \"{}\": see leuka schema protocol", recorded.cells)))?;
    let parameters = arguments.parameters.as_deref().map_or_else(embedded, file_of)?;
    let prior = EfficiencyPrior::from_file(&parameters, cells).map_err(|error| bad(error.to_string()))?;
    let usual = &prior.covariates;
    let belief = prior.belief(&Situation {
        expected: recorded.expected_efficiency_pct.map(leuka_blood::quantity::Fraction::from_pct),
        white_cells: recorded
            .wbc_1e9_l
            .map_or(usual.reference_white_cells, leuka_blood::quantity::CellConcentration::from_1e9_l),
        hematocrit: recorded
            .hematocrit_pct
            .map_or(usual.reference_hematocrit, leuka_blood::quantity::Fraction::from_pct),
        packing: None,
    });
    let mut changed = Changed { from_minute: arguments.from.unwrap_or(0.0), ..Changed::default() };
    for text in &arguments.set {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let value = value.parse::<f64>().ok().filter(|value| (1.0..=1000.0).contains(value));
        match (name, value) {
            ("minutes", Some(value)) => changed.minutes = Some(value),
            ("blood_flow_ml_min", Some(value)) => changed.blood_flow_ml_min = Some(value),
            _ => {
                return Err(Failure::Input(format!(
                    "--set {text}: of a recorded collection minutes and blood_flow_ml_min can be changed, from 1 to 1000"
                )));
            }
        }
    }
    tell_another(arguments, &what_if(&belief, &recorded, &changed))
}

fn tell_another(arguments: &Arguments, answer: &WhatIf) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.picture {
        files::write(path, &curves(answer).svg())?;
    }
    let inferred = &answer.inferred;
    let [ratio, low, high] = answer.ratio;
    let doses = |estimate: &leuka_dose::Estimate| {
        let [low, high] = estimate.band_80;
        [estimate.median, low, high].map(|dose| dose.count_1e6_kg())
    };
    let (was, would_be) = (doses(&answer.was), doses(&answer.would_be));
    if arguments.json {
        print!(
            "{}",
            pretty(&json!({
                "schema": "leuka.replay/1",
                "changed": arguments.set,
                "from_minute": arguments.from,
                "inferred": {
                    "capture": inferred.capture,
                    "release_per_min": inferred.release_per_min,
                    "count_over_entered": inferred.scale,
                },
                "dose_was_1e6_per_kg": was,
                "dose_would_be_1e6_per_kg": would_be,
                "ratio": answer.ratio,
            }))
        );
    } else {
        print!(
            "Inferred   capture {:.0} % (log-sd {:.2}), release {:.4}/min (log-sd {:.2}), true over entered count {:.2} (log-sd {:.2})\n\
             Was        {:.2} x1e6/kg, 80 % band {:.2} to {:.2}\n\
             Would be   {:.2} x1e6/kg, 80 % band {:.2} to {:.2}\n\
             Ratio      {ratio:.3}, 80 % band {low:.3} to {high:.3}, donor by donor\n",
            100.0 * inferred.capture.0,
            inferred.capture.1,
            inferred.release_per_min.0,
            inferred.release_per_min.1,
            inferred.scale.0,
            inferred.scale.1,
            was[0],
            was[1],
            was[2],
            would_be[0],
            would_be[1],
            would_be[2],
        );
        told(arguments.picture.as_deref());
    }
    Ok(ExitCode::SUCCESS)
}

fn curves(answer: &WhatIf) -> Picture {
    let series = ["was", "would be"].into_iter().zip(&answer.curves).flat_map(|(name, curve)| {
        let one = |what: &str, of: fn(&(f64, f64, f64, f64)) -> f64| Series {
            label: format!("{name}{what}"),
            points: curve.iter().map(|point| (point.0, of(point))).collect(),
        };
        [one("", |point| point.1), one(", 80 % from", |point| point.2), one(", 80 % to", |point| point.3)]
    });
    Picture {
        title: "What if, for every donor that the counts allow".into(),
        x_label: "time of processing, min".into(),
        panels: vec![Panel { label: "dose, 1e6/kg".into(), series: series.collect(), limits: Vec::new() }],
        stages: Vec::new(),
    }
}
