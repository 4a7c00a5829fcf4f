//! Published rows about planners: a forecast from count and volume against the dose that was collected.
//!
//! The collections are those of the fast model, with the counts, errors and spreads of the priors. D1 and D2 do not
//! state their distribution of counts, on which a correlation hangs: the model's is assumed.

use leuka_blood::math::sqrt;
use leuka_blood::random::Seed;
use leuka_blood::validation::Row;
use leuka_dose::EfficiencyPrior;

use crate::cohort::{Captures, Cohort, case};

/// Of row D1's planner: dose = 0.43 c V / w.
const ALMEIDA_NETO: f64 = 0.43;
const ASSUMED: &str = "counts and lengths of the collections";

/// One collection: what is entered before it, and what came of it.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    count_per_ul: f64,
    /// By row D1's planner, 1e6/kg.
    forecast: f64,
    /// 1e6/kg.
    dose: f64,
}

/// Rows D1 and D2 on so many virtual collections.
#[must_use]
pub fn rows(prior: &EfficiencyPrior, donors: u64, seed: Seed) -> Vec<Row> {
    let captures = Captures::new(prior);
    let outcomes: Vec<Outcome> =
        (0..donors).map(|subject| outcome(prior, &captures, Seed { subject, ..seed })).collect();
    let r = correlation(&outcomes);
    let row = |id, what, unit, published, simulated| Row::value(id, what, unit, published, simulated).assuming(ASSUMED);
    let mut d1 = row("D1", "dose = 0.43 c V / w against measured, correlation", "1", 0.775, r);
    d1.spread = Some((0.726, 0.816));
    vec![
        d1,
        row("D1", "at least 4e6/kg for CD34+ above 40/uL, odds ratio", "1", 16.0, odds_ratio(&outcomes)),
        row("D2", "prediction from CD34+ and volume against measured, correlation", "1", 0.85, r),
        row(
            "D2",
            "measured over predicted within 0.6 to 1.8, about the published median",
            "%",
            70.0,
            within(&outcomes),
        ),
    ]
}

fn outcome(prior: &EfficiencyPrior, captures: &Captures, seed: Seed) -> Outcome {
    let case = case(prior, captures, &Cohort::OWN, seed);
    let count_per_ul = case.purpose.pre_count.per_ul();
    let processed_l = case.minutes.iter().fold(0.0, |sum, minute| sum + minute.seen.processed.litres());
    Outcome {
        count_per_ul,
        forecast: ALMEIDA_NETO * count_per_ul * processed_l / case.weight_kg,
        dose: case.minutes.last().map_or(0.0, |minute| minute.dose),
    }
}

/// Pearson's, of forecast and dose.
fn correlation(outcomes: &[Outcome]) -> f64 {
    let mean = |of: &dyn Fn(&Outcome) -> f64| {
        #[expect(clippy::cast_precision_loss, reason = "numbers of donors")]
        let number = outcomes.len() as f64;
        outcomes.iter().map(of).sum::<f64>() / number
    };
    let (forecast, dose) = (mean(&|one| one.forecast), mean(&|one| one.dose));
    let product = mean(&|one| (one.forecast - forecast) * (one.dose - dose));
    let forecast_square = mean(&|one| (one.forecast - forecast) * (one.forecast - forecast));
    let dose_square = mean(&|one| (one.dose - dose) * (one.dose - dose));
    product / sqrt(forecast_square * dose_square)
}

/// Odds of 4e6/kg above a count of 40/uL over those below.
fn odds_ratio(outcomes: &[Outcome]) -> f64 {
    let odds = |high: bool| {
        let chosen = outcomes.iter().filter(|one| (one.count_per_ul > 40.0) == high);
        let (mut enough, mut short) = (0.5, 0.5);
        chosen.for_each(|one| if one.dose >= 4.0 { enough += 1.0 } else { short += 1.0 });
        enough / short
    };
    odds(true) / odds(false)
}

/// Share of doses within 0.6 to 1.8 of the forecast once its median is the published 1.23, %.
fn within(outcomes: &[Outcome]) -> f64 {
    let median = crate::calibrate::median(outcomes.iter().map(|one| one.dose / one.forecast));
    let held = outcomes.iter().filter(|one| (0.6..=1.8).contains(&(one.dose / one.forecast * 1.23 / median)));
    #[expect(clippy::cast_precision_loss, reason = "numbers of donors")]
    let share = held.count() as f64 / outcomes.len() as f64;
    100.0 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn of(count_per_ul: f64, forecast: f64, dose: f64) -> Outcome {
        Outcome { count_per_ul, forecast, dose }
    }

    #[test]
    fn statistics_of_four_collections_are_those_by_hand() {
        let four = [of(20.0, 1.0, 1.0), of(30.0, 2.0, 5.0), of(50.0, 3.0, 3.0), of(60.0, 4.0, 6.0)];
        // Deviations -1.5, -.5, .5, 1.5 and -2.75, 1.25, -.75, 2.25.
        assert!((correlation(&four) - 6.5 / (5.0_f64 * 14.75).sqrt()).abs() < 1e-12);
        assert!((odds_ratio(&four) - 1.0).abs() < 1e-12, "one of two has enough on both sides");
        // Ratios 1, 2.5, 1, 1.5: times 1.23 over the median 1.5 three are inside.
        assert!((within(&four) - 75.0).abs() < 1e-12);
    }
}
