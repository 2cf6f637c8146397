//! The customer's card: everything that stands on one page.

use axum::Json;
use axum::extract::{Path, Query, State};
use records::{At, Filter, Query as RecordQuery, Record};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Shared;
use crate::app::App;
use crate::crud::{RecordJson, When, one_with_may, read_at, with_may};
use crate::live::{CustomerRow, customer_rows, row_id};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::territories::{Ownership, ownership_for_card};

/// A place of the customer.
#[derive(Serialize, ToSchema)]
pub(crate) struct CardPlace {
    record: RecordJson,
    /// As on the map; null as of a past date.
    customer: Option<CustomerRow>,
    /// Whose it is, since when, and why.
    ownership: Ownership,
}

/// The next visit in somebody's plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct NextVisit {
    id: String,
    /// Milliseconds since 1970.
    at: i64,
    owner_id: Option<String>,
    promised: bool,
}

/// How often this customer is to be seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrequencyInfo {
    days: i64,
    /// `place` or `class`.
    source: String,
}

/// A customer on one page.
#[derive(Serialize, ToSchema)]
pub(crate) struct Card {
    account: RecordJson,
    locations: Vec<CardPlace>,
    contacts: Vec<RecordJson>,
    opportunities: Vec<RecordJson>,
    next_visit: Option<NextVisit>,
    frequency: Option<FrequencyInfo>,
}

/// Everything on a customer's page
#[utoipa::path(get, path = "/api/v1/accounts/{id}/card", tag = "customers", params(When),
    responses((status = 200, body = Card), (status = 404, body = Problem)))]
async fn card(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<Card>, Problem> {
    let at = read_at(&app, &when)?;
    let account = visible_account(&app, &signed, &id, at).await?;
    let of_account = |type_name: &str| {
        RecordQuery::of(type_name)
            .filter(Filter::eq("account_id", id.as_str()))
            .at(at)
    };
    let places = app
        .store
        .list(&signed.viewer, &of_account("location").limit(200))
        .await?
        .records;
    let contacts = app
        .store
        .list(&signed.viewer, &of_account("contact").sort("name", false))
        .await?
        .records;
    let opportunities = app
        .store
        .list(
            &signed.viewer,
            &of_account("opportunity").sort("close_date", true),
        )
        .await?;
    let frequency = frequency_of(&app, &account, &places, at).await?;
    let next_visit = next_visit(&app, &signed, &id, at).await?;

    let state = app.live.at(at.as_of).await?;
    let mut locations = Vec::new();
    let shown = with_may(&app, &signed, places.clone(), at).await?;
    for (record, shown) in places.into_iter().zip(shown) {
        let found = row_id(&record.id).and_then(|id| state.index.get(id));
        let customer = match found {
            Some(found) => customer_rows(&app, &state, &[found]).await?.pop(),
            None => None,
        };
        let ownership = ownership_for_card(&app, &signed, &record, at).await?;
        locations.push(CardPlace {
            record: shown,
            customer,
            ownership,
        });
    }
    Ok(Json(Card {
        account: one_with_may(&app, &signed, account, at).await?,
        locations,
        contacts: with_may(&app, &signed, contacts, at).await?,
        opportunities: with_may(&app, &signed, opportunities.records, at).await?,
        next_visit,
        frequency,
    }))
}

/// An account the viewer may see.
pub(super) async fn visible_account(app: &App, signed: &Signed, id: &str, at: At) -> Result<Record, Problem> {
    let found = app.store.get(&signed.viewer, "account", id, at).await?;
    found.ok_or_else(|| Problem::not_found(format!("Customer {id}")))
}

async fn frequency_of(
    app: &App,
    account: &Record,
    places: &[Record],
    at: At,
) -> Result<Option<FrequencyInfo>, Problem> {
    let system = records::Viewer::system();
    if let Some(first) = places.iter().min_by(|a, b| a.id.cmp(&b.id)) {
        let own = RecordQuery::of("visit_frequency")
            .filter(Filter::eq("location_id", first.id.as_str()))
            .at(at);
        if let Some(record) = app.store.list(&system, &own.limit(1)).await?.records.first() {
            return Ok(Some(FrequencyInfo {
                days: record.integer("days").unwrap_or(0),
                source: "place".into(),
            }));
        }
    }
    let Some(class) = account
        .text("class")
        .filter(|_| account.text("type") == Some("customer"))
    else {
        return Ok(None);
    };
    let by_class = Filter::eq("class", class).and(Filter::IsNull {
        field: "location_id".into(),
    });
    let page = app
        .store
        .list(
            &system,
            &RecordQuery::of("visit_frequency")
                .filter(by_class)
                .at(at)
                .limit(1),
        )
        .await?;
    Ok(page.records.first().map(|r| FrequencyInfo {
        days: r.integer("days").unwrap_or(0),
        source: "class".into(),
    }))
}

async fn next_visit(app: &App, signed: &Signed, account: &str, at: At) -> Result<Option<NextVisit>, Problem> {
    let now = at.as_of.unwrap_or_else(|| app.store.now());
    let planned = Filter::eq("account_id", account)
        .and(Filter::In {
            field: "status".into(),
            values: vec!["planned".into(), "confirmed".into()],
        })
        .and(Filter::compare(
            "planned_start",
            records::Comparison::AtLeast,
            now.0,
        ));
    let query = RecordQuery::of("visit")
        .filter(planned)
        .sort("planned_start", false)
        .limit(1)
        .at(at);
    let page = app.store.list(&signed.viewer, &query).await?;
    Ok(page.records.into_iter().next().map(|visit| NextVisit {
        at: visit.integer("planned_start").unwrap_or(0),
        owner_id: visit.text("owner_id").map(str::to_owned),
        promised: visit.integer("promised_at").is_some(),
        id: visit.id,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(card))
}
