//! Records: the list, one record, what closes it, and the forms in which others read it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::Datelike;
use leuka_record::document::COUNTS;
use leuka_record::export::label::{DonationNumber, Label, Structure};
use leuka_record::export::{ExportError, fhir, hl7, sdc};
use leuka_record::{Error, Meaning, ProcedureRecord, Verdict, verify as check};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Asked, Body};
use super::{Shared, blocking};
use crate::error::{Problem, Refused};
use crate::people::Caller;
use crate::record_page::{Page, Row};

/// Records in one answer at most.
const MOST: u32 = 1000;
const USUAL: u32 = 100;
/// The longest value or reason.
const LONGEST: usize = 2000;
/// Facility of the numbers that a simulated procedure's roll of labels has: one of those for examples.
const EXAMPLE_FACILITY: &str = "A9999";

/// Which records.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// A part of identifier, donor, order, protocol or donation number.
    #[serde(default)]
    text: String,
    /// How many at most, 1 to 1000; 100 when left out.
    #[serde(default)]
    most: Option<u32>,
}

/// Records, the newest first, with what each needs next.
#[utoipa::path(get, path = "/api/records", params(Search),
    responses((status = 200, body = Vec<Row>), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn list(State(app): State<Shared>, Asked(search): Asked<Search>) -> Result<Json<Vec<Row>>, Refused> {
    let most = search.most.unwrap_or(USUAL);
    if !(1..=MOST).contains(&most) {
        return Err(Refused::wrong(format!("most: is {most}: give 1 to {MOST}")));
    }
    let store = &app.archive.store;
    let mut rows = Vec::new();
    for listed in store.search(&search.text, i64::from(most)).await? {
        rows.push(Row::of(&store.outline(&listed.id).await?));
    }
    Ok(Json(rows))
}

/// A record, verified.
#[utoipa::path(get, path = "/api/records/{id}", params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem)))]
pub(crate) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Page>, Refused> {
    let entries = app.archive.store.entries(&id).await?;
    let checkpoints = app.archive.store.checkpoints(&id).await?;
    let number = next_number(&app).await?;
    let (site, key) = (app.site.clone(), app.archive.key.public());
    let work = move || {
        let fault = check(&id, &entries, &checkpoints, Some(&key)).fault;
        let fault = fault.map(|fault| format!("entry {}: {}", fault.seq, fault.what));
        let record = ProcedureRecord::read(&id, &entries)?;
        Ok(Page::of(&record, fault, &site, &number))
    };
    Ok(Json(blocking(&app.readings, work).await?))
}

/// The next number on the roll of labels beside a simulated machine, as its code reads.
async fn next_number(app: &Shared) -> Result<String, Refused> {
    let begins = format!("{EXAMPLE_FACILITY}{:02}", chrono::Utc::now().year().rem_euclid(100));
    let last = app.archive.store.last_number(&begins).await?;
    let last = last.and_then(|number| number.get(7..)?.parse::<u32>().ok()).unwrap_or(0);
    let number = DonationNumber::parse(&format!("{begins}{:06}", (last + 1) % 1_000_000));
    let number = number.map_err(|error| Refused::failed(error.to_string()))?;
    Ok(Structure::donation(number).encode())
}

/// What the verifier found, with the key whose checkpoints count.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verified {
    record: String,
    #[schema(value_type = Object)]
    verdict: Verdict,
    key: String,
}

/// Verifies a record; names the first entry that is wrong.
#[utoipa::path(get, path = "/api/records/{id}/verify", params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Verified), (status = 404, body = Problem)))]
pub(crate) async fn verify(State(app): State<Shared>, Path(id): Path<String>) -> Result<Json<Verified>, Refused> {
    let key = app.archive.key.public();
    let verdict = app.archive.store.verify(&id, Some(&key)).await?;
    Ok(Json(Verified { record: id, verdict, key }))
}

fn checked(why: &str) -> Result<&str, Refused> {
    if why.chars().count() <= LONGEST {
        Ok(why)
    } else {
        Err(Refused::wrong(format!("why: give at most {LONGEST} characters")))
    }
}

/// Counts of the product: the numbers of the record's form, and why.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Counts {
    #[serde(default)]
    why: String,
    /// By the names of `fields.counts` of the record.
    #[serde(flatten)]
    counts: Map<String, Value>,
}

/// Enters the product's counts; once there, an amendment.
#[utoipa::path(post, path = "/api/records/{id}/counts", request_body = Counts, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn counts(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Counts>,
) -> Result<Json<Page>, Refused> {
    let record = app.archive.store.outline(&id).await?;
    let cells = record.counted_cells();
    let names = ["weight_g", "tare_g", cells, "hematocrit_pct", "viability_pct", "leukocrit_pct"];
    if let Some(unknown) = body.counts.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(Refused::wrong(format!("{unknown}: is no count of this record: give {}", names.join(", "))));
    }
    let counts = Value::Object(body.counts);
    record.account_of(&counts)?;
    let by = caller.user.actor();
    app.archive.store.enter(&id, COUNTS, counts, &by, checked(&body.why)?, app.archive.now()).await?;
    show(State(app), Path(id)).await
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    #[serde(default)]
    why: String,
}

/// Makes the account of the bag from the counts, and enters it.
#[utoipa::path(post, path = "/api/records/{id}/reconcile", request_body = Why, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn reconcile(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Why>,
) -> Result<Json<Page>, Refused> {
    let (by, now) = (caller.user.actor(), app.archive.now());
    app.archive.store.account(&id, &by, checked(&body.why)?, now).await?;
    show(State(app), Path(id)).await
}

/// A donation number as scanned or typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Number {
    /// Thirteen characters, the same with the check character, or the code as scanned.
    number: String,
    #[serde(default)]
    why: String,
}

/// Gives the product its donation number.
#[utoipa::path(post, path = "/api/records/{id}/number", request_body = Number, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn number(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Number>,
) -> Result<Json<Page>, Refused> {
    let (by, now) = (caller.user.actor(), app.archive.now());
    app.archive.store.number(&id, &body.number, &by, checked(&body.why)?, now).await?;
    show(State(app), Path(id)).await
}

/// What was scanned beside the donor once the label was on the bag.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scans {
    /// The donor's identifier on the wristband.
    wristband: String,
    /// The donor's identifier on the bag.
    bag: String,
    /// The label's code, or the donation number with its check character.
    scanned: String,
    /// For people; what is scanned says all.
    #[serde(default)]
    why: String,
}

/// Holds order, wristband, bag and label against each other; when they do not agree the attempt is in the trail.
#[utoipa::path(post, path = "/api/records/{id}/label", request_body = Scans, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn label(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(scans): Body<Scans>,
) -> Result<Json<Page>, Refused> {
    checked(&scans.why)?;
    if [&scans.wristband, &scans.bag, &scans.scanned].iter().any(|scan| scan.len() > LONGEST) {
        return Err(Refused::wrong("a scan is longer than any label's code: scan again"));
    }
    let (by, store) = (caller.user.actor(), &app.archive.store);
    store.check_identity(&id, &scans.wristband, &scans.bag, &by, app.archive.now()).await?;
    store.check_label(&id, &scans.scanned, &app.site, &by, app.archive.now()).await?;
    show(State(app), Path(id)).await
}

/// A value under a name, in place of what was there.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amendment {
    /// Under which name, such as `vitals.before`, `set.lot`, `consent`, `product.counts`.
    entity: String,
    value: Value,
    /// Why; what stood there before stays readable.
    #[serde(default)]
    why: String,
}

/// Enters a value, or amends one with a reason.
#[utoipa::path(post, path = "/api/records/{id}/amend", request_body = Amendment, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn amend(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Amendment>,
) -> Result<Json<Page>, Refused> {
    let (by, now, store) = (caller.user.actor(), app.archive.now(), &app.archive.store);
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._".contains(letter);
    if !(1..=60).contains(&body.entity.len()) || !body.entity.chars().all(fits) {
        return Err(Refused::wrong("entity: give 1 to 60 of a-z, 0-9, dot and underscore, such as vitals.before"));
    }
    if body.value.to_string().len() > LONGEST {
        return Err(Refused::wrong(format!("value: give at most {LONGEST} characters")));
    }
    let why = checked(&body.why)?;
    match body.entity.as_str() {
        leuka_record::document::DIN => {
            let text = body.value.as_str().ok_or_else(|| Refused::wrong("value: a donation number is a text"))?;
            store.number(&id, text, &by, why, now).await?;
        }
        leuka_record::document::IDENTITY | leuka_record::document::LABEL | leuka_record::document::RECONCILED => {
            return Err(Refused::wrong(format!(
                "entity: {} comes from scans or from the account: scan or account again",
                body.entity
            )));
        }
        COUNTS => {
            store.outline(&id).await?.account_of(&body.value)?;
            store.enter(&id, COUNTS, body.value, &by, why, now).await?;
        }
        entity => {
            store.enter(&id, entity, body.value, &by, why, now).await?;
        }
    }
    show(State(app), Path(id)).await
}

/// Whose signature, and what it means. Whose is the session's; the password is asked for each time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sign {
    password: String,
    #[schema(value_type = SignatureMeaning)]
    meaning: Meaning,
}

/// Who may sign for what: authorship is a nurse's, physician's or laboratory's, review and approval a physician's.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the description of the interface names these")]
pub(crate) enum SignatureMeaning {
    Authorship,
    Review,
    Approval,
}

/// Signs a record as it stands.
#[utoipa::path(post, path = "/api/records/{id}/sign", request_body = Sign, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn sign(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Sign>,
) -> Result<Json<Page>, Refused> {
    let (store, now) = (&app.archive.store, app.archive.now());
    // Before the password: a record that is not there is no reason to count a wrong one.
    if store.outline(&id).await?.state == leuka_record::State::Open {
        return Err(Refused::not_now("the run goes on: a record is signed when its run is over"));
    }
    let permit = app.hash().await?;
    let signed = store.sign(&id, &caller.user.login, &body.password, body.meaning, now).await;
    drop(permit);
    if let Err(error @ Error::Role { .. }) = &signed {
        let attempt = json!({ "meaning": body.meaning.name(), "role": caller.user.role.name() });
        store.refuse(&id, "signature", attempt, &caller.user.actor(), &error.to_string(), now).await?;
    }
    signed?;
    app.archive.checkpoint(&id).await?;
    show(State(app), Path(id)).await
}

/// Closes a record that has all it must have.
#[utoipa::path(post, path = "/api/records/{id}/close", request_body = Why, params(("id" = String, Path, description = "The record.")),
    responses((status = 200, body = Page), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn close(
    State(app): State<Shared>,
    Path(id): Path<String>,
    Extension(caller): Extension<Caller>,
    Body(body): Body<Why>,
) -> Result<Json<Page>, Refused> {
    let (by, now) = (caller.user.actor(), app.archive.now());
    app.archive.store.close_record(&id, &by, checked(&body.why)?, now).await?;
    app.archive.checkpoint(&id).await?;
    show(State(app), Path(id)).await
}

/// A record in a form that others read: `report.pdf`, `label.pdf`, `label.png`, `fhir.json`, `hl7.txt`, `sdc.xml`,
/// `samples.parquet`, `events.parquet`, `trail.json`.
#[utoipa::path(get, path = "/api/records/{id}/{file}", params(("id" = String, Path, description = "The record."), ("file" = inline(FileName), Path, description = "The file's name.")),
    responses((status = 200, body = String, content_type = "application/pdf"), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn file(
    State(app): State<Shared>,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Refused> {
    let Some(form) = Form::of(&name) else {
        let names = Form::ALL.map(|(name, ..)| name).join(", ");
        return Err(Refused::unknown(format!("there is no file {name} of a record: there are {names}")));
    };
    let entries = app.archive.store.entries(&id).await?;
    let checkpoints = app.archive.store.checkpoints(&id).await?;
    let site = app.site.clone();
    let (record, kind) = (id.clone(), form.1);
    let work = move || {
        if form.2 == Form::Trail {
            let trail = json!({
                "schema": "leuka.trail/1", "record": record, "entries": entries, "checkpoints": checkpoints,
            });
            return Ok(Bytes::from(leuka_procedure::pretty(&trail)));
        }
        let record = ProcedureRecord::read(&record, &entries)?;
        form.2.write(&record, &site)
    };
    let bytes = blocking(&app.readings, work).await?;
    let shown = format!("inline; filename=\"{id}-{name}\"");
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, shown)], bytes).into_response())
}

/// The files of a record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the description of the interface names these")]
pub(crate) enum FileName {
    #[schema(rename = "report.pdf")]
    Report,
    #[schema(rename = "label.pdf")]
    LabelPdf,
    #[schema(rename = "label.png")]
    LabelPng,
    #[schema(rename = "fhir.json")]
    Fhir,
    #[schema(rename = "hl7.txt")]
    Hl7,
    #[schema(rename = "sdc.xml")]
    Sdc,
    #[schema(rename = "samples.parquet")]
    Samples,
    #[schema(rename = "events.parquet")]
    Events,
    #[schema(rename = "trail.json")]
    Trail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Report,
    LabelPdf,
    LabelPng,
    Fhir,
    Hl7,
    Sdc,
    Samples,
    Events,
    Trail,
}

/// The kinds of content that a record's files have.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    Form::ALL.into_iter().map(|(_, kind, _)| kind)
}

impl Form {
    /// Name, kind of content, form.
    const ALL: [(&'static str, &'static str, Self); 9] = [
        ("report.pdf", "application/pdf", Self::Report),
        ("label.pdf", "application/pdf", Self::LabelPdf),
        ("label.png", "image/png", Self::LabelPng),
        ("fhir.json", "application/fhir+json", Self::Fhir),
        ("hl7.txt", "text/plain; charset=utf-8", Self::Hl7),
        ("sdc.xml", "application/xml", Self::Sdc),
        ("samples.parquet", "application/vnd.apache.parquet", Self::Samples),
        ("events.parquet", "application/vnd.apache.parquet", Self::Events),
        ("trail.json", "application/json", Self::Trail),
    ];

    fn of(name: &str) -> Option<(&'static str, &'static str, Self)> {
        Self::ALL.into_iter().find(|(known, ..)| *known == name)
    }

    fn write(self, record: &ProcedureRecord, site: &leuka_record::export::label::Site) -> Result<Bytes, Refused> {
        Ok(match self {
            Self::Report => report(record)?.into(),
            Self::LabelPdf => label_pdf(&Label::of(record, site)?)?.into(),
            Self::LabelPng => Label::of(record, site)?.png()?.into(),
            Self::Fhir => leuka_procedure::pretty(&fhir::bundle(record)?).into(),
            Self::Hl7 => hl7::messages(record, 60.0).join("\r").into(),
            Self::Sdc => sdc::mdib(record).into(),
            Self::Samples => columns(record)?.0.into(),
            Self::Events => columns(record)?.1.into(),
            Self::Trail => Bytes::new(),
        })
    }
}

#[cfg(feature = "pdf")]
fn report(record: &ProcedureRecord) -> Result<Vec<u8>, Refused> {
    Ok(leuka_record::export::report::pdf(record)?)
}

#[cfg(feature = "pdf")]
fn label_pdf(label: &Label) -> Result<Vec<u8>, Refused> {
    Ok(label.pdf()?)
}

#[cfg(feature = "columns")]
fn columns(record: &ProcedureRecord) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    let file = leuka_record::export::columns::run_file(record)?;
    Ok((file.samples, file.events))
}

#[cfg(not(feature = "pdf"))]
fn report(_: &ProcedureRecord) -> Result<Vec<u8>, Refused> {
    Err(left_out("pdf"))
}

#[cfg(not(feature = "pdf"))]
fn label_pdf(_: &Label) -> Result<Vec<u8>, Refused> {
    Err(left_out("pdf"))
}

#[cfg(not(feature = "columns"))]
fn columns(_: &ProcedureRecord) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    Err(left_out("columns"))
}

#[cfg(not(all(feature = "pdf", feature = "columns")))]
fn left_out(feature: &str) -> Refused {
    let message = format!(
        "this server was built without `{feature}`: build it with cargo build --release --features full, or serve,{feature}"
    );
    Refused::new(axum::http::StatusCode::NOT_FOUND, "left_out", message)
}

impl From<ExportError> for Refused {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Lacks { .. } | ExportError::Label(_) => Self::not_now(error.to_string()),
            ExportError::Drawing(_) | ExportError::Folder { .. } | ExportError::Unsound(_) | ExportError::Table(_) => {
                Self::failed(error.to_string())
            }
        }
    }
}
