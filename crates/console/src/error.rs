//! What can go wrong: when the console starts, and in answer to a request.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why the console cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// A file of the data folder.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The record: its store, its key, its users.
    #[error(transparent)]
    Record(#[from] leuka_record::Error),
    /// The demonstration has passwords that everybody knows.
    #[error("--demo has well-known passwords and listens on this computer only: {0} is reachable from elsewhere")]
    DemoReachable(SocketAddr),
    /// Passwords and sessions would be readable on the way.
    #[error("{0} is reachable from elsewhere: give --tls CERT KEY, or stay on 127.0.0.1 behind a proxy that has TLS")]
    Plain(SocketAddr),
    /// The address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Certificate or key.
    #[error("TLS: {0}")]
    Tls(std::io::Error),
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Chance(#[from] getrandom::Error),
    /// A thread.
    #[error("cannot start a machine's thread: {0}")]
    Thread(std::io::Error),
    /// The demonstration.
    #[error("the demonstration cannot begin: {0}")]
    Demo(String),
    /// Files of a run, or a model, that do not fit.
    #[error(transparent)]
    Inputs(#[from] leuka_procedure::file::Problems),
}

/// An answer that refuses: what, where, what to do.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// A refusal as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    error: ProblemText,
}

/// Its word and its sentence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemText {
    code: &'static str,
    message: String,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong", message)
    }
    pub(crate) fn not_now(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "not_now", message)
    }
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", message)
    }
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", message)
    }
    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "record", message)
    }
    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "the machine has too many orders at once: try again")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let error = ProblemText { code: self.code, message: self.message };
        (self.status, Json(Problem { error })).into_response()
    }
}

impl From<ConsoleError> for Refused {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Inputs(problems) => problems.into(),
            ConsoleError::Record(error) => error.into(),
            other => Self::failed(other.to_string()),
        }
    }
}

impl From<leuka_record::Error> for Refused {
    fn from(error: leuka_record::Error) -> Self {
        use leuka_record::Error as E;
        let message = error.to_string();
        match error {
            E::Database(_) | E::Schema(_) | E::Full(_) => Self::gone(message),
            E::NoRecord(_) => Self::unknown(message),
            E::Exists(_)
            | E::Closed(_)
            | E::Incomplete { .. }
            | E::Identity { .. }
            | E::Label(_)
            | E::DinUsed { .. }
            | E::LastEngineer(_) => Self::not_now(message),
            E::Address(_) | E::Password(_) | E::Value { .. } => Self::wrong(message),
            E::Credentials => Self::new(StatusCode::FORBIDDEN, "refused", message),
            E::Locked { .. } => Self::new(StatusCode::TOO_MANY_REQUESTS, "locked", message),
            E::Role { .. } => Self::new(StatusCode::FORBIDDEN, "role", message),
            E::Unreadable { .. } | E::Key { .. } => Self::failed(message),
        }
    }
}

impl From<leuka_procedure::file::Problems> for Refused {
    fn from(problems: leuka_procedure::file::Problems) -> Self {
        Self::wrong(problems.to_string())
    }
}

impl From<leuka_procedure::file::Problem> for Refused {
    fn from(problem: leuka_procedure::file::Problem) -> Self {
        Self::wrong(problem.to_string())
    }
}
