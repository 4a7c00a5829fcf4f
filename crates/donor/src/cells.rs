//! Cells in and out of the blood.
//!
//! Each population but the red cells has a store elsewhere: lymphocytes and monocytes tissue and vessel walls,
//! neutrophils the marginated pool, platelets the spleen, CD34 positive cells those that the marrow can release. With
//! B in the blood and E in the store, the level L that the blood is meant to have, and the store R + c L that goes with
//! it, cells enter the blood at k (E L/(R + c L) - B). Cells of the blood die at rate t and are replaced at t L; stores
//! are renewed towards R + c L. G-CSF raises the level; plerixafor opens the store.

use leuka_blood::quantity::Fraction;
use leuka_blood::{CellTable, Component, PerPopulation, Population};

use crate::body::{Body, Place, Rates};
use crate::description::{BodySize, Description};
use crate::mobilisation::{Interaction, MarrowDrive};

parameter_group! {
    /// Exchange, renewal and what drugs do, of one population.
    ExchangeParameters {
        exchange in "1/min" from 0.0 to 10.0;
        elsewhere in "1" from 0.001 to 1000.0;
        reserve in "1/kg" from 0.0 to 1e12;
        turnover in "1/min" from 0.0 to 0.1;
        renewal in "1/min" from 0.0 to 0.1;
        g_csf in "1" from 0.0 to 100.0;
        plerixafor in "1" from 0.0 to 100.0;
    }
}

impl ExchangeParameters {
    /// Part of all cells that is elsewhere at rest.
    pub(crate) fn share_elsewhere(&self) -> Fraction {
        Fraction::from_fraction(self.elsewhere / (1.0 + self.elsewhere))
    }

    /// The same exchange with another part elsewhere.
    pub(crate) fn with_share_elsewhere(self, share: Fraction) -> Self {
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
    interaction: Interaction,
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    component: Component,
    is_progenitor: bool,
    parameters: ExchangeParameters,
    /// Blood level without drugs, mL.
    base_ml: f64,
    /// How much one unit of G-CSF's effect adds to the level, relative to the base.
    response: f64,
    /// What the marrow holds whatever the level, mL.
    reserve_ml: f64,
}

impl Rule {
    const fn effect(&self, drive: &MarrowDrive) -> f64 {
        self.response * if self.is_progenitor { drive.g_csf_progenitor } else { drive.g_csf_granulocyte }
    }

    fn level_ml(&self, drive: &MarrowDrive) -> f64 {
        self.base_ml * (1.0 + self.effect(drive))
    }

    fn store_ml(&self, level_ml: f64) -> f64 {
        self.reserve_ml + self.parameters.elsewhere * level_ml
    }
}

impl Cells {
    /// The rules of a donor at rest, or in the middle of a course of G-CSF whose effects are in `drive`: then the
    /// counts of the description are what the course has made of `without` (or of themselves where they are lower).
    pub(crate) fn new(
        parameters: &CellParameters,
        description: &Description,
        size: &BodySize,
        table: &CellTable,
        without: &PerPopulation<f64>,
        drive: &MarrowDrive,
        body: &mut Body,
    ) -> Self {
        let p = parameters;
        let mut rule = |population: Population, parameters: ExchangeParameters| {
            let given_ml = body.blood.cell_ml(population);
            let mut rule = Rule {
                component: population.into(),
                is_progenitor: population == Population::Cd34,
                parameters,
                base_ml: given_ml,
                response: parameters.g_csf * description.mobilisation.response,
                reserve_ml: parameters.reserve * size.weight_kg * table[population].volume_ml(),
            };
            let effect = Rule { response: 1.0, ..rule }.effect(drive);
            let (given, base) = (description.cells[population].per_ul(), without[population]);
            if effect > 0.0 && given > base && base > 0.0 && parameters.g_csf > 0.0 {
                rule.base_ml = given_ml * base / given;
                rule.response = (given / base - 1.0) / effect;
            } else if effect > 0.0 {
                rule.response = 0.0;
            }
            body.elsewhere.set(rule.component, rule.store_ml(given_ml));
            rule
        };
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
        let rules = rules.map(|(population, parameters)| rule(population, parameters));
        Self { rules, interaction: drive.interaction }
    }

    /// Adds the movements of all cells but red cells.
    pub(crate) fn add_rates(&self, body: &Body, drive: &MarrowDrive, rates: &mut Rates) {
        use Place::{Blood, Elsewhere};
        for rule in &self.rules {
            let p = &rule.parameters;
            let (blood_ml, held_ml) = (body.blood.get(rule.component), body.elsewhere.get(rule.component));
            let level_ml = rule.level_ml(drive);
            let store_ml = rule.store_ml(level_ml);
            if store_ml <= 0.0 {
                continue;
            }
            let opened = 1.0 + p.plerixafor * self.interaction.plerixafor(drive, rule.effect(drive));
            let entering_ml = p.exchange * (held_ml * level_ml / store_ml * opened - blood_ml);
            rates.shift(Elsewhere, Blood, rule.component, entering_ml);
            rates.gain(Blood, rule.component, p.turnover * level_ml);
            rates.lose(Blood, rule.component, p.turnover * blood_ml);
            rates.gain_or_lose(Elsewhere, rule.component, p.renewal * (store_ml - held_ml));
        }
    }
}
