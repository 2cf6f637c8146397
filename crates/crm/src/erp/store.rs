//! Which orders were laid down, and what the ERP said. The only writer of these tables.

use geom::Timestamp;
use records::{Db, Error, on_db};

use crate::problem::Problem;

/// Since when orders are laid into the folder: those handed over before are not sent after.
pub(super) async fn since(db: &Db, now: Timestamp) -> Result<i64, Problem> {
    const BEGIN: &str =
        "insert into feed_cursors (name, seq) values ('erp-folder-since', $1) on conflict (name) do nothing";
    on_db!(write db, pool => sqlx::query(BEGIN).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    const SQL: &str = "select seq from feed_cursors where name = 'erp-folder-since'";
    let (since,): (i64,) =
        on_db!(write db, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(Error::from)?;
    Ok(since)
}

/// Orders that were handed over and not laid down yet.
pub(super) async fn waiting(db: &Db, since: i64) -> Result<Vec<(String,)>, Problem> {
    const SQL: &str = "select o.id from orders o where o.handed_over_at >= $1 and o.status in ('handed_over', 'shipped', 'invoiced') \
                       and not exists (select 1 from erp_files e where e.order_id = o.id) order by o.handed_over_at, o.id limit 100";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(since).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Decides that this file is the one; false if another process was first.
pub(super) async fn decide(
    db: &Db,
    order: &str,
    name: &str,
    part: &str,
    now: Timestamp,
) -> Result<bool, Problem> {
    const SQL: &str = "insert into erp_files (order_id, file_name, part, created_at) values ($1, $2, $3, $4) on conflict (order_id) do nothing";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(order).bind(name).bind(part).bind(now.0).execute(pool).await.map(|r| r.rows_affected()))
        .map_err(Error::from)?;
    Ok(rows > 0)
}

/// Files that were decided and may not be in their place: order, name, part.
pub(super) async fn decided(db: &Db) -> Result<Vec<(String, String, String)>, Problem> {
    const SQL: &str =
        "select order_id, file_name, part from erp_files where part is not null order by created_at";
    Ok(on_db!(write db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?)
}

/// A file is in its place.
pub(super) async fn placed(db: &Db, order: &str) -> Result<(), Problem> {
    const SQL: &str = "update erp_files set part = null where order_id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(order).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// What the ERP said before under this id: order, status, change set.
pub(super) async fn reply(
    db: &Db,
    message: &str,
) -> Result<Option<(String, String, Option<String>)>, Problem> {
    const SQL: &str = "select order_id, status, change_set from erp_replies where message_id = $1";
    // Asked where it was written: the same message may come twice within a moment.
    Ok(
        on_db!(write db, pool => sqlx::query_as(SQL).bind(message).fetch_optional(pool).await)
            .map_err(Error::from)?,
    )
}

/// Takes a message of the ERP; false if somebody has it already.
pub(super) async fn take_reply(
    db: &Db,
    message: &str,
    order: &str,
    status: &str,
    now: Timestamp,
) -> Result<bool, Problem> {
    const SQL: &str = "insert into erp_replies (message_id, order_id, status, at) values ($1, $2, $3, $4) on conflict (message_id) do nothing";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(message).bind(order).bind(status).bind(now.0).execute(pool).await.map(|r| r.rows_affected()))
        .map_err(Error::from)?;
    Ok(rows > 0)
}

/// A message of the ERP was done: in which change set.
pub(super) async fn replied(db: &Db, message: &str, change_set: &str) -> Result<(), Problem> {
    const SQL: &str = "update erp_replies set change_set = $2 where message_id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(message).bind(change_set).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// A message of the ERP could not be done: it may come again.
pub(super) async fn drop_reply(db: &Db, message: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from erp_replies where message_id = $1 and change_set is null";
    on_db!(write db, pool => sqlx::query(SQL).bind(message).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
