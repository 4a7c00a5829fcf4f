//! The study of the grid: what the production grid captures, against twice the cells each way.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, TimeSpan};
use leuka_blood::{Mixture, Population};

use super::{Figure, Findings, Problem};
use crate::steady::{Case, Steady, steady};
use crate::{Channel, Error, Grid, Parameters, Sample, Watched};

/// Captures on the production grid and on twice the cells each way, collect haematocrit held at 3 %.
pub const GRID_STUDY: Problem = Problem {
    name: "Study of the grid",
    about: "steady capture at 60 mL/min, 1200 rpm, collect 1 mL/min held at 3 %: on the production grid (computed) and on twice the cells each way (exact)",
    slow: true,
    run: |tell| Ok(study(tell)?),
};

/// Percentage points that the production grid may be away from the finer one.
const TOLERANCE_POINTS: f64 = 1.0;

const POPULATIONS: [(&str, Population); 6] = [
    ("CD34+", Population::Cd34),
    ("T lymphocytes", Population::TCell),
    ("other lymphocytes", Population::OtherLymphocyte),
    ("monocytes", Population::Monocyte),
    ("neutrophils", Population::Neutrophil),
    ("platelets", Population::Platelet),
];

fn study(tell: &mut dyn FnMut(f64)) -> Result<Findings, Error> {
    let parameters = Parameters::embedded()?;
    let coarse = parameters.grid;
    let fine = Grid { axial: 2 * coarse.axial, radial: 2 * coarse.radial };
    // Four times the cells and twice the steps.
    let computed = capture(&parameters, coarse, &mut |part| tell(part / 9.0))?;
    let exact = capture(&parameters, fine, &mut |part| tell((1.0 + 8.0 * part) / 9.0))?;
    let figure = |name: &str, unit, exact: f64, computed: f64, tolerance| Figure {
        name: format!("{name}, {} x {} against {} x {} cells", coarse.axial, coarse.radial, fine.axial, fine.radial),
        unit,
        exact,
        computed,
        tolerance,
    };
    let mut figures = Vec::new();
    for (name, population) in POPULATIONS {
        let pct = |steady: &Steady| 100.0 * steady.collect[population];
        figures.push(figure(name, "%", pct(&exact), pct(&computed), TOLERANCE_POINTS));
    }
    // The captures compare only at the same collect haematocrit.
    let hematocrit = |steady: &Steady| steady.collect_hematocrit.pct();
    figures.push(figure("collect haematocrit", "%", hematocrit(&exact), hematocrit(&computed), 0.2));
    Ok(Findings { figures, convergence: vec![] })
}

fn capture(parameters: &Parameters, grid: Grid, tell: &mut dyn FnMut(f64)) -> Result<Steady, Error> {
    let blood = leuka_blood::Parameters::embedded()?;
    let case = Case {
        blood: Sample::default().mixture(&blood),
        inlet_flow: FlowRate::from_ml_min(60.0),
        collect_flow: FlowRate::from_ml_min(1.0),
        rotation: RotationalSpeed::from_rpm(1200.0),
        collect_hematocrit: Fraction::from_pct(3.0),
        interface_mm: 1.57,
        duration: TimeSpan::from_minutes(30.0),
        averaging: TimeSpan::from_minutes(4.0),
    };
    let mut channel = Channel::new(parameters, &blood, grid, &Mixture::saline(1.0))?;
    Ok(steady(&mut Watched::new(&mut channel, case.duration, tell), &case))
}
