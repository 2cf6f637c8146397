//! Blocks by code, reach by drive time and rules about customers, over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::WrittenTerritory;
use super::super::answers_extent::{BlockJson, block_json};
use super::super::claims::{Block, Claims, CustomerRule, Reach};
use super::super::codes::{self, Resolved};
use super::super::edit::{self, CAUSE, Claimed};
use super::super::reach::{ReachBody, ReachDifference, difference, reach_of};
use super::super::{area, facts};
use super::{MAY_DRAW, answer, name_of};
use crate::Shared;
use crate::app::App;
use crate::problem::Problem;
use crate::sessions::Signed;

/// A list of codes.
#[derive(Deserialize, ToSchema)]
struct CodesBody {
    /// As pasted: lines, or by comma, semicolon or tab. Postcodes, ranges of postcodes (`17033-17036`), keys or
    /// names of municipalities.
    text: Option<String>,
    /// Or one by one.
    #[serde(default)]
    codes: Vec<String>,
}

/// A municipality that may be meant.
#[derive(Serialize, ToSchema)]
struct Choice {
    /// To be given instead of the name.
    code: String,
    name: String,
}

/// A name that several municipalities have.
#[derive(Serialize, ToSchema)]
struct Ambiguous {
    text: String,
    choices: Vec<Choice>,
}

/// What a list of codes comes to.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodesJson {
    blocks: Vec<BlockJson>,
    /// Entries that neither the map nor any address knows.
    unknown: Vec<String>,
    ambiguous: Vec<Ambiguous>,
    /// GeoJSON MultiPolygon of the blocks whose area is known; null where none is.
    #[schema(value_type = Option<Object>)]
    geometry: Option<geojson::Geometry>,
}

async fn resolved(app: &App, list: Vec<String>) -> Result<Resolved, Problem> {
    let postcodes = facts::postcodes(app.store.db()).await?;
    let atlas = app.atlas();
    tokio::task::spawn_blocking(move || codes::resolve(atlas.as_deref(), &postcodes, &list))
        .await
        .map_err(Problem::unexpected)?
}

/// Which blocks a pasted list names, and what of it nobody knows; nothing is written
#[utoipa::path(post, path = "/api/v1/territories/codes", tag = "territories", request_body = CodesBody,
    responses((status = 200, body = CodesJson), (status = 400, body = Problem)))]
async fn look_up_codes(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<CodesBody>,
) -> Result<Json<CodesJson>, Problem> {
    // Whether a postcode is known may tell of customers that are not everybody's to see.
    signed.needs(&MAY_DRAW, "Making territories of codes")?;
    let mut list = body.codes;
    list.extend(codes::entries(body.text.as_deref().unwrap_or_default()));
    let found = resolved(&app, list).await?;
    let claims = Claims {
        blocks: found.blocks,
        ..Claims::default()
    };
    let shapes = claims.shapes();
    let ground = geo::unary_union(shapes.iter().map(territory::Shape::polygons));
    let choice = |(code, name)| Choice { code, name };
    Ok(Json(CodesJson {
        blocks: claims.blocks.iter().map(block_json).collect(),
        unknown: found.unknown,
        ambiguous: found
            .ambiguous
            .into_iter()
            .map(|(text, choices)| Ambiguous {
                text,
                choices: choices.into_iter().map(choice).collect(),
            })
            .collect(),
        geometry: (!shapes.is_empty()).then(|| area::to_geojson(&ground)),
    }))
}

/// Blocks of codes all of which have to be known.
pub(super) async fn blocks_of(app: &App, list: Vec<String>) -> Result<Vec<Block>, Problem> {
    let found = resolved(app, list).await?;
    let names = found.ambiguous.into_iter().map(|(text, _)| text);
    let wrong: Vec<String> = found.unknown.into_iter().chain(names).collect();
    if wrong.is_empty() {
        return Ok(found.blocks);
    }
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
    Err(Problem::bad(
        "/codes",
        "unknown-code",
        format!("Not known, or known more than once: {shown}. Nothing was changed."),
    ))
}

/// What somebody wants a territory to claim beside a drawn area.
pub(super) async fn claims_of(
    app: &App,
    codes: Vec<String>,
    reach: Option<&ReachBody>,
    rules: Vec<CustomerRule>,
) -> Result<Claims, Problem> {
    let blocks = match codes.is_empty() {
        true => Vec::new(),
        false => blocks_of(app, codes).await?,
    };
    let reach = match reach {
        Some(body) => Some(reach_of(app, body).await?),
        None => None,
    };
    Ok(Claims { blocks, reach, rules })
}

/// The codes of a territory's blocks.
#[derive(Deserialize, ToSchema)]
struct TerritoryCodes {
    /// At least one; all of them have to be known.
    codes: Vec<String>,
}

/// Make a territory of blocks, instead of the ground it has
#[utoipa::path(put, path = "/api/v1/territories/{id}/codes", tag = "territories", request_body = TerritoryCodes,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn set_codes(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<TerritoryCodes>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing borders")?;
    if body.codes.is_empty() {
        return Err(Problem::bad("/codes", "required", "Name at least one code."));
    }
    let blocks = blocks_of(&app, body.codes).await?;
    claim(&app, &signed, &id, "blocks", Claimed::Blocks(blocks)).await
}

async fn claim(
    app: &App,
    signed: &Signed,
    id: &str,
    what: &str,
    change: Claimed,
) -> Result<Json<WrittenTerritory>, Problem> {
    let label = format!("Change the {what} of {}", name_of(app, id).await?);
    let author = signed.author(CAUSE, label);
    let written = edit::claim(&app.store, &author, id, change).await?;
    Ok(Json(answer(app, signed, id, &written).await?))
}

/// Make a territory of what can be reached in time, instead of the ground it has
#[utoipa::path(put, path = "/api/v1/territories/{id}/reach", tag = "territories", request_body = ReachBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn set_reach(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ReachBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing borders")?;
    let reach = reach_of(&app, &body).await?;
    claim(&app, &signed, &id, "reach", Claimed::Reach(Box::new(reach))).await
}

/// A territory's reach as it stands, and as the map in use has it.
async fn both(app: &App, id: &str) -> Result<(Reach, Reach), Problem> {
    let layout = app.territories.layout.get(&app.store).await?;
    let standing = layout
        .get(id)
        .ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    let before = standing.claims.reach.clone().ok_or_else(|| {
        Problem::conflict(
            "no-reach",
            format!("{} is not made of what can be reached in time.", standing.name()),
        )
    })?;
    let body = ReachBody {
        lng: before.lng,
        lat: before.lat,
        minutes: before.minutes,
        label: before.label.clone(),
    };
    let after = reach_of(app, &body).await?;
    Ok((before, after))
}

/// What the map in use would make of a territory's reach; nothing is written
#[utoipa::path(get, path = "/api/v1/territories/{id}/reach", tag = "territories",
    responses((status = 200, body = ReachDifference), (status = 404, body = Problem)))]
async fn compare_reach(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ReachDifference>, Problem> {
    let seen = app
        .store
        .get(&signed.viewer, "territory", &id, records::At::PRESENT);
    seen.await?
        .ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    let (before, after) = both(&app, &id).await?;
    Ok(Json(difference(&before, &after)?))
}

/// Take over what the map in use makes of a territory's reach
#[utoipa::path(post, path = "/api/v1/territories/{id}/reach/renew", tag = "territories",
    responses((status = 200, body = WrittenTerritory), (status = 404, body = Problem)))]
async fn renew_reach(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing borders")?;
    let (_, after) = both(&app, &id).await?;
    claim(&app, &signed, &id, "reach", Claimed::Reach(Box::new(after))).await
}

/// Rules of a territory.
#[derive(Deserialize, ToSchema)]
struct RulesBody {
    /// A customer who meets any of them belongs to the territory, whatever area it lies in. Empty: none.
    rules: Vec<CustomerRule>,
}

/// Give a territory rules about customers
#[utoipa::path(put, path = "/api/v1/territories/{id}/rules", tag = "territories", request_body = RulesBody,
    responses((status = 200, body = WrittenTerritory), (status = 400, body = Problem)))]
async fn set_rules(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<RulesBody>,
) -> Result<Json<WrittenTerritory>, Problem> {
    signed.needs(&MAY_DRAW, "Changing rules")?;
    claim(&app, &signed, &id, "rules", Claimed::Rules(body.rules)).await
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look_up_codes))
        .routes(routes!(set_codes))
        .routes(routes!(set_reach, compare_reach))
        .routes(routes!(renew_reach))
        .routes(routes!(set_rules))
}
