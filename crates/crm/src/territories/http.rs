//! Territories over HTTP. The plain record (name, colour, priority) is read and changed at
//! `/api/v1/territories/{id}` as every other record; here is what a territory does.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use records::{At, Scope, Written};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{
    AreaProblem, CaughtJson, CaughtOf, GapJson, IssuesJson, LassoJson, MovedJson, Named, OverlapJson,
    OverviewJson, PlaceJson, PreviewJson, SharedJson, SideJson, Taken, TerritoryJson, WithoutJson,
    WrittenTerritory, named, people, territory_json,
};
use super::area;
use super::edit::{self, CAUSE, NewTerritory, unborn};
use super::holdings::{Holdings, territory_of};
use super::issues;
use super::layout::{Layout, Standing};
use super::ownership::{Ownership, main_location, ownership};
use super::preview::{self, Change};
use super::settle::settled;
use super::store;
use super::totals::Sums;
use crate::Shared;
use crate::app::App;
use crate::crud::{When, http_once, read_at, user_names};
use crate::live::{State as LiveState, accounts_of, id_text, index_problem, sight, visible_location};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

/// Who may change territories.
const MAY_DRAW: [Role; 2] = [Role::Manager, Role::Admin];

/// Everything an answer about a moment needs.
struct Scene {
    layout: Arc<Layout>,
    state: Arc<LiveState>,
    /// What the viewer may see of the index.
    filter: points::Filter,
    sees_all: bool,
    in_lines: Vec<(String, String)>,
    is_present: bool,
    /// What is queued makes other territories than those on record: who has what is decided, not looked up.
    is_thought_of: bool,
}

impl Scene {
    async fn load(app: &App, signed: &Signed, at: At) -> Result<Self, Problem> {
        let is_present = at == At::PRESENT;
        let queued = queued_layout(app, at).await?;
        let is_thought_of = queued.is_some();
        let layout = match queued {
            Some(layout) => layout,
            None if is_present => app.territories.layout.get(&app.store).await?,
            None => Arc::new(Layout::load(&app.store, at).await?),
        };
        let state = app.live.at(at.as_of).await?;
        let sight = sight(app.store.db(), &signed.viewer)
            .await
            .map_err(records::Error::from)?;
        let has_lines = layout.territories.iter().any(|t| t.line().is_some());
        let in_lines = if has_lines {
            store::held_in_lines(app.store.db()).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            layout,
            state,
            filter: sight.filter,
            sees_all: sight.is_all,
            in_lines,
            is_present,
            is_thought_of,
        })
    }

    /// Sums of everything the viewer may see, by territory.
    async fn holdings(&self, app: &App) -> Result<Arc<Holdings>, Problem> {
        let kept = self.is_present && self.sees_all;
        if let Some(holdings) = app.territories.holdings.kept(self.state.seq).filter(|_| kept) {
            return Ok(holdings);
        }
        let (state, layout) = (self.state.clone(), self.layout.clone());
        let (filter, in_lines) = (self.filter.clone(), self.in_lines.clone());
        let decides = self.is_thought_of;
        let sum = move || {
            if decides {
                Holdings::decided(&state.index, &filter, &layout)
            } else {
                Holdings::sum(&state.index, &filter, &layout, &in_lines)
            }
        };
        let holdings = tokio::task::spawn_blocking(sum)
            .await
            .map_err(Problem::unexpected)?
            .map_err(index_problem)?;
        let holdings = Arc::new(holdings);
        if kept {
            app.territories.holdings.keep(self.state.seq, holdings.clone());
        }
        Ok(holdings)
    }

    /// The territories that the viewer may see, of all that decide.
    async fn visible<'a>(&'a self, app: &App, signed: &Signed, at: At) -> Result<Vec<&'a Standing>, Problem> {
        let viewer = &signed.viewer;
        if viewer.is_system || viewer.grant("territory").read == Scope::All {
            return Ok(self.layout.territories.iter().collect());
        }
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut query = records::Query::of("territory")
            .at(at)
            .limit(records::Query::MAX_LIMIT);
        loop {
            let page = app.store.list(viewer, &query).await?;
            seen.extend(page.records.into_iter().map(|r| r.id));
            match page.next_cursor {
                Some(cursor) => query = query.cursor(Some(cursor)),
                None => break,
            }
        }
        Ok(self
            .layout
            .territories
            .iter()
            .filter(|t| seen.contains(t.id()))
            .collect())
    }
}

/// All territories with who works them and what they hold
#[utoipa::path(get, path = "/api/v1/territories/overview", tag = "territories", params(When),
    responses((status = 200, body = OverviewJson)))]
async fn overview(
    State(app): State<Shared>,
    signed: Signed,
    Query(when): Query<When>,
) -> Result<Json<OverviewJson>, Problem> {
    let at = read_at(&app, &when)?;
    let scene = Scene::load(&app, &signed, at).await?;
    let holdings = scene.holdings(&app).await?;
    let users = user_names(&app).await?;
    let visible = scene.visible(&app, &signed, at).await?;
    let territories: Vec<TerritoryJson> = visible
        .iter()
        .enumerate()
        .map(|(i, standing)| territory_json(standing, i, &scene.layout, &holdings, &users))
        .collect();
    let (layout, state, filter) = (scene.layout.clone(), scene.state.clone(), scene.filter.clone());
    let issues = tokio::task::spawn_blocking(move || issues::count(&layout, &state, &filter))
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let without = holdings.without();
    Ok(Json(OverviewJson {
        as_of: at.as_of.unwrap_or_else(|| app.store.now()).0,
        people: people(&territories),
        territories,
        without: WithoutJson {
            locations: without.places(),
            totals: without.totals(),
        },
        issues,
    }))
}

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
        let new = NewTerritory {
            name: body.name,
            geometry: body.geometry.filter(|g| !g.is_null()),
            location_ids: body.location_ids,
            owner_id: body.owner_id,
            colour: body.colour,
            parent_id: body.parent_id,
            line: body.line,
            message: body.message,
        };
        let (id, written) = edit::draw(&app.store, &author, new).await?;
        Ok((StatusCode::CREATED, answer(&app, &signed, &id, &written).await?))
    })
    .await
}

/// What follows a write: assignments, the index, and the territory as it then is.
async fn answer(
    app: &App,
    signed: &Signed,
    id: &str,
    written: &Written,
) -> Result<WrittenTerritory, Problem> {
    let taken = follow_up(app, written).await?;
    let scene = Scene::load(app, signed, At::PRESENT).await?;
    let holdings = scene.holdings(app).await?;
    let users = user_names(app).await?;
    let position = scene.layout.territories.iter().position(|t| t.id() == id);
    let position = position.ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    let standing = &scene.layout.territories[position];
    let territory = territory_json(standing, position, &scene.layout, &holdings, &users);
    Ok(WrittenTerritory {
        territory,
        change_set: taken.change_set,
        moved: taken.moved,
    })
}

async fn follow_up(app: &App, written: &Written) -> Result<Taken, Problem> {
    if written.change_set.is_empty() {
        return Ok(Taken {
            change_set: None,
            moved: 0,
        });
    }
    settled(app).await;
    app.live.wait_for(app.store.last_seq().await?).await;
    let moved = store::moved_by(app.store.db(), &written.change_set).await?;
    Ok(Taken {
        change_set: Some(written.change_set.clone()),
        moved,
    })
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

async fn name_of(app: &App, id: &str) -> Result<String, Problem> {
    let layout = app.territories.layout.get(&app.store).await?;
    let standing = layout
        .get(id)
        .ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    Ok(standing.name().to_owned())
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

/// A territory takes places by name, wherever they lie
#[utoipa::path(post, path = "/api/v1/territories/{id}/take", tag = "territories", request_body = PlacesBody,
    responses((status = 200, body = Taken), (status = 400, body = Problem)))]
async fn take(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<PlacesBody>,
) -> Result<Json<Taken>, Problem> {
    signed.needs(&MAY_DRAW, "Moving customers between territories")?;
    let label = format!(
        "Move {} to {}",
        edit::places(body.location_ids.len()),
        name_of(&app, &id).await?
    );
    let author = signed.author(CAUSE, label);
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
    signed.needs(&MAY_DRAW, "Moving customers between territories")?;
    let label = format!(
        "Release {} from {}",
        edit::places(body.location_ids.len()),
        name_of(&app, &id).await?
    );
    let author = signed.author(CAUSE, label);
    let written = edit::release(&app.store, &author, &id, &body.location_ids).await?;
    Ok(Json(follow_up(&app, &written).await?))
}

/// A change to ask about: an area, or places.
#[derive(Deserialize, ToSchema)]
struct PreviewBody {
    /// Null: a territory that would be made.
    territory_id: Option<String>,
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Value>,
    /// Places that the territory would take by name.
    location_ids: Option<Vec<String>>,
}

/// What a change would do on both sides; nothing is written
#[utoipa::path(post, path = "/api/v1/territories/preview", tag = "territories", request_body = PreviewBody,
    responses((status = 200, body = PreviewJson), (status = 400, body = Problem)))]
async fn preview_change(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<PreviewBody>,
) -> Result<Json<PreviewJson>, Problem> {
    let scene = Scene::load(&app, &signed, At::PRESENT).await?;
    if let Some(id) = &body.territory_id {
        scene
            .layout
            .get(id)
            .ok_or_else(|| Problem::not_found(format!("Territory {id}")))?;
    }
    let geometry = body.geometry.filter(|g| !g.is_null());
    let change = match (body.territory_id, geometry, body.location_ids) {
        (id, Some(geometry), None) => match area::parse(&geometry) {
            Ok(shape) => Change::Area(id, shape),
            Err(bad) => {
                // While somebody draws, a bad shape is an answer, not an error.
                let [lng, lat] = bad
                    .place
                    .map_or([None, None], |[lng, lat]| [Some(lng), Some(lat)]);
                let problem = Some(AreaProblem {
                    message: bad.message,
                    lng,
                    lat,
                });
                return Ok(Json(PreviewJson {
                    problem,
                    ..PreviewJson::default()
                }));
            }
        },
        (id, None, Some(locations)) => Change::Names(id, locations),
        _ => {
            return Err(Problem::bad(
                "/geometry",
                "required",
                "Send either an area or places.",
            ));
        }
    };
    let holdings = scene.holdings(&app).await?;
    let layout = scene.layout.clone();
    let found = tokio::task::spawn_blocking(move || {
        preview::preview(
            &scene.layout,
            &scene.state,
            &scene.filter,
            &holdings,
            &scene.in_lines,
            &change,
        )
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let name = |number: territory::TerritoryId| layout.by_number(number).map(|t| t.name().to_owned());
    Ok(Json(PreviewJson {
        sides: found
            .sides
            .into_iter()
            .map(|side| SideJson {
                territory_id: match side.territory {
                    None => Some("none".to_owned()),
                    Some(number) if number == unborn() => None,
                    Some(number) => layout.by_number(number).map(|t| t.id().to_owned()),
                },
                name: match side.territory {
                    None => "No territory".to_owned(),
                    Some(number) => name(number).unwrap_or_default(),
                },
                before: side.before.totals(),
                after: side.after.totals(),
            })
            .collect(),
        moved: found
            .moved
            .into_iter()
            .map(|m| MovedJson {
                location_id: m.location_id,
                name: m.name,
                from: m.from.and_then(name),
                to: m.to.and_then(name),
            })
            .collect(),
        moved_count: found.moved_count,
        overlaps: found
            .overlaps
            .into_iter()
            .map(|shared| {
                let Named { id, name } = named(&layout, shared.territory);
                SharedJson {
                    territory_id: id,
                    name,
                    locations: shared.locations,
                }
            })
            .collect(),
        problem: None,
    }))
}

/// A lasso.
#[derive(Deserialize, ToSchema)]
struct LassoBody {
    /// GeoJSON Polygon or MultiPolygon; it may cross itself.
    #[schema(value_type = Object)]
    geometry: Value,
}

/// Places a lasso lists.
const CAUGHT: usize = 5_000;

/// What a lasso holds, from the index
#[utoipa::path(post, path = "/api/v1/lasso", tag = "territories", request_body = LassoBody,
    responses((status = 200, body = LassoJson), (status = 400, body = Problem)))]
async fn lasso(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<LassoBody>,
) -> Result<Json<LassoJson>, Problem> {
    let shape = area::parse_lasso(&body.geometry).map_err(|bad| bad.problem("/geometry"))?;
    let scene = Scene::load(&app, &signed, At::PRESENT).await?;
    let (layout, state, filter) = (scene.layout.clone(), scene.state.clone(), scene.filter.clone());
    let (held, mut locations) = tokio::task::spawn_blocking(move || {
        let view = state.index.view(&filter)?;
        let rows = view.rows_in(&points::Shape::polygons(shape.polygons().clone())?);
        let held = Holdings::sum_rows(&rows, &layout);
        let mut caught: Vec<CaughtJson> = rows
            .iter()
            .map(|row| CaughtJson {
                location_id: id_text(row.id()),
                account_id: String::new(),
                name: row.text("name").unwrap_or_default().to_owned(),
                territory_id: territory_of(row, &layout).map(str::to_owned),
            })
            .collect();
        caught.sort_by(|a, b| (&a.name, &a.location_id).cmp(&(&b.name, &b.location_id)));
        caught.truncate(CAUGHT);
        Ok((held, caught))
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let ids: Vec<String> = locations.iter().map(|l| l.location_id.clone()).collect();
    let accounts = accounts_of(&app, &ids).await?;
    for one in &mut locations {
        one.account_id = accounts.get(&one.location_id).cloned().unwrap_or_default();
    }
    let mut all = held.without();
    let mut by_territory = Vec::new();
    for standing in &scene.layout.territories {
        let sums = held.of(standing.id());
        if sums != Sums::default() {
            all += sums;
            by_territory.push(CaughtOf {
                territory_id: Some(standing.id().to_owned()),
                name: standing.name().to_owned(),
                totals: sums.totals(),
            });
        }
    }
    if held.without() != Sums::default() {
        let (name, totals) = ("No territory".to_owned(), held.without().totals());
        by_territory.push(CaughtOf {
            territory_id: None,
            name,
            totals,
        });
    }
    Ok(Json(LassoJson {
        locations,
        count: all.places(),
        by_territory,
        totals: all.totals(),
    }))
}

/// Overlaps, gaps, and places on no map
#[utoipa::path(get, path = "/api/v1/territories/issues", tag = "territories", params(When),
    responses((status = 200, body = IssuesJson)))]
async fn find_issues(
    State(app): State<Shared>,
    signed: Signed,
    Query(when): Query<When>,
) -> Result<Json<IssuesJson>, Problem> {
    let scene = Scene::load(&app, &signed, read_at(&app, &when)?).await?;
    let layout = scene.layout.clone();
    let found = tokio::task::spawn_blocking(move || issues::find(&scene.layout, &scene.state, &scene.filter))
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let gaps = found.gaps.iter().map(|gap| &gap.place);
    let every = found
        .overlaps
        .iter()
        .flat_map(|o| &o.places)
        .chain(gaps)
        .chain(&found.not_placed);
    let ids: Vec<String> = every.map(|place| place.location_id.clone()).collect();
    let accounts = accounts_of(&app, &ids).await?;
    let account = |location: &str| accounts.get(location).cloned().unwrap_or_default();
    let place = |place: issues::Place| PlaceJson {
        account_id: account(&place.location_id),
        location_id: place.location_id,
        name: place.name,
    };
    let overlaps = found
        .overlaps
        .into_iter()
        .map(|overlap| OverlapJson {
            a: named(&layout, overlap.territories.0),
            b: named(&layout, overlap.territories.1),
            geometry: area::to_geojson(&overlap.ground),
            locations: overlap.places.into_iter().map(place).collect(),
        })
        .collect();
    let gaps = found
        .gaps
        .into_iter()
        .filter_map(|gap| {
            let at = gap.place.place?;
            Some(GapJson {
                account_id: account(&gap.place.location_id),
                location_id: gap.place.location_id,
                name: gap.place.name,
                lng: at.lng(),
                lat: at.lat(),
                nearest: gap.nearest.and_then(|id| {
                    let name = layout.get(&id)?.name().to_owned();
                    Some(Named { id, name })
                }),
            })
        })
        .collect();
    Ok(Json(IssuesJson {
        overlaps,
        gaps,
        gap_count: found.gap_count,
        not_placed: found.not_placed.into_iter().map(place).collect(),
        not_placed_count: found.not_placed_count,
    }))
}

/// The territories of a moment to come, where something is queued until then.
async fn queued_layout(app: &App, at: At) -> Result<Option<Arc<Layout>>, Problem> {
    match at
        .as_of
        .filter(|moment| *moment > app.store.now() && at.known_at.is_none())
    {
        Some(moment) => crate::scenarios::layout_at(app, moment).await,
        None => Ok(None),
    }
}

/// The territories of the moment asked about.
async fn layout_at(app: &App, at: At) -> Result<Arc<Layout>, Problem> {
    if let Some(layout) = queued_layout(app, at).await? {
        return Ok(layout);
    }
    if at == At::PRESENT {
        return Ok(app.territories.layout.get(&app.store).await?);
    }
    Ok(Arc::new(Layout::load(&app.store, at).await?))
}

/// Whose a place is, since when, and why
#[utoipa::path(get, path = "/api/v1/locations/{id}/ownership", tag = "territories", params(When),
    responses((status = 200, body = Ownership), (status = 404, body = Problem)))]
async fn location_ownership(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<Ownership>, Problem> {
    let at = read_at(&app, &when)?;
    let location = visible_location(&app, &signed, &id, at).await?;
    let layout = layout_at(&app, at).await?;
    Ok(Json(
        ownership(&app, &signed.viewer, &location, at, &layout).await?,
    ))
}

/// Whose a customer's first place is, since when, and why
#[utoipa::path(get, path = "/api/v1/accounts/{id}/ownership", tag = "territories", params(When),
    responses((status = 200, body = Ownership), (status = 404, body = Problem)))]
async fn account_ownership(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<Ownership>, Problem> {
    let at = read_at(&app, &when)?;
    let location = main_location(&app, &signed.viewer, &id, at).await?;
    let location = location.ok_or_else(|| Problem::not_found(format!("A place of customer {id}")))?;
    let layout = layout_at(&app, at).await?;
    Ok(Json(
        ownership(&app, &signed.viewer, &location, at, &layout).await?,
    ))
}

/// Ownership of a place for the customer's card.
pub(crate) async fn ownership_for_card(
    app: &App,
    signed: &Signed,
    location: &records::Record,
    at: At,
) -> Result<Ownership, Problem> {
    let layout = layout_at(app, at).await?;
    ownership(app, &signed.viewer, location, at, &layout).await
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(overview))
        .routes(routes!(draw))
        .routes(routes!(preview_change))
        .routes(routes!(find_issues))
        .routes(routes!(reshape))
        .routes(routes!(give))
        .routes(routes!(take))
        .routes(routes!(release))
        .routes(routes!(lasso))
        .routes(routes!(location_ownership))
        .routes(routes!(account_ownership))
}
