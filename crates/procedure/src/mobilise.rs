//! Mobilisation before a collection: counts by the hour, the best hour to start, and the donor of that hour.

use leuka_blood::quantity::TimeSpan;
use leuka_blood::random::Seed;
use leuka_donor::{Course, Treatment};

use crate::build;
use crate::days::{DaySample, donor_file, follow};
use crate::donor::Person;
use crate::file::Problems;
use crate::inputs::Inputs;

/// Which drugs, how much and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Daily dose of G-CSF, ug/kg.
    pub g_csf_ug_per_kg: f64,
    /// Daily doses, 0 to 14, the first at hour 0.
    pub g_csf_doses: u32,
    /// A dose of plerixafor, ug/kg.
    pub plerixafor_ug_per_kg: Option<f64>,
    /// Its hour; without one, ten hours before the last dose of G-CSF, or at once without G-CSF.
    pub plerixafor_hour: Option<u32>,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mobilised {
    /// A sample every hour, until two days after the last dose.
    pub samples: Vec<DaySample>,
    /// The hour, at most a day after the last dose of G-CSF, at which a collection of four hours meets most CD34
    /// positive cells.
    pub best_h: u32,
    /// The donor file of that hour.
    pub donor_file: String,
}

/// Hours that a collection is taken to last when the best start is looked for.
pub(crate) const COLLECTION_H: u32 = 4;
const HOURS_PER_DAY: u32 = 24;
const EVENING_BEFORE_H: u32 = 10;

impl Plan {
    /// The hour of the dose of plerixafor.
    #[must_use]
    pub fn plerixafor_at(&self) -> Option<u32> {
        self.plerixafor_ug_per_kg?;
        let last_dose = self.g_csf_doses.saturating_sub(1) * HOURS_PER_DAY;
        Some(self.plerixafor_hour.unwrap_or_else(|| last_dose.saturating_sub(EVENING_BEFORE_H)))
    }

    fn latest_start(&self) -> u32 {
        self.g_csf_doses.max(1) * HOURS_PER_DAY
    }

    fn hours(&self) -> u32 {
        self.latest_start() + HOURS_PER_DAY
    }

    /// The course as it stands at an hour.
    fn course_at(&self, hour: u32) -> Option<Course> {
        let doses = (hour / HOURS_PER_DAY + 1).min(self.g_csf_doses);
        let last = doses.checked_sub(1)? * HOURS_PER_DAY;
        Some(Course {
            ug_per_kg: self.g_csf_ug_per_kg,
            doses,
            since_last_dose: TimeSpan::from_hours(f64::from(hour - last)),
        })
    }
}

/// Gives the drugs to the donor of the inputs and looks every hour.
///
/// # Errors
/// When the donor file tells of a donor who is mobilised already, or who cannot live.
pub fn mobilise(inputs: &Inputs, plan: &Plan) -> Result<Mobilised, Problems> {
    if inputs.donor.flag("g_csf_mobilised") == Some(true) {
        let message = "is true: give the file of a donor who has had no G-CSF yet";
        return Err(inputs.donor.problem("g_csf_mobilised", message).into());
    }
    let person = Person::read(&inputs.donor)?;
    let mut donor = build::donor(inputs, &person, &build::blood(inputs)?, Seed::run(inputs.seed))?;
    let plerixafor = plan.plerixafor_at().zip(plan.plerixafor_ug_per_kg);
    let samples = follow(&mut donor, plan.hours(), |hour, donor| {
        if hour.is_multiple_of(HOURS_PER_DAY) && hour / HOURS_PER_DAY < plan.g_csf_doses {
            donor.treat(Treatment::GCsf(plan.g_csf_ug_per_kg));
        }
        if let Some((at, ug_per_kg)) = plerixafor
            && at == hour
        {
            donor.treat(Treatment::Plerixafor(ug_per_kg));
        }
    });
    let best_h = best_hour(&samples, plan.latest_start());
    let story = format!(
        "Donor {best_h} h after the first dose: {} x {} ug/kg G-CSF{}",
        plan.g_csf_doses,
        plan.g_csf_ug_per_kg,
        plerixafor.map_or_else(String::new, |(at, dose)| format!(", {dose} ug/kg plerixafor at hour {at}")),
    );
    let counts = samples.get(best_h as usize).map_or_else(|| crate::laboratory::counts(&donor), |best| best.counts);
    let donor_file = donor_file(&inputs.donor, &donor, &counts, plan.course_at(best_h).as_ref(), &story);
    Ok(Mobilised { samples, best_h, donor_file })
}

/// The hour, `latest` at most, from which the mean CD34 count over a collection is highest.
fn best_hour(samples: &[DaySample], latest: u32) -> u32 {
    let mut best = (0, f64::NEG_INFINITY);
    for (hour, window) in (0..=latest).zip(samples.windows(COLLECTION_H as usize + 1)) {
        let sum: f64 = window.iter().map(|sample| sample.counts.cd34_per_ul).sum();
        if sum > best.1 {
            best = (hour, sum);
        }
    }
    best.0
}
