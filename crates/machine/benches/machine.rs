//! What a beat costs: the machine with a cheap tank for a separator, alone and with the donor at its usual pace.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/machine/rig.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod rig;

use rig::{Bench, Rig};

fn running(separator_and_donor_period_s: Option<f64>) -> Rig {
    let mut bench = Bench::default();
    if let Some(seconds) = separator_and_donor_period_s {
        bench.replaced.push(("timing.separator_period", seconds));
        bench.replaced.push(("timing.donor_period", seconds));
    }
    let mut rig = bench.connected();
    rig.spin(1000.0);
    rig.pumps([60.0, 5.0, 30.0, 1.0]);
    rig.run(60.0);
    rig
}

fn beats(criterion: &mut Criterion) {
    let mut alone = running(Some(5.0));
    criterion.bench_function("beat, slow parts every 5 s", |bencher| bencher.iter(|| alone.beat()));
    let mut usual = running(None);
    criterion.bench_function("beat, donor every 0.1 s and tank every 0.5 s", |bencher| bencher.iter(|| usual.beat()));
}

criterion_group!(machine, beats);
criterion_main!(machine);
