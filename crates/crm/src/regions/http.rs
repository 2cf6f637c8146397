//! Regions over HTTP: figures, rows, files.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use points::{Found, RowId};
use records::{Query as RecordQuery, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::difference::{Changed, Difference};
use super::export::{Form, Readme, body as file};
use super::figures::{Figures, Labels, figures};
use super::question::{Asked, RowKind, Side, SnapshotBody};
use crate::Shared;
use crate::app::App;
use crate::live::{CustomerRow, Names, customer_rows, index_problem, sort_page};
use crate::problem::Problem;
use crate::sessions::Signed;

/// What there is in a shape.
#[derive(Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// The shape as a GeoJSON feature; null: everywhere.
    #[schema(value_type = Option<Object>)]
    shape: Option<geojson::Feature>,
    /// Within what was counted, where that is not everything.
    rights_note: Option<String>,
    /// On the date asked for.
    a: Figures,
    /// On the date compared with.
    b: Option<Figures>,
    difference: Option<Difference>,
    took_ms: u64,
}

async fn labels(app: &App) -> Result<Labels, Problem> {
    let stages = RecordQuery::of("stage").limit(RecordQuery::MAX_LIMIT);
    let stages = app.store.list(&Viewer::system(), &stages).await?.records;
    let name = |r: records::Record| (r.id.clone(), r.text("name").unwrap_or_default().to_owned());
    Ok(Labels {
        names: Names::load(app).await?,
        stages: stages.into_iter().map(name).collect(),
    })
}

/// What we have in a shape, on a date or two
#[utoipa::path(post, path = "/api/v1/snapshot", tag = "regions", request_body = SnapshotBody,
    responses((status = 200, body = Snapshot), (status = 400, body = Problem)))]
async fn snapshot(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<SnapshotBody>,
) -> Result<Json<Snapshot>, Problem> {
    let began = Instant::now();
    let asked = Asked::resolve(&app, &signed, &body).await?;
    let labels = labels(&app).await?;
    let (shape, a, b) = (asked.shape.clone(), asked.a.clone(), asked.b.clone());
    let (a, b, difference) = tokio::task::spawn_blocking(move || {
        let now = figures(&a, &shape, &labels)?;
        let Some(b) = b else { return Ok((now, None, None)) };
        let then = figures(&b, &shape, &labels)?;
        let difference = Changed::between(&a, &b, &shape)?.difference(&now, &then);
        Ok((now, Some(then), Some(difference)))
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Json(Snapshot {
        shape: asked.feature,
        rights_note: asked.rights_note,
        a,
        b,
        difference,
        took_ms,
    }))
}

/// Rows of a region.
#[derive(Deserialize, ToSchema)]
struct RowsBody {
    #[serde(flatten)]
    question: SnapshotBody,
    #[serde(default)]
    kind: RowKind,
    /// `name`, `revenue`, `last_visit`, `due`, `class`, `city`; `-` before it for descending.
    sort: Option<String>,
    /// 1..=500; 100 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RowsPage {
    rows: Vec<CustomerRow>,
    /// All of this kind, not only this page.
    count: u64,
    next_cursor: Option<String>,
}

/// The rows behind a figure, of one kind: the ids and the state that holds them.
async fn ids_of(asked: &Asked, kind: RowKind) -> Result<(Side, Vec<RowId>), Problem> {
    let (shape, a, b) = (asked.shape.clone(), asked.a.clone(), asked.b.clone());
    if kind != RowKind::All && b.is_none() {
        return Err(Problem::bad(
            "/compare_to",
            "required",
            "New, lost, came, went, grown and shrunk are between two dates. Send compare_to.",
        ));
    }
    let side = match &b {
        Some(b) if kind.is_of_then() => b.clone(),
        _ => a.clone(),
    };
    let ids = tokio::task::spawn_blocking(move || {
        if let (Some(b), true) = (&b, kind != RowKind::All) {
            return Ok(Changed::between(&a, b, &shape)?.of(kind).unwrap_or_default());
        }
        let mut ids: Vec<RowId> = a
            .state
            .index
            .view(&a.filter)?
            .rows_in(&shape)
            .iter()
            .map(Found::id)
            .collect();
        ids.sort_unstable();
        Ok(ids)
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    Ok((side, ids))
}

/// The rows behind a region's figures
#[utoipa::path(post, path = "/api/v1/snapshot/rows", tag = "regions", request_body = RowsBody,
    responses((status = 200, body = RowsPage), (status = 400, body = Problem)))]
async fn rows(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<RowsBody>,
) -> Result<Json<RowsPage>, Problem> {
    let asked = Asked::resolve(&app, &signed, &body.question).await?;
    let (side, ids) = ids_of(&asked, body.kind).await?;
    let limit = body.limit.unwrap_or(100).clamp(1, 500);
    let offset = match body.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| records::Error::BadCursor)?,
    };
    let count = ids.len();
    let mut found: Vec<Found<'_>> = ids.iter().filter_map(|id| side.state.index.get(*id)).collect();
    let upto = offset.saturating_add(limit);
    sort_page(&mut found, body.sort.as_deref().unwrap_or("name"), upto)?;
    let shown: Vec<Found<'_>> = found.into_iter().skip(offset).take(limit).collect();
    Ok(Json(RowsPage {
        rows: customer_rows(&app, &side.state, &shown).await?,
        count: count as u64,
        next_cursor: (count > upto).then(|| upto.to_string()),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportParams {
    /// `csv` or `geojson`.
    format: String,
}

/// Rows to export.
#[derive(Deserialize, ToSchema)]
struct ExportBody {
    #[serde(flatten)]
    question: SnapshotBody,
    #[serde(default)]
    kind: RowKind,
}

/// A region's rows as a file that says what it holds
#[utoipa::path(post, path = "/api/v1/snapshot/export", tag = "regions", params(ExportParams), request_body = ExportBody,
    responses((status = 200, description = "CSV with `# name: value` lines above its header, or GeoJSON with the same as `readme`: shape, date, filter, rights, rows"),
        (status = 400, body = Problem)))]
async fn export(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ExportParams>,
    Json(body): Json<ExportBody>,
) -> Result<Response, Problem> {
    let (form, content_type, ending) = match params.format.as_str() {
        "csv" => (Form::Csv, "text/csv; charset=utf-8", "csv"),
        "geojson" => (Form::GeoJson, "application/geo+json", "geojson"),
        other => {
            return Err(Problem::bad(
                "?format",
                "unknown-format",
                format!("A region is exported as csv or geojson, not as {other:?}."),
            ));
        }
    };
    let asked = Asked::resolve(&app, &signed, &body.question).await?;
    let (side, ids) = ids_of(&asked, body.kind).await?;
    let readme = Readme::new(&app, &asked, body.kind, ids.len());
    let disposition = format!("attachment; filename=\"{}.{ending}\"", readme.file_name);
    let mut response = file(Arc::clone(&app), side.state, ids, readme, form).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&disposition).map_err(Problem::unexpected)?,
    );
    Ok(response)
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(snapshot))
        .routes(routes!(rows))
        .routes(routes!(export))
}
