//! Segments over HTTP: the count while conditions are edited, the members, the list that is kept.

use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use records::{At, Op, Record, fields};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Definition, Members, SegmentRow, Subject, ask, of_record};
use crate::crud::{WrittenRecord, as_of_of};
use crate::problem::Problem;
use crate::regions::Moment;
use crate::sessions::Signed;
use crate::{App, Shared, spreadsheet};

/// Most members of a list that is kept, and of one that is exported.
const MOST_LISTED: usize = 100_000;
/// Places that are sent for the map.
const MOST_POINTS: usize = 5_000;
/// Operations written at once.
const CHUNK: usize = 500;

/// Conditions that are being edited.
#[derive(Deserialize, ToSchema)]
#[schema(as = SegmentPreviewBody)]
struct PreviewBody {
    subject: Subject,
    #[schema(value_type = crate::segments::Definition)]
    definition: Value,
    /// A past moment.
    #[schema(value_type = Option<String>)]
    as_of: Option<Moment>,
    /// Rows of the first page, 0..=100; 20 unless said.
    limit: Option<usize>,
}

/// How many conditions meet, and some of them.
#[derive(Serialize, ToSchema)]
#[schema(as = SegmentPreview)]
struct Preview {
    count: usize,
    rows: Vec<SegmentRow>,
    /// Longitude, latitude of at most 5,000 places of customers.
    points: Vec<[f64; 2]>,
    /// The shapes as GeoJSON features with `name` and `kind`.
    #[schema(value_type = Vec<Object>)]
    shapes: Vec<geojson::Feature>,
    /// Within what was counted, where that is not everything.
    rights_note: Option<String>,
    took_ms: u64,
}

/// Count conditions while they are edited; nothing is written
#[utoipa::path(post, path = "/api/v1/segments/preview", tag = "marketing", request_body = PreviewBody,
    responses((status = 200, body = Preview), (status = 400, body = Problem)))]
async fn preview(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<PreviewBody>,
) -> Result<Json<Preview>, Problem> {
    may_look(&signed)?;
    let began = Instant::now();
    let as_of = body.as_of.as_ref().map_or(Ok(None), |m| m.parse(&app, "as_of"))?;
    let definition = Definition::read(&body.definition, body.subject, "/definition")?;
    let members = ask(&app, &signed, body.subject, &definition, as_of).await?;
    let (rows, _) = members
        .page(&app, &signed, 0, body.limit.unwrap_or(20).min(100))
        .await?;
    Ok(Json(Preview {
        count: members.count(),
        points: members.points(MOST_POINTS),
        rows,
        shapes: members.shapes,
        rights_note: members.rights_note,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    }))
}

/// Whoever may see no segments has nothing to ask of them.
fn may_look(signed: &Signed) -> Result<(), Problem> {
    if signed.viewer.grant("segment").read == records::Scope::None {
        return Err(Problem::forbidden("Segments are not part of your role."));
    }
    Ok(())
}

async fn segment(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, "segment", id, At::PRESENT).await?;
    found.ok_or_else(|| Problem::not_found(format!("Segment {id}")))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MembersParams {
    /// A past moment.
    as_of: Option<String>,
    /// 1..=500; 100 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Members of a segment.
#[derive(Serialize, ToSchema)]
struct SegmentMembers {
    rows: Vec<SegmentRow>,
    /// All members, not only this page.
    count: usize,
    points: Vec<[f64; 2]>,
    #[schema(value_type = Vec<Object>)]
    shapes: Vec<geojson::Feature>,
    rights_note: Option<String>,
    next_cursor: Option<String>,
}

/// Who is in a segment, by name
#[utoipa::path(get, path = "/api/v1/segments/{id}/members", tag = "marketing", params(("id" = String, Path), MembersParams),
    responses((status = 200, body = SegmentMembers), (status = 404, body = Problem)))]
async fn members(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<MembersParams>,
) -> Result<Json<SegmentMembers>, Problem> {
    let segment = segment(&app, &signed, &id).await?;
    let as_of = params.as_of.as_deref().filter(|t| !t.is_empty());
    let as_of = as_of.map(|t| as_of_of(&app, "as_of", t)).transpose()?;
    let found = of_record(&app, &signed, &segment, as_of).await?;
    let limit = params.limit.unwrap_or(100).clamp(1, 500);
    let skip = match params.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| records::Error::BadCursor)?,
    };
    let (rows, more) = found.page(&app, &signed, skip, limit).await?;
    Ok(Json(SegmentMembers {
        count: found.count(),
        // The map is drawn once, with the first page.
        points: if skip == 0 {
            found.points(MOST_POINTS)
        } else {
            Vec::new()
        },
        rows,
        shapes: found.shapes,
        rights_note: found.rights_note,
        next_cursor: more.then(|| (skip + limit).to_string()),
    }))
}

/// Who they are, as ids of the segment's subject.
async fn ids(app: &App, members: &Members) -> Result<Vec<String>, Problem> {
    Ok(match members.subject {
        Subject::Account => members.customers(app).await?.into_keys().collect(),
        Subject::Contact | Subject::Lead => members.people().to_vec(),
    })
}

/// Keep the members of now: the segment becomes a fixed list
#[utoipa::path(post, path = "/api/v1/segments/{id}/freeze", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = WrittenRecord), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn freeze(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let segment = segment(&app, &signed, &id).await?;
    if segment.text("kind") == Some("static") {
        return Err(Problem::conflict(
            "already-fixed",
            "This segment is a fixed list already.",
        ));
    }
    let found = of_record(&app, &signed, &segment, None).await?;
    let count = found.count();
    if count > MOST_LISTED {
        return Err(Problem::conflict(
            "too-many",
            format!("A fixed list has at most {MOST_LISTED} members; these are {count}."),
        ));
    }
    let author = signed
        .program_on(&app, "segment", &id, "api", "Kept a segment as a list")
        .await?;
    let field = format!("{}_id", found.subject.as_str());
    let mut ops = vec![Op::Update {
        type_name: "segment".into(),
        id: id.clone(),
        version: Some(segment.version),
        patch: fields([
            ("kind", "static".into()),
            ("frozen_at", app.store.now().0.into()),
            ("frozen_count", count.into()),
        ]),
    }];
    ops.extend(ids(&app, &found).await?.into_iter().map(|member| {
        Op::create(
            "segment_member",
            fields([
                ("segment_id", id.as_str().into()),
                (field.as_str(), member.into()),
            ]),
        )
    }));
    let set = app.store.change_set(&author).await?;
    let change_set = set.id().to_owned();
    let mut ops = ops.into_iter().peekable();
    while ops.peek().is_some() {
        set.write(ops.by_ref().take(CHUNK).collect()).await?;
    }
    set.close().await?;
    let record = self::segment(&app, &signed, &id).await?;
    Ok(Json(WrittenRecord {
        record: record.into(),
        change_set,
    }))
}

/// The members as CSV
#[utoipa::path(get, path = "/api/v1/segments/{id}/export", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, description = "text/csv"), (status = 404, body = Problem)))]
async fn export(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let segment = segment(&app, &signed, &id).await?;
    let found = of_record(&app, &signed, &segment, None).await?;
    let (rows, _) = found.page(&app, &signed, 0, MOST_LISTED).await?;
    let heads = [
        "Name",
        "Detail",
        "Class",
        "Territory",
        "Longitude",
        "Latitude",
        "Id",
    ];
    let mut text = spreadsheet::line(&heads.map(str::to_owned))?;
    for row in rows {
        let number = |n: Option<f64>| n.map(|n| format!("{n:.6}")).unwrap_or_default();
        text.push_str(&spreadsheet::line(&[
            row.name,
            row.detail,
            row.class.unwrap_or_default(),
            row.territory_name.unwrap_or_default(),
            number(row.lng),
            number(row.lat),
            row.id,
        ])?);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"segment.csv\"",
        ),
    ];
    Ok((headers, text).into_response())
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(members))
        .routes(routes!(freeze))
        .routes(routes!(export))
}
