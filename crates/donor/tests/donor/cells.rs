//! Cells are drawn from the blood and come back from tissue, spleen and marrow.

use leuka_blood::quantity::{CellConcentration, Fraction};
use leuka_blood::{Component, Population};
use leuka_donor::Description;

use crate::common::*;

/// Counts during a collection against the start, at these minutes.
fn course(collection: &Collection, population: Population, at_min: &[f64]) -> Vec<f64> {
    let description = mobilised_man();
    let mut donor = steadfast(&description);
    let mut counts = Vec::new();
    let last = at_min.last().copied().unwrap_or(0.0);
    collection.run(&mut donor, last, 0.5, |minutes, donor| {
        if at_min.iter().any(|&at| (minutes - at).abs() < 1e-6) {
            counts.push(donor.blood().cells[population] / description.cells[population]);
        }
    });
    counts
}

/// Twelve litres of blood in three hours.
fn large_volume() -> Collection {
    Collection { blood_ml_min: 12_000.0 / 180.0, ..usual_collection() }
}

#[test]
fn cd34_falls_by_20_to_40_per_cent_in_the_first_hour_and_then_levels() {
    // Row C7, at an efficiency of 0.6.
    let counts = course(&large_volume(), Population::Cd34, &[60.0, 120.0, 180.0]);
    assert!((0.6..=0.8).contains(&counts[0]), "{counts:?}");
    assert!((0.6..=0.8).contains(&counts[2]), "{counts:?}");
    assert!((counts[1] - counts[2]).abs() < 0.03, "level in the last hour: {counts:?}");
}

#[test]
fn a_long_collection_takes_three_times_the_cd34_that_were_in_the_blood() {
    // Row D5: 3.0 times, green band 10 %; 7.5 h at an efficiency of 0.926.
    let description = mobilised_man();
    let mut donor = steadfast(&description);
    let start = donor.circulating().get(Component::Cd34);
    let collection = Collection { mononuclear: 0.926, collect_ml_min: 1.0, ..usual_collection() };
    let taken = collection.run(&mut donor, 450.0, 0.5, |_, _| {}).product.get(Component::Cd34);
    assert!((2.7..3.3).contains(&(taken / start)), "{}", taken / start);
}

#[test]
fn lymphocytes_settle_near_four_fifths() {
    // Row B3: mononuclear cells 81 % after 11.8 L, green band 10 %.
    let counts = course(&large_volume(), Population::TCell, &[180.0]);
    assert!((counts[0] / 0.81 - 1.0).abs() < 0.1, "{counts:?}");
}

#[test]
fn platelets_fall_less_than_they_are_taken_because_the_spleen_gives() {
    // Row B3: platelets 55 % after 11.8 L, held with an efficiency of 0.4; amber band 30 %.
    let description = man();
    let mut donor = steadfast(&description);
    let start = donor.circulating().get(Component::Platelet);
    let collection = Collection { platelet: 0.4, ..large_volume() };
    let taken = collection.run(&mut donor, 180.0, 0.5, |_, _| {}).product.get(Component::Platelet);
    let left = donor.blood().cells[Population::Platelet] / description.cells[Population::Platelet];
    assert!((left / 0.55 - 1.0).abs() < 0.3, "{left}");
    assert!(start - donor.circulating().get(Component::Platelet) < 0.8 * taken);
}

#[test]
fn a_large_spleen_gives_more_platelets_for_the_same_count() {
    // Two thirds instead of one third of all platelets in the spleen: four times as many behind each one in the blood.
    // They come slowly, so that it is a tenth more, not several times.
    let yield_of = |share_pct: f64| {
        let description = Description { splenic_platelets: Fraction::from_pct(share_pct), ..man() };
        let collection = Collection { platelet: 0.4, ..large_volume() };
        collection.run(&mut steadfast(&description), 180.0, 0.5, |_, _| {}).product.get(Component::Platelet)
    };
    let (usual, large) = (yield_of(100.0 / 3.0), yield_of(200.0 / 3.0));
    assert!(large > 1.1 * usual, "{large} mL against {usual}");
}

#[test]
fn marginated_neutrophils_replace_half_of_a_loss_within_half_an_hour() {
    let mut donor = steadfast(&man());
    let start = donor.circulating().get(Component::Neutrophil);
    let mut drawn = donor.draw(1000.0);
    drawn.set(Component::Neutrophil, 0.0);
    donor.receive(&drawn);
    let after = donor.circulating().get(Component::Neutrophil);
    rest(&mut donor, 30.0);
    let replaced = (donor.circulating().get(Component::Neutrophil) - after) / (start - after);
    assert!((replaced - 0.5).abs() < 0.03, "{replaced}");
}

#[test]
fn a_donor_with_more_cd34_yields_in_proportion() {
    let yield_of = |per_ul: f64| {
        let mut description = man();
        description.cells[Population::Cd34] = CellConcentration::from_per_ul(per_ul);
        let mut donor = steadfast(&description);
        usual_collection().run(&mut donor, 60.0, 0.5, |_, _| {}).product.get(Component::Cd34)
    };
    assert!((yield_of(100.0) / yield_of(10.0) - 10.0).abs() < 0.01);
}
