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
    /// Some pump differs, or did in the last step.
    any: bool,
}

impl Agreement {
    /// True when a pump has differed for too long from what the commands and the guard's own last verdict make of it.
    pub(crate) fn pumps_differ(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        permitted: VerdictKind,
        limits: &AgreementLimits,
    ) -> bool {
        let now = telemetry.at;
        let passes = permitted == VerdictKind::Pass;
        let differs = |pump: Pump| {
            let expected = if passes { *commands.pumps.get(pump) } else { FlowRate::ZERO };
            telemetry.pump_flows.get(pump).value.is_some_and(|measured| differs(measured, expected, limits))
        };
        let differ = PumpFlows {
            inlet: differs(Pump::Inlet),
            anticoagulant: differs(Pump::Anticoagulant),
            plasma: differs(Pump::Plasma),
            collect: differs(Pump::Collect),
        };
        let any = differ.inlet | differ.anticoagulant | differ.plasma | differ.collect;
        if !(any | core::mem::replace(&mut self.any, any)) {
            return false;
        }
        let mut broken = false;
        for pump in Pump::ALL {
            broken |= self.pumps.get_mut(pump).longer_than(limits.flow_lasts, *differ.get(pump), now);
        }
        broken
    }

    /// True when the return clamp has stood open for too long although it must be closed. One that is closed too much is no
    /// danger here.
    pub(crate) fn clamp_stands_open(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        permitted: VerdictKind,
        limits: &AgreementLimits,
    ) -> bool {
        let must_close = permitted == VerdictKind::Safe || commands.return_clamp == Clamp::Closed;
        let stands_open = must_close && telemetry.return_clamp.value == Some(Clamp::Open);
        self.clamp.longer_than(limits.clamp_lasts, stands_open, telemetry.at)
    }
}

/// True when a flow is further from the expected one than tolerated; also when it cannot be compared.
fn differs(measured: FlowRate, expected: FlowRate, limits: &AgreementLimits) -> bool {
    let tolerated = limits.flow_floor.max(expected * limits.flow_tolerance.fraction());
    let agrees = (measured - expected).abs() <= tolerated;
    !agrees
}
