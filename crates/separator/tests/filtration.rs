//! Beds and the size filter against published figures, an exact solution, and their balances.
//!
//! Fitted are the captures of rows J2 and J5, the capture and the capacities of row J4, and the cut of row J8 (see
//! `data/filter.toml`); what the tests find beyond these is prediction.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Anticoagulant, Component, Mixture, PlasmaComposition, Population, math};
use leuka_separator::filter::{Bed, BedKind, Parameters, SizeFilter};
use leuka_separator::{Outlets, Separator, Settings};

const STEP: TimeSpan = TimeSpan::from_seconds(0.5);

fn properties() -> leuka_blood::Parameters {
    leuka_blood::Parameters::embedded().expect("the embedded file reads")
}

/// 100 mL of blood with these white cells (1e9/L) in their usual proportions, with one part of anticoagulant in twelve.
fn blood(white_1e9_l: f64, anticoagulant: Anticoagulant) -> Mixture {
    let properties = properties();
    let mut cells = Mixture::of(Component::Erythrocyte, 42.0);
    for (population, per_ul) in [
        (Population::Platelet, 250e3),
        (Population::TCell, 220.0 * white_1e9_l),
        (Population::OtherLymphocyte, 80.0 * white_1e9_l),
        (Population::Monocyte, 80.0 * white_1e9_l),
        (Population::Neutrophil, 590.0 * white_1e9_l),
        (Population::Eosinophil, 30.0 * white_1e9_l),
    ] {
        cells.set(population.into(), per_ul * 1e5 * properties.cells[population].volume_ml());
    }
    let plasma = PlasmaComposition {
        citrate_mmol_l: 0.1,
        calcium_mmol_l: 2.4,
        magnesium_mmol_l: 0.8,
        bicarbonate_mmol_l: 24.0,
        protein_g_l: 70.0,
    };
    let whole = cells + plasma.mixture(100.0 - cells.cells_ml());
    whole + properties.fluids.anticoagulant(anticoagulant, whole.volume_ml() / 11.0)
}

fn bed_of(kind: BedKind, parameters: &Parameters) -> Bed {
    let channel = leuka_separator::Parameters::embedded().expect("the embedded file reads");
    Bed::new(kind, parameters, &channel, &properties(), &Mixture::saline(1.0)).expect("saline fills it")
}

fn bed(kind: BedKind) -> Bed {
    bed_of(kind, &Parameters::embedded().expect("the embedded file reads"))
}

fn size_filter() -> SizeFilter {
    let channel = leuka_separator::Parameters::embedded().expect("the embedded file reads");
    let parameters = Parameters::embedded().expect("the embedded file reads");
    SizeFilter::new(&parameters, &channel, &properties(), &Mixture::saline(1.0)).expect("saline fills it")
}

fn settings(collect_ml_min: f64, flush: bool) -> Settings {
    Settings {
        rotation: RotationalSpeed::ZERO,
        plasma_flow: FlowRate::ZERO,
        collect_flow: FlowRate::from_ml_min(collect_ml_min),
        flush,
    }
}

/// Lets `volume_ml` of fluid pass at a flow; returns what left by the red and the collect port.
fn pass(
    separator: &mut impl Separator,
    fluid: &Mixture,
    volume_ml: f64,
    flow_ml_min: f64,
    settings: Settings,
) -> Outlets {
    let portion_ml = flow_ml_min * STEP.minutes();
    let portion = *fluid * (portion_ml / fluid.volume_ml());
    let mut left = Outlets::default();
    let mut passed_ml = 0.0;
    while passed_ml < volume_ml - 1e-9 {
        let out = separator.advance(&portion, &settings, STEP);
        left.red += out.red;
        left.collect += out.collect;
        passed_ml += portion_ml;
    }
    left
}

fn white(mixture: &Mixture) -> f64 {
    let cells = properties().cells;
    Population::WHITE.into_iter().map(|population| mixture.count(population, &cells)).sum()
}

/// Part of a population that a bed keeps of blood that passes while it is clean, in per cent.
fn captured_pct(kind: BedKind, blood: &Mixture, flow_ml_min: f64, population: Population) -> f64 {
    let mut bed = bed(kind);
    let few = *blood - blood.only(|component| component == population.into()) * 0.999;
    pass(&mut bed, &few, 600.0, flow_ml_min, settings(0.0, false));
    let out = pass(&mut bed, &few, 30.0, flow_ml_min, settings(0.0, false)).red;
    let came = few.cell_ml(population) / few.volume_ml();
    100.0 * (1.0 - out.cell_ml(population) / out.volume_ml() / came)
}

#[test]
fn granulocytes_stick_to_nylon_in_heparin_and_hardly_in_acd_as_in_row_j2() {
    let captured =
        |anticoagulant| captured_pct(BedKind::Nylon, &blood(6.5, anticoagulant), 60.0, Population::Neutrophil);
    let (heparin, acd) = (captured(Anticoagulant::Heparin), captured(Anticoagulant::AcdA));
    assert!((heparin - 91.0).abs() < 2.0, "{heparin} % in heparin");
    assert!((acd - 21.0).abs() < 5.0, "{acd} % in ACD");
}

#[test]
fn the_column_takes_65_55_and_2_per_cent_as_in_row_j5_and_still_does_after_an_hour() {
    let blood = blood(6.5, Anticoagulant::Heparin);
    let mut column = bed(BedKind::Column);
    pass(&mut column, &blood, 1700.0, 30.0, settings(0.0, false));
    let out = pass(&mut column, &blood, 100.0, 30.0, settings(0.0, false)).red;
    for (population, published) in
        [(Population::Neutrophil, 65.0), (Population::Monocyte, 55.0), (Population::TCell, 2.0)]
    {
        let part = out.cell_ml(population) / out.volume_ml() / (blood.cell_ml(population) / blood.volume_ml());
        let captured = 100.0 * (1.0 - part);
        assert!((captured - published).abs() < 5.0, "{} {captured} %", population.name());
    }
}

#[test]
fn a_slower_flow_is_cleaned_better() {
    let blood = blood(6.5, Anticoagulant::Heparin);
    let captured = [60.0, 30.0, 15.0].map(|flow| captured_pct(BedKind::Column, &blood, flow, Population::Monocyte));
    assert!(captured[0] < captured[1] && captured[1] < captured[2], "{captured:?} %");
}

/// White cells that a filter has kept when the effluent passes 500 per uL.
fn capacity(kind: BedKind, white_1e9_l: f64) -> f64 {
    let blood = blood(white_1e9_l, Anticoagulant::AcdA);
    let mut filter = bed(kind);
    loop {
        let out = pass(&mut filter, &blood, 5.0, 20.0, settings(0.0, false)).red;
        let per_ul = white(&out) / (out.volume_ml() * 1e3);
        if per_ul > 500.0 {
            return white(&filter.deposit());
        }
    }
}

#[test]
fn fibre_filters_hold_what_row_j4_says_until_500_per_ul_pass() {
    for white_1e9_l in [5.0, 6.5, 9.0] {
        let (one, two) = (capacity(BedKind::FilterOne, white_1e9_l), capacity(BedKind::FilterTwo, white_1e9_l));
        assert!((1.9e9..=3.4e9).contains(&one), "filter one {one:e} at {white_1e9_l}e9/L");
        assert!((3.6e9..=7.8e9).contains(&two), "filter two {two:e} at {white_1e9_l}e9/L");
    }
}

/// White cells and platelets that 500 mL of blood leave behind a filter, as parts of what came.
fn residual(kind: BedKind, white_1e9_l: f64) -> (f64, f64, f64) {
    let blood = blood(white_1e9_l, Anticoagulant::AcdA);
    let unit_ml = 500.0 * 12.0 / 11.0;
    let mut filter = bed(kind);
    let mut out = pass(&mut filter, &blood, unit_ml, 20.0, settings(0.0, false)).red;
    out += pass(&mut filter, &Mixture::saline(1.0), 100.0, 20.0, settings(0.0, false)).red;
    let platelets = |mixture: &Mixture| mixture.cell_ml(Population::Platelet);
    let came = blood * (unit_ml / blood.volume_ml());
    (white(&out), white(&out) / white(&came), platelets(&out) / platelets(&came))
}

#[test]
fn filter_two_removes_97_per_cent_of_white_cells_and_90_of_platelets_from_500_ml() {
    let (left, white, platelets) = residual(BedKind::FilterTwo, 6.5);
    assert!((0.025..0.035).contains(&white), "{white} of the white cells left");
    assert!((0.08..0.12).contains(&platelets), "{platelets} of the platelets left");
    assert!(left < 0.1e9, "{left:e}: the paper's filters of the second kind all left less");
}

/// Prediction: the paper found more than 0.25e9 white cells left in 8 of 25 units by filters of the first kind. Donors'
/// white counts of 6.8 +- 1.7e9/L exceed a count z in that part of them at z = 7.6.
#[test]
fn filter_one_leaves_more_than_a_quarter_of_1e9_in_about_a_third_of_units() {
    assert!(residual(BedKind::FilterOne, 7.0).0 < 0.25e9, "{:e}", residual(BedKind::FilterOne, 7.0).0);
    assert!(residual(BedKind::FilterOne, 8.4).0 > 0.25e9, "{:e}", residual(BedKind::FilterOne, 8.4).0);
}

#[test]
fn breakthrough_follows_the_exact_solution_and_never_falls() {
    // Bohart and Adams (1920) solved dc/dz = -lambda (1 - s/s_u) c: with x = lambda L (cells fed)/(places),
    // c/c_0 = exp(x)/(exp(x) + exp(lambda L) - 1).
    let blood = blood(9.0, Anticoagulant::AcdA);
    let mut filter = bed(BedKind::FilterOne);
    let thickness = -math::ln(1.0 - 0.982);
    let per_ml = white(&blood) / blood.volume_ml();
    let (mut last, mut passed_ml) = (0.0, 0.0);
    while passed_ml < 1000.0 {
        let out = pass(&mut filter, &blood, 20.0, 20.0, settings(0.0, false)).red;
        let seen = white(&out) / out.volume_ml() / per_ml;
        passed_ml += 20.0;
        assert!(seen >= last - 1e-12, "{seen} after {last} at {passed_ml} mL");
        last = seen;
        // The void delays the front; the exact solution counts from when it has passed.
        let fed = (passed_ml - 10.0 - 24.0 * 2.0 * 0.85) * per_ml;
        if fed > 1e9 {
            let x = math::exp(thickness * fed / 7.1e9);
            let exact = x / (x + math::exp(thickness) - 1.0);
            assert!((seen - exact).abs() < 0.02, "{seen} against {exact} at {passed_ml} mL");
        }
    }
    assert!(last > 0.5, "{last}");
}

#[test]
fn nothing_is_lost_in_any_step() {
    let inlet = blood(40.0, Anticoagulant::Heparin) * 0.005 + Mixture::air(0.01);
    let mut separators: Vec<Box<dyn Separator>> =
        BedKind::ALL.map(|kind| Box::new(bed(kind)) as Box<dyn Separator>).into();
    separators.push(Box::new(size_filter()));
    for mut separator in separators {
        let mut before = separator.contents();
        let volume_ml = before.volume_ml();
        for step in 0..600 {
            let asked = Settings { plasma_flow: FlowRate::from_ml_min(12.0), ..settings(9.0, step > 400) };
            let out = separator.advance(&inlet, &asked, STEP);
            let after = separator.contents();
            let left = out.red + out.collect + out.plasma;
            for component in Component::ALL {
                let scale = before.get(component) + inlet.get(component);
                let error = scale - left.get(component) - after.get(component);
                assert!(error.abs() <= 1e-12 * scale, "{} is off by {error}", component.name());
                let least = [out.red, out.collect, out.plasma, after].map(|part| part.get(component));
                assert!(least.iter().all(|part| *part >= 0.0), "{} {least:?}", component.name());
            }
            assert!((after.volume_ml() - volume_ml).abs() < 1e-9);
            assert!((out.collect.volume_ml() - 0.075).abs() < 1e-9, "{}", out.collect.volume_ml());
            before = after;
        }
    }
}

#[test]
fn elution_gives_back_its_part_of_what_adhered_by_the_collect_port() {
    let blood = blood(6.5, Anticoagulant::Heparin);
    let mut nylon = bed(BedKind::Nylon);
    pass(&mut nylon, &blood, 2000.0, 60.0, settings(0.0, false));
    let held = nylon.deposit().cell_ml(Population::Neutrophil);
    pass(&mut nylon, &Mixture::saline(1.0), 200.0, 60.0, settings(0.0, false));
    assert!(nylon.deposit().cell_ml(Population::Neutrophil) >= 0.999 * held, "rinsing washes nothing off");
    let eluate = pass(&mut nylon, &Mixture::saline(1.0), 400.0, 40.0, settings(40.0, true)).collect;
    let recovered = eluate.cell_ml(Population::Neutrophil) / held;
    assert!((0.62..0.655).contains(&recovered), "{recovered}");
    assert!(eluate.hematocrit() < 0.01, "{}", eluate.hematocrit());
}

#[test]
fn what_adheres_raises_the_pressure_and_the_flow_does_too() {
    let blood = blood(40.0, Anticoagulant::Heparin);
    let mut nylon = bed(BedKind::Nylon);
    let mut pressure = |volume_ml: f64, flow_ml_min: f64| {
        pass(&mut nylon, &blood, volume_ml, flow_ml_min, settings(0.0, false));
        nylon.view().pressure_mmhg
    };
    let clean = pressure(150.0, 60.0);
    let half = pressure(1.0, 30.0);
    assert!((half / clean - 0.5).abs() < 0.05, "{clean} mmHg, {half} at half the flow");
    let (some, much) = (pressure(500.0, 60.0), pressure(500.0, 60.0));
    assert!(clean > 2.0 && some > 1.3 * clean && much > some, "{clean}, {some}, {much} mmHg");
}

/// Normal blood diluted with saline to this haematocrit.
fn diluted(hematocrit: f64) -> Mixture {
    let blood = blood(6.5, Anticoagulant::AcdA);
    let volume_ml = blood.get(Component::Erythrocyte) / hematocrit;
    blood + Mixture::saline(volume_ml - blood.volume_ml())
}

#[test]
fn the_size_filter_keeps_above_85_per_cent_of_white_cells_and_loses_10_to_15_of_the_others_as_in_row_j8() {
    let blood = diluted(0.10);
    let mut filter = size_filter();
    pass(&mut filter, &blood, 200.0, 10.0, settings(1.0, false));
    let out = pass(&mut filter, &blood, 100.0, 10.0, settings(1.0, false));
    let part = |count: &dyn Fn(&Mixture) -> f64| count(&out.collect) / (count(&out.collect) + count(&out.red));
    let of = |population| part(&|mixture: &Mixture| mixture.cell_ml(population));
    assert!((0.85..0.90).contains(&part(&white)), "white cells {}", part(&white));
    for population in [Population::Erythrocyte, Population::Platelet] {
        assert!((0.10..0.15).contains(&of(population)), "{} {}", population.name(), of(population));
    }
    assert!(of(Population::TCell) < of(Population::Monocyte), "the small white cells are the ones that pass");
}

/// Prediction: 450 mL of diluted blood (the row does not say how much circulated) lose 98 % in 3.5 h at 10 mL/min.
#[test]
fn recirculation_for_three_and_a_half_hours_removes_98_per_cent() {
    let mut filter = size_filter();
    let mut reservoir = diluted(0.10);
    reservoir = reservoir * (450.0 / reservoir.volume_ml());
    let before = white(&reservoir);
    for _ in 0..(3.5 * 7200.0) as u32 {
        let inlet = reservoir.draw(10.0 * STEP.minutes());
        let out = filter.advance(&inlet, &settings(1.0, false), STEP);
        // The filtrate comes back, and saline for what was taken.
        reservoir += out.red + Mixture::saline(out.collect.volume_ml());
    }
    let left = (white(&reservoir) + white(&filter.contents())) / before;
    assert!((0.01..0.04).contains(&left), "{left} of the white cells are left");
}

#[test]
fn undiluted_blood_is_parted_less_well() {
    let kept = |hematocrit: f64| {
        let mut filter = size_filter();
        let blood = diluted(hematocrit);
        pass(&mut filter, &blood, 200.0, 10.0, settings(1.0, false));
        let out = pass(&mut filter, &blood, 50.0, 10.0, settings(1.0, false));
        white(&out.collect) / (white(&out.collect) + white(&out.red))
    };
    let kept = [0.10, 0.20, 0.38].map(kept);
    assert!(kept[0] > kept[1] && kept[1] > kept[2], "{kept:?}");
}

#[test]
fn without_flow_or_without_a_collect_port_nothing_special_happens() {
    let mut filter = size_filter();
    let out = pass(&mut filter, &diluted(0.1), 100.0, 10.0, settings(0.0, false));
    assert_eq!(white(&out.collect), 0.0);
    assert!(white(&out.red) > 0.0);
    let mut nylon = bed(BedKind::Nylon);
    let before = nylon.contents();
    let out = nylon.advance(&Mixture::EMPTY, &settings(10.0, true), STEP);
    assert_eq!((out, nylon.contents()), (Outlets::default(), before));
    assert_eq!(nylon.view().pressure_mmhg, 0.0);
}
