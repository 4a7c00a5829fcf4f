//! The dose as control believes it: what fills it, what a count does, and the run that it ends.

use leuka_blood::quantity::*;
use leuka_control::*;
use leuka_dose::Target;

use crate::rig::*;

fn collecting(change: impl FnOnce(&mut Prescription), minutes: f64) -> Rig {
    let mut prescription = prescription();
    prescription.goal.target = Target::Volume(Volume::from_litres(20.0));
    change(&mut prescription);
    let mut rig = Rig::new(prescription);
    assert!(rig.run_to(PhaseName::Collect, 60.0), "at {}: {:#?}", rig.phase(), rig.told());
    rig.run_for(minutes * 60.0);
    rig
}

#[test]
fn the_dose_grows_with_blood_and_its_band_holds_the_point_forecast() {
    let rig = collecting(|_| {}, 60.0);
    let (now, point) = (rig.controller.estimate(), rig.controller.progress().now.dose);
    let [low, high] = now.band_80;
    assert!(low < now.median && now.median < high && now.goal < now.minimum);
    assert!((low * 0.8..high * 1.2).contains(&point), "{now:?} {point}");
    assert!(collecting(|_| {}, 90.0).controller.estimate().median > now.median);
}

#[test]
fn a_low_bag_count_lowers_the_dose_and_says_so() {
    let mut rig = collecting(|_| {}, 60.0);
    let before = rig.controller.estimate();
    rig.act(OperatorAction::TakeMidRunSample);
    rig.run_for(600.0);
    let counted = before.median * Mass::from_kg(74.0) * 0.6;
    rig.act(OperatorAction::EnterMidRunCount(MidRunCount::Bag(counted)));
    rig.beat(None);
    assert!(rig.controller.estimate().median < before.median, "ten minutes more of it do not make up for the count");
    assert!(rig.told().iter().any(|line| line.contains("by the count the bag holds")), "{:#?}", rig.told());
}

#[test]
fn nothing_is_counted_before_blood_and_no_impossible_count_is_taken() {
    let mut rig = Rig::new(prescription());
    rig.act(OperatorAction::TakeMidRunSample);
    rig.beat(None);
    assert!(rig.refusals().iter().any(|line| line.contains("nothing to count")), "{:?}", rig.refusals());
    let mut rig = collecting(|_| {}, 5.0);
    let before = rig.controller.estimate();
    for count in [f64::NAN, 0.0, -3.0] {
        rig.act(OperatorAction::EnterMidRunCount(MidRunCount::Blood(CellConcentration::from_per_ul(count))));
        rig.beat(None);
    }
    assert_eq!(rig.refusals().len(), 3);
    assert_eq!(rig.controller.estimate(), before);
}

#[test]
fn a_dose_with_confidence_goes_on_beyond_the_point_forecast() {
    let dose = CellDose::from_1e6_kg(1.0);
    let end = |confidence: Option<Fraction>| {
        let mut rig = collecting(
            |p| {
                p.goal.target = Target::Dose(dose);
                p.goal.confidence = confidence;
            },
            0.0,
        );
        assert!(rig.run_to(PhaseName::RinseBack, 240.0), "at {}: {:#?}", rig.phase(), rig.told());
        (rig.controller.progress().now.volume, rig)
    };
    let (point, _) = end(None);
    let (sure, rig) = end(Some(Fraction::from_pct(90.0)));
    assert!(sure > point * 1.15, "{sure} against {point}");
    let probability = rig.controller.live_dose().probability(dose).pct();
    assert!((90.0..92.0).contains(&probability), "{probability} %");
    assert!(rig.told().iter().any(|line| line.contains("90 % were asked for")), "{:#?}", rig.told());
}
