//! Roads in the form of OSRM's HTTP API, version 1: route, table, nearest, trip and match, so that its clients work with
//! the address of this server in the place of theirs.
//!
//! Durations are what is minimised and told (`weight_name` is `duration`). One profile is built into a map,
//! and it is asked for as `driving` or `car`.

mod asked;
mod drive;
mod polyline;
mod round_trip;
mod route;
mod table;
mod turns;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use roads::{RoadIndex, Snap};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;
use turns::{place, tenths};

/// A refusal in OSRM's form: a code that its clients know, and words.
#[derive(Debug)]
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message });
        (StatusCode::BAD_REQUEST, Json(body)).into_response()
    }
}

/// How many requests are worked on at once; the others wait their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Runs away from the threads that serve, few at a time: a large table takes seconds and all cores. The work gives the
/// answer as JSON text.
async fn beside(
    work: impl FnOnce() -> Result<String, Refusal> + Send + 'static,
) -> Result<Response, crate::problem::Problem> {
    let turn = TURNS
        .acquire()
        .await
        .map_err(crate::problem::Problem::unexpected)?;
    let answer = tokio::task::spawn_blocking(work)
        .await
        .map_err(crate::problem::Problem::unexpected)?;
    drop(turn);
    Ok(match answer {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(refusal) => refusal.into_response(),
    })
}

/// A snapped coordinate as OSRM writes it.
fn waypoint(roads: &RoadIndex, snap: &Snap) -> Value {
    json!({
        "location": place(snap.point),
        "distance": tenths(snap.distance.0),
        "name": roads.road(snap).name.unwrap_or_default(),
    })
}

/// The routes of this form.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(route::router())
        .merge(table::router())
        .merge(drive::router())
}
