//! The fairness page, and what if a place went elsewhere, over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use geom::Timestamp;
use records::{At, Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::alternatives::{Alternative, around};
use super::super::answers::{Named, SideJson, TerritoryJson, territory_json};
use super::super::facts::Known;
use super::super::fairness::{FairnessJson, disruption, distribution, rows};
use super::super::holdings::Holdings;
use super::super::preview::{Change, preview};
use super::Scene;
use super::ask::side_json;
use crate::Shared;
use crate::crud::{as_of_of, user_names};
use crate::live::{index_problem, row_id, visible_location};
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FairnessParams {
    /// From when changes of hands are counted: milliseconds since 1970, RFC 3339, or a local day; 30 days ago
    /// unless said.
    since: Option<String>,
}

const DAY: i64 = 86_400_000;

/// The same measures for everybody who works a territory, how far apart they are, and who changed hands since a date
#[utoipa::path(get, path = "/api/v1/territories/fairness", tag = "territories", params(FairnessParams),
    responses((status = 200, body = FairnessJson), (status = 400, body = Problem)))]
async fn fairness(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<FairnessParams>,
) -> Result<Json<FairnessJson>, Problem> {
    let now = super::super::present::present(&app.store).await?;
    let since = match params.since.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        Some(text) => as_of_of(&app, "since", text)?,
        None => Timestamp(now.0 - 30 * DAY),
    };
    let scene = Scene::load(&app, &signed, At::PRESENT).await?;
    let users = user_names(&app).await?;
    // A person's own page says what that person works, also where the customers are not all to be seen by name.
    let everything = points::Filter::All;
    let (state, layout, in_lines) = (scene.state.clone(), scene.layout.clone(), scene.in_lines.clone());
    let sum = move || Holdings::sum(&state.index, &everything, &layout, &in_lines);
    let holdings = tokio::task::spawn_blocking(sum)
        .await
        .map_err(Problem::unexpected)?
        .map_err(index_problem)?;
    let territories: Vec<TerritoryJson> = scene
        .layout
        .territories
        .iter()
        .enumerate()
        .map(|(i, t)| territory_json(t, i, &scene.layout, &holdings, &users, None))
        .collect();
    let planned = crate::cycles::planned_hours(&app).await?;
    let mut people = rows(&territories, planned.as_ref());
    let sees_everybody = signed.viewer.is_system || signed.viewer.grant("territory").read == Scope::All;
    let changed = {
        let view = scene
            .state
            .index
            .view(&points::Filter::All)
            .map_err(index_problem)?;
        let sees = |location: &str| row_id(location).is_some_and(|id| view.contains(id));
        disruption(&app.store, since, now, sees).await?
    };
    for row in &mut people {
        let (gained, lost) = changed.by_user.get(&row.user_id).copied().unwrap_or_default();
        (row.gained, row.lost) = (gained, lost);
    }
    let distribution = match sees_everybody {
        true => distribution(&people),
        false => Vec::new(),
    };
    let own = |r: &super::super::fairness::FairRow| Some(&r.user_id) == signed.viewer.user_id.as_ref();
    people.retain(|row| sees_everybody || own(row));
    let disrupted = match sees_everybody {
        true => changed.disrupted,
        false => people.iter().map(|r| r.gained + r.lost).sum(),
    };
    let kept = changed.had.saturating_sub(changed.disrupted) as f64 / changed.had.max(1) as f64;
    Ok(Json(FairnessJson {
        as_of: now.0,
        since: since.0,
        people,
        distribution,
        disrupted,
        continuity: (sees_everybody && changed.had > 0).then_some((kept * 1000.0).round() / 1000.0),
        cycle: planned.map(|p| p.days),
    }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AlternativesParams {
    /// A territory to look at besides those beside the place.
    to: Option<String>,
}

/// A territory that could have a place.
#[derive(Serialize, ToSchema)]
struct AlternativeJson {
    territory: Named,
    owner_name: Option<String>,
    /// Kilometres from the place to the middle of its customers.
    distance_km: Option<f64>,
    /// Its customers are neighbours of the place.
    is_beside: bool,
    /// Its middle is farther away than that of the territory that has the place.
    is_farther: bool,
    /// With the place it would ask for more hours than its people have.
    is_over_capacity: bool,
    /// The taker first, then the giver.
    sides: Vec<SideJson>,
}

/// What if a place went elsewhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlternativesJson {
    /// Who has it; null: nobody.
    territory: Option<Named>,
    /// Kilometres from the place to the middle of that territory's customers.
    distance_km: Option<f64>,
    /// Those beside the place first, then the nearest; at most six.
    alternatives: Vec<AlternativeJson>,
}

/// What if this place went to another territory: every measure on both sides; nothing is written
#[utoipa::path(get, path = "/api/v1/locations/{id}/alternatives", tag = "territories", params(AlternativesParams),
    responses((status = 200, body = AlternativesJson), (status = 404, body = Problem)))]
async fn alternatives(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<AlternativesParams>,
) -> Result<Json<AlternativesJson>, Problem> {
    let location = visible_location(&app, &signed, &id, At::PRESENT).await?;
    let scene = Scene::load(&app, &signed, At::PRESENT).await?;
    let visible = scene.visible(&app, &signed, At::PRESENT).await?;
    let visible: Vec<String> = visible.iter().map(|t| t.id().to_owned()).collect();
    let holdings = scene.holdings(&app).await?;
    let users = user_names(&app).await?;
    let place = location.place();
    let layout = scene.layout.clone();
    let found = tokio::task::spawn_blocking(move || {
        let row = row_id(&id).and_then(|id| scene.state.index.get(id));
        let has = row.as_ref().and_then(|row| row.category("territory_id"));
        let has = has.filter(|id| scene.layout.get(id).is_some()).map(str::to_owned);
        let mut near = around(
            &scene.layout,
            &scene.state,
            &scene.filter,
            &id,
            place,
            has.as_deref(),
        )?;
        let extra = params
            .to
            .filter(|to| Some(to) != has.as_ref() && scene.layout.get(to).is_some());
        if let Some(to) = extra.filter(|to| near.alternatives.iter().all(|a| a.territory != *to)) {
            near.alternatives.push(Alternative {
                territory: to,
                distance: None,
                is_beside: false,
                is_farther: false,
            });
        }
        near.alternatives.retain(|a| visible.contains(&a.territory));
        let mut all = Vec::new();
        for alternative in near.alternatives {
            let change = Change::Names(Some(alternative.territory.clone()), vec![id.clone()]);
            let sides = preview(
                &scene.layout,
                &scene.state,
                &scene.filter,
                &holdings,
                &scene.in_lines,
                &Known::default(),
                &change,
            )?
            .sides;
            all.push((alternative, sides));
        }
        Ok::<_, points::Error>((has, near.distance, all))
    })
    .await
    .map_err(Problem::unexpected)?
    .map_err(index_problem)?;
    let (has, distance, all) = found;
    let tenths = |km: f64| (km * 10.0).round() / 10.0;
    let named = |id: &str| {
        let name = layout.get(id).map(|t| t.name().to_owned()).unwrap_or_default();
        Named {
            id: id.to_owned(),
            name,
        }
    };
    let alternatives = all.into_iter().map(|(alternative, sides)| {
        let standing = layout.get(&alternative.territory);
        let sides: Vec<SideJson> = sides.into_iter().map(|side| side_json(&layout, side)).collect();
        let capacity = standing.and_then(|t| t.record.number("capacity_hours"));
        let after = sides
            .first()
            .map(|s| s.after.visit_hours + s.after.drive_hours_estimate);
        AlternativeJson {
            territory: named(&alternative.territory),
            owner_name: standing
                .and_then(|t| t.owner())
                .and_then(|o| users.get(o))
                .cloned(),
            distance_km: alternative.distance.map(tenths),
            is_beside: alternative.is_beside,
            is_farther: alternative.is_farther,
            is_over_capacity: capacity.zip(after).is_some_and(|(most, hours)| hours > most),
            sides,
        }
    });
    Ok(Json(AlternativesJson {
        distance_km: distance.map(tenths),
        alternatives: alternatives.collect(),
        territory: has.as_deref().map(named),
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(fairness))
        .routes(routes!(alternatives))
}
