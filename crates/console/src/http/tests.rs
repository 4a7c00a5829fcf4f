//! The console as a browser meets it: who may what, what is refused, a procedure by people, and a restart.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::access::{ACCESS, May};
use super::{App, openapi, router};
use crate::accounts::{Accounts, Role, User};
use crate::machines::Machines;
use crate::store::Store;

const PASSWORD: &str = "a long enough secret";

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("leuka-console-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn console(folder: &Path) -> Router {
    let store = Store::open(folder).unwrap();
    let accounts = Accounts::open(&store).unwrap();
    let app = Arc::new(App::new(accounts, store, false, false));
    for role in Role::ALL {
        let user = User { login: role.name().to_owned(), name: role.name().to_owned(), role, active: true };
        let _ = app.accounts.add(user, PASSWORD);
    }
    Machines::start(&app, &["Bed 1", "Bed 2"]).unwrap();
    router(app)
}

/// Somebody at a browser.
#[derive(Clone)]
struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    fn new(router: &Router) -> Self {
        Self { router: router.clone(), cookie: String::new(), csrf: String::new() }
    }

    async fn signed_in(router: &Router, role: Role) -> Self {
        let mut browser = Self::new(router);
        let body = json!({ "login": role.name(), "password": PASSWORD });
        let (status, headers, me) = browser.ask(Method::POST, "/api/login", Some(body), "http://here").await;
        assert_eq!(status, StatusCode::OK, "{me}");
        let set = headers.get(SET_COOKIE).unwrap().to_str().unwrap();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
        browser.cookie = set.split(';').next().unwrap().to_owned();
        browser.csrf = me["csrf"].as_str().unwrap().to_owned();
        browser
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        origin: &str,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "here").header(ORIGIN, origin);
        if !self.cookie.is_empty() {
            request = request.header(COOKIE, &self.cookie).header("x-csrf", &self.csrf);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, _, value) = self.ask(Method::GET, path, None, "http://here").await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let (status, _, value) = self.ask(Method::POST, path, Some(body), "http://here").await;
        (status, value)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_for_the_roles_of_the_table_and_for_nobody_else() {
    let folder = Folder::new("roles");
    let router = console(&folder.0);
    let nobody = Browser::new(&router);
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, Browser::signed_in(&router, role).await));
    }
    for (method, route, may) in ACCESS {
        // A machine and a user that are not there: whoever may come in gets another refusal than whoever may not.
        let path = route.replace("{id}", "nothing").replace("{login}", "nothing");
        let method: Method = method.parse().unwrap();
        let body = || (method == Method::POST).then(|| json!({}));
        if path.ends_with("/logout") {
            continue;
        }
        let (status, _, _) = nobody.ask(method.clone(), &path, body(), "http://here").await;
        let is_kept_out = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
        if *may != May::Anyone {
            assert_eq!(status, StatusCode::UNAUTHORIZED, "nobody at {method} {route}");
        }
        for (role, browser) in &people {
            let (status, _, answer) = browser.ask(method.clone(), &path, body(), "http://here").await;
            let kept_out = status == StatusCode::FORBIDDEN && answer["error"]["code"] == "role";
            let wanted = match may {
                May::Anyone => route == &"/metrics" && *role != Role::Engineer,
                May::SignedIn => false,
                May::Roles(roles) => !roles.contains(role),
            };
            assert_eq!(kept_out, wanted, "{} at {method} {route}: {status} {answer}", role.name());
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{} at {method} {route}", role.name());
        }
        let _ = is_kept_out;
    }
}

#[test]
fn the_table_names_every_route_that_is_described_and_no_other() {
    let described: Value = serde_json::from_str(&openapi()).unwrap();
    let mut routes: Vec<String> = vec!["GET /api/openapi.json".to_owned()];
    for (path, methods) in described["paths"].as_object().unwrap() {
        routes.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut table: Vec<String> = ACCESS.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    routes.sort();
    table.sort();
    assert_eq!(routes, table);
}

#[test]
fn the_description_that_is_checked_in_is_that_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("LEUKA_WRITE").is_some() {
        std::fs::write(&path, openapi()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == openapi(), "docs/openapi.json is old: LEUKA_WRITE=1 cargo test -p leuka-console writes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_a_missing_token_and_an_unknown_method_are_refused() {
    let folder = Folder::new("forged");
    let router = console(&folder.0);
    let mut nurse = Browser::signed_in(&router, Role::Nurse).await;
    let path = "/api/machines/m1/actions";
    let body = || Some(json!({ "action": "Pause", "why": "" }));
    let (status, headers, answer) = nurse.ask(Method::POST, path, body(), "https://elsewhere").await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("origin")));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let (status, _, _) = nurse.ask(Method::GET, "/api/live?machine=m1", None, "https://elsewhere").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    nurse.csrf = "wrong".into();
    let (status, _, answer) = nurse.ask(Method::POST, path, body(), "http://here").await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("csrf")));
    let (status, _, _) = nurse.ask(Method::DELETE, "/api/users", None, "http://here").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let long = json!({ "protocol": "x".repeat(1_000_000), "donor": "" });
    let nurse = Browser::signed_in(&router, Role::Nurse).await;
    let (status, _) = nurse.post("/api/plan", long).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_locked_out_and_who_is_switched_off_is_signed_out() {
    let folder = Folder::new("guesses");
    let router = console(&folder.0);
    let nurse = Browser::signed_in(&router, Role::Nurse).await;
    let engineer = Browser::signed_in(&router, Role::Engineer).await;
    let (status, _) = engineer.post("/api/users/nurse", json!({ "active": false })).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, _) = nurse.ask(Method::GET, "/api/me", None, "http://here").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, answer) = engineer.post("/api/users/engineer", json!({ "role": "lab" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    let stranger = Browser::new(&router);
    for n in 0..6 {
        let (status, _) = stranger.post("/api/login", json!({ "login": "lab", "password": "guess" })).await;
        let wanted = if n < 5 { StatusCode::UNAUTHORIZED } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, wanted, "guess {n}");
    }
}

/// Confirms whatever is asked for, with what scanner and papers say, until the procedure is over or `most` steps are done.
async fn confirm_all(nurse: &Browser, most: usize) -> Vec<String> {
    let mut steps = Vec::new();
    for _ in 0..3000 {
        let live = nurse.get("/api/machines").await[0]["live"].clone();
        if live["is_over"] == true || steps.len() == most {
            return steps;
        }
        if let Some(name) = live["request"]["name"].as_str() {
            let needs = live["request"]["needs"].as_array().unwrap();
            let answer =
                |need: &Value| if need["scan"].is_null() { need["default"].clone() } else { need["scan"].clone() };
            let with: serde_json::Map<String, Value> =
                needs.iter().map(|need| (need["name"].as_str().unwrap().to_owned(), answer(need))).collect();
            let body = json!({ "action": "confirm", "request": name, "with": with, "why": "as asked" });
            let (status, told) = nurse.post("/api/machines/m1/actions", body).await;
            assert!(status == StatusCode::OK || status == StatusCode::CONFLICT, "{name}: {told}");
            if status == StatusCode::OK && steps.last().is_none_or(|last| last != name) {
                steps.push(name.to_owned());
            }
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    panic!("the procedure does not end: {steps:?}");
}

fn start(operator: &str) -> Value {
    // A collection of a tenth of the usual length.
    json!({
        "protocol": "cd34-autologous", "donor": "autologous-74kg", "operator": operator, "warp": 200,
        "set": ["protocol.stop.most_time_min=15"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn people_take_a_procedure_from_the_order_to_the_counts_and_every_step_has_who_and_why() {
    let folder = Folder::new("people");
    let router = console(&folder.0);
    let nurse = Browser::signed_in(&router, Role::Nurse).await;
    let mut body = start("human");
    body["set"] = json!([]);
    let (status, told) = nurse.post("/api/machines/m1/run", body).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (status, _) =
        nurse.post("/api/machines/m1/actions", json!({ "action": "confirm", "request": "connect" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "nothing can be confirmed before it is asked for");
    let steps = confirm_all(&nurse, 10).await;
    assert_eq!(steps[..3], ["scan_order", "scan_donor", "confirm_eligibility"]);
    assert_eq!(steps.last().unwrap(), "connect");
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if nurse.get("/api/machines").await[0]["live"]["phase"] == "collect" {
            break;
        }
    }
    let (status, told) = nurse.post("/api/machines/m1/actions", json!({ "action": "EndEarly", "why": "enough" })).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let after = confirm_all(&nurse, usize::MAX).await;
    assert_eq!(after.last().unwrap(), "enter_counts", "{after:?}");
    let events = nurse.get("/api/machines/m1/events?from=0").await;
    let confirmed: Vec<&Value> =
        events.as_array().unwrap().iter().filter(|event| event["kind"] == "confirmed").collect();
    assert!(confirmed.len() >= 18, "{}", confirmed.len());
    assert!(confirmed.iter().all(|event| event["data"]["who"]["login"] == "nurse" && event["data"]["why"] != ""));
}
