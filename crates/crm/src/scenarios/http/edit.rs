//! Making, editing and forgetting scenarios.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use records::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::{OperationJson, ScenarioHead, ScenarioJson};
use super::super::branch;
use super::super::change::Change;
use super::super::life::{self, Direction};
use super::super::review;
use super::card::{title, try_out};
use super::{head, may, shown};
use crate::Shared;
use crate::app::App;
use crate::crud::{http_once, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;

/// A scenario to make.
#[derive(Deserialize, Serialize, ToSchema)]
struct NewBody {
    /// `Draft of` and the day unless said.
    name: Option<String>,
    /// A past moment, milliseconds since 1970; now unless said.
    base_at: Option<i64>,
}

/// A scenario after a write, and the change set by which to undo it.
#[derive(Serialize, ToSchema)]
pub(super) struct WrittenScenario {
    pub scenario: ScenarioJson,
    pub change_set: String,
}

/// Begin a scenario on the territories as they stand
#[utoipa::path(post, path = "/api/v1/scenarios", tag = "scenarios", request_body = NewBody,
    responses((status = 201, body = ScenarioJson), (status = 400, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Json(body): Json<NewBody>,
) -> Result<Response, Problem> {
    may(&signed)?;
    let request = serde_json::to_vec(&("scenario", &body)).map_err(Problem::unexpected)?;
    http_once(&app, &signed, &headers, &request, async || {
        let (id, _) = life::create(&app, &signed, body.name.as_deref(), body.base_at).await?;
        Ok((StatusCode::CREATED, shown(&app, &signed, &id).await?))
    })
    .await
}

#[derive(Deserialize, ToSchema)]
struct CopyBody {
    name: Option<String>,
}

/// A scenario with the same steps
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/copy", tag = "scenarios", request_body = CopyBody,
    responses((status = 201, body = ScenarioJson), (status = 404, body = Problem)))]
async fn copy(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<CopyBody>,
) -> Result<(StatusCode, Json<ScenarioJson>), Problem> {
    may(&signed)?;
    let branch = branch::load(&app, &signed.viewer, &id).await?;
    let (copy, _) = life::copy(&app, &signed, &branch, body.name.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, &signed, &copy).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Only those in this state; all but discarded ones unless said.
    state: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ScenarioList {
    /// Newest first, at most 100.
    scenarios: Vec<ScenarioHead>,
    approval_needed: bool,
    open_objections: u64,
}

/// All scenarios
#[utoipa::path(get, path = "/api/v1/scenarios", tag = "scenarios", params(ListParams),
    responses((status = 200, body = ScenarioList)))]
async fn list(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<ListParams>,
) -> Result<Json<ScenarioList>, Problem> {
    may(&signed)?;
    let filter = match &params.state {
        Some(state) => Filter::eq("state", state.as_str()),
        None => Filter::all(),
    };
    let mut records = branch::all(&app, &signed.viewer, "territory_scenario", filter, "created_at").await?;
    records.retain(|r| params.state.is_some() || r.text("state") != Some("discarded"));
    records.reverse();
    records.truncate(100);
    let users = user_names(&app).await?;
    let mut scenarios = Vec::with_capacity(records.len());
    for record in &records {
        scenarios.push(head(&app, record, &users).await?);
    }
    Ok(Json(ScenarioList {
        scenarios,
        approval_needed: review::approval_needed(&app).await?,
        open_objections: super::count(&app, "scenario_objection", Filter::eq("state", "open")).await?,
    }))
}

/// A scenario with its steps
#[utoipa::path(get, path = "/api/v1/scenarios/{id}", tag = "scenarios",
    responses((status = 200, body = ScenarioJson), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ScenarioJson>, Problem> {
    may(&signed)?;
    Ok(Json(shown(&app, &signed, &id).await?))
}

#[derive(Deserialize, ToSchema)]
struct DescribeBody {
    name: Option<String>,
    note: Option<String>,
}

/// Another name or note
#[utoipa::path(patch, path = "/api/v1/scenarios/{id}", tag = "scenarios", request_body = DescribeBody,
    responses((status = 200, body = ScenarioJson), (status = 404, body = Problem)))]
async fn describe(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<DescribeBody>,
) -> Result<Json<ScenarioJson>, Problem> {
    may(&signed)?;
    let note = body
        .note
        .as_deref()
        .map(|n| Some(n.trim()).filter(|n| !n.is_empty()));
    life::describe(&app, &signed, &id, body.name.as_deref(), note).await?;
    Ok(Json(shown(&app, &signed, &id).await?))
}

/// Discard a draft
#[utoipa::path(delete, path = "/api/v1/scenarios/{id}", tag = "scenarios",
    responses((status = 200, body = ScenarioJson), (status = 409, body = Problem)))]
async fn discard(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ScenarioJson>, Problem> {
    may(&signed)?;
    life::discard(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, &id).await?))
}

/// A step that was made.
#[derive(Serialize, ToSchema)]
pub(in crate::scenarios) struct WrittenOperation {
    pub operation: OperationJson,
    pub scenario: ScenarioJson,
    pub change_set: String,
}

/// Do something in a scenario
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/operations", tag = "scenarios", request_body = Change,
    responses((status = 201, body = WrittenOperation), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn operate(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(change): Json<Change>,
) -> Result<Response, Problem> {
    may(&signed)?;
    let request = serde_json::to_vec(&("operation", &id, &change)).map_err(Problem::unexpected)?;
    http_once(&app, &signed, &headers, &request, async || {
        let written = add(&app, &signed, &id, change.clone()).await?;
        Ok((StatusCode::CREATED, written))
    })
    .await
}

/// In which states a step may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    Editable,
    /// Also while it waits for its date.
    Queued,
}

impl Allowed {
    fn check(self, scenario: &records::Record) -> Result<(), Problem> {
        if self == Self::Queued && scenario.text("state") == Some("queued") {
            return Ok(());
        }
        life::must_be_editable(scenario)
    }
}

/// Adds a step.
pub(in crate::scenarios) async fn add(
    app: &Shared,
    signed: &Signed,
    id: &str,
    change: Change,
) -> Result<WrittenOperation, Problem> {
    add_where(app, signed, id, change, Allowed::Editable).await
}

/// Adds a step in one of these states.
pub(super) async fn add_where(
    app: &Shared,
    signed: &Signed,
    id: &str,
    change: Change,
    allowed: Allowed,
) -> Result<WrittenOperation, Problem> {
    let mut tries = 0;
    let (operation, change_set) = loop {
        let done = add_once(app, signed, id, change.clone(), allowed).await;
        if !life::try_again(&done, &mut tries) {
            break done?;
        }
    };
    let scenario = shown(app, signed, id).await?;
    let operation = scenario
        .operations_list
        .iter()
        .find(|o| o.id == operation)
        .cloned();
    Ok(WrittenOperation {
        operation: operation.ok_or_else(|| Problem::unexpected("a step that was made is gone"))?,
        scenario,
        change_set,
    })
}

async fn add_once(
    app: &Shared,
    signed: &Signed,
    id: &str,
    mut change: Change,
    allowed: Allowed,
) -> Result<(String, String), Problem> {
    let branch = branch::load(app, &signed.viewer, id).await?;
    allowed.check(&branch.scenario)?;
    let tried = try_out(app, signed, branch, &mut change).await?;
    let title = title(&tried, &change);
    let places = tried.outcome.moved.len() as u64;
    life::add(
        app,
        signed,
        &tried.branch,
        &change,
        &tried.prepared,
        &title,
        places,
    )
    .await
}

async fn turned(
    app: &App,
    signed: &Signed,
    id: &str,
    which: Option<&str>,
    direction: Direction,
) -> Result<Json<WrittenScenario>, Problem> {
    may(signed)?;
    let mut tries = 0;
    let change_set = loop {
        let done = life::turn(app, signed, id, which, direction).await;
        if !life::try_again(&done, &mut tries) {
            break done?;
        }
    };
    Ok(Json(WrittenScenario {
        scenario: shown(app, signed, id).await?,
        change_set,
    }))
}

/// Take the last step back
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/undo", tag = "scenarios",
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn undo_last(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenScenario>, Problem> {
    turned(&app, &signed, &id, None, Direction::Undo).await
}

/// Do the step again that was taken back last
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/redo", tag = "scenarios",
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn redo_last(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenScenario>, Problem> {
    turned(&app, &signed, &id, None, Direction::Redo).await
}

/// Take any step back
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/operations/{operation}/undo", tag = "scenarios",
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn undo_one(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, operation)): Path<(String, String)>,
) -> Result<Json<WrittenScenario>, Problem> {
    turned(&app, &signed, &id, Some(&operation), Direction::Undo).await
}

/// Do any step again
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/operations/{operation}/redo", tag = "scenarios",
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn redo_one(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, operation)): Path<(String, String)>,
) -> Result<Json<WrittenScenario>, Problem> {
    turned(&app, &signed, &id, Some(&operation), Direction::Redo).await
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(one, describe, discard))
        .routes(routes!(copy))
        .routes(routes!(operate))
        .routes(routes!(undo_last))
        .routes(routes!(redo_last))
        .routes(routes!(undo_one))
        .routes(routes!(redo_one))
}
