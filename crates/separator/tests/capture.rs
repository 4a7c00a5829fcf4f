//! What the channel captures at the production grid, against published figures and trends.
//!
//! Rows A1.4 and A2.2 of the published table fit the mixing length; everything else here is prediction.

use leuka_blood::Population;
use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, TimeSpan};
use leuka_separator::steady::{Case, Steady, steady};
use leuka_separator::{Channel, Parameters, Sample};

/// A study at 60 mL/min, `collect` mL/min at 3 %.
fn study(parameters: &Parameters, rpm: f64, hematocrit_pct: f64, collect_ml_min: f64) -> Steady {
    let blood = leuka_blood::Parameters::embedded().expect("the embedded file reads");
    let mut channel = Channel::new(parameters, &blood, parameters.grid, &leuka_blood::Mixture::saline(1.0))
        .expect("the grid is usable");
    let case = Case {
        blood: Sample { hematocrit_pct, ..Sample::default() }.mixture(&blood),
        inlet_flow: FlowRate::from_ml_min(60.0),
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        rotation: RotationalSpeed::from_rpm(rpm),
        collect_hematocrit: Fraction::from_pct(3.0),
        interface_mm: 1.57,
        duration: TimeSpan::from_minutes(30.0),
        averaging: TimeSpan::from_minutes(4.0),
    };
    steady(&mut channel, &case)
}

fn production() -> Parameters {
    Parameters::embedded().expect("the embedded file reads")
}

#[test]
fn the_default_channel_captures_in_the_clinical_range_and_more_speed_captures_more() {
    let slow = study(&production(), 900.0, 43.0, 1.0);
    let usual = study(&production(), 1200.0, 43.0, 1.0);
    let collect = &usual.collect;
    // Clinical machines: CD34+ 50 to 77 %, mononuclear 57 to 61 %, platelets 8 to 25 %.
    let mononuclear = 0.5 * (collect[Population::TCell] + collect[Population::Monocyte]);
    assert!((0.50..0.77).contains(&collect[Population::Cd34]), "CD34+ {}", collect[Population::Cd34]);
    assert!((0.50..0.75).contains(&mononuclear), "mononuclear {mononuclear}");
    assert!((0.08..0.25).contains(&collect[Population::Platelet]), "platelets {}", collect[Population::Platelet]);
    assert!(collect[Population::Neutrophil] < 0.5 * collect[Population::Cd34]);
    assert!((usual.collect_hematocrit.pct() - 3.0).abs() < 0.1, "{:?}", usual.collect_hematocrit);
    assert!((0.65..0.80).contains(&usual.red_hematocrit.fraction()));
    // More speed captures more mononuclear cells and platelets (A2.8: 52 to 70 %, 2.1 to 3.8e11).
    for population in [Population::TCell, Population::Monocyte, Population::Cd34, Population::Platelet] {
        let (more, less) = (collect[population], slow.collect[population]);
        assert!(more > 1.03 * less, "{population:?}: {more} against {less}");
    }
}

#[test]
fn more_red_cells_cost_some_capture_at_a_fixed_speed() {
    let captured = |hematocrit_pct| study(&production(), 1200.0, hematocrit_pct, 1.0).collect[Population::Cd34];
    let (low, high) = (captured(33.0), captured(46.0));
    assert!(low > high && low < high + 0.2, "{low} at 33 %, {high} at 46 %");
}

#[test]
fn nothing_is_lost_or_made_in_the_steady_state() {
    let steady = study(&production(), 1200.0, 40.0, 1.0);
    for population in [Population::Erythrocyte, Population::TCell, Population::Cd34, Population::Neutrophil] {
        let sum = steady.collect[population] + steady.red[population] + steady.plasma[population];
        assert!((sum - 1.0).abs() < 0.005, "{population:?}: {sum} of what entered leaves");
    }
    // White cells sink through the plasma: none leave with it.
    assert!(steady.plasma[Population::Cd34] < 0.001);
}

#[test]
fn implicit_and_explicit_steps_lead_to_the_same_steady_state() {
    let coarse = leuka_separator::Grid { axial: 12, radial: 48 };
    let part = |implicit| study(&Parameters { implicit, grid: coarse, ..production() }, 1200.0, 40.0, 1.0);
    let (implicit, explicit) = (part(true), part(false));
    for population in Population::ALL {
        let difference = implicit.collect[population] - explicit.collect[population];
        assert!(difference.abs() < 0.002, "{population:?}: {difference}");
    }
}
