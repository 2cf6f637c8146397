//! Customers as tiles, as a list, and one by one: all from the live index, with the viewer's rights.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use geom::{TileId, Timestamp};
use points::{Filter, Found, TileStyle};
use records::{At, on_db};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::added::Added;
use super::{State as LiveState, columns, legend, list, row_id, sight};
use crate::app::App;
use crate::crud::as_of_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{Shared, crud};

/// A customer's place with what lists and cards show of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerRow {
    /// The customer; empty where the list was asked as of a past date and the customer is gone since.
    pub account_id: String,
    /// The place: the row's id, also on the map.
    pub location_id: String,
    /// The customer's name.
    pub name: String,
    /// customer, prospect, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// A, B or C.
    pub class: Option<String>,
    /// Industry.
    pub industry: Option<String>,
    /// Account owner.
    pub owner_id: Option<String>,
    /// Name of the account owner.
    pub owner_name: Option<String>,
    /// Territory of the place.
    pub territory_id: Option<String>,
    /// Its name.
    pub territory_name: Option<String>,
    /// Street with house number, or the address as given.
    pub street: String,
    /// Postcode.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Telephone.
    pub phone: String,
    /// Revenue of 12 months in minor units; only at the customer's first place.
    pub revenue: Option<i64>,
    /// Open pipeline in minor units.
    pub pipeline: Option<i64>,
    /// Milliseconds since 1970.
    pub last_visit: Option<i64>,
    /// overdue, due, appointment, later, none.
    pub due_state: String,
    /// Days until the next visit is due; negative when overdue.
    pub due_days: Option<i64>,
    /// Degrees east; null while not placed.
    pub lng: Option<f64>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// pending, auto, review, failed, outside, pinned, imported.
    pub geocode_status: Option<String>,
}

/// Names that rows of the index stand for by id.
pub(crate) struct Names {
    users: HashMap<String, String>,
    territories: HashMap<String, String>,
}

impl Names {
    pub(crate) async fn load(app: &App) -> Result<Self, Problem> {
        const SQL: &str = "select id, name from territories";
        let territories: Vec<(String, String)> =
            on_db!(read app.store.db(), pool => sqlx::query_as(SQL).fetch_all(pool).await)
                .map_err(records::Error::from)?;
        Ok(Self {
            users: crud::user_names(app).await?,
            territories: territories.into_iter().collect(),
        })
    }

    pub(crate) fn territory(&self, id: &str) -> Option<&String> {
        self.territories.get(id)
    }

    pub(crate) fn user(&self, id: &str) -> Option<&String> {
        self.users.get(id)
    }
}

/// Rows of the index as customers, in their order.
pub(crate) async fn customer_rows(
    app: &App,
    state: &LiveState,
    found: &[Found<'_>],
) -> Result<Vec<CustomerRow>, Problem> {
    let names = Names::load(app).await?;
    let ids: Vec<String> = found.iter().map(|f| columns::id_text(f.id())).collect();
    let accounts = accounts_of(app, &ids).await?;
    let rows = found.iter().zip(ids).map(|(row, location_id)| {
        let text = |name: &str| row.text(name).unwrap_or_default().to_owned();
        let category = |name: &str| row.category(name).map(str::to_owned);
        let owner_id = category("owner_id");
        let territory_id = category("territory_id");
        let days = |due: Timestamp| (due.0 - state.day_start.0).div_euclid(86_400_000);
        CustomerRow {
            account_id: accounts.get(&location_id).cloned().unwrap_or_default(),
            name: text("name"),
            kind: category("type"),
            class: category("class"),
            industry: category("industry"),
            owner_name: owner_id.as_deref().and_then(|id| names.user(id)).cloned(),
            owner_id,
            territory_name: territory_id
                .as_deref()
                .and_then(|id| names.territory(id))
                .cloned(),
            territory_id,
            street: text("street"),
            postal_code: category("postal_code"),
            city: category("city"),
            phone: text("phone"),
            revenue: row.amount("revenue"),
            pipeline: row.amount("pipeline"),
            last_visit: row.time("last_visit").map(|t| t.0),
            due_state: category("due_state").unwrap_or_else(|| "none".to_owned()),
            due_days: row.time("due_at").map(days),
            lng: row.place().map(geom::LngLat::lng),
            lat: row.place().map(geom::LngLat::lat),
            geocode_status: category("geocode_status"),
            location_id,
        }
    });
    Ok(rows.collect())
}

/// Which account each place belongs to.
pub(crate) async fn accounts_of(app: &App, locations: &[String]) -> Result<HashMap<String, String>, Problem> {
    const SQLITE: &str = "select id, account_id from locations where id in (select value from json_each($1))";
    const POSTGRES: &str =
        "select id, account_id from locations where id in (select jsonb_array_elements_text($1::jsonb))";
    let ids = serde_json::to_string(locations).map_err(Problem::unexpected)?;
    let rows: Result<Vec<(String, String)>, sqlx::Error> = match app.store.db() {
        records::Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        records::Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    Ok(rows.map_err(records::Error::from)?.into_iter().collect())
}

/// What every question to the index may carry.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// CQL2 text on the type `customer`.
    pub filter: Option<String>,
    /// Words in name, street or phone.
    pub q: Option<String>,
    /// A past moment.
    pub as_of: Option<String>,
}

impl Asked {
    /// The index to ask and the filter to ask it with: the list's, and the viewer's rights.
    pub(crate) async fn resolve(
        &self,
        app: &App,
        signed: &Signed,
    ) -> Result<(std::sync::Arc<LiveState>, Filter), Problem> {
        let as_of = self
            .as_of
            .as_deref()
            .filter(|t| !t.is_empty())
            .map(|t| as_of_of(app, "as_of", t))
            .transpose()?;
        let state = app.live.at(as_of).await?;
        let sight = sight(app, &signed.viewer).await?;
        let asked = filter_of(app, self.filter.as_deref().unwrap_or_default(), as_of).await?;
        let mut filter = sight.filter.and(asked);
        if let Some(words) = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            filter = filter.and(Filter::Text(words.to_owned()));
        }
        Ok((state, filter))
    }
}

/// A filter on customers in CQL2, for the index: who asks for a territory gets what lies below it too.
pub(crate) async fn filter_of(app: &App, cql2: &str, as_of: Option<Timestamp>) -> Result<Filter, Problem> {
    let branches = match cql2.contains("territory_id") {
        true => crate::territories::branches(app, as_of).await?,
        false => crate::territories::Branches::default(),
    };
    Ok(app.live.filter(cql2, &branches).map_err(records::Error::from)?)
}

/// One customer's place
#[utoipa::path(get, path = "/api/v1/customers/{location_id}", tag = "customers", params(Asked),
    responses((status = 200, body = CustomerRow), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    signed: Signed,
    Path(location_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<CustomerRow>, Problem> {
    let (state, filter) = asked.resolve(&app, &signed).await?;
    let missing = || Problem::not_found(format!("Place {location_id}"));
    let id = row_id(&location_id).ok_or_else(missing)?;
    let view = state.index.view(&filter).map_err(index_problem)?;
    let found = state
        .index
        .get(id)
        .filter(|_| view.contains(id))
        .ok_or_else(missing)?;
    let row = customer_rows(&app, &state, &[found])
        .await?
        .pop()
        .ok_or_else(missing)?;
    Ok(Json(row))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TileParams {
    /// A field that was added: it stands in the tile by this name, numbers and dates as their class.
    colour: Option<String>,
}

/// A vector tile of customers, clustered where there are many
#[utoipa::path(get, path = "/tiles/customers/{z}/{x}/{y}", tag = "tiles", params(Asked, TileParams,
    ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path, description = "row with `.mvt`")),
    responses((status = 200, description = "Mapbox Vector Tile, gzipped, layer `customers`"), (status = 204)))]
async fn tile(
    State(app): State<Shared>,
    signed: Signed,
    Path((z, x, y)): Path<(u8, u32, String)>,
    Query(asked): Query<Asked>,
    Query(params): Query<TileParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = tile_of(z, x, &y)?;
    let (state, filter) = asked.resolve(&app, &signed).await?;
    let gzip = accepts_gzip(&headers);
    let colour = params.colour.as_deref();
    let added = state.added.iter().find(|a| Some(a.name.as_str()) == colour);
    let mut style = style();
    style.shown.extend(added.map(Added::category));
    // Encoding a tile of the densest town takes milliseconds: not on a thread that serves.
    let drawn = tokio::task::spawn_blocking(move || {
        let view = state.index.view(&filter)?;
        let tile = view.tile(id, &style)?;
        let bytes = match tile.rows {
            0 => None,
            _ if gzip => Some(tile.gzip()),
            _ => Some(tile.bytes),
        };
        // Maps take two addresses with the same tag for the same tile, so it is the content's own: another
        // filter, date or viewer has another.
        Ok(bytes.map(|bytes| (hex_of(&Sha256::digest(&bytes)[..12]), bytes)))
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let (tag, bytes) = drawn.unzip();
    Ok(mvt_response(bytes, gzip, "private, max-age=60", tag.as_deref()))
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn style() -> TileStyle {
    let words = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let mut style = TileStyle::layer("customers");
    style.shown = words(&["name", "class", "type", "industry", "owner_id", "geocode_status"]);
    style.sums = words(&["revenue"]);
    style.most_urgent = words(&["due_state"]);
    style.commonest = words(&["territory_id"]);
    style
}

/// The tile of an address like `/12/2199/1325.mvt`.
pub(crate) fn tile_of(z: u8, x: u32, y: &str) -> Result<TileId, Problem> {
    let row = y
        .strip_suffix(".mvt")
        .or_else(|| y.strip_suffix(".pbf"))
        .unwrap_or(y);
    let row = row.parse::<u32>().ok();
    row.and_then(|y| TileId::new(z, x, y))
        .ok_or_else(|| Problem::not_found(format!("Tile {z}/{x}/{y}")))
}

pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.contains("gzip"))
}

/// An answer with a tile's bytes, or 204 where there is nothing.
pub(crate) fn mvt_response(bytes: Option<Vec<u8>>, gzip: bool, cache: &str, tag: Option<&str>) -> Response {
    let Some(bytes) = bytes else {
        return (
            StatusCode::NO_CONTENT,
            [(header::CACHE_CONTROL, cache.to_owned())],
        )
            .into_response();
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/vnd.mapbox-vector-tile"),
    );
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-encoding, cookie, authorization"),
    );
    if gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(cache) = HeaderValue::from_str(cache) {
        headers.insert(header::CACHE_CONTROL, cache);
    }
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&format!("\"{tag}\"")).ok()) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// What the index refuses is the question's fault.
pub(crate) fn index_problem(error: points::Error) -> Problem {
    Problem::bad("?filter", "bad-question", error.to_string())
}

/// The account of a place, as the viewer may see it.
pub(crate) async fn visible_location(
    app: &App,
    signed: &Signed,
    id: &str,
    at: At,
) -> Result<records::Record, Problem> {
    let found = app.store.get(&signed.viewer, "location", id, at).await?;
    found.ok_or_else(|| Problem::not_found(format!("Place {id}")))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(one))
        .routes(routes!(tile))
        .merge(list::router())
        .merge(legend::router())
}
