//! Days before and after a procedure.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use leuka_procedure::file::NamedText;
use leuka_procedure::{Inputs, Plan, Run, Sources, mobilise, recover};

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
    assert!(recovery.next_day.cd34_per_ul > 50.0, "{:?}", recovery.next_day);
    assert!(Run::new(&inputs(&recovery.next_day_donor_file)).is_ok());
}

#[test]
fn doses_without_mobilisation_are_told() {
    let donor = NamedText { name: "donor.toml".into(), text: format!("{HEALTHY}\ng_csf_doses = 3\n") };
    let problems = Inputs::read(&Sources { donor: Some(donor), ..Sources::default() }).unwrap_err().to_string();
    assert!(problems.contains("g_csf_mobilised = true"), "{problems}");
}
