//! Mailings on their way, and their mails in the queue. The only writer of `campaign_mailings`.

use geom::Timestamp;
use records::{Db, Error, on_db};

use crate::problem::Problem;
use crate::queue::Queue;

/// A mailing.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Mailing {
    /// The campaign's id.
    pub id: String,
    /// Who let it go.
    pub user_id: String,
    /// Where links begin, without a slash at the end.
    pub base: String,
    pub per_minute: i64,
    /// sending, paused, done, stopped
    pub state: String,
    /// What went wrong lately.
    pub note: String,
    pub started_at: i64,
    pub finished_at: Option<i64>,
}

const COLUMNS: &str = "id, user_id, base, per_minute, state, note, started_at, finished_at";

/// The mailing of a campaign; `None` where nobody let one go.
pub(super) async fn of_campaign(db: &Db, campaign: &str) -> Result<Option<Mailing>, Problem> {
    const SQL: &str = "select id, user_id, base, per_minute, state, note, started_at, finished_at from campaign_mailings where id = $1";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(campaign).fetch_optional(pool).await)
            .map_err(Error::from)?,
    )
}

/// Lets a mailing go, or go on.
pub(super) async fn begin(db: &Db, mailing: &Mailing) -> Result<(), Problem> {
    const SQL: &str = "insert into campaign_mailings (id, user_id, base, per_minute, state, note, attempts, next_at, started_at) \
                       values ($1, $2, $3, $4, 'sending', '', 0, $5, $5) \
                       on conflict (id) do update set user_id = $2, base = $3, per_minute = $4, state = 'sending', note = '', \
                       next_at = $5, finished_at = null";
    on_db!(write db, pool => sqlx::query(SQL).bind(&mailing.id).bind(&mailing.user_id).bind(&mailing.base)
        .bind(mailing.per_minute).bind(mailing.started_at).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

/// Ends a mailing for now or for good; false if it was not on its way.
pub(in super::super) async fn end(
    db: &Db,
    campaign: &str,
    state: &str,
    now: Timestamp,
) -> Result<bool, Problem> {
    const SQL: &str = "update campaign_mailings set state = $2, finished_at = $3 where id = $1 and state in ('sending', 'paused')";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(campaign).bind(state).bind(now.0)
        .execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(rows > 0)
}

/// Takes the mailing that waits longest, for `lease` milliseconds.
pub(super) async fn claim(
    db: &Db,
    worker: &str,
    now: Timestamp,
    lease: i64,
) -> Result<Option<Mailing>, Problem> {
    let queue = Queue {
        table: "campaign_mailings",
        set: "state = 'sending'",
        pick: "select id from campaign_mailings where state = 'sending' and next_at <= $3 \
               and (lease_until is null or lease_until < $3) order by next_at, id limit 1",
        columns: COLUMNS,
    };
    queue.claim(db, worker, now, lease).await
}

/// Lets go of a mailing until later, with what went wrong.
pub(super) async fn rest(db: &Db, campaign: &str, next_at: i64, note: &str) -> Result<(), Problem> {
    const SQL: &str =
        "update campaign_mailings set lease_until = null, next_at = $2, note = $3 where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(campaign).bind(next_at).bind(note).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// How many mails of a campaign have not left the queue.
pub(super) async fn waiting(db: &Db, campaign: &str) -> Result<i64, Problem> {
    const SQL: &str = "select count(*) from outgoing_mails where campaign_id = $1 and state in ('written', 'waiting', 'sending')";
    let (count,): (i64,) = on_db!(read db, pool => sqlx::query_as(SQL).bind(campaign).fetch_one(pool).await)
        .map_err(Error::from)?;
    Ok(count)
}

/// How many mails of a campaign were laid into the queue, whatever became of them.
pub(in super::super) async fn laid_in(db: &Db, campaign: &str) -> Result<i64, Problem> {
    const SQL: &str = "select count(*) from outgoing_mails where campaign_id = $1 and state <> 'written'";
    let (count,): (i64,) = on_db!(read db, pool => sqlx::query_as(SQL).bind(campaign).fetch_one(pool).await)
        .map_err(Error::from)?;
    Ok(count)
}

/// Whether the campaign wrote to this address already, to somebody else.
pub(super) async fn wrote_to(
    db: &Db,
    campaign: &str,
    address: &str,
    activity: &str,
) -> Result<bool, Problem> {
    const SQL: &str = "select count(*) from outgoing_mails where campaign_id = $1 and recipients = $2 and activity_id <> $3";
    let (count,): (i64,) =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(campaign).bind(address).bind(activity).fetch_one(pool).await)
            .map_err(Error::from)?;
    Ok(count > 0)
}

/// Takes what waits out of the queue: a campaign was stopped.
pub(in super::super) async fn take_out(db: &Db, campaign: &str, now: Timestamp) -> Result<(), Problem> {
    const SQL: &str = "update outgoing_mails set state = 'failed', note = 'the campaign was stopped', finished_at = $2 \
                       where campaign_id = $1 and state = 'waiting'";
    on_db!(write db, pool => sqlx::query(SQL).bind(campaign).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
