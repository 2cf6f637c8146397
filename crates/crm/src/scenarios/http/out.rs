//! Out of the draft: merging with what was published since, publishing, waiting for a date, taking back.

use axum::Json;
use axum::extract::{Path, Query, State};
use geom::Timestamp;
use jiff::civil::Date;
use records::{ChangeSetFilter, Op, fields};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{ConflictJson, LISTED, ScenarioJson};
use super::super::branch;
use super::super::commit::Commit;
use super::super::compare::{Fate, is_same, pairs};
use super::super::figures::owners;
use super::super::hash::{self, HashJson};
use super::super::life::{author, must_be_editable, next_number, step};
use super::super::merge::{Take, conflicts_problem, is_superseded, merge, merge_with};
use super::super::prepare::Prepared;
use super::super::publish::{self, Options};
use super::super::{deals, life, queue, review};
use super::edit::WrittenScenario;
use super::{may, shown};
use crate::Shared;
use crate::app::App;
use crate::crud::{When, read_at, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Layout, present};

/// Something that was changed since the scenario began.
#[derive(Serialize, ToSchema)]
struct SinceJson {
    change_set: String,
    label: String,
    author_name: Option<String>,
    at: i64,
}

#[derive(Serialize, ToSchema)]
struct MergeJson {
    superseded: bool,
    since: Vec<SinceJson>,
    /// Places that only one side moved.
    merged: u64,
    /// At most 500.
    conflicts: Vec<ConflictJson>,
    conflict_count: usize,
}

/// What was published since the scenario began, and what collides
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/merge", tag = "scenarios",
    responses((status = 200, body = MergeJson), (status = 404, body = Problem)))]
async fn look_at_merge(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<MergeJson>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    if !is_superseded(&branch.base, &layout) {
        return Ok(Json(MergeJson {
            superseded: false,
            since: Vec::new(),
            merged: 0,
            conflicts: Vec::new(),
            conflict_count: 0,
        }));
    }
    let merged = merge(&app, &branch, &layout).await?;
    let users = user_names(&app).await?;
    let mut since = Vec::new();
    for set in app
        .store
        .change_sets(&ChangeSetFilter {
            without_consequences: true,
            limit: 200,
            ..ChangeSetFilter::default()
        })
        .await?
    {
        if set.opened_at.0 > branch.base_at() && ["territories", publish::CAUSE].contains(&set.cause.as_str())
        {
            since.push(SinceJson {
                change_set: set.id,
                label: set.label,
                author_name: set.author.and_then(|a| users.get(&a).cloned()),
                at: set.opened_at.0,
            });
        }
    }
    Ok(Json(MergeJson {
        superseded: true,
        since,
        merged: merged.clean,
        conflict_count: merged.conflicts.len(),
        conflicts: merged.conflicts.iter().take(LISTED).map(Into::into).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct Resolution {
    /// `place:ID`, `name:TERRITORY`, …; `places`: all places; `*`: everything that is not named.
    unit: String,
    /// yours, theirs
    take: String,
}

#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    #[serde(default)]
    resolutions: Vec<Resolution>,
}

/// Put the scenario on the territories as they are now
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/update", tag = "scenarios", request_body = UpdateBody,
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn update(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<UpdateBody>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let mut decisions = std::collections::BTreeMap::new();
    for (i, resolution) in body.resolutions.iter().enumerate() {
        let take = match resolution.take.as_str() {
            "yours" => Take::Yours,
            "theirs" => Take::Theirs,
            other => {
                let words = format!("{other:?} is neither yours nor theirs.");
                return Err(Problem::bad(
                    &format!("/resolutions/{i}/take"),
                    "not-a-choice",
                    words,
                ));
            }
        };
        decisions.insert(resolution.unit.clone(), take);
    }
    let mut tries = 0;
    let change_set = loop {
        let done = updated(&app, &signed, &id, &decisions).await;
        if !life::try_again(&done, &mut tries) {
            break done?;
        }
    };
    Ok(Json(WrittenScenario {
        scenario: shown(&app, &signed, &id).await?,
        change_set,
    }))
}

async fn updated(
    app: &App,
    signed: &Signed,
    id: &str,
    decisions: &std::collections::BTreeMap<String, Take>,
) -> Result<String, Problem> {
    let branch = branch::load(app, &signed.viewer, id).await?;
    must_be_editable(&branch.scenario)?;
    // The moment first: what is written after it supersedes this base again.
    let at = life::data_time(app).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let loaded = branch::base(app, at).await?;
    if !is_same(&loaded, &layout) {
        return Err(Problem::conflict(
            "superseded-by-another",
            "Territories are being changed at the same moment. Nothing was written; try again.",
        ));
    }
    let merged = merge_with(app, &branch, &layout, decisions).await?;
    if !merged.conflicts.is_empty() {
        return Err(conflicts_problem(&merged.conflicts));
    }
    let mut edited = life::edited(app, &branch.scenario);
    if let Op::Update { patch, .. } = &mut edited {
        patch.insert("base_at".into(), at.into());
    }
    let mut ops = vec![edited];
    for dropped in &merged.dropped {
        let now = app.store.now().0;
        let patch = fields([("undone_at", now.into())]);
        ops.push(Op::update("scenario_operation", dropped.as_str(), patch));
    }
    if !merged.fixes.is_empty() {
        let prepared = Prepared {
            effects: merged.fixes.clone(),
            ..Prepared::default()
        };
        let taken = decisions.values().filter(|t| **t == Take::Theirs).count();
        let (_, op) = step(
            app,
            id,
            next_number(&branch.operations),
            "update",
            "Brought up to date with what was published since",
            json!({ "kind": "update", "from": branch.base_at(), "to": at, "theirs": taken }),
            &prepared,
            0,
            &signed.user_id,
        )?;
        ops.push(op);
    }
    ops.push(review::event(app, id, "update", None, &signed.user_id));
    let author = author(
        &signed.user_id,
        life::CAUSE,
        format!("Update scenario {}", branch.name()),
    );
    Ok(app.store.write(&author, ops).await?.change_set)
}

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
    open_deals: u64,
    closed_deals: u64,
    at: i64,
    territories: TerritoryCounts,
    conflicts: Vec<ConflictJson>,
    /// Why it cannot be published by you now; null if it can.
    not_yet: Option<String>,
    empty: bool,
}

/// A day in words and its first moment; `None`: now.
fn from_day(app: &App, from: Option<&str>, pointer: &str) -> Result<Option<(Date, Timestamp)>, Problem> {
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
    let who = author(&signed.user_id, publish::CAUSE, "");
    let commit = Commit {
        app: &app,
        author: &who,
        present: &layout,
        target,
        at: present(&app.store).await?,
        message: "",
        change_set: String::new(),
    };
    let plan = commit.plan().await?;
    let deals = deals::concerned(&app, &plan).await?;
    let users = user_names(&app).await?;
    let mut reps: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
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
        open_deals: open,
        closed_deals: deals.closed,
        at: at.0,
        territories: counts,
        conflicts: conflicts.iter().take(LISTED).map(Into::into).collect(),
        not_yet: review::not_publishable(&branch.scenario, needed),
        empty,
    }))
}

/// Places of accounts that are no prospects among those that change hands.
fn accounts(app: &App, plan: &super::super::commit::Plan) -> u64 {
    let state = app.live.present();
    let is_account = |id: &&str| {
        let row = crate::live::row_id(id).and_then(|row| state.index.get(row));
        row.is_some_and(|row| row.category("type") != Some("prospect"))
    };
    plan.transfers().keys().filter(|id| is_account(id)).count() as u64
}

fn sentence(
    plan: &super::super::commit::Plan,
    deals: &deals::Concerned,
    users: &std::collections::HashMap<String, String>,
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

/// When and how to publish.
#[derive(Deserialize, ToSchema)]
struct PublishBody {
    /// A local day, `2027-03-01`; null or today: now.
    from: Option<String>,
    /// 0..=365. Null: open deals are left alone; 0: they pass to the new owner; more: after so many days.
    holdover_days: Option<u32>,
    /// Why, for the versions' history.
    message: Option<String>,
}

/// What was published, or is queued.
#[derive(Serialize, ToSchema)]
struct PublishedJson {
    scenario: ScenarioJson,
    change_set: Option<String>,
    /// Places that changed hands; 0 while it is queued.
    moved: u64,
    at: i64,
}

/// Publish, now or from a later day
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/publish", tag = "scenarios", request_body = PublishBody,
    responses((status = 200, body = PublishedJson), (status = 409, body = Problem)))]
async fn publish_it(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<PublishBody>,
) -> Result<Json<PublishedJson>, Problem> {
    may(&signed)?;
    if body.holdover_days.is_some_and(|days| days > 365) {
        return Err(Problem::bad(
            "/holdover_days",
            "out-of-range",
            "Open deals stay for 0 to 365 days.",
        ));
    }
    let from = from_day(&app, body.from.as_deref(), "/from")?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let needed = review::approval_needed(&app).await?;
    if let Some(why) = review::not_publishable(&branch.scenario, needed) {
        let editable = life::not_editable(branch.state()).is_none();
        let code = if editable {
            "approval-needed"
        } else {
            "not-a-draft"
        };
        return Err(Problem::conflict(code, why));
    }
    if branch.standing().next().is_none() {
        return Err(publish::empty());
    }
    let options = Options {
        holdover_days: body.holdover_days,
        message: body.message.filter(|m| !m.trim().is_empty()),
        by: signed.user_id.clone(),
    };
    let done = match from {
        None => {
            // Whoever closes the page meanwhile has decided all the same: it goes on to its end.
            let (app, scenario) = (app.clone(), id.clone());
            let work = async move { publish::publish(&app, &scenario, &options, None).await };
            let published = tokio::spawn(work).await.map_err(Problem::unexpected)??;
            (Some(published.change_set), published.moved, published.at)
        }
        Some((_, at)) => {
            let layout = app.territories.layout.get(&app.store).await?;
            if is_superseded(&branch.base, &layout) {
                let merged = merge(&app, &branch, &layout).await?;
                if !merged.conflicts.is_empty() {
                    return Err(conflicts_problem(&merged.conflicts));
                }
            } else if is_same(&layout, branch.layout()) {
                return Err(publish::empty());
            }
            let set = queue::enqueue(&app, &signed.user_id, &branch.scenario, &options, at).await?;
            (Some(set), 0, at)
        }
    };
    Ok(Json(PublishedJson {
        scenario: shown(&app, &signed, &id).await?,
        change_set: done.0,
        moved: done.1,
        at: done.2.0,
    }))
}

/// Take a scenario out of the queue
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/withdraw", tag = "scenarios",
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn withdraw(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let scenario = branch::find(&app, &signed.viewer, &id).await?;
    let change_set = queue::withdraw(&app, &signed.user_id, &scenario).await?;
    Ok(Json(WrittenScenario {
        scenario: shown(&app, &signed, &id).await?,
        change_set,
    }))
}

#[derive(Deserialize, ToSchema)]
struct RevertBody {
    /// What was changed since stays as it is, and the rest is taken back.
    #[serde(default)]
    keep_later: bool,
    message: Option<String>,
}

/// Take a publication back: from now on everything is as it was before it
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/revert", tag = "scenarios", request_body = RevertBody,
    responses((status = 200, body = PublishedJson), (status = 409, body = Problem)))]
async fn revert(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<RevertBody>,
) -> Result<Json<PublishedJson>, Problem> {
    may(&signed)?;
    let scenario = branch::find(&app, &signed.viewer, &id).await?;
    let (all, user) = (app.clone(), signed.user_id.clone());
    let work = async move {
        let message = body.message.as_deref();
        publish::revert(&all, &scenario, &user, body.keep_later, message).await
    };
    let done = tokio::spawn(work).await.map_err(Problem::unexpected)??;
    Ok(Json(PublishedJson {
        scenario: shown(&app, &signed, &id).await?,
        change_set: Some(done.change_set),
        moved: done.moved,
        at: done.at.0,
    }))
}

#[derive(Serialize, ToSchema)]
struct QueuedJson {
    scenario_id: String,
    name: String,
    at: i64,
    blocked: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct QueueJson {
    queue: Vec<QueuedJson>,
}

/// What is published from later days
#[utoipa::path(get, path = "/api/v1/territories/queue", tag = "territories",
    responses((status = 200, body = QueueJson)))]
async fn queue_list(State(app): State<Shared>, signed: Signed) -> Result<Json<QueueJson>, Problem> {
    may(&signed)?;
    let queue = queue::queued(&app).await?.into_iter().map(|s| QueuedJson {
        name: s.text("name").unwrap_or_default().to_owned(),
        at: s.integer("publish_at").unwrap_or(0),
        blocked: s.text("blocked").map(str::to_owned),
        scenario_id: s.id,
    });
    Ok(Json(QueueJson {
        queue: queue.collect(),
    }))
}

/// Who has what at a moment, in one number
#[utoipa::path(get, path = "/api/v1/territories/hash", tag = "territories", params(When),
    responses((status = 200, body = HashJson)))]
async fn state_hash(
    State(app): State<Shared>,
    signed: Signed,
    Query(when): Query<When>,
) -> Result<Json<HashJson>, Problem> {
    may(&signed)?;
    let at = read_at(&app, &when)?;
    Ok(Json(hash::state(&app, at).await?))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(look_at_merge))
        .routes(routes!(update))
        .routes(routes!(consequences))
        .routes(routes!(publish_it))
        .routes(routes!(withdraw))
        .routes(routes!(revert))
        .routes(routes!(queue_list))
        .routes(routes!(state_hash))
}
