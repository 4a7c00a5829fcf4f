//! The anticoagulant pump, locked to the inlet; and the watch over its bag and its drops.

use leuka_blood::quantity::Volume;

use crate::prescription::{AnticoagulantSettings, Prescription};
use crate::senses::Seen;

/// The lock's state.
#[derive(Debug, Clone)]
pub(crate) struct AnticoagulantLock {
    settings: AnticoagulantSettings,
    /// A bag that holds less is empty, mL.
    empty_ml: f64,
    drops: Option<u32>,
    /// Since the last drop, while the pump was asked to turn.
    silent_s: f64,
    /// Content of the bag, smoothed over some seconds, mL.
    left_ml: Option<f64>,
    told_low: bool,
}

/// What the watch found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BagReport {
    /// Anticoagulant is asked for and does not arrive.
    pub(crate) not_delivered: bool,
    /// The bag has just become nearly empty.
    pub(crate) low: Option<Volume>,
}

impl AnticoagulantLock {
    pub(crate) const fn new(prescription: &Prescription) -> Self {
        Self {
            settings: prescription.anticoagulant,
            empty_ml: prescription.tuning.handling.empty_bag.ml(),
            drops: None,
            silent_s: 0.0,
            left_ml: None,
            told_low: false,
        }
    }

    /// The anticoagulant for an inlet: the ratio of what is asked for, but of what the counter shows when that differs,
    /// so that it stops with a pump that has stopped. Never more than the ratio of what is asked for.
    pub(crate) fn flow_ml_min(&self, asked_inlet_ml_min: f64, seen_inlet_ml_min: Option<f64>) -> f64 {
        let seen = seen_inlet_ml_min.unwrap_or(0.0).max(0.0);
        let agrees = (seen - asked_inlet_ml_min).abs() <= 0.15 * asked_inlet_ml_min;
        let inlet = if agrees { asked_inlet_ml_min } else { seen.min(asked_inlet_ml_min) };
        inlet / self.settings.ratio.value()
    }

    /// Watches bag and drops while `asked_ml_min` is asked for.
    pub(crate) fn watch(&mut self, dt_s: f64, asked_ml_min: f64, seen: &Seen) -> BagReport {
        self.watch_drops(dt_s, asked_ml_min, seen.drops);
        let low = self.watch_bag(dt_s, seen.anticoagulant_g);
        let expected_s = self.settings.drop_volume.ml() / asked_ml_min.max(1e-3) * 60.0;
        let silence_s = (expected_s * f64::from(self.settings.drops_missed)).max(self.settings.drop_silence.seconds());
        BagReport { not_delivered: self.silent_s > silence_s || (asked_ml_min > 0.0 && self.is_empty()), low }
    }

    /// True when the scale says that nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.left_ml.is_some_and(|left| left < self.empty_ml)
    }

    /// Forgives the silence, at a resume.
    pub(crate) const fn restart(&mut self) {
        self.silent_s = 0.0;
    }

    fn watch_drops(&mut self, dt_s: f64, asked_ml_min: f64, drops: Option<u32>) {
        if asked_ml_min <= 0.0 {
            return;
        }
        let dropped = drops.is_some() && drops != self.drops;
        self.drops = drops.or(self.drops);
        self.silent_s = if dropped { 0.0 } else { self.silent_s + dt_s };
    }

    /// Follows the bag's content, in pauses too: a fresh bag shows at once.
    pub(crate) fn watch_bag(&mut self, dt_s: f64, weight_g: Option<f64>) -> Option<Volume> {
        let weight_g = weight_g?;
        let now_ml = (weight_g - self.settings.bag_tare.grams()) / self.settings.density.g_ml();
        let before_ml = self.left_ml.unwrap_or(now_ml);
        // Scales swing by grams when touched; three seconds of smoothing. A change of bag is taken at once.
        let changed = now_ml - before_ml > 50.0;
        let left_ml = if changed { now_ml } else { before_ml + (now_ml - before_ml) * (dt_s / 3.0).min(1.0) };
        self.left_ml = Some(left_ml);
        let is_low = left_ml < self.settings.bag_low.ml();
        let told = core::mem::replace(&mut self.told_low, is_low);
        (is_low && !told).then(|| Volume::from_ml(left_ml))
    }
}
