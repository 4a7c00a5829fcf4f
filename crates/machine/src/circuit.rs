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
//!
//! Volumes, pressures and air near the donor move on every beat ([`beat`]); what the fluid is made of is carried after them
//! at the pace of the channel and the donor ([`carry`]), in the same order and the same amounts, so nothing is lost. What
//! a beat moved is [`Gathered`] until then.

mod account;
mod beat;
mod carry;

use leuka_blood::Mixture;
use leuka_blood::quantity::Temperature;
use leuka_blood::random::Seed;
use leuka_device::{CollectTo, Commands, DrawFrom, Pump, PumpFlows, ReturnTo};
use leuka_donor::Donor;
use leuka_separator::{Outlets, Separator, View};

use crate::access::{PressureFlow, Vein};
use crate::bag::Bag;
use crate::chamber::{DripChamber, Flowing};
use crate::data::{Hydraulics, Parameters};
use crate::line::{Bubbles, Line};
use crate::pump::{PumpParameters, RollerPump};
use account::Account;

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
    pub(crate) anticoagulant: Bag,
    pub(crate) saline: Bag,
    pub(crate) reservoir: Bag,
    pub(crate) product: Mixture,
    pub(crate) waste: Mixture,
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
    gathered: Gathered,
    to_channel: ToChannel,
    seen: Outlets,
    view: View,
    draw_mmhg: f64,
    return_mmhg: f64,
    /// What a millilitre adds to each, mmHg.
    draw_stiffness: f64,
    return_stiffness: f64,
    inlet_ml_min: f64,
    anticoagulant_delivered_ml: f64,
    /// What has gone under the skin at the return, mL, and the pressure with which each mL presses back.
    tissue_ml: f64,
    tissue_stiffness: f64,
    clot_mmhg_min_ml: f64,
    passed: Passed,
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
    upper: GuardedLine,
    guarded: GuardedLine,
}

/// A line between drip chamber and donor: where its air is, known on every beat, and its fluid, carried later.
#[derive(Debug)]
struct GuardedLine {
    bubbles: Bubbles,
    fluid: Line,
}

impl GuardedLine {
    fn of_air(volume_ml: f64, parcel_ml: f64) -> Self {
        Self { bubbles: Bubbles::of_air(volume_ml, parcel_ml), fluid: Line::empty(volume_ml, parcel_ml) }
    }
}

/// What beats have moved since fluid was last carried, mL.
#[derive(Debug, Default)]
struct Gathered {
    from_vein_ml: f64,
    /// Air that the inlet drew where nothing else was.
    ambient_air_ml: f64,
    /// Anticoagulant that was pushed into the vein.
    pushed_ml: f64,
    inlet_ml: f64,
    red_ml: f64,
    plasma_ml: f64,
    to_product_ml: f64,
    collect_back_ml: f64,
    leaked: Flowing,
    to_reservoir: Flowing,
    into_guarded_ml: f64,
    to_donor: Flowing,
    to_waste: Flowing,
    to_tissue: Flowing,
    spilt: Flowing,
}

/// What came to the channel and was taken from it since it last moved.
#[derive(Debug, Default)]
struct ToChannel {
    inlet: Mixture,
    plasma_ml: f64,
    collect_ml: f64,
}

/// What has passed between donor and machine since power-on, as far as it has been carried.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Totals {
    /// Blood from the vein.
    pub drawn: Mixture,
    /// What went back into the veins.
    pub returned: Mixture,
}

/// Fluid that has passed between donor and machine by now, mL.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Passed {
    pub(crate) drawn_ml: f64,
    pub(crate) returned_ml: f64,
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
            upper: GuardedLine::of_air(volumes.return_upper, volumes.parcel),
            guarded: GuardedLine::of_air(volumes.return_guarded, volumes.parcel),
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
            gathered: Gathered::default(),
            to_channel: ToChannel::default(),
            seen: Outlets::default(),
            draw_mmhg: 0.0,
            return_mmhg: 0.0,
            draw_stiffness: 1.0 / parameters.hydraulics.draw_compliance,
            return_stiffness: 1.0 / parameters.hydraulics.return_compliance,
            inlet_ml_min: 0.0,
            anticoagulant_delivered_ml: 0.0,
            tissue_ml: 0.0,
            tissue_stiffness: parameters.infiltration.stiffness,
            clot_mmhg_min_ml: 0.0,
            passed: Passed::default(),
            account: Account::default(),
            flags: Flags::default(),
        };
        circuit.open_account();
        circuit
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

    /// Air before the air detectors, mL.
    pub(crate) fn air_before_detectors_ml(&self, window_ml: f64) -> f64 {
        self.lines.guarded.bubbles.at_start_ml(window_ml)
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

    /// Fluid that has passed between donor and machine until now.
    pub(crate) const fn passed(&self) -> Passed {
        self.passed
    }
}
