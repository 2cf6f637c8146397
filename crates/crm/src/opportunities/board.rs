//! Open sales by stage, and lately closed ones: a board.

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::extract::{Query, State};
use records::{At, Comparison, Filter, Query as RecordQuery, Record, Viewer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stages::{Stage, stages_of};
use crate::crud::{When, may_each, read_at, user_names};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

/// Cards shown of one stage.
const MOST_CARDS: u32 = 200;
const DAY: i64 = 86_400_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BoardParams {
    /// One of several pipelines; the first unless said.
    pipeline: Option<String>,
    /// Only somebody's.
    owner: Option<String>,
    /// Closed ones of the last so many days, 90 unless said.
    #[serde(default)]
    closed: Option<u32>,
}

/// A possible sale on the board.
#[derive(Serialize, ToSchema)]
pub(crate) struct DealCard {
    id: String,
    version: i64,
    name: String,
    account_id: String,
    /// Null for whoever may not see the customer.
    account_name: Option<String>,
    /// Minor units.
    amount: Option<i64>,
    currency: String,
    close_date: Option<String>,
    owner_id: Option<String>,
    owner_name: Option<String>,
    /// Milliseconds since 1970; null where it was not recorded.
    stage_since: Option<i64>,
    days_in_stage: Option<i64>,
    /// Longer in its stage than the stage should take, or past its close date.
    late: bool,
    /// Whether whoever asks may move it.
    may_write: bool,
}

/// A column of the board.
#[derive(Serialize, ToSchema)]
pub(crate) struct StageColumn {
    id: String,
    name: String,
    position: i64,
    probability: i64,
    is_closed: bool,
    is_won: bool,
    /// How many days it should take at most.
    days: Option<i64>,
    count: u64,
    /// Minor units.
    amount: i64,
    /// Each amount times its probability.
    weighted: i64,
    /// At most 200, the largest first.
    cards: Vec<DealCard>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PipelineName {
    id: String,
    name: String,
}

/// The sales of a pipeline by stage.
#[derive(Serialize, ToSchema)]
pub(crate) struct Board {
    /// Milliseconds since 1970.
    as_of: i64,
    pipeline_id: Option<String>,
    pipelines: Vec<PipelineName>,
    stages: Vec<StageColumn>,
    /// Of what is open.
    count: u64,
    amount: i64,
    weighted: i64,
}

/// What an amount counts with its probability, halves away from zero.
pub(super) fn weighted(amount: i64, probability: i64) -> i64 {
    let product = i128::from(amount) * i128::from(probability.clamp(0, 100));
    let half = if product < 0 { -50 } else { 50 };
    i64::try_from((product + half) / 100).unwrap_or(i64::MAX)
}

/// Opportunities by stage
#[utoipa::path(get, path = "/api/v1/pipelines/board", tag = "sales", params(BoardParams, When),
    responses((status = 200, body = Board), (status = 400, body = Problem)))]
async fn board(
    State(app): State<Shared>,
    signed: Signed,
    Query(params): Query<BoardParams>,
    Query(when): Query<When>,
) -> Result<Json<Board>, Problem> {
    let at = read_at(&app, &when)?;
    let now = at.as_of.unwrap_or_else(|| app.store.now());
    let pipelines = RecordQuery::of("pipeline")
        .sort("name", false)
        .limit(RecordQuery::MAX_LIMIT)
        .at(at);
    let mut pipelines = app.store.list(&Viewer::system(), &pipelines).await?.records;
    pipelines.sort_by_key(|p| p.integer("position").unwrap_or(i64::MAX));
    let pipeline_id = params
        .pipeline
        .filter(|p| !p.is_empty())
        .or_else(|| pipelines.first().map(|p| p.id.clone()));
    let first = pipelines.first().map(|p| p.id.as_str());
    // Stages of no pipeline are of the first.
    let stages: Vec<Stage> = stages_of(&app, at)
        .await?
        .into_iter()
        .filter(|s| s.pipeline_id.as_deref().or(first) == pipeline_id.as_deref())
        .collect();
    let since = now.0 - i64::from(params.closed.unwrap_or(90).min(3_650)) * DAY;
    let asked = stages.iter().map(|stage| {
        let mut filter = Filter::eq("stage_id", stage.id.as_str());
        if let Some(owner) = params.owner.as_deref().filter(|o| !o.is_empty()) {
            filter = filter.and(Filter::eq("owner_id", owner));
        }
        if stage.is_closed {
            filter = filter.and(Filter::compare("closed_at", Comparison::AtLeast, since));
        }
        column(&app, &signed, stage, filter, at, now.0)
    });
    // Side by side: each puts together anew what the viewer may see.
    let mut columns = futures::future::try_join_all(asked).await?;
    name_cards(&app, &signed, &mut columns, at).await?;
    if at == At::PRESENT {
        allow_moves(&app, &signed, &mut columns).await?;
    }
    let open = || columns.iter().filter(|c| !c.is_closed);
    Ok(Json(Board {
        as_of: now.0,
        pipeline_id,
        count: open().map(|c| c.count).sum(),
        amount: open().map(|c| c.amount).sum(),
        weighted: open().map(|c| c.weighted).sum(),
        pipelines: pipelines
            .into_iter()
            .map(|p| PipelineName {
                name: p.text("name").unwrap_or_default().to_owned(),
                id: p.id,
            })
            .collect(),
        stages: columns,
    }))
}

async fn column(
    app: &App,
    signed: &Signed,
    stage: &Stage,
    filter: Filter,
    at: At,
    now: i64,
) -> Result<StageColumn, Problem> {
    let query = RecordQuery::of("opportunity").filter(filter).at(at);
    let groups = app
        .store
        .sum(&signed.viewer, &query, &["amount"], &["probability"])
        .await?;
    let mut column = StageColumn {
        id: stage.id.clone(),
        name: stage.name.clone(),
        position: stage.position,
        probability: stage.probability,
        is_closed: stage.is_closed,
        is_won: stage.is_won,
        days: stage.days,
        count: groups.iter().map(|g| g.count).sum(),
        amount: 0,
        weighted: 0,
        cards: Vec::new(),
    };
    for group in &groups {
        let amount = group.sums.first().and_then(Value::as_i64).unwrap_or(0);
        let own = group
            .key
            .first()
            .and_then(Value::as_i64)
            .unwrap_or(stage.probability);
        column.amount += amount;
        column.weighted += weighted(amount, own);
    }
    let largest = query.sort("amount", true).limit(MOST_CARDS);
    let today = app.settings.zone.date(geom::Timestamp(now)).to_string();
    let records = app.store.list(&signed.viewer, &largest).await?.records;
    column.cards = records
        .into_iter()
        .map(|r| card(app, r, stage, now, &today))
        .collect();
    // Empty amounts sort as the greatest, and are the least.
    column
        .cards
        .sort_by_key(|c| std::cmp::Reverse(c.amount.unwrap_or(i64::MIN)));
    Ok(column)
}

fn card(app: &App, record: Record, stage: &Stage, now: i64, today: &str) -> DealCard {
    let text = |name: &str| record.text(name).map(str::to_owned);
    let stage_since = record.integer("stage_since");
    let days_in_stage = stage_since.map(|since| (now - since).max(0) / DAY);
    let overdue = record.text("close_date").is_some_and(|day| day < today);
    let slow = days_in_stage
        .zip(stage.days)
        .is_some_and(|(days, most)| days > most);
    DealCard {
        name: text("name").unwrap_or_default(),
        account_id: text("account_id").unwrap_or_default(),
        account_name: None,
        amount: record.integer("amount"),
        currency: text("currency").unwrap_or_else(|| app.settings.currency.clone()),
        close_date: text("close_date"),
        owner_id: text("owner_id"),
        owner_name: None,
        stage_since,
        days_in_stage,
        late: !stage.is_closed && (overdue || slow),
        may_write: false,
        version: record.version,
        id: record.id,
    }
}

/// Says which cards whoever asks may move.
async fn allow_moves(app: &App, signed: &Signed, columns: &mut [StageColumn]) -> Result<(), Problem> {
    let ids: Vec<&str> = columns
        .iter()
        .flat_map(|c| &c.cards)
        .map(|c| c.id.as_str())
        .collect();
    let may = may_each(app, signed, "opportunity", &ids).await?;
    for (card, may) in columns.iter_mut().flat_map(|c| &mut c.cards).zip(may) {
        card.may_write = may.write;
    }
    Ok(())
}

/// Names of customers, as far as they may be seen, and of owners.
async fn name_cards(app: &App, signed: &Signed, columns: &mut [StageColumn], at: At) -> Result<(), Problem> {
    let cards = || columns.iter().flat_map(|c| &c.cards);
    let accounts: BTreeSet<String> = cards().map(|c| c.account_id.clone()).collect();
    let names = titles(app, &signed.viewer, "account", accounts, at).await?;
    let owners = user_names(app).await?;
    for card in columns.iter_mut().flat_map(|c| &mut c.cards) {
        card.account_name = names.get(&card.account_id).cloned();
        card.owner_name = card.owner_id.as_ref().and_then(|o| owners.get(o)).cloned();
    }
    Ok(())
}

/// Names of records that the viewer may see.
pub(super) async fn titles(
    app: &App,
    viewer: &Viewer,
    type_name: &str,
    ids: BTreeSet<String>,
    at: At,
) -> Result<HashMap<String, String>, Problem> {
    let ids: Vec<String> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for ids in ids.chunks(RecordQuery::MAX_LIMIT as usize) {
        let query = RecordQuery::of(type_name)
            .filter(Filter::Ids(ids.to_vec()))
            .limit(RecordQuery::MAX_LIMIT)
            .at(at);
        let records = app.store.list(viewer, &query).await?.records;
        names.extend(
            records
                .into_iter()
                .map(|r| (r.id.clone(), r.text("name").unwrap_or_default().to_owned())),
        );
    }
    Ok(names)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(board))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_amount_counts_by_its_probability() {
        for (amount, probability, counts) in [
            (1_000, 25, 250),
            (3, 50, 2),
            (-3, 50, -2),
            (100, 400, 100),
            (7, 0, 0),
        ] {
            assert_eq!(
                super::weighted(amount, probability),
                counts,
                "{amount} {probability}"
            );
        }
    }
}
