//! What stops a run: a dose, a volume, a multiple of the blood volume, or a time. Exactly one stops it, the others are
//! forecasts of where they will stand then.
//!
//! The dose is a point forecast, pre-count x expected CE2 x processed volume, in the same proportion at every moment
//! of the run (recruitment is in the CE2, see [`predicted_yield`]). It carries no uncertainty: a dose as a
//! distribution is the planner's and the live estimator's.

use leuka_blood::quantity::{CellConcentration, CellDose, FlowRate, Fraction, Mass, TimeSpan, Volume};

use crate::efficiency::{predicted_yield, volume_for_yield};
use crate::error::{Error, within};

/// The cells that a dose counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoseCell {
    /// Stem and progenitor cells.
    Cd34,
    /// T lymphocytes.
    Cd3,
    /// Mononuclear cells: lymphocytes, monocytes and stem cells.
    Mononuclear,
    /// Monocytes.
    Monocytes,
    /// Neutrophils and eosinophils.
    Granulocytes,
    /// All white cells, for a depletion.
    WhiteCells,
}

impl DoseCell {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Cd34, Self::Cd3, Self::Mononuclear, Self::Monocytes, Self::Granulocytes, Self::WhiteCells];

    /// The name in files and outcomes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cd34 => "cd34",
            Self::Cd3 => "cd3",
            Self::Mononuclear => "mononuclear",
            Self::Monocytes => "monocytes",
            Self::Granulocytes => "granulocytes",
            Self::WhiteCells => "white-cells",
        }
    }
}

/// What stops the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// This dose, in the cells and for the weight of the [`Basis`].
    Dose(CellDose),
    /// This much whole blood processed, without anticoagulant.
    Volume(Volume),
    /// This many times the donor's blood volume processed.
    TbvMultiple(f64),
    /// This long a collection, counted from the first blood processed.
    Time(TimeSpan),
}

/// What a forecast rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Basis {
    /// The cells that the dose counts.
    pub cells: DoseCell,
    /// The weight that the dose is for: the recipient's, or the donor's own.
    pub dose_weight: Mass,
    /// Count of those cells before the procedure.
    pub pre_count: CellConcentration,
    /// The CE2 expected of them.
    pub expected_ce2: Fraction,
    /// The donor's total blood volume.
    pub tbv: Volume,
    /// Flow of blood from the vein expected from now on, without anticoagulant.
    pub blood_flow: FlowRate,
}

/// How far the run has come.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Whole blood processed, without anticoagulant.
    pub processed: Volume,
    /// Time since the first blood was processed, pauses excluded.
    pub collecting: TimeSpan,
}

/// All four measures of a run at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Dose, by the point forecast.
    pub dose: CellDose,
    /// Whole blood processed.
    pub volume: Volume,
    /// That in blood volumes.
    pub tbv_multiple: f64,
    /// Time of collection.
    pub time: TimeSpan,
}

impl Basis {
    /// Where the run stands after `progress`.
    #[must_use]
    pub fn at(&self, progress: Progress) -> Forecast {
        Forecast {
            dose: predicted_yield(progress.processed, self.pre_count, self.expected_ce2) / self.dose_weight,
            volume: progress.processed,
            tbv_multiple: progress.processed / self.tbv,
            time: progress.collecting,
        }
    }
}

impl Target {
    /// Accepts what a run can aim at: dose 0.01 to 1000 (1e6/kg), volume 0.1 to 50 L, 0.5 to 5 blood volumes, 40
    /// to 480 min.
    ///
    /// # Errors
    /// Outside those, or NaN.
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Dose(goal) => within("target dose", goal.count_1e6_kg(), "1e6/kg", 0.01, 1000.0),
            Self::Volume(volume) => within("target volume", volume.litres(), "L", 0.1, 50.0),
            Self::TbvMultiple(multiple) => within("target multiple", multiple, "blood volumes", 0.5, 5.0),
            Self::Time(time) => within("target time", time.minutes(), "min", 40.0, 480.0),
        }
        .map(|_| ())
    }

    /// True when the run has come to its target.
    #[must_use]
    pub fn reached(&self, progress: Progress, basis: &Basis) -> bool {
        let now = basis.at(progress);
        match *self {
            Self::Dose(goal) => now.dose >= goal,
            Self::Volume(volume) => now.volume >= volume,
            Self::TbvMultiple(multiple) => now.tbv_multiple >= multiple,
            Self::Time(time) => now.time >= time,
        }
    }

    /// Where the run will stand when it stops, if blood keeps flowing as the basis says; where it stands now, once
    /// the target is reached. `None` when it will not be reached: no cells, or no flow.
    #[must_use]
    pub fn forecast(&self, progress: Progress, basis: &Basis) -> Option<Forecast> {
        if self.reached(progress, basis) {
            return Some(basis.at(progress));
        }
        let processed = self.volume_at_stop(progress, basis).filter(|_| basis.blood_flow > FlowRate::ZERO)?;
        let collecting = progress.collecting + (processed - progress.processed) / basis.blood_flow;
        Some(basis.at(Progress { processed, collecting }))
    }

    /// The volume at which the run stops; `None` when there are no cells to be had.
    fn volume_at_stop(&self, progress: Progress, basis: &Basis) -> Option<Volume> {
        match *self {
            Self::Dose(goal) => volume_for_yield(goal * basis.dose_weight, basis.pre_count, basis.expected_ce2),
            Self::Volume(volume) => Some(volume),
            Self::TbvMultiple(multiple) => Some(basis.tbv * multiple),
            Self::Time(time) => Some(progress.processed + basis.blood_flow * (time - progress.collecting)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASIS: Basis = Basis {
        cells: DoseCell::Cd34,
        dose_weight: Mass::from_kg(74.0),
        pre_count: CellConcentration::from_per_ul(68.0),
        expected_ce2: Fraction::from_pct(61.0),
        tbv: Volume::from_litres(4.46),
        blood_flow: FlowRate::from_ml_min(55.0),
    };

    #[test]
    fn a_dose_forecasts_volume_multiple_and_time() {
        // 8.920 L by hand; at 55 mL/min from the start 162.2 min; 2.000 blood volumes of 4.46 L.
        let forecast = Target::Dose(CellDose::from_1e6_kg(5.0)).forecast(Progress::default(), &BASIS).unwrap();
        assert!((forecast.volume.litres() - 8.9200).abs() < 5e-5);
        assert!((forecast.tbv_multiple - 2.0000).abs() < 5e-5);
        assert!((forecast.time.minutes() - 162.18).abs() < 5e-3);
        assert!((forecast.dose.count_1e6_kg() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_time_forecasts_the_dose_from_what_is_already_processed() {
        let progress = Progress { processed: Volume::from_litres(3.0), collecting: TimeSpan::from_minutes(60.0) };
        let forecast = Target::Time(TimeSpan::from_minutes(100.0)).forecast(progress, &BASIS).unwrap();
        // 3.0 L and 40 min at 55 mL/min: 5.2 L; dose 5.2 x 68 x 0.61 / 74.
        assert!((forecast.volume.litres() - 5.2).abs() < 1e-9);
        assert!((forecast.dose.count_1e6_kg() - 5.2 * 68.0 * 0.61 / 74.0).abs() < 1e-9);
    }

    #[test]
    fn a_target_that_cannot_be_reached_has_no_forecast() {
        let dose = Target::Dose(CellDose::from_1e6_kg(5.0));
        let no_cells = Basis { pre_count: CellConcentration::ZERO, ..BASIS };
        assert_eq!(dose.forecast(Progress::default(), &no_cells), None);
        let no_flow = Basis { blood_flow: FlowRate::ZERO, ..BASIS };
        assert_eq!(Target::Volume(Volume::from_litres(5.0)).forecast(Progress::default(), &no_flow), None);
    }

    #[test]
    fn targets_outside_the_range_of_a_run_are_refused() {
        let message = |target: Target| target.check().unwrap_err().to_string();
        assert_eq!(
            message(Target::TbvMultiple(6.0)),
            "target multiple is 6 blood volumes: give 0.5 to 5 blood volumes"
        );
        assert!(message(Target::Time(TimeSpan::from_minutes(20.0))).starts_with("target time is 20 min"));
        assert!(Target::Volume(Volume::from_litres(51.0)).check().is_err());
        assert!(Target::Dose(CellDose::ZERO).check().is_err());
        assert!(Target::Dose(CellDose::from_1e6_kg(f64::NAN)).check().is_err());
        assert!(Target::Volume(Volume::from_litres(12.0)).check().is_ok());
    }

    fn any_target() -> impl Strategy<Value = Target> {
        prop_oneof![
            (0.1..20.0f64).prop_map(|dose| Target::Dose(CellDose::from_1e6_kg(dose))),
            (0.1..50.0f64).prop_map(|litres| Target::Volume(Volume::from_litres(litres))),
            (0.5..5.0f64).prop_map(Target::TbvMultiple),
            (40.0..480.0f64).prop_map(|minutes| Target::Time(TimeSpan::from_minutes(minutes))),
        ]
    }

    proptest! {
        #[test]
        fn a_run_reaches_its_target_where_the_forecast_says(target in any_target(), start in 0.0..20.0f64) {
            let progress = Progress { processed: Volume::from_litres(start), collecting: TimeSpan::from_minutes(30.0) };
            let stop = target.forecast(progress, &BASIS).unwrap();
            let at = |fraction: f64| Progress {
                processed: progress.processed + (stop.volume - progress.processed) * fraction,
                collecting: progress.collecting + (stop.time - progress.collecting) * fraction,
            };
            prop_assert!(target.reached(at(1.0 + 1e-9), &BASIS));
            if !target.reached(progress, &BASIS) {
                prop_assert!(!target.reached(at(1.0 - 1e-6), &BASIS));
            }
        }
    }
}
