//! Steps of control in an ordinary collection, so many as the first argument says, to count their instructions;
//! with the word `timed` the mean time and the worst time of one are printed. `cargo xtask step-cost` runs it.
#![expect(clippy::disallowed_methods, reason = "it times steps")]

#[path = "../../tests/control/rig.rs"]
#[expect(dead_code, reason = "the toy machine's part that leads to the collection is used")]
mod rig;
mod timed;

use std::hint::black_box;

use leuka_blood::quantity::Volume;
use leuka_control::{Output, PhaseName};
use leuka_dose::Target;

fn main() {
    let mut prescription = rig::prescription();
    prescription.goal.target = Target::Volume(Volume::from_litres(20.0));
    let mut rig = rig::Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(600.0);
    let begin = rig.controller.clone();
    // Ten minutes, so that what is done once a minute has its part.
    let frames: Vec<_> = (0..FRAMES).map(|_| rig.telling(None)).collect();
    let (mut controller, mut output) = (begin.clone(), Output::default());
    timed::take(|at| {
        if at.is_multiple_of(FRAMES) {
            controller.clone_from(&begin);
        }
        controller.step_into(black_box(&frames[at % FRAMES]), None, &mut output);
    });
}

/// Steps until the same telemetry comes again.
const FRAMES: usize = 6000;
