//! What the donor feels and what a nurse would write down.

use leuka_blood::math;
use leuka_blood::quantity::{Fraction, TimeSpan};
use leuka_blood::random::Seed;

use crate::binding::Ions;
use crate::description::Description;
use leuka_blood::Sex;

parameter_group! {
    /// When citrate is felt.
    SymptomParameters {
        fall_at_half in "%" from 5.0 to 80.0;
        fall_scale in "%" from 0.5 to 30.0;
        women_odds in "1" from 0.1 to 20.0;
        magnesium in "1/%" from 0.0 to 1.0;
        moderate_fall in "%" from 10.0 to 90.0;
        severe_calcium in "mmol/L" from 0.2 to 1.0;
        qt in "s" from 0.0 to 2.0;
        hypotension_fall in "1" from 0.05 to 0.9;
        hypertension_rise in "1" from 0.05 to 2.0;
        unconscious_fall in "1" from 0.2 to 0.95;
    }
}

/// How bad citrate symptoms are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing is felt.
    None,
    /// Tingling around the mouth and in the fingers.
    Mild,
    /// Cramps, nausea.
    Moderate,
    /// Tetany, arrhythmia.
    Severe,
}

/// What the donor feels and shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Symptoms {
    /// Probability that a donor like this one feels and reports citrate symptoms now.
    pub citrate_probability: Fraction,
    /// What this donor feels: donors differ in how early they feel it.
    pub citrate: Grade,
    /// Lengthening of the QT interval of the electrocardiogram.
    pub qt_prolongation: TimeSpan,
    /// How far a vasovagal reaction has gone, 0 to 1.
    pub vasovagal: Fraction,
    /// Systolic pressure is a quarter or more below rest (the limit is a parameter).
    pub hypotension: bool,
    /// Systolic pressure is a quarter or more above rest (the limit is a parameter).
    pub hypertension: bool,
    /// Mean pressure is too low for the brain: consciousness is lost.
    pub unconscious: bool,
    /// The body has cooled so far that the donor feels cold.
    pub cold: bool,
}

/// Sensitivity of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensitivity {
    parameters: SymptomParameters,
    log_odds: f64,
    threshold: f64,
    rest_systolic_mmhg: f64,
    rest_mean_mmhg: f64,
}

/// What symptoms follow from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signs {
    /// Ionised calcium, mmol/L.
    pub(crate) ionised_calcium: f64,
    /// Relative falls of the ions.
    pub(crate) fall: Ions,
    /// Systolic and mean pressure, mmHg.
    pub(crate) systolic_mmhg: f64,
    pub(crate) mean_mmhg: f64,
    /// Cold enough to be felt.
    pub(crate) cold: bool,
    /// Vasovagal drive, 0 to 1.
    pub(crate) vasovagal: f64,
}

impl Sensitivity {
    pub(crate) fn new(
        description: &Description,
        parameters: &SymptomParameters,
        rest_mean_mmhg: f64,
        seed: Seed,
    ) -> Self {
        Self {
            parameters: *parameters,
            log_odds: match description.sex {
                Sex::Female => math::ln(parameters.women_odds),
                Sex::Male => 0.0,
            },
            threshold: seed.stream("donor.citrate_sensitivity").uniform(),
            rest_systolic_mmhg: description.systolic.mmhg(),
            rest_mean_mmhg,
        }
    }

    pub(crate) fn symptoms(&self, signs: &Signs) -> Symptoms {
        let p = &self.parameters;
        let probability = self.probability(signs.fall);
        let felt = probability > self.threshold;
        let citrate = if signs.ionised_calcium < p.severe_calcium {
            Grade::Severe
        } else if felt && 100.0 * signs.fall.calcium > p.moderate_fall {
            Grade::Moderate
        } else if felt {
            Grade::Mild
        } else {
            Grade::None
        };
        Symptoms {
            citrate_probability: Fraction::from_fraction(probability),
            citrate,
            qt_prolongation: TimeSpan::from_seconds(p.qt * signs.fall.calcium.max(0.0)),
            vasovagal: Fraction::from_fraction(signs.vasovagal),
            hypotension: signs.systolic_mmhg < (1.0 - p.hypotension_fall) * self.rest_systolic_mmhg,
            hypertension: signs.systolic_mmhg > (1.0 + p.hypertension_rise) * self.rest_systolic_mmhg,
            unconscious: signs.mean_mmhg < (1.0 - p.unconscious_fall) * self.rest_mean_mmhg,
            cold: signs.cold,
        }
    }

    /// Logistic in the fall of ionised calcium, less its value without any fall, so that rest feels like nothing.
    fn probability(&self, fall: Ions) -> f64 {
        let at_rest = self.logistic(Ions { calcium: 0.0, magnesium: 0.0 });
        ((self.logistic(fall) - at_rest) / (1.0 - at_rest)).max(0.0)
    }

    fn logistic(&self, fall: Ions) -> f64 {
        let p = &self.parameters;
        let odds = (100.0 * fall.calcium - p.fall_at_half) / p.fall_scale
            + p.magnesium * (100.0 * fall.magnesium).max(0.0)
            + self.log_odds;
        1.0 / (1.0 + math::exp(-odds))
    }
}
