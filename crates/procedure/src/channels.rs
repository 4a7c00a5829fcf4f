//! Control and guard as a run meets them: in its own process, or each at the other end of a link.

use leuka_blood::quantity::{CellDose, Fraction, TimeSpan, Volume};
use leuka_control::{Controller, EndReason, Event, Gain, OperatorAction, Output, Phase, PhaseName, Request};
use leuka_device::{Commands, GuardTelemetry, Permit, Telemetry};
use leuka_dose::Estimate;
use leuka_guard::Guard;
use serde::{Deserialize, Serialize};

use crate::build;
use crate::file::Problems;
use crate::inputs::Inputs;

/// The two channels that run a machine.
pub trait Channels {
    /// Hands out what is sensed on a beat and takes what is answered.
    fn beat(&mut self, sensed: Sensed<'_>, answer: &mut Answer);

    /// Where the procedure stands, as far as control has told.
    fn place(&self) -> Place;

    /// How far it has come.
    fn extent(&self) -> Extent;

    /// How it ended, once it has.
    fn ending(&self) -> Option<EndReason>;

    /// What going on would bring and cost, where control is at hand to be asked.
    fn outlook(&self) -> Option<Outlook> {
        None
    }

    /// Why the run cannot go on: a channel is lost for good.
    fn lost(&self) -> Option<String> {
        None
    }
}

/// What is sensed on one beat, and what the operator did.
#[derive(Debug, Clone, Copy)]
pub struct Sensed<'a> {
    /// By control's instruments.
    pub telemetry: &'a Telemetry,
    /// By the guard's.
    pub guard_telemetry: &'a GuardTelemetry,
    /// Control acts on this beat.
    pub is_controls_turn: bool,
    /// What the operator tells control.
    pub action: Option<&'a OperatorAction>,
}

/// What is answered. Commands stay until they are replaced; the rest is of one beat.
#[derive(Debug, Default)]
pub struct Answer {
    /// The last commands.
    pub commands: Option<Commands>,
    /// Permits, in order.
    pub permits: Vec<Permit>,
    /// What control tells.
    pub events: Vec<Event>,
    /// What there is to say about the links themselves: a sentence and its numbers.
    pub notes: Vec<(String, serde_json::Value)>,
}

/// Where a procedure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The phase.
    pub phase: PhaseName,
    /// What it waits for.
    pub request: Option<Request>,
    /// The donor is connected.
    pub is_connected: bool,
    /// The procedure is over.
    pub is_over: bool,
}

/// How far a procedure has come, by control's reckoning.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Blood processed.
    pub processed: Volume,
    /// In this time, pauses excluded.
    pub time: TimeSpan,
    /// Dose by the point forecast.
    pub dose: CellDose,
    /// Dose by the live estimate.
    pub estimate: Estimate,
    /// Blood that will have been processed when the target stops the run, if it is to be reached.
    pub processed_at_end: Option<Volume>,
}

/// What going on would bring and cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// The next ten minutes.
    pub ten_minutes: Gain,
    /// Time until the goal is there with 90 %; `None` when the caps come first.
    pub to_ninety: Option<TimeSpan>,
}

impl Place {
    /// Of a controller.
    #[must_use]
    pub const fn of(controller: &Controller) -> Self {
        let phase = controller.phase();
        if let Phase::Running(running) = phase {
            // Nearly always, and soon said.
            let phase = running.name();
            return Self { phase, request: None, is_connected: phase.is_connected(), is_over: false };
        }
        Self {
            phase: phase.name(),
            request: controller.request(),
            is_connected: phase.is_connected(),
            is_over: phase.is_over(),
        }
    }
}

impl Extent {
    /// Of a controller.
    #[must_use]
    pub fn of(controller: &Controller) -> Self {
        let progress = controller.progress();
        Self {
            processed: progress.now.volume,
            time: progress.now.time,
            dose: progress.now.dose,
            estimate: controller.estimate(),
            processed_at_end: progress.at_end.map(|end| end.volume),
        }
    }
}

/// Control and guard in the run's own process.
#[derive(Debug)]
pub struct Local {
    pub(crate) controller: Controller,
    guard: Guard,
    output: Output,
}

impl Local {
    /// Control and guard for a procedure.
    ///
    /// # Errors
    /// What the models refuse although every single field is allowed.
    pub fn new(inputs: &Inputs) -> Result<Self, Problems> {
        let built = build::models(inputs)?;
        Ok(Self::of(built.controller, built.guard))
    }

    pub(crate) fn of(controller: Controller, guard: Guard) -> Self {
        Self { controller, guard, output: Output::default() }
    }

    /// Control alone.
    #[must_use]
    pub fn into_control(self) -> Controller {
        self.controller
    }

    /// The guard alone.
    #[must_use]
    pub fn into_guard(self) -> Guard {
        self.guard
    }
}

impl Channels for Local {
    fn beat(&mut self, sensed: Sensed<'_>, answer: &mut Answer) {
        if sensed.is_controls_turn {
            self.controller.step_into(sensed.telemetry, sensed.action, &mut self.output);
            answer.events.extend(self.output.events.iter().cloned());
            answer.commands = Some(self.output.commands);
        }
        if let Some(commands) = &answer.commands {
            answer.permits.push(self.guard.step(sensed.guard_telemetry, commands));
        }
    }

    fn place(&self) -> Place {
        Place::of(&self.controller)
    }

    fn extent(&self) -> Extent {
        Extent::of(&self.controller)
    }

    fn outlook(&self) -> Option<Outlook> {
        Some(Outlook {
            ten_minutes: self.controller.gain(TimeSpan::from_minutes(10.0)),
            to_ninety: self.controller.time_to_confidence(Fraction::from_pct(90.0)),
        })
    }

    fn ending(&self) -> Option<EndReason> {
        self.controller.outcome()
    }
}
