//! One sale with everything that belongs to it, and the dated way it took.

use axum::Json;
use axum::extract::{Path, State};
use records::{At, Filter, Query, Record};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::board::titles;
use super::stages::{Stage, seen, stages_of};
use super::territory::territory_of;
use crate::crud::{RecordJson, one_with_may, user_names, with_may};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

const DAY: i64 = 86_400_000;

/// A stretch of a sale's way.
#[derive(Serialize, ToSchema)]
pub(crate) struct StageStep {
    stage_id: String,
    stage: String,
    /// Milliseconds since 1970.
    from: i64,
    /// Null while it is there.
    to: Option<i64>,
    days: i64,
    by_name: Option<String>,
    /// When it left the stage, in minor units.
    amount: Option<i64>,
}

/// A person who has to do with a sale.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyPlayer {
    id: String,
    contact_id: String,
    name: String,
    title: Option<String>,
    role: String,
    influence: Option<i64>,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct DealAlert {
    /// slow, past-close-date, task-overdue, nothing-planned
    code: String,
    text: String,
}

/// An opportunity with everything that belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DealPage {
    opportunity: RecordJson,
    account_name: Option<String>,
    steps: Vec<StageStep>,
    roles: Vec<KeyPlayer>,
    quotes: Vec<RecordJson>,
    orders: Vec<RecordJson>,
    activities: Vec<RecordJson>,
    /// Whose the place is, or was when it was closed.
    territory_id: Option<String>,
    alerts: Vec<DealAlert>,
}

/// An opportunity with its way through the stages, its people, quotes, orders and tasks
#[utoipa::path(get, path = "/api/v1/opportunities/{id}/card", tag = "sales", params(("id" = String, Path)),
    responses((status = 200, body = DealPage), (status = 404, body = Problem)))]
async fn page(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Json<DealPage>, Problem> {
    let deal = seen(&app, &signed, &id).await?;
    let stages = stages_of(&app, At::PRESENT).await?;
    let now = app.store.now();
    let of_deal = |type_name: &str, sort: &str, backwards: bool| {
        Query::of(type_name)
            .filter(Filter::eq("opportunity_id", id.as_str()))
            .sort(sort, backwards)
            .limit(200)
    };
    let quotes = app
        .store
        .list(&signed.viewer, &of_deal("quote", "number", true))
        .await?
        .records;
    let orders = app
        .store
        .list(&signed.viewer, &of_deal("order", "number", true))
        .await?
        .records;
    let activities = app
        .store
        .list(&signed.viewer, &of_deal("activity", "subject", false))
        .await?
        .records;
    let roles = Query::of("opportunity_role")
        .filter(Filter::eq("opportunity_id", id.as_str()))
        .limit(200);
    let roles = app.store.list(&signed.viewer, &roles).await?.records;
    let contacts: Vec<String> = roles
        .iter()
        .filter_map(|r| r.text("contact_id").map(str::to_owned))
        .collect();
    let contacts = Query::of("contact")
        .filter(Filter::Ids(contacts))
        .limit(Query::MAX_LIMIT);
    let contacts = app.store.list(&signed.viewer, &contacts).await?.records;
    let account = deal.text("account_id").map(str::to_owned).into_iter().collect();
    let account_name = titles(&app, &signed.viewer, "account", account, At::PRESENT)
        .await?
        .into_values()
        .next();
    let territory_id = match deal.text("credited_territory_id") {
        Some(credited) => Some(credited.to_owned()),
        None => territory_of(&app, &deal, now).await?,
    };
    let alerts = alerts(&app, &deal, &stages, &activities);
    Ok(Json(DealPage {
        steps: steps(&app, &signed, &deal, &stages).await?,
        roles: roles
            .iter()
            .filter_map(|role| {
                let contact = contacts
                    .iter()
                    .find(|c| Some(c.id.as_str()) == role.text("contact_id"))?;
                Some(KeyPlayer {
                    id: role.id.clone(),
                    contact_id: contact.id.clone(),
                    name: contact.text("name").unwrap_or_default().to_owned(),
                    title: contact.text("title").map(str::to_owned),
                    role: role.text("role").unwrap_or_default().to_owned(),
                    influence: role.integer("influence"),
                })
            })
            .collect(),
        account_name,
        quotes: with_may(&app, &signed, quotes, At::PRESENT).await?,
        orders: with_may(&app, &signed, orders, At::PRESENT).await?,
        activities: with_may(&app, &signed, activities, At::PRESENT).await?,
        territory_id,
        alerts,
        opportunity: one_with_may(&app, &signed, deal, At::PRESENT).await?,
    }))
}

/// The way is what history says: no log of its own that could differ.
async fn steps(
    app: &App,
    signed: &Signed,
    deal: &Record,
    stages: &[Stage],
) -> Result<Vec<StageStep>, Problem> {
    let mut revisions = app.store.history(&signed.viewer, "opportunity", &deal.id).await?;
    revisions.reverse();
    let names = user_names(app).await?;
    let mut steps: Vec<StageStep> = Vec::new();
    for revision in &revisions {
        let record = &revision.record;
        let stage_id = record.text("stage_id").unwrap_or_default();
        if let Some(last) = steps.last_mut() {
            if last.stage_id == stage_id {
                last.amount = record.integer("amount");
                continue;
            }
            last.to = Some(record.recorded_at.0);
            last.days = (record.recorded_at.0 - last.from) / DAY;
        }
        steps.push(StageStep {
            stage_id: stage_id.to_owned(),
            stage: stages
                .iter()
                .find(|s| s.id == stage_id)
                .map(|s| s.name.clone())
                .unwrap_or_default(),
            from: record.recorded_at.0,
            to: None,
            days: (app.store.now().0 - record.recorded_at.0) / DAY,
            by_name: record.changed_by.as_ref().and_then(|by| names.get(by)).cloned(),
            amount: record.integer("amount"),
        });
    }
    Ok(steps)
}

fn alerts(app: &App, deal: &Record, stages: &[Stage], activities: &[Record]) -> Vec<DealAlert> {
    if deal.boolean("is_closed") == Some(true) {
        return Vec::new();
    }
    let now = app.store.now().0;
    let today = app.settings.zone.date(app.store.now()).to_string();
    let mut alerts = Vec::new();
    let mut add = |code: &str, text: String| {
        alerts.push(DealAlert {
            code: code.into(),
            text,
        })
    };
    let stage = stages
        .iter()
        .find(|s| Some(s.id.as_str()) == deal.text("stage_id"));
    let days = deal.integer("stage_since").map(|since| (now - since) / DAY);
    if let Some((days, most)) = days
        .zip(stage.and_then(|s| s.days))
        .filter(|(days, most)| days > most)
    {
        add("slow", format!("{days} days in this stage; {most} is the aim"));
    }
    if let Some(day) = deal.text("close_date").filter(|day| *day < today.as_str()) {
        add("past-close-date", format!("Was to close on {day}"));
    }
    let open: Vec<&Record> = activities
        .iter()
        .filter(|a| a.text("status") == Some("open"))
        .collect();
    for task in open
        .iter()
        .filter(|a| a.integer("due_at").is_some_and(|due| due < now))
    {
        add(
            "task-overdue",
            task.text("subject").unwrap_or_default().to_owned(),
        );
    }
    if open.is_empty() && deal.text("next_step").is_none() {
        add("nothing-planned", "No task and no next step".to_owned());
    }
    alerts
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(page))
}
