//! Looking at jobs and stopping them.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store::{self, Job};
use crate::Shared;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;

#[derive(Serialize, ToSchema)]
pub(crate) struct JobList {
    jobs: Vec<Job>,
}

/// My newest jobs; an admin's: everybody's
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", responses((status = 200, body = JobList)))]
async fn jobs(State(app): State<Shared>, signed: Signed) -> Result<Json<JobList>, Problem> {
    let only = (signed.role != Role::Admin).then_some(signed.user_id.as_str());
    Ok(Json(JobList {
        jobs: store::list(app.store.db(), only).await?,
    }))
}

/// One job
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", responses((status = 200, body = Job)))]
async fn job(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(visible(&app, &signed, &id).await?))
}

/// Ask a job to stop
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", responses((status = 200, body = Job)))]
async fn cancel(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Job>, Problem> {
    visible(&app, &signed, &id).await?;
    store::cancel(app.store.db(), &id, app.store.now()).await?;
    Ok(Json(visible(&app, &signed, &id).await?))
}

async fn visible(app: &Shared, signed: &Signed, id: &str) -> Result<Job, Problem> {
    let job = store::find(app.store.db(), id).await?;
    job.filter(|j| signed.role == Role::Admin || j.user_id.as_deref() == Some(&signed.user_id))
        .ok_or_else(|| Problem::not_found(format!("Job {id}")))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(jobs))
        .routes(routes!(job, cancel))
}
