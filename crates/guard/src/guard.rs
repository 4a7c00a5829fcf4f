//! The guard itself: examines everything on every step, latches what must stay, and writes the permit.
//!
//! ```text
//!            finding                    finding Safe
//!   passing ---------> held (Hold) ---------------------> held (Safe)
//!      ^                  |                                   |
//!      '------------------+-----------------------------------'
//!         reset asked for after it was not, and no finding
//! ```

use leuka_blood::quantity::TimeSpan;
use leuka_device::{Cause, Commands, GuardTelemetry, Instant, Permit, Verdict, VerdictKind};

use crate::agreement::Agreement;
use crate::air::{Air, AirTest};
use crate::anticoagulant::Delivery;
use crate::command::{CommandStream, in_range};
use crate::limits::{LimitError, LimitTable};
use crate::occlusion::ReturnLine;
use crate::sensor::Sensors;

/// Steps that may bring the same telemetry again before time counts as standing still.
const REPEATED_STEPS: u32 = 4;

/// The safety channel.
#[derive(Debug, Clone)]
pub struct Guard {
    limits: LimitTable,
    limits_crc: u32,
    sequence: u32,
    clock: Option<Clock>,
    evidence: Evidence,
    latch: Latch,
    permitted: VerdictKind,
}

impl Guard {
    /// Takes a limit table for the whole procedure.
    ///
    /// # Errors
    /// What [`LimitTable::check`] finds.
    pub fn new(limits: LimitTable) -> Result<Self, LimitError> {
        limits.check()?;
        Ok(Self {
            limits_crc: limits.crc(),
            limits,
            sequence: 0,
            clock: None,
            evidence: Evidence::starting(Instant::START, &limits),
            latch: Latch::default(),
            permitted: VerdictKind::Pass,
        })
    }

    /// Looks at what the guard's sensors say and what control commands, and says what the machine may do. To be
    /// called every 50 ms. The work is bounded; nothing in the arguments can make it panic.
    pub fn step(&mut self, telemetry: &GuardTelemetry, commands: &Commands) -> Permit {
        let finding = self.examine(telemetry, commands);
        let reset = commands.reset && self.evidence.commands.is_current(commands);
        let verdict = match self.latch.settle(finding, reset) {
            Settled::Held(verdict) => verdict,
            Settled::Released => {
                self.evidence.delivery = Delivery::default();
                Verdict::Pass
            }
        };
        self.permitted = verdict.kind();
        self.sequence = self.sequence.wrapping_add(1);
        Permit { sequence: self.sequence, at: telemetry.at, verdict, limits_crc: self.limits_crc }
    }

    /// The worst that is found now.
    fn examine(&mut self, telemetry: &GuardTelemetry, commands: &Commands) -> Finding {
        let now = telemetry.at;
        let dt = match Clock::advance(&mut self.clock, telemetry, self.limits.longest_step) {
            Tick::Start => {
                self.evidence = Evidence::starting(now, &self.limits);
                TimeSpan::ZERO
            }
            Tick::Step(dt) => dt,
            Tick::Jump => {
                self.evidence = Evidence::starting(now, &self.limits);
                return Finding::Latching(Verdict::Safe(Cause::TimeJump));
            }
        };
        self.evidence.weigh(telemetry, commands, dt, self.permitted, &self.limits)
    }
}

/// Everything that is remembered from step to step to judge by.
#[derive(Debug, Clone)]
struct Evidence {
    sensors: Sensors,
    commands: CommandStream,
    agreement: Agreement,
    air: AirTest,
    return_line: ReturnLine,
    delivery: Delivery,
}

impl Evidence {
    fn starting(now: Instant, limits: &LimitTable) -> Self {
        Self {
            sensors: Sensors::starting(now, &limits.sensors),
            commands: CommandStream::starting(now),
            agreement: Agreement::default(),
            air: AirTest::default(),
            return_line: ReturnLine::default(),
            delivery: Delivery::default(),
        }
    }

    /// Asks every check. Values of a faulty sensor or a command out of range reach no check that remembers them.
    fn weigh(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        dt: TimeSpan,
        permitted: VerdictKind,
        limits: &LimitTable,
    ) -> Finding {
        let safe = |cause| Finding::Latching(Verdict::Safe(cause));
        let faulty = self.sensors.any_faulty(telemetry);
        let lost = self.commands.lost(commands, telemetry.at, limits.commands.oldest);
        let air = self.air.judge(telemetry, commands, &limits.air, &limits.agreement);
        if air == Air::Seen {
            return safe(Cause::ReturnAir);
        }
        if faulty {
            return safe(Cause::GuardSensor);
        }
        if !in_range(commands, &limits.commands) {
            return safe(Cause::CommandRange);
        }
        let occluded = self.return_line.occluded(telemetry, commands, dt.seconds(), &limits.occlusion);
        let broken = self.agreement.broken(telemetry, commands, permitted, &limits.agreement);
        let missing = self.delivery.missing(telemetry, commands, permitted, dt, limits);
        if occluded {
            safe(Cause::ReturnOcclusion)
        } else if let Some(cause) = lost {
            safe(cause)
        } else if broken {
            safe(Cause::ChannelsDisagree)
        } else if air == Air::Test {
            Finding::Passing(Verdict::Safe(Cause::ReturnAir))
        } else if missing {
            Finding::Latching(Verdict::Hold(Cause::AnticoagulantNotDelivered))
        } else {
            Finding::Nothing
        }
    }
}

/// What one step finds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finding {
    Nothing,
    /// Holds for as long as it is found.
    Passing(Verdict),
    /// Holds until it is reset.
    Latching(Verdict),
}

/// The machine's time as telemetry tells it.
#[derive(Debug, Clone, Copy)]
struct Clock {
    sequence: u32,
    at: Instant,
    repeated: u32,
}

enum Tick {
    Start,
    Step(TimeSpan),
    Jump,
}

impl Clock {
    /// Takes the next frame: time must go on, and not by too much.
    fn advance(clock: &mut Option<Self>, telemetry: &GuardTelemetry, longest: TimeSpan) -> Tick {
        let (sequence, at) = (telemetry.sequence, telemetry.at);
        let Some(last) = clock.replace(Self { sequence, at, repeated: 0 }) else { return Tick::Start };
        let dt = at.since(last.at);
        if at < last.at || dt > longest {
            return Tick::Jump;
        }
        if sequence == last.sequence || at == last.at {
            let repeated = last.repeated.saturating_add(1);
            *clock = Some(Self { sequence, at, repeated });
            if repeated > REPEATED_STEPS {
                return Tick::Jump;
            }
        }
        Tick::Step(dt)
    }
}

/// Keeps a protective stop.
#[derive(Debug, Default, Clone, Copy)]
struct Latch {
    held: Option<Verdict>,
    /// Control did not ask for a reset at some time since the stop: a reset that is stuck resets nothing.
    armed: bool,
}

enum Settled {
    Held(Verdict),
    Released,
}

impl Latch {
    /// What holds after a finding and perhaps a reset.
    fn settle(&mut self, finding: Finding, reset: bool) -> Settled {
        if let Finding::Latching(verdict) = finding {
            let worse =
                self.held.is_none_or(|held| held.kind() == VerdictKind::Hold && verdict.kind() == VerdictKind::Safe);
            if worse {
                *self = Self { held: Some(verdict), armed: false };
            }
        }
        self.armed |= !reset;
        match (self.held, finding) {
            (None, Finding::Nothing) => Settled::Held(Verdict::Pass),
            (_, Finding::Passing(verdict)) => Settled::Held(verdict),
            (Some(_), Finding::Nothing) if reset && self.armed => {
                *self = Self::default();
                Settled::Released
            }
            (Some(held), _) => Settled::Held(held),
            (None, Finding::Latching(verdict)) => Settled::Held(verdict),
        }
    }
}
