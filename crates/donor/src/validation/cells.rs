//! Rows of haematocrit, cells, mobilisation and the days after.

use leuka_blood::quantity::{CellConcentration, TimeSpan};
use leuka_blood::{Component, Mixture, Population, Sex};

use super::{BEAT_S, Bench, Row};
use crate::scenario::{Collection, beats};
use crate::{Description, Donor, Error, Treatment};

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = hematocrit(bench)?;
    rows.extend(large_volume(bench)?);
    rows.extend(release(bench)?);
    rows.extend(mobilisation(bench)?);
    rows.extend(platelets_after(bench)?);
    Ok(rows)
}

fn count(donor: &Donor, population: Population) -> f64 {
    donor.blood().cells[population].per_ul()
}

fn mononuclear(donor: &Donor) -> f64 {
    [Population::TCell, Population::OtherLymphocyte, Population::Monocyte].map(|one| count(donor, one)).iter().sum()
}

fn white(donor: &Donor) -> f64 {
    Population::WHITE.map(|one| count(donor, one)).iter().sum()
}

/// Draws the set full while `prime` is given back, over five minutes.
fn connect(donor: &mut Donor, set_ml: f64, prime: &Mixture) -> Mixture {
    let mut outside = Mixture::EMPTY;
    let minutes = 5.0;
    beats(minutes, BEAT_S, |beat| {
        outside += donor.draw(set_ml * beat / minutes);
        donor.receive(&(*prime * (set_ml * beat / minutes)));
        donor.advance(TimeSpan::from_minutes(beat));
    });
    outside
}

/// What the sets of the time of row C6 held, mL: engineering judgement.
const SET_ML: f64 = 285.0;
const SET: &str = "a set of 285 mL; with 190 mL the falls are about 2 and 4 %";

/// Saline prime in the man, prime of red cells at the child's own haematocrit in a child of four years and 16 kg.
fn hematocrit(bench: &Bench) -> Result<Vec<Row>, Error> {
    let fall =
        |donor: &Donor, description: &Description| 100.0 * (donor.blood().hematocrit / description.hematocrit - 1.0);
    let man = bench.man();
    let mut donor = bench.donor(&man)?;
    connect(&mut donor, SET_ML, &Mixture::saline(1.0));
    let collection = Collection { collect_ml_min: 1.0, ..Collection::usual(bench.acd_a) };
    collection.run(&mut donor, 10.0, BEAT_S, |_, _| {});
    let early = fall(&donor, &man);
    collection.run(&mut donor, 170.0, BEAT_S, |_, _| {});
    let late = fall(&donor, &man);

    let child = bench.person(Sex::Male, 4.0, 102.0, 16.0, 1200.0);
    let mut donor = bench.donor(&child)?;
    let red = child.hematocrit.fraction();
    let prime = Mixture::of(Component::Erythrocyte, red) + Mixture::saline(1.0 - red);
    connect(&mut donor, SET_ML, &prime);
    let collection = Collection { blood_ml_min: 20.0, collect_ml_min: 0.5, ..collection };
    collection.run(&mut donor, 240.0, BEAT_S, |_, _| {});
    Ok(vec![
        Row::value("C6", "haematocrit of adults after 10 min, saline prime", "%", -7.0, early).assuming(SET),
        Row::value("C6", "haematocrit of adults at the end", "%", -7.0, late).assuming(SET),
        Row::value(
            "C6",
            "haematocrit of a child of 4 years at the end, prime of red cells",
            "%",
            -9.0,
            fall(&donor, &child),
        )
        .assuming("the same set, 20 mL/min of blood for 4 h"),
    ])
}

/// The efficiency that row B3 itself implies.
const PLATELETS: &str = "efficiency for platelets 40 %, which B3 implies";

/// Rows B3 and C2; the efficiency for platelets that B3 implies is an input.
fn large_volume(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut donor = bench.donor(&bench.man())?;
    let (cells, platelets) = (mononuclear(&donor), count(&donor, Population::Platelet));
    let collection = Collection { blood_ml_min: 11_800.0 / 180.0, platelet: 0.4, ..Collection::usual(bench.acd_a) };
    collection.run(&mut donor, 180.0, BEAT_S, |_, _| {});
    let pct = |now: f64, start: f64| 100.0 * now / start;
    let at_end = (pct(mononuclear(&donor), cells), pct(count(&donor, Population::Platelet), platelets));
    donor.advance(TimeSpan::from_hours(24.0));
    let next_day = pct(mononuclear(&donor), cells);
    donor.advance(TimeSpan::from_hours(6.0 * 24.0));
    let next_week = pct(count(&donor, Population::Platelet), platelets);
    Ok(vec![
        Row::value("B3", "mononuclear cells after 11.8 L, of the start", "%", 81.0, at_end.0),
        Row::value("B3", "platelets after 11.8 L, of the start (efficiency 40 %)", "%", 55.0, at_end.1)
            .assuming(PLATELETS),
        Row::value("B3", "mononuclear cells after 24 h, of the start", "%", 100.0, next_day),
        Row::value("B3", "platelets after 7 days, of the start", "%", 100.0, next_week),
        Row::value("C2", "lymphocytes after 12 L, of the start", "%", 70.0, at_end.0),
        Row::value("C2", "platelets after 12 L, of the start", "%", 70.0, at_end.1).assuming(PLATELETS),
    ])
}

/// Blood CD34 during collections of a man with 60/uL.
fn release(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mobilised = |mut description: Description| {
        description.cells[Population::Cd34] = CellConcentration::from_per_ul(60.0);
        bench.donor(&description)
    };
    let pct = |donor: &Donor| 100.0 * (count(donor, Population::Cd34) / 60.0 - 1.0);
    let usual = Collection::usual(bench.acd_a);
    let fast = Collection { blood_ml_min: 12_000.0 / 180.0, ..usual };
    let mut donor = mobilised(bench.man())?;
    fast.run(&mut donor, 60.0, BEAT_S, |_, _| {});
    let hour = pct(&donor);
    fast.run(&mut donor, 60.0, BEAT_S, |_, _| {});
    let two_hours = pct(&donor);
    fast.run(&mut donor, 60.0, BEAT_S, |_, _| {});
    let later = pct(&donor) - two_hours;
    let mut small = mobilised(bench.person(Sex::Female, 35.0, 160.0, 52.0, 3400.0))?;
    fast.run(&mut small, 60.0, BEAT_S, |_, _| {});

    let mut donor = mobilised(bench.man())?;
    let start = donor.circulating().get(Component::Cd34);
    let taken = |donor: &mut Donor, collection: Collection, minutes: f64| {
        collection.run(donor, minutes, BEAT_S, |_, _| {}).product.get(Component::Cd34) / start
    };
    let keen = Collection { mononuclear: 0.926, collect_ml_min: 1.0, ..usual };
    let long = taken(&mut donor, keen, 450.0);
    let mut donor = mobilised(bench.man())?;
    let slow = Collection { blood_ml_min: 21_000.0 / 360.0, mononuclear: 0.45, collect_ml_min: 1.0, ..usual };
    let bags = [0; 3].map(|_| taken(&mut donor, slow, 120.0));
    let what_long = "CD34 collected of the initial pool, efficiency 92.6 %, 7.5 h";
    let what_bags = "CD34 collected of the initial pool, 21 L in 6 h (efficiency 45 %)";
    Ok(vec![
        Row::value("C7", "CD34 in blood after 60 min (efficiency 60 %)", "%", -30.0, hour).fitted(),
        Row::range("C7", "change in the third hour, of the start: level", "%", (-5.0, 5.0), later),
        Row::range("C7", "fall in a woman of 52 kg over that in the man: deeper", "1", (1.0, 2.0), pct(&small) / hour),
        Row::value("D5", what_long, "1", 3.0, long).fitted(),
        Row::value("D6", what_bags, "1", 1.4, bags.iter().sum())
            .assuming("efficiency 45 %, to which the result is nearly proportional"),
        Row::value("D6", "third two-hour bag over the first: steady", "1", 1.0, bags[2] / bags[0]),
    ])
}

fn mobilisation(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut man = bench.man();
    man.cells[Population::Cd34] = CellConcentration::from_per_ul(2.6);
    let mut donor = bench.donor(&man)?;
    let mut days = Vec::new();
    for _ in 1..=5 {
        days.push(count(&donor, Population::Cd34));
        donor.treat(Treatment::GCsf(10.0));
        donor.advance(TimeSpan::from_hours(24.0));
    }
    let day = |number: usize| days.get(number - 1).copied().unwrap_or(f64::NAN);
    let mut released = bench.donor(&man)?;
    released.treat(Treatment::Plerixafor(240.0));
    released.advance(TimeSpan::from_hours(9.0));
    let (sixth, nine_hours) = (count(&donor, Population::Cd34), count(&released, Population::Cd34));
    Ok(vec![
        Row::value("I1", "CD34 on day 4 of G-CSF 10 ug/kg", "/uL", 60.7, day(4)).with_sd(40.0).fitted(),
        Row::value("I1", "CD34 on day 5", "/uL", 128.0, day(5)).with_sd(136.0).fitted(),
        Row::value("I1", "CD34 on day 6", "/uL", 107.0, sixth).with_sd(104.0).fitted(),
        Row::value("I1", "white cells on day 6", "1e9/L", 43.8, white(&donor) * 1e-3).with_sd(13.9).fitted(),
        Row::value("I4", "CD34 9 h after plerixafor 240 ug/kg", "/uL", 40.4, nine_hours).with_sd(3.4).fitted(),
    ])
}

/// Five days of G-CSF, a collection of 12 L on the sixth that takes 35 % of the platelets that pass, and two weeks.
fn platelets_after(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut man = bench.man();
    man.cells[Population::Platelet] = CellConcentration::from_per_ul(261e3);
    let mut donor = bench.donor(&man)?;
    for _ in 1..=5 {
        donor.treat(Treatment::GCsf(10.0));
        donor.advance(TimeSpan::from_hours(24.0));
    }
    let minutes = 200.0;
    let collection = Collection { blood_ml_min: 12_000.0 / minutes, platelet: 0.35, ..Collection::usual(bench.acd_a) };
    collection.run(&mut donor, minutes, BEAT_S, |_, _| {});
    donor.advance(TimeSpan::from_minutes(2.0 * 24.0 * 60.0 - minutes));
    let mut rows = Vec::new();
    for (what, published, days) in [
        ("platelets on day 8, 12 L on day 6 after five days of G-CSF", 159.0, 2.0),
        ("platelets on day 10: lowest", 146.0, 3.0),
        ("platelets on day 13", 185.0, 3.0),
        ("platelets on day 16", 270.0, 4.0),
        ("platelets on day 20", 333.0, 0.0),
    ] {
        rows.push(
            Row::value("C4", what, "1e9/L", published, count(&donor, Population::Platelet) * 1e-3)
                .fitted()
                .assuming("efficiency for platelets 35 %"),
        );
        donor.advance(TimeSpan::from_hours(24.0 * days));
    }
    Ok(rows)
}
