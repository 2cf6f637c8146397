//! The planner in the form of VROOM's JSON over HTTP, as `vroom-express` serves it: jobs, shipments, vehicles, skills,
//! priorities, time windows, breaks, costs, limits, profiles, steps and plan mode. Every task left out comes with
//! reasons, which VROOM has not.
//!
//! Times and lengths are those of this server's map, or of the matrices in the request. From a request to its answer:
//! `input` is what VROOM takes, `checked` and `tasks` what is asked, `travel` the ways; `puzzle` puts it to the planner,
//! `schedule` and `driven` count an order's times exactly and `settle` puts right what the planner does not know; `eta` times given
//! steps; `route`, `reasons` and `answer` write it down.

mod answer;
mod checked;
mod driven;
mod eta;
mod input;
mod puzzle;
mod reasons;
mod route;
mod schedule;
mod settle;
mod sites;
mod tasks;
#[cfg(test)]
mod tests;
mod travel;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MapReader;
use crate::Shared;
use crate::plans::Language;
use crate::plans::day::language_of;
use crate::problem::Problem;
use input::Input;

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

    /// A fault of this program.
    pub fn internal(error: impl Into<String>) -> Self {
        Self {
            code: 1,
            error: error.into(),
        }
    }

    /// More than is planned in one request.
    pub fn too_large(error: impl Into<String>) -> Self {
        Self {
            code: 4,
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
#[utoipa::path(post, path = "/vroom", tag = "map services", request_body(content = Object, description = "VROOM's input, with vroom-express's `options`: `g` geometry, `c` plan mode, `x` exploration level 0 to 5, `l` seconds at most, `t` threads"),
    responses((status = 200, description = "VROOM's output; each entry of `unassigned` has `reasons`, in the language of `Accept-Language` or else the user's", body = Object),
              (status = 400, description = "`{code, error}`", body = Object)))]
async fn solve(
    State(app): State<Shared>,
    reader: MapReader,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut input: Input = match serde_json::from_slice(&body) {
        Ok(input) => input,
        Err(error) => return Ok(Refusal::input(format!("Invalid JSON: {error}.")).into_response()),
    };
    if let Some(refusal) = size_refused(&input) {
        return Ok(refusal.into_response());
    }
    if let Some(durations) = input.matrix.take() {
        input
            .matrices
            .entry("car".into())
            .or_insert_with(|| input::Matrices {
                durations,
                ..input::Matrices::default()
            });
    }
    let language = language(&app, &reader, &headers).await?;
    // Only requests without their own matrices need a map.
    let atlas = app.map().ok();
    let turn = TURNS.acquire().await.map_err(Problem::unexpected)?;
    let answer = tokio::task::spawn_blocking(move || {
        let answer = answer::plan(&input, atlas.as_deref(), language);
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

/// What `vroom-express` checks before VROOM sees a request.
fn size_refused(input: &Input) -> Option<Refusal> {
    let count = |jobs: usize, shipments: usize| jobs + 2 * shipments;
    let tasks = count(
        input.jobs.as_ref().map_or(0, Vec::len),
        input.shipments.as_ref().map_or(0, Vec::len),
    );
    let has_tasks = input.jobs.is_some() || input.shipments.is_some();
    let Some(vehicles) = input.vehicles.as_ref().filter(|_| has_tasks) else {
        return Some(Refusal::input(
            "Invalid JSON object in request, please add vehicles and jobs or shipments to the object body",
        ));
    };
    if tasks > MOST_TASKS {
        return Some(Refusal::too_large(format!(
            "Too many locations ({tasks}) in query, maximum is set to {MOST_TASKS}"
        )));
    }
    (vehicles.len() > MOST_VEHICLES).then(|| {
        Refusal::too_large(format!(
            "Too many vehicles ({}) in query, maximum is set to {MOST_VEHICLES}",
            vehicles.len()
        ))
    })
}

/// The language of reasons: the first of the request's that is known, or else the user's.
async fn language(app: &Shared, reader: &MapReader, headers: &HeaderMap) -> Result<Language, Problem> {
    let asked = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let tags = asked
        .unwrap_or_default()
        .split(',')
        .map(|tag| tag.trim().to_ascii_lowercase());
    let mut known = tags.filter_map(|tag| ["de", "en"].into_iter().find(|code| tag.starts_with(code)));
    match (known.next(), &reader.user_id) {
        (Some(code), _) => Ok(Language::of(Some(code))),
        (None, Some(user)) => language_of(app, user).await,
        (None, None) => Ok(Language::English),
    }
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
