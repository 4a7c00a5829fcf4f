//! Time of the reduced stage: half a second of procedure in a steady collection, and the curves that a change of the
//! conditions asks for.

use criterion::{Criterion, criterion_group, criterion_main};
use leuka_blood::Mixture;
use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_separator::{Parameters, Sample, Separator, Settings, Stage};

fn stage_step(criterion: &mut Criterion) {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let mut stage = Stage::new(&parameters, &blood, &Mixture::saline(1.0)).expect("the table fits");
    let whole = Sample::default().mixture(&blood);
    let inlet = whole * (0.5 / whole.volume_ml());
    let step = TimeSpan::from_seconds(0.5);
    let settings = |rpm| Settings {
        rotation: RotationalSpeed::from_rpm(rpm),
        plasma_flow: FlowRate::from_ml_min(26.0),
        collect_flow: FlowRate::from_ml_min(1.0),
        flush: false,
    };
    for _ in 0..2400 {
        stage.advance(&inlet, &settings(1200.0), step);
    }
    let mut group = criterion.benchmark_group("stage");
    group.bench_function("half a second of procedure", |bencher| {
        bencher.iter(|| stage.advance(&inlet, &settings(1200.0), step));
    });
    let mut turn = 0_u32;
    group.bench_function("half a second in which the speed jumps", |bencher| {
        bencher.iter(|| {
            turn += 1;
            stage.advance(&inlet, &settings(if turn.is_multiple_of(2) { 1200.0 } else { 1000.0 }), step)
        });
    });
    group.finish();
}

criterion_group!(benches, stage_step);
criterion_main!(benches);
