//! Every answer that is not a success: one table from what went wrong to `application/problem+json`.
//!
//! Crates below know no status codes; here each of their errors gets one, a stable code and a sentence
//! that says what to do. Unexpected errors are logged once, here, and told without their inside.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as a client sees it (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// HTTP status, 400..=599.
    pub status: u16,
    /// Stable, for programs: `version-conflict`, `not-found`, …
    pub code: String,
    /// The status in words.
    pub title: String,
    /// What happened, what is safe, what to do.
    pub detail: String,
    /// One entry per fault of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ProblemFault>,
    /// On a version conflict: the record as it stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<serde_json::Value>>,
}

/// What is wrong with one part of the input.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemFault {
    /// JSON pointer into the body, or the name of a query parameter behind `?`.
    pub pointer: String,
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Problem {
    /// Any status with a code and a sentence.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            code: code.to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            detail: detail.into(),
            faults: Vec::new(),
            current: None,
        }
    }

    /// 400 with one fault that names its place.
    pub fn bad(pointer: &str, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::new(StatusCode::BAD_REQUEST, code, message.clone());
        problem.faults.push(ProblemFault {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            message,
        });
        problem
    }

    /// 404: it does not exist, or the viewer may not know that it does.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("{what} was not found, or is not yours to see."),
        )
    }

    /// 403 with a reason.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 409: it cannot be done in the present state.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 500: logged here with its inside, told without it.
    pub fn unexpected(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "unexpected error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "unexpected",
            "The server met an error it did not expect. Nothing was half done; the log has the details under this request's id.",
        )
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)?;
        for fault in &self.faults {
            write!(f, "; {}: {}", fault.pointer, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = serde_json::to_value(&self).unwrap_or_default();
        body["type"] = format!("/api/problems#{}", self.code).into();
        let mut response = (status, axum::Json(body)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

impl From<records::Error> for Problem {
    fn from(error: records::Error) -> Self {
        use records::Error as E;
        let text = error.to_string();
        let status = |status: StatusCode, code: &str| Self::new(status, code, sentence(&text));
        match error {
            E::NotFound { .. } | E::UnknownType(_) => status(StatusCode::NOT_FOUND, "not-found"),
            E::VersionConflict { .. } => status(StatusCode::PRECONDITION_FAILED, "version-conflict"),
            E::Forbidden { .. } => status(StatusCode::FORBIDDEN, "forbidden"),
            E::Invalid { faults, .. } => {
                let mut problem = status(StatusCode::BAD_REQUEST, "invalid");
                problem.faults = faults
                    .into_iter()
                    .map(|f| ProblemFault {
                        pointer: f.pointer,
                        code: f.code,
                        message: f.message,
                    })
                    .collect();
                problem
            }
            E::UniqueTaken { .. } => status(StatusCode::CONFLICT, "taken"),
            E::Linked { .. } => status(StatusCode::CONFLICT, "linked"),
            E::IdTaken { .. } => status(StatusCode::CONFLICT, "id-taken"),
            E::BadField(_) => status(StatusCode::BAD_REQUEST, "bad-field"),
            E::Filter(fault) => Self::bad("?filter", "bad-filter", sentence(&fault.message)),
            E::BadCursor => Self::bad("?cursor", "bad-cursor", sentence(&text)),
            E::ChangeSet { .. } => status(StatusCode::CONFLICT, "change-set"),
            E::TooMuch(_) => status(StatusCode::PAYLOAD_TOO_LARGE, "too-much"),
            E::DiskFull => status(StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            E::Backup { .. } => status(StatusCode::BAD_REQUEST, "bad-backup"),
            E::Schema(_) | E::File { .. } | E::Database(_) | E::Migration(_) => Self::unexpected(text),
        }
    }
}

/// Begins with a capital and ends with a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let begin = letters
        .next()
        .map(|c| c.to_uppercase().collect::<String>())
        .unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{begin}{}{end}", letters.as_str())
}
