//! Body temperature: returned blood that is colder than the body cools it, and the body warms itself again.

use crate::state::Pools;

parameter_group! {
    /// Heat and how the body holds it.
    HeatParameters {
        body_capacity in "kJ/kg/K" from 2.0 to 5.0;
        blood_capacity in "kJ/L/K" from 2.0 to 5.0;
        regulation in "min" from 5.0 to 500.0;
        felt in "K" from 0.05 to 5.0;
    }
}

/// The heat of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heat {
    parameters: HeatParameters,
    rest_celsius: f64,
    capacity_kj_k: f64,
}

impl Heat {
    pub(crate) fn new(parameters: &HeatParameters, weight_kg: f64, rest_celsius: f64, pools: &mut Pools) -> Self {
        pools.temperature = rest_celsius;
        Self { parameters: *parameters, rest_celsius, capacity_kj_k: parameters.body_capacity * weight_kg }
    }

    /// Warms or cools by fluid of another temperature.
    pub(crate) fn receive(&self, pools: &mut Pools, volume_ml: f64, celsius: f64) {
        let fluid_kj_k = self.parameters.blood_capacity * volume_ml.max(0.0) * 1e-3;
        pools.temperature += (celsius - pools.temperature) * fluid_kj_k / (self.capacity_kj_k + fluid_kj_k);
    }

    /// Adds the rate, per minute.
    pub(crate) fn add_rates(&self, pools: &Pools, rates: &mut Pools) {
        rates.temperature += (self.rest_celsius - pools.temperature) / self.parameters.regulation;
    }

    /// How far below its own temperature the body is, K.
    pub(crate) fn fall_k(&self, pools: &Pools) -> f64 {
        self.rest_celsius - pools.temperature
    }

    /// True when the donor feels cold.
    pub(crate) fn is_felt(&self, pools: &Pools) -> bool {
        self.fall_k(pools) > self.parameters.felt
    }
}
