//! Out of the draft: publishing, waiting for a date, taking back.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::ScenarioJson;
use super::super::branch;
use super::super::compare::is_same;
use super::super::hash::{self, HashJson};
use super::super::merge::{conflicts_problem, is_superseded, merge};
use super::super::publish::{self, Options};
use super::super::revert;
use super::super::{life, queue, review};
use super::consequences::from_day;
use super::edit::WrittenScenario;
use super::{may, shown};
use crate::Shared;
use crate::crud::{When, read_at};
use crate::problem::Problem;
use crate::sessions::Signed;

/// When and how to publish.
#[derive(Deserialize, ToSchema)]
struct PublishBody {
    /// A local day, `2027-03-01`; null or today: now.
    from: Option<String>,
    /// 0..=365. Null: open deals are left alone; 0: they pass to the new owner; more: after so many days.
    holdover_days: Option<u32>,
    /// Unless true, accounts that somebody owns because their first place is in a territory of theirs pass to who owns the
    /// territory it comes to.
    #[serde(default)]
    keep_account_owners: bool,
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
        keep_account_owners: body.keep_account_owners,
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
        revert::revert(&all, &scenario, &user, body.keep_later, message).await
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
        .routes(routes!(publish_it))
        .routes(routes!(withdraw))
        .routes(routes!(revert))
        .routes(routes!(queue_list))
        .routes(routes!(state_hash))
}
