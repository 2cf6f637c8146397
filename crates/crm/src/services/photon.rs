//! Addresses in the form of Photon: `/photon/api` while typing, and `/photon/reverse`, as GeoJSON.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use geocode::Level;
use geom::LngLat;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{LONGEST_ADDRESS, MapReader, too_long};
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
    if params.q.len() > LONGEST_ADDRESS {
        return Ok(refused(&too_long()));
    }
    let bias = match params
        .lon
        .zip(params.lat)
        .map(|(lon, lat)| LngLat::new(lon, lat))
        .transpose()
    {
        Ok(bias) => bias,
        Err(error) => return Ok(refused(&format!("{error}."))),
    };
    let atlas = app.map()?;
    let limit = params.limit.unwrap_or(15).clamp(1, 20);
    let hits = atlas.geocoder().autocomplete(&params.q, bias, limit);
    let features: Vec<Value> = hits
        .iter()
        .map(|hit| {
            feature(&Place {
                point: hit.point,
                level: hit.level,
                name: &hit.name,
                street: &hit.street,
                house_number: &hit.house_number,
                postcode: &hit.postcode,
                city: &hit.city,
                country: &hit.country,
            })
        })
        .collect();
    Ok(Json(json!({ "type": "FeatureCollection", "features": features })).into_response())
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
    let place = match (params.lon, params.lat) {
        (Some(lon), Some(lat)) => LngLat::new(lon, lat).map_err(|e| format!("{e}.")),
        _ => Err("missing search term 'lat' and/or 'lon'".to_owned()),
    };
    let place = match place {
        Ok(place) => place,
        Err(text) => return Ok(refused(&text)),
    };
    let atlas = app.map()?;
    let found = atlas.geocoder().reverse(place);
    let features: Vec<Value> = found
        .iter()
        .map(|found| {
            feature(&Place {
                point: found.point,
                level: found.level,
                name: "",
                street: &found.street,
                house_number: &found.house_number,
                postcode: &found.postcode,
                city: &found.city,
                country: &found.country,
            })
        })
        .collect();
    Ok(Json(json!({ "type": "FeatureCollection", "features": features })).into_response())
}

/// Photon's form of an error.
fn refused(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}

struct Place<'a> {
    point: LngLat,
    level: Level,
    name: &'a str,
    street: &'a str,
    house_number: &'a str,
    postcode: &'a str,
    city: &'a str,
    country: &'a str,
}

fn feature(place: &Place<'_>) -> Value {
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
