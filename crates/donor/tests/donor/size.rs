//! Children and large adults are the same model with other sizes.

use leuka_blood::Population;
use leuka_blood::Sex;
use leuka_blood::quantity::{CellConcentration, FlowRate};

use crate::common::*;

#[test]
fn a_child_of_12_kg_reacts_to_the_same_share_of_its_blood_as_a_man() {
    let systolic_change = |description, blood_ml: f64| {
        let mut donor = steadfast(&description);
        let before = donor.vitals().systolic.mmhg();
        bleed(&mut donor, 0.1 * blood_ml, 10.0);
        donor.vitals().systolic.mmhg() / before - 1.0
    };
    let (small, large) = (systolic_change(child(), 900.0), systolic_change(man(), 5250.0));
    assert!(small < -0.02 && small > -0.12, "{small}");
    assert!((small - large).abs() < 0.04, "{small} against {large}");
}

#[test]
fn a_child_of_12_kg_has_a_childs_heart() {
    let vitals = donor(&child()).vitals();
    let output = FlowRate::from_ml_min(vitals.heart_rate.per_min() * vitals.stroke_volume.ml());
    assert!((95.0..130.0).contains(&vitals.heart_rate.per_min()));
    assert!((1000.0..2500.0).contains(&output.ml_min()), "{output}");
    assert!((85.0..105.0).contains(&vitals.systolic.mmhg()));
}

#[test]
fn per_weight_a_child_burns_citrate_at_least_as_fast() {
    let calcium = |description, weight_kg| {
        let mut donor = steadfast(&description);
        infuse_citrate(&mut donor, weight_kg, 1.2, 90.0);
        donor.blood().ionised_calcium.mmol_l()
    };
    let (small, large) = (calcium(child(), 12.0), calcium(man(), 75.0));
    assert!(small > large && small < 1.25, "{small} against {large}");
}

#[test]
fn large_small_old_and_leukaemic_donors_survive_a_collection() {
    let mut leukaemic = typical(Sex::Female, 50.0, 165.0, 65.0, 4100.0);
    leukaemic.cells[Population::Blast] = CellConcentration::from_1e9_l(300.0);
    let donors = [
        leukaemic,
        typical(Sex::Male, 45.0, 175.0, 160.0, 7300.0),
        typical(Sex::Female, 79.0, 155.0, 48.0, 3100.0),
        typical(Sex::Male, 0.5, 66.0, 7.7, 620.0),
    ];
    for description in donors {
        let mut donor = steadfast(&description);
        let collection = Collection {
            blood_ml_min: 0.0116 * description.total_blood_volume.ml(),
            collect_ml_min: 0.0002 * description.total_blood_volume.ml(),
            ..usual_collection()
        };
        collection.run(&mut donor, 180.0, 0.5, |_, _| {});
        let (vitals, blood) = (donor.vitals(), donor.blood());
        assert!(vitals.systolic / description.systolic > 0.85, "{vitals:?}");
        assert!((0.7..1.25).contains(&blood.ionised_calcium.mmol_l()), "{blood:?}");
        assert!((blood.hematocrit / description.hematocrit - 1.0).abs() < 0.15, "{blood:?}");
    }
}
