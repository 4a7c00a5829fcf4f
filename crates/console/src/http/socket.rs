//! The live channel: one WebSocket a screen. Whoever is slow gets the latest, never a backlog.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use leuka_device::Priority;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{MissedTickBehavior, interval, timeout};
use utoipa::IntoParams;

use super::Shared;
use super::access::cookie;
use super::extract::Asked;
use crate::bedside::{Bedside, live as shown};
use crate::error::{Problem, Refused};
use crate::people::caller;

/// Open sockets at most.
pub(crate) const MOST: usize = 1000;
/// A screen that takes nothing for so long is gone.
const PATIENCE: Duration = Duration::from_secs(20);
/// Whether the session still holds is looked at so often.
const LOOKS: Duration = Duration::from_secs(15);
/// Live values of all machines go out so often.
const WALL: Duration = Duration::from_secs(1);
/// Events in one go.
const EVENTS: usize = 200;
/// The longest message that is read; screens send nothing but pings.
const LONGEST: usize = 1024;

/// Which machine.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// One machine: all of it.
    #[serde(default)]
    machine: Option<String>,
    /// `1`: the live values of all machines, once a second.
    #[serde(default)]
    wall: Option<String>,
}

/// Opens the live channel.
#[utoipa::path(get, path = "/api/live", params(Which),
    responses((status = 101), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn live(
    State(app): State<Shared>,
    Asked(which): Asked<Which>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refused> {
    let session = cookie(&headers).unwrap_or_default().to_owned();
    let permit = Arc::clone(&app.sockets).try_acquire_owned().map_err(|_| Refused::busy())?;
    let upgrade = upgrade.max_message_size(LONGEST).max_frame_size(LONGEST);
    if which.wall.is_some() {
        return Ok(upgrade.on_upgrade(move |socket| wall(app, session, socket, permit)));
    }
    let machine = app.machine(&which.machine.ok_or_else(|| Refused::wrong("machine: say which, or wall=1"))?)?;
    Ok(upgrade.on_upgrade(move |socket| follow(app, session, machine, socket, permit)))
}

/// Why a socket ends; nobody needs to know.
struct Gone;

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match timeout(PATIENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Gone),
    }
}

async fn text(socket: &mut WebSocket, text: String) -> Result<(), Gone> {
    send(socket, Message::Text(Utf8Bytes::from(text))).await
}

async fn follow(
    app: Shared,
    session: String,
    machine: Arc<Bedside>,
    mut socket: WebSocket,
    _permit: OwnedSemaphorePermit,
) {
    let _ = follow_on(&app, &session, &machine, &mut socket).await;
}

async fn follow_on(app: &Shared, session: &str, machine: &Bedside, socket: &mut WebSocket) -> Result<(), Gone> {
    let screens = &machine.screens;
    let mut live = screens.live.subscribe();
    let mut alarms = screens.alarms.subscribe();
    let mut frame = screens.frame.subscribe();
    let mut seq = screens.seq.subscribe();
    let mut next = *seq.borrow_and_update();
    let sounds = json!({
        "high": shown::sound(Priority::High), "medium": shown::sound(Priority::Medium), "low": shown::sound(Priority::Low),
    });
    let hello = json!({ "type": "hello", "columns": shown::columns(), "sequence": next, "sounds": sounds });
    text(socket, hello.to_string()).await?;
    live.mark_changed();
    alarms.mark_changed();
    let mut looks = interval(LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            Ok(()) = alarms.changed() => {
                let message = format!("{{\"type\":\"alarms\",\"machine\":{},\"alarms\":{}}}", json!(machine.id), *alarms.borrow_and_update());
                text(socket, message).await?;
            }
            Ok(()) = seq.changed() => {
                seq.borrow_and_update();
                for told in screens.events(next, EVENTS) {
                    next = told.seq + 1;
                    let mut message = json!(*told);
                    message["type"] = json!("event");
                    text(socket, message.to_string()).await?;
                }
            }
            Ok(()) = live.changed() => {
                let message = format!("{{\"type\":\"live\",\"live\":{}}}", *live.borrow_and_update());
                text(socket, message).await?;
            }
            Ok(()) = frame.changed() => {
                let bytes: Bytes = frame.borrow_and_update().clone();
                if !bytes.is_empty() {
                    send(socket, Message::Binary(bytes)).await?;
                }
            }
            _ = looks.tick() => still_holds(app, session).await?,
            message = socket.recv() => still_there(message)?,
        }
    }
}

async fn wall(app: Shared, session: String, mut socket: WebSocket, _permit: OwnedSemaphorePermit) {
    let mut ticks = interval(WALL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = ticks.tick() => match still_holds(&app, &session).await {
                Ok(()) => text(&mut socket, whole_wall(&app)).await,
                Err(gone) => Err(gone),
            },
            message = socket.recv() => still_there(message),
        };
        if done.is_err() {
            return;
        }
    }
}

fn whole_wall(app: &Shared) -> String {
    let machines: Vec<String> =
        app.all_machines().iter().map(|machine| machine.screens.live.borrow().to_string()).collect();
    format!("{{\"type\":\"wall\",\"machines\":[{}]}}", machines.join(","))
}

/// A database that does not answer ends no session.
async fn still_holds(app: &Shared, session: &str) -> Result<(), Gone> {
    match caller(&app.archive.store, session).await {
        Ok(None) => Err(Gone),
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

fn still_there(message: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
    match message {
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        Some(Ok(_)) => Ok(()),
    }
}
