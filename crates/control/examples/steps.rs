//! Steps of control in an ordinary collection, so many as the first argument says, to count their instructions;
//! with the word `timed` the worst time of one is printed. `cargo xtask step-cost` runs it.
#![expect(clippy::disallowed_methods, reason = "it times steps")]

#[path = "../tests/control/rig.rs"]
#[expect(dead_code, reason = "the toy machine's part that leads to the collection is used")]
mod rig;

use std::hint::black_box;
use std::time::{Duration, Instant};

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
    let frames: Vec<_> = (0..1000).map(|_| rig.telling(None)).collect();
    let (mut controller, mut output, mut worst) = (begin.clone(), Output::default(), Duration::ZERO);
    for step in 0..steps {
        let frame = step % frames.len();
        if frame == 0 {
            controller.clone_from(&begin);
        }
        let started = timed.then(Instant::now);
        controller.step_into(black_box(&frames[frame]), None, &mut output);
        worst = started.map_or(worst, |started| worst.max(started.elapsed()));
    }
    println!("{}", worst.as_nanos());
}
