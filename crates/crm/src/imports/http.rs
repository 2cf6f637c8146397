//! Mapping, checking, importing and undoing over HTTP.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Op, Query as RecordQuery, Record, fields};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shown::{ImportJson, Settings, import_json};
use super::upload;
use super::{mapping, store};
use crate::Shared;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// Largest upload taken: a million rows have room.
const LARGEST_UPLOAD: usize = 512 * 1024 * 1024;

#[derive(Serialize, ToSchema)]
pub(crate) struct Imports {
    imports: Vec<ImportJson>,
}

pub(super) fn importers(signed: &Signed) -> Result<(), Problem> {
    signed.needs(&[Role::Admin, Role::Manager], "Importing")
}

pub(super) async fn find(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    importers(signed)?;
    let found = app
        .store
        .get(&signed.viewer, "import_job", id, At::PRESENT)
        .await?;
    found.ok_or_else(|| Problem::not_found(format!("Import {id}")))
}

/// My imports, newest first
#[utoipa::path(get, path = "/api/v1/imports", tag = "imports", responses((status = 200, body = Imports)))]
async fn list(State(app): State<Shared>, signed: Signed) -> Result<Json<Imports>, Problem> {
    importers(&signed)?;
    let query = RecordQuery::of("import_job").sort("recorded_at", true).limit(50);
    let mut imports = Vec::new();
    for record in app.store.list(&signed.viewer, &query).await?.records {
        imports.push(import_json(&app, &signed.viewer, record).await?);
    }
    Ok(Json(Imports { imports }))
}

/// One import
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "imports", responses((status = 200, body = ImportJson)))]
async fn get(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    Ok(Json(import_json(&app, &signed.viewer, record).await?))
}

pub(super) async fn update(
    app: &App,
    signed: &Signed,
    record: Record,
    patch: serde_json::Map<String, Value>,
) -> Result<Json<ImportJson>, Problem> {
    let author = signed.author("import-state", "Import");
    let written = app
        .store
        .write(&author, vec![Op::update("import_job", record.id.clone(), patch)])
        .await?;
    let record = written.records.into_iter().next().unwrap_or(record);
    Ok(Json(import_json(app, &signed.viewer, record).await?))
}

pub(super) fn not_begun(record: &Record) -> Result<(), Problem> {
    match record.text("state") {
        Some("running" | "done" | "undone") => Err(Problem::conflict(
            "import-begun",
            "This import has begun already. Upload the file again for another one.",
        )),
        _ => Ok(()),
    }
}

async fn begin(
    app: &App,
    signed: &Signed,
    id: &str,
    kind: &str,
    state: &str,
) -> Result<(StatusCode, Json<Job>), Problem> {
    let record = find(app, signed, id).await?;
    not_begun(&record)?;
    let job = jobs::enqueue(
        app,
        kind,
        "rows",
        &json!({ "import_id": id }),
        Some(&signed.user_id),
    )
    .await?;
    let mut settings = record.fields.get("settings").cloned().unwrap_or_default();
    settings["job"] = job.id.clone().into();
    let patch = fields([("state", state.into()), ("settings", settings)]);
    let author = signed.author("import-state", "Import");
    app.store
        .write(&author, vec![Op::update("import_job", record.id, patch)])
        .await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}

/// Dry run: reads every row, writes none
#[utoipa::path(post, path = "/api/v1/imports/{id}/check", tag = "imports", responses((status = 202, body = Job)))]
async fn check(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    begin(&app, &signed, &id, "import-check", "checking").await
}

/// Import as one change set
#[utoipa::path(post, path = "/api/v1/imports/{id}/run", tag = "imports", responses((status = 202, body = Job)))]
async fn run(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Job>), Problem> {
    begin(&app, &signed, &id, "import-run", "running").await
}

/// Take the whole import back
#[utoipa::path(post, path = "/api/v1/imports/{id}/undo", tag = "imports", responses((status = 200, body = ImportJson), (status = 409, body = Problem)))]
async fn undo(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ImportJson>, Problem> {
    let record = find(&app, &signed, &id).await?;
    let Some(set) = record.text("import_change_set").map(str::to_owned) else {
        return Err(Problem::conflict(
            "nothing-to-undo",
            "This import has written nothing yet.",
        ));
    };
    let report = app
        .store
        .undo(&signed.author("undo", "Undo import"), &set)
        .await?;
    app.live.wait_for(app.store.last_seq().await?).await;
    let message = (report.blocked_count > 0).then(|| {
        let titles: Vec<&str> = report.blocked.iter().take(5).map(|b| b.reason.as_str()).collect();
        format!(
            "{} records were changed since and stay: {}",
            report.blocked_count,
            titles.join("; ")
        )
    });
    let mut errors = record.fields.get("errors").cloned().unwrap_or_default();
    if let (Some(errors), Some(message)) = (errors.as_object_mut(), message) {
        errors.insert("message".into(), message.into());
    }
    let patch = fields([("state", "undone".into()), ("errors", errors)]);
    update(&app, &signed, record, patch).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichPart {
    /// Table, from 0; the first unless said.
    part: Option<usize>,
}

/// The rows of a table that failed, in the columns they came in
#[utoipa::path(get, path = "/api/v1/imports/{id}/failed", tag = "imports", params(("id" = String, Path), WhichPart),
    responses((status = 200, description = "text/csv")))]
async fn failed(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(which): Query<WhichPart>,
) -> Result<Response, Problem> {
    let record = find(&app, &signed, &id).await?;
    let part = which.part.unwrap_or(0);
    let settings = Settings::of(&record)?;
    let Some(known) = settings.parts.get(part) else {
        return Err(Problem::not_found(format!("Table {part} of import {id}")));
    };
    let bytes = match store::load_failed(app.store.db(), &record.id, part).await? {
        Some(bytes) => bytes,
        None => super::failed_csv(known.columns.iter().map(|c| c.header.as_str()), &[])?,
    };
    let name = format!("attachment; filename=\"failed-{}-{part}.csv\"", record.id);
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        bytes,
    )
        .into_response())
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, upload::upload))
        .layer(DefaultBodyLimit::max(LARGEST_UPLOAD))
        .routes(routes!(get))
        .routes(routes!(mapping::mapping))
        .routes(routes!(mapping::object))
        .routes(routes!(check))
        .routes(routes!(run))
        .routes(routes!(undo))
        .routes(routes!(failed))
}
