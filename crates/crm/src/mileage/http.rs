//! Mileage over HTTP, and as a file.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::Viewer;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{DrivenDay, DrivenTotal, of_rep, totals};
use crate::plans::day::person;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::spreadsheet::line;
use crate::users::Role;
use crate::{App, Shared};

/// Days in one answer.
const MOST_DAYS: i64 = 400;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// First day; the first of this month unless said.
    from: Option<String>,
    /// Last day; today unless said.
    to: Option<String>,
    /// One rep, or `all` for managers and admins; oneself unless said.
    user: Option<String>,
}

/// What was driven, by rep and day.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mileage {
    from: String,
    to: String,
    days: Vec<DrivenDay>,
    totals: Vec<DrivenTotal>,
}

async fn load(app: &App, signed: &Signed, span: &Span) -> Result<Mileage, Problem> {
    signed.needs(&[Role::Rep, Role::Manager, Role::Admin], "Looking at mileage")?;
    let today = app.settings.zone.date(app.store.now());
    let day =
        |text: &Option<String>, pointer: &str, usual: Date| match text.as_deref().filter(|t| !t.is_empty()) {
            None => Ok(usual),
            Some(text) => crate::time::parse_day(text, pointer),
        };
    let to = day(&span.to, "?to", today)?;
    let from = day(&span.from, "?from", to.first_of_month())?;
    if from > to || from < to.saturating_sub(MOST_DAYS.days()) {
        return Err(Problem::bad(
            "?from",
            "out-of-range",
            format!("from is before to, by at most {MOST_DAYS} days."),
        ));
    }
    let people = match span.user.as_deref() {
        Some("all") => {
            signed.needs(&[Role::Manager, Role::Admin], "Looking at everybody's mileage")?;
            let calendars = records::Query::of("rep_calendar").limit(records::Query::MAX_LIMIT);
            let calendars = app.store.list(&Viewer::system(), &calendars).await?.records;
            let ids = calendars
                .iter()
                .filter_map(|c| c.text("user_id").map(str::to_owned));
            let users = records::Query::of("user")
                .filter(records::Filter::in_ids(ids))
                .sort("name", false)
                .limit(records::Query::MAX_LIMIT);
            let users = app.store.list(&signed.viewer, &users).await?.records;
            users
                .into_iter()
                .map(|u| (u.id.clone(), u.text("name").unwrap_or_default().to_owned()))
                .collect()
        }
        other => {
            let person = person(app, signed, other).await?;
            vec![(person.id, person.name)]
        }
    };
    let mut days = Vec::new();
    for (id, name) in people {
        days.extend(of_rep(app, (&id, &name), from, to).await?);
    }
    Ok(Mileage {
        from: from.to_string(),
        to: to.to_string(),
        totals: totals(&days),
        days,
    })
}

/// What was driven between check-ins, home to home
#[utoipa::path(get, path = "/api/v1/mileage", tag = "my day", params(Span), responses((status = 200, body = Mileage), (status = 400, body = Problem)))]
async fn mileage(
    State(app): State<Shared>,
    signed: Signed,
    Query(span): Query<Span>,
) -> Result<Json<Mileage>, Problem> {
    Ok(Json(load(&app, &signed, &span).await?))
}

/// The same as CSV, one line for each drive
#[utoipa::path(get, path = "/api/v1/mileage/export", tag = "my day", params(Span), responses((status = 200, description = "text/csv")))]
async fn export(
    State(app): State<Shared>,
    signed: Signed,
    Query(span): Query<Span>,
) -> Result<Response, Problem> {
    let found = load(&app, &signed, &span).await?;
    let mut text = String::new();
    let mut add = |cells: &[String]| -> Result<(), Problem> {
        text.push_str(&line(cells)?);
        Ok(())
    };
    add(&["rep", "day", "from", "to", "kilometres", "minutes", "how"].map(str::to_owned))?;
    for day in &found.days {
        for leg in &day.legs {
            add(&[
                day.user_name.clone(),
                day.day.clone(),
                leg.from.clone(),
                leg.to.clone(),
                format!("{:.3}", leg.meters as f64 / 1000.0),
                format!("{:.1}", leg.seconds as f64 / 60.0),
                "derived".into(),
            ])?;
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"mileage-{}-{}.csv\"", found.from, found.to),
        ),
    ];
    Ok((headers, text).into_response())
}

/// The routes of this feature.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(mileage))
        .routes(routes!(export))
}
