//! Territories by drive time: the area is worked out on one map, and stays as it is until a person takes over what
//! another map says.

use geo::{BooleanOps, GeodesicArea};
use geo_types::MultiPolygon;
use geom::LngLat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::area;
use super::claims::Reach;
use crate::App;
use crate::problem::Problem;

/// From where, and how far.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = TerritoryReachBody)]
pub(crate) struct ReachBody {
    pub lng: f64,
    pub lat: f64,
    /// Minutes by car, more than 0, at most 240.
    pub minutes: f64,
    /// What the place is called.
    pub label: Option<String>,
}

/// Works a reach out on the map in use.
pub(super) async fn reach_of(app: &App, body: &ReachBody) -> Result<Reach, Problem> {
    let from = LngLat::new(body.lng, body.lat).map_err(|e| {
        Problem::bad(
            "/reach",
            "not-on-earth",
            format!("The reach begins at no place on earth: {e}."),
        )
    })?;
    let map_hash = app.map()?.hash_hex();
    let polygons = crate::places::drive_time_area(app, from, body.minutes).await?;
    let shape = territory::Shape::parse(polygons.clone()).or_else(|_| territory::Shape::mended(polygons));
    let shape = shape.map_err(|e| area::BadArea::from(e).problem("/reach"))?;
    Ok(Reach {
        lng: from.lng(),
        lat: from.lat(),
        minutes: body.minutes,
        profile: "car".to_owned(),
        label: body.label.clone().filter(|l| !l.trim().is_empty()),
        map_hash,
        area: serde_json::to_value(area::to_geojson(shape.polygons())).map_err(Problem::unexpected)?,
    })
}

/// What the map in use says about a reach of another map.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReachDifference {
    /// The map that the reach stands on.
    pub map_hash: String,
    /// The map in use.
    pub new_map_hash: String,
    /// GeoJSON MultiPolygon: the reach on the map in use.
    #[schema(value_type = Object)]
    pub geometry: geojson::Geometry,
    /// Ground that would come.
    #[schema(value_type = Object)]
    pub gained: geojson::Geometry,
    /// Ground that would go.
    #[schema(value_type = Object)]
    pub lost: geojson::Geometry,
    /// Square kilometres.
    pub gained_km2: f64,
    pub lost_km2: f64,
}

/// Compares two areas of one reach.
pub(super) fn difference(before: &Reach, after: &Reach) -> Result<ReachDifference, Problem> {
    let shape = |reach: &Reach| area::parse(&reach.area).map_err(|bad| bad.problem("/reach"));
    let (old, new) = (shape(before)?, shape(after)?);
    let gained: MultiPolygon<f64> = new.polygons().difference(old.polygons());
    let lost: MultiPolygon<f64> = old.polygons().difference(new.polygons());
    let km2 = |ground: &MultiPolygon<f64>| (ground.geodesic_area_signed().abs() / 1e4).round() / 100.0;
    Ok(ReachDifference {
        map_hash: before.map_hash.clone(),
        new_map_hash: after.map_hash.clone(),
        geometry: area::to_geojson(new.polygons()),
        gained_km2: km2(&gained),
        lost_km2: km2(&lost),
        gained: area::to_geojson(&gained),
        lost: area::to_geojson(&lost),
    })
}
