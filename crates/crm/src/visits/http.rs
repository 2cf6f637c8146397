//! Checking in and out, and the visit report.

use axum::Json;
use axum::extract::{Path, State};
use geom::LngLat;
use records::{At, Op, Record, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::crud::{RecordJson, WrittenRecord};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::{App, Shared};

/// A device's clock may be ahead by so much, in milliseconds.
const CLOCK_SKEW: i64 = 5 * 60_000;

/// Where and when the rep arrived. All of it may be left out.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct CheckInAt {
    /// Degrees east.
    lng: Option<f64>,
    /// Degrees north.
    lat: Option<f64>,
    /// How exact the device says the position is, metres. Not kept.
    #[allow(dead_code)]
    accuracy_m: Option<f64>,
    /// Milliseconds since 1970; now unless said.
    at: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CheckedIn {
    record: RecordJson,
    /// From the place's pin; null without a position or a pin. A visit far away is taken all the same.
    distance_m: Option<f64>,
    change_set: String,
}

/// Check in at a customer
#[utoipa::path(post, path = "/api/v1/visits/{id}/check-in", tag = "my day", request_body = CheckInAt,
    responses((status = 200, body = CheckedIn), (status = 409, body = Problem)))]
async fn check_in(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    body: Option<Json<CheckInAt>>,
) -> Result<Json<CheckedIn>, Problem> {
    let given = body.map(|b| b.0).unwrap_or_default();
    let visit = own_visit(&app, &signed, &id).await?;
    if visit.integer("check_in_at").is_some() {
        return Err(Problem::conflict(
            "already-checked-in",
            "This visit has begun already.",
        ));
    }
    let place = match (given.lng, given.lat) {
        (Some(lng), Some(lat)) => Some(LngLat::new(lng, lat).map_err(|e| {
            let pointer = if matches!(e, geom::BadPlace::Longitude(_)) {
                "/lng"
            } else {
                "/lat"
            };
            Problem::bad(pointer, "off-the-earth", format!("{e}."))
        })?),
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Problem::bad(
                "/lng",
                "required",
                "A position has a longitude too.",
            ));
        }
        (Some(_), None) => return Err(Problem::bad("/lat", "required", "A position has a latitude too.")),
    };
    let now = app.store.now().0;
    let at = given.at.unwrap_or(now);
    if at > now + CLOCK_SKEW {
        return Err(Problem::bad(
            "/at",
            "in-the-future",
            "The time of checking in lies in the future.",
        ));
    }
    let location = visit.text("location_id").unwrap_or_default();
    let pin = app
        .store
        .get(&Viewer::system(), "location", location, At::PRESENT)
        .await?
        .and_then(|l| l.place());
    let distance_m = place.zip(pin).map(|(here, pin)| here.distance(pin).0.round());
    let patch = json!({
        "status": "in_progress", "check_in_at": at, "check_in_lng": place.map(LngLat::lng),
        "check_in_lat": place.map(LngLat::lat), "check_in_distance_m": distance_m,
    });
    let written = write(&app, &signed, &visit, patch, "Check in").await?;
    Ok(Json(CheckedIn {
        record: written.record,
        distance_m,
        change_set: written.change_set,
    }))
}

/// Check out without a report
#[utoipa::path(post, path = "/api/v1/visits/{id}/check-out", tag = "my day",
    responses((status = 200, body = WrittenRecord), (status = 409, body = Problem)))]
async fn check_out(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let visit = own_visit(&app, &signed, &id).await?;
    let Some(begun) = visit.integer("check_in_at") else {
        return Err(Problem::conflict(
            "not-checked-in",
            "This visit has not begun yet. Check in first.",
        ));
    };
    if visit.integer("check_out_at").is_some() {
        return Err(Problem::conflict(
            "already-checked-out",
            "This visit has ended already.",
        ));
    }
    let patch = json!({ "status": "done", "check_out_at": app.store.now().0.max(begun) });
    Ok(Json(write(&app, &signed, &visit, patch, "Check out").await?))
}

/// What came of a visit.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Report {
    /// order, talk, absent, closed or other
    outcome: String,
    #[serde(default)]
    note: String,
    /// The customer is due again on this day, whatever the rhythm says.
    next_date: Option<String>,
}

/// Report on a visit: it is done. Without a check-in before, it is taken to have been now
#[utoipa::path(post, path = "/api/v1/visits/{id}/report", tag = "my day", request_body = Report,
    responses((status = 200, body = WrittenRecord), (status = 400, body = Problem)))]
async fn report(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(given): Json<Report>,
) -> Result<Json<WrittenRecord>, Problem> {
    const OUTCOMES: [&str; 5] = ["order", "talk", "absent", "closed", "other"];
    if !OUTCOMES.contains(&given.outcome.as_str()) {
        let message = format!("The outcome is one of {}.", OUTCOMES.join(", "));
        return Err(Problem::bad("/outcome", "unknown-choice", message));
    }
    let visit = own_visit(&app, &signed, &id).await?;
    let now = app.store.now();
    if let Some(text) = &given.next_date {
        let date = crate::time::parse_day(text, "/next_date")?;
        if date < app.settings.zone.date(now) {
            return Err(Problem::bad(
                "/next_date",
                "in-the-past",
                "The next visit lies in the past.",
            ));
        }
    }
    let begun = visit.integer("check_in_at").unwrap_or(now.0);
    let ended = visit.integer("check_out_at").unwrap_or(now.0.max(begun));
    let note = given.note.trim();
    let patch = json!({
        "status": "done", "outcome": given.outcome, "note": (!note.is_empty()).then_some(note),
        "next_date": given.next_date, "check_in_at": begun, "check_out_at": ended,
    });
    Ok(Json(write(&app, &signed, &visit, patch, "Visit report").await?))
}

/// A visit that the person may work on: a rep's own, for managers and admins any.
async fn own_visit(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let visit = app.store.get(&signed.viewer, "visit", id, At::PRESENT).await?;
    let visit = visit.ok_or_else(|| Problem::not_found(format!("Visit {id}")))?;
    let is_own = visit.text("owner_id").is_none_or(|owner| owner == signed.user_id);
    if !is_own && !matches!(signed.role, Role::Manager | Role::Admin) {
        return Err(Problem::forbidden(
            "This visit is another person's. Only they and managers work on it.",
        ));
    }
    Ok(visit)
}

async fn write(
    app: &App,
    signed: &Signed,
    visit: &Record,
    patch: Value,
    label: &str,
) -> Result<WrittenRecord, Problem> {
    let mut patch: Map<String, Value> = patch.as_object().cloned().unwrap_or_default();
    if visit.text("owner_id").is_none() {
        patch.insert("owner_id".into(), signed.user_id.clone().into());
    }
    let op = Op::update("visit", visit.id.clone(), patch);
    let written = app.store.write(&signed.author("api", label), vec![op]).await?;
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

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(check_in))
        .routes(routes!(check_out))
        .routes(routes!(report))
}
