//! Territories in and out as files, over HTTP.

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use records::{At, Filter, Query as RecordQuery, Viewer, on_db};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::edit::CAUSE;
use super::super::exchange::{Action, Format, IntakeRow, Known, Names, portables, read, take_in, write};
use super::super::layout::Standing;
use super::{MAY_DRAW, Scene, follow_up};
use crate::Shared;
use crate::app::App;
use crate::crud::{When, read_at, user_names};
use crate::live::{id_text, index_problem};
use crate::problem::Problem;
use crate::sessions::Signed;

/// Largest file, bytes.
const LARGEST_FILE: usize = 64 * 1024 * 1024;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportParams {
    /// geojson, kml, csv, gpkg or shp (a shapefile in a ZIP archive)
    #[param(inline)]
    format: Format,
    /// Only this territory and what is below it.
    branch: Option<String>,
}

/// All territories, or a branch, as a file that can be taken in again
#[utoipa::path(get, path = "/api/v1/territories/export", tag = "territories", params(ExportParams, When),
    responses((status = 200, description = "A file in that form"), (status = 404, body = Problem)))]
async fn export(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ExportParams>,
    Query(when): Query<When>,
) -> Result<Response, Problem> {
    let at = read_at(&app, &when)?;
    let scene = Scene::load(&app, &signed, at).await?;
    let mut territories: Vec<&Standing> = scene.visible(&app, &signed, at).await?;
    if let Some(branch) = &params.branch {
        let missing = || Problem::not_found(format!("Territory {branch}"));
        territories
            .iter()
            .find(|t| t.id() == branch)
            .ok_or_else(missing)?;
        territories.retain(|t| scene.layout.is_within(t.id(), branch));
    }
    let view = scene.state.index.view(&scene.filter).map_err(index_problem)?;
    let named: BTreeSet<&String> = territories.iter().flat_map(|t| &t.named).collect();
    let rows = view.rows_in(&points::Shape::everywhere());
    let places = rows.iter().map(|row| (id_text(row.id()), row));
    let places: HashMap<String, String> = places
        .filter(|(id, _)| named.contains(id))
        .map(|(id, row)| (id, row.text("name").unwrap_or_default().to_owned()))
        .collect();
    let names = user_names(&app).await?;
    let users = emails(&app).await?.into_iter().map(|(id, email)| {
        let name = names.get(&id).cloned().unwrap_or_default();
        (id, (email, name))
    });
    let known = Names {
        users: users.collect(),
        places,
    };
    let all = portables(&scene.layout, &territories, &known);
    let bytes = write(params.format, &all).await?;
    let day = app
        .settings
        .zone
        .date(at.as_of.unwrap_or_else(|| app.store.now()));
    let file = format!(
        "attachment; filename=\"territories-{day}.{}\"",
        params.format.ending()
    );
    let headers = [
        (header::CONTENT_TYPE, params.format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, bytes).into_response())
}

/// (user, e-mail)
async fn emails(app: &App) -> Result<Vec<(String, String)>, Problem> {
    const SQL: &str = "select id, email from users where email is not null";
    let rows = on_db!(read app.store.db(), pool => sqlx::query_as(SQL).fetch_all(pool).await);
    Ok(rows.map_err(records::Error::from)?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportParams {
    /// geojson, kml, csv, gpkg or shp; by what the file begins with unless said.
    #[param(inline)]
    format: Option<Format>,
    /// Say what would happen, and write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What a file did, or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenIn {
    format: Format,
    /// One for each territory of the file, in its order.
    rows: Vec<IntakeRow>,
    created: u64,
    changed: u64,
    same: u64,
    refused: u64,
    /// Null where nothing was written.
    change_set: Option<String>,
    /// Places that changed hands.
    moved: u64,
    /// Accounts that passed on with their places, or with the people of their territory.
    accounts_passed: u64,
}

/// Take territories in from a file: matched by name, one change set
#[utoipa::path(post, path = "/api/v1/territories/import", tag = "territories", params(ImportParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = TakenIn), (status = 400, body = Problem)))]
async fn import(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ImportParams>,
    body: Bytes,
) -> Result<Json<TakenIn>, Problem> {
    signed.needs(&MAY_DRAW, "Taking territories in")?;
    let format = params.format.unwrap_or_else(|| Format::sniff(&body));
    let file = read(format, &body).await?;
    let asked: BTreeSet<String> = file
        .iter()
        .flat_map(|t| &t.named)
        .map(|place| place.location_id.clone())
        .collect();
    let users = emails(&app).await?;
    let known = Known {
        users: users
            .into_iter()
            .map(|(id, email)| (email.to_lowercase(), id))
            .collect(),
        locations: existing(&app, &signed.viewer, asked).await?,
    };
    let author = signed.author(CAUSE, format!("Take in {} territories", file.len()));
    let intake = take_in(&app.store, &author, &file, &known).await?;
    let mut taken = TakenIn {
        format,
        created: intake.count(Action::New),
        changed: intake.count(Action::Changed),
        same: intake.count(Action::Same),
        refused: intake.count(Action::Refused),
        rows: intake.rows.clone(),
        change_set: None,
        moved: 0,
        accounts_passed: 0,
    };
    if !params.dry_run {
        let written = intake.write(&app.store, &author).await?;
        let done = follow_up(&app, &written).await?;
        (taken.change_set, taken.moved) = (done.change_set, done.moved);
        taken.accounts_passed = done.accounts_passed;
    }
    Ok(Json(taken))
}

/// Those of the locations that exist and that the viewer may see.
async fn existing(app: &App, viewer: &Viewer, asked: BTreeSet<String>) -> Result<BTreeSet<String>, Problem> {
    let mut found = BTreeSet::new();
    let asked: Vec<String> = asked.into_iter().collect();
    for chunk in asked.chunks(RecordQuery::MAX_LIMIT as usize) {
        let query = RecordQuery::of("location")
            .filter(Filter::in_ids(chunk.iter().cloned()))
            .at(At::PRESENT)
            .limit(RecordQuery::MAX_LIMIT);
        let page = app.store.list(viewer, &query).await?;
        found.extend(page.records.into_iter().map(|r| r.id));
    }
    Ok(found)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(import))
        .layer(DefaultBodyLimit::max(LARGEST_FILE))
}
