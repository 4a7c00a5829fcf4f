//! What a record tells an export: its values by their places, times on the calendar, product and donor.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use leuka_procedure::Sample;
use serde_json::Value;

use crate::document::{COUNTS, DIN, ProcedureRecord, RECONCILED};

/// Every so often a vital sign is told in exports that are no full run file: the flowsheet's interval.
pub(crate) const FLOWSHEET_S: f64 = 900.0;

/// A record with its values at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) record: &'a ProcedureRecord,
}

/// An alarm as it was logged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alarm {
    pub(crate) code: String,
    pub(crate) priority: String,
    pub(crate) reason: String,
    pub(crate) at_s: f64,
}

impl<'a> Told<'a> {
    pub(crate) const fn new(record: &'a ProcedureRecord) -> Self {
        Self { record }
    }

    /// When the run began.
    pub(crate) fn started(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.record.opened.at.utc_ms).unwrap_or_default()
    }

    /// A second of the procedure on the calendar.
    pub(crate) fn at(self, seconds: f64) -> DateTime<Utc> {
        #[expect(clippy::cast_possible_truncation, reason = "a procedure has some ten million milliseconds")]
        let milliseconds = TimeDelta::milliseconds((seconds * 1000.0) as i64);
        self.started().checked_add_signed(milliseconds).unwrap_or_default()
    }

    /// When the run ended.
    pub(crate) fn finished(self) -> DateTime<Utc> {
        self.at(self.last_s())
    }

    /// When the collection began and ended: from the first phase that fills the bag to the end of the last.
    pub(crate) fn collected(self) -> [DateTime<Utc>; 2] {
        let changes = self.record.events.iter().filter_map(|event| {
            let phase = |end| event.data.pointer(&format!("/phase_changed/{end}")).and_then(Value::as_str);
            let fills = |end| phase(end).is_some_and(|phase| matches!(phase, "collect" | "elute"));
            Some((event.at_s, fills("from"), fills("to"))).filter(|_| event.kind == "phase")
        });
        let begun = changes.clone().find(|(_, _, begins)| *begins).map(|(at_s, ..)| self.at(at_s));
        let ended = changes.rev().find(|(_, ends, _)| *ends).map(|(at_s, ..)| self.at(at_s));
        [begun.unwrap_or_else(|| self.started()), ended.unwrap_or_else(|| self.finished())]
    }

    /// Seconds of the procedure.
    pub(crate) fn last_s(self) -> f64 {
        let sampled = self.record.samples.last().and_then(|row| row.first().copied()).unwrap_or(0.0);
        self.outcome("/duration_min").map_or(sampled, |minutes| minutes * 60.0)
    }

    /// A number of the outcome.
    pub(crate) fn outcome(self, place: &str) -> Option<f64> {
        self.outcome_value(place).and_then(Value::as_f64)
    }

    /// A value of the outcome.
    pub(crate) fn outcome_value(self, place: &str) -> Option<&'a Value> {
        self.record.ended.as_ref()?.outcome.pointer(place)
    }

    /// Why the run ended, in words.
    pub(crate) fn end_reason(self) -> &'a str {
        self.outcome_value("/end_reason").and_then(Value::as_str).unwrap_or("the run was cut off")
    }

    /// The target was reached and every phase done.
    pub(crate) fn is_completed(self) -> bool {
        self.outcome_value("/completed").and_then(Value::as_bool).unwrap_or(false)
    }

    /// A number of the inputs, as `/donor/weight_kg`.
    pub(crate) fn input(self, place: &str) -> Option<f64> {
        self.record.opened.inputs.pointer(place).and_then(Value::as_f64)
    }

    /// A word of the inputs.
    pub(crate) fn input_text(self, place: &str) -> Option<&'a str> {
        self.record.opened.inputs.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The donor's name.
    pub(crate) fn donor_name(self) -> &'a str {
        self.input_text("/donor/name").unwrap_or("not stated")
    }

    /// The cells that are collected, as the protocol names them.
    pub(crate) fn cells(self) -> &'a str {
        self.input_text("/protocol/cells").unwrap_or("cd34")
    }

    /// They, as people write them.
    pub(crate) fn cells_name(self) -> &'static str {
        match self.cells() {
            "cd34" => "CD34+ cells",
            "cd3" => "CD3+ cells",
            "lymphocyte" => "lymphocytes",
            "monocyte" => "monocytes",
            "granulocyte" => "granulocytes",
            "mnc" => "mononuclear cells",
            _ => "cells",
        }
    }

    /// The anticoagulant's name.
    pub(crate) fn anticoagulant(self) -> String {
        self.input_text("/protocol/anticoagulant/solution").unwrap_or("acd-a").to_uppercase()
    }

    /// The donation number, once it was given.
    pub(crate) fn donation_number(self) -> Option<&'a str> {
        self.record.fact(DIN).and_then(Value::as_str)
    }

    /// A number of the laboratory's counts of the product.
    #[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "only the report, which is a PDF, needs it"))]
    pub(crate) fn counted(self, name: &str) -> Option<f64> {
        self.record.fact(COUNTS)?.get(name)?.as_f64()
    }

    /// A number of the account of the bag.
    pub(crate) fn reconciled(self, place: &str) -> Option<f64> {
        self.record.fact(RECONCILED)?.pointer(place)?.as_f64()
    }

    /// Alarms in the order of their onset.
    pub(crate) fn alarms(self) -> Vec<Alarm> {
        let all = self.outcome_value("/alarms").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let word = |alarm: &Value, key| alarm.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let told = |alarm: &Value| Alarm {
            code: word(alarm, "code"),
            priority: word(alarm, "priority"),
            reason: word(alarm, "reason"),
            at_s: alarm.get("at_min").and_then(Value::as_f64).unwrap_or(0.0) * 60.0,
        };
        all.iter().map(told).collect()
    }

    /// Symptoms: name and second of the procedure.
    pub(crate) fn symptoms(self) -> Vec<(&'a str, f64)> {
        let all = self.outcome_value("/donor/symptoms").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let told = |symptom: &'a Value| {
            let name = symptom.get("name")?.as_str()?;
            Some((name, symptom.get("at_min")?.as_f64()? * 60.0))
        };
        all.iter().filter_map(told).collect()
    }

    /// A column of a row of samples, if an instrument gave it.
    pub(crate) fn sampled(self, row: &[f64], column: &str) -> Option<f64> {
        let at = Sample::COLUMNS.iter().position(|name| *name == column)?;
        row.get(at).copied().filter(|value| value.is_finite())
    }

    /// The rows of the flowsheet: the first sample of each quarter of an hour and the last one.
    pub(crate) fn flowsheet(self) -> Vec<&'a [f64]> {
        let mut rows: Vec<&[f64]> = Vec::new();
        let mut due = 0.0;
        for row in &self.record.samples {
            let at = row.first().copied().unwrap_or(0.0);
            if at >= due {
                rows.push(row);
                due = at + FLOWSHEET_S;
            }
        }
        let last = self.record.samples.last().map(Vec::as_slice);
        if last.is_some() && rows.last().copied() != last {
            rows.extend(last);
        }
        rows
    }
}

/// As people read it.
#[cfg_attr(not(feature = "pdf"), expect(dead_code, reason = "only the report, which is a PDF, needs it"))]
pub(crate) fn for_people(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// RFC 3339 with milliseconds, UTC.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
