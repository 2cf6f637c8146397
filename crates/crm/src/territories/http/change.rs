//! Making and changing territories over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use geom::Timestamp;
use records::Author;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{Taken, WrittenTerritory};
use super::super::claims::CustomerRule;
use super::super::edit::{self, CAUSE, Draft, Member, NewTerritory, OverlapRule, TerritorySettings};
use super::super::reach::ReachBody;
use super::extent::claims_of;
use super::{MAY_DRAW, answer, answer_to, follow_up, name_of};
use crate::Shared;
use crate::app::App;
use crate::crud::{http_once, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A territory to draw.
#[derive(Deserialize, Serialize, ToSchema)]
struct DrawBody {
    name: String,
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Value>,
    /// Places to hold by name; instead of an area, or besides.
    #[serde(default)]
    location_ids: Vec<String>,
    owner_id: Option<String>,
    /// 1..=12; chosen so that neighbours differ unless said.
    colour: Option<i64>,
    parent_id: Option<String>,
    line: Option<String>,
    /// Postcodes, or municipalities by key or name: the territory is made of these blocks.
    #[serde(default)]
    codes: Vec<String>,
    /// The territory is what can be reached in time.
    reach: Option<ReachBody>,
    /// Customers who meet any of these rules belong to it.
    #[serde(default)]
    rules: Vec<CustomerRule>,
    /// It stands above others and needs no extent of its own.
    #[serde(default)]
    is_group: bool,
    message: Option<String>,
}

/// Draw a territory; customers inside are assigned at once
#[utoipa::path(post, path = "/api/v1/territories/draw", tag = "territories", request_body = DrawBody,
    responses((status = 201, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn draw(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Json(body): Json<DrawBody>,
) -> Result<Response, Problem> {
    signed.needs(&MAY_DRAW, "Drawing territories")?;
    let request = serde_json::to_vec(&("draw", &body)).map_err(Problem::unexpected)?;
    http_once(&app, &signed, &headers, &request, async || {
        let author = signed.author(CAUSE, format!("Draw {}", body.name.trim()));
        let claims = claims_of(&app, body.codes, body.reach.as_ref(), body.rules).await?;
        let new = NewTerritory {
            name: body.name,
            geometry: body.geometry.filter(|g| !g.is_null()),
            location_ids: body.location_ids,
            owner_id: body.owner_id,
            colour: body.colour,
            parent_id: body.parent_id,
            line: body.line,
            is_group: body.is_group,
            message: body.message,
        };
        let (id, written) = edit::draw_with(&app.store, &author, Draft { new, claims }).await?;
        Ok((StatusCode::CREATED, answer(&app, &signed, &id, &written).await?))
    })
    .await
}

/// Another area.
#[derive(Deserialize, ToSchema)]
struct GeometryBody {
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Object)]
    geometry: Value,
}

/// Change a territory's border: a new version begins
#[utoipa::path(put, path = "/api/v1/territories/{id}/geometry", tag = "territories", request_body = GeometryBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem), (status = 412, body = Problem)))]
async fn reshape(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<GeometryBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing borders")?;
    let author = signed.author(
        "territories",
        format!("Change the border of {}", name_of(&app, &id).await?),
    );
    let written = edit::reshape(&app.store, &author, &id, &body.geometry).await?;
    Ok(Json(answer(&app, &signed, &id, &written).await?))
}

/// Who is to work a territory.
#[derive(Deserialize, ToSchema)]
struct OwnerBody {
    /// Null: nobody.
    user_id: Option<String>,
}

/// Give a territory to somebody
#[utoipa::path(post, path = "/api/v1/territories/{id}/owner", tag = "territories", request_body = OwnerBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn give(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<OwnerBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Giving territories to people")?;
    let territory = name_of(&app, &id).await?;
    let to = match &body.user_id {
        Some(user) => user_names(&app)
            .await?
            .get(user)
            .cloned()
            .unwrap_or_else(|| user.clone()),
        None => "nobody".to_owned(),
    };
    let author = signed.author(CAUSE, format!("Give {territory} to {to}"));
    let written = edit::give(&app.store, &author, &id, body.user_id.as_deref()).await?;
    Ok(Json(answer(&app, &signed, &id, &written).await?))
}

/// Places to take or to release.
#[derive(Deserialize, Serialize, ToSchema)]
struct PlacesBody {
    /// At most 20,000.
    location_ids: Vec<String>,
}

/// Who moves places by name, for the history: "Move 3 places to North".
async fn by_name(
    app: &App,
    signed: &Signed,
    id: &str,
    verb: &str,
    preposition: &str,
    body: &PlacesBody,
) -> Result<Author, Problem> {
    signed.needs(&MAY_DRAW, "Moving customers between territories")?;
    let places = edit::places(body.location_ids.len());
    let label = format!("{verb} {places} {preposition} {}", name_of(app, id).await?);
    Ok(signed.author(CAUSE, label))
}

/// A territory takes places by name, wherever they lie
#[utoipa::path(post, path = "/api/v1/territories/{id}/take", tag = "territories", request_body = PlacesBody,
    responses((status = 200, body = Taken), (status = 400, body = Problem)))]
async fn take(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<PlacesBody>,
) -> Result<Json<Taken>, Problem> {
    let author = by_name(&app, &signed, &id, "Move", "to", &body).await?;
    let written = edit::take(&app.store, &author, &id, &body.location_ids).await?;
    Ok(Json(follow_up(&app, &written).await?))
}

/// A territory gives up places that it holds by name: areas decide about them again
#[utoipa::path(post, path = "/api/v1/territories/{id}/release", tag = "territories", request_body = PlacesBody,
    responses((status = 200, body = Taken), (status = 404, body = Problem)))]
async fn release(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<PlacesBody>,
) -> Result<Json<Taken>, Problem> {
    let author = by_name(&app, &signed, &id, "Release", "from", &body).await?;
    let written = edit::release(&app.store, &author, &id, &body.location_ids).await?;
    Ok(Json(follow_up(&app, &written).await?))
}

/// Who is to work a territory.
#[derive(Deserialize, ToSchema)]
struct MembersBody {
    /// All of them: who is not here works it no longer.
    members: Vec<Member>,
    /// Since when, a local day; the present unless said. A past day corrects the record.
    from: Option<String>,
}

/// Say who works a territory, in which roles and with which shares
#[utoipa::path(put, path = "/api/v1/territories/{id}/members", tag = "territories", request_body = MembersBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn set_members(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<MembersBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Giving territories to people")?;
    let from = body.from.as_deref().map(|day| day_start(&app, day)).transpose()?;
    let author = signed.author(CAUSE, format!("Change who works {}", name_of(&app, &id).await?));
    let written = edit::staff(&app.store, &author, &id, &body.members, from).await?;
    Ok(Json(answer(&app, &signed, &id, &written).await?))
}

/// The first moment of a local day.
fn day_start(app: &App, day: &str) -> Result<Timestamp, Problem> {
    let day: jiff::civil::Date = day
        .trim()
        .parse()
        .map_err(|_| Problem::bad("/from", "bad-date", format!("{day} is no day like 2026-03-01.")))?;
    Ok(app.settings.zone.start_of(day))
}

/// Change a territory's name, place in the tree, product line, colour, priority and hours
#[utoipa::path(put, path = "/api/v1/territories/{id}/settings", tag = "territories", request_body = TerritorySettings,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn change_settings(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<TerritorySettings>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing territories")?;
    let author = signed.author(CAUSE, format!("Change {}", name_of(&app, &id).await?));
    let written = edit::set_up(&app.store, &author, &id, body).await?;
    Ok(Json(answer(&app, &signed, &id, &written).await?))
}

/// Since when a territory's extent really holds.
#[derive(Deserialize, ToSchema)]
struct BeginBody {
    /// A local day that is past.
    from: String,
}

/// Correct since when a territory's extent holds: places were its own from then on, and what was believed before stays on record
#[utoipa::path(post, path = "/api/v1/territories/{id}/began", tag = "territories", request_body = BeginBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn began(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<BeginBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Correcting dates")?;
    let from = day_start(&app, &body.from)?;
    let label = format!("{} holds since {}", name_of(&app, &id).await?, body.from.trim());
    let author = signed.author(CAUSE, label);
    let change_set = edit::correct_begin(&app.store, &author, &id, from).await?;
    Ok(Json(answer_to(&app, &signed, &id, change_set).await?))
}

/// Two territories and how to settle what both claim.
#[derive(Deserialize, ToSchema)]
struct SettleBody {
    a: String,
    b: String,
    #[serde(flatten)]
    rule: OverlapRule,
}

/// Settle an overlap by priority, product line, cut or split
#[utoipa::path(post, path = "/api/v1/territories/overlaps/settle", tag = "territories", request_body = SettleBody,
    responses((status = 200, body = Taken), (status = 409, body = Problem)))]
async fn settle_overlap(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<SettleBody>,
) -> Result<Json<Taken>, Problem> {
    signed.needs(&MAY_DRAW, "Settling overlaps")?;
    let (a, b) = (name_of(&app, &body.a).await?, name_of(&app, &body.b).await?);
    let author = signed.author(CAUSE, format!("Settle the overlap of {a} and {b}"));
    let written = edit::settle_overlap(&app.store, &author, (&body.a, &body.b), &body.rule).await?;
    Ok(Json(follow_up(&app, &written).await?))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(draw))
        .routes(routes!(reshape))
        .routes(routes!(give))
        .routes(routes!(take))
        .routes(routes!(release))
        .routes(routes!(set_members))
        .routes(routes!(change_settings))
        .routes(routes!(began))
        .routes(routes!(settle_overlap))
}
