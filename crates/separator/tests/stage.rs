//! What the reduced stage does: conservation, its dynamics, and how near it is to the channel.

use leuka_blood::quantity::{FlowRate, Fraction, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture, Population};
use leuka_separator::stage::survey::{Class, Record};
use leuka_separator::stage::table::Table;
use leuka_separator::steady::{Case, Steady, steady};
use leuka_separator::{Channel, Error, Outlets, Parameters, Sample, Separator, Settings, Stage};

fn blood() -> leuka_blood::Parameters {
    leuka_blood::Parameters::embedded().expect("the embedded file reads")
}

fn stage() -> Stage {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    Stage::new(&parameters, &blood(), &Mixture::saline(1.0)).expect("the table fits")
}

const STEP: TimeSpan = TimeSpan::from_seconds(0.5);

fn settings(rpm: f64, plasma_ml_min: f64, collect_ml_min: f64) -> Settings {
    Settings {
        rotation: RotationalSpeed::from_rpm(rpm),
        plasma_flow: FlowRate::from_ml_min(plasma_ml_min),
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        flush: false,
    }
}

fn inlet(sample: &Sample, flow_ml_min: f64) -> Mixture {
    let mixture = sample.mixture(&blood());
    mixture * (flow_ml_min * STEP.minutes() / mixture.volume_ml())
}

fn case(sample: &Sample, collect_ml_min: f64) -> Case {
    Case {
        blood: sample.mixture(&blood()),
        inlet_flow: FlowRate::from_ml_min(60.0),
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        rotation: RotationalSpeed::from_rpm(1200.0),
        collect_hematocrit: Fraction::from_pct(3.0),
        interface_mm: 1.6,
        duration: TimeSpan::from_minutes(60.0),
        averaging: TimeSpan::from_minutes(4.0),
    }
}

/// A stage that has come to rest on `sample`, and its plasma flow.
fn settled(sample: &Sample) -> (Stage, Steady) {
    let mut stage = stage();
    let steady = steady(&mut stage, &case(sample, 1.0));
    (stage, steady)
}

fn run(stage: &mut Stage, inlet: &Mixture, settings: &Settings, minutes: f64) -> Outlets {
    let mut last = Outlets::default();
    for _ in 0..(minutes * 120.0) as usize {
        last = stage.advance(inlet, settings, STEP);
    }
    last
}

#[test]
fn every_component_that_enters_leaves_or_stays() {
    let mut stage = stage();
    let mut entered = stage.contents();
    let mut left = Mixture::EMPTY;
    for step in 0..4000_u32 {
        // A run with everything that happens: ramps, pauses, a bed that comes and goes, air.
        let minute = f64::from(step) / 24.0;
        let flow = if minute % 30.0 > 28.0 { 0.0 } else { 30.0 + 30.0 * (minute / 40.0).min(1.0) };
        let mut inlet = inlet(&Sample { wbc_1e9_l: 5.0 + minute, ..Sample::default() }, flow);
        inlet.add(Component::Air, if step % 200 == 0 { 0.01 } else { 0.0 });
        let plasma = 0.01 * flow * f64::from(step / 160 % 90);
        let out = stage.advance(&inlet, &settings(40.0 * minute % 1800.0, plasma, 0.02 * flow), STEP);
        entered += inlet;
        for part in [out.red, out.collect, out.plasma] {
            left += part;
            assert!(Component::ALL.iter().all(|&component| part.get(component) >= 0.0), "at step {step}: {part:?}");
        }
        let volume = out.red.fluid_ml() + out.collect.fluid_ml() + out.plasma.fluid_ml();
        assert!((volume - inlet.fluid_ml()).abs() < 1e-12, "at step {step}: {volume} of {}", inlet.fluid_ml());
    }
    let held = stage.contents();
    for component in Component::ALL {
        let (all, there) = (entered.get(component), left.get(component) + held.get(component));
        assert!((all - there).abs() <= 1e-11 * all.max(1e-6), "{component:?}: {all} and {there}");
    }
}

#[test]
fn the_interface_integrates_what_the_plasma_pump_takes_too_much() {
    let sample = Sample::default();
    let (mut stage, steady) = settled(&sample);
    let inlet = inlet(&sample, 60.0);
    let plasma = steady.plasma_flow.ml_min();
    let state = |stage: &Stage| (stage.contents().get(Component::Erythrocyte), stage.view().interface_mm);
    let rest = state(&stage);
    let less = settings(1200.0, plasma - 2.0, 1.0);
    run(&mut stage, &inlet, &less, 1.0);
    let one = state(&stage);
    run(&mut stage, &inlet, &less, 1.0);
    let two = state(&stage);
    assert!(one.1 > rest.1 + 0.01 && two.1 > one.1 + 0.01, "{rest:?}, {one:?}, {two:?}");
    // Twice the time, twice the red cells; and nothing brings the bed back of itself.
    let ratio = (two.0 - rest.0) / (one.0 - rest.0);
    assert!((ratio - 2.0).abs() < 0.2, "{ratio}");
    run(&mut stage, &inlet, &settings(1200.0, plasma, 1.0), 2.0);
    assert!((state(&stage).0 - two.0).abs() < 0.3 * (two.0 - rest.0).abs());
}

#[test]
fn a_bed_that_is_left_to_rise_reddens_first_the_collect_and_then_the_plasma_line() {
    let sample = Sample::default();
    let (mut stage, steady) = settled(&sample);
    let (inlet, taken) = (inlet(&sample, 60.0), settings(1200.0, steady.plasma_flow.ml_min() + 8.0, 1.0));
    let mut reddened = (None, None);
    for minute in 0..60 {
        let out = run(&mut stage, &inlet, &taken, 1.0);
        reddened.0 = reddened.0.or((out.collect.hematocrit() > 0.3).then_some(minute));
        reddened.1 = reddened.1.or((out.plasma.hematocrit() > 0.1).then_some(minute));
    }
    assert!(reddened.0.is_some() && reddened.0 < reddened.1, "{reddened:?}");
}

#[test]
fn a_bed_that_is_drawn_down_leaves_a_clear_collect_line_without_white_cells() {
    let sample = Sample::default();
    let (mut stage, _) = settled(&sample);
    let out = run(&mut stage, &inlet(&sample, 60.0), &settings(1200.0, 5.0, 1.0), 20.0);
    assert!(out.collect.hematocrit() < 1e-3, "{}", out.collect.hematocrit());
    assert!(out.collect.cell_ml(Population::TCell) < 0.05 * out.red.cell_ml(Population::TCell));
}

#[test]
fn a_rotor_at_rest_parts_nothing() {
    let sample = Sample::default();
    let mut stage = stage();
    let out = run(&mut stage, &inlet(&sample, 60.0), &settings(0.0, 20.0, 2.0), 30.0);
    let entering = sample.mixture(&blood());
    for part in [out.red, out.collect, out.plasma] {
        assert!((part.hematocrit() - entering.hematocrit()).abs() < 1e-3, "{}", part.hematocrit());
    }
}

#[test]
fn saline_is_washed_out_as_from_one_well_mixed_volume() {
    let sample = Sample::default();
    let (mut stage, steady) = settled(&sample);
    let inlet = inlet(&sample, 60.0);
    let before = stage.contents();
    let marked = 1e-3 * before.get(Component::Plasma);
    // A marker that the inlet lacks.
    let mut first = inlet;
    first.add(Component::Hes, marked);
    let taken = settings(1200.0, steady.plasma_flow.ml_min(), 1.0);
    stage.advance(&first, &taken, STEP);
    let held = stage.contents().get(Component::Hes);
    run(&mut stage, &inlet, &taken, 1.0);
    let liquid_in = (inlet.fluid_ml() - inlet.cells_ml()) * 120.0;
    let expected = held * leuka_blood::math::exp(-liquid_in / stage.contents().liquid_ml());
    let found = stage.contents().get(Component::Hes);
    assert!((found / expected - 1.0).abs() < 0.02, "{found} and {expected}");
}

#[test]
fn many_white_cells_fill_the_collect_line_and_less_of_them_is_caught() {
    let caught = |wbc| settled(&Sample { wbc_1e9_l: wbc, ..Sample::default() }).1.collect[Population::TCell];
    let (few, many) = (caught(7.0), caught(300.0));
    assert!(many < 0.5 * few, "{few} at 7e9/L, {many} at 300e9/L");
}

#[test]
fn it_catches_what_the_channel_catches() {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let blood = blood();
    for (sample, collect_ml_min) in
        [(Sample::default(), 1.0), (Sample { hematocrit_pct: 36.0, wbc_1e9_l: 30.0, ..Sample::default() }, 2.0)]
    {
        let case = case(&sample, collect_ml_min);
        let mut channel =
            Channel::new(&parameters, &blood, parameters.grid, &Mixture::saline(1.0)).expect("the grid is usable");
        let full = steady(&mut channel, &Case { duration: TimeSpan::from_minutes(30.0), ..case });
        let reduced = steady(&mut stage(), &case);
        for population in [Population::Cd34, Population::TCell, Population::Monocyte] {
            let (full, reduced) = (100.0 * full.collect[population], 100.0 * reduced.collect[population]);
            assert!((full - reduced).abs() < 3.0, "{population:?}: channel {full} %, stage {reduced} %");
        }
    }
}

#[test]
fn the_table_is_near_the_channel_at_points_that_it_was_not_made_of() {
    let fresh: Vec<Record> = include_str!("../data/fresh.csv").lines().filter_map(Record::read).collect();
    let table = Table::embedded().expect("the embedded table reads");
    let mut errors: Vec<f64> = Vec::new();
    for record in fresh.iter().filter(|record| record.is_steady()) {
        let place = table.at(&record.conditions, record.place.collect_hematocrit);
        for class in Class::ALL {
            let (table, channel) = (place.classes[class as usize], record.place.classes[class as usize]);
            errors.push(100.0 * (table.collect - channel.collect).abs());
        }
    }
    errors.sort_by(f64::total_cmp);
    assert!(errors.len() >= 8 * 300, "{}", errors.len());
    // The aims are 1.5, 3 and 6: the first is met, the others are not (docs/models.md), and must not get worse.
    let at = |part: f64| errors[((errors.len() - 1) as f64 * part) as usize];
    assert!(at(0.5) < 0.5 && at(0.95) < 3.5 && at(1.0) < 13.5, "{} {} {}", at(0.5), at(0.95), at(1.0));
}

#[test]
fn other_parameters_and_unknown_cells_are_refused() {
    let parameters = Parameters::embedded().expect("the embedded file reads");
    let other = Parameters { aggregation: 4.0, ..parameters };
    assert!(matches!(Stage::new(&other, &blood(), &Mixture::saline(1.0)), Err(Error::Stage { .. })));
    let mut cells = blood();
    cells.cells[Population::Blast].density_g_ml = 1.05;
    let refused = Stage::new(&parameters, &cells, &Mixture::saline(1.0)).expect_err("no class fits").to_string();
    assert!(refused.contains("blast") && refused.contains("--separator channel"), "{refused}");
    // Neutrophils after G-CSF have a class of their own.
    let mut mobilised = blood();
    mobilised.cells[Population::Neutrophil].density_g_ml = mobilised.mobilised_neutrophil_density_g_ml;
    assert!(Stage::new(&parameters, &mobilised, &Mixture::saline(1.0)).is_ok());
    assert!(matches!(Stage::new(&parameters, &blood(), &Mixture::EMPTY), Err(Error::Prime { .. })));
}
