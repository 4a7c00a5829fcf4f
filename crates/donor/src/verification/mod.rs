//! Does the program solve the equations it claims to solve?
//!
//! The donor moves in steps of three lengths and holds each part still while another moves. Here the same rates stand
//! together as one system without steps, [`Equations`]. An adaptive solver of another house (diffsol 0.18, the
//! Runge-Kutta pair of order 5(4) after Tsitouras, tolerance 1e-10) has solved it; its answers stand in
//! `data/diffsol.csv`, which a test of this crate computes again. Conservation and rest need no solver.

mod equations;

use leuka_blood::quantity::{Amount, CellConcentration, Length, Mass, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::verification::{Figure, Findings, Problem};
use leuka_blood::{Anticoagulant, Component, Population, Sex, Unit};

pub use equations::{Equations, largest_difference};

use crate::mobilisation::Course;
use crate::scenario::{Collection, beats};
use crate::{Description, Donor, Parameters, Treatment};

/// The reference problems of the donor.
pub const PROBLEMS: &[Problem] = &[
    Problem {
        name: "Donor, the own steps against an adaptive solver",
        about: "four hours of collection under G-CSF, plerixafor and calcium; solved by diffsol, Tsitouras 5(4), 1e-10",
        slow: false,
        run: |_| against_diffsol(),
    },
    Problem {
        name: "Donor, conservation",
        about: "the same: change of contents against received - drawn + made - destroyed, for every component",
        slow: false,
        run: |_| conservation(),
    },
    Problem { name: "Donor, rest", about: "a day without input: nothing may change", slow: false, run: |_| rest() },
];

/// Minutes from the start at which states are compared.
pub const MINUTES: [f64; 4] = [10.0, 60.0, 120.0, 240.0];
/// Part of a state by which the donor may differ from the solver.
pub const AGREEMENT: f64 = 1e-4;
/// Part of what was handled that the account may leave unexplained.
const BALANCE: f64 = 1e-10;
/// Part of anything that may change in a day of rest.
const DRIFT: f64 = 1e-6;
/// Beats in which the machine is taken to draw and give, s.
const BEATS_S: [f64; 5] = [0.05, 0.1, 0.5, 1.0, 2.0];
/// The beat of the machine, whose readings are shown one by one.
const MACHINE_BEAT_S: f64 = 0.1;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The donor and the collection that are solved in two ways: a man on the fifth day of G-CSF, with calcium by vein and by
/// mouth, a dose of each drug, and a collection that moves everything.
///
/// # Errors
/// None with the parameters as published.
pub fn problem() -> Outcome<(Donor, Collection)> {
    let (parameters, blood) = (Parameters::embedded()?, leuka_blood::Parameters::embedded()?);
    let (height, weight, volume) = (Length::from_cm(178.0), Mass::from_kg(75.0), Volume::from_ml(5250.0));
    let mut man = Description::typical(Sex::Male, 35.0, height, weight, volume, &parameters);
    man.cells[Population::Cd34] = CellConcentration::from_per_ul(90.0);
    man.cells[Population::Neutrophil] = CellConcentration::from_per_ul(35e3);
    man.mobilisation.course = Some(Course { ug_per_kg: 10.0, doses: 4, since_last_dose: TimeSpan::from_hours(24.0) });
    let mut donor = Donor::new(&man, &parameters.without_fainting(), &blood, Seed::run(1))?;
    donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(1.5)));
    donor.treat(Treatment::OralCalcium(Amount::from_mmol(25.0)));
    donor.treat(Treatment::GCsf(10.0));
    donor.treat(Treatment::Plerixafor(240.0));
    let collection = Collection::usual(blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0));
    Ok((donor, collection))
}

/// The solver's states at [`MINUTES`].
///
/// # Errors
/// When the file has other states than [`Equations`]: it belongs to another version of the model.
pub fn diffsol() -> Outcome<Vec<Vec<f64>>> {
    let mut lines = include_str!("../../data/diffsol.csv").lines().skip(1);
    let mut states = vec![Vec::new(); MINUTES.len()];
    for name in Equations::names() {
        let line = lines.next().unwrap_or_default();
        let Some(values) = line.strip_prefix(name.as_str()) else {
            return Err(format!("data/diffsol.csv: `{line}` stands where `{name}` should; write the file anew").into());
        };
        for (state, value) in states.iter_mut().zip(values.split(',').skip(1)) {
            state.push(value.parse()?);
        }
    }
    Ok(states)
}

fn is_zero(name: String, computed: f64, tolerance: f64) -> Figure {
    Figure { name, unit: "", exact: 0.0, computed, tolerance }
}

fn against_diffsol() -> Outcome<Findings> {
    let (start, collection) = problem()?;
    let equations = Equations::new(&start, collection);
    let exact = diffsol()?;
    let mut figures = Vec::new();
    for beat_s in BEATS_S {
        let mut donor = start.clone();
        let mut minutes_done = 0.0;
        for (exact, minutes) in exact.iter().zip(MINUTES) {
            collection.run(&mut donor, minutes - minutes_done, beat_s, |_, _| {});
            minutes_done = minutes;
            let computed = Equations::of(&donor);
            let (state, difference) = largest_difference(exact, &computed);
            let name = format!("beats of {beat_s} s, {minutes} min: largest relative difference, {state}");
            figures.push(is_zero(name, difference, AGREEMENT));
            if beat_s == MACHINE_BEAT_S {
                let pairs = equations.readings(exact).into_iter().zip(equations.readings(&computed));
                figures.extend(pairs.map(|((name, unit, exact), (_, _, computed))| {
                    let name = format!("{name}, {minutes} min");
                    Figure { name, unit, exact, computed, tolerance: AGREEMENT * exact.abs() }
                }));
            }
        }
    }
    Ok(Findings { figures, convergence: Vec::new() })
}

fn conservation() -> Outcome<Findings> {
    let (start, collection) = problem()?;
    let before = *start.ledger();
    let mut donor = start.clone();
    let [.., minutes] = MINUTES;
    let exchanged = collection.run(&mut donor, minutes, MACHINE_BEAT_S, |_, _| {});
    let (gained, lost) = (donor.ledger().gained - before.gained, donor.ledger().lost - before.lost);
    let explained = exchanged.received - exchanged.drawn + gained - lost;
    let change = donor.contents() - start.contents();
    let handled = start.contents() + exchanged.received + exchanged.drawn + gained + lost;
    let figure = |component: Component| Figure {
        name: component.name().to_owned(),
        unit: unit(component),
        exact: explained.get(component),
        computed: change.get(component),
        tolerance: BALANCE * handled.get(component),
    };
    let figures = Component::ALL.into_iter().filter(|&one| handled.get(one) > 0.0).map(figure).collect();
    Ok(Findings { figures, convergence: Vec::new() })
}

fn unit(component: Component) -> &'static str {
    match component.unit() {
        Unit::Ml => "mL",
        Unit::Mmol => "mmol",
        Unit::Gram => "g",
        Unit::Iu => "IU",
    }
}

fn rest() -> Outcome<Findings> {
    let (parameters, blood) = (Parameters::embedded()?, leuka_blood::Parameters::embedded()?);
    let (height, weight, volume) = (Length::from_cm(165.0), Mass::from_kg(62.0), Volume::from_ml(4000.0));
    let woman = Description::typical(Sex::Female, 30.0, height, weight, volume, &parameters);
    let mut donor = Donor::new(&woman, &parameters, &blood, Seed::run(1))?;
    let before = Equations::of(&donor);
    beats(24.0 * 60.0, 2.0, |beat| donor.advance(TimeSpan::from_minutes(beat)));
    let (state, drift) = largest_difference(&before, &Equations::of(&donor));
    Ok(Findings {
        figures: vec![is_zero(format!("largest relative drift, {state}"), drift, DRIFT)],
        ..Findings::default()
    })
}
