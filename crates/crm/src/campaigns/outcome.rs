//! What those of a campaign did: read from members, responses, orders and leads, one for each who was drawn.

use std::collections::{BTreeMap, HashMap, HashSet};

use geom::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use records::{Db, Filter, Query as RecordQuery, Record, Viewer, on_db};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::visits::by_ids;

/// How many answered in a way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct AnswerCount {
    /// reply, click, code, call, visit, order.
    pub kind: String,
    pub count: u64,
    /// Minor units.
    pub value: i64,
}

/// Who was drawn as one: a customer with all its people, or a lead.
pub(super) struct Drawn {
    pub member: Record,
    pub treated: bool,
    pub responded: bool,
    pub bought: bool,
    pub revenue: i64,
}

impl Drawn {
    pub fn word(&self, name: &str) -> Option<String> {
        self.member.text(name).map(str::to_owned)
    }
}

pub(super) struct Outcome {
    pub from: Date,
    pub to: Date,
    pub drawn: Vec<Drawn>,
    pub members: HashMap<String, Record>,
    pub responses: Vec<Record>,
    pub orders: Vec<Order>,
    pub others: AnswerCount,
}

#[derive(Clone)]
pub(super) struct Order {
    pub id: String,
    pub account: String,
    pub day: String,
    pub net: i64,
}

async fn list_all(
    app: &App,
    viewer: &Viewer,
    type_name: &str,
    filter: Filter,
) -> Result<Vec<Record>, Problem> {
    let mut query = RecordQuery::of(type_name)
        .filter(filter)
        .sort("id", false)
        .limit(RecordQuery::MAX_LIMIT);
    let mut found = Vec::new();
    loop {
        let page = app.store.list(viewer, &query).await?;
        found.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(found),
        }
    }
}

/// Orders of customers within a time. One without a day counts on the day it was last written.
async fn orders_of(app: &App, accounts: &[String], from: Date, to: Date) -> Result<Vec<Order>, Problem> {
    const SQLITE: &str = "select id, account_id, ordered_on, recorded_at, coalesce(net, 0) from orders where \
        (ordered_on between $2 and $3 or (ordered_on is null and recorded_at >= $4 and recorded_at < $5)) \
        and status in ('confirmed', 'handed_over', 'shipped', 'invoiced') \
        and account_id in (select value from json_each($1)) order by id";
    const POSTGRES: &str = "select id, account_id, ordered_on, recorded_at, coalesce(net, 0) from orders where \
        (ordered_on between $2 and $3 or (ordered_on is null and recorded_at >= $4 and recorded_at < $5)) \
        and status in ('confirmed', 'handed_over', 'shipped', 'invoiced') \
        and account_id in (select jsonb_array_elements_text($1::jsonb)) order by id";
    type Row = (String, String, Option<String>, i64, i64);
    let zone = &app.settings.zone;
    let ids = serde_json::to_string(accounts).map_err(Problem::unexpected)?;
    let days = (from.to_string(), to.to_string());
    let moments = (zone.start_of(from).0, zone.start_of(to.saturating_add(1.day())).0);
    let rows: Result<Vec<Row>, sqlx::Error> = match app.store.db() {
        Db::Sqlite { read, .. } => {
            let asked = sqlx::query_as(SQLITE).bind(ids).bind(days.0).bind(days.1);
            asked.bind(moments.0).bind(moments.1).fetch_all(read).await
        }
        Db::Postgres(pool) => {
            let asked = sqlx::query_as(POSTGRES).bind(ids).bind(days.0).bind(days.1);
            asked.bind(moments.0).bind(moments.1).fetch_all(pool).await
        }
    };
    let order = |(id, account, day, written, net): Row| Order {
        id,
        account,
        day: day.unwrap_or_else(|| zone.date(Timestamp(written)).to_string()),
        net,
    };
    Ok(rows
        .map_err(records::Error::from)?
        .into_iter()
        .map(order)
        .collect())
}

impl Outcome {
    pub async fn load(app: &App, signed: &Signed, campaign: &Record) -> Result<Self, Problem> {
        let started = campaign.integer("started_at").map(Timestamp).ok_or_else(|| {
            Problem::conflict(
                "not-started",
                "The campaign has not been started: there is nothing to compare yet.",
            )
        })?;
        if signed.viewer.grant("order").read == records::Scope::None {
            return Err(Problem::forbidden(
                "Orders are not part of your role, so results are not either.",
            ));
        }
        let days = campaign.integer("response_days").unwrap_or(30).clamp(1, 730);
        let from = app.settings.zone.date(started);
        let to = from.saturating_add(days.days());
        let of = |campaign: &str| Filter::eq("campaign_id", campaign);
        let members = list_all(app, &signed.viewer, "campaign_member", of(&campaign.id)).await?;
        let responses = list_all(app, &signed.viewer, "campaign_response", of(&campaign.id)).await?;
        let answered: HashSet<&str> = responses.iter().filter_map(|r| r.text("member_id")).collect();
        let mut accounts: Vec<String> = members
            .iter()
            .filter_map(|m| m.text("account_id").map(str::to_owned))
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        let (first, last) = (from.to_string(), to.to_string());
        let orders = orders_of(app, &accounts, from, to).await?;
        let mut revenue: HashMap<&str, i64> = HashMap::new();
        for order in &orders {
            let sum = revenue.entry(&order.account).or_default();
            *sum = sum.saturating_add(order.net);
        }
        let leads: Vec<String> = members
            .iter()
            .filter_map(|m| m.text("lead_id").map(str::to_owned))
            .collect();
        let mut converted = HashSet::new();
        for some in leads.chunks(1_000) {
            let end = app.settings.zone.start_of(to.saturating_add(1.day()));
            let within = |at: i64| at >= started.0 && at < end.0;
            let known = by_ids(&app.store, "lead", some).await?;
            let now = known
                .into_iter()
                .filter(|(_, lead)| lead.integer("converted_at").is_some_and(within));
            converted.extend(now.map(|(id, _)| id));
        }
        let mut drawn: BTreeMap<String, Drawn> = BTreeMap::new();
        for member in &members {
            let Some(key) = member.text("account_id").or(member.text("lead_id")) else {
                continue;
            };
            let bought =
                revenue.contains_key(key) || member.text("lead_id").is_some_and(|l| converted.contains(l));
            let unit = drawn.entry(key.to_owned()).or_insert_with(|| Drawn {
                treated: member.text("arm") == Some("treated"),
                responded: false,
                bought: false,
                revenue: revenue.get(key).copied().unwrap_or(0),
                member: member.clone(),
            });
            unit.bought |= bought;
            unit.responded |= bought || answered.contains(member.id.as_str());
        }
        let others = others_with_code(app, campaign, &accounts, &first, &last).await?;
        Ok(Self {
            from,
            to,
            drawn: drawn.into_values().collect(),
            members: members.iter().map(|m| (m.id.clone(), m.clone())).collect(),
            responses,
            orders,
            others,
        })
    }
}

/// Orders with the code by customers outside: a code travels.
async fn others_with_code(
    app: &App,
    campaign: &Record,
    inside: &[String],
    from: &str,
    to: &str,
) -> Result<AnswerCount, Problem> {
    let mut answer = AnswerCount {
        kind: "order".into(),
        count: 0,
        value: 0,
    };
    let Some(code) = campaign.text("code").filter(|c| !c.trim().is_empty()) else {
        return Ok(answer);
    };
    const SQL: &str = "select account_id, coalesce(net, 0) from orders where campaign_code = $1 and ordered_on between $2 and $3 \
                       and status in ('confirmed', 'handed_over', 'shipped', 'invoiced')";
    let rows: Vec<(String, i64)> = on_db!(read app.store.db(), pool => sqlx::query_as(SQL).bind(code.trim()).bind(from).bind(to).fetch_all(pool).await)
        .map_err(records::Error::from)?;
    for (account, net) in rows {
        if inside.binary_search(&account).is_err() {
            answer.count += 1;
            answer.value = answer.value.saturating_add(net);
        }
    }
    Ok(answer)
}
