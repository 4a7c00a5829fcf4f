//! The donor's own steps against an adaptive solver that knows nothing of them.

use diffsol::{MatrixCommon, NalgebraMat, OdeBuilder, OdeSolverMethod};
use leuka_donor::verification::{AGREEMENT, Equations, HOURS, figures, largest_difference, problem};

/// The state after four hours by diffsol's Runge-Kutta pair of order 5(4) after Tsitouras.
fn solved(equations: &Equations) -> Vec<f64> {
    let start = equations.start();
    let problem = OdeBuilder::<NalgebraMat<f64>>::new()
        .rtol(1e-10)
        .atol([1e-10])
        .rhs(|state: &[f64], _: &[f64], _, rates: &mut [f64]| equations.rates(state, rates))
        .init(move |_: &[f64], _, state: &mut [f64]| state.copy_from_slice(&start), Equations::STATES)
        .build()
        .unwrap();
    let mut solver = problem.tsit45().unwrap();
    let (states, _, _) = solver.solve(HOURS * 60.0).unwrap();
    states.inner().column_iter().next_back().unwrap().iter().copied().collect()
}

#[test]
fn four_hours_of_collection_agree_with_an_independent_solver() {
    let (parameters, blood) =
        (leuka_donor::Parameters::embedded().unwrap(), leuka_blood::Parameters::embedded().unwrap());
    let (mut donor, collection) = problem(&parameters, &blood).unwrap();
    let equations = Equations::new(&donor, collection);
    let independent = solved(&equations);

    let runge_kutta = equations.integrate(28_800, 0.5 / 60.0);
    let (name, difference) = largest_difference(&independent, &runge_kutta);
    assert!(difference < 1e-7, "the reference of the command line: {difference:e} in {name}");

    collection.run(&mut donor, HOURS * 60.0, 0.1, |_, _| {});
    let (name, difference) = largest_difference(&independent, &Equations::of(&donor));
    assert!(difference < AGREEMENT, "the donor: {difference:e} in {name}");
}

#[test]
fn every_figure_that_the_command_line_prints_is_good() {
    let (parameters, blood) =
        (leuka_donor::Parameters::embedded().unwrap(), leuka_blood::Parameters::embedded().unwrap());
    for figure in figures(&parameters, &blood).unwrap() {
        println!(
            "{} {} {} {:e} {:e}",
            figure.name,
            figure.unit,
            figure.exact,
            figure.computed - figure.exact,
            figure.tolerance
        );
        assert!(figure.is_good(), "{figure:?}");
    }
}
