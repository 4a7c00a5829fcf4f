//! The days after a procedure: the donor of the run goes on without the machine.

use leuka_blood::quantity::TimeSpan;
use leuka_donor::{Course, Donor, Treatment};

use crate::channels::Channels;
use crate::days::{DaySample, donor_file, follow};
use crate::donor::course;
use crate::inputs::Inputs;
use crate::outcome::Counts;
use crate::run::Run;

/// The days after a run.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// A sample every hour from the end of the run, without any drug.
    pub samples: Vec<DaySample>,
    /// The donor a day after the start of the run.
    pub next_day: NextDay,
}

/// A donor a day after the start of a run, when a second collection begins.
#[derive(Debug, Clone)]
pub struct NextDay {
    /// The body itself; a mobilised donor has had one more dose of G-CSF.
    pub donor: Donor,
    /// Its counts.
    pub counts: Counts,
    /// The donor file of that time.
    pub donor_file: String,
}

const HOURS_PER_DAY: f64 = 24.0;
/// Hours before the next day's collection at which the next dose is given.
const DOSE_BEFORE_H: f64 = 4.0;

/// Follows the donor of a run that has ended for `hours`.
#[must_use]
pub fn recover<C: Channels>(run: &Run<C>, hours: u32) -> Recovery {
    let donor = run.machine().donor();
    let samples = follow(&mut donor.clone(), hours, |_, _| {});
    Recovery { samples, next_day: next_day(donor, run.inputs(), run.status().time_min / 60.0) }
}

/// The donor of these inputs a day after a collection that began `hours` ago.
#[must_use]
pub fn next_day(donor: &Donor, inputs: &Inputs, hours: f64) -> NextDay {
    let file = &inputs.donor;
    let left_h = (HOURS_PER_DAY - hours).max(DOSE_BEFORE_H);
    let mut donor = donor.clone();
    donor.advance(TimeSpan::from_hours(left_h - DOSE_BEFORE_H));
    let course = course(file).map(|course| Course {
        doses: (course.doses + 1).min(30),
        since_last_dose: TimeSpan::from_hours(DOSE_BEFORE_H),
        ..course
    });
    if let Some(course) = &course {
        donor.treat(Treatment::GCsf(course.ug_per_kg));
    }
    donor.advance(TimeSpan::from_hours(DOSE_BEFORE_H));
    let counts = DaySample::of(&donor, HOURS_PER_DAY).counts;
    let story = "The donor of the run a day after its start, for a second collection";
    let donor_file = donor_file(file, &donor, &counts, course.as_ref(), story);
    NextDay { donor, counts, donor_file }
}
