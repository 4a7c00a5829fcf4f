//! What the marrow makes in the days after a loss: platelets and red cells.
//!
//! Platelets live for days in blood and spleen. Few of them call for more precursors, which need days to ripen in three
//! stages; so a loss is made good late and then with a surplus. G-CSF holds the youngest precursors back. A marrow that
//! chemotherapy has hurt answers a loss less. Red cells return slowly to their resting volume.

use leuka_blood::{Component, math};

use crate::body::{Body, Place, Rates};
use crate::state::Pools;

parameter_group! {
    /// Lives, ripening and how strongly a loss calls for cells.
    RecoveryParameters {
        platelet_life in "day" from 2.0 to 20.0;
        ripening in "day" from 0.5 to 10.0;
        call in "1" from 0.0 to 5.0;
        loudest_call in "1" from 1.0 to 20.0;
        g_csf_holds_back in "1" from 0.0 to 10.0;
        red_cell in "day" from 5.0 to 200.0;
    }
}

const DAY_MIN: f64 = 24.0 * 60.0;
const STAGES: f64 = 3.0;

/// The marrow of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recovery {
    parameters: RecoveryParameters,
    /// How well the marrow answers a loss: 1 healthy.
    marrow: f64,
    /// Platelets at rest in the blood, mL, and in the spleen for each in the blood.
    platelet_ml: f64,
    spleen: f64,
    red_ml: f64,
}

impl Recovery {
    pub(crate) fn new(parameters: &RecoveryParameters, marrow: f64, spleen: f64, body: &Body) -> Self {
        Self {
            parameters: *parameters,
            marrow,
            platelet_ml: body.blood.get(Component::Platelet),
            spleen,
            red_ml: body.blood.get(Component::Erythrocyte),
        }
    }

    /// Returns to so many times the platelets that there are.
    pub(crate) fn set_platelets(&mut self, times: f64) {
        self.platelet_ml *= times;
    }

    /// Returns to so many times the red cells that there are.
    pub(crate) fn set_red_cells(&mut self, times: f64) {
        self.red_ml *= times;
    }

    /// Platelets in the blood to which the marrow returns, mL.
    pub(crate) const fn platelet_ml(&self) -> f64 {
        self.platelet_ml
    }

    /// Red cells to which the marrow returns, mL.
    pub(crate) const fn red_ml(&self) -> f64 {
        self.red_ml
    }

    /// Puts the precursors at rest.
    pub(crate) const fn rest(pools: &mut Pools) {
        pools.precursor_young = 1.0;
        pools.precursor_middle = 1.0;
        pools.precursor_ripe = 1.0;
    }

    /// Adds the making and loss of platelets and red cells. `g_csf`: its effect as a part of the greatest.
    pub(crate) fn add_rates(&self, body: &Body, pools: &Pools, g_csf: f64, rates: &mut Rates) {
        use Place::{Blood, Elsewhere};
        let p = &self.parameters;
        let red_per_min = 1.0 / (p.red_cell * DAY_MIN);
        let lack_ml = self.red_ml - body.blood.get(Component::Erythrocyte);
        rates.gain_or_lose(Blood, Component::Erythrocyte, self.marrow * red_per_min * lack_ml);
        if self.platelet_ml <= 0.0 {
            return;
        }
        let platelet_ml = body.blood.get(Component::Platelet);
        let loss_per_min = self.platelet_loss_per_min();
        // New platelets spread over blood and spleen at once.
        let made_ml = loss_per_min * self.platelet_ml * pools.precursor_ripe;
        rates.gain(Blood, Component::Platelet, made_ml);
        rates.gain(Elsewhere, Component::Platelet, made_ml * self.spleen);
        rates.lose(Blood, Component::Platelet, loss_per_min * platelet_ml);
        rates.lose(Elsewhere, Component::Platelet, loss_per_min * body.elsewhere.get(Component::Platelet));
        self.add_precursor_rates(pools, platelet_ml / self.platelet_ml, g_csf, &mut rates.pools);
    }

    /// Adds the rates of the precursors for platelets at this part of rest.
    pub(crate) fn add_precursor_rates(&self, pools: &Pools, platelets: f64, g_csf: f64, rates: &mut Pools) {
        let p = &self.parameters;
        let call = math::pow(platelets.max(1e-3), -p.call).min(p.loudest_call);
        let entering = (1.0 + self.marrow * (call - 1.0)) * (1.0 - p.g_csf_holds_back * g_csf).max(0.0);
        let per_min = STAGES / (p.ripening * DAY_MIN);
        rates.precursor_young += (entering - pools.precursor_young) * per_min;
        rates.precursor_middle += (pools.precursor_young - pools.precursor_middle) * per_min;
        rates.precursor_ripe += (pools.precursor_middle - pools.precursor_ripe) * per_min;
    }

    /// Change of the platelet count relative to rest, per minute, when nothing else happens.
    pub(crate) fn platelet_change(&self, pools: &Pools, platelets: f64) -> f64 {
        self.platelet_loss_per_min() * (pools.precursor_ripe - platelets)
    }

    fn platelet_loss_per_min(&self) -> f64 {
        1.0 / (self.parameters.platelet_life * DAY_MIN)
    }
}
