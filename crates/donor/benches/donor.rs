//! Speed of the donor alone in the middle of a collection (blood out, blood with ACD-A in), in beats of a machine and in
//! longer ones. A beat of 0.1 s in 100 ns is a million times real time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use leuka_blood::Anticoagulant;
use leuka_blood::Sex;
use leuka_blood::quantity::{Length, Mass, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_donor::{Description, Donor, Parameters};

fn resting_donor() -> Donor {
    let parameters = Parameters::embedded().expect("the published file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the published file reads");
    let man = Description::typical(
        Sex::Male,
        35.0,
        Length::from_cm(178.0),
        Mass::from_kg(75.0),
        Volume::from_ml(5250.0),
        &parameters,
    );
    Donor::new(&man, &parameters, &blood, Seed::run(1)).expect("a typical man")
}

fn beats(criterion: &mut Criterion) {
    let fluids = leuka_blood::Parameters::embedded().expect("the published file reads").fluids;
    for seconds in [0.1, 0.5, 1.0, 2.0] {
        let beat = TimeSpan::from_seconds(seconds);
        let mut donor = resting_donor();
        criterion.bench_function(&format!("advance by {seconds} s"), |bencher| {
            bencher.iter(|| black_box(&mut donor).advance(beat));
        });
        let anticoagulant = fluids.anticoagulant(Anticoagulant::AcdA, 0.07 * seconds);
        let mut donor = resting_donor();
        criterion.bench_function(&format!("draw, receive, advance by {seconds} s"), |bencher| {
            bencher.iter(|| {
                let drawn = black_box(&mut donor).draw(seconds);
                donor.receive(&(drawn + anticoagulant));
                donor.advance(beat);
            });
        });
    }
}

criterion_group!(benches, beats);
criterion_main!(benches);
