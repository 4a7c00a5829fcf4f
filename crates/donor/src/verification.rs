//! Does the program solve the equations it claims to solve?
//!
//! The donor moves in steps of three lengths and holds each part still while another moves. Here the same rates stand
//! together as one system without steps, [`Equations`], which any integrator can solve: the classical Runge-Kutta
//! method of fourth order in this module, and an adaptive solver of another house in the crate's tests. Conservation
//! and the steady state need no solver. [`figures`] puts all of it in numbers.

use leuka_blood::quantity::{Amount, TimeSpan};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Component, Mixture, Population, Sex};

use crate::body::Body;
use crate::circulation::{CirculationState, Influence};
use crate::citrate_calcium::Ionised;
use crate::mobilisation::Course;
use crate::model::Model;
use crate::scenario::Collection;
use crate::state::Pools;
use crate::{Description, Donor, Error, Parameters, Treatment};

/// One checked number.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Its unit.
    pub unit: &'static str,
    /// The value that is exact or independently computed.
    pub exact: f64,
    /// What the donor gives.
    pub computed: f64,
    /// Largest difference that passes.
    pub tolerance: f64,
}

impl Figure {
    /// True when the difference is within the tolerance.
    #[must_use]
    pub fn is_good(&self) -> bool {
        (self.computed - self.exact).abs() <= self.tolerance
    }

    fn is_zero(name: impl Into<String>, computed: f64, tolerance: f64) -> Self {
        Self { name: name.into(), unit: "1", exact: 0.0, computed, tolerance }
    }
}

/// The rates of one donor during one collection, as a system of ordinary differential equations in minutes. No chance
/// acts in it: nobody faints and nothing befalls the donor.
#[derive(Debug, Clone, Copy)]
pub struct Equations {
    model: Model,
    collection: Collection,
    calcium_mmol_min: f64,
    start: Start,
}

#[derive(Debug, Clone, Copy)]
struct Start {
    body: Body,
    pools: Pools,
    circulation: CirculationState,
}

const AMOUNTS: usize = Component::ALL.len();
const PLACES: [&str; 3] = ["blood", "interstitium", "elsewhere"];
const POOLS_AT: usize = PLACES.len() * AMOUNTS;
const CIRCULATION_AT: usize = POOLS_AT + Pools::NAMES.len();
const SECONDS_PER_MINUTE: f64 = 60.0;

impl Equations {
    /// Number of states.
    pub const STATES: usize = CIRCULATION_AT + CirculationState::NAMES.len();

    /// The equations of this donor from now on, collected from in this way.
    #[must_use]
    pub const fn new(donor: &Donor, collection: Collection) -> Self {
        let state = donor.state();
        Self {
            model: *donor.model(),
            collection,
            calcium_mmol_min: donor.calcium_infusion(),
            start: Start { body: state.body, pools: state.pools, circulation: state.circulation },
        }
    }

    /// The names of the states, in order.
    #[must_use]
    pub fn names() -> Vec<String> {
        let amounts =
            PLACES.iter().flat_map(|place| Component::ALL.map(|component| format!("{} in {place}", component.name())));
        let others = Pools::NAMES.iter().chain(&CirculationState::NAMES).map(|name| (*name).to_owned());
        amounts.chain(others).collect()
    }

    /// The state at the start.
    #[must_use]
    pub fn start(&self) -> Vec<f64> {
        flatten(self.start.body.places(), &self.start.pools, &self.start.circulation)
    }

    /// A donor's state, in the same order.
    #[must_use]
    pub fn of(donor: &Donor) -> Vec<f64> {
        let state = donor.state();
        flatten(state.body.places(), &state.pools, &state.circulation)
    }

    /// The rates of change per minute; `rates` holds [`Self::STATES`] numbers, as `state` does.
    pub fn rates(&self, state: &[f64], rates: &mut [f64]) {
        let Start { body, pools, circulation } = unflatten(state);
        let ionised = self.model.bind(&body, &self.model.chemistry.ions_at_rest());
        let influence = self.influence(&body, &ionised);
        let blood_ml = body.blood.fluid_ml();
        let now = self.model.circulation.haemodynamics(&circulation, blood_ml, &influence);
        let slow = self.model.rates(&body, &pools, &ionised, now.capillary_mmhg, self.calcium_mmol_min);
        let per_s = self.model.circulation.rates(&circulation, blood_ml, &influence);

        let exchanged = self.collection.separate(&self.drawn_per_min(&body));
        let [blood, interstitium, elsewhere] = slow.places();
        let blood = *blood + exchanged.received - exchanged.drawn;
        let per_min = CirculationState::default().after(&per_s, SECONDS_PER_MINUTE);
        let values = flatten([&blood, interstitium, elsewhere], &slow.pools, &per_min);
        for (rate, value) in rates.iter_mut().zip(values) {
            *rate = value;
        }
    }

    /// The state after `steps` steps of `step_min` minutes by the classical Runge-Kutta method.
    #[must_use]
    pub fn integrate(&self, steps: u32, step_min: f64) -> Vec<f64> {
        let mut state = self.start();
        let mut rates = [const { [0.0; Self::STATES] }; 4];
        let mut at = state.clone();
        for _ in 0..steps {
            let [first, second, third, fourth] = &mut rates;
            self.rates(&state, first);
            step_to(&mut at, &state, first, 0.5 * step_min);
            self.rates(&at, second);
            step_to(&mut at, &state, second, 0.5 * step_min);
            self.rates(&at, third);
            step_to(&mut at, &state, third, step_min);
            self.rates(&at, fourth);
            for (place, value) in state.iter_mut().enumerate() {
                *value += step_min / 6.0 * (first[place] + 2.0 * (second[place] + third[place]) + fourth[place]);
            }
        }
        state
    }

    fn drawn_per_min(&self, body: &Body) -> Mixture {
        body.venous(self.collection.blood_ml_min, self.model.body_to_venous_hematocrit())
    }

    fn influence(&self, body: &Body, ionised: &Ionised) -> Influence {
        Influence {
            calcium_fall: self.model.chemistry.fall(ionised).calcium,
            thickening: self.model.thickening(body),
            ..Influence::default()
        }
    }

    /// What a monitor and a laboratory would read off a state: heart rate, pressures, ions.
    fn readings(&self, state: &[f64]) -> [(&'static str, &'static str, f64); 6] {
        let Start { body, circulation, .. } = unflatten(state);
        let ionised = self.model.bind(&body, &self.model.chemistry.ions_at_rest());
        let influence = self.influence(&body, &ionised);
        let now = self.model.circulation.haemodynamics(&circulation, body.blood.fluid_ml(), &influence);
        [
            ("heart rate", "/min", now.heart_rate_per_min),
            ("mean arterial pressure", "mmHg", now.arterial_mmhg),
            ("central venous pressure", "mmHg", now.venous_mmhg),
            ("stroke volume", "mL", now.stroke_ml),
            ("ionised calcium", "mmol/L", ionised.plasma.calcium),
            ("ionised magnesium", "mmol/L", ionised.plasma.magnesium),
        ]
    }
}

fn step_to(at: &mut [f64], from: &[f64], rates: &[f64], step: f64) {
    for ((at, from), rate) in at.iter_mut().zip(from).zip(rates) {
        *at = from + rate * step;
    }
}

fn flatten(places: [&Mixture; 3], pools: &Pools, circulation: &CirculationState) -> Vec<f64> {
    let amounts = places.into_iter().flat_map(|mixture| Component::ALL.map(|component| mixture.get(component)));
    amounts.chain(pools.values()).chain(circulation.values()).collect()
}

fn unflatten(state: &[f64]) -> Start {
    let value = |at: usize| state.get(at).copied().unwrap_or(f64::NAN);
    let mixture = |place: usize| {
        let mut mixture = Mixture::EMPTY;
        for (at, component) in Component::ALL.into_iter().enumerate() {
            mixture.set(component, value(place * AMOUNTS + at));
        }
        mixture
    };
    Start {
        body: Body { blood: mixture(0), interstitium: mixture(1), elsewhere: mixture(2) },
        pools: Pools::of((POOLS_AT..CIRCULATION_AT).map(value)),
        circulation: CirculationState::of((CIRCULATION_AT..Equations::STATES).map(value)),
    }
}

/// Hours of the collection that is solved in two ways.
pub const HOURS: f64 = 4.0;
/// Part of a state by which the two ways may differ.
pub const AGREEMENT: f64 = 1e-4;
const REFERENCE_STEP_S: f64 = 0.5;

/// The donor and the collection that are solved in two ways: a man on the fifth day of G-CSF, with calcium by vein and by
/// mouth, a dose of each drug, and a collection that moves everything.
///
/// # Errors
/// What [`Donor::new`] refuses.
pub fn problem(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<(Donor, Collection), Error> {
    use leuka_blood::quantity::{CellConcentration, Length, Mass, Volume};
    let (height, weight, volume) = (Length::from_cm(178.0), Mass::from_kg(75.0), Volume::from_ml(5250.0));
    let mut man = Description::typical(Sex::Male, 35.0, height, weight, volume, parameters);
    man.cells[Population::Cd34] = CellConcentration::from_per_ul(90.0);
    man.cells[Population::Neutrophil] = CellConcentration::from_per_ul(35e3);
    man.mobilisation.course = Some(Course { ug_per_kg: 10.0, doses: 4, since_last_dose: TimeSpan::from_hours(24.0) });
    let mut donor = Donor::new(&man, &parameters.without_fainting(), blood, Seed::run(1))?;
    donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(1.5)));
    donor.treat(Treatment::OralCalcium(Amount::from_mmol(25.0)));
    donor.treat(Treatment::GCsf(10.0));
    donor.treat(Treatment::Plerixafor(240.0));
    let collection = Collection::usual(blood.fluids.anticoagulant(Anticoagulant::AcdA, 1.0));
    Ok((donor, collection))
}

/// All checks, in numbers.
///
/// # Errors
/// What [`Donor::new`] refuses.
pub fn figures(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<Vec<Figure>, Error> {
    let (donor, collection) = problem(parameters, blood)?;
    let equations = Equations::new(&donor, collection);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few ten thousand steps")]
    let steps = (HOURS * 3600.0 / REFERENCE_STEP_S) as u32;
    let exact = equations.integrate(steps, REFERENCE_STEP_S / SECONDS_PER_MINUTE);

    let mut figures = Vec::new();
    for beat_s in [0.1, 0.5] {
        let mut stepped = donor.clone();
        collection.run(&mut stepped, HOURS * 60.0, beat_s, |_, _| {});
        let computed = Equations::of(&stepped);
        let (name, difference) = largest_difference(&exact, &computed);
        let what = format!("all states, beats of {beat_s} s against Runge-Kutta; largest difference, in {name}");
        figures.push(Figure::is_zero(what, difference, AGREEMENT));
        if beat_s < 0.5 {
            for ((name, unit, exact), (_, _, computed)) in
                equations.readings(&exact).into_iter().zip(equations.readings(&computed))
            {
                let name = format!("{name} after {HOURS} h");
                figures.push(Figure { name, unit, exact, computed, tolerance: AGREEMENT * exact.abs() });
            }
        }
    }
    figures.push(balance(&donor, collection));
    figures.push(steady_state(parameters, blood)?);
    Ok(figures)
}

/// The largest difference of two states relative to the amount, and where it is. Effectors of the reflex, which are
/// near zero, are compared by what they do: see the readings.
#[must_use]
pub fn largest_difference(exact: &[f64], computed: &[f64]) -> (String, f64) {
    let names = Equations::names();
    let mut largest = (String::new(), 0.0);
    // The first two states of the circulation are volumes; those behind them are effectors.
    for ((name, exact), computed) in names.into_iter().zip(exact).zip(computed).take(CIRCULATION_AT + 2) {
        let scale = exact.abs().max(computed.abs());
        let difference = if scale > SMALLEST { (exact - computed).abs() / scale } else { 0.0 };
        if difference > largest.1 {
            largest = (name, difference);
        }
    }
    largest
}

/// Amounts below this are nothing.
const SMALLEST: f64 = 1e-6;

/// Largest part of a component that the account cannot explain after a collection with every treatment.
fn balance(donor: &Donor, collection: Collection) -> Figure {
    let mut stepped = donor.clone();
    let before = *donor.ledger();
    let start = donor.contents();
    let exchanged = collection.run(&mut stepped, HOURS * 60.0, 0.1, |_, _| {});
    let gained = stepped.ledger().gained - before.gained;
    let lost = stepped.ledger().lost - before.lost;
    let unexplained = stepped.contents() - start - (exchanged.received - exchanged.drawn + gained - lost);
    let handled = start + exchanged.received + exchanged.drawn + gained + lost;
    let relative = |component| {
        let scale = handled.get(component);
        if scale > 0.0 { unexplained.get(component).abs() / scale } else { 0.0 }
    };
    let worst = Component::ALL.into_iter().map(relative).fold(0.0, f64::max);
    Figure::is_zero("conservation of every component over 4 h; largest part unexplained", worst, 1e-10)
}

/// Largest relative change of anything in a day without input.
fn steady_state(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<Figure, Error> {
    use leuka_blood::quantity::{Length, Mass, Volume};
    let (height, weight, volume) = (Length::from_cm(165.0), Mass::from_kg(62.0), Volume::from_ml(4000.0));
    let woman = Description::typical(Sex::Female, 30.0, height, weight, volume, parameters);
    let mut donor = Donor::new(&woman, parameters, blood, Seed::run(1))?;
    let before = Equations::of(&donor);
    donor.advance(TimeSpan::from_hours(24.0));
    let (name, drift) = largest_difference(&before, &Equations::of(&donor));
    Ok(Figure::is_zero(format!("a day of rest; largest drift, in {name}"), drift, 1e-6))
}
