//! Time of the channel, per half second of procedure and per (cell of the grid x kind of cell x Runge-Kutta stage).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population};
use leuka_separator::{Channel, Grid, Parameters, Separator, Settings};

/// A channel in which blood with the first `white` white populations has run for ten minutes, and what enters in half a
/// second.
fn running(grid: Grid, white: usize) -> (Channel, Mixture) {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let mut whole = Mixture::of(Component::Plasma, 51.0);
    whole.set(Component::Anticoagulant, 8.0);
    whole.set(Component::Erythrocyte, 40.0);
    whole.set(Component::Platelet, 0.05);
    for population in Population::WHITE.into_iter().take(white) {
        whole.set(population.into(), 0.05);
    }
    let inlet = whole * (0.5 / whole.volume_ml());
    let mut channel = Channel::new(&parameters, &blood, grid, &Mixture::saline(1.0)).expect("the grid is usable");
    for _ in 0..1200 {
        channel.advance(&inlet, &SETTINGS, STEP);
    }
    (channel, inlet)
}

const STEP: TimeSpan = TimeSpan::from_seconds(0.5);
const SETTINGS: Settings = Settings {
    rotation: RotationalSpeed::from_rpm(1200.0),
    plasma_flow: FlowRate::from_ml_min(26.0),
    collect_flow: FlowRate::from_ml_min(1.0),
    flush: false,
};

/// The production grid, and half and twice the cells each way; the production grid with fewer kinds of cells.
fn channel_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("channel");
    for (axial, radial, white) in [(10, 40, 7), (20, 80, 7), (40, 160, 7), (20, 80, 0), (20, 80, 2)] {
        let (mut channel, inlet) = running(Grid { axial, radial }, white);
        let before = channel.stages();
        channel.advance(&inlet, &SETTINGS, STEP);
        let stages = channel.stages() - before;
        // Red cells, platelets, and three density bins of each white population.
        let kinds = 2 + 3 * white as u64;
        group.throughput(Throughput::Elements((axial * radial) as u64 * kinds * stages));
        group.bench_function(format!("half a second, {axial} x {radial} cells, {kinds} kinds"), |bencher| {
            bencher.iter(|| channel.advance(&inlet, &SETTINGS, STEP));
        });
    }
    group.finish();
}

criterion_group!(benches, channel_step);
criterion_main!(benches);
