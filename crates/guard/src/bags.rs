//! What the bags have lost and gained, by the guard's scales: the fluid balance of hazards 11 and 12, saline that runs
//! where none was asked for (12), starch (28), a bag on the wrong line (10), and a reservoir that runs empty (1) or over (13).
//!
//! Each weighing adds its difference from the one before, so that noise cancels; a difference larger than any flow
//! makes is another bag and not counted.

use leuka_blood::quantity::Mass;
use leuka_device::{Clamp, Commands, DrawFrom, GuardTelemetry, Instant, Reading, ReturnTo};

use crate::facts::{Facts, follow};
use crate::limits::{BagLimits, DonorLimits, LimitTable};

/// Time constant of what is judged, in weighings of one second each.
const WEIGHINGS: f64 = 5.0;
/// The same of the reservoir, which runs empty soon.
const QUICK_WEIGHINGS: f64 = 1.0;
/// Weighings that a scale takes to show all of another bag.
const SETTLING: u8 = 6;
/// Time in which uncommanded saline is forgotten, in weighings.
const FORGOTTEN: f64 = 300.0;
/// Time after the start of a prime in which a wrong bag shows, s.
const FIRST_S: f64 = 20.0;
/// What the scales must show at least for a bag to be on the wrong line: saline missing and anticoagulant lost, g.
const MISSING_G: f64 = 2.0;
const LOST_G: f64 = 2.5;

/// One bag.
#[derive(Debug, Default, Clone, Copy)]
struct Bag {
    last: Option<Mass>,
    /// Weighings until another bag hangs still.
    settling: u8,
    weighed_at: Option<Instant>,
    /// What has left it since the guard started, g; negative: what has come into it.
    gone_g: f64,
}

impl Bag {
    /// Takes a weighing if it is new; gives what has gone since the last one, g.
    fn weigh(&mut self, reading: Reading<Mass>, most_g: f64) -> Option<f64> {
        let weight = reading.value?;
        if self.weighed_at == Some(reading.taken_at) {
            return None;
        }
        self.weighed_at = Some(reading.taken_at);
        let gone_g = self.last.map_or(0.0, |last| (last - weight).grams());
        self.last = Some(weight);
        if gone_g.abs() > most_g {
            self.settling = SETTLING;
        }
        let is_still = self.settling == 0;
        self.settling = self.settling.saturating_sub(1);
        let gone_g = if is_still { gone_g } else { 0.0 };
        self.gone_g += gone_g;
        Some(gone_g)
    }
}

/// What the bag may lose of starch solution, g.
fn starch_limit_g(donor: &DonorLimits, limits: &LimitTable) -> f64 {
    donor.most_starch.map_or(f64::INFINITY, |most| (limits.anticoagulant.density * most).grams())
}

/// All of them.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Bags {
    anticoagulant: Bag,
    saline: Bag,
    product: Bag,
    waste: Bag,
    reservoir: Bag,
    /// What the reservoir weighs, smoothed, g.
    reservoir_g: Option<f64>,
    /// What the donor had gained when blood was first drawn, g.
    at_connection_g: Option<f64>,
    /// What the donor has gained since, smoothed, g.
    gained_g: f64,
    /// Starch solution or anticoagulant that has left its bag, smoothed, g.
    given_g: f64,
    /// Saline that left its bag while blood was to be drawn, g.
    uncommanded_g: f64,
    prime: Prime,
}

/// The first seconds of a prime, against what both bags weighed before it.
#[derive(Debug, Default, Clone, Copy)]
struct Prime {
    since: Option<Instant>,
    /// What had gone out of either bag before, smoothed, g.
    before_g: Option<(f64, f64)>,
    asked_g: f64,
}

/// What the bags show.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct BagFindings {
    pub(crate) wrong_line: bool,
    pub(crate) deficit: bool,
    pub(crate) surplus: bool,
    pub(crate) uncommanded: bool,
    pub(crate) starch: bool,
    /// The reservoir is drawn from and holds nothing more.
    pub(crate) empty: bool,
    /// The reservoir is filled beyond what is prescribed.
    pub(crate) overfull: bool,
}

impl BagFindings {
    /// True when anything is found.
    pub(crate) const fn any(&self) -> bool {
        let Self { wrong_line, deficit, surplus, uncommanded, starch, empty, overfull } = *self;
        wrong_line | deficit | surplus | uncommanded | starch | empty | overfull
    }
}

impl Bags {
    pub(crate) fn judge(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        facts: &Facts,
        limits: &LimitTable,
    ) -> BagFindings {
        let is_weighed = self.weigh(telemetry, facts, &limits.bags);
        let (bags, donor) = (&limits.bags, &limits.donor);
        let to_donor = commands.return_to == ReturnTo::Donor && commands.pumps.inlet.ml_min() > 0.0;
        let error_ml = bags.scale_error.grams() / bags.fluid_density.g_ml();
        let gained_ml = self.gained_g / bags.fluid_density.g_ml();
        let is_prime = commands.draw_from == DrawFrom::Saline
            && commands.return_to == ReturnTo::Waste
            && commands.return_clamp == Clamp::Open
            && telemetry.weights.anticoagulant.value.is_some_and(|weight| weight > bags.bag_change);
        let moves = commands.pumps.inlet.ml_min() > 0.0;
        let reservoir = donor.reservoir.zip(self.reservoir_g).filter(|_| moves);
        let fills = commands.return_to == ReturnTo::Reservoir;
        let drains = commands.draw_from == DrawFrom::Reservoir;
        BagFindings {
            empty: drains && reservoir.is_some_and(|(limits, weight_g)| weight_g < limits.least.grams()),
            overfull: fills && reservoir.is_some_and(|(limits, weight_g)| weight_g > limits.most.grams()),
            wrong_line: self.is_on_wrong_line(facts, is_prime, is_weighed, bags),
            deficit: facts.draw_asked && -gained_ml + error_ml > donor.most_deficit.ml(),
            surplus: to_donor && gained_ml + error_ml > donor.most_surplus.ml(),
            uncommanded: facts.blood_asked && self.uncommanded_g > bags.uncommanded.grams(),
            starch: facts.draw_asked && self.given_g + bags.scale_error.grams() > starch_limit_g(donor, limits),
        }
    }

    /// Takes new weighings; false when there are none.
    fn weigh(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &BagLimits) -> bool {
        let (weights, most_g) = (&telemetry.weights, limits.bag_change.grams());
        let anticoagulant = self.anticoagulant.weigh(weights.anticoagulant, most_g);
        let saline = self.saline.weigh(weights.saline, most_g);
        let product = self.product.weigh(weights.product, most_g);
        let waste = self.waste.weigh(weights.waste, most_g);
        let reservoir = self.reservoir.weigh(weights.reservoir, most_g);
        if let Some(weight) = weights.reservoir.value.filter(|_| reservoir.is_some()) {
            let before_g = self.reservoir_g.unwrap_or(weight.grams());
            self.reservoir_g = Some(follow(before_g, weight.grams(), 1.0, QUICK_WEIGHINGS));
        }
        if let Some(gone_g) = saline {
            let gone_g = if facts.moves_blood { gone_g } else { 0.0 };
            self.uncommanded_g += gone_g - self.uncommanded_g / FORGOTTEN;
        }
        if anticoagulant.or(saline).or(product).or(waste).or(reservoir).is_none() {
            return false;
        }
        let total_g = self.anticoagulant.gone_g + self.saline.gone_g + self.product.gone_g + self.waste.gone_g;
        let total_g = total_g + self.reservoir.gone_g;
        if facts.draws && self.at_connection_g.is_none() {
            (self.at_connection_g, self.gained_g) = (Some(total_g), 0.0);
        }
        let gained_g = self.at_connection_g.map_or(0.0, |before_g| total_g - before_g);
        self.gained_g = follow(self.gained_g, gained_g, 1.0, WEIGHINGS);
        self.given_g = follow(self.given_g, self.anticoagulant.gone_g, 1.0, WEIGHINGS);
        true
    }

    /// While saline primes the set the saline bag must lose and the anticoagulant bag must not.
    fn is_on_wrong_line(&mut self, facts: &Facts, is_prime: bool, is_weighed: bool, limits: &BagLimits) -> bool {
        let gone_g = (self.saline.gone_g, self.anticoagulant.gone_g);
        let prime = &mut self.prime;
        if !(is_prime && facts.moves) {
            (prime.since, prime.asked_g) = (None, 0.0);
            if is_weighed {
                let before_g = prime.before_g.unwrap_or(gone_g);
                let mean = |before_g: f64, gone_g: f64| follow(before_g, gone_g, 1.0, WEIGHINGS);
                prime.before_g = Some((mean(before_g.0, gone_g.0), mean(before_g.1, gone_g.1)));
            }
            return false;
        }
        let since = *prime.since.get_or_insert(facts.now);
        prime.asked_g += facts.inlet * facts.dt_s / 60.0 * limits.least_weighed.fraction();
        let Some(before_g) = prime.before_g.filter(|_| is_weighed && facts.now.since(since).seconds() <= FIRST_S)
        else {
            return false;
        };
        let missing_g = prime.asked_g - (gone_g.0 - before_g.0);
        let lost_g = gone_g.1 - before_g.1;
        missing_g > MISSING_G && lost_g > LOST_G && missing_g + lost_g > limits.wrong_line.grams()
    }

    /// Forgets uncommanded saline, when somebody has seen to it. What the donor has gained stays.
    pub(crate) const fn forgive(&mut self) {
        self.uncommanded_g = 0.0;
    }
}
