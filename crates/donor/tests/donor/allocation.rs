//! A step of the donor takes no memory from the allocator.

use leuka_blood::quantity::{Amount, Fraction, TimeSpan, Volume};
use leuka_donor::{Cause, Treatment};

use crate::common::*;

#[test]
fn nothing_that_happens_in_a_procedure_allocates() {
    let (mut donor, collection) = (donor(&mobilised_man()), usual_collection());
    let counted = allocation_counter::measure(|| {
        donor.treat(Treatment::CalciumInfusion(Amount::from_mmol(1.0)));
        donor.treat(Treatment::Saline(Volume::from_ml(250.0)));
        donor.treat(Treatment::GCsf(10.0));
        donor.cause(Cause::VasovagalReaction(Fraction::from_fraction(1.0)));
        for _ in 0..1000 {
            let exchanged = collection.separate(&donor.draw(0.1));
            donor.receive(&exchanged.received);
            donor.advance(TimeSpan::from_seconds(0.1));
            let _ = (donor.vitals(), donor.blood(), donor.symptoms());
        }
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

#[test]
fn the_counter_counts() {
    assert!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 100]))).count_total > 0);
}
