//! Figures for Prometheus.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use leuka_record::Role;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::Value;

use super::{Shared, socket};
use crate::error::{Problem, Refused};
use crate::people::Caller;

type ByMachine = Family<Vec<(String, String)>, Gauge>;

/// Figures of the server, for who asks from this computer, or an engineer.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "application/openmetrics-text"), (status = 403, body = Problem)))]
pub(crate) async fn metrics(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    caller: Option<Extension<Caller>>,
) -> Result<Response, Refused> {
    let is_engineer = caller.is_some_and(|Extension(caller)| caller.user.role == Role::Engineer);
    if !(from.ip().is_loopback() || is_engineer) {
        let message = "figures are for this computer and engineers: ask from 127.0.0.1, or sign in";
        return Err(Refused::new(StatusCode::FORBIDDEN, "role", message));
    }
    let mut registry = Registry::with_prefix("leuka");
    let (time, warp, alarms) = (ByMachine::default(), ByMachine::default(), ByMachine::default());
    registry.register("run_time_seconds", "Time of the procedure on a machine", time.clone());
    registry.register("warp", "How many times faster than real time", warp.clone());
    registry.register("alarms", "Alarms that are signalled", alarms.clone());
    let (machines, screens) = (Gauge::<i64>::default(), Gauge::<i64>::default());
    registry.register("machines", "Machines of this server", machines.clone());
    registry.register("screens", "Open live channels", screens.clone());
    let open = socket::MOST.saturating_sub(app.sockets.available_permits());
    screens.set(i64::try_from(open).unwrap_or(i64::MAX));
    for machine in app.all_machines() {
        machines.inc();
        let live: Value = serde_json::from_str(&machine.screens.live.borrow()).unwrap_or_default();
        let label = vec![("machine".to_owned(), machine.id.clone())];
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a day at most")]
        time.get_or_create(&label).set(live["time_s"].as_f64().unwrap_or(0.0) as i64);
        warp.get_or_create(&label).set(live["warp"].as_i64().unwrap_or(0));
        let active = live["alarms"]["active"].as_array().map_or(0, Vec::len);
        alarms.get_or_create(&label).set(i64::try_from(active).unwrap_or(i64::MAX));
    }
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| Refused::failed(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}
