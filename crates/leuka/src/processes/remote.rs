//! Control and guard at the other ends of two links, as the run meets them.
//!
//! In lockstep every beat waits for its replies. In real pace a beat ends when the clock says so, and what has not come by
//! then is not there: the machine's own watchdogs do the rest. When this process was held up, the beats that it missed
//! follow at once, without replies, so that the plant and its watchdogs live through them too.

use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant as Clock};

use leuka_control::{EndReason, PhaseName};
use leuka_device::frame::{self, Message};
use leuka_device::handshake::{End, Seat};
use leuka_device::receive::Order;
use leuka_device::{Commands, Instant, Permit, SafeState, Telemetry};
use leuka_machine::BEAT_MICROS;
use leuka_procedure::{Act, Answer, Channels, Extent, Place, Sensed, Standing, Told};
use serde_json::json;

use super::link::{Arrival, now};
use super::seats::Seats;

/// Permits whose arrival is remembered: more than a permit's window can hold.
const REMEMBERED: usize = 64;

/// Both channels, each at the other end of a link.
#[derive(Debug)]
pub(crate) struct Remote {
    seats: Seats,
    real_from: Instant,
    patience: Duration,
    beats: u64,
    acts: u32,
    /// What the clock showed at a moment of the procedure.
    origin: Option<(Clock, Instant)>,
    orders: Orders,
    standing: Option<Standing>,
    heard: [Heard; 2],
    /// Each permit's time and when it arrived.
    permits: VecDeque<(Instant, Clock)>,
    safe: Option<SafeState>,
    refused: u32,
    lost: Option<String>,
}

/// The order of each kind of message.
#[derive(Debug, Default)]
struct Orders {
    commands: Order,
    permit: Order,
    told: Order,
    standing: Order,
}

/// What is known of a link.
#[derive(Debug, Clone, Copy)]
struct Heard {
    seat: Seat,
    last: Clock,
    is_closed: bool,
}

impl Remote {
    pub(crate) fn new(seats: Seats, real_from: Instant, patience: Duration) -> Self {
        let heard = |seat| Heard { seat, last: now(), is_closed: false };
        Self {
            seats,
            real_from,
            patience,
            beats: 0,
            acts: 0,
            origin: None,
            orders: Orders::default(),
            standing: None,
            heard: [heard(Seat::Control), heard(Seat::Guard)],
            permits: VecDeque::with_capacity(REMEMBERED),
            safe: None,
            refused: 0,
            lost: None,
        }
    }

    /// Sends and waits for each reply.
    fn lockstep(&mut self, sensed: Sensed<'_>, answer: &mut Answer) {
        if sensed.is_controls_turn {
            self.send_control(sensed);
            let at = sensed.telemetry.at;
            self.wait_for(Seat::Control, answer, |answer| answer.commands.is_some_and(|commands| commands.at == at));
        }
        self.send_guard(sensed, answer);
        let at = sensed.guard_telemetry.at;
        self.wait_for(Seat::Guard, answer, |answer| answer.permits.iter().any(|permit| permit.at == at));
    }

    /// Sends, and takes what arrives until the beat is over.
    fn real(&mut self, sensed: Sensed<'_>, answer: &mut Answer) {
        let time = Instant::from_micros(self.beats * BEAT_MICROS);
        let (clock, from) = *self.origin.get_or_insert_with(|| {
            answer.notes.push(("the clock runs".to_owned(), json!({})));
            (now(), time)
        });
        let end = clock + Duration::from_micros(time.micros_since(from) + BEAT_MICROS);
        if sensed.is_controls_turn {
            self.send_control(sensed);
        }
        self.send_guard(sensed, answer);
        while let Ok((seat, arrival)) = self.seats.arrivals.recv_timeout(end.saturating_duration_since(now())) {
            self.take(seat, arrival, answer);
        }
        // A link that is closed ends the waiting early, the beat all the same not.
        std::thread::sleep(end.saturating_duration_since(now()));
        self.give_up();
    }

    fn send_control(&mut self, sensed: Sensed<'_>) {
        let at = sensed.telemetry.at;
        if let Some(action) = sensed.action {
            self.acts += 1;
            self.seats.control.add(&Act { sequence: self.acts, at, action: action.clone() });
        }
        self.seats.control.send(sensed.telemetry);
    }

    fn send_guard(&mut self, sensed: Sensed<'_>, answer: &Answer) {
        if let Some(commands) = &answer.commands {
            self.seats.guard.add(commands);
        }
        self.seats.guard.send(sensed.guard_telemetry);
    }

    fn wait_for(&mut self, seat: Seat, answer: &mut Answer, is_there: impl Fn(&Answer) -> bool) {
        let until = now() + self.patience;
        while self.lost.is_none() && !is_there(answer) {
            match self.seats.arrivals.recv_timeout(until.saturating_duration_since(now())) {
                Ok((from, arrival)) => {
                    self.take(from, arrival, answer);
                    if self.heard.iter().any(|heard| heard.seat == seat && heard.is_closed) {
                        self.lost = Some(format!("the link to {} is lost", name(seat)));
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.lost = Some(format!("{} does not answer", name(seat)));
                }
            }
        }
    }

    /// Takes what arrived; what is damaged, repeated or overtaken is counted and dropped.
    fn take(&mut self, seat: Seat, arrival: Arrival, answer: &mut Answer) {
        let index = usize::from(seat == Seat::Guard);
        let Arrival::Frame(bytes) = arrival else {
            self.heard[index].is_closed = true;
            answer.notes.push((format!("the link to {} is closed", name(seat)), json!({})));
            return;
        };
        let orders = &mut self.orders;
        let is_good = match (seat, frame::kind(&bytes)) {
            (Seat::Control, Ok(Commands::KIND)) => next(&bytes, &mut orders.commands, |commands| {
                answer.commands = Some(commands);
            }),
            (Seat::Control, Ok(Told::KIND)) => {
                next(&bytes, &mut orders.told, |told: Told| answer.events.push(told.event))
            }
            (Seat::Control, Ok(Standing::KIND)) => next(&bytes, &mut orders.standing, |standing| {
                self.standing = Some(standing);
            }),
            (Seat::Guard, Ok(Permit::KIND)) => next(&bytes, &mut orders.permit, |permit: Permit| {
                if self.permits.len() == REMEMBERED {
                    self.permits.pop_front();
                }
                self.permits.push_back((permit.at, now()));
                answer.permits.push(permit);
            }),
            _ => false,
        };
        if is_good {
            self.heard[index].last = now();
        } else {
            self.refused += 1;
        }
    }

    /// Ends the run when a link has been closed or silent for too long.
    fn give_up(&mut self) {
        let silent = self.heard.iter().find(|heard| now().duration_since(heard.last) > self.patience);
        if let Some(Heard { seat, is_closed, .. }) = silent {
            let what = if *is_closed { "is lost" } else { "is silent" };
            self.lost = Some(format!("the link to {} {what}", name(*seat)));
        }
    }

    /// Notes in real pace when the machine has stopped by itself, and how long after the last permit that it accepted: by
    /// its own time, and by the clock of this process.
    fn watch(&mut self, telemetry: &Telemetry, answer: &mut Answer) {
        if telemetry.safe_state == self.safe {
            return;
        }
        self.safe = telemetry.safe_state;
        let (Some(safe), Some(_)) = (self.safe, self.origin) else { return };
        let permit_at = telemetry.guard.taken_at;
        let arrived = self.permits.iter().find(|(at, _)| *at == permit_at);
        let by_clock_ms = arrived.map(|(_, clock)| now().duration_since(*clock).as_secs_f64() * 1e3);
        let after_ms = safe.since.since(permit_at).seconds() * 1e3;
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a procedure are far below 2^53")]
        let data = json!({ "cause": safe.cause, "last_permit_s": permit_at.micros() as f64 / 1e6, "after_permit_ms": after_ms,
            "by_clock_ms": by_clock_ms, "refused_frames": self.refused });
        answer.notes.push((format!("stopped {after_ms:.0} ms after the last permit: {}", safe.cause), data));
    }
}

/// Reads a message and hands it on if it is the next of its kind.
fn next<M: Message>(bytes: &[u8], order: &mut Order, take: impl FnOnce(M)) -> bool {
    match frame::decode::<M>(bytes) {
        Ok(message) if order.is_next(message.sequence()) => {
            take(message);
            true
        }
        _ => false,
    }
}

const fn name(seat: Seat) -> &'static str {
    match seat {
        Seat::Control => "control",
        Seat::Guard => "guard",
    }
}

impl Channels for Remote {
    fn beat(&mut self, sensed: Sensed<'_>, answer: &mut Answer) {
        self.beats += 1;
        self.watch(sensed.telemetry, answer);
        if self.lost.is_some() {
            return;
        }
        if Instant::from_micros(self.beats * BEAT_MICROS) < self.real_from {
            self.lockstep(sensed, answer);
        } else {
            self.real(sensed, answer);
        }
    }

    fn place(&self) -> Place {
        let begin = Place { phase: PhaseName::SelfTest, request: None, is_connected: false, is_over: false };
        self.standing.as_ref().map_or(begin, |standing| standing.place)
    }

    fn extent(&self) -> Extent {
        self.standing.as_ref().map_or_else(Extent::default, |standing| standing.extent)
    }

    fn ending(&self) -> Option<EndReason> {
        self.standing.as_ref().and_then(|standing| standing.ending.clone())
    }

    fn lost(&self) -> Option<String> {
        self.lost.clone()
    }
}

impl Drop for Remote {
    /// Tells both that the procedure is over.
    fn drop(&mut self) {
        let end = End { sequence: 0, at: Instant::from_micros(self.beats * BEAT_MICROS) };
        self.seats.control.send(&end);
        self.seats.guard.send(&end);
    }
}
