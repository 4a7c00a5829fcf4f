//! `leuka learn`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use leuka_dose::{DoseCell, EfficiencyPrior};
use leuka_plan::{Benchmark, Collection, Learned, benchmark, learn, read_collections, site_file};
use leuka_procedure::pretty;
use leuka_report::{NOT_A_DEVICE, table};
use serde::Serialize;
use serde_json::Value;

use crate::prior::{embedded, file_of};
use crate::{Failure, files};

/// Learns a site's efficiency from its finished runs: run folders, or a table of past collections. Prints a benchmark
/// card beside published ranges and writes the site's parameter file.
///
/// The table begins with the line
/// cells,count_before_per_ul,count_after_per_ul,processed_ml,minutes,tbv_ml,yield_1e6,wbc_1e9_l,hematocrit_pct,platelet_before_1e9_l,platelet_after_1e9_l,events,expected_efficiency_pct
/// An empty cell means that nobody measured it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka learn collections.csv --out site
  leuka learn leuka-runs/* --out site
  leuka plan --parameters site")]
pub(crate) struct Arguments {
    /// Tables (CSV) and run folders.
    #[arg(required = true, value_name = "FILE or FOLDER")]
    from: Vec<PathBuf>,
    /// Folder with the parameter files to learn on from; the published ones when left out.
    #[arg(long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Folder for the site's dose.toml; must not hold one yet.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Prints what was learned and the card as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Told {
    cells: &'static str,
    learned: Learned,
    card: Vec<Benchmark>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut collections = Vec::new();
    for path in &arguments.from {
        collections.extend(if path.is_dir() { vec![from_folder(path)?] } else { from_table(path)? });
    }
    let file = match &arguments.parameters {
        Some(folder) => file_of(folder)?,
        None => embedded()?,
    };
    let mut all = Vec::new();
    for cells in DoseCell::ALL {
        let prior = EfficiencyPrior::from_file(&file, cells).map_err(|error| Failure::Input(error.to_string()))?;
        if let Some(learned) = learn(&prior, cells, &collections) {
            all.push((cells, Told { cells: cells.name(), learned, card: benchmark(cells, &collections) }));
        }
    }
    if arguments.json {
        print!("{}", pretty(&all.iter().map(|(_, told)| told).collect::<Vec<_>>()));
    } else {
        for (_, told) in &all {
            print!("{}", text(told));
        }
    }
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::Work(format!("cannot make {}: {error}", folder.display())))?;
        let learned: Vec<_> = all.iter().map(|(cells, told)| (*cells, told.learned)).collect();
        let path = folder.join("dose.toml");
        files::write_new(&path, &site_file(&file, &learned))?;
        if !arguments.json {
            println!("Prior      {}\nNext       leuka plan --parameters {}", path.display(), folder.display());
        }
    }
    if !arguments.json {
        println!("\n{NOT_A_DEVICE}");
    }
    Ok(ExitCode::SUCCESS)
}

fn from_table(path: &Path) -> Result<Vec<Collection>, Failure> {
    let file = files::read(path)?;
    read_collections(&file.text).map_err(|fault| Failure::Input(format!("{}: {fault}", file.name)))
}

/// A run folder's collection.
fn from_folder(path: &Path) -> Result<Collection, Failure> {
    let json = |name: &str| -> Result<Value, Failure> {
        let file = files::read(&path.join(name))?;
        serde_json::from_str(&file.text).map_err(|error| Failure::Input(format!("{}: {error}", file.name)))
    };
    let (inputs, outcome) = (json("inputs.json")?, json("outcome.json")?);
    let missing = |what: &str| Failure::Input(format!("{}: outcome.json does not tell {what}", path.display()));
    let number = |pointer: &str| outcome.pointer(pointer).and_then(Value::as_f64).ok_or_else(|| missing(pointer));
    let cells = inputs.pointer("/protocol/cells").and_then(Value::as_str).unwrap_or_default();
    let cells = DoseCell::ALL.into_iter().find(|known| known.name() == cells).ok_or_else(|| missing("the cells"))?;
    let count = |when: &str| {
        let per_litre = |name: &str| number(&format!("/donor/{when}/{name}_1e9_l")).map(|count| count * 1e3);
        Ok::<_, Failure>(match cells {
            DoseCell::Cd34 => number(&format!("/donor/{when}/cd34_per_ul"))?,
            DoseCell::Cd3 => number(&format!("/donor/{when}/cd3_per_ul"))?,
            DoseCell::Monocytes => per_litre("monocyte")?,
            DoseCell::Granulocytes => per_litre("granulocyte")?,
            DoseCell::WhiteCells => per_litre("wbc")?,
            DoseCell::Mononuclear => {
                per_litre("lymphocyte")? + per_litre("monocyte")? + number(&format!("/donor/{when}/cd34_per_ul"))?
            }
        })
    };
    let bag = |name: &str| number(&format!("/product/cells/{name}"));
    let events = outcome.pointer("/donor/symptoms").and_then(Value::as_array).map_or(0, Vec::len);
    Ok(Collection {
        cells,
        count_before_per_ul: inputs
            .pointer("/order/entered_count_per_ul")
            .and_then(Value::as_f64)
            .map_or_else(|| count("pre"), Ok)?,
        count_after_per_ul: Some(count("post")?),
        processed_ml: number("/whole_blood_processed_ml")?,
        minutes: number("/collect_min")?,
        tbv_ml: number("/tbv_ml")?,
        yield_1e6: 1e-6
            * match cells {
                DoseCell::Cd34 => bag("cd34")?,
                DoseCell::Cd3 => bag("cd3")?,
                DoseCell::Monocytes => bag("monocyte")?,
                DoseCell::Granulocytes => bag("granulocyte")?,
                DoseCell::WhiteCells => bag("wbc")?,
                DoseCell::Mononuclear => bag("lymphocyte")? + bag("monocyte")? + bag("cd34")?,
            },
        wbc_1e9_l: Some(number("/donor/pre/wbc_1e9_l")?),
        hematocrit_pct: Some(number("/donor/pre/hematocrit_pct")?),
        platelet_before_1e9_l: Some(number("/donor/pre/platelet_1e9_l")?),
        platelet_after_1e9_l: Some(number("/donor/post/platelet_1e9_l")?),
        #[expect(clippy::cast_precision_loss, reason = "a handful of symptoms")]
        events: Some(events as f64),
        expected_efficiency_pct: inputs.pointer("/protocol/expected_efficiency_pct").and_then(Value::as_f64),
    })
}

fn text(told: &Told) -> String {
    let Learned { runs, site_offset, site_spread, between_run } = told.learned;
    let factor = leuka_blood::math::exp(site_offset);
    let rows: Vec<_> = told
        .card
        .iter()
        .map(|line| {
            let published = line.published.as_ref();
            let range = published.map_or("-".to_owned(), |range| format!("{:.0} to {:.0}", range.low, range.high));
            vec![
                line.measure.to_owned(),
                format!("{}", line.runs),
                format!("{:.1}", line.value),
                format!("{:.1} to {:.1}", line.quarters[0], line.quarters[1]),
                range,
                published.map_or(String::new(), |range| range.source.clone()),
            ]
        })
        .collect();
    format!(
        "{}: {runs} runs. Efficiency {factor:.2} times what was expected (log-sd of the mean {site_spread:.3}), log-sd between runs {between_run:.3}\n\n{}\n",
        told.cells,
        table(&["Measure", "runs", "median", "quarters", "published", "source"], &rows)
    ) + "Crude CE is not shown: its source equation is not entered as data.\n\n"
}
