//! Machines: what there is, procedures on them, the operator's steps, and what is read of them.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use leuka_control::OperatorAction;
use leuka_plan::{CALCIUM_MMOL_H, full_plans};
use leuka_procedure::file::Override;
use leuka_procedure::{CareKind, Deed, Sources};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Asked, Body};
use super::{Shared, blocking};
use crate::bedside::course::{Silence, Start, Told};
use crate::bedside::{Bedside, Order, live};
use crate::clock;
use crate::error::{Problem, Refused};
use crate::library::{Library, Shelf};
use crate::machines::Machines;
use crate::people::{Caller, check_name};

/// The longest reason.
const LONGEST_WHY: usize = 500;
/// Events in one answer.
const MOST_EVENTS: usize = 5000;

/// Everything ready to be taken.
#[utoipa::path(get, path = "/api/library", responses((status = 200, body = Library), (status = 401, body = Problem)))]
pub(crate) async fn library() -> Json<Library> {
    Json(Library::read())
}

/// What is planned.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanOf {
    /// A ready protocol's id, or the text of a file.
    protocol: String,
    /// A ready donor's id, or the text of a file.
    donor: String,
    /// `path=value`.
    #[serde(default)]
    set: Vec<String>,
    /// `path=a,b,c`: a plan for each.
    #[serde(default)]
    vary: Option<String>,
}

/// Plans a collection; with `vary` a list of plans.
#[utoipa::path(post, path = "/api/plan", request_body = PlanOf,
    responses((status = 200, body = Value), (status = 422, body = Problem)))]
pub(crate) async fn plan(State(app): State<Shared>, Body(plan): Body<PlanOf>) -> Result<Json<Value>, Refused> {
    let work = move || {
        let sources = Sources {
            protocol: Some(Shelf::Protocol.file(&plan.protocol)?),
            donor: Some(Shelf::Donor.file(&plan.donor)?),
            overrides: plan.set.iter().map(|text| Override::parse(text)).collect::<Result<_, _>>()?,
            seed: 1,
            ..Sources::default()
        };
        let plans = full_plans(&sources, plan.vary.as_deref(), CALCIUM_MMOL_H, false)?;
        Ok(if plan.vary.is_some() { json!(plans) } else { json!(plans.first()) })
    };
    Ok(Json(blocking(&app.replays, work).await?))
}

fn shown(machine: &Bedside) -> Value {
    let live: Value = serde_json::from_str(&machine.screens.live.borrow()).unwrap_or_default();
    json!({ "id": machine.id, "label": machine.label, "kind": "simulated", "live": live })
}

/// All machines with what they show now.
#[utoipa::path(get, path = "/api/machines", responses((status = 200, body = Vec<Value>), (status = 401, body = Problem)))]
pub(crate) async fn list(State(app): State<Shared>) -> Json<Vec<Value>> {
    Json(app.all_machines().iter().map(|machine| shown(machine)).collect())
}

/// A new machine.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMachine {
    /// What people call it.
    label: String,
    /// `simulated`.
    kind: String,
    #[serde(default)]
    id: Option<String>,
}

/// Adds a machine.
#[utoipa::path(post, path = "/api/machines", request_body = NewMachine,
    responses((status = 200, body = Value), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn add(State(app): State<Shared>, Body(new): Body<NewMachine>) -> Result<Json<Value>, Refused> {
    if new.kind != "simulated" {
        return Err(Refused::wrong("kind: this server runs simulated machines only: give \"simulated\""));
    }
    if new.label.trim().is_empty() || new.label.len() > 60 {
        return Err(Refused::wrong("label: give 1 to 60 characters"));
    }
    if let Some(id) = &new.id {
        check_name(id, "id")?;
    }
    let machine = Machines::add(&app, new.id, new.label.trim()).await?;
    Ok(Json(shown(&machine)))
}

/// A procedure to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRun {
    /// A ready protocol's id, or the text of a file.
    protocol: String,
    /// A ready donor's id, or the text of a file.
    donor: String,
    /// `path=value`.
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    seed: Option<u64>,
    /// A ready scenario's id, or the text of a file.
    #[serde(default)]
    scenario: Option<String>,
    operator: Operated,
    /// 1 to 200.
    #[serde(default)]
    warp: Option<u32>,
}

/// Who does the operator's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operated {
    /// People, through the console.
    Human,
    /// The simulated operator.
    Simulated,
}

/// Whether time may go so fast.
pub(crate) fn check_warp(warp: u32) -> Result<u32, Refused> {
    if (1..=200).contains(&warp) { Ok(warp) } else { Err(Refused::wrong(format!("warp: is {warp}: give 1 to 200"))) }
}

/// Starts a procedure and opens its record.
#[utoipa::path(post, path = "/api/machines/{id}/run", request_body = NewRun, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn run(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewRun>,
) -> Result<Json<Value>, Refused> {
    let machine = app.machine(&id)?;
    let file = |shelf: Shelf, text: &str| shelf.file(text).map(|file| (file.name, file.text));
    let start = Start {
        machine: id,
        opened_utc: clock::utc(),
        opened_by: caller.user.login.clone(),
        protocol: file(Shelf::Protocol, &new.protocol)?,
        donor: file(Shelf::Donor, &new.donor)?,
        scenario: new.scenario.as_deref().map(|text| file(Shelf::Scenario, text)).transpose()?,
        set: new.set,
        seed: new.seed.unwrap_or(1),
        by_person: new.operator == Operated::Human,
        warp: check_warp(new.warp.unwrap_or(1))?,
    };
    Ok(Json(machine.order(caller.who(), String::new(), Order::Begin(Box::new(start))).await?))
}

/// What the operator does.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    /// `"confirm"`; control's actions as they are serialised (`"Pause"`, `{"ReportSymptom": "tingling"}`);
    /// `{"care": "oral_calcium"}`; `"change_anticoagulant"`.
    action: Value,
    /// What is confirmed: the name of `live.request`.
    #[serde(default)]
    request: Option<String>,
    /// What was entered, by the names of the request's fields.
    #[serde(default)]
    with: Map<String, Value>,
    /// Why.
    #[serde(default)]
    why: String,
}

/// A confirmed step of the operator.
#[utoipa::path(post, path = "/api/machines/{id}/actions", request_body = Action, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn actions(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(action): Body<Action>,
) -> Result<Json<Value>, Refused> {
    let machine = app.machine(&id)?;
    if action.why.len() > LONGEST_WHY {
        return Err(Refused::wrong(format!("why: give at most {LONGEST_WHY} characters")));
    }
    let order = order_of(action.action, action.request, action.with)?;
    Ok(Json(machine.order(caller.who(), action.why, order).await?))
}

fn order_of(action: Value, request: Option<String>, with: Map<String, Value>) -> Result<Order, Refused> {
    match action.as_str() {
        Some("confirm") => {
            let request = request.ok_or_else(|| Refused::wrong("request: give the name of what is confirmed"))?;
            return Ok(Order::Confirm { request, with });
        }
        Some("change_anticoagulant") => return Ok(Order::Deed(Deed::ChangeAnticoagulant)),
        _ => {}
    }
    if let Some(care) = action.get("care") {
        let kind = CareKind::deserialize(care).map_err(|error| Refused::wrong(format!("care: {error}")))?;
        return Ok(Order::Deed(Deed::Care(kind)));
    }
    let action = OperatorAction::deserialize(&action).map_err(|error| Refused::wrong(format!("action: {error}")))?;
    let is_free = matches!(
        action,
        OperatorAction::Pause
            | OperatorAction::Resume
            | OperatorAction::EndEarly
            | OperatorAction::ReportSymptom(_)
            | OperatorAction::SetInletFlow { .. }
            | OperatorAction::SetPlasmaFlow { .. }
            | OperatorAction::TakeMidRunSample
            | OperatorAction::EnterMidRunCount(_)
    );
    if is_free {
        Ok(Order::Deed(Deed::Tell(action)))
    } else {
        Err(Refused::wrong("action: this is an answer to a request: send it as \"confirm\" with its request"))
    }
}

/// What is done about alarms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AboutAlarms {
    r#do: Silence,
}

/// Silences or acknowledges alarms.
#[utoipa::path(post, path = "/api/machines/{id}/alarms", request_body = AboutAlarms, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn alarms(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(about): Body<AboutAlarms>,
) -> Result<Json<Value>, Refused> {
    Ok(Json(app.machine(&id)?.order(caller.who(), String::new(), Order::Alarms(about.r#do)).await?))
}

/// The log of alarms.
#[utoipa::path(get, path = "/api/machines/{id}/alarms", params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Vec<Value>), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn alarm_log(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Refused> {
    Ok(Json(app.machine(&id)?.order(caller.who(), String::new(), Order::AlarmLog).await?))
}

/// From when, and how dense.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// Second of the procedure to begin with.
    #[serde(default)]
    from_s: f64,
    /// At most one row in so many seconds.
    #[serde(default)]
    every_s: f64,
}

/// Columns of numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Columns {
    columns: Map<String, Value>,
}

/// Samples by column, one row a second at most.
#[utoipa::path(get, path = "/api/machines/{id}/samples", params(("id" = String, Path, description = "The machine."), Span),
    responses((status = 200, body = Columns), (status = 404, body = Problem)))]
pub(crate) async fn samples(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Asked(span): Asked<Span>,
) -> Result<Json<Value>, Refused> {
    let machine = app.machine(&id)?;
    let rows = machine.screens.log().rows.clone();
    Ok(Json(live::series(&rows, span.from_s, span.every_s.clamp(0.0, 86_400.0))))
}

/// From which number on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// The first event's number.
    #[serde(default)]
    #[param(minimum = 0)]
    from: i64,
}

/// Events from a number on, 5000 at most.
#[utoipa::path(get, path = "/api/machines/{id}/events", params(("id" = String, Path, description = "The machine."), From),
    responses((status = 200, body = Vec<Told>), (status = 404, body = Problem)))]
pub(crate) async fn events(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Asked(from): Asked<From>,
) -> Result<Json<Vec<Told>>, Refused> {
    let first = u64::try_from(from.from).map_err(|_| Refused::wrong("from: give 0 or more"))?;
    let told = app.machine(&id)?.screens.events(first, MOST_EVENTS);
    Ok(Json(told.iter().map(|told| Told::clone(told)).collect()))
}
