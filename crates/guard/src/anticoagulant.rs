//! Hazard 7: anticoagulant is not delivered while blood is drawn from the donor. The bag's weight tells hazard 8 as well:
//! how far the same residual stands below its highest is what came too much.
//!
//! Two independent witnesses against what is expected, the greater of what control commands and the least that blood
//! drawn at this rate (by the inlet pump's counter) needs; while nothing is drawn, what the pump's counter says:
//! - the bag's weight: bag plus expected delivery must stay constant. This residual, averaged over some
//!   [`WEIGHINGS`], less the tolerated part of the expected delivery, sinks while delivery is sound. How far it stands
//!   above its lowest is the deficit beyond tolerance, however slowly it came (a cumulative-sum test).
//! - the drop counter: no drop for a time in which several were due.

use leuka_blood::quantity::{FlowRate, TimeSpan, Volume};
use leuka_device::{Commands, DrawFrom, GuardTelemetry, Instant, VerdictKind};

use crate::limits::{AnticoagulantLimits, LimitTable};

/// Memory of the running mean of weighings: with 1 g of noise on each it has a standard error of 0.2 g.
const WEIGHINGS: f64 = 20.0;
/// No weighing counts as further from the mean than this, g: a touched bag swings by 5 g.
const SWING_G: f64 = 2.0;
/// Five standard errors of the mean, g: a bag that loses more by weight is held against drops that do not say so.
const MEAN_ERROR_G: f64 = 1.0;
/// Weighings closer together than this are not independent and not used, s.
const WEIGHING_S: f64 = 0.9;

/// The evidence on delivery.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Delivery {
    expected: Volume,
    mean_g: f64,
    weighings: f64,
    weighed_at: Option<Instant>,
    lowest_g: Option<f64>,
    highest_g: Option<f64>,
    /// By weight too much has come.
    over: bool,
    drops: Option<u32>,
    dry_for: TimeSpan,
    dry_expected: Volume,
    failed: bool,
}

impl Delivery {
    /// True when anticoagulant has failed to come and blood is still asked for. `dt_s` is the time since the last look.
    pub(crate) fn missing(
        &mut self,
        telemetry: &GuardTelemetry,
        commands: &Commands,
        permitted: VerdictKind,
        dt_s: f64,
        limits: &LimitTable,
    ) -> bool {
        let drawing = is_drawing(telemetry, commands, permitted, limits.agreement.flow_floor);
        let flow = if drawing {
            least_flow(telemetry, commands, limits)
        } else {
            telemetry.pump_flows.anticoagulant.value.unwrap_or(FlowRate::ZERO)
        };
        let dt = TimeSpan::from_seconds(dt_s);
        self.expected += flow * dt;
        if drawing {
            self.dry_for += dt;
            self.dry_expected += flow * dt;
        }
        let dry = self.is_dry(telemetry, &limits.anticoagulant);
        let short = self.weighs_too_much(telemetry, drawing, &limits.anticoagulant);
        self.failed |= dry || short;
        self.failed && commands.draw_from == DrawFrom::Donor && commands.pumps.inlet > FlowRate::ZERO
    }

    /// The drop counter's word.
    fn is_dry(&mut self, telemetry: &GuardTelemetry, limits: &AnticoagulantLimits) -> bool {
        let drops = telemetry.anticoagulant_drops.value;
        if drops.is_some() && drops != self.drops {
            (self.drops, self.dry_for, self.dry_expected) = (drops, TimeSpan::ZERO, Volume::ZERO);
        }
        self.dry_for >= limits.no_drop_for && self.dry_expected >= limits.drop * limits.no_drop_count
    }

    /// The scale's word.
    fn weighs_too_much(&mut self, telemetry: &GuardTelemetry, drawing: bool, limits: &AnticoagulantLimits) -> bool {
        let reading = telemetry.weights.anticoagulant;
        let Some(weight) = reading.value else { return false };
        let due = self.weighed_at.is_none_or(|last| reading.taken_at.since(last).seconds() >= WEIGHING_S);
        if !due {
            return false;
        }
        self.weighed_at = Some(reading.taken_at);
        let residual_g = (weight + limits.density * self.expected).grams();
        let is_other_bag = (residual_g - self.mean_g).abs() > limits.bag_change.grams();
        if !drawing && is_other_bag {
            (self.weighings, self.lowest_g, self.highest_g) = (0.0, None, None);
        }
        self.average(residual_g, drawing);
        if !drawing || self.weighings < WEIGHINGS {
            return false;
        }
        self.over |= self.has_lost_more(limits);
        let tolerated_g = (limits.density * self.expected).grams() * limits.tolerance.fraction();
        let excess_g = self.mean_g - tolerated_g;
        let lowest_g = self.lowest_g.map_or(excess_g, |lowest| lowest.min(excess_g));
        self.lowest_g = Some(lowest_g);
        excess_g - lowest_g > (limits.density * limits.deficit).grams()
    }

    /// True when the bag has lost more than was expected, beyond what is tolerated.
    fn has_lost_more(&mut self, limits: &AnticoagulantLimits) -> bool {
        let tolerated_g = (limits.density * self.expected).grams() * limits.excess_tolerance.fraction();
        let room_g = self.mean_g + tolerated_g;
        let highest_g = self.highest_g.map_or(room_g, |highest| highest.max(room_g));
        self.highest_g = Some(highest_g);
        highest_g - room_g > (limits.density * limits.excess).grams() + MEAN_ERROR_G
    }

    /// True when the bag's weight says that too much has come.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// Takes a residual into the running mean, which starts as the mean of all.
    fn average(&mut self, residual_g: f64, drawing: bool) {
        let is_first = self.weighings < 1.0;
        self.weighings = (self.weighings + 1.0).min(WEIGHINGS);
        let step_g = residual_g - self.mean_g;
        let step_g = if is_first || !drawing { step_g } else { step_g.clamp(-SWING_G, SWING_G) };
        self.mean_g += step_g / self.weighings;
    }
}

/// True when blood is drawn from the donor, by the guard's own counter.
fn is_drawing(telemetry: &GuardTelemetry, commands: &Commands, permitted: VerdictKind, still: FlowRate) -> bool {
    permitted == VerdictKind::Pass
        && commands.draw_from == DrawFrom::Donor
        && telemetry.pump_flows.inlet.value.is_some_and(|flow| flow > still)
}

/// The least anticoagulant that must come while blood is drawn.
fn least_flow(telemetry: &GuardTelemetry, commands: &Commands, limits: &LimitTable) -> FlowRate {
    let inlet = telemetry.pump_flows.inlet.value.unwrap_or(FlowRate::ZERO);
    commands.pumps.anticoagulant.max(inlet / limits.anticoagulant.highest_ratio)
}
