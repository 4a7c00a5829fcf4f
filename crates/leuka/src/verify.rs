//! `leuka verify`.

use std::process::ExitCode;

use leuka_blood::verification::{Convergence, Figure, Findings, Problem};
use leuka_donor::verification as donor;
use leuka_procedure::pretty;
use leuka_report::{NOT_A_DEVICE, table};
use leuka_separator::verification as separator;
use serde_json::{Value, json};

use crate::Failure;
use crate::progress::Work;

/// Solves the reference problems of the models and shows how far each answer is from the exact one.
///
/// For each figure the exact and the computed value, error and tolerance; for each problem with a grid the errors on at
/// least four grids and the observed order of convergence. Exit code 0 when all are within their tolerances, 1 when one
/// is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  leuka verify --quick
  leuka verify --grids       (captures on the production grid against twice the cells each way; minutes)

For research, engineering and training. Not a medical device; not for treating people.")]
pub(crate) struct Arguments {
    /// Leaves out what takes more than a few seconds.
    #[arg(long, conflicts_with = "grids")]
    quick: bool,
    /// Studies the production grid instead.
    #[arg(long)]
    grids: bool,
    /// Prints one JSON object (schema leuka.verification/1, docs/separation.md) and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

pub(crate) fn verify(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let all: &[&[Problem]] = if arguments.grids {
        &[std::slice::from_ref(&separator::GRID_STUDY)]
    } else {
        &[separator::PROBLEMS, donor::PROBLEMS]
    };
    let mut solved = Vec::new();
    for problem in all.iter().copied().flatten().filter(|problem| !(arguments.quick && problem.slow)) {
        let mut work = Work::new(problem.name, arguments.json || !problem.slow);
        let findings = (problem.run)(&mut |done| work.tell(done));
        work.finish();
        let findings = findings.map_err(|error| Failure::Work(format!("{}: {error}", problem.name)))?;
        if !arguments.json {
            print!("{}", text(problem, &findings));
        }
        solved.push((problem, findings));
    }
    let failed = solved.iter().filter(|(_, findings)| !findings.passed()).count();
    if arguments.json {
        print!("{}", pretty(&json(&solved)));
    } else {
        println!("{} of {} problems passed\n\n{NOT_A_DEVICE}", solved.len() - failed, solved.len());
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Solves what takes no more than a few seconds: name, what it is about, and whether it passed.
pub(crate) fn quick() -> Result<Vec<(&'static str, &'static str, bool)>, Failure> {
    let quick = separator::PROBLEMS.iter().chain(donor::PROBLEMS).filter(|problem| !problem.slow);
    quick
        .map(|problem| {
            let findings = (problem.run)(&mut |_| {});
            let findings = findings.map_err(|error| Failure::Work(format!("{}: {error}", problem.name)))?;
            Ok((problem.name, problem.about, findings.passed()))
        })
        .collect()
}

fn text(problem: &Problem, findings: &Findings) -> String {
    let mut text = format!("{}\n{}\n", problem.name, problem.about);
    let figures: Vec<_> = findings.figures.iter().map(figure_row).collect();
    if !figures.is_empty() {
        text += &indented(&table(&["", "exact", "computed", "error", "tolerance", ""], &figures));
    }
    for convergence in &findings.convergence {
        text += &indented(&table(&[&convergence.name, "error", "order"], &convergence_rows(convergence)));
    }
    text + "\n"
}

fn indented(table: &str) -> String {
    table.lines().map(|line| format!("  {line}\n")).collect()
}

fn verdict(passed: bool) -> String {
    if passed { "pass" } else { "MISS" }.to_owned()
}

fn figure_row(figure: &Figure) -> Vec<String> {
    let unit = if figure.unit.is_empty() { String::new() } else { format!(", {}", figure.unit) };
    vec![
        format!("{}{unit}", figure.name),
        value(figure.exact),
        value(figure.computed),
        format!("{:+.1e}", figure.error()),
        format!("{:.1e}", figure.tolerance),
        verdict(figure.passed()),
    ]
}

fn value(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e5).contains(&size) { format!("{value:.7}") } else { format!("{value:.3e}") }
}

fn convergence_rows(convergence: &Convergence) -> Vec<Vec<String>> {
    let mut orders = convergence.orders().into_iter().map(|order| format!("{order:.2}"));
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (number, error) in &convergence.errors {
        let order = if rows.is_empty() { String::new() } else { orders.next().unwrap_or_default() };
        rows.push(vec![format!("{number} {}", convergence.refined), format!("{error:.2e}"), order]);
    }
    rows.push(vec![
        format!("over all, at least {:.1}", convergence.least_order),
        String::new(),
        format!("{:.2}  {}", convergence.order(), verdict(convergence.passed())),
    ]);
    rows
}

/// The object of schema `leuka.verification/1`.
fn json(solved: &[(&Problem, Findings)]) -> Value {
    let figure = |figure: &Figure| {
        json!({
            "name": figure.name,
            "unit": figure.unit,
            "exact": figure.exact,
            "computed": figure.computed,
            "error": figure.error(),
            "tolerance": figure.tolerance,
            "passed": figure.passed(),
        })
    };
    let convergence = |convergence: &Convergence| {
        let errors = convergence.errors.iter().map(|(number, error)| json!({"number": number, "error": error}));
        json!({
            "name": convergence.name,
            "refined": convergence.refined,
            "errors": errors.collect::<Vec<_>>(),
            "orders": convergence.orders(),
            "order": convergence.order(),
            "least_order": convergence.least_order,
            "passed": convergence.passed(),
        })
    };
    let problems = solved.iter().map(|(problem, findings)| {
        json!({
            "name": problem.name,
            "about": problem.about,
            "figures": findings.figures.iter().map(figure).collect::<Vec<_>>(),
            "convergence": findings.convergence.iter().map(convergence).collect::<Vec<_>>(),
            "passed": findings.passed(),
        })
    });
    json!({
        "schema": "leuka.verification/1",
        "version": env!("CARGO_PKG_VERSION"),
        "problems": problems.collect::<Vec<_>>(),
        "passed": solved.iter().all(|(_, findings)| findings.passed()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_is_called_a_miss() {
        let problem = Problem { name: "Drop", about: "a cell falls", slow: false, run: |_| Ok(Findings::default()) };
        let figure = |computed| Figure { name: "time".into(), unit: "s", exact: 2.0, computed, tolerance: 0.1 };
        let errors = vec![(10, 0.4), (20, 0.2)];
        let convergence = vec![Convergence { name: "error".into(), refined: "cells", errors, least_order: 1.8 }];
        let findings = Findings { figures: vec![figure(2.05), figure(2.5)], convergence };
        let text = text(&problem, &findings);
        let verdicts: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().last()).collect();
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == "pass").count(), 1, "{text}");
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == "MISS").count(), 2, "{text}");
        assert_eq!(json(&[(&problem, findings)])["passed"], false);
    }
}
