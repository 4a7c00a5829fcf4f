//! Who may take which route: one table, and the check that stands before every handler.
//!
//! A route that is not in the table is refused to everybody. An unsafe method needs the session's token and a page of
//! the same origin; so does a WebSocket need the origin, for browsers let any page open one.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leuka_record::Role::{self, Engineer, Instructor, Lab, Nurse, Physician};

use super::Shared;
use crate::error::Refused;
use crate::people::{Caller, caller, same};

/// The name of the session's cookie.
pub(crate) const COOKIE_NAME: &str = "leuka_session";

/// Who may take a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum May {
    /// Anybody, also who is not signed in.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// These roles.
    Roles(&'static [Role]),
}

const OPERATORS: May = May::Roles(&[Nurse, Physician]);
const BEDSIDE: May = May::Roles(&[Nurse, Physician, Instructor]);
const WRITERS: May = May::Roles(&[Nurse, Physician, Lab]);
const INSTRUCTORS: May = May::Roles(&[Instructor]);
const ENGINEERS: May = May::Roles(&[Engineer]);

/// Every route and who may take it.
pub(crate) const ACCESS: &[(&str, &str, May)] = &[
    ("GET", "/api/status", May::Anyone),
    ("GET", "/api/openapi.json", May::Anyone),
    ("POST", "/api/setup", May::Anyone),
    ("POST", "/api/login", May::Anyone),
    ("POST", "/api/logout", May::SignedIn),
    ("GET", "/api/me", May::SignedIn),
    ("GET", "/api/users", ENGINEERS),
    ("POST", "/api/users", ENGINEERS),
    ("POST", "/api/users/{login}", ENGINEERS),
    ("GET", "/api/library", May::SignedIn),
    ("POST", "/api/plan", BEDSIDE),
    ("GET", "/api/machines", May::SignedIn),
    ("POST", "/api/machines", ENGINEERS),
    ("POST", "/api/machines/{id}/run", BEDSIDE),
    ("POST", "/api/machines/{id}/actions", OPERATORS),
    ("GET", "/api/machines/{id}/alarms", May::SignedIn),
    ("POST", "/api/machines/{id}/alarms", BEDSIDE),
    ("GET", "/api/machines/{id}/samples", May::SignedIn),
    ("GET", "/api/machines/{id}/events", May::SignedIn),
    ("POST", "/api/machines/{id}/what-if", May::SignedIn),
    ("POST", "/api/machines/{id}/pace", INSTRUCTORS),
    ("POST", "/api/machines/{id}/inject", INSTRUCTORS),
    ("POST", "/api/machines/{id}/snapshot", INSTRUCTORS),
    ("POST", "/api/machines/{id}/rewind", INSTRUCTORS),
    ("GET", "/api/machines/{id}/debrief", INSTRUCTORS),
    ("GET", "/api/live", May::SignedIn),
    ("GET", "/api/records", May::SignedIn),
    ("GET", "/api/records/{id}", May::SignedIn),
    ("GET", "/api/records/{id}/verify", May::SignedIn),
    ("GET", "/api/records/{id}/{file}", May::SignedIn),
    ("POST", "/api/records/{id}/counts", WRITERS),
    ("POST", "/api/records/{id}/reconcile", WRITERS),
    ("POST", "/api/records/{id}/number", WRITERS),
    ("POST", "/api/records/{id}/label", WRITERS),
    ("POST", "/api/records/{id}/amend", WRITERS),
    ("POST", "/api/records/{id}/sign", WRITERS),
    ("POST", "/api/records/{id}/close", OPERATORS),
    ("GET", "/metrics", May::Anyone),
];

impl May {
    /// What the table says of a route.
    fn of(method: &str, path: &str) -> Option<Self> {
        ACCESS.iter().find(|(known, route, _)| *known == method && *route == path).map(|(.., may)| *may)
    }

    fn admits(self, role: Role) -> bool {
        match self {
            Self::Anyone | Self::SignedIn => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

/// Stands before every route.
pub(crate) async fn check(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let caller = match cookie(request.headers()).map(str::to_owned) {
        None => Ok(None),
        Some(cookie) => caller(&app.archive.store, &cookie).await,
    };
    match caller.map_err(Refused::from).and_then(|caller| admit(caller, &request)) {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

fn admit(caller: Option<Caller>, request: &Request) -> Result<Option<Caller>, Refused> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let headers = request.headers();
    let forbidden = |code, message: &str| Refused::new(StatusCode::FORBIDDEN, code, message);
    let may = May::of(method.as_str(), path).ok_or_else(|| {
        Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this route does not take this method")
    })?;
    let is_safe = method == Method::GET;
    let is_socket = path == "/api/live";
    if (!is_safe || is_socket) && !of_this_origin(headers) {
        return Err(forbidden("origin", "the request comes from another site: open the console's own page"));
    }
    if may == May::Anyone {
        return Ok(caller);
    }
    let caller =
        caller.ok_or_else(|| Refused::new(StatusCode::UNAUTHORIZED, "nobody", "nobody is signed in: sign in first"))?;
    if !may.admits(caller.user.role) {
        let role = caller.user.role.name();
        return Err(forbidden("role", &format!("the role {role} may not do this: sign in as somebody who may")));
    }
    let token = headers.get("x-csrf").and_then(|token| token.to_str().ok()).unwrap_or_default();
    if !is_safe && !same(token, &caller.csrf) {
        return Err(forbidden("csrf", "the request has no valid x-csrf: take it from /api/me"));
    }
    Ok(Some(caller))
}

/// The session's cookie of a request.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE_NAME).then_some(value)
    })
}

/// The page that asks is one of this server.
fn of_this_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    origin.is_some() && origin == text(HOST)
}
