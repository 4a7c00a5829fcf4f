//! The channel at its limits: no flow, one phase only, closed ports, air, and every balance.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Anticoagulant, Component, Mixture, PlasmaComposition, Population};
use leuka_separator::{Channel, Error, Grid, Outlets, Parameters, Separator, Settings};

const GRID: Grid = Grid { axial: 8, radial: 32 };

fn channel(prime: &Mixture) -> Channel {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    Channel::new(&parameters, &blood, GRID, prime).expect("grid and prime are usable")
}

fn settings(rpm: f64, plasma: f64, collect: f64) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rpm(rpm),
        plasma_flow: FlowRate::from_ml_min(plasma),
        collect_flow: FlowRate::from_ml_min(collect),
        flush: false,
    }
}

/// 100 mL of anticoagulated blood with every population and solute.
fn blood() -> Mixture {
    let parameters = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let plasma = PlasmaComposition {
        citrate_mmol_l: 0.1,
        calcium_mmol_l: 2.4,
        magnesium_mmol_l: 0.8,
        bicarbonate_mmol_l: 24.0,
        protein_g_l: 70.0,
    };
    let mut blood = plasma.mixture(51.0) + parameters.fluids.anticoagulant(Anticoagulant::AcdA, 8.0);
    blood.set(Component::Erythrocyte, 40.0);
    blood.set(Component::Platelet, 0.2);
    for (place, population) in Population::WHITE.into_iter().enumerate() {
        blood.set(population.into(), 0.02 * (place + 1) as f64);
    }
    blood
}

fn sum(outlets: &Outlets) -> Mixture {
    outlets.red + outlets.collect + outlets.plasma
}

#[test]
fn every_component_is_conserved_to_round_off() {
    let mut channel = channel(&Mixture::saline(1.0));
    let inlet = blood() * 0.005 + Mixture::air(0.01);
    let mut before = channel.contents();
    for second in 0..200 {
        let rpm = 900.0 + 5.0 * f64::from(second);
        let outlets = channel.advance(&inlet, &settings(rpm, 14.0, 1.0), TimeSpan::from_seconds(1.0));
        let after = channel.contents();
        for component in Component::ALL {
            let (held, came) = (before.get(component), inlet.get(component));
            let error = held + came - sum(&outlets).get(component) - after.get(component);
            assert!(error.abs() <= 1e-12 * (held + came), "{} is off by {error} of {held}", component.name());
        }
        assert!((sum(&outlets).volume_ml() - inlet.volume_ml()).abs() <= 1e-12);
        before = after;
    }
    assert!((before.volume_ml() - 75.0).abs() <= 1e-9, "the channel holds {} mL", before.volume_ml());
}

#[test]
fn no_fraction_is_negative_or_beyond_packing() {
    let mut channel = channel(&Mixture::saline(1.0));
    for _ in 0..300 {
        channel.advance(&(blood() * 0.005), &settings(2500.0, 14.0, 0.5), TimeSpan::from_seconds(1.0));
        for population in Population::ALL {
            for layer in channel.profile(population) {
                assert!(layer.fraction >= 0.0 && layer.fraction <= 0.95, "{population:?} {layer:?}");
            }
        }
    }
}

#[test]
fn without_flow_nothing_leaves_and_cells_settle() {
    let mut channel = channel(&blood());
    let before = channel.view().interface_mm;
    let outlets = channel.advance(&Mixture::EMPTY, &settings(1200.0, 30.0, 1.0), TimeSpan::from_minutes(1.0));
    assert_eq!(sum(&outlets), Mixture::EMPTY);
    assert_eq!(before, 0.0);
    assert!(channel.view().interface_mm > 1.0);
}

#[test]
fn plasma_alone_leaves_as_plasma_alone() {
    let mut channel = channel(&Mixture::saline(1.0));
    let plasma = Mixture::of(Component::Plasma, 10.0);
    for _ in 0..60 {
        let outlets = channel.advance(&plasma, &settings(1200.0, 30.0, 1.0), TimeSpan::from_seconds(10.0));
        assert_eq!(sum(&outlets).cells_ml(), 0.0);
        assert!((outlets.plasma.volume_ml() - 5.0).abs() < 1e-12);
    }
    assert!((channel.contents().liquid_ml() - 75.0).abs() < 1e-9);
    assert_eq!(channel.view().interface_mm, 5.0);
}

#[test]
fn packed_red_cells_alone_fill_the_channel() {
    let mut channel = channel(&Mixture::saline(1.0));
    let red = Mixture::of(Component::Erythrocyte, 10.0);
    for _ in 0..360 {
        channel.advance(&red, &settings(1200.0, 30.0, 1.0), TimeSpan::from_seconds(10.0));
    }
    assert!(channel.contents().hematocrit() > 0.999);
    assert_eq!(channel.view().interface_mm, 0.0);
}

#[test]
fn a_closed_port_passes_nothing() {
    let mut channel = channel(&blood());
    let inlet = blood() * 0.1;
    let outlets = channel.advance(&inlet, &settings(1200.0, 0.0, 0.0), TimeSpan::from_seconds(10.0));
    assert_eq!(outlets.plasma, Mixture::EMPTY);
    assert_eq!(outlets.collect, Mixture::EMPTY);
    assert!((outlets.red.volume_ml() - inlet.volume_ml()).abs() < 1e-12);
}

#[test]
fn plasma_then_collect_flow_is_cut_when_too_little_enters() {
    let mut channel = channel(&blood());
    let outlets = channel.advance(&(blood() * 0.01), &settings(1200.0, 90.0, 3.0), TimeSpan::from_seconds(1.0));
    assert!((outlets.collect.volume_ml() - 0.05).abs() < 1e-12);
    assert!((outlets.plasma.volume_ml() - (0.01 * blood().volume_ml() - 0.05)).abs() < 1e-12);
    assert!(outlets.red.volume_ml() < 1e-12);
}

#[test]
fn a_channel_needs_a_usable_grid_and_a_prime() {
    let parameters = Parameters::embedded().unwrap();
    let blood = leuka_blood::Parameters::embedded().unwrap();
    let bad = Channel::new(&parameters, &blood, Grid { axial: 2, radial: 30 }, &Mixture::saline(1.0));
    assert!(matches!(bad, Err(Error::Grid { axial: 2, radial: 30 })));
    let empty = Channel::new(&parameters, &blood, GRID, &Mixture::air(1.0));
    assert!(empty.unwrap_err().to_string().contains("0 mL of fluid"));
}
