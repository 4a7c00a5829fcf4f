//! Peristaltic pumps: what turns is not what flows.
//!
//! A roller pump carries its nominal flow times a calibration error of its tubing, less what suction before it or
//! pressure behind it takes away, with a ripple each time a roller leaves.

use leuka_blood::math;
use leuka_blood::parameters::{Error, Reader};
use leuka_blood::random::Stream;

use crate::fault::ActuatorFault;

/// How pumps err.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PumpParameters {
    pub(crate) calibration_sd: f64,
    pub(crate) calibration_limit: f64,
    pub(crate) suction_loss: f64,
    pub(crate) suction_reference_mmhg: f64,
    pub(crate) suction_stall_mmhg: f64,
    pub(crate) pressure_stall_from_mmhg: f64,
    pub(crate) pressure_stall_mmhg: f64,
    pub(crate) ripple: f64,
    pub(crate) rollers_per_ml: f64,
    pub(crate) most_ml_min: f64,
}

impl PumpParameters {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let suction_reference_mmhg = reader.within("pump.suction_reference", "mmHg", 1.0, 1000.0)?;
        let pressure_stall_from_mmhg = reader.within("pump.pressure_stall_from", "mmHg", 1.0, 5000.0)?;
        Ok(Self {
            calibration_sd: reader.within("pump.calibration_error", "", 0.0, 0.1)?,
            calibration_limit: reader.within("pump.calibration_limit", "", 0.0, 0.2)?,
            suction_loss: reader.within("pump.suction_loss", "", 0.0, 0.9)?,
            suction_reference_mmhg,
            suction_stall_mmhg: reader.within("pump.suction_stall", "mmHg", suction_reference_mmhg + 1.0, 2000.0)?,
            pressure_stall_from_mmhg,
            pressure_stall_mmhg: reader.within(
                "pump.pressure_stall",
                "mmHg",
                pressure_stall_from_mmhg + 1.0,
                9000.0,
            )?,
            ripple: reader.within("pump.ripple", "", 0.0, 0.9)?,
            rollers_per_ml: 1.0 / reader.within("pump.roller_volume", "mL", 0.01, 10.0)?,
            most_ml_min: reader.within("pump.most_flow", "mL/min", 1.0, 2000.0)?,
        })
    }

    /// Part of the flow that is left at a pressure before the pump (suction is negative).
    pub(crate) fn suction_factor(&self, pressure_mmhg: f64) -> f64 {
        let suction = math::greater(-pressure_mmhg, 0.0);
        let reference = self.suction_reference_mmhg;
        if suction <= reference {
            1.0 - self.suction_loss * suction / reference
        } else {
            let left = (self.suction_stall_mmhg - suction) / (self.suction_stall_mmhg - reference);
            (1.0 - self.suction_loss) * left.max(0.0)
        }
    }

    /// Part of the flow that is left at a pressure behind the pump.
    pub(crate) fn back_pressure_factor(&self, pressure_mmhg: f64) -> f64 {
        if pressure_mmhg <= self.pressure_stall_from_mmhg {
            return 1.0;
        }
        let room = self.pressure_stall_mmhg - self.pressure_stall_from_mmhg;
        ((self.pressure_stall_mmhg - pressure_mmhg) / room).clamp(0.0, 1.0)
    }
}

/// One pump with its tubing.
#[derive(Debug)]
pub(crate) struct RollerPump {
    calibration: f64,
    /// What it carries of its nominal flow: its calibration less what it slips.
    carries: f64,
    most_ml_min: f64,
    /// Where the rollers stand, 0 to 1 from one to the next.
    phase: f64,
    /// What it turns, as nominal flow, mL/min.
    turning_ml_min: f64,
    fault: Option<(ActuatorFault, f64)>,
}

impl RollerPump {
    pub(crate) fn new(parameters: &PumpParameters, stream: &mut Stream) -> Self {
        let limit = parameters.calibration_limit;
        let calibration = 1.0 + (parameters.calibration_sd * stream.normal()).clamp(-limit, limit);
        Self {
            calibration,
            carries: calibration,
            most_ml_min: parameters.most_ml_min,
            phase: stream.uniform(),
            turning_ml_min: 0.0,
            fault: None,
        }
    }

    pub(crate) const fn fail(&mut self, fault: Option<(ActuatorFault, f64)>) {
        self.fault = fault;
        let grip = match fault {
            Some((ActuatorFault::Slip, part)) => 1.0 - part.clamp(0.0, 1.0),
            _ => 1.0,
        };
        self.carries = self.calibration * grip;
    }

    /// Lets the pump turn for a commanded flow; without power it stands.
    pub(crate) fn turn(&mut self, commanded_ml_min: f64, powered: bool) {
        self.turning_ml_min = match self.fault {
            _ if !powered => 0.0,
            Some((ActuatorFault::Stuck, _)) => 0.0,
            Some((ActuatorFault::Runaway, flow)) => flow.clamp(0.0, self.most_ml_min),
            Some((ActuatorFault::Slip, _)) | None => commanded_ml_min,
        };
    }

    /// What its revolution counter sees, as nominal flow, mL/min.
    pub(crate) const fn turning_ml_min(&self) -> f64 {
        self.turning_ml_min
    }

    /// Volume that the pump would move in so many minutes without suction or back pressure, mL.
    pub(crate) fn stroke_ml(&mut self, parameters: &PumpParameters, minutes: f64) -> f64 {
        if self.turning_ml_min == 0.0 {
            return 0.0;
        }
        let nominal_ml = self.turning_ml_min * minutes;
        let turned = nominal_ml * parameters.rollers_per_ml;
        // A triangle with mean zero, from -1 to 1 over the passage of one roller.
        let ripple = 4.0 * (within_one(self.phase + 0.5 * turned) - 0.5).abs() - 1.0;
        self.phase = within_one(self.phase + turned);
        nominal_ml * self.carries * (1.0 + parameters.ripple * ripple)
    }
}

/// A phase without its whole turns.
fn within_one(phase: f64) -> f64 {
    // Most steps turn less than one roller.
    if phase < 1.0 {
        phase
    } else if phase < 2.0 {
        phase - 1.0
    } else {
        phase - math::floor(phase)
    }
}

#[cfg(test)]
mod tests {
    use leuka_blood::random::Seed;

    use super::*;
    use crate::data::Parameters;

    fn parameters() -> PumpParameters {
        Parameters::embedded().unwrap().pump
    }

    #[test]
    fn suction_of_250_mmhg_costs_12_percent_and_more_stalls_the_pump() {
        let pump = parameters();
        assert!((pump.suction_factor(-250.0) - 0.88).abs() < 1e-12);
        assert!((pump.suction_factor(-125.0) - 0.94).abs() < 1e-12);
        assert_eq!(pump.suction_factor(50.0), 1.0);
        assert_eq!(pump.suction_factor(-pump.suction_stall_mmhg), 0.0);
        assert_eq!(pump.back_pressure_factor(pump.pressure_stall_from_mmhg), 1.0);
        assert_eq!(pump.back_pressure_factor(pump.pressure_stall_mmhg), 0.0);
    }

    #[test]
    fn over_many_rollers_the_ripple_cancels() {
        let parameters = parameters();
        let mut pump = RollerPump::new(&parameters, &mut Seed::run(3).stream("test"));
        pump.turn(60.0, true);
        let moved_ml: f64 = (0..12_000).map(|_| pump.stroke_ml(&parameters, 0.05 / 60.0)).sum();
        assert!((moved_ml / (600.0 * pump.calibration) - 1.0).abs() < 1e-3, "{moved_ml} mL in ten minutes");
    }

    #[test]
    fn calibration_errors_spread_by_their_standard_deviation_and_stay_within_the_limit() {
        let parameters = parameters();
        let errors: Vec<f64> = (0..4000)
            .map(|seed| RollerPump::new(&parameters, &mut Seed::run(seed).stream("test")).calibration - 1.0)
            .collect();
        let variance = errors.iter().map(|error| error * error).sum::<f64>() / 4000.0;
        assert!((math::sqrt(variance) / parameters.calibration_sd - 1.0).abs() < 0.1);
        assert!(errors.iter().all(|error| error.abs() <= parameters.calibration_limit + 1e-12));
    }

    #[test]
    fn a_stuck_pump_stands_a_runaway_pump_turns_and_without_power_none_does() {
        let parameters = parameters();
        let mut pump = RollerPump::new(&parameters, &mut Seed::run(3).stream("test"));
        let mut turning = |fault, commanded, powered| {
            pump.fail(fault);
            pump.turn(commanded, powered);
            (pump.turning_ml_min(), pump.stroke_ml(&parameters, 0.05 / 60.0) > 0.0)
        };
        assert_eq!(turning(Some((ActuatorFault::Stuck, 0.0)), 50.0, true), (0.0, false));
        assert_eq!(turning(Some((ActuatorFault::Runaway, 120.0)), 0.0, true), (120.0, true));
        assert_eq!(turning(Some((ActuatorFault::Runaway, 120.0)), 50.0, false), (0.0, false));
        assert_eq!(turning(Some((ActuatorFault::Slip, 1.0)), 50.0, true), (50.0, false));
    }
}
