//! Actuators: what is told, and what happens a reaction time later.

use leuka_device::Instant;

use crate::data::CentrifugeParameters;
use crate::fault::ActuatorFault;

/// Something that follows what it is told after its reaction time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delayed<T> {
    now: T,
    /// What it becomes, and when; never, while nothing is pending.
    target: T,
    due: Instant,
    reaction_us: u64,
}

impl<T: Copy + PartialEq> Delayed<T> {
    pub(crate) const fn new(now: T, reaction_us: u64) -> Self {
        Self { now, target: now, due: Instant::END, reaction_us }
    }

    pub(crate) const fn get(&self) -> T {
        self.now
    }

    /// Tells it what to become; being told the same again does not start the reaction time anew.
    pub(crate) fn tell(&mut self, target: T, at: Instant) {
        if self.target != target {
            (self.target, self.due) = (target, at.plus_micros(self.reaction_us));
        }
    }

    /// When it next changes.
    pub(crate) const fn next(&self) -> Instant {
        self.due
    }

    /// Changes if it is time; returns the moment at which it did.
    pub(crate) fn settle(&mut self, now: Instant) -> Option<Instant> {
        if self.due > now {
            return None;
        }
        let due = core::mem::replace(&mut self.due, Instant::END);
        let changed = self.now != self.target;
        self.now = self.target;
        changed.then_some(due)
    }
}

/// A clamp that a magnet opens and a spring closes.
#[derive(Debug)]
pub(crate) struct PinchClamp {
    open: Delayed<bool>,
    fault: Option<(ActuatorFault, f64)>,
}

impl PinchClamp {
    pub(crate) const fn new(reaction_us: u64) -> Self {
        Self { open: Delayed::new(false, reaction_us), fault: None }
    }

    pub(crate) const fn fail(&mut self, fault: Option<(ActuatorFault, f64)>) {
        self.fault = fault;
    }

    /// Tells the clamp to be open or closed; without power the spring closes it.
    pub(crate) fn tell(&mut self, open: bool, powered: bool, at: Instant) {
        let target = match self.fault {
            Some((ActuatorFault::Stuck, _)) => self.open.get(),
            Some((ActuatorFault::Runaway, _)) => powered,
            _ => open && powered,
        };
        self.open.tell(target, at);
    }

    pub(crate) const fn next(&self) -> Instant {
        self.open.next()
    }

    pub(crate) fn settle(&mut self, now: Instant) -> Option<Instant> {
        self.open.settle(now)
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Part of the line that is open, 0 to 1.
    pub(crate) const fn part_open(&self) -> f64 {
        match self.fault {
            _ if self.open.get() => 1.0,
            Some((ActuatorFault::Slip, part)) => part.clamp(0.0, 1.0),
            _ => 0.0,
        }
    }
}

/// The rotor with its drive.
#[derive(Debug)]
pub(crate) struct Centrifuge {
    parameters: CentrifugeParameters,
    speed_rpm: f64,
    /// What the drive is told; `None`: drive off.
    target_rpm: Option<f64>,
    fault: Option<(ActuatorFault, f64)>,
}

impl Centrifuge {
    pub(crate) const fn new(parameters: CentrifugeParameters) -> Self {
        Self { parameters, speed_rpm: 0.0, target_rpm: None, fault: None }
    }

    pub(crate) const fn fail(&mut self, fault: Option<(ActuatorFault, f64)>) {
        self.fault = fault;
    }

    /// Tells the drive its speed; `None` switches it off. Returns true when that switched a turning drive off.
    pub(crate) fn tell(&mut self, target_rpm: Option<f64>) -> bool {
        let switched_off = target_rpm.is_none() && self.target_rpm.is_some();
        self.target_rpm = target_rpm;
        switched_off
    }

    /// True while the drive is told a speed.
    pub(crate) const fn is_driven(&self) -> bool {
        self.target_rpm.is_some()
    }

    pub(crate) const fn speed_rpm(&self) -> f64 {
        self.speed_rpm
    }

    /// Lets time pass: the driven rotor nears its speed with the time constant of its loop and no faster than its drive
    /// and brake can, the other one coasts.
    pub(crate) fn advance(&mut self, dt_s: f64) {
        let driven = match (self.target_rpm, self.fault) {
            (None, _) | (_, Some((ActuatorFault::Stuck, _))) => None,
            (Some(_), Some((ActuatorFault::Runaway, speed))) => Some(speed),
            (Some(target), Some((ActuatorFault::Slip, part))) => Some(target * (1.0 - part.clamp(0.0, 1.0))),
            (Some(target), None) => Some(target),
        };
        // Implicit steps, so that the target is never passed.
        match driven {
            Some(target) => {
                let step = (target - self.speed_rpm) * dt_s / (self.parameters.spin_up + dt_s);
                let most = self.parameters.most_acceleration * dt_s;
                self.speed_rpm += step.clamp(-most, most);
            }
            None => self.speed_rpm /= 1.0 + dt_s / self.parameters.coast,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Parameters;

    #[test]
    fn a_clamp_without_power_closes_after_its_reaction_time() {
        let at = Instant::from_micros;
        let mut clamp = PinchClamp::new(40_000);
        clamp.tell(true, true, at(0));
        assert_eq!(clamp.settle(at(40_000)), Some(at(40_000)));
        clamp.tell(true, false, at(100_017));
        assert_eq!((clamp.settle(at(140_016)), clamp.is_open()), (None, true));
        assert_eq!((clamp.settle(at(150_000)), clamp.is_open()), (Some(at(140_017)), false));
    }

    #[test]
    fn clamp_faults_hold_it_leak_through_it_or_open_it() {
        let at = Instant::from_micros;
        let mut clamp = PinchClamp::new(0);
        clamp.fail(Some((ActuatorFault::Runaway, 0.0)));
        clamp.tell(false, true, at(1));
        clamp.settle(at(1));
        assert!(clamp.is_open());
        clamp.fail(Some((ActuatorFault::Stuck, 0.0)));
        clamp.tell(false, false, at(2));
        clamp.settle(at(2));
        assert!(clamp.is_open());
        clamp.fail(Some((ActuatorFault::Slip, 0.2)));
        clamp.tell(false, true, at(3));
        clamp.settle(at(3));
        assert_eq!((clamp.is_open(), clamp.part_open()), (false, 0.2));
    }

    #[test]
    fn the_rotor_reaches_its_speed_and_coasts_when_the_drive_is_off() {
        let mut rotor = Centrifuge::new(Parameters::embedded().unwrap().centrifuge);
        let mut run = |target, seconds: u32| {
            let switched_off = rotor.tell(target);
            (0..seconds * 20).for_each(|_| rotor.advance(0.05));
            (rotor.speed_rpm(), switched_off)
        };
        assert!((run(Some(1000.0), 180).0 - 1000.0).abs() < 1.0);
        let (coasted, switched_off) = run(None, 45);
        assert!(switched_off && (coasted / 1000.0 * std::f64::consts::E - 1.0).abs() < 0.01, "{coasted} rpm");
        assert!(run(Some(0.0), 60).0 < coasted * 0.1);
    }
}
