//! My day over HTTP.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use records::{At, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::day::{self, Facts};
use super::links::LinkLeg;
use super::replan::{Replanned, Wish};
use super::store::Stored;
use super::{DayPlan, accept, feed, gpx, links, replan, store};
use crate::calendars::{instant_of, seconds_of};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::{App, Shared};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhoseDay {
    /// Somebody else's day; for managers and admins.
    user: Option<String>,
}

/// A rep's day: working time, who is due, and the plan if there is one.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayJson {
    date: String,
    user: DayUser,
    /// Null on a day without working hours.
    shift: Option<DaySpan>,
    /// Null while it is not set.
    home: Option<DayHome>,
    lunch: Option<DayLunch>,
    due: DayDue,
    /// Why the person is away; null when they are not.
    absent: Option<String>,
    /// The accepted plan, else the newest draft.
    plan: Option<DayPlan>,
    /// Customers, appointments or working hours changed since the plan was made.
    stale: bool,
    /// Why the day cannot be planned and what to do; null when it can.
    message: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct DayUser {
    id: String,
    name: String,
}

/// Milliseconds since 1970.
#[derive(Serialize, ToSchema)]
struct DaySpan {
    start: i64,
    end: i64,
}

#[derive(Serialize, ToSchema)]
struct DayHome {
    lng: f64,
    lat: f64,
    label: String,
}

/// So many minutes between two times, in milliseconds since 1970.
#[derive(Serialize, ToSchema)]
struct DayLunch {
    minutes: i32,
    from: i64,
    to: i64,
}

/// How many visits could be made on the day.
#[derive(Serialize, ToSchema)]
struct DayDue {
    overdue: usize,
    due: usize,
    appointments: usize,
}

/// A rep's day
#[utoipa::path(get, path = "/api/v1/days/{date}", tag = "my day", params(WhoseDay, ("date" = String, Path)),
    responses((status = 200, body = DayJson), (status = 403, body = Problem)))]
async fn get_day(
    State(app): State<Shared>,
    signed: Signed,
    Path(date): Path<String>,
    Query(whose): Query<WhoseDay>,
) -> Result<Json<DayJson>, Problem> {
    let date = parse_day(&date, "?date")?;
    let person = day::person(&app, &signed, whose.user.as_deref()).await?;
    let language = day::language_of(&app, &signed.user_id).await?;
    let stored = store::current(&app, &person.id, date).await?;
    let wanted = stored
        .as_ref()
        .map(|s| s.asked.wishes.added.clone())
        .unwrap_or_default();
    let facts = Facts::load(&app, person, date, &wanted, language).await?;
    let zone = &app.settings.zone;
    let at = |time| instant_of(zone, date, time).0;
    let is_past = date < zone.date(app.store.now());
    let counts = facts.gathered.counts;
    Ok(Json(DayJson {
        date: date.to_string(),
        shift: facts.shift.map(|s| DaySpan {
            start: at(s.from),
            end: at(s.to),
        }),
        home: facts
            .calendar
            .as_ref()
            .and_then(|c| c.home.as_ref())
            .map(|home| DayHome {
                lng: home.place.lng(),
                lat: home.place.lat(),
                label: home.label.clone(),
            }),
        lunch: facts
            .calendar
            .as_ref()
            .and_then(|c| c.lunch)
            .map(|lunch| DayLunch {
                minutes: lunch.minutes,
                from: at(seconds_of(zone, date, lunch.from)),
                to: at(seconds_of(zone, date, lunch.to)),
            }),
        due: DayDue {
            overdue: counts.overdue,
            due: counts.due,
            appointments: counts.appointments,
        },
        absent: facts.absent.clone(),
        stale: !is_past && stored.as_ref().is_some_and(|s| is_stale(&app, &facts, s)),
        message: facts.hindrance().map(|(_, text)| text),
        plan: stored.map(|s| s.plan),
        user: DayUser {
            id: facts.person.id,
            name: facts.person.name,
        },
    }))
}

/// What the plan was made from is no longer what would be planned from now.
fn is_stale(app: &App, facts: &Facts, stored: &Stored) -> bool {
    let asked = &stored.asked;
    if asked.calendar != facts.calendar_version()
        || app.atlas().is_some_and(|a| a.hash_hex() != stored.plan.map_hash)
    {
        return true;
    }
    let now = facts.fingerprint(asked.of_cycle);
    if asked.of_cycle {
        // What else has become due meanwhile is for the next cycle, or for planning the day anew.
        return asked
            .facts
            .iter()
            .any(|(place, fact)| now.get(place) != Some(fact));
    }
    let over: Vec<&str> = facts
        .gathered
        .started
        .iter()
        .map(|(c, _)| c.location_id.as_str())
        .collect();
    let frozen: Vec<&str> = stored
        .plan
        .stops
        .iter()
        .filter(|s| asked.frozen.contains(&s.visit_id))
        .map(|s| s.location_id.as_str())
        .collect();
    let open = |place: &&String| !over.contains(&place.as_str()) && !frozen.contains(&place.as_str());
    now.keys()
        .chain(asked.facts.keys())
        .filter(open)
        .any(|place| now.get(place) != asked.facts.get(place))
}

/// What to plan.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct PlanWhat {
    /// Somebody else's day; for managers and admins.
    user: Option<String>,
    /// Another seed may find another plan; the same one finds the same.
    seed: Option<u32>,
}

/// Plan a day: a draft
#[utoipa::path(post, path = "/api/v1/days/{date}/plan", tag = "my day", request_body = PlanWhat,
    params(("date" = String, Path)), responses((status = 200, body = DayPlan), (status = 409, body = Problem)))]
async fn plan_day(
    State(app): State<Shared>,
    signed: Signed,
    Path(date): Path<String>,
    body: Option<Json<PlanWhat>>,
) -> Result<Json<DayPlan>, Problem> {
    let what = body.map(|b| b.0).unwrap_or_default();
    let person = day::person(&app, &signed, what.user.as_deref()).await?;
    Ok(Json(
        replan::plan(
            &app,
            &signed,
            person,
            parse_day(&date, "?date")?,
            what.seed.map(u64::from),
        )
        .await?,
    ))
}

/// A plan with its stops, roads and visits left out
#[utoipa::path(get, path = "/api/v1/plans/{id}/day", tag = "my day", responses((status = 200, body = DayPlan), (status = 404, body = Problem)))]
async fn get_plan(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<DayPlan>, Problem> {
    Ok(Json(store::load(&app, &signed, &id).await?.plan))
}

/// Plan again with a wish: a new draft, or a proposal, with what it changes
#[utoipa::path(post, path = "/api/v1/plans/{id}/replan", tag = "my day", request_body = Wish,
    responses((status = 200, body = Replanned), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn replan_day(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(wish): Json<Wish>,
) -> Result<Json<Replanned>, Problem> {
    Ok(Json(replan::replan(&app, &signed, &id, wish).await?))
}

/// Where a stop is to go.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Move {
    visit_id: String,
    /// The stop's new number, from 1.
    to_seq: usize,
}

/// Put a stop elsewhere in the order: a new draft that says who would be late
#[utoipa::path(post, path = "/api/v1/plans/{id}/move", tag = "my day", request_body = Move,
    responses((status = 200, body = Replanned), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn move_stop(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Json(to): Json<Move>,
) -> Result<Json<Replanned>, Problem> {
    Ok(Json(
        replan::move_stop(&app, &signed, &id, &to.visit_id, to.to_seq).await?,
    ))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedPlan {
    plan: DayPlan,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Take a proposal over: it is the day's draft from now on
#[utoipa::path(post, path = "/api/v1/plans/{id}/take", tag = "my day", params(("id" = String, Path)),
    responses((status = 200, body = DayPlan), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn take_plan(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<DayPlan>, Problem> {
    Ok(Json(accept::take(&app, &signed, &id).await?))
}

/// Accept a draft or a proposal: its visits are planned
#[utoipa::path(post, path = "/api/v1/plans/{id}/accept", tag = "my day",
    responses((status = 200, body = AcceptedPlan), (status = 409, body = Problem)))]
async fn accept_plan(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<AcceptedPlan>, Problem> {
    let (plan, change_set) = accept::accept(&app, &signed, &id).await?;
    Ok(Json(AcceptedPlan { plan, change_set }))
}

/// A plan as GPX: stops, route and track
#[utoipa::path(get, path = "/api/v1/plans/{id}/gpx", tag = "my day", responses((status = 200, description = "application/gpx+xml")))]
async fn get_gpx(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let plan = store::load(&app, &signed, &id).await?.plan;
    let person = app
        .store
        .get(&Viewer::system(), "user", &plan.user_id, At::PRESENT)
        .await?;
    let name = person.as_ref().and_then(|p| p.text("name")).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "application/gpx+xml".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"day-{}.gpx\"", plan.date),
        ),
    ];
    Ok((headers, gpx::gpx(&plan, name)).into_response())
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Links {
    /// At most nine stops each.
    legs: Vec<LinkLeg>,
}

/// The whole day for navigation apps, in parts they take
#[utoipa::path(get, path = "/api/v1/plans/{id}/links", tag = "my day", responses((status = 200, body = Links)))]
async fn get_links(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Links>, Problem> {
    Ok(Json(Links {
        legs: links::legs(&store::load(&app, &signed, &id).await?.plan),
    }))
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_day))
        .routes(routes!(plan_day))
        .routes(routes!(get_plan))
        .routes(routes!(replan_day))
        .routes(routes!(move_stop))
        .routes(routes!(take_plan))
        .routes(routes!(accept_plan))
        .routes(routes!(get_gpx))
        .routes(routes!(get_links))
        .merge(feed::router())
}
