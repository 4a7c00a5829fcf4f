//! Rows of blood loss.

use leuka_blood::quantity::TimeSpan;

use super::{BEAT_S, Bench, Row};
use crate::scenario::bleed;
use crate::{Donor, Error, Vitals};

/// Vital signs before and at the end of a loss, and the donor then.
fn loss(bench: &Bench, volume_ml: f64, minutes: f64) -> Result<(Vitals, Vitals, Donor), Error> {
    let mut donor = bench.donor(&bench.man())?;
    let before = donor.vitals();
    bleed(&mut donor, volume_ml, minutes, BEAT_S);
    Ok((before, donor.vitals(), donor))
}

fn heart_rate(before: &Vitals, after: &Vitals) -> f64 {
    (after.heart_rate - before.heart_rate).per_min()
}

fn stroke_pct(before: &Vitals, after: &Vitals) -> f64 {
    100.0 * (after.stroke_volume / before.stroke_volume - 1.0)
}

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let (before, after, _) = loss(bench, 1000.0, 25.0)?;
    let mean = (after.mean - before.mean).mmhg();
    let venous = (after.central_venous - before.central_venous).mmhg();
    rows.extend([
        Row::value("1000 mL", "heart rate, loss in 25 min", "/min", 7.5, heart_rate(&before, &after))
            .with_sd(0.5)
            .fitted(),
        Row::value("1000 mL", "mean arterial pressure", "mmHg", -8.0, mean).with_sd(1.0).fitted(),
        Row::value("1000 mL", "stroke volume", "%", -11.0, stroke_pct(&before, &after)).fitted(),
        Row::value("1000 mL", "central venous pressure", "mmHg", -4.5, venous).fitted(),
    ]);
    let (before, after, _) = loss(bench, 500.0, 10.0)?;
    let systolic = (after.systolic - before.systolic).mmhg();
    rows.extend([
        Row::value("500 mL", "heart rate, loss in 10 min", "/min", 2.5, heart_rate(&before, &after))
            .with_sd(0.5)
            .fitted(),
        Row::value("500 mL", "systolic pressure", "mmHg", -4.0, systolic).fitted(),
    ]);
    let (before, after, _) = loss(bench, 375.0, 10.0)?;
    rows.push(Row::value("375 mL", "stroke volume, loss in 10 min", "%", -14.0, stroke_pct(&before, &after)));
    let (_, _, mut donor) = loss(bench, 450.0, 10.0)?;
    donor.advance(TimeSpan::from_minutes(50.0));
    let refill = 100.0 * (donor.circulating().fluid_ml() - (5250.0 - 450.0)) / 450.0;
    rows.push(Row::value("450 mL", "refilled from tissue within the hour", "%", 36.0, refill).fitted());

    let (before, after, _) = loss(bench, 0.2 * 5250.0, 30.0)?;
    let index = |vitals: &Vitals| vitals.heart_rate.per_min() / vitals.systolic.mmhg();
    let stroke_ml = (after.stroke_volume - before.stroke_volume).ml();
    let shock = index(&after) - index(&before);
    rows.extend([
        Row::value("H11", "heart rate, 20 % of the blood outside", "/min", 13.4, heart_rate(&before, &after)),
        Row::value("H11", "stroke volume", "mL", -14.3, stroke_ml),
        Row::value("H11", "shock index (heart rate over systolic pressure)", "1", 0.18, shock),
    ]);
    Ok(rows)
}
