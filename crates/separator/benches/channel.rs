//! Time of the channel, per half second of procedure and per (cell of the grid x kind of cell x Runge-Kutta stage).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population};
use leuka_separator::{Channel, Parameters, Separator, Settings};

/// One red, one platelet, and three density bins of each of the seven white populations.
const KINDS: u64 = 23;

fn channel_step(criterion: &mut Criterion) {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let mut whole = Mixture::of(Component::Plasma, 51.0);
    whole.set(Component::Anticoagulant, 8.0);
    whole.set(Component::Erythrocyte, 40.0);
    for population in Population::ALL.into_iter().filter(|&population| population != Population::Erythrocyte) {
        whole.set(population.into(), 0.05);
    }
    let inlet = whole * (0.5 / whole.volume_ml());
    let settings = Settings {
        rotation: RotationalSpeed::from_rpm(1200.0),
        plasma_flow: FlowRate::from_ml_min(26.0),
        collect_flow: FlowRate::from_ml_min(1.0),
        flush: false,
    };
    let step = TimeSpan::from_seconds(0.5);
    let mut channel =
        Channel::new(&parameters, &blood, parameters.grid, &Mixture::saline(1.0)).expect("the grid is usable");
    for _ in 0..1200 {
        channel.advance(&inlet, &settings, step);
    }
    let before = channel.stages();
    channel.advance(&inlet, &settings, step);
    let stages = channel.stages() - before;
    let cells = (parameters.grid.axial * parameters.grid.radial) as u64;
    let mut group = criterion.benchmark_group("channel");
    group.throughput(Throughput::Elements(cells * KINDS * stages));
    group.bench_function("half a second of procedure", |bencher| {
        bencher.iter(|| channel.advance(&inlet, &settings, step));
    });
    group.finish();
}

criterion_group!(benches, channel_step);
criterion_main!(benches);
