//! Roads in the form of OSRM's HTTP API, version 1: route, table, nearest, trip and match, so that its clients work with
//! the address of this server in the place of theirs.
//!
//! The weight that is told is the duration (`weight_name` says so); the way is chosen as the profile weighs roads, which
//! makes alleys and private roads heavier than the time they take. The profile in the address is one of those that the map
//! was built with; `driving` is the first.

mod asked;
mod drive;
mod polyline;
mod request;
mod round_trip;
mod route;
mod table;
mod turns;

use roads::{RoadIndex, Snap};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;
use turns::{place, tenths};

pub(super) use asked::profile_known;

/// A snapped coordinate as OSRM writes it.
fn waypoint(roads: &RoadIndex, snap: &Snap) -> Value {
    json!({
        "location": place(snap.point),
        "distance": tenths(snap.distance.0),
        "name": roads.road(snap).name.unwrap_or_default(),
    })
}

/// A line as an encoded polyline of five decimals, as most programs take it.
pub(super) fn polyline_of(line: impl Iterator<Item = geom::LngLat>) -> String {
    polyline::encode(line, 5)
}

/// The routes of this form.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(route::router())
        .merge(table::router())
        .merge(drive::router())
}
