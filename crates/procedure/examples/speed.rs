//! Whole procedures one after the other on some threads, as a study runs them: `speed RUNS THREADS`. Prints the seconds
//! it took, the control beats (100 ms of procedure each) that passed in it, and the most memory it held, KiB (0 where the
//! system does not tell). `cargo xtask speed` runs it.
#![expect(clippy::disallowed_methods, reason = "it times runs")]
#![expect(clippy::unwrap_used, reason = "it may fail loudly")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use leuka_procedure::{Inputs, Run, Sources};

/// Control beats in a second of a procedure.
const BEATS_PER_S: f64 = 10.0;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap());
    let runs = arguments.next().unwrap_or(4);
    let threads = arguments.next().unwrap_or(1);
    let (next, beats) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= runs {
                        break;
                    }
                    beats.fetch_add(procedure(seed + 1), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} {} {}", started.elapsed().as_secs_f64(), beats.into_inner(), peak_kib());
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Carries out the built-in procedure; returns its control beats.
fn procedure(seed: u64) -> u64 {
    let inputs = Inputs::read(&Sources { seed, ..Sources::default() }).unwrap();
    let mut run = Run::new(&inputs).unwrap();
    while run.is_running() {
        run.pass_second();
        run.take_events();
    }
    let outcome = run.outcome();
    assert!(outcome.completed, "seed {seed}: {}", outcome.end_reason);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hours")]
    let beats = (outcome.duration_min * 60.0 * BEATS_PER_S) as u64;
    beats
}
