//! The account of the whole fluid path: what it holds against what came and went.

use leuka_blood::{Component, Mixture};

use super::{Bags, Circuit, GuardedLine, Lines, Totals};

/// What came from outside and went there.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) brought: Mixture,
    pub(super) totals: Totals,
    pub(super) spilt: Mixture,
    pub(super) discarded: Mixture,
}

impl Circuit {
    /// What is held at the start was brought.
    pub(super) fn open_account(&mut self) {
        self.account.brought = self.held() - self.net_of_donor();
    }

    /// Books a bag that somebody brought.
    pub(crate) fn bring(&mut self, contents: Mixture) -> Mixture {
        self.account.brought += contents;
        contents
    }

    /// Books a bag that is thrown away with what is left in it.
    pub(crate) fn discard(&mut self, contents: Mixture) {
        self.account.discarded += contents;
    }

    /// What has passed between donor and machine, as far as it has been carried.
    pub(crate) const fn totals(&self) -> &Totals {
        &self.account.totals
    }

    /// Blood that was spilt or went under the skin, mL.
    pub(crate) fn spilt_blood_ml(&self) -> f64 {
        let spilt = &self.account.spilt;
        spilt.fluid_ml() - spilt.get(Component::Saline) - spilt.get(Component::Anticoagulant)
    }

    /// For each component: what is held now, less what was brought and what the donor made, over all that was handled.
    pub(crate) fn imbalance(&self) -> impl Iterator<Item = (Component, f64)> {
        let difference = self.held() - self.account.brought - self.net_of_donor();
        let handled = self.account.brought + self.donor.ledger().gained;
        Component::ALL.into_iter().map(move |component| {
            let scale = handled.get(component).abs();
            let error = difference.get(component);
            (component, if scale > 0.0 { error / scale } else { error })
        })
    }

    /// The same for plasma, anticoagulant and saline together.
    pub(crate) fn water_imbalance(&self) -> f64 {
        let difference = self.held() - self.account.brought - self.net_of_donor();
        let handled = (self.account.brought + self.donor.ledger().gained).liquid_ml();
        if handled > 0.0 { difference.liquid_ml() / handled } else { 0.0 }
    }

    fn net_of_donor(&self) -> Mixture {
        self.donor.ledger().gained - self.donor.ledger().lost
    }

    fn held(&self) -> Mixture {
        let Lines { draw, inlet, red, plasma, collect, upper, guarded } = &self.lines;
        let lines = [draw, inlet, red, plasma, collect, &upper.fluid, &guarded.fluid];
        let in_lines = lines.into_iter().fold(Mixture::EMPTY, |sum, line| sum + line.contents());
        let bubbles = |line: &GuardedLine| line.bubbles.air_ml();
        let air = Mixture::air(bubbles(upper) + bubbles(guarded) + self.gathered.air_ml());
        let Bags { anticoagulant, saline, reservoir, product, waste } = &self.bags;
        let hung =
            [anticoagulant, saline, reservoir].into_iter().fold(Mixture::EMPTY, |sum, bag| sum + *bag.contents());
        let inside = self.donor.contents() + self.separator.contents();
        inside
            + in_lines
            + air
            + hung
            + *product
            + *waste
            + self.chamber.contents()
            + self.to_channel.inlet
            + self.account.spilt
            + self.account.discarded
    }
}
