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
use leuka_record::export::label::Site;
use leuka_record::{Key, Role, Store};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::access::{ACCESS, May};
use super::{App, openapi, router};
use crate::bedside::recording::Archive;
use crate::machines::Machines;
use crate::monitors;

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

async fn console(folder: &Path) -> (Router, Arc<App>) {
    std::fs::create_dir_all(folder).unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.join("record.sqlite").display())).await.unwrap();
    for role in Role::ALL {
        if store.user(role.name()).await.unwrap().is_none() {
            store.add_user(role.name(), role.name(), role, PASSWORD).await.unwrap();
        }
    }
    let archive = Archive::new(store, Key::at(&folder.join("record.key")).unwrap());
    let site = Site { facility: "A test".into(), product: None, expires_after_h: 48, zone_min: 0 };
    let app = Arc::new(App::new(archive, site, false, false));
    Machines::start(&app, &["Bed 1", "Bed 2"]).await.unwrap();
    (router(Arc::clone(&app)), app)
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
    let (router, _) = console(&folder.0).await;
    let nobody = Browser::new(&router);
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, Browser::signed_in(&router, role).await));
    }
    for (method, route, may) in ACCESS {
        // A machine and a user that are not there: whoever may come in gets another refusal than whoever may not.
        let path = route.replace("{id}", "nothing").replace("{login}", "nothing").replace("{file}", "fhir.json");
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
    let (router, _) = console(&folder.0).await;
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
    let (router, _) = console(&folder.0).await;
    let nurse = Browser::signed_in(&router, Role::Nurse).await;
    let engineer = Browser::signed_in(&router, Role::Engineer).await;
    let (status, told) = engineer.post("/api/users/nobody", json!({ "active": false })).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{told}");
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
    // A collection as short as a protocol may be.
    json!({
        "protocol": "cd34-autologous", "donor": "autologous-74kg", "operator": operator, "warp": 200,
        "set": ["protocol.target.time_min=40"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn people_take_a_procedure_from_the_order_to_the_counts_and_every_step_has_who_and_why() {
    let folder = Folder::new("people");
    let (router, _) = console(&folder.0).await;
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

/// The record of a procedure by the simulated operator that has ended.
async fn ended(router: &Router) -> String {
    let instructor = Browser::signed_in(router, Role::Instructor).await;
    let (status, told) = instructor.post("/api/machines/m1/run", start("simulated")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let record = told["record"].as_str().unwrap().to_owned();
    for _ in 0..2000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let page = instructor.get(&format!("/api/records/{record}")).await;
        if page["state"] == "ended" {
            assert_eq!(page["next"], "counts", "{page}");
            return record;
        }
    }
    panic!("the record does not end");
}

/// What scanner, scales and laboratory of the simulated procedure give for a step.
fn given(page: &Value, step: &str) -> serde_json::Map<String, Value> {
    let fields = page["fields"][step].as_array().unwrap();
    let value = |field: &Value| match field["kind"].as_str() {
        Some("number") => json!(field["scan"].as_str().unwrap().parse::<f64>().unwrap()),
        _ => field["scan"].clone(),
    };
    fields.iter().map(|field| (field["name"].as_str().unwrap().to_owned(), value(field))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_counted_accounted_numbered_labelled_signed_and_closed_and_what_differs_is_refused() {
    let folder = Folder::new("record");
    let (router, app) = console(&folder.0).await;
    let id = ended(&router).await;
    let at = |step: &str| format!("/api/records/{id}/{step}");
    let lab = Browser::signed_in(&router, Role::Lab).await;
    let physician = Browser::signed_in(&router, Role::Physician).await;

    let (status, told) = lab.post(&at("reconcile"), json!({})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "no account without counts: {told}");
    let page = lab.get(&format!("/api/records/{id}")).await;
    let mut counts = Value::Object(given(&page, "counts"));
    counts["why"] = json!("laboratory result");
    let mut wrong = counts.clone();
    wrong["weight_g"] = json!(1.0);
    assert_eq!(lab.post(&at("counts"), wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY, "lighter than its tare");
    let (status, page) = lab.post(&at("counts"), counts).await;
    assert_eq!((status, &page["next"]), (StatusCode::OK, &json!("reconcile")), "{page}");
    let (status, page) = lab.post(&at("reconcile"), json!({ "why": "compared" })).await;
    assert_eq!((status, &page["next"]), (StatusCode::OK, &json!("number")), "{page}");
    // The laboratory of the simulated procedure counts rightly: the account gives what is true.
    let truth = app.archive.store.load(&id).await.unwrap().ended.unwrap().outcome["dose_1e6_per_kg"].as_f64().unwrap();
    let account = page["facts"]["product.reconciled"]["dose_1e6_per_kg"].as_f64().unwrap();
    assert!((account / (truth * 0.97) - 1.0).abs() < 0.01, "{account} of {truth}");

    assert_eq!(
        lab.post(&at("number"), json!({ "number": "A9999 26 12345" })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let (status, page) = lab.post(&at("number"), Value::Object(given(&page, "number"))).await;
    assert_eq!((status, &page["next"]), (StatusCode::OK, &json!("label")), "{page}");
    let mut scans = given(&page, "label");
    scans.insert("bag".into(), json!("PT-9999"));
    let (status, told) = lab.post(&at("label"), Value::Object(scans)).await;
    assert!(status == StatusCode::CONFLICT && told["error"]["message"].as_str().unwrap().contains("PT-9999"), "{told}");
    let mut scans = given(&page, "label");
    scans.insert("scanned".into(), json!("A999926654321"));
    let (status, told) = lab.post(&at("label"), Value::Object(scans)).await;
    assert_eq!(status, StatusCode::CONFLICT, "another product's label: {told}");
    let (status, page) = lab.post(&at("label"), Value::Object(given(&page, "label"))).await;
    assert_eq!((status, &page["next"]), (StatusCode::OK, &json!("sign")), "{page}");
    let refused = page["time_line"].as_array().unwrap().iter().filter(|row| row["action"] == "refuse").count();
    assert_eq!(refused, 2, "both attempts are in the trail");

    let sign = |password: &str, meaning: &str| json!({ "password": password, "meaning": meaning });
    let (status, told) = physician.post(&at("sign"), sign("a wrong enough secret", "review")).await;
    assert_eq!((status, &told["error"]["code"]), (StatusCode::FORBIDDEN, &json!("refused")));
    let (status, told) = lab.post(&at("sign"), sign(PASSWORD, "review")).await;
    assert_eq!((status, &told["error"]["code"]), (StatusCode::FORBIDDEN, &json!("role")), "{told}");
    let (status, _) = physician.post(&at("close"), json!({ "why": "complete" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "it is not signed");
    let (status, page) = lab.post(&at("sign"), sign(PASSWORD, "authorship")).await;
    assert_eq!((status, &page["unsigned"]), (StatusCode::OK, &json!(["review"])), "{page}");
    let (status, page) = physician.post(&at("sign"), sign(PASSWORD, "review")).await;
    assert_eq!((status, &page["next"]), (StatusCode::OK, &json!("close")), "{page}");
    let (status, page) = physician.post(&at("close"), json!({ "why": "complete" })).await;
    assert_eq!((status, &page["state"], &page["verified"]), (StatusCode::OK, &json!("closed"), &json!(true)), "{page}");

    // Closed: it is amended with a reason and nothing else, and the old value stays.
    let amended = |why: &str| json!({ "entity": "consent", "value": "form 12", "why": why });
    assert_eq!(lab.post(&at("amend"), amended("")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, page) = lab.post(&at("amend"), amended("it was on paper")).await;
    assert_eq!((status, &page["facts"]["consent"]), (StatusCode::OK, &json!("form 12")), "{page}");
    let verdict = lab.get(&at("verify")).await;
    assert!(
        verdict["verdict"]["fault"].is_null() && verdict["verdict"]["checkpointed"].as_i64() > Some(0),
        "{verdict}"
    );
    let list = lab.get("/api/records?text=autologous").await;
    assert_eq!(
        (&list[0]["id"], &list[0]["state"], &list[0]["machine"]),
        (&json!(id), &json!("closed"), &json!("Bed 1"))
    );
    let bundle = lab.get(&at("fhir.json")).await;
    assert_eq!(bundle["resourceType"], "Bundle");
    for (name, built_in) in [
        ("report.pdf", cfg!(feature = "pdf")),
        ("label.pdf", cfg!(feature = "pdf")),
        ("samples.parquet", cfg!(feature = "columns")),
        ("label.png", true),
        ("hl7.txt", true),
        ("sdc.xml", true),
        ("trail.json", true),
    ] {
        let (status, _, told) = lab.ask(Method::GET, &at(name), None, "http://here").await;
        let wanted = if built_in { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(status, wanted, "{name}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_goes_back_in_a_new_record_and_the_old_one_keeps_what_was() {
    let folder = Folder::new("rewind");
    let (router, app) = console(&folder.0).await;
    let instructor = Browser::signed_in(&router, Role::Instructor).await;
    let (_, told) = instructor.post("/api/machines/m1/run", start("simulated")).await;
    let old = told["record"].as_str().unwrap().to_owned();
    let time = async || instructor.get("/api/machines").await[0]["live"]["time_s"].as_f64().unwrap();
    while time().await < 300.0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, told) = instructor.post("/api/machines/m1/inject", json!({ "fault": "leak", "magnitude": 0.0 })).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let (status, told) = instructor.post("/api/machines/m1/rewind", json!({ "to_s": 100.0 })).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let shown = async || instructor.get("/api/machines").await[0]["live"]["run"]["record"].as_str().unwrap().to_owned();
    // What is shown follows within a beat.
    let mut new = shown().await;
    for _ in 0..100 {
        if new != old {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        new = shown().await;
    }
    assert_ne!(old, new);
    instructor.post("/api/machines/m1/pace", json!({ "paused": true })).await;
    Machines::end(&app).await;
    let (old, new) = (app.archive.store.load(&old).await.unwrap(), app.archive.store.load(&new).await.unwrap());
    assert_eq!((old.state, new.state), (leuka_record::State::Interrupted, leuka_record::State::Open));
    assert!(old.samples.len() >= 300 && old.acts.iter().any(|act| act.action == "do"), "{}", old.samples.len());
    let seconds: Vec<f64> = new.samples.iter().map(|row| row[0]).collect();
    assert!(seconds.len() >= 100 && seconds.windows(2).all(|pair| pair[0] < pair[1]), "time goes on in each record");
    assert!(new.acts.iter().all(|act| act.action != "do"), "what was done after that moment is not done");
    assert_eq!(new.events.iter().filter(|event| event.kind == "rewound").count(), 1);
}

/// A message of a monitor, of now.
fn oru(patient: &str, rate: u32, id: u32) -> String {
    let now = chrono::Utc::now().format("%Y%m%d%H%M%S+0000");
    format!(
        "MSH|^~\\&|VIEWER|WARD|LEUKA||{now}||ORU^R01^ORU_R01|M-{id}|P|2.6|||NE|AL|||||IHE_PCD_001\rPID|||{patient}^^^SITE^PI||DOE^JANE\r\
         OBR|1|A|B|182777000^monitoring of patient^SCT|||{now}\r\
         OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|{rate}|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||F|||{now}\r"
    )
}

/// Sends it over MLLP and gives the code of the acknowledgement.
async fn sent(address: SocketAddr, message: String) -> String {
    let work = move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut stream, &leuka_record::mllp::framed(&message)).unwrap();
        let mut answer = vec![0; 4096];
        let count = std::io::Read::read(&mut stream, &mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer[..count]).into_owned();
        text.split("MSA|").nth(1).unwrap()[..2].to_owned()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitors_vital_signs_stand_in_place_of_the_simulated_ones_and_are_recorded() {
    let folder = Folder::new("monitor");
    let (router, app) = console(&folder.0).await;
    let listener = monitors::listen(&app, "127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(sent(listener.address(), oru("PT-0074", 72, 1)).await, "AE", "nobody of this name is here");
    let nurse = Browser::signed_in(&router, Role::Nurse).await;
    let mut body = start("human");
    body["warp"] = json!(1);
    let (_, told) = nurse.post("/api/machines/m1/run", body).await;
    let record = told["record"].as_str().unwrap().to_owned();
    let donor = nurse.get("/api/machines").await[0]["live"]["run"]["donor_id"].as_str().unwrap().to_owned();
    assert_eq!(sent(listener.address(), oru(&donor, 117, 2)).await, "AA");
    let vitals = async || nurse.get("/api/machines").await[0]["live"]["vitals"].clone();
    let mut shown = vitals().await;
    for _ in 0..100 {
        if shown["heart_rate_per_min"] == 117.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        shown = vitals().await;
    }
    assert_eq!((&shown["heart_rate_per_min"], &shown["source"]), (&json!(117.0), &json!("hl7")), "{shown}");
    assert!(shown["monitor"].as_str().unwrap().contains("VIEWER") && shown["spo2_pct"].is_null(), "{shown}");
    // The second in which it came ends.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    Machines::end(&app).await;
    let record = app.archive.store.load(&record).await.unwrap();
    let heard = record.acts.iter().filter(|act| act.by.actor == "monitor").count();
    assert_eq!(heard, 1, "it is in the record when it is acknowledged");
    assert_eq!(record.column("heart_rate_per_min").last(), Some(&117.0));
}
