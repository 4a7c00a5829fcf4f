//! Time of one step of control in an ordinary collection.

#[path = "../tests/control/rig.rs"]
#[expect(dead_code, reason = "the benchmark uses the toy machine's part that leads to the collection")]
mod rig;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use leuka_blood::quantity::Volume;
use leuka_control::PhaseName;
use leuka_dose::Target;

/// Telemetry of twenty seconds of collection, stepped again and again with the clock going on.
fn step(criterion: &mut Criterion) {
    let mut prescription = rig::prescription();
    prescription.goal.target = Target::Volume(Volume::from_litres(20.0));
    let mut rig = rig::Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    rig.run_for(600.0);
    let begin = rig.controller.clone();
    let frames: Vec<_> = (0..200).map(|_| rig.telling(None)).collect();
    let mut controller = begin.clone();
    let mut at = 0;
    criterion.bench_function("control step in an ordinary collection", |bencher| {
        bencher.iter(|| {
            if at == frames.len() {
                at = 0;
                controller.clone_from(&begin);
            }
            let output = controller.step(black_box(&frames[at]), None);
            at += 1;
            black_box(output.commands.sequence)
        });
    });
}

criterion_group!(benches, step);
criterion_main!(benches);
