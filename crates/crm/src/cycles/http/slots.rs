//! Slots for appointments, and their booking.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::cycles::slots::{self, Appointment, Booked, FoundSlots};
use crate::problem::Problem;
use crate::sessions::Signed;

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

/// The routes of this part.
pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(find_slots))
        .routes(routes!(book))
}
