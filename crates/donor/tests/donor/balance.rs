//! Every account closes.

use leuka_blood::quantity::{Amount, Fraction, TimeSpan};
use leuka_blood::{Component, Mixture};
use leuka_donor::{Cause, Donor, Treatment};

use crate::common::*;

/// Contents now less contents at the start must be what came less what went, within 1e-10 of all that was ever there.
fn check(donor: &Donor, start: &Mixture, exchanged: &Exchanged) {
    let ledger = donor.ledger();
    for component in Component::ALL {
        let change = donor.contents().get(component) - start.get(component);
        let (received, drawn) = (exchanged.received.get(component), exchanged.drawn.get(component));
        let (gained, lost) = (ledger.gained.get(component), ledger.lost.get(component));
        let error = (change - (received - drawn + gained - lost)).abs();
        let scale = start.get(component) + received + drawn + gained + lost;
        assert!(error <= 1e-10 * scale, "{}: off by {error:e} of {scale:e}", component.name());
    }
}

#[test]
fn a_collection_of_four_hours_balances_in_every_component() {
    let mut donor = donor(&mobilised_man());
    let start = donor.contents();
    let exchanged = usual_collection().run(&mut donor, 240.0, BEAT_S, |_, _| {});
    check(&donor, &start, &exchanged);
    assert!(donor.ledger().lost.get(Component::Citrate) > 50.0, "four hours burn most of the citrate");
}

#[test]
fn mishaps_treatments_and_uneven_beats_balance_in_every_component() {
    let mut donor = donor(&mobilised_man());
    let start = donor.contents();
    let mut exchanged = Exchanged::default();
    let fluid = Mixture::saline(3.0)
        + acd_a(1.0)
        + Mixture::air(0.01)
        + Mixture::of(Component::Heparin, 5.0)
        + Mixture::of(Component::Hes, 0.1);
    donor.cause(Cause::VasovagalReaction(Fraction::from_fraction(1.0)));
    for beat in 0..4000_u32 {
        exchanged.drawn += donor.draw(f64::from(beat % 7));
        exchanged.received += fluid;
        donor.receive(&fluid);
        donor.treat(Treatment::LegsRaised(beat % 2 == 0));
        donor.advance(TimeSpan::from_seconds(0.05 + 0.13 * f64::from(beat % 11)));
    }
    check(&donor, &start, &exchanged);
    donor.treat(Treatment::IntravenousCalcium(Amount::from_mmol(2.0)));
    rest(&mut donor, 30.0);
    check(&donor, &start, &exchanged);
    assert!((donor.air_received().ml() - 40.0).abs() < 1e-9);
    assert!((donor.ledger().lost.get(Component::Air) - 40.0).abs() < 1e-9);
}
