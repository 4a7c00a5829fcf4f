//! Signing in and out, and the users.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use leuka_report::NOT_A_DEVICE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{COOKIE_NAME, cookie};
use super::extract::Body;
use super::{Shared, blocking};
use crate::accounts::{Caller, Role, User};
use crate::error::{Problem, Refused};

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
    role: Role,
    password: String,
}

/// What changes of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    role: Option<Role>,
    active: Option<bool>,
    password: Option<String>,
}

/// What the server is.
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(app): State<Shared>) -> Json<Status> {
    Json(Status {
        version: leuka_procedure::VERSION,
        needs_setup: app.accounts.needs_setup(),
        demo: app.demo,
        notice: NOT_A_DEVICE,
    })
}

/// Makes the first user, an engineer, by the link that the server printed.
#[utoipa::path(post, path = "/api/setup", request_body = Setup,
    responses((status = 200, body = User), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn setup(State(app): State<Shared>, Body(setup): Body<Setup>) -> Result<Json<User>, Refused> {
    let user = User { login: setup.login, name: setup.name, role: Role::Engineer, active: true };
    let all = Arc::clone(&app);
    let made = user.clone();
    blocking(&app.hashes, move || all.accounts.set_up(&setup.token, made, &setup.password)).await?;
    Ok(Json(user))
}

/// Signs in.
#[utoipa::path(post, path = "/api/login", request_body = Login,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn login(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Body(login): Body<Login>,
) -> Result<Response, Refused> {
    let all = Arc::clone(&app);
    let from = from.ip().to_string();
    let work = move || all.accounts.sign_in(&login.login, &login.password, &from);
    let (cookie, caller) = blocking(&app.hashes, work).await?;
    let secure = if app.tls { "; Secure" } else { "" };
    let set = format!("{COOKIE_NAME}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}");
    Ok(([(SET_COOKIE, set)], Json(Me { user: caller.user, csrf: caller.csrf })).into_response())
}

/// Signs out.
#[utoipa::path(post, path = "/api/logout", responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn logout(State(app): State<Shared>, headers: HeaderMap) -> Result<Response, Refused> {
    if let Some(cookie) = cookie(&headers) {
        app.accounts.sign_out(cookie)?;
    }
    let gone = format!("{COOKIE_NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(crate) async fn me(Extension(caller): Extension<Caller>) -> Json<Me> {
    Json(Me { user: caller.user, csrf: caller.csrf })
}

/// All users.
#[utoipa::path(get, path = "/api/users", responses((status = 200, body = Vec<User>), (status = 403, body = Problem)))]
pub(crate) async fn users(State(app): State<Shared>) -> Json<Vec<User>> {
    Json(app.accounts.users())
}

/// Adds a user.
#[utoipa::path(post, path = "/api/users", request_body = NewUser,
    responses((status = 200, body = User), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn add_user(State(app): State<Shared>, Body(new): Body<NewUser>) -> Result<Json<User>, Refused> {
    let user = User { login: new.login, name: new.name, role: new.role, active: true };
    let (all, made) = (Arc::clone(&app), user.clone());
    blocking(&app.hashes, move || all.accounts.add_checked(made, &new.password)).await?;
    Ok(Json(user))
}

/// Changes a user.
#[utoipa::path(post, path = "/api/users/{login}", request_body = Change, params(("login" = String, Path, description = "The user's login.")),
    responses((status = 200, body = User), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn change_user(
    State(app): State<Shared>,
    Path(login): Path<String>,
    Body(change): Body<Change>,
) -> Result<Json<User>, Refused> {
    let all = Arc::clone(&app);
    let work = move || all.accounts.change(&login, change.role, change.active, change.password.as_deref());
    Ok(Json(blocking(&app.hashes, work).await?))
}
