//! Files over HTTP: sent as bytes, given as attachments that no browser runs.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Author, Viewer};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{About, LARGEST, Vault, kept};
use crate::Shared;
use crate::crud::WrittenRecord;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadParams {
    /// The file's name.
    name: String,
    /// The record it lies with: its type, `visit`.
    about_type: String,
    /// And its id.
    about_id: String,
}

/// Attach a file to a record: the body is the file's bytes, at most 30 MB
#[utoipa::path(post, path = "/api/v1/files/upload", tag = "files", params(UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = WrittenRecord), (status = 403, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem)))]
async fn upload(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<UploadParams>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<WrittenRecord>), Problem> {
    if !signed.viewer.grant("file").create {
        return Err(Problem::forbidden("You may not attach files."));
    }
    if body.is_empty() {
        return Err(Problem::bad(
            "",
            "empty",
            "The body is the file's bytes; it is empty.",
        ));
    }
    let record = app
        .store
        .get(&signed.viewer, &params.about_type, &params.about_id, At::PRESENT)
        .await?;
    let record =
        record.ok_or_else(|| Problem::not_found(format!("{} {}", params.about_type, params.about_id)))?;
    let account_id = if record.type_name == "account" {
        Some(record.id.clone())
    } else {
        record.text("account_id").map(str::to_owned)
    };
    let about = About {
        activity_id: (record.type_name == "activity").then(|| record.id.clone()),
        type_name: record.type_name,
        id: record.id,
        account_id,
        owner_id: Some(signed.user_id.clone()),
    };
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("application/octet-stream");
    let op = kept(&app, &params.name, media_type, Arc::new(body.to_vec()), &about).await?;
    // Size and digest are the program's to say; who may, was asked above.
    let viewer = Viewer::system_for(signed.user_id.clone());
    let author = Author::new(
        viewer,
        "api",
        format!("Attached {}", mail::file_name(&params.name)),
    );
    let mut written = app.store.write(&author, vec![op]).await?;
    let answer = WrittenRecord {
        record: written.records.swap_remove(0).into(),
        change_set: written.change_set,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Kinds that a program may show after saving; every other is told as bytes.
const TOLD: [&str; 7] = [
    "application/pdf",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/plain",
    "text/csv",
];

/// The bytes of a file, to be saved
#[utoipa::path(get, path = "/api/v1/files/{id}/content", tag = "files", params(("id" = String, Path)),
    responses((status = 200, description = "the file", content_type = "application/octet-stream"), (status = 404, body = Problem)))]
async fn content(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let file = app.store.get(&signed.viewer, "file", &id, At::PRESENT).await?;
    let file = file.ok_or_else(|| Problem::not_found(format!("File {id}")))?;
    let vault = Vault::of(&app)?;
    let digest = file.text("digest").unwrap_or_default().to_owned();
    let bytes = tokio::task::spawn_blocking(move || vault.get(&digest))
        .await
        .map_err(Problem::unexpected)?
        .map_err(Problem::unexpected)?;
    let bytes = bytes.ok_or_else(|| {
        Problem::new(
            StatusCode::GONE,
            "bytes-gone",
            "The file is on record, but its bytes are not in the folder for files. Bring them back from a backup of that folder.",
        )
    })?;
    let said = file.text("media_type").unwrap_or_default().to_ascii_lowercase();
    let kind = TOLD
        .iter()
        .find(|k| **k == said)
        .copied()
        .unwrap_or("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            disposition(file.text("name").unwrap_or("file")),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox".to_owned(),
        ),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// A name in a header: plain letters for old programs, and the whole name beside it (RFC 6266).
pub(super) fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_. ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(upload))
        .layer(DefaultBodyLimit::max(LARGEST))
        .routes(routes!(content))
}
