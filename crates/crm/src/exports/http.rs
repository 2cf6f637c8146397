//! The files over HTTP, written page by page: a million rows need no memory.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _};
use points::Shape;
use records::{Field, Kind, Query as RecordQuery, Record, RecordType};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cells::{Titles, cell};
use super::of_type::{Page, preset_of};
use super::places::places;
use super::presets::PRESETS;
use crate::accounts::phone::is_internal;
use crate::crud::{ListParams, When, query_of, type_of};
use crate::live::{Asked, id_text, index_problem};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::spreadsheet::line;
use crate::{App, Shared};

/// A page of records as lines.
type Lines = Result<(String, Option<String>), Problem>;

/// A file that grows page by page. `page` gives the lines after a cursor, and the next cursor.
fn file<F, R>(name: &str, header_line: String, page: F) -> Result<Response, Problem>
where
    F: Fn(Option<String>) -> R + Send + 'static,
    R: Future<Output = Lines> + Send + 'static,
{
    let first = futures::stream::once(async move { Ok(Bytes::from(header_line)) });
    let rest = futures::stream::unfold(Some(None), move |cursor: Option<Option<String>>| {
        // The outer one is gone after the last page.
        let lines = cursor.map(&page);
        async move {
            match lines?.await {
                Ok((text, next)) => Some((Ok(Bytes::from(text)), next.map(Some))),
                Err(problem) => Some((Err(std::io::Error::other(problem.to_string())), None)),
            }
        }
    });
    // Compression asks once more after the end, which a plain `unfold` forbids.
    let mut response = Body::from_stream(checked(first.chain(rest).fuse())).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_str(&disposition).map_err(Problem::unexpected)?,
    );
    Ok(response)
}

/// Names the type of the stream's items for the compiler.
fn checked<S: Stream<Item = Result<Bytes, std::io::Error>>>(stream: S) -> S {
    stream
}

/// The columns of a type: its id, its fields, and beside each link what it points to is called.
struct Columns {
    record_type: RecordType,
}

impl Columns {
    fn fields(&self) -> impl Iterator<Item = &Field> {
        self.record_type
            .fields
            .iter()
            .filter(|f| !f.retired && !is_internal(&f.name))
    }

    fn links(&self) -> Vec<&Field> {
        self.fields().filter(|f| f.kind == Kind::Link).collect()
    }

    fn header(&self) -> Vec<String> {
        let mut header = vec!["id".to_owned()];
        for field in self.fields() {
            header.push(field.name.clone());
            if field.kind == Kind::Link {
                header.push(format!("{} name", field.name.trim_end_matches("_id")));
            }
        }
        header
    }

    fn cells(&self, app: &App, record: &Record, titles: &Titles) -> Vec<String> {
        let mut cells = vec![record.id.clone()];
        for field in self.fields() {
            let value = record.fields.get(&field.name).unwrap_or(&Value::Null);
            cells.push(cell(app, field, value));
            if field.kind == Kind::Link {
                cells.push(titles.get(value.as_str().unwrap_or_default()).to_owned());
            }
        }
        cells
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ColumnsParams {
    /// The columns of salesforce, hubspot, pipedrive, dynamics or google; our own unless said.
    preset: Option<String>,
}

/// All records of a list as CSV, by the names that fields have in the API or in the columns of another CRM
#[utoipa::path(get, path = "/api/v1/{plural}/export", tag = "records",
    params(("plural" = String, Path), ListParams, ColumnsParams, When),
    responses((status = 200, description = "CSV, UTF-8; amounts in major units, moments in the organisation's time zone; `limit` and `cursor` do not matter"),
        (status = 400, body = Problem)))]
async fn export(
    State(app): State<Shared>,
    signed: Signed,
    Path(plural): Path<String>,
    Query(params): Query<ListParams>,
    Query(columns): Query<ColumnsParams>,
    Query(when): Query<When>,
) -> Result<Response, Problem> {
    let record_type = type_of(&app, &plural)?.clone();
    let mut query = query_of(&app, &record_type, &params, &when)?.limit(RecordQuery::MAX_LIMIT);
    query.cursor = None;
    // What is wrong with the question is said before the file begins.
    app.store.list(&signed.viewer, &query.clone().limit(1)).await?;
    if let Some(system) = columns.preset.as_deref() {
        let preset = preset_of(&record_type, system)?;
        let header: Vec<String> = preset
            .columns
            .iter()
            .map(|(header, _)| (*header).to_owned())
            .collect();
        let (viewer, record_type) = (Arc::new(signed.viewer), Arc::new(record_type));
        return file(&format!("{plural}-{system}"), line(&header)?, move |cursor| {
            let (app, record_type, viewer) = (app.clone(), record_type.clone(), viewer.clone());
            let query = query.clone().cursor(cursor);
            async move {
                let found = app.store.list(&viewer, &query).await?;
                let page = Page::load(&app, &viewer, query.at, preset, &record_type, &found.records).await?;
                let mut text = String::new();
                for record in &found.records {
                    text += &line(&page.cells(record)?)?;
                }
                Ok((text, found.next_cursor))
            }
        });
    }
    let columns = Arc::new(Columns { record_type });
    let header_line = line(&columns.header())?;
    let viewer = Arc::new(signed.viewer);
    file(&plural, header_line, move |cursor| {
        let (app, columns, viewer) = (app.clone(), columns.clone(), viewer.clone());
        let query = query.clone().cursor(cursor);
        async move {
            let page = app.store.list(&viewer, &query).await?;
            let titles = Titles::of(&app, &viewer, query.at, &columns.links(), &page.records).await?;
            let mut text = String::new();
            for record in &page.records {
                text += &line(&columns.cells(&app, record, &titles))?;
            }
            Ok((text, page.next_cursor))
        }
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PresetParams {
    /// bailiwick, salesforce, hubspot, pipedrive or dynamics; bailiwick unless said.
    preset: Option<String>,
}

/// Customers of a list, a row for each place, in the columns of another CRM's export
#[utoipa::path(get, path = "/api/v1/customers/export", tag = "customers", params(PresetParams, Asked),
    responses((status = 200, description = "CSV, UTF-8, that the import takes back with the same cells"),
        (status = 400, body = Problem)))]
async fn customers(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<PresetParams>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let name = params.preset.as_deref().unwrap_or("bailiwick");
    let preset = PRESETS.iter().find(|p| p.name == name).ok_or_else(|| {
        let known: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        Problem::bad(
            "?preset",
            "unknown-preset",
            format!(
                "Customers are exported in the columns of {}, not of {name:?}.",
                known.join(", ")
            ),
        )
    })?;
    let when = When {
        as_of: asked.as_of.clone(),
        known_at: None,
    };
    let at = crate::crud::read_at(&app, &when)?;
    let (state, filter) = asked.resolve(&app, &signed).await?;
    let found = tokio::task::spawn_blocking(move || {
        let view = state.index.view(&filter)?;
        let rows = view.rows_in(&Shape::everywhere());
        Ok(rows.iter().map(|row| id_text(row.id())).collect())
    });
    let mut ids: Vec<String> = found.await.map_err(Problem::unexpected)?.map_err(index_problem)?;
    ids.sort_unstable();
    let header: Vec<String> = preset
        .columns
        .iter()
        .map(|(header, _)| (*header).to_owned())
        .collect();
    let (viewer, ids) = (Arc::new(signed.viewer), Arc::new(ids));
    file(&format!("customers-{name}"), line(&header)?, move |cursor| {
        let (app, viewer, ids) = (app.clone(), viewer.clone(), ids.clone());
        async move {
            let from = cursor.and_then(|c| c.parse().ok()).unwrap_or(0);
            let upto = ids.len().min(from + RecordQuery::MAX_LIMIT as usize);
            let text = places(&app, &viewer, preset, at, &ids[from..upto]).await?;
            Ok((text, (upto < ids.len()).then(|| upto.to_string())))
        }
    })
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(export))
        .routes(routes!(customers))
}
