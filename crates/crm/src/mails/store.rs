//! The queue of outgoing mail, what came in, and how far mailboxes were read. The only writer of these tables.

use geom::Timestamp;
use records::{Db, Error, on_db};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::queue::Queue;

/// A message on its way out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Outgoing {
    pub id: String,
    pub activity_id: String,
    pub sender: String,
    /// Separated by line breaks.
    pub recipients: String,
    pub message_base64: String,
    pub attempts: i64,
    /// The campaign it is of.
    pub campaign_id: Option<String>,
}

/// A line of the queue, for people.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct OutgoingMail {
    id: String,
    activity_id: String,
    recipients: String,
    /// waiting, sending, sent, unclear (perhaps sent, never again unasked), failed
    pub state: String,
    attempts: i64,
    /// When it is tried next, milliseconds since 1970.
    next_at: i64,
    /// The server's words.
    note: String,
    created_at: i64,
    finished_at: Option<i64>,
}

/// Mail that came, for people.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct IncomingMail {
    digest: String,
    /// imap, folder, api
    source: String,
    received_at: i64,
    /// case, contact, account, lead, bounce, opted_out, ignored, unmatched, refused, held, taking
    pub outcome: String,
    /// Why.
    pub note: String,
    from_address: String,
    subject: String,
    pub activity_id: Option<String>,
}

/// Puts a message into the queue, not to be sent before [`release`].
pub(super) async fn enqueue(
    db: &Db,
    mail: &Outgoing,
    message_id: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    const SQL: &str = "insert into outgoing_mails (id, activity_id, message_id, sender, recipients, message_base64, state, attempts, next_at, note, created_at) \
                       values ($1, $2, $3, $4, $5, $6, 'written', 0, $7, '', $7)";
    on_db!(write db, pool => sqlx::query(SQL).bind(&mail.id).bind(&mail.activity_id).bind(message_id).bind(&mail.sender)
        .bind(&mail.recipients).bind(&mail.message_base64).bind(now.0).execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

/// Puts a message of a campaign into the queue, not to be sent before [`release`]; gives its id there, or the state of the
/// message of that id that is there already. One whose writer died before it was on record is taken over.
pub(super) async fn enqueue_once(
    db: &Db,
    mail: &Outgoing,
    message_id: &str,
    now: Timestamp,
) -> Result<Result<String, String>, Problem> {
    const SQL: &str = "insert into outgoing_mails (id, activity_id, message_id, sender, recipients, message_base64, state, attempts, next_at, note, created_at, campaign_id) \
                       values ($1, $2, $3, $4, $5, $6, 'written', 0, $7, '', $7, $8) \
                       on conflict (message_id) do update set sender = $4, recipients = $5, message_base64 = $6, next_at = $7, created_at = $7 \
                       where outgoing_mails.state = 'written' returning id";
    const STATE: &str = "select state from outgoing_mails where message_id = $1";
    let row: Option<(String,)> = on_db!(write db, pool => sqlx::query_as(SQL).bind(&mail.id).bind(&mail.activity_id).bind(message_id)
        .bind(&mail.sender).bind(&mail.recipients).bind(&mail.message_base64).bind(now.0).bind(&mail.campaign_id).fetch_optional(pool).await)
    .map_err(Error::from)?;
    if let Some((id,)) = row {
        return Ok(Ok(id));
    }
    let (state,): (String,) =
        on_db!(write db, pool => sqlx::query_as(STATE).bind(message_id).fetch_one(pool).await)
            .map_err(Error::from)?;
    Ok(Err(state))
}

/// Lets a message go: it is on record now.
pub(super) async fn release(db: &Db, id: &str) -> Result<(), Problem> {
    const SQL: &str = "update outgoing_mails set state = 'waiting' where id = $1 and state = 'written'";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Takes a message out that could not be put on record.
pub(super) async fn withdraw(db: &Db, id: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from outgoing_mails where id = $1 and state = 'written'";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// A process that died between queue and record: what is on record goes, what is not never was.
pub(super) async fn settle_written(db: &Db, before: i64) -> Result<(), Problem> {
    const GO: &str = "update outgoing_mails set state = 'waiting' where state = 'written' and created_at < $1 \
                      and exists (select 1 from activities a where a.id = outgoing_mails.activity_id)";
    const NEVER: &str = "delete from outgoing_mails where state = 'written' and created_at < $1";
    for sql in [GO, NEVER] {
        on_db!(write db, pool => sqlx::query(sql).bind(before).execute(pool).await.map(|_| ()))
            .map_err(Error::from)?;
    }
    Ok(())
}

/// A worker died over these: nobody knows whether the server took them, so they are not sent again unasked.
pub(super) async fn settle_lost(db: &Db, now: Timestamp) -> Result<(), Problem> {
    const SQL: &str = "update outgoing_mails set state = 'unclear', finished_at = $1, lease_until = null, \
                       note = 'the program stopped while it was being sent' where state = 'sending' and lease_until < $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(now.0).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Claims the message that waits longest; those of campaigns come after those that somebody wrote to somebody.
pub(super) async fn claim(
    db: &Db,
    worker: &str,
    now: Timestamp,
    lease: i64,
) -> Result<Option<Outgoing>, Problem> {
    let queue = Queue {
        table: "outgoing_mails",
        set: "state = 'sending'",
        pick: "select id from outgoing_mails where state = 'waiting' and next_at <= $3 \
               order by case when campaign_id is null then 0 else 1 end, next_at, id limit 1",
        columns: "id, activity_id, sender, recipients, message_base64, attempts, campaign_id",
    };
    queue.claim(db, worker, now, lease).await
}

/// Says what became of a message. `next_at`: when it is tried again, for `waiting`.
pub(super) async fn settle(
    db: &Db,
    id: &str,
    state: &str,
    note: &str,
    next_at: Option<i64>,
    now: Timestamp,
) -> Result<(), Problem> {
    let finished = next_at.is_none().then_some(now.0);
    const SQL: &str = "update outgoing_mails set state = $2, note = $3, next_at = coalesce($4, next_at), finished_at = $5, lease_until = null, \
                       message_base64 = case when $2 = 'sent' then '' else message_base64 end where id = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(id).bind(state).bind(note).bind(next_at).bind(finished)
        .execute(pool).await.map(|_| ()))
    .map_err(Error::from)?;
    Ok(())
}

/// Messages that came to an end without their activity saying so: activity, state, note.
pub(super) async fn untold(db: &Db, since: i64) -> Result<Vec<(String, String, String)>, Problem> {
    const SQL: &str = "select o.activity_id, o.state, o.note from outgoing_mails o join activities a on a.id = o.activity_id \
                       where o.finished_at >= $1 and a.mail_state = 'queued' and o.state in ('sent', 'unclear', 'failed') limit 100";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(since).fetch_all(pool).await)
            .map_err(Error::from)?,
    )
}

/// The newest of the queue.
pub(super) async fn outgoing(db: &Db) -> Result<Vec<OutgoingMail>, Problem> {
    const SQL: &str = "select id, activity_id, recipients, state, attempts, next_at, note, created_at, finished_at \
                       from outgoing_mails order by created_at desc, id desc limit 100";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?)
}

/// Sends a message that failed, or perhaps was sent, once more; false if it is not in that state.
pub(super) async fn again(db: &Db, id: &str, now: Timestamp) -> Result<Option<String>, Problem> {
    const SQL: &str = "update outgoing_mails set state = 'waiting', attempts = 0, next_at = $2, finished_at = null \
                       where id = $1 and state in ('failed', 'unclear') returning activity_id";
    let row: Option<(String,)> =
        on_db!(write db, pool => sqlx::query_as(SQL).bind(id).bind(now.0).fetch_optional(pool).await)
            .map_err(Error::from)?;
    Ok(row.map(|r| r.0))
}

/// What is known of a message that comes in.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrival<'a> {
    pub digest: &'a str,
    pub message_id: Option<&'a str>,
    pub source: &'a str,
    pub from: &'a str,
    pub subject: &'a str,
}

/// Takes a message for oneself; false if it was taken before. One whose taker died is taken over after `lease`.
pub(super) async fn arrive(db: &Db, mail: &Arrival<'_>, now: Timestamp, lease: i64) -> Result<bool, Problem> {
    const SQL: &str = "insert into incoming_mails (digest, message_id, source, received_at, outcome, note, from_address, subject) \
                       values ($1, $2, $3, $4, 'taking', '', $5, $6) on conflict (digest) do update set received_at = $4 \
                       where incoming_mails.outcome = 'taking' and incoming_mails.received_at < $7";
    let rows = on_db!(write db, pool => sqlx::query(SQL).bind(mail.digest).bind(mail.message_id).bind(mail.source).bind(now.0)
        .bind(mail.from).bind(mail.subject).bind(now.0 - lease).execute(pool).await.map(|r| r.rows_affected()))
    .map_err(Error::from)?;
    Ok(rows > 0)
}

/// Says what became of a message that came.
pub(super) async fn arrived(
    db: &Db,
    digest: &str,
    outcome: &str,
    note: &str,
    activity: Option<&str>,
) -> Result<(), Problem> {
    const SQL: &str = "update incoming_mails set outcome = $2, note = $3, activity_id = $4 where digest = $1";
    on_db!(write db, pool => sqlx::query(SQL).bind(digest).bind(outcome).bind(note).bind(activity).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// Forgets that a message came, so that it is taken when it comes again.
pub(super) async fn forget(db: &Db, digest: &str) -> Result<(), Problem> {
    const SQL: &str = "delete from incoming_mails where digest = $1 and outcome = 'taking'";
    on_db!(write db, pool => sqlx::query(SQL).bind(digest).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}

/// How many new cases and leads came from an address since then.
pub(super) async fn newcomers(db: &Db, from: &str, since: i64) -> Result<i64, Problem> {
    const SQL: &str = "select count(*) from incoming_mails where received_at >= $2 and from_address = $1 and outcome in ('case', 'lead')";
    let (count,): (i64,) =
        on_db!(read db, pool => sqlx::query_as(SQL).bind(from).bind(since).fetch_one(pool).await)
            .map_err(Error::from)?;
    Ok(count)
}

/// The newest that came.
pub(super) async fn incoming(db: &Db) -> Result<Vec<IncomingMail>, Problem> {
    const SQL: &str = "select digest, source, received_at, outcome, note, from_address, subject, activity_id \
                       from incoming_mails order by received_at desc, digest limit 100";
    Ok(on_db!(read db, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(Error::from)?)
}

/// How far a mailbox was read: uid validity and last uid.
pub(super) async fn position(db: &Db, mailbox: &str) -> Result<Option<(i64, i64)>, Problem> {
    const SQL: &str = "select uid_validity, last_uid from mailbox_positions where mailbox = $1";
    Ok(
        on_db!(read db, pool => sqlx::query_as(SQL).bind(mailbox).fetch_optional(pool).await)
            .map_err(Error::from)?,
    )
}

/// Remembers how far a mailbox was read.
pub(super) async fn set_position(db: &Db, mailbox: &str, validity: i64, uid: i64) -> Result<(), Problem> {
    const SQL: &str = "insert into mailbox_positions (mailbox, uid_validity, last_uid) values ($1, $2, $3) \
                       on conflict (mailbox) do update set uid_validity = $2, last_uid = $3";
    on_db!(write db, pool => sqlx::query(SQL).bind(mailbox).bind(validity).bind(uid).execute(pool).await.map(|_| ()))
        .map_err(Error::from)?;
    Ok(())
}
