//! The donor's own steps against an adaptive solver that knows nothing of them.

use diffsol::{MatrixCommon, NalgebraMat, OdeBuilder, OdeSolverMethod};
use leuka_donor::verification::{Equations, MINUTES, PROBLEMS, diffsol, largest_difference, problem};

/// The states at [`MINUTES`] by diffsol's Runge-Kutta pair of order 5(4) after Tsitouras.
fn solved(equations: &Equations) -> Vec<Vec<f64>> {
    let start = equations.start();
    let problem = OdeBuilder::<NalgebraMat<f64>>::new()
        .rtol(1e-10)
        .atol([1e-10])
        .rhs(|state: &[f64], _: &[f64], _, rates: &mut [f64]| equations.rates(state, rates))
        .init(move |_: &[f64], _, state: &mut [f64]| state.copy_from_slice(&start), Equations::STATES)
        .build()
        .unwrap();
    let mut solver = problem.tsit45().unwrap();
    let mut at = |minutes: f64| -> Vec<f64> {
        let (states, _, _) = solver.solve(minutes).unwrap();
        states.inner().column_iter().next_back().unwrap().iter().copied().collect()
    };
    MINUTES.map(&mut at).to_vec()
}

fn solved_problem() -> Vec<Vec<f64>> {
    let (donor, collection) = problem().unwrap();
    solved(&Equations::new(&donor, collection))
}

#[test]
fn the_reference_of_the_command_line_is_what_the_solver_finds() {
    for (kept, found) in diffsol().unwrap().iter().zip(solved_problem()) {
        let (name, difference) = largest_difference(kept, &found);
        assert!(difference < 1e-8, "{difference:e} in {name}: the model has changed, so write data/diffsol.csv anew");
    }
}

#[test]
#[ignore = "writes data/diffsol.csv, after a change of the model"]
fn write_the_reference() {
    let states = solved_problem();
    let mut text = "state".to_owned() + &MINUTES.map(|minutes| format!(",{minutes} min")).concat() + "\n";
    for (at, name) in Equations::names().iter().enumerate() {
        text += name;
        text += &states.iter().map(|state| format!(",{:e}", state[at])).collect::<String>();
        text.push('\n');
    }
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/data/diffsol.csv"), text).unwrap();
}

#[test]
fn every_figure_that_the_command_line_prints_is_good() {
    for problem in PROBLEMS {
        for figure in (problem.run)(&mut |_| {}).unwrap().figures {
            assert!(figure.passed(), "{}: {figure:?}", problem.name);
        }
    }
}
