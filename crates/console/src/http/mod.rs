//! The console over HTTP: its routes, and what stands before them.

pub(crate) mod access;
mod again;
mod extract;
mod instructor;
mod limits;
mod machines;
mod metrics;
mod page;
mod people;
mod records;
mod socket;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Json, Router};
use leuka_record::export::label::Site;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bedside::Bedside;
use crate::bedside::recording::Archive;
use crate::error::Refused;
use crate::people::Door;

/// The longest body that is read: a protocol, a donor and a scenario.
const LONGEST_BODY: usize = 768 * 1024;
/// Passwords that are hashed at a time; each takes 19 MiB.
const HASHES: usize = 2;
/// Replays that are computed at a time.
const REPLAYS: usize = 1;
/// Records that are read, verified or exported at a time.
const READINGS: usize = 2;

/// Everything that a request can reach.
pub(crate) struct App {
    pub(crate) archive: Archive,
    pub(crate) door: Door,
    /// What stands on labels.
    pub(crate) site: Site,
    pub(crate) machines: RwLock<BTreeMap<String, Arc<Bedside>>>,
    pub(crate) demo: bool,
    pub(crate) tls: bool,
    hashes: Semaphore,
    replays: Semaphore,
    readings: Semaphore,
    sockets: Arc<Semaphore>,
    limits: limits::Limits,
}

pub(crate) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(archive: Archive, site: Site, demo: bool, tls: bool) -> Self {
        Self {
            archive,
            door: Door::default(),
            site,
            machines: RwLock::default(),
            demo,
            tls,
            hashes: Semaphore::new(HASHES),
            replays: Semaphore::new(REPLAYS),
            readings: Semaphore::new(READINGS),
            sockets: Arc::new(Semaphore::new(socket::MOST)),
            limits: limits::Limits::default(),
        }
    }

    /// Passwords are hashed a few at a time.
    pub(crate) async fn hash(&self) -> Result<SemaphorePermit<'_>, Refused> {
        self.hashes.acquire().await.map_err(|_| Refused::busy())
    }

    pub(crate) fn machine(&self, id: &str) -> Result<Arc<Bedside>, Refused> {
        let machines = self.machines.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        machines.get(id).cloned().ok_or_else(|| Refused::unknown(format!("there is no machine {id}")))
    }

    pub(crate) fn all_machines(&self) -> Vec<Arc<Bedside>> {
        self.machines.read().unwrap_or_else(std::sync::PoisonError::into_inner).values().cloned().collect()
    }
}

/// Does what takes long on a thread for such work.
pub(crate) async fn blocking<T: Send + 'static>(
    permits: &Semaphore,
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    let _permit = permits.acquire().await.map_err(|_| Refused::busy())?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Refused::failed(error.to_string()))?
}

#[derive(OpenApi)]
#[openapi(info(
    title = "leuka console",
    description = "The bedside console's interface. For research, engineering and training. Not a medical device; not for treating people."
))]
struct Description;

/// Whatever else is answered is a refusal.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let schema = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let refusal = ResponseBuilder::new().description("What, where, and what to do.");
        let refusal = refusal.content("application/json", content).build();
        for item in description.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                operation.responses.responses.insert("default".to_owned(), refusal.clone().into());
            }
        }
    }
}

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(people::status))
        .routes(routes!(people::setup))
        .routes(routes!(people::login))
        .routes(routes!(people::logout))
        .routes(routes!(people::me))
        .routes(routes!(people::users, people::add_user))
        .routes(routes!(people::change_user))
        .routes(routes!(machines::library))
        .routes(routes!(machines::plan))
        .routes(routes!(machines::list, machines::add))
        .routes(routes!(machines::run))
        .routes(routes!(machines::actions))
        .routes(routes!(machines::alarm_log, machines::alarms))
        .routes(routes!(machines::samples))
        .routes(routes!(machines::events))
        .routes(routes!(instructor::pace))
        .routes(routes!(instructor::inject))
        .routes(routes!(instructor::snapshot))
        .routes(routes!(instructor::rewind))
        .routes(routes!(again::what_if))
        .routes(routes!(again::debrief))
        .routes(routes!(records::list))
        .routes(routes!(records::show))
        .routes(routes!(records::verify))
        .routes(routes!(records::counts))
        .routes(routes!(records::reconcile))
        .routes(routes!(records::number))
        .routes(routes!(records::label))
        .routes(routes!(records::amend))
        .routes(routes!(records::sign))
        .routes(routes!(records::close))
        .routes(routes!(records::file))
        .routes(routes!(metrics::metrics))
        .routes(routes!(socket::live))
}

/// The description of the interface, as JSON.
#[must_use]
pub fn openapi() -> String {
    let mut description = routes().to_openapi();
    Refusals.modify(&mut description);
    description.to_pretty_json().map(|json| json + "\n").unwrap_or_default()
}

/// The whole console.
pub(crate) fn router(app: Shared) -> Router {
    let (api, mut description) = routes().split_for_parts();
    Refusals.modify(&mut description);
    let api = api.route("/api/openapi.json", axum::routing::get(async || Json(description)));
    api.layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&app), access::check))
        .fallback(page::page)
        .layer(from_fn_with_state(Arc::clone(&app), limits::limit))
        .layer(from_fn(page::headers))
        .with_state(app)
}
