//! The fluid path, from the vein through pumps, lines, channel and drip chamber back to the vein, and the bags.
//!
//! ```text
//!  donor --access--draw clamp--+                              +--plasma pump--> plasma line --+
//!                              valve--+--draw line--inlet pump--inlet line--> channel --> red line --+--> drip chamber
//!  saline bag -----------------+      |                       +--collect pump-> collect line -+           |
//!  reservoir bag --------------+      |                                           |                     valve --> reservoir bag
//!  anticoagulant bag --pump-----------+                                      product bag                  |
//!                                                                                                    upper line
//!                                                                                                         |
//!  donor or waste bag <-- return clamp <-- guarded line (at least 3 mL) <-- both air detectors <----------+
//! ```
//!
//! The draw line and the return side are two elastic nodes: their pressures follow from what flows in and out. Lines are
//! plug flow, the drip chamber is well mixed and keeps air. The access pressure sensor sits between clamp and pump, so it
//! sees the suction of a pump that pulls against the closed clamp. With one needle both lines end at it: one clamp is open
//! at a time, and what is not drawn comes from the reservoir. The donor's part of the access has no volume of its own.
//! The channel moves more slowly than the rest; until it does, what enters it and what its pumps take is gathered.

use leuka_blood::quantity::{FlowRate, RotationalSpeed, Temperature, TimeSpan};
use leuka_blood::random::Seed;
use leuka_blood::{Component, Mixture};
use leuka_device::{CollectTo, Commands, DrawFrom, Pump, PumpFlows, ReturnTo};
use leuka_donor::Donor;
use leuka_separator::{Outlets, Separator, Settings, View};

use crate::access::{PressureFlow, Vein};
use crate::chamber::DripChamber;
use crate::data::{Hydraulics, Parameters};
use crate::line::Line;
use crate::pump::{PumpParameters, RollerPump};

/// What the operator's hands have done to the fluid path.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Hands {
    /// The set is in the machine.
    pub(crate) set_loaded: bool,
    /// A bag hangs on the anticoagulant scale.
    pub(crate) anticoagulant_hung: bool,
    /// A bag hangs on the saline scale.
    pub(crate) saline_hung: bool,
    /// The anticoagulant line is on its bag.
    pub(crate) anticoagulant_connected: bool,
    /// Needles or catheter are in the veins.
    pub(crate) access_inserted: bool,
    /// Draw and return line are on their accesses.
    pub(crate) donor_connected: bool,
    /// The product bag is sealed off.
    pub(crate) product_sealed: bool,
}

/// How valves and clamps stand, and what faults do to the paths.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Paths {
    /// Part of the draw access that is open, 0 to 1: clamp and occlusion together.
    pub(crate) draw_open: f64,
    /// Part of the return access that is open, 0 to 1.
    pub(crate) return_open: f64,
    pub(crate) draw_from: DrawFrom,
    pub(crate) return_to: ReturnTo,
    pub(crate) collect_to: CollectTo,
    pub(crate) flush: bool,
    /// Part of its flow that the vein no longer gives.
    pub(crate) vein_collapse: f64,
    pub(crate) return_line_off: bool,
    pub(crate) foam: f64,
    pub(crate) anticoagulant_closed: bool,
    pub(crate) leak_ml_min: f64,
    pub(crate) draw_line_off: bool,
    /// The clamp on the anticoagulant line, which a spring closes while its pump is not to turn.
    pub(crate) anticoagulant_open: bool,
    pub(crate) anticoagulant_free_ml_min: f64,
    pub(crate) saline_free_ml_min: f64,
    pub(crate) lines_swapped: bool,
    /// Part of what is returned that goes under the skin.
    pub(crate) infiltration: f64,
    /// How much a clot in the return line grows, mmHg/(mL/min) each minute.
    pub(crate) clot_growth: f64,
    pub(crate) draw_valve_stuck: bool,
    pub(crate) return_valve_stuck: bool,
    pub(crate) collect_valve_stuck: bool,
    pub(crate) flush_valve_stuck: bool,
}

impl Paths {
    /// Turns the valves that are not stuck.
    pub(crate) const fn turn_valves(&mut self, commands: &Commands) {
        if !self.draw_valve_stuck {
            self.draw_from = commands.draw_from;
        }
        if !self.return_valve_stuck {
            self.return_to = commands.return_to;
        }
        if !self.collect_valve_stuck {
            self.collect_to = commands.collect_to;
        }
        if !self.flush_valve_stuck {
            self.flush = commands.flush;
        }
    }
}

/// The bags; a bag that is not hung holds nothing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Bags {
    pub(crate) anticoagulant: Mixture,
    pub(crate) saline: Mixture,
    pub(crate) product: Mixture,
    pub(crate) waste: Mixture,
    pub(crate) reservoir: Mixture,
}

/// Everything that holds fluid, with the donor and the channel.
pub(crate) struct Circuit {
    pub(crate) donor: Donor,
    /// Temperature of what goes back to the donor.
    pub(crate) return_temperature: Temperature,
    pub(crate) separator: Box<dyn Separator>,
    pub(crate) bags: Bags,
    pub(crate) hands: Hands,
    pub(crate) pumps: PumpFlows<RollerPump>,
    hydraulics: Hydraulics,
    pump: PumpParameters,
    vein: Vein,
    draw_access: PressureFlow,
    return_access: PressureFlow,
    lines: Lines,
    pub(crate) chamber: DripChamber,
    channel: Gathered,
    seen: Outlets,
    view: View,
    draw_mmhg: f64,
    return_mmhg: f64,
    inlet_ml_min: f64,
    anticoagulant_delivered_ml: f64,
    /// What has gone under the skin at the return, mL, and the pressure with which each mL presses back.
    tissue_ml: f64,
    tissue_stiffness: f64,
    clot_mmhg_min_ml: f64,
    account: Account,
    flags: Flags,
}

#[derive(Debug)]
struct Lines {
    draw: Line,
    inlet: Line,
    red: Line,
    plasma: Line,
    collect: Line,
    upper: Line,
    guarded: Line,
}

/// What came to the channel and was taken from it since it last moved.
#[derive(Debug, Default)]
struct Gathered {
    inlet: Mixture,
    plasma_ml: f64,
    collect_ml: f64,
}

/// What has passed between donor and machine since power-on.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Totals {
    /// Blood from the vein.
    pub drawn: Mixture,
    /// What went back into the veins.
    pub returned: Mixture,
}

/// What came from outside and went there.
#[derive(Debug, Default)]
struct Account {
    brought: Mixture,
    totals: Totals,
    spilt: Mixture,
    discarded: Mixture,
}

/// What a step noticed.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Flags {
    /// The anticoagulant pump turns but nothing flows.
    pub(crate) anticoagulant_stopped: bool,
    /// The inlet draws saline but gets air.
    pub(crate) saline_empty: bool,
    /// Air that has reached the donor, mL.
    pub(crate) donor_air_ml: f64,
}

/// How the donor is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    pub(crate) vein: Vein,
    pub(crate) draw: PressureFlow,
    pub(crate) give: PressureFlow,
}

impl Circuit {
    pub(crate) fn new(
        parameters: &Parameters,
        reach: Reach,
        donor: Donor,
        separator: Box<dyn Separator>,
        seed: Seed,
    ) -> Self {
        let volumes = &parameters.line;
        let line = |volume_ml| Line::of_air(volume_ml, volumes.parcel);
        let lines = Lines {
            draw: line(volumes.draw),
            inlet: line(volumes.inlet),
            red: line(volumes.red),
            plasma: line(volumes.plasma),
            collect: line(volumes.collect),
            upper: line(volumes.return_upper),
            guarded: line(volumes.return_guarded),
        };
        let mut stream = seed.stream("machine.pumps");
        let mut circuit = Self {
            donor,
            view: separator.view(),
            return_temperature: Temperature::from_celsius(parameters.warmer.ambient),
            separator,
            bags: Bags::default(),
            hands: Hands::default(),
            pumps: PumpFlows::from_fn(|_| RollerPump::new(&parameters.pump, &mut stream)),
            hydraulics: parameters.hydraulics,
            pump: parameters.pump,
            vein: reach.vein,
            draw_access: reach.draw,
            return_access: reach.give,
            lines,
            chamber: DripChamber::of_air(volumes.chamber, volumes.cushion),
            channel: Gathered::default(),
            seen: Outlets::default(),
            draw_mmhg: 0.0,
            return_mmhg: 0.0,
            inlet_ml_min: 0.0,
            anticoagulant_delivered_ml: 0.0,
            tissue_ml: 0.0,
            tissue_stiffness: parameters.infiltration.stiffness,
            clot_mmhg_min_ml: 0.0,
            account: Account::default(),
            flags: Flags::default(),
        };
        circuit.account.brought = circuit.held() - circuit.net_of_donor();
        circuit
    }

    /// Lets `dt_s` pass in pumps, lines and bags.
    pub(crate) fn step(&mut self, paths: &Paths, dt_s: f64) {
        if !self.hands.set_loaded {
            return;
        }
        let entered_ml = self.pump_inlet(dt_s);
        self.draw(paths, dt_s);
        let to_chamber_ml = self.leave_channel(paths, entered_ml, dt_s);
        self.give_back(paths, to_chamber_ml, dt_s);
    }

    /// Anticoagulant and blood (or saline, or air) enter the draw line.
    fn draw(&mut self, paths: &Paths, dt_s: f64) {
        let turned_ml = self.pumps.anticoagulant.stroke_ml(&self.pump, dt_s);
        let by_gravity_ml = self.by_gravity_ml(paths.anticoagulant_free_ml_min, dt_s);
        let wanted_ml = turned_ml * self.pump.back_pressure_factor(self.draw_mmhg) + by_gravity_ml;
        let is_open = self.hands.anticoagulant_connected && !paths.anticoagulant_closed && paths.anticoagulant_open;
        let bag = if paths.lines_swapped { &mut self.bags.saline } else { &mut self.bags.anticoagulant };
        let mut anticoagulant = if is_open { bag.draw(wanted_ml) } else { Mixture::EMPTY };
        let anticoagulant_ml = anticoagulant.volume_ml();
        self.anticoagulant_delivered_ml += anticoagulant_ml;
        self.flags.anticoagulant_stopped = turned_ml > 0.0 && anticoagulant_ml <= 0.0;

        // The pumps have moved their part; the flow through the access is implicit in the pressure that it leaves.
        let stiffness = 1.0 / self.hydraulics.draw_compliance;
        let series = stiffness * dt_s / 60.0;
        self.draw_mmhg += anticoagulant_ml * stiffness;
        let from_vein = paths.draw_from == DrawFrom::Donor && self.hands.donor_connected && !paths.draw_line_off;
        let over_mmhg = self.draw_mmhg - self.vein.filling_mmhg;
        if from_vein && over_mmhg > 0.0 {
            // The anticoagulant pump outruns the inlet pump: its solution goes to the donor.
            let back_ml_min = self.draw_access.flow_ml_min(over_mmhg, series * paths.draw_open) * paths.draw_open;
            let pushed = anticoagulant.draw(back_ml_min * dt_s / 60.0);
            self.draw_mmhg -= pushed.volume_ml() * stiffness;
            self.give_to_donor(&pushed);
        }
        let source_ml = self.source_ml_min(paths, from_vein, series) * dt_s / 60.0;
        let mut drawn = self.source(paths, from_vein, source_ml);
        if paths.saline_free_ml_min > 0.0 && paths.draw_from != DrawFrom::Saline {
            drawn += self.bags.saline.draw(self.by_gravity_ml(paths.saline_free_ml_min, dt_s));
        }
        self.draw_mmhg += drawn.volume_ml() * stiffness;
        let joined = drawn + anticoagulant;
        if joined.volume_ml() > 0.0 {
            self.lines.draw.push(joined);
        }
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
        ((head_mmhg - self.draw_mmhg) / (self.hydraulics.open_line + series)).max(0.0)
    }

    /// Blood from the vein, what a bag holds, or air where nothing is there.
    fn source(&mut self, paths: &Paths, from_vein: bool, volume_ml: f64) -> Mixture {
        if volume_ml <= 0.0 {
            return Mixture::EMPTY;
        }
        if from_vein {
            let drawn = self.donor.draw(volume_ml);
            self.account.totals.drawn += drawn;
            return drawn;
        }
        if paths.draw_from == DrawFrom::Donor {
            return self.ambient_air(volume_ml);
        }
        let bag = match paths.draw_from {
            DrawFrom::Reservoir => &mut self.bags.reservoir,
            _ if paths.lines_swapped => &mut self.bags.anticoagulant,
            _ => &mut self.bags.saline,
        };
        let missing_ml = (volume_ml - bag.volume_ml()).max(0.0);
        let drawn = bag.draw(volume_ml);
        self.flags.saline_empty = missing_ml > 0.0 && paths.draw_from == DrawFrom::Saline;
        drawn + self.ambient_air(missing_ml)
    }

    /// What a bag's head drives through an open line of `most_ml_min` against the pressure in the draw line, mL.
    fn by_gravity_ml(&self, most_ml_min: f64, dt_s: f64) -> f64 {
        let head_mmhg = self.hydraulics.saline_head;
        most_ml_min * ((head_mmhg - self.draw_mmhg) / head_mmhg).clamp(0.0, 1.0) * dt_s / 60.0
    }

    fn ambient_air(&mut self, volume_ml: f64) -> Mixture {
        let air = Mixture::air(volume_ml);
        self.account.brought += air;
        air
    }

    /// The inlet pump moves the draw line's end into the inlet line; returns what enters the channel, mL.
    fn pump_inlet(&mut self, dt_s: f64) -> f64 {
        let behind_mmhg = self.centrifuge_mmhg();
        let factor = self.pump.suction_factor(self.draw_mmhg) * self.pump.back_pressure_factor(behind_mmhg);
        let moved = self.lines.draw.pop(self.pumps.inlet.stroke_ml(&self.pump, dt_s) * factor);
        let moved_ml = moved.volume_ml();
        self.inlet_ml_min = moved_ml * 60.0 / dt_s;
        if moved_ml <= 0.0 {
            return 0.0;
        }
        self.draw_mmhg -= moved_ml / self.hydraulics.draw_compliance;
        self.lines.inlet.push(moved);
        self.channel.inlet += self.lines.inlet.pop(moved_ml);
        moved_ml
    }

    /// What enters the full channel leaves it by its three ports; returns what comes to the drip chamber, mL.
    fn leave_channel(&mut self, paths: &Paths, entered_ml: f64, dt_s: f64) -> f64 {
        let collect_stroke_ml = self.pumps.collect.stroke_ml(&self.pump, dt_s);
        let plasma_stroke_ml = self.pumps.plasma.stroke_ml(&self.pump, dt_s);
        let to_product = paths.collect_to == CollectTo::Product;
        let blocked = to_product && self.hands.product_sealed;
        let collect_ml = if blocked { 0.0 } else { collect_stroke_ml.min(entered_ml) };
        let plasma_ml = plasma_stroke_ml.min(entered_ml - collect_ml);
        let red_ml = entered_ml - collect_ml - plasma_ml;
        self.channel.collect_ml += collect_ml;
        self.channel.plasma_ml += plasma_ml;
        if entered_ml <= 0.0 {
            return 0.0;
        }
        let mut arriving = self.lines.red.pop(red_ml) + self.lines.plasma.pop(plasma_ml);
        let collected = self.lines.collect.pop(collect_ml);
        if to_product {
            self.bags.product += collected;
        } else {
            arriving += collected;
        }
        self.chamber.receive(arriving);
        arriving.volume_ml()
    }

    /// Pressure drives the drip chamber's content through return line, detectors and clamp.
    fn give_back(&mut self, paths: &Paths, arrived_ml: f64, dt_s: f64) {
        let stiffness = 1.0 / self.hydraulics.return_compliance;
        self.return_mmhg += arrived_ml * stiffness;
        if paths.leak_ml_min > 0.0 && self.return_mmhg > 0.0 {
            let leaked_ml = (paths.leak_ml_min * dt_s / 60.0).min(self.return_mmhg / stiffness);
            let leaked = self.chamber.leak(leaked_ml);
            self.return_mmhg -= leaked.volume_ml() * stiffness;
            self.account.spilt += leaked;
        }
        if paths.return_to == ReturnTo::Reservoir {
            return self.fill_reservoir(stiffness, dt_s);
        }
        let open = paths.return_open;
        self.clot_mmhg_min_ml += paths.clot_growth * dt_s / 60.0;
        let series = stiffness * open * dt_s / 60.0 + self.clot_mmhg_min_ml;
        let to_vein = paths.return_to == ReturnTo::Donor && self.hands.donor_connected && !paths.return_line_off;
        let flow = if to_vein {
            let behind_mmhg = self.hydraulics.return_vein + self.tissue_stiffness * self.tissue_ml;
            self.return_access.flow_ml_min(self.return_mmhg - behind_mmhg, series)
        } else {
            self.return_mmhg.max(0.0) / (self.hydraulics.open_line + series)
        };
        let volume_ml = flow * open * dt_s / 60.0;
        if volume_ml <= 0.0 {
            return;
        }
        let leaving = self.chamber.leave(volume_ml, paths.foam, paths.return_to == ReturnTo::Waste);
        let entering = leaving.from_chamber + self.ambient_air(leaving.ambient_air_ml);
        let entering_ml = entering.volume_ml();
        self.return_mmhg -= entering_ml * stiffness;
        self.lines.upper.push(entering);
        self.lines.guarded.push(self.lines.upper.pop(entering_ml));
        let mut out = self.lines.guarded.pop(entering_ml);
        if to_vein {
            if paths.infiltration > 0.0 {
                let beside = out.split(paths.infiltration);
                self.tissue_ml += beside.volume_ml();
                self.account.spilt += beside;
            }
            self.flags.donor_air_ml += out.get(Component::Air);
            self.give_to_donor(&out);
        } else if paths.return_to == ReturnTo::Waste {
            self.bags.waste += out;
        } else {
            self.account.spilt += out;
        }
    }

    /// Pressure drives the drip chamber's fluid into the reservoir bag.
    fn fill_reservoir(&mut self, stiffness: f64, dt_s: f64) {
        let minutes = dt_s / 60.0;
        let flow = self.return_mmhg.max(0.0) / (self.hydraulics.open_line + stiffness * minutes);
        let kept = self.chamber.give(flow * minutes, 0.0);
        self.return_mmhg -= kept.volume_ml() * stiffness;
        self.bags.reservoir += kept;
    }

    /// Lets the channel catch up with `seconds` of gathered flow.
    pub(crate) fn move_channel(&mut self, paths: &Paths, speed_rpm: f64, seconds: f64) {
        let gathered = core::mem::take(&mut self.channel);
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
        for (line, mixture) in [
            (&mut self.lines.red, outlets.red),
            (&mut self.lines.plasma, outlets.plasma),
            (&mut self.lines.collect, outlets.collect),
        ] {
            if mixture.volume_ml() > 0.0 {
                line.push(mixture);
            }
        }
    }

    /// Pressure in the draw line, mmHg.
    pub(crate) const fn draw_mmhg(&self) -> f64 {
        self.draw_mmhg
    }

    /// Pressure in the return line, mmHg.
    pub(crate) const fn return_mmhg(&self) -> f64 {
        self.return_mmhg
    }

    /// Pressure at the separator's inlet, mmHg.
    pub(crate) fn centrifuge_mmhg(&self) -> f64 {
        self.return_mmhg + self.hydraulics.channel * self.inlet_ml_min + self.view.pressure_mmhg
    }

    /// Nominal flow that a pump turns, mL/min.
    pub(crate) const fn turning_ml_min(&self, pump: Pump) -> f64 {
        self.pumps.get(pump).turning_ml_min()
    }

    /// Anticoagulant that dripped into its line, mL.
    pub(crate) const fn anticoagulant_delivered_ml(&self) -> f64 {
        self.anticoagulant_delivered_ml
    }

    /// What has gone under the skin at the return, mL.
    pub(crate) const fn tissue_ml(&self) -> f64 {
        self.tissue_ml
    }

    /// Blood that was spilt or went under the skin, mL.
    pub(crate) fn spilt_blood_ml(&self) -> f64 {
        let spilt = &self.account.spilt;
        spilt.fluid_ml() - spilt.get(Component::Saline) - spilt.get(Component::Anticoagulant)
    }

    /// Air before the air detectors, mL.
    pub(crate) fn air_before_detectors_ml(&self, window_ml: f64) -> f64 {
        self.lines.guarded.air_at_start_ml(window_ml)
    }

    /// Keeps what stands before the optics of the lines: the last fluid that came to each.
    fn see(&mut self, outlets: &Outlets) {
        let collect = self.view.before_chamber.unwrap_or(outlets.collect);
        for (seen, outlet) in [(&mut self.seen.collect, collect), (&mut self.seen.plasma, outlets.plasma)] {
            if outlet.fluid_ml() > 0.0 {
                *seen = outlet;
            }
        }
    }

    /// What stands before the optics of the collect and plasma lines.
    pub(crate) const fn before_optics(&self) -> &Outlets {
        &self.seen
    }

    /// What perfect instruments saw in the separator when it last moved.
    pub(crate) const fn view(&self) -> &View {
        &self.view
    }

    pub(crate) const fn flags(&self) -> Flags {
        self.flags
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

    fn give_to_donor(&mut self, mixture: &Mixture) {
        self.account.totals.returned += *mixture;
        self.donor.receive_at(mixture, self.return_temperature);
    }

    /// What has passed between donor and machine until now.
    pub(crate) const fn totals(&self) -> &Totals {
        &self.account.totals
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
        let lines = [draw, inlet, red, plasma, collect, upper, guarded];
        let in_lines = lines.into_iter().fold(Mixture::EMPTY, |sum, line| sum + line.contents());
        let Bags { anticoagulant, saline, product, waste, reservoir } = &self.bags;
        let in_bags = *anticoagulant + *saline + *product + *waste + *reservoir;
        let inside = self.donor.contents() + self.separator.contents();
        inside
            + in_lines
            + in_bags
            + *self.chamber.contents()
            + self.channel.inlet
            + self.account.spilt
            + self.account.discarded
    }
}
