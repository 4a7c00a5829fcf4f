//! Acceptance of commands (hazard 25): in range, in sequence, and not too old.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, Temperature, TimeSpan};
use leuka_device::{Cause, Clamp, Commands, DrawFrom, Instant, ReturnTo};

use crate::limits::{CommandLimits, LimitTable};

/// True when no value of the commands is NaN or passes its absolute limit, and valves and clamps fit the set.
pub(crate) fn in_range(commands: &Commands, limits: &LimitTable) -> bool {
    let draws = commands.draw_from == DrawFrom::Donor && commands.draw_clamp == Clamp::Open;
    let gives = commands.return_to == ReturnTo::Donor && commands.return_clamp == Clamp::Open;
    let turns = commands.draw_from == DrawFrom::Reservoir || commands.return_to == ReturnTo::Reservoir;
    let fits = if limits.donor.reservoir.is_some() { !(draws && gives) } else { !turns };
    fits && are_in_range(commands, &limits.commands)
}

fn are_in_range(commands: &Commands, limits: &CommandLimits) -> bool {
    let (pumps, greatest) = (&commands.pumps, &limits.greatest_flow);
    let flow = |asked: FlowRate, greatest: FlowRate| (asked >= FlowRate::ZERO) & (asked <= greatest);
    let flows = flow(pumps.inlet, greatest.inlet)
        & flow(pumps.anticoagulant, greatest.anticoagulant)
        & flow(pumps.plasma, greatest.plasma)
        & flow(pumps.collect, greatest.collect);
    let speed = commands.centrifuge_speed;
    let speed = (speed >= RotationalSpeed::ZERO) & (speed <= limits.greatest_speed);
    let warmer = commands.warmer.is_none_or(|warm| warm >= Temperature::ZERO && warm <= limits.greatest_warmer);
    flows & speed & warmer
}

/// Follows the sequence of command frames.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandStream {
    last: Option<(u32, Instant)>,
    good_at: Instant,
    lost: bool,
}

impl CommandStream {
    pub(crate) const fn starting(now: Instant) -> Self {
        Self { last: None, good_at: now, lost: false }
    }

    /// The cause when no acceptable frame came for too long. A frame is acceptable when its sequence number and its
    /// time are later than those of the last one and its time is not in the future. After a loss another number will
    /// do, so that control may be restarted.
    pub(crate) fn lost(&mut self, commands: &Commands, now: Instant, oldest: TimeSpan) -> Option<Cause> {
        let follows = self.last.is_none_or(|(sequence, at)| {
            let ahead = commands.sequence.wrapping_sub(sequence);
            commands.at > at && (self.lost || ahead <= u32::MAX / 2) && ahead != 0
        });
        if commands.at <= now && follows {
            self.last = Some((commands.sequence, commands.at));
            self.good_at = commands.at;
        }
        self.lost = now.since(self.good_at) > oldest;
        self.lost.then_some(Cause::CommandLost)
    }

    /// True when these commands are the last acceptable ones.
    pub(crate) fn is_current(&self, commands: &Commands) -> bool {
        self.last == Some((commands.sequence, commands.at))
    }
}
