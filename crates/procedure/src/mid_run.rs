//! A count during the run: the sample, the laboratory with its error, and the result that is typed later.

use leuka_blood::CellTable;
use leuka_blood::math::exp;
use leuka_blood::quantity::{CellConcentration, CellCount, TimeSpan};
use leuka_blood::random::Seed;
use leuka_control::{MidRunCount, OperatorAction, PhaseName};
use leuka_device::Instant;
use leuka_machine::VirtualMachine;

use crate::inputs::{DoseCells, Inputs};
use crate::laboratory::concentration;
use crate::scenario::micros;

/// When a count is made during the run, and how far it has come.
#[derive(Debug, Clone)]
pub(crate) struct MidRun {
    of_blood: bool,
    takes: TimeSpan,
    state: State,
    dose_cells: DoseCells,
    cells: CellTable,
    /// The laboratory's factor on the true count.
    factor: f64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// So long after the collection has begun.
    Awaited(TimeSpan),
    /// A sample is due.
    Due(Instant),
    /// The laboratory counts; the result comes then.
    Counted(MidRunCount, Instant),
    /// Nothing is left to do.
    Done,
}

impl MidRun {
    pub(crate) fn new(inputs: &Inputs, cells: CellTable, count_error: f64, seed: Seed) -> Self {
        let minutes = |path: &str| inputs.protocol.number(path).map(TimeSpan::from_minutes);
        Self {
            of_blood: inputs.protocol.text("count.of") == Some("blood"),
            takes: minutes("count.result_after_min").unwrap_or(TimeSpan::ZERO),
            state: minutes("count.sample_min").map_or(State::Done, State::Awaited),
            dose_cells: inputs.dose_cells(),
            cells,
            factor: exp(count_error * seed.stream("mid-run count").normal()),
        }
    }

    /// What is to be told to control now.
    pub(crate) fn look(&mut self, phase: PhaseName, machine: &VirtualMachine) -> Option<OperatorAction> {
        if phase != PhaseName::Collect {
            return None;
        }
        let now = machine.now();
        let later = |span: TimeSpan| now.plus_micros(micros(span.seconds()));
        match self.state {
            State::Awaited(after) => self.state = State::Due(later(after)),
            State::Due(at) if now >= at => {
                self.state = State::Counted(self.count(machine), later(self.takes));
                return Some(OperatorAction::TakeMidRunSample);
            }
            State::Counted(count, at) if now >= at => {
                self.state = State::Done;
                return Some(OperatorAction::EnterMidRunCount(count));
            }
            State::Due(_) | State::Counted(..) | State::Done => {}
        }
        None
    }

    fn count(&self, machine: &VirtualMachine) -> MidRunCount {
        let groups = self.dose_cells.groups();
        if self.of_blood {
            let blood = machine.donor().blood();
            let sum = |sum, group: &_| sum + concentration(&blood, *group);
            MidRunCount::Blood(groups.iter().fold(CellConcentration::ZERO, sum) * self.factor)
        } else {
            let product = machine.product();
            let cells: f64 = groups.iter().map(|group| group.count(product, &self.cells)).sum();
            MidRunCount::Bag(CellCount::from_cells(cells * self.factor))
        }
    }
}
