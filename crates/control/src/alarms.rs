//! Which alarm conditions hold. An alarm is told at its begin and at its end; a condition must be gone for some seconds
//! before it counts as ended, so that a value at its limit does not chatter.

use leuka_device::{AlarmCode, Instant};

use crate::event::{EventKind, Evidence};

/// A condition must be gone for this long, microseconds.
const GONE_US: u64 = 5_000_000;

/// The conditions.
#[derive(Debug, Clone)]
pub(crate) struct Alarms {
    active: u64,
    held_at: [Instant; AlarmCode::ALL.len()],
}

impl Alarms {
    pub(crate) const fn new() -> Self {
        Self { active: 0, held_at: [Instant::START; AlarmCode::ALL.len()] }
    }

    /// True while the condition holds, or held until a moment ago.
    pub(crate) const fn is_active(&self, code: AlarmCode) -> bool {
        self.active & bit(code) != 0
    }

    /// The condition holds (`Some`, with what shows it) or does not; gives the event when that is new.
    pub(crate) fn set(&mut self, now: Instant, code: AlarmCode, evidence: Option<Evidence>) -> Option<EventKind> {
        let Some(evidence) = evidence else {
            return self.clear(now, code);
        };
        if let Some(held_at) = self.held_at.get_mut(code as usize) {
            *held_at = now;
        }
        let is_new = !self.is_active(code);
        self.active |= bit(code);
        is_new.then_some(EventKind::Alarm { code, active: true, evidence })
    }

    fn clear(&mut self, now: Instant, code: AlarmCode) -> Option<EventKind> {
        if !self.is_active(code) {
            return None;
        }
        let held_at = self.held_at.get(code as usize).copied().unwrap_or(Instant::START);
        if now.micros_since(held_at) < GONE_US {
            return None;
        }
        self.active &= !bit(code);
        Some(EventKind::Alarm { code, active: false, evidence: Evidence::Plain })
    }
}

const fn bit(code: AlarmCode) -> u64 {
    1 << (code as u64 % 64)
}

const _: () = assert!(AlarmCode::ALL.len() <= 64, "one bit for each alarm");
