//! Which alarm signals are given: conditions become signals, unless somebody has inactivated them.
//!
//! A condition is a state of the world; its signal is light, sound and text. The signal of a latching alarm outlives its
//! condition until somebody acknowledges it. Four states inactivate: the audio or the whole alarm, for a while or until
//! taken back. A new high condition ends each of them at once.

use leuka_blood::quantity::TimeSpan;

use super::{AlarmCode, Priority};
use crate::time::Instant;

/// An audio or alarm pause lasts at most this long, microseconds.
const LONGEST_PAUSE_US: u64 = 120_000_000;

/// What somebody has silenced.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Inactivation {
    /// Nothing.
    #[default]
    None,
    /// The sound, until then.
    AudioPaused(Instant),
    /// The sound, until taken back.
    AudioOff,
    /// Sound and light, until then.
    AlarmPaused(Instant),
    /// Sound and light, until taken back.
    AlarmOff,
}

/// Why something cannot be silenced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InactivationError {
    /// A protective alarm while somebody is connected.
    #[error(
        "a protective alarm cannot be switched off while somebody is connected: pause its sound, for 120 s at most"
    )]
    Protective,
}

/// A change of an alarm, for its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmChange {
    /// Its condition and its signal begin.
    Begins(AlarmCode),
    /// Its condition is over.
    ConditionEnds(AlarmCode),
    /// Its signal is over.
    SignalEnds(AlarmCode),
}

/// What lights and sounds now: the one signal of the highest priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// Which alarm.
    pub code: AlarmCode,
    /// Since when.
    pub since: Instant,
    /// It sounds.
    pub audible: bool,
    /// It lights.
    pub visible: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    holds: bool,
    signals: bool,
    acknowledged: bool,
    since: Instant,
}

/// The alarms of one procedure. A new one has no silence of an earlier donor's.
#[derive(Debug, Clone)]
pub struct AlarmSystem {
    states: [State; AlarmCode::ALL.len()],
    inactivation: Inactivation,
}

impl Default for AlarmSystem {
    fn default() -> Self {
        Self { states: [State::default(); AlarmCode::ALL.len()], inactivation: Inactivation::None }
    }
}

impl AlarmSystem {
    /// A condition begins.
    pub fn begin(&mut self, now: Instant, code: AlarmCode) -> Option<AlarmChange> {
        let state = self.states.get_mut(code as usize)?;
        if state.holds {
            return None;
        }
        *state = State { holds: true, signals: true, acknowledged: false, since: now };
        if code.priority() == Priority::High {
            self.inactivation = Inactivation::None;
        }
        Some(AlarmChange::Begins(code))
    }

    /// A condition is over. The signal of a latching alarm goes on until it is acknowledged.
    pub fn end(&mut self, code: AlarmCode) -> [Option<AlarmChange>; 2] {
        let Some(state) = self.states.get_mut(code as usize).filter(|state| state.holds) else { return [None; 2] };
        state.holds = false;
        let stays = code.latches() && !state.acknowledged;
        let ends = state.signals && !stays;
        state.signals = stays;
        [Some(AlarmChange::ConditionEnds(code)), ends.then_some(AlarmChange::SignalEnds(code))]
    }

    /// Somebody has seen what is signalled: latched signals whose condition is over end, others go on without sound.
    /// `ended` hears of each signal that ends.
    pub fn acknowledge(&mut self, mut ended: impl FnMut(AlarmChange)) {
        for (code, state) in AlarmCode::ALL.into_iter().zip(&mut self.states) {
            if state.signals {
                state.acknowledged = true;
                if !state.holds {
                    state.signals = false;
                    ended(AlarmChange::SignalEnds(code));
                }
            }
        }
    }

    /// Silences the sound for a while, at most 120 s.
    pub fn pause_audio(&mut self, now: Instant, span: TimeSpan) {
        self.inactivation = Inactivation::AudioPaused(until(now, span));
    }

    /// Silences sound and light for a while, at most 120 s.
    ///
    /// # Errors
    /// Not while a protective alarm is signalled and somebody is connected.
    pub fn pause_alarms(&mut self, now: Instant, span: TimeSpan, connected: bool) -> Result<(), InactivationError> {
        self.inactivate(Inactivation::AlarmPaused(until(now, span)), connected)
    }

    /// Silences the sound until it is taken back.
    ///
    /// # Errors
    /// Not while a protective alarm is signalled and somebody is connected.
    pub fn audio_off(&mut self, connected: bool) -> Result<(), InactivationError> {
        self.inactivate(Inactivation::AudioOff, connected)
    }

    /// Silences sound and light until it is taken back.
    ///
    /// # Errors
    /// Not while a protective alarm is signalled and somebody is connected.
    pub fn alarm_off(&mut self, connected: bool) -> Result<(), InactivationError> {
        self.inactivate(Inactivation::AlarmOff, connected)
    }

    /// Takes every silence back.
    pub const fn reactivate(&mut self) {
        self.inactivation = Inactivation::None;
    }

    /// What is silenced at `now`.
    #[must_use]
    pub fn inactivation(&self, now: Instant) -> Inactivation {
        match self.inactivation {
            Inactivation::AudioPaused(until) | Inactivation::AlarmPaused(until) if now >= until => Inactivation::None,
            inactivation => inactivation,
        }
    }

    /// The one signal that is given at `now`: the highest priority, of those the one that began first.
    #[must_use]
    pub fn signal(&self, now: Instant) -> Option<Signal> {
        let signalled = AlarmCode::ALL.into_iter().zip(&self.states).filter(|(_, state)| state.signals);
        let (code, state) = signalled
            .min_by_key(|(code, state)| (core::cmp::Reverse(code.priority()), state.acknowledged, state.since))?;
        let inactivation = self.inactivation(now);
        let (quiet, dark) = match inactivation {
            Inactivation::None => (false, false),
            Inactivation::AudioPaused(_) | Inactivation::AudioOff => (true, false),
            Inactivation::AlarmPaused(_) | Inactivation::AlarmOff => (true, true),
        };
        Some(Signal { code, since: state.since, audible: !(quiet || state.acknowledged), visible: !dark })
    }

    fn inactivate(&mut self, wanted: Inactivation, connected: bool) -> Result<(), InactivationError> {
        let protects = AlarmCode::ALL.iter().zip(&self.states).any(|(code, state)| state.signals && code.latches());
        if protects && connected {
            return Err(InactivationError::Protective);
        }
        self.inactivation = wanted;
        Ok(())
    }
}

/// The end of a pause.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, and NaN is no pause")]
fn until(now: Instant, span: TimeSpan) -> Instant {
    now.plus_micros(((span.seconds() * 1e6) as u64).min(LONGEST_PAUSE_US))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn minutes(minutes: f64) -> TimeSpan {
        TimeSpan::from_minutes(minutes)
    }

    #[test]
    fn one_signal_at_a_time_and_it_is_the_highest() {
        let mut alarms = AlarmSystem::default();
        alarms.begin(at(1), AlarmCode::InletLowered);
        alarms.begin(at(2), AlarmCode::Hypotension);
        assert_eq!(alarms.signal(at(2)).unwrap().code, AlarmCode::Hypotension);
        alarms.begin(at(3), AlarmCode::Leak);
        alarms.begin(at(4), AlarmCode::DoorOpen);
        let signal = alarms.signal(at(4)).unwrap();
        assert!(signal.code == AlarmCode::Leak && signal.audible && signal.visible);
    }

    #[test]
    fn a_latching_signal_outlives_its_condition_until_it_is_acknowledged() {
        let mut alarms = AlarmSystem::default();
        alarms.begin(at(1), AlarmCode::ReturnAir);
        assert_eq!(alarms.end(AlarmCode::ReturnAir), [Some(AlarmChange::ConditionEnds(AlarmCode::ReturnAir)), None]);
        assert_eq!(alarms.signal(at(9)).unwrap().code, AlarmCode::ReturnAir);
        let mut ended = None;
        alarms.acknowledge(|change| ended = Some(change));
        assert_eq!(ended, Some(AlarmChange::SignalEnds(AlarmCode::ReturnAir)));
        assert_eq!(alarms.signal(at(10)), None);
        alarms.begin(at(11), AlarmCode::Hypotension);
        let both = [AlarmChange::ConditionEnds, AlarmChange::SignalEnds].map(|end| Some(end(AlarmCode::Hypotension)));
        assert_eq!(alarms.end(AlarmCode::Hypotension), both);
    }

    #[test]
    fn a_pause_lasts_120_s_at_most_and_a_new_high_condition_ends_it() {
        let mut alarms = AlarmSystem::default();
        alarms.begin(at(0), AlarmCode::Hypotension);
        alarms.pause_audio(at(0), minutes(10.0));
        assert!(!alarms.signal(at(119)).unwrap().audible && alarms.signal(at(119)).unwrap().visible);
        assert!(alarms.signal(at(120)).unwrap().audible);
        alarms.pause_audio(at(130), minutes(1.0));
        alarms.begin(at(131), AlarmCode::Desaturation);
        assert!(!alarms.signal(at(131)).unwrap().audible, "a medium one does not end the pause");
        alarms.begin(at(132), AlarmCode::Leak);
        assert!(alarms.signal(at(132)).unwrap().audible);
    }

    #[test]
    fn protective_alarms_cannot_be_switched_off_while_somebody_is_connected() {
        let mut alarms = AlarmSystem::default();
        assert_eq!(alarms.alarm_off(true), Ok(()));
        alarms.begin(at(1), AlarmCode::Leak);
        assert_eq!(alarms.inactivation(at(1)), Inactivation::None);
        assert_eq!(alarms.audio_off(true), Err(InactivationError::Protective));
        assert_eq!(alarms.alarm_off(true), Err(InactivationError::Protective));
        assert_eq!(alarms.pause_alarms(at(1), minutes(1.0), true), Err(InactivationError::Protective));
        assert_eq!(alarms.alarm_off(false), Ok(()));
        assert!(!alarms.signal(at(2)).unwrap().visible);
        alarms.reactivate();
        assert!(alarms.signal(at(2)).unwrap().audible);
    }

    #[test]
    fn acknowledged_alarms_are_quiet_until_another_comes() {
        let mut alarms = AlarmSystem::default();
        alarms.begin(at(1), AlarmCode::Leak);
        alarms.acknowledge(|_| ());
        assert!(!alarms.signal(at(2)).unwrap().audible);
        alarms.begin(at(3), AlarmCode::DoorOpen);
        let signal = alarms.signal(at(3)).unwrap();
        assert!(signal.code == AlarmCode::DoorOpen && signal.audible);
    }
}
