//! Records over HTTP: `/api/v1/{plural}`. One set of handlers for all types.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use records::{At, Kind, Op, Record, RecordType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::When;
use super::asking::{ListParams, query_of, read_at, type_of};
use super::may::{MayJson, one_with_may, with_may};
use crate::Shared;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// A record as JSON.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordJson {
    /// Its id.
    pub id: String,
    /// Its type's name.
    #[serde(rename = "type")]
    pub type_name: String,
    /// 1, 2, 3 …: goes into `If-Match`.
    pub version: i64,
    /// When this version was written, milliseconds since 1970.
    pub recorded_at: i64,
    /// Who wrote it; null for the program.
    pub changed_by: Option<String>,
    /// The change set it was written in.
    pub change_set: String,
    /// What whoever asks may do with it; where a record is read as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) may: Option<MayJson>,
    /// The declared fields, and `custom`.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}

impl From<Record> for RecordJson {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            type_name: record.type_name,
            version: record.version,
            recorded_at: record.recorded_at.0,
            changed_by: record.changed_by,
            change_set: record.change_set,
            may: None,
            fields: record.fields,
        }
    }
}

/// A record after a write, and the change set by which to undo it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WrittenRecord {
    /// As it stands now.
    pub record: RecordJson,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    pub change_set: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RecordPage {
    records: Vec<RecordJson>,
    next_cursor: Option<String>,
}

/// Fields of a record to write.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FieldsBody {
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Count {
    count: u64,
}

/// List records of a type
#[utoipa::path(get, path = "/api/v1/{plural}", tag = "records",
    params(("plural" = String, Path), ListParams, When),
    responses((status = 200, body = RecordPage), (status = 400, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    Path(plural): Path<String>,
    Query(params): Query<ListParams>,
    Query(when): Query<When>,
) -> Result<Json<RecordPage>, Problem> {
    let query = query_of(&app, type_of(&app, &plural)?, &params, &when)?;
    let page = app.store.list(&signed.viewer, &query).await?;
    Ok(Json(RecordPage {
        records: with_may(&app, &signed, page.records, query.at).await?,
        next_cursor: page.next_cursor,
    }))
}

/// Count records of a type
#[utoipa::path(get, path = "/api/v1/{plural}/count", tag = "records",
    params(("plural" = String, Path), ListParams, When), responses((status = 200, body = Count)))]
async fn count(
    State(app): State<Shared>,
    signed: Signed,
    Path(plural): Path<String>,
    Query(params): Query<ListParams>,
    Query(when): Query<When>,
) -> Result<Json<Count>, Problem> {
    let query = query_of(&app, type_of(&app, &plural)?, &params, &when)?;
    Ok(Json(Count {
        count: app.store.count(&signed.viewer, &query).await?,
    }))
}

/// One record
#[utoipa::path(get, path = "/api/v1/{plural}/{id}", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path), When),
    responses((status = 200, body = RecordJson), (status = 404, body = Problem)))]
async fn get(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id)): Path<(String, String)>,
    Query(when): Query<When>,
) -> Result<Response, Problem> {
    let record_type = type_of(&app, &plural)?;
    let at = read_at(&app, &when)?;
    let record = app.store.get(&signed.viewer, &record_type.name, &id, at).await?;
    let record = record.ok_or_else(|| Problem::not_found(format!("{} {id}", record_type.label.en)))?;
    let shown = one_with_may(&app, &signed, record, at).await?;
    Ok(tagged(StatusCode::OK, shown.version, &shown))
}

/// Make a record
#[utoipa::path(post, path = "/api/v1/{plural}", tag = "records",
    params(("plural" = String, Path)), request_body = FieldsBody,
    responses((status = 201, body = WrittenRecord), (status = 400, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    signed: Signed,
    Path(plural): Path<String>,
    headers: HeaderMap,
    Json(body): Json<FieldsBody>,
) -> Result<Response, Problem> {
    let record_type = type_of(&app, &plural)?;
    refuse_read_only(record_type, &body.fields)?;
    let title = record_type
        .title
        .as_deref()
        // A link is an id, which tells a reader of the history nothing.
        .filter(|t| record_type.field(t).is_some_and(|f| f.kind != Kind::Link))
        .and_then(|t| body.fields.get(t))
        .and_then(Value::as_str);
    let author = signed.author(
        "api",
        format!("Add {} {}", record_type.label.en, title.unwrap_or_default()).trim(),
    );
    let request = serde_json::to_vec(&(&plural, &body.fields)).map_err(Problem::unexpected)?;
    let op = Op::create(record_type.name.clone(), body.fields);
    super::http_once(&app, &signed, &headers, &request, async || {
        let written = write_one(&app, &author, op).await?;
        Ok((StatusCode::CREATED, written))
    })
    .await
}

/// Change fields of a record; send `If-Match` with the version read
#[utoipa::path(patch, path = "/api/v1/{plural}/{id}", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path)), request_body = FieldsBody,
    responses((status = 200, body = WrittenRecord), (status = 412, body = Problem)))]
async fn update(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<FieldsBody>,
) -> Result<Response, Problem> {
    let record_type = type_of(&app, &plural)?;
    refuse_read_only(record_type, &body.fields)?;
    let fields: Vec<&str> = body.fields.keys().map(String::as_str).collect();
    let author = signed.author(
        "api",
        format!("Change {} of {}", fields.join(", "), record_type.label.en),
    );
    let version = if_match(&headers)?;
    let op = Op::Update {
        type_name: record_type.name.clone(),
        id: id.clone(),
        version,
        patch: body.fields,
    };
    match write_one(&app, &author, op).await {
        Ok(written) => Ok(tagged(StatusCode::OK, written.record.version, &written)),
        Err(mut problem) if problem.code == "version-conflict" => {
            // The page shows both values side by side.
            let current = app
                .store
                .get(&signed.viewer, &record_type.name, &id, At::PRESENT)
                .await?;
            problem.current =
                current.map(|r| Box::new(serde_json::to_value(RecordJson::from(r)).unwrap_or_default()));
            Err(problem)
        }
        Err(problem) => Err(problem),
    }
}

/// Delete a record; its history stays
#[utoipa::path(delete, path = "/api/v1/{plural}/{id}", tag = "records",
    params(("plural" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Deleted), (status = 412, body = Problem)))]
async fn delete(
    State(app): State<Shared>,
    signed: Signed,
    Path((plural, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Deleted>, Problem> {
    let record_type = type_of(&app, &plural)?;
    let author = signed.author("api", format!("Delete {}", record_type.label.en));
    let op = Op::Delete {
        type_name: record_type.name.clone(),
        id,
        version: if_match(&headers)?,
    };
    crate::additions::make_room(&app, &op).await?;
    let written = app.store.write(&author, vec![op]).await;
    crate::additions::settled(&app, &record_type.name).await;
    let written = written?;
    settle(&app, record_type, written.last_seq).await;
    Ok(Json(Deleted {
        change_set: written.change_set,
    }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    change_set: String,
}

/// Writes one operation and waits until map and list show it.
async fn write_one(app: &App, author: &records::Author, op: Op) -> Result<WrittenRecord, Problem> {
    let record_type = app.store.record_type(op.type_name())?.clone();
    crate::additions::make_room(app, &op).await?;
    let written = app.store.write(author, vec![op]).await;
    crate::additions::settled(app, &record_type.name).await;
    let written = written?;
    let record = written
        .records
        .into_iter()
        .next()
        .ok_or_else(|| Problem::unexpected("a write without a record"))?;
    settle(app, &record_type, written.last_seq).await;
    Ok(WrittenRecord {
        record: record.into(),
        change_set: written.change_set,
    })
}

/// Lets what follows from a write happen before it is answered: whose a place is, and what map and list show.
async fn settle(app: &App, record_type: &RecordType, mut seq: i64) {
    if matches!(
        record_type.name.as_str(),
        "location" | "account" | "territory" | "territory_version" | "territory_member"
    ) {
        crate::territories::settled(app).await;
        seq = app.store.last_seq().await.unwrap_or(seq);
    }
    app.live.wait_for(seq).await;
}

fn refuse_read_only(record_type: &RecordType, fields: &Map<String, Value>) -> Result<(), Problem> {
    let fixed = |name: &&String| record_type.field(name).is_some_and(|f| f.read_only);
    match fields.keys().find(fixed) {
        Some(name) => Err(Problem::bad(
            &format!("/fields/{name}"),
            "read-only",
            format!("{name} is set by the program and cannot be written."),
        )),
        None => Ok(()),
    }
}

/// The version in `If-Match: "v3"`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let version = value
        .to_str()
        .ok()
        .map(|v| v.trim().trim_start_matches("W/").trim_matches('"'));
    let version = version.and_then(|v| v.trim_start_matches('v').parse().ok());
    version.map(Some).ok_or_else(|| {
        Problem::bad(
            "If-Match",
            "bad-etag",
            "If-Match is an ETag of this record: \"v3\".",
        )
    })
}

fn tagged(status: StatusCode, version: i64, body: &impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"v{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(super::types::router())
        .merge(super::change_sets::router())
        .merge(super::history::router())
        .routes(routes!(list, create))
        .routes(routes!(count))
        .routes(routes!(get, update, delete))
}
