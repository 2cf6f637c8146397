//! The answers of a campaign one by one, and everybody in it on the map.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use jiff::civil::Date;
use records::Record;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outcome::{Drawn, Order, Outcome};
use super::{campaign, lists};
use crate::Shared;
use crate::live::row_id;
use crate::problem::Problem;
use crate::sessions::Signed;

/// Answers that are listed one by one.
const MOST_ANSWERS: usize = 500;

/// An answer, with its time and value.
#[derive(Serialize, ToSchema)]
struct CampaignAnswer {
    /// reply, click, code, call, visit, order.
    kind: String,
    /// Milliseconds since 1970; an order's is the beginning of its day.
    at: i64,
    /// Minor units.
    value: Option<i64>,
    name: String,
    account_id: Option<String>,
    lead_id: Option<String>,
    order_id: Option<String>,
    /// treated or control: those left out order as well.
    arm: String,
    channel: String,
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CampaignAnswers {
    /// The newest first, at most 500.
    answers: Vec<CampaignAnswer>,
    count: usize,
}

/// The answers of a campaign one by one, orders among them
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/answers", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = CampaignAnswers), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn list_answers(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<CampaignAnswers>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let outcome = Outcome::load(&app, &signed, &campaign).await?;
    let of_account: HashMap<&str, &Drawn> = outcome
        .drawn
        .iter()
        .filter_map(|d| Some((d.member.text("account_id")?, d)))
        .collect();
    let mut found: Vec<(i64, Option<&Record>, Option<&Order>, Option<&Record>)> = outcome
        .responses
        .iter()
        .map(|r| {
            let member = r.text("member_id").and_then(|m| outcome.members.get(m));
            (r.integer("at").unwrap_or(r.recorded_at.0), Some(r), None, member)
        })
        .collect();
    found.extend(outcome.orders.iter().map(|order| {
        let day = order
            .day
            .parse()
            .map_or(0, |day: Date| app.settings.zone.start_of(day).0);
        (
            day,
            None,
            Some(order),
            of_account.get(order.account.as_str()).map(|d| &d.member),
        )
    }));
    found.sort_by_key(|f| std::cmp::Reverse(f.0));
    let count = found.len();
    found.truncate(MOST_ANSWERS);
    let shown: Vec<Record> = found.iter().filter_map(|f| f.3.cloned()).collect();
    let names = lists::names(&app, &shown).await?;
    let answers = found.into_iter().map(|(at, response, order, member)| {
        let word = |name: &str| member.and_then(|m| m.text(name)).map(str::to_owned);
        CampaignAnswer {
            kind: response
                .and_then(|r| r.text("kind"))
                .unwrap_or("order")
                .to_owned(),
            at,
            value: response.map_or(order.map(|o| o.net), |r| r.integer("value")),
            name: member.and_then(|m| names.get(&m.id)).cloned().unwrap_or_default(),
            account_id: word("account_id"),
            lead_id: word("lead_id"),
            order_id: order.map(|o| o.id.clone()),
            arm: word("arm").unwrap_or_default(),
            channel: word("channel").unwrap_or_default(),
            note: response.and_then(|r| r.text("note")).map(str::to_owned),
        }
    });
    Ok(Json(CampaignAnswers {
        answers: answers.collect(),
        count,
    }))
}

/// Everybody in a campaign on the map, as GeoJSON: group, way, variant, whether they answered and bought, and for how much
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/map", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, description = "GeoJSON FeatureCollection", body = Object), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn map(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let outcome = Outcome::load(&app, &signed, &campaign).await?;
    let state = app.live.present();
    let feature = |one: &Drawn| {
        let row = one
            .member
            .text("location_id")
            .and_then(row_id)
            .and_then(|id| state.index.get(id))?;
        let place = row.place()?;
        Some(json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": [place.lng(), place.lat()] },
            "properties": {
                "member_id": one.member.id, "account_id": one.member.text("account_id"), "name": row.text("name"),
                "arm": if one.treated { "treated" } else { "control" }, "channel": one.member.text("channel"),
                "variant": one.member.text("variant"), "status": one.member.text("status"),
                "responded": one.responded, "bought": one.bought, "revenue": one.revenue,
                "territory_id": one.member.text("territory_id"),
            },
        }))
    };
    let features: Vec<Value> = outcome.drawn.iter().filter_map(feature).collect();
    Ok(Json(json!({ "type": "FeatureCollection", "features": features })))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_answers))
        .routes(routes!(map))
}
