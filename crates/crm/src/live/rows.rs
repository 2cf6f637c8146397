//! Reads the rows of the live index from the records: at present for chosen places or for all, or as of a
//! past date for all.

use std::collections::{HashMap, HashSet};

use geom::{LngLat, Timestamp};
use points::Row;
use records::{Db, on_db};
use sqlx::AssertSqlSafe;

use super::columns::{self, AMOUNTS};

/// Which rows.
pub(super) enum Which<'a> {
    /// Every place.
    All,
    /// Places with these ids.
    Places(&'a [String]),
}

/// When, and what "today" means for what is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// `None` for the present.
    pub as_of: Option<Timestamp>,
    /// Midnight that began the day, in the organisation's time zone.
    pub day_start: Timestamp,
    /// The present, or `as_of`.
    pub now: Timestamp,
}

const DAY: i64 = 86_400_000;
/// A visit is due when its day is at most so many days away.
const DUE_WITHIN_DAYS: i64 = 7;

struct Account {
    name: String,
    kind: Option<String>,
    class: Option<String>,
    industry: Option<String>,
    owner_id: Option<String>,
    phone: Option<String>,
    revenue: Option<i64>,
}

#[derive(Default)]
struct Visits {
    last: Option<i64>,
    recent: i64,
    appointment: bool,
    /// The day agreed on at the last visit.
    next: Option<i64>,
}

#[derive(Clone, Copy)]
struct Frequency {
    days: i64,
    minutes: i64,
}

/// Stages of the sales process, in order: id.
pub(super) async fn stages(db: &Db) -> Result<Vec<String>, sqlx::Error> {
    const SQL: &str = "select id from stages order by position, id";
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Loads the rows. `stages` are those of the index's schema.
pub(super) async fn load(
    db: &Db,
    which: Which<'_>,
    moment: Moment,
    stages: &[String],
) -> Result<Vec<Row>, sqlx::Error> {
    let sql = Sql { db, which, moment };
    let accounts = sql.accounts().await?;
    let first_places = sql.first_places().await?;
    let territories = sql.territories().await?;
    let mut visits = sql.visits().await?;
    let frequencies = sql.frequencies().await?;
    let opportunities = sql.opportunities(stages).await?;

    let mut rows = Vec::new();
    for place in sql.places().await? {
        let (Some(id), Some(account)) = (columns::row_id(&place.id), accounts.get(&place.account_id)) else {
            continue;
        };
        // A customer's money counts once, at its first place.
        let is_first = first_places.get(&place.account_id) == Some(&place.id);
        let seen = visits.remove(&place.id).unwrap_or_default();
        let is_customer = account.kind.as_deref() == Some("customer");
        let frequency = frequencies
            .by_place
            .get(&place.id)
            .or_else(|| {
                account
                    .class
                    .as_ref()
                    .filter(|_| is_customer)
                    .and_then(|c| frequencies.by_class.get(c))
            })
            .copied();
        let by_rhythm = frequency.map(|f| seen.last.map_or(moment.day_start.0, |last| last + f.days * DAY));
        let due_at = seen.next.or(by_rhythm);
        let due_state = due_state(&seen, due_at, moment.day_start);
        let minutes_year = frequency.map(|f| place.visit_minutes.unwrap_or(f.minutes) * 365 / f.days.max(1));

        let mut amounts = vec![None; AMOUNTS.len() + 2 * stages.len()];
        amounts[0] = account.revenue.filter(|_| is_first);
        amounts[2] = Some(seen.recent);
        amounts[3] = minutes_year;
        amounts[4] = Some(i64::from(is_first));
        // Ten years, so that a rhythm that is no part of a year is not rounded away.
        amounts[5] = frequency.map(|f| 3_650 / f.days.max(1));
        let mut pipeline = 0;
        let own = opportunities.get(&(place.account_id.clone(), Some(place.id.clone())));
        let general = opportunities
            .get(&(place.account_id.clone(), None))
            .filter(|_| is_first);
        for (stage, amount, count) in own.into_iter().chain(general).flatten() {
            pipeline += amount;
            let at = AMOUNTS.len() + stage;
            amounts[at] = Some(amounts[at].unwrap_or(0) + amount);
            amounts[at + stages.len()] = Some(amounts[at + stages.len()].unwrap_or(0) + count);
        }
        amounts[1] = (pipeline > 0).then_some(pipeline);

        rows.push(Row {
            id,
            place: place.place,
            categories: vec![
                account.kind.clone(),
                account.class.clone(),
                account.industry.clone(),
                account.owner_id.clone(),
                territories.get(&place.id).cloned(),
                place.city,
                place.postal_code,
                place.geocode_status,
                Some(due_state.to_owned()),
            ],
            amounts,
            times: vec![seen.last.map(Timestamp), due_at.map(Timestamp)],
            texts: vec![
                account.name.clone(),
                place.street,
                account.phone.clone().unwrap_or_default(),
            ],
        });
    }
    Ok(rows)
}

fn due_state(visits: &Visits, due_at: Option<i64>, day_start: Timestamp) -> &'static str {
    if visits.appointment {
        return "appointment";
    }
    match due_at {
        None => "none",
        Some(due) if due < day_start.0 => "overdue",
        Some(due) if due < day_start.0 + DUE_WITHIN_DAYS * DAY => "due",
        Some(_) => "later",
    }
}

struct Place {
    id: String,
    account_id: String,
    street: String,
    city: Option<String>,
    postal_code: Option<String>,
    place: Option<LngLat>,
    geocode_status: Option<String>,
    visit_minutes: Option<i64>,
}

struct Frequencies {
    by_class: HashMap<String, Frequency>,
    by_place: HashMap<String, Frequency>,
}

/// Open opportunities of an account, at one of its places or in general: (stage's position, amount, count).
type Opportunities = HashMap<(String, Option<String>), Vec<(usize, i64, i64)>>;

/// The queries. The same text runs on both databases but for how a list of ids is unpacked.
struct Sql<'a> {
    db: &'a Db,
    which: Which<'a>,
    moment: Moment,
}

impl Sql<'_> {
    /// A table as it stands, or as it was recorded at the moment asked for.
    fn table(&self, name: &str, columns: &str) -> String {
        match self.moment.as_of {
            None => name.to_owned(),
            Some(Timestamp(t)) => format!(
                "(select {columns} from {name} where recorded_at <= {t} union all \
                 select {columns} from {name}_history where recorded_at <= {t} and superseded_at > {t})"
            ),
        }
    }

    /// Restricts `column` to the chosen places, or to their accounts.
    fn only(&self, column: &str, accounts: bool) -> String {
        if matches!(self.which, Which::All) {
            return "1 = 1".to_owned();
        }
        let list = match self.db {
            Db::Sqlite { .. } => "select value from json_each($1)",
            Db::Postgres(_) => "select jsonb_array_elements_text($1::jsonb)",
        };
        if accounts {
            format!("{column} in (select account_id from locations where id in ({list}))")
        } else {
            format!("{column} in ({list})")
        }
    }

    async fn rows<T>(&self, sql: String) -> Result<Vec<T>, sqlx::Error>
    where
        T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow>,
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        let ids = match self.which {
            Which::All => None,
            Which::Places(ids) => Some(serde_json::to_string(ids).unwrap_or_else(|_| "[]".to_owned())),
        };
        let sql = AssertSqlSafe(sql);
        match ids {
            None => on_db!(read self.db, pool => sqlx::query_as(sql).fetch_all(pool).await),
            Some(ids) => on_db!(read self.db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await),
        }
    }

    async fn accounts(&self) -> Result<HashMap<String, Account>, sqlx::Error> {
        let columns = "id, name, type, class, industry, owner_id, phone, annual_revenue";
        let sql = format!(
            "select {columns} from {} a where {}",
            self.table("accounts", columns),
            self.only("id", true)
        );
        type Row = (
            String,
            String,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<i64>,
        );
        let rows: Vec<Row> = self.rows(sql).await?;
        Ok(rows
            .into_iter()
            .map(|(id, name, kind, class, industry, owner_id, phone, revenue)| {
                (
                    id,
                    Account {
                        name,
                        kind,
                        class,
                        industry,
                        owner_id,
                        phone,
                        revenue,
                    },
                )
            })
            .collect())
    }

    async fn first_places(&self) -> Result<HashMap<String, String>, sqlx::Error> {
        let sql = format!(
            "select account_id, min(id) from {} l where {} group by account_id",
            self.table("locations", "id, account_id"),
            self.only("account_id", true)
        );
        let rows: Vec<(String, String)> = self.rows(sql).await?;
        Ok(rows.into_iter().collect())
    }

    async fn territories(&self) -> Result<HashMap<String, String>, sqlx::Error> {
        let at = self.moment.now.0;
        let sql = format!(
            "select location_id, territory_id from assignments \
             where valid_from <= {at} and valid_to > {at} and line is null and {}",
            self.only("location_id", false)
        );
        let rows: Vec<(String, String)> = self.rows(sql).await?;
        Ok(rows.into_iter().collect())
    }

    async fn visits(&self) -> Result<HashMap<String, Visits>, sqlx::Error> {
        let columns = "location_id, status, check_in_at, planned_start, promised_at, next_date";
        let table = self.table("visits", columns);
        let (now, today) = (self.moment.now.0, self.moment.day_start.0);
        // Whole days, so that the figure stays the same until midnight.
        let since = today - 90 * DAY;
        let done = format!(
            "select location_id, max(check_in_at), sum(case when check_in_at >= {since} then 1 else 0 end) \
             from {table} v where status = 'done' and check_in_at <= {now} and {} group by location_id",
            self.only("location_id", false)
        );
        // PostgreSQL sums integers as bigint; SQLite too.
        let rows: Vec<(String, Option<i64>, i64)> = self.rows(done).await?;
        let mut visits: HashMap<String, Visits> = rows
            .into_iter()
            .map(|(id, last, recent)| {
                (
                    id,
                    Visits {
                        last,
                        recent,
                        ..Visits::default()
                    },
                )
            })
            .collect();
        let agreed = format!(
            "select location_id, check_in_at, next_date from {table} v \
             where next_date is not null and status = 'done' and check_in_at <= {now} and {}",
            self.only("location_id", false)
        );
        let rows: Vec<(String, i64, String)> = self.rows(agreed).await?;
        for (id, at, next) in rows {
            if let Some(seen) = visits.get_mut(&id).filter(|v| v.last == Some(at)) {
                // Noon in Greenwich is on the same day nearly everywhere.
                let noon = next
                    .parse::<jiff::civil::Date>()
                    .ok()
                    .map(|day| day.at(12, 0, 0, 0));
                let noon = noon.and_then(|noon| noon.to_zoned(jiff::tz::TimeZone::UTC).ok());
                seen.next = noon.map(|noon| noon.timestamp().as_millisecond());
            }
        }
        let promised = format!(
            "select distinct location_id from {table} v where status in ('planned', 'confirmed') \
             and promised_at is not null and planned_start >= {today} and {}",
            self.only("location_id", false)
        );
        let rows: Vec<(String,)> = self.rows(promised).await?;
        for (id,) in rows {
            visits.entry(id).or_default().appointment = true;
        }
        Ok(visits)
    }

    async fn frequencies(&self) -> Result<Frequencies, sqlx::Error> {
        let columns = "class, location_id, days, duration_minutes";
        let sql = format!(
            "select {columns} from {} f where location_id is null or {}",
            self.table("visit_frequencies", columns),
            self.only("location_id", false)
        );
        type Row = (Option<String>, Option<String>, i64, Option<i64>);
        let rows: Vec<Row> = self.rows(sql).await?;
        let mut frequencies = Frequencies {
            by_class: HashMap::new(),
            by_place: HashMap::new(),
        };
        for (class, place, days, minutes) in rows {
            let frequency = Frequency {
                days: days.max(1),
                minutes: minutes.unwrap_or(30),
            };
            match (place, class) {
                (Some(place), _) => drop(frequencies.by_place.insert(place, frequency)),
                (None, Some(class)) => drop(frequencies.by_class.insert(class, frequency)),
                (None, None) => {}
            }
        }
        Ok(frequencies)
    }

    async fn opportunities(&self, stages: &[String]) -> Result<Opportunities, sqlx::Error> {
        let columns = "account_id, location_id, stage_id, amount, is_closed";
        let sql = format!(
            "select account_id, location_id, stage_id, cast(sum(coalesce(amount, 0)) as bigint), count(*) from {} o \
             where (is_closed is null or is_closed = false) and {} group by account_id, location_id, stage_id",
            self.table("opportunities", columns),
            self.only("account_id", true)
        );
        let rows: Vec<(String, Option<String>, String, i64, i64)> = self.rows(sql).await?;
        let positions: HashMap<&str, usize> =
            stages.iter().enumerate().map(|(i, s)| (s.as_str(), i)).collect();
        let mut found = Opportunities::new();
        for (account, place, stage, amount, count) in rows {
            if let Some(&stage) = positions.get(stage.as_str()) {
                found
                    .entry((account, place))
                    .or_default()
                    .push((stage, amount, count));
            }
        }
        Ok(found)
    }

    async fn places(&self) -> Result<Vec<Place>, sqlx::Error> {
        let columns = "id, account_id, street, house_number, city, postal_code, lng, lat, geocode_status, visit_minutes, source_text";
        let sql = format!(
            "select {columns} from {} l where {}",
            self.table("locations", columns),
            self.only("id", false)
        );
        type Row = (
            String,
            String,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<f64>,
            Option<f64>,
            Option<String>,
            Option<i64>,
            Option<String>,
        );
        let rows: Vec<Row> = self.rows(sql).await?;
        Ok(rows
            .into_iter()
            .map(
                |(
                    id,
                    account_id,
                    street,
                    number,
                    city,
                    postal_code,
                    lng,
                    lat,
                    geocode_status,
                    visit_minutes,
                    source,
                )| {
                    let street = match (street, number) {
                        (Some(street), Some(number)) => format!("{street} {number}"),
                        (Some(street), None) => street,
                        (None, _) => source.unwrap_or_default(),
                    };
                    let place = lng.zip(lat).and_then(|(lng, lat)| LngLat::new(lng, lat).ok());
                    Place {
                        id,
                        account_id,
                        street,
                        city,
                        postal_code,
                        place,
                        geocode_status,
                        visit_minutes,
                    }
                },
            )
            .collect())
    }
}

/// Places that a batch of changes touches, by the tables the changes are in.
pub(super) async fn touched_places(
    db: &Db,
    touched: &HashMap<String, Vec<String>>,
) -> Result<HashSet<String>, sqlx::Error> {
    let list = match db {
        Db::Sqlite { .. } => "select value from json_each($1)",
        Db::Postgres(_) => "select jsonb_array_elements_text($1::jsonb)",
    };
    let mut places = HashSet::new();
    for (type_name, ids) in touched {
        let by_own_row = |table: &str, column: &str| {
            format!(
                "select {column} from {table} where id in ({list}) \
                 union select {column} from {table}_history where id in ({list})"
            )
        };
        let of_accounts =
            |accounts: String| format!("select id from locations where account_id in ({accounts})");
        let sql = match type_name.as_str() {
            "location" => {
                places.extend(ids.iter().cloned());
                // Another place of the account may become its first, or stop being it.
                of_accounts(by_own_row("locations", "account_id"))
            }
            "account" => of_accounts(list.to_owned()),
            "opportunity" => of_accounts(by_own_row("opportunities", "account_id")),
            "assignment" => by_own_row("assignments", "location_id"),
            "visit" => by_own_row("visits", "location_id"),
            "visit_frequency" => by_own_row("visit_frequencies", "location_id"),
            _ => continue,
        };
        let ids = serde_json::to_string(ids).unwrap_or_else(|_| "[]".to_owned());
        let sql = AssertSqlSafe(sql);
        let rows: Vec<(Option<String>,)> =
            on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
        places.extend(rows.into_iter().filter_map(|r| r.0));
    }
    Ok(places)
}
