//! What the rows of the table are taken from, over time: plain series for pictures.

use leuka_blood::Population;
use leuka_blood::quantity::{CellConcentration, TimeSpan};

use super::cells::{count, mononuclear, white};
use super::{BEAT_S, Bench};
use crate::scenario::{Collection, bleed};
use crate::{Donor, Error, Parameters, Treatment};

/// A picture as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// A short name, for a file.
    pub name: &'static str,
    /// What is seen.
    pub title: &'static str,
    /// The horizontal axis.
    pub x_label: &'static str,
    /// Panels from the top.
    pub panels: Vec<Panel>,
}

/// Curves that share a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What and in which unit.
    pub label: &'static str,
    /// Each curve: its name and its points.
    pub curves: Vec<(&'static str, Vec<(f64, f64)>)>,
}

/// What is read off a donor: its name, and the value now of a donor who was like the second at the start.
type Reading = (&'static str, fn(&Donor, &Donor) -> f64);

/// The pictures of the model chapter.
///
/// # Errors
/// What [`Donor::new`] refuses, with other parameters than the published ones.
pub fn curves(parameters: &Parameters, blood: &leuka_blood::Parameters) -> Result<Vec<Curves>, Error> {
    let bench = Bench::new(parameters, blood);
    Ok(vec![citrate(&bench)?, blood_loss(&bench)?, collection(&bench)?, platelets(&bench)?])
}

/// Follows `donor` for `minutes`, with a look every `every` minutes; `act` lets the minutes pass.
fn follow(
    donor: &mut Donor,
    (minutes, every): (f64, f64),
    readings: &[(&'static str, &[Reading])],
    mut act: impl FnMut(f64, &mut Donor),
) -> Vec<Panel> {
    let start = donor.clone();
    let empty = |&(label, curves): &(&'static str, &[Reading])| Panel {
        label,
        curves: curves.iter().map(|&(name, _)| (name, Vec::new())).collect(),
    };
    let mut panels: Vec<Panel> = readings.iter().map(empty).collect();
    let mut now = 0.0;
    loop {
        for (panel, (_, curves)) in panels.iter_mut().zip(readings) {
            for ((_, points), (_, value)) in panel.curves.iter_mut().zip(*curves) {
                points.push((now, value(donor, &start)));
            }
        }
        if now >= minutes {
            return panels;
        }
        act(now, donor);
        now += every;
    }
}

fn change_pct(now: f64, start: f64) -> f64 {
    100.0 * (now / start - 1.0)
}

fn citrate(bench: &Bench) -> Result<Curves, Error> {
    let ions: &[Reading] = &[
        ("calcium", |now, start| {
            change_pct(now.blood().ionised_calcium.mmol_l(), start.blood().ionised_calcium.mmol_l())
        }),
        ("magnesium", |now, start| {
            change_pct(now.blood().ionised_magnesium.mmol_l(), start.blood().ionised_magnesium.mmol_l())
        }),
    ];
    let citrate: &[Reading] = &[("citrate", |now, _| now.blood().citrate.mmol_l())];
    let hormone: &[Reading] = &[("hormone", |now, _| now.blood().parathyroid_hormone.pct())];
    let readings =
        [("ionised, change, %", ions), ("citrate, mmol/L", citrate), ("parathyroid hormone, % of rest", hormone)];
    let panels = follow(&mut bench.donor(&bench.man())?, (180.0, 1.0), &readings, |now, donor| {
        if now < 90.0 { bench.infuse(donor, 1.6, 1.0) } else { donor.advance(TimeSpan::from_minutes(1.0)) }
    });
    let mut curves = Curves {
        name: "citrate",
        title: "Citrate 1.6 mg/kg/min for 90 min and 90 min after",
        x_label: "time, min",
        panels,
    };
    if let Some(panel) = curves.panels.first_mut() {
        panel.curves.push(("G1, calcium", vec![(86.0, -33.0), (94.0, -33.0)]));
        panel.curves.push(("G1, magnesium", vec![(86.0, -39.0), (94.0, -39.0)]));
    }
    Ok(curves)
}

fn blood_loss(bench: &Bench) -> Result<Curves, Error> {
    let heart: &[Reading] = &[("heart rate", |now, _| now.vitals().heart_rate.per_min())];
    let pressure: &[Reading] = &[
        ("systolic", |now, _| now.vitals().systolic.mmhg()),
        ("mean", |now, _| now.vitals().mean.mmhg()),
        ("diastolic", |now, _| now.vitals().diastolic.mmhg()),
    ];
    let volume: &[Reading] = &[
        ("blood", |now, start| change_pct(now.circulating().fluid_ml(), start.circulating().fluid_ml())),
        ("stroke volume", |now, start| change_pct(now.vitals().stroke_volume.ml(), start.vitals().stroke_volume.ml())),
        ("haematocrit", |now, start| change_pct(now.blood().hematocrit.pct(), start.blood().hematocrit.pct())),
    ];
    let readings = [("heart rate, /min", heart), ("pressure, mmHg", pressure), ("change, %", volume)];
    let panels = follow(&mut bench.donor(&bench.man())?, (120.0, 0.5), &readings, |now, donor| {
        if now < 25.0 { bleed(donor, 20.0, 0.5, BEAT_S) } else { donor.advance(TimeSpan::from_minutes(0.5)) }
    });
    Ok(Curves { name: "blood-loss", title: "A litre of blood lost in 25 min", x_label: "time, min", panels })
}

fn collection(bench: &Bench) -> Result<Curves, Error> {
    let cells: &[Reading] = &[
        ("CD34+", |now, start| 100.0 * count(now, Population::Cd34) / count(start, Population::Cd34)),
        ("mononuclear", |now, start| 100.0 * mononuclear(now) / mononuclear(start)),
        ("platelets", |now, start| 100.0 * count(now, Population::Platelet) / count(start, Population::Platelet)),
        ("haematocrit", |now, start| 100.0 * (now.blood().hematocrit / start.blood().hematocrit)),
    ];
    let felt: &[Reading] = &[("men", |now, _| now.symptoms().citrate_probability.pct())];
    let calcium: &[Reading] = &[("ionised calcium", |now, _| now.blood().ionised_calcium.mmol_l())];
    let readings = [("count, % of the start", cells), ("calcium, mmol/L", calcium), ("citrate is felt, %", felt)];
    let mut man = bench.man();
    man.cells[Population::Cd34] = CellConcentration::from_per_ul(60.0);
    let keen = Collection { blood_ml_min: 12_000.0 / 180.0, platelet: 0.4, ..Collection::usual(bench.acd_a) };
    let panels = follow(&mut bench.donor(&man)?, (360.0, 2.0), &readings, |now, donor| {
        if now < 180.0 {
            keen.run(donor, 2.0, BEAT_S, |_, _| {});
        } else {
            donor.advance(TimeSpan::from_minutes(2.0));
        }
    });
    Ok(Curves {
        name: "collection",
        title: "Twelve litres in three hours, three hours after",
        x_label: "time, min",
        panels,
    })
}

fn platelets(bench: &Bench) -> Result<Curves, Error> {
    let platelets: &[Reading] = &[("platelets", |now, _| count(now, Population::Platelet) * 1e-3)];
    let whites: &[Reading] = &[("white cells", |now, _| white(now) * 1e-3)];
    let progenitors: &[Reading] = &[("CD34+", |now, _| count(now, Population::Cd34))];
    let readings = [("platelets, 1e9/L", platelets), ("white cells, 1e9/L", whites), ("CD34+, /uL", progenitors)];
    let mut man = bench.man();
    man.cells[Population::Platelet] = CellConcentration::from_per_ul(261e3);
    let collection = Collection { blood_ml_min: 60.0, platelet: 0.35, ..Collection::usual(bench.acd_a) };
    const HOUR: f64 = 60.0;
    let mut panels = follow(&mut bench.donor(&man)?, (20.0 * 24.0 * HOUR, HOUR), &readings, |now, donor| {
        let hour = now / HOUR;
        if hour < 120.0 && hour % 24.0 == 0.0 {
            donor.treat(Treatment::GCsf(10.0));
        }
        if (120.0..123.0).contains(&hour) {
            collection.run(donor, HOUR, BEAT_S, |_, _| {});
        } else {
            donor.advance(TimeSpan::from_hours(1.0));
        }
    });
    for (_, points) in panels.iter_mut().flat_map(|panel| &mut panel.curves) {
        for point in points {
            point.0 = point.0 / (24.0 * HOUR) + 1.0;
        }
    }
    let published = [
        ("C4", vec![(8.0, 159.0), (10.0, 146.0), (13.0, 185.0), (16.0, 270.0), (20.0, 333.0)]),
        ("I1", vec![(5.8, 43.8), (6.2, 43.8)]),
        ("I1", vec![(4.0, 60.7), (5.0, 128.0), (6.0, 107.0)]),
    ];
    for (panel, published) in panels.iter_mut().zip(published) {
        panel.curves.push(published);
    }
    let title = "G-CSF for five days, a collection on day 6";
    Ok(Curves { name: "recovery", title, x_label: "day", panels })
}
