//! The truth that each sensor looks at.

use leuka_blood::{Population, math};
use leuka_device::{Instant, Pump, Reading};

use super::VirtualMachine;
use crate::fault::{FaultKind, PlantFault};
use crate::instruments::{Frames, Picture};
use crate::sensor::{Measured, Side};

/// Samples, of one side's instruments, each group whose time has come: sensors of one make, which sample together. Gives
/// the moment at which the next group is due.
macro_rules! rounds {
    ($machine:ident, $side:ident: $([$first:ident $($more:ident)*])+) => {{
        let mut next = Instant::END;
        $(
            if $machine.instruments.side(Side::$side).is_due(Measured::$first, $machine.now) {
                $machine.sample(Side::$side, Measured::$first);
                $($machine.sample(Side::$side, Measured::$more);)*
            }
            next = next.min($machine.instruments.side(Side::$side).due(Measured::$first));
        )+
        next
    }};
}

impl VirtualMachine {
    /// Takes every sample that is due and shows it in the frames.
    pub(super) fn sample_instruments(&mut self) {
        self.picture = self.picture_now();
        if self.now >= self.instruments.side(Side::Guard).quick_due {
            self.sample_guards_quick();
        }
        if self.now >= self.instruments.side(Side::Control).quick_due {
            self.sample_controls_quick();
        }
        if self.now >= self.instruments.side(Side::Guard).slow_due {
            self.sample_guards_slow();
        }
        if self.now >= self.instruments.side(Side::Control).slow_due {
            self.sample_controls_slow();
        }
    }

    fn sample_guards_quick(&mut self) {
        self.instruments.side(Side::Guard).quick_due = rounds!(self, Guard:
            [AccessPressure] [ReturnPressure] [ReturnAir] [ReturnClamp Door Leak DonorButton]
            [InletFlow AnticoagulantFlow PlasmaFlow CollectFlow] [CentrifugeSpeed] [Vibration] [AnticoagulantDrops]);
    }

    fn sample_controls_quick(&mut self) {
        self.instruments.side(Side::Control).quick_due = rounds!(self, Control:
            [AccessPressure] [ReturnPressure] [ReturnAir] [DrawClamp ReturnClamp Door Leak DonorButton Mains]
            [InletFlow AnticoagulantFlow PlasmaFlow CollectFlow] [CentrifugePressure] [CentrifugeSpeed] [Vibration]
            [AnticoagulantDrops]);
    }

    fn sample_guards_slow(&mut self) {
        self.instruments.side(Side::Guard).slow_due = rounds!(self, Guard:
            [PlasmaHemoglobin] [AnticoagulantWeight SalineWeight ProductWeight WasteWeight ReservoirWeight]
            [ReturnTemperature]);
    }

    fn sample_controls_slow(&mut self) {
        self.vitals = self.circuit.donor.vitals();
        self.instruments.side(Side::Control).slow_due = rounds!(self, Control:
            [CollectHematocrit] [CollectCells] [PlasmaHematocrit] [PlasmaHemoglobin]
            [AnticoagulantWeight SalineWeight ProductWeight WasteWeight ReservoirWeight] [ReturnTemperature]
            [Interface] [BuffyCoat] [ChamberLoad] [Battery] [HeartRate] [Systolic Diastolic] [Spo2] [Respiration]
            [BodyTemperature]);
    }

    /// Inlined where what is measured is known, so that only its part of all this is left.
    #[inline(always)]
    fn sample(&mut self, side: Side, measured: Measured) {
        let (truth, clock) = (self.truth(measured), self.clock.shown);
        let sensor = self.instruments.sensor_mut(side, measured);
        let Some(truth) = truth.filter(|_| sensor.is_calm()) else {
            return self.sample_with_care(side, measured, truth);
        };
        let reading = Reading::new(sensor.healthy_value(measured, truth), clock);
        sensor.keep(reading);
        self.show(side, measured, reading);
    }

    /// A sample of a sensor that is new, fails, or has nothing to measure.
    #[cold]
    #[inline(never)]
    fn sample_with_care(&mut self, side: Side, measured: Measured, truth: Option<f64>) {
        let (now, clock) = (self.now, self.clock.shown);
        let reading = self.instruments.sensor_mut(side, measured).sample(truth, now, clock);
        self.show(side, measured, reading);
    }

    #[inline(always)]
    fn show(&mut self, side: Side, measured: Measured, reading: Reading<f64>) {
        let (telemetry, guard) = (&mut self.telemetry, &mut self.guard_telemetry);
        self.instruments.show(side, measured, reading, &mut Frames { telemetry, guard, picture: self.picture });
    }

    fn picture_now(&self) -> Picture {
        let is_dark = self.plant.camera_dark;
        let is_in_step = self.actuators.centrifuge.speed_rpm() >= self.parameters.centrifuge.camera_speed;
        if is_in_step && !is_dark { Picture::Usable } else { Picture::Dark }
    }

    #[inline(always)]
    fn truth(&self, measured: Measured) -> Option<f64> {
        let circuit = &self.circuit;
        let switch = |on: bool| Some(if on { 1.0 } else { 0.0 });
        match measured {
            Measured::AccessPressure => Some(circuit.draw_mmhg() + self.swing_mmhg()),
            Measured::ReturnPressure => Some(circuit.return_mmhg() + self.swing_mmhg()),
            Measured::CentrifugePressure => Some(circuit.centrifuge_mmhg()),
            Measured::InletFlow => Some(circuit.turning_ml_min(Pump::Inlet)),
            Measured::AnticoagulantFlow => Some(circuit.turning_ml_min(Pump::Anticoagulant)),
            Measured::PlasmaFlow => Some(circuit.turning_ml_min(Pump::Plasma)),
            Measured::CollectFlow => Some(circuit.turning_ml_min(Pump::Collect)),
            Measured::CentrifugeSpeed => Some(self.actuators.centrifuge.speed_rpm()),
            Measured::Interface | Measured::BuffyCoat => self.layer_mm(measured),
            Measured::ChamberLoad => circuit.view().chamber_load,
            Measured::CollectHematocrit => Some(circuit.before_optics().collect.hematocrit()),
            Measured::CollectCells => Some(self.collect_cells_per_ul()),
            Measured::PlasmaHematocrit => Some(circuit.before_optics().plasma.hematocrit()),
            // Without a line in it the detector sees its own reflector, which it takes for fluid.
            Measured::ReturnAir => {
                switch(!(self.interlock.air_test() || (circuit.hands.set_loaded && self.noticed.air_at_detectors)))
            }
            Measured::Vibration => Some(self.vibration_mm()),
            Measured::PlasmaHemoglobin => Some(self.plant.hemoglobin_g_l),
            Measured::DonorButton => switch(self.button_is_pressed()),
            Measured::AnticoagulantDrops => {
                Some(math::floor(circuit.anticoagulant_delivered_ml() / self.parameters.bag.drop))
            }
            Measured::AnticoagulantWeight
            | Measured::SalineWeight
            | Measured::ProductWeight
            | Measured::WasteWeight
            | Measured::ReservoirWeight => Some(self.weight_g(measured)),
            Measured::ReturnTemperature => Some(self.warmth_celsius),
            Measured::DrawClamp => switch(self.actuators.draw_clamp.is_open()),
            Measured::ReturnClamp => switch(self.actuators.return_clamp.is_open()),
            Measured::Door => switch(!self.plant.door_open),
            Measured::Leak => switch(self.plant.leaks),
            Measured::Mains => switch(self.power.mains),
            Measured::Battery => Some(if self.power.battery_dead { 0.0 } else { self.power.battery_s / 60.0 }),
            Measured::HeartRate
            | Measured::Systolic
            | Measured::Diastolic
            | Measured::Spo2
            | Measured::Respiration
            | Measured::BodyTemperature => self.vital_sign(measured),
        }
    }

    /// What the donor's monitor looks at. A moving or pulseless finger has no saturation to show, which is not a low
    /// one; a cuff on a moving arm finds nothing, a line in the artery does.
    fn vital_sign(&self, measured: Measured) -> Option<f64> {
        let vitals = &self.vitals;
        let monitor = &self.parameters.monitor;
        let moves = self.faults.holding(FaultKind::Plant(PlantFault::DonorMoves));
        let pressure = |mmhg| (moves.is_none() || monitor.arterial_line > 0.5).then_some(mmhg);
        match measured {
            Measured::HeartRate => Some(vitals.heart_rate.per_min() + moves.unwrap_or(0.0)),
            Measured::Systolic => pressure(vitals.systolic.mmhg()),
            Measured::Diastolic => pressure(vitals.diastolic.mmhg()),
            Measured::Respiration => Some(vitals.respiration.per_min()),
            Measured::BodyTemperature => Some(vitals.temperature.celsius()),
            _ => {
                let has_pulse = vitals.pulse_strength.fraction() >= monitor.least_pulse;
                (has_pulse && moves.is_none()).then_some(vitals.spo2.fraction())
            }
        }
    }

    /// Interface or buffy coat, when the picture is good and there is anything to see.
    fn layer_mm(&self, measured: Measured) -> Option<f64> {
        let separator = &self.circuit.separator;
        if self.picture == Picture::Dark || separator.contents().hematocrit() < self.parameters.camera.least_hematocrit
        {
            return None;
        }
        let view = self.circuit.view();
        Some(if measured == Measured::Interface { view.interface_mm } else { view.buffy_thickness_mm })
    }

    /// Nucleated cells as the collect optics count them: with this run's gain, and platelets mistaken for cells.
    fn collect_cells_per_ul(&self) -> f64 {
        let collect = &self.circuit.before_optics().collect;
        let per_ul = |population| collect.per_ul(population, &self.blood.cells);
        let white: f64 = Population::WHITE.into_iter().map(per_ul).sum();
        white * self.optics_gain + self.parameters.optics.platelet_interference * per_ul(Population::Platelet)
    }

    fn weight_g(&self, measured: Measured) -> f64 {
        let (bags, hands, tare) = (&self.circuit.bags, &self.circuit.hands, &self.parameters.bag);
        let (hangs, tare_g, contents) = match measured {
            Measured::AnticoagulantWeight => {
                (hands.anticoagulant_hung, tare.anticoagulant_tare, bags.anticoagulant.contents())
            }
            Measured::SalineWeight => (hands.saline_hung, tare.saline_tare, bags.saline.contents()),
            Measured::ProductWeight => (hands.set_loaded, tare.product_tare, &bags.product),
            Measured::ReservoirWeight => (hands.set_loaded, tare.reservoir_tare, bags.reservoir.contents()),
            _ => (hands.set_loaded, tare.waste_tare, &bags.waste),
        };
        let touch_g = self.plant.touched_g;
        if hangs { tare_g + self.densities.mass_g(contents) + touch_g } else { 0.0 }
    }

    /// Amplitude of the rotor's vibration: the force of an imbalance goes with the square of the speed.
    pub(super) fn vibration_mm(&self) -> f64 {
        let thousands = self.actuators.centrifuge.speed_rpm() / 1000.0;
        (self.parameters.centrifuge.vibration + self.plant.imbalance_mm) * thousands * thousands
    }

    /// What a cough or movement adds to the pressures now: up for a second, down for the next.
    fn swing_mmhg(&self) -> f64 {
        if self.plant.movement_mmhg == 0.0 {
            return 0.0;
        }
        let is_up = (self.now.micros() / 1_000_000).is_multiple_of(2);
        if is_up { self.plant.movement_mmhg } else { -self.plant.movement_mmhg }
    }
}
