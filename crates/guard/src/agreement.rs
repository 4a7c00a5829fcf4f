//! Sensors against commands (hazard 25): a pump that does not do what it was told, a return clamp that stands open.

use leuka_blood::quantity::{FlowRate, TimeSpan};
use leuka_device::{Clamp, Commands, GuardTelemetry, Instant, Pump, PumpFlows, VerdictKind};

use crate::limits::AgreementLimits;

/// Since when a condition holds.
#[derive(Debug, Default, Clone, Copy)]
struct Lasting(Option<Instant>);

impl Lasting {
    /// True when `condition` holds and has held for longer than `limit`.
    fn longer_than(&mut self, limit: TimeSpan, condition: bool, now: Instant) -> bool {
        self.0 = condition.then(|| self.0.unwrap_or(now));
        self.0.is_some_and(|since| now.since(since) > limit)
    }
}

/// What is remembered of disagreements.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Agreement {
    pumps: PumpFlows<Lasting>,
    clamp: Lasting,
}

impl Agreement {
    /// True when a pump or the return clamp has differed for too long from what the commands and the guard's own last
    /// verdict make of it. A clamp that is closed too much is no danger here.
    pub(crate) fn broken(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        permitted: VerdictKind,
        limits: &AgreementLimits,
    ) -> bool {
        let now = telemetry.at;
        let mut broken = false;
        for pump in Pump::ALL {
            let expected = if permitted == VerdictKind::Pass { *commands.pumps.get(pump) } else { FlowRate::ZERO };
            let measured = telemetry.pump_flows.get(pump).value;
            let differs = measured.is_some_and(|measured| differs(measured, expected, limits));
            broken |= self.pumps.get_mut(pump).longer_than(limits.flow_lasts, differs, now);
        }
        let must_close = permitted == VerdictKind::Safe || commands.return_clamp == Clamp::Closed;
        let stands_open = must_close && telemetry.return_clamp.value == Some(Clamp::Open);
        broken | self.clamp.longer_than(limits.clamp_lasts, stands_open, now)
    }
}

/// True when a flow is further from the expected one than tolerated; also when it cannot be compared.
fn differs(measured: FlowRate, expected: FlowRate, limits: &AgreementLimits) -> bool {
    let tolerated = limits.flow_floor.max(expected * limits.flow_tolerance.fraction());
    let agrees = (measured - expected).abs() <= tolerated;
    !agrees
}
