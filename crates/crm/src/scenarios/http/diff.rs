//! What a scenario changes: groups of places by from and to, territories, reps; and every place, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use territory::TerritoryId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::branch::{self, Branch};
use super::super::compare::{Fate, pairs, words};
use super::super::driven::{ESTIMATE, Replanned};
use super::super::figures::{Measures, Names, Reference, reps, summaries, tenths};
use super::super::outcome::{Moved, Tally, grouped};
use super::super::prices::replanned;
use super::look::{BothSummaries, Look, look};
use super::may;
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::live::accounts_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Facts, Layout, facts_of, number};

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
    let replanned = match params.against.as_deref() {
        None | Some("base" | "") => replanned(&app, &branch).await?,
        Some(_) => replanned(&app, &branch).await?.of_after(),
    };
    let look = look(&app, &signed, before, branch.layout().clone(), &replanned).await?;
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
    let mut reps: Vec<DiffRep> = reps(&look.before, &look.after, &look.outcome, &look.roads)
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
    let (before, after) = summaries(&look.before, &look.after, &look.outcome, &look.roads);
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
    let measures = Measures::of(&all, ESTIMATE);
    // What driving becomes on both sides if this group alone moves.
    let drive = |of: Option<TerritoryId>, tally: &Tally| {
        let road = of.map_or(ESTIMATE, |t| look.roads.changed(t));
        tenths(road.hours(&tally.sums))
    };
    let mut change = 0.0;
    if from.is_some() {
        let with = look.outcome.before_of(from);
        let mut without = with;
        without -= all;
        change += drive(from, &without) - drive(from, &with);
    }
    if to.is_some() {
        let without = look.outcome.before_of(to);
        let mut with = without;
        with += all;
        change += drive(to, &with) - drive(to, &without);
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
    let look = look(
        &app,
        &signed,
        before,
        branch.layout().clone(),
        &Replanned::default(),
    )
    .await?;
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
    let known = facts_of(app.store.db(), &ids.iter().cloned().collect()).await?;
    let rows = page
        .iter()
        .map(|(name, location, one)| {
            let row = look.state.index.get(one.row);
            let place = row.as_ref().and_then(|r| r.place());
            let facts = known.get(location).cloned().unwrap_or_else(|| Facts::at(place));
            let word = |field: &str| row.as_ref().and_then(|r| r.category(field)).map(str::to_owned);
            DiffPlace {
                account_id: accounts.get(location).cloned().unwrap_or_default(),
                location_id: location.clone(),
                name: name.clone(),
                city: word("city"),
                class: word("class"),
                from: names.reference(one.from),
                to: names.reference(one.to),
                reason: reason(&look.after, location, &facts, one.to),
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
    facts: &Facts,
    owner: Option<TerritoryId>,
) -> String {
    let Some(standing) = owner.and_then(|o| layout.by_number(o)) else {
        return if facts.place.is_none() {
            "On no map, and held by name by nobody".to_owned()
        } else {
            "In the area of no territory".to_owned()
        };
    };
    let decision = layout.decide(location, facts, standing.line());
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
        .routes(routes!(diff))
        .routes(routes!(diff_places))
}
