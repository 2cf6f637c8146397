//! Keys, deliveries and attempts of webhooks, and how far the feed was read. The only writer of these tables.

use geom::Timestamp;
use records::{Db, Error, on_db};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::queue::Queue;

/// A message to be delivered.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Delivery {
    pub id: String,
    pub webhook_id: String,
    pub event_id: String,
    pub event_type: String,
    pub body: String,
    pub attempts: i64,
}

/// A delivery, for people.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct DeliveryInfo {
    pub id: String,
    event_id: String,
    event_type: String,
    /// waiting, sending, delivered, dead
    state: String,
    attempts: i64,
    /// When it is tried next, milliseconds since 1970.
    next_at: i64,
    created_at: i64,
    delivered_at: Option<i64>,
}

/// One time it was sent.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct AttemptInfo {
    #[serde(skip)]
    pub delivery_id: String,
    at: i64,
    /// The answer's status; null without an answer.
    status: Option<i64>,
    note: String,
    milliseconds: i64,
}

/// How far the feed was read; `None` before the first webhook.
pub(super) async fn cursor(db: &Db) -> Result<Option<i64>, Problem> {
    const SQL: &str = "select seq from feed_cursors where name = 'webhooks'";
    let row: Option<(i64,)> =
        on_db!(read db, pool => sqlx::query_as(SQL).fetch_optional(pool).await).map_err(Error::from)?;
    Ok(row.map(|r| r.0))
}

/// Begins to read the feed after a number, unless it is read already.
pub(super) async fn begin(db: &Db, seq: i64) -> Result<(), Problem> {
    const SQL: &str =
        "insert into feed_cursors (name, seq) values ('webhooks', $1) on conflict (name) do nothing";
    on_db!(write db, pool => sqlx::query(SQL).bind(seq).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// The feed was read up to a number.
pub(super) async fn advance(db: &Db, seq: i64) -> Result<(), Problem> {
    const SQL: &str = "update feed_cursors set seq = $1 where name = 'webhooks' and seq < $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(seq).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// A webhook's key, and the change after which it is told.
pub(super) async fn key(db: &Db, webhook: &str) -> Result<Option<(String, i64)>, Problem> {
    const SQL: &str = "select secret, after_seq from webhook_keys where webhook_id = $1";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(webhook).fetch_optional(pool).await)
            .map_err(Error::from)?,
    )
}

/// Gives a webhook a key; a second one takes the first one's place, and what is told begins where it began.
pub(super) async fn set_key(db: &Db, webhook: &str, secret: &str, after: i64) -> Result<(), Problem> {
    const SQL: &str = "insert into webhook_keys (webhook_id, secret, after_seq) values ($1, $2, $3) \
                       on conflict (webhook_id) do update set secret = $2";
    on_db!(write db, pool => sqlx::query(SQL).bind(webhook).bind(secret).bind(after).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Lays a message down, unless it is there already.
pub(super) async fn enqueue(db: &Db, delivery: &Delivery, seq: i64, now: Timestamp) -> Result<bool, Problem> {
    const SQL: &str = "insert into webhook_deliveries (id, webhook_id, event_id, event_type, seq, body, state, attempts, next_at, created_at) \
                       values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7) on conflict (webhook_id, event_id) do nothing";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(&delivery.id).bind(&delivery.webhook_id).bind(&delivery.event_id)
        .bind(&delivery.event_type).bind(seq).bind(&delivery.body).bind(now.0).execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(rows > 0)
}

/// Claims the message that waits longest, of a webhook that is switched on; also one whose worker died.
pub(super) async fn claim(
    db: &Db,
    worker: &str,
    now: Timestamp,
    lease: i64,
) -> Result<Option<Delivery>, Problem> {
    let queue = Queue {
        table: "webhook_deliveries",
        set: "state = 'sending'",
        pick: "select d.id from webhook_deliveries d where ((d.state = 'waiting' and d.next_at <= $3) or (d.state = 'sending' and d.lease_until < $3)) \
               and exists (select 1 from webhooks w where w.id = d.webhook_id and w.active = true) order by d.next_at, d.seq limit 1",
        columns: "id, webhook_id, event_id, event_type, body, attempts",
    };
    queue.claim(db, worker, now, lease).await
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempted<'a> {
    pub state: &'a str,
    pub next_at: Option<i64>,
    pub status: Option<i64>,
    pub note: &'a str,
    pub milliseconds: i64,
}

/// Writes an attempt down and what follows from it.
pub(super) async fn attempted(
    db: &Db,
    id: &str,
    tried: &Attempted<'_>,
    now: Timestamp,
) -> Result<(), Problem> {
    const ATTEMPT: &str = "insert into webhook_attempts (id, delivery_id, at, status, note, milliseconds) values ($1, $2, $3, $4, $5, $6)";
    on_db!(write db, pool => sqlx::query(ATTEMPT).bind(records::new_id()).bind(id).bind(now.0).bind(tried.status).bind(tried.note)
        .bind(tried.milliseconds).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    let delivered = (tried.state == "delivered").then_some(now.0);
    const SQL: &str = "update webhook_deliveries set state = $2, next_at = coalesce($3, next_at), delivered_at = $4, lease_until = null where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(tried.state).bind(tried.next_at).bind(delivered)
        .execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

/// The newest deliveries of a webhook, of one state or of all.
pub(super) async fn deliveries(
    db: &Db,
    webhook: &str,
    state: Option<&str>,
) -> Result<Vec<DeliveryInfo>, Problem> {
    const SQL: &str = "select id, event_id, event_type, state, attempts, next_at, created_at, delivered_at from webhook_deliveries \
                       where webhook_id = $1 and ($2 is null or state = $2) order by created_at desc, seq desc limit 100";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(webhook).bind(state).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Every attempt of a webhook's newest deliveries, oldest first.
pub(super) async fn attempts(db: &Db, webhook: &str) -> Result<Vec<AttemptInfo>, Problem> {
    const SQL: &str = "select a.delivery_id, a.at, a.status, a.note, a.milliseconds from webhook_attempts a where a.delivery_id in \
                       (select d.id from webhook_deliveries d where d.webhook_id = $1 order by d.created_at desc, d.seq desc limit 1000) order by a.at, a.id";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(webhook).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// Lets messages go once more, with the ids they had: one event, or all of a state since a time. Gives how many.
pub(super) async fn replay(
    db: &Db,
    webhook: &str,
    event_id: Option<&str>,
    state: Option<&str>,
    since: i64,
    now: Timestamp,
) -> Result<u64, Problem> {
    const SQL: &str = "update webhook_deliveries set state = 'waiting', attempts = 0, next_at = $5 where webhook_id = $1 and state in ('delivered', 'dead') \
                       and ($2 is null or event_id = $2) and ($3 is null or state = $3) and created_at >= $4";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(webhook).bind(event_id).bind(state).bind(since).bind(now.0)
        .execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(rows)
}

/// Forgets what was written about a record: it was erased, and messages would still say what it said.
pub(super) async fn forget(db: &Db, record: &str) -> Result<(), Problem> {
    let named = format!("%\"id\":\"{record}\"%");
    const SQL: &str = "delete from webhook_deliveries where body like $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(&named).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Forgets what is older than a time; what still waits then is of a webhook that is switched off or gone.
pub(super) async fn sweep(db: &Db, before: i64) -> Result<(), Problem> {
    const ATTEMPTS: &str = "delete from webhook_attempts where at < $1";
    const DELIVERIES: &str = "delete from webhook_deliveries where created_at < $1";
    for sql in [ATTEMPTS, DELIVERIES] {
        on_db!(write db, pool => sqlx::query(sql).bind(before).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
    }
    Ok(())
}
