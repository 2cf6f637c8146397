//! What a scenario costs on the road, and what other numbers of reps would mean, over HTTP.

use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::branch::{self, Branch};
use super::super::prepare::Bench;
use super::super::prices::{self, Question, Row, Stored};
use super::super::sizes::{self, Question as SizesQuestion, SizePoint};
use super::may;
use crate::Shared;
use crate::app::App;
use crate::jobs::{self, Job};
use crate::problem::Problem;
use crate::sessions::Signed;

/// What a scenario costs on the road.
#[derive(Serialize, ToSchema)]
struct ScenarioPrices {
    /// none, running, ready, failed
    state: String,
    created_at: Option<i64>,
    job: Option<Job>,
    question: Option<Question>,
    /// Why there is none.
    message: Option<String>,
    /// The scenario was changed since: these are not its figures any more.
    stale: bool,
    /// First and last day that were planned.
    first_day: Option<String>,
    last_day: Option<String>,
    /// Reps whose customers change, or everybody, by name. Figures are of an average week unless they say otherwise.
    rows: Vec<Row>,
    took_ms: Option<i64>,
}

async fn shown(app: &App, stored: Option<Stored>, branch: &Branch) -> Result<ScenarioPrices, Problem> {
    let Some(stored) = stored else {
        return Ok(ScenarioPrices {
            state: "none".into(),
            created_at: None,
            job: None,
            question: None,
            message: None,
            stale: false,
            first_day: None,
            last_day: None,
            rows: Vec::new(),
            took_ms: None,
        });
    };
    let body = stored.body()?;
    let job = match &stored.job_id {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    let is_ready = stored.state == "ready";
    Ok(ScenarioPrices {
        question: Some(stored.question()?),
        stale: stored.basis != branch.basis(),
        state: stored.state,
        created_at: Some(stored.created_at),
        job,
        message: body.message,
        first_day: is_ready.then_some(body.first_day),
        last_day: is_ready.then_some(body.last_day),
        rows: body.rows,
        took_ms: is_ready.then_some(body.took_ms),
    })
}

/// Plan weeks of visits for the reps whom a scenario concerns, as they are and as they would be: a job
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/prices", tag = "scenarios", request_body = Question,
    responses((status = 202, body = ScenarioPrices), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn begin(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(question): Json<Question>,
) -> Result<(StatusCode, Json<ScenarioPrices>), Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    app.map()?;
    question.span(&app)?;
    prices::insert(&app, &id, &signed.user_id, &branch.basis(), &question).await?;
    let payload = json!({ "scenario": id });
    let job = jobs::enqueue(&app, "scenario-price", "reps", &payload, Some(&signed.user_id)).await?;
    prices::set_job(app.store.db(), &id, &job.id).await?;
    let stored = prices::find(app.store.db(), &id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, stored, &branch).await?)))
}

/// What came of it
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/prices", tag = "scenarios",
    responses((status = 200, body = ScenarioPrices), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ScenarioPrices>, Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let stored = prices::find(app.store.db(), &id).await?;
    Ok(Json(shown(&app, stored, &branch).await?))
}

#[derive(Serialize, ToSchema)]
struct Sizes {
    /// By number of reps, ascending.
    points: Vec<SizePoint>,
    took_ms: f64,
}

/// How many reps, and where: the same customers among fewer or more; nothing is written
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/sizes", tag = "scenarios", request_body = SizesQuestion,
    responses((status = 200, body = Sizes), (status = 400, body = Problem)))]
async fn curve(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(question): Json<SizesQuestion>,
) -> Result<Json<Sizes>, Problem> {
    may(&signed)?;
    let began = Instant::now();
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let bench = Bench::load(&app, &signed, &branch).await?;
    let points = sizes::curve(&bench, &question).await?;
    Ok(Json(Sizes {
        points,
        took_ms: (began.elapsed().as_secs_f64() * 1e4).round() / 10.0,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(begin, one))
        .routes(routes!(curve))
}
