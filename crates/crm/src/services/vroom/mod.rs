//! The planner in the form of VROOM's JSON over HTTP, as `vroom-express` serves it: jobs, shipments, vehicles, skills,
//! priorities, time windows, breaks, steps and plan mode. Every job left out comes with reasons, which VROOM has not.
//!
//! Drive times are those of this server's map, or of the matrices in the request. What the planner does not know is
//! refused by name instead of ignored: more than one break or break window a vehicle, `max_distance`, costs by
//! kilometre or fixed ones, vehicles of different profiles or speed factors.

mod answer;
mod input;
mod layout;
mod parts;
#[cfg(test)]
mod tests;
mod tour;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MapReader;
use crate::Shared;
use crate::problem::Problem;
use input::Input;
use layout::Layout;

/// Matrices of some thousand places fit.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// Jobs, and twice the shipments.
const MOST_TASKS: usize = 5_000;
const MOST_VEHICLES: usize = 500;
/// How many requests are worked on at once; the others wait their turn.
static TURNS: Semaphore = Semaphore::const_new(1);

/// A refusal in VROOM's form: 1 internal, 2 input, 3 routing, 4 too large.
#[derive(Debug)]
pub(super) struct Refusal {
    code: u8,
    error: String,
}

impl Refusal {
    /// What was sent cannot be planned.
    pub fn input(error: impl Into<String>) -> Self {
        Self {
            code: 2,
            error: error.into(),
        }
    }

    /// The roads have no answer.
    pub fn routing(error: impl Into<String>) -> Self {
        Self {
            code: 3,
            error: error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.code {
            2 => StatusCode::BAD_REQUEST,
            4 => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (
            status,
            axum::Json(json!({ "code": self.code, "error": self.error })),
        )
            .into_response()
    }
}

/// Plan as VROOM does: jobs and shipments for vehicles
#[utoipa::path(post, path = "/vroom", tag = "map services", request_body(content = Object, description = "VROOM's input, with vroom-express's `options`: `g` geometry, `c` plan mode, `x` exploration level 0 to 5"),
    responses((status = 200, description = "VROOM's output; each entry of `unassigned` has `reasons`", body = Object),
              (status = 400, description = "`{code, error}`", body = Object)))]
async fn solve(State(app): State<Shared>, _: MapReader, body: Bytes) -> Result<Response, Problem> {
    let input: Input = match serde_json::from_slice(&body) {
        Ok(input) => input,
        Err(error) => return Ok(Refusal::input(format!("Invalid JSON: {error}.")).into_response()),
    };
    let tasks = input.jobs.len() + 2 * input.shipments.len();
    if tasks > MOST_TASKS || input.vehicles.len() > MOST_VEHICLES {
        return Ok(Refusal {
            code: 4,
            error: format!(
                "{tasks} tasks and {} vehicles; at most {MOST_TASKS} tasks and {MOST_VEHICLES} vehicles are planned in one request",
                input.vehicles.len()
            ),
        }
        .into_response());
    }
    // Only requests without their own matrices need a map.
    let atlas = if input.matrices.is_empty() || input.options.g {
        Some(app.map()?)
    } else {
        None
    };
    let turn = TURNS.acquire().await.map_err(Problem::unexpected)?;
    let answer = tokio::task::spawn_blocking(move || {
        let answer = Layout::of(&input, atlas.as_deref())
            .and_then(|layout| answer::plan(&input, &layout, atlas.as_deref()));
        drop(turn);
        answer
    })
    .await
    .map_err(Problem::unexpected)?;
    Ok(match answer {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response(),
        Err(refusal) => refusal.into_response(),
    })
}

/// Whether the planner is there
#[utoipa::path(get, path = "/vroom/health", tag = "map services", responses((status = 200)))]
async fn health() -> StatusCode {
    StatusCode::OK
}

/// The routes of this form: also with a slash behind, and as clients of openrouteservice ask.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(solve))
        .routes(routes!(health))
        .route("/vroom/", axum::routing::post(solve))
        .route("/optimization", axum::routing::post(solve))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}
