//! The debrief of a procedure: what was done well, in points, and what would have been if something had been otherwise.
//!
//! Points come from events and from what is true in the plant; what would have been comes from the procedure done again,
//! with the same chance, and one thing changed.

use leuka_procedure::{CareKind, Deed, Outcome};
use leuka_record::{Moment, Role};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::bedside::course::{Act, BEATS_PER_SECOND, Course, Done, Story, Told, Who, seconds};
use crate::error::Refused;

/// Points of an item.
const OF: f64 = 10.0;
/// Care within this time earns all points, and none after the second.
const CARE_S: [f64; 2] = [120.0, 600.0];
/// The same for a protective alarm.
const ALARM_S: [f64; 2] = [60.0, 300.0];
/// Each refused step costs so many points.
const REFUSED: f64 = 2.0;
/// Ionised calcium at its lowest, mmol/L: all points from the first on, none below the second.
const CALCIUM: [f64; 2] = [1.0, 0.8];
/// Calcium is tried so much earlier.
const EARLIER_S: u64 = 600;

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Item {
    title: String,
    at_s: Option<f64>,
    text: String,
    points: f64,
    of: f64,
}

/// What would have been.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Counterfactual {
    title: String,
    text: String,
    difference: Option<String>,
}

/// The debrief.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Debrief {
    /// Points for the points that could be had, of 100.
    score: f64,
    items: Vec<Item>,
    counterfactuals: Vec<Counterfactual>,
}

/// Looks at a procedure; runs it again some times, which takes seconds.
///
/// # Errors
/// A start that this version cannot read.
pub(crate) fn debrief(story: &Story) -> Result<Debrief, Refused> {
    let mut was = Course::new(story.start.clone(), story.done.clone())?;
    was.run_to_beat(story.beat);
    let items = items(&was);
    let (points, of) = items.iter().fold((0.0, 0.0), |(points, of), item| (points + item.points, of + item.of));
    Ok(Debrief {
        score: if of > 0.0 { (100.0 * points / of).round() } else { 0.0 },
        items,
        counterfactuals: counterfactuals(story, &was.run.outcome())?,
    })
}

fn items(course: &Course) -> Vec<Item> {
    let outcome = course.run.outcome();
    let mut items = care(course);
    items.extend(alarms(course));
    items.push(refusals(course));
    items.push(calcium(&outcome));
    let plant = course.run.machine().plant_view();
    items.push(all_or_nothing(
        "No air reached the donor",
        plant.donor_air_ml <= 0.0,
        format!("{:.2} mL of air reached the donor.", plant.donor_air_ml),
    ));
    items.push(all_or_nothing(
        "No blood was lost",
        plant.spilt_blood_ml < 1.0,
        format!("{:.0} mL of blood were lost.", plant.spilt_blood_ml),
    ));
    if !course.run.is_running() {
        items.push(all_or_nothing("The collection was completed", outcome.completed, outcome.end_reason));
    }
    items
}

fn all_or_nothing(title: &str, is_good: bool, text: String) -> Item {
    Item { title: title.to_owned(), at_s: None, text, points: if is_good { OF } else { 0.0 }, of: OF }
}

/// All points until the first bound, none from the second on.
fn falling(value: f64, [all, none]: [f64; 2]) -> f64 {
    (OF * ((none - value) / (none - all)).clamp(0.0, 1.0)).round()
}

fn minutes(seconds: f64) -> String {
    let whole = seconds.max(0.0).round();
    format!("{:.0}:{:02.0}", (whole / 60.0).floor(), whole % 60.0)
}

/// How soon a symptom was cared for.
fn care(course: &Course) -> Vec<Item> {
    let symptoms = course.told.iter().filter(|told| told.kind == "symptom");
    let one = |symptom: &std::sync::Arc<Told>| {
        let given = course.told.iter().find(|told| told.kind == "care" && told.at_s >= symptom.at_s);
        let waited = given.map_or(course.time_s() - symptom.at_s, |told| told.at_s - symptom.at_s);
        let text = match given {
            Some(told) => format!("{} after {}.", told.text, minutes(waited)),
            None => format!("Nothing was given within {}.", minutes(waited)),
        };
        let points = if given.is_some() || waited < CARE_S[0] { falling(waited, CARE_S) } else { 0.0 };
        Item { title: format!("Care when {}", symptom.text), at_s: Some(symptom.at_s), text, points, of: OF }
    };
    symptoms.map(one).collect()
}

/// How soon somebody answered a protective alarm.
fn alarms(course: &Course) -> Vec<Item> {
    let latching = course.run.alarm_log().iter().filter(|alarm| alarm.code.latches());
    let one = |alarm: &leuka_procedure::LoggedAlarm| {
        let (title, _) = crate::bedside::alarm_words(alarm.code);
        let waited = alarm.acknowledged_s.unwrap_or(course.time_s()) - alarm.onset_s;
        let answered = alarm.acknowledged_s.is_some();
        let text = format!("{} {}.", if answered { "Answered after" } else { "Not answered for" }, minutes(waited));
        let points = if answered || waited < ALARM_S[0] { falling(waited, ALARM_S) } else { 0.0 };
        Item { title: title.to_owned(), at_s: Some(alarm.onset_s), text, points, of: OF }
    };
    latching.map(one).collect()
}

fn refusals(course: &Course) -> Item {
    let refused: Vec<&str> =
        course.told.iter().filter(|told| told.kind == "refused").map(|told| told.text.as_str()).collect();
    #[expect(clippy::cast_precision_loss, reason = "a handful of refusals")]
    let points = (OF - REFUSED * refused.len() as f64).max(0.0);
    let text = match refused.first() {
        None => "No step was refused.".to_owned(),
        Some(first) => format!("{} steps were refused; the first: {first}.", refused.len()),
    };
    Item { title: "Steps done rightly".to_owned(), at_s: None, text, points, of: OF }
}

fn calcium(outcome: &Outcome) -> Item {
    let lowest = outcome.donor.nadir.ionised_calcium_mmol_l;
    let text = format!("The lowest ionised calcium was {lowest:.2} mmol/L.");
    let points = falling(-lowest, [-CALCIUM[0], -CALCIUM[1]]);
    Item { title: "Calcium was kept up".to_owned(), at_s: None, text, points, of: OF }
}

fn counterfactuals(story: &Story, was: &Outcome) -> Result<Vec<Counterfactual>, Refused> {
    let mut told = Vec::new();
    if let Some((title, changed)) = earlier_calcium(story) {
        told.push(compared(title, &run_again(story, changed)?, was));
    }
    let without: Vec<Done> =
        story.done.iter().filter(|done| !matches!(done.act, Act::Inject { .. } | Act::Begin { .. })).cloned().collect();
    if without.len() < story.done.len() {
        let title = "Without what the instructor let go wrong".to_owned();
        told.push(compared(title, &run_again(story, without)?, was));
    }
    Ok(told)
}

fn run_again(story: &Story, done: Vec<Done>) -> Result<Outcome, Refused> {
    let mut course = Course::new(story.start.clone(), done)?;
    course.run_to_beat(story.beat);
    Ok(course.run.outcome())
}

/// What was done, with the first calcium ten minutes earlier; or with calcium at the first symptom when none was given.
fn earlier_calcium(story: &Story) -> Option<(String, Vec<Done>)> {
    let is_calcium =
        |done: &Done| matches!(&done.act, Act::Deed(Deed::Care(CareKind::OralCalcium | CareKind::IvCalcium)));
    let mut done = story.done.clone();
    if let Some(first) = done.iter_mut().find(|done| is_calcium(done)) {
        first.beat = first.beat.saturating_sub(EARLIER_S * BEATS_PER_SECOND);
        done.sort_by_key(|done| done.beat);
        return Some(("Calcium ten minutes earlier".to_owned(), done));
    }
    let mut course = Course::new(story.start.clone(), story.done.clone()).ok()?;
    course.run_to_beat(story.beat);
    let felt = course.told.iter().find(|told| told.kind == "symptom").map(|told| told.at_s)?;
    let at_s = (felt - seconds(EARLIER_S * BEATS_PER_SECOND)).max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a procedure")]
    let beat = at_s as u64 * BEATS_PER_SECOND;
    let who = Who { login: "debrief".into(), name: "The debrief".into(), role: Role::Instructor };
    let act = Act::Deed(Deed::Care(CareKind::OralCalcium));
    done.push(Done { beat, at: Moment { utc_ms: 0, monotonic_us: 0 }, who, why: String::new(), act });
    done.sort_by_key(|done| done.beat);
    Some(("Calcium by mouth ten minutes before the first symptom".to_owned(), done))
}

fn compared(title: String, would_be: &Outcome, was: &Outcome) -> Counterfactual {
    let calcium = |outcome: &Outcome| outcome.donor.nadir.ionised_calcium_mmol_l;
    let symptoms = |outcome: &Outcome| outcome.donor.symptoms.len();
    let text = format!(
        "Lowest ionised calcium {:.3} instead of {:.3} mmol/L, {} instead of {} symptoms, dose {:.2} instead of {:.2} x1e6/kg.",
        calcium(would_be),
        calcium(was),
        symptoms(would_be),
        symptoms(was),
        would_be.dose_1e6_per_kg,
        was.dose_1e6_per_kg,
    );
    let difference = Some(format!("{:+.3} mmol/L", calcium(would_be) - calcium(was)));
    Counterfactual { title, text, difference }
}

impl Debrief {
    /// As a table of comma-separated values.
    pub(crate) fn csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut csv = "what,at_s,text,points,of\n".to_owned();
        for item in &self.items {
            let at = item.at_s.map_or(String::new(), |at_s| format!("{at_s:.1}"));
            csv += &format!("{},{at},{},{},{}\n", quoted(&item.title), quoted(&item.text), item.points, item.of);
        }
        for other in &self.counterfactuals {
            csv += &format!("{},,{},,\n", quoted(&other.title), quoted(&other.text));
        }
        csv + &format!("score,,,{},100\n", self.score)
    }

    /// As a page to print.
    pub(crate) fn html(&self) -> String {
        let safe = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let row = |item: &Item| {
            let at = item.at_s.map_or(String::new(), minutes);
            let (title, text) = (safe(&item.title), safe(&item.text));
            format!("<tr><td>{title}</td><td>{at}</td><td>{text}</td><td>{} of {}</td></tr>", item.points, item.of)
        };
        let other = |other: &Counterfactual| format!("<h2>{}</h2><p>{}</p>", safe(&other.title), safe(&other.text));
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Debrief</title><h1>Debrief: {} of 100</h1>\
             <table><tr><th>What</th><th>At</th><th>How</th><th>Points</th></tr>{}</table>{}<p>{}</p></html>\n",
            self.score,
            self.items.iter().map(row).collect::<String>(),
            self.counterfactuals.iter().map(other).collect::<String>(),
            leuka_report::NOT_A_DEVICE,
        )
    }
}

/// The story that a machine told.
pub(crate) fn story(value: Value) -> Result<Story, Refused> {
    serde_json::from_value(value).map_err(|error| Refused::failed(error.to_string()))
}
