//! Control, guard, machine and operator as one small model, searched to its last state.
//!
//! A beat of 50 ms is one step. On each beat the plant may bring air or lose power, either link may lose its frame,
//! control or guard may hang, one detector may be blind, and the operator may do anything. What each part then does is
//! written down in a line or two, after the code that does it: `control/src/watch.rs`, `guard/src/guard.rs`,
//! `machine/src/interlock.rs`. Ages count beats.

use stateright::{Checker, Model, Property};

/// Beats after which an unrenewed permit ends: 100 ms.
const PERMIT_BEATS: u8 = 2;
/// Beats after which an unrenewed command ends: 250 ms.
const COMMAND_BEATS: u8 = 5;
/// Beats within which air must be shut out: 200 ms.
const AIR_BEATS: u8 = 4;
/// The same when the guard is blind and control's frames are lost as well: its last command must run out first.
const TWICE_UNLUCKY_BEATS: u8 = COMMAND_BEATS + 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Phase {
    SelfTest,
    Preparing,
    Running,
    Paused,
    Stopped { resetting: bool },
    Over,
}

/// What goes wrong for good; one thing in a run, beside air, power and lost frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fault {
    None,
    ControlHangs,
    GuardHangs,
    ControlBlind,
    GuardBlind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Command {
    open: bool,
    reset: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    phase: Phase,
    self_tested: bool,
    connected: bool,
    fault: Fault,
    air: bool,
    /// Beats that air has stood at an open return line.
    air_beats: u8,
    powered: bool,
    /// Power was lost while connected, and the operator has not resumed since.
    lost_power: bool,
    /// The guard's latch, and whether control was seen not to ask for a reset since.
    guard_safe: bool,
    guard_armed: bool,
    /// The machine's own stop.
    machine_safe: bool,
    held: Command,
    passes: bool,
    command_age: u8,
    permit_age: u8,
    /// The clamp itself.
    open: bool,
}

/// One beat's chances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Beat {
    plant: Plant,
    lost: Lost,
    operator: Operator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Plant {
    Still,
    AirComesOrGoes,
    PowerGoesOrComes,
    Breaks(Fault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lost {
    Nothing,
    Command,
    Permit,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operator {
    Waits,
    Connects,
    Pauses,
    Resumes,
    Resets,
    Ends,
}

struct Trio;

impl State {
    const fn power_on() -> Self {
        Self {
            phase: Phase::SelfTest,
            self_tested: false,
            connected: false,
            fault: Fault::None,
            air: false,
            air_beats: 0,
            powered: true,
            lost_power: false,
            guard_safe: false,
            guard_armed: false,
            machine_safe: false,
            held: Command { open: false, reset: false },
            passes: false,
            command_age: 0,
            permit_age: 0,
            open: false,
        }
    }

    fn beat(&mut self, beat: Beat) {
        match beat.plant {
            Plant::Still => {}
            Plant::AirComesOrGoes => self.air = !self.air,
            Plant::PowerGoesOrComes => self.powered = !self.powered,
            Plant::Breaks(fault) => self.fault = fault,
        }
        self.lost_power |= !self.powered && self.connected;
        self.watch_machine();
        let command = (self.fault != Fault::ControlHangs).then(|| self.control(beat.operator));
        let permit = (self.fault != Fault::GuardHangs).then(|| self.guard(command));
        self.machine(
            command.filter(|_| !matches!(beat.lost, Lost::Command | Lost::Both)),
            permit.filter(|_| !matches!(beat.lost, Lost::Permit | Lost::Both)),
        );
        let gives = self.open && self.connected;
        self.air_beats = if self.air && gives { (self.air_beats + 1).min(TWICE_UNLUCKY_BEATS) } else { 0 };
    }

    /// Watchdogs and power: what the machine does of itself.
    const fn watch_machine(&mut self) {
        self.command_age = if self.command_age > COMMAND_BEATS { COMMAND_BEATS + 1 } else { self.command_age + 1 };
        self.permit_age = if self.permit_age > PERMIT_BEATS { PERMIT_BEATS + 1 } else { self.permit_age + 1 };
        if !self.powered || self.command_age > COMMAND_BEATS || self.permit_age > PERMIT_BEATS {
            self.machine_safe = true;
        }
    }

    /// Control's step: what it watches, then what the operator asks for, then its command.
    fn control(&mut self, operator: Operator) -> Command {
        let sees_air = self.air && self.fault != Fault::ControlBlind;
        let still = Command { open: false, reset: false };
        let in_phase = |open| Command { open, reset: false };
        match self.phase {
            Phase::SelfTest => {
                // The machine may have been switched on in its safe state; nobody is connected.
                if self.machine_safe {
                    return Command { open: false, reset: true };
                }
                (self.phase, self.self_tested) = (Phase::Preparing, true);
                still
            }
            Phase::Preparing | Phase::Running | Phase::Paused if self.machine_safe => {
                self.phase = Phase::Stopped { resetting: false };
                still
            }
            Phase::Running if sees_air => {
                self.phase = Phase::Stopped { resetting: false };
                still
            }
            Phase::Preparing => {
                if operator == Operator::Connects && self.self_tested && !sees_air {
                    (self.phase, self.connected) = (Phase::Running, true);
                }
                still
            }
            Phase::Running => match operator {
                Operator::Pauses => {
                    self.phase = Phase::Paused;
                    still
                }
                Operator::Ends => self.end(),
                _ => in_phase(true),
            },
            Phase::Paused => match operator {
                Operator::Resumes if self.passes && !sees_air => {
                    (self.phase, self.lost_power) = (Phase::Running, false);
                    in_phase(true)
                }
                Operator::Ends => self.end(),
                _ => still,
            },
            Phase::Stopped { resetting } => match operator {
                Operator::Resets if !sees_air => {
                    self.phase = Phase::Stopped { resetting: true };
                    still
                }
                Operator::Ends => self.end(),
                _ if resetting && !self.machine_safe && self.passes => {
                    self.phase = if self.connected { Phase::Paused } else { Phase::Preparing };
                    still
                }
                _ => Command { open: false, reset: resetting },
            },
            Phase::Over => still,
        }
    }

    const fn end(&mut self) -> Command {
        (self.phase, self.connected, self.lost_power) = (Phase::Over, false, false);
        Command { open: false, reset: false }
    }

    /// The guard's step: air latches; a reset that control has not asked for all along lets go when the air is gone.
    fn guard(&mut self, command: Option<Command>) -> bool {
        let sees_air = self.air && self.fault != Fault::GuardBlind && (self.connected || self.guard_safe);
        let reset = command.is_some_and(|command| command.reset);
        if sees_air {
            (self.guard_safe, self.guard_armed) = (true, self.guard_safe && self.guard_armed);
        }
        self.guard_armed |= !reset;
        if self.guard_safe && !sees_air && reset && self.guard_armed {
            self.guard_safe = false;
        }
        !self.guard_safe
    }

    /// The machine takes what arrives and does what it may.
    fn machine(&mut self, command: Option<Command>, permit: Option<bool>) {
        if let Some(command) = command {
            (self.held, self.command_age) = (command, 0);
        }
        if let Some(passes) = permit {
            (self.passes, self.permit_age) = (passes, 0);
            self.machine_safe |= !passes;
        }
        let is_fresh = self.command_age <= COMMAND_BEATS && self.permit_age <= PERMIT_BEATS;
        if self.held.reset && self.passes && is_fresh && self.powered {
            self.machine_safe = false;
        }
        self.open = self.held.open && self.passes && !self.machine_safe && self.powered;
    }
}

impl Model for Trio {
    type State = State;
    type Action = Beat;

    fn init_states(&self) -> Vec<State> {
        vec![State::power_on()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Beat>) {
        let mut plants = vec![Plant::Still, Plant::AirComesOrGoes, Plant::PowerGoesOrComes];
        if state.fault == Fault::None {
            let faults = [Fault::ControlHangs, Fault::GuardHangs, Fault::ControlBlind, Fault::GuardBlind];
            plants.extend(faults.map(Plant::Breaks));
        }
        for plant in plants {
            for lost in [Lost::Nothing, Lost::Command, Lost::Permit, Lost::Both] {
                for operator in [
                    Operator::Waits,
                    Operator::Connects,
                    Operator::Pauses,
                    Operator::Resumes,
                    Operator::Resets,
                    Operator::Ends,
                ] {
                    actions.push(Beat { plant, lost, operator });
                }
            }
        }
    }

    fn next_state(&self, state: &State, beat: Beat) -> Option<State> {
        let mut next = state.clone();
        next.beat(beat);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the return line is never open with air for 200 ms", |_, state: &State| {
                state.air_beats < AIR_BEATS || state.fault == Fault::GuardBlind
            }),
            Property::always("nor for longer than a command lasts when the guard is blind", |_, state: &State| {
                state.air_beats < TWICE_UNLUCKY_BEATS
            }),
            Property::always("nobody is connected without a passed self-test", |_, state: &State| {
                !state.connected || state.self_tested
            }),
            Property::always("nothing runs after a loss of power until the operator resumes", |_, state: &State| {
                !(state.open && state.lost_power)
            }),
            Property::always("an open clamp has power, a fresh permit and a fresh command", |_, state: &State| {
                !state.open || (state.powered && state.permit_age <= PERMIT_BEATS && state.command_age <= COMMAND_BEATS)
            }),
            Property::sometimes("blood flows", |_, state: &State| state.open && state.connected),
            Property::sometimes("blood flows again after a stop that was reset", |_, state: &State| {
                state.open && state.connected && state.guard_armed
            }),
            Property::sometimes("a loss of power is survived connected", |_, state: &State| {
                state.connected && state.lost_power && state.powered && state.phase == Phase::Paused
            }),
        ]
    }
}

#[test]
fn no_order_of_events_opens_the_return_to_air_connects_untested_or_resumes_by_itself() {
    let checker = Trio.checker().threads(2).spawn_bfs().join();
    eprintln!("{} states, {} deep", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}
