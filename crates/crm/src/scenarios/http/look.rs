//! Looking at a scenario: its map, its totals, what differs, and several side by side.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use territory::TerritoryId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::branch;
use super::super::compare::{Fate, pairs};
use super::super::draft::area_of;
use super::super::driven::{Driven, ESTIMATE, Replanned, Roads};
use super::super::figures::{Measures, Side, Summary, summaries};
use super::super::ground::compactness;
use super::super::outcome::{Outcome, evaluate};
use super::super::prices::replanned;
use super::{Scene, may};
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::live::index_problem;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Known, Layout, MemberJson, Standing, to_geojson};

/// Two layouts, and what comes of the second.
pub(super) struct Look {
    pub before: Arc<Layout>,
    pub after: Arc<Layout>,
    pub outcome: Outcome,
    pub roads: Roads,
    pub state: Arc<crate::live::State>,
}

/// `replanned`: hours a week on the road that were planned for them.
pub(super) async fn look(
    app: &App,
    signed: &Signed,
    before: Arc<Layout>,
    after: Arc<Layout>,
    replanned: &Replanned,
) -> Result<Look, Problem> {
    let scene = Scene::load(app, signed).await?;
    let driven = Driven::load(app).await?;
    let known = Known::load(app, before.reads_facts() || after.reads_facts()).await?;
    let (a, b, state) = (before.clone(), after.clone(), scene.state.clone());
    let work = move || evaluate(&a, &b, &state, &scene.filter, &known);
    let outcome = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let roads = Roads::of(&driven, &before, &after, &outcome, replanned);
    Ok(Look {
        before,
        after,
        outcome,
        roads,
        state: scene.state,
    })
}

/// A territory of a scenario.
#[derive(Serialize, ToSchema)]
struct DraftTerritory {
    id: String,
    name: String,
    colour: i64,
    line: Option<String>,
    parent_id: Option<String>,
    owner_id: Option<String>,
    owner_name: Option<String>,
    members: Vec<MemberJson>,
    capacity_hours: Option<f64>,
    priority: Option<i64>,
    locked: bool,
    /// same, changed, added, removed
    change: String,
    /// Places held by name.
    named: usize,
    /// GeoJSON MultiPolygon; null where nothing is drawn.
    #[schema(value_type = Option<Object>)]
    geometry: Option<geojson::Geometry>,
    /// As it was, where it changes.
    before: Option<DraftBefore>,
}

#[derive(Serialize, ToSchema)]
struct DraftBefore {
    name: String,
    owner_name: Option<String>,
    /// Absent where the border stays.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    geometry: Option<Option<geojson::Geometry>>,
}

#[derive(Serialize, ToSchema)]
struct DraftLayout {
    /// The base, milliseconds since 1970.
    as_of: i64,
    territories: Vec<DraftTerritory>,
}

fn geometry_of(standing: &Standing) -> Option<geojson::Geometry> {
    standing.shape.as_ref().map(|shape| to_geojson(shape.polygons()))
}

/// The territories as the scenario would have them
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/layout", tag = "scenarios",
    responses((status = 200, body = DraftLayout), (status = 404, body = Problem)))]
async fn layout(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<DraftLayout>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let users = user_names(&app).await?;
    let name = |user: &str| users.get(user).cloned();
    let one = |(i, (before, after)): (usize, (Option<&Standing>, Option<&Standing>))| {
        let fate = Fate::of(before, after);
        let standing = after.or(before)?;
        let text = |field: &str| standing.record.text(field).map(str::to_owned);
        Some(DraftTerritory {
            id: standing.id().to_owned(),
            name: standing.name().to_owned(),
            colour: standing.record.integer("colour").unwrap_or(i as i64 % 12 + 1),
            line: standing.line().map(str::to_owned),
            parent_id: text("parent_id"),
            owner_id: standing.owner().map(str::to_owned),
            owner_name: standing.owner().and_then(name),
            members: standing
                .members
                .iter()
                .map(|m| MemberJson {
                    user_id: m.text("user_id").unwrap_or_default().to_owned(),
                    name: m.text("user_id").and_then(name).unwrap_or_default(),
                    role: m.text("role").unwrap_or_default().to_owned(),
                    share: m.number("share"),
                })
                .collect(),
            capacity_hours: standing.record.number("capacity_hours"),
            priority: standing.record.integer("priority"),
            locked: branch.draft().locked.contains(standing.id()),
            change: fate.word().to_owned(),
            named: standing.named.len(),
            geometry: geometry_of(standing),
            before: before
                .filter(|_| fate == Fate::Changed)
                .map(|before| DraftBefore {
                    name: before.name().to_owned(),
                    owner_name: before.owner().and_then(name),
                    geometry: (area_of(before) != area_of(standing)).then(|| geometry_of(before)),
                }),
        })
    };
    let all = pairs(&branch.base, branch.layout());
    Ok(Json(DraftLayout {
        as_of: branch.base_at(),
        territories: all.into_iter().enumerate().filter_map(one).collect(),
    }))
}

/// Who has what, where it differs from the base.
#[derive(Serialize, ToSchema)]
struct Owners {
    /// Ids of territories.
    territories: Vec<String>,
    /// Place, and the number of its territory in the list; -1: of none.
    #[schema(value_type = Vec<Object>)]
    places: Vec<(String, i64)>,
    count: usize,
}

/// Places that change hands, for recolouring the map
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/owners", tag = "scenarios",
    responses((status = 200, body = Owners), (status = 404, body = Problem)))]
async fn owners(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Owners>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let none = Replanned::default();
    let look = look(&app, &signed, branch.base.clone(), branch.layout().clone(), &none).await?;
    let mut territories: Vec<String> = Vec::new();
    let mut positions: HashMap<TerritoryId, i64> = HashMap::new();
    let mut places = Vec::with_capacity(look.outcome.moved.len());
    for one in &look.outcome.moved {
        let position = match one.to.and_then(|to| Some((to, look.after.by_number(to)?))) {
            None => -1,
            Some((to, standing)) => *positions.entry(to).or_insert_with(|| {
                territories.push(standing.id().to_owned());
                territories.len() as i64 - 1
            }),
        };
        places.push((one.location(), position));
    }
    Ok(Json(Owners {
        territories,
        count: places.len(),
        places,
    }))
}

/// A territory before and after.
#[derive(Serialize, ToSchema)]
struct TotalsRow {
    /// Null: places of no territory.
    territory_id: Option<String>,
    name: String,
    colour: Option<i64>,
    /// same, changed, added, removed
    change: String,
    owner_name: Option<String>,
    locked: bool,
    capacity_hours: Option<f64>,
    before: Option<Measures>,
    after: Option<Measures>,
    /// 4π·area ÷ border², 0..=1.
    compactness_before: Option<f64>,
    compactness_after: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct BothSummaries {
    pub before: Summary,
    pub after: Summary,
}

#[derive(Serialize, ToSchema)]
struct TotalsJson {
    rows: Vec<TotalsRow>,
    summary: BothSummaries,
    /// The moment of the customers.
    as_of: i64,
    took_ms: f64,
}

/// Totals of every territory, before and after
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/totals", tag = "scenarios",
    responses((status = 200, body = TotalsJson), (status = 404, body = Problem)))]
async fn totals(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<TotalsJson>, Problem> {
    may(&signed)?;
    let began = Instant::now();
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let replanned = replanned(&app, &branch).await?;
    let look = look(
        &app,
        &signed,
        branch.base.clone(),
        branch.layout().clone(),
        &replanned,
    )
    .await?;
    let users = user_names(&app).await?;
    let side = |layout, tallies, is_after| Side {
        layout,
        tallies,
        roads: &look.roads,
        is_after,
    };
    let first = side(&*look.before, &look.outcome.before, false);
    let second = side(&*look.after, &look.outcome.after, true);
    let round = |c: f64| (c * 1000.0).round() / 1000.0;
    let compact = |t: Option<&Standing>| t.and_then(|t| t.shape.as_ref()).map(|s| round(compactness(s)));
    let mut rows: Vec<TotalsRow> = pairs(&look.before, &look.after)
        .into_iter()
        .filter_map(|(before, after)| {
            let standing = after.or(before)?;
            Some(TotalsRow {
                territory_id: Some(standing.id().to_owned()),
                name: standing.name().to_owned(),
                colour: standing.record.integer("colour"),
                change: Fate::of(before, after).word().to_owned(),
                owner_name: standing.owner().and_then(|o| users.get(o)).cloned(),
                locked: branch.draft().locked.contains(standing.id()),
                capacity_hours: standing.record.number("capacity_hours"),
                before: before.map(|t| first.measures(t)),
                after: after.map(|t| second.measures(t)),
                compactness_before: compact(before),
                compactness_after: compact(after),
            })
        })
        .collect();
    rows.push(TotalsRow {
        territory_id: None,
        name: "No territory".to_owned(),
        colour: None,
        change: "same".to_owned(),
        owner_name: None,
        locked: false,
        capacity_hours: None,
        before: Some(Measures::of(&look.outcome.before_of(None), ESTIMATE)),
        after: Some(Measures::of(&look.outcome.after_of(None), ESTIMATE)),
        compactness_before: None,
        compactness_after: None,
    });
    let (before, after) = summaries(&look.before, &look.after, &look.outcome, &look.roads);
    Ok(Json(TotalsJson {
        rows,
        summary: BothSummaries { before, after },
        as_of: app.store.now().0,
        took_ms: (began.elapsed().as_secs_f64() * 1e4).round() / 10.0,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(layout))
        .routes(routes!(owners))
        .routes(routes!(totals))
}
