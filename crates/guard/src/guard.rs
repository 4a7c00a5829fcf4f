//! The guard itself: examines everything on every step, latches what must stay, and writes the permit.
//!
//! Its limits are checked against their check sum when they are taken and again every [`LIMITS_CHECKED_EVERY`] steps:
//! memory that has changed protects nobody.
//!
//! ```text
//!            finding                    finding Safe
//!   passing ---------> held (Hold) ---------------------> held (Safe)
//!      ^                  |                                   |
//!      '------------------+-----------------------------------'
//!         reset asked for after it was not, no finding, and a cause that leaves the set usable
//! ```

use leuka_blood::quantity::TimeSpan;
use leuka_device::{Cause, Commands, GuardTelemetry, Instant, Permit, Verdict, VerdictKind};

use crate::access::Access;
use crate::agreement::Agreement;
use crate::air::{Air, AirTest, Detector};
use crate::anticoagulant::Delivery;
use crate::bags::{BagFindings, Bags};
use crate::command::{CommandStream, in_range};
use crate::excess::Drops;
use crate::facts::Facts;
use crate::limits::{LimitError, LimitTable};
use crate::occlusion::ReturnLine;
use crate::return_side::{Return, ReturnSide, Zero};
use crate::rotor::Rotor;
use crate::sensor::Sensors;
use crate::set::Set;

/// Steps that may bring the same telemetry again before time counts as standing still.
const REPEATED_STEPS: u32 = 4;

/// Steps from one check of the limit table to the next: 20 s.
const LIMITS_CHECKED_EVERY: u32 = 400;

/// The safety channel.
#[derive(Debug, Clone)]
pub struct Guard {
    limits: LimitTable,
    limits_crc: u32,
    limits_damaged: bool,
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
            limits_damaged: false,
            sequence: 0,
            clock: None,
            evidence: Evidence::starting(Instant::START, &limits, Zero::default()),
            latch: Latch::default(),
            permitted: VerdictKind::Pass,
        })
    }

    /// Looks at what the guard's sensors say and what control commands, and says what the machine may do. To be
    /// called every 50 ms. The work is bounded; nothing in the arguments can make it panic.
    pub fn step(&mut self, telemetry: &GuardTelemetry, commands: &Commands) -> Permit {
        self.sequence = self.sequence.wrapping_add(1);
        if self.sequence.is_multiple_of(LIMITS_CHECKED_EVERY) {
            self.limits_damaged |= self.limits.crc() != self.limits_crc;
        }
        let finding = self.examine(telemetry, commands);
        let reset = commands.reset && self.evidence.commands.is_current(commands);
        let verdict = match self.latch.settle(finding, reset) {
            Settled::Held(verdict) => verdict,
            Settled::Released(cause) => {
                self.evidence.forgive(cause);
                Verdict::Pass
            }
        };
        self.permitted = verdict.kind();
        Permit { sequence: self.sequence, at: telemetry.at, verdict, limits_crc: self.limits_crc }
    }

    /// The worst that is found now.
    fn examine(&mut self, telemetry: &GuardTelemetry, commands: &Commands) -> Finding {
        let now = telemetry.at;
        let dt = match Clock::advance(&mut self.clock, telemetry, self.limits.longest_step) {
            Tick::Start => {
                self.evidence = Evidence::starting(now, &self.limits, self.evidence.return_side.zero);
                TimeSpan::ZERO
            }
            Tick::Step(dt) => dt,
            Tick::Jump => {
                self.evidence = Evidence::starting(now, &self.limits, self.evidence.return_side.zero);
                return Finding::Latching(Verdict::Safe(Cause::TimeJump));
            }
        };
        if self.limits_damaged {
            return Finding::Latching(Verdict::Safe(Cause::LimitsDamaged));
        }
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
    detector: Detector,
    return_line: ReturnLine,
    return_side: ReturnSide,
    access: Access,
    delivery: Delivery,
    drops: Drops,
    bags: Bags,
    rotor: Rotor,
    set: Set,
    turn: Turn,
    slow: Slow,
}

impl Evidence {
    fn starting(now: Instant, limits: &LimitTable, zero: Zero) -> Self {
        Self {
            sensors: Sensors::starting(now, &limits.sensors),
            commands: CommandStream::starting(now),
            agreement: Agreement::default(),
            air: AirTest::default(),
            detector: Detector::default(),
            return_line: ReturnLine::default(),
            return_side: ReturnSide::starting(zero),
            access: Access::default(),
            delivery: Delivery::default(),
            drops: Drops::default(),
            bags: Bags::default(),
            rotor: Rotor::new(&limits.rotor),
            set: Set::default(),
            turn: Turn::default(),
            slow: Slow::default(),
        }
    }

    /// Forgets what somebody has seen to, and nothing else: what gathers for another cause goes on.
    fn forgive(&mut self, cause: Option<Cause>) {
        match cause {
            Some(Cause::AnticoagulantNotDelivered | Cause::AnticoagulantExcess) => {
                self.delivery = Delivery::default();
                self.drops.forgive();
            }
            Some(Cause::AccessOcclusion) => self.access = Access::default(),
            Some(Cause::ReturnLineOff | Cause::Infiltration | Cause::DonorButton) => {
                self.return_side = ReturnSide::starting(self.return_side.zero);
            }
            Some(Cause::FluidSurplus) => self.bags.forgive(),
            _ => {}
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
        let is_due = self.turn.is_due(commands);
        if is_due {
            self.slow.faulty = self.sensors.slow_faulty(telemetry);
        }
        let faulty = self.sensors.any_faulty(telemetry) | self.slow.faulty;
        let lost = self.commands.lost(commands, telemetry.at, limits.commands.oldest);
        let air = self.air.judge(telemetry, commands, &limits.air, &limits.agreement);
        let blind = self.detector.is_blind(telemetry, dt.seconds(), &limits.air);
        if air == Air::Seen {
            return safe(Cause::ReturnAir);
        }
        if blind {
            return safe(Cause::AirDetectorBlind);
        }
        if faulty {
            return safe(Cause::GuardSensor);
        }
        if !in_range(commands, limits) {
            return safe(Cause::CommandRange);
        }
        let facts = Facts::new(telemetry, commands, dt.seconds(), permitted, limits.agreement.flow_floor);
        self.turn.gathered_s += facts.dt_s;
        if is_due {
            let facts = Facts { dt_s: core::mem::take(&mut self.turn.gathered_s), ..facts };
            self.look_slowly(telemetry, commands, &facts, permitted, limits);
        }
        let stops = self.what_makes_safe(telemetry, commands, &facts, permitted, limits);
        let holds = self.what_holds(telemetry, &facts, limits);
        if let Some(cause) = stops {
            safe(cause)
        } else if let Some(cause) = lost {
            safe(cause)
        } else if air == Air::Test {
            Finding::Passing(Verdict::Safe(Cause::ReturnAir))
        } else {
            holds
        }
    }

    /// What bags, drops, revolution counters, temperature and colour show over seconds: they speak ten times a second or
    /// less.
    fn look_slowly(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        facts: &Facts,
        permitted: VerdictKind,
        limits: &LimitTable,
    ) {
        self.drops.count(telemetry, facts, limits);
        let missing = self.delivery.missing(telemetry, commands, permitted, facts.dt_s, limits);
        let mut slow = Slow {
            faulty: false,
            set: self.set.judge(telemetry, facts, &limits.set),
            too_much: self.drops.too_many(facts, &limits.anticoagulant) || self.delivery.is_over(),
            differ: self.agreement.pumps_differ(telemetry, commands, permitted, &limits.agreement),
            missing: missing || self.drops.too_few(facts, &limits.anticoagulant),
            citrate: self.drops.too_much_citrate(facts, &limits.donor),
            bags: self.bags.judge(telemetry, commands, facts, limits),
            stale: self.set.is_stale(facts, commands, commands.reset, &limits.set),
            too_large: facts.draw_asked && limits.donor.extracorporeal > limits.donor.most_extracorporeal,
            makes_safe: false,
            holds: false,
        };
        slow.makes_safe = slow.set.is_some() | slow.too_much | slow.differ;
        slow.holds = slow.bags.any() | slow.missing | slow.citrate | slow.stale | slow.too_large;
        self.slow = slow;
    }

    /// What closes the clamps and takes the drive away.
    fn what_makes_safe(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        facts: &Facts,
        permitted: VerdictKind,
        limits: &LimitTable,
    ) -> Option<Cause> {
        let occluded = self.return_line.occluded(telemetry, facts, &limits.occlusion);
        let open = self.agreement.clamp_stands_open(telemetry, commands, permitted, &limits.agreement);
        let rotor = self.rotor.judge(telemetry, commands, facts, permitted, &limits.rotor);
        let wet = telemetry.leak.value == Some(true);
        if !(occluded | open | wet | self.slow.makes_safe) && rotor.is_none() {
            return None;
        }
        let Slow { set, too_much, differ, .. } = self.slow;
        let occluded = occluded.then_some(Cause::ReturnOcclusion);
        let wet = wet.then_some(Cause::Leak);
        let too_much = too_much.then_some(Cause::AnticoagulantExcess);
        occluded.or(rotor).or(wet).or(set).or(too_much).or((open || differ).then_some(Cause::ChannelsDisagree))
    }

    /// What stops the pumps; and, worse, a return line that is off and a bag on the wrong line.
    fn what_holds(&mut self, telemetry: &GuardTelemetry, facts: &Facts, limits: &LimitTable) -> Finding {
        let side = self.return_side.judge(telemetry, facts, &limits.return_side);
        let shut = self.access.occluded(telemetry, facts, &limits.access);
        let button = telemetry.donor_button.value == Some(true);
        if side == Return::Sound && !(shut | button | self.slow.holds) {
            return Finding::Nothing;
        }
        let Slow { missing, citrate, bags, stale, too_large, .. } = self.slow;
        let holds = [
            (side == Return::Off, Verdict::Safe(Cause::ReturnLineOff)),
            (bags.uncommanded, Verdict::Safe(Cause::FluidSurplus)),
            (bags.wrong_line, Verdict::Safe(Cause::WrongSolution)),
            (button, Verdict::Hold(Cause::DonorButton)),
            (missing, Verdict::Hold(Cause::AnticoagulantNotDelivered)),
            (citrate, Verdict::Hold(Cause::CitrateRate)),
            (shut, Verdict::Hold(Cause::AccessOcclusion)),
            (side == Return::Infiltrated, Verdict::Hold(Cause::Infiltration)),
            (bags.empty, Verdict::Hold(Cause::ReservoirEmpty)),
            (bags.deficit, Verdict::Hold(Cause::FluidDeficit)),
            (bags.surplus, Verdict::Hold(Cause::FluidSurplus)),
            (too_large || bags.overfull, Verdict::Hold(Cause::ExtracorporealVolume)),
            (stale, Verdict::Hold(Cause::Clotting)),
            (bags.starch, Verdict::Hold(Cause::Starch)),
        ];
        let found = holds.into_iter().find_map(|(is_found, verdict)| is_found.then_some(verdict));
        found.map_or(Finding::Nothing, Finding::Latching)
    }
}

/// When slow instruments are looked at: with each new command, and at the latest on every second step.
#[derive(Debug, Default, Clone, Copy)]
struct Turn {
    sequence: u32,
    rested: bool,
    /// Time since the last look, s.
    gathered_s: f64,
}

impl Turn {
    fn is_due(&mut self, commands: &Commands) -> bool {
        let is_due = self.rested || commands.sequence != self.sequence;
        (self.sequence, self.rested) = (commands.sequence, !is_due);
        is_due
    }
}

/// What slow instruments showed when they were last looked at.
#[derive(Debug, Default, Clone, Copy)]
struct Slow {
    faulty: bool,
    set: Option<Cause>,
    too_much: bool,
    differ: bool,
    missing: bool,
    citrate: bool,
    bags: BagFindings,
    stale: bool,
    too_large: bool,
    /// Any that closes the clamps, and any that stops the pumps.
    makes_safe: bool,
    holds: bool,
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

/// True for a stop that no reset leaves: the set or the guard itself cannot be trusted any more.
fn is_final(verdict: Verdict) -> bool {
    verdict.cause().is_some_and(Cause::ends_the_set)
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
    Released(Option<Cause>),
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
            (Some(held), Finding::Nothing) if reset && self.armed && !is_final(held) => {
                *self = Self::default();
                Settled::Released(held.cause())
            }
            (Some(held), _) => Settled::Held(held),
            (None, Finding::Latching(verdict)) => Settled::Held(verdict),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guard that is about to check its limits, and a step of it.
    fn about_to_check() -> Guard {
        let mut guard = Guard::new(LimitTable::embedded().unwrap()).unwrap();
        guard.sequence = LIMITS_CHECKED_EVERY - 1;
        guard
    }

    fn step(guard: &mut Guard, beat: u32, reset: bool) -> Verdict {
        let at = Instant::from_micros(u64::from(beat) * 50_000);
        let telemetry = GuardTelemetry { sequence: beat, at, ..GuardTelemetry::default() };
        guard.step(&telemetry, &Commands { sequence: beat, at, reset, ..Commands::default() }).verdict
    }

    #[test]
    fn limits_that_have_changed_in_memory_stop_for_good() {
        let damaged = Verdict::Safe(Cause::LimitsDamaged);
        assert_ne!(step(&mut about_to_check(), 1, false), damaged);
        let mut guard = about_to_check();
        guard.limits.occlusion.stop = leuka_blood::quantity::Pressure::from_mmhg(401.0);
        for beat in 1..200 {
            assert_eq!(step(&mut guard, beat, beat % 20 > 10), damaged);
        }
    }
}
