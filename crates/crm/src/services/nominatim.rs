//! Addresses in the form of Nominatim 5: `/nominatim/search` and `/nominatim/reverse`, so that its clients work with
//! the address of this server in the place of theirs.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use geocode::{Level, Request};
use geom::LngLat;
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
    /// An address in one line.
    q: String,
    /// House number and street.
    street: String,
    /// Town.
    city: String,
    /// Postcode.
    postalcode: String,
    /// Country.
    country: String,
    /// jsonv2 unless said; or json, geojson.
    format: Option<String>,
    /// 1 to 5; 5 unless said.
    limit: Option<usize>,
    /// 1: with the parts of the address.
    addressdetails: Option<String>,
    /// `west,north,east,south` in any order of corners: prefer places near its middle.
    viewbox: Option<String>,
}

/// Search for an address, as Nominatim answers
#[utoipa::path(get, path = "/nominatim/search", tag = "map services", params(SearchParams),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn search(
    State(app): State<Shared>,
    _: MapReader,
    Query(params): Query<SearchParams>,
) -> Result<Response, Problem> {
    let format = match Format::of(params.format.as_deref()) {
        Ok(format) => format,
        Err(text) => return Ok(refused(&text)),
    };
    let fields = [
        &params.q,
        &params.street,
        &params.city,
        &params.postalcode,
        &params.country,
    ];
    if let Err(text) = check_length(fields.iter().map(|f| f.as_str())) {
        return Ok(refused(&text));
    }
    if fields.iter().all(|f| f.trim().is_empty()) {
        return Ok(refused(
            "Nothing to search for. Give q, or street, city and postalcode.",
        ));
    }
    let bias = match params.viewbox.as_deref().map(middle_of).transpose() {
        Ok(bias) => bias,
        Err(text) => return Ok(refused(&text)),
    };
    let atlas = app.map()?;
    let answer = atlas.geocoder().search(&Request {
        text: &params.q,
        street: &params.street,
        house_number: "",
        postcode: &params.postalcode,
        city: &params.city,
        country: &params.country,
        bias,
        limit: params.limit.unwrap_or(5).clamp(1, 5),
    });
    let details = params.addressdetails.as_deref() == Some("1");
    let places = answer.hits.iter().map(Found::from);
    let places: Vec<Value> = places.map(|place| place.json(format, details)).collect();
    Ok(match format {
        Format::GeoJson => Json(collection(places)).into_response(),
        Format::Json | Format::JsonV2 => Json(places).into_response(),
    })
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ReverseParams {
    lat: Option<f64>,
    lon: Option<f64>,
    /// jsonv2 unless said; or json, geojson.
    format: Option<String>,
    /// 0: without the parts of the address.
    addressdetails: Option<String>,
}

/// What is at a point, as Nominatim answers
#[utoipa::path(get, path = "/nominatim/reverse", tag = "map services", params(ReverseParams),
    responses((status = 200, body = Object), (status = 400, body = Object)))]
async fn reverse(
    State(app): State<Shared>,
    _: MapReader,
    Query(params): Query<ReverseParams>,
) -> Result<Response, Problem> {
    let format = match Format::of(params.format.as_deref()) {
        Ok(format) => format,
        Err(text) => return Ok(refused(&text)),
    };
    let place = match point(params.lon, params.lat) {
        Ok(Some(place)) => place,
        Ok(None) => return Ok(refused("Parameters lat and lon are needed.")),
        Err(text) => return Ok(refused(&text)),
    };
    let atlas = app.map()?;
    let Some(found) = atlas.geocoder().reverse(place) else {
        return Ok(Json(json!({ "error": "Unable to geocode" })).into_response());
    };
    let details = params.addressdetails.as_deref() != Some("0");
    let found = Found::from(&found).json(format, details);
    Ok(match format {
        Format::GeoJson => Json(collection(vec![found])).into_response(),
        Format::Json | Format::JsonV2 => Json(found).into_response(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    JsonV2,
    GeoJson,
}

impl Format {
    fn of(text: Option<&str>) -> Result<Self, String> {
        match text {
            None | Some("jsonv2" | "") => Ok(Self::JsonV2),
            Some("json") => Ok(Self::Json),
            Some("geojson") => Ok(Self::GeoJson),
            Some(other) => Err(format!(
                "Format {other:?} is not offered; there are json, jsonv2 and geojson."
            )),
        }
    }
}

/// Nominatim's form of an error.
fn refused(message: &str) -> Response {
    let body = json!({ "error": { "code": 400, "message": message } });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn collection(features: Vec<Value>) -> Value {
    json!({
        "type": "FeatureCollection",
        "licence": atlas::ATTRIBUTION,
        "features": features,
    })
}

/// The middle of a box of four numbers.
fn middle_of(text: &str) -> Result<LngLat, String> {
    let wrong = || format!("viewbox={text}: not four numbers, two corners of longitude and latitude.");
    let numbers: Vec<f64> = text
        .split(',')
        .map(|part| part.trim().parse::<f64>())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    let [x1, y1, x2, y2] = numbers[..] else {
        return Err(wrong());
    };
    LngLat::new(f64::midpoint(x1, x2), f64::midpoint(y1, y2)).map_err(|e| format!("viewbox={text}: {e}."))
}

impl Found<'_> {
    fn json(&self, format: Format, details: bool) -> Value {
        let (class, kind, rank, address_type) = match self.level {
            Level::House => ("place", "house", 30, "place"),
            Level::Interpolated => ("place", "houses", 30, "place"),
            Level::Street => ("highway", "residential", 26, "road"),
            Level::Poi => ("amenity", "yes", 30, "amenity"),
            Level::Postcode => ("place", "postcode", 21, "postcode"),
            Level::Area => ("boundary", "administrative", 16, "city"),
            Level::Country => ("boundary", "administrative", 4, "country"),
        };
        let name = [self.name, self.street]
            .into_iter()
            .find(|n| !n.is_empty())
            .unwrap_or(self.city);
        let mut place = Map::new();
        let mut put = |key: &str, value: Value| drop(place.insert(key.to_owned(), value));
        put("licence", atlas::ATTRIBUTION.into());
        let category = if format == Format::Json {
            "class"
        } else {
            "category"
        };
        put(category, class.into());
        put("type", kind.into());
        put("place_rank", rank.into());
        put("importance", f64::from(self.confidence).into());
        put("addresstype", address_type.into());
        put("name", name.into());
        put("display_name", self.label.into());
        if details {
            put("address", self.address());
        }
        // Half the size of what Nominatim gives for such a place.
        let half = match self.level {
            Level::House | Level::Interpolated | Level::Poi => 0.000_05,
            Level::Street => 0.002,
            _ => 0.05,
        };
        let (lng, lat) = (self.point.lng(), self.point.lat());
        if format == Format::GeoJson {
            return json!({
                "type": "Feature",
                "properties": place,
                "bbox": [lng - half, lat - half, lng + half, lat + half],
                "geometry": { "type": "Point", "coordinates": [lng, lat] },
            });
        }
        put("lat", format!("{lat:.7}").into());
        put("lon", format!("{lng:.7}").into());
        let bounds = [lat - half, lat + half, lng - half, lng + half];
        put("boundingbox", bounds.map(|n| format!("{n:.7}")).to_vec().into());
        Value::Object(place)
    }

    fn address(&self) -> Value {
        let mut address = Map::new();
        let name_of = if self.level == Level::Poi {
            "amenity"
        } else {
            "neighbourhood"
        };
        let is_code = self.country.len() == 2;
        let parts = [
            (name_of, if self.name == self.city { "" } else { self.name }),
            ("house_number", self.house_number),
            ("road", self.street),
            ("city", self.city),
            ("postcode", self.postcode),
            ("country", self.country),
        ];
        for (key, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            address.insert(key.to_owned(), value.into());
        }
        if is_code {
            address.insert("country_code".to_owned(), self.country.to_lowercase().into());
        }
        Value::Object(address)
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(reverse))
}
