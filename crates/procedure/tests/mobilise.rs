//! Days before and after a procedure.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_blood::quantity::TimeSpan;
use leuka_donor::Donor;
use leuka_donor::scenario::Collection;
use leuka_procedure::file::NamedText;
use leuka_procedure::{Inputs, Plan, Run, Sources, mobilise, next_day, recover};

const HEALTHY: &str = include_str!("../../../donors/healthy-70kg.toml");

fn inputs(donor: &str) -> Inputs {
    let donor = NamedText { name: "donor.toml".into(), text: donor.to_owned() };
    Inputs::read(&Sources { donor: Some(donor), seed: 1, ..Sources::default() }).unwrap()
}

const G_CSF: Plan = Plan { g_csf_ug_per_kg: 10.0, g_csf_doses: 5, plerixafor_ug_per_kg: None, plerixafor_hour: None };

#[test]
fn the_best_hour_is_that_of_most_cells_and_comes_after_the_fourth_day() {
    let mobilised = mobilise(&inputs(HEALTHY), &G_CSF).unwrap();
    let counts: Vec<f64> = mobilised.samples.iter().map(|sample| sample.counts.cd34_per_ul).collect();
    assert!((96..=120).contains(&mobilised.best_h), "{}", mobilised.best_h);
    let best = counts[mobilised.best_h as usize];
    assert!(counts[..120].iter().all(|&count| count <= best + 1e-9) && best > 50.0);
}

#[test]
fn the_donor_file_of_the_best_hour_has_the_counts_of_that_hour() {
    let mobilised = mobilise(&inputs(HEALTHY), &G_CSF).unwrap();
    let best = mobilised.samples[mobilised.best_h as usize].counts;
    let run = Run::new(&inputs(&mobilised.donor_file)).unwrap();
    let blood = run.machine().donor().blood();
    let cd34 = blood.cells[leuka_blood::Population::Cd34].per_ul();
    assert!((cd34 / best.cd34_per_ul - 1.0).abs() < 1e-3, "{cd34} {}", best.cd34_per_ul);
    assert!((blood.hematocrit.pct() / best.hematocrit_pct - 1.0).abs() < 1e-3);
}

#[test]
fn plerixafor_in_the_evening_moves_the_best_start_to_the_next_morning_and_triples_it() {
    let both = Plan { plerixafor_ug_per_kg: Some(240.0), ..G_CSF };
    assert_eq!(both.plerixafor_at(), Some(86));
    let with = mobilise(&inputs(HEALTHY), &both).unwrap();
    let without = mobilise(&inputs(HEALTHY), &G_CSF).unwrap();
    assert!((90..=100).contains(&with.best_h), "{}", with.best_h);
    let at = with.best_h as usize;
    let fold = with.samples[at].counts.cd34_per_ul / without.samples[at].counts.cd34_per_ul;
    assert!((2.3..3.7).contains(&fold), "{fold}");
}

#[test]
fn days_after_a_run_a_mobilised_donor_loses_the_cd34_and_the_next_day_has_them_still() {
    let run = Run::new(&inputs(include_str!("../../../donors/autologous-74kg.toml"))).unwrap();
    let recovery = recover(&run, 14 * 24);
    assert_eq!(recovery.samples.len(), 14 * 24 + 1);
    let last = recovery.samples.last().unwrap().counts;
    assert!(last.cd34_per_ul < 5.0 && last.wbc_1e9_l < 10.0, "{last:?}");
    assert!(recovery.next_day.counts.cd34_per_ul > 50.0, "{:?}", recovery.next_day.counts);
}

#[test]
fn the_donor_of_the_next_day_gives_and_recovers_as_the_same_body_would() {
    let first = inputs(include_str!("../../../donors/autologous-74kg.toml"));
    let run = Run::new(&first).unwrap();
    let usual = run.machine().donor().usual_platelets();
    let blood = leuka_blood::Parameters::embedded().unwrap();
    let acd_a = blood.fluids.anticoagulant(leuka_blood::Anticoagulant::AcdA, 1.0);
    let collection = Collection { platelet: 0.4, ..Collection::usual(acd_a) };
    let mut body = run.machine().donor().clone();
    collection.run(&mut body, 240.0, 1.0, |_, _| {});
    let next_day = next_day(&body, &first, 4.0);

    let second = Run::new(&inputs(&next_day.donor_file)).unwrap();
    let mut of_file = second.machine().donor().clone();
    assert!((of_file.usual_platelets() / usual - 1.0).abs() < 1e-3);
    let mut same_body = next_day.donor;
    let collected =
        |donor: &mut Donor| collection.run(donor, 180.0, 1.0, |_, _| {}).product.get(leuka_blood::Component::Cd34);
    let (from_file, from_body) = (collected(&mut of_file), collected(&mut same_body));
    assert!((from_file / from_body - 1.0).abs() < 0.05, "{from_file} mL of CD34+ cells, the body itself {from_body}");
    for donor in [&mut of_file, &mut same_body] {
        donor.advance(TimeSpan::from_hours(14.0 * 24.0));
        let part = donor.blood().cells[leuka_blood::Population::Platelet] / usual;
        assert!(part > 0.95, "after two collections and two weeks platelets are {part} of the usual");
    }
}

#[test]
fn doses_without_mobilisation_are_told() {
    let donor = NamedText { name: "donor.toml".into(), text: format!("{HEALTHY}\ng_csf_doses = 3\n") };
    let problems = Inputs::read(&Sources { donor: Some(donor), ..Sources::default() }).unwrap_err().to_string();
    assert!(problems.contains("g_csf_mobilised = true"), "{problems}");
}
