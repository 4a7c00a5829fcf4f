//! Nothing is lost and nothing is made, whatever is done; and the same seed does the same.

use leuka_blood::quantity::Volume;
use leuka_blood::random::Seed;
use leuka_blood::{Anticoagulant, Component, Mixture};
use leuka_device::{Clamp, CollectTo, DrawFrom, ReturnTo};
use leuka_machine::{Fault, Handling, Solution};
use leuka_separator::{Channel, Grid};

use crate::rig::{Bench, Rig, Tank};

fn assert_balanced(rig: &Rig) {
    for (component, error) in rig.machine.balance() {
        assert!(error.abs() <= 1e-9, "{} is off by {error:e} of what was handled", component.name());
    }
}

#[test]
fn a_steady_hour_conserves_every_component() {
    let mut rig = Bench::default().connected();
    rig.spin(1000.0);
    rig.commands.collect_to = CollectTo::Product;
    rig.pumps([60.0, 5.0, 30.0, 1.0]);
    rig.run(3600.0);
    assert!(rig.machine.product().get(Component::Citrate) > 0.0);
    assert!((40.0..65.0).contains(&rig.machine.product().volume_ml()), "{}", rig.machine.product().volume_ml());
    assert_balanced(&rig);
}

#[test]
fn ten_minutes_with_the_real_channel_conserve_every_component() {
    let blood = leuka_blood::Parameters::embedded().unwrap();
    let channel = Channel::new(
        &leuka_separator::Parameters::embedded().unwrap(),
        &blood,
        Grid { axial: 8, radial: 16 },
        &Mixture::saline(100.0),
    );
    let mut rig = Bench::default().build_with(Tank::default(), Box::new(channel.unwrap())).connected();
    rig.spin(1000.0);
    rig.commands.collect_to = CollectTo::Product;
    rig.pumps([60.0, 5.0, 25.0, 1.0]);
    rig.run(600.0);
    assert!(rig.telemetry.camera.value.unwrap().interface.is_some());
    assert_balanced(&rig);
}

#[test]
fn an_hour_in_which_everything_changes_conserves_every_component() {
    let mut rig = Bench::default().connected();
    let mut chance = Seed::run(99).stream("busy hour");
    let troubles = ["air_bolus", "air_foam", "leak", "return_line_off", "return_occlusion", "pump.plasma.runaway"];
    for (minute, trouble) in troubles.into_iter().cycle().take(60).enumerate() {
        rig.pumps([
            chance.uniform() * 120.0,
            chance.uniform() * 12.0,
            chance.uniform() * 70.0,
            chance.uniform() * 10.0,
        ]);
        let mut clamp = |open| if chance.chance(open) { Clamp::Open } else { Clamp::Closed };
        rig.commands.draw_clamp = clamp(0.8);
        rig.commands.return_clamp = clamp(0.9);
        rig.commands.draw_from = match chance.uniform() {
            part if part < 0.1 => DrawFrom::Reservoir,
            part if part < 0.3 => DrawFrom::Saline,
            _ => DrawFrom::Donor,
        };
        rig.commands.return_to = match chance.uniform() {
            part if part < 0.2 => ReturnTo::Reservoir,
            part if part < 0.4 => ReturnTo::Waste,
            _ => ReturnTo::Donor,
        };
        rig.commands.collect_to = if chance.chance(0.5) { CollectTo::Product } else { CollectTo::Return };
        if minute % 10 == 3 {
            rig.handle(Handling::HangSaline(Solution::Saline, Volume::from_ml(500.0)));
            let acd_b = Solution::Anticoagulant(Anticoagulant::AcdB);
            rig.handle(Handling::HangAnticoagulant(acd_b, Volume::from_ml(30.0)));
        }
        let starts_at = rig.machine.now().plus_micros((chance.uniform() * 4e7) as u64);
        rig.machine.inject(Fault {
            kind: trouble.parse().unwrap(),
            starts_at,
            ends_at: Some(starts_at.plus_micros(13_700_003)),
            magnitude: 0.3,
        });
        rig.run(60.0);
    }
    assert!(rig.machine.donor().air_received().ml() > 0.0, "the hour was meant to be a bad one");
    assert_balanced(&rig);
}

#[test]
fn the_same_seed_gives_the_same_telemetry_and_another_seed_another() {
    let story = |seed| {
        let mut rig = Bench { seed, ..Bench::default() }.connected();
        rig.pumps([60.0, 5.0, 30.0, 1.0]);
        rig.inject("command_noise", 0.1, 17_003);
        let mut told = String::new();
        for _ in 0..600 {
            rig.beat();
            told += &format!("{:?}{:?}", rig.telemetry, rig.guard_telemetry);
        }
        told
    };
    assert!(story(4) == story(4));
    assert!(story(4) != story(5));
}
