//! What is said about scenarios, and the review.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use records::{Filter, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::answers::CommentJson;
use super::super::branch;
use super::super::review::{self, NewComment};
use super::edit::WrittenScenario;
use super::{may, shown};
use crate::Shared;
use crate::app::App;
use crate::crud::user_names;
use crate::problem::Problem;
use crate::sessions::Signed;

#[derive(Serialize, ToSchema)]
struct Comments {
    comments: Vec<CommentJson>,
}

/// Everything said about a scenario, and the steps of its review
#[utoipa::path(get, path = "/api/v1/scenarios/{id}/comments", tag = "scenarios",
    responses((status = 200, body = Comments), (status = 404, body = Problem)))]
async fn comments(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Comments>, Problem> {
    may(&signed)?;
    branch::find(&app, &signed.viewer, &id).await?;
    let filter = Filter::eq("scenario_id", id.as_str());
    let records = branch::all(&app, &Viewer::system(), "scenario_comment", filter, "at").await?;
    let users = user_names(&app).await?;
    Ok(Json(Comments {
        comments: records.iter().map(|c| CommentJson::of(c, &users)).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct CommentBody {
    text: String,
    operation_id: Option<String>,
    location_id: Option<String>,
    lng: Option<f64>,
    lat: Option<f64>,
}

/// Say something, about the whole, a step, or a spot
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/comments", tag = "scenarios", request_body = CommentBody,
    responses((status = 201, body = CommentJson), (status = 400, body = Problem)))]
async fn comment(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<CommentBody>,
) -> Result<(StatusCode, Json<CommentJson>), Problem> {
    may(&signed)?;
    let new = NewComment {
        text: body.text,
        operation_id: body.operation_id,
        location_id: body.location_id,
        spot: body.lng.zip(body.lat).map(|(lng, lat)| [lng, lat]),
    };
    let (record, _) = review::comment(&app, &signed, &id, new).await?;
    let users = user_names(&app).await?;
    Ok((StatusCode::CREATED, Json(CommentJson::of(&record, &users))))
}

/// Take one's own comment away
#[utoipa::path(delete, path = "/api/v1/scenarios/{id}/comments/{comment}", tag = "scenarios",
    responses((status = 204), (status = 403, body = Problem)))]
async fn remove_comment(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, comment)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    may(&signed)?;
    review::remove_comment(&app, &signed, &id, &comment).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct SayBody {
    text: Option<String>,
}

/// The scenario as it stands after a write.
async fn written(
    app: &App,
    signed: &Signed,
    id: &str,
    change_set: String,
) -> Result<Json<WrittenScenario>, Problem> {
    let scenario = shown(app, signed, id).await?;
    Ok(Json(WrittenScenario { scenario, change_set }))
}

/// Ask for approval
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/request", tag = "scenarios", request_body = SayBody,
    responses((status = 200, body = WrittenScenario), (status = 409, body = Problem)))]
async fn request(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<SayBody>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let change_set = review::request(&app, &signed, &id, body.text.as_deref()).await?;
    written(&app, &signed, &id, change_set).await
}

/// Approve
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/approve", tag = "scenarios", request_body = SayBody,
    responses((status = 200, body = WrittenScenario), (status = 403, body = Problem)))]
async fn approve(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<SayBody>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let change_set = review::approve(&app, &signed, &id, body.text.as_deref()).await?;
    written(&app, &signed, &id, change_set).await
}

/// Send it back with a word
#[utoipa::path(post, path = "/api/v1/scenarios/{id}/request-changes", tag = "scenarios", request_body = SayBody,
    responses((status = 200, body = WrittenScenario), (status = 400, body = Problem)))]
async fn request_changes(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(body): Json<SayBody>,
) -> Result<Json<WrittenScenario>, Problem> {
    may(&signed)?;
    let change_set = review::send_back(&app, &signed, &id, body.text.as_deref()).await?;
    written(&app, &signed, &id, change_set).await
}

/// How scenarios are published here.
#[derive(Deserialize, Serialize, ToSchema)]
struct ReviewSettings {
    /// Somebody else has to approve first.
    approval_needed: bool,
}

/// Whether scenarios need approval
#[utoipa::path(get, path = "/api/v1/scenarios/settings", tag = "scenarios",
    responses((status = 200, body = ReviewSettings)))]
async fn settings(State(app): State<Shared>, signed: Signed) -> Result<Json<ReviewSettings>, Problem> {
    may(&signed)?;
    let approval_needed = review::approval_needed(&app).await?;
    Ok(Json(ReviewSettings { approval_needed }))
}

/// Say whether scenarios need approval
#[utoipa::path(put, path = "/api/v1/scenarios/settings", tag = "scenarios", request_body = ReviewSettings,
    responses((status = 200, body = ReviewSettings), (status = 403, body = Problem)))]
async fn set_settings(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<ReviewSettings>,
) -> Result<Json<ReviewSettings>, Problem> {
    may(&signed)?;
    review::set_approval_needed(&app, body.approval_needed).await?;
    Ok(Json(body))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(comments, comment))
        .routes(routes!(remove_comment))
        .routes(routes!(request))
        .routes(routes!(approve))
        .routes(routes!(request_changes))
        .routes(routes!(settings, set_settings))
}
