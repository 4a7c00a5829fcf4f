//! Collection efficiency: what was collected over what passed.
//!
//! Definitions (processed volume V without anticoagulant, counts of venous blood before the prime and after
//! rinse-back): CE2 = yield / (V x pre), CE1 = yield / (V x mean of pre and post).

use leuka_blood::quantity::{CellConcentration, CellCount, Fraction, Volume};

/// The cells that passed the separator, had the count stayed at `count`.
#[must_use]
pub fn cells_passed(processed: Volume, count: CellConcentration) -> CellCount {
    processed * count
}

/// Efficiency against the count before; `None` when nothing passed.
#[must_use]
pub fn ce2(collected: CellCount, processed: Volume, pre: CellConcentration) -> Option<Fraction> {
    let passed = cells_passed(processed, pre);
    (passed > CellCount::ZERO).then(|| Fraction::from_fraction(collected / passed))
}

/// Efficiency against the mean of the counts before and after; `None` when nothing passed.
#[must_use]
pub fn ce1(
    collected: CellCount,
    processed: Volume,
    pre: CellConcentration,
    post: CellConcentration,
) -> Option<Fraction> {
    ce2(collected, processed, (pre + post) * 0.5)
}

/// The yield that a CE2 predicts. CE2 refers to the count before although the count falls by about a third in the
/// first hour: the marrow's release during the run (recruitment) is already in published CE2 values, so neither fall
/// nor release may be applied a second time.
#[must_use]
pub fn predicted_yield(processed: Volume, pre: CellConcentration, ce2: Fraction) -> CellCount {
    cells_passed(processed, pre) * ce2.fraction()
}

/// The volume to be processed for a yield; `None` when count or efficiency are not positive, so that no volume is
/// enough.
#[must_use]
pub fn volume_for_yield(goal: CellCount, pre: CellConcentration, ce2: Fraction) -> Option<Volume> {
    let per_volume = pre * ce2.fraction();
    (per_volume > CellConcentration::ZERO).then(|| goal / per_volume)
}

#[cfg(test)]
mod tests {
    use leuka_blood::quantity::{CellDose, Mass};

    use super::*;

    #[test]
    fn the_planning_example_needs_nine_litres() {
        // Goal 5e6/kg, 74 kg, 68 CD34+ per uL, CE2 61 %: 370e6 / (68 x 0.61 x 1e6 per L) = 8.920 L.
        let goal = CellDose::from_1e6_kg(5.0) * Mass::from_kg(74.0);
        let volume = volume_for_yield(goal, CellConcentration::from_per_ul(68.0), Fraction::from_pct(61.0)).unwrap();
        assert!((volume.litres() - 8.9200).abs() < 5e-5);
    }

    #[test]
    fn efficiencies_follow_their_definitions() {
        let (pre, post) = (CellConcentration::from_per_ul(60.0), CellConcentration::from_per_ul(40.0));
        let (processed, collected) = (Volume::from_litres(10.0), CellCount::from_1e6(300.0));
        assert!((ce2(collected, processed, pre).unwrap().pct() - 50.0).abs() < 1e-9);
        assert!((ce1(collected, processed, pre, post).unwrap().pct() - 60.0).abs() < 1e-9);
        assert!((predicted_yield(processed, pre, Fraction::from_pct(50.0)) / collected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_passed_has_no_efficiency_and_no_volume() {
        let count = CellConcentration::from_per_ul(60.0);
        assert_eq!(ce2(CellCount::ZERO, Volume::ZERO, count), None);
        assert_eq!(ce2(CellCount::ZERO, Volume::from_ml(f64::NAN), count), None);
        assert_eq!(volume_for_yield(CellCount::from_1e6(1.0), CellConcentration::ZERO, Fraction::from_pct(60.0)), None);
    }
}
