//! Balancing over HTTP.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::balance::{self, Found, Question, Relax, Stored};
use super::super::branch;
use super::super::change::{Change, Kept};
use super::super::life::must_be_editable;
use super::super::prepare::Bench;
use super::edit::{WrittenOperation, add};
use super::may;
use crate::Shared;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A search for a balance, and the best so far.
#[derive(Serialize, ToSchema)]
struct Balance {
    id: String,
    scenario_id: String,
    /// running, ready, failed, kept
    state: String,
    created_at: i64,
    job: Option<Job>,
    question: Question,
    /// Why there is none.
    message: Option<String>,
    /// A range that could be met.
    relax: Option<Relax>,
    /// The scenario was changed since: it can no longer be kept.
    stale: bool,
    /// Milliseconds of search, imbalance, share that moves.
    #[schema(value_type = Vec<Vec<f64>>)]
    curve: Vec<[f64; 3]>,
    result: Option<Found>,
}

async fn shown(app: &App, stored: Stored, basis: &str) -> Result<Balance, Problem> {
    let body = stored.body()?;
    let job = match &stored.job_id {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    let result = body.result.map(|found| Found {
        effects: Vec::new(),
        ..found
    });
    Ok(Balance {
        question: stored.question()?,
        stale: stored.basis != basis,
        id: stored.id,
        scenario_id: stored.scenario_id,
        state: stored.state,
        created_at: stored.created_at,
        job,
        message: body.message,
        relax: body.relax,
        curve: body.curve,
        result,
    })
}

/// A search of this scenario.
async fn of(app: &App, signed: &Signed, scenario: &str, id: &str) -> Result<(Stored, String), Problem> {
    may(signed)?;
    let branch = branch::load(app, &signed.viewer, scenario).await?;
    let stored = balance::find(app.store.db(), id).await?;
    if stored.scenario_id != scenario {
        return Err(Problem::not_found(format!("Balance {id}")));
    }
    Ok((stored, branch.basis()))
}

/// Balance a ring of territories: a job
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/balances", tag = "scenarios", request_body = Question,
    responses((status = 201, body = Balance), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn begin(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(question): Json<Question>,
) -> Result<(StatusCode, Json<Balance>), Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    must_be_editable(&branch.scenario)?;
    let bench = Bench::load(&app, &signed, &branch).await?;
    // What is wrong with the question is said at once.
    let asked = question.checked(&bench).await?;
    if asked.by_drive {
        app.map()?;
    }
    let balance = balance::insert(&app, &id, &signed.user_id, &branch.basis(), &question).await?;
    let payload = json!({ "balance": balance });
    let job = jobs::enqueue(
        &app,
        "scenario-balance",
        "rounds",
        &payload,
        Some(&signed.user_id),
    )
    .await?;
    balance::set_job(app.store.db(), &balance, &job.id).await?;
    let stored = balance::find(app.store.db(), &balance).await?;
    let shown = shown(&app, stored, &branch.basis()).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

#[derive(Serialize, ToSchema)]
struct Balances {
    /// Newest first, at most 30, without their results.
    balances: Vec<Balance>,
}

/// Searches for a balance in a scenario
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/balances", tag = "scenarios",
    responses((status = 200, body = Balances), (status = 404, body = Problem)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Balances>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let mut balances = Vec::new();
    for stored in balance::list(app.store.db(), &id).await? {
        let mut one = shown(&app, stored, &branch.basis()).await?;
        one.result = None;
        balances.push(one);
    }
    Ok(Json(Balances { balances }))
}

/// A search for a balance, and the best so far
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/balances/{balance}", tag = "scenarios",
    responses((status = 200, body = Balance), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, balance)): Path<(String, String)>,
) -> Result<Json<Balance>, Problem> {
    let (stored, basis) = of(&app, &signed, &id, &balance).await?;
    Ok(Json(shown(&app, stored, &basis).await?))
}

/// Stop searching; the best so far stays
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/balances/{balance}/stop", tag = "scenarios",
    responses((status = 200, body = Balance), (status = 404, body = Problem)))]
async fn stop(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, balance)): Path<(String, String)>,
) -> Result<Json<Balance>, Problem> {
    let (stored, basis) = of(&app, &signed, &id, &balance).await?;
    if let Some(job) = stored.job_id.as_ref().filter(|_| stored.state == "running") {
        jobs::cancel(app.store.db(), job, app.store.now()).await?;
        let job = jobs::find(app.store.db(), job).await?;
        // One that nobody had begun will say nothing any more.
        if job.is_some_and(|j| j.state == "cancelled") {
            balance::set_state(app.store.db(), &stored.id, "failed").await?;
        }
    }
    let stored = balance::find(app.store.db(), &balance).await?;
    Ok(Json(shown(&app, stored, &basis).await?))
}

/// Keep a balance: one step of the scenario
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/balances/{balance}/keep", tag = "scenarios",
    responses((status = 201, body = WrittenOperation), (status = 409, body = Problem)))]
async fn keep(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, balance)): Path<(String, String)>,
) -> Result<(StatusCode, Json<WrittenOperation>), Problem> {
    of(&app, &signed, &id, &balance).await?;
    let change = Change::Balance(Kept {
        balance_id: balance.clone(),
    });
    let written = add(&app, &signed, &id, change).await?;
    balance::set_state(app.store.db(), &balance, "kept").await?;
    Ok((StatusCode::CREATED, Json(written)))
}

/// Forget a search
#[utoipa::path(delete, path = "/api/v1/scenarios/{id}/balances/{balance}", tag = "scenarios",
    responses((status = 204), (status = 404, body = Problem)))]
async fn forget(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, balance)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (stored, _) = of(&app, &signed, &id, &balance).await?;
    if let Some(job) = stored.job_id.as_ref().filter(|_| stored.state == "running") {
        jobs::cancel(app.store.db(), job, app.store.now()).await?;
    }
    balance::delete(app.store.db(), &balance).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(begin, list))
        .routes(routes!(one, forget))
        .routes(routes!(stop))
        .routes(routes!(keep))
}
