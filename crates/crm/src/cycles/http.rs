//! Cycles, slots for appointments and their booking, over HTTP.

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

use super::accept::{self, Changes};
use super::change::{self, MoveVisit, Price};
use super::facts::{Workday, days_of, rep_on};
use super::slots::{self, Appointment, Booked, FoundSlots};
use super::store::{self, Stored};
use super::{Away, Body, Helper, Promise, Question, Row, Sums, Unmet, facts};
use crate::jobs::{self, Job};
use crate::plans::day::language_of;
use crate::plans::{DayPlan, Language};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::users::Role;
use crate::{App, Shared, visits};

/// Weeks that can be planned at once.
const MOST_WEEKS: i64 = 8;
/// Reps that can be planned at once.
const MOST_PEOPLE: usize = 100;

/// A cycle in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CycleHead {
    id: String,
    /// Local day.
    first_day: String,
    last_day: String,
    /// How many reps.
    people: usize,
    /// planning, ready, failed, accepted
    state: String,
    /// Visits planned of those asked for.
    met: i64,
    asked: i64,
    /// Milliseconds since 1970.
    created_at: i64,
    created_by: Creator,
    /// The cycle that this is a "what if" of.
    parent_id: Option<String>,
    /// That question in words.
    what: Option<String>,
    /// Of accepting it; goes to `/api/v1/change-sets/{id}/undo`.
    change_set: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Creator {
    id: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CycleList {
    cycles: Vec<CycleHead>,
}

/// A cycle with its days.
#[derive(Serialize, ToSchema)]
pub(crate) struct CycleJson {
    #[serde(flatten)]
    head: CycleHead,
    /// Why it failed.
    message: Option<String>,
    /// The work on it.
    job: Option<Job>,
    steps: u64,
    steps_done: u64,
    seed: u64,
    computing_ms: i64,
    map_hash: String,
    days: Vec<String>,
    /// Share of the visits asked for that are left out and not proven impossible: at most so much more could be
    /// met. Null at the beginning.
    gap: Option<f64>,
    /// Milliseconds of search, visits met and seconds of driving, each time the plan got better.
    curve: Vec<[i64; 3]>,
    totals: Sums,
    rows: Vec<Row>,
    unmet: Vec<Unmet>,
    unmet_by_reason: Vec<ByReason>,
    /// Against the cycle it is a "what if" of.
    compared: Option<Compared>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ByReason {
    code: String,
    text: String,
    /// Visits.
    count: i64,
}

/// A "what if" beside what it began from.
#[derive(Serialize, ToSchema)]
pub(crate) struct Compared {
    parent: ComparedSums,
    /// Visits that change their day or rep.
    moved: i64,
    /// Visits on the same day with the same rep.
    kept: i64,
    dropped: i64,
    added: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ComparedSums {
    met: i64,
    asked: i64,
    #[serde(flatten)]
    sums: Sums,
}

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

/// A question about a cycle.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum WhatIf {
    /// A rep is away.
    Ill {
        user_id: String,
        from_day: String,
        to_day: String,
    },
    /// There is one rep more.
    OneMoreRep {
        name: String,
        lng: f64,
        lat: f64,
        /// Whose working hours they have.
        like_user_id: String,
    },
    /// A customer is promised a day and time.
    Promise {
        location_id: String,
        day: String,
        time: String,
    },
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

fn parse_day(text: &str, pointer: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| {
        Problem::bad(
            pointer,
            "not-a-day",
            format!("{text:?} is no day; write it like 2026-02-28."),
        )
    })
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

async fn head(app: &App, stored: &Stored, body: &Body, question: &Question) -> Result<CycleHead, Problem> {
    let user = app
        .store
        .get(&Viewer::system(), "user", &stored.user_id, At::PRESENT)
        .await?;
    Ok(CycleHead {
        id: stored.id.clone(),
        first_day: stored.first_day.clone(),
        last_day: stored.last_day.clone(),
        people: question.people.len(),
        state: stored.state.clone(),
        met: body.met,
        asked: body.asked,
        created_at: stored.created_at,
        created_by: Creator {
            id: stored.user_id.clone(),
            name: user
                .and_then(|u| u.text("name").map(str::to_owned))
                .unwrap_or_default(),
        },
        parent_id: stored.parent_id.clone(),
        what: question.what.clone(),
        change_set: stored.change_set.clone(),
    })
}

/// A cycle as it is shown; to a rep only their own row.
async fn shown(app: &App, signed: &Signed, stored: Stored) -> Result<CycleJson, Problem> {
    let stored = settled(app, stored).await?;
    let mut body = stored.body()?;
    let question = stored.question()?;
    if signed.role == Role::Rep {
        body.people.retain(|row| row.user_id == signed.user_id);
        body.unmet.retain(|unmet| unmet.user_id == signed.user_id);
        body.met = body.people.iter().map(|r| r.met).sum();
        body.asked = body.people.iter().map(|r| r.asked).sum();
        body.totals = super::present::sums_of(&body.people);
    }
    let job = match &stored.job_id {
        Some(job) => jobs::find(app.store.db(), job).await?,
        None => None,
    };
    let compared = match &stored.parent_id {
        Some(parent) => compare(app, parent, &body).await?,
        None => None,
    };
    let (first, last) = (
        parse_day(&stored.first_day, "")?,
        parse_day(&stored.last_day, "")?,
    );
    Ok(CycleJson {
        head: head(app, &stored, &body, &question).await?,
        message: body.message,
        job,
        steps: question.steps,
        steps_done: body.steps_done,
        seed: question.seed,
        computing_ms: body.computing_ms,
        map_hash: body.map_hash,
        days: days_of(first, last).iter().map(Date::to_string).collect(),
        gap: (body.asked > 0).then(|| body.open as f64 / body.asked as f64),
        curve: body.curve,
        totals: body.totals,
        unmet_by_reason: by_reason(&body.unmet),
        rows: body.people,
        unmet: body.unmet,
        compared,
    })
}

/// Visits left out by their first reason, the most frequent first.
fn by_reason(unmet: &[Unmet]) -> Vec<ByReason> {
    let mut found: Vec<ByReason> = Vec::new();
    for one in unmet {
        let Some(reason) = one.reasons.first() else {
            continue;
        };
        match found.iter_mut().find(|r| r.code == reason.code) {
            Some(known) => known.count += one.missing,
            None => found.push(ByReason {
                code: reason.code.clone(),
                text: reason.text.clone(),
                count: one.missing,
            }),
        }
    }
    found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    found
}

async fn compare(app: &App, parent: &str, body: &Body) -> Result<Option<Compared>, Problem> {
    let Ok(parent) = store::find(app.store.db(), parent).await else {
        return Ok(None);
    };
    let before = parent.body()?;
    let visits = |body: &Body| -> Vec<(String, String, String)> {
        let mut all: Vec<_> = body
            .people
            .iter()
            .flat_map(|row| {
                row.cells.iter().flat_map(|cell| {
                    let visit =
                        |s: &super::CycleStop| (s.location_id.clone(), cell.day.clone(), row.user_id.clone());
                    cell.stops.iter().map(visit).collect::<Vec<_>>()
                })
            })
            .collect();
        all.sort_unstable();
        all
    };
    let (old, new) = (visits(&before), visits(body));
    let kept = new.iter().filter(|v| old.binary_search(v).is_ok()).count();
    let (gone, come) = (old.len() - kept, new.len() - kept);
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Some(Compared {
        parent: ComparedSums {
            met: before.met,
            asked: before.asked,
            sums: before.totals,
        },
        moved: count(gone.min(come)),
        kept: count(kept),
        dropped: count(gone.saturating_sub(come)),
        added: count(come.saturating_sub(gone)),
    }))
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

/// What if a rep is ill, there is one more, a customer is promised a day: a new cycle beside this one
#[utoipa::path(post, path = "/api/v1/cycles/{id}/what-if", tag = "cycles", request_body = WhatIf,
    responses((status = 200, body = CycleJson), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn what_if(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(asked): Json<WhatIf>,
) -> Result<Json<CycleJson>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    let mut question = Question {
        near: true,
        ..stored.question()?
    };
    let body = stored.body()?;
    let name = |user: &str| {
        let row = body.people.iter().find(|r| r.user_id == user);
        row.map(|r| r.name.clone())
            .ok_or_else(|| Problem::bad("/user_id", "not-in-cycle", "This person is not in the cycle."))
    };
    let language = Language::of(Some(&question.language));
    let what = match asked {
        WhatIf::Ill {
            user_id,
            from_day,
            to_day,
        } => {
            let (from, to) = (parse_day(&from_day, "/from_day")?, parse_day(&to_day, "/to_day")?);
            if to < from {
                return Err(Problem::bad(
                    "/to_day",
                    "before-first",
                    "to_day is not before from_day.",
                ));
            }
            let words = crate::plans::words::what_if_ill(language, &name(&user_id)?, from, to);
            question.ill.push(Away {
                user_id,
                from_day: from,
                to_day: to,
            });
            words
        }
        WhatIf::OneMoreRep {
            name: helper,
            lng,
            lat,
            like_user_id,
        } => {
            geom::LngLat::new(lng, lat)
                .map_err(|e| Problem::bad("/lng", "off-the-earth", format!("{e}.")))?;
            name(&like_user_id)?;
            if question.helper.is_some() {
                return Err(Problem::conflict(
                    "one-at-a-time",
                    "This cycle has one more rep already.",
                ));
            }
            let words = crate::plans::words::what_if_one_more(language, &helper);
            question.helper = Some(Helper {
                name: helper,
                lng,
                lat,
                like_user_id,
            });
            words
        }
        WhatIf::Promise {
            location_id,
            day,
            time,
        } => {
            let date = parse_day(&day, "/day")?;
            if facts::time_of(&time).is_none() {
                return Err(Problem::bad(
                    "/time",
                    "not-a-time",
                    format!("{time:?} is no time; write it like 13:30."),
                ));
            }
            let known = visits::described(&app, std::slice::from_ref(&location_id), date).await?;
            let known = known.get(&location_id).ok_or_else(|| {
                Problem::bad(
                    "/location_id",
                    "unknown-place",
                    "There is no such customer's place.",
                )
            })?;
            let words = crate::plans::words::what_if_promise(language, &known.name, date, &time);
            question.promises.push(Promise {
                location_id,
                day: date,
                time,
            });
            words
        }
    };
    question.what = Some(what);
    let days = (stored.first_day.as_str(), stored.last_day.as_str());
    let new = store::insert(&app, &signed.user_id, days, Some(&id), &question).await?;
    let stored = begin(&app, &signed, &new).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// What moving a visit to another day costs; nothing is changed
#[utoipa::path(post, path = "/api/v1/cycles/{id}/price", tag = "cycles", request_body = MoveVisit,
    responses((status = 200, body = Price), (status = 409, body = Problem)))]
async fn price(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(wish): Json<MoveVisit>,
) -> Result<Json<Price>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    Ok(Json(change::work_out(&app, &stored, &wish).await?.price))
}

/// Move a visit to another day, where it stays
#[utoipa::path(post, path = "/api/v1/cycles/{id}/move", tag = "cycles", request_body = MoveVisit,
    responses((status = 200, body = CycleJson), (status = 409, body = Problem)))]
async fn move_visit(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(wish): Json<MoveVisit>,
) -> Result<Json<CycleJson>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    change::apply(&app, &stored, &wish).await?;
    let stored = visible(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// A visit of a cycle.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OneVisit {
    user_id: String,
    location_id: String,
    day: String,
}

/// Let a visit move again that was put on its day by hand
#[utoipa::path(post, path = "/api/v1/cycles/{id}/free", tag = "cycles", request_body = OneVisit, responses((status = 200, body = CycleJson)))]
async fn free(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(visit): Json<OneVisit>,
) -> Result<Json<CycleJson>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    change::free(&app, &stored, &visit.user_id, &visit.location_id, &visit.day).await?;
    let stored = visible(&app, &signed, &id).await?;
    Ok(Json(shown(&app, &signed, stored).await?))
}

/// What accepting a cycle would change
#[utoipa::path(get, path = "/api/v1/cycles/{id}/changes", tag = "cycles", responses((status = 200, body = Changes)))]
async fn changes(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Changes>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    Ok(Json(accept::changes(&app, &stored).await?))
}

/// Accept a cycle: a job that writes a plan for each day, as one change set
#[utoipa::path(post, path = "/api/v1/cycles/{id}/accept", tag = "cycles", responses((status = 200, body = Job), (status = 409, body = Problem)))]
async fn accept_cycle(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Job>, Problem> {
    let stored = draft(&app, &signed, &id).await?;
    accept::check(&app, &stored)?;
    let job = jobs::enqueue(
        &app,
        "cycle-accept",
        "days",
        &json!({ "cycle": id }),
        Some(&signed.user_id),
    )
    .await?;
    store::set_job(app.store.db(), &id, &job.id).await?;
    Ok(Json(job))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// The rep; oneself unless said.
    user: Option<String>,
}

/// One day of a cycle as a day plan, with its roads
#[utoipa::path(get, path = "/api/v1/cycles/{id}/days/{day}", tag = "cycles", params(Whose, ("id" = String, Path), ("day" = String, Path)),
    responses((status = 200, body = DayPlan), (status = 404, body = Problem)))]
async fn day(
    State(app): State<Shared>,
    signed: Signed,
    Path((id, day)): Path<(String, String)>,
    Query(whose): Query<Whose>,
) -> Result<Json<DayPlan>, Problem> {
    let stored = visible(&app, &signed, &id).await?;
    let user = match (signed.role, whose.user) {
        (Role::Rep, _) | (_, None) => signed.user_id.clone(),
        (_, Some(user)) => user,
    };
    Ok(Json(accept::day_plan(&app, &stored, &user, &day).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SlotWish {
    /// How long it takes, 1 to 600; as long as visits there usually take unless said.
    minutes: Option<i64>,
    /// Working days looked through for each rep, 1 to 20; 10 unless said.
    days: Option<usize>,
    /// Slots in the answer, 1 to 50; 6 unless said.
    count: Option<usize>,
    /// Only this rep.
    user: Option<String>,
}

/// On which of the next days does an appointment fit best?
#[utoipa::path(get, path = "/api/v1/locations/{id}/slots", tag = "cycles", params(SlotWish, ("id" = String, Path)),
    responses((status = 200, body = FoundSlots), (status = 404, body = Problem)))]
async fn find_slots(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(wish): Query<SlotWish>,
) -> Result<Json<FoundSlots>, Problem> {
    if wish.minutes.is_some_and(|m| !(1..=600).contains(&m)) {
        return Err(Problem::bad("?minutes", "out-of-range", "minutes is 1 to 600."));
    }
    let wish = slots::Wish {
        location: id,
        minutes: wish.minutes,
        days: wish.days.unwrap_or(10).clamp(1, 20),
        count: wish.count.unwrap_or(6).clamp(1, 50),
        user: wish.user,
    };
    Ok(Json(slots::find(&app, &signed, &wish).await?))
}

/// Book an appointment: a visit promised for that time
#[utoipa::path(post, path = "/api/v1/locations/{id}/appointment", tag = "cycles", request_body = Appointment,
    responses((status = 200, body = Booked), (status = 400, body = Problem)))]
async fn book(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(wish): Json<Appointment>,
) -> Result<Json<Booked>, Problem> {
    Ok(Json(slots::book(&app, &signed, &id, wish).await?))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(people))
        .routes(routes!(get, delete))
        .routes(routes!(stop))
        .routes(routes!(improve))
        .routes(routes!(what_if))
        .routes(routes!(price))
        .routes(routes!(move_visit))
        .routes(routes!(free))
        .routes(routes!(changes))
        .routes(routes!(accept_cycle))
        .routes(routes!(day))
        .routes(routes!(find_slots))
        .routes(routes!(book))
}
