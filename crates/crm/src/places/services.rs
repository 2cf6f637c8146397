//! What can be reached from here: drive-time areas.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Query, State};
use geo::MapCoordsInPlace as _;
use geo_types::MultiPolygon;
use geojson::{Feature, Geometry, GeometryValue};
use geom::{LngLat, Seconds};
use roads::{AreaOptions, SnapOptions};
use serde::Deserialize;
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::place;
use crate::problem::Problem;
use crate::services::MapReader;
use crate::{App, Shared};

/// Longest drive asked for.
const LONGEST_MINUTES: f64 = 240.0;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct IsochroneParams {
    #[param(required = true)]
    lng: Option<f64>,
    #[param(required = true)]
    lat: Option<f64>,
    /// More than 0, at most 240.
    #[param(required = true)]
    minutes: Option<f64>,
}

/// How many areas are worked out at once; the others wait their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The area within a drive of so many minutes
#[utoipa::path(get, path = "/isochrone", tag = "places", params(IsochroneParams), responses((status = 200, body = Object)))]
async fn isochrone(
    State(app): State<Shared>,
    _: MapReader,
    Query(params): Query<IsochroneParams>,
) -> Result<Json<Feature>, Problem> {
    let [lng, lat, minutes] = [
        ("lng", params.lng),
        ("lat", params.lat),
        ("minutes", params.minutes),
    ]
    .map(|(name, value)| value.ok_or_else(|| missing(name)));
    let (from, minutes) = (place(lng?, lat?)?, minutes?);
    let turn = TURNS.acquire().await.map_err(Problem::unexpected)?;
    let mut shape = drive_time_area(&app, from, minutes).await?;
    drop(turn);
    // Seven decimals are a centimetre, and all that the map knows.
    shape.map_coords_in_place(|at| {
        let cut = |degrees: f64| (degrees * 1e7).round() / 1e7;
        geo_types::coord! { x: cut(at.x), y: cut(at.y) }
    });
    let mut feature = Feature {
        geometry: Some(Geometry::new(GeometryValue::from(&shape))),
        ..Feature::default()
    };
    feature.set_property("minutes", minutes);
    Ok(Json(feature))
}

fn missing(name: &str) -> Problem {
    Problem::bad(
        &format!("?{name}"),
        "required",
        format!("{name} is missing: lng and lat say from where, minutes how far."),
    )
}

/// The area that can be reached from a place by car within so many minutes.
pub(crate) async fn drive_time_area(
    app: &App,
    from: LngLat,
    minutes: f64,
) -> Result<MultiPolygon<f64>, Problem> {
    if !(minutes > 0.0 && minutes <= LONGEST_MINUTES) {
        return Err(Problem::bad(
            "?minutes",
            "out-of-range",
            "minutes is more than 0 and at most 240.",
        ));
    }
    let atlas = app.map()?;
    let key = ReachKey {
        place: [from.lng(), from.lat()].map(f64::to_bits),
        minutes: minutes.to_bits(),
        map: atlas.hash_hex(),
    };
    if let Some(known) = app.reaches.get(&key) {
        return Ok((*known).clone());
    }
    let area = tokio::task::spawn_blocking(move || {
        let roads = atlas.roads();
        let snap = roads
            .snap(from, &SnapOptions::default())
            .map_err(|e| Problem::conflict("no-road", format!("No drive can begin here: {e}.")))?;
        Ok::<_, Problem>(
            roads
                .query()
                .reach(&snap, Seconds(minutes * 60.0))
                .area(&AreaOptions::default()),
        )
    })
    .await
    .map_err(Problem::unexpected)??;
    app.reaches.keep(key, area.clone());
    Ok(area)
}

/// What a drive-time area depends on. All of them are by car.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ReachKey {
    place: [u64; 2],
    minutes: u64,
    map: String,
}

/// So many areas are kept, the last asked for first.
const REACHES_KEPT: usize = 64;

/// Drive-time areas that were worked out: a live segment asks for the same one again and again.
#[derive(Default)]
pub(crate) struct Reaches(Mutex<Vec<(ReachKey, Arc<MultiPolygon<f64>>)>>);

impl Reaches {
    fn get(&self, key: &ReachKey) -> Option<Arc<MultiPolygon<f64>>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at);
        let area = found.1.clone();
        kept.insert(0, found);
        Some(area)
    }

    fn keep(&self, key: ReachKey, area: MultiPolygon<f64>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        kept.insert(0, (key, Arc::new(area)));
        kept.truncate(REACHES_KEPT);
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(isochrone))
}
