//! Gains and windows of the control loops: data, so that they can be set for another channel.

use leuka_blood::quantity::{FlowRate, Fraction, Length, MassDensity, Pressure, TimeSpan, Volume};

use crate::prescription::{PrescriptionError, within};

/// Gains and windows of the control loops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlTuning {
    /// The interface loop.
    pub interface: InterfaceTuning,
    /// The slow loop that trims the interface by the collect line's haematocrit.
    pub collect: CollectTuning,
    /// The inlet flow and its back-off.
    pub inlet: InletTuning,
    /// Flushing, access and bags.
    pub handling: HandlingTuning,
    /// Change of the centrifuge's speed per second at most while it follows the inlet, rpm/s.
    pub centrifuge_slew_rpm_s: f64,
}

/// The interface loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterfaceTuning {
    /// Inlet flow at which the gains hold. Everything in the channel goes with its flow, so at another inlet flows are
    /// scaled with it and times against it.
    pub reference_inlet: FlowRate,
    /// Haematocrit of the packed bed that the feed-forward assumes at the reference packing factor.
    pub bed_hematocrit: Fraction,
    /// That packing factor.
    pub reference_packing: TimeSpan,
    /// What the bed's haematocrit gains with every doubling of the packing factor.
    pub bed_rise: Fraction,
    /// Plasma that one millimetre of interface stands for at the camera, mL/mm: the whole channel's at most.
    pub plasma_ml_mm: f64,
    /// Time from a change of flow until the camera sees its effect.
    pub delay: TimeSpan,
    /// Plasma flow per millimetre of deviation, mL/min/mm.
    pub proportional_ml_min_mm: f64,
    /// Integral time of the deviation.
    pub integral_time: TimeSpan,
    /// The integral's share at most.
    pub integral_limit: FlowRate,
    /// Change of the plasma pump per second at most.
    pub slew_ml_min_s: f64,
    /// Time constant of the estimate of drift and inlet haematocrit.
    pub estimate_time: TimeSpan,
    /// Rise of the believed inlet haematocrit per second of red cells in the plasma line, as a fraction of one.
    pub flood_rise_per_s: f64,
    /// The estimate of the venous haematocrit stays above this.
    pub hematocrit_low: Fraction,
    /// The estimate of the venous haematocrit stays below this.
    pub hematocrit_high: Fraction,
    /// Difference from the entered haematocrit that is said.
    pub mismatch: Fraction,
    /// Time with the interface in sight after which the estimate is compared.
    pub mismatch_after: TimeSpan,
    /// Time with the interface in sight after which the donor's blood has changed and the entry is no reference.
    pub mismatch_until: TimeSpan,
    /// The interface stands when it is this close to its set-point.
    pub settled_band: Length,
    /// And this long.
    pub settled_time: TimeSpan,
    /// Confidence from which a picture counts.
    pub confidence: Fraction,
    /// Time without a picture, or without an interface in it, that is accepted.
    pub lost_after: TimeSpan,
    /// Time in which a deviating interface must move when the plasma pump asks it to.
    pub respond_within: TimeSpan,
    /// By how much it must move.
    pub respond_by: Length,
    /// Share of inlet less collect flow that the plasma pump takes at most.
    pub most_plasma: Fraction,
}

/// The slow loop on the collect line's haematocrit. It works on the logarithm of the ratio to the set-point, because
/// the haematocrit grows about exponentially through the upper edge of the bed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollectTuning {
    /// Interface set-point per unit of logarithm, at once, mm.
    pub proportional_mm: f64,
    /// Interface set-point per unit of logarithm and minute, mm/min.
    pub integral_mm_min: f64,
    /// The trim stays within this, either way.
    pub trim_limit: Length,
    /// The optics mean something from here.
    pub optics_low: Fraction,
    /// The optics mean something to here.
    pub optics_high: Fraction,
    /// Rest of the collect pump after a red collect line.
    pub red_rest: TimeSpan,
    /// Retreat of the interface set-point after a red collect line.
    pub red_retreat: Length,
    /// A red line longer than this stops the collect pump.
    pub red_within: TimeSpan,
}

/// The inlet flow and its back-off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InletTuning {
    /// Rise of the inlet per second at most, mL/min/s.
    pub ramp_ml_min_s: f64,
    /// Factor on the inlet at each back-off.
    pub back_off: Fraction,
    /// Suction beyond its limit this long is acted on.
    pub act_after: TimeSpan,
    /// Time that a back-off has to show its effect.
    pub wait: TimeSpan,
    /// The same where a filter's pressure is the reason.
    pub filter_wait: TimeSpan,
    /// Back-offs before the access is paused.
    pub retries: u8,
    /// Time without trouble after which the flow is raised again by one step and retries are forgotten.
    pub recovery: TimeSpan,
    /// Part of the inlet that is given back at each step.
    pub recovery_step: Fraction,
    /// Pressure inside the limit that recovery needs.
    pub recovery_margin: Pressure,
    /// Factor on the inlet when the donor reports citrate symptoms.
    pub symptom_factor: Fraction,
}

/// Flushing, access and bags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandlingTuning {
    /// Share of the prime, divert and rinse-back flow that goes through the plasma line, so that it is filled as well.
    pub through_plasma_line: Fraction,
    /// The same for the collect line in prime.
    pub through_collect_line: Fraction,
    /// Air that is left after so many times the prime volume does not leave by more saline.
    pub most_primes: f64,
    /// Saline by weight against saline by counter: less than this part means that nothing flows.
    pub least_weighed: Fraction,
    /// Attempts at a free access.
    pub access_attempts: u8,
    /// An anticoagulant bag that holds less is empty.
    pub empty_bag: Volume,
    /// The product bag is worth labelling from here.
    pub least_product: Volume,
    /// What is left in the reservoir when it is the needle's turn to draw, so that no air comes.
    pub reservoir_low: Volume,
    /// Density of what is in it, to read its weight.
    pub reservoir_density: MassDensity,
}

impl ControlTuning {
    pub(crate) fn check(&self) -> Result<(), PrescriptionError> {
        let Self { interface, collect, inlet, handling, centrifuge_slew_rpm_s } = self;
        within("share through the plasma line", handling.through_plasma_line.pct(), 0.0, 90.0, "%")?;
        within("share through the collect line", handling.through_collect_line.pct(), 0.0, 50.0, "%")?;
        within("most primes", handling.most_primes, 1.0, 10.0, "times")?;
        within("least saline by weight", handling.least_weighed.pct(), 0.0, 100.0, "%")?;
        within("attempts at the access", f64::from(handling.access_attempts), 1.0, 10.0, "")?;
        within("empty bag", handling.empty_bag.ml(), 0.0, 50.0, "mL")?;
        within("least in the reservoir", handling.reservoir_low.ml(), 5.0, 45.0, "mL")?;
        within("density in the reservoir", handling.reservoir_density.g_ml(), 0.95, 1.15, "g/mL")?;
        within("least product", handling.least_product.ml(), 0.0, 100.0, "mL")?;
        within("centrifuge slew", *centrifuge_slew_rpm_s, 0.1, 1000.0, "rpm/s")?;
        within("reference inlet", interface.reference_inlet.ml_min(), 1.0, 200.0, "mL/min")?;
        within("bed haematocrit", interface.bed_hematocrit.pct(), 50.0, 99.0, "%")?;
        within("plasma per millimetre", interface.plasma_ml_mm, 0.1, 1000.0, "mL/mm")?;
        within("interface delay", interface.delay.seconds(), 0.0, 120.0, "s")?;
        within("interface gain", interface.proportional_ml_min_mm, 0.01, 100.0, "mL/min/mm")?;
        within("interface integral time", interface.integral_time.minutes(), 0.1, 1e6, "min")?;
        within("interface integral limit", interface.integral_limit.ml_min(), 0.0, 100.0, "mL/min")?;
        within("interface slew", interface.slew_ml_min_s, 0.001, 100.0, "mL/min/s")?;
        within("estimate time", interface.estimate_time.seconds(), 5.0, 3600.0, "s")?;
        within("rise in a flood", interface.flood_rise_per_s, 0.0, 0.1, "1/s")?;
        let high = interface.hematocrit_high.pct();
        within("lowest estimated haematocrit", interface.hematocrit_low.pct(), 1.0, high, "%")?;
        within("highest estimated haematocrit", high, 10.0, 80.0, "%")?;
        within("haematocrit mismatch", interface.mismatch.pct(), 0.5, 50.0, "%")?;
        within("settled band", interface.settled_band.mm(), 0.01, 5.0, "mm")?;
        within("settled time", interface.settled_time.seconds(), 1.0, 3600.0, "s")?;
        within("picture confidence", interface.confidence.fraction(), 0.0, 1.0, "")?;
        within("lost interface", interface.lost_after.seconds(), 1.0, 600.0, "s")?;
        within("response time", interface.respond_within.seconds(), 10.0, 3600.0, "s")?;
        within("response", interface.respond_by.mm(), 0.01, 5.0, "mm")?;
        within("largest plasma share", interface.most_plasma.pct(), 10.0, 99.0, "%")?;
        within("collect gain", collect.proportional_mm, 0.0, 5.0, "mm")?;
        within("collect integral gain", collect.integral_mm_min, 0.0, 5.0, "mm/min")?;
        within("trim limit", collect.trim_limit.mm(), 0.0, 10.0, "mm")?;
        let high = collect.optics_high.pct();
        within("lowest optics reading", collect.optics_low.pct(), 0.01, high, "%")?;
        within("highest optics reading", high, 1.0, 60.0, "%")?;
        within("red retreat", collect.red_retreat.mm(), 0.0, 5.0, "mm")?;
        within("red rest", collect.red_rest.seconds(), 0.0, 3600.0, "s")?;
        within("red line time", collect.red_within.seconds(), 0.0, 60.0, "s")?;
        within("inlet ramp", inlet.ramp_ml_min_s, 0.01, 100.0, "mL/min/s")?;
        within("back-off", inlet.back_off.fraction(), 0.1, 0.99, "")?;
        within("back-off delay", inlet.act_after.seconds(), 0.0, 1.0, "s")?;
        within("back-off wait", inlet.wait.seconds(), 1.0, 120.0, "s")?;
        within("back-off wait of a filter", inlet.filter_wait.seconds(), 1.0, 120.0, "s")?;
        within("back-off retries", f64::from(inlet.retries), 0.0, 10.0, "")?;
        within("recovery time", inlet.recovery.seconds(), 1.0, 3600.0, "s")?;
        within("recovery step", inlet.recovery_step.pct(), 0.1, 100.0, "%")?;
        within("recovery margin", inlet.recovery_margin.mmhg(), 0.0, 200.0, "mmHg")?;
        within("symptom factor", inlet.symptom_factor.fraction(), 0.1, 1.0, "")
    }
}
