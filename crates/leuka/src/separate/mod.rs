//! `leuka separate`.

mod picture;
mod result;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, STANDARD_GRAVITY_M_S2, TimeSpan};
use leuka_blood::{Mixture, Population, math};
use leuka_procedure::file::Override;
use leuka_procedure::{Inputs, Sources, pretty};
use leuka_separator::steady::{Case, Steady, steady};
use leuka_separator::{Channel, Grid, Parameters, Sample, Separator, Watched};

use crate::progress::Work;
use crate::{Failure, files};

/// One steady separation in the centrifuge channel, without donor and machine: what leaves by which port.
///
/// The plasma flow is steered until the collect line holds the haematocrit asked for, as an operator would. Prints for
/// each population the part that leaves by each port, haematocrits and the interface; `--picture` draws the layers.
/// The sample is blood with ACD-A; every value has a default. Takes some seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka separate                                            (60 mL/min, 137 g, haematocrit 44 %)
  leuka separate --hct 36 --flow 50 --rpm 1200 --collect 0.8 --picture layers.svg
  leuka separate --wbc 120 --blasts 50 --collect 2          (leukaemia: a layer that overflows)
  leuka separate --set model.separator.settling.aggregation=3 --json

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// Inlet flow, blood with anticoagulant, mL/min.
    #[arg(
        help_heading = "Machine", long, value_name = "ML_MIN",
        default_value_t = 60.0,
        value_parser = |text: &str| number(text, 1.0, 200.0, "mL/min"),
    )]
    flow: f64,
    /// Acceleration in the middle of the gap, g. [default: what a packing factor of 171 g min gives, 137 at 60 mL/min]
    #[arg(
        help_heading = "Machine", long, value_name = "G", conflicts_with = "rpm",
        value_parser = |text: &str| number(text, 1.0, 2000.0, "g"),
    )]
    g: Option<f64>,
    /// Speed of the centrifuge in place of --g, 1/min.
    #[arg(
        help_heading = "Machine", long, value_name = "RPM",
        value_parser = |text: &str| number(text, 50.0, 5000.0, "1/min"),
    )]
    rpm: Option<f64>,
    /// Flow of the collect port, mL/min.
    #[arg(
        help_heading = "Machine", long, value_name = "ML_MIN",
        default_value_t = 1.0,
        value_parser = |text: &str| number(text, 0.0, 100.0, "mL/min"),
    )]
    collect: f64,
    /// Haematocrit of the collect line that the plasma flow is steered to, %.
    #[arg(
        help_heading = "Machine", long, value_name = "PCT",
        default_value_t = 3.0,
        value_parser = |text: &str| number(text, 0.1, 60.0, "%"),
    )]
    collect_hct: f64,
    /// Depth of the interface below the inner wall at which steering begins, mm. [default: the lower edge of the
    /// collect port]
    #[arg(help_heading = "Machine", long, value_name = "MM", value_parser = |text: &str| number(text, 0.0, 50.0, "mm"))]
    interface: Option<f64>,
    /// Inlet flow over anticoagulant flow.
    #[arg(
        help_heading = "Machine", long, value_name = "RATIO",
        default_value_t = Sample::default().ratio,
        value_parser = |text: &str| number(text, 2.0, 100.0, ""),
    )]
    ratio: f64,
    /// Haematocrit of the blood before anticoagulant, %.
    #[arg(
        help_heading = "Blood", long, value_name = "PCT",
        default_value_t = Sample::default().hematocrit_pct,
        value_parser = |text: &str| number(text, 0.0, 75.0, "%"),
    )]
    hct: f64,
    /// White cells, 1e9/L.
    #[arg(
        help_heading = "Blood", long, value_name = "1E9_L",
        default_value_t = Sample::default().wbc_1e9_l,
        value_parser = |text: &str| number(text, 0.0, 600.0, "1e9/L"),
    )]
    wbc: f64,
    /// Lymphocytes, % of the white cells; 72 % of them are T cells.
    #[arg(
        help_heading = "Blood", long, value_name = "PCT",
        default_value_t = Sample::default().lymphocyte_pct,
        value_parser = percent,
    )]
    lymphocytes: f64,
    /// Monocytes, % of the white cells.
    #[arg(
        help_heading = "Blood", long, value_name = "PCT",
        default_value_t = Sample::default().monocyte_pct,
        value_parser = percent,
    )]
    monocytes: f64,
    /// Eosinophils, % of the white cells. What is left are neutrophils.
    #[arg(
        help_heading = "Blood", long, value_name = "PCT",
        default_value_t = Sample::default().eosinophil_pct,
        value_parser = percent,
    )]
    eosinophils: f64,
    /// Leukaemic blasts, % of the white cells.
    #[arg(
        help_heading = "Blood", long, value_name = "PCT",
        default_value_t = Sample::default().blast_pct,
        value_parser = percent,
    )]
    blasts: f64,
    /// CD34+ cells, 1/uL; a part of the white cells.
    #[arg(
        help_heading = "Blood", long, value_name = "PER_UL",
        default_value_t = Sample::default().cd34_per_ul,
        value_parser = |text: &str| number(text, 0.0, 2000.0, "1/uL"),
    )]
    cd34: f64,
    /// Platelets, 1e9/L.
    #[arg(
        help_heading = "Blood", long, value_name = "1E9_L",
        default_value_t = Sample::default().platelet_1e9_l,
        value_parser = |text: &str| number(text, 0.0, 2000.0, "1e9/L"),
    )]
    platelets: f64,
    /// Mobilised with G-CSF: neutrophils are lighter.
    #[arg(help_heading = "Blood", long)]
    mobilised: bool,
    /// Cells of the grid, along the flow x across the gap. [default: that of the parameters]
    #[arg(help_heading = "Model", long, value_name = "AxR", value_parser = grid)]
    grid: Option<Grid>,
    /// Minutes until the end; the last 4 are what the results are means of. [default: 14, or longer for as long as 11
    /// volumes of the channel take]
    #[arg(
        help_heading = "Model", long, value_name = "MIN",
        value_parser = |text: &str| number(text, 5.0, 600.0, "min"),
    )]
    minutes: Option<f64>,
    /// Replaces a parameter: model.separator.* or model.blood.*; may be given many times.
    #[arg(help_heading = "Model", long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Folder with parameter files (separator.toml, blood.toml) in place of the embedded ones.
    #[arg(help_heading = "Model", long, value_name = "DIR")]
    parameters: Option<PathBuf>,
    /// Prints one JSON object (schema leuka.separation/1, docs/separation.md) and nothing else on standard output.
    #[arg(help_heading = "Output", long)]
    json: bool,
    /// Draws the layers into this file (SVG).
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    picture: Option<PathBuf>,
}

/// Acceleration that automatic mode sets: this times inlet flow over volume of the channel, g min (published default).
const PACKING_FACTOR_G_MIN: f64 = 171.0;
/// Shortest study, and the time that results are means of.
const SHORTEST_MIN: f64 = 14.0;
const AVERAGING_MIN: f64 = 4.0;
/// Volumes of the channel that pass until it is steady.
const VOLUMES: f64 = 24.0;

/// A separation that has been done.
struct Separation {
    sample: Sample,
    parameters: Parameters,
    parameters_changed: Vec<String>,
    blood: leuka_blood::Parameters,
    case: Case,
    channel: Channel,
    steady: Steady,
}

impl Separation {
    /// Acceleration in the middle of the gap, g.
    fn g(&self) -> f64 {
        let omega = self.case.rotation.rad_s();
        omega * omega * middle_radius_m(&self.parameters) / STANDARD_GRAVITY_M_S2
    }

    /// Flow of the red-cell port.
    fn red_flow(&self) -> FlowRate {
        self.case.inlet_flow - self.case.collect_flow - self.steady.plasma_flow
    }

    /// From where to where the collect port opens, mm below the inner wall.
    fn collect_port_mm(&self) -> (f64, f64) {
        collect_port_mm(&self.parameters)
    }

    /// What entered by name, for whoever is in the sample.
    fn entered(&self) -> impl Iterator<Item = Population> {
        Population::ALL.into_iter().filter(|&population| self.case.blood.cell_ml(population) > 0.0)
    }
}

pub(crate) fn separate(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = arguments.picture.as_deref().and_then(Path::parent);
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Failure::Input(format!("{}: there is no such folder for the picture", folder.display())));
    }
    let separation = solve(arguments)?;
    if let Some(path) = &arguments.picture {
        std::fs::write(path, picture::of(&separation).svg())
            .map_err(|error| Failure::Work(format!("{}: cannot be written: {error}", path.display())))?;
    }
    if arguments.json {
        print!("{}", pretty(&result::json(&separation)));
    } else {
        print!("{}", result::text(&separation, arguments.picture.as_deref()));
    }
    Ok(ExitCode::SUCCESS)
}

fn solve(arguments: &Arguments) -> Result<Separation, Failure> {
    let inputs = inputs(arguments)?;
    let file = |name| inputs.model(name).ok_or_else(|| Failure::Work(format!("there is no model `{name}`")));
    let parameters = Parameters::from_file(file("separator")?).map_err(input)?;
    let mut blood = leuka_blood::Parameters::from_file(file("blood")?).map_err(input)?;
    if arguments.mobilised {
        blood.cells[Population::Neutrophil].density_g_ml = blood.mobilised_neutrophil_density_g_ml;
    }
    let sample = sample(arguments)?;
    let grid = arguments.grid.unwrap_or(parameters.grid);
    let mut channel = Channel::new(&parameters, &blood, grid, &Mixture::saline(1.0)).map_err(input)?;
    let case = case(arguments, &parameters, sample.mixture(&blood), channel.contents().volume_ml())?;
    let mut work = Work::new("separating", arguments.json);
    let mut tell = |done| work.tell(done);
    let steady = steady(&mut Watched::new(&mut channel, case.duration, &mut tell), &case);
    work.finish();
    Ok(Separation { sample, parameters, parameters_changed: arguments.set.clone(), blood, case, channel, steady })
}

/// The parameters, read and checked as for a run.
fn inputs(arguments: &Arguments) -> Result<Inputs, Failure> {
    let overrides = arguments.set.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let has_effect =
        |over: &Override| ["model.separator.", "model.blood."].iter().any(|name| over.path.starts_with(name));
    if let Some(over) = overrides.iter().find(|over| !has_effect(over)) {
        return Err(Failure::Input(format!(
            "--set: {}: has no effect on a separation: it begins with model.separator. or model.blood.",
            over.path
        )));
    }
    let parameters = arguments.parameters.as_deref().map_or(Ok(Vec::new()), files::parameter_files)?;
    Ok(Inputs::read(&Sources { parameters, overrides, ..Sources::default() })?)
}

fn sample(arguments: &Arguments) -> Result<Sample, Failure> {
    let sample = Sample {
        hematocrit_pct: arguments.hct,
        wbc_1e9_l: arguments.wbc,
        lymphocyte_pct: arguments.lymphocytes,
        monocyte_pct: arguments.monocytes,
        eosinophil_pct: arguments.eosinophils,
        blast_pct: arguments.blasts,
        cd34_per_ul: arguments.cd34,
        platelet_1e9_l: arguments.platelets,
        ratio: arguments.ratio,
    };
    let neutrophils = sample.per_ul(Population::Neutrophil);
    if neutrophils < 0.0 {
        return Err(Failure::Input(format!(
            "lymphocytes, monocytes, eosinophils, blasts and CD34+ cells are {:.0} /uL more than all white cells: \
             raise --wbc or lower one of them",
            -neutrophils
        )));
    }
    Ok(sample)
}

fn case(arguments: &Arguments, parameters: &Parameters, blood: Mixture, channel_ml: f64) -> Result<Case, Failure> {
    if arguments.collect >= arguments.flow {
        return Err(Failure::Input(format!(
            "--collect {} mL/min must be less than --flow {} mL/min",
            arguments.collect, arguments.flow
        )));
    }
    let interface_mm = arguments.interface.unwrap_or(collect_port_mm(parameters).1);
    if interface_mm > parameters.gap_mm {
        return Err(Failure::Input(format!(
            "--interface {interface_mm} mm lies outside the gap of {} mm",
            parameters.gap_mm
        )));
    }
    let g = arguments.g.unwrap_or(PACKING_FACTOR_G_MIN * arguments.flow / channel_ml);
    let omega = math::sqrt(g * STANDARD_GRAVITY_M_S2 / middle_radius_m(parameters));
    let minutes = arguments.minutes.unwrap_or((VOLUMES * channel_ml / arguments.flow).max(SHORTEST_MIN));
    Ok(Case {
        blood,
        inlet_flow: FlowRate::from_ml_min(arguments.flow),
        collect_flow: FlowRate::from_ml_min(arguments.collect),
        rotation: arguments.rpm.map_or(RotationalSpeed::from_rad_s(omega), RotationalSpeed::from_rpm),
        collect_hematocrit: Fraction::from_pct(arguments.collect_hct),
        interface_mm,
        duration: TimeSpan::from_minutes(minutes),
        averaging: TimeSpan::from_minutes(AVERAGING_MIN),
    })
}

fn middle_radius_m(parameters: &Parameters) -> f64 {
    (parameters.inner_radius_mm + 0.5 * parameters.gap_mm) * 1e-3
}

fn collect_port_mm(parameters: &Parameters) -> (f64, f64) {
    let half = 0.5 * parameters.collect_opening_mm;
    (parameters.collect_depth_mm - half, parameters.collect_depth_mm + half)
}

fn input(error: impl std::fmt::Display) -> Failure {
    Failure::Input(error.to_string())
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 0.0, 100.0, "%")
}

/// A number within its range.
fn number(text: &str, low: f64, high: f64, unit: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (low..=high).contains(&value) => Ok(value),
        Ok(value) => Err(format!("{value} is outside {low} to {high} {unit}").trim_end().to_owned()),
        Err(_) => Err("allowed is a number".to_owned()),
    }
}

fn grid(text: &str) -> Result<Grid, String> {
    let sides = text.split_once('x').map(|(axial, radial)| (axial.trim().parse(), radial.trim().parse()));
    match sides {
        Some((Ok(axial), Ok(radial))) if axial <= 500 && radial <= 2000 => Ok(Grid { axial, radial }),
        _ => Err("allowed is cells along x cells across, such as 16x64, at most 500x2000".to_owned()),
    }
}
