//! Cycles over HTTP.

mod change;
mod shown;
mod slots;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use records::{At, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use shown::{CycleJson, CycleList, head, shown};

use super::facts::{Workday, days_of, rep_on};
use super::store::{self, Stored};
use super::{Body, Question};
use crate::plans::Language;
use crate::plans::day::language_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::users::Role;
use crate::{App, Shared, jobs, visits};

/// Weeks that can be planned at once.
const MOST_WEEKS: i64 = 8;
/// Reps that can be planned at once.
const MOST_PEOPLE: usize = 100;

/// What to plan.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct NewCycle {
    /// The next Monday unless said.
    first_day: Option<String>,
    /// 1 to 8; 4 unless said.
    weeks: Option<i64>,
    /// Reps; all with working hours unless said.
    users: Option<Vec<String>>,
    /// quick, usual, thorough
    effort: Option<String>,
    seed: Option<u32>,
}

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

/// First and last day.
fn span(app: &App, first: Option<&str>, weeks: Option<i64>) -> Result<(Date, Date), Problem> {
    let today = app.settings.zone.date(app.store.now());
    let first = match first.filter(|f| !f.is_empty()) {
        Some(day) => parse_day(day, "/first_day")?,
        None => today
            .nth_weekday(1, Weekday::Monday)
            .map_err(Problem::unexpected)?,
    };
    let weeks = weeks.unwrap_or(4);
    if !(1..=MOST_WEEKS).contains(&weeks) {
        return Err(Problem::bad(
            "/weeks",
            "out-of-range",
            format!("weeks is 1 to {MOST_WEEKS}."),
        ));
    }
    let last = first.saturating_add((weeks * 7 - 1).days());
    if last <= today {
        return Err(Problem::bad(
            "/first_day",
            "past-days",
            "All these days are past. Begin with a later day.",
        ));
    }
    Ok((first, last))
}

/// Everybody with working hours that the viewer may see.
async fn everybody(app: &App, signed: &Signed) -> Result<Vec<String>, Problem> {
    let query = records::Query::of("rep_calendar").limit(records::Query::MAX_LIMIT);
    let calendars = app.store.list(&Viewer::system(), &query).await?.records;
    let ids: Vec<String> = calendars
        .iter()
        .filter_map(|c| c.text("user_id").map(str::to_owned))
        .collect();
    let query = records::Query::of("user")
        .filter(records::Filter::in_ids(ids))
        .sort("name", false)
        .limit(records::Query::MAX_LIMIT);
    let users = app.store.list(&signed.viewer, &query).await?.records;
    Ok(users
        .into_iter()
        .filter(|u| u.boolean("active") != Some(false))
        .map(|u| u.id)
        .collect())
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

/// Plan some weeks for several reps: a job
#[utoipa::path(post, path = "/api/v1/cycles", tag = "cycles", request_body = NewCycle,
    responses((status = 200, body = CycleJson), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn create(
    State(app): State<Shared>,
    signed: Signed,
    Json(new): Json<NewCycle>,
) -> Result<Json<CycleJson>, Problem> {
    needs_manager(&signed)?;
    app.map()?;
    let (first, last) = span(&app, new.first_day.as_deref(), new.weeks)?;
    let known = everybody(&app, &signed).await?;
    let people = match new.users.filter(|u| !u.is_empty()) {
        Some(users) => {
            for (at, user) in users.iter().enumerate() {
                if app
                    .store
                    .get(&signed.viewer, "user", user, At::PRESENT)
                    .await?
                    .is_none()
                {
                    return Err(Problem::bad(
                        &format!("/users/{at}"),
                        "unknown-person",
                        format!("There is no user {user} that you can see."),
                    ));
                }
            }
            users
        }
        None => known,
    };
    if people.is_empty() {
        return Err(Problem::conflict(
            "nobody-to-plan",
            "Nobody has working hours yet. Set hours and a home for each rep in Admin, then plan.",
        ));
    }
    if people.len() > MOST_PEOPLE {
        return Err(Problem::bad(
            "/users",
            "too-many",
            format!("At most {MOST_PEOPLE} reps are planned at once; plan them team by team."),
        ));
    }
    let question = Question {
        people,
        seed: u64::from(new.seed.unwrap_or(1)),
        steps: steps(new.effort.as_deref())?,
        language: word_of(&app, &signed).await?,
        ..Question::default()
    };
    let days = (first.to_string(), last.to_string());
    let id = store::insert(&app, &signed.user_id, (&days.0, &days.1), None, &question).await?;
    let stored = begin(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

async fn word_of(app: &App, signed: &Signed) -> Result<String, Problem> {
    let language = language_of(app, &signed.user_id).await?;
    Ok(if language == Language::German { "de" } else { "en" }.to_owned())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct When {
    first_day: Option<String>,
    weeks: Option<i64>,
}

/// Who can be planned, and what is missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct People {
    people: Vec<Plannable>,
    /// How many rhythms there are; without any, nothing is ever due.
    frequencies: usize,
}

#[derive(Serialize, ToSchema)]
struct Plannable {
    user_id: String,
    name: String,
    /// Why not; null when they can.
    message: Option<String>,
    /// To be visited within these weeks.
    customers: usize,
    /// In these weeks.
    working_days: usize,
}

/// Who can be planned for some weeks
#[utoipa::path(get, path = "/api/v1/cycles/people", tag = "cycles", params(When), responses((status = 200, body = People)))]
async fn people(
    State(app): State<Shared>,
    signed: Signed,
    Query(when): Query<When>,
) -> Result<Json<People>, Problem> {
    needs_manager(&signed)?;
    let (first, last) = span(&app, when.first_day.as_deref(), when.weeks)?;
    let days = days_of(first, last);
    let language = language_of(&app, &signed.user_id).await?;
    let question = Question::default();
    let mut people = Vec::new();
    for user in everybody(&app, &signed).await? {
        let rep = rep_on(&app, &question, &user, &days, language).await?;
        let wanted = visits::horizon(&app, &user, first, last).await?;
        people.push(Plannable {
            user_id: user,
            customers: wanted.len(),
            working_days: days
                .iter()
                .filter(|day| matches!(rep.on(**day), Workday::Work { .. }))
                .count(),
            name: rep.name,
            message: rep.message,
        });
    }
    let query = records::Query::of("visit_frequency");
    let frequencies = app.store.count(&Viewer::system(), &query).await?;
    Ok(Json(People {
        people,
        frequencies: usize::try_from(frequencies).unwrap_or(0),
    }))
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
        .routes(routes!(list, create))
        .routes(routes!(people))
        .routes(routes!(get, delete))
        .routes(routes!(stop))
        .routes(routes!(improve))
        .merge(change::router())
        .merge(slots::router())
}
