//! Alarms, symptoms, what was entered with every earlier value, refusals, signatures.

use chrono::DateTime;
use serde_json::Value;

use super::page::{BODY, BODY_STRONG, Book, Column, LEFT, MEASURE, NOTE, QUIET, TEXT};
use crate::export::sheet::{Align, Style, Weight};
use crate::export::told::for_people;

const GONE: Style = Style::new(8.5, Weight::Regular, QUIET);

pub(super) fn write(book: &mut Book<'_>) {
    book.new_page();
    alarms(book);
    entered(book);
    signatures(book);
}

fn alarms(book: &mut Book<'_>) {
    let told = book.told;
    book.heading("Alarms and symptoms");
    let mut all: Vec<(f64, Vec<String>)> = told
        .alarms()
        .into_iter()
        .map(|alarm| {
            let why = alarm.reason.strip_prefix(&format!("alarm {}", alarm.code)).unwrap_or(&alarm.reason);
            let why = why.trim_start_matches([':', ' ']).to_owned();
            (alarm.at_s, vec![alarm.priority, alarm.code.replace('_', " "), why])
        })
        .collect();
    all.extend(
        told.symptoms().into_iter().map(|(name, at)| (at, vec!["symptom".to_owned(), name.to_owned(), String::new()])),
    );
    all.sort_by(|left, right| left.0.total_cmp(&right.0));
    if all.is_empty() {
        book.paragraph("None.", BODY);
        return;
    }
    let rows: Vec<Vec<String>> = all
        .into_iter()
        .map(|(at, rest)| {
            let mut row = vec![format!("{:.1}", at / 60.0), told.at(at).format("%H:%M:%S").to_string()];
            row.extend(rest);
            row
        })
        .collect();
    let columns = [
        Column { head: "min", width: 15.0, align: Align::Right },
        Column { head: "UTC", width: 18.0, align: Align::Left },
        Column { head: "priority", width: 18.0, align: Align::Left },
        Column { head: "what", width: 48.0, align: Align::Left },
        Column { head: "why", width: MEASURE - 99.0, align: Align::Left },
    ];
    book.table(&columns, &rows);
}

/// Entries in their order; the value that an amendment replaced stands struck through before the new one.
fn entered(book: &mut Book<'_>) {
    let record = book.told.record;
    book.heading("Entries");
    if record.acts.is_empty() {
        book.paragraph("Nothing was entered.", BODY);
        return;
    }
    for act in &record.acts {
        book.make_room(13.0);
        let role = if act.by.role.is_empty() { String::new() } else { format!(" ({})", act.by.role) };
        let what = format!("{} {}", act.action.replace('_', " "), act.entity);
        let at = for_people(DateTime::from_timestamp_millis(act.at.utc_ms).unwrap_or_default());
        book.text(LEFT, book.y, &what, BODY_STRONG, Align::Left);
        book.text(LEFT + MEASURE, book.y, &format!("{}{role}, {at}", act.by.actor), NOTE, Align::Right);
        book.y += 4.0;
        if !act.old.is_null() {
            lines(book, &shown(&act.old), GONE, true);
        }
        if !act.new.is_null() {
            lines(book, &shown(&act.new), BODY, false);
        }
        if !act.reason.is_empty() {
            lines(book, &format!("because {}", act.reason), NOTE, false);
        }
        book.y += 2.2;
    }
}

/// A value in as many lines as it needs, struck through when it was replaced.
fn lines(book: &mut Book<'_>, text: &str, style: Style, is_struck: bool) {
    let x = LEFT + 4.0;
    for line in book.letters.wrapped(text, style, MEASURE - 4.0) {
        book.make_room(4.0);
        let y = book.y;
        book.text(x, y, &line, style, Align::Left);
        if is_struck {
            let width = book.letters.width_mm(&line, style);
            book.sheet().bar([x, y - 1.1], [width, 0.25], style.ink);
        }
        book.y += 3.8;
    }
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    let part = |value: &Value| match value {
        Value::Object(_) => format!("({})", shown(value)),
        other => shown(other),
    };
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => format!("[{}]", all.iter().map(part).collect::<Vec<_>>().join(", ")),
        // An act that brings its own words.
        Value::Object(fields) if fields.get("text").is_some_and(Value::is_string) => shown(&fields["text"]),
        Value::Object(fields) => {
            let named = fields.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), part(value)));
            named.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn signatures(book: &mut Book<'_>) {
    let record = book.told.record;
    book.heading("Signatures");
    for signature in &record.signatures {
        book.make_room(12.0);
        let y = book.y;
        let at = for_people(DateTime::from_timestamp_millis(signature.at.utc_ms).unwrap_or_default());
        book.text(LEFT, y, &signature.name, Style::new(10.0, Weight::Medium, TEXT), Align::Left);
        book.text(LEFT + 70.0, y, signature.meaning.name(), BODY, Align::Left);
        book.text(LEFT + MEASURE, y, &at, BODY, Align::Right);
        let hash = signature.signed_hash.get(..32).unwrap_or_default();
        book.text(LEFT, y + 4.0, &format!("signed entry {} with hash {hash}", signature.signed_seq), NOTE, Align::Left);
        book.y += 10.0;
    }
    if record.signatures.is_empty() {
        book.paragraph("Nobody has signed.", BODY);
    }
    let missing = record.missing();
    if !missing.is_empty() {
        book.paragraph(&format!("Before the record can be closed it needs {}.", missing.join(", ")), NOTE);
    }
}
