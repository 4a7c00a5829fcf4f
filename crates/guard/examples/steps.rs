//! Steps of the guard on telemetry of a running collection, so many as the first argument says, to count their
//! instructions; with the word `timed` the mean time and the worst time of one are printed. `cargo xtask step-cost` runs it.
#![expect(clippy::disallowed_methods, reason = "it times steps")]

#[path = "../tests/behaviour/support.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "written for the tests, which use the rest of it")]
mod support;
#[path = "../../control/examples/steps/timed.rs"]
mod timed;

use std::hint::black_box;

use leuka_device::GuardTelemetry;

fn main() {
    let mut world = support::World::collecting(1);
    let (mut frames, mut held) = (Vec::new(), GuardTelemetry::default());
    for beat in 0..1000 {
        world.beat_with(|telemetry, commands| {
            sample(&mut held, telemetry, beat);
            frames.push((held, *commands));
        });
    }
    let begin = support::guard();
    let mut guard = begin.clone();
    timed::take(|at| {
        let at = at % frames.len();
        if at == 0 {
            guard.clone_from(&begin);
        }
        let (telemetry, commands) = &frames[at];
        black_box(guard.step(black_box(telemetry), black_box(commands)));
    });
}

/// What the machine's instruments say by this beat: each has its period (machine.toml), and says the same until it is over.
fn sample(held: &mut GuardTelemetry, now: &GuardTelemetry, beat: u32) {
    let was = *held;
    *held = *now;
    if !beat.is_multiple_of(2) {
        (held.pump_flows, held.centrifuge_speed) = (was.pump_flows, was.centrifuge_speed);
        (held.vibration, held.anticoagulant_drops) = (was.vibration, was.anticoagulant_drops);
    }
    if !beat.is_multiple_of(10) {
        held.plasma_hemoglobin = was.plasma_hemoglobin;
    }
    if !beat.is_multiple_of(20) {
        (held.return_temperature, held.weights) = (was.return_temperature, was.weights);
    }
}
