//! Hazard 1: air in the return line, by the guard's own detector.

use leuka_device::{Commands, DrawFrom, GuardTelemetry, Instant, ReturnTo};

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
