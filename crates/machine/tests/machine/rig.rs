//! A machine on a bench: a donor, a well-mixed tank for a separator, and commands and permits that never fail unless a
//! test says so.

use std::cell::RefCell;
use std::rc::Rc;

use leuka_blood::quantity::{FlowRate, Length, Mass, RotationalSpeed, TimeSpan, Volume};
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Component, Mixture, Sex};
use leuka_device::{Clamp, Commands, DrawFrom, GuardTelemetry, Instant, Permit, Pump, ReturnTo, Telemetry, Verdict};
use leuka_donor::{Description, Donor};
use leuka_machine::{AccessKind, Fault, Handling, Mark, Parameters, Setup, Solution, VeinQuality, VirtualMachine};
use leuka_separator::{Outlets, Separator, Settings, View};

/// A tank in which everything mixes at once; air passes straight to the plasma port.
#[derive(Clone, Default)]
pub(crate) struct Tank(Rc<RefCell<Mixture>>);

impl Separator for Tank {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let mut tank = self.0.borrow_mut();
        let fluid_ml = inlet.fluid_ml();
        let air = inlet.only(|component| component == Component::Air);
        *tank += *inlet - air;
        let collect_ml = (settings.collect_flow * dt).ml().min(fluid_ml);
        let plasma_ml = ((settings.plasma_flow * dt).ml() - air.volume_ml()).clamp(0.0, fluid_ml - collect_ml);
        let collect = tank.draw(collect_ml);
        let plasma = tank.draw(plasma_ml) + air;
        let red = tank.draw(fluid_ml - collect_ml - plasma_ml);
        Outlets { red, collect, plasma }
    }

    fn view(&self) -> View {
        View { interface_mm: 3.0, buffy_thickness_mm: 0.4, chamber_load: Some(0.5), ..View::default() }
    }

    fn contents(&self) -> Mixture {
        *self.0.borrow()
    }
}

/// The machine with whoever runs it.
pub(crate) struct Rig {
    pub(crate) machine: VirtualMachine,
    pub(crate) tank: Tank,
    pub(crate) commands: Commands,
    pub(crate) verdict: Verdict,
    pub(crate) sends_commands: bool,
    pub(crate) sends_permits: bool,
    pub(crate) telemetry: Telemetry,
    pub(crate) guard_telemetry: GuardTelemetry,
    pub(crate) marks: Vec<Mark>,
    permits: u32,
}

/// What differs from one bench to the next.
pub(crate) struct Bench {
    pub(crate) seed: u64,
    pub(crate) draw_access: AccessKind,
    pub(crate) return_access: AccessKind,
    pub(crate) vein: VeinQuality,
    pub(crate) replaced: Vec<(&'static str, f64)>,
}

impl Default for Bench {
    fn default() -> Self {
        let needle = AccessKind::FistulaNeedle17G;
        Self { seed: 1, draw_access: needle, return_access: needle, vein: VeinQuality::Good, replaced: Vec::new() }
    }
}

impl Bench {
    /// Pumps and pressure sensors without errors of their own.
    pub(crate) fn exact(mut self) -> Self {
        self.replaced.extend([
            ("pump.calibration_error", 0.0),
            ("pump.ripple", 0.0),
            ("sensor.access_pressure.bias", 0.0),
            ("sensor.access_pressure.noise", 0.0),
            ("sensor.return_pressure.bias", 0.0),
            ("sensor.return_pressure.noise", 0.0),
        ]);
        self
    }

    pub(crate) fn parameters(&self) -> Parameters {
        let mut file = Parameters::embedded_file().unwrap();
        for (path, value) in &self.replaced {
            file.set(path, *value).unwrap();
        }
        Parameters::from_file(&file).unwrap()
    }

    /// A machine that has just been switched on.
    pub(crate) fn build(self) -> Rig {
        let tank = Tank(Rc::new(RefCell::new(Mixture::saline(75.0))));
        self.build_with(tank.clone(), Box::new(tank))
    }

    /// The same around any separator; the tank stands idle then.
    pub(crate) fn build_with(self, tank: Tank, separator: Box<dyn Separator>) -> Rig {
        let blood = leuka_blood::Parameters::embedded().unwrap();
        let seed = Seed::run(self.seed);
        let machine = VirtualMachine::new(Setup {
            parameters: self.parameters(),
            anticoagulant: Anticoagulant::AcdA,
            draw_access: self.draw_access,
            return_access: self.return_access,
            vein: self.vein,
            donor: donor(&blood, seed),
            separator,
            blood,
            seed,
        });
        Rig {
            machine: machine.unwrap(),
            tank,
            commands: Commands::default(),
            verdict: Verdict::Pass,
            sends_commands: true,
            sends_permits: true,
            telemetry: Telemetry::default(),
            guard_telemetry: GuardTelemetry::default(),
            marks: Vec::new(),
            permits: 0,
        }
    }

    /// A machine with a primed set, connected to the donor, with pumps at rest and clamps open.
    pub(crate) fn connected(self) -> Rig {
        self.build().connected()
    }
}

impl Rig {
    /// Loads, primes and connects.
    pub(crate) fn connected(self) -> Self {
        let mut rig = self;
        rig.handle(Handling::LoadSet);
        rig.handle(Handling::HangSaline(Solution::Saline, Volume::from_ml(1000.0)));
        let acd_a = Solution::Anticoagulant(Anticoagulant::AcdA);
        rig.handle(Handling::HangAnticoagulant(acd_a, Volume::from_ml(500.0)));
        rig.handle(Handling::ConnectAnticoagulant);
        rig.commands.return_clamp = Clamp::Open;
        rig.pumps([100.0, 0.0, 30.0, 20.0]);
        rig.run(90.0);
        rig.pumps([0.0; 4]);
        rig.handle(Handling::InsertAccess);
        rig.handle(Handling::ConnectDonor);
        rig.commands.draw_clamp = Clamp::Open;
        rig.commands.draw_from = DrawFrom::Donor;
        rig.commands.return_to = ReturnTo::Donor;
        rig.run(2.0);
        rig
    }
}

fn donor(blood: &leuka_blood::Parameters, seed: Seed) -> Donor {
    let parameters = leuka_donor::Parameters::embedded().unwrap();
    let (height, weight) = (Length::from_cm(178.0), Mass::from_kg(78.0));
    let description = Description::typical(Sex::Male, 35.0, height, weight, Volume::from_litres(5.2), &parameters);
    Donor::new(&description, &parameters, blood, seed).unwrap()
}

impl Rig {
    pub(crate) fn handle(&mut self, handling: Handling) {
        self.machine.handle(handling).unwrap();
    }

    /// Commands flows of inlet, anticoagulant, plasma and collect pump, mL/min.
    pub(crate) fn pumps(&mut self, flows_ml_min: [f64; 4]) {
        for (pump, flow) in Pump::ALL.into_iter().zip(flows_ml_min) {
            *self.commands.pumps.get_mut(pump) = FlowRate::from_ml_min(flow);
        }
    }

    pub(crate) fn spin(&mut self, rpm: f64) {
        self.commands.centrifuge_speed = RotationalSpeed::from_rpm(rpm);
    }

    /// One beat.
    pub(crate) fn beat(&mut self) {
        self.machine.advance();
        self.machine.sense();
        (self.telemetry, self.guard_telemetry) = (*self.machine.telemetry(), *self.machine.guard_telemetry());
        self.commands.sequence += 1;
        self.commands.at = self.telemetry.at;
        self.permits += 1;
        let permit =
            Permit { sequence: self.permits, at: self.guard_telemetry.at, verdict: self.verdict, limits_crc: 0 };
        self.machine.actuate(self.sends_commands.then_some(&self.commands), self.sends_permits.then_some(&permit));
        self.marks.extend(self.machine.marks());
    }

    pub(crate) fn run(&mut self, seconds: f64) {
        for _ in 0..(seconds * 20.0).round() as u64 {
            self.beat();
        }
    }

    /// Injects a fault that lasts, `after_us` microseconds from now.
    pub(crate) fn inject(&mut self, name: &str, magnitude: f64, after_us: u64) -> Instant {
        let starts_at = self.machine.now().plus_micros(after_us);
        self.machine.inject(Fault { kind: name.parse().unwrap(), starts_at, ends_at: None, magnitude });
        starts_at
    }

    /// Blood that the donor has lost to the set, less what came back, mL of everything.
    pub(crate) fn circulating_ml(&self) -> f64 {
        self.machine.donor().circulating().fluid_ml()
    }

    pub(crate) fn access_mmhg(&self) -> f64 {
        self.telemetry.access_pressure.value.unwrap().mmhg()
    }

    pub(crate) fn return_mmhg(&self) -> f64 {
        self.telemetry.return_pressure.value.unwrap().mmhg()
    }
}
