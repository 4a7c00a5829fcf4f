//! A step of a separator takes no memory from the allocator.

use leuka_blood::Mixture;
use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_separator::{Channel, Grid, Parameters, Sample, Separator, Settings, Stage};

fn allocations(separator: &mut impl Separator) -> u64 {
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let whole = Sample::default().mixture(&blood);
    let inlet = whole * (0.5 / whole.volume_ml());
    let mut run = || {
        for step in 0..200_u32 {
            // Every speed asks the stage for other curves, each of which it reads from its table once in a process.
            let settings = Settings {
                rotation: RotationalSpeed::from_rpm(1000.0 + f64::from(step)),
                plasma_flow: FlowRate::from_ml_min(26.0),
                collect_flow: FlowRate::from_ml_min(1.0),
                flush: false,
            };
            separator.advance(&inlet, &settings, TimeSpan::from_seconds(0.5));
        }
    };
    run();
    run();
    allocation_counter::measure(run).count_total
}

#[test]
fn neither_the_channel_nor_the_stage_allocates_in_a_step() {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let saline = Mixture::saline(1.0);
    let grid = Grid { axial: 8, radial: 32 };
    assert_eq!(allocations(&mut Channel::new(&parameters, &blood, grid, &saline).expect("the grid is usable")), 0);
    assert_eq!(allocations(&mut Stage::new(&parameters, &blood, &saline).expect("the table fits")), 0);
    assert!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 100]))).count_total > 0);
}
