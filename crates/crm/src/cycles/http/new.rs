//! Planning new weeks: who can be planned, and the beginning of the work.

use axum::Json;
use axum::extract::{Query, State};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use records::{At, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shown::{CycleJson, shown};
use super::{begin, needs_manager, steps};
use crate::cycles::Question;
use crate::cycles::facts::{Workday, days_of, rep_on};
use crate::cycles::store;
use crate::plans::Language;
use crate::plans::day::language_of;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::{App, Shared, visits};

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

/// The routes of new cycles.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(people))
}
