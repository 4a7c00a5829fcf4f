//! What one step of the guard costs, on telemetry with the noise of a running collection.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use leuka_device::{Commands, GuardTelemetry, Verdict};

#[path = "../tests/behaviour/support.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "written for the tests, which use the rest of it")]
mod support;

/// A minute of a collection.
fn frames() -> Vec<(GuardTelemetry, Commands)> {
    let mut world = support::World::collecting(1);
    let mut frames = Vec::new();
    for _ in 0..20 * 60 {
        world.beat_with(|telemetry, commands| frames.push((*telemetry, *commands)));
    }
    frames
}

fn steps(criterion: &mut Criterion) {
    let frames = frames();
    let fresh = support::guard();
    let mut group = criterion.benchmark_group("guard");
    group.throughput(criterion::Throughput::Elements(frames.len() as u64));
    group.bench_function("step", |bencher| {
        bencher.iter(|| {
            let mut guard = fresh.clone();
            let passed = frames.iter().filter(|(telemetry, commands)| {
                guard.step(black_box(telemetry), black_box(commands)).verdict == Verdict::Pass
            });
            assert_eq!(passed.count(), frames.len());
        });
    });
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
