//! The interface loop: the plasma pump holds the boundary between bed and plasma where it is wanted.
//!
//! The plant is an integrator. With plasma volume V above the bed,
//!
//! ```text
//! dV/dt = Q_inlet (1 - H_in/H_bed) - Q_collect (1 - H_collect/H_bed) - Q_plasma
//! ```
//!
//! and the interface moves by dV over the channel's volume per millimetre of gap. The feed-forward makes dV/dt zero for
//! the haematocrit that is believed; a wrong belief shows as drift. An observer (position and haematocrit, both poles
//! at the estimate time) compares predicted with seen position, corrects the belief, and gives the proportional-integral
//! part a position without the camera's noise. The integral has little left to do: it takes what the observer cannot
//! explain. What the camera sees was decided a transit earlier, so a picture is compared with what was predicted for
//! that moment; what it corrects then holds for now as well.
//!
//! Three failures are told apart: no usable picture (not measured), a good picture without an interface (not
//! detected), and an interface that does not move although the pump asks it to (not responding).

use leuka_blood::math::ln;
use leuka_blood::quantity::{Fraction, Length, TimeSpan};
use leuka_device::{AlarmCode, CameraImage, Instant};

use crate::centrifuge;
use crate::prescription::Prescription;
use crate::reservoir::Turn;
use crate::senses::{Fresh, micros};
use crate::tuning::InterfaceTuning;

/// Flows around the channel, mL/min.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelFlows {
    pub(crate) inlet_ml_min: f64,
    pub(crate) plasma_ml_min: f64,
    pub(crate) collect_ml_min: f64,
}

/// The loop's state.
#[derive(Debug, Clone)]
pub(crate) struct InterfaceLoop {
    tuning: InterfaceTuning,
    /// Millilitres of plasma that one millimetre holds.
    ml_per_mm: f64,
    gap_mm: f64,
    inverse_bed: f64,
    /// One less collect haematocrit over bed haematocrit.
    collect_plasma: f64,
    /// Venous over inlet haematocrit.
    venous_per_inlet: f64,
    inlet_hematocrit_range: (f64, f64),
    entered_venous: f64,
    set_point_mm: f64,
    position_mm: f64,
    past: Past,
    inlet_hematocrit: f64,
    integral_ml_min: f64,
    plasma_ml_min: f64,
    picture: Picture,
    in_sight_s: f64,
    settled: bool,
    response: Response,
    compared: bool,
    /// How much later than with two accesses the entry is compared, s.
    compared_later_s: f64,
    /// Time until a flood of red cells into the plasma line counts as drained.
    drained_in_s: f64,
    /// What the needle did in the last step, with one needle.
    turn: Turn,
    has_pool: bool,
    pool: Pool,
}

/// What stands in the reservoir of a single needle, as the separator gave it: what left the bed and what left the plasma.
#[derive(Debug, Default, Clone, Copy)]
struct Pool {
    volume_ml: f64,
    red_cells_ml: f64,
    /// Haematocrit of what is drawn, by the balance, while the reservoir's is what the separator gets.
    drawn_hematocrit: f64,
}

impl Pool {
    fn hematocrit(&self) -> Option<f64> {
        (self.volume_ml > LEAST_POOL_ML).then(|| self.red_cells_ml / self.volume_ml)
    }

    fn fill(&mut self, by_ml: f64, red_cells_ml: f64) {
        self.volume_ml += by_ml;
        self.red_cells_ml += red_cells_ml;
    }

    fn drain(&mut self, by_ml: f64) {
        let left = if self.volume_ml > 0.0 { (1.0 - by_ml / self.volume_ml).max(0.0) } else { 0.0 };
        self.volume_ml *= left;
        self.red_cells_ml *= left;
    }
}

/// A reservoir that holds less tells no haematocrit, mL.
const LEAST_POOL_ML: f64 = 5.0;

/// What the camera last gave.
#[derive(Debug, Clone, Copy)]
struct Picture {
    usable_at: Instant,
    seen_at: Instant,
    /// The interface was seen at least once since the channel was filled.
    found: bool,
    /// Age of the estimate since the last correction, seconds.
    predicted_s: f64,
}

/// A watch over whether the interface follows.
#[derive(Debug, Default, Clone, Copy)]
struct Response {
    seconds: f64,
    from_mm: f64,
    failed: bool,
}

/// Seconds of positions that are remembered: the longest transit that can be allowed for.
const PAST_S: usize = 128;

/// Where the interface was predicted to be in the last two minutes.
#[derive(Debug, Clone)]
struct Past {
    /// One position for each second, in a ring, without the shift.
    unshifted_mm: [f64; PAST_S],
    next: usize,
    since_s: f64,
    /// What pictures have since shown to be missing in all of them.
    shift_mm: f64,
}

impl Past {
    const fn new(position_mm: f64) -> Self {
        Self { unshifted_mm: [position_mm; PAST_S], next: 0, since_s: 0.0, shift_mm: 0.0 }
    }

    fn keep(&mut self, dt_s: f64, position_mm: f64) {
        self.since_s += dt_s;
        if self.since_s < 1.0 {
            return;
        }
        self.since_s -= 1.0;
        if let Some(place) = self.unshifted_mm.get_mut(self.next % PAST_S) {
            *place = position_mm - self.shift_mm;
        }
        self.next = (self.next + 1) % PAST_S;
    }

    /// The position `ago`, with what is known now.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to lie within 0 and 120 s")]
    fn at(&self, ago: TimeSpan) -> f64 {
        let back = (ago.seconds() as usize).min(PAST_S - 1) + 1;
        let place = (self.next + PAST_S - back) % PAST_S;
        self.unshifted_mm.get(place).copied().unwrap_or(0.0) + self.shift_mm
    }
}

/// The haematocrit by entry and by balance, when they differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mismatch {
    pub(crate) entered: Fraction,
    pub(crate) estimated: Fraction,
}

/// Haematocrit of the bed where it leaves, at the prescribed speed and inlet: the more force for the flow, the tighter.
fn bed_hematocrit(prescription: &Prescription) -> f64 {
    let tuning = &prescription.tuning.interface;
    let factor = centrifuge::packing_factor(prescription).minutes().max(1.0);
    let doublings = ln(factor / tuning.reference_packing.minutes()) / core::f64::consts::LN_2;
    let bed = tuning.bed_hematocrit.fraction() + tuning.bed_rise.fraction() * doublings;
    bed.clamp(LEAST_BED, MOST_BED)
}

/// With one needle, the blood from which the bed was built up comes back from the reservoir for so long, s: it has too few
/// red cells to tell the donor's.
const TURNS_S: f64 = 3000.0;

/// Haematocrits between which any packed bed lies.
const LEAST_BED: f64 = 0.5;
const MOST_BED: f64 = 0.9;

impl InterfaceLoop {
    pub(crate) fn new(prescription: &Prescription) -> Self {
        let tuning = prescription.tuning.interface;
        let ratio = prescription.anticoagulant.ratio.value();
        let (set, settings) = (&prescription.set, &prescription.settings);
        let bed = bed_hematocrit(prescription);
        let dilution = (ratio - 1.0) / ratio;
        let entered_venous = prescription.donor.hematocrit.fraction();
        Self {
            tuning,
            ml_per_mm: tuning.plasma_ml_mm,
            gap_mm: set.channel_gap.mm(),
            inverse_bed: 1.0 / bed,
            collect_plasma: 1.0 - settings.collect_hematocrit.fraction() / bed,
            venous_per_inlet: 1.0 / dilution,
            inlet_hematocrit_range: (
                tuning.hematocrit_low.fraction() * dilution,
                tuning.hematocrit_high.fraction() * dilution,
            ),
            entered_venous,
            set_point_mm: settings.interface.mm(),
            position_mm: set.channel_gap.mm(),
            past: Past::new(set.channel_gap.mm()),
            inlet_hematocrit: entered_venous * dilution,
            integral_ml_min: 0.0,
            plasma_ml_min: 0.0,
            picture: Picture { usable_at: Instant::START, seen_at: Instant::START, found: false, predicted_s: 0.0 },
            in_sight_s: 0.0,
            settled: false,
            response: Response::default(),
            compared: false,
            compared_later_s: if set.reservoir.is_some() { TURNS_S } else { 0.0 },
            drained_in_s: 0.0,
            turn: Turn::Draw,
            has_pool: set.reservoir.is_some(),
            pool: Pool::default(),
        }
    }

    /// The needle's turn. What is drawn and what the reservoir gives back differ in red cells by what the bed took or gave
    /// in between: the loop begins each turn with the haematocrit of what comes, and learns of the donor's from what is
    /// drawn only.
    pub(crate) fn take_turn(&mut self, turn: Turn) {
        if turn == core::mem::replace(&mut self.turn, turn) {
            return;
        }
        let (low, high) = self.inlet_hematocrit_range;
        match turn {
            Turn::Return => {
                self.pool.drawn_hematocrit = self.inlet_hematocrit;
                if let Some(hematocrit) = self.pool.hematocrit() {
                    self.inlet_hematocrit = hematocrit.max(low).min(high);
                }
            }
            Turn::Draw => self.inlet_hematocrit = self.pool.drawn_hematocrit,
        }
    }

    /// Haematocrit of the blood that is drawn, with its anticoagulant.
    const fn drawn_hematocrit(&self) -> f64 {
        match self.turn {
            Turn::Draw => self.inlet_hematocrit,
            Turn::Return => self.pool.drawn_hematocrit,
        }
    }

    /// What leaves the separator in a step fills the reservoir, or what is in that leaves it. Plasma has no red cells; what
    /// leaves by the red port is the bed, and where there is no bed yet, what comes in.
    fn keep_pool(&mut self, dt_s: f64, flows: ChannelFlows) {
        let minutes = dt_s / 60.0;
        let given_ml_min = (flows.inlet_ml_min - flows.collect_ml_min).max(0.0);
        let bed_ml_min = (given_ml_min - flows.plasma_ml_min).max(0.0);
        let has_bed = self.position_mm < self.gap_mm;
        let red = if has_bed { bed_ml_min / self.inverse_bed } else { bed_ml_min * self.inlet_hematocrit };
        match self.turn {
            Turn::Draw => self.pool.fill(given_ml_min * minutes, red * minutes),
            Turn::Return => self.pool.drain(flows.inlet_ml_min * minutes),
        }
    }

    /// Begins with a channel full of saline: no bed yet, and the camera has its time from now.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.position_mm = self.gap_mm;
        self.past = Past::new(self.gap_mm);
        self.integral_ml_min = 0.0;
        self.picture.found = false;
        self.restart_watch(now);
    }

    /// Gives camera and response their full time again, after a pause.
    pub(crate) fn restart_watch(&mut self, now: Instant) {
        self.picture.usable_at = now;
        self.picture.seen_at = now;
        self.response = Response { from_mm: self.position_mm, ..Response::default() };
    }

    /// Where the interface is wanted, mm from the inner wall.
    pub(crate) const fn aim(&mut self, set_point_mm: f64) {
        self.set_point_mm = set_point_mm.max(0.05).min(self.gap_mm);
    }

    /// The donor's haematocrit by the balance.
    pub(crate) fn venous_hematocrit(&self) -> Fraction {
        Fraction::from_fraction(self.drawn_hematocrit() * self.venous_per_inlet)
    }

    /// Estimated position.
    pub(crate) const fn position(&self) -> Length {
        Length::from_mm(self.position_mm)
    }

    /// True when the interface stands at its set-point and was seen lately.
    pub(crate) const fn is_settled(&self) -> bool {
        self.settled
    }

    /// One step of `dt_s`: predicts, takes a new picture, and says what the plasma pump shall carry.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        dt_s: f64,
        flows: ChannelFlows,
        picture: Option<Fresh<CameraImage>>,
    ) -> f64 {
        self.predict(dt_s, flows);
        if self.has_pool {
            self.keep_pool(dt_s, flows);
        }
        if let Some(picture) = picture {
            self.correct(flows, &picture);
        }
        let off_mm = (self.position_mm - self.set_point_mm).abs();
        let near = off_mm <= self.tuning.settled_band.mm();
        let in_sight = self.picture.found && now.micros_since(self.picture.seen_at) <= micros(self.tuning.lost_after);
        self.settled = near && in_sight;
        if in_sight && flows.inlet_ml_min > 1.0 {
            self.in_sight_s += dt_s;
            self.watch_response(dt_s, off_mm <= 2.0 * self.tuning.settled_band.mm());
        }
        self.actuate(dt_s, flows)
    }

    /// How fast the channel moves against the inlet at which the gains hold.
    fn pace(&self, flows: ChannelFlows) -> f64 {
        (flows.inlet_ml_min / self.tuning.reference_inlet.ml_min()).clamp(0.1, 3.0)
    }

    fn drift_mm_s(&self, flows: ChannelFlows) -> f64 {
        let net_ml_min = flows.inlet_ml_min * (1.0 - self.inlet_hematocrit * self.inverse_bed)
            - flows.collect_ml_min * self.collect_plasma
            - flows.plasma_ml_min;
        net_ml_min / (60.0 * self.ml_per_mm)
    }

    fn predict(&mut self, dt_s: f64, flows: ChannelFlows) {
        self.position_mm = (self.position_mm + self.drift_mm_s(flows) * dt_s).max(0.0).min(self.gap_mm);
        self.past.keep(dt_s, self.position_mm);
        self.picture.predicted_s += dt_s;
        self.drained_in_s = (self.drained_in_s - dt_s).max(0.0);
    }

    fn correct(&mut self, flows: ChannelFlows, picture: &Fresh<CameraImage>) {
        let is_usable = picture.value.confidence >= self.tuning.confidence;
        if !is_usable {
            return;
        }
        let seen_mm = picture.value.interface.map(Length::mm);
        // A noisy picture of an empty or a full channel may lie a little outside the gap.
        if seen_mm.is_some_and(|mm| !(-1.0..=self.gap_mm + 1.0).contains(&mm)) {
            return;
        }
        self.picture.usable_at = picture.taken_at;
        let Some(seen_mm) = seen_mm else { return };
        self.picture.seen_at = picture.taken_at;
        let interval_s = core::mem::take(&mut self.picture.predicted_s).min(10.0);
        let pace = self.pace(flows);
        let surprise_mm = seen_mm - self.past.at(self.tuning.delay / pace);
        if !core::mem::replace(&mut self.picture.found, true) {
            self.correct_position(surprise_mm);
            self.response = Response { from_mm: self.position_mm, ..Response::default() };
            return;
        }
        let estimate_s = self.tuning.estimate_time.seconds() / pace;
        let rate = interval_s / estimate_s;
        self.correct_position((2.0 * rate).min(1.0) * surprise_mm);
        if flows.inlet_ml_min > 1.0 {
            // A surprise towards the outer wall means more plasma, so fewer red cells, than believed.
            let drift_mm_s = rate * surprise_mm / estimate_s;
            let hematocrit = drift_mm_s * 60.0 * self.ml_per_mm / (flows.inlet_ml_min * self.inverse_bed);
            let hematocrit = if self.drained_in_s > 0.0 { hematocrit.min(0.0) } else { hematocrit };
            let (low, high) = self.inlet_hematocrit_range;
            self.inlet_hematocrit = (self.inlet_hematocrit - hematocrit).max(low).min(high);
        }
    }

    /// Moves the estimate, and what is remembered of it.
    fn correct_position(&mut self, by_mm: f64) {
        self.position_mm = (self.position_mm + by_mm).max(0.0).min(self.gap_mm);
        self.past.shift_mm += by_mm;
    }

    fn watch_response(&mut self, dt_s: f64, near: bool) {
        let response = &mut self.response;
        if near {
            *response = Response { from_mm: self.position_mm, ..Response::default() };
            return;
        }
        response.seconds += dt_s;
        let before_mm = (response.from_mm - self.set_point_mm).abs();
        let now_mm = (self.position_mm - self.set_point_mm).abs();
        if now_mm <= before_mm - self.tuning.respond_by.mm() {
            *response = Response { from_mm: self.position_mm, ..Response::default() };
        } else if response.seconds >= self.tuning.respond_within.seconds() {
            response.failed = true;
        }
    }

    fn actuate(&mut self, dt_s: f64, flows: ChannelFlows) -> f64 {
        let most = ((flows.inlet_ml_min - flows.collect_ml_min) * self.tuning.most_plasma.fraction()).max(0.0);
        let feed_forward = flows.inlet_ml_min * (1.0 - self.inlet_hematocrit * self.inverse_bed)
            - flows.collect_ml_min * self.collect_plasma;
        let error_mm = self.set_point_mm - self.position_mm;
        let gain = self.tuning.proportional_ml_min_mm * self.pace(flows);
        let correction = gain * error_mm + self.integral_ml_min;
        let wanted = feed_forward - correction;
        let slew = self.tuning.slew_ml_min_s * dt_s;
        let given = wanted.max(self.plasma_ml_min - slew).min(self.plasma_ml_min + slew).max(0.0).min(most);
        // Anti-windup: the integral rests while the pump cannot follow, and while the interface is on its way.
        let is_close = self.picture.found && error_mm.abs() <= 3.0 * self.tuning.settled_band.mm();
        if is_close && (given - wanted).abs() < 1e-9 {
            let limit = self.tuning.integral_limit.ml_min();
            let rate = gain * self.pace(flows) / self.tuning.integral_time.seconds();
            self.integral_ml_min = (self.integral_ml_min + rate * error_mm * dt_s).max(-limit).min(limit);
        }
        self.plasma_ml_min = given;
        given
    }

    /// Follows a plasma flow that somebody else sets, so that automatic control can take over without a jump.
    pub(crate) const fn follow(&mut self, plasma_ml_min: f64) {
        self.plasma_ml_min = plasma_ml_min;
    }

    /// Red cells in the plasma line for `dt_s`: the bed has reached the inner wall, whatever the camera makes of it. The
    /// pump takes more plasma than there is, so the donor has more red cells than believed; what pictures show until
    /// the flood has drained is no sign of the contrary.
    pub(crate) fn flooded(&mut self, dt_s: f64) {
        self.position_mm = 0.0;
        self.past = Past::new(0.0);
        self.drained_in_s = self.tuning.estimate_time.seconds();
        // While the first bed builds up, red cells pass everywhere and tell nothing.
        if self.in_sight_s > self.tuning.estimate_time.seconds() {
            let (low, high) = self.inlet_hematocrit_range;
            let raised = self.inlet_hematocrit + self.tuning.flood_rise_per_s * dt_s;
            self.inlet_hematocrit = raised.max(low).min(high);
        }
    }

    /// Which of the three failures there is.
    pub(crate) fn failure(&self, now: Instant) -> Option<AlarmCode> {
        let patience = micros(self.tuning.lost_after);
        if now.micros_since(self.picture.usable_at) > patience {
            Some(AlarmCode::InterfaceNotMeasured)
        } else if now.micros_since(self.picture.seen_at) > patience {
            Some(AlarmCode::InterfaceNotDetected)
        } else if self.response.failed {
            Some(AlarmCode::InterfaceNotResponding)
        } else {
            None
        }
    }

    /// Says once that the entered haematocrit does not fit, in the window in which it is a reference.
    pub(crate) fn new_mismatch(&mut self) -> Option<Mismatch> {
        let tuning = &self.tuning;
        let since_s = self.in_sight_s - self.compared_later_s;
        let in_window = since_s >= tuning.mismatch_after.seconds() && since_s <= tuning.mismatch_until.seconds();
        if self.compared || !in_window {
            return None;
        }
        let estimated = self.venous_hematocrit();
        let entered = Fraction::from_fraction(self.entered_venous);
        if (estimated - entered).abs() < tuning.mismatch {
            return None;
        }
        self.compared = true;
        Some(Mismatch { entered, estimated })
    }
}
