//! Alarms, symptoms, what was entered with every earlier value, refusals, signatures.

use serde_json::Value;

use super::page::{BODY, Book, Column, LEFT, MEASURE, NOTE, QUIET, TEXT};
use crate::entry::utc_text;
use crate::export::sheet::{Align, Style, Weight};

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
        .map(|alarm| (alarm.at_s, vec![alarm.priority, alarm.code.replace('_', " "), alarm.reason]))
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
        Column { head: "min", width: 14.0, align: Align::Right },
        Column { head: "UTC", width: 18.0, align: Align::Left },
        Column { head: "priority", width: 18.0, align: Align::Left },
        Column { head: "what", width: 48.0, align: Align::Left },
        Column { head: "why", width: MEASURE - 98.0, align: Align::Left },
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
        book.make_room(9.0);
        let y = book.y;
        let role = if act.by.role.is_empty() { String::new() } else { format!(" ({})", act.by.role) };
        let head = format!(
            "{}   {}{role}   {}   {}",
            utc_text(act.at.utc_ms),
            act.by.actor,
            act.action.replace('_', " "),
            act.entity
        );
        book.text(LEFT, y, &head, NOTE, Align::Left);
        let mut x = LEFT + 4.0;
        if !act.old.is_null() {
            let gone = Style::new(8.5, Weight::Regular, QUIET);
            let old = book.letters.fitted(&shown(&act.old), gone, 70.0);
            let width = book.letters.width_mm(&old, gone);
            book.text(x, y + 4.0, &old, gone, Align::Left);
            book.sheet().bar([x, y + 2.9], [width, 0.25], QUIET);
            x += width + 3.0;
        }
        let reason = if act.reason.is_empty() { String::new() } else { format!("   because {}", act.reason) };
        let new = if act.new.is_null() { reason } else { format!("{}{reason}", shown(&act.new)) };
        let new = book.letters.fitted(&new, BODY, LEFT + MEASURE - x);
        book.text(x, y + 4.0, &new, BODY, Align::Left);
        book.y += 9.0;
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // An act that brings its own words.
        Value::Object(fields) if fields.get("text").is_some_and(Value::is_string) => shown(&fields["text"]),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{}: {}", name.replace('_', " "), shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

fn signatures(book: &mut Book<'_>) {
    let record = book.told.record;
    book.heading("Signatures");
    for signature in &record.signatures {
        book.make_room(12.0);
        let y = book.y;
        book.text(LEFT, y, &signature.name, Style::new(10.0, Weight::Medium, TEXT), Align::Left);
        book.text(LEFT + 70.0, y, signature.meaning.name(), BODY, Align::Left);
        book.text(LEFT + MEASURE, y, &utc_text(signature.at.utc_ms), BODY, Align::Right);
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
