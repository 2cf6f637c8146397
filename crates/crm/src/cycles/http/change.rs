//! Asking about a cycle, changing it by hand, accepting it.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::shown::{CycleJson, shown};
use super::{begin, draft, visible};
use crate::cycles::accept::{self, Changes};
use crate::cycles::change::{self, MoveVisit, Price};
use crate::cycles::{Away, Helper, Promise, Question, facts, store};
use crate::jobs::{self, Job};
use crate::plans::{DayPlan, Language, words};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::time::parse_day;
use crate::users::Role;
use crate::{Shared, visits};

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
            let words = words::what_if_ill(language, &name(&user_id)?, from, to);
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
            let words = words::what_if_one_more(language, &helper);
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
            let words = words::what_if_promise(language, &known.name, date, &time);
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

/// The routes of this part.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(what_if))
        .routes(routes!(price))
        .routes(routes!(move_visit))
        .routes(routes!(free))
        .routes(routes!(changes))
        .routes(routes!(accept_cycle))
        .routes(routes!(day))
}
