//! Reads the rows of the live index from the records: at present for chosen places or for all, or as of a
//! past date for all.

use std::collections::HashMap;

use geom::{LngLat, Timestamp};
use points::Row;
use records::{Db, on_db};
use sqlx::AssertSqlSafe;

use super::added::{Added, Value};
use super::columns::{self, AMOUNTS};
use super::due::{Due, Frequencies, Frequency, Seen};

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

struct Account {
    name: String,
    kind: Option<String>,
    class: Option<String>,
    industry: Option<String>,
    owner_id: Option<String>,
    phone: Option<String>,
    revenue: Option<i64>,
}

/// The line with street and number, or the address as given.
pub(super) fn street_of(street: Option<String>, number: Option<String>, source: Option<String>) -> String {
    match (street, number) {
        (Some(street), Some(number)) => format!("{street} {number}"),
        (Some(street), None) => street,
        (None, _) => source.unwrap_or_default(),
    }
}

/// The instant of a date that was agreed on: noon in Greenwich is on the same day nearly everywhere.
pub(super) fn next_visit(date: &str) -> Option<i64> {
    let noon = date.parse::<jiff::civil::Date>().ok()?.at(12, 0, 0, 0);
    let noon = noon.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(noon.timestamp().as_millisecond())
}

/// The rhythms of a moment.
pub(super) async fn frequencies(db: &Db, moment: Moment) -> Result<Frequencies, sqlx::Error> {
    let which = Which::All;
    Sql { db, which, moment }.frequencies().await
}

/// In which territory places are, of those that are in one.
pub(super) async fn territories(
    db: &Db,
    places: &[String],
    moment: Moment,
) -> Result<HashMap<String, String>, sqlx::Error> {
    let which = Which::Places(places);
    Sql { db, which, moment }.territories().await
}

/// Stages of the sales process, in order: id.
pub(super) async fn stages(db: &Db) -> Result<Vec<String>, sqlx::Error> {
    const SQL: &str = "select id from stages order by position, id";
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|r| r.0).collect())
}

/// Loads the rows. `stages` and `added` are those of the index's schema.
pub(super) async fn load(
    db: &Db,
    which: Which<'_>,
    moment: Moment,
    stages: &[String],
    added: &[Added],
) -> Result<Vec<Row>, sqlx::Error> {
    let sql = Sql { db, which, moment };
    let accounts = sql.accounts().await?;
    let first_places = sql.first_places().await?;
    let territories = sql.territories().await?;
    let mut visits = sql.visits().await?;
    let frequencies = sql.frequencies().await?;
    let opportunities = sql.opportunities(stages).await?;
    let mut values = Vec::with_capacity(added.len());
    for field in added {
        values.push(sql.added(field).await?);
    }

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
        let due = Due::of(&seen, frequency, place.visit_minutes, moment.day_start);

        let mut amounts = vec![None; AMOUNTS.len() + 2 * stages.len()];
        amounts[0] = account.revenue.filter(|_| is_first);
        amounts[2] = Some(seen.recent);
        amounts[3] = due.minutes_year;
        amounts[4] = Some(i64::from(is_first));
        amounts[5] = due.visits_10_years;
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

        let of_account = values.iter().map(|column| column.get(&place.account_id));
        let of_account: Vec<Option<&Value>> = of_account.collect();
        let numbers = added
            .iter()
            .zip(&of_account)
            .filter(|(field, _)| field.is_number());
        amounts.extend(numbers.map(|(_, value)| value.and_then(|v| v.number)));

        let point = place.lng.zip(place.lat);
        rows.push(Row {
            id,
            place: point.and_then(|(lng, lat)| LngLat::new(lng, lat).ok()),
            categories: [
                account.kind.clone(),
                account.class.clone(),
                account.industry.clone(),
                account.owner_id.clone(),
                territories.get(&place.id).cloned(),
                place.city,
                place.postal_code,
                place.geocode_status,
                Some(due.state.to_owned()),
            ]
            .into_iter()
            .chain(of_account.iter().map(|value| value.map(|v| v.word.clone())))
            .collect(),
            amounts,
            times: vec![seen.last.map(Timestamp), due.at.map(Timestamp)],
            texts: vec![
                account.name.clone(),
                street_of(place.street, place.house_number, place.source_text),
                account.phone.clone().unwrap_or_default(),
            ],
        });
    }
    Ok(rows)
}

#[derive(sqlx::FromRow)]
struct Place {
    id: String,
    account_id: String,
    street: Option<String>,
    house_number: Option<String>,
    source_text: Option<String>,
    city: Option<String>,
    postal_code: Option<String>,
    lng: Option<f64>,
    lat: Option<f64>,
    geocode_status: Option<String>,
    visit_minutes: Option<i64>,
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
        if accounts && self.moment.as_of.is_some() {
            // A place that is gone, or belongs to another account since, had an account then.
            format!(
                "{column} in (select account_id from locations where id in ({list}) \
                 union select account_id from locations_history where id in ({list}))"
            )
        } else if accounts {
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

    /// Values of an added field by account.
    async fn added(&self, field: &Added) -> Result<HashMap<String, Value>, sqlx::Error> {
        let name = &field.name;
        let sql = format!(
            "select id, {} from {} a where {name} is not null and {}",
            field.columns(),
            self.table("accounts", &format!("id, {name}")),
            self.only("id", true)
        );
        let rows: Vec<(String, Option<String>, Option<f64>)> = self.rows(sql).await?;
        let values = rows
            .into_iter()
            .filter_map(|(id, text, number)| Some((id, field.value(text, number)?)));
        Ok(values.collect())
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
             where valid_from <= {at} and valid_to > {at} and line is null and {} order by id",
            self.only("location_id", false)
        );
        let rows: Vec<(String, String)> = self.rows(sql).await?;
        Ok(rows.into_iter().collect())
    }

    async fn visits(&self) -> Result<HashMap<String, Seen>, sqlx::Error> {
        let columns = "location_id, status, check_in_at, planned_start, promised_at, next_date";
        let table = self.table("visits", columns);
        let (now, today) = (self.moment.now.0, self.moment.day_start.0);
        let since = Seen::recent_since(self.moment);
        let done = format!(
            "select location_id, max(check_in_at), sum(case when check_in_at >= {since} then 1 else 0 end) \
             from {table} v where status = 'done' and check_in_at <= {now} and {} group by location_id",
            self.only("location_id", false)
        );
        // PostgreSQL sums integers as bigint; SQLite too.
        let rows: Vec<(String, Option<i64>, i64)> = self.rows(done).await?;
        let seen = |(id, last, recent)| {
            let seen = Seen {
                last,
                recent,
                ..Seen::default()
            };
            (id, seen)
        };
        let mut visits: HashMap<String, Seen> = rows.into_iter().map(seen).collect();
        let agreed = format!(
            "select location_id, check_in_at, next_date from {table} v \
             where next_date is not null and status = 'done' and check_in_at <= {now} and {}",
            self.only("location_id", false)
        );
        let rows: Vec<(String, i64, String)> = self.rows(agreed).await?;
        for (id, at, next) in rows {
            if let Some(seen) = visits.get_mut(&id).filter(|v| v.last == Some(at)) {
                // Of two at the same moment the later date counts.
                seen.next = seen.next.max(next_visit(&next));
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
        let columns = "id, class, location_id, days, duration_minutes";
        // Of two for the same the younger one counts.
        let sql = format!(
            "select class, location_id, days, duration_minutes from {} f where location_id is null or {} order by id",
            self.table("visit_frequencies", columns),
            self.only("location_id", false)
        );
        type Row = (Option<String>, Option<String>, i64, Option<i64>);
        let rows: Vec<Row> = self.rows(sql).await?;
        let mut frequencies = Frequencies::default();
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
        self.rows(sql).await
    }
}
