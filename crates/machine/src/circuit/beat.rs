//! What a beat moves: volumes, pressures, and air from the drip chamber on.

use leuka_blood::Component;
use leuka_blood::math::{greater, lesser};
use leuka_device::{CollectTo, DrawFrom, ReturnTo};

use super::{Circuit, Paths};
use crate::access::Vein;
use crate::chamber::Flowing;

/// A drip chamber with less fluid than this is filled as soon as something comes, mL: more than a beat can take out.
const LOW_ML: f64 = 1.0;

impl Circuit {
    /// Lets `dt_s` pass in pumps, lines and bags.
    pub(crate) fn step(&mut self, paths: &Paths, dt_s: f64) {
        if !self.hands.set_loaded {
            return;
        }
        let minutes = dt_s / 60.0;
        let entered_ml = self.pump_inlet(minutes);
        self.draw(paths, minutes);
        let to_chamber_ml = self.leave_channel(paths, entered_ml, minutes);
        self.give_back(paths, to_chamber_ml, minutes);
        if self.chamber.fluid_ml() < LOW_ML && self.gathered.inlet_ml > 0.0 {
            self.carry(paths.lines_swapped);
        }
    }

    /// Anticoagulant and blood (or saline, or air) enter the draw line.
    fn draw(&mut self, paths: &Paths, minutes: f64) {
        let turned_ml = self.pumps.anticoagulant.stroke_ml(&self.pump, minutes);
        let by_gravity_ml = self.by_gravity_ml(paths.anticoagulant_free_ml_min, minutes);
        let wanted_ml = turned_ml * self.pump.back_pressure_factor(self.draw_mmhg) + by_gravity_ml;
        let is_open = self.hands.anticoagulant_connected && !paths.anticoagulant_closed && paths.anticoagulant_open;
        let bag = if paths.lines_swapped { &mut self.bags.saline } else { &mut self.bags.anticoagulant };
        let anticoagulant_ml = if is_open { bag.take(wanted_ml) } else { 0.0 };
        self.anticoagulant_delivered_ml += anticoagulant_ml;
        self.flags.anticoagulant_stopped = turned_ml > 0.0 && anticoagulant_ml <= 0.0;

        // The pumps have moved their part; the flow through the access is implicit in the pressure that it leaves.
        let stiffness = self.draw_stiffness;
        let series = stiffness * minutes;
        self.draw_mmhg += anticoagulant_ml * stiffness;
        let from_vein = paths.draw_from == DrawFrom::Donor && self.hands.donor_connected && !paths.draw_line_off;
        let over_mmhg = self.draw_mmhg - self.vein.filling_mmhg;
        if from_vein && over_mmhg > 0.0 {
            // The anticoagulant pump outruns the inlet pump: its solution goes to the donor.
            let back_ml_min = self.draw_access.flow_ml_min(over_mmhg, series * paths.draw_open) * paths.draw_open;
            let pushed_ml = lesser(back_ml_min * minutes, anticoagulant_ml);
            self.draw_mmhg -= pushed_ml * stiffness;
            self.gathered.pushed_ml += pushed_ml;
            self.passed.returned_ml += pushed_ml;
        }
        let source_ml = self.source_ml_min(paths, from_vein, series) * minutes;
        let mut drawn_ml = self.source(paths, from_vein, source_ml);
        if paths.saline_free_ml_min > 0.0 && paths.draw_from != DrawFrom::Saline {
            let free_ml = self.by_gravity_ml(paths.saline_free_ml_min, minutes);
            drawn_ml += self.bags.saline.take(free_ml);
        }
        self.draw_mmhg += drawn_ml * stiffness;
    }

    /// Flow that the pressure in the draw line calls from vein, a hanging bag or open air, mL/min; `series` is what one
    /// mL/min lowers that suction during the step, mmHg.
    fn source_ml_min(&self, paths: &Paths, from_vein: bool, series: f64) -> f64 {
        if paths.draw_from == DrawFrom::Donor && paths.draw_open <= 0.0 {
            return 0.0;
        }
        if from_vein {
            let vein = Vein { most_ml_min: self.vein.most_ml_min * (1.0 - paths.vein_collapse), ..self.vein };
            return vein.flow_ml_min(&self.draw_access, self.draw_mmhg, series * paths.draw_open) * paths.draw_open;
        }
        let head_mmhg = if paths.draw_from == DrawFrom::Donor { 0.0 } else { self.hydraulics.saline_head };
        greater((head_mmhg - self.draw_mmhg) / (self.hydraulics.open_line + series), 0.0)
    }

    /// Blood from the vein, what a bag holds, or air where nothing is there; returns what it was, mL.
    fn source(&mut self, paths: &Paths, from_vein: bool, volume_ml: f64) -> f64 {
        if volume_ml <= 0.0 {
            return 0.0;
        }
        if from_vein {
            self.gathered.from_vein_ml += volume_ml;
            self.passed.drawn_ml += volume_ml;
            return volume_ml;
        }
        if paths.draw_from == DrawFrom::Donor {
            self.gathered.ambient_air_ml += volume_ml;
            return volume_ml;
        }
        let bag = match paths.draw_from {
            DrawFrom::Reservoir => &mut self.bags.reservoir,
            _ if paths.lines_swapped => &mut self.bags.anticoagulant,
            _ => &mut self.bags.saline,
        };
        let missing_ml = greater(volume_ml - bag.take(volume_ml), 0.0);
        self.flags.saline_empty = missing_ml > 0.0 && paths.draw_from == DrawFrom::Saline;
        self.gathered.ambient_air_ml += missing_ml;
        volume_ml
    }

    /// What a bag's head drives through an open line of `most_ml_min` against the pressure in the draw line, mL.
    fn by_gravity_ml(&self, most_ml_min: f64, minutes: f64) -> f64 {
        if most_ml_min <= 0.0 {
            return 0.0;
        }
        let head_mmhg = self.hydraulics.saline_head;
        most_ml_min * ((head_mmhg - self.draw_mmhg) / head_mmhg).clamp(0.0, 1.0) * minutes
    }

    /// The inlet pump moves the draw line's end into the inlet line; returns what enters the channel, mL.
    fn pump_inlet(&mut self, minutes: f64) -> f64 {
        let behind_mmhg = self.centrifuge_mmhg();
        let factor = self.pump.suction_factor(self.draw_mmhg) * self.pump.back_pressure_factor(behind_mmhg);
        let moved_ml = self.pumps.inlet.stroke_ml(&self.pump, minutes) * factor;
        self.inlet_ml_min = moved_ml / minutes;
        if moved_ml <= 0.0 {
            return 0.0;
        }
        self.draw_mmhg -= moved_ml * self.draw_stiffness;
        self.gathered.inlet_ml += moved_ml;
        moved_ml
    }

    /// What enters the full channel leaves it by its three ports; returns what comes to the drip chamber, mL.
    fn leave_channel(&mut self, paths: &Paths, entered_ml: f64, minutes: f64) -> f64 {
        let collect_stroke_ml = self.pumps.collect.stroke_ml(&self.pump, minutes);
        let plasma_stroke_ml = self.pumps.plasma.stroke_ml(&self.pump, minutes);
        let to_product = paths.collect_to == CollectTo::Product;
        let blocked = to_product && self.hands.product_sealed;
        let collect_ml = if blocked { 0.0 } else { lesser(collect_stroke_ml, entered_ml) };
        let plasma_ml = lesser(plasma_stroke_ml, entered_ml - collect_ml);
        let red_ml = entered_ml - collect_ml - plasma_ml;
        let gathered = &mut self.gathered;
        gathered.red_ml += red_ml;
        gathered.plasma_ml += plasma_ml;
        let collect_back_ml = if to_product { 0.0 } else { collect_ml };
        gathered.to_product_ml += collect_ml - collect_back_ml;
        gathered.collect_back_ml += collect_back_ml;
        red_ml + plasma_ml + collect_back_ml
    }

    /// Pressure drives the drip chamber's content through return line, detectors and clamp.
    fn give_back(&mut self, paths: &Paths, arrived_ml: f64, minutes: f64) {
        let stiffness = self.return_stiffness;
        self.return_mmhg += arrived_ml * stiffness;
        if paths.leak_ml_min > 0.0 && self.return_mmhg > 0.0 {
            let leaked_ml = (paths.leak_ml_min * minutes).min(self.return_mmhg / stiffness);
            let leaked = self.chamber.leak(leaked_ml);
            self.return_mmhg -= leaked.volume_ml() * stiffness;
            self.gathered.leaked += leaked;
        }
        if paths.return_to == ReturnTo::Reservoir {
            return self.fill_reservoir(stiffness, minutes);
        }
        let open = paths.return_open;
        self.clot_mmhg_min_ml += paths.clot_growth * minutes;
        let series = stiffness * open * minutes + self.clot_mmhg_min_ml;
        let to_vein = paths.return_to == ReturnTo::Donor && self.hands.donor_connected && !paths.return_line_off;
        let flow = if to_vein {
            let behind_mmhg = self.hydraulics.return_vein + self.tissue_stiffness * self.tissue_ml;
            self.return_access.flow_ml_min(self.return_mmhg - behind_mmhg, series)
        } else {
            greater(self.return_mmhg, 0.0) / (self.hydraulics.open_line + series)
        };
        let volume_ml = flow * open * minutes;
        if volume_ml <= 0.0 {
            return;
        }
        let leaving = self.chamber.leave(volume_ml, paths.foam, paths.return_to == ReturnTo::Waste);
        let mut entering = leaving.from_chamber;
        if leaving.ambient_air_ml > 0.0 {
            entering.air_ml += leaving.ambient_air_ml;
            self.account.brought.add(Component::Air, leaving.ambient_air_ml);
        }
        self.return_mmhg -= entering.volume_ml() * stiffness;
        let out = self.through_guarded_lines(entering);
        self.arrive(paths, to_vein, out);
    }

    /// Pushes fluid and air through the line before and the line behind the air detectors; returns what comes out.
    fn through_guarded_lines(&mut self, entering: Flowing) -> Flowing {
        let volume_ml = entering.volume_ml();
        let (upper, guarded) = (&mut self.lines.upper.bubbles, &mut self.lines.guarded.bubbles);
        upper.push(entering);
        let between = upper.pop(volume_ml);
        guarded.push(between);
        self.gathered.into_guarded_ml += between.fluid_ml;
        guarded.pop(volume_ml)
    }

    /// What comes out of the guarded line goes where the return line leads.
    fn arrive(&mut self, paths: &Paths, to_vein: bool, mut out: Flowing) {
        let gathered = &mut self.gathered;
        if to_vein {
            if paths.infiltration > 0.0 {
                let beside = out.split(paths.infiltration);
                self.tissue_ml += beside.volume_ml();
                gathered.to_tissue += beside;
            }
            self.flags.donor_air_ml += out.air_ml;
            self.passed.returned_ml += out.fluid_ml;
            gathered.to_donor += out;
        } else if paths.return_to == ReturnTo::Waste {
            gathered.to_waste += out;
        } else {
            gathered.spilt += out;
        }
    }

    /// Pressure drives the drip chamber's fluid into the reservoir bag.
    fn fill_reservoir(&mut self, stiffness: f64, minutes: f64) {
        let flow = greater(self.return_mmhg, 0.0) / (self.hydraulics.open_line + stiffness * minutes);
        let kept = self.chamber.give(flow * minutes, 0.0);
        let volume_ml = kept.volume_ml();
        self.return_mmhg -= volume_ml * stiffness;
        self.bags.reservoir.await_ml(volume_ml);
        self.gathered.to_reservoir += kept;
    }
}
