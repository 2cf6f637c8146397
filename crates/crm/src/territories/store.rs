//! The SQL of territories: places and open assignments by the thousand, and how far the feed was worked off.

use std::collections::{BTreeSet, HashMap};

use geom::{BBox, LngLat, cell_ranges};
use records::{Db, Error, on_db};
use sqlx::AssertSqlSafe;

use super::planner::Open;

/// A list of ids in one parameter, unpacked.
pub(crate) fn listed(db: &Db, parameter: &str) -> String {
    match db {
        Db::Sqlite { .. } => format!("select value from json_each({parameter})"),
        Db::Postgres(_) => format!("select jsonb_array_elements_text({parameter}::jsonb)"),
    }
}

pub(crate) fn json_list<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from(ids.into_iter().collect::<Vec<_>>()).to_string()
}

/// The places of locations that exist.
pub(crate) async fn places<'a>(
    db: &Db,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, Option<LngLat>>, Error> {
    let sql = AssertSqlSafe(format!(
        "select id, lng, lat from locations where id in ({})",
        listed(db, "$1")
    ));
    let ids = json_list(ids);
    let rows: Vec<(String, Option<f64>, Option<f64>)> =
        on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .map(|(id, lng, lat)| (id, place(lng, lat)))
        .collect())
}

fn place(lng: Option<f64>, lat: Option<f64>) -> Option<LngLat> {
    lng.zip(lat).and_then(|(lng, lat)| LngLat::new(lng, lat).ok())
}

/// About so many squares describe a box.
const SQUARES: usize = 48;

/// The locations in a box.
pub(crate) async fn locations_in(db: &Db, within: &BBox) -> Result<Vec<(String, LngLat)>, Error> {
    let (inside, border) = cell_ranges(SQUARES, |square| {
        let corners = [(square.west, square.south), (square.east, square.north)];
        let holds = corners
            .into_iter()
            .all(|(lng, lat)| LngLat::new(lng, lat).is_ok_and(|p| within.contains(p)));
        square.intersects(within).then_some(holds)
    });
    let ranges: Vec<String> = inside
        .iter()
        .chain(&border)
        .map(|(first, last)| format!("cell between {first} and {last}"))
        .collect();
    if ranges.is_empty() {
        return Ok(Vec::new());
    }
    let sql = AssertSqlSafe(format!(
        "select id, lng, lat from locations where {}",
        ranges.join(" or ")
    ));
    let rows: Vec<(String, Option<f64>, Option<f64>)> =
        on_db!(read db, pool => sqlx::query_as(sql).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, lng, lat)| Some((id, place(lng, lat).filter(|p| within.contains(*p))?)))
        .collect())
}

const OPEN: &str = "select id, location_id, territory_id, line, cause, valid_from from assignments \
                    where valid_to = 9223372036854775807";

fn open_rows(rows: Vec<(String, String, String, Option<String>, String, i64)>) -> Vec<Open> {
    rows.into_iter()
        .map(|(id, location_id, territory_id, line, cause, valid_from)| Open {
            id,
            location_id,
            territory_id,
            line,
            cause,
            valid_from,
        })
        .collect()
}

/// The open assignments of locations.
pub(crate) async fn open_of(db: &Db, locations: &BTreeSet<String>) -> Result<Vec<Open>, Error> {
    let sql = AssertSqlSafe(format!("{OPEN} and location_id in ({})", listed(db, "$1")));
    let ids = json_list(locations.iter().map(String::as_str));
    let rows = on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(open_rows(rows))
}

/// The open assignments of a territory.
pub(crate) async fn open_in(db: &Db, territory: &str) -> Result<Vec<Open>, Error> {
    let sql = AssertSqlSafe(format!("{OPEN} and territory_id = $1"));
    let rows = on_db!(read db, pool => sqlx::query_as(sql).bind(territory).fetch_all(pool).await)?;
    Ok(open_rows(rows))
}

/// The open assignments of locations, but for those of some territories.
pub(crate) async fn open_elsewhere<'a>(
    db: &Db,
    locations: &BTreeSet<String>,
    but: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Open>, Error> {
    let sql = AssertSqlSafe(format!(
        "{OPEN} and location_id in ({}) and territory_id not in ({})",
        listed(db, "$1"),
        listed(db, "$2")
    ));
    let (ids, but) = (json_list(locations.iter().map(String::as_str)), json_list(but));
    let rows = on_db!(read db, pool => sqlx::query_as(sql).bind(ids).bind(but).fetch_all(pool).await)?;
    Ok(open_rows(rows))
}

/// Whether a version that may hold asks for more than a place.
pub(super) async fn reads_facts(db: &Db) -> Result<bool, Error> {
    const SQL: &str = "select id from territory_versions where (units is not null or rules is not null) \
                       and valid_to = 9223372036854775807 limit 1";
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?;
    Ok(!rows.is_empty())
}

/// The locations of accounts.
pub(super) async fn locations_of(db: &Db, accounts: &BTreeSet<String>) -> Result<Vec<String>, Error> {
    let sql = AssertSqlSafe(format!(
        "select id from locations where account_id in ({})",
        listed(db, "$1")
    ));
    let ids = json_list(accounts.iter().map(String::as_str));
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Locations that a territory has now.
pub(crate) async fn held_by(db: &Db, territory: &str) -> Result<Vec<String>, Error> {
    const SQL: &str =
        "select location_id from assignments where territory_id = $1 and valid_to = 9223372036854775807";
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(territory).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Locations of territories of their own product line: (location, territory).
pub(super) async fn held_in_lines(db: &Db) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "select location_id, territory_id from assignments \
                       where line is not null and cause <> 'holdover' and valid_to = 9223372036854775807";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await)?)
}

/// Whose versions or members these records are.
pub(super) async fn territories_of_versions(db: &Db, versions: &[String]) -> Result<Vec<String>, Error> {
    let list = listed(db, "$1");
    let sql = AssertSqlSafe(format!(
        "select territory_id from territory_versions where id in ({list}) \
         union select territory_id from territory_versions_history where id in ({list})"
    ));
    let ids = json_list(versions.iter().map(String::as_str));
    let rows: Vec<(String,)> = on_db!(read db, pool => sqlx::query_as(sql).bind(ids).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Versions and members of a territory whose end is open: (type, id).
pub(super) async fn open_parts(db: &Db, territory: &str) -> Result<Vec<(&'static str, String, i64)>, Error> {
    const VERSIONS: &str = "select id, valid_from from territory_versions where territory_id = $1 and valid_to = 9223372036854775807";
    const MEMBERS: &str = "select id, valid_from from territory_members where territory_id = $1 and valid_to = 9223372036854775807";
    let mut parts = Vec::new();
    for (type_name, sql) in [("territory_version", VERSIONS), ("territory_member", MEMBERS)] {
        let rows: Vec<(String, i64)> =
            on_db!(read db, pool => sqlx::query_as(sql).bind(territory).fetch_all(pool).await)?;
        parts.extend(rows.into_iter().map(|(id, from)| (type_name, id, from)));
    }
    Ok(parts)
}

/// How many locations changed hands as a consequence of a change set.
pub(crate) async fn moved_by(db: &Db, change_set: &str) -> Result<u64, Error> {
    const SQL: &str = "select count(distinct a.location_id) from change_sets s \
                       join changes c on c.change_set = s.id and c.record_type = 'assignment' \
                       join assignments a on a.id = c.record_id where s.caused_by = $1";
    let count: i64 = on_db!(read db, pool => sqlx::query_scalar(SQL).bind(change_set).fetch_one(pool).await)?;
    Ok(count.unsigned_abs())
}

/// How many accounts got another owner as a consequence of a change set.
pub(super) async fn passed_on_by(db: &Db, change_set: &str) -> Result<u64, Error> {
    const SQL: &str = "select count(*) from change_sets s join changes c on c.change_set = s.id \
                       and c.record_type = 'account' where s.caused_by = $1 and s.cause = 'assignment'";
    let count: i64 = on_db!(read db, pool => sqlx::query_scalar(SQL).bind(change_set).fetch_one(pool).await)?;
    Ok(count.unsigned_abs())
}

/// Who had which place of the common line at a moment: (location, territory).
pub(super) async fn held_at(db: &Db, moment: i64) -> Result<Vec<(String, String)>, Error> {
    const SQL: &str = "select location_id, territory_id from assignments \
                       where line is null and valid_from <= $1 and valid_to > $1";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).bind(moment).fetch_all(pool).await)?)
}

/// Assignments that were written as a consequence of a change set.
pub(super) async fn assignments_caused_by(db: &Db, change_set: &str) -> Result<Vec<String>, Error> {
    const SQL: &str = "select distinct c.record_id from change_sets s \
                       join changes c on c.change_set = s.id and c.record_type = 'assignment' where s.caused_by = $1";
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(change_set).fetch_all(pool).await)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The highest number of a territory's versions, 0 if it has none.
pub(crate) async fn last_number(db: &Db, territory: &str) -> Result<i64, Error> {
    const SQL: &str = "select coalesce(max(number), 0) from territory_versions where territory_id = $1";
    Ok(on_db!(read db, pool => sqlx::query_scalar(SQL).bind(territory).fetch_one(pool).await)?)
}

/// Versions and members of territories that a change set wrote, with the version each has after it.
pub(super) async fn parts_of(db: &Db, change_set: &str) -> Result<Vec<(String, String, i64)>, Error> {
    const SQL: &str = "select record_type, record_id, max(version) from changes where change_set = $1 \
                       and record_type in ('territory_version', 'territory_member') \
                       group by record_type, record_id order by record_type, record_id";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).bind(change_set).fetch_all(pool).await)?)
}

const NAME: &str = "territories.assigned";

/// What the settings keep under a name.
pub(super) async fn read_cursor(db: &Db) -> Result<Option<String>, Error> {
    const SQL: &str = "select value from settings where name = $1";
    Ok(on_db!(read db, pool => sqlx::query_scalar(SQL).bind(NAME).fetch_optional(pool).await)?)
}

/// Makes the row where there is none.
pub(super) async fn begin_cursor(db: &Db, value: &str) -> Result<(), Error> {
    const SQL: &str = "insert into settings (name, value) values ($1, $2) on conflict (name) do nothing";
    on_db!(write db, pool => sqlx::query(SQL).bind(NAME).bind(value).execute(pool).await.map(|_| ()))?;
    Ok(())
}

/// Writes the row if nobody else did since it was read.
pub(super) async fn swap_cursor(db: &Db, before: &str, after: &str) -> Result<bool, Error> {
    const SQL: &str = "update settings set value = $3 where name = $1 and value = $2";
    let rows = on_db!(write db, pool =>
        sqlx::query(SQL).bind(NAME).bind(before).bind(after).execute(pool).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether a change set opened after a moment is being taken back, in more than one transaction.
pub(super) async fn undo_under_way(db: &Db, after: i64) -> Result<bool, Error> {
    const SQL: &str = "select id from change_sets where closed_at is null and undoes is not null and opened_at > $1 limit 1";
    let rows: Vec<(String,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(after).fetch_all(pool).await)?;
    Ok(!rows.is_empty())
}
