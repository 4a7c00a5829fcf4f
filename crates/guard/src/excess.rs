//! By the drops that fall: hazards 7 and 8, less or more anticoagulant comes than was asked for, which the bag's weight
//! tells as well ([`crate::anticoagulant`]); and hazard 9, citrate reaches its limit at whatever ratio.

use leuka_blood::quantity::Volume;
use leuka_device::GuardTelemetry;

use crate::facts::{Facts, follow};
use crate::limits::{AnticoagulantLimits, DonorLimits, LimitTable};

/// Time over which the share of [`AnticoagulantLimits::excess_share`] counts, min.
const SHARE_MIN: f64 = 0.5;
/// Time constant of the citrate rate, s.
const RATE_S: f64 = 60.0;
/// Drops beyond this in one step are another counter, not more flow.
const MOST_DROPS: u32 = 100;

/// The drops so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Drops {
    last: Option<u32>,
    /// Delivered beyond what is tolerated, mL.
    excess_ml: f64,
    /// Missing beyond what is tolerated, mL.
    missing_ml: f64,
    /// Anticoagulant that goes into the blood, mL/min.
    rate_ml_min: f64,
    /// Anticoagulant beyond what the citrate limit allows over whole turns of a reservoir, mL.
    beyond_ml: f64,
}

impl Drops {
    /// Counts this step's drops.
    pub(crate) fn count(&mut self, telemetry: &GuardTelemetry, facts: &Facts, table: &LimitTable) {
        let (limits, donor) = (&table.anticoagulant, &table.donor);
        let Some(drops) = telemetry.anticoagulant_drops.value else { return };
        let fallen = drops.wrapping_sub(self.last.unwrap_or(drops));
        self.last = Some(drops);
        let delivered_ml = if fallen <= MOST_DROPS { f64::from(fallen) * limits.drop.ml() } else { 0.0 };
        let asked_ml = facts.anticoagulant_asked * facts.dt_s / 60.0;
        let (most, least) = (1.0 + limits.excess_tolerance.fraction(), 1.0 - limits.tolerance.fraction());
        self.excess_ml = (self.excess_ml + delivered_ml - asked_ml * most).max(0.0);
        self.missing_ml = (self.missing_ml + asked_ml * least - delivered_ml).max(0.0);
        if donor.reservoir.is_some() {
            let allowed_ml_min = donor.most_citrate_mmol_min / donor.citrate_mmol_ml.max(f64::MIN_POSITIVE);
            self.beyond_ml = (self.beyond_ml + delivered_ml - allowed_ml_min * facts.dt_s / 60.0).max(0.0);
        }
        if facts.dt_s > 0.0 {
            self.rate_ml_min = follow(self.rate_ml_min, delivered_ml * 60.0 / facts.dt_s, facts.dt_s, RATE_S);
        }
    }

    /// True when the excess is too much.
    pub(crate) fn too_many(&self, facts: &Facts, limits: &AnticoagulantLimits) -> bool {
        let share = Volume::from_ml(limits.excess_share.fraction() * facts.anticoagulant_asked * SHARE_MIN);
        self.excess_ml > limits.excess.max(share).ml()
    }

    /// True when too much is missing, while blood is asked for.
    pub(crate) fn too_few(&self, facts: &Facts, limits: &AnticoagulantLimits) -> bool {
        facts.draw_asked && self.missing_ml > limits.deficit.ml()
    }

    /// True when citrate comes faster than the donor may be given it, while blood is asked for.
    pub(crate) fn too_much_citrate(&self, facts: &Facts, limits: &DonorLimits) -> bool {
        let is_beyond = match limits.reservoir {
            Some(reservoir) => self.beyond_ml > reservoir.at_once.ml(),
            None => self.rate_ml_min * limits.citrate_mmol_ml > limits.most_citrate_mmol_min,
        };
        facts.draw_asked && is_beyond
    }

    /// Forgets what came too much or too little, when somebody has seen to it.
    pub(crate) const fn forgive(&mut self) {
        (self.excess_ml, self.missing_ml) = (0.0, 0.0);
    }
}
