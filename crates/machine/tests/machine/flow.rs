//! Fluid goes where pressures, clamps, pumps and bags let it.

use leuka_blood::{Component, Population};
use leuka_device::{Clamp, CollectTo, DrawFrom, ReturnTo};
use leuka_machine::{AccessKind, Handling, HandlingError, MarkKind, VeinQuality};

use leuka_separator::Separator as _;

use crate::rig::{Bench, Rig};

fn marked(rig: &Rig, kind: MarkKind) -> bool {
    rig.marks.iter().any(|mark| mark.kind == kind)
}

#[test]
fn priming_drives_the_air_of_the_dry_set_into_the_waste_bag() {
    let rig = Bench::default().connected();
    assert!(marked(&rig, MarkKind::AirAtDetectors));
    assert!(!marked(&rig, MarkKind::SalineEmpty));
    assert_eq!(rig.telemetry.return_air.value, Some(false));
    let waste_g = rig.telemetry.weights.waste.value.unwrap().grams();
    assert!((50.0..140.0).contains(&waste_g), "the waste bag weighs {waste_g} g");
    assert_eq!(rig.machine.donor().air_received().ml(), 0.0);
}

#[test]
fn without_saline_priming_never_gets_rid_of_the_air() {
    let mut rig = Bench::default().build();
    rig.handle(Handling::LoadSet);
    rig.commands.return_clamp = Clamp::Open;
    rig.pumps([100.0, 0.0, 30.0, 20.0]);
    rig.run(120.0);
    assert!(marked(&rig, MarkKind::SalineEmpty));
    assert_eq!(rig.telemetry.return_air.value, Some(true));
}

#[test]
fn blood_reaches_the_channel_after_the_dead_volume_of_its_lines() {
    // Draw line 18 mL and inlet line 8 mL at 60 mL/min; the channel moves every 0.5 s.
    let mut bench = Bench::default().exact();
    bench.replaced.push(("pump.suction_loss", 0.0));
    let mut rig = bench.connected();
    rig.pumps([60.0, 0.0, 0.0, 0.0]);
    let mut seconds = 0.0;
    while rig.tank.contents().hematocrit() == 0.0 && seconds < 60.0 {
        rig.run(0.05);
        seconds += 0.05;
    }
    assert!((26.0..26.7).contains(&seconds), "red cells came after {seconds} s");
}

#[test]
fn the_collect_line_is_as_long_after_air_has_passed_as_it_was() {
    let bench = Bench::default().exact();
    let line_ml = bench.parameters().collect_line().ml();
    let mut rig = bench.connected();
    rig.commands.collect_to = CollectTo::Product;
    rig.pumps([60.0, 5.0, 20.0, 5.0]);
    let mut before_ml = 0.0;
    while rig.machine.product().get(Component::Erythrocyte) == 0.0 {
        rig.beat();
        if rig.machine.in_separator().get(Component::Erythrocyte) == 0.0 {
            before_ml = rig.machine.product().volume_ml();
        }
    }
    let passed_ml = rig.machine.product().volume_ml() - before_ml;
    assert!((passed_ml - line_ml).abs() < 0.2, "{passed_ml} mL passed a line of {line_ml} mL");
}

#[test]
fn the_access_pressure_is_that_of_the_published_row_behind_the_vein() {
    let bench = || Bench {
        draw_access: AccessKind::Cannula18G,
        return_access: AccessKind::DialysisCatheter8Fr,
        ..Bench::default().exact()
    };
    let parameters = bench().parameters();
    let access = parameters.access(AccessKind::Cannula18G);
    let mut rig = bench().connected();
    rig.pumps([45.0, 0.0, 0.0, 0.0]);
    rig.run(60.0);
    let suction = -rig.access_mmhg();
    let flow = 45.0 * (1.0 - 0.12 * suction / 250.0);
    // The vein fills at 25 mmHg and gives at most 90 mL/min.
    let expected = access.draw.drop_mmhg(flow) + flow * 25.0 / 90.0 - 25.0;
    assert!((suction - expected).abs() < 0.5, "suction {suction}, expected {expected} mmHg");
    let given = parameters.access(AccessKind::DialysisCatheter8Fr).give.drop_mmhg(flow) + 10.0;
    assert!((rig.return_mmhg() - given).abs() < 0.5, "return {}, expected {given} mmHg", rig.return_mmhg());
}

#[test]
fn one_needle_fills_the_reservoir_and_gives_it_back_and_then_air_comes() {
    let mut rig = Bench::default().exact().connected();
    let before = rig.machine.plant_view();
    (rig.commands.return_to, rig.commands.return_clamp) = (ReturnTo::Reservoir, Clamp::Closed);
    rig.pumps([60.0, 5.0, 30.0, 0.0]);
    rig.run(120.0);
    let drawn = rig.machine.plant_view();
    let weighed_g = rig.telemetry.weights.reservoir.value.unwrap().grams() - 30.0;
    assert!((100.0..121.0).contains(&drawn.reservoir_ml), "{} mL", drawn.reservoir_ml);
    assert!((weighed_g / drawn.reservoir_ml - 1.02).abs() < 0.06, "{weighed_g} g of {} mL", drawn.reservoir_ml);
    assert!((drawn.returned_ml - before.returned_ml).abs() < 0.1, "nothing goes back meanwhile");
    assert!(rig.access_mmhg() < -10.0 && rig.return_mmhg() < 25.0);

    (rig.commands.draw_from, rig.commands.draw_clamp) = (DrawFrom::Reservoir, Clamp::Closed);
    (rig.commands.return_to, rig.commands.return_clamp) = (ReturnTo::Donor, Clamp::Open);
    rig.pumps([60.0, 0.0, 30.0, 0.0]);
    rig.run(90.0);
    let given = rig.machine.plant_view();
    assert!((given.drawn_ml - drawn.drawn_ml).abs() < 0.2, "{} mL were drawn", given.drawn_ml - drawn.drawn_ml);
    assert!((given.returned_ml - drawn.returned_ml - 90.0).abs() < 4.0, "{} mL came back", given.returned_ml);
    assert!(rig.access_mmhg() > -5.0 && !marked(&rig, MarkKind::SalineEmpty));
    assert_eq!(rig.telemetry.return_air.value, Some(false));
    rig.run(180.0);
    assert_eq!(rig.telemetry.return_air.value, Some(true));
}

#[test]
fn a_thin_cannula_costs_flow_by_suction() {
    let drawn_ml = |draw_access| {
        let mut rig = Bench { draw_access, ..Bench::default().exact() }.connected();
        rig.commands.return_to = ReturnTo::Waste;
        rig.pumps([60.0, 0.0, 0.0, 0.0]);
        rig.run(5.0);
        let before = rig.circulating_ml();
        rig.run(60.0);
        before - rig.circulating_ml()
    };
    let (wide, thin) = (drawn_ml(AccessKind::FistulaNeedle16G), drawn_ml(AccessKind::Cannula20G));
    // Row P4 carried on to 55 mL/min: 159 mmHg of suction beside the vein's share, 7 to 8 % of flow.
    assert!((0.91..0.945).contains(&(thin / wide)), "{thin} of {wide} mL");
}

#[test]
fn a_closed_draw_clamp_gives_no_blood_and_the_pump_stalls_in_its_suction() {
    let mut rig = Bench::default().connected();
    rig.commands.draw_clamp = Clamp::Closed;
    rig.pumps([60.0, 0.0, 0.0, 0.0]);
    rig.run(2.0);
    let drawn = |rig: &Rig| rig.machine.totals().drawn.get(Component::Erythrocyte);
    let before = drawn(&rig);
    rig.run(60.0);
    assert_eq!(drawn(&rig), before);
    assert!(rig.access_mmhg() < -400.0, "{}", rig.access_mmhg());
    assert!(marked(&rig, MarkKind::AccessSuctionHigh));
}

#[test]
fn a_closed_return_clamp_lets_nothing_through_and_pressure_rises() {
    let mut rig = Bench::default().connected();
    rig.commands.return_clamp = Clamp::Closed;
    rig.run(0.2);
    let before = rig.circulating_ml();
    rig.commands.draw_from = DrawFrom::Saline;
    rig.pumps([60.0, 0.0, 0.0, 0.0]);
    rig.run(10.0);
    assert!(rig.circulating_ml() <= before + 1.0, "the donor got {} mL", rig.circulating_ml() - before);
    assert!(rig.return_mmhg() > 400.0, "{}", rig.return_mmhg());
    assert!(marked(&rig, MarkKind::ReturnPressureHigh));
}

#[test]
fn an_occluded_return_passes_400_mmhg_within_seconds_and_at_an_exact_moment() {
    let mut rig = Bench::default().connected();
    rig.pumps([60.0, 5.0, 30.0, 0.0]);
    rig.run(60.0);
    let since = rig.inject("return_occlusion", 1.0, 12_345);
    rig.run(10.0);
    let high = rig.marks.iter().find(|mark| mark.kind == MarkKind::ReturnPressureHigh).unwrap();
    // 1 mL/s into 0.012 mL/mmHg: some 80 mmHg a second.
    let seconds = high.at.since(since).seconds();
    assert!((3.5..5.5).contains(&seconds), "{seconds} s");
    assert_ne!(high.at.micros() % 50_000, 0);
}

#[test]
fn a_collapsing_vein_limits_the_flow_and_suction_rises() {
    let mut rig = Bench { vein: VeinQuality::Fair, ..Bench::default() }.connected();
    rig.pumps([60.0, 0.0, 0.0, 0.0]);
    rig.run(10.0);
    assert!(rig.access_mmhg() > -150.0);
    rig.inject("vein_collapse", 0.5, 0);
    rig.run(60.0);
    assert!(rig.access_mmhg() < -250.0, "{}", rig.access_mmhg());
}

#[test]
fn an_empty_anticoagulant_bag_gives_nothing_though_its_pump_turns() {
    let mut rig = Bench::default().connected();
    rig.pumps([60.0, 5.0, 30.0, 0.0]);
    rig.run(30.0);
    let drops = rig.telemetry.anticoagulant_drops.value.unwrap();
    assert!((45..56).contains(&drops), "{drops} drops of 2.5 mL");
    rig.inject("anticoagulant_emptied", 0.0, 25_000);
    rig.run(30.0);
    let after = rig.telemetry.anticoagulant_drops.value.unwrap();
    assert!(after <= drops + 1);
    assert!((rig.telemetry.weights.anticoagulant.value.unwrap().grams() - 35.0).abs() < 8.0);
    assert!((rig.telemetry.pump_flows.anticoagulant.value.unwrap().ml_min() - 5.0).abs() < 0.5);
    assert!(marked(&rig, MarkKind::AnticoagulantStopped));
}

#[test]
fn an_anticoagulant_pump_alone_pushes_its_solution_into_the_donor() {
    let mut rig = Bench::default().connected();
    let citrate = |rig: &Rig| rig.machine.donor().circulating().get(Component::Citrate);
    let before = citrate(&rig);
    rig.pumps([0.0, 10.0, 0.0, 0.0]);
    rig.run(60.0);
    // 10 mL of ACD-A at 0.113 mmol/mL, part of which leaves the blood within the minute.
    assert!((0.3..1.2).contains(&(citrate(&rig) - before)), "{} mmol", citrate(&rig) - before);
}

#[test]
fn an_air_bolus_stays_out_of_the_donor_when_the_clamp_follows_the_detector() {
    let given = |clamps: bool| {
        let mut rig = Bench::default().connected();
        rig.pumps([100.0, 8.0, 50.0, 0.0]);
        rig.run(60.0);
        rig.inject("air_bolus", 2.0, 31_001);
        for _ in 0..600 {
            rig.beat();
            if clamps && rig.telemetry.return_air.value == Some(true) {
                rig.pumps([0.0; 4]);
                rig.commands.return_clamp = Clamp::Closed;
            }
        }
        rig.machine.donor().air_received().ml()
    };
    assert_eq!(given(true), 0.0);
    assert!((given(false) - 2.0).abs() < 1e-9);
}

#[test]
fn the_collect_pump_fills_the_product_bag_until_it_is_sealed() {
    let mut rig = Bench::default().connected();
    rig.commands.collect_to = CollectTo::Product;
    rig.pumps([60.0, 5.0, 30.0, 3.0]);
    rig.run(600.0);
    let product = *rig.machine.product();
    assert!((25.0..33.0).contains(&product.volume_ml()), "{}", product.volume_ml());
    assert!(product.cell_ml(Population::Erythrocyte) > 0.0);
    rig.handle(Handling::SealProduct);
    rig.run(60.0);
    assert_eq!(*rig.machine.product(), product);
}

#[test]
fn hands_cannot_do_things_in_the_wrong_order() {
    let mut rig = Bench::default().build();
    assert_eq!(rig.machine.handle(Handling::ConnectDonor), Err(HandlingError::NoSet));
    rig.handle(Handling::LoadSet);
    assert_eq!(rig.machine.handle(Handling::LoadSet), Err(HandlingError::SetLoaded));
    assert_eq!(rig.machine.handle(Handling::ConnectDonor), Err(HandlingError::NoAccess));
    rig.handle(Handling::InsertAccess);
    rig.handle(Handling::ConnectDonor);
    assert_eq!(rig.machine.handle(Handling::RemoveAccess), Err(HandlingError::Connected));
    rig.handle(Handling::DisconnectDonor);
    rig.handle(Handling::RemoveAccess);
}
