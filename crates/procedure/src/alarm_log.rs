//! The log of alarms: what was signalled, why, when it was acknowledged, and what was done.

use std::collections::VecDeque;

use leuka_control::Evidence;
use leuka_device::{AlarmChange, AlarmCode, AlarmSystem, Instant, Priority};
use serde::Serialize;

/// Entries that are kept; the design asks for 5000 at least.
pub const MOST_ENTRIES: usize = 10_000;

/// One alarm, from its onset to the end of its signal. Moments are seconds of the procedure; who knows when the
/// procedure began knows the time of day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedAlarm {
    /// The code.
    pub code: AlarmCode,
    /// The how manieth of its code in this procedure, from 1.
    pub instance: u32,
    /// Priority.
    pub priority: Priority,
    /// A state of the donor; otherwise one of the machine.
    pub physiological: bool,
    /// Onset, s.
    pub onset_s: f64,
    /// The limit in force, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// The value that passed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// When the operator acknowledged it, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_s: Option<f64>,
    /// When its condition was over, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_end_s: Option<f64>,
    /// When its signal was over, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_end_s: Option<f64>,
    /// From the onset to the beginning of the protective action, ms; before it when negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_start_ms: Option<f64>,
    /// From the onset until all pumps stood, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_finish_ms: Option<f64>,
}

/// The alarms of a procedure and their log.
#[derive(Debug, Default)]
pub(crate) struct AlarmLog {
    pub(crate) system: AlarmSystem,
    entries: VecDeque<LoggedAlarm>,
    action_start_s: Option<f64>,
}

impl AlarmLog {
    pub(crate) const fn entries(&self) -> &VecDeque<LoggedAlarm> {
        &self.entries
    }

    /// A condition begins.
    pub(crate) fn begin(&mut self, now: Instant, code: AlarmCode, evidence: &Evidence) {
        if self.system.begin(now, code).is_none() {
            return;
        }
        let (value, limit) = match evidence {
            Evidence::Measured { value, limit } => (Some(*value), Some(*limit)),
            _ => (None, None),
        };
        let before = self.entries.iter().filter(|entry| entry.code == code).count();
        let onset_s = seconds(now);
        if self.entries.len() == MOST_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(LoggedAlarm {
            code,
            instance: u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1),
            priority: code.priority(),
            physiological: code.is_physiological(),
            onset_s,
            limit,
            value,
            acknowledged_s: None,
            condition_end_s: None,
            signal_end_s: None,
            action_start_ms: self.action_start_s.filter(|_| code.latches()).map(|start| (start - onset_s) * 1e3),
            action_finish_ms: None,
        });
    }

    /// A condition is over.
    pub(crate) fn end(&mut self, now: Instant, code: AlarmCode) {
        for change in self.system.end(code).into_iter().flatten() {
            self.note(now, change);
        }
    }

    /// The operator has seen what is signalled.
    pub(crate) fn acknowledge(&mut self, now: Instant) {
        for entry in self.entries.iter_mut().filter(|entry| entry.signal_end_s.is_none()) {
            entry.acknowledged_s.get_or_insert(seconds(now));
        }
        let mut ended = Vec::new();
        self.system.acknowledge(|change| ended.push(change));
        for change in ended {
            self.note(now, change);
        }
    }

    /// Guard or machine begin a protective action.
    pub(crate) fn action_begins(&mut self, now: Instant) {
        self.action_start_s.get_or_insert(seconds(now));
    }

    /// All pumps stand: the protective action that has begun is done.
    pub(crate) fn pumps_stand(&mut self, at_s: f64) {
        for entry in self.entries.iter_mut().filter(|entry| entry.code.latches() && entry.signal_end_s.is_none()) {
            entry.action_finish_ms.get_or_insert((at_s - entry.onset_s) * 1e3);
        }
        self.action_start_s = None;
    }

    fn note(&mut self, now: Instant, change: AlarmChange) {
        let (AlarmChange::Begins(code) | AlarmChange::ConditionEnds(code) | AlarmChange::SignalEnds(code)) = change;
        let Some(entry) = self.entries.iter_mut().rfind(|entry| entry.code == code) else { return };
        match change {
            AlarmChange::Begins(_) => {}
            AlarmChange::ConditionEnds(_) => entry.condition_end_s = Some(seconds(now)),
            AlarmChange::SignalEnds(_) => entry.signal_end_s = Some(seconds(now)),
        }
    }
}

fn seconds(now: Instant) -> f64 {
    now.since(Instant::START).seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_ten_thousand_alarms_and_forgets_the_oldest_first() {
        let mut log = AlarmLog::default();
        for number in 0..MOST_ENTRIES as u64 + 5 {
            let at = Instant::from_micros(number * 1_000_000);
            log.begin(at, AlarmCode::Hypotension, &Evidence::Measured { value: 88.0, limit: 90.0 });
            log.end(at.plus_micros(400_000), AlarmCode::Hypotension);
        }
        assert_eq!(log.entries().len(), MOST_ENTRIES);
        let (first, last) = (log.entries().front().unwrap(), log.entries().back().unwrap());
        assert_eq!(first.onset_s, 5.0);
        assert_eq!((last.value, last.limit), (Some(88.0), Some(90.0)));
        assert!((last.signal_end_s.unwrap() - last.onset_s - 0.4).abs() < 1e-9);
    }

    #[test]
    fn a_protective_alarm_is_logged_with_its_action_and_who_has_seen_it() {
        let mut log = AlarmLog::default();
        let at = |millis: u64| Instant::from_micros(millis * 1000);
        log.action_begins(at(1000));
        log.begin(at(1050), AlarmCode::ReturnAir, &Evidence::Plain);
        log.pumps_stand(1.07);
        log.end(at(60_000), AlarmCode::ReturnAir);
        assert_eq!(log.entries()[0].signal_end_s, None, "it latches");
        log.acknowledge(at(90_000));
        let entry = &log.entries()[0];
        assert_eq!(
            (entry.acknowledged_s, entry.signal_end_s, entry.condition_end_s),
            (Some(90.0), Some(90.0), Some(60.0))
        );
        assert!((entry.action_start_ms.unwrap() + 50.0).abs() < 1e-6);
        assert!((entry.action_finish_ms.unwrap() - 20.0).abs() < 1e-6);
    }
}
