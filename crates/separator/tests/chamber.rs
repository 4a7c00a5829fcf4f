//! The elutriation chamber: what stays, what is washed out, when it spills, and every balance.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population};
use leuka_separator::{Chamber, Outlets, Separator, Settings, View, filter};

const STEP: TimeSpan = TimeSpan::from_seconds(0.5);

/// Parts every stream by volume alone, and holds nothing.
#[derive(Clone)]
struct Divider;

impl Separator for Divider {
    fn advance(&mut self, inlet: &Mixture, settings: &Settings, dt: TimeSpan) -> Outlets {
        let mut rest = *inlet;
        let plasma = rest.draw((settings.plasma_flow * dt).ml());
        let collect = rest.draw((settings.collect_flow * dt).ml());
        Outlets { red: rest, collect, plasma }
    }

    fn view(&self) -> View {
        View { interface_mm: 1.5, ..View::default() }
    }

    fn contents(&self) -> Mixture {
        Mixture::EMPTY
    }
}

fn chamber() -> Chamber<Divider> {
    let parameters = filter::Parameters::embedded().expect("the embedded file reads").chamber;
    let channel = leuka_separator::Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    Chamber::new(Divider, parameters, &channel, &blood, &Mixture::saline(1.0)).expect("saline fills it")
}

/// 100 mL of what a channel gives its collect port: haematocrit 3 %, 60e3 white cells per uL, twenty times as many
/// platelets.
fn buffy_coat() -> Mixture {
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let mut cells = Mixture::of(Component::Erythrocyte, 3.0);
    for (population, per_ul) in [
        (Population::Platelet, 1200e3),
        (Population::TCell, 30e3),
        (Population::OtherLymphocyte, 12e3),
        (Population::Monocyte, 12e3),
        (Population::Neutrophil, 6e3),
    ] {
        cells.set(population.into(), per_ul * 1e5 * blood.cells[population].volume_ml());
    }
    cells + Mixture::of(Component::Plasma, 100.0 - cells.cells_ml())
}

fn settings(rpm: f64, collect_ml_min: f64, flush: bool) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rpm(rpm),
        plasma_flow: FlowRate::ZERO,
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        flush,
    }
}

/// Lets buffy coat through for some minutes; returns what left by the collect port.
fn run(chamber: &mut Chamber<Divider>, minutes: f64, settings: Settings) -> Mixture {
    let inlet = buffy_coat() * ((settings.collect_flow * STEP).ml() / 100.0);
    let mut left = Mixture::EMPTY;
    let mut passed = TimeSpan::ZERO;
    while passed.minutes() < minutes {
        left += chamber.advance(&inlet, &settings, STEP).collect;
        passed += STEP;
    }
    left
}

/// Part of what came of a population that has stayed.
fn stayed(population: Population, minutes: f64, settings: Settings) -> f64 {
    let mut chamber = chamber();
    let left = run(&mut chamber, minutes, settings).cell_ml(population);
    let held = chamber.contents().cell_ml(population);
    held / (held + left)
}

#[test]
fn white_cells_stay_while_platelets_and_red_cells_are_washed_out() {
    let stayed = |population| stayed(population, 10.0, settings(1200.0, 3.0, false));
    for population in [Population::TCell, Population::Monocyte, Population::Neutrophil] {
        assert!(stayed(population) > 0.8, "{} {}", population.name(), stayed(population));
    }
    for population in [Population::Platelet, Population::Erythrocyte] {
        assert!(stayed(population) < 0.6, "{} {}", population.name(), stayed(population));
    }
    assert!(stayed(Population::Platelet) < 0.4);
}

#[test]
fn a_faster_flow_or_a_slower_rotor_holds_less() {
    let held = |rpm, flow| stayed(Population::TCell, 30.0 / flow, settings(rpm, flow, false));
    assert!(held(1200.0, 3.0) > held(1200.0, 4.0) && held(1200.0, 4.0) > held(1200.0, 6.0));
    assert!(held(1400.0, 4.0) > held(1200.0, 4.0) && held(1200.0, 4.0) > held(1000.0, 4.0));
}

#[test]
fn a_full_chamber_spills_and_says_so() {
    let mut chamber = chamber();
    let mut kept_last = Vec::new();
    for _ in 0..60 {
        let left = run(&mut chamber, 1.0, settings(1200.0, 3.0, false)).cell_ml(Population::TCell);
        let came = buffy_coat().cell_ml(Population::TCell) * 0.03;
        kept_last.push((chamber.view().chamber_load.unwrap(), 1.0 - left / came));
    }
    for pair in kept_last.windows(2) {
        assert!(pair[1].0 > pair[0].0 - 0.02, "the load rises: {pair:?}");
    }
    let (_, half) = kept_last.iter().find(|(load, _)| *load > 0.5).unwrap();
    let (full, spilling) = kept_last.last().unwrap();
    assert!(*half > 0.7 && *spilling < 0.3 && *full > 0.9, "{kept_last:.2?}");
}

#[test]
fn a_flush_empties_the_chamber_into_the_collect_port() {
    let mut chamber = chamber();
    run(&mut chamber, 15.0, settings(1200.0, 3.0, false));
    let held = chamber.contents();
    // The plasma that flushes is all that enters, so nothing new comes in.
    let plasma = Mixture::of(Component::Plasma, 20.0 * STEP.minutes());
    let mut left = Mixture::EMPTY;
    let asked = Settings { plasma_flow: FlowRate::from_ml_min(10.0), ..settings(1200.0, 10.0, true) };
    for _ in 0..240 {
        left += chamber.advance(&plasma, &asked, STEP).collect;
    }
    assert!((left.volume_ml() - 20.0).abs() < 1e-9);
    let part = left.cell_ml(Population::TCell) / held.cell_ml(Population::TCell);
    assert!(part > 0.93, "{part} came out");
}

#[test]
fn nothing_is_lost_in_any_step() {
    let mut chamber = chamber();
    let inlet = buffy_coat() * (0.04 / 100.0) + Mixture::air(0.001);
    let mut before = chamber.contents();
    let volume_ml = before.volume_ml();
    for step in 0..4000u32 {
        let rpm = if step % 1000 > 900 { 0.0 } else { 1200.0 };
        let asked = Settings { plasma_flow: FlowRate::from_ml_min(1.0), ..settings(rpm, 3.0, step % 500 > 430) };
        let out = chamber.advance(&inlet, &asked, STEP);
        let after = chamber.contents();
        let left = out.red + out.collect + out.plasma;
        for component in Component::ALL {
            let scale = before.get(component) + inlet.get(component);
            let error = scale - left.get(component) - after.get(component);
            assert!(error.abs() <= 1e-12 * scale, "{} is off by {error} at {step}", component.name());
            assert!(out.collect.get(component) >= 0.0 && after.get(component) >= 0.0);
        }
        assert!((after.volume_ml() - volume_ml).abs() < 1e-9, "{}", after.volume_ml());
        before = after;
    }
}

#[test]
fn the_chamber_passes_on_what_the_camera_sees() {
    let view = chamber().view();
    assert_eq!((view.interface_mm, view.chamber_load), (1.5, Some(0.0)));
}
