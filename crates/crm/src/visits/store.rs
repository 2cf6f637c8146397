//! Reading what is on record about visits, frequencies and deals; for the planner, not for a viewer.

use std::collections::{HashMap, HashSet};

use geom::Timestamp;
use jiff::civil::Date;
use records::{Comparison, Db, Error, Filter, Query, Record, Store, Viewer, on_db};

use crate::problem::Problem;

/// All records that meet a filter.
async fn all(store: &Store, type_name: &str, filter: Filter) -> Result<Vec<Record>, Problem> {
    let mut query = Query::of(type_name).filter(filter).limit(Query::MAX_LIMIT);
    let mut records = Vec::new();
    loop {
        let page = store.list(&Viewer::system(), &query).await?;
        records.extend(page.records);
        match page.next_cursor {
            Some(cursor) => query = query.cursor(Some(cursor)),
            None => return Ok(records),
        }
    }
}

/// Records by id; those that do not exist are not in the answer.
pub(crate) async fn by_ids(
    store: &Store,
    type_name: &str,
    ids: &[String],
) -> Result<HashMap<String, Record>, Problem> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut found = HashMap::with_capacity(ids.len());
    // A page each: a list that goes over pages is sent with every one of them.
    for some in ids.chunks(Query::MAX_LIMIT as usize) {
        let records = all(store, type_name, Filter::in_ids(some.iter().cloned())).await?;
        found.extend(records.into_iter().map(|r| (r.id.clone(), r)));
    }
    Ok(found)
}

/// As much of a place as says how urgent it is.
#[derive(sqlx::FromRow)]
pub(super) struct Outline {
    id: String,
    pub account_id: String,
    pub class: Option<String>,
    is_out: i64,
}

impl Outline {
    /// Closed, or its customer is: nobody goes there.
    pub fn is_out(&self) -> bool {
        self.is_out != 0
    }
}

/// The outlines of places by id; those that are gone are missing.
pub(super) async fn outlines(db: &Db, locations: &[String]) -> Result<HashMap<String, Outline>, Problem> {
    const SQLITE: &str = "select l.id, l.account_id, a.class, cast(case when l.active = false or a.status = 'closed' then 1 else 0 end \
        as bigint) as is_out from locations l join accounts a on a.id = l.account_id where l.id in (select value from json_each($1))";
    const POSTGRES: &str = "select l.id, l.account_id, a.class, cast(case when l.active = false or a.status = 'closed' then 1 else 0 end \
        as bigint) as is_out from locations l join accounts a on a.id = l.account_id \
        where l.id in (select jsonb_array_elements_text($1::jsonb))";
    let ids = serde_json::to_string(locations).map_err(Problem::unexpected)?;
    let rows: Result<Vec<Outline>, sqlx::Error> = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    let rows = rows.map_err(Error::from)?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// Accounts with an open opportunity that closes from `day` to `until`.
pub(super) async fn closing_at(db: &Db, day: Date, until: Date) -> Result<HashSet<String>, Problem> {
    const SQL: &str = "select distinct account_id from opportunities where close_date >= $1 and close_date <= $2 \
                       and (is_closed is null or is_closed = false) and account_id is not null";
    let (day, until) = (day.to_string(), until.to_string());
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(day).bind(until).fetch_all(pool).await)
            .map_err(Error::from)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Visits of a plan.
pub(crate) async fn of_plan(store: &Store, plan: &str) -> Result<Vec<Record>, Problem> {
    all(store, "visit", Filter::eq("plan_id", plan)).await
}

/// A rep's visits that are planned for, or were begun in, a span of time: `from <= t < to`.
pub(crate) async fn planned_between(
    store: &Store,
    user: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Record>, Problem> {
    let within = |field: &str| Filter::Between {
        field: field.into(),
        low: from.0.into(),
        high: (to.0 - 1).into(),
    };
    let filter = Filter::eq("owner_id", user)
        .and(Filter::one_of(
            "status",
            ["planned", "confirmed", "en_route", "in_progress", "done"],
        ))
        .and(within("planned_start").or(within("check_in_at")));
    all(store, "visit", filter).await
}

/// Visits at these places that wait to be planned or are planned from `since` on, whoever's they are.
pub(super) async fn open_at(
    store: &Store,
    locations: &[String],
    since: Timestamp,
) -> Result<Vec<Record>, Problem> {
    if locations.is_empty() {
        return Ok(Vec::new());
    }
    let planned = Filter::one_of("status", ["planned", "confirmed", "en_route", "in_progress"])
        .and(Filter::compare("planned_start", Comparison::AtLeast, since.0));
    let filter =
        Filter::one_of("location_id", locations.iter().cloned()).and(planned.or(Filter::eq("status", "due")));
    all(store, "visit", filter).await
}

/// Visits at these places that wait for a day.
pub(super) async fn waiting_at(store: &Store, locations: &[String]) -> Result<Vec<Record>, Problem> {
    if locations.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::one_of("location_id", locations.iter().cloned()).and(Filter::eq("status", "due"));
    all(store, "visit", filter).await
}

/// Visits that campaigns ask for at these places between two days, both included: those of `user`, and those that are
/// nobody's yet.
pub(super) async fn asked_for(
    store: &Store,
    locations: &[String],
    user: &str,
    first: Date,
    last: Date,
) -> Result<Vec<Record>, Problem> {
    let mut found = Vec::new();
    let open = |field: &str| Filter::IsNull { field: field.into() };
    let by = |field: &str, op, day: Date| open(field).or(Filter::compare(field, op, day.to_string()));
    for some in locations.chunks(Filter::MAX_LIST) {
        let filter = Filter::one_of("location_id", some.iter().cloned())
            .and(Filter::eq("status", "due"))
            .and(Filter::eq("cause", "campaign"))
            .and(open("owner_id").or(Filter::eq("owner_id", user)))
            .and(by("earliest_on", Comparison::AtMost, last))
            .and(by("latest_on", Comparison::AtLeast, first));
        found.extend(all(store, "visit", filter).await?);
    }
    Ok(found)
}

/// Frequencies by class, and those of these places.
pub(super) async fn frequencies(store: &Store, locations: &[String]) -> Result<Vec<Record>, Problem> {
    let mut which = Filter::IsNull {
        field: "location_id".into(),
    };
    if !locations.is_empty() {
        which = which.or(Filter::one_of("location_id", locations.iter().cloned()));
    }
    all(store, "visit_frequency", which).await
}

/// The earliest close date from `day` to `until` of an open opportunity, by account.
pub(super) async fn closing(
    store: &Store,
    accounts: &[String],
    day: Date,
    until: Date,
) -> Result<HashMap<String, Date>, Problem> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let near = Filter::Between {
        field: "close_date".into(),
        low: day.to_string().into(),
        high: until.to_string().into(),
    };
    let open = Filter::IsNull {
        field: "is_closed".into(),
    }
    .or(Filter::eq("is_closed", false));
    let filter = Filter::one_of("account_id", accounts.iter().cloned())
        .and(near)
        .and(open);
    let mut found: HashMap<String, Date> = HashMap::new();
    for record in all(store, "opportunity", filter).await? {
        let date = record.text("close_date").and_then(|d| d.parse().ok());
        if let (Some(account), Some(date)) = (record.text("account_id"), date) {
            let known = found.entry(account.to_owned()).or_insert(date);
            *known = date.min(*known);
        }
    }
    Ok(found)
}

/// Territories that a person owns at a moment.
pub(super) async fn owned_territories(db: &Db, user: &str, at: Timestamp) -> Result<Vec<String>, Problem> {
    const SQL: &str = "select territory_id from territory_members \
                       where user_id = $1 and role = 'owner' and valid_from <= $2 and valid_to > $2";
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(user).bind(at.0).fetch_all(pool).await)
            .map_err(Error::from)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Who owns the territories that a place is assigned to at a moment.
pub(super) async fn territory_owners(db: &Db, location: &str, at: Timestamp) -> Result<Vec<String>, Problem> {
    const SQL: &str = "select m.user_id from assignments s join territory_members m on m.territory_id = s.territory_id \
                       where s.location_id = $1 and m.role = 'owner' and s.valid_from <= $2 and s.valid_to > $2 \
                       and m.valid_from <= $2 and m.valid_to > $2";
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(location).bind(at.0).fetch_all(pool).await)
            .map_err(Error::from)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// The note of the last visit that has one, by place.
pub(super) async fn last_notes(db: &Db, locations: &[String]) -> Result<HashMap<String, String>, Problem> {
    const SQLITE: &str = "select v.location_id, v.note from visits v where v.status = 'done' and v.note is not null \
        and v.location_id in (select value from json_each($1)) and v.check_in_at = (select max(w.check_in_at) from visits w \
        where w.location_id = v.location_id and w.status = 'done' and w.note is not null)";
    const POSTGRES: &str = "select v.location_id, v.note from visits v where v.status = 'done' and v.note is not null \
        and v.location_id in (select jsonb_array_elements_text($1::jsonb)) and v.check_in_at = (select max(w.check_in_at) from visits w \
        where w.location_id = v.location_id and w.status = 'done' and w.note is not null)";
    let ids = serde_json::to_string(locations).map_err(Problem::unexpected)?;
    let rows: Result<Vec<(String, String)>, sqlx::Error> = match db {
        Db::Sqlite { read, .. } => sqlx::query_as(SQLITE).bind(ids).fetch_all(read).await,
        Db::Postgres(pool) => sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await,
    };
    Ok(rows.map_err(Error::from)?.into_iter().collect())
}
