//! How long people are kept who have nothing to do with us any more. A rule proposes; a person approves, or keeps somebody
//! until a day; nothing is erased by itself. Without an active rule nobody is proposed.

use axum::Json;
use axum::extract::State;
use geom::Timestamp;
use records::{Error, Filter, Query, Record, RecordType, Viewer, on_db};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::erase::Request;
use super::http::{in_one_go, subject};
use crate::problem::Problem;
use crate::sessions::Signed;
use crate::{App, Shared};

const DAY: i64 = 86_400_000;
/// People proposed at once; the next ones come when these are decided.
const MOST: usize = 200;

/// Somebody a rule proposes to erase.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Proposal {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    name: String,
    account_id: Option<String>,
    rule_id: String,
    rule_name: String,
    /// The last time anything of theirs happened or was changed, milliseconds since 1970.
    last_active: i64,
    days: i64,
}

#[derive(Serialize, ToSchema)]
struct Proposals {
    proposals: Vec<Proposal>,
    /// Rules that are switched on.
    rules: u64,
    /// There are more than are listed.
    more: bool,
}

/// The people that active retention rules propose to erase, longest silent first
#[utoipa::path(get, path = "/api/v1/privacy/retention", tag = "privacy",
    responses((status = 200, body = Proposals), (status = 403, body = Problem)))]
async fn proposals(State(app): State<Shared>, signed: Signed) -> Result<Json<Proposals>, Problem> {
    may_decide(&signed)?;
    let active = Query::of("retention_rule")
        .filter(Filter::eq("active", true))
        .limit(Query::MAX_LIMIT);
    let rules = app.store.list(&Viewer::system(), &active).await?.records;
    let mut found: Vec<Proposal> = Vec::new();
    for rule in &rules {
        for proposal in of_rule(&app, &signed.viewer, rule).await? {
            if !found.iter().any(|f| f.id == proposal.id) {
                found.push(proposal);
            }
        }
    }
    found.sort_by(|a, b| (a.last_active, &a.id).cmp(&(b.last_active, &b.id)));
    let more = found.len() > MOST;
    found.truncate(MOST);
    Ok(Json(Proposals {
        proposals: found,
        rules: rules.len() as u64,
        more,
    }))
}

fn may_decide(signed: &Signed) -> Result<(), Problem> {
    let all = |type_name: &str| signed.viewer.grant(type_name).delete == records::Scope::All;
    if all("contact") || all("lead") {
        return Ok(());
    }
    Err(Problem::forbidden(
        "Deciding how long people are kept takes the right to delete people. Ask a manager or an administrator.",
    ))
}

async fn of_rule(app: &App, viewer: &Viewer, rule: &Record) -> Result<Vec<Proposal>, Problem> {
    let (Some(subject), Some(days)) = (rule.text("subject"), rule.integer("days")) else {
        return Ok(Vec::new());
    };
    if viewer.grant(subject).delete != records::Scope::All {
        return Ok(Vec::new());
    }
    let record_type = app.store.record_type(subject)?;
    let filter = match rule.text("filter").map(str::trim).filter(|f| !f.is_empty()) {
        None => None,
        Some(text) => Some(Filter::parse_cql2(text, record_type).map_err(Error::from)?),
    };
    let now = app.store.now();
    let before = now.0 - days.saturating_mul(DAY);
    let mut proposals = Vec::new();
    let silent = silent(app, record_type, before, now).await?;
    for ids in silent.chunks(Query::MAX_LIMIT as usize) {
        let mut query = Query::of(subject)
            .filter(Filter::Ids(ids.iter().map(|(id, _)| id.clone()).collect()))
            .limit(Query::MAX_LIMIT);
        if let Some(filter) = &filter {
            query = query.filter(filter.clone());
        }
        for record in app.store.list(viewer, &query).await?.records {
            let last = ids
                .iter()
                .find(|(id, _)| *id == record.id)
                .map_or(record.recorded_at.0, |l| l.1);
            proposals.push(Proposal {
                type_name: subject.to_owned(),
                name: record.text("name").unwrap_or_default().to_owned(),
                account_id: record.text("account_id").map(str::to_owned),
                id: record.id,
                rule_id: rule.id.clone(),
                rule_name: rule.text("name").unwrap_or_default().to_owned(),
                last_active: last,
                days,
            });
        }
        if proposals.len() > MOST {
            break;
        }
    }
    Ok(proposals)
}

/// People of a type who were not written about, and of whom nothing was written, since a moment; with the last one.
/// Those who were erased and those somebody keeps are left out.
async fn silent(
    app: &App,
    people: &RecordType,
    before: i64,
    now: Timestamp,
) -> Result<Vec<(String, i64)>, Problem> {
    let mut last = vec!["t.recorded_at".to_owned()];
    for (owner, field) in app.store.catalog().links_to(&people.name) {
        let when = if owner.name == "activity" {
            "coalesce(l.happened_at, l.due_at, l.recorded_at)"
        } else {
            "l.recorded_at"
        };
        last.push(format!(
            "coalesce((select max({when}) from {} l where l.{} = t.id), 0)",
            owner.table, field.name
        ));
    }
    // What is the greatest of several is called differently.
    let greatest = match app.store.db().engine() {
        "sqlite" => "max",
        _ => "greatest",
    };
    let sql = format!(
        "select s.id, s.last from (select t.id as id, {greatest}({}) as last from {} t where t.recorded_at < $1 \
         and not exists (select 1 from erasures e where e.subject_id = t.id) \
         and not exists (select 1 from retention_holds h where h.record_id = t.id and h.until > $2)) s \
         where s.last < $1 order by s.last, s.id limit 10000",
        last.join(", "),
        people.table
    );
    let rows: Vec<(String, i64)> =
        on_db!(read app.store.db(), pool => sqlx::query_as(sqlx::AssertSqlSafe(sql.clone()))
        .bind(before).bind(now.0).fetch_all(pool).await)
        .map_err(Error::from)?;
    Ok(rows)
}

/// A person.
#[derive(Deserialize, ToSchema)]
struct Somebody {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
}

/// Whom to erase.
#[derive(Deserialize, ToSchema)]
struct Approval {
    people: Vec<Somebody>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
struct Approved {
    erased: u64,
    /// Records that were changed.
    records: u64,
}

/// Erase people that a retention rule proposes; others are refused
#[utoipa::path(post, path = "/api/v1/privacy/retention/erase", tag = "privacy", request_body = Approval,
    responses((status = 200, body = Approved), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn approve(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<Approval>,
) -> Result<Json<Approved>, Problem> {
    let proposed = proposals(State(app.clone()), signed.clone()).await?.0.proposals;
    for person in &body.people {
        subject(&app, &signed, &person.type_name, &person.id).await?;
        if !proposed
            .iter()
            .any(|p| p.type_name == person.type_name && p.id == person.id)
        {
            return Err(Problem::conflict(
                "not-proposed",
                format!(
                    "No retention rule proposes {} {} now; nobody was erased. Read the list anew.",
                    person.type_name, person.id
                ),
            ));
        }
    }
    let mut approved = Approved {
        erased: 0,
        records: 0,
    };
    for person in body.people {
        let rule = proposed
            .iter()
            .find(|p| p.id == person.id)
            .map(|p| p.rule_name.clone());
        let request = Request {
            type_name: person.type_name,
            id: person.id,
            user_id: signed.user_id.clone(),
            reason: rule.unwrap_or_default(),
            customers: false,
        };
        approved.records += in_one_go(app.clone(), request).await?.changed();
        approved.erased += 1;
    }
    Ok(Json(approved))
}

/// Whom to keep, and until when.
#[derive(Deserialize, ToSchema)]
struct Keep {
    #[serde(rename = "type")]
    type_name: String,
    id: String,
    /// Milliseconds since 1970; after it a rule may propose them again.
    until: i64,
}

/// Keep somebody whom a rule proposes, until a day
#[utoipa::path(post, path = "/api/v1/privacy/retention/keep", tag = "privacy", request_body = Keep,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn keep(
    State(app): State<Shared>,
    signed: Signed,
    Json(body): Json<Keep>,
) -> Result<axum::http::StatusCode, Problem> {
    subject(&app, &signed, &body.type_name, &body.id).await?;
    const SQL: &str = "insert into retention_holds (record_type, record_id, until, user_id, at) values ($1, $2, $3, $4, $5) \
                       on conflict (record_type, record_id) do update set until = $3, user_id = $4, at = $5";
    let now = app.store.now().0;
    on_db!(write app.store.db(), pool => sqlx::query(SQL).bind(&body.type_name).bind(&body.id).bind(body.until)
        .bind(&signed.user_id).bind(now).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(proposals))
        .routes(routes!(approve))
        .routes(routes!(keep))
}
