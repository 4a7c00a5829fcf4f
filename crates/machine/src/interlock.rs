//! What the machine itself enforces, whatever control and guard say: a fresh permit, fresh commands within absolute
//! ranges and in order of time, and power. Otherwise it goes to the safe state, and stays there until a reset finds the
//! cause gone.
//!
//! ```text
//!            permit late, command late, command out of range, time jump, power gone, verdict `Safe`
//!   obeying ------------------------------------------------------------------------------------> safe
//!       ^                                                                                           |
//!       +------ held command says reset, and permit, command, clock and power are good again -------+
//! ```

use leuka_device::{Cause, Commands, Instant, Permit, Pump, Reading, SafeState, Verdict, VerdictKind};

use crate::data::InterlockLimits;
use crate::sensor::micros;

/// The machine's own watch.
#[derive(Debug)]
pub(crate) struct Interlock {
    limits: InterlockLimits,
    command_age_us: u64,
    permit_window_us: u64,
    tolerance_us: u64,
    held: Commands,
    accepted: Accepted,
    command_deadline: Instant,
    permit: Option<Permit>,
    permit_deadline: Instant,
    safe: Option<SafeState>,
    refused: u32,
}

/// The last command frame that was accepted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Accepted {
    pub(crate) sequence: u32,
    pub(crate) at: Instant,
}

/// What the actuators are told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Orders<'a> {
    /// Pumps stopped, clamps closed, drive off.
    Safe,
    /// As commanded, but the pumps stand.
    Hold(&'a Commands),
    /// As commanded.
    Obey(&'a Commands),
}

impl Interlock {
    pub(crate) fn new(limits: InterlockLimits) -> Self {
        let command_age_us = micros(limits.command_age);
        let permit_window_us = micros(limits.permit_window);
        Self {
            tolerance_us: micros(limits.clock_tolerance),
            limits,
            command_age_us,
            permit_window_us,
            held: Commands::default(),
            accepted: Accepted::default(),
            command_deadline: Instant::START.plus_micros(command_age_us),
            permit: None,
            permit_deadline: Instant::START.plus_micros(permit_window_us),
            safe: None,
            refused: 0,
        }
    }

    /// Takes a command frame at `now`, when the machine's clock shows `clock`. A frame that was taken before changes
    /// nothing. Returns true when other orders may follow from it.
    pub(crate) fn receive_commands(&mut self, commands: &Commands, now: Instant, clock: Instant) -> bool {
        let is_first = self.accepted.sequence == 0 && self.accepted.at == Instant::START;
        if !is_first && commands.sequence == self.accepted.sequence {
            return false;
        }
        let age_us = clock.micros_since(commands.at);
        if (!is_first && commands.sequence < self.accepted.sequence) || age_us > self.command_age_us {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        let runs_back = commands.at < self.accepted.at;
        self.accepted = Accepted { sequence: commands.sequence, at: commands.at };
        if runs_back || commands.at.micros_since(clock) > self.tolerance_us {
            self.trip(Cause::TimeJump, now);
        } else if self.is_in_range(commands) {
            self.held = *commands;
            self.command_deadline = now.plus_micros(self.command_age_us - age_us);
        } else {
            self.trip(Cause::CommandRange, now);
        }
        true
    }

    /// Takes a permit at `now`, when the machine's clock shows `clock`. Returns true when other orders may follow from it.
    pub(crate) fn receive_permit(&mut self, permit: &Permit, now: Instant, clock: Instant) -> bool {
        if self.permit.is_some_and(|last| permit.sequence == last.sequence) {
            return false;
        }
        let age_us = clock.micros_since(permit.at);
        let in_order = self.permit.is_none_or(|last| permit.sequence > last.sequence);
        let is_early = permit.at.micros_since(clock) > self.tolerance_us;
        if !in_order || is_early || age_us > self.permit_window_us {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        let is_news = self.permit.is_none_or(|last| last.verdict != permit.verdict);
        self.permit = Some(*permit);
        self.permit_deadline = now.plus_micros(self.permit_window_us - age_us);
        if let Verdict::Safe(cause) = permit.verdict {
            self.trip(cause, now);
        }
        is_news
    }

    /// How far the clock may be off over a beat, microseconds.
    pub(crate) const fn clock_tolerance_us(&self) -> u64 {
        self.tolerance_us
    }

    fn is_in_range(&self, commands: &Commands) -> bool {
        let most = self.limits.most_flow();
        Pump::ALL.into_iter().all(|pump| (0.0..=*most.get(pump)).contains(&commands.pumps.get(pump).ml_min()))
            && (0.0..=self.limits.most_speed).contains(&commands.centrifuge_speed.rpm())
            && commands.warmer.is_none_or(|warmth| (0.0..=self.limits.most_warmth).contains(&warmth.celsius()))
    }

    /// When the first watchdog runs out.
    pub(crate) fn deadline(&self) -> Instant {
        if self.safe.is_some() { Instant::END } else { self.command_deadline.min(self.permit_deadline) }
    }

    /// Looks at the watchdogs. They run out at their own moment, which may lie before `now`.
    pub(crate) fn watch(&mut self, now: Instant) {
        if self.permit_deadline <= now {
            self.trip(Cause::PermitLost, self.permit_deadline);
        }
        if self.command_deadline <= now {
            self.trip(Cause::CommandLost, self.command_deadline);
        }
    }

    /// Goes to the safe state; the first cause stays.
    pub(crate) fn trip(&mut self, cause: Cause, since: Instant) {
        self.safe.get_or_insert(SafeState { cause, since });
    }

    /// Leaves the safe state when the held command asks for it and nothing stands against it.
    pub(crate) fn reset(&mut self, now: Instant, is_sound: bool) -> bool {
        let permitted = self.permit.is_some_and(|permit| permit.verdict.kind() != VerdictKind::Safe);
        let fresh = now < self.command_deadline && now < self.permit_deadline;
        let leaves = self.safe.is_some() && self.held.reset && permitted && fresh && is_sound;
        if leaves {
            self.safe = None;
        }
        leaves
    }

    /// What the actuators are told now.
    pub(crate) fn orders(&self) -> Orders<'_> {
        match self.permit.map(|permit| permit.verdict.kind()) {
            _ if self.safe.is_some() => Orders::Safe,
            Some(VerdictKind::Pass) => Orders::Obey(&self.held),
            Some(VerdictKind::Hold) => Orders::Hold(&self.held),
            Some(VerdictKind::Safe) | None => Orders::Safe,
        }
    }

    pub(crate) const fn safe_state(&self) -> Option<SafeState> {
        self.safe
    }

    pub(crate) const fn accepted(&self) -> Accepted {
        self.accepted
    }

    /// True while the air detectors are to be stimulated.
    pub(crate) const fn air_test(&self) -> bool {
        self.held.air_test
    }

    pub(crate) fn verdict(&self) -> Reading<VerdictKind> {
        self.permit.map_or_else(Reading::default, |permit| Reading::new(permit.verdict.kind(), permit.at))
    }

    /// Why the guard holds the machine, if it does.
    pub(crate) fn guard_cause(&self) -> Option<Cause> {
        self.permit.and_then(|permit| permit.verdict.cause())
    }

    /// Frames that arrived whole but were stale or out of order.
    pub(crate) const fn refused(&self) -> u32 {
        self.refused
    }
}
