//! For reps: what moved and why; and objections, which managers answer.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use records::{Filter, Record, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::Card;
use super::super::branch::{self, Branch, Drafted};
use super::super::change::{Change, MoveTo};
use super::super::draft::Draft;
use super::super::figures::Reference;
use super::super::moves::{self, RepPublication};
use super::super::{life, objections};
use super::card::card_of;
use super::edit::{Allowed, add_where};
use super::may;
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::live::{accounts_of, row_id};
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MovesParams {
    /// Whose; managers may ask for anybody's, everybody else for their own.
    user: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Moves {
    /// Newest first.
    publications: Vec<RepPublication>,
}

/// What moved from and to a rep, and why
#[utoipa::path(get, path = "/api/v1/moves", tag = "scenarios", params(MovesParams),
    responses((status = 200, body = Moves), (status = 403, body = Problem)))]
async fn list_moves(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<MovesParams>,
) -> Result<Json<Moves>, Problem> {
    let user = match params
        .user
        .as_deref()
        .filter(|u| *u != signed.user_id && !u.is_empty())
    {
        None => signed.user_id.as_str(),
        Some(other) => {
            may(&signed)?;
            other
        }
    };
    Ok(Json(Moves {
        publications: moves::of_user(&app, user).await?,
    }))
}

/// What an objection proposes.
#[derive(Serialize, ToSchema)]
struct Proposed {
    kind: &'static str,
    /// Back to whose it was; null: nobody.
    to: Option<Reference>,
    from: Option<Reference>,
}

/// An objection to a move.
#[derive(Serialize, ToSchema)]
struct ObjectionJson {
    id: String,
    scenario_id: String,
    scenario_name: String,
    location_id: String,
    account_id: String,
    name: String,
    user_id: String,
    user_name: Option<String>,
    reason: String,
    /// open, accepted, declined, withdrawn
    state: String,
    answer: Option<String>,
    answered_by: Option<String>,
    at: i64,
    change: Proposed,
    /// What accepting it does to both sides; of one open objection, for managers.
    effect: Option<Card>,
}

async fn objection_json(app: &App, record: &Record) -> Result<ObjectionJson, Problem> {
    let users = user_names(app).await?;
    let text = |field: &str| record.text(field).unwrap_or_default().to_owned();
    let location = text("location_id");
    let accounts = accounts_of(app, std::slice::from_ref(&location)).await?;
    let state = app.live.present();
    let row = row_id(&location).and_then(|id| state.index.get(id));
    let scenario = moves::scenario(app, &text("scenario_id")).await?;
    let layout = app.territories.layout.get(&app.store).await?;
    let territory = |field: &str| {
        let standing = layout.get(record.text(field)?)?;
        Some(Reference {
            id: standing.id().to_owned(),
            name: standing.name().to_owned(),
        })
    };
    Ok(ObjectionJson {
        id: record.id.clone(),
        scenario_id: text("scenario_id"),
        scenario_name: scenario.text("name").unwrap_or_default().to_owned(),
        account_id: accounts.get(&location).cloned().unwrap_or_default(),
        name: row.and_then(|r| r.text("name")).unwrap_or_default().to_owned(),
        location_id: location,
        user_name: record.text("user_id").and_then(|u| users.get(u)).cloned(),
        user_id: text("user_id"),
        reason: text("reason"),
        state: text("state"),
        answer: record.text("answer").map(str::to_owned),
        answered_by: record.text("answered_by").and_then(|u| users.get(u)).cloned(),
        at: record.integer("at").unwrap_or(0),
        change: Proposed {
            kind: "move",
            to: territory("back_to"),
            from: territory("moved_to"),
        },
        effect: None,
    })
}

#[derive(Deserialize, ToSchema)]
struct ObjectBody {
    location_id: String,
    reason: String,
}

/// Object to a move that concerns you
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/objections", tag = "scenarios", request_body = ObjectBody,
    responses((status = 201, body = ObjectionJson), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn object(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<ObjectBody>,
) -> Result<(StatusCode, Json<ObjectionJson>), Problem> {
    let (record, _) = objections::object(&app, &signed, &id, &body.location_id, &body.reason).await?;
    Ok((StatusCode::CREATED, Json(objection_json(&app, &record).await?)))
}

#[derive(Serialize, ToSchema)]
struct Objections {
    objections: Vec<ObjectionJson>,
}

async fn listed(app: &App, viewer: &Viewer, filter: Filter) -> Result<Json<Objections>, Problem> {
    let mut records = branch::all(app, viewer, "scenario_objection", filter, "at").await?;
    records.reverse();
    records.truncate(500);
    let mut objections = Vec::with_capacity(records.len());
    for record in &records {
        objections.push(objection_json(app, record).await?);
    }
    Ok(Json(Objections { objections }))
}

/// Objections to a scenario; a rep sees their own
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/objections", tag = "scenarios",
    responses((status = 200, body = Objections)))]
async fn of_scenario(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Objections>, Problem> {
    listed(&app, &signed.viewer, Filter::eq("scenario_id", id.as_str())).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StateParams {
    /// open, accepted, declined, withdrawn; all unless said.
    state: Option<String>,
}

/// All objections, newest first; a rep sees their own
#[utoipa::path(get, path = "/api/v1/objections", tag = "scenarios", params(StateParams),
    responses((status = 200, body = Objections)))]
async fn all(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<StateParams>,
) -> Result<Json<Objections>, Problem> {
    let filter = match params.state.as_deref() {
        Some(state) => Filter::eq("state", state),
        None => Filter::all(),
    };
    listed(&app, &signed.viewer, filter).await
}

/// What an objection asks for.
fn proposed(objection: &Record) -> Change {
    Change::Move(MoveTo {
        to: objection.text("back_to").map(str::to_owned),
        location_ids: Some(vec![objection.text("location_id").unwrap_or_default().to_owned()]),
        ..MoveTo::default()
    })
}

/// One objection; for managers with what accepting it would do
#[utoipa::path(get, path = "/api/v1/objections/{id}", tag = "scenarios",
    responses((status = 200, body = ObjectionJson), (status = 404, body = Problem)))]
async fn one(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<ObjectionJson>, Problem> {
    let record = objections::find(&app, &signed.viewer, &id).await?;
    let mut json = objection_json(&app, &record).await?;
    if may(&signed).is_ok() && record.text("state") == Some("open") {
        let scenario = moves::scenario(&app, &json.scenario_id).await?;
        let branch = if scenario.text("state") == Some("queued") {
            branch::with_operations(&app, scenario).await?
        } else {
            let layout = app.territories.layout.get(&app.store).await?;
            let draft = Draft::of(&layout);
            Branch {
                scenario,
                operations: Vec::new(),
                base: layout.clone(),
                drafted: std::sync::Arc::new(Drafted { draft, layout }),
            }
        };
        // Where the place is back already there is nothing to show.
        json.effect = card_of(&app, &signed, branch, proposed(&record)).await.ok();
    }
    Ok(Json(json))
}

#[derive(Deserialize, ToSchema)]
struct AcceptBody {
    /// The draft that gets the step; a queued scenario itself, or a new draft, unless said.
    scenario_id: Option<String>,
    answer: Option<String>,
}

/// An objection that became a step.
#[derive(Serialize, ToSchema)]
struct Accepted {
    objection: ObjectionJson,
    scenario_id: String,
    operation_id: String,
    change_set: String,
}

/// Accept an objection: it becomes a step of a scenario
#[utoipa::path(post, path = "/api/v1/objections/{id}/accept", tag = "scenarios", request_body = AcceptBody,
    responses((status = 200, body = Accepted), (status = 409, body = Problem)))]
async fn accept(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<AcceptBody>,
) -> Result<Json<Accepted>, Problem> {
    may(&signed)?;
    let objection = objections::find(&app, &signed.viewer, &id).await?;
    objections::must_be_open(&objection)?;
    let of = moves::scenario(&app, objection.text("scenario_id").unwrap_or_default()).await?;
    let (scenario_id, allowed) = match body.scenario_id {
        Some(draft) => (draft, Allowed::Editable),
        None if of.text("state") == Some("queued") => (of.id.clone(), Allowed::Queued),
        None => {
            let name: String = of.text("name").unwrap_or_default().chars().take(100).collect();
            let name = format!("Objections to {name}");
            (
                life::create(&app, &signed, Some(&name), None).await?.0,
                Allowed::Editable,
            )
        }
    };
    let written = add_where(&app, &signed, &scenario_id, proposed(&objection), allowed).await?;
    let operation = written.operation.id;
    let change_set =
        objections::accepted(&app, &signed, &objection, &operation, body.answer.as_deref()).await?;
    let objection = objections::find(&app, &signed.viewer, &id).await?;
    Ok(Json(Accepted {
        objection: objection_json(&app, &objection).await?,
        scenario_id,
        operation_id: operation,
        change_set,
    }))
}

#[derive(Deserialize, ToSchema)]
struct DeclineBody {
    answer: String,
}

/// An objection after an answer.
#[derive(Serialize, ToSchema)]
struct Answered {
    objection: ObjectionJson,
    change_set: String,
}

/// Decline an objection with a word
#[utoipa::path(post, path = "/api/v1/objections/{id}/decline", tag = "scenarios", request_body = DeclineBody,
    responses((status = 200, body = Answered), (status = 409, body = Problem)))]
async fn decline(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<DeclineBody>,
) -> Result<Json<Answered>, Problem> {
    may(&signed)?;
    let change_set = objections::decline(&app, &signed, &id, &body.answer).await?;
    let objection = objections::find(&app, &signed.viewer, &id).await?;
    let objection = objection_json(&app, &objection).await?;
    Ok(Json(Answered {
        objection,
        change_set,
    }))
}

/// Take one's own objection back
#[utoipa::path(post, path = "/api/v1/objections/{id}/withdraw", tag = "scenarios",
    responses((status = 200, body = Answered), (status = 403, body = Problem)))]
async fn withdraw(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Answered>, Problem> {
    let change_set = objections::withdraw(&app, &signed, &id).await?;
    let objection = objections::find(&app, &signed.viewer, &id).await?;
    let objection = objection_json(&app, &objection).await?;
    Ok(Json(Answered {
        objection,
        change_set,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_moves))
        .routes(routes!(object, of_scenario))
        .routes(routes!(all))
        .routes(routes!(one))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(withdraw))
}
