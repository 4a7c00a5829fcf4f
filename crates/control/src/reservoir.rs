//! One needle: the reservoir, how much is in it, and whose turn it is.
//!
//! ```text
//! Draw:    donor     > separator > reservoir    until it is full
//! Return:  reservoir > separator > donor        until it is nearly empty
//! ```
//!
//! The separator's feed is the same in both turns, so the interface stays. The level follows the pumps' counters and is
//! held to the scale. A scale that does not follow is not waited for: a turn ends at the latest when the volume of the
//! reservoir has passed.

use core::fmt;

use leuka_blood::quantity::{FlowRate, Volume};
use leuka_device::{Clamp, CollectTo, DrawFrom, Pump, ReturnTo};
use serde::{Deserialize, Serialize};

use crate::controller::{Beat, Controller};
use crate::event::{EventKind, Note};
use crate::prescription::Prescription;
use crate::senses::Seen;

/// Time in which the scale corrects the counters, s.
const CORRECTED_S: f64 = 5.0;
/// Of the reservoir's volume, what may be drawn before it must be full: less than what the guard lets it hold.
const MOST_DRAWN: f64 = 1.1;

/// What the needle does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It draws, and the reservoir fills.
    Draw,
    /// It returns what comes from the reservoir.
    Return,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draw => "draws",
            Self::Return => "returns",
        })
    }
}

/// The reservoir's state.
#[derive(Debug, Clone)]
pub(crate) struct Reservoir {
    full_ml: f64,
    low_ml: f64,
    tare_g: f64,
    density_g_ml: f64,
    pub(crate) turn: Turn,
    /// What it holds, mL; `None` before anything came into it.
    level_ml: Option<f64>,
    /// What the inlet has moved in this turn, mL.
    passed_ml: f64,
}

impl Reservoir {
    /// The one that is prescribed, empty.
    pub(crate) fn new(prescription: &Prescription) -> Option<Self> {
        let (set, handling) = (&prescription.set, &prescription.tuning.handling);
        set.reservoir.map(|full| Self {
            full_ml: full.ml(),
            low_ml: handling.reservoir_low.ml(),
            tare_g: set.reservoir_tare.grams(),
            density_g_ml: handling.reservoir_density.g_ml(),
            turn: Turn::Draw,
            level_ml: None,
            passed_ml: 0.0,
        })
    }

    /// True while it holds more than what is left in it.
    pub(crate) fn has_blood(&self) -> bool {
        self.level_ml.is_some_and(|level_ml| level_ml > self.low_ml)
    }

    /// Lets a step of this turn pass; says so when the turn is over and the next begins.
    fn step(&mut self, dt_s: f64, seen: &Seen, collect_to: CollectTo) -> Option<Note> {
        let inlet_ml = seen.flow(Pump::Inlet) * dt_s / 60.0;
        let collected_ml = if collect_to == CollectTo::Product { seen.flow(Pump::Collect) * dt_s / 60.0 } else { 0.0 };
        let change_ml = match self.turn {
            Turn::Draw => inlet_ml - collected_ml,
            Turn::Return => -inlet_ml,
        };
        let weighed_ml = seen.reservoir_g.map(|weight_g| (weight_g - self.tare_g) / self.density_g_ml);
        let counted_ml = self.level_ml.or(weighed_ml).unwrap_or(0.0) + change_ml;
        let off_ml = weighed_ml.map_or(0.0, |weighed_ml| weighed_ml - counted_ml);
        let level_ml = counted_ml + off_ml * (dt_s / CORRECTED_S).min(1.0);
        self.level_ml = Some(level_ml);
        self.passed_ml += inlet_ml;
        let is_over = match self.turn {
            Turn::Draw => level_ml >= self.full_ml || self.passed_ml >= self.full_ml * MOST_DRAWN,
            Turn::Return => level_ml <= self.low_ml || self.passed_ml >= self.full_ml,
        };
        is_over.then(|| {
            self.turn = if self.turn == Turn::Draw { Turn::Return } else { Turn::Draw };
            let passed_ml = core::mem::take(&mut self.passed_ml);
            Note::Turn { turn: self.turn, level: Volume::from_ml(level_ml), passed: Volume::from_ml(passed_ml) }
        })
    }
}

impl Controller {
    /// What the one needle does; `None` with two accesses.
    #[must_use]
    pub fn turn(&self) -> Option<Turn> {
        self.reservoir.as_ref().map(|reservoir| reservoir.turn)
    }

    /// With one needle, what is drawn goes to the reservoir, and what is returned comes from it.
    pub(crate) fn take_turns(&mut self, beat: &mut Beat<'_>) {
        let collect_to = self.last_commands().collect_to;
        let Some(reservoir) = &mut self.reservoir else { return };
        let turned = reservoir.step(beat.dt_s, &beat.seen, collect_to);
        match reservoir.turn {
            Turn::Draw => {
                beat.commands.return_to = ReturnTo::Reservoir;
                beat.commands.return_clamp = Clamp::Closed;
            }
            Turn::Return => {
                beat.commands.draw_from = DrawFrom::Reservoir;
                beat.commands.draw_clamp = Clamp::Closed;
                beat.commands.pumps.anticoagulant = FlowRate::ZERO;
            }
        }
        if let Some(note) = turned {
            self.anticoagulant.restart();
            beat.tell(EventKind::Note(note));
        }
    }

    /// Before saline returns what is in the set, the reservoir is emptied; false when it is.
    pub(crate) fn empties_reservoir(&mut self, beat: &mut Beat<'_>) -> bool {
        let Some(reservoir) = self.reservoir.as_mut().filter(|reservoir| reservoir.has_blood()) else { return false };
        if reservoir.turn == Turn::Draw {
            (reservoir.turn, reservoir.passed_ml) = (Turn::Return, 0.0);
        }
        if reservoir.step(beat.dt_s, &beat.seen, CollectTo::Return).is_some() {
            // Whatever the scale still shows, nothing more comes.
            reservoir.level_ml = None;
        }
        reservoir.level_ml.is_some()
    }
}
