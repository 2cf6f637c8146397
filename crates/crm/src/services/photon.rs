//! Addresses in the form of Photon: `/photon/api` while typing, and `/photon/reverse`, as GeoJSON.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use geocode::Level;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MapReader;
use super::found::{Found, check_length, point};
use crate::Shared;
use crate::problem::Problem;

#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct SearchParams {
    /// What has been typed.
    q: String,
    /// Prefer places near here.
    lon: Option<f64>,
    /// Prefer places near here.
    lat: Option<f64>,
    /// 1 to 20; 15 unless said.
    limit: Option<usize>,
}

/// Search while typing, as Photon answers
#[utoipa::path(get, path = "/photon/api", tag = "map services", params(SearchParams),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn search(
    State(app): State<Shared>,
    _: MapReader,
    Query(params): Query<SearchParams>,
) -> Result<Response, Problem> {
    if params.q.trim().is_empty() {
        return Ok(refused("missing search term 'q': /?q=berlin"));
    }
    if let Err(text) = check_length(std::iter::once(params.q.as_str())) {
        return Ok(refused(&text));
    }
    let bias = match point(params.lon, params.lat) {
        Ok(bias) => bias,
        Err(text) => return Ok(refused(&text)),
    };
    let atlas = app.map()?;
    let limit = params.limit.unwrap_or(15).clamp(1, 20);
    let hits = atlas.geocoder().autocomplete(&params.q, bias, limit);
    Ok(collection(hits.iter().map(Found::from)))
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ReverseParams {
    lon: Option<f64>,
    lat: Option<f64>,
}

/// What is at a point, as Photon answers
#[utoipa::path(get, path = "/photon/reverse", tag = "map services", params(ReverseParams),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn reverse(
    State(app): State<Shared>,
    _: MapReader,
    Query(params): Query<ReverseParams>,
) -> Result<Response, Problem> {
    let place = match point(params.lon, params.lat) {
        Ok(Some(place)) => place,
        Ok(None) => return Ok(refused("missing search term 'lat' and/or 'lon'")),
        Err(text) => return Ok(refused(&text)),
    };
    let atlas = app.map()?;
    let found = atlas.geocoder().reverse(place);
    Ok(collection(found.iter().map(Found::from)))
}

/// Photon's form of an error.
fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}

fn collection<'a>(found: impl Iterator<Item = Found<'a>>) -> Response {
    let features: Vec<Value> = found.map(|place| feature(&place)).collect();
    Json(json!({ "type": "FeatureCollection", "features": features })).into_response()
}

fn feature(place: &Found<'_>) -> Value {
    let (key, value, kind) = match place.level {
        Level::House | Level::Interpolated => ("place", "house", "house"),
        Level::Street => ("highway", "residential", "street"),
        Level::Poi => ("amenity", "yes", "house"),
        Level::Postcode => ("place", "postcode", "district"),
        Level::Area => ("place", "city", "city"),
        Level::Country => ("place", "country", "country"),
    };
    let mut properties = Map::new();
    let mut put = |key: &str, value: &str| {
        if !value.is_empty() {
            properties.insert(key.to_owned(), value.into());
        }
    };
    put("osm_key", key);
    put("osm_value", value);
    put("type", kind);
    // A street is named by its name; a house has street and number.
    let named = if place.level == Level::Street {
        place.street
    } else {
        place.name
    };
    put("name", named);
    put("housenumber", place.house_number);
    if place.level != Level::Street {
        put("street", place.street);
    }
    put("postcode", place.postcode);
    if place.level != Level::Area {
        put("city", place.city);
    }
    put("country", place.country);
    if place.country.len() == 2 {
        put("countrycode", place.country);
    }
    json!({
        "type": "Feature",
        "geometry": { "type": "Point", "coordinates": [place.point.lng(), place.point.lat()] },
        "properties": properties,
    })
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(reverse))
}
