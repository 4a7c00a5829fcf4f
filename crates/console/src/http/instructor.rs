//! The instructor's hand on a procedure: its pace, what goes wrong, and back in time.

use axum::extract::{Path, State};
use axum::{Extension, Json};
use leuka_procedure::{Scenario, What};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Shared;
use super::extract::Body;
use super::machines::check_warp;
use crate::bedside::{Back, Order};
use crate::error::{Problem, Refused};
use crate::library::Shelf;
use crate::people::{Caller, check_name};

/// How fast time goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pace {
    /// 1 to 200 times.
    #[serde(default)]
    warp: Option<u32>,
    #[serde(default)]
    paused: Option<bool>,
}

/// Sets the pace, or stops time.
#[utoipa::path(post, path = "/api/machines/{id}/pace", request_body = Pace, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn pace(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(pace): Body<Pace>,
) -> Result<Json<Value>, Refused> {
    let warp = pace.warp.map(check_warp).transpose()?;
    let order = Order::Pace { warp, paused: pace.paused };
    Ok(Json(app.machine(&id)?.order(caller.who(), String::new(), order).await?))
}

/// What goes wrong: one of `fault`, `scenario`, `slip`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inject {
    /// A fault's name, of `/api/library`.
    #[serde(default)]
    fault: Option<String>,
    /// A ready scenario's id, or the text of a file.
    #[serde(default)]
    scenario: Option<String>,
    /// What the simulated operator does wrongly, without `operator.`.
    #[serde(default)]
    slip: Option<String>,
    #[serde(default)]
    magnitude: Option<f64>,
    #[serde(default)]
    lasts_s: Option<f64>,
}

/// Lets something go wrong, from now on.
#[utoipa::path(post, path = "/api/machines/{id}/inject", request_body = Inject, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn inject(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(inject): Body<Inject>,
) -> Result<Json<Value>, Refused> {
    let machine = app.machine(&id)?;
    let order = match (inject.fault, inject.slip, inject.scenario) {
        (Some(fault), None, None) => fault_order(fault, inject.magnitude, inject.lasts_s)?,
        (None, Some(slip), None) => fault_order(format!("operator.{slip}"), inject.magnitude, inject.lasts_s)?,
        (None, None, Some(scenario)) => {
            let file = Shelf::Scenario.file(&scenario)?;
            let title = Scenario::read(&file)?.title;
            Order::Scenario { title, text: file.text }
        }
        _ => return Err(Refused::wrong("give one of fault, slip and scenario")),
    };
    Ok(Json(machine.order(caller.who(), String::new(), order).await?))
}

fn fault_order(fault: String, magnitude: Option<f64>, lasts_s: Option<f64>) -> Result<Order, Refused> {
    fault.parse::<What>().map_err(|error| Refused::wrong(format!("fault: {error}")))?;
    let magnitude = magnitude.unwrap_or(0.0);
    if !(-1e6..=1e6).contains(&magnitude) {
        return Err(Refused::wrong(format!("magnitude: is {magnitude}: give -1e6 to 1e6")));
    }
    if lasts_s.is_some_and(|seconds| !(0.0..=86_400.0).contains(&seconds)) {
        return Err(Refused::wrong("lasts_s: give 0 to 86400"));
    }
    Ok(Order::Inject { fault, magnitude, lasts_s })
}

/// A moment to keep.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    name: String,
}

/// Keeps this moment under a name.
#[utoipa::path(post, path = "/api/machines/{id}/snapshot", request_body = Snapshot, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn snapshot(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(snapshot): Body<Snapshot>,
) -> Result<Json<Value>, Refused> {
    check_name(&snapshot.name.replace(' ', "-"), "name")?;
    let order = Order::Snapshot(snapshot.name);
    Ok(Json(app.machine(&id)?.order(caller.who(), String::new(), order).await?))
}

/// Back to when: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rewind {
    /// Second of the procedure.
    #[serde(default)]
    to_s: Option<f64>,
    /// A snapshot's name.
    #[serde(default)]
    snapshot: Option<String>,
}

/// Lets time go back; what was done after that moment is as if it had not been.
#[utoipa::path(post, path = "/api/machines/{id}/rewind", request_body = Rewind, params(("id" = String, Path, description = "The machine.")),
    responses((status = 200, body = Value), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn rewind(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(rewind): Body<Rewind>,
) -> Result<Json<Value>, Refused> {
    let back = match (rewind.to_s, rewind.snapshot) {
        (Some(to_s), None) => Back::To(to_s),
        (None, Some(name)) => Back::Snapshot(name),
        _ => return Err(Refused::wrong("give one of to_s and snapshot")),
    };
    Ok(Json(app.machine(&id)?.order(caller.who(), String::new(), Order::Rewind(back)).await?))
}
