//! A procedure once more: what if, and the debrief.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use leuka_blood::quantity::FlowRate;
use leuka_control::OperatorAction;
use leuka_procedure::file::Override;
use leuka_procedure::{COMPARED, Deed, Outcome};
use leuka_record::Moment;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Asked, Body};
use super::{Shared, blocking};
use crate::bedside::Order;
use crate::bedside::course::{Act, BEATS_PER_SECOND, Done, Story};
use crate::debrief::{Debrief, debrief as debriefed, story};
use crate::error::{Problem, Refused};
use crate::people::Caller;

/// What is otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIf {
    /// `path=value`.
    set: Vec<String>,
    /// From this minute on: then only `protocol.inlet_flow_ml_min` can be changed.
    #[serde(default)]
    from_min: Option<f64>,
}

/// The same donor and chance with something changed, as `leuka replay --json` tells it. With the simulated operator both
/// go to their end, with a human one to this moment.
#[utoipa::path(post, path = "/api/machines/{id}/what-if", request_body = WhatIf, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn what_if(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(what): Body<WhatIf>,
) -> Result<Json<Value>, Refused> {
    let told = app.machine(&id)?.order(caller.who(), String::new(), Order::Story).await?;
    let now = app.archive.now();
    let work = move || {
        let was = story(told)?;
        let would_be = changed(&was, &what, &caller, now)?.again()?.run.outcome();
        let was = was.again()?.run.outcome();
        Ok(Json(compared(&what, &was, &would_be)))
    };
    blocking(&app.replays, work).await
}

fn changed(was: &Story, what: &WhatIf, caller: &Caller, now: Moment) -> Result<Story, Refused> {
    let mut story = was.clone();
    let Some(minute) = what.from_min else {
        if what.set.is_empty() {
            return Err(Refused::wrong("set: give at least one path=value"));
        }
        story.start.set.extend(what.set.iter().cloned());
        return Ok(story);
    };
    if !(0.0..=1440.0).contains(&minute) {
        return Err(Refused::wrong("from_min: give 0 to 1440"));
    }
    let wrong = || Refused::wrong("set: with from_min only protocol.inlet_flow_ml_min=FLOW, 4 to 120, can be changed");
    let [only] = what.set.as_slice() else { return Err(wrong()) };
    let over = Override::parse(only)?;
    let flow = over.value.parse::<f64>().ok().filter(|flow| (4.0..=120.0).contains(flow)).ok_or_else(wrong)?;
    if over.path != "protocol.inlet_flow_ml_min" {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within a day")]
    let beat = (minute * 60.0) as u64 * BEATS_PER_SECOND;
    let action = OperatorAction::SetInletFlow { flow: FlowRate::from_ml_min(flow) };
    let act = Act::Deed(Deed::Tell(action));
    story.done.push(Done { beat, at: now, who: caller.who(), why: "what if".into(), act });
    story.done.sort_by_key(|done| done.beat);
    Ok(story)
}

fn compared(what: &WhatIf, was: &Outcome, would_be: &Outcome) -> Value {
    let measures: Vec<Value> = COMPARED
        .iter()
        .map(|(name, _, of)| {
            let (was, is) = (of(was), of(would_be));
            json!({ "measure": name, "was": was, "would_be": is, "difference": is - was })
        })
        .collect();
    json!({
        "schema": "leuka.replay/1",
        "changed": what.set,
        "from_minute": what.from_min,
        "measures": measures,
        "end_was": was.end_reason,
        "end_would_be": would_be.end_reason,
    })
}

/// In which form.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DebriefForm {
    /// `json` (when left out), `csv` or `html`.
    #[serde(default)]
    format: Option<String>,
}

/// The scored debrief, with what would have been.
#[utoipa::path(get, path = "/api/machines/{id}/debrief", params(("id" = String, Path, description = "The machine."), DebriefForm),
    responses((status = 200, body = Debrief), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn debrief(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Asked(form): Asked<DebriefForm>,
) -> Result<Response, Refused> {
    let form = form.format.unwrap_or_else(|| "json".into());
    if !["json", "csv", "html"].contains(&form.as_str()) {
        return Err(Refused::wrong("format: give json, csv or html"));
    }
    let told = app.machine(&id)?.order(caller.who(), String::new(), Order::Story).await?;
    let debrief = blocking(&app.replays, move || debriefed(&story(told)?)).await?;
    let file = |kind: &'static str, name: &'static str| {
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))]
    };
    Ok(match form.as_str() {
        "csv" => (file("text/csv; charset=utf-8", "debrief.csv"), debrief.csv()).into_response(),
        "html" => (file("text/html; charset=utf-8", "debrief.html"), debrief.html()).into_response(),
        _ => Json(debrief).into_response(),
    })
}
