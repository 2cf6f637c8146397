//! The map pack over HTTP: base tiles, boundaries, and what is in it.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::live::{accepts_gzip, mvt_response, tile_of};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A basemap tile, as stored in the pack
#[utoipa::path(get, path = "/tiles/base/{z}/{x}/{y}", tag = "tiles", params(
    ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "row with `.mvt`")),
    responses((status = 200, description = "Mapbox Vector Tile, gzipped, Protomaps layers"), (status = 204)))]
async fn base_tile(
    State(app): State<Shared>,
    Path((z, x, y)): Path<(u8, u32, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = tile_of(z, x, &y)?;
    let atlas = app.map()?;
    let tag = format!("\"{}\"", &atlas.hash_hex()[..16]);
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|v| v.as_bytes() == tag.as_bytes())
    {
        return Ok(axum::http::StatusCode::NOT_MODIFIED.into_response());
    }
    let stored = atlas.tiles().tile(id);
    let gzip = accepts_gzip(&headers);
    let bytes = match stored {
        Some(bytes) if gzip => Some(bytes.to_vec()),
        Some(bytes) => Some(unzipped(bytes)?),
        None => None,
    };
    let mut response = mvt_response(bytes, gzip, "public, max-age=86400", None);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// A client that takes no gzip gets the tile unpacked.
fn unzipped(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    use std::io::Read as _;
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_end(&mut plain)
        .map_err(Problem::unexpected)?;
    Ok(plain)
}

/// Where the base tiles are and what is in them (TileJSON 3.0.0)
#[utoipa::path(get, path = "/tiles/base.json", tag = "tiles", responses((status = 200, body = Object)))]
async fn tile_json(State(app): State<Shared>) -> Result<Json<serde_json::Value>, Problem> {
    let atlas = app.map()?;
    let bounds = atlas.bounds();
    let layers: Vec<_> = atlas
        .tiles()
        .layers()
        .iter()
        .map(|layer| {
            let fields: serde_json::Map<String, serde_json::Value> =
                layer.fields.iter().map(|f| (f.name.to_owned(), f.kind.name().into())).collect();
            json!({ "id": layer.id, "description": layer.description, "fields": fields, "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom })
        })
        .collect();
    Ok(Json(json!({
        "tilejson": "3.0.0",
        "tiles": ["/tiles/base/{z}/{x}/{y}.mvt"],
        "minzoom": atlas.tiles().min_zoom(),
        "maxzoom": atlas.tiles().max_zoom(),
        "bounds": [bounds.west, bounds.south, bounds.east, bounds.north],
        "attribution": atlas.attribution(),
        "vector_layers": layers,
    })))
}

/// A part of the map pack.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionInfo {
    name: String,
    bytes: usize,
}

/// What the map pack holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackInfo {
    extract_date: Option<i64>,
    hash: String,
    /// West, south, east, north.
    bounds: [f64; 4],
    attribution: String,
    sections: Vec<SectionInfo>,
    tiles: usize,
}

/// The map pack in use
#[utoipa::path(get, path = "/api/v1/map", tag = "map", responses((status = 200, body = PackInfo)))]
async fn pack_info(State(app): State<Shared>, _: Signed) -> Result<Json<PackInfo>, Problem> {
    let atlas = app.map()?;
    let b = atlas.bounds();
    Ok(Json(PackInfo {
        extract_date: atlas.extract_date().map(|d| d.0),
        hash: atlas.hash_hex(),
        bounds: [b.west, b.south, b.east, b.north],
        attribution: atlas.attribution().to_owned(),
        sections: atlas
            .sections()
            .map(|(name, bytes)| SectionInfo {
                name: name.to_owned(),
                bytes,
            })
            .collect(),
        tiles: atlas.tiles().len(),
    }))
}

/// What leaves this machine.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outbound {
    /// Everything this program sends to: what the settings name, and the hosts of webhooks. Empty unless somebody set it.
    targets: Vec<String>,
}

/// What leaves this machine: nothing, unless somebody set a mail server, a folder for an ERP or a webhook
#[utoipa::path(get, path = "/api/v1/outbound", tag = "map", responses((status = 200, body = Outbound)))]
async fn outbound(State(app): State<Shared>, _: Signed) -> Result<Json<Outbound>, Problem> {
    let mut targets = app.settings.channels.targets();
    targets.extend(
        crate::webhooks::hosts(&app)
            .await?
            .into_iter()
            .map(|h| format!("webhook at {h}")),
    );
    Ok(Json(Outbound { targets }))
}

/// What this program is, and under which terms it and its map may be used.
#[derive(Serialize, ToSchema)]
pub(crate) struct About {
    name: &'static str,
    version: &'static str,
    /// SPDX expression.
    licence: &'static str,
    /// Whom to name beside the map; null without a map.
    map_attribution: Option<String>,
    /// SPDX expression; null without a map.
    map_licence: Option<&'static str>,
    /// The moment the map shows, in milliseconds since 1970; null when the extract does not say.
    map_extract_date: Option<i64>,
}

/// What this program is, its version and its licences
#[utoipa::path(get, path = "/api/v1/about", tag = "map", responses((status = 200, body = About)))]
async fn about(State(app): State<Shared>, _: Signed) -> Json<About> {
    let atlas = app.map().ok();
    Json(About {
        name: "Bailiwick",
        version: env!("CARGO_PKG_VERSION"),
        licence: env!("CARGO_PKG_LICENSE"),
        map_attribution: atlas.as_ref().map(|atlas| atlas.attribution().to_owned()),
        // Every pack is made from OpenStreetMap, whose terms follow the data.
        map_licence: atlas.as_ref().map(|_| "ODbL-1.0"),
        map_extract_date: atlas.as_ref().and_then(|atlas| atlas.extract_date()).map(|d| d.0),
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoundaryParams {
    /// Part of the name, or a postcode.
    q: Option<String>,
}

/// A municipality, district or postcode.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoundaryInfo {
    id: String,
    name: String,
    /// `administrative` or `postcode`.
    kind: String,
    admin_level: Option<u8>,
}

/// Municipalities, districts and postcodes of the map
#[utoipa::path(get, path = "/api/v1/boundaries", tag = "map", params(BoundaryParams),
    responses((status = 200, body = Vec<BoundaryInfo>)))]
async fn boundaries(
    State(app): State<Shared>,
    _: Signed,
    Query(params): Query<BoundaryParams>,
) -> Result<Json<Vec<BoundaryInfo>>, Problem> {
    let atlas = app.map()?;
    let text = params.q.as_deref().unwrap_or_default().trim();
    let found: Vec<atlas::Boundary<'_>> = match text {
        "" => atlas.boundaries().iter().collect(),
        text => atlas.boundaries().search(text, 500),
    };
    let infos = found.into_iter().map(|b| BoundaryInfo {
        id: b.id().0.to_string(),
        name: b.name().to_owned(),
        kind: kind_words(b.kind()).0.to_owned(),
        admin_level: kind_words(b.kind()).1,
    });
    Ok(Json(infos.collect()))
}

/// What a boundary is around: a word, and the administrative level where it has one.
fn kind_words(kind: atlas::BoundaryKind) -> (&'static str, Option<u8>) {
    match kind {
        atlas::BoundaryKind::Administrative { level } => ("administrative", Some(level)),
        atlas::BoundaryKind::Postcode => ("postcode", None),
    }
}

/// The shape of a boundary, by its id.
pub(crate) fn boundary_shape(
    app: &crate::App,
    id: &str,
) -> Result<(String, geo_types::MultiPolygon<f64>), Problem> {
    let atlas = app.map()?;
    let missing = || Problem::not_found(format!("Boundary {id}"));
    let key = atlas::BoundaryId(id.parse().map_err(|_| missing())?);
    let boundary = atlas.boundaries().get(key).ok_or_else(missing)?;
    Ok((boundary.name().to_owned(), boundary.shape()))
}

/// One boundary as GeoJSON
#[utoipa::path(get, path = "/api/v1/boundaries/{id}", tag = "map", responses((status = 200, body = Object)))]
async fn boundary(
    State(app): State<Shared>,
    _: Signed,
    Path(id): Path<String>,
) -> Result<Json<geojson::Feature>, Problem> {
    let (name, shape) = boundary_shape(&app, &id)?;
    let geometry = geojson::Geometry::new(geojson::GeometryValue::from(&shape));
    let mut feature = geojson::Feature {
        geometry: Some(geometry),
        ..geojson::Feature::default()
    };
    feature.set_property("id", id);
    feature.set_property("name", name);
    Ok(Json(feature))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(base_tile))
        .routes(routes!(tile_json))
        .routes(routes!(pack_info))
        .routes(routes!(outbound))
        .routes(routes!(about))
        .routes(routes!(boundaries))
        .routes(routes!(boundary))
}
