//! The self-test: nothing is believed of the machine before it has shown it.
//!
//! ```text
//! Guard > Sensors > PumpsTurn > PumpsStop > CentrifugeTurns > CentrifugeStops > ClampOpens > AirTrips > Recovery
//! ```
//! Each step ends by its proof or, at its time-out, in a refusal that says what failed.

use leuka_blood::quantity::{RotationalSpeed, TimeSpan};
use leuka_device::{Clamp, Pump, PumpFlows, VerdictKind};

use crate::controller::{Beat, Controller};
use crate::phase::{Admission, Phase, SelfTest};
use crate::reason::Refusal;
use crate::senses::Sensor;

/// A pump or centrifuge that shows less than this part of its test value stands.
const STANDS: f64 = 0.02;

impl Controller {
    pub(crate) fn self_test(&mut self, beat: &mut Beat<'_>, step: SelfTest) {
        let outcome = match step {
            SelfTest::Guard | SelfTest::Recovery => self.test_guard(beat),
            SelfTest::Sensors => self.test_sensors(beat),
            SelfTest::PumpsTurn => self.test_pumps_turn(beat),
            SelfTest::PumpsStop => self.test_pumps_stop(beat),
            SelfTest::CentrifugeTurns => self.test_centrifuge_turns(beat),
            SelfTest::CentrifugeStops => self.test_centrifuge_stops(beat),
            SelfTest::ClampOpens => Self::test_clamp_opens(beat),
            SelfTest::AirTrips => Self::test_air_trips(beat, self.prescription.self_test.air_trip),
        };
        let limit = match step {
            SelfTest::AirTrips => self.prescription.self_test.air_trip,
            _ => self.prescription.times.self_test_step,
        };
        match outcome {
            Ok(()) => self.next_test(beat, step),
            Err(reason) if beat.now.since(self.entered_at) > limit => self.refuse(beat, reason),
            Err(_) => {}
        }
    }

    fn next_test(&mut self, beat: &mut Beat<'_>, step: SelfTest) {
        let next = match step {
            SelfTest::Guard => SelfTest::Sensors,
            SelfTest::Sensors => SelfTest::PumpsTurn,
            SelfTest::PumpsTurn => SelfTest::PumpsStop,
            SelfTest::PumpsStop => SelfTest::CentrifugeTurns,
            SelfTest::CentrifugeTurns => SelfTest::CentrifugeStops,
            SelfTest::CentrifugeStops => SelfTest::ClampOpens,
            SelfTest::ClampOpens => SelfTest::AirTrips,
            SelfTest::AirTrips => SelfTest::Recovery,
            SelfTest::Recovery => return self.go(beat, Phase::Admission(Admission::default())),
        };
        // Each step has its own time, though the phase stays the same.
        self.entered_at = beat.now;
        self.phase = Phase::SelfTest(next);
    }

    /// The guard passes commands and the machine is out of its safe state, in which it may have been switched on and
    /// into which the test air may have sent it. This is the one reset that no operator has to ask for: nobody is
    /// connected.
    fn test_guard(&self, beat: &mut Beat<'_>) -> Result<(), Refusal> {
        beat.commands.reset = beat.telemetry.safe_state.is_some();
        let passes = beat.seen.guard == Some(VerdictKind::Pass) && beat.telemetry.safe_state.is_none();
        let recovering = self.phase == Phase::SelfTest(SelfTest::Recovery);
        let air_gone = !recovering || beat.seen.return_air == Some(false) || beat.telemetry.return_air.value.is_none();
        match (passes && air_gone, recovering) {
            (true, _) => Ok(()),
            (false, true) => Err(Refusal::NoRecovery),
            (false, false) => Err(Refusal::GuardSilent),
        }
    }

    fn test_sensors(&self, beat: &Beat<'_>) -> Result<(), Refusal> {
        let seen = &beat.seen;
        if let Some(sensor) = seen.missing_vital() {
            return Err(Refusal::SensorAtRest { sensor });
        }
        let most = self.prescription.self_test.rest_pressure.mmhg();
        let rests = |pressure: Option<f64>| pressure.is_some_and(|pressure| pressure.abs() <= most);
        let checks = [
            (rests(seen.access_mmhg), Sensor::AccessPressure),
            (rests(seen.return_mmhg), Sensor::ReturnPressure),
            (rests(seen.centrifuge_mmhg), Sensor::CentrifugePressure),
            (seen.leak == Some(false), Sensor::Leak),
            (seen.door_locked == Some(true), Sensor::Door),
            (seen.draw_clamp == Some(Clamp::Closed), Sensor::DrawClamp),
            (seen.return_clamp == Some(Clamp::Closed), Sensor::ReturnClamp),
            (seen.anticoagulant_g.is_some(), Sensor::AnticoagulantWeight),
            (seen.saline_g.is_some(), Sensor::SalineWeight),
            (seen.mains == Some(true), Sensor::Mains),
        ];
        match checks.into_iter().find(|(good, _)| !good) {
            Some((_, sensor)) => Err(Refusal::SensorAtRest { sensor }),
            None => Ok(()),
        }
    }

    fn test_pumps_turn(&self, beat: &mut Beat<'_>) -> Result<(), Refusal> {
        let test = &self.prescription.self_test;
        let range = &self.prescription.limits.pump_range;
        beat.commands.pumps = PumpFlows::from_fn(|pump| test.pump_flow.min(*range.get(pump)));
        let reached = |pump: &Pump| {
            let wanted = beat.commands.pumps.get(*pump).ml_min();
            let deviation = (beat.seen.flow(*pump) - wanted).abs();
            deviation <= wanted * test.pump_tolerance.fraction()
        };
        match Pump::ALL.into_iter().find(|pump| !reached(pump)) {
            Some(pump) => Err(Refusal::PumpDidNotTurn { pump }),
            None => Ok(()),
        }
    }

    fn test_pumps_stop(&self, beat: &Beat<'_>) -> Result<(), Refusal> {
        let least = self.prescription.self_test.pump_flow.ml_min() * STANDS;
        let stands = |pump: &Pump| beat.seen.flows_ml_min.get(*pump).is_some_and(|flow| flow.abs() <= least);
        if Pump::ALL.iter().all(stands) { Ok(()) } else { Err(Refusal::PumpDidNotStop) }
    }

    fn test_centrifuge_turns(&self, beat: &mut Beat<'_>) -> Result<(), Refusal> {
        let test = &self.prescription.self_test;
        beat.commands.centrifuge_speed = test.centrifuge_speed;
        let shown = RotationalSpeed::from_rpm(beat.seen.speed_rpm.unwrap_or(0.0));
        let deviation = (shown - test.centrifuge_speed).abs();
        if deviation <= test.centrifuge_speed * test.centrifuge_tolerance.fraction() {
            Ok(())
        } else {
            Err(Refusal::CentrifugeDidNotTurn { wanted: test.centrifuge_speed, shown })
        }
    }

    fn test_centrifuge_stops(&self, beat: &Beat<'_>) -> Result<(), Refusal> {
        let least = self.prescription.self_test.centrifuge_speed.rpm() * STANDS;
        let stands = beat.seen.speed_rpm.is_some_and(|speed| speed.abs() <= least);
        if stands { Ok(()) } else { Err(Refusal::CentrifugeDidNotStop) }
    }

    fn test_clamp_opens(beat: &mut Beat<'_>) -> Result<(), Refusal> {
        beat.commands.return_clamp = Clamp::Open;
        if beat.seen.return_clamp == Some(Clamp::Open) { Ok(()) } else { Err(Refusal::ClampDidNotOpen) }
    }

    /// Control keeps asking for an open clamp: machine and guard must close it against that.
    fn test_air_trips(beat: &mut Beat<'_>, limit: TimeSpan) -> Result<(), Refusal> {
        beat.commands.return_clamp = Clamp::Open;
        beat.commands.air_test = true;
        match (beat.seen.return_air, beat.seen.return_clamp) {
            (Some(true), Some(Clamp::Closed)) => Ok(()),
            (Some(true), _) => Err(Refusal::ClampDidNotTrip { limit }),
            _ => Err(Refusal::AirNotSeen),
        }
    }
}
