//! The channel meets the exact answers of its reference problems, and converges as it should.

use leuka_separator::verification::{PROBLEMS, Problem};

fn check(problem: &Problem) {
    let findings = (problem.run)(&mut |_| {}).expect("the embedded parameters are usable");
    assert!(!(findings.figures.is_empty() && findings.convergence.is_empty()), "{} shows nothing", problem.name);
    for figure in &findings.figures {
        assert!(figure.passed(), "{}: {figure:?}", problem.name);
    }
    for convergence in &findings.convergence {
        assert!(convergence.errors.len() >= 4, "{}: {convergence:?}", problem.name);
        assert!(convergence.passed(), "{}: {convergence:?} falls with {:?}", problem.name, convergence.orders());
    }
}

#[test]
fn every_quick_reference_problem_is_met() {
    PROBLEMS.iter().filter(|problem| !problem.slow).for_each(check);
}

#[test]
fn every_slow_reference_problem_is_met() {
    PROBLEMS.iter().filter(|problem| problem.slow).for_each(check);
}
