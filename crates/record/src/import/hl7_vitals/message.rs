//! One ORU^R01 message, read whole or refused with the reason that its sender is told.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use hl7_parser::Message;
use hl7_parser::message::Segment;

use super::vital::Vital;
use crate::mllp::MAX_MESSAGE;

/// The most observations in one message.
const MAX_OBSERVATIONS: usize = 2000;
/// The value with which IEEE 11073 monitors say that there is none.
const NOT_AVAILABLE: f64 = 8_388_607.0;

/// The vital signs of one message.
#[derive(Debug, Clone, PartialEq)]
pub struct VitalSigns {
    /// The message's control identifier.
    pub control_id: String,
    /// Names of the application and the facility that sent it.
    pub sender: String,
    /// The patient's identifier, if it was stated.
    pub patient: Option<String>,
    /// The signs in the order of the message.
    pub signs: Vec<VitalSign>,
}

/// One vital sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VitalSign {
    /// Which.
    pub vital: Vital,
    /// Its value in its own unit: per minute, %, mmHg or degrees Celsius.
    pub value: f64,
    /// When it was measured.
    pub at: DateTime<Utc>,
}

/// Why a message is refused: what its sender is told in MSA and ERR.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{location}: {reason}")]
pub struct Refusal {
    /// `AE` for an error in the message, `AR` for a kind of message that is not taken here.
    pub code: &'static str,
    /// HL7 table 0357.
    pub condition: (u16, &'static str),
    /// Segment and field.
    pub location: String,
    /// What is wrong and what to do.
    pub reason: String,
}

const SEQUENCE: (u16, &str) = (100, "Segment sequence error");
const MISSING: (u16, &str) = (101, "Required field missing");
const DATA_TYPE: (u16, &str) = (102, "Data type error");
const TABLE_VALUE: (u16, &str) = (103, "Table value not found");
const MESSAGE_TYPE: (u16, &str) = (200, "Unsupported message type");
const PROCESSING: (u16, &str) = (202, "Unsupported processing id");
const VERSION: (u16, &str) = (203, "Unsupported version id");
pub(super) const UNKNOWN_KEY: (u16, &str) = (204, "Unknown key identifier");
pub(super) const DUPLICATE_KEY: (u16, &str) = (205, "Duplicate key identifier");
pub(super) const INTERNAL: (u16, &str) = (207, "Application internal error");

impl Refusal {
    pub(super) fn error(condition: (u16, &'static str), location: &str, reason: impl Into<String>) -> Self {
        Self { code: "AE", condition, location: location.to_owned(), reason: reason.into() }
    }

    fn reject(condition: (u16, &'static str), location: &str, reason: impl Into<String>) -> Self {
        Self { code: "AR", ..Self::error(condition, location, reason) }
    }
}

/// What a message says of itself, as far as it can be read: an answer is addressed with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Address {
    pub application: String,
    pub facility: String,
    pub control_id: String,
    pub processing: String,
}

impl Address {
    pub(super) fn of(text: &str) -> Self {
        let Ok(message) = Message::parse_with_lenient_newlines(text, true) else { return Self::default() };
        let Some(header) = message.segment("MSH") else { return Self::default() };
        // What would tear the answer's fields apart is not echoed.
        let field = |number| field(header, number).chars().filter(|c| !c.is_control() && *c != '|').take(200).collect();
        Self { application: field(3), facility: field(4), control_id: field(10), processing: field(11) }
    }
}

/// Reads a message; times without a zone are in `zone`.
///
/// # Errors
/// [`Refusal`]; nothing of the message may be used then.
pub fn read(text: &str, zone: FixedOffset) -> Result<VitalSigns, Refusal> {
    if text.len() > MAX_MESSAGE {
        return Err(Refusal::error(DATA_TYPE, "MSH", "the message is too large: send fewer observations"));
    }
    let message = Message::parse_with_lenient_newlines(text.trim_end(), true)
        .map_err(|error| Refusal::error(SEQUENCE, "MSH", format!("this is no HL7 message: {error}")))?;
    let header = message.segment("MSH").ok_or_else(|| Refusal::error(SEQUENCE, "MSH", "the header is missing"))?;
    check_header(header)?;
    let sent = time(field(header, 7), zone);
    let (mut signs, mut observed, mut is_ordered) = (Vec::new(), sent, false);
    for (at, segment) in message.segments().enumerate() {
        let known = segment.name.len() == 3 && segment.name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !known {
            return Err(Refusal::error(SEQUENCE, &format!("segment {}", at + 1), "this is no segment's name"));
        }
        match segment.name {
            "OBR" => (observed, is_ordered) = (time(field(segment, 7), zone).or(sent), true),
            "OBX" if !is_ordered => {
                return Err(Refusal::error(SEQUENCE, "OBX", "an observation stands before its OBR"));
            }
            "OBX" => {
                signs.extend(observation(segment, observed, zone)?);
                if signs.len() > MAX_OBSERVATIONS {
                    return Err(Refusal::error(
                        DATA_TYPE,
                        "OBX",
                        format!("there are more than {MAX_OBSERVATIONS} observations"),
                    ));
                }
            }
            _ => {}
        }
    }
    if !is_ordered {
        return Err(Refusal::error(SEQUENCE, "OBR", "an ORU^R01 message needs an OBR segment"));
    }
    let patient = message.segment("PID").map(|patient| part(patient, 3, 1).to_owned()).filter(|id| !id.is_empty());
    let sender = format!("{} {}", part(header, 3, 1), part(header, 4, 1)).trim().to_owned();
    Ok(VitalSigns { control_id: field(header, 10).to_owned(), sender, patient, signs })
}

fn check_header(header: &Segment<'_>) -> Result<(), Refusal> {
    let kind = (part(header, 9, 1), part(header, 9, 2));
    if kind != ("ORU", "R01") {
        let reason = format!("{}^{} is not taken here: send ORU^R01", kind.0, kind.1);
        return Err(Refusal::reject(MESSAGE_TYPE, "MSH-9", reason));
    }
    let version = part(header, 12, 1);
    if !["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8"].contains(&version) {
        return Err(Refusal::reject(VERSION, "MSH-12", format!("version `{version}` is not taken: send 2.3 to 2.8")));
    }
    if !["P", "T", "D"].contains(&part(header, 11, 1)) {
        return Err(Refusal::reject(PROCESSING, "MSH-11", "the processing must be P, T or D"));
    }
    if field(header, 10).is_empty() {
        return Err(Refusal::error(
            MISSING,
            "MSH-10",
            "the control identifier is missing: without it nothing is acknowledged",
        ));
    }
    Ok(())
}

/// The vital sign of an observation; none when it is something else or the monitor says that it has no value.
fn observation(
    segment: &Segment<'_>,
    observed: Option<DateTime<Utc>>,
    zone: FixedOffset,
) -> Result<Option<VitalSign>, Refusal> {
    let set = field(segment, 1).escape_default();
    let named = [part(segment, 3, 1), part(segment, 3, 2), part(segment, 3, 4)];
    let Some(vital) = named.into_iter().find_map(Vital::with_code) else { return Ok(None) };
    let (text, status) = (field(segment, 5), field(segment, 11));
    if text.is_empty() || !["", "F", "P", "R", "C", "U"].contains(&status) {
        return Ok(None);
    }
    let refused =
        |number: u8, condition, reason| Err(Refusal::error(condition, &format!("OBX-{number} of set {set}"), reason));
    if field(segment, 2) != "NM" {
        return refused(2, DATA_TYPE, format!("a {} must be NM", vital.name()));
    }
    let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) else {
        return refused(5, DATA_TYPE, format!("`{}` is no number", text.escape_default()));
    };
    if value.to_bits() == NOT_AVAILABLE.to_bits() {
        return Ok(None);
    }
    let units = [part(segment, 6, 1), part(segment, 6, 2), part(segment, 6, 4)];
    let Some(value) = units.into_iter().find_map(|unit| vital.convert(value, unit)) else {
        return refused(6, TABLE_VALUE, format!("a {} is not taken in `{}`", vital.name(), units[0].escape_default()));
    };
    let [low, high] = vital.range();
    if !(low..=high).contains(&value) {
        return refused(
            5,
            DATA_TYPE,
            format!("a {} of {value} is outside {low} to {high}: check value and unit", vital.name()),
        );
    }
    let own = field(segment, 14);
    let at = if own.is_empty() { observed } else { time(own, zone) };
    match at {
        Some(at) => Ok(Some(VitalSign { vital, value, at })),
        None => refused(14, DATA_TYPE, format!("`{}` is no time, and OBR-7 and MSH-7 give none", own.escape_default())),
    }
}

/// A time stamp: `YYYYMMDDHHMM[SS[.S...]][+ZZZZ]`.
fn time(text: &str, zone: FixedOffset) -> Option<DateTime<Utc>> {
    let (stamp, zone) = match text.find(['+', '-']) {
        Some(at) => (text.get(..at)?, zone_of(text.get(at..)?)?),
        None => (text, zone),
    };
    let (whole, fraction) = stamp.split_once('.').unwrap_or((stamp, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole.len(), 12 | 14) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let number = |from, to| whole.get(from..to).and_then(|text: &str| text.parse::<u32>().ok());
    let second = if whole.len() == 14 { number(12, 14)? } else { 0 };
    let milli = format!("{fraction:0<3}").get(..3)?.parse::<u32>().ok()?;
    let date = NaiveDate::from_ymd_opt(number(0, 4)?.try_into().ok()?, number(4, 6)?, number(6, 8)?)?;
    let local = date.and_hms_milli_opt(number(8, 10)?, number(10, 12)?, second, milli)?;
    local.and_local_timezone(zone).single().map(|local| local.to_utc())
}

fn zone_of(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let is_four = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = |from, to| digits.get(from..to).and_then(|text: &str| text.parse::<i32>().ok());
    let seconds = number(0, 2)? * 3600 + number(2, 4)? * 60;
    FixedOffset::east_opt(if sign == "-" { -seconds } else { seconds }).filter(|_| is_four)
}

/// A field as it stands, of its first repetition.
pub(super) fn field<'m>(segment: &Segment<'m>, number: usize) -> &'m str {
    segment.field(number).map_or("", |field| field.raw_value())
}

/// A component of a field's first repetition.
fn part<'m>(segment: &Segment<'m>, number: usize, component: usize) -> &'m str {
    segment.field(number).and_then(|field| field.component(component)).map_or("", |component| component.raw_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_zone_and_to_the_millisecond() {
        let utc = FixedOffset::east_opt(0).unwrap();
        let east = FixedOffset::east_opt(7200).unwrap();
        let shown = |text, zone| time(text, zone).map(|at| at.format("%FT%T%.3fZ").to_string());
        assert_eq!(shown("20261128140500.25+0100", utc).as_deref(), Some("2026-11-28T13:05:00.250Z"));
        assert_eq!(shown("202611281405", east).as_deref(), Some("2026-11-28T12:05:00.000Z"));
        for wrong in [
            "",
            "2026",
            "20261328140500",
            "20261128250000",
            "2026112814050x",
            "20261128140500+1",
            "20261128140500+25000",
            "20261128140500+9999",
        ] {
            assert_eq!(time(wrong, utc), None, "{wrong}");
        }
    }
}
