//! Cells in and out of the blood.
//!
//! Each population but the red cells exchanges with a pool elsewhere: lymphocytes and monocytes with tissue and vessel
//! walls, neutrophils with the marginated pool, platelets with the spleen, CD34 positive cells with those that the
//! marrow can release. Exchange drives both towards their resting ratio: dB/dt = k (B0 E/E0 - B). Populations with a
//! turnover die and are replaced at their resting rate.

use leuka_blood::Population;
use leuka_blood::quantity::Fraction;

use crate::description::Description;
use crate::volumes::{Body, Ledger};

parameter_group! {
    /// Exchange of one population with its pool elsewhere.
    ExchangeParameters {
        exchange in "1/min" from 0.0 to 10.0;
        elsewhere in "1" from 0.001 to 1000.0;
        turnover in "1/min" from 0.0 to 0.1;
    }
}

impl ExchangeParameters {
    /// Part of all cells that is elsewhere at rest.
    pub(crate) fn share_elsewhere(&self) -> Fraction {
        Fraction::from_fraction(self.elsewhere / (1.0 + self.elsewhere))
    }

    /// The same exchange with another part elsewhere.
    fn with_share_elsewhere(self, share: Fraction) -> Self {
        Self { elsewhere: share.fraction() / (1.0 - share.fraction()), ..self }
    }
}

/// Exchange of every population.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CellParameters {
    pub(crate) platelet: ExchangeParameters,
    pub(crate) t_cell: ExchangeParameters,
    pub(crate) other_lymphocyte: ExchangeParameters,
    pub(crate) monocyte: ExchangeParameters,
    pub(crate) cd34: ExchangeParameters,
    pub(crate) neutrophil: ExchangeParameters,
    pub(crate) eosinophil: ExchangeParameters,
    pub(crate) blast: ExchangeParameters,
}

/// Populations that exchange.
const EXCHANGING: usize = Population::COUNT - 1;

/// The cells' rules in one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells {
    rules: [Rule; EXCHANGING],
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    population: Population,
    parameters: ExchangeParameters,
    rest_ml: f64,
}

impl Cells {
    /// Fills the pools elsewhere of a donor at rest.
    pub(crate) fn new(description: &Description, parameters: &CellParameters, body: &mut Body) -> Self {
        let p = parameters;
        let rules = [
            (Population::Platelet, p.platelet.with_share_elsewhere(description.splenic_platelets)),
            (Population::TCell, p.t_cell),
            (Population::OtherLymphocyte, p.other_lymphocyte),
            (Population::Monocyte, p.monocyte),
            (Population::Cd34, p.cd34),
            (Population::Neutrophil, p.neutrophil),
            (Population::Eosinophil, p.eosinophil),
            (Population::Blast, p.blast),
        ];
        Self {
            rules: rules.map(|(population, parameters)| {
                let rest_ml = body.blood.cell_ml(population);
                body.elsewhere.set(population.into(), parameters.elsewhere * rest_ml);
                Rule { population, parameters, rest_ml }
            }),
        }
    }

    /// Moves on by `minutes`.
    pub(crate) fn advance(&self, body: &mut Body, minutes: f64, ledger: &mut Ledger) {
        for rule in &self.rules {
            let component = rule.population.into();
            let p = &rule.parameters;
            let (blood_ml, elsewhere_ml) = (body.blood.get(component), body.elsewhere.get(component));
            // The exchange by itself is linear with one rate; the trapezoidal rule keeps it stable at any step.
            let settled_ml = (blood_ml + elsewhere_ml) / (1.0 + p.elsewhere);
            let rate = p.exchange * (1.0 + 1.0 / p.elsewhere) * minutes;
            let entering_ml = (settled_ml - blood_ml) * rate / (1.0 + 0.5 * rate);
            let made_ml = p.turnover * rule.rest_ml * minutes;
            let died_ml = p.turnover * blood_ml * minutes;
            body.blood.add(component, entering_ml + made_ml - died_ml);
            body.elsewhere.add(component, -entering_ml);
            ledger.gained.add(component, made_ml);
            ledger.lost.add(component, died_ml);
        }
    }
}
