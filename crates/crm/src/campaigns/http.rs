//! Campaigns over HTTP: preview, start, stop, who is in. Setting one up is writing a plain record.

use axum::Json;
use axum::extract::{Path, Query, State};
use records::{Filter, Query as RecordQuery, Record};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::campaign;
use super::start::{self, Preview};
use crate::crud::{RecordJson, WrittenRecord};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

/// What a start would do now: who gets what, who is left out, who cannot be addressed and why. Nothing is written
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/preview", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = Preview), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn preview(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<Preview>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    Ok(Json(start::preview(&app, &signed, &campaign).await?))
}

async fn written(
    app: &App,
    signed: &Signed,
    id: &str,
    change_set: String,
) -> Result<Json<WrittenRecord>, Problem> {
    let record = campaign(app, signed, id).await?;
    Ok(Json(WrittenRecord {
        record: record.into(),
        change_set,
    }))
}

/// Start a campaign: draws, and writes members, visits and calls in one change set
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/start", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = WrittenRecord), (status = 400, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn begin(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let (change_set, last) = start::start(&app, &signed, &campaign).await?;
    app.live.wait_for(last).await;
    written(&app, &signed, &id, change_set).await
}

/// Stop a campaign: visits that nobody planned and calls that nobody made are cancelled
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/stop", tag = "marketing", params(("id" = String, Path)),
    responses((status = 200, body = WrittenRecord), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn stop(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<WrittenRecord>, Problem> {
    let campaign = campaign(&app, &signed, &id).await?;
    let change_set = super::stop::stop(&app, &signed, &campaign).await?;
    written(&app, &signed, &id, change_set).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MembersParams {
    /// email, letter, phone or visit.
    channel: Option<String>,
    /// treated or control.
    arm: Option<String>,
    /// 1..=500; 100 unless said.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// A member with what became of their visit or call.
#[derive(Serialize, ToSchema)]
struct CampaignMemberRow {
    member: RecordJson,
    /// The firm, and the person there.
    name: String,
    /// Status of the visit.
    visit_status: Option<String>,
    /// Milliseconds since 1970; null while no rep has planned it.
    visit_at: Option<i64>,
    /// Status of the call.
    call_status: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CampaignMembers {
    rows: Vec<CampaignMemberRow>,
    count: u64,
    next_cursor: Option<String>,
}

/// Who is in a campaign, with their visits and calls
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/members", tag = "marketing", params(("id" = String, Path), MembersParams),
    responses((status = 200, body = CampaignMembers), (status = 404, body = Problem)))]
async fn members(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<MembersParams>,
) -> Result<Json<CampaignMembers>, Problem> {
    campaign(&app, &signed, &id).await?;
    let mut filter = Filter::eq("campaign_id", id.as_str());
    for (name, value) in [("channel", params.channel), ("arm", params.arm)] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            filter = filter.and(Filter::eq(name, value));
        }
    }
    let query = RecordQuery::of("campaign_member")
        .filter(filter)
        .sort("id", false)
        .limit(params.limit.unwrap_or(100).clamp(1, 500))
        .cursor(params.cursor.filter(|c| !c.is_empty()));
    let count = app.store.count(&signed.viewer, &query).await?;
    let page = app.store.list(&signed.viewer, &query).await?;
    let linked = |name: &str| -> Vec<String> {
        page.records
            .iter()
            .filter_map(|m| m.text(name).map(str::to_owned))
            .collect()
    };
    let visits = crate::visits::by_ids(&app.store, "visit", &linked("visit_id")).await?;
    let calls = crate::visits::by_ids(&app.store, "activity", &linked("activity_id")).await?;
    let names = super::lists::names(&app, &page.records).await?;
    let rows = page.records.into_iter().map(|member| {
        let status = |r: &Record| r.text("status").map(str::to_owned);
        let visit = member.text("visit_id").and_then(|id| visits.get(id));
        let call = member.text("activity_id").and_then(|id| calls.get(id));
        CampaignMemberRow {
            name: names.get(&member.id).cloned().unwrap_or_default(),
            visit_status: visit.and_then(status),
            visit_at: visit.and_then(|v| v.integer("check_in_at").or(v.integer("planned_start"))),
            call_status: call.and_then(status),
            member: member.into(),
        }
    });
    Ok(Json(CampaignMembers {
        rows: rows.collect(),
        count,
        next_cursor: page.next_cursor,
    }))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(begin))
        .routes(routes!(stop))
        .routes(routes!(members))
}
