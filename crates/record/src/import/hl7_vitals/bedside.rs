//! A run's own monitor: what arrives, as the words that the run hears.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use chrono::{DateTime, TimeDelta, Utc};
use leuka_procedure::{Measured, Sign, Word};

use super::listen::{Inbox, ListenSettings, Listener};
use super::message::VitalSigns;
use super::vital::Vital;

/// Messages that may wait for the run, which takes them once a second.
const MOST_WAITING: usize = 256;
/// A monitor's clock may be so far ahead of this computer's; what it measures is of now then.
const MOST_AHEAD: TimeDelta = TimeDelta::seconds(60);

/// Listens for the monitor of one patient.
#[derive(Debug)]
pub struct Bedside {
    listener: Listener,
    heard: Receiver<VitalSigns>,
}

impl Bedside {
    /// Listens at an address; the signs of another patient, and those of a clock that is ahead, are refused.
    ///
    /// # Errors
    /// What the system says of the address.
    pub fn listen(address: &str, patient: String) -> io::Result<Self> {
        let (sender, heard) = sync_channel(MOST_WAITING);
        let settings = ListenSettings { patient: Some(patient), ..ListenSettings::default() };
        let inbox = Inbox::new(settings, Utc::now, move |signs| take(&sender, signs, Utc::now()));
        Ok(Self { listener: Listener::bind(address, inbox)?, heard })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// What has arrived since the last call; `now_us` is this moment, microseconds of the procedure.
    #[must_use]
    pub fn words(&self, now_us: u64) -> Vec<Word> {
        let now = Utc::now();
        self.heard.try_iter().map(|signs| word(signs, now, now_us)).collect()
    }
}

fn take(sender: &SyncSender<VitalSigns>, signs: VitalSigns, now: DateTime<Utc>) -> Result<(), String> {
    let ahead = signs.signs.iter().map(|sign| sign.at - now).max().unwrap_or_default();
    if ahead > MOST_AHEAD {
        let seconds = ahead.num_seconds();
        return Err(format!("measured {seconds} s from now: set the monitor's clock, or its zone, or this computer's"));
    }
    sender.try_send(signs).map_err(|error| match error {
        TrySendError::Full(_) => "the run does not keep up: send again later".to_owned(),
        TrySendError::Disconnected(_) => "the run is over".to_owned(),
    })
}

/// A message as the run hears it; `now_us` is `now`, microseconds of the procedure.
#[must_use]
pub fn word(signs: VitalSigns, now: DateTime<Utc>, now_us: u64) -> Word {
    let measured = |sign: &super::VitalSign| {
        let age_us = (now - sign.at).num_microseconds().and_then(|age| u64::try_from(age).ok()).unwrap_or(0);
        Some(Measured { sign: shown(sign.vital)?, value: sign.value, at_us: now_us.saturating_sub(age_us) })
    };
    let all = signs.signs.iter().filter_map(measured).collect();
    Word::Report { sender: signs.sender, message: signs.control_id, signs: all }
}

/// The run watches no mean pressure.
const fn shown(vital: Vital) -> Option<Sign> {
    Some(match vital {
        Vital::HeartRate => Sign::HeartRate,
        Vital::OxygenSaturation => Sign::OxygenSaturation,
        Vital::Systolic => Sign::Systolic,
        Vital::Diastolic => Sign::Diastolic,
        Vital::MeanPressure => return None,
        Vital::Respiration => Sign::Respiration,
        Vital::Temperature => Sign::Temperature,
    })
}

#[cfg(test)]
mod tests {
    use super::super::VitalSign;
    use super::*;

    fn signs(ahead_s: i64, now: DateTime<Utc>) -> VitalSigns {
        let sign = VitalSign { vital: Vital::HeartRate, value: 72.0, at: now + TimeDelta::seconds(ahead_s) };
        let (control_id, sender) = ("M-17".to_owned(), "MONITOR WARD".to_owned());
        VitalSigns { control_id, sender, patient: None, signs: vec![sign] }
    }

    #[test]
    fn a_sign_is_placed_in_the_procedure_by_its_age() {
        let now = DateTime::from_timestamp(1_795_867_200, 0).unwrap();
        let at_us = |ahead_s, now_us| match word(signs(ahead_s, now), now, now_us) {
            Word::Report { signs, .. } => signs[0].at_us,
            Word::Begins { .. } => panic!("a report is no beginning"),
        };
        assert_eq!(at_us(-5, 60_000_000), 55_000_000);
        assert_eq!(at_us(-5, 2_000_000), 0, "before the procedure began");
        assert_eq!(at_us(30, 60_000_000), 60_000_000, "a clock that is a little ahead");
    }

    #[test]
    fn a_clock_far_ahead_and_a_run_that_is_over_or_behind_are_refused() {
        let now = DateTime::from_timestamp(1_795_867_200, 0).unwrap();
        let (sender, heard) = sync_channel(1);
        assert!(take(&sender, signs(3600, now), now).unwrap_err().contains("measured 3600 s from now"));
        take(&sender, signs(0, now), now).unwrap();
        assert!(take(&sender, signs(0, now), now).unwrap_err().contains("send again later"));
        drop(heard);
        assert!(take(&sender, signs(0, now), now).unwrap_err().contains("over"));
    }
}
