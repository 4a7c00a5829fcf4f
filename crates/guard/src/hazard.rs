//! The list of hazards, and which of them the guard acts on.

/// What the guard does about a hazard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardStatus {
    /// The guard detects it and stops the machine.
    Working,
    /// The guard does nothing about it yet.
    NotYet,
}

/// A way in which somebody can come to harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// Its number in the safety documentation.
    pub number: u8,
    /// Its name there.
    pub name: &'static str,
    /// What the guard does about it.
    pub status: HazardStatus,
}

const fn working(number: u8, name: &'static str) -> Hazard {
    Hazard { number, name, status: HazardStatus::Working }
}

const fn not_yet(number: u8, name: &'static str) -> Hazard {
    Hazard { number, name, status: HazardStatus::NotYet }
}

/// All hazards of the safety documentation, in its order.
pub const HAZARDS: [Hazard; 28] = [
    working(1, "air to the donor"),
    not_yet(2, "air detector blind"),
    working(3, "return occlusion"),
    not_yet(4, "return line off, blood loss"),
    not_yet(5, "access occlusion, vein collapse"),
    not_yet(6, "infiltration"),
    working(7, "anticoagulant not delivered"),
    not_yet(8, "anticoagulant over-delivery"),
    not_yet(9, "citrate toxicity at the right ratio"),
    not_yet(10, "wrong solution on a line"),
    not_yet(11, "hypovolaemia, imbalance"),
    not_yet(12, "hypervolaemia"),
    not_yet(13, "extracorporeal volume too large"),
    not_yet(14, "wrong donor"),
    not_yet(15, "product mix-up"),
    not_yet(16, "overspeed"),
    not_yet(17, "imbalance, mechanical"),
    not_yet(18, "leak, rupture"),
    not_yet(19, "door open while spinning"),
    not_yet(20, "haemolysis"),
    not_yet(21, "overheating"),
    not_yet(22, "clotting in the set"),
    not_yet(23, "interface lost, red product"),
    not_yet(24, "power loss"),
    working(25, "software hang, corrupt command, stuck or NaN sensor, time jump, channels disagree"),
    not_yet(26, "allergic or bradykinin reaction"),
    not_yet(27, "red-cell prime wrong, high potassium, cold"),
    not_yet(28, "HES above its daily limit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hazards_are_numbered_from_one_without_gaps() {
        assert!(HAZARDS.iter().zip(1..).all(|(hazard, number)| hazard.number == number));
    }

    #[test]
    fn hazards_1_3_7_and_25_work() {
        let working = HAZARDS.iter().filter(|hazard| hazard.status == HazardStatus::Working);
        assert!(working.map(|hazard| hazard.number).eq([1, 3, 7, 25]));
    }
}
