//! Stages of sales, moving a sale from one to the next, and the dated way it took.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use jiff::ToSpan as _;
use records::{At, Op, Query, Record, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::territory::territory_of;
use crate::crud::{RecordJson, if_match};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

/// A stage as it stood.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub id: String,
    pub name: String,
    pub position: i64,
    /// Percent.
    pub probability: i64,
    pub is_closed: bool,
    pub is_won: bool,
    /// pipeline, best_case, commit, closed, omitted; by the stage's ends where nothing is said.
    pub forecast: String,
    pub days: Option<i64>,
    pub pipeline_id: Option<String>,
    /// What is to be done on entering it: (subject, days until it is due).
    pub tasks: Vec<(String, i64)>,
}

impl Stage {
    fn of(record: &Record) -> Self {
        let is_closed = record.boolean("is_closed") == Some(true);
        let tasks = record
            .fields
            .get("tasks")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let task = |task: &Value| {
            let subject = task.get("subject")?.as_str()?.to_owned();
            Some((
                subject,
                task.get("days")
                    .and_then(Value::as_i64)
                    .unwrap_or(0)
                    .clamp(0, 3_650),
            ))
        };
        Self {
            id: record.id.clone(),
            name: record.text("name").unwrap_or_default().to_owned(),
            position: record.integer("position").unwrap_or(0),
            probability: record.integer("probability").unwrap_or(0),
            is_closed,
            is_won: record.boolean("is_won") == Some(true),
            forecast: record
                .text("forecast_category")
                .unwrap_or(if is_closed { "closed" } else { "pipeline" })
                .to_owned(),
            days: record.integer("days"),
            pipeline_id: record.text("pipeline_id").map(str::to_owned),
            tasks: tasks.iter().filter_map(task).collect(),
        }
    }
}

/// All stages in their order.
pub(crate) async fn stages_of(app: &App, at: At) -> Result<Vec<Stage>, Problem> {
    let query = Query::of("stage").limit(Query::MAX_LIMIT).at(at);
    let mut stages: Vec<Stage> = app
        .store
        .list(&Viewer::system(), &query)
        .await?
        .records
        .iter()
        .map(Stage::of)
        .collect();
    stages.sort_by(|a, b| (a.position, &a.name, &a.id).cmp(&(b.position, &b.name, &b.id)));
    Ok(stages)
}

#[derive(Deserialize, ToSchema)]
struct MoveBody {
    stage_id: String,
    win_reason: Option<String>,
    loss_reason: Option<String>,
    /// An account that won it instead.
    competitor_id: Option<String>,
}

/// An opportunity after its move.
#[derive(Serialize, ToSchema)]
pub(crate) struct MovedDeal {
    record: RecordJson,
    /// Tasks that the stage asks for.
    tasks: Vec<RecordJson>,
    /// Goes to `/api/v1/change-sets/{id}/undo`.
    change_set: String,
}

/// Move an opportunity to another stage
#[utoipa::path(post, path = "/api/v1/opportunities/{id}/stage", tag = "sales",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)), request_body = MoveBody,
    responses((status = 200, body = MovedDeal), (status = 404, body = Problem), (status = 412, body = Problem)))]
async fn move_to(
    State(app): State<Shared>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<MoveBody>,
) -> Result<Json<MovedDeal>, Problem> {
    let version = if_match(&headers)?;
    let deal = seen(&app, &signed, &id).await?;
    let stages = stages_of(&app, At::PRESENT).await?;
    let stage = stages.iter().find(|s| s.id == body.stage_id).ok_or_else(|| {
        Problem::bad(
            "/stage_id",
            "not-found",
            format!("There is no stage {}.", body.stage_id),
        )
    })?;
    if stage.is_closed && !stage.is_won && body.loss_reason.as_deref().is_none_or(|r| r.trim().is_empty()) {
        return Err(Problem::bad(
            "/loss_reason",
            "missing",
            "Say why it was lost, in a few words.",
        ));
    }
    let label = format!("{}: {}", deal.text("name").unwrap_or_default(), stage.name);
    let author = signed.program_on(&app, "opportunity", &id, "api", &label).await?;
    let mut ops = vec![Op::Update {
        type_name: "opportunity".into(),
        id: id.clone(),
        version,
        patch: patch(&app, &deal, stage, &body).await?,
    }];
    if deal.text("stage_id") != Some(&stage.id) {
        ops.extend(tasks(&app, &deal, stage));
    }
    let mut written = app.store.write(&author, ops).await?;
    app.live.wait_for(written.last_seq).await;
    let record = written.records.remove(0);
    Ok(Json(MovedDeal {
        record: record.into(),
        tasks: written.records.into_iter().map(RecordJson::from).collect(),
        change_set: written.change_set,
    }))
}

async fn patch(
    app: &App,
    deal: &Record,
    stage: &Stage,
    body: &MoveBody,
) -> Result<Map<String, Value>, Problem> {
    let mut patch = Map::new();
    let mut set = |name: &str, value: Value| patch.insert(name.to_owned(), value);
    set("stage_id", stage.id.as_str().into());
    set("probability", stage.probability.into());
    if !stage.is_closed {
        for name in ["credited_territory_id", "win_reason", "loss_reason"] {
            set(name, Value::Null);
        }
        return Ok(patch);
    }
    set(
        if stage.is_won { "win_reason" } else { "loss_reason" },
        reason(body, stage).into(),
    );
    set(
        if stage.is_won { "loss_reason" } else { "win_reason" },
        Value::Null,
    );
    if let Some(competitor) = body.competitor_id.as_deref().filter(|c| !c.is_empty()) {
        set("competitor_id", competitor.into());
    }
    if deal.boolean("is_closed") != Some(true) {
        set(
            "close_date",
            app.settings.zone.date(app.store.now()).to_string().into(),
        );
        // The credit is of whoever's the place was when it was closed, whatever becomes of the border.
        set(
            "credited_territory_id",
            territory_of(app, deal, app.store.now()).await?.into(),
        );
    }
    Ok(patch)
}

fn reason(body: &MoveBody, stage: &Stage) -> Option<String> {
    let reason = if stage.is_won {
        &body.win_reason
    } else {
        &body.loss_reason
    };
    reason
        .as_deref()
        .map(str::trim)
        .filter(|r| !r.is_empty())
        .map(str::to_owned)
}

/// What the stage asks to be done.
fn tasks(app: &App, deal: &Record, stage: &Stage) -> Vec<Op> {
    let zone = &app.settings.zone;
    let today = zone.date(app.store.now());
    let due = |days: i64| {
        zone.at(today.saturating_add(days.days()), jiff::civil::time(9, 0, 0, 0))
            .0
    };
    let task = |(subject, days): &(String, i64)| {
        let fields = json!({
            "kind": "task", "subject": subject, "account_id": deal.fields.get("account_id"), "opportunity_id": deal.id,
            "owner_id": deal.fields.get("owner_id"), "due_at": due(*days), "status": "open",
        });
        match fields {
            Value::Object(fields) => Some(Op::create("activity", fields)),
            _ => None,
        }
    };
    stage.tasks.iter().filter_map(task).collect()
}

pub(super) async fn seen(app: &App, signed: &Signed, id: &str) -> Result<Record, Problem> {
    let found = app
        .store
        .get(&signed.viewer, "opportunity", id, At::PRESENT)
        .await?;
    found.ok_or_else(|| Problem::not_found(format!("Opportunity {id}")))
}

/// The program moves a sale because of something else, for instance an accepted quote.
pub(crate) async fn win(app: &App, deal: &Record) -> Result<Option<Op>, Problem> {
    let stages = stages_of(app, At::PRESENT).await?;
    let pipeline = |s: &&Stage| {
        let own = stages
            .iter()
            .find(|own| Some(own.id.as_str()) == deal.text("stage_id"));
        own.is_none_or(|own| own.pipeline_id == s.pipeline_id)
    };
    let Some(won) = stages
        .iter()
        .filter(pipeline)
        .find(|s| s.is_won)
        .filter(|_| deal.boolean("is_closed") != Some(true))
    else {
        return Ok(None);
    };
    let body = MoveBody {
        stage_id: won.id.clone(),
        win_reason: None,
        loss_reason: None,
        competitor_id: None,
    };
    Ok(Some(Op::update(
        "opportunity",
        &deal.id,
        patch(app, deal, won, &body).await?,
    )))
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(move_to))
}
