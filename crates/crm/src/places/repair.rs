//! The repair queue: places that could not be taken unseen, grouped, with candidates, a pin to drag and a
//! lock.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use geocode::Request;
use geom::LngLat;
use points::{Filter as Points, Found, Shape, SnapshotSpec};
use records::{At, Op};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::lookup::{AddressText, look_up_and_write};
use crate::Shared;
use crate::crud::{RecordJson, WrittenRecord};
use crate::live::{accounts_of, id_text, index_problem, sight, sort_page, visible_location};
use crate::problem::Problem;
use crate::sessions::Signed;

/// Statuses that need a person.
pub(super) const TO_REPAIR: [&str; 3] = ["review", "failed", "outside"];

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RepairParams {
    /// review, failed or outside; all three unless said.
    status: Option<String>,
    /// 1..=200; 50 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A place to look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepairItem {
    location_id: String,
    account_id: String,
    name: String,
    /// The address as given.
    text: String,
    status: String,
    /// Why it needs a look.
    reason: String,
    lng: Option<f64>,
    lat: Option<f64>,
}

/// Places of one status.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepairGroup {
    key: String,
    label: String,
    count: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RepairQueue {
    groups: Vec<RepairGroup>,
    items: Vec<RepairItem>,
    /// Places that wait for a person.
    total: u64,
    /// Places that need nobody any more.
    done: u64,
    next_cursor: Option<String>,
}

/// Places that need a look
#[utoipa::path(get, path = "/api/v1/repair", tag = "places", params(RepairParams), responses((status = 200, body = RepairQueue)))]
async fn queue(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<RepairParams>,
) -> Result<Json<RepairQueue>, Problem> {
    let state = app.live.present();
    let sight = sight(&app, &signed.viewer).await?;
    let mine = state.index.view(&sight.filter).map_err(index_problem)?;
    let by_status = status_counts(&mine)?;
    let wanted: Vec<&str> = match params.status.as_deref() {
        Some(status) if TO_REPAIR.contains(&status) => vec![status],
        Some(other) if !other.is_empty() => {
            return Err(Problem::bad(
                "?status",
                "unknown-status",
                format!("{other} is not review, failed or outside."),
            ));
        }
        _ => TO_REPAIR.to_vec(),
    };
    let filter = sight
        .filter
        .clone()
        .and(Points::category("geocode_status", wanted));
    let view = state.index.view(&filter).map_err(index_problem)?;
    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let offset = match params.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| records::Error::BadCursor)?,
    };
    let mut rows = view.rows_in(&Shape::everywhere());
    // By street, so that rows with the same trouble stand together.
    sort_page(&mut rows, "street", offset + limit)?;
    let next_cursor = (rows.len() > offset + limit).then(|| (offset + limit).to_string());
    let shown: Vec<Found<'_>> = rows.into_iter().skip(offset).take(limit).collect();
    let ids: Vec<String> = shown.iter().map(|r| id_text(r.id())).collect();
    let accounts = accounts_of(&app, &ids).await?;
    let mut items = Vec::new();
    for (row, id) in shown.iter().zip(ids) {
        let record = visible_location(&app, &signed, &id, At::PRESENT).await?;
        items.push(RepairItem {
            account_id: accounts.get(&id).cloned().unwrap_or_default(),
            name: row.text("name").unwrap_or_default().to_owned(),
            text: AddressText::of(&record).line(),
            status: record.text("geocode_status").unwrap_or_default().to_owned(),
            reason: record.text("geocode_why").unwrap_or_default().to_owned(),
            lng: record.number("lng"),
            lat: record.number("lat"),
            location_id: id,
        });
    }
    let count = |status: &str| by_status.get(status).copied().unwrap_or(0);
    let groups = TO_REPAIR
        .iter()
        .map(|status| RepairGroup {
            key: (*status).into(),
            label: (*status).into(),
            count: count(status),
        })
        .collect();
    let total = TO_REPAIR.iter().map(|s| count(s)).sum();
    let done = by_status.values().sum::<u64>() - total - count("pending");
    Ok(Json(RepairQueue {
        groups,
        items,
        total,
        done,
        next_cursor,
    }))
}

pub(super) fn status_counts(view: &points::View<'_>) -> Result<BTreeMap<String, u64>, Problem> {
    let spec = SnapshotSpec {
        sums: Vec::new(),
        group_by: vec!["geocode_status".into()],
    };
    let snapshot = view
        .snapshot(&Shape::everywhere(), &spec)
        .map_err(index_problem)?;
    let values = snapshot.groups.into_iter().flat_map(|g| g.values);
    Ok(values
        .map(|v| (v.value.unwrap_or_else(|| "pending".into()), v.count))
        .collect())
}

/// A place that the address may mean.
#[derive(Serialize, ToSchema)]
pub(crate) struct Candidate {
    lng: f64,
    lat: f64,
    label: String,
    level: String,
    confidence: f64,
    why: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Candidates {
    /// Best first, at most five.
    candidates: Vec<Candidate>,
    status: String,
    why: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CandidateParams {
    /// Look this up instead of the address on record.
    text: Option<String>,
}

/// Places that an address may mean
#[utoipa::path(get, path = "/api/v1/locations/{id}/candidates", tag = "places", params(CandidateParams),
    responses((status = 200, body = Candidates)))]
async fn candidates(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<CandidateParams>,
) -> Result<Json<Candidates>, Problem> {
    let record = visible_location(&app, &signed, &id, At::PRESENT).await?;
    let atlas = app.map()?;
    let address = AddressText::of(&record);
    let typed = params.text.as_deref().map(str::trim).filter(|t| !t.is_empty());
    let answer = match typed {
        Some(text) => atlas.geocoder().search(&Request::text(text)),
        None => atlas.geocoder().search(&address.request()),
    };
    let candidates = answer
        .hits
        .iter()
        .map(|hit| Candidate {
            lng: hit.point.lng(),
            lat: hit.point.lat(),
            label: hit.label.clone(),
            level: hit.level.as_str().to_owned(),
            confidence: f64::from(hit.confidence),
            why: hit.why.clone(),
        })
        .collect();
    Ok(Json(Candidates {
        candidates,
        status: answer.status.as_str().to_owned(),
        why: answer.why,
    }))
}

/// Where the pin goes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPin {
    /// Degrees east.
    lng: f64,
    /// Degrees north.
    lat: f64,
    /// Keep it there whatever the address says later.
    #[serde(default)]
    locked: bool,
    /// The candidate's address, where one was chosen.
    label: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Pinned {
    record: RecordJson,
    change_set: String,
    /// From where it was, metres; null for the first pin.
    distance_m: Option<f64>,
}

/// Put a place's pin by hand
#[utoipa::path(post, path = "/api/v1/locations/{id}/pin", tag = "places", request_body = NewPin,
    responses((status = 200, body = Pinned), (status = 400, body = Problem)))]
async fn pin(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(given): Json<NewPin>,
) -> Result<Json<Pinned>, Problem> {
    let place = LngLat::new(given.lng, given.lat).map_err(|e| {
        let pointer = if matches!(e, geom::BadPlace::Longitude(_)) {
            "/lng"
        } else {
            "/lat"
        };
        Problem::bad(pointer, "off-the-earth", format!("{e}."))
    })?;
    let before = visible_location(&app, &signed, &id, At::PRESENT).await?;
    let distance = before.place().map(|old| old.distance(place).0);
    // Only a point that the look-up chose says something about the look-up.
    let looked_up = matches!(before.text("geocode_status"), Some("auto" | "review"));
    let claimed = distance
        .and(before.number("geocode_confidence"))
        .filter(|_| looked_up);
    let label = given.label.unwrap_or_else(|| {
        let reverse = app.atlas().and_then(|a| a.geocoder().reverse(place));
        reverse.map(|r| r.label).unwrap_or_default()
    });
    let patch = json!({
        "lng": place.lng(), "lat": place.lat(), "geocode_status": "pinned", "geocode_locked": given.locked,
        "geocode_label": label, "geocode_level": "house", "geocode_confidence": 1.0,
        "geocode_why": "Put there by hand.", "geocoded_at": app.store.now().0, "pin_distance_m": distance,
        "pin_confidence": claimed,
    });
    let patch = patch.as_object().cloned().unwrap_or_default();
    let author = signed
        .program_on(&app, "location", &id, "api", "Put the pin by hand")
        .await?;
    let op = Op::Update {
        type_name: "location".into(),
        id,
        version: None,
        patch,
    };
    let written = write(&app, &author, op).await?;
    Ok(Json(Pinned {
        record: written.record,
        change_set: written.change_set,
        distance_m: distance,
    }))
}

/// Look a place's address up now; clears a pin set by hand unless it is locked
#[utoipa::path(post, path = "/api/v1/locations/{id}/geocode", tag = "places",
    responses((status = 200, body = WrittenRecord), (status = 409, body = Problem)))]
async fn geocode_one(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let place = visible_location(&app, &signed, &id, At::PRESENT).await?;
    if place.boolean("geocode_locked") == Some(true) {
        return Err(Problem::conflict(
            "pin-locked",
            "This pin is locked. Unlock it to look the address up again.",
        ));
    }
    let atlas = app.map()?;
    let author = signed
        .program_on(&app, "location", &id, "geocode", "Look an address up")
        .await?;
    look_up_and_write(&app, &atlas, &author, vec![place]).await?;
    let record = visible_location(&app, &signed, &id, At::PRESENT).await?;
    app.live.wait_for(app.store.last_seq().await?).await;
    Ok(Json(WrittenRecord {
        change_set: record.change_set.clone(),
        record: record.into(),
    }))
}

async fn write(app: &Shared, author: &records::Author, op: Op) -> Result<WrittenRecord, Problem> {
    let written = app.store.write(author, vec![op]).await?;
    app.live.wait_for(written.last_seq).await;
    let record = written
        .records
        .into_iter()
        .next()
        .ok_or_else(|| Problem::unexpected("a write without a record"))?;
    Ok(WrittenRecord {
        record: record.into(),
        change_set: written.change_set,
    })
}

/// What to look up.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct GeocodeWhat {
    /// Also what has been looked up before: after a new map. Never pinned or imported places.
    again: bool,
}

/// Look up every waiting address as a job
#[utoipa::path(post, path = "/api/v1/geocode-jobs", tag = "places", request_body = GeocodeWhat,
    responses((status = 202, body = crate::jobs::Job)))]
async fn geocode_jobs(
    State(app): State<Shared>,
    signed: Signed,
    body: Option<Json<GeocodeWhat>>,
) -> Result<(axum::http::StatusCode, Json<crate::jobs::Job>), Problem> {
    signed.needs(
        &[crate::Role::Admin, crate::Role::Manager],
        "Looking all addresses up",
    )?;
    app.map()?;
    let again = body.is_some_and(|b| b.again);
    let mut payload = Map::new();
    payload.insert("again".into(), Value::Bool(again));
    let job = crate::jobs::enqueue(
        &app,
        "geocode",
        "places",
        &Value::Object(payload),
        Some(&signed.user_id),
    )
    .await?;
    Ok((axum::http::StatusCode::ACCEPTED, Json(job)))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(queue))
        .routes(routes!(candidates))
        .routes(routes!(pin))
        .routes(routes!(geocode_one))
        .routes(routes!(geocode_jobs))
}
