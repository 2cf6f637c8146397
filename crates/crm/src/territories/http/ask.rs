//! Questions about territories that write nothing: what a change would do, what a lasso holds, what is wrong.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Query, State};
use records::At;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{
    AreaProblem, CaughtJson, CaughtOf, GapJson, IssuesJson, LassoJson, MovedJson, Named, OutdatedJson,
    OverlapJson, PlaceJson, PreviewJson, SharedJson, SideJson, named,
};
use super::super::claims::{CustomerRule, check_rules};
use super::super::edit::unborn;
use super::super::facts::Known;
use super::super::heirs;
use super::super::holdings::{Holdings, territory_of};
use super::super::layout::Layout;
use super::super::preview::{self, Change, Side};
use super::super::reach::ReachBody;
use super::super::totals::Sums;
use super::super::{area, issues};
use super::extent::claims_of;
use super::{MAY_DRAW, Scene};
use crate::Shared;
use crate::crud::{When, read_at};
use crate::live::{accounts_of, id_text, index_problem};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A change to ask about: an area, or places.
#[derive(Deserialize, ToSchema)]
struct PreviewBody {
    /// Null: a territory that would be made.
    territory_id: Option<String>,
    /// Who would own the territory that would be made.
    owner_id: Option<String>,
    /// GeoJSON Polygon or MultiPolygon, longitude first.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Value>,
    /// Places that the territory would take by name.
    location_ids: Option<Vec<String>>,
    /// Blocks that it would be made of.
    #[serde(default)]
    codes: Vec<String>,
    /// What it would reach.
    reach: Option<ReachBody>,
    /// Rules that it would have beside its ground.
    rules: Option<Vec<CustomerRule>>,
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
    let id = body.territory_id;
    let has_claims = !body.codes.is_empty() || body.reach.is_some();
    let change = match (geometry, body.location_ids, body.rules) {
        (Some(geometry), None, None) if !has_claims => match area::parse(&geometry) {
            Ok(shape) => Change::area(&scene.layout, id, shape),
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
        (None, Some(locations), None) if !has_claims => Change::Names(id, locations),
        (None, None, None) if has_claims => {
            signed.needs(&MAY_DRAW, "Asking about blocks and reaches")?;
            let mut claims = claims_of(&app, body.codes, body.reach.as_ref(), Vec::new()).await?;
            let standing = id.as_deref().and_then(|id| scene.layout.get(id));
            claims.rules = standing.map(|t| t.claims.rules.clone()).unwrap_or_default();
            Change::Extent(id, None, Box::new(claims))
        }
        (None, None, Some(rules)) if !has_claims => {
            check_rules(&rules, &|other| {
                Some(other) != id.as_deref() && scene.layout.get(other).is_some()
            })?;
            let standing = id.as_deref().and_then(|id| scene.layout.get(id));
            let mut claims = standing.map(|t| t.claims.clone()).unwrap_or_default();
            claims.rules = rules;
            Change::Extent(id, standing.and_then(|t| t.shape.clone()), Box::new(claims))
        }
        _ => {
            return Err(Problem::bad(
                "/geometry",
                "required",
                "Send one of an area, places, codes, a reach and rules.",
            ));
        }
    };
    let known = Known::load(&app, change.reads_facts(&scene.layout)).await?;
    let holdings = scene.holdings(&app).await?;
    let layout = scene.layout.clone();
    let found = tokio::task::spawn_blocking(move || {
        preview::preview(
            &scene.layout,
            &scene.state,
            &scene.filter,
            &holdings,
            &scene.in_lines,
            &known,
            &change,
        )
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let new = preview::thought_of(body.owner_id.as_deref());
    let who = |number: &Option<territory::TerritoryId>| match *number {
        Some(number) if number == unborn() => Some(&new),
        number => layout.by_number(number?),
    };
    let transfers = found.transfers.iter();
    let changes: Vec<heirs::Change<'_>> = transfers
        .map(|(place, from, to)| (place.as_str(), who(from), who(to)))
        .collect();
    let passing = heirs::passing(app.store.db(), &layout, &changes).await?;
    let name = |number: territory::TerritoryId| layout.by_number(number).map(|t| t.name().to_owned());
    Ok(Json(PreviewJson {
        accounts_passing: passing.len() as u64,
        sides: found
            .sides
            .into_iter()
            .map(|side| side_json(&layout, side))
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
        stay_count: found.stay_count,
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

/// A side with its name.
pub(super) fn side_json(layout: &Layout, side: Side) -> SideJson {
    let standing = side.territory.and_then(|number| layout.by_number(number));
    SideJson {
        territory_id: match side.territory {
            None => Some("none".to_owned()),
            Some(number) if number == unborn() => None,
            Some(_) => standing.map(|t| t.id().to_owned()),
        },
        name: match side.territory {
            None => "No territory".to_owned(),
            Some(_) => standing.map(|t| t.name().to_owned()).unwrap_or_default(),
        },
        before: side.before.totals(),
        after: side.after.totals(),
    }
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
    let at = read_at(&app, &when)?;
    let scene = Scene::load(&app, &signed, at).await?;
    let layout = scene.layout.clone();
    let visible = scene.visible(&app, &signed, at).await?;
    let visible: BTreeSet<String> = visible.into_iter().map(|t| t.id().to_owned()).collect();
    let found = tokio::task::spawn_blocking(move || issues::find(&scene.layout, &scene.state, &scene.filter))
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let map = app.atlas().map(|atlas| atlas.hash_hex());
    let outdated = layout
        .territories
        .iter()
        .filter(|t| visible.contains(t.id()))
        .filter_map(|t| {
            let reach = t
                .claims
                .reach
                .as_ref()
                .filter(|r| Some(&r.map_hash) != map.as_ref())?;
            map.as_ref()?;
            Some(OutdatedJson {
                territory: Named {
                    id: t.id().to_owned(),
                    name: t.name().to_owned(),
                },
                minutes: reach.minutes,
                label: reach.label.clone(),
            })
        })
        .collect();
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
        outdated,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(preview_change))
        .routes(routes!(lasso))
        .routes(routes!(find_issues))
}
