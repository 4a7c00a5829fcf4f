//! Filters and the elutriation chamber on the toy machine.

use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_device::*;
use leuka_dose::Target;

use crate::rig::*;

pub(crate) const ELUTION: Elution =
    Elution { displace: Volume::from_ml(100.0), flow: FlowRate::from_ml_min(40.0), volume: Volume::from_ml(300.0) };

const DILUTION: Dilution = Dilution { factor: 4.0, period: TimeSpan::from_seconds(12.0) };

const CYCLE: ChamberCycle = ChamberCycle {
    flush_at: Fraction::from_pct(80.0),
    longest_fill: TimeSpan::from_minutes(20.0),
    flow: FlowRate::from_ml_min(12.0),
    volume: Volume::from_ml(18.0),
};

/// All methods.
pub(crate) const METHODS: [Method; 5] = [
    Method::Continuous,
    Method::Chamber(CYCLE),
    Method::DepthFilter(ELUTION),
    Method::AdsorptionColumn,
    Method::SizeFilter(DILUTION),
];

/// The prescription of the toy machine by another method.
pub(crate) fn by(method: Method) -> Prescription {
    let mut prescription = prescription();
    prescription.settings.method = method;
    if !method.spins() {
        prescription.settings.centrifuge = CentrifugeMode::Speed(RotationalSpeed::ZERO);
        prescription.settings.rinse_back_speed = RotationalSpeed::ZERO;
    }
    prescription.settings.rinse_back_volume = Volume::from_ml(100.0);
    prescription.goal.target = Target::Volume(Volume::from_litres(1.0));
    prescription
}

/// A run by a filter that takes `pressure_mmhg` at 60 mL/min, in proportion to the flow, in its collect phase.
fn filtering(method: Method, pressure_mmhg: f64) -> Rig {
    let mut rig = Rig::new(by(method));
    rig.tamper = Some(Box::new(move |telemetry| {
        let flow = telemetry.pump_flows.inlet.value.map_or(0.0, |flow| flow.ml_min());
        let behind = telemetry.return_pressure.value.map_or(0.0, |pressure| pressure.mmhg());
        let before = Pressure::from_mmhg(behind + (pressure_mmhg * flow / 60.0).min(900.0));
        telemetry.centrifuge_pressure = Reading::new(before, telemetry.at);
    }));
    assert!(rig.run_to(PhaseName::Collect, 60.0), "at {}: {:#?}", rig.phase(), rig.told());
    rig
}

fn phases(rig: &Rig) -> Vec<PhaseName> {
    let name = |event: &Event| match event.kind {
        EventKind::PhaseChanged { to, .. } => Some(to),
        _ => None,
    };
    rig.events.iter().filter_map(name).collect()
}

#[test]
fn a_depth_filter_needs_no_interface_and_is_eluted_before_rinse_back() {
    let mut rig = filtering(Method::DepthFilter(ELUTION), 30.0);
    rig.run_for(60.0);
    assert_eq!((rig.commands.centrifuge_speed, rig.commands.pumps.plasma), (RotationalSpeed::ZERO, FlowRate::ZERO));
    assert!(rig.run_to(PhaseName::Summary, 240.0), "stuck at {}: {:#?}", rig.phase(), rig.told());
    assert_eq!(rig.controller.outcome(), Some(EndReason::TargetReached));
    let phases = phases(&rig);
    assert!(!phases.contains(&PhaseName::EstablishInterface));
    let elution = phases.iter().position(|phase| *phase == PhaseName::Elute).unwrap();
    assert_eq!(
        phases[elution - 1..=elution + 2],
        [PhaseName::Collect, PhaseName::Elute, PhaseName::RinseBack, PhaseName::Disconnect]
    );
    assert!((rig.plant.product_ml - 300.0).abs() < 2.0, "{} mL", rig.plant.product_ml);
}

#[test]
fn elution_returns_the_blood_first_and_then_goes_to_the_bag() {
    let mut rig = filtering(Method::DepthFilter(ELUTION), 30.0);
    assert!(rig.run_to(PhaseName::Elute, 60.0));
    rig.run_for(60.0);
    let commands = rig.commands;
    assert_eq!((commands.draw_from, commands.return_to, commands.flush), (DrawFrom::Saline, ReturnTo::Donor, false));
    assert_eq!((commands.pumps.collect, commands.pumps.anticoagulant), (FlowRate::ZERO, FlowRate::ZERO));
    rig.run_for(120.0);
    assert!(rig.commands.flush);
    assert_eq!((rig.commands.collect_to, rig.commands.pumps.collect), (CollectTo::Product, ELUTION.flow));
}

#[test]
fn a_column_has_no_product_to_seal() {
    let mut rig = filtering(Method::AdsorptionColumn, 5.0);
    assert!(rig.run_to(PhaseName::Summary, 240.0), "stuck at {}: {:#?}", rig.phase(), rig.told());
    let phases = phases(&rig);
    assert!(!phases.contains(&PhaseName::Product) && !phases.contains(&PhaseName::Elute), "{phases:?}");
}

#[test]
fn filter_pressure_beyond_its_limit_lowers_the_inlet_and_says_so() {
    // 180 mmHg at 60 mL/min: the automatic limit of 150 mmHg is met at 50 mL/min, one step of 80 % from the wish.
    let mut rig = filtering(Method::AdsorptionColumn, 180.0);
    rig.run_for(180.0);
    assert!((rig.commands.pumps.inlet.ml_min() - 48.0).abs() < 3.0, "{:.1}", rig.commands.pumps.inlet);
    assert!(rig.alarm(AlarmCode::FilterPressure).is_some());
    let said = rig.told().into_iter().find(|line| line.contains("filter pressure 15")).unwrap();
    assert!(said.contains("inlet lowered to 4") && said.contains("limit 150 mmHg"), "{said}");
    assert_eq!(rig.phase(), PhaseName::Collect);
}

#[test]
fn a_blocked_filter_ends_the_collection_with_its_reason() {
    let mut rig = filtering(Method::DepthFilter(ELUTION), 3000.0);
    rig.run_for(60.0);
    assert_ne!(rig.phase(), PhaseName::Collect);
    assert!(rig.run_to(PhaseName::Summary, 240.0), "stuck at {}", rig.phase());
    assert!(
        matches!(rig.controller.outcome(), Some(EndReason::FilterPressure { .. })),
        "{:?}",
        rig.controller.outcome()
    );
}

#[test]
fn a_size_filter_draws_its_part_of_saline_and_gives_anticoagulant_only_to_blood() {
    let mut rig = filtering(Method::SizeFilter(DILUTION), 10.0);
    rig.run_for(420.0);
    let (mut blood, mut beats) = (0.0, 0.0);
    for _ in 0..1200 {
        rig.beat(None);
        let drawing = rig.commands.draw_from == DrawFrom::Donor;
        assert_eq!(rig.commands.pumps.anticoagulant > FlowRate::ZERO, drawing);
        blood += f64::from(u8::from(drawing));
        beats += 1.0;
    }
    assert!((blood / beats - 0.25).abs() < 0.01, "{}", blood / beats);
    assert_eq!(rig.commands.collect_to, CollectTo::Product);
}

/// A run by chamber whose sensor shows a rise to full in ten minutes of filling, and to nothing by a flush.
fn by_chamber(shown: Option<f64>) -> Rig {
    let mut prescription = by(Method::Chamber(CYCLE));
    prescription.goal.target = Target::Volume(Volume::from_litres(3.0));
    let mut rig = Rig::new(prescription);
    let mut load = 0.0f64;
    rig.tamper = Some(Box::new(move |telemetry| {
        let collect = telemetry.pump_flows.collect.value.map_or(0.0, |flow| flow.ml_min());
        load = if collect > 5.0 { (load - 0.002).max(0.0) } else { load + 0.1 / 600.0 * collect };
        telemetry.chamber_load = match shown {
            Some(stuck) => Reading::new(Fraction::from_fraction(stuck), telemetry.at),
            None => Reading::new(Fraction::from_fraction(load), telemetry.at),
        };
    }));
    rig
}

fn flushes(rig: &Rig) -> usize {
    rig.told().iter().filter(|line| line.contains("is flushed")).count()
}

#[test]
fn the_chamber_is_flushed_when_it_is_full_and_once_more_at_the_end() {
    let mut rig = by_chamber(None);
    assert!(rig.run_to(PhaseName::Collect, 60.0));
    while rig.phase() == PhaseName::Collect {
        rig.beat(None);
        let commands = rig.commands;
        assert!(commands.collect_to == CollectTo::Return || commands.flush, "only a flush goes to the bag");
        assert!(commands.pumps.collect <= FlowRate::from_ml_min(12.0));
    }
    assert_eq!(rig.controller.outcome(), None);
    let count = flushes(&rig);
    assert!((5..=8).contains(&count), "{count}: {:#?}", rig.told());
    assert!((rig.plant.product_ml - 18.0 * count as f64).abs() < 0.1 * count as f64, "{} mL", rig.plant.product_ml);
    let last = rig.told().into_iter().rfind(|line| line.contains("is flushed")).unwrap();
    assert!(!last.contains("80 % full") && !last.contains("81 % full"), "{last}: the last flush does not wait");
}

#[test]
fn a_chamber_sensor_that_is_stuck_only_costs_time() {
    for stuck in [0.0, 1.2] {
        let mut rig = by_chamber(Some(stuck));
        assert!(rig.run_to(PhaseName::RinseBack, 120.0), "stuck at {}", rig.phase());
        let count = flushes(&rig);
        assert!((2..=4).contains(&count), "{count} flushes with a sensor at {stuck}");
    }
}
