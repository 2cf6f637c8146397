//! Cycles over HTTP.

mod change;
mod new;
mod shown;
mod slots;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use shown::{CycleJson, CycleList, head, shown};

use super::store::{self, Stored};
use super::{Body, Question};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::{App, Shared, jobs};

#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Improve {
    /// quick, usual, thorough
    effort: Option<String>,
}

/// Steps of the search for each visit asked for, and at least; always as many, so that a plan can be computed again.
fn steps(effort: Option<&str>) -> Result<u64, Problem> {
    match effort.unwrap_or("usual") {
        "quick" => Ok(20_000),
        "usual" => Ok(200_000),
        "thorough" => Ok(2_000_000),
        other => Err(Problem::bad(
            "/effort",
            "unknown-effort",
            format!("{other:?} is no effort; say quick, usual or thorough."),
        )),
    }
}

/// A cycle that the viewer may see: managers' and admins' any, a rep's own.
async fn visible(app: &App, signed: &Signed, id: &str) -> Result<Stored, Problem> {
    let stored = store::find(app.store.db(), id).await?;
    if may_see(signed, &stored)? {
        Ok(stored)
    } else {
        Err(Problem::not_found(format!("Cycle {id}")))
    }
}

fn may_see(signed: &Signed, stored: &Stored) -> Result<bool, Problem> {
    Ok(match signed.role {
        Role::Manager | Role::Admin => true,
        Role::Rep => stored.state == "accepted" && stored.question()?.people.contains(&signed.user_id),
        Role::Analyst => false,
    })
}

fn needs_manager(signed: &Signed) -> Result<(), Problem> {
    signed.needs(&[Role::Manager, Role::Admin], "Planning a cycle")
}

/// A cycle of the viewer's that is to be changed: not one that is being planned or was accepted.
async fn draft(app: &App, signed: &Signed, id: &str) -> Result<Stored, Problem> {
    needs_manager(signed)?;
    let stored = settled(app, visible(app, signed, id).await?).await?;
    match stored.state.as_str() {
        "ready" => Ok(stored),
        "planning" => Err(Problem::conflict(
            "still-planning",
            "This cycle is still being planned. Stop it or wait.",
        )),
        "accepted" => Err(Problem::conflict(
            "already-accepted",
            "This cycle is accepted. Undo that, or plan a new one.",
        )),
        _ => Err(Problem::conflict(
            "no-plan",
            "This cycle has no plan yet. Plan it anew.",
        )),
    }
}

/// A cycle whose acceptance was undone is a draft again.
async fn settled(app: &App, mut stored: Stored) -> Result<Stored, Problem> {
    if let Some(change_set) = stored.change_set.clone() {
        let found = app.store.find_change_set(&change_set).await?;
        if found.is_none_or(|set| set.undone_by.is_some()) {
            store::set_accepted(app.store.db(), &stored.id, None).await?;
            stored.state = "ready".into();
            stored.change_set = None;
        }
    }
    Ok(stored)
}

/// Begins the work on a cycle.
async fn begin(app: &App, signed: &Signed, id: &str) -> Result<Stored, Problem> {
    let job = jobs::enqueue(
        app,
        "cycle-plan",
        "steps",
        &json!({ "cycle": id }),
        Some(&signed.user_id),
    )
    .await?;
    store::set_job(app.store.db(), id, &job.id).await?;
    store::find(app.store.db(), id).await
}

/// The newest cycles
#[utoipa::path(get, path = "/api/v1/cycles", tag = "cycles", responses((status = 200, body = CycleList), (status = 403, body = Problem)))]
async fn list(State(app): State<Shared>, signed: Signed) -> Result<Json<CycleList>, Problem> {
    signed.needs(&[Role::Manager, Role::Admin, Role::Rep], "Looking at cycles")?;
    let mut cycles = Vec::new();
    for stored in store::list(app.store.db()).await? {
        if may_see(&signed, &stored)? {
            let stored = settled(&app, stored).await?;
            cycles.push(head(&app, &stored, &stored.body()?, &stored.question()?).await?);
        }
    }
    Ok(Json(CycleList { cycles }))
}

/// A cycle; while it is being planned, the best so far
#[utoipa::path(get, path = "/api/v1/cycles/{id}", tag = "cycles", responses((status = 200, body = CycleJson), (status = 404, body = Problem)))]
async fn get(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<CycleJson>, Problem> {
    let stored = visible(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// Forget a draft
#[utoipa::path(delete, path = "/api/v1/cycles/{id}", tag = "cycles", responses((status = 204), (status = 409, body = Problem)))]
async fn delete(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    needs_manager(&signed)?;
    let stored = settled(&app, visible(&app, &signed, &id).await?).await?;
    match stored.state.as_str() {
        "accepted" => Err(Problem::conflict(
            "already-accepted",
            "An accepted cycle stays on record. Undo its acceptance first.",
        )),
        "planning" => Err(Problem::conflict(
            "still-planning",
            "This cycle is still being planned. Stop it first.",
        )),
        _ => {
            store::delete(app.store.db(), &id).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Stop improving; the best so far stays
#[utoipa::path(post, path = "/api/v1/cycles/{id}/stop", tag = "cycles", responses((status = 200, body = CycleJson)))]
async fn stop(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<CycleJson>, Problem> {
    needs_manager(&signed)?;
    let stored = visible(&app, &signed, &id).await?;
    if let Some(job) = stored.job_id.as_deref().filter(|_| stored.state == "planning") {
        jobs::cancel(app.store.db(), job, app.store.now()).await?;
        let job = jobs::find(app.store.db(), job).await?;
        // A job that no worker had taken up yet leaves nothing to show.
        if job.is_some_and(|j| j.state == "cancelled") && stored.body()?.people.is_empty() {
            let body = Body {
                message: Some("Stopped before it began.".into()),
                ..Body::default()
            };
            store::set_body(app.store.db(), &id, "failed", &body).await?;
        }
    }
    let stored = visible(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// Plan on from here; what is fixed stays
#[utoipa::path(post, path = "/api/v1/cycles/{id}/improve", tag = "cycles", request_body = Improve,
    responses((status = 200, body = CycleJson), (status = 409, body = Problem)))]
async fn improve(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    body: Option<Json<Improve>>,
) -> Result<Json<CycleJson>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    let effort = body.and_then(|b| b.0.effort);
    let question = Question {
        near: true,
        steps: steps(effort.as_deref())?,
        ..stored.question()?
    };
    store::set_question(app.store.db(), &id, "planning", &question).await?;
    let stored = begin(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .merge(new::router())
        .routes(routes!(get, delete))
        .routes(routes!(stop))
        .routes(routes!(improve))
        .merge(change::router())
        .merge(slots::router())
}
