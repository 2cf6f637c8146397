//! One timeline per customer over all channels: visits, calls, mails, meetings, tasks, notes, deals, cases, orders, changes
//! of owner; newest first, what is planned above the present.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, Query, State};
use records::{At, Filter, Query as RecordQuery, Record};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::http::visible_account;
use super::phone::is_internal;
use crate::Shared;
use crate::app::App;
use crate::crud::{as_of_of, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;

/// One entry of the timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TimelineItem {
    id: String,
    /// visit, call, email, meeting, task, note, opportunity, case, order, owner, import, change
    kind: String,
    /// Milliseconds since 1970.
    at: i64,
    title: String,
    text: String,
    by_name: Option<String>,
    /// It has not happened yet.
    planned: bool,
    /// The record behind it: type and id.
    record_type: String,
    record_id: String,
    /// Of an e-mail: received, automatic, queued, sent, unclear, failed, bounced.
    mail_state: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Timeline {
    items: Vec<TimelineItem>,
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimelineParams {
    /// 1..=200; 50 unless said.
    limit: Option<usize>,
    cursor: Option<String>,
    /// The timeline as it read at a moment: what had happened by then, and what was planned.
    as_of: Option<String>,
}

/// Entries read from each source; the timeline of one customer stays far below.
const MOST_OF_A_KIND: u32 = 1000;

/// A customer's timeline, newest first
#[utoipa::path(get, path = "/api/v1/accounts/{id}/timeline", tag = "customers", params(TimelineParams),
    responses((status = 200, body = Timeline), (status = 404, body = Problem)))]
async fn timeline(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    Query(params): Query<TimelineParams>,
) -> Result<Json<Timeline>, Problem> {
    let asked = params.as_of.as_deref().filter(|t| !t.is_empty());
    let past = asked.map(|text| as_of_of(&app, "as_of", text)).transpose()?;
    let past = past.filter(|moment| moment.0 < app.store.now().0);
    let at = past.map_or(At::PRESENT, At::as_of);
    let now = past.unwrap_or(app.store.now()).0;
    visible_account(&app, &signed, &id, at).await?;
    let names = user_names(&app).await?;
    let mut items = Vec::new();
    for visit in of_account(&app, &signed, "visit", &id, at).await? {
        items.extend(visit_item(&visit, &names, now));
    }
    for activity in of_account(&app, &signed, "activity", &id, at).await? {
        items.push(activity_item(&activity, &names, now));
    }
    for opportunity in of_account(&app, &signed, "opportunity", &id, at).await? {
        items.extend(stage_items(&app, &signed, &opportunity, &names).await?);
    }
    for case in of_account(&app, &signed, "case", &id, at).await? {
        items.extend(status_items(&app, &signed, &case, &names).await?);
    }
    for order in of_account(&app, &signed, "order", &id, at).await? {
        items.extend(status_items(&app, &signed, &order, &names).await?);
    }
    items.extend(account_items(&app, &signed, &id, &names).await?);
    items.extend(owner_items(&app, &signed, &id, at).await?);
    // What was written later had not happened then; what was planned then is still to come.
    if past.is_some() {
        items.retain(|item| item.planned || item.at <= now);
    }
    items.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));

    let limit = params.limit.unwrap_or(50).clamp(1, 200);
    let offset = match params.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| records::Error::BadCursor)?,
    };
    let next_cursor = (items.len() > offset + limit).then(|| (offset + limit).to_string());
    Ok(Json(Timeline {
        items: items.into_iter().skip(offset).take(limit).collect(),
        next_cursor,
    }))
}

async fn of_account(
    app: &App,
    signed: &Signed,
    type_name: &str,
    account: &str,
    at: At,
) -> Result<Vec<Record>, Problem> {
    let query = RecordQuery::of(type_name)
        .filter(Filter::eq("account_id", account))
        .at(at)
        .limit(MOST_OF_A_KIND);
    Ok(app.store.list(&signed.viewer, &query).await?.records)
}

fn visit_item(visit: &Record, names: &HashMap<String, String>, now: i64) -> Option<TimelineItem> {
    let at = visit
        .integer("check_in_at")
        .or_else(|| visit.integer("planned_start"))?;
    let planned = visit.integer("check_in_at").is_none() && at >= now;
    let outcome = visit
        .text("outcome")
        .or_else(|| visit.text("status"))
        .unwrap_or_default();
    Some(TimelineItem {
        id: visit.id.clone(),
        kind: "visit".into(),
        at,
        title: outcome.to_owned(),
        text: visit
            .text("note")
            .or_else(|| visit.text("purpose"))
            .unwrap_or_default()
            .to_owned(),
        by_name: visit.text("owner_id").and_then(|o| names.get(o)).cloned(),
        planned,
        record_type: "visit".into(),
        record_id: visit.id.clone(),
        mail_state: None,
    })
}

fn activity_item(activity: &Record, names: &HashMap<String, String>, now: i64) -> TimelineItem {
    let happened = activity
        .integer("happened_at")
        .or_else(|| activity.integer("due_at"));
    let at = happened.unwrap_or(activity.recorded_at.0);
    TimelineItem {
        id: activity.id.clone(),
        kind: activity.text("kind").unwrap_or("note").to_owned(),
        at,
        title: activity.text("subject").unwrap_or_default().to_owned(),
        text: activity.text("body").unwrap_or_default().to_owned(),
        by_name: activity.text("owner_id").and_then(|o| names.get(o)).cloned(),
        planned: at > now && activity.text("status") == Some("open"),
        record_type: "activity".into(),
        record_id: activity.id.clone(),
        mail_state: activity.text("mail_state").map(str::to_owned),
    }
}

/// Each stage an opportunity came to, at the time it did.
async fn stage_items(
    app: &App,
    signed: &Signed,
    opportunity: &Record,
    names: &HashMap<String, String>,
) -> Result<Vec<TimelineItem>, Problem> {
    let mut items = Vec::new();
    let mut revisions = app
        .store
        .history(&signed.viewer, "opportunity", &opportunity.id)
        .await?;
    revisions.reverse();
    let mut stage: Option<String> = None;
    for revision in revisions {
        let now_in = revision.record.text("stage_id").map(str::to_owned);
        if now_in != stage {
            let name = match &now_in {
                Some(id) => {
                    app.store
                        .get(&records::Viewer::system(), "stage", id, At::PRESENT)
                        .await?
                }
                None => None,
            };
            items.push(TimelineItem {
                id: format!("{}-{}", opportunity.id, revision.record.version),
                kind: "opportunity".into(),
                at: revision.record.recorded_at.0,
                title: opportunity.text("name").unwrap_or_default().to_owned(),
                text: name
                    .and_then(|n| n.text("name").map(str::to_owned))
                    .unwrap_or_default(),
                by_name: revision.author.and_then(|a| names.get(&a).cloned()),
                planned: false,
                record_type: "opportunity".into(),
                record_id: opportunity.id.clone(),
                mail_state: None,
            });
            stage = now_in;
        }
    }
    Ok(items)
}

/// Each status a case or an order came to, at the time it did; an order with its number in the ERP.
async fn status_items(
    app: &App,
    signed: &Signed,
    record: &Record,
    names: &HashMap<String, String>,
) -> Result<Vec<TimelineItem>, Problem> {
    let mut revisions = app
        .store
        .history(&signed.viewer, &record.type_name, &record.id)
        .await?;
    revisions.reverse();
    let number = record.text("number").unwrap_or_default();
    let title = match record.text("subject") {
        Some(subject) => format!("{number} {subject}"),
        None => number.to_owned(),
    };
    let mut items = Vec::new();
    let mut before: Option<String> = None;
    for revision in revisions {
        let status = revision.record.text("status").map(str::to_owned);
        if status == before {
            continue;
        }
        let reference = revision.record.text("erp_reference").unwrap_or_default();
        let text = format!("{} {reference}", status.as_deref().unwrap_or_default());
        items.push(TimelineItem {
            id: format!("{}-{}", record.id, revision.record.version),
            kind: record.type_name.clone(),
            at: revision.record.recorded_at.0,
            title: title.clone(),
            text: text.trim().to_owned(),
            by_name: revision.author.and_then(|a| names.get(&a).cloned()),
            planned: false,
            record_type: record.type_name.clone(),
            record_id: record.id.clone(),
            mail_state: None,
        });
        before = status;
    }
    Ok(items)
}

/// Changes of the account itself, with the fields that changed.
async fn account_items(
    app: &App,
    signed: &Signed,
    id: &str,
    names: &HashMap<String, String>,
) -> Result<Vec<TimelineItem>, Problem> {
    let mut revisions = app.store.history(&signed.viewer, "account", id).await?;
    revisions.reverse();
    let mut items = Vec::new();
    for (index, revision) in revisions.iter().enumerate() {
        let before = index.checked_sub(1).map(|i| &revisions[i].record.fields);
        let changed: Vec<&str> = match before {
            None => Vec::new(),
            Some(before) => revision
                .record
                .fields
                .iter()
                .filter(|(name, value)| !is_internal(name) && before.get(*name) != Some(value))
                .map(|(name, _)| name.as_str())
                .collect(),
        };
        items.push(TimelineItem {
            id: format!("{id}-{}", revision.record.version),
            kind: if revision.cause == "import" {
                "import"
            } else {
                "change"
            }
            .into(),
            at: revision.record.recorded_at.0,
            title: if before.is_none() {
                "created".into()
            } else {
                "changed".into()
            },
            text: changed.join(", "),
            by_name: revision.author.as_ref().and_then(|a| names.get(a)).cloned(),
            planned: false,
            record_type: "account".into(),
            record_id: id.to_owned(),
            mail_state: None,
        });
    }
    Ok(items)
}

/// When a place of the account came into which territory, and by what.
async fn owner_items(
    app: &App,
    signed: &Signed,
    account: &str,
    at: At,
) -> Result<Vec<TimelineItem>, Problem> {
    let now = at.as_of.unwrap_or(app.store.now()).0;
    let mut items = Vec::new();
    for place in of_account(app, signed, "location", account, at).await? {
        const SQL: &str = "select s.id, s.valid_from, s.cause, t.name from assignments s \
                           join territories t on t.id = s.territory_id where s.location_id = $1";
        let rows: Vec<(String, i64, String, String)> =
            records::on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(&place.id).fetch_all(pool).await)
                .map_err(records::Error::from)?;
        items.extend(rows.into_iter().map(|(id, at, cause, territory)| TimelineItem {
            kind: "owner".into(),
            at,
            title: territory,
            text: cause,
            by_name: None,
            planned: at > now,
            record_type: "assignment".into(),
            record_id: id.clone(),
            id,
            mail_state: None,
        }));
    }
    Ok(items)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(timeline))
}
