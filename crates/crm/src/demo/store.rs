//! SQL of the demo: how safe to write, and what it plays with.

use std::collections::HashMap;

use geom::{LngLat, Timestamp};
use records::{Db, Error, on_db};

use crate::problem::Problem;

/// No waiting for the disk: a demo that is cut short begins anew.
pub(super) async fn careless(db: &Db) -> Result<(), Problem> {
    if let Db::Sqlite { write, .. } = db {
        sqlx::query("pragma synchronous = off")
            .execute(write)
            .await
            .map_err(Error::from)?;
    }
    Ok(())
}

/// Everything on the disk, in the one file.
pub(super) async fn careful(db: &Db) -> Result<(), Problem> {
    let Db::Sqlite { write, .. } = db else {
        return Ok(());
    };
    for sql in ["pragma synchronous = full", "pragma optimize"] {
        sqlx::query(sql).execute(write).await.map_err(Error::from)?;
    }
    // Whoever renames the file leaves behind what still stands beside it, so nothing may. A reader can be in
    // the way for a moment.
    for _ in 0..100 {
        const SQL: &str = "pragma wal_checkpoint(truncate)";
        let (busy, ..): (i64, i64, i64) = sqlx::query_as(SQL).fetch_one(write).await.map_err(Error::from)?;
        if busy == 0 {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(Problem::unexpected(
        "the demo's database is held open and cannot be finished",
    ))
}

/// A customer's place.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub account: String,
    pub location: String,
    pub name: String,
    pub kind: String,
    pub class: String,
    pub owner: Option<String>,
    pub revenue: Option<i64>,
    pub hours: Option<String>,
    pub place: Option<LngLat>,
}

/// All customers, by number: the order in which everything is played.
pub(super) async fn customers(db: &Db) -> Result<Vec<Customer>, Problem> {
    const SQL: &str = "select a.id, l.id, a.name, a.type, coalesce(a.class, 'C'), a.owner_id, \
                       a.annual_revenue, l.opening_hours, l.lng, l.lat from accounts a \
                       join locations l on l.account_id = a.id \
                       where a.status is null or a.status <> 'closed' order by a.number, a.id, l.id";
    type Row = (
        String,
        String,
        String,
        String,
        String,
        Option<String>,
        Option<i64>,
        Option<String>,
        Option<f64>,
        Option<f64>,
    );
    let rows: Vec<Row> =
        on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?;
    let customer = |(account, location, name, kind, class, owner, revenue, hours, lng, lat): Row| Customer {
        account,
        location,
        name,
        kind,
        class,
        owner,
        revenue,
        hours,
        place: lng
            .zip(lat)
            .and_then(|(lng, lat): (f64, f64)| LngLat::new(lng, lat).ok()),
    };
    Ok(rows.into_iter().map(customer).collect())
}

/// Who owns each place by its territory at a moment: (territory, person) by place.
pub(super) async fn owners(db: &Db, at: Timestamp) -> Result<HashMap<String, (String, String)>, Problem> {
    const SQL: &str = "select s.location_id, s.territory_id, m.user_id from assignments s \
                       join territory_members m on m.territory_id = s.territory_id and m.role = 'owner' \
                       and m.valid_from <= $1 and m.valid_to > $1 \
                       where s.line is null and s.valid_from <= $1 and s.valid_to > $1";
    let rows: Vec<(String, String, String)> =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(at.0).fetch_all(pool).await).map_err(Error::from)?;
    Ok(rows
        .into_iter()
        .map(|(place, territory, user)| (place, (territory, user)))
        .collect())
}
