//! Every version of a record over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asking::type_of;
use super::http::RecordJson;
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

/// One version of a record.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevisionJson {
    record: RecordJson,
    /// When the next version, or the deletion, was written; null for the present one.
    superseded_at: Option<i64>,
    operation: String,
    cause: String,
    author: Option<String>,
    author_name: Option<String>,
    /// Ended by a deletion.
    removed: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    revisions: Vec<RevisionJson>,
}

/// Every version of a record, newest first
#[utoipa::path(get, path = "/api/v1/{plural}/{id}/history", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path)), responses((status = 200, body = History)))]
async fn history(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id)): Path<(String, String)>,
) -> Result<Json<History>, Problem> {
    let record_type = type_of(&app, &plural)?;
    let revisions = app.store.history(&signed.viewer, &record_type.name, &id).await?;
    if revisions.is_empty() {
        return Err(Problem::not_found(format!("{} {id}", record_type.label.en)));
    }
    let names = super::change_sets::user_names(&app).await?;
    let revisions = revisions
        .into_iter()
        .map(|r| RevisionJson {
            record: r.record.into(),
            superseded_at: r.superseded_at.map(|t| t.0),
            operation: r.operation,
            cause: r.cause,
            author_name: r.author.as_ref().and_then(|a| names.get(a)).cloned(),
            author: r.author,
            removed: r.removed,
        })
        .collect();
    Ok(Json(History { revisions }))
}

/// The routes of this feature.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(history))
}
