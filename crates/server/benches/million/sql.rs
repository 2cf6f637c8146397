//! The same questions in plain SQL on the same database.

use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::fill::zone;

/// A convex area by its corners, counter-clockwise.
#[derive(Clone, Debug)]
pub struct Area(pub Vec<[f64; 2]>);

impl Area {
    pub fn geojson(&self) -> Value {
        let mut ring = self.0.clone();
        ring.extend(self.0.first());
        serde_json::json!({ "type": "Polygon", "coordinates": [ring] })
    }

    /// Left of every edge is inside.
    fn sql(&self) -> String {
        let next = self.0.iter().cycle().skip(1);
        let left = |([x, y], [to_x, to_y]): (&[f64; 2], &[f64; 2])| {
            format!("({to_x:?} - {x:?}) * (l.lat - {y:?}) > ({to_y:?} - {y:?}) * (l.lng - {x:?})")
        };
        self.0
            .iter()
            .zip(next)
            .map(left)
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

/// What is asked.
pub struct Question<'a> {
    pub area: &'a Area,
    /// In SQL, on the account `a` and the place `l`.
    pub filter: &'a str,
    /// Milliseconds since 1970; `None` is now.
    pub as_of: Option<i64>,
    /// Only what this user's rights let see.
    pub user: Option<String>,
}

/// Count, customers, prospects, revenue, visits in 90 days, open pipeline.
pub type Figures = (i64, i64, i64, i64, i64, i64);

/// The figures of an answer, in the same order.
pub fn figures(snapshot: &Value) -> Figures {
    let a = &snapshot["a"];
    let of = |name: &str| a[name].as_i64().unwrap_or(-1);
    (
        of("count"),
        of("customers"),
        of("prospects"),
        of("revenue"),
        of("visits_90_days"),
        of("pipeline"),
    )
}

pub struct Sql(SqlitePool);

impl Sql {
    pub async fn open(database: &Path) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .read_only(true)
            .collation("C", |a, b| a.cmp(b));
        Ok(Self(SqlitePool::connect_with(options).await?))
    }

    /// The figures of a question, by joining tables.
    pub async fn ask(&self, question: &Question<'_>) -> anyhow::Result<Figures> {
        let now = records::Clock::now(&records::SystemClock).0;
        let at = question.as_of.unwrap_or(now);
        let since = zone().day_start(geom::Timestamp(at)).0 - 90 * 86_400_000;
        let table = |name: &str| match question.as_of {
            None => name.to_owned(),
            Some(_) => {
                let columns = match name {
                    "accounts" => "id, type, class, industry, owner_id, annual_revenue",
                    "locations" => "id, account_id, lng, lat",
                    "visits" => "location_id, status, check_in_at",
                    _ => "account_id, amount, is_closed",
                };
                format!(
                    "(select {columns} from {name} where recorded_at <= {at} union all select {columns} \
                     from {name}_history where recorded_at <= {at} and superseded_at > {at})"
                )
            }
        };
        let rights = match &question.user {
            None => "1 = 1".to_owned(),
            Some(user) => format!(
                "(a.owner_id = '{user}' or exists (select 1 from assignments s join territory_members m \
                 on m.territory_id = s.territory_id where s.location_id = l.id and s.line is null \
                 and s.valid_from <= {at} and s.valid_to > {at} and m.user_id = '{user}' \
                 and m.valid_to = 9223372036854775807))"
            ),
        };
        let sql = format!(
            "select count(*), coalesce(sum(a.type = 'customer'), 0), coalesce(sum(a.type = 'prospect'), 0), \
             coalesce(sum(a.annual_revenue), 0), coalesce(sum(v.visits), 0), coalesce(sum(o.amount), 0) \
             from {} l join {} a on a.id = l.account_id \
             left join (select location_id, count(*) as visits from {} where status = 'done' \
             and check_in_at <= {at} and check_in_at >= {since} group by location_id) v on v.location_id = l.id \
             left join (select account_id, sum(amount) as amount from {} where is_closed = false \
             group by account_id) o on o.account_id = a.id where {} and {} and {rights}",
            table("locations"),
            table("accounts"),
            table("visits"),
            table("opportunities"),
            question.area.sql(),
            question.filter,
        );
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.0)
            .await?)
    }

    /// How many places there are.
    pub async fn places(&self) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar("select count(*) from locations")
            .fetch_one(&self.0)
            .await?)
    }
}
