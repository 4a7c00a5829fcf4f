//! What examples that take steps have in common: how many, and how long they take.

use std::time::Instant;

/// Takes so many steps as the program's first argument says, numbered from 0; with the word `timed` behind it prints the
/// mean time of one and the worst.
pub(crate) fn take(mut step: impl FnMut(usize)) {
    let mut arguments = std::env::args().skip(1);
    let steps: usize = arguments.next().and_then(|steps| steps.parse().ok()).unwrap_or(100_000);
    let timed = arguments.next().is_some_and(|word| word == "timed");
    let started = Instant::now();
    (0..steps).for_each(&mut step);
    let mean = started.elapsed().as_nanos() / steps.max(1) as u128;
    if timed {
        let time = |at| {
            let started = Instant::now();
            step(at);
            started.elapsed()
        };
        let worst = (0..steps).map(time).max().unwrap_or_default();
        println!("mean {mean} ns, worst {} ns", worst.as_nanos());
    }
}
