//! Hazards 1 to 9: what goes to the donor and what comes.

use leuka_control::PhaseName;

use super::{CHILD, Case, Draw, Effect, PUMPS_STAND, REFUSED, RETURN_STOPPED, Setting, Target};
use crate::campaign::seen::Seen;

pub(super) fn air(draw: &mut Draw) -> Case {
    let is_bolus = draw.one(&[true, false]);
    let phase = draw.returning();
    let magnitude = if is_bolus { draw.within(0.3, 5.0) } else { draw.within(0.15, 0.6) };
    Case {
        condition: Target::Event("air is before the detectors"),
        limit_ms: Some(200.0),
        watch_s: 240.0,
        // Whoever resumes lets the air stand behind the closed clamp; the donor has none of it.
        then_s: 30.0,
        bearable: if is_bolus { |harm, _| harm.air_ml <= 0.0 } else { |harm, _| harm.air_ml <= 0.4 },
        ..draw.fault(if is_bolus { "air_bolus" } else { "air_foam" }, magnitude, phase)
    }
}

pub(super) fn blind_detector(draw: &mut Draw) -> Case {
    let side = draw.one(&["guard", "control"]);
    if draw.one(&[true, false, false, false]) {
        let name = format!("operator.{side}");
        let mut case = draw.slip(&["operator.pause"], |seen| seen.phase == PhaseName::Connect);
        case.mode = format!("{name}: blind before the self-test");
        case.entries = format!("[[fault]]\nname = \"sensor.{side}.return_air.stuck\"\nat_s = 1.0\n");
        return Case { effect: REFUSED, ..case };
    }
    let phase = draw.returning();
    let (how, magnitude) =
        draw.one(&[("stuck", 0.0), ("offset", 0.6), ("offset", 1.0), ("dropout", 0.0), ("nan", 0.0)]);
    Case {
        limit_ms: Some(1000.0),
        then_s: 300.0,
        // A blind detector ends the use of the set.
        forbidden: |seen| !seen.return_closed(),
        watch_s: 320.0,
        ..draw.fault(&format!("sensor.{side}.return_air.{how}"), magnitude, phase)
    }
}

pub(super) fn return_occlusion(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let is_clot = draw.one(&[true, false, false]);
    let (name, magnitude, watch_s) = if is_clot {
        ("return_clot", draw.within(4.0, 40.0), 1200.0)
    } else {
        ("return_occlusion", draw.within(0.96, 1.0), 60.0)
    };
    Case {
        onset: |seen| seen.view.return_mmhg > 300.0,
        condition: Target::Plant(|seen| seen.view.return_mmhg > 400.0),
        effect: PUMPS_STAND,
        limit_ms: Some(500.0),
        watch_s,
        ..draw.fault(name, magnitude, phase)
    }
}

pub(super) fn return_line_off(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let is_child = draw.one(&[true, false, false, false]) && phase.0 != PhaseName::RinseBack;
    let mut case = draw.fault("return_line_off", 0.0, phase);
    if is_child {
        case.setting = Setting::of(CHILD);
    }
    Case {
        limit_ms: Some(6000.0),
        then_s: 5.0,
        bearable: |harm, seen| harm.lost_ml <= (0.01 * seen.donor.tbv_ml).max(15.0),
        ..case
    }
}

pub(super) fn access_occlusion(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let name = draw.one(&["vein_collapse", "draw_occlusion"]);
    if draw.one(&[true, false]) {
        let magnitude = draw.within(0.5, 1.0);
        return Case {
            // The limit, and three standard deviations of a transducer's error.
            condition: Target::Plant(|seen| seen.view.draw_mmhg < -260.0),
            effect: Effect::Plant(|seen| seen.view.pumps_ml_min.inlet < 0.97 * seen.gathered.inlet_peak, &[]),
            limit_ms: Some(1000.0),
            ..draw.fault(name, magnitude, phase)
        };
    }
    let case = draw.fault(name, 1.0, phase);
    Case {
        mode: format!("{} sustained", case.mode),
        onset: |seen| seen.gathered.suction_s > 8.0,
        condition: Target::Plant(|seen| seen.gathered.suction_s > 10.0),
        effect: PUMPS_STAND,
        limit_ms: Some(500.0),
        ..case
    }
}

pub(super) fn infiltration(draw: &mut Draw) -> Case {
    let phase = draw.returning();
    let magnitude = draw.within(0.3, 1.0);
    Case {
        condition: Target::Plant(|seen| seen.view.button),
        effect: PUMPS_STAND,
        limit_ms: Some(2000.0),
        watch_s: 120.0,
        ..draw.fault("infiltration", magnitude, phase)
    }
}

/// No drop for 10 s and for the time of four is nothing delivered; otherwise 2 mL beyond 15 % are missing.
fn is_dry(seen: &Seen) -> bool {
    const DROPS_ML: f64 = 4.0 * 0.05;
    seen.gathered.dry_s >= 10.0 && seen.gathered.dry_ml >= DROPS_ML
}

pub(super) fn anticoagulant_missing(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let is_slip = draw.one(&[true, false]);
    if is_slip {
        let magnitude = draw.within(0.35, 0.9);
        // The table names the deficit and no time beyond it: 30 s is what it takes to average 1 g of noise away.
        return Case {
            onset: |seen| seen.gathered.deficit_ml > 1.0,
            condition: Target::Plant(|seen| seen.gathered.deficit_ml > 2.0),
            effect: PUMPS_STAND,
            limit_ms: Some(30_000.0),
            watch_s: 300.0,
            ..draw.fault("pump.anticoagulant.slip", magnitude, phase)
        };
    }
    let name = draw.one(&["anticoagulant_line_closed", "anticoagulant_emptied", "pump.anticoagulant.slip"]);
    let magnitude = if name == "pump.anticoagulant.slip" { 1.0 } else { 0.0 };
    Case {
        onset: |seen| seen.gathered.dry_s > 2.0,
        condition: Target::Plant(is_dry),
        effect: PUMPS_STAND,
        limit_ms: Some(1000.0),
        ..draw.fault(name, magnitude, phase)
    }
}

/// More than 3 mL (0.2 mL/kg in a child), or 20 % of half a minute, beyond what is tolerated.
fn is_too_much(seen: &Seen) -> bool {
    let share_ml = 0.2 * seen.commands.pumps.anticoagulant.ml_min() * 0.5;
    seen.gathered.excess_ml > share_ml.max((0.2 * seen.donor.weight_kg).min(3.0))
}

pub(super) fn anticoagulant_excess(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let is_child = draw.one(&[true, false, false]);
    let magnitude = draw.within(4.0, 80.0);
    let mut case = draw.fault("anticoagulant_free_flow", magnitude, phase);
    if is_child {
        case.setting = Setting::of(CHILD);
    }
    Case {
        onset: |seen| seen.gathered.excess_ml > 0.5,
        condition: Target::Plant(is_too_much),
        effect: RETURN_STOPPED,
        limit_ms: Some(5000.0),
        watch_s: 300.0,
        ..case
    }
}

pub(super) fn citrate(draw: &mut Draw) -> Case {
    if draw.one(&[true, false, false]) {
        return symptoms(draw);
    }
    let inlet = draw.within(70.0, 90.0);
    let ratio = draw.within(6.0, 7.5);
    let mut case = draw.fault("pump.inlet.slip", 0.0, (PhaseName::EstablishInterface, 1.0));
    case.setting = case
        .setting
        .with("protocol.anticoagulant.citrate_limit_mg_kg_min", 4.0)
        .with("protocol.anticoagulant.limit_ml_min_l", 2.0)
        .with("protocol.anticoagulant.inlet_ratio", format!("{ratio:.2}"))
        .with("protocol.inlet_flow_ml_min", format!("{inlet:.1}"))
        .with("protocol.access.draw", "apheresis-catheter")
        .with("protocol.access.return", "apheresis-catheter");
    case.mode = format!("limits entered too high, ratio {ratio:.1}, inlet {inlet:.0} mL/min");
    Case {
        condition: Target::Plant(|seen| {
            seen.gathered.rate_ml_min * CITRATE_MMOL_ML > MOST_CITRATE_MMOL_KG_MIN * seen.donor.weight_kg
        }),
        effect: PUMPS_STAND,
        limit_ms: Some(10_000.0),
        watch_s: 600.0,
        ..case
    }
}

/// ACD-A, and the guard's own limit.
const CITRATE_MMOL_ML: f64 = 0.113;
const MOST_CITRATE_MMOL_KG_MIN: f64 = 0.0115;

/// A liver that takes up little citrate: the donor tingles at an ordinary rate, and the inlet is lowered.
fn symptoms(draw: &mut Draw) -> Case {
    let liver = draw.within(0.1, 0.25);
    let mut case = draw.fault("pump.inlet.slip", 0.0, (PhaseName::EstablishInterface, 1.0));
    case.setting = case.setting.with("donor.liver_factor", format!("{liver:.2}"));
    case.mode = format!("symptoms, liver factor {liver:.2}");
    Case {
        condition: Target::Event("the donor reports"),
        effect: Effect::Plant(|seen| seen.view.pumps_ml_min.inlet < 0.97 * seen.gathered.inlet_then, &[]),
        limit_ms: Some(10_000.0),
        watch_s: 5400.0,
        ..case
    }
}
