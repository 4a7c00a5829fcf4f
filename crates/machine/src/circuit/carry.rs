//! What the fluid is made of, carried after the volumes that beats have moved; and the channel.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, TimeSpan};
use leuka_blood::{Component, Mixture};
use leuka_separator::{Outlets, Settings};

use super::{Circuit, Gathered, Paths};
use crate::chamber::Flowing;

impl Gathered {
    /// Air that is in no line, bag or account until it is carried, mL. What the inlet drew is booked with its carrying.
    pub(super) fn air_ml(&self) -> f64 {
        let parts = [self.leaked, self.to_reservoir, self.to_donor, self.to_waste, self.to_tissue, self.spilt];
        parts.into_iter().map(|part| part.air_ml).sum()
    }
}

impl Circuit {
    /// Carries all fluid as far as beats have moved its volume.
    pub(crate) fn carry(&mut self, lines_swapped: bool) {
        let gathered = core::mem::take(&mut self.gathered);
        self.carry_to_channel(&gathered, lines_swapped);
        self.carry_to_chamber(&gathered);
        self.carry_back(&gathered);
    }

    /// From vein and bags through draw and inlet line.
    fn carry_to_channel(&mut self, gathered: &Gathered, lines_swapped: bool) {
        let (mut anticoagulant, mut saline) = (self.bags.anticoagulant.pour(), self.bags.saline.pour());
        if gathered.pushed_ml > 0.0 {
            let pumped = if lines_swapped { &mut saline } else { &mut anticoagulant };
            let pushed = pumped.draw(gathered.pushed_ml);
            self.give_to_donor(&pushed);
        }
        let mut joined = self.donor.draw(gathered.from_vein_ml);
        self.account.totals.drawn += joined;
        joined += anticoagulant;
        joined += saline;
        if gathered.ambient_air_ml > 0.0 {
            joined.add(Component::Air, gathered.ambient_air_ml);
            self.account.brought.add(Component::Air, gathered.ambient_air_ml);
        }
        joined += self.bags.reservoir.pour();
        self.lines.draw.push(joined);
        let moved_ml = gathered.inlet_ml;
        if moved_ml > 0.0 {
            self.lines.inlet.push(self.lines.draw.pop(moved_ml));
            self.to_channel.inlet += self.lines.inlet.pop(moved_ml);
        }
        self.to_channel.plasma_ml += gathered.plasma_ml;
        self.to_channel.collect_ml += gathered.to_product_ml + gathered.collect_back_ml;
    }

    /// From the channel's three lines to product bag and drip chamber.
    fn carry_to_chamber(&mut self, gathered: &Gathered) {
        if gathered.to_product_ml > 0.0 {
            self.bags.product += self.lines.collect.pop(gathered.to_product_ml);
        }
        if gathered.inlet_ml > 0.0 {
            let mut arriving = self.lines.red.pop(gathered.red_ml);
            arriving += self.lines.plasma.pop(gathered.plasma_ml);
            arriving += self.lines.collect.pop(gathered.collect_back_ml);
            self.chamber.receive(&arriving);
        }
    }

    /// From the drip chamber to wherever it went.
    fn carry_back(&mut self, gathered: &Gathered) {
        let mut given = self.chamber.pour();
        if gathered.leaked.volume_ml() > 0.0 {
            self.account.spilt += part_of(&mut given, gathered.leaked);
        }
        if gathered.to_reservoir.volume_ml() > 0.0 {
            self.bags.reservoir.fill(&part_of(&mut given, gathered.to_reservoir));
        }
        let (upper, guarded) = (&mut self.lines.upper.fluid, &mut self.lines.guarded.fluid);
        upper.push(given);
        guarded.push(upper.pop(gathered.into_guarded_ml));
        let Gathered { to_donor, to_waste, to_tissue, spilt, .. } = *gathered;
        let out_ml = to_donor.fluid_ml + to_waste.fluid_ml + to_tissue.fluid_ml + spilt.fluid_ml;
        let mut out = guarded.pop(out_ml);
        if to_waste.volume_ml() > 0.0 {
            self.bags.waste += part_of(&mut out, to_waste);
        }
        for flowing in [to_tissue, spilt] {
            if flowing.volume_ml() > 0.0 {
                self.account.spilt += part_of(&mut out, flowing);
            }
        }
        if to_donor.volume_ml() > 0.0 {
            out.add(Component::Air, to_donor.air_ml);
            self.give_to_donor(&out);
        }
    }

    fn give_to_donor(&mut self, mixture: &Mixture) {
        self.account.totals.returned += *mixture;
        self.donor.receive_at(mixture, self.return_temperature);
    }

    /// Lets the channel catch up with `seconds` of what was carried to it.
    pub(crate) fn move_channel(&mut self, paths: &Paths, speed_rpm: f64, seconds: f64) {
        let gathered = core::mem::take(&mut self.to_channel);
        let flow = |volume_ml: f64| FlowRate::from_ml_min(volume_ml * 60.0 / seconds);
        let settings = Settings {
            rotation: RotationalSpeed::from_rpm(speed_rpm),
            plasma_flow: flow(gathered.plasma_ml),
            collect_flow: flow(gathered.collect_ml),
            flush: paths.flush,
        };
        let mut outlets = self.separator.advance(&gathered.inlet, &settings, TimeSpan::from_seconds(seconds));
        self.view = self.separator.view();
        self.see(&outlets);
        // Every line is full: air rises to the plasma port, and a collect pump that finds too little fluid draws of it.
        let lacking_ml = gathered.collect_ml - outlets.collect.volume_ml();
        if lacking_ml > 0.0 {
            outlets.collect += outlets.plasma.draw(lacking_ml);
        }
        // What the plasma pump does not take goes on to the red-cell port.
        let surplus_ml = outlets.plasma.volume_ml() - gathered.plasma_ml;
        if surplus_ml > 0.0 {
            outlets.red += outlets.plasma.draw(surplus_ml);
        }
        self.lines.red.push(outlets.red);
        self.lines.plasma.push(outlets.plasma);
        self.lines.collect.push(outlets.collect);
    }

    /// Keeps what stands before the optics of the lines: the last fluid that came to each.
    fn see(&mut self, outlets: &Outlets) {
        let collect = self.view.before_chamber.as_ref().unwrap_or(&outlets.collect);
        for (seen, outlet) in [(&mut self.seen.collect, collect), (&mut self.seen.plasma, &outlets.plasma)] {
            if outlet.fluid_ml() > 0.0 {
                *seen = *outlet;
            }
        }
    }
}

/// A part of a fluid, with its air.
fn part_of(fluid: &mut Mixture, flowing: Flowing) -> Mixture {
    fluid.draw(flowing.fluid_ml) + Mixture::air(flowing.air_ml)
}
