//! The calendar feed: a secret address that a calendar program asks now and then.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use geom::Timestamp;
use records::{At, Comparison, Db, Error, Filter, Query, Record, Viewer, on_db};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ical::{Entry, calendar};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits;
use crate::{App, Shared};

/// Days of the past that the calendar shows.
const PAST_DAYS: i64 = 60;
const DAY: i64 = 86_400_000;

#[derive(Serialize, ToSchema)]
pub(crate) struct CalendarAddress {
    /// Whoever has it can read the calendar. Shown this once.
    url: String,
}

/// Make a secret address for my calendar; one made before stops working
#[utoipa::path(post, path = "/api/v1/calendar", tag = "my day", responses((status = 201, body = CalendarAddress)))]
async fn make(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<CalendarAddress>), Problem> {
    let mut bytes = [0u8; 24];
    getrandom::fill(&mut bytes).map_err(Problem::unexpected)?;
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    keep(app.store.db(), &signed.user_id, &hashed(&secret), app.store.now()).await?;
    let base = match &app.settings.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
            let scheme = header("x-forwarded-proto").unwrap_or("http");
            let host = header("x-forwarded-host")
                .or_else(|| header("host"))
                .unwrap_or("localhost");
            format!("{scheme}://{host}")
        }
    };
    Ok((
        StatusCode::CREATED,
        Json(CalendarAddress {
            url: format!("{base}/calendar/{secret}.ics"),
        }),
    ))
}

/// My accepted visits as iCalendar
#[utoipa::path(get, path = "/calendar/{secret}", tag = "my day",
    params(("secret" = String, Path, description = "from `POST /api/v1/calendar`; `.ics` behind it is taken too")),
    responses((status = 200, description = "text/calendar"), (status = 404, body = Problem)))]
async fn feed(State(app): State<Shared>, Path(secret): Path<String>) -> Result<Response, Problem> {
    let secret = secret.strip_suffix(".ics").unwrap_or(&secret);
    let user = user_of(app.store.db(), &hashed(secret)).await?;
    let user = user.ok_or_else(|| Problem::not_found("This calendar"))?;
    let person = app
        .store
        .get(&Viewer::system(), "user", &user, At::PRESENT)
        .await?;
    let person = person.filter(|p| p.boolean("active") != Some(false));
    let person = person.ok_or_else(|| Problem::not_found("This calendar"))?;
    let entries = entries(&app, &user).await?;
    let text = calendar(person.text("name").unwrap_or("Bailiwick"), &entries);
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, text).into_response())
}

/// The visits of accepted plans, and appointments, from sixty days ago on.
async fn entries(app: &App, user: &str) -> Result<Vec<Entry>, Problem> {
    let since = app.store.now().0 - PAST_DAYS * DAY;
    let named = Filter::IsNull {
        field: "plan_id".into(),
    }
    .negated()
    .or(Filter::IsNull {
        field: "promised_at".into(),
    }
    .negated());
    let filter = Filter::eq("owner_id", user)
        .and(Filter::one_of(
            "status",
            ["planned", "confirmed", "en_route", "in_progress", "done"],
        ))
        .and(Filter::compare("planned_start", Comparison::AtLeast, since))
        .and(named);
    let query = Query::of("visit")
        .filter(filter)
        .sort("planned_start", false)
        .limit(Query::MAX_LIMIT);
    let visits = app.store.list(&Viewer::system(), &query).await?.records;
    let ids = |field: &str| -> Vec<String> {
        visits
            .iter()
            .filter_map(|v| v.text(field).map(str::to_owned))
            .collect()
    };
    let accounts = visits::by_ids(&app.store, "account", &ids("account_id")).await?;
    let locations = visits::by_ids(&app.store, "location", &ids("location_id")).await?;
    let entry = |visit: &Record| {
        let account = accounts.get(visit.text("account_id")?)?;
        let location = locations.get(visit.text("location_id")?)?;
        let start = Timestamp(visit.integer("planned_start")?);
        let text = |name: &str| location.text(name).unwrap_or_default();
        let street = format!("{} {}", text("street"), text("house_number"));
        let town = format!("{} {}", text("postal_code"), text("city"));
        let parts: Vec<&str> = [street.trim(), town.trim()]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect();
        Some(Entry {
            visit_id: visit.id.clone(),
            sequence: visit.integer("calendar_sequence").unwrap_or(0),
            changed: visit.recorded_at,
            start,
            end: Timestamp(
                visit
                    .integer("planned_end")
                    .unwrap_or(start.0 + visits::USUAL_MINUTES * 60_000),
            ),
            name: account.text("name").unwrap_or_default().to_owned(),
            address: if parts.is_empty() {
                text("source_text").to_owned()
            } else {
                parts.join(", ")
            },
            place: location.place(),
            phone: account.text("phone").map(str::to_owned),
            note: location.text("access_note").map(str::to_owned),
        })
    };
    Ok(visits.iter().filter_map(entry).collect())
}

fn hashed(secret: &str) -> String {
    Sha256::digest(secret)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Keeps the hash of a new secret in place of the person's earlier one.
async fn keep(db: &Db, user: &str, hash: &str, now: Timestamp) -> Result<(), Problem> {
    const FORGET: &str = "delete from calendar_feeds where user_id = $1";
    const KEEP: &str = "insert into calendar_feeds (secret_hash, user_id, created_at) values ($1, $2, $3)";
    on_db!(write db, pool => sqlx::query(FORGET).bind(user).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    on_db!(write db, pool => sqlx::query(KEEP).bind(hash).bind(user).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

async fn user_of(db: &Db, hash: &str) -> Result<Option<String>, Problem> {
    const SQL: &str = "select user_id from calendar_feeds where secret_hash = $1";
    let row: Option<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(hash).fetch_optional(pool).await)
            .map_err(Error::from)?;
    Ok(row.map(|r| r.0))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(make)).routes(routes!(feed))
}
