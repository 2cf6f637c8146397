//! The geocoder over HTTP, in GeoJSON: forward, type-ahead, reverse.

use axum::Json;
use axum::extract::{Query, State};
use geocode::{Hit, Request};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue};
use geom::LngLat;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Longest address looked up.
const LONGEST: usize = 500;

#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct GeocodeParams {
    /// An address or place in one line.
    q: String,
    /// Street, with or without the number.
    street: String,
    /// House number.
    house_number: String,
    /// Postcode.
    postcode: String,
    /// Town.
    city: String,
    /// Country.
    country: String,
    /// 1..=5; 5 unless said.
    limit: Option<usize>,
    /// Prefer places near here.
    lng: Option<f64>,
    /// Prefer places near here.
    lat: Option<f64>,
}

/// Look an address up, in one line or in fields
#[utoipa::path(get, path = "/geocode", tag = "places", params(GeocodeParams), responses((status = 200, body = Object)))]
async fn forward(
    State(app): State<Shared>,
    _: Signed,
    Query(params): Query<GeocodeParams>,
) -> Result<Json<FeatureCollection>, Problem> {
    let fields = [
        &params.q,
        &params.street,
        &params.house_number,
        &params.postcode,
        &params.city,
        &params.country,
    ];
    if fields.iter().any(|f| f.len() > LONGEST) {
        return Err(Problem::bad(
            "?q",
            "too-long",
            format!("An address has at most {LONGEST} characters."),
        ));
    }
    if fields.iter().all(|f| f.trim().is_empty()) {
        return Err(Problem::bad(
            "?q",
            "required",
            "Give an address as q, or its fields street, postcode, city.",
        ));
    }
    let atlas = app.map()?;
    let answer = atlas.geocoder().search(&Request {
        text: &params.q,
        street: &params.street,
        house_number: &params.house_number,
        postcode: &params.postcode,
        city: &params.city,
        country: &params.country,
        bias: near(params.lng, params.lat)?,
        limit: params.limit.unwrap_or(5).clamp(1, 5),
    });
    let mut collection = collection(&answer.hits);
    let mut members = serde_json::Map::new();
    members.insert("status".into(), answer.status.as_str().into());
    members.insert("ambiguous".into(), answer.ambiguous.into());
    members.insert("why".into(), answer.why.into());
    collection.foreign_members = Some(members);
    Ok(Json(collection))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompleteParams {
    /// What has been typed.
    q: String,
    /// 1..=20; 5 unless said.
    limit: Option<usize>,
    /// Prefer places near here: the middle of the map.
    lng: Option<f64>,
    /// Prefer places near here: the middle of the map.
    lat: Option<f64>,
}

/// Complete an address while it is typed
#[utoipa::path(get, path = "/autocomplete", tag = "places", params(CompleteParams), responses((status = 200, body = Object)))]
async fn autocomplete(
    State(app): State<Shared>,
    _: Signed,
    Query(params): Query<CompleteParams>,
) -> Result<Json<FeatureCollection>, Problem> {
    if params.q.len() > LONGEST {
        return Err(Problem::bad(
            "?q",
            "too-long",
            format!("An address has at most {LONGEST} characters."),
        ));
    }
    let atlas = app.map()?;
    let limit = params.limit.unwrap_or(5).clamp(1, 20);
    Ok(Json(collection(&atlas.geocoder().autocomplete(
        &params.q,
        near(params.lng, params.lat)?,
        limit,
    ))))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReverseParams {
    lng: f64,
    lat: f64,
}

/// What is here
#[utoipa::path(get, path = "/reverse", tag = "places", params(ReverseParams), responses((status = 200, body = Object)))]
async fn reverse(
    State(app): State<Shared>,
    _: Signed,
    Query(params): Query<ReverseParams>,
) -> Result<Json<FeatureCollection>, Problem> {
    let place = place(params.lng, params.lat)?;
    let found = app.map()?.geocoder().reverse(place);
    let features = found.into_iter().map(|r| {
        let mut feature = point(r.point);
        feature.set_property("label", r.label);
        feature.set_property("level", r.level.as_str());
        feature.set_property("street", r.street);
        feature.set_property("house_number", r.house_number);
        feature.set_property("postcode", r.postcode);
        feature.set_property("city", r.city);
        feature.set_property("distance_m", r.distance.0);
        feature
    });
    Ok(Json(FeatureCollection {
        bbox: None,
        features: features.collect(),
        foreign_members: None,
    }))
}

fn collection(hits: &[Hit]) -> FeatureCollection {
    let features = hits.iter().map(|hit| {
        let mut feature = point(hit.point);
        feature.set_property("label", hit.label.clone());
        feature.set_property("level", hit.level.as_str());
        feature.set_property("confidence", f64::from(hit.confidence));
        feature.set_property("name", hit.name.clone());
        feature.set_property("street", hit.street.clone());
        feature.set_property("house_number", hit.house_number.clone());
        feature.set_property("postcode", hit.postcode.clone());
        feature.set_property("city", hit.city.clone());
        feature.set_property("country", hit.country.clone());
        feature.set_property("fields", serde_json::to_value(hit.fields).unwrap_or_default());
        feature.set_property("why", hit.why.clone());
        feature
    });
    FeatureCollection {
        bbox: None,
        features: features.collect(),
        foreign_members: None,
    }
}

fn point(place: LngLat) -> Feature {
    Feature {
        geometry: Some(Geometry::new(GeometryValue::from(&geo_types::Point::from(place)))),
        ..Feature::default()
    }
}

/// A point from query parameters.
pub(super) fn place(lng: f64, lat: f64) -> Result<LngLat, Problem> {
    LngLat::new(lng, lat).map_err(|e| {
        let pointer = if matches!(e, geom::BadPlace::Longitude(_)) {
            "?lng"
        } else {
            "?lat"
        };
        Problem::bad(pointer, "off-the-earth", format!("{e}."))
    })
}

fn near(lng: Option<f64>, lat: Option<f64>) -> Result<Option<LngLat>, Problem> {
    lng.zip(lat).map(|(lng, lat)| place(lng, lat)).transpose()
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(forward))
        .routes(routes!(autocomplete))
        .routes(routes!(reverse))
}
