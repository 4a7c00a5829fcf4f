//! The list of hazards, and who acts on each.

/// Who stops or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The guard, by its own sensors. Control may act as well, and sooner.
    Guard,
    /// Control: it refuses a step, or stops only the collect pump, which the guard cannot.
    Control,
    /// The machine itself, without control and guard.
    Machine,
}

impl Layer {
    /// The name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Control => "control",
            Self::Machine => "machine",
        }
    }
}

/// A way in which somebody can come to harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// Its number in the safety documentation.
    pub number: u8,
    /// Its name there.
    pub name: &'static str,
    /// The layer that must act on it when no other does.
    pub layer: Layer,
}

const fn hazard(number: u8, name: &'static str, layer: Layer) -> Hazard {
    Hazard { number, name, layer }
}

/// All hazards of the safety documentation, in its order.
pub const HAZARDS: [Hazard; 28] = [
    hazard(1, "air to the donor", Layer::Guard),
    hazard(2, "air detector blind", Layer::Guard),
    hazard(3, "return occlusion", Layer::Guard),
    hazard(4, "return line off, blood loss", Layer::Guard),
    hazard(5, "access occlusion, vein collapse", Layer::Guard),
    hazard(6, "infiltration", Layer::Guard),
    hazard(7, "anticoagulant not delivered", Layer::Guard),
    hazard(8, "anticoagulant over-delivery", Layer::Guard),
    hazard(9, "citrate toxicity at the right ratio", Layer::Guard),
    hazard(10, "wrong solution on a line", Layer::Guard),
    hazard(11, "hypovolaemia, imbalance", Layer::Guard),
    hazard(12, "hypervolaemia", Layer::Guard),
    hazard(13, "extracorporeal volume too large", Layer::Guard),
    hazard(14, "wrong donor", Layer::Control),
    hazard(15, "product mix-up", Layer::Control),
    hazard(16, "overspeed", Layer::Guard),
    hazard(17, "imbalance, mechanical", Layer::Guard),
    hazard(18, "leak, rupture", Layer::Guard),
    hazard(19, "door open while spinning", Layer::Guard),
    hazard(20, "haemolysis", Layer::Guard),
    hazard(21, "overheating", Layer::Guard),
    hazard(22, "clotting in the set", Layer::Guard),
    hazard(23, "interface lost, red product", Layer::Control),
    hazard(24, "power loss", Layer::Machine),
    hazard(25, "software hang, corrupt command, stuck or NaN sensor, time jump, channels disagree", Layer::Guard),
    hazard(26, "allergic or bradykinin reaction", Layer::Guard),
    hazard(27, "red-cell prime wrong, high potassium, cold", Layer::Control),
    hazard(28, "HES above its daily limit", Layer::Guard),
];

#[cfg(test)]
mod tests {
    use leuka_device::Cause;

    use super::*;

    #[test]
    fn hazards_are_numbered_from_one_without_gaps() {
        assert!(HAZARDS.iter().zip(1..).all(|(hazard, number)| hazard.number == number));
    }

    #[test]
    fn every_hazard_of_the_guard_has_a_cause_and_every_cause_a_hazard() {
        for hazard in HAZARDS {
            let has_cause = Cause::ALL.iter().any(|cause| cause.hazard() == hazard.number);
            // Infiltration and reactions are told by the donor's button as well as by pressure.
            assert_eq!(has_cause, hazard.layer != Layer::Control, "{}", hazard.name);
        }
    }
}
