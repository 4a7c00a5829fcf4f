//! The virtual machine: it lets a beat pass, senses, and does what it is told as far as its interlocks allow.

mod conditions;
mod flow;
mod hands;
mod truth;
mod view;

pub use view::PlantView;

use leuka_blood::quantity::{Pressure, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Component, Mixture};
use leuka_device::{Commands, GuardTelemetry, Instant, Monitor, Permit, PumpFlows, Telemetry};
use leuka_donor::{Donor, Vitals};

use crate::actuator::{Centrifuge, Delayed, PinchClamp};
use crate::bag::Densities;
use crate::circuit::{Circuit, Paths, Reach, Totals};
use crate::data::{Parameters, PowerParameters};
use crate::fault::{ActuatorFault, Fault, Faults};
use crate::instruments::{Instruments, Picture};
use crate::interlock::Interlock;
use crate::link::Link;
use crate::mark::{Mark, MarkKind};
use crate::sensor::micros;
use crate::setup::{Error, Setup};
use conditions::Plant;

/// Length of a beat, in microseconds.
pub const BEAT_MICROS: u64 = 50_000;
/// Length of a beat, in seconds.
const BEAT_S: f64 = 0.05;

/// A whole virtual apheresis machine around a virtual donor and a separator.
///
/// One beat of procedure time is [`advance`](Self::advance), [`sense`](Self::sense), [`actuate`](Self::actuate). Inside a
/// beat the machine stops at every moment at which something changes (a fault starts, a watchdog runs out, a clamp
/// closes), so these times are exact. Its electronics outlive a loss of power (its actuators do not), so telemetry never
/// ceases.
pub struct VirtualMachine {
    parameters: Parameters,
    blood: leuka_blood::Parameters,
    densities: Densities,
    now: Instant,
    cadence: Cadence,
    circuit: Circuit,
    paths: Paths,
    /// Part of the draw access that is not occluded.
    draw_passes: f64,
    /// Commands are sent as control made them.
    sends_true: bool,
    /// Part of the return access that is not occluded.
    return_passes: f64,
    actuators: Actuators,
    interlock: Interlock,
    command_link: Link,
    permit_link: Link,
    power: Power,
    clock: Clock,
    faults: Faults,
    plant: Plant,
    /// From when to when the donor's button is pressed.
    button: Option<(Instant, Instant)>,
    instruments: Instruments,
    optics_gain: f64,
    picture: Picture,
    /// Of the donor, when instruments last looked.
    vitals: Vitals,
    warmth_celsius: f64,
    telemetry: Telemetry,
    guard_telemetry: GuardTelemetry,
    noticed: Noticed,
    marks: Vec<Mark>,
}

/// When the slow parts move.
#[derive(Debug, Clone, Copy)]
struct Cadence {
    separator: Countdown,
    donor: Countdown,
}

/// Beats until something moves, over and over.
#[derive(Debug, Clone, Copy)]
struct Countdown {
    period: u64,
    left: u64,
}

impl Countdown {
    const fn new(period: u64) -> Self {
        Self { period, left: period }
    }

    /// True when no beat is left; then it begins anew.
    const fn is_due(&mut self) -> bool {
        let is_due = self.left == 0;
        if is_due {
            self.left = self.period;
        }
        is_due
    }
}

#[derive(Debug)]
struct Actuators {
    pumps: Delayed<PumpFlows<f64>>,
    pumps_powered: Delayed<bool>,
    draw_clamp: PinchClamp,
    return_clamp: PinchClamp,
    centrifuge: Centrifuge,
    warmer_celsius: Option<f64>,
    warmer_powered: bool,
    warmer_fault: Option<(ActuatorFault, f64)>,
}

#[derive(Debug)]
struct Power {
    mains: bool,
    battery_dead: bool,
    battery_s: f64,
}

impl Power {
    fn is_on(&self) -> bool {
        self.mains || (!self.battery_dead && self.battery_s > 0.0)
    }

    /// When the battery will be empty; never on mains.
    fn next_change(&self, now: Instant) -> Instant {
        if self.mains || self.battery_s <= 0.0 { Instant::END } else { now.plus_micros(micros(self.battery_s).max(1)) }
    }

    /// Drains the battery, or charges it on mains.
    fn pass(&mut self, dt_s: f64, parameters: &PowerParameters) {
        if self.mains {
            let full_s = parameters.battery * 60.0;
            self.battery_s = (self.battery_s + parameters.battery_charge * dt_s).min(full_s);
        } else {
            self.battery_s = (self.battery_s - dt_s).max(0.0);
        }
    }
}

/// The machine's clock, which a fault can make jump.
#[derive(Debug, Default)]
struct Clock {
    offset_us: i64,
    shown: Instant,
    is_steady: bool,
}

impl Clock {
    /// What the clock shows at a true moment.
    fn at(&self, now: Instant) -> Instant {
        conditions::shifted(now, self.offset_us)
    }
}

/// What was already marked.
#[derive(Debug, Default)]
struct Noticed {
    air_at_detectors: bool,
    donor_air_ml: f64,
    anticoagulant_stopped: bool,
    saline_empty: bool,
    safe_state: bool,
    pumps_turn: bool,
    pain: bool,
}

/// Air that reaches the donor is marked each time it passes another such volume, mL.
const AIR_MARK_ML: f64 = 0.1;

impl VirtualMachine {
    /// Builds a machine that has just been switched on, without a set, with nobody connected.
    ///
    /// # Errors
    /// [`Error::Period`] when a period of the parameters is no multiple of the beat.
    pub fn new(setup: Setup) -> Result<Self, Error> {
        let Setup { parameters, blood, anticoagulant, draw_access, return_access, vein, donor, separator, seed } =
            setup;
        let timing = parameters.timing;
        let cadence = Cadence {
            separator: Countdown::new(beats("timing.separator_period", timing.separator_period)?),
            donor: Countdown::new(beats("timing.donor_period", timing.donor_period)?),
        };
        let reach = Reach {
            vein: parameters.vein(draw_access, vein),
            draw: parameters.access(draw_access).draw,
            give: parameters.access(return_access).give,
        };
        let clamp = || PinchClamp::new(micros(timing.clamp_reaction));
        let pump_reaction_us = micros(timing.pump_reaction);
        let vitals = donor.vitals();
        Ok(Self {
            densities: Densities::new(&blood, anticoagulant),
            now: Instant::START,
            cadence,
            circuit: Circuit::new(&parameters, reach, donor, separator, seed),
            paths: Paths::default(),
            draw_passes: 1.0,
            return_passes: 1.0,
            sends_true: true,
            actuators: Actuators {
                pumps: Delayed::new(PumpFlows::default(), pump_reaction_us),
                pumps_powered: Delayed::new(false, pump_reaction_us),
                draw_clamp: clamp(),
                return_clamp: clamp(),
                centrifuge: Centrifuge::new(parameters.centrifuge),
                warmer_celsius: None,
                warmer_powered: false,
                warmer_fault: None,
            },
            interlock: Interlock::new(parameters.interlock),
            command_link: Link::new(seed, "command"),
            permit_link: Link::new(seed, "permit"),
            power: Power { mains: true, battery_dead: false, battery_s: parameters.power.battery * 60.0 },
            clock: Clock { is_steady: true, ..Clock::default() },
            faults: Faults::default(),
            plant: Plant::default(),
            button: None,
            instruments: Instruments::new(&parameters, seed),
            optics_gain: optics_gain(&parameters, seed),
            picture: Picture::Dark,
            vitals,
            warmth_celsius: parameters.warmer.ambient,
            telemetry: Telemetry::default(),
            guard_telemetry: GuardTelemetry::default(),
            noticed: Noticed::default(),
            marks: Vec::with_capacity(64),
            parameters,
            blood,
        })
    }

    /// Lets one beat of 50 ms pass.
    pub fn advance(&mut self) {
        let end = self.now.plus_micros(BEAT_MICROS);
        while self.now < end {
            let mut next = self.next_change();
            if next <= self.now || self.is_unsettled() {
                self.settle();
                next = self.next_change().max(self.now.plus_micros(1));
            }
            let next = next.min(end);
            self.flow(next);
            self.now = next;
        }
        self.actuators.centrifuge.advance(BEAT_S);
        self.warm(BEAT_S);
        self.feel();
        self.move_slow_parts();
        self.tick();
    }

    /// Lets fluid, channel and donor catch up with the volumes when it is their time.
    fn move_slow_parts(&mut self) {
        self.cadence.separator.left -= 1;
        self.cadence.donor.left -= 1;
        let (separator_is_due, donor_is_due) = (self.cadence.separator.is_due(), self.cadence.donor.is_due());
        if !(separator_is_due || donor_is_due) {
            return;
        }
        self.circuit.carry(self.paths.lines_swapped);
        if separator_is_due {
            let seconds = self.parameters.timing.separator_period;
            self.circuit.move_channel(&self.paths, self.actuators.centrifuge.speed_rpm(), seconds);
        }
        if donor_is_due {
            self.circuit.donor.advance(TimeSpan::from_seconds(self.parameters.timing.donor_period));
        }
    }

    /// Takes the samples that are due and makes a frame for control and one for the guard.
    pub fn sense(&mut self) -> (&Telemetry, &GuardTelemetry) {
        self.sample_instruments();
        let accepted = self.interlock.accepted();
        let telemetry = &mut self.telemetry;
        telemetry.sequence = telemetry.sequence.wrapping_add(1);
        telemetry.at = self.clock.shown;
        telemetry.guard = self.interlock.verdict();
        telemetry.guard_cause = self.interlock.guard_cause();
        telemetry.safe_state = self.interlock.safe_state();
        let guard = &mut self.guard_telemetry;
        guard.sequence = guard.sequence.wrapping_add(1);
        guard.at = self.clock.shown;
        guard.air_test = self.interlock.air_test();
        guard.command_sequence = accepted.sequence;
        guard.command_at = accepted.at;
        (&self.telemetry, &self.guard_telemetry)
    }

    /// Shows control, in the frame that was made last, what another monitor measured in place of the virtual one.
    pub const fn show_monitor(&mut self, monitor: Monitor) {
        self.telemetry.monitor = monitor;
    }

    /// The last frame for control.
    #[must_use]
    pub const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// The last frame for the guard.
    #[must_use]
    pub const fn guard_telemetry(&self) -> &GuardTelemetry {
        &self.guard_telemetry
    }

    /// Takes commands and a permit, as far as their links carry them, and does what the interlocks allow. Frames that
    /// were taken before may be given again; they do not renew anything.
    pub fn actuate(&mut self, commands: Option<&Commands>, permit: Option<&Permit>) {
        let (now, clock) = (self.now, self.clock.shown);
        let mut is_told = false;
        if let Some(commands) = commands {
            is_told |= if self.sends_true && self.command_link.is_clear() {
                self.interlock.receive_commands(commands, now, clock)
            } else {
                let sent = self.command_link.carry(&self.disturbed(commands));
                sent.is_some_and(|sent| self.interlock.receive_commands(&sent, now, clock))
            };
        }
        if let Some(permit) = permit {
            is_told |= if self.permit_link.is_clear() {
                self.interlock.receive_permit(permit, now, clock)
            } else {
                let sent = self.permit_link.carry(permit);
                sent.is_some_and(|sent| self.interlock.receive_permit(&sent, now, clock))
            };
        }
        let is_sound = self.power.is_on() && self.clock.is_steady;
        if self.interlock.reset(now, is_sound) {
            self.mark(now, MarkKind::SafeStateLeft);
            is_told = true;
        }
        if is_told || self.is_unsettled() {
            self.obey();
        }
    }

    /// The interlocks have changed something that the actuators have not been told yet.
    const fn is_unsettled(&self) -> bool {
        self.noticed.safe_state != self.interlock.safe_state().is_some()
    }

    /// Lets something go wrong, from its moment on. A magnitude that is no number counts as zero.
    pub fn inject(&mut self, fault: Fault) {
        let magnitude = if fault.magnitude.is_finite() { fault.magnitude } else { 0.0 };
        self.faults.add(Fault { magnitude, ..fault });
    }

    /// Procedure time, true whatever the machine's clock shows.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The donor.
    #[must_use]
    pub const fn donor(&self) -> &Donor {
        &self.circuit.donor
    }

    /// The donor, to be treated or struck by an event.
    pub const fn donor_mut(&mut self) -> &mut Donor {
        &mut self.circuit.donor
    }

    /// What the product bag holds.
    #[must_use]
    pub const fn product(&self) -> &Mixture {
        &self.circuit.bags.product
    }

    /// What the separator holds: liquid, cells that pass, and cells that stay.
    #[must_use]
    pub fn in_separator(&self) -> Mixture {
        self.circuit.separator.contents()
    }

    /// Pressure that the separator takes, true whatever its sensor shows.
    #[must_use]
    pub const fn separator_pressure(&self) -> Pressure {
        Pressure::from_mmhg(self.circuit.view().pressure_mmhg)
    }

    /// What has passed between donor and machine, as far as fluid has been carried: half a second ago at most.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        self.circuit.totals()
    }

    /// Anticoagulant that has left its bag for the set.
    #[must_use]
    pub const fn anticoagulant_used(&self) -> Volume {
        Volume::from_ml(self.circuit.anticoagulant_delivered_ml())
    }

    /// Volume in the anticoagulant bag.
    #[must_use]
    pub fn anticoagulant_left(&self) -> Volume {
        Volume::from_ml(self.circuit.bags.anticoagulant.left_ml())
    }

    /// Volume of lines, drip chamber and channel, and what the reservoir holds: what is outside the donor.
    #[must_use]
    pub fn extracorporeal_volume(&self) -> Volume {
        let set_ml = self.parameters.lines_ml() + self.circuit.separator.contents().volume_ml();
        Volume::from_ml(set_ml + self.circuit.bags.reservoir.left_ml())
    }

    /// Frames that were refused since power-on: damaged, stale or out of order.
    #[must_use]
    pub fn refused_frames(&self) -> u32 {
        let links = self.command_link.refused().saturating_add(self.permit_link.refused());
        links.saturating_add(self.interlock.refused())
    }

    /// How well each component's account closes: what donor, set, bags and spills hold now, less what they held at the
    /// start, what was brought and what the donor made and destroyed, relative to all that was handled.
    pub fn balance(&self) -> impl Iterator<Item = (Component, f64)> {
        self.circuit.imbalance()
    }

    /// The same for plasma, anticoagulant and saline together.
    #[must_use]
    pub fn water_balance(&self) -> f64 {
        self.circuit.water_imbalance()
    }

    /// True when something happened in the plant since marks were last asked for.
    #[must_use]
    pub const fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    /// What happened in the plant since the last call, in order of time.
    pub fn marks(&mut self) -> impl Iterator<Item = Mark> {
        if self.marks.len() > 1 {
            self.marks.sort_by_key(|mark| mark.at);
        }
        self.marks.drain(..)
    }

    fn mark(&mut self, at: Instant, kind: MarkKind) {
        self.marks.push(Mark { at, kind });
    }
}

/// A period as whole beats.
fn beats(name: &'static str, seconds: f64) -> Result<u64, Error> {
    let period_us = micros(seconds);
    if period_us == 0 || !period_us.is_multiple_of(BEAT_MICROS) {
        return Err(Error::Period { name, seconds });
    }
    Ok(period_us / BEAT_MICROS)
}

/// Gain of this run's collect optics; at least a quarter.
fn optics_gain(parameters: &Parameters, seed: Seed) -> f64 {
    (1.0 + parameters.optics.gain_error * seed.stream("machine.optics_gain").normal()).max(0.25)
}
