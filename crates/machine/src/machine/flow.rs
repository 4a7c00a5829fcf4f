//! What happens inside a beat: changes at their moments, flow between them, and marks of what was reached.

use leuka_blood::quantity::Temperature;
use leuka_device::{Cause, Clamp, Instant, Pump, PumpFlows};

use super::{AIR_MARK_ML, BEAT_MICROS, VirtualMachine};
use crate::fault::ActuatorFault;
use crate::interlock::Orders;
use crate::mark::MarkKind;

impl VirtualMachine {
    /// The next moment at which something changes by itself.
    pub(super) fn next_change(&self) -> Instant {
        let actuators = &self.actuators;
        let moments = [
            self.faults.next(),
            self.interlock.deadline(),
            self.power.next_change(self.now),
            actuators.pumps.next(),
            actuators.pumps_powered.next(),
            actuators.draw_clamp.next(),
            actuators.return_clamp.next(),
        ];
        moments.into_iter().fold(Instant::END, Ord::min)
    }

    /// Makes every change that is due now.
    pub(super) fn settle(&mut self) {
        self.settle_faults();
        if !self.power.is_on() {
            self.interlock.trip(Cause::PowerLost, self.now);
        }
        self.interlock.watch(self.now);
        self.obey();
        self.settle_actuators();
        self.set_paths();
    }

    /// Tells the actuators what the interlocks let through.
    pub(super) fn obey(&mut self) {
        let now = self.now;
        let has_power = self.power.is_on();
        if let Some(safe) = self.interlock.safe_state()
            && !self.noticed.safe_state
        {
            self.mark(safe.since, MarkKind::SafeStateEntered(safe.cause));
        }
        self.noticed.safe_state = self.interlock.safe_state().is_some();
        let actuators = &mut self.actuators;
        let orders = self.interlock.orders();
        let (commands, pumps_turn) = match orders {
            Orders::Safe => (None, false),
            Orders::Hold(commands) => (Some(commands), false),
            Orders::Obey(commands) => (Some(commands), true),
        };
        let flow = |pump| match commands {
            Some(commands) if pumps_turn => commands.pumps.get(pump).ml_min(),
            _ => 0.0,
        };
        let has_supply = has_power && commands.is_some();
        actuators.pumps.tell(PumpFlows::from_fn(flow), now);
        actuators.pumps_powered.tell(has_supply, now);
        let draw_open = commands.is_some_and(|commands| commands.draw_clamp == Clamp::Open);
        let return_open = commands.is_some_and(|commands| commands.return_clamp == Clamp::Open);
        actuators.draw_clamp.tell(draw_open, has_supply, now);
        actuators.return_clamp.tell(return_open, has_supply, now);
        self.paths.anticoagulant_open = has_power && flow(Pump::Anticoagulant) > 0.0;
        actuators.warmer_powered = has_supply;
        actuators.warmer_celsius = commands.and_then(|commands| commands.warmer).map(|warmth| warmth.celsius());
        if let Some(commands) = commands {
            self.paths.turn_valves(commands);
        }
        let drive = commands.filter(|_| has_power).map(|commands| commands.centrifuge_speed.rpm());
        if actuators.centrifuge.tell(drive) {
            self.mark(now, MarkKind::DriveOff);
        }
    }

    fn settle_actuators(&mut self) {
        let now = self.now;
        let actuators = &mut self.actuators;
        let pumps_changed = [actuators.pumps.settle(now), actuators.pumps_powered.settle(now)];
        let draw = actuators.draw_clamp.settle(now);
        let give = actuators.return_clamp.settle(now);
        let draw_opened = actuators.draw_clamp.is_open();
        let return_opened = actuators.return_clamp.is_open();
        self.turn_pumps(pumps_changed.into_iter().flatten().max().unwrap_or(now));
        if let Some(at) = draw {
            self.mark(at, if draw_opened { MarkKind::DrawClampOpened } else { MarkKind::DrawClampClosed });
        }
        if let Some(at) = give {
            self.mark(at, if return_opened { MarkKind::ReturnClampOpened } else { MarkKind::ReturnClampClosed });
        }
    }

    fn turn_pumps(&mut self, at: Instant) {
        let flows = self.actuators.pumps.get();
        let powered = self.actuators.pumps_powered.get();
        let mut any_turns = false;
        for pump in Pump::ALL {
            let roller_pump = self.circuit.pumps.get_mut(pump);
            roller_pump.turn(*flows.get(pump), powered);
            any_turns |= roller_pump.turning_ml_min() > 0.0;
        }
        if self.noticed.pumps_turn && !any_turns {
            self.mark(at, MarkKind::PumpsStopped);
        }
        self.noticed.pumps_turn = any_turns;
    }

    /// Lets fluid flow until `next`.
    pub(super) fn flow(&mut self, next: Instant) {
        let dt_s =
            if next.micros_since(self.now) == BEAT_MICROS { super::BEAT_S } else { next.since(self.now).seconds() };
        let (draw_mmhg, return_mmhg) = (self.circuit.draw_mmhg(), self.circuit.return_mmhg());
        self.circuit.step(&self.paths, dt_s);
        self.power.pass(dt_s, &self.parameters.power);
        let limits = self.parameters.mark;
        if let Some(at) = self.passing(next, return_mmhg, self.circuit.return_mmhg(), limits.return_pressure) {
            self.mark(at, MarkKind::ReturnPressureHigh);
        }
        if let Some(at) = self.passing(next, -draw_mmhg, -self.circuit.draw_mmhg(), limits.suction) {
            self.mark(at, MarkKind::AccessSuctionHigh);
        }
        self.notice(next);
    }

    /// Marks what fluid and air have done since the last look: at the start of the step, but air in the donor at its end.
    fn notice(&mut self, next: Instant) {
        let air = self.circuit.air_before_detectors_ml(self.parameters.air.window) >= self.parameters.air.threshold;
        let flags = self.circuit.flags();
        if flags.donor_air_ml > self.noticed.donor_air_ml {
            self.noticed.donor_air_ml = flags.donor_air_ml + AIR_MARK_ML;
            self.mark(next, MarkKind::AirReachedDonor { total_ml: flags.donor_air_ml });
        }
        let noticed = &mut self.noticed;
        let was = (noticed.air_at_detectors, noticed.anticoagulant_stopped, noticed.saline_empty);
        if was == (air, flags.anticoagulant_stopped, flags.saline_empty) {
            return;
        }
        let begins = |is: bool, noticed: &mut bool| !core::mem::replace(noticed, is) && is;
        let edges = [
            (begins(air, &mut noticed.air_at_detectors), MarkKind::AirAtDetectors),
            (begins(flags.anticoagulant_stopped, &mut noticed.anticoagulant_stopped), MarkKind::AnticoagulantStopped),
            (begins(flags.saline_empty, &mut noticed.saline_empty), MarkKind::SalineEmpty),
        ];
        for (_, kind) in edges.into_iter().filter(|(is_new, _)| *is_new) {
            self.mark(self.now, kind);
        }
    }

    /// When a value that went from `before` to `after` until `next` passed `limit` upwards, if it did.
    fn passing(&self, next: Instant, before: f64, after: f64, limit: f64) -> Option<Instant> {
        if !(before < limit && after >= limit) {
            return None;
        }
        let span_us = next.micros_since(self.now);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of one beat")]
        #[expect(clippy::cast_precision_loss, reason = "a beat is short")]
        let passed_us = (span_us as f64 * (limit - before) / (after - before)) as u64;
        Some(self.now.plus_micros(passed_us))
    }

    /// Lets the warmer and the returned blood near each other.
    pub(super) fn warm(&mut self, dt_s: f64) {
        let warmer = &self.parameters.warmer;
        let told = self.actuators.warmer_celsius.map(|warmth| warmth.max(warmer.ambient));
        let target = match self.actuators.warmer_fault {
            _ if !self.actuators.warmer_powered => None,
            Some((ActuatorFault::Stuck, _)) => None,
            Some((ActuatorFault::Runaway, warmth)) => Some(warmth),
            Some((ActuatorFault::Slip, part)) => {
                told.map(|warmth| warmer.ambient + (warmth - warmer.ambient) * (1.0 - part.clamp(0.0, 1.0)))
            }
            None => told,
        };
        let target = target.unwrap_or(warmer.ambient);
        self.warmth_celsius += (target - self.warmth_celsius) * dt_s / (warmer.lag + dt_s);
        self.circuit.return_temperature = Temperature::from_celsius(self.warmth_celsius);
    }

    /// Ends the beat for the machine's clock, and looks whether it ran true.
    pub(super) fn tick(&mut self) {
        let before = self.clock.shown;
        let after = self.clock.at(self.now);
        let passed_us = after.micros_since(before);
        self.clock.is_steady =
            before <= after && passed_us.abs_diff(BEAT_MICROS) <= self.interlock.clock_tolerance_us();
        self.clock.shown = after;
        if !self.clock.is_steady {
            self.interlock.trip(Cause::TimeJump, self.now);
        }
    }
}
