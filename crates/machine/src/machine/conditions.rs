//! Faults at work: what each does to plant, sensors, actuators and links.

use leuka_blood::quantity::{FlowRate, Fraction};
use leuka_device::{Commands, Instant, Pump};
use leuka_donor::{Cause, Desaturation};

use super::VirtualMachine;
use crate::fault::{Actuator, ActuatorFault, Change, FaultKind, PlantFault, SensorFault};
use crate::mark::MarkKind;

impl VirtualMachine {
    /// Starts and ends the faults whose moment has come.
    pub(super) fn settle_faults(&mut self) {
        let mut has_changed = false;
        while let Some(change) = self.faults.change(self.now) {
            if !has_changed {
                // What flowed until now flowed as things were.
                self.circuit.carry(self.paths.lines_swapped);
            }
            has_changed = true;
            match change {
                Change::Started(fault) => {
                    self.mark(self.now, MarkKind::FaultStarted(fault.kind));
                    self.strike(fault.kind, fault.magnitude.max(0.0));
                }
                Change::Ended(fault) => {
                    self.mark(self.now, MarkKind::FaultEnded(fault.kind));
                    if fault.kind == FaultKind::Plant(PlantFault::AllergicReaction) {
                        self.desaturate(0.0);
                    }
                }
            }
            self.fail_sensor(change);
        }
        if has_changed {
            self.fail_actuators();
            self.disturb();
        }
    }

    /// Faults that happen once, at their start.
    fn strike(&mut self, kind: FaultKind, magnitude: f64) {
        let FaultKind::Plant(fault) = kind else { return };
        match fault {
            PlantFault::AirBolus => self.circuit.chamber.inject_air(magnitude),
            PlantFault::AnticoagulantEmptied => {
                let surplus = self.circuit.bags.anticoagulant.empty_to(magnitude);
                self.circuit.discard(surplus);
            }
            PlantFault::SalineEmptied => {
                let surplus = self.circuit.bags.saline.empty_to(magnitude);
                self.circuit.discard(surplus);
            }
            PlantFault::DonorButton => self.press_button(self.now),
            PlantFault::VasovagalReaction => self.faint(magnitude),
            PlantFault::AllergicReaction => {
                self.press_button(self.now);
                self.faint(magnitude);
                self.desaturate(magnitude);
            }
            _ => {}
        }
    }

    fn faint(&mut self, severity: f64) {
        self.circuit.donor.cause(Cause::VasovagalReaction(Fraction::from_fraction(severity)));
    }

    fn desaturate(&mut self, severity: f64) {
        let severity = Fraction::from_fraction(severity);
        self.circuit.donor.cause(Cause::Desaturation(Desaturation::AllergicReaction, severity));
    }

    /// The donor presses the button, for some seconds.
    fn press_button(&mut self, at: Instant) {
        self.button = Some((at, at.plus_micros(BUTTON_US)));
    }

    /// A needle beside its vein hurts once enough has gone under the skin; the donor says so a little later.
    pub(super) fn feel(&mut self) {
        let infiltration = self.parameters.infiltration;
        if self.circuit.tissue_ml() > infiltration.pain && !self.noticed.pain {
            self.noticed.pain = true;
            self.press_button(self.now.plus_micros(crate::sensor::micros(infiltration.answer)));
        }
    }

    /// True while the button is pressed.
    pub(super) fn button_is_pressed(&self) -> bool {
        self.button.is_some_and(|(from, to)| from <= self.now && self.now < to)
    }

    fn fail_sensor(&mut self, change: Change) {
        let (Change::Started(fault) | Change::Ended(fault)) = change;
        let FaultKind::Sensor(side, measured, _) = fault.kind else { return };
        let holding = SensorFault::ALL.into_iter().find_map(|how| {
            self.faults.holding(FaultKind::Sensor(side, measured, how)).map(|magnitude| (how, magnitude))
        });
        self.instruments.sensor_mut(side, measured).fail(holding, self.now);
    }

    fn fail_actuators(&mut self) {
        for pump in Pump::ALL {
            let fault = self.failing(|how| FaultKind::Pump(pump, how));
            self.circuit.pumps.get_mut(pump).fail(fault);
        }
        let of = |machine: &Self, actuator| machine.failing(|how| FaultKind::Actuator(actuator, how));
        let draw_clamp = of(self, Actuator::DrawClamp);
        let return_clamp = of(self, Actuator::ReturnClamp);
        let centrifuge = of(self, Actuator::Centrifuge);
        let warmer_fault = of(self, Actuator::Warmer);
        let actuators = &mut self.actuators;
        actuators.draw_clamp.fail(draw_clamp);
        actuators.return_clamp.fail(return_clamp);
        actuators.centrifuge.fail(centrifuge);
        actuators.warmer_fault = warmer_fault;
    }

    fn failing(&self, kind: impl Fn(ActuatorFault) -> FaultKind) -> Option<(ActuatorFault, f64)> {
        ActuatorFault::ALL.into_iter().find_map(|how| self.faults.holding(kind(how)).map(|magnitude| (how, magnitude)))
    }

    /// Power, clock, links and the parts of the paths that only faults change.
    fn disturb(&mut self) {
        let magnitude = |fault| self.faults.holding(FaultKind::Plant(fault));
        let holds = |fault| magnitude(fault).is_some();
        let strength = |fault| magnitude(fault).unwrap_or(0.0);
        self.power.mains = !holds(PlantFault::MainsLoss);
        self.power.battery_dead = holds(PlantFault::BatteryDead);
        self.clock.offset_us = shift_us(strength(PlantFault::ClockJump));
        self.sends_true = !(holds(PlantFault::CommandNan) || holds(PlantFault::CommandTimeJump));
        self.command_link.disturb(holds(PlantFault::CommandLoss), magnitude(PlantFault::CommandNoise));
        self.permit_link.disturb(holds(PlantFault::PermitLoss), magnitude(PlantFault::PermitNoise));
        self.paths.vein_collapse = strength(PlantFault::VeinCollapse).clamp(0.0, 1.0);
        self.paths.return_line_off = holds(PlantFault::ReturnLineOff);
        self.paths.foam = strength(PlantFault::AirFoam).clamp(0.0, 1.0);
        self.paths.anticoagulant_closed = holds(PlantFault::AnticoagulantLineClosed);
        self.paths.draw_valve_stuck = holds(PlantFault::DrawValveStuck);
        self.paths.return_valve_stuck = holds(PlantFault::ReturnValveStuck);
        self.paths.collect_valve_stuck = holds(PlantFault::CollectValveStuck);
        self.paths.flush_valve_stuck = holds(PlantFault::FlushValveStuck);
        self.paths.draw_line_off = holds(PlantFault::DrawLineOff);
        self.paths.anticoagulant_free_ml_min = strength(PlantFault::AnticoagulantFreeFlow).max(0.0);
        self.paths.saline_free_ml_min = strength(PlantFault::SalineFreeFlow).max(0.0);
        self.paths.lines_swapped = holds(PlantFault::LinesSwapped);
        self.paths.infiltration = strength(PlantFault::Infiltration).clamp(0.0, 1.0);
        self.paths.clot_growth = strength(PlantFault::ReturnClot).max(0.0);
        self.plant = Plant {
            touched_g: strength(PlantFault::BagsTouched),
            imbalance_mm: strength(PlantFault::Imbalance).max(0.0),
            hemoglobin_g_l: strength(PlantFault::Hemolysis).max(0.0),
            movement_mmhg: strength(PlantFault::Movement),
            door_open: holds(PlantFault::DoorOpen),
            leaks: holds(PlantFault::Leak),
            camera_dark: holds(PlantFault::CameraDark),
        };
        self.paths.leak_ml_min = strength(PlantFault::Leak).max(0.0);
        self.draw_passes = 1.0 - strength(PlantFault::DrawOcclusion).clamp(0.0, 1.0);
        self.return_passes = 1.0 - strength(PlantFault::ReturnOcclusion).clamp(0.0, 1.0);
    }

    /// How far the accesses are open: clamps and occlusions together.
    pub(super) fn set_paths(&mut self) {
        self.paths.draw_open = self.actuators.draw_clamp.part_open() * self.draw_passes;
        self.paths.return_open = self.actuators.return_clamp.part_open() * self.return_passes;
    }

    /// A command frame as control's faults leave it.
    pub(super) fn disturbed(&self, commands: &Commands) -> Commands {
        let mut sent = *commands;
        if self.faults.holding(FaultKind::Plant(PlantFault::CommandNan)).is_some() {
            sent.pumps.inlet = FlowRate::from_ml_min(f64::NAN);
        }
        if let Some(seconds) = self.faults.holding(FaultKind::Plant(PlantFault::CommandTimeJump)) {
            sent.at = shifted(sent.at, shift_us(seconds));
        }
        sent
    }
}

/// A button is pressed for so long, microseconds.
const BUTTON_US: u64 = 5_000_000;

/// What faults do to the machine beside its paths.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Plant {
    pub(super) touched_g: f64,
    pub(super) imbalance_mm: f64,
    pub(super) hemoglobin_g_l: f64,
    pub(super) movement_mmhg: f64,
    pub(super) door_open: bool,
    pub(super) leaks: bool,
    pub(super) camera_dark: bool,
}

/// Seconds as whole microseconds, either way; the cast saturates.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and NaN is no shift")]
fn shift_us(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

/// A moment moved either way; not before the start.
pub(super) const fn shifted(at: Instant, shift_us: i64) -> Instant {
    Instant::from_micros(at.micros().saturating_add_signed(shift_us))
}
