//! The centrifuge's speed while blood is in the set: fixed, or following the inlet.
//!
//! The packing factor is the work that the centrifuge does on the blood that passes,
//!
//! ```text
//! packing factor = g_mid x channel volume / inlet flow        g_mid = omega^2 R_mid / standard gravity
//! ```
//!
//! in g min: kept constant, the bed is packed as well at any inlet. The speed goes with the inlet that is aimed at, not
//! with every ramp on the way there, and changes slowly so that the interface can follow.

use leuka_blood::math::sqrt;
use leuka_blood::quantity::{FlowRate, RotationalSpeed, STANDARD_GRAVITY_M_S2, TimeSpan};

use crate::prescription::{CentrifugeMode, Prescription};
use crate::reason::Reason;

/// Speeds closer than this are the same to an operator, rpm.
const SAME_RPM: f64 = 1.0;

/// The packing factor of a prescription at its wished inlet; that of a standstill where nothing spins.
pub(crate) fn packing_factor(prescription: &Prescription) -> TimeSpan {
    let (set, settings) = (&prescription.set, &prescription.settings);
    match settings.centrifuge {
        CentrifugeMode::PackingFactor(factor) => factor,
        CentrifugeMode::Speed(speed) => {
            let gravity = speed.rad_s() * speed.rad_s() * set.channel_radius.metres() / STANDARD_GRAVITY_M_S2;
            TimeSpan::from_minutes(gravity * set.channel_volume.ml() / settings.inlet_flow.ml_min())
        }
    }
}

/// The speed's state.
#[derive(Debug, Clone)]
pub(crate) struct CentrifugeControl {
    mode: CentrifugeMode,
    /// g_mid (in standard gravities) over the square of the speed in rad/s.
    gravity_per_square: f64,
    channel_ml: f64,
    range_rpm: (f64, f64),
    slew_rpm_s: f64,
    /// What is commanded; `None` before blood comes.
    speed_rpm: Option<f64>,
    told_rpm: f64,
}

/// A changed speed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SpeedChange {
    pub(crate) old_rpm: f64,
    pub(crate) new_rpm: f64,
    pub(crate) reason: Reason,
}

impl CentrifugeControl {
    pub(crate) const fn new(prescription: &Prescription) -> Self {
        let (set, limits) = (&prescription.set, &prescription.limits);
        Self {
            mode: prescription.settings.centrifuge,
            gravity_per_square: set.channel_radius.metres() / STANDARD_GRAVITY_M_S2,
            channel_ml: set.channel_volume.ml(),
            range_rpm: (limits.least_centrifuge.rpm(), limits.centrifuge.rpm()),
            slew_rpm_s: prescription.tuning.centrifuge_slew_rpm_s,
            speed_rpm: None,
            told_rpm: 0.0,
        }
    }

    /// The speed now; it follows no inlet while this alone is asked, as in a pause.
    pub(crate) fn speed(&self) -> RotationalSpeed {
        match self.mode {
            CentrifugeMode::Speed(speed) => speed,
            CentrifugeMode::PackingFactor(_) => RotationalSpeed::from_rpm(self.speed_rpm.unwrap_or(self.range_rpm.0)),
        }
    }

    /// One step of `dt_s` towards what the inlet that is aimed at needs.
    pub(crate) fn follow(&mut self, dt_s: f64, inlet: FlowRate) -> Option<SpeedChange> {
        let CentrifugeMode::PackingFactor(factor) = self.mode else { return None };
        let gravity = factor.minutes() * inlet.ml_min() / self.channel_ml;
        let needed = RotationalSpeed::from_rad_s(sqrt(gravity / self.gravity_per_square));
        let (low, high) = self.range_rpm;
        let wanted_rpm = needed.rpm().max(low).min(high);
        let slew_rpm = self.slew_rpm_s * dt_s;
        let before_rpm = self.speed_rpm.unwrap_or(wanted_rpm);
        self.speed_rpm = Some(wanted_rpm.max(before_rpm - slew_rpm).min(before_rpm + slew_rpm));
        if (wanted_rpm - self.told_rpm).abs() < SAME_RPM {
            return None;
        }
        let reason = if (low..=high).contains(&needed.rpm()) {
            Reason::PackingFactor { factor, inlet }
        } else {
            Reason::CentrifugeRange { factor, inlet, needed }
        };
        let old_rpm = core::mem::replace(&mut self.told_rpm, wanted_rpm);
        Some(SpeedChange { old_rpm, new_rpm: wanted_rpm, reason })
    }
}
