//! The rates of a donor as one system of ordinary differential equations, without the donor's own steps.

use leuka_blood::{Component, Mixture};

use crate::Donor;
use crate::body::Body;
use crate::circulation::{CirculationState, Influence};
use crate::citrate_calcium::Ionised;
use crate::model::Model;
use crate::scenario::Collection;
use crate::state::Pools;

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
    pub(super) fn readings(&self, state: &[f64]) -> [(&'static str, &'static str, f64); 6] {
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

/// The largest difference of two states relative to the amount, and where it is. Effectors of the reflex, which are
/// near zero, are left out: what they do is compared.
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
