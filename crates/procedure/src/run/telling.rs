//! What a run tells: its events, and the alarms among them.

use leuka_blood::quantity::TimeSpan;
use leuka_control::{EventKind, OperatorAction, PhaseName};
use leuka_device::{Instant, Priority, Verdict};
use leuka_machine::MarkKind;
use serde_json::{Value, json};

use super::Run;
use crate::channels::Channels;
use crate::event::{Event, Source};
use crate::laboratory::counts;
use crate::operator::Doing;
use crate::outcome::{AlarmEntry, Believed, Symptom};

impl<C: Channels> Run<C> {
    pub(super) fn tell(&mut self, source: Source, kind: &'static str, text: impl Into<String>, data: Value) {
        self.events.push(Event::new(self.machine.now(), source, kind, text, data));
    }

    pub(super) fn tell_operator(&mut self, doing: &Doing) {
        for handling in &doing.hands {
            self.tell(Source::Operator, "hands", handling.to_string(), Value::Null);
        }
        if let Some(error) = doing.failed {
            self.tell(Source::Operator, "hands_failed", error.to_string(), Value::Null);
        }
        if matches!(doing.action, Some(OperatorAction::Reset | OperatorAction::Resume | OperatorAction::EndEarly)) {
            self.alarms.acknowledge(self.machine.now());
        }
        if let Some(care) = &doing.care {
            self.tell(Source::Operator, "care", care.text.clone(), Value::Null);
        }
        if let Some(action) = &doing.action {
            self.tell(Source::Operator, "action", action.to_string(), Value::Null);
        }
        if let Some(symptom) = doing.felt {
            let name = json!(symptom);
            let at_min = self.seconds() / 60.0;
            self.log.symptoms.push(Symptom { name: name.as_str().unwrap_or_default().to_owned(), at_min });
            self.tell(Source::Donor, "symptom", format!("the donor feels {symptom}"), name);
        }
    }

    /// The dose as it is believed, and what going on would bring and cost.
    pub(super) fn tell_estimate(&mut self) {
        let Some(outlook) = self.channels.outlook().filter(|_| self.channels.place().phase == PhaseName::Collect)
        else {
            return;
        };
        let believed = Believed::new(&self.channels.extent().estimate, &self.purpose);
        let ([low, high], gain) = (believed.band_80_1e6_per_kg, &outlook.ten_minutes);
        let ninety = outlook.to_ninety.map(TimeSpan::minutes);
        let when = ninety.map_or("not before the caps".to_owned(), |minutes| format!("in {minutes:.0} min"));
        let text = format!(
            "{:.2} x1e6/kg believed, 80 % band {low:.2} to {high:.2}; goal {:.0} %, minimum {:.0} %; goal with 90 % {when}; \
             10 min more bring {:.2} and cost {:.1} x1e9/L of platelets and {:.0} mg/kg of citrate",
            believed.median_1e6_per_kg,
            believed.goal_pct,
            believed.minimum_pct,
            gain.dose.count_1e6_kg(),
            gain.platelets.count_1e9_l(),
            gain.citrate_mg_kg,
        );
        let data = json!({
            "believed": believed,
            "to_goal_with_90_pct_min": ninety,
            "next_10_min": {
                "dose_1e6_per_kg": gain.dose.count_1e6_kg(),
                "goal_pct": gain.goal.pct(),
                "platelet_1e9_l": gain.platelets.count_1e9_l(),
                "citrate_mg_kg": gain.citrate_mg_kg,
            },
        });
        self.tell(Source::Run, "estimate", text, data);
    }

    pub(super) fn tell_control(&mut self) {
        if self.answer.notes.is_empty() && self.answer.events.is_empty() {
            return;
        }
        for (text, data) in core::mem::take(&mut self.answer.notes) {
            self.tell(Source::Run, "link", text, data);
        }
        let mut events = core::mem::take(&mut self.answer.events);
        for event in events.drain(..) {
            let text = event.kind.to_string();
            match &event.kind {
                EventKind::PhaseChanged { to, .. } => self.enter(*to),
                EventKind::Alarm { code, active: true, evidence } => {
                    self.alarms.begin(event.at, *code, evidence);
                    self.alarm(code.name(), code.priority(), &text);
                }
                EventKind::Alarm { code, active: false, .. } => self.alarms.end(event.at, *code),
                _ => {}
            }
            let data = serde_json::to_value(&event.kind).unwrap_or_default();
            self.events.push(Event::new(event.at, Source::Control, kind(&event.kind), text, data));
        }
        self.answer.events = events;
    }

    fn enter(&mut self, phase: PhaseName) {
        self.start_awaited(phase);
        self.log.stages.push((phase, self.seconds()));
        if phase == PhaseName::Disconnect {
            self.log.post = Some(counts(self.machine.donor()));
        }
    }

    fn alarm(&mut self, code: &str, priority: Priority, reason: &str) {
        let priority = match priority {
            Priority::Low => "low",
            Priority::Medium => "medium",
            Priority::High => "high",
        };
        let at_min = self.seconds() / 60.0;
        self.log.alarms.push(AlarmEntry {
            code: code.into(),
            priority: priority.into(),
            at_min,
            reason: reason.into(),
        });
    }

    pub(super) fn tell_guard(&mut self, verdict: Verdict) {
        if verdict == self.verdict {
            return;
        }
        self.verdict = verdict;
        if verdict != Verdict::Pass {
            self.alarms.action_begins(self.machine.now());
        }
        self.tell(Source::Guard, "verdict", verdict_text(verdict), json!(verdict));
    }

    pub(super) fn tell_machine(&mut self) {
        if !self.machine.has_marks() {
            return;
        }
        let marks: Vec<_> = self.machine.marks().collect();
        for mark in marks {
            match mark.kind {
                MarkKind::SafeStateEntered(_) => self.alarms.action_begins(mark.at),
                MarkKind::PumpsStopped => self.alarms.pumps_stand(mark.at.since(Instant::START).seconds()),
                _ => {}
            }
            let data = serde_json::to_value(mark.kind).unwrap_or_default();
            self.events.push(Event::new(mark.at, Source::Machine, "plant", mark.kind.to_string(), data));
        }
    }
}

/// A verdict as a sentence.
pub(crate) fn verdict_text(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => "the guard lets commands pass".to_owned(),
        Verdict::Hold(cause) => format!("the guard stops all pumps: {cause}, hazard {}", cause.hazard()),
        Verdict::Safe(cause) => format!("the guard makes the machine safe: {cause}, hazard {}", cause.hazard()),
    }
}

/// The kind of an event in one word.
const fn kind(event: &EventKind) -> &'static str {
    match event {
        EventKind::PhaseChanged { .. } => "phase",
        EventKind::SetPoint { .. } => "set_point",
        EventKind::Alarm { .. } => "alarm",
        EventKind::Refused { .. } => "refused",
        EventKind::Paused { .. } => "paused",
        EventKind::Stopped { .. } => "stopped",
        EventKind::Ending { .. } => "ending",
        EventKind::Note(_) => "note",
    }
}
