//! Parathyroid hormone: a gland that holds it and a plasma from which it vanishes in minutes.
//!
//! Two pools after Shrestha and others (2010; BIOMD0000000276): with x1 in the gland and x2 in plasma,
//! dx1/dt = k - l(Ca) x1 - l1 x1 and dx2/dt = l(Ca) x1 - l2 x2, where release l(Ca) = (A - B)/(1 + (Ca/S)^m) + B rises
//! when ionised calcium falls. The exponent m is large below the threshold and small above it, with a switch that is
//! smooth here. A fall of calcium empties the gland: an early peak, then a decline. Bone follows the hormone late.

use leuka_blood::math;

use crate::state::Pools;

parameter_group! {
    /// Gland, plasma and bone.
    HormoneParameters {
        gland_loss in "1/min" from 0.001 to 0.1;
        plasma_loss in "1/min" from 0.05 to 5.0;
        gland in "pmol" from 10.0 to 5000.0;
        plasma in "pmol/L" from 0.5 to 50.0;
        plasma_least in "pmol/L" from 0.0 to 10.0;
        plasma_most in "pmol/L" from 1.0 to 100.0;
        calcium in "mmol/L" from 1.0 to 1.5;
        steepness_low in "1" from 1.0 to 500.0;
        steepness in "1" from 1.0 to 100.0;
        threshold in "mmol/L" from 0.8 to 1.5;
        switch in "L/mmol" from 10.0 to 2000.0;
        bone_delay in "min" from 1.0 to 1000.0;
    }
}

/// The gland of one donor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hormone {
    parameters: HormoneParameters,
    production: f64,
    release_least: f64,
    release_most: f64,
    /// (Ca0/S)^m, whatever m is: S moves with m so that rest is rest.
    at_rest: f64,
    /// Factor from the donor's ionised calcium to that of the source.
    to_source: f64,
}

impl Hormone {
    /// The gland of a donor whose ionised calcium at rest is `rest_mmol_l`, and its pools at rest.
    pub(crate) fn new(parameters: &HormoneParameters, rest_mmol_l: f64, pools: &mut Pools) -> Self {
        let p = parameters;
        let production = p.plasma_loss * p.plasma + p.gland_loss * p.gland;
        let release = |plasma: f64| {
            let lost = p.plasma_loss * plasma;
            p.gland_loss * lost / (production - lost)
        };
        let (least, most) = (release(p.plasma_least), release(p.plasma_most));
        let rest = p.plasma_loss * p.plasma / p.gland;
        pools.hormone_in_gland = p.gland;
        pools.hormone_in_plasma = p.plasma;
        Self {
            parameters: *p,
            production,
            release_least: least,
            release_most: most,
            at_rest: (most - rest) / (rest - least),
            to_source: p.calcium / rest_mmol_l,
        }
    }

    /// Plasma hormone relative to rest.
    pub(crate) fn relative(&self, pools: &Pools) -> f64 {
        pools.hormone_in_plasma / self.parameters.plasma
    }

    /// Adds the rates, per minute, at this ionised calcium, mmol/L.
    pub(crate) fn add_rates(&self, pools: &Pools, ionised_calcium: f64, rates: &mut Pools) {
        let p = &self.parameters;
        let released = self.release_per_min(ionised_calcium) * pools.hormone_in_gland;
        rates.hormone_in_gland += self.production - released - p.gland_loss * pools.hormone_in_gland;
        rates.hormone_in_plasma += released - p.plasma_loss * pools.hormone_in_plasma;
        rates.bone_response += (self.relative(pools) - 1.0 - pools.bone_response) / p.bone_delay;
    }

    fn release_per_min(&self, ionised_calcium: f64) -> f64 {
        let p = &self.parameters;
        let calcium = ionised_calcium * self.to_source;
        let low = p.steepness_low / (1.0 + math::exp(-p.switch * (p.threshold - calcium)));
        let ratio = math::exp((low + p.steepness) * math::ln(calcium / p.calcium));
        (self.release_most - self.release_least) / (1.0 + self.at_rest * ratio) + self.release_least
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parameters;

    fn course(fall: f64, minutes: u32) -> Vec<f64> {
        let mut pools = Pools::default();
        let hormone = Hormone::new(&Parameters::embedded().unwrap().hormone, 1.25, &mut pools);
        let step = 0.01;
        let mut levels = Vec::new();
        for _ in 0..minutes {
            for _ in 0..100 {
                let mut rates = Pools::default();
                hormone.add_rates(&pools, 1.25 * (1.0 - fall), &mut rates);
                pools = pools.after(&rates, step);
            }
            levels.push(hormone.relative(&pools));
        }
        levels
    }

    #[test]
    fn at_rest_the_gland_rests() {
        assert!(course(0.0, 600).iter().all(|level| (level - 1.0).abs() < 1e-9));
    }

    #[test]
    fn a_fall_of_calcium_gives_an_early_peak_and_then_a_lower_level() {
        let levels = course(0.15, 120);
        let peak = levels.iter().copied().fold(0.0, f64::max);
        let at = levels.iter().position(|&level| level == peak).unwrap() + 1;
        assert!((3..=15).contains(&at) && peak > 4.0, "{peak} at {at} min");
        assert!(levels[119] < 0.5 * peak && levels[119] > 1.5, "{}", levels[119]);
    }

    #[test]
    fn a_rise_of_calcium_silences_the_gland() {
        assert!(course(-0.15, 60)[59] < 0.5);
    }
}
