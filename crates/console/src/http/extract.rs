//! Bodies and queries, whose faults are told like all others.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Refused;

/// A body of JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refused;
    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let read = Json::<Value>::from_request(request, state).await;
        let Json(value) = read.map_err(|error| Refused::new(error.status(), "body", error.body_text()))?;
        // A list would do for a structure by the order of its fields, which nobody means.
        if !value.is_object() {
            return Err(Refused::wrong("the body is no object: give {\"name\": value, ...}"));
        }
        serde_json::from_value(value).map(Self).map_err(|error| Refused::wrong(format!("the body: {error}")))
    }
}

/// What stands after the question mark.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Refused::new(error.status(), "query", error.body_text())),
        }
    }
}
