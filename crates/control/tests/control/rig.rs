//! A toy machine, donor and operator: just enough to take the controller through a whole procedure.
//!
//! The channel is the integrator that control believes in, with a delay, camera noise, and a true haematocrit of its
//! own; the collect line's haematocrit falls exponentially with the interface's distance from a fixed depth.

use std::collections::VecDeque;

use leuka_blood::quantity::*;
use leuka_blood::random::{Seed, Stream};
use leuka_blood::{Anticoagulant, Sex, ThreeTier};
use leuka_control::*;
use leuka_device::*;
use leuka_dose::{DoseCell, InletRatio, Target};

pub(crate) fn id(text: &str) -> Identifier {
    Identifier::try_from(text).expect("a short identifier")
}

/// An autologous CD34 collection from a 74 kg man.
pub(crate) fn prescription() -> Prescription {
    let tbv = Volume::from_litres(5.0);
    let defaults = Parameters::embedded(tbv).expect("the published file reads");
    Prescription {
        identity: Identity {
            order: id("ORDER-1"),
            donor: id("DONOR-1"),
            donor_second: id("1970-01-01"),
            product: id("PRODUCT-1"),
            set_code: id("SET-C"),
        },
        donor: DonorFacts {
            sex: Sex::Male,
            age_years: 54.0,
            weight: Mass::from_kg(74.0),
            height: Length::from_cm(176.0),
            tbv,
            hematocrit: Fraction::from_pct(40.0),
            hemoglobin: MassConcentration::from_g_dl(13.3),
            platelets: CellConcentration::from_1e9_l(180.0),
            white_cells: CellConcentration::from_1e9_l(30.0),
            ionised_calcium: Concentration::from_mmol_l(1.24),
        },
        settings: Settings {
            method: Method::Continuous,
            inlet_flow: FlowRate::from_ml_min(60.0),
            collect_flow: FlowRate::from_ml_min(1.0),
            centrifuge: CentrifugeMode::Speed(RotationalSpeed::from_rpm(1200.0)),
            collect_hematocrit: Fraction::from_pct(3.0),
            interface: Length::from_mm(2.0),
            access: Access::Needle,
            prime_flow: FlowRate::from_ml_min(100.0),
            divert_flow: FlowRate::from_ml_min(40.0),
            divert_volume: Volume::from_ml(40.0),
            rinse_back_flow: FlowRate::from_ml_min(60.0),
            rinse_back_volume: Volume::from_ml(200.0),
            rinse_back_speed: RotationalSpeed::from_rpm(400.0),
            keep_open_flow: FlowRate::from_ml_min(5.0),
            warmer: Some(Temperature::from_celsius(37.0)),
        },
        anticoagulant: AnticoagulantSettings {
            solution: Anticoagulant::AcdA,
            ratio: InletRatio::new(12.0).expect("an ordinary ratio"),
            citrate_mmol_ml: 0.113,
            infusion: ThreeTier {
                warning: InfusionRate::from_ml_min_l(0.8),
                automatic: InfusionRate::from_ml_min_l(1.2),
                absolute: InfusionRate::from_ml_min_l(1.2),
            },
            citrate: ThreeTier {
                warning: DoseRate::from_mg_kg_min(1.7),
                automatic: DoseRate::from_mg_kg_min(1.9),
                absolute: DoseRate::from_mg_kg_min(1.9),
            },
            most_volume: None,
            density: MassDensity::from_g_ml(1.0146),
            bag_tare: Mass::from_grams(35.0),
            drop_volume: Volume::from_ml(0.05),
            bag_low: Volume::from_ml(50.0),
            drop_silence: TimeSpan::from_seconds(10.0),
            drops_missed: 4,
        },
        goal: Goal {
            target: Target::Volume(Volume::from_litres(3.0)),
            cells: DoseCell::Cd34,
            dose_weight: Mass::from_kg(74.0),
            pre_count: CellConcentration::from_per_ul(68.0),
            expected_ce2: Fraction::from_pct(60.0),
            confidence: None,
            goal: CellDose::from_1e6_kg(5.0),
            minimum: CellDose::from_1e6_kg(2.0),
            belief: belief(),
            most_tbv_multiple: 5.0,
            most_time: TimeSpan::from_minutes(480.0),
        },
        set: SetData {
            extracorporeal_volume: Volume::from_ml(185.0),
            prime_volume: Volume::from_ml(200.0),
            red_cell_prime: false,
            channel_volume: Volume::from_ml(75.0),
            channel_radius: Length::from_mm(85.0),
            channel_gap: Length::from_mm(5.0),
            collect_line_volume: Volume::from_ml(5.0),
            reservoir: None,
            reservoir_tare: Mass::from_grams(30.0),
        },
        limits: defaults.limits,
        self_test: defaults.self_test,
        sensors: defaults.sensors,
        times: Times { observation: TimeSpan::from_minutes(2.0), ..defaults.times },
        tuning: toy_tuning(defaults.tuning),
    }
}

/// What is believed of CD34+ cells where a CE2 of 60 % is expected.
fn belief() -> leuka_dose::Belief {
    let file = leuka_dose::EfficiencyPrior::embedded_file().expect("the published file reads");
    let prior = leuka_dose::EfficiencyPrior::from_file(&file, DoseCell::Cd34).expect("the published file reads");
    prior.belief(&leuka_dose::Situation {
        expected: Some(Fraction::from_pct(60.0)),
        white_cells: CellConcentration::from_1e9_l(30.0),
        hematocrit: Fraction::from_pct(40.0),
        packing: None,
    })
}

/// Gains for the toy channel, an integrator of 15 mL/mm with 90 s of delay and a bed of 80 %; the published ones are tuned
/// on the real channel, which answers sooner.
fn toy_tuning(published: ControlTuning) -> ControlTuning {
    ControlTuning {
        interface: InterfaceTuning {
            reference_inlet: FlowRate::from_ml_min(60.0),
            bed_hematocrit: Fraction::from_pct(80.0),
            reference_packing: TimeSpan::from_minutes(171.0),
            bed_rise: Fraction::ZERO,
            plasma_ml_mm: 15.0,
            delay: TimeSpan::from_seconds(90.0),
            proportional_ml_min_mm: 6.0,
            estimate_time: TimeSpan::from_seconds(120.0),
            ..published.interface
        },
        collect: CollectTuning { proportional_mm: 0.02, integral_mm_min: 0.006, ..published.collect },
        ..published
    }
}

pub(crate) fn eligible() -> Eligibility {
    Eligibility {
        consent: true,
        infection_markers_negative: true,
        pregnant: false,
        ace_inhibitor: false,
        anticoagulant_drug: false,
        count_age: TimeSpan::from_hours(3.0),
    }
}

/// A fresh unit that was matched for the donor.
pub(crate) fn red_cells() -> RedCellUnit {
    RedCellUnit {
        donor: id("DONOR-1"),
        age: TimeSpan::from_hours(72.0),
        potassium: Concentration::from_mmol_l(8.0),
        temperature: Temperature::from_celsius(36.0),
    }
}

/// What a good operator does when asked.
pub(crate) fn answer(request: Request) -> Option<OperatorAction> {
    Some(match request {
        Request::ScanOrder => OperatorAction::ScanOrder { order: id("ORDER-1"), donor: id("DONOR-1") },
        Request::ScanDonor => OperatorAction::ScanDonor { id: id("DONOR-1"), second: id("1970-01-01") },
        Request::ConfirmEligibility => OperatorAction::ConfirmEligibility(eligible()),
        Request::AttachMonitor => return None,
        Request::LoadSet => OperatorAction::LoadSet { code: id("SET-C") },
        Request::HangSaline => OperatorAction::HangSaline { solution: Solution::Saline },
        Request::SpikeAnticoagulant => {
            OperatorAction::SpikeAnticoagulant { solution: Solution::Anticoagulant(Anticoagulant::AcdA) }
        }
        Request::HangRedCells => OperatorAction::HangRedCells(red_cells()),
        Request::InsertAccess => OperatorAction::InsertAccess { lock_aspirated: true },
        Request::TestDraw => OperatorAction::TestDraw { free: true },
        Request::TestReturn => OperatorAction::TestReturn { free: true },
        Request::Connect => OperatorAction::Connect,
        Request::Resume => OperatorAction::Resume,
        Request::FlushSet => OperatorAction::FlushSet,
        Request::Reset => OperatorAction::Reset,
        Request::Disconnect => OperatorAction::Disconnect,
        Request::MixProduct => OperatorAction::MixProduct,
        Request::SampleProduct => OperatorAction::SampleProduct,
        Request::SealProduct => OperatorAction::SealProduct {
            label: ProductLabel { product: id("PRODUCT-1"), donor: id("DONOR-1"), order: id("ORDER-1") },
        },
        Request::RemoveLine => OperatorAction::RemoveLine { hemostasis: true },
        Request::MeasureLying => OperatorAction::MeasureLying { systolic: Pressure::from_mmhg(120.0) },
        Request::MeasureStanding => OperatorAction::MeasureStanding { systolic: Pressure::from_mmhg(112.0) },
        Request::EnterCounts => OperatorAction::EnterCounts(PostCounts {
            hematocrit: Fraction::from_pct(37.0),
            platelets: CellConcentration::from_1e9_l(130.0),
            white_cells: CellConcentration::from_1e9_l(25.0),
            dose_cells: CellConcentration::from_per_ul(40.0),
        }),
    })
}

/// The toy machine's world.
#[derive(Clone)]
pub(crate) struct Plant {
    pub(crate) hematocrit: f64,
    pub(crate) bed: f64,
    /// Interface at which the collect line shows its 3 %, mm.
    pub(crate) collect_depth_mm: f64,
    pub(crate) camera_noise_mm: f64,
    pub(crate) delay_s: usize,
    pub(crate) plasma_ml: f64,
    /// Suction per flow, mmHg/(mL/min).
    pub(crate) access: f64,
    /// Pressure per flow, mmHg/(mL/min).
    pub(crate) return_: f64,
    pub(crate) anticoagulant_ml: f64,
    pub(crate) saline_ml: f64,
    pub(crate) product_ml: f64,
    pub(crate) reservoir_ml: f64,
    /// Saline still needed until the return line is free of air, mL.
    pub(crate) air_ml: f64,
    pub(crate) drops: f64,
    pub(crate) leak_when_tested: bool,
    pub(crate) air_test_closes: bool,
    pub(crate) speed_rpm: f64,
    pub(crate) return_mmhg: f64,
    pub(crate) safe: Option<SafeState>,
    seen_mm: VecDeque<f64>,
    collect_line: VecDeque<f64>,
    camera: Reading<CameraImage>,
    optics: Reading<CollectOptics>,
    noise: Stream,
}

impl Default for Plant {
    fn default() -> Self {
        Self {
            hematocrit: 0.40,
            bed: 0.80,
            collect_depth_mm: 2.0,
            camera_noise_mm: 0.1,
            delay_s: 90,
            plasma_ml: 75.0,
            access: 2.0,
            return_: 1.5,
            anticoagulant_ml: 750.0,
            saline_ml: 1000.0,
            product_ml: 0.0,
            reservoir_ml: 0.0,
            air_ml: 150.0,
            drops: 0.0,
            leak_when_tested: false,
            air_test_closes: true,
            speed_rpm: 0.0,
            return_mmhg: 0.0,
            safe: None,
            seen_mm: VecDeque::new(),
            collect_line: VecDeque::new(),
            camera: Reading::default(),
            optics: Reading::default(),
            noise: Seed::run(5).stream("control.tests"),
        }
    }
}

pub(crate) type Tamper = Box<dyn FnMut(&mut Telemetry)>;

/// Controller, toy machine and operator.
pub(crate) struct Rig {
    pub(crate) controller: Controller,
    pub(crate) plant: Plant,
    pub(crate) commands: Commands,
    pub(crate) events: Vec<Event>,
    pub(crate) beats: u64,
    pub(crate) tamper: Option<Tamper>,
    /// The plasma line's position of the interface at every minute: (minutes, mm, collect haematocrit, phase).
    pub(crate) trace: Vec<(f64, f64, f64, PhaseName)>,
}

impl Rig {
    pub(crate) fn new(prescription: Prescription) -> Self {
        Self {
            controller: Controller::new(prescription).expect("a prescription that can be carried out"),
            plant: Plant::default(),
            commands: Commands::default(),
            events: Vec::new(),
            beats: 0,
            tamper: None,
            trace: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_micros(self.beats * 100_000)
    }

    pub(crate) fn phase(&self) -> PhaseName {
        self.controller.phase().name()
    }

    pub(crate) fn act(&mut self, action: OperatorAction) {
        self.beat(Some(action));
    }

    /// One beat of 100 ms.
    pub(crate) fn beat(&mut self, action: Option<OperatorAction>) {
        self.telling(action);
    }

    /// One beat, with the telemetry that control was given.
    pub(crate) fn telling(&mut self, action: Option<OperatorAction>) -> Telemetry {
        self.beats += 1;
        self.plant.step(&self.commands, self.beats);
        let mut telemetry = self.plant.sense(self.now(), self.beats, &self.commands);
        if let Some(tamper) = &mut self.tamper {
            tamper(&mut telemetry);
        }
        let output = self.controller.step(&telemetry, action.as_ref());
        self.commands = output.commands;
        self.events.extend(output.events);
        if self.beats.is_multiple_of(600) {
            let minutes = self.beats as f64 / 600.0;
            self.trace.push((minutes, self.plant.plasma_ml / 15.0, self.plant.collect_hematocrit(), self.phase()));
        }
        telemetry
    }

    /// Lets the operator answer everything until the phase is reached, or the minutes are over.
    pub(crate) fn run_to(&mut self, phase: PhaseName, minutes: f64) -> bool {
        let end = self.beats + (minutes * 600.0) as u64;
        while self.beats < end {
            if self.phase() == phase {
                return true;
            }
            let action = self.controller.request().and_then(answer);
            self.beat(action);
        }
        self.phase() == phase
    }

    /// Runs without an operator.
    pub(crate) fn run_for(&mut self, seconds: f64) {
        for _ in 0..(seconds * 10.0) as u64 {
            self.beat(None);
        }
    }

    pub(crate) fn refusals(&self) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Refused { reason } => Some(reason.to_string()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn alarm(&self, wanted: AlarmCode) -> Option<&Event> {
        self.events
            .iter()
            .find(|event| matches!(event.kind, EventKind::Alarm { code, active: true, .. } if code == wanted))
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.events.iter().map(|event| format!("{} {}", event.at, event.kind)).collect()
    }
}

impl Plant {
    pub(crate) fn step(&mut self, commands: &Commands, beats: u64) {
        let dt_min = 0.1 / 60.0;
        let flows = self.flows(commands);
        let wanted = if self.safe.is_some() { 0.0 } else { commands.centrifuge_speed.rpm() };
        self.speed_rpm += (wanted - self.speed_rpm).clamp(-10.0, 10.0);
        match commands.draw_from {
            DrawFrom::Saline => self.saline_ml -= flows.inlet * dt_min,
            DrawFrom::Reservoir => self.reservoir_ml -= flows.inlet * dt_min,
            DrawFrom::Donor => {}
        }
        let drawn_ml = (flows.anticoagulant * dt_min).min(self.anticoagulant_ml.max(0.0));
        self.anticoagulant_ml -= drawn_ml;
        self.drops += drawn_ml / 0.05;
        let back = flows.inlet - if commands.collect_to == CollectTo::Product { flows.collect } else { 0.0 };
        let open = commands.return_clamp == Clamp::Open;
        if commands.return_to == ReturnTo::Reservoir {
            self.reservoir_ml += back * dt_min;
            self.return_mmhg = 5.0;
        } else if open {
            self.air_ml = (self.air_ml - back * dt_min).max(0.0);
            self.return_mmhg = if commands.return_to == ReturnTo::Donor { self.return_ * back } else { 5.0 };
        } else if self.leak_when_tested {
            self.return_mmhg = (self.return_mmhg * 0.95 + back * dt_min * 80.0).max(0.0);
        } else {
            self.return_mmhg += back * dt_min * 80.0;
        }
        if commands.collect_to == CollectTo::Product {
            self.product_ml += flows.collect * dt_min;
        }
        if commands.air_test && self.air_test_closes {
            let since = Instant::from_micros(beats * 100_000);
            self.safe = Some(SafeState { cause: Cause::ReturnAir, since });
        } else if commands.reset {
            self.safe = None;
        }
        self.step_channel(commands, flows, beats);
    }

    fn step_channel(&mut self, commands: &Commands, flows: PumpFlows<f64>, beats: u64) {
        let hematocrit = if commands.draw_from == DrawFrom::Saline { 0.0 } else { self.hematocrit * 11.0 / 12.0 };
        let net = flows.inlet * (1.0 - hematocrit / self.bed) - flows.collect * (1.0 - 0.03 / self.bed) - flows.plasma;
        self.plasma_ml = (self.plasma_ml + net * 0.1 / 60.0).clamp(0.0, 75.0);
        if beats.is_multiple_of(10) {
            self.seen_mm.push_back(self.plasma_ml / 15.0);
            if self.seen_mm.len() > self.delay_s {
                self.seen_mm.pop_front();
            }
            let mm = self.seen_mm.front().copied().unwrap_or(5.0);
            let at = Instant::from_micros(beats * 100_000);
            let shown = (mm < 4.9).then(|| Length::from_mm((mm + self.camera_noise_mm * self.noise.normal()).max(0.0)));
            let lit = if self.speed_rpm > 300.0 { 1.0 } else { 0.0 };
            let image = CameraImage { interface: shown, buffy_coat: None, confidence: Fraction::from_fraction(lit) };
            self.camera = Reading::new(image, at);
            // Five millilitres of collect line at 1 mL/min.
            self.collect_line.push_back(self.collect_hematocrit());
            if self.collect_line.len() > 300 {
                self.collect_line.pop_front();
            }
            let seen = self.collect_line.front().copied().unwrap_or(0.0).min(0.1);
            let nucleated_cells = CellConcentration::from_per_ul(50_000.0);
            self.optics =
                Reading::new(CollectOptics { hematocrit: Fraction::from_fraction(seen), nucleated_cells }, at);
        }
    }

    /// Haematocrit where the collect port cuts.
    pub(crate) fn collect_hematocrit(&self) -> f64 {
        let depth_mm = self.plasma_ml / 15.0 - self.collect_depth_mm;
        (0.03 * leuka_blood::math::exp(-depth_mm / 0.15)).min(0.8)
    }

    fn flows(&self, commands: &Commands) -> PumpFlows<f64> {
        PumpFlows::from_fn(|pump| if self.safe.is_some() { 0.0 } else { commands.pumps.get(pump).ml_min() })
    }

    pub(crate) fn sense(&self, now: Instant, beats: u64, commands: &Commands) -> Telemetry {
        let flows = self.flows(commands);
        let closed = self.safe.is_some();
        let clamp = |wanted| if closed { Clamp::Closed } else { wanted };
        let blood = flows.inlet - flows.anticoagulant;
        let draws = commands.draw_from == DrawFrom::Donor && commands.draw_clamp == Clamp::Open;
        let cuff_at = Instant::from_micros(now.micros() / 300_000_000 * 300_000_000);
        let grams = |ml: f64, tare: f64, density: f64| Reading::new(Mass::from_grams(ml * density + tare), now);
        Telemetry {
            sequence: u32::try_from(beats).expect("a few hours of beats"),
            at: now,
            access_pressure: Reading::new(Pressure::from_mmhg(if draws { -self.access * blood } else { 0.0 }), now),
            return_pressure: Reading::new(Pressure::from_mmhg(self.return_mmhg), now),
            centrifuge_pressure: Reading::new(Pressure::from_mmhg(flows.inlet), now),
            pump_flows: PumpFlows::from_fn(|pump| Reading::new(FlowRate::from_ml_min(*flows.get(pump)), now)),
            centrifuge_speed: Reading::new(RotationalSpeed::from_rpm(self.speed_rpm), now),
            camera: self.camera,
            collect_optics: self.optics,
            chamber_load: Reading::missing(now),
            plasma_line_hematocrit: Reading::new(Fraction::ZERO, now),
            return_air: Reading::new(commands.air_test || (self.air_ml > 0.0 && self.air_ml < 150.0), now),
            // Never quite still, as no receiver is.
            return_air_signal: Reading::new(Fraction::from_fraction(1.0 + 1e-3 * (beats % 7) as f64), now),
            vibration: Reading::new(Length::from_mm(0.05), now),
            plasma_hemoglobin: Reading::new(MassConcentration::ZERO, now),
            donor_button: Reading::new(false, now),
            anticoagulant_drops: Reading::new(self.drops as u32, now),
            weights: BagWeights {
                anticoagulant: grams(self.anticoagulant_ml, 35.0, 1.0146),
                saline: grams(self.saline_ml, 40.0, 1.0),
                product: grams(self.product_ml, 25.0, 1.027),
                waste: grams(0.0, 30.0, 1.0),
                reservoir: grams(self.reservoir_ml, 30.0, 1.04),
            },
            return_temperature: Reading::new(Temperature::from_celsius(36.0), now),
            draw_clamp: Reading::new(clamp(commands.draw_clamp), now),
            return_clamp: Reading::new(clamp(commands.return_clamp), now),
            door_locked: Reading::new(true, now),
            leak: Reading::new(false, now),
            mains: Reading::new(true, now),
            battery: Reading::new(TimeSpan::from_minutes(45.0), now),
            monitor: Monitor {
                heart_rate: Reading::new(Frequency::from_per_min(72.0), now),
                systolic: Reading::new(Pressure::from_mmhg(122.0), cuff_at),
                diastolic: Reading::new(Pressure::from_mmhg(78.0), cuff_at),
                spo2: Reading::new(Fraction::from_pct(97.0), now),
                ..Monitor::default()
            },
            guard: Reading::new(if closed { VerdictKind::Safe } else { VerdictKind::Pass }, now),
            guard_cause: self.safe.map(|safe| safe.cause),
            safe_state: self.safe,
        }
    }
}
