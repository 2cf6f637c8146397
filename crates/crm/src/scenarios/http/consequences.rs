//! What publishing would mean, in counts and in one sentence; nothing is written.

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::extract::{Path, Query, State};
use geom::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{ConflictJson, LISTED};
use super::super::branch;
use super::super::commit::{Commit, Plan};
use super::super::compare::{Fate, is_same, pairs};
use super::super::figures::owners;
use super::super::life::author;
use super::super::merge::{is_superseded, merge};
use super::super::{deals, heirs, publish, review};
use super::may;
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Clash, Layout, present};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConsequenceParams {
    /// A local day, `2027-03-01`; now unless said.
    from: Option<String>,
    holdover_days: Option<u32>,
}

#[derive(Serialize, ToSchema)]
struct TerritoryCounts {
    added: usize,
    removed: usize,
    changed: usize,
}

/// What publishing would mean.
#[derive(Serialize, ToSchema)]
struct Consequences {
    text: String,
    /// Places that change hands.
    places: u64,
    /// Of accounts that are no prospects, as far as they change hands.
    accounts: u64,
    /// Names of those concerned.
    reps: Vec<String>,
    /// Accounts that pass to another owner with their place, unless owners are kept.
    accounts_passing: u64,
    open_deals: u64,
    closed_deals: u64,
    at: i64,
    territories: TerritoryCounts,
    conflicts: Vec<ConflictJson>,
    /// Ground and codes that two territories would claim and did not before, with the place and who would have it.
    overlaps: Vec<Clash>,
    /// Why it cannot be published by you now; null if it can.
    not_yet: Option<String>,
    empty: bool,
}

/// A day in words and its first moment; `None`: now.
pub(super) fn from_day(
    app: &App,
    from: Option<&str>,
    pointer: &str,
) -> Result<Option<(Date, Timestamp)>, Problem> {
    let Some(text) = from.map(str::trim).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    let day: Date = text.parse().map_err(|_| {
        let words = format!("{text:?} is no day; write it like 2027-03-01.");
        Problem::bad(pointer, "not-a-day", words)
    })?;
    let zone = &app.settings.zone;
    let today = zone.date(app.store.now());
    if day < today {
        return Err(Problem::bad(
            pointer,
            "in-the-past",
            format!("{day} is over. Territories are published from today, {today}, or from a later day."),
        ));
    }
    Ok((day > today).then(|| (day, zone.start_of(day))))
}

/// The publish dialog in counts; nothing is written
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/consequences", tag = "scenarios", params(ConsequenceParams),
    responses((status = 200, body = Consequences), (status = 404, body = Problem)))]
async fn consequences(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<ConsequenceParams>,
) -> Result<Json<Consequences>, Problem> {
    may(&signed)?;
    let from = from_day(&app, params.from.as_deref(), "?from")?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let (target, conflicts) = if is_superseded(&branch.base, &layout) {
        let merged = merge(&app, &branch, &layout).await?;
        (merged.drafted.draft.territories.clone(), merged.conflicts)
    } else {
        (branch.draft().territories.clone(), Vec::new())
    };
    let wanted = Layout::of(target.clone());
    let mut counts = TerritoryCounts {
        added: 0,
        removed: 0,
        changed: 0,
    };
    for (before, after) in pairs(&layout, &wanted) {
        match Fate::of(before, after) {
            Fate::Same => {}
            Fate::Changed => counts.changed += 1,
            Fate::Added => counts.added += 1,
            Fate::Removed => counts.removed += 1,
        }
    }
    let empty = is_same(&layout, &wanted);
    let overlaps = new_overlaps(&layout, &wanted);
    let who = author(&signed.user_id, publish::CAUSE, "");
    let commit = Commit {
        app: &app,
        author: &who,
        present: &layout,
        target,
        at: present(&app.store).await?,
        message: "",
        change_set: String::new(),
        seen: None,
    };
    let plan = commit.plan().await?;
    let deals = deals::concerned(&app, &plan).await?;
    let passing = heirs::of_plan(&app, &plan, &layout, &wanted).await?.len() as u64;
    let users = user_names(&app).await?;
    let mut reps: BTreeSet<String> = BTreeSet::new();
    for (from, to) in plan.pairs().into_keys() {
        let sides = [from.and_then(|t| layout.get(t)), to.and_then(|t| wanted.get(t))];
        let people = sides.into_iter().flatten().flat_map(owners);
        reps.extend(people.filter_map(|u| users.get(u).cloned()));
    }
    for (before, after) in pairs(&layout, &wanted) {
        if let (Some(before), Some(after)) = (before, after)
            && owners(before) != owners(after)
        {
            let people = owners(before).into_iter().chain(owners(after));
            reps.extend(people.filter_map(|u| users.get(u).cloned()));
        }
    }
    let reps: Vec<String> = reps.into_iter().collect();
    let needed = review::approval_needed(&app).await?;
    let open: u64 = deals.open.values().sum();
    let at = from.map_or_else(|| app.store.now(), |f| f.1);
    let text = sentence(
        &plan,
        &deals,
        &users,
        reps.len(),
        from.map(|f| f.0),
        params.holdover_days,
    );
    Ok(Json(Consequences {
        text,
        places: plan.places(),
        accounts: accounts(&app, &plan),
        reps,
        accounts_passing: passing,
        open_deals: open,
        closed_deals: deals.closed,
        at: at.0,
        territories: counts,
        conflicts: conflicts.iter().take(LISTED).map(Into::into).collect(),
        overlaps: overlaps.into_iter().take(LISTED).collect(),
        not_yet: review::not_publishable(&branch.scenario, needed),
        empty,
    }))
}

/// What territories that change would share with others and do not share now: more ground, or other codes.
fn new_overlaps(present: &Layout, wanted: &Layout) -> Vec<Clash> {
    let changed: BTreeSet<String> = pairs(present, wanted)
        .into_iter()
        .filter(|(before, after)| !matches!(Fate::of(*before, *after), Fate::Same))
        .filter_map(|(_, after)| Some(after?.id().to_owned()))
        .collect();
    let is_changed = |id: &str| changed.contains(id);
    let now = present.clashes(&is_changed);
    let is_new = |clash: &Clash| {
        let mut same = now
            .iter()
            .filter(|n| n.cause == clash.cause && n.is_between(clash));
        match clash.square_meters {
            Some(ground) => !same.any(|n| {
                n.square_meters
                    .is_some_and(|before| ground <= before * 1.01 + 1.0)
            }),
            None => !same.any(|n| clash.codes.iter().all(|code| n.codes.contains(code))),
        }
    };
    let mut found = wanted.clashes(&is_changed);
    found.retain(is_new);
    found
}

/// Places of accounts that are no prospects among those that change hands.
fn accounts(app: &App, plan: &Plan) -> u64 {
    let state = app.live.present();
    let is_account = |id: &&str| {
        let row = crate::live::row_id(id).and_then(|row| state.index.get(row));
        row.is_some_and(|row| row.category("type") != Some("prospect"))
    };
    plan.transfers().keys().filter(|id| is_account(id)).count() as u64
}

fn sentence(
    plan: &Plan,
    deals: &deals::Concerned,
    users: &HashMap<String, String>,
    reps: usize,
    day: Option<Date>,
    holdover_days: Option<u32>,
) -> String {
    let count = |n: u64, one: &str, many: &str| {
        if n == 1 {
            format!("1 {one}")
        } else {
            format!("{n} {many}")
        }
    };
    let when = day.map_or_else(
        || "now".to_owned(),
        |d| format!("on {}", d.strftime("%a %-d %B %Y")),
    );
    let places = plan.places();
    let verb = if places == 1 { "changes" } else { "change" };
    let mut text = format!("{} {verb} owner {when}.", count(places, "place", "places"));
    let open: u64 = deals.open.values().sum();
    if open > 0 {
        let people: Vec<&str> = deals
            .open
            .keys()
            .flatten()
            .filter_map(|u| users.get(u).map(String::as_str))
            .collect();
        let who = match &people[..] {
            [one] => (*one).to_owned(),
            _ => "whoever has them".to_owned(),
        };
        let deals = count(open, "open deal", "open deals");
        let stay = if open == 1 { "stays" } else { "stay" };
        let pass = if open == 1 { "passes" } else { "pass" };
        text += &match holdover_days {
            None => format!(" {deals} {stay} with {who}."),
            Some(0) => format!(" {deals} {pass} to the new owner."),
            Some(days) => format!(
                " {deals} {stay} with {who} for {}.",
                count(u64::from(days), "day", "days")
            ),
        };
    }
    if reps > 0 {
        let get = if reps == 1 { "gets" } else { "get" };
        text += &format!(
            " {} {get} a list with reasons.",
            count(reps as u64, "rep", "reps")
        );
    }
    text
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(consequences))
}
