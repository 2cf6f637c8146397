//! Requests that never reach a handler, because they cannot be read: the framework refuses them in plain text,
//! and here they become problems like every other refusal.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Longest refusal that is read.
const LONGEST: usize = 16 * 1024;

/// Passes everything but plain-text refusals through.
pub(crate) async fn as_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() || !is_plain(response.headers()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, LONGEST)
        .await
        .map(|b| String::from_utf8_lossy(&b).into_owned())
        .unwrap_or_default();
    let mut answer = told(status, text.trim()).into_response();
    // Which methods there are, is said in a header.
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allow.clone());
    }
    answer
}

fn is_plain(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

fn told(status: StatusCode, text: &str) -> Problem {
    match status {
        // A row that is no number, like `/tiles/base/14/x/1.mvt`, is an address of nothing.
        StatusCode::BAD_REQUEST if text.starts_with("Invalid URL") => {
            Problem::not_found(format!("The address ({text})"))
        }
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            status,
            "too-large",
            "The request is larger than the server takes. Nothing was read of it; send less at once.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "method-not-allowed",
            "This address does not know this method; the header Allow names those it knows.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            "unsupported-media-type",
            "Send JSON, with the header Content-Type: application/json.",
        ),
        _ if text.is_empty() => Problem::new(status, "bad-request", "The request cannot be read."),
        _ => Problem::new(status, "bad-request", format!("{}.", text.trim_end_matches('.'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_and_says_what_to_do() {
        let code = |status: StatusCode, text: &str| told(status, text).code;
        assert_eq!(
            code(
                StatusCode::BAD_REQUEST,
                "Invalid URL: Cannot parse value at index 0"
            ),
            "not-found"
        );
        assert_eq!(
            code(
                StatusCode::BAD_REQUEST,
                "Failed to parse the request body as JSON"
            ),
            "bad-request"
        );
        assert_eq!(
            code(StatusCode::UNPROCESSABLE_ENTITY, "missing field `fields`"),
            "bad-request"
        );
        assert_eq!(code(StatusCode::PAYLOAD_TOO_LARGE, ""), "too-large");
        assert_eq!(told(StatusCode::BAD_REQUEST, "Bad thing").detail, "Bad thing.");
    }
}
