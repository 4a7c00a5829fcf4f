//! Signing in and out, and the users.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use leuka_record::{Error, Role};
use leuka_report::NOT_A_DEVICE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::access::{COOKIE_NAME, cookie};
use super::extract::Body;
use crate::error::{Problem, Refused};
use crate::people::{Caller, RoleName, User};

/// What the server says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    version: &'static str,
    needs_setup: bool,
    demo: bool,
    notice: &'static str,
}

/// Who is signed in, and the token of the session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    user: User,
    csrf: String,
}

/// The first user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    token: String,
    login: String,
    name: String,
    password: String,
}

/// Login and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    login: String,
    password: String,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    login: String,
    name: String,
    #[schema(value_type = RoleName)]
    role: Role,
    password: String,
}

/// What changes of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[serde(default)]
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    active: Option<bool>,
    password: Option<String>,
}

/// What the server is.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(app): State<Shared>) -> Result<Json<Status>, Refused> {
    let needs_setup = app.archive.store.users().await?.is_empty();
    Ok(Json(Status { version: leuka_procedure::VERSION, needs_setup, demo: app.demo, notice: NOT_A_DEVICE }))
}

/// Makes the first user, an engineer, by the link that the server printed.
#[utoipa::path(post, path = "/api/setup", request_body = Setup,
    responses((status = 200, body = User), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn setup(State(app): State<Shared>, Body(setup): Body<Setup>) -> Result<Json<User>, Refused> {
    let _permit = app.hash().await?;
    let who = (setup.login.as_str(), setup.name.as_str());
    Ok(Json(app.door.set_up(&app.archive.store, &setup.token, who, &setup.password).await?))
}

/// Signs in.
#[utoipa::path(post, path = "/api/login", request_body = Login,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn login(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Body(login): Body<Login>,
) -> Result<Response, Refused> {
    let from = from.ip().to_string();
    app.door.refuse_locked(&from)?;
    let _permit = app.hash().await?;
    let (store, now) = (&app.archive.store, app.archive.now().utc_ms);
    let user = store.authenticate(&login.login, &login.password, now).await;
    app.door.count(&from, user.is_ok());
    let user = user.map_err(|error| match error {
        Error::Credentials => Refused::new(StatusCode::UNAUTHORIZED, "refused", error.to_string()),
        other => other.into(),
    })?;
    let session = store.begin_session(&user, now).await?;
    let (cookie, secure) = (session.token, if app.tls { "; Secure" } else { "" });
    let set = format!("{COOKIE_NAME}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}");
    Ok(([(SET_COOKIE, set)], Json(Me { user: user.into(), csrf: session.csrf })).into_response())
}

/// Signs out.
#[utoipa::path(post, path = "/api/logout", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn logout(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, Refused> {
    if let Some(cookie) = cookie(&headers) {
        app.archive.store.end_session(cookie).await?;
    }
    let gone = format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(crate) async fn me(Extension(caller): Extension<Caller>) -> Json<Me> {
    Json(Me { user: caller.user.into(), csrf: caller.csrf })
}

/// All users.
#[utoipa::path(get, path = "/api/users", responses((status = 200, body = Vec<User>), (status = 403, body = Problem)))]
pub(crate) async fn users(State(app): State<Shared>) -> Result<Json<Vec<User>>, Refused> {
    Ok(Json(app.archive.store.users().await?.into_iter().map(User::from).collect()))
}

/// Adds a user.
#[utoipa::path(post, path = "/api/users", request_body = NewUser,
    responses((status = 200, body = User), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn add_user(State(app): State<Shared>, Body(new): Body<NewUser>) -> Result<Json<User>, Refused> {
    let _permit = app.hash().await?;
    let NewUser { login, name, role, password } = new;
    Ok(Json(app.archive.store.add_user(&login, &name, role, &password).await?.into()))
}

/// Changes a user.
#[utoipa::path(post, path = "/api/users/{login}", request_body = Change, params(("login" = String, Path, description = "The user's login.")),
    responses((status = 200, body = User), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn change_user(
    State(app): State<Shared>,
    Path(login): Path<String>,
    Body(change): Body<Change>,
) -> Result<Json<User>, Refused> {
    let _permit = app.hash().await?;
    let store = &app.archive.store;
    let changed = store.change_user(&login, change.role, change.active, change.password.as_deref()).await;
    let user = changed.map_err(|error| match error {
        Error::Credentials => Refused::unknown(format!("there is no user {login}")),
        other => other.into(),
    })?;
    Ok(Json(user.into()))
}
