//! The same inputs give the same bytes, another seed gives another run.

use std::thread;

use leuka_procedure::{Outcome, pretty};

use crate::watched::{COARSE, Watched};

fn short_run(seed: u64) -> Outcome {
    Watched::new(seed, None, &[&COARSE[..], &["protocol.target.time_min=40"]].concat()).finish().outcome
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_run() {
    let (first, second, other) = thread::scope(|scope| {
        let runs = [1, 1, 2].map(|seed| scope.spawn(move || short_run(seed)));
        let [first, second, other] = runs.map(|run| run.join().unwrap());
        (first, second, other)
    });
    assert_eq!(pretty(&first), pretty(&second));
    assert_eq!((first.seed, other.seed), (1, 2));
    assert_ne!(pretty(&Outcome { seed: 1, ..other }), pretty(&first));
}
