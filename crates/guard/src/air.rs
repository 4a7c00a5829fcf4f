//! Hazard 1: air in the return line, by the guard's own detector; and hazard 2: a detector that could not see any.
//!
//! What the detector receives through the line is never quite still. A signal that stands still, or is neither that of
//! fluid nor that of air, shows that the detector is blind, before there is any air to miss.

use leuka_blood::quantity::Fraction;
use leuka_device::{Commands, DrawFrom, GuardTelemetry, Instant, ReturnTo};

use crate::facts::Held;
use crate::limits::{AgreementLimits, AirLimits};

/// What the detector's word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Air {
    /// No air.
    None,
    /// The self-test's stimulus: the clamp must close, but there is nothing to latch.
    Test,
    /// Air.
    Seen,
}

/// Remembers a self-test of the detectors.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct AirTest {
    since: Option<Instant>,
    last: Option<Instant>,
}

impl AirTest {
    /// Judges the detector. A self-test is one only when control asked for it, the machine says so, the inlet stands
    /// still, and it has not gone on for too long: otherwise what is seen is air.
    pub(crate) fn judge(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        limits: &AirLimits,
        agreement: &AgreementLimits,
    ) -> Air {
        let now = telemetry.at;
        let still = telemetry.pump_flows.inlet.value.is_some_and(|flow| flow < agreement.flow_floor);
        if telemetry.air_test && commands.air_test {
            self.since = self.since.or(Some(now));
            self.last = Some(now);
        } else if self.last.is_some_and(|last| now.since(last) > limits.test_settles) {
            *self = Self::default();
        }
        let testing = still && self.since.is_some_and(|since| now.since(since) <= limits.longest_test);
        match telemetry.return_air.value {
            Some(true) if testing => Air::Test,
            // A dry set is full of air until saline has pushed it into the waste bag. Once blood is drawn somebody is
            // connected, and one stuck valve would lead what is meant for waste to the donor.
            Some(true) if commands.draw_from == DrawFrom::Saline && commands.return_to == ReturnTo::Waste => Air::None,
            Some(true) => Air::Seen,
            Some(false) | None => Air::None,
        }
    }
}

/// A signal below this is that of air: the detector's switch goes by the same.
const AIR: f64 = 0.5;

/// Watches the detector itself.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Detector {
    last: Option<Fraction>,
    still: Held,
    odd: Held,
}

impl Detector {
    /// True when the detector could not see air: its signal has stood still, or made no sense, for too long.
    pub(crate) fn is_blind(&mut self, telemetry: &GuardTelemetry, dt_s: f64, limits: &AirLimits) -> bool {
        let signal = telemetry.return_air_signal.value;
        // Nothing received is air, however still it is.
        let sees_air = signal.is_some_and(|signal| signal.fraction() < AIR);
        let is_still = !sees_air && signal.is_some() && signal == self.last;
        let is_fluid = signal.is_some_and(|signal| signal >= limits.signal_low && signal <= limits.signal_high);
        self.last = signal;
        let lasts_s = limits.signal_lasts.seconds();
        let stands_still = self.still.lasts(is_still, dt_s, lasts_s);
        let is_odd = self.odd.lasts(!(is_fluid || sees_air), dt_s, lasts_s);
        stands_still || is_odd
    }
}
