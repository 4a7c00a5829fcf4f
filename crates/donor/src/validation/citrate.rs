//! Rows of citrate, calcium, magnesium, parathyroid hormone and bicarbonate.

use leuka_blood::Sex;
use leuka_blood::quantity::{Amount, Fraction, TimeSpan};

use super::{Bench, MAN_KG, Row};
use crate::scenario::CITRATE_MG_PER_MMOL;
use crate::{Donor, Error, Treatment};

pub(super) fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = fixed_rate(bench)?;
    rows.extend(calcium_into_a_vein(bench)?);
    rows.extend(at_a_citrate_level(bench)?);
    rows.extend(plateletpheresis(bench)?);
    rows.extend(clearance(bench)?);
    rows.extend(large_volume(bench)?);
    Ok(rows)
}

fn calcium_pct(donor: &Donor, rest: &Donor) -> f64 {
    100.0 * (donor.blood().ionised_calcium / rest.blood().ionised_calcium - 1.0)
}

fn magnesium_pct(donor: &Donor, rest: &Donor) -> f64 {
    100.0 * (donor.blood().ionised_magnesium / rest.blood().ionised_magnesium - 1.0)
}

fn hormone_pct(donor: &Donor) -> f64 {
    donor.blood().parathyroid_hormone.pct()
}

fn fixed_rate(bench: &Bench) -> Result<Vec<Row>, Error> {
    let rest = bench.donor(&bench.man())?;
    let mut donor = rest.clone();
    bench.infuse(&mut donor, 1.6, 30.0);
    let early = hormone_pct(&donor);
    bench.infuse(&mut donor, 1.6, 45.0);
    let before = donor.blood().citrate;
    bench.infuse(&mut donor, 1.6, 15.0);
    let rise = 100.0 * (donor.blood().citrate / before - 1.0);
    let what_calcium = "ionised calcium after 90 min at 1.6 mg/kg/min citrate";
    let what_magnesium = "ionised magnesium after 90 min at 1.6 mg/kg/min citrate";
    let what_rise = "rise of citrate in the last 15 of 90 min: no plateau";
    let what_hormone = "parathyroid hormone at 30 min over that at 90 min: higher early";
    Ok(vec![
        Row::value("G1", what_calcium, "%", -33.0, calcium_pct(&donor, &rest)).fitted(),
        Row::value("G1", what_magnesium, "%", -39.0, magnesium_pct(&donor, &rest)).fitted(),
        Row::range("G1", what_rise, "%", (0.0, f64::INFINITY), rise),
        Row::range("G1", what_hormone, "1", (1.0, f64::INFINITY), early / hormone_pct(&donor)),
    ])
}

/// Half of the patients are women; three hours, as usual for an autologous collection.
fn calcium_into_a_vein(bench: &Bench) -> Result<Vec<Row>, Error> {
    let felt = |calcium_mmol_h: f64| {
        let mut sum = 0.0;
        for sex in [Sex::Female, Sex::Male] {
            let mut description = bench.man();
            description.sex = sex;
            let mut donor = bench.donor(&description)?;
            donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(calcium_mmol_h)));
            bench.infuse(&mut donor, 1.99, 180.0);
            sum += donor.symptoms().citrate_probability.fraction();
        }
        Ok::<_, Error>(sum)
    };
    let change = 100.0 * (felt(1.8)? / felt(0.0)? - 1.0);
    let what = "citrate effects felt, calcium 1.8 mmol/h against none, at 1.99 mg/kg/min for 3 h";
    Ok(vec![Row::value("G4", what, "%", -65.0, change).assuming("3 h, half of them women")])
}

/// Concentrations of 26.7 and 12.5 mg/dL of citric acid.
fn at_a_citrate_level(bench: &Bench) -> Result<Vec<Row>, Error> {
    const CITRIC_ACID_MG_PER_MMOL: f64 = 192.1;
    let rest = bench.donor(&bench.man())?;
    let fall_at = |mg_dl: f64, rate: f64| {
        let mut donor = rest.clone();
        let mut fall = None;
        for _ in 0..240 {
            bench.infuse(&mut donor, rate, 1.0);
            if donor.blood().citrate.mmol_l() >= mg_dl * 10.0 / CITRIC_ACID_MG_PER_MMOL {
                fall = fall.or(Some(calcium_pct(&donor, &rest)));
            }
        }
        fall.unwrap_or(f64::NAN)
    };
    let full = "ionised calcium when citrate reaches 26.7 mg/dL (full strength, 1.7 mg/kg/min)";
    let half = "ionised calcium when citrate reaches 12.5 mg/dL (half strength, 0.85 mg/kg/min)";
    Ok(vec![
        Row::value("G6", full, "%", -32.4, fall_at(26.7, 1.7)).fitted(),
        Row::value("G6", half, "%", -16.0, fall_at(12.5, 0.85)).fitted(),
    ])
}

/// 120 min at the rate that lowers ionised calcium as published; what else follows from it is predicted.
fn plateletpheresis(bench: &Bench) -> Result<Vec<Row>, Error> {
    let rest = bench.donor(&bench.man())?;
    let (mut low, mut high) = (0.3, 2.0);
    for _ in 0..12 {
        let rate = 0.5 * (low + high);
        let mut donor = rest.clone();
        bench.infuse(&mut donor, rate, 120.0);
        if calcium_pct(&donor, &rest) < -15.0 { high = rate } else { low = rate }
    }
    let mut donor = rest.clone();
    let (mut peak, mut peak_min, mut at_30) = (0.0, 0.0, 0.0);
    for minute in 1..=120 {
        bench.infuse(&mut donor, low, 1.0);
        let now = hormone_pct(&donor);
        if now > peak {
            (peak, peak_min) = (now, f64::from(minute));
        }
        if minute == 30 {
            at_30 = now;
        }
    }
    let (calcium, magnesium) = (calcium_pct(&donor, &rest), magnesium_pct(&donor, &rest));
    donor.advance(TimeSpan::from_minutes(30.0));
    let recovered = 100.0 * (1.0 - calcium_pct(&donor, &rest) / calcium);
    let what = "ionised magnesium after 120 min at the rate that lowers ionised calcium by 15 %";
    Ok(vec![
        Row::value("G8", what, "%", -30.0, magnesium).with_sd(4.0),
        Row::value("G8", "parathyroid hormone at 30 min, of its start", "%", 356.0, at_30).with_sd(114.0),
        Row::range("G8", "ionised calcium recovered 30 min after the end", "%", (50.0, 100.0), recovered),
        Row::range("G9", "parathyroid hormone is highest after", "min", (5.0, 15.0), peak_min),
    ])
}

/// The row states no duration.
const STEADY: &str = "4 h; after 2 h the concentration is 0.81 mmol/L, outside the spread";

fn clearance(bench: &Bench) -> Result<Vec<Row>, Error> {
    let rest = bench.donor(&bench.man())?;
    let rate = |mmol_kg_h: f64| mmol_kg_h * CITRATE_MG_PER_MMOL / 60.0;
    let mut steady = rest.clone();
    bench.infuse(&mut steady, rate(0.33), 240.0);
    let citrate = steady.blood().citrate.mmol_l();
    let cleared = 0.33 * MAN_KG / 60.0 / (citrate - rest.blood().citrate.mmol_l());
    let (peak, healthy) = critically_ill(bench, 1.0)?;
    let (peak_cirrhosis, cirrhosis) = critically_ill(bench, 0.5)?;
    let excess = 100.0 * (peak_cirrhosis / peak - 1.0);
    Ok(vec![
        Row::value("G15", "citrate after 4 h at 0.33 mmol/kg/h", "mmol/L", 1.19, citrate)
            .with_sd(0.33)
            .assuming(STEADY),
        Row::value("G15", "clearance of citrate there", "L/min", 0.35, cleared).with_sd(0.11).assuming(STEADY),
        Row::value("G16", "peak in cirrhosis over that without, 2 h at 0.5 mmol/kg/h", "%", 65.0, excess).fitted(),
        Row::value("G16", "clearance of citrate, dose over area", "L/min", 0.71, healthy),
        Row::value("G16", "clearance of citrate in cirrhosis, dose over area", "L/min", 0.34, cirrhosis),
    ])
}

/// Peak, mmol/L, and clearance, L/min, of two hours at 0.5 mmol/kg/h with calcium at 0.17, and six hours after it.
fn critically_ill(bench: &Bench, liver: f64) -> Result<(f64, f64), Error> {
    let mut description = bench.man();
    description.liver_factor = Fraction::from_fraction(liver);
    let mut donor = bench.donor(&description)?;
    let start = donor.blood().citrate.mmol_l();
    donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(0.17 * MAN_KG)));
    let (mut peak, mut area) = (0.0_f64, 0.0);
    for minute in 0..480 {
        if minute < 120 {
            bench.infuse(&mut donor, 0.5 * CITRATE_MG_PER_MMOL / 60.0, 1.0);
        } else {
            donor.treat(Treatment::CalciumInfusion(Amount::ZERO));
            donor.advance(TimeSpan::from_minutes(1.0));
        }
        let citrate = donor.blood().citrate.mmol_l();
        peak = peak.max(citrate);
        area += citrate - start;
    }
    Ok((peak, 0.5 * MAN_KG * 2.0 / area))
}

/// Four hours at 1.5 mg/kg/min; half of the published donors had calcium, here 1.8 mmol/h as in row G4.
fn large_volume(bench: &Bench) -> Result<Vec<Row>, Error> {
    let rest = bench.donor(&bench.man())?;
    let mut without = rest.clone();
    bench.infuse(&mut without, 1.5, 240.0);
    let mut with = rest.clone();
    with.treat(Treatment::CalciumInfusion(Amount::from_mmol(1.8)));
    bench.infuse(&mut with, 1.5, 240.0);
    let mean = 0.5 * (calcium_pct(&without, &rest) + calcium_pct(&with, &rest));
    let base = without.blood().bicarbonate.mmol_l() - rest.blood().bicarbonate.mmol_l();
    let what = "ionised calcium after 4 h at 1.5 mg/kg/min, mean of with and without calcium";
    Ok(vec![
        Row::value("4 h", what, "%", -23.0, mean).fitted().assuming("half had calcium, 1.8 mmol/h"),
        Row::range("4 h", "bicarbonate there, rise", "mmol/L", (2.6, 4.4), base).fitted(),
    ])
}
