//! Looking at a scenario: its map, its totals, what differs, and several side by side.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use territory::TerritoryId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::branch::{self, Branch};
use super::super::compare::{Fate, pairs, words};
use super::super::draft::area_of;
use super::super::driven::Driven;
use super::super::figures::{Measures, Names, Reference, Side, Summary, disturbed, reps, summaries, tenths};
use super::super::ground::compactness;
use super::super::outcome::{Moved, Outcome, Tally, evaluate, grouped};
use super::{Scene, may};
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::live::{accounts_of, index_problem};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Layout, MemberJson, Standing, number, to_geojson};

/// Two layouts, and what comes of the second.
pub(super) struct Look {
    pub before: Arc<Layout>,
    pub after: Arc<Layout>,
    pub outcome: Outcome,
    pub driven: Driven,
    pub state: Arc<crate::live::State>,
}

pub(super) async fn look(
    app: &App,
    signed: &Signed,
    before: Arc<Layout>,
    after: Arc<Layout>,
) -> Result<Look, Problem> {
    let scene = Scene::load(app, signed).await?;
    let driven = Driven::load(app).await?;
    let (a, b, state) = (before.clone(), after.clone(), scene.state.clone());
    let work = move || evaluate(&a, &b, &state, &scene.filter);
    let outcome = tokio::task::spawn_blocking(work)
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    Ok(Look {
        before,
        after,
        outcome,
        driven,
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
    let look = look(&app, &signed, branch.base.clone(), branch.layout().clone()).await?;
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
struct BothSummaries {
    before: Summary,
    after: Summary,
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
    let look = look(&app, &signed, branch.base.clone(), branch.layout().clone()).await?;
    let users = user_names(&app).await?;
    let (none, moved) = (BTreeSet::new(), disturbed(&look.outcome.moved));
    let side = |layout, tallies, disturbed| Side {
        layout,
        tallies,
        driven: &look.driven,
        disturbed,
    };
    let first = side(&*look.before, &look.outcome.before, &none);
    let second = side(&*look.after, &look.outcome.after, &moved);
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
        before: Some(Measures::of(&look.outcome.before_of(None), None)),
        after: Some(Measures::of(&look.outcome.after_of(None), None)),
        compactness_before: None,
        compactness_after: None,
    });
    let (before, after) = summaries(&look.before, &look.after, &look.outcome, &look.driven);
    Ok(Json(TotalsJson {
        rows,
        summary: BothSummaries { before, after },
        as_of: app.store.now().0,
        took_ms: (began.elapsed().as_secs_f64() * 1e4).round() / 10.0,
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Against {
    /// `base` (unless said), `present`, or another scenario's id.
    against: Option<String>,
}

/// The layout to compare with.
async fn other(
    app: &App,
    signed: &Signed,
    branch: &Branch,
    against: Option<&str>,
) -> Result<Arc<Layout>, Problem> {
    match against.unwrap_or("base") {
        "base" | "" => Ok(branch.base.clone()),
        "present" => Ok(app.territories.layout.get(&app.store).await?),
        id => Ok(branch::load(app, &signed.viewer, id).await?.layout().clone()),
    }
}

/// Places that go from one to another.
#[derive(Serialize, ToSchema)]
struct DiffGroup {
    from: Option<Reference>,
    to: Option<Reference>,
    places: u64,
    accounts: u64,
    revenue: i64,
    pipeline: i64,
    visit_hours: f64,
    /// Change of both sides' hours on the road in a week if only this group moved; an estimate.
    drive_hours_change: f64,
    /// The same in km.
    km_change: f64,
    open_deals: i64,
    /// Ids of the steps that name both sides.
    operations: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct DiffTerritory {
    id: String,
    name: String,
    /// changed, added, removed
    change: String,
    what: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct DiffRep {
    user_id: String,
    name: String,
    gains: u64,
    losses: u64,
    hours_before: f64,
    hours_after: f64,
}

#[derive(Serialize, ToSchema)]
struct Diff {
    against: String,
    groups: Vec<DiffGroup>,
    territories: Vec<DiffTerritory>,
    reps: Vec<DiffRep>,
    summary: BothSummaries,
}

/// Average speed that hours on the road are estimated with, km/h.
const SPEED: f64 = 40.0;

/// What the scenario changes, grouped by from and to
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/diff", tag = "scenarios", params(Against),
    responses((status = 200, body = Diff), (status = 404, body = Problem)))]
async fn diff(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<Against>,
) -> Result<Json<Diff>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let before = other(&app, &signed, &branch, params.against.as_deref()).await?;
    let look = look(&app, &signed, before, branch.layout().clone()).await?;
    let users = user_names(&app).await?;
    let names = Names {
        before: &look.before,
        after: &look.after,
    };
    let user = |id: &str| users.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let territory = |id: &str| names.name(Some(number(id)));
    let groups = grouped(&look.outcome.moved)
        .into_iter()
        .map(|((from, to), moved)| group(&branch, &look, names, from, to, &moved))
        .collect();
    let territories = pairs(&look.before, &look.after)
        .into_iter()
        .filter_map(|(a, b)| {
            let fate = Fate::of(a, b);
            let standing = b.or(a)?;
            (fate != Fate::Same).then(|| DiffTerritory {
                id: standing.id().to_owned(),
                name: standing.name().to_owned(),
                change: fate.word().to_owned(),
                what: a
                    .zip(b)
                    .map(|(a, b)| words(a, b, user, territory))
                    .unwrap_or_default(),
            })
        })
        .collect();
    let mut reps: Vec<DiffRep> = reps(&look.before, &look.after, &look.outcome)
        .into_iter()
        .filter(|(_, r)| r.gains + r.losses > 0 || (r.hours_after - r.hours_before).abs() >= 0.05)
        .map(|(id, r)| DiffRep {
            name: user(&id),
            user_id: id,
            gains: r.gains,
            losses: r.losses,
            hours_before: tenths(r.hours_before),
            hours_after: tenths(r.hours_after),
        })
        .collect();
    reps.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    let (before, after) = summaries(&look.before, &look.after, &look.outcome, &look.driven);
    Ok(Json(Diff {
        against: params.against.unwrap_or_else(|| "base".to_owned()),
        groups,
        territories,
        reps,
        summary: BothSummaries { before, after },
    }))
}

fn group(
    branch: &Branch,
    look: &Look,
    names: Names<'_>,
    from: Option<TerritoryId>,
    to: Option<TerritoryId>,
    moved: &[&Moved],
) -> DiffGroup {
    let mut all = Tally::default();
    moved.iter().for_each(|m| all += m.tally);
    let measures = Measures::of(&all, None);
    // What driving becomes on both sides if this group alone moves.
    let drive = |tally: &Tally| tally.sums.totals().drive_hours_estimate;
    let mut change = 0.0;
    if from.is_some() {
        let with = look.outcome.before_of(from);
        let mut without = with;
        without -= all;
        change += drive(&without) - drive(&with);
    }
    if to.is_some() {
        let without = look.outcome.before_of(to);
        let mut with = without;
        with += all;
        change += drive(&with) - drive(&without);
    }
    let ids: Vec<String> = [from, to]
        .into_iter()
        .flatten()
        .filter_map(|n| names.standing(n).map(|t| t.id().to_owned()))
        .collect();
    let concerns = |o: &&super::super::branch::Operation| {
        o.effects.iter().any(|e| {
            let named = e.territories();
            named.iter().any(|t| ids.iter().any(|id| id == t))
        })
    };
    DiffGroup {
        from: names.reference(from),
        to: names.reference(to),
        places: measures.places,
        accounts: measures.accounts,
        revenue: measures.revenue,
        pipeline: measures.pipeline,
        visit_hours: measures.visit_hours,
        drive_hours_change: tenths(change),
        km_change: (change * SPEED).round(),
        open_deals: measures.open_deals,
        operations: branch
            .standing()
            .filter(concerns)
            .map(|o| o.id().to_owned())
            .collect(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PlacesParams {
    /// `base` (unless said), `present`, or another scenario's id.
    against: Option<String>,
    /// Only from this territory; `none`: from nobody.
    from: Option<String>,
    /// Only to this territory; `none`: to nobody.
    to: Option<String>,
    /// 1..=1000; 100 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A place that changes hands.
#[derive(Serialize, ToSchema)]
struct DiffPlace {
    location_id: String,
    account_id: String,
    name: String,
    city: Option<String>,
    class: Option<String>,
    from: Option<Reference>,
    to: Option<Reference>,
    reason: String,
    revenue: i64,
    pipeline: i64,
    lng: Option<f64>,
    lat: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct DiffPlaces {
    rows: Vec<DiffPlace>,
    count: usize,
    next_cursor: Option<String>,
}

/// Every place that changes hands, page by page
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/diff/places", tag = "scenarios", params(PlacesParams),
    responses((status = 200, body = DiffPlaces), (status = 404, body = Problem)))]
async fn diff_places(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<PlacesParams>,
) -> Result<Json<DiffPlaces>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let before = other(&app, &signed, &branch, params.against.as_deref()).await?;
    let look = look(&app, &signed, before, branch.layout().clone()).await?;
    let names = Names {
        before: &look.before,
        after: &look.after,
    };
    let wanted = |asked: &Option<String>, is: Option<TerritoryId>| match asked.as_deref() {
        None | Some("") => true,
        Some("none") => is.is_none(),
        Some(id) => is == Some(number(id)),
    };
    let mut moved: Vec<(String, String, &Moved)> = look
        .outcome
        .moved
        .iter()
        .filter(|m| wanted(&params.from, m.from) && wanted(&params.to, m.to))
        .map(|m| {
            let row = look.state.index.get(m.row);
            let name = row.and_then(|r| r.text("name")).unwrap_or_default();
            (name.to_owned(), m.location(), m)
        })
        .collect();
    moved.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let count = moved.len();
    let limit = params.limit.unwrap_or(100).clamp(1, 1000);
    // The cursor is the last place of the page before; a place that has gone meanwhile leaves its name's order.
    let start = match params.cursor.as_deref().filter(|c| !c.is_empty()) {
        None => 0,
        Some(cursor) => match moved.iter().position(|m| m.1 == cursor) {
            Some(position) => position + 1,
            None => {
                return Err(Problem::bad(
                    "?cursor",
                    "bad-cursor",
                    "The list changed; begin at its first page.",
                ));
            }
        },
    };
    let page: Vec<&(String, String, &Moved)> = moved.iter().skip(start).take(limit).collect();
    let ids: Vec<String> = page.iter().map(|m| m.1.clone()).collect();
    let accounts = accounts_of(&app, &ids).await?;
    let rows = page
        .iter()
        .map(|(name, location, one)| {
            let row = look.state.index.get(one.row);
            let place = row.as_ref().and_then(|r| r.place());
            let word = |field: &str| row.as_ref().and_then(|r| r.category(field)).map(str::to_owned);
            DiffPlace {
                account_id: accounts.get(location).cloned().unwrap_or_default(),
                location_id: location.clone(),
                name: name.clone(),
                city: word("city"),
                class: word("class"),
                from: names.reference(one.from),
                to: names.reference(one.to),
                reason: reason(&look.after, location, place, one.to),
                revenue: one.tally.sums.totals().revenue,
                pipeline: one.tally.sums.totals().pipeline,
                lng: place.map(|p| p.lng()),
                lat: place.map(|p| p.lat()),
            }
        })
        .collect();
    let next_cursor = (start + page.len() < count)
        .then(|| page.last().map(|m| m.1.clone()))
        .flatten();
    Ok(Json(DiffPlaces {
        rows,
        count,
        next_cursor,
    }))
}

/// The rule by which a layout has a place, in words.
pub(in crate::scenarios) fn reason(
    layout: &Layout,
    location: &str,
    place: Option<geom::LngLat>,
    owner: Option<TerritoryId>,
) -> String {
    let Some(standing) = owner.and_then(|o| layout.by_number(o)) else {
        return if place.is_none() {
            "On no map, and held by name by nobody".to_owned()
        } else {
            "In the area of no territory".to_owned()
        };
    };
    let decision = layout.decide(location, place, standing.line());
    match decision.winner.map(|w| w.cause) {
        Some(territory::Cause::Named | territory::Cause::Required) => {
            format!("Held by name by {}", standing.name())
        }
        Some(territory::Cause::Rule) => format!("Meets the rule of {}", standing.name()),
        Some(territory::Cause::Unit) => format!("In a block of {}", standing.name()),
        Some(territory::Cause::Reach) => format!("In the reach of {}", standing.name()),
        _ => format!("Inside the area of {}", standing.name()),
    }
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(layout))
        .routes(routes!(owners))
        .routes(routes!(totals))
        .routes(routes!(diff))
        .routes(routes!(diff_places))
}
