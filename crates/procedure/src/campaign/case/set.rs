//! Hazards 10 to 15, 22, 23 and 26 to 28: bags, balance, identity, product, and what is refused.

use leuka_control::PhaseName;
use leuka_device::CollectTo;

use super::{ALL_STOPPED, CHILD, COLUMN, Case, Draw, Effect, PAIRS, PUMPS_STAND, RED_CELLS, STARCH, Setting, Target};
use crate::campaign::seen::Seen;

/// A fault without strength: marks the moment at which a case begins that is made by what was entered.
const MARKER: &str = "pump.inlet.slip";

/// A harmless entry for cases that are made by the donor alone.
const NOTHING: &str = "[[fault]]\nname = \"operator.wrong_label\"\nat_s = 80000\n";

fn is_past_admission(seen: &Seen) -> bool {
    seen.phase == PhaseName::LoadSet
}

pub(super) fn wrong_solution(draw: &mut Draw) -> Case {
    if draw.one(&[true, false]) {
        return draw.slip(&["operator.wrong_anticoagulant", "operator.wrong_saline", "operator.wrong_set"], |seen| {
            seen.phase == PhaseName::Prime
        });
    }
    let case = draw.fault("lines_swapped", 0.0, (PhaseName::PressureTest, 0.5));
    Case {
        mode: "bags on each other's line".into(),
        condition: Target::Plant(|seen| seen.phase == PhaseName::Prime && seen.view.pumps_ml_min.inlet > 0.0),
        effect: PUMPS_STAND,
        limit_ms: Some(5000.0),
        watch_s: 240.0,
        ..case
    }
}

fn has_lost(seen: &Seen, part: f64) -> bool {
    seen.lost_ml() > part * 0.01 * seen.parameter * seen.donor.tbv_ml
}

pub(super) fn deficit(draw: &mut Draw) -> Case {
    let percent = draw.within(1.5, 3.5);
    let mut case = draw.fault(MARKER, 0.0, (PhaseName::Divert, 0.5));
    let limit = |part: f64| format!("{:.3}", part * percent);
    case.setting = case
        .setting
        .with("protocol.divert_volume_ml", 300)
        .with("protocol.divert_flow_ml_min", format!("{:.0}", draw.within(20.0, 60.0)))
        .with("protocol.limits.fluid_deficit_pct.warning", limit(0.8).parse().unwrap_or(1.0_f64).max(1.0))
        .with("protocol.limits.fluid_deficit_pct.automatic", limit(0.9).parse().unwrap_or(1.0_f64).max(1.0))
        .with("protocol.limits.fluid_deficit_pct.absolute", limit(1.0));
    Case {
        mode: format!("a divert of 300 mL against a limit of {percent:.1} %"),
        parameter: percent,
        onset: |seen| has_lost(seen, 0.8),
        condition: Target::Plant(|seen| has_lost(seen, 1.0)),
        effect: PUMPS_STAND,
        limit_ms: Some(10_000.0),
        watch_s: 900.0,
        ..case
    }
}

pub(super) fn surplus(draw: &mut Draw) -> Case {
    let phase = draw.drawing();
    let flow = draw.within(10.0, 80.0);
    // Nobody asked for the saline: what has run in beyond 25 mL is too much.
    Case {
        onset: |seen| seen.gathered.uncommanded_ml > 10.0,
        condition: Target::Plant(|seen| seen.gathered.uncommanded_ml > 25.0),
        effect: ALL_STOPPED,
        limit_ms: Some(10_000.0),
        watch_s: 400.0,
        ..draw.fault("saline_free_flow", flow, phase)
    }
}

pub(super) fn extracorporeal(draw: &mut Draw) -> Case {
    let weight = draw.within(9.0, 14.0);
    let mut case = draw.slip(&["operator.pause"], is_past_admission);
    let adult = PAIRS[0];
    case.setting = Setting::of((adult.0, adult.1, CHILD.2, CHILD.3)).with("donor.weight_kg", format!("{weight:.1}"));
    case.entries = NOTHING.to_owned();
    Case { mode: format!("an adult's set for {weight:.1} kg"), ..case }
}

pub(super) fn wrong_donor(draw: &mut Draw) -> Case {
    let slips = [
        "operator.wrong_order",
        "operator.wrong_order_donor",
        "operator.wrong_donor",
        "operator.wrong_second_identifier",
    ];
    draw.slip(&slips, is_past_admission)
}

pub(super) fn product_mix_up(draw: &mut Draw) -> Case {
    let slips = ["operator.wrong_label", "operator.wrong_label_donor"];
    let mut case = draw.slip(&slips, |seen| seen.phase == PhaseName::RemoveLine);
    let after_s = draw.within(600.0, 800.0);
    case.entries += &format!("[[fault]]\nname = \"operator.end_early\"\nphase = \"collect\"\nafter_s = {after_s:?}\n");
    case.mode += " after an early end";
    Case {
        condition: Target::Plant(|seen| seen.phase == PhaseName::Product),
        effect: Effect::Event("refused: the label"),
        watch_s: 10_000.0,
        then_s: 300.0,
        ..case
    }
}

pub(super) fn clotting(draw: &mut Draw) -> Case {
    let after_s = draw.within(20.0, 200.0);
    let pause_s = draw.within(320.0, 900.0);
    let mut case = draw.faults(&[(MARKER, 0.0)], None, (PhaseName::Collect, after_s));
    for (name, lasts_s) in [("pause", 1.0), ("ignores_pause", pause_s), ("skips_flush", 9000.0)] {
        case.entries += &format!(
            "[[fault]]\nname = \"operator.{name}\"\nphase = \"collect\"\nafter_s = {after_s:?}\nlasts_s = {lasts_s:?}\n"
        );
    }
    Case {
        mode: format!("a pause of {pause_s:.0} s, resumed without a flush"),
        condition: Target::Plant(|seen| seen.gathered.stood_s > 300.0),
        effect: Effect::Event("alarm long_pause"),
        limit_ms: Some(1000.0),
        watch_s: pause_s + 400.0,
        then_s: pause_s + 100.0,
        forbidden: |seen| seen.gathered.stale && !seen.pumps_stand(),
        ..case
    }
}

fn is_red(seen: &Seen) -> bool {
    let delivers = seen.commands.collect_to == CollectTo::Product && seen.view.pumps_ml_min.collect > 0.0;
    // The limit of 8 %, and three times bias and noise of the optics.
    delivers && seen.view.collect_hematocrit > 0.085
}

fn collect_stands(seen: &Seen) -> bool {
    seen.view.pumps_ml_min.collect <= 0.0
}

pub(super) fn red_product(draw: &mut Draw) -> Case {
    let after_s = draw.within(60.0, 240.0);
    if draw.one(&[true, false]) {
        // The interface counts as lost after 20 s without a picture.
        return Case {
            condition: Target::Plant(|seen| seen.gathered.since_s > 20.0),
            effect: Effect::Plant(collect_stands, &[]),
            limit_ms: Some(2000.0),
            ..draw.fault("camera_dark", 0.0, (PhaseName::Collect, after_s))
        };
    }
    let offset = draw.within(0.3, 1.5);
    Case {
        condition: Target::Plant(is_red),
        effect: Effect::Plant(collect_stands, &[]),
        limit_ms: Some(2000.0),
        watch_s: 1200.0,
        ..draw.fault("sensor.control.interface.offset", offset, (PhaseName::Collect, after_s))
    }
}

pub(super) fn reaction(draw: &mut Draw) -> Case {
    if draw.one(&[true, false, false]) {
        let mut case = draw.slip(&["operator.pause"], is_past_admission);
        case.setting = Setting::of(COLUMN).with("donor.ace_inhibitor", true);
        case.entries = NOTHING.to_owned();
        return Case { mode: "ACE inhibitor and a column".into(), ..case };
    }
    let phase = draw.returning();
    let name = draw.one(&["allergic_reaction", "donor_button"]);
    let severity = draw.within(0.2, 1.0);
    Case {
        condition: Target::Plant(|seen| seen.view.button),
        effect: PUMPS_STAND,
        limit_ms: Some(2000.0),
        ..draw.fault(name, severity, phase)
    }
}

pub(super) fn red_cells(draw: &mut Draw) -> Case {
    let slips = ["operator.wrong_red_cells", "operator.old_red_cells", "operator.cold_red_cells"];
    let mut case = draw.slip(&slips, is_connected);
    case.setting = Setting::of(RED_CELLS);
    case
}

fn is_connected(seen: &Seen) -> bool {
    seen.view.is_connected
}

/// The day's limit is lowered for the campaign so that it is reached within minutes.
pub(super) fn starch(draw: &mut Draw) -> Case {
    let limit = draw.within(0.2, 0.35);
    let mut case = draw.fault(MARKER, 0.0, (PhaseName::EstablishInterface, 0.5));
    case.setting = Setting::of(STARCH).by_channel().with("model.guard.absolute.starch", format!("{limit:.3}"));
    Case {
        mode: format!("a day's limit of {limit:.2} mL/kg"),
        parameter: limit,
        onset: |seen| seen.view.anticoagulant_ml > 0.5 * seen.parameter * seen.donor.weight_kg,
        condition: Target::Plant(|seen| seen.view.anticoagulant_ml > seen.parameter * seen.donor.weight_kg),
        effect: PUMPS_STAND,
        limit_ms: Some(10_000.0),
        watch_s: 3600.0,
        ..case
    }
}
