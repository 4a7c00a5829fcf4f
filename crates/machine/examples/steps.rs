//! Beats of the machine with its sensors and lines, a tank for a separator and the donor slowed down, so many as the first argument says,
//! to count their instructions; with the word `timed` the worst time of one is printed. `cargo xtask step-cost` runs it.
#![expect(clippy::disallowed_methods, reason = "it times steps")]
#![expect(clippy::unwrap_used, reason = "it may fail loudly")]

#[path = "../tests/machine/rig.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod rig;

use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let steps: usize = arguments.next().and_then(|steps| steps.parse().ok()).unwrap_or(100_000);
    let timed = arguments.next().is_some_and(|word| word == "timed");
    let mut bench = rig::Bench::default();
    bench.replaced.push(("timing.donor_period", 5.0));
    let mut rig = bench.connected();
    rig.spin(1000.0);
    rig.pumps([60.0, 5.0, 30.0, 1.0]);
    rig.run(60.0);
    let mut worst = Duration::ZERO;
    for _ in 0..steps {
        let started = timed.then(Instant::now);
        rig.beat();
        worst = started.map_or(worst, |started| worst.max(started.elapsed()));
    }
    println!("worst {} ns", worst.as_nanos());
}
