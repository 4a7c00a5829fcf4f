//! A machine and a control that behave, to be disturbed by the tests: telemetry with the noise of real sensors and the
//! commands that go with it.

use leuka_blood::quantity::{
    FlowRate, Fraction, Length, Mass, MassConcentration, Pressure, RotationalSpeed, Temperature,
};
use leuka_blood::random::{Seed, Stream};
use leuka_device::{
    Cause, Clamp, CollectTo, Commands, DrawFrom, GuardTelemetry, Instant, Permit, PumpFlows, Reading, ReturnTo, Verdict,
};
use leuka_guard::{Guard, LimitTable};

pub(crate) const BEAT_US: u64 = 50_000;
pub(crate) const BEAT_S: f64 = 0.05;
/// ACD-A.
const DENSITY_G_ML: f64 = 1.0146;
/// Drops per mL.
const DROPS: f64 = 20.0;

/// A guard with the published limits.
pub(crate) fn guard() -> Guard {
    Guard::new(LimitTable::embedded().unwrap()).unwrap()
}

/// What is true of the machine; tests change it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) guard: Guard,
    pub(crate) commands: Commands,
    pub(crate) telemetry: GuardTelemetry,
    /// Delivered anticoagulant over what the pump's counter says.
    pub(crate) delivery: f64,
    /// Drops counted over drops fallen.
    pub(crate) drop_counting: f64,
    /// True return pressure; `None`: as the flow makes it.
    pub(crate) return_mmhg: Option<f64>,
    pub(crate) clock_us: u64,
    /// Control is alive and makes frames.
    pub(crate) control_alive: bool,
    /// Somebody touches bags now and then.
    pub(crate) touched: bool,
    /// The last permit's verdict.
    pub(crate) verdict: Verdict,
    noise: Stream,
    bag_g: f64,
    saline_g: f64,
    /// Content of the reservoir.
    pub(crate) reservoir_g: f64,
    speed_rpm: f64,
    drops: f64,
    beat: u64,
    swings_left: u32,
}

impl World {
    /// A collection in full swing: 60 mL/min at ratio 12.
    pub(crate) fn collecting(seed: u64) -> Self {
        Self {
            guard: guard(),
            commands: Commands {
                pumps: PumpFlows {
                    inlet: FlowRate::from_ml_min(60.0),
                    anticoagulant: FlowRate::from_ml_min(5.0),
                    plasma: FlowRate::from_ml_min(30.0),
                    collect: FlowRate::from_ml_min(1.2),
                },
                centrifuge_speed: RotationalSpeed::from_rpm(1000.0),
                draw_clamp: Clamp::Open,
                return_clamp: Clamp::Open,
                draw_from: DrawFrom::Donor,
                return_to: ReturnTo::Donor,
                collect_to: CollectTo::Product,
                ..Commands::default()
            },
            telemetry: GuardTelemetry::default(),
            delivery: 1.0,
            drop_counting: 1.0,
            return_mmhg: None,
            clock_us: 1_000_000,
            control_alive: true,
            touched: false,
            verdict: Verdict::Pass,
            noise: Seed::run(seed).stream("guard.test"),
            bag_g: 2500.0,
            saline_g: 2500.0,
            reservoir_g: 0.0,
            speed_rpm: 1000.0,
            drops: 0.0,
            beat: 0,
            swings_left: 0,
        }
    }

    /// Everything as it is when nothing moves.
    pub(crate) fn stop_pumps(&mut self) {
        self.commands.pumps = PumpFlows::default();
    }

    /// One beat, with the sensors as they are.
    pub(crate) fn beat(&mut self) -> Permit {
        self.beat_with(|_, _| ())
    }

    /// One beat, with telemetry and commands changed by `disturb` on their way to the guard.
    pub(crate) fn beat_with(&mut self, disturb: impl FnOnce(&mut GuardTelemetry, &mut Commands)) -> Permit {
        self.clock_us += BEAT_US;
        let now = Instant::from_micros(self.clock_us);
        self.sense(now);
        if self.control_alive && self.beat.is_multiple_of(2) {
            self.commands.sequence = self.commands.sequence.wrapping_add(1);
            self.commands.at = now;
        }
        self.beat += 1;
        let (mut telemetry, mut commands) = (self.telemetry, self.commands);
        disturb(&mut telemetry, &mut commands);
        let permit = self.guard.step(&telemetry, &commands);
        self.verdict = permit.verdict;
        permit
    }

    /// Beats for `seconds`, all disturbed alike; the time at which the verdict first was `wanted`.
    pub(crate) fn run_until(
        &mut self,
        seconds: f64,
        wanted: Verdict,
        mut disturb: impl FnMut(&mut GuardTelemetry, &mut Commands),
    ) -> Option<f64> {
        let beats = (seconds / BEAT_S).round() as u32;
        (1..=beats).find(|_| self.beat_with(&mut disturb).verdict == wanted).map(|beats| f64::from(beats) * BEAT_S)
    }

    /// Beats for `seconds` that must all pass.
    pub(crate) fn pass_for(&mut self, seconds: f64) {
        for _ in 0..(seconds / BEAT_S).round() as u32 {
            let permit = self.beat();
            assert_eq!(permit.verdict, Verdict::Pass, "at {}", permit.at);
        }
    }

    /// A reset as control gives it: for 0.2 s, with the pumps at rest; the verdict after it.
    pub(crate) fn reset_with(&mut self, mut disturb: impl FnMut(&mut GuardTelemetry, &mut Commands)) -> Verdict {
        let pumps = core::mem::take(&mut self.commands.pumps);
        for reset in [false, true, false] {
            self.commands.reset = reset;
            for _ in 0..4 {
                self.beat_with(&mut disturb);
            }
        }
        self.commands.pumps = pumps;
        self.verdict
    }

    fn sense(&mut self, now: Instant) {
        let moves = self.verdict == Verdict::Pass;
        let flow = |commanded: FlowRate| if moves { commanded } else { FlowRate::ZERO };
        let pumps = self.commands.pumps;
        let inlet = flow(pumps.inlet).ml_min();
        let delivered_ml = flow(pumps.anticoagulant).ml_min() * self.delivery / 60.0 * BEAT_S;
        self.bag_g -= delivered_ml * DENSITY_G_ML;
        self.drops += delivered_ml * DROPS * self.drop_counting;
        if self.commands.draw_from == DrawFrom::Saline {
            self.saline_g -= flow(pumps.inlet).ml_min() / 60.0 * BEAT_S;
        }
        // Blood in the reservoir weighs a little more than its volume.
        let moved_g = flow(pumps.inlet).ml_min() / 60.0 * BEAT_S * 1.04;
        if self.commands.return_to == ReturnTo::Reservoir {
            self.reservoir_g += moved_g;
        }
        if self.commands.draw_from == DrawFrom::Reservoir {
            self.reservoir_g -= moved_g;
        }
        // With the drive off the rotor coasts.
        self.speed_rpm = match self.verdict {
            Verdict::Safe(_) => self.speed_rpm * (1.0 - BEAT_S / 45.0),
            Verdict::Pass | Verdict::Hold(_) => self.commands.centrifuge_speed.rpm(),
        };
        let closed = matches!(self.verdict, Verdict::Safe(_)) || self.commands.return_clamp == Clamp::Closed;
        let pressure = self.return_mmhg.unwrap_or(20.0 + 2.0 * inlet);
        let noise = &mut self.noise;
        let mut near = |value: f64, sd: f64| value + sd * noise.normal();
        let telemetry = &mut self.telemetry;
        telemetry.sequence = telemetry.sequence.wrapping_add(1);
        telemetry.at = now;
        telemetry.access_pressure = Reading::new(Pressure::from_mmhg(near(-2.0 * inlet, 2.0)), now);
        telemetry.return_pressure = Reading::new(Pressure::from_mmhg(near(pressure, 3.0)), now);
        telemetry.pump_flows = PumpFlows::from_fn(|pump| {
            Reading::new(FlowRate::from_ml_min(near(flow(*pumps.get(pump)).ml_min(), 0.05).max(0.0)), now)
        });
        telemetry.centrifuge_speed = Reading::new(RotationalSpeed::from_rpm(near(self.speed_rpm, 1.0).max(0.0)), now);
        telemetry.return_air = Reading::new(false, now);
        telemetry.return_air_signal = Reading::new(Fraction::from_fraction(near(1.0, 0.01)), now);
        telemetry.door_locked = Reading::new(true, now);
        telemetry.donor_button = Reading::new(false, now);
        telemetry.vibration = Reading::new(Length::from_mm(near(0.06, 0.01)), now);
        telemetry.plasma_hemoglobin = Reading::new(MassConcentration::from_g_l(near(0.1, 0.05)), now);
        telemetry.return_temperature = Reading::new(Temperature::from_celsius(near(24.0, 0.05)), now);
        telemetry.return_clamp = Reading::new(if closed { Clamp::Closed } else { Clamp::Open }, now);
        telemetry.leak = Reading::new(false, now);
        telemetry.anticoagulant_drops = Reading::new(self.drops as u32, now);
        if self.beat.is_multiple_of(20) {
            let mut weigh = |weight: f64| Reading::new(Mass::from_grams(near(weight, 1.0)), now);
            telemetry.weights.saline = weigh(self.saline_g);
            telemetry.weights.product = weigh(150.0);
            telemetry.weights.waste = weigh(90.0);
            telemetry.weights.reservoir = weigh(30.0 + self.reservoir_g);
            telemetry.weights.anticoagulant = weigh(self.bag_g + f64::from(self.swings_left.min(1)) * 5.0);
            // Every four minutes on average a bag is touched and swings for three weighings.
            self.swings_left = self.swings_left.saturating_sub(1);
            if self.touched && self.noise.chance(1.0 / 240.0) {
                self.swings_left = 3;
            }
        }
    }
}

/// The safe state for a cause.
pub(crate) const fn safe(cause: Cause) -> Verdict {
    Verdict::Safe(cause)
}
