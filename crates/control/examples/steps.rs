//! Steps of control in an ordinary collection, so many as the first argument says, to count their instructions;
//! with the word `timed` the mean time and the worst time of one are printed. `cargo xtask step-cost` runs it.
#![expect(clippy::disallowed_methods, reason = "it times steps")]

#[path = "../tests/control/rig.rs"]
#[expect(dead_code, reason = "the toy machine's part that leads to the collection is used")]
mod rig;

use std::hint::black_box;
use std::time::Instant;

use leuka_blood::quantity::Volume;
use leuka_control::{Output, PhaseName};
use leuka_dose::Target;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let steps: usize = arguments.next().and_then(|steps| steps.parse().ok()).unwrap_or(100_000);
    let timed = arguments.next().is_some_and(|word| word == "timed");
    let mut prescription = rig::prescription();
    prescription.goal.target = Target::Volume(Volume::from_litres(20.0));
    let mut rig = rig::Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(600.0);
    let begin = rig.controller.clone();
    // Ten minutes, so that what is done once a minute has its part.
    let frames: Vec<_> = (0..FRAMES).map(|_| rig.telling(None)).collect();
    let (mut controller, mut output) = (begin.clone(), Output::default());
    let mut step = |at: usize| {
        if at.is_multiple_of(FRAMES) {
            controller.clone_from(&begin);
        }
        controller.step_into(black_box(&frames[at % FRAMES]), None, &mut output);
    };
    let started = Instant::now();
    (0..steps).for_each(&mut step);
    let mean = started.elapsed().as_nanos() / steps.max(1) as u128;
    if timed {
        let time = |at| {
            let started = Instant::now();
            step(at);
            started.elapsed()
        };
        let worst = (0..steps).map(time).max().unwrap_or_default();
        println!("mean {mean} ns, worst {} ns", worst.as_nanos());
    }
}

/// Steps until the same telemetry comes again.
const FRAMES: usize = 6000;
